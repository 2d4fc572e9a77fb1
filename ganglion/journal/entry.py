"""Entries of a journal, the Vault's changes that they take over, and what the chain says at both ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum

from ganglion.agent.structs import EMPTY, Journaled

NUMBER_BITS = 40  # lowest bits of a head: the entry's number


class Kind(IntEnum):
    """What an entry is about."""

    INTENT = 1
    GRANT = 2
    REVOCATION = 3
    REVIVAL = 4
    TRIM = 5
    NOTE = 6


def kind_name(kind: int) -> str:
    """Return the name of a kind in lower case; ``kind 9`` for one that this version does not know."""
    try:
        return Kind(kind).name.lower()
    except ValueError:
        return f"kind {kind}"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a log stands. The hashes cover what happened and when, not where: this is the node's word."""

    block: int
    log_index: int
    transaction: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Entry(Journaled):
    """One entry of the journal: the event, the timestamp of its block in unix seconds, and its position."""

    time: int
    position: Position

    @classmethod
    def of_event(cls, event: Journaled, time: int, position: Position) -> Entry:
        """Return the entry that an event at a time and place is."""
        return cls(*(getattr(event, each.name) for each in fields(event)), time, position)

    def content(self) -> tuple[object, ...]:
        """Return everything that is hashed, and the head: entries with the same content are the same."""
        return tuple(getattr(self, each.name) for each in fields(self) if each.name != "position")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the Vault's state (``id`` 0) or of a strategy's health."""

    id: int
    value: int  # the new state (0 CALM, 1 STRESS, 2 WINDDOWN) or status (1 OK, 2 SUSPECT, 3 QUARANTINED)
    before: int | None  # the state before; None for health
    time: int  # unix seconds
    position: Position


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the chain itself says at the end of a block: the journal's head and number, the Vault's hash."""

    head: bytes = EMPTY
    sequence: int = 0
    changes: bytes = EMPTY


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        sequence: of the entry concerned; one more than the last entry's for what came after it.
        problem: missing, altered, reordered, duplicated, forged, malformed, or changes (of the Vault).
        detail: what was found, in one sentence.
    """

    sequence: int
    problem: str
    detail: str


MISSING, ALTERED, REORDERED, DUPLICATED = "missing", "altered", "reordered", "duplicated"
FORGED, MALFORMED, CHANGES = "forged", "malformed", "changes"


@dataclass(frozen=True)
class Journal:
    """A journal as a node tells it, from ``first_block`` to ``last_block``, both included.

    ``base`` is the chain's own state before the first block, ``end`` the one after the last. Both are views
    of the contracts, and what the events are verified against.
    """

    chain_id: int
    executor: str
    vault: str
    first_block: int
    last_block: int
    last_time: int  # timestamp of the last block, unix seconds
    base: Anchor
    end: Anchor
    entries: tuple[Entry, ...]  # as the node gave them
    changes: tuple[Change, ...]
    malformed: tuple[Finding, ...] = ()


STATES: Mapping[int, str] = {0: "calm", 1: "stress", 2: "winddown"}
STATUSES: Mapping[int, str] = {1: "ok", 2: "suspect", 3: "quarantined"}


def change_name(change: Change) -> str:
    """Return the new state or status in words."""
    names = STATUSES if change.id else STATES
    return names.get(change.value, str(change.value))
