"""The stage: the deployed treasury on a fork, its actors, and what they can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ape import accounts
from ape.api import AccountAPI
from eth_utils import to_checksum_address

from ganglion.deployment import Call, Site, governance
from ganglion.devnet import Devnet
from ganglion.devnet.abi import actor, call_data, event_topic
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
INTENT = "((uint256,int256,uint256)[],uint256,uint256,bytes32)"
_MOVES = "(uint256,int256,uint256)[]"
INTENT_EXECUTED = event_topic(f"IntentExecuted(address,bytes32,bytes32,{_MOVES},uint256,uint256,uint256)")
REASON = b"\x47" * 32  # hash of the agent's reasoning, kept off chain


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

    def execute(self, moves: Sequence[tuple[int, int, int]], sender: str | None = None) -> dict[str, Any]:
        """Have an agent execute an intent; returns the receipt."""
        deadline = self.rpc.timestamp() + 3_600
        intent = (list(moves), 2_000 * UNIT, deadline, REASON)
        account = sender or self.agent
        return self.rpc.transact(account, self.site.addresses["Executor"], f"execute({INTENT})", intent)

    def charged(self, receipt: dict[str, Any]) -> int:
        """What an intent was charged for its loss, asset wei; the budget itself refills every second."""
        (log,) = [entry for entry in receipt["logs"] if entry["topics"][0] == INTENT_EXECUTED]
        words = bytes.fromhex(log["data"][2:])
        return int.from_bytes(words[96:128], "big")  # moves, allocated, deallocated, loss

    def budget(self, kind: str) -> tuple[int, int]:
        """Limit and what is spent of the agent's ``flow`` or ``loss`` budget."""
        return self.rpc.read(
            self.site.addresses["Executor"],
            f"{kind}_budget(address)",
            self.agent,
            returns=("uint256", "uint256"),
        )

    def wait(self, seconds: int) -> None:
        """Let time pass; once a day a stranger pokes the Sentinel, as a keeper would."""
        while seconds > DAY:
            self.rpc.warp(DAY)
            self.watch()
            seconds -= DAY
        self.rpc.warp(seconds)
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
        intent = (list(moves), 2_000 * UNIT, self.rpc.timestamp() + 3_600, REASON)
        return self.refusal(self.agent, self.site.addresses["Executor"], f"execute({INTENT})", intent)

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
        try:
            self.rpc.eth_call({"from": sender, "to": to, "data": call_data(signature, *arguments)})
        except Reverted as error:
            return error.reason or "without a reason"
        return None

    def by_safe(self, calls: Sequence[Call]) -> str:
        """Have two of three owners sign one batch and execute it; returns the transaction's hash."""
        signers = [self._account(address) for address in self.site.treasury.safe.owners[:2]]
        receipt = Owners(self.site.addresses["Safe"], signers).execute(calls, signers[0])
        return str(receipt.txn_hash)

    def through_timelock(self, calls: Sequence[Call]) -> int:
        """Schedule calls by the Safe, wait out the delay, execute as anyone; returns the delay in seconds."""
        operations = [governance.Operation((call,), REASON) for call in calls]
        self.by_safe(governance.scheduling(self.site, operations))
        delay = governance.delay(self.site)
        self.wait(delay)
        stranger = actor("stranger")
        self.net.fund_eth(stranger, 10**18)
        for operation in operations:
            call = governance.executing(self.site, operation)
            self.rpc.send({"from": stranger, "to": call.to, "data": "0x" + call.data.hex()})
        return delay

    @staticmethod
    def _account(address: str) -> AccountAPI:
        wanted = to_checksum_address(address)
        return next(account for account in accounts.test_accounts if account.address == wanted)
