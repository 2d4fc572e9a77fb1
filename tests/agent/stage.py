"""A treasury with the real Executor and Lens on a real anvil, and an agent that holds a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from ganglion.agent import Client, FeePolicy, Policy, Treasury
from ganglion.agent.intent import Intent
from ganglion.agent.outbox import Outbox
from ganglion.devnet.rpc import Rpc
from tests.treasury import ETHER, deploy_vyper
from tests.unit.desk import Desk

AGENT: LocalAccount = Account.from_key(keccak(text="ganglion.agent"))
RELAYER: LocalAccount = Account.from_key(keccak(text="ganglion.relayer"))
QUICK = Policy(timeout=20, replace_after=0.4, poll=0.02)
K = 1_000 * 10**6  # a thousand tokens


@dataclass
class Stage:
    """The treasury, and clients of it."""

    desk: Desk
    treasury: Treasury

    @classmethod
    def build(cls, rpc: Rpc) -> Stage:
        """Deploy, list three strategies, fund, and grant AGENT the default mandate."""
        desk = Desk.make(rpc, executor=None)
        assert isinstance(desk, Desk)
        desk.open()
        desk.grant(agent=AGENT.address)
        lens = deploy_vyper(rpc, "contracts/Lens.vy", ["address"], (desk.vault,))
        for account in (AGENT, RELAYER):
            rpc.call("anvil_setBalance", account.address, hex(1_000 * ETHER))
        return cls(desk, Treasury(1, desk.vault, desk.executor, lens))

    @property
    def rpc(self) -> Rpc:
        """Client of the node, for what a test does to the chain itself."""
        return self.desk.rpc

    def client(
        self,
        account: LocalAccount | None = AGENT,
        *,
        url: str | None = None,
        outbox: Outbox | None = None,
        policy: Policy = QUICK,
    ) -> Client:
        """A client of the node, or of whatever answers at ``url``."""
        return Client.connect(url or self.rpc.url, self.treasury, account, outbox, policy)

    def executions(self, intent: Intent) -> int:
        """How many entries of the journal tell of an agent's intents with this reason."""
        wanted = {"address": self.treasury.executor, "fromBlock": "0x0"}
        reason = intent.reason.hex()
        return sum(reason in log["data"] for log in self.rpc.call("eth_getLogs", wanted))

    def automine(self, on: bool) -> None:
        """Whether every transaction is mined at once."""
        self.rpc.call("evm_setAutomine", on)

    def pending(self) -> list[dict[str, Any]]:
        """Transactions that wait."""
        found = self.rpc.call("txpool_content")["pending"]
        return [each for account in found.values() for each in account.values()]


__all__ = ["AGENT", "QUICK", "RELAYER", "FeePolicy", "K", "Stage"]
