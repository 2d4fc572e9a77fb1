"""What a planner must know of a treasury, in integers of asset wei, and what moves do to it at par.

At par means: an allocation is worth what it costs, a deallocation brings what was asked for. What moves may
lose beyond that is assumed (``Problem.slippage``) and counts against the loss budgets.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ganglion.agent.errors import Invalid
from ganglion.agent.intent import Move
from ganglion.agent.structs import BPS

from .limits import Limit

if TYPE_CHECKING:
    from ganglion.agent.snapshot import Snapshot

DUST = 1_000  # asset wei; a rest of a position below it is let go, and lost
MIN_POSITION = 10**6  # asset wei; the least book after an allocation
MOST = 2**112 - 1  # asset wei that the Vault can hold


@dataclass(frozen=True, slots=True)
class Position:
    """A strategy. Amounts in asset wei unless named otherwise.

    Attributes:
        id: of the strategy, 1 to 255.
        mark: what its units are worth by its own answer; the book where it gives none.
        book: what the Vault has them at.
        liquid: the most that can be deallocated.
        ceiling: the Vault's limit.
        absolute: the operating cap.
        relative: the same in bps of the total at the lower prices.
        inflow: what may still flow in; None without a limit.
        tolerance: the most that a move may lose, bps.
        units: of a price.
        price: what they are worth by the strategy's answer: the mark, where there is one. 0 stands for
            a price at its reference and its book.
        reference: what they are worth at the Vault's reference.
        grain: by how much a move may miss its size: the worth of a unit, and rounding.
        dark: quarantined: outside of the total at the lower prices.
        closed: why nothing may be allocated; empty if it may.
        held: why nothing may be deallocated.
    """

    id: int
    mark: int = 0
    book: int = 0
    liquid: int = 0
    ceiling: int = MOST
    absolute: int = MOST
    relative: int = BPS
    inflow: int | None = None
    tolerance: int = 0
    units: int = 0
    price: int = 0
    reference: int = 0
    grain: int = 0
    dark: bool = False
    closed: tuple[Limit, ...] = ()
    held: tuple[Limit, ...] = ()

    @property
    def counted(self) -> int:
        """What a purchase counts at: the lowest of price, reference and, where there are units, book."""
        return min(self.price, self.reference, self.book if self.mark else self.price)

    def booked(self, assets: int) -> int:
        """By how much the book grows if ``assets`` are allocated; rounded down."""
        return assets if self.reference >= self.price else assets * self.reference // self.price

    def kept(self, assets: int) -> int:
        """Book that stays if ``assets`` of the mark are deallocated; rounded down."""
        return self.book * (self.mark - assets) // self.mark

    def lost_in(self, assets: int, slippage: int | None) -> int:
        """What an allocation is charged as a loss; ``slippage`` as in ``Problem``; rounded up."""
        dear = assets - assets * self.counted // self.price if self.price else 0
        return max(dear, -(-assets * self.assumed(slippage) // BPS)) + self.grain

    def lost_out(self, assets: int, slippage: int | None) -> int:
        """What a deallocation is charged as a loss at most, a rest that is let go included; rounded up."""
        fallen = -(-assets * max(self.reference - self.price, 0) // self.price) if self.price else 0
        most = -(-assets * self.tolerance // (BPS - self.tolerance))
        rest = self.kept(assets)
        expected = max(min(fallen, most), -(-assets * self.assumed(slippage) // BPS))
        return expected + self.grain + (rest if rest < DUST else 0)

    def assumed(self, slippage: int | None) -> int:
        """Assumed loss of a move in bps, never above the tolerance."""
        return self.tolerance if slippage is None else min(slippage, self.tolerance)


@dataclass(frozen=True, slots=True)
class RiskGroup:
    """Strategies that share a risk: number, members as a bit map, caps in wei and in bps of the total."""

    id: int
    members: int
    absolute: int = MOST
    relative: int = BPS

    def has(self, identifier: int) -> bool:
        """Whether a strategy is a member."""
        return bool(self.members >> identifier & 1)


@dataclass(frozen=True)
class Problem:
    """A treasury as the planner sees it. Amounts in asset wei.

    Attributes:
        positions: live strategies, in ascending order of ids.
        idle: cash of the stayers.
        lo: total at the lower prices, of which relative caps are parts.
        groups: risk groups.
        flow: what the mandate still lets the agent allocate.
        loss: what it still lets it lose; below 0 if overdrawn.
        max_loss: what one allocating intent may lose.
        idle_floor: part of ``lo`` that allocations must leave idle, bps.
        min_position: least book after an allocation.
        slippage: assumed loss of every move, bps, at most its strategy's tolerance; None for the tolerance.
        drift: bps by which what stands in a cap is taken higher than observed, for what may happen until the
            moves are executed.
        closed: why nothing may be allocated at all.
        held: why nothing may be deallocated at all.
    """

    positions: tuple[Position, ...]
    idle: int
    lo: int
    groups: tuple[RiskGroup, ...] = ()
    flow: int = MOST
    loss: int = MOST
    max_loss: int = MOST
    idle_floor: int = 0
    min_position: int = MIN_POSITION
    slippage: int | None = 0
    drift: int = 0
    closed: tuple[Limit, ...] = ()
    held: tuple[Limit, ...] = ()
    _index: dict[int, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Note where each strategy stands."""
        self._index.update({each.id: place for place, each in enumerate(self.positions)})

    def check(self) -> None:
        """Raise Invalid, which names the field, where nothing could be planned for this."""
        ids = [each.id for each in self.positions]
        if ids != sorted(set(ids)) or any(not 0 < each < 256 for each in ids):
            raise Invalid(f"positions: ids {ids}; give each id once, from 1 to 255, in ascending order")
        for name in ("idle", "lo", "flow", "max_loss", "idle_floor", "min_position", "drift"):
            _not_negative(name, getattr(self, name))
        for name in ("idle_floor", "drift", "slippage"):
            if (getattr(self, name) or 0) > BPS:
                raise Invalid(f"{name}: {getattr(self, name)}; the most is {BPS} bps")
        _not_negative("slippage", self.slippage or 0)
        for each in self.positions:
            _check_position(each)

    @classmethod
    def of(cls, snapshot: Snapshot, *, slippage: int | None = None, drift: int = 0) -> Problem:
        """Read a snapshot; see ``ganglion.planning.reading``."""
        from .reading import read

        return read(snapshot, slippage=slippage, drift=drift)

    def index(self, identifier: int) -> int:
        """Place of a strategy in ``positions``; raises Invalid if there is none."""
        if identifier not in self._index:
            known = ", ".join(map(str, self._index)) or "none"
            raise Invalid(f"id: no live strategy has the id {identifier}; live: {known}")
        return self._index[identifier]

    @cached_property
    def total(self) -> int:
        """Idle and all marks: what weights are parts of."""
        return self.idle + sum(each.mark for each in self.positions)

    @property
    def values(self) -> tuple[int, ...]:
        """Marks in the order of ``positions``."""
        return tuple(each.mark for each in self.positions)

    def size(self, move: Move) -> int:
        """Asset wei of a move, without its sign; one that takes everything has the size of the mark."""
        mark = self.positions[self.index(move.id)].mark
        return move.assets if move.assets > 0 else min(-move.assets, mark)

    def after(self, move: Move) -> Problem:
        """The treasury after one move at par, budgets charged as assumed; raises Invalid for an unknown id.

        Whether limits allow the move is not asked; see ``feasible``.
        """
        index = self.index(move.id)
        before, size = self.positions[index], self.size(move)
        now = _bought(before, size) if move.assets > 0 else _sold(before, size)
        idle = self.idle - size if move.assets > 0 else self.idle + size
        lo = self.lo + idle - self.idle + _at_lower(now) - _at_lower(before)
        positions = (*self.positions[:index], now, *self.positions[index + 1 :])
        flow = self.flow - size if move.assets > 0 else self.flow
        lost = before.lost_in if move.assets > 0 else before.lost_out
        loss = self.loss - lost(size, self.slippage)
        return replace(self, positions=positions, idle=idle, lo=lo, flow=flow, loss=loss)


