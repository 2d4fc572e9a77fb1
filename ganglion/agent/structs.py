"""The contracts' structs as frozen dataclasses, field by field, and how any struct is decoded.

Amounts are plain integers of asset wei, times unix seconds, parts bps of 10,000, unless a field says
otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import IntFlag
from functools import cache
from typing import Any, Self, cast, get_args, get_origin, get_type_hints

from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address

from .abi import EXECUTOR
from .errors import NodeError

ZERO_ADDRESS = cast(ChecksumAddress, "0x" + "00" * 20)
EMPTY = bytes(32)
BPS = 10_000


class Permission(IntFlag):
    """What a mandate lets an agent do."""

    ALLOCATE = 1
    DEALLOCATE = 2


@cache
def _hints(kind: type) -> tuple[Any, ...]:
    hints = get_type_hints(kind)
    return tuple(hints[each.name] for each in fields(kind))


def _convert(kind: Any, value: Any) -> Any:
    if get_origin(kind) is tuple:
        return tuple(_convert(get_args(kind)[0], each) for each in value)
    if kind is ChecksumAddress:
        return to_checksum_address(value)
    return kind.of(value) if is_dataclass(kind) else kind(value)


def _tuple(value: Any) -> Any:
    if isinstance(value, Struct):
        return value.as_tuple()
    return [_tuple(each) for each in value] if isinstance(value, tuple) else value


def plain(value: Any) -> Any:
    """Return anything of this package as JSON values: bytes as 0x-hex, flags as their number."""
    if isinstance(value, Struct):
        return value.as_dict()
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return int(value) if isinstance(value, IntFlag) else value


class Struct:
    """Base of the dataclasses that mirror a struct of the ABI, in the order of its fields."""

    @classmethod
    def of(cls, values: Sequence[Any]) -> Self:
        """Build from the tuple that the ABI codec gives; raises NodeError where it is no such struct."""
        hints = _hints(cls)
        if len(values) != len(hints):
            raise NodeError("eth_call", f"{len(values)} fields, and {cls.__name__} has {len(hints)}")
        return cls(*(_convert(hint, value) for hint, value in zip(hints, values, strict=True)))

    def as_tuple(self) -> tuple[Any, ...]:
        """Return the tuple that the ABI codec takes."""
        return tuple(_tuple(getattr(self, each.name)) for each in fields(cast(Any, self)))

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values: bytes as 0x-hex, integers exact."""
        return {each.name: plain(getattr(self, each.name)) for each in fields(cast(Any, self))}


@dataclass(frozen=True, slots=True)
class Mandate(Struct):
    """What one agent may do; without permissions if there is none or it was revoked."""

    permissions: Permission
    strategies: int  # bit i: strategy i may be touched
    flow: int  # F: what may be allocated; refills evenly over one window
    loss: int  # Λ: what may be lost; refills in the same way
    max_loss: int  # most that one allocating intent may lose
    window: int  # W, seconds
    expiry: int  # last second of the mandate
    heartbeat: int  # seconds of silence after which the agent may only reduce; 0 for no limit
    policy: ChecksumAddress  # asked before and after every intent that allocates; zero for none
    document: bytes  # hash of the document that grants it

    def allows(self, identifier: int) -> bool:
        """Whether the agent may touch a strategy."""
        return identifier < 256 and bool(self.strategies >> identifier & 1)


@dataclass(frozen=True, slots=True)
class Standing(Struct):
    """What the Executor remembers of an agent."""

    mandate: bytes  # hash of the mandate in force, which signatures are bound to; zero if there is none
    sequence: int  # intents it has made
    seen: int  # its last intent or heartbeat
    silent: bool  # silent for longer than its mandate allows: it may only reduce


@dataclass(frozen=True, slots=True)
class Budget(Struct):
    """A budget that refills evenly."""

    limit: int
    spent: int  # now, after refilling; a deallocation may overdraw it

    @property
    def left(self) -> int:
        """What may still be spent now, asset wei; 0 if overdrawn."""
        return max(0, self.limit - self.spent)


@dataclass(frozen=True, slots=True)
class Cap(Struct):
    """A strategy's operating cap."""

    absolute: int
    relative: int  # bps of the total at the lower prices
    cut_until: int  # until then the curator cannot raise it


@dataclass(frozen=True, slots=True)
class Group(Struct):
    """Strategies that share a risk."""

    members: int  # bit i: strategy i
    absolute: int  # the operating cap
    relative: int  # bps of the total at the lower prices
    cut_until: int  # until then the curator cannot raise it
    most_absolute: int  # what the Timelock allows the operating cap to be
    most_relative: int

    def has(self, identifier: int) -> bool:
        """Whether a strategy is a member."""
        return identifier < 256 and bool(self.members >> identifier & 1)


@dataclass(frozen=True, slots=True)
class Inflow(Struct):
    """How fast capital may enter a strategy."""

    limit: int
    window: int  # seconds in which the whole limit refills; 0 for no limit
    spent: int  # now, after refilling

    @property
    def left(self) -> int | None:
        """What may still go in now, asset wei; None without a limit."""
        return max(0, self.limit - self.spent) if self.window else None


@dataclass(frozen=True, slots=True)
class Done(Struct):
    """What a move really did, by measured balances."""

    id: int
    assets: int  # > 0 went to the strategy, < 0 came home
    units: int  # units that came or left
    loss: int


@dataclass(frozen=True, slots=True)
class Verdict(Struct):
    """What a preview says; ``ganglion.agent.denials.from_verdict`` makes the refusal of it."""

    reason: str  # what `execute` would revert with; empty if it would pass
    move: int  # the move that is refused, counted from 0
    limit: int  # the limit that binds it, in its own unit
    largest: (
        int  # the most of this move, asset wei, that would pass; the amount asked for where nothing binds
    )

    @property
    def passes(self) -> bool:
        """Whether `execute` would pass."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Journaled(Struct):
    """One entry of the Executor's journal, as its event tells it."""

    sequence: int
    kind: int  # 1 intent, 2 mandate granted, 3 revoked, 4 agent revived, 5 trim, 6 note
    agent: ChecksumAddress
    mandate: bytes
    subject: bytes  # an intent's or a mandate's hash; who revoked or revived; a trim's strategy
    reason: bytes  # as in the intent; the document of a mandate
    moves: tuple[Done, ...]
    head: bytes

    @property
    def loss(self) -> int:
        """What the moves lost together, asset wei."""
        return sum(done.loss for done in self.moves)

    @classmethod
    def of_log(cls, topics: Sequence[bytes], data: bytes) -> Journaled:
        """Build from a log of the Executor; raises NodeError where it is no such event."""
        arguments = EXECUTOR.events["Journaled"].decode(topics, data)
        return cls.of([arguments[each.name] for each in fields(cls)])
