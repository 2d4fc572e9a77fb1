"""The stage: the deployed treasury on a fork, its actors, and what they can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ape import accounts
from ape.api import AccountAPI
from eth_account import Account
from eth_utils import to_checksum_address

from ganglion.agent.abi import EXECUTOR
from ganglion.agent.intent import Domain, Intent, Move, reason_hash, sign
from ganglion.agent.structs import Journaled, Verdict
from ganglion.deployment import Call, Site, governance
from ganglion.devnet import Devnet
from ganglion.devnet.abi import actor, call_data
from ganglion.devnet.errors import Reverted
from ganglion.devnet.rpc import Rpc
from scripts._lib.owners import Owners

HOLDERS = ("endowment", "contributor", "partner")
HOUR, DAY = 3_600, 86_400
RUNOFF, OWED = 11, 13  # keys of Vault.word
UNIT = 10**6  # asset wei of one USDC
MAX_UINT = 2**256 - 1
ALL = -(2**255)  # a move that takes a strategy down to nothing
DEPOSIT = "deposit(uint256,address)"
WITHDRAW = "withdraw(uint256,address,address)"
SLICE = "redeem_slice(uint256,address,address,uint256)"
SALT = b"\x47" * 32
REASON = reason_hash({"why": "the highest net rates inside every limit"})  # the text is kept off chain
MAX_LOSS = 2_000 * UNIT  # of one intent, the agent's own limit


@dataclass
class Stage:
    """Actors and actions. Amounts are asset wei; actions return what they changed, or raise Reverted.

    Attributes:
        net: the fork, with the lending market's levers.
        site: the treasury's contracts.
        names: strategy names by id.
    """

    net: Devnet
    site: Site
    agent: str
    guardian: str
    names: dict[int, str]
    from_block: int
    log: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rpc(self) -> Rpc:
        """Client of the fork."""
        return self.net.rpc

    @property
    def vault(self) -> str:
        """Address of the Vault."""
        return self.site.addresses["Vault"]

    @property
    def asset(self) -> str:
        """Address of the asset."""
        return self.site.treasury.asset.address

    @property
    def queue(self) -> str:
        """Address of the ExitQueue."""
        return self.site.queue()

    def holder(self, name: str) -> str:
        """Address of a holder."""
        return actor(name)

    def assets(self, account: str) -> int:
        """Asset balance."""
        return self.rpc.read(self.asset, "balanceOf(address)", account)

    def shares(self, account: str) -> int:
        """Share balance."""
        return self.rpc.read(self.vault, "balanceOf(address)", account)

    def totals(self) -> tuple[int, int, bool]:
        """Totals at the lower and the higher prices, and the veto."""
        return self.rpc.read(self.vault, "totals()", returns=("uint256", "uint256", "bool"))

    def idle(self) -> int:
        """Tracked cash."""
        return self.site.word(1) & (2**112 - 1)

    def owed(self) -> int:
        """Cash that belongs to holders who have left."""
        return self.site.word(OWED) & (2**128 - 1)

    def runoff(self, identifier: int) -> int:
        """Units of a strategy that wait to become cash for holders who have left."""
        return self.site.word(RUNOFF, identifier) & (2**112 - 1)

    def supply(self) -> int:
        """Shares outstanding."""
        return self.rpc.read(self.vault, "totalSupply()")

    def position(self, identifier: int) -> tuple[int, int]:
        """Units and book of a strategy."""
        word = self.site.word(2, identifier)
        return word & (2**112 - 1), (word >> 112) & (2**112 - 1)

    def mark(self, identifier: int) -> int:
        """What a strategy says that our units are worth now."""
        units, _ = self.position(identifier)
        return self.rpc.read(self.site.strategy(identifier), "convertToAssets(uint256)", units)

    def deposit(self, name: str, amount: int) -> int:
        """Give a holder assets and have it deposit them; returns the shares it got."""
        account = self.holder(name)
        self.net.fund_eth(account, 10**18)
        self.net.fund(account, amount)
        self.rpc.transact(account, self.asset, "approve(address,uint256)", self.vault, MAX_UINT)
        before = self.shares(account)
        self.rpc.transact(account, self.vault, "deposit(uint256,address)", amount, account)
        return self.shares(account) - before

    def intent(self, moves: Sequence[tuple[int, int, int]], nonce: int = 0) -> Intent:
        """An intent of the agent, good for an hour; each move is strategy, assets and the least to get."""
        listed = tuple(Move(*move) for move in moves)
        deadline = self.rpc.timestamp() + HOUR
        return Intent(to_checksum_address(self.agent), listed, MAX_LOSS, deadline, nonce, reason=REASON)

    def execute(self, moves: Sequence[tuple[int, int, int]]) -> dict[str, Any]:
        """Have the agent execute an intent; returns the receipt."""
        return self.send(self.agent, self.site.call("Executor", "execute", self.intent(moves).as_tuple()))

    def signature(self, intent: Intent) -> bytes:
        """The agent's signature of an intent under its mandate in force."""
        site, key = self.site, self._account(self.agent).private_key  # type: ignore[attr-defined]
        domain = Domain(site.chain.chain_id, to_checksum_address(site.addresses["Executor"]))
        mandate = site.read("Executor", "standing", self.agent)[0]
        return sign(intent, domain, mandate, Account.from_key(key))

    def relayed(self, intent: Intent, signature: bytes) -> Call:
        """The call, anybody's, that carries a signed intent."""
        return self.site.call("Executor", "execute_signed", intent.as_tuple(), signature)

    def preview(self, intent: Intent) -> Verdict:
        """What the Lens says would come of an intent now."""
        return Verdict.of(self.site.read("Lens", "preview", intent.as_tuple()))

    def beat(self) -> None:
        """Have the agent show that it is alive, as its bot does, while it has a mandate."""
        if any(self.site.read("Executor", "standing", self.agent)[0]):
            self.send(self.agent, self.site.call("Executor", "beat"))

    def charged(self, receipt: dict[str, Any]) -> int:
        """What an intent was charged for its loss, asset wei; the budget itself refills every second."""
        topic = EXECUTOR.events["Journaled"].topic
        logs = [(_bytes(*log["topics"]), *_bytes(log["data"])) for log in receipt["logs"]]
        (entry,) = [Journaled.of_log(topics, data) for topics, data in logs if topics[0] == topic]
        return entry.loss

    def budget(self, kind: str) -> tuple[int, int]:
        """Limit and what is spent of the agent's ``flow`` or ``loss`` budget."""
        return self.rpc.read(
            self.site.addresses["Executor"],
            f"{kind}_budget(address)",
            self.agent,
            returns=("uint256", "uint256"),
        )

    def wait(self, seconds: int) -> None:
        """Let time pass; the agent beats twice a day, and a stranger pokes the Sentinel once."""
        while seconds > DAY:
            self.wait(DAY)
            seconds -= DAY
        for part in (seconds // 2, seconds - seconds // 2):
            self.rpc.warp(part)
            self.beat()
        self.watch()

    def watch(self, contract: str | None = None, at: int | None = None) -> None:
        """Have a stranger poke the Sentinel, which pokes the Vault, or a contract; ``at`` unix seconds."""
        stranger = actor("stranger")
        self.net.fund_eth(stranger, 10**18)
        if at is not None:
            self.rpc.call("evm_setNextBlockTimestamp", hex(at))
        self.rpc.transact(stranger, contract or self.site.addresses["Sentinel"], "poke()")

    def intent_refusal(self, moves: Sequence[tuple[int, int, int]]) -> str | None:
        """Reason for which an intent of the agent is refused; None if it would pass."""
        call = self.site.call("Executor", "execute", self.intent(moves).as_tuple())
        return self.refused(self.agent, call)

    def closed(self) -> dict[str, str]:
        """Why a deposit, petty cash and an allocation are refused now; ``open`` for what is not."""
        holder = self.holder("contributor")
        self.net.fund(holder, UNIT)
        reasons = {
            "entry": self.refusal(holder, self.vault, DEPOSIT, UNIT, holder),
            "petty cash": self.refusal(holder, self.vault, WITHDRAW, UNIT, holder, holder),
            "allocation": self.intent_refusal([(2, 10_000 * UNIT, 0)]),
        }
        return {name: reason or "open" for name, reason in reasons.items()}

    def refusal(self, sender: str, to: str, signature: str, *arguments: Any) -> str | None:
        """Reason for which a call is refused; None if it would pass. Nothing is sent."""
        return self.refused(sender, Call(to, bytes.fromhex(call_data(signature, *arguments)[2:]), signature))

    def refused(self, sender: str, call: Call) -> str | None:
        """Reason for which a call is refused; None if it would pass. Nothing is sent."""
        try:
            self.rpc.eth_call({"from": sender, "to": call.to, "data": "0x" + call.data.hex()})
        except Reverted as error:
            return error.reason or "without a reason"
        return None

    def send(self, sender: str, call: Call) -> dict[str, Any]:
        """Have an account make a call; returns the receipt."""
        return self.rpc.send({"from": sender, "to": call.to, "data": "0x" + call.data.hex()})

    def by_safe(self, calls: Sequence[Call]) -> str:
        """Have two of three owners sign one batch and execute it; returns the transaction's hash."""
        signers = [self._account(address) for address in self.site.treasury.safe.owners[:2]]
        receipt = Owners(self.site.addresses["Safe"], signers).execute(calls, signers[0])
        return str(receipt.txn_hash)

    def through_timelock(self, calls: Sequence[Call]) -> int:
        """Schedule calls by the Safe, wait out the delay, execute as anyone; returns the delay in seconds."""
        operations = [governance.Operation((call,), SALT) for call in calls]
        self.by_safe(governance.scheduling(self.site, operations))
        delay = governance.delay(self.site)
        self.wait(delay)
        stranger = actor("stranger")
        self.net.fund_eth(stranger, 10**18)
        for operation in operations:
            self.send(stranger, governance.executing(self.site, operation))
        return delay

    @staticmethod
    def _account(address: str) -> AccountAPI:
        wanted = to_checksum_address(address)
        return next(account for account in accounts.test_accounts if account.address == wanted)


def _bytes(*texts: str) -> list[bytes]:
    return [bytes.fromhex(text[2:]) for text in texts]
