"""A Timelock with a proposer, two guardians, and a Steward under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import keccak

from ganglion.devnet.abi import actor, encode
from ganglion.devnet.rpc import Rpc
from tests.treasury import ETHER, deploy_vyper
from tests.unit.bed import EVERYONE, payload
from tests.unit.events import Event, decoded

PROPOSER = actor("safe")
FIRST_GUARDIAN, SECOND_GUARDIAN = actor("first guardian"), actor("second guardian")
DELAY = 172_800  # seconds
NONE = b"\x00" * 32
SALT = b"\x07" * 32

PROPOSER_ROLE, EXECUTOR_ROLE, CANCELLER_ROLE = (
    keccak(text=name) for name in ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE")
)
ONE = "address,uint256,bytes,bytes32,bytes32"
MANY = "address[],uint256[],bytes[],bytes32,bytes32"
UNSET, WAITING, READY, DONE = 1, 2, 4, 8


@dataclass(frozen=True)
class Call:
    """One call of an operation."""

    target: str
    data: bytes
    amount: int = 0


@dataclass
class Clockwork:
    """Short names for what the tests do with a Timelock."""

    rpc: Rpc
    timelock: str
    steward: str

    @classmethod
    def make(cls, rpc: Rpc) -> Clockwork:
        """Deploy a Timelock and a Steward that it governs."""
        for account in (*EVERYONE.values(), PROPOSER, FIRST_GUARDIAN, SECOND_GUARDIAN):
            rpc.call("anvil_setBalance", account, hex(10**6 * ETHER))
        types = ["uint256", "address", "address[]"]
        values = (DELAY, PROPOSER, [FIRST_GUARDIAN, SECOND_GUARDIAN])
        timelock = deploy_vyper(rpc, "contracts/Timelock.vy", types, values)
        steward = deploy_vyper(rpc, "contracts/Steward.vy", ["address"], (timelock,))
        return cls(rpc, timelock, steward)

    def act(self, sender: str, signature: str, *arguments: Any) -> dict[str, Any]:
        """Send a call to the Timelock."""
        return self.rpc.transact(sender, self.timelock, signature, *arguments)

    def view(self, signature: str, *arguments: Any, returns: str = "uint256") -> Any:
        """Return the one value of a view of the Timelock."""
        return self.rpc.read(self.timelock, signature, *arguments, returns=(returns,))

    def has_role(self, role: bytes, account: str) -> bool:
        """Whether an account has a role."""
        return self.view("hasRole(bytes32,address)", role, account, returns="bool")

    def set_guardian(self, target: str | None = None, active: bool = True) -> Call:
        """A call that appoints or removes a guardian of the Steward, or of another contract."""
        data = payload("set_guardian(address,bool)", FIRST_GUARDIAN, active)
        return Call(target or self.steward, data)

    def change_role(self, grant: bool, role: bytes = CANCELLER_ROLE, target: str | None = None) -> Call:
        """A call that gives a role of the Timelock, or takes it."""
        verb = "grantRole" if grant else "revokeRole"
        return Call(target or self.timelock, payload(f"{verb}(bytes32,address)", role, FIRST_GUARDIAN))

    def update_delay(self, seconds: int) -> Call:
        """A call that changes the delay."""
        return Call(self.timelock, payload("update_delay(uint256)", seconds))

    def schedule(self, *calls: Call, batch: bool = False, sender: str = PROPOSER, **terms: Any) -> dict:
        """Schedule one call, or a batch."""
        kind, values = self._arguments(calls, batch, terms)
        verb = "schedule" if kind == ONE else "schedule_batch"
        delay = terms.get("delay", DELAY)
        return self.act(sender, f"{verb}({kind},uint256)", *values, delay)

    def execute(self, *calls: Call, batch: bool = False, sender: str = PROPOSER, **terms: Any) -> dict:
        """Execute one call, or a batch."""
        kind, values = self._arguments(calls, batch, terms)
        verb = "execute" if kind == ONE else "execute_batch"
        return self.act(sender, f"{verb}({kind})", *values)

    def operation(self, *calls: Call, batch: bool = False, **terms: Any) -> bytes:
        """The id of an operation, as OpenZeppelin's controller computes it."""
        kind, values = self._arguments(calls, batch, terms)
        return keccak(encode(kind.split(","), values))

    def state(self, operation: bytes) -> int:
        """UNSET, WAITING, READY or DONE."""
        return self.view("get_operation_state(bytes32)", operation)

    def cancel(self, operation: bytes, sender: str) -> dict[str, Any]:
        """Cancel an operation."""
        return self.act(sender, "cancel(bytes32)", operation)

    def events(self, receipt: dict[str, Any]) -> list[Event]:
        """Events of the Timelock and the Steward."""
        return decoded(receipt, (self.timelock, self.steward))

    @staticmethod
    def _arguments(calls: Sequence[Call], batch: bool, terms: dict[str, Any]) -> tuple[str, tuple]:
        tail = (terms.get("predecessor", NONE), terms.get("salt", NONE))
        if len(calls) == 1 and not batch:
            return ONE, (calls[0].target, calls[0].amount, calls[0].data, *tail)
        columns = ([getattr(call, name) for call in calls] for name in ("target", "amount", "data"))
        return MANY, (*columns, *tail)
