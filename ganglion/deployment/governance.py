"""Operations of the Timelock: what the Safe schedules, what anyone executes later, what a guardian cancels.

An operation is known by its hash alone; calls and salt are read back from the Timelock's events, so that no
file has to be kept between scheduling and execution.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from eth_utils import keccak

from ganglion.devnet.abi import encode

from .chain import Call, Sender
from .errors import OperationRefused, TransactionFailed
from .quantities import show_instant
from .site import Site

NOTHING = bytes(32)  # no predecessor
_DONE = 1  # the Timelock's timestamp of an executed operation


class Phase(Enum):
    """Where an operation stands."""

    UNSCHEDULED = "not scheduled"
    WAITING = "waiting"
    READY = "ready"
    DONE = "done"


@dataclass(frozen=True)
class Status:
    """Phase of an operation, and the first second of its execution while it waits or is ready."""

    phase: Phase
    ready_at: int | None = None

    def __str__(self) -> str:
        """Return the phase for people."""
        return (
            self.phase.value
            if self.ready_at is None
            else f"{self.phase.value}, {show_instant(self.ready_at)}"
        )


@dataclass(frozen=True)
class Operation:
    """Calls that the Timelock makes together, in order.

    Attributes:
        calls: one or more.
        salt: 32 bytes that tell equal operations apart.
        batch: whether it is hashed and sent as a batch; always so for more than one call.
        predecessor: id of an operation that must be executed before; 32 zero bytes for none.
    """

    calls: tuple[Call, ...]
    salt: bytes
    batch: bool = False
    predecessor: bytes = NOTHING

    @property
    def id(self) -> bytes:
        """Hash by which the Timelock knows it."""
        if self._is_batch:
            types = ["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"]
        else:
            types = ["address", "uint256", "bytes", "bytes32", "bytes32"]
        return keccak(encode(types, self._arguments()))

    @property
    def what(self) -> str:
        """What it does, in words."""
        return "; ".join(call.what for call in self.calls)

    @property
    def _is_batch(self) -> bool:
        return self.batch or len(self.calls) != 1

    def _arguments(self) -> list[Any]:
        if not self._is_batch:
            return [self.calls[0].to, 0, self.calls[0].data, self.predecessor, self.salt]
        targets, data = [call.to for call in self.calls], [call.data for call in self.calls]
        return [targets, [0] * len(targets), data, self.predecessor, self.salt]

    def schedule(self, site: Site, delay: int) -> Call:
        """Return the proposer's call; ``delay`` in seconds, at least the Timelock's."""
        function = "schedule_batch" if self._is_batch else "schedule"
        arguments = [*self._arguments(), delay]
        return site.call("Timelock", function, *arguments, what=f"schedule: {self.what}")

    def execute(self, site: Site) -> Call:
        """Return the call, anybody's, that executes it once it is ready."""
        function = "execute_batch" if self._is_batch else "execute"
        return site.call("Timelock", function, *self._arguments(), what=f"execute: {self.what}")


def status(site: Site, operation: bytes) -> Status:
    """Return where an operation stands, by its id."""
    moment = site.read("Timelock", "get_timestamp", operation)
    if moment == 0:
        return Status(Phase.UNSCHEDULED)
    if moment == _DONE:
        return Status(Phase.DONE)
    ready = site.chain.timestamp() >= moment
    return Status(Phase.READY if ready else Phase.WAITING, moment)


def delay(site: Site) -> int:
    """Return the Timelock's delay, in seconds."""
    return site.read("Timelock", "get_minimum_delay")


def check(site: Site, operations: Iterable[Operation]) -> None:
    """Refuse operations that would revert if the Timelock executed them now, one after the other.

    Raises:
        OperationRefused: names the call and its reason.
    """
    calls = [call for operation in operations for call in operation.calls]
    outcomes = site.chain.rehearse(site.addresses["Timelock"], calls)
    for call, outcome in zip(calls, outcomes or [], strict=False):
        if outcome.reason is not None:
            raise OperationRefused(f"{call.what} would fail: {outcome.reason}")


