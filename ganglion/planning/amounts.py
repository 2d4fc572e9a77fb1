"""Exact amounts of moves, and how far they can go: integers in, integers out, every row kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from ganglion.agent.intent import EVERYTHING, Move

from .goals import IDLE, Aim
from .limits import Limit, Name
from .problem import Problem
from .rows import ONE, Rows, most_with_rest
from .verify import feasible

ROUNDS = 64  # exchanges after which improving stops; each fills a gap or a limit
FINEST = 10**8  # part of the treasury that is too little to fill a limit with


class Amounts:
    """What is allocated and deallocated, asset wei, and what every row still has room for."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.of = [0] * (2 * rows.n)
        self.slack = [row.most for row in rows.rows]
        self.allocated = 0  # bit k: strategy at place k is allocated to

    # ------------------------------------------------------------------ reading

    @property
    def problem(self) -> Problem:
        """The treasury before the moves."""
        return self.rows.problem

    def values(self) -> list[int]:
        """Marks after the moves, asset wei."""
        n = self.rows.n
        return [mark + self.of[k] - self.of[n + k] for k, mark in enumerate(self.problem.values)]

    def idle(self) -> int:
        """Idle after the moves, asset wei."""
        n = self.rows.n
        return self.problem.idle - sum(self.of[:n]) + sum(self.of[n:])

    def measure(self, aim: Aim) -> tuple[int, int]:
        """How far from the goal they end."""
        return aim.measure(self.values(), self.idle())

    def moves(self) -> tuple[Move, ...]:
        """Deallocations, then allocations in the order that the rows are made for."""
        positions, n = self.problem.positions, self.rows.n
        out = [k for k in range(n) if self.of[n + k]]
        taken = {k: EVERYTHING if self.of[n + k] == positions[k].mark else -self.of[n + k] for k in out}
        into = [k for k in self.rows.order if self.of[k]]
        return (
            *(Move(positions[k].id, taken[k]) for k in out),
            *(Move(positions[k].id, self.of[k]) for k in into),
        )

    # ------------------------------------------------------------------ moving

    def room(self, source: int, sink: int, most: int) -> tuple[int, Limit | None]:
        """How much more can go from one place to another, at most ``most``, and what stops it.

        Places are those of strategies, or IDLE. The amount is 0 or enough for a move of the least size.
        """
        changes = self.changes(source, sink)
        limit = None
        for variable, sign in changes.items():
            bound = self.rows.bounds[variable]
            left = self.of[variable] if sign < 0 else bound.most - self.of[variable]
            if left < most:
                most, limit = left, bound.limit
        if most <= 0:
            return 0, limit
        most, limit, least = self._room_in_rows(changes, most, limit)
        for variable, sign in changes.items():
            now, smallest = self.of[variable], self.rows.least[variable]
            if sign > 0:
                most = self._without_dust(variable, most)
                least = max(least, smallest - now)
            elif most != now:
                most = min(most, max(0, now - smallest))
        return (most, limit) if most >= max(1, least) else (0, limit or self._too_small(changes))

    def changes(self, source: int, sink: int) -> dict[int, int]:
        """What a wei from one place to another adds to the variables; what flows against it is taken back."""
        n, found = self.rows.n, {}
        if source != IDLE:
            found[source if self.of[source] else n + source] = -1 if self.of[source] else 1
        if sink != IDLE:
            found[n + sink if self.of[n + sink] else sink] = -1 if self.of[n + sink] else 1
        return found

    def _room_in_rows(
        self, changes: dict[int, int], most: int, limit: Limit | None
    ) -> tuple[int, Limit | None, int]:
        """The most that the rows allow, what stops it, and the least that mends a broken row."""
        asked = self.allocated
        for variable, sign in changes.items():
            if variable < self.rows.n and sign > 0:
                asked |= 1 << variable
        least = 0
        for number in {number for variable in changes for number in self.rows.touching[variable]}:
            row = self.rows.rows[number]
            if row.mask and not row.mask & asked:
                continue
            factor = 0
            for variable, sign in changes.items():
                factor += sign * row.factors.get(variable, 0)
            slack = self.slack[number]
            if factor > 0 and slack < most * factor:
                most, limit = slack // factor, row.limit
                if most <= 0:
                    return 0, limit, 0
            elif factor <= 0 and slack < 0:
                if factor == 0:
                    return 0, row.limit, 0
                least = max(least, -(slack // -factor))
                limit = row.limit if least > most else limit
        return most, limit, least

    def _without_dust(self, variable: int, most: int) -> int:
        """Less, where otherwise a rest would be left that is let go."""
        if variable < self.rows.n:
            return most
        each = self.problem.positions[variable - self.rows.n]
        taken = self.of[variable]
        return most if taken + most == each.mark else min(most, max(0, most_with_rest(each) - taken))

    def _too_small(self, changes: dict[int, int]) -> Limit:
        """The least size that one of these moves would not have."""
        return self.rows.too_small(max(changes, key=lambda each: self.rows.least[each] - self.of[each]))

    def shift(self, changes: Mapping[int, int], assets: int) -> None:
        """Change variables by so many asset wei each, up or down, without asking."""
        for variable, sign in changes.items():
            by = sign * assets
            self.of[variable] += by
            if variable < self.rows.n:
                bit = 1 << variable
                self.allocated = self.allocated | bit if self.of[variable] else self.allocated & ~bit
            for number in self.rows.touching[variable]:
                self.slack[number] -= self.rows.rows[number].factors.get(variable, 0) * by

    def improve(self, aim: Aim) -> None:
        """Exchange between places, the largest gap first, until nothing comes nearer."""
        for _ in range(ROUNDS):
            if not self._step(aim):
                return

    def _step(self, aim: Aim) -> bool:
        """One exchange; false if none can be made."""
        for source, sink, most in self._exchanges(aim):
            room, _ = self.room(source, sink, most)
            if room == most or room > self.problem.total // FINEST:
                self.shift(self.changes(source, sink), room)
                return True
        return False

    def _exchanges(self, aim: Aim) -> Iterator[tuple[int, int, int]]:
        values, idle = self.values(), self.idle()
        yield from aim.refills(values, idle)
        yield from aim.exchanges(values, idle)

    def prune(self, aim: Aim) -> None:
        """Leave out every move, and every two, that bring the goal nearer by less than is worth a move."""
        while self._drop(aim):
            pass

    def _drop(self, aim: Aim) -> bool:
        """Leave out the first that can be left out; whether there was one."""
        made = sorted((v for v, amount in enumerate(self.of) if amount), key=lambda v: self.of[v])
        lacks, gap = self.measure(aim)
        enough = lacks, gap + aim.worth(self.rows.min_move)
        for dropped in (*combinations(made, 1), *combinations(made, 2), tuple(made)):
            if dropped and self._without(dropped, aim) < enough and self._is_dropped(dropped):
                return True
        return False

    def _without(self, dropped: tuple[int, ...], aim: Aim) -> tuple[int, int]:
        """How far from the goal the others end."""
        whole = self.of
        self.of = [0 if variable in dropped else amount for variable, amount in enumerate(whole)]
        try:
            return self.measure(aim)
        finally:
            self.of = whole

    def _is_dropped(self, dropped: tuple[int, ...]) -> bool:
        """Leave moves out if the others keep every limit; whether they do."""
        sizes = [(variable, self.of[variable]) for variable in dropped]
        for variable, size in sizes:
            self.shift({variable: -1}, size)
        if not feasible(self.problem, self.moves()):
            return True
        for variable, size in sizes:
            self.shift({variable: 1}, size)
        return False

    def binding(self, aim: Aim, priced: Iterable[Limit] = ()) -> tuple[Limit, ...]:
        """Limits that stop what is left to the goal, then those of ``priced`` without room for a move."""
        found: dict[Limit, None] = {}
        for source, sink, most in self._exchanges(aim):
            room, limit = self.room(source, sink, most)
            if not room and limit is not None:
                found[limit] = None
        if aim.min_idle and self.idle() - aim.min_idle < self.rows.min_move:
            found[Limit(Name.MIN_IDLE, value=aim.min_idle)] = None
        tight = self._tight()
        return (*found, *(limit for limit in dict.fromkeys(priced) if limit in tight and limit not in found))

    def _tight(self) -> set[Limit]:
        """Limits with less room than the least move."""
        near = self.rows.min_move * ONE
        found = {
            row.limit
            for row, slack in zip(self.rows.rows, self.slack, strict=True)
            if slack < near * max(1, max(map(abs, row.factors.values()), default=0) // ONE)
            and (not row.mask or row.mask & self.allocated)
        }
        full = zip(self.of, self.rows.bounds, strict=True)
        return found | {bound.limit for amount, bound in full if bound.most - amount < self.rows.min_move}


def rounded(rows: Rows, wanted: Sequence[int]) -> Amounts:
    """The nearest amounts that keep every row: deallocations as wanted, then allocations as they fit."""
    amounts = Amounts(rows)
    n = rows.n
    for place in range(n):
        taken = min(wanted[n + place] - wanted[place], rows.bounds[n + place].most)
        if taken >= rows.least[n + place]:
            amounts.shift({n + place: 1}, taken)
    for place in rows.order:
        if wanted[place] > wanted[n + place]:
            room, _ = amounts.room(IDLE, place, wanted[place] - wanted[n + place])
            if room:
                amounts.shift({place: 1}, room)
    return amounts
