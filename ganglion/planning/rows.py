"""Every limit as a linear inequality in exact integers, from which programme, repair and greedy are built.

For the strategy at place ``k`` of ``n``, variable ``k`` is what is allocated to it and ``n + k`` what is
deallocated from it, in asset wei. Deallocations come first, then allocations in ``order``: those whose mark
stands highest above the book first, because a group counts the one just moved at its mark and the others at
their books. Coefficients are multiplied by ONE and rounded so that what the rows allow, the chain allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ganglion.agent.structs import BPS

from .limits import Limit, Name
from .problem import DUST, Position, Problem, RiskGroup

ONE = 2**128


@dataclass(frozen=True, slots=True)
class Row:
    """sum(factors[v] * x[v]) <= most, while any allocation of ``mask`` is made; always if it is 0."""

    limit: Limit
    factors: dict[int, int]
    most: int
    mask: int = 0


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that one variable can be, asset wei, and the limit that says so."""

    most: int
    limit: Limit


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


class Rows:
    """All limits of a problem, as rows and bounds.

    Attributes:
        n: number of strategies.
        order: places of strategies in the order of their allocations.
        bounds: most of each variable.
        least: least of each variable that is not 0.
        rows: those that the bounds alone do not keep.
    """

    def __init__(self, problem: Problem, min_move: int, min_idle: int) -> None:
        self.problem = problem
        self.n = len(problem.positions)
        self.min_move = min_move
        self.order = sorted(range(self.n), key=self._stands_above)
        out = [_bound_out(problem, each) for each in problem.positions]
        cash = problem.idle + sum(bound.most for bound in out)
        self.bounds = [_bound_in(problem, each, cash) for each in problem.positions] + out
        self.least = [_least_in(problem, each, min_move) for each in problem.positions] + [min_move] * self.n
        for variable, least in enumerate(self.least):
            if 0 < self.bounds[variable].most < least:
                self.bounds[variable] = Bound(0, self.too_small(variable))
        self.rows = [row for row in self._all(min_idle) if not self._is_kept(row)]

    def too_small(self, variable: int) -> Limit:
        """The least size of a move, as a limit."""
        least = self.least[variable]
        if least == self.min_move:
            return Limit(Name.MIN_MOVE, value=least)
        return Limit(Name.MIN_POSITION, self.problem.positions[variable].id, self.problem.min_position)

    def _stands_above(self, place: int) -> tuple[int, int]:
        """Sorts by what the exposure stands above the book, after all that can go in, highest first."""
        each = self.problem.positions[place]
        return min(0, each.book - each.mark), place

    def _is_kept(self, row: Row) -> bool:
        """Whether no amounts within the bounds break a row."""
        most = 0
        for variable, factor in row.factors.items():
            if factor > 0:
                most += factor * self.bounds[variable].most
        return most <= row.most

    @cached_property
    def touching(self) -> list[list[int]]:
        """For each variable the numbers of the rows that it has a factor in, or that it asks for."""
        found: list[list[int]] = [[] for _ in range(2 * self.n)]
        for number, row in enumerate(self.rows):
            asked = {k for k in range(self.n) if row.mask >> k & 1}
            for variable in row.factors.keys() | asked:
                found[variable].append(number)
        return found

    def _all(self, min_idle: int) -> Iterable[Row]:
        yield from self._cash(min_idle)
        yield from self._budgets()
        for rank, place in enumerate(self.order):
            if self.bounds[place].most == 0:
                continue
            so_far = self.order[: rank + 1]
            yield self._relative(place, so_far)
            for group in self.problem.groups:
                if group.has(self.problem.positions[place].id):
                    yield from self._group(group, place, so_far)

    # ------------------------------------------------------------------ cash and budgets

    def _cash(self, min_idle: int) -> Iterable[Row]:
        problem, everyone = self.problem, (1 << self.n) - 1
        movable = zip(problem.positions, self.bounds[self.n :], strict=True)
        idle = problem.idle - sum(each.grain for each, bound in movable if bound.most)
        spend = dict.fromkeys(range(self.n), ONE) | {self.n + k: -ONE for k in range(self.n)}
        yield Row(Limit(Name.IDLE, value=problem.idle), spend, idle * ONE, everyone)
        if min_idle:
            limit = Limit(Name.MIN_IDLE, value=min_idle)
            yield Row(limit, spend, (idle - min_idle) * ONE, everyone)
        if problem.idle_floor:
            floor = problem.idle_floor
            factors = {variable: factor * BPS for variable, factor in spend.items()}
            for variable, gain in self._gains.items():
                factors[variable] += (gain + 1) * floor
            most = (idle * BPS - problem.lo * floor) * ONE
            yield Row(Limit(Name.IDLE_FLOOR, value=floor), factors, most, everyone)

    @cached_property
    def _gains(self) -> dict[int, int]:
        """What deallocations add to the total at the lower prices, a mark over its book; rounded down."""
        found: dict[int, int] = {}
        for place, each in enumerate(self.problem.positions):
            gain = ONE if each.dark else ONE - _up(each.book * ONE, each.mark) if each.mark else 0
            if gain > 0:
                found[self.n + place] = gain
        return found

    def _total(self, allocated: Iterable[int]) -> tuple[dict[int, int], int]:
        """The total at the lower prices, at least: factors and constant, after these allocations."""
        factors = dict(self._gains)
        constant = self.problem.lo - len(factors)
        for place in allocated:
            each = self.problem.positions[place]
            if each.counted < each.price:  # the Lens takes off all that a purchase is charged
                factors[place] = each.counted * ONE // each.price - ONE
                constant -= 1
        return factors, constant * ONE

    def _budgets(self) -> Iterable[Row]:
        problem, everyone = self.problem, (1 << self.n) - 1
        yield Row(Limit(Name.FLOW, value=problem.flow), dict.fromkeys(range(self.n), ONE), problem.flow * ONE)
        factors: dict[int, int] = {}
        constant = 0
        for place, each in enumerate(problem.positions):
            for variable, factor in ((place, self._lost_in(each)), (self.n + place, self._lost_out(each))):
                if self.bounds[variable].most:
                    factors[variable] = factor
            if self.bounds[place].most or self.bounds[self.n + place].most:
                constant += each.grain + 1 if self._lost_in(each) or self._lost_out(each) else each.grain
        for name, left in ((Name.LOSS, problem.loss), (Name.MAX_LOSS, problem.max_loss)):
            yield Row(Limit(name, value=left), factors, (left - constant) * ONE, everyone)

    def _lost_in(self, each: Position) -> int:
        dear = ONE - each.counted * ONE // each.price if each.price else 0
        return max(dear, _up(each.assumed(self.problem.slippage) * ONE, BPS))

    def _lost_out(self, each: Position) -> int:
        fallen = _up(max(0, each.reference - each.price) * ONE, each.price) if each.price else 0
        most = _up(each.tolerance * ONE, BPS - each.tolerance)
        return max(min(fallen, most), _up(each.assumed(self.problem.slippage) * ONE, BPS))

    # ------------------------------------------------------------------ caps that are parts of the total

    def _relative(self, place: int, so_far: list[int]) -> Row:
        each = self.problem.positions[place]
        limit = Limit(Name.RELATIVE_CAP, each.id, each.relative)
        return self._share(limit, self._own(place), self._exposure(each), so_far, place)

    @property
    def _drifted(self) -> int:
        return BPS + self.problem.drift

    def _own(self, place: int) -> dict[int, int]:
        """What moves add to the exposure of the strategy that is allocated to, times BPS * ONE.

        Nothing is allocated to what is deallocated from; but the programme, which may leave an allocation at
        0, must not count for its sake what a deallocation takes.
        """
        return {place: self._drifted * ONE, self.n + place: self._books[place][1]}

    def _exposure(self, each: Position) -> int:
        """What stands in a strategy before the move, its grain included, asset wei * BPS * ONE."""
        rounding = (each.grain + (1 if self.problem.drift else 0)) * BPS
        return (max(each.mark, each.book) * self._drifted + rounding) * ONE

    def _share(
        self, limit: Limit, exposure: dict[int, int], constant: int, so_far: list[int], place: int
    ) -> Row:
        """Row of exposure <= total * share; ``exposure`` and ``constant`` are multiplied by BPS * ONE."""
        total, most = self._total(so_far)
        factors = dict(exposure)
        for variable, factor in total.items():
            factors[variable] = factors.get(variable, 0) - factor * limit.value
        return Row(limit, factors, most * limit.value - constant, 1 << place)

    def _group(self, group: RiskGroup, place: int, so_far: list[int]) -> Iterable[Row]:
        """Absolute and relative cap of a group, when one member has just got capital."""
        positions = self.problem.positions
        factors, constant = self._own(place), self._exposure(positions[place])
        for other, each in enumerate(positions):
            if other != place and group.has(each.id):
                stands, released, grows = self._books[other]
                constant += stands
                factors[self.n + other] = released
                if other in so_far:
                    factors[other] = grows
        absolute = Limit(Name.GROUP_CAP, group.id, group.absolute)
        yield Row(absolute, factors, group.absolute * BPS * ONE - constant, 1 << place)
        relative = Limit(Name.GROUP_SHARE, group.id, group.relative)
        yield self._share(relative, factors, constant, so_far, place)

    @cached_property
    def _books(self) -> list[tuple[int, int, int]]:
        """Of each strategy, times BPS * ONE: the book, what a wei taken releases and one put in adds."""
        found = []
        for each in self.problem.positions:
            stands = (each.book * self._drifted + (BPS if self.problem.drift else 0)) * ONE
            part = min(ONE, each.book * ONE // each.mark) if each.mark else 0  # the Lens counts no more
            released = -part * self._drifted
            found.append((stands, released, self._drifted * ONE))
        return found


# ---------------------------------------------------------------------- bounds


def _bound_in(problem: Problem, each: Position, cash: int) -> Bound:
    """The most that can go into a strategy; ``cash`` is all that idle can hold, asset wei."""
    if reasons := (*problem.closed, *each.closed):
        return Bound(0, reasons[0])
    stands = -(-max(each.mark, each.book) * (BPS + problem.drift) // BPS) + each.grain
    bounds = [
        _room(Limit(Name.ABSOLUTE_CAP, each.id, each.absolute), stands, problem.drift),
        _room(Limit(Name.CEILING, each.id, each.ceiling), stands, problem.drift),
    ]
    if each.inflow is not None:
        bounds.append(Bound(max(0, each.inflow), Limit(Name.INFLOW, each.id, max(0, each.inflow))))
    bounds.append(Bound(problem.flow, Limit(Name.FLOW, value=problem.flow)))
    bounds.append(Bound(cash, Limit(Name.IDLE, value=problem.idle)))
    return min(bounds, key=lambda bound: bound.most)


def _room(limit: Limit, stands: int, drift: int) -> Bound:
    return Bound(max(0, limit.value - stands) * BPS // (BPS + drift), limit)


def _bound_out(problem: Problem, each: Position) -> Bound:
    """The most that can come out of a strategy; all of it, or not all but a rest that would be let go."""
    if reasons := (*problem.held, *each.held):
        return Bound(0, reasons[0])
    if each.liquid >= each.mark:
        return Bound(each.mark, Limit(Name.POSITION, each.id, each.mark))
    most = min(each.liquid, most_with_rest(each))
    return Bound(max(0, most), Limit(Name.LIQUIDITY, each.id, each.liquid))


def most_with_rest(each: Position) -> int:
    """The most that leaves a rest too large to be let go; below 0 if nothing does."""
    lower = min(each.mark, each.book)
    return each.mark - _up(DUST * each.mark, lower) - 1 if lower else 0


def _least_in(problem: Problem, each: Position, min_move: int) -> int:
    """The least purchase after which the book is large enough."""
    lacks = max(0, problem.min_position - each.book)
    if each.reference < each.price:
        lacks = _up(lacks * each.price, max(1, each.reference))
    return max(min_move, lacks)