def scheduling(site: Site, operations: Sequence[Operation]) -> list[Call]:
    """Return the Safe's calls that schedule operations with the Timelock's own delay, after checking them.

    Raises:
        OperationRefused: one of them would revert, or stands scheduled already.
    """
    for operation in operations:
        current = status(site, operation.id)
        if current.phase is not Phase.UNSCHEDULED:
            raise OperationRefused(f"{operation.what}: already {current}")
    check(site, operations)
    seconds = delay(site)
    return [operation.schedule(site, seconds) for operation in operations]


def scheduled(site: Site, from_block: int = 0) -> list[Operation]:
    """Return all operations ever scheduled, oldest first, rebuilt from the Timelock's events."""
    timelock = site.contract("Timelock")
    salts = {entry["id"]: entry["salt"] for entry in site.chain.logs(timelock, "CallSalt", from_block)}
    calls: dict[bytes, dict[int, Call]] = {}
    predecessors: dict[bytes, bytes] = {}
    for entry in site.chain.logs(timelock, "CallScheduled", from_block):
        call = Call(entry["target"], entry["payload"], site.describe(entry["target"], entry["payload"]))
        calls.setdefault(entry["id"], {})[entry["index"]] = call
        predecessors[entry["id"]] = entry["predecessor"]
    found = []
    for key, by_index in calls.items():
        ordered = tuple(by_index[index] for index in sorted(by_index))
        single = Operation(ordered, salts.get(key, NOTHING), False, predecessors[key])
        found.append(single if single.id == key else replace(single, batch=True))
    return found


def find(site: Site, identifier: bytes, from_block: int = 0) -> Operation:
    """Return a scheduled operation by its id; raises OperationRefused if there is none."""
    for operation in scheduled(site, from_block):
        if operation.id == identifier:
            return operation
    raise OperationRefused(f"operation 0x{identifier.hex()} was never scheduled; list them with `operations`")


def executing(site: Site, operation: Operation) -> Call:
    """Return the call that executes an operation.

    Raises:
        OperationRefused: it is not ready.
    """
    current = status(site, operation.id)
    if current.phase is not Phase.READY:
        raise OperationRefused(f"{operation.what}: {current}; only a ready operation executes")
    return operation.execute(site)


def cancelling(site: Site, identifier: bytes, canceller: str) -> Call:
    """Return the call with which the Safe or a guardian cancels a pending operation.

    Raises:
        OperationRefused: it is not pending, or this account may not cancel it.
    """
    current = status(site, identifier)
    if current.phase not in (Phase.WAITING, Phase.READY):
        raise OperationRefused(f"operation 0x{identifier.hex()}: {current}; only a pending one is cancelled")
    call = site.call("Timelock", "cancel", identifier, what=f"cancel 0x{identifier.hex()}")
    outcomes = site.chain.rehearse(canceller, [call])
    if outcomes and outcomes[0].reason is not None:
        raise OperationRefused(f"{canceller} may not cancel it: {outcomes[0].reason}")
    return call


def send(site: Site, sender: Sender, calls: Iterable[Call]) -> list[str]:
    """Send calls in order, each after the one before is mined, and return the transactions' hashes.

    Raises:
        OperationRefused: a call would revert, which stops the rest, or reverted.
    """
    sent = []
    for call in calls:
        outcomes = site.chain.rehearse(sender.address, [call])
        if outcomes and outcomes[0].reason is not None:
            raise OperationRefused(f"{call.what}: {outcomes[0].reason}")
        try:
            transaction = sender.send(call.to, call.data)
            site.chain.receipt(transaction)
        except TransactionFailed as error:
            raise OperationRefused(f"{call.what}: {error}") from None
        sent.append(transaction)
    return sent