def _at_lower(position: Position) -> int:
    return 0 if position.dark else min(position.mark, position.book)


def _bought(before: Position, size: int) -> Position:
    mark, book = before.mark + size, before.book + before.booked(size)
    inflow = None if before.inflow is None else before.inflow - size
    return replace(_revalued(before, mark, book), liquid=before.liquid + size, inflow=inflow)


def _sold(before: Position, size: int) -> Position:
    mark, book = before.mark - size, before.kept(size)
    return replace(_revalued(before, mark, book), liquid=max(0, before.liquid - size))


def _revalued(before: Position, mark: int, book: int) -> Position:
    """The same prices, told of the units that are held now; of the units before where none are left."""
    if not mark or not before.price:
        return replace(before, mark=mark, book=book)
    units, reference = (value * mark // before.price for value in (before.units, before.reference))
    return replace(before, mark=mark, book=book, units=units, price=mark, reference=reference)


def _not_negative(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Invalid(f"{name}: {value!r}; give an integer of 0 or more")


def _check_position(position: Position) -> None:
    for name in ("mark", "book", "liquid", "ceiling", "absolute", "relative", "tolerance", "grain"):
        _not_negative(f"positions[id {position.id}].{name}", getattr(position, name))
    if position.tolerance >= BPS:
        raise Invalid(
            f"positions[id {position.id}].tolerance: {position.tolerance}; give less than {BPS} bps"
        )
