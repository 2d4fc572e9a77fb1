"""What the queue remembers: who waits for how much of which strategy's runoff, and what has arrived.

The runoff of a strategy belongs to points. Points come in generations: when too few units are left for the
points that wait for them, a new generation starts, and the old one holds points of it (``carry``). Nothing
here changes anything; everything is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tests.model.arithmetic import up

CASH_UNIT = 2**120  # of a wei, in which cash per point is kept
MOST_CARRIES = 3  # generations that a slice follows after its own


@dataclass(frozen=True)
class Generation:
    """Points that wait together, the wei that each has received (in 1/CASH_UNIT), and what became of them."""

    points: int = 0
    received: int = 0
    carry: int = 0  # points of the next generation that all of these hold
    written_off: bool = False

    def credited(self, proceeds: int) -> Generation:
        """The generation after ``proceeds`` wei have arrived."""
        if proceeds == 0:
            return self
        received = self.received + proceeds * CASH_UNIT // self.points
        return Generation(self.points, received, self.carry, self.written_off)


@dataclass(frozen=True)
class Slice:
    """A record's part of one strategy's runoff."""

    strategy: int
    generation: int
    points: int
    start: int  # what a point had received when this joined
    joined: int  # units
    shares: int  # of the record that stand for it


@dataclass(frozen=True)
class Record:
    """One settled epoch or private exit: shares, cash in asset wei, and when; 0 if nothing had to wait.

    ``own``: whether it is one controller's alone.
    """

    shares: int
    cash: int
    time: int
    slices: tuple[Slice, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class Request:
    """One user's part of a record: shares of it, how many are claimed, and what was paid."""

    shares: int
    claimed: int = 0
    paid: int = 0


@dataclass(frozen=True)
class Line:
    """All generations of one strategy, and the units that the last one waits for."""

    generations: tuple[Generation, ...]
    units: int


class Walked(NamedTuple):
    """What a slice has received, the points of the current generation that it holds, and their units.

    A slice is written off for good once a generation on its way has been.
    """

    cash: int
    points: int
    waiting: int
    written_off: bool


def walk(line: Line, part: Slice) -> Walked:
    """Follow a slice through at most three carries to what waits for it now."""
    points, start, cash, written_off = part.points, part.start, 0, False
    last = len(line.generations) - 1
    for number in range(part.generation, min(last, part.generation + MOST_CARRIES) + 1):
        generation = line.generations[number]
        cash += points * (generation.received - start) // CASH_UNIT
        written_off |= generation.written_off
        if number == last:
            waiting = points * line.units // generation.points if generation.points else 0
            return Walked(cash, points, waiting, written_off)
        points, start = points * generation.carry // max(1, generation.points), 0
    return Walked(cash, 0, 0, written_off)


class Standing(NamedTuple):
    """How far a record has come: shares that count as cash now, cash so far, and whether more may come."""

    converted: int
    cash: int
    waits: bool


def standing(record: Record, lines: Mapping[int, Line]) -> Standing:
    """Shares of a record that are cash by now, rounded down, and its cash in asset wei."""
    cash, missing, opened, waits = record.cash, 0, False, False
    for part in record.slices:
        walked = walk(lines[part.strategy], part)
        cash += walked.cash
        waits |= walked.waiting > 0
        if walked.waiting and not walked.written_off:
            opened = True
            missing += up(part.shares * walked.waiting, part.joined)
    if not opened:
        return Standing(record.shares, cash, waits)
    return Standing(max(0, min(record.shares - 1, record.shares - missing)), cash, waits)


def private(record: Record, shares: int) -> Record:
    """One user's part of a record as a record of its own, everything rounded down."""
    slices = tuple(
        Slice(
            part.strategy,
            part.generation,
            part.points * shares // record.shares,
            part.start,
            max(1, part.joined * shares // record.shares),
            part.shares * shares // record.shares,
        )
        for part in record.slices
    )
    return Record(shares, record.cash * shares // record.shares, record.time, slices, own=True)
