"""The linear programme: the same rows in floats, scaled by the treasury, solved by HiGHS.

What is yes or no (a move below its least size, a limit that is asked for only if something is allocated) is
settled around it: rows of allocations that are not to be made are left out, and moves that come out too small
are taken off and the rest is solved again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from .goals import IDLE, Aim
from .limits import Limit
from .rows import ONE, Row, Rows

SCALE = 10_000.0  # size of the treasury in the programme
TURNOVER = 1e-6  # what a unit of turnover costs, of what a unit of the goal is worth
SNAP = 1e-9  # of the treasury: nearer than that to a bound or a target is there
PRECISION = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
BROKEN = 1e-9  # scaled; a row that is missed by less is kept
PRICED = 1e-7  # a smaller dual price is none

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Solution:
    """What the programme wants, asset wei by variable, and the limits that have a price."""

    wanted: list[int]
    limits: list[Limit]


class Programme:
    """The rows of a problem for a goal, ready to be solved for any choice of moves."""

    def __init__(self, rows: Rows, aim: Aim) -> None:
        self.rows = rows
        self.aim = aim
        self.unit = max(1, rows.problem.total) / SCALE
        self.kinks = aim.kinks
        self.columns = 2 * rows.n + len(self.kinks)
        self.matrix, self.most = self._rows()
        self.masks = [row.mask for row in rows.rows]
        self.few = np.array([row.limit.id == 0 for row in rows.rows], dtype=bool)
        self.kink_matrix, self.kink_most = self._kinks()
        self.costs = self._costs()

    def solve(self, allowed: set[int]) -> Iterator[Solution]:
        """Best amounts if only ``allowed`` may move, then with fewer of them until every move is sound."""
        while allowed := self._mendable(allowed):
            amounts, limits, idly = self._solve(allowed)
            vain = idly | self._small(amounts) | self._round_trips(amounts)
            yield Solution(amounts, limits)
            if not vain:
                return
            allowed = allowed - vain

    def _small(self, amounts: list[int]) -> set[int]:
        return {v for v, amount in enumerate(amounts) if 0 < amount < self.rows.least[v]}

    def _round_trips(self, amounts: list[int]) -> set[int]:
        """The smaller of two moves that go into and out of one strategy."""
        n = self.rows.n
        both = [place for place in range(n) if amounts[place] and amounts[n + place]]
        return {place if amounts[place] < amounts[n + place] else n + place for place in both}

    def choices(self) -> list[set[int]]:
        """Moves to allow: all, and where limits are broken now, all but the allocations that they forbid."""
        able = {variable for variable, bound in enumerate(self.rows.bounds) if bound.most}
        mendable = self._mendable(able)
        calm = {v for v in mendable if v >= self.rows.n or not self._is_over(v)}
        return [mendable] if calm == mendable else [mendable, calm]

    def _mendable(self, allowed: set[int]) -> set[int]:
        """Without the allocations for which no deallocation can make room."""
        return {v for v in allowed if v >= self.rows.n or self._can(v, allowed)}

    def _is_over(self, place: int) -> bool:
        return any(row.most < 0 for row in self.rows.rows if row.mask >> place & 1)

    def _can(self, place: int, able: set[int]) -> bool:
        """Whether deallocations can make room for this allocation at all."""
        for row in self.rows.rows:
            if row.mask >> place & 1 and row.most < 0:
                gains = (
                    min(0, row.factors.get(v, 0)) * self.rows.bounds[v].most for v in able if v >= self.rows.n
                )
                if sum(gains) > row.most:
                    return False
        return True

    # ------------------------------------------------------------------ building

    def _rows(self) -> tuple[Matrix, Matrix]:
        rows = self.rows.rows
        matrix = np.zeros((len(rows), self.columns))
        most = np.zeros(len(rows))
        for number, row in enumerate(rows):
            largest = max(map(abs, row.factors.values()), default=0) or ONE
            for variable, factor in row.factors.items():
                matrix[number, variable] = factor / largest
            most[number] = row.most / largest / self.unit
        return matrix, most

    def _kinks(self) -> tuple[Matrix, Matrix]:
        """Two rows for each distance: it is at least the value over its target, and under it."""
        n = self.rows.n
        matrix, most = np.zeros((2 * len(self.kinks), self.columns)), np.zeros(2 * len(self.kinks))
        for number, (place, target) in enumerate(self.kinks.items()):
            line = np.zeros(self.columns)
            if place == IDLE:
                line[:n], line[n : 2 * n] = -1, 1
                over = (self.rows.problem.idle - target) / self.unit
            else:
                line[place], line[n + place] = 1, -1
                over = (self.rows.problem.values[place] - target) / self.unit
            for half, sign in enumerate((1, -1)):
                matrix[2 * number + half] = sign * line
                matrix[2 * number + half, 2 * n + number] = -1
                most[2 * number + half] = -sign * over
        return matrix, most

    def _costs(self) -> Matrix:
        n = self.rows.n
        costs = np.zeros(self.columns)
        costs[2 * n :] = 1
        largest = max(map(abs, self.aim.slopes), default=0)
        if largest:
            slopes = np.array([slope / largest for slope in self.aim.slopes])
            costs[:n], costs[n : 2 * n] = slopes, -slopes
        costs[: 2 * n] += TURNOVER
        return costs

    # ------------------------------------------------------------------ solving

    def _solve(self, allowed: set[int]) -> tuple[list[int], list[Limit], set[int]]:
        """Amounts, limits that have a price, and allocations whose rows are paid for in vain.

        Rows come in as they are broken: of hundreds only a few matter.
        """
        n, bounds = self.rows.n, self.rows.bounds
        asked = sum(1 << variable for variable in allowed if variable < n)
        on = np.array([mask == 0 or bool(mask & asked) for mask in self.masks], dtype=bool)
        idle, idle_most = self._idle(allowed)
        upper = [bounds[v].most / self.unit if v in allowed else 0.0 for v in range(2 * n)]
        box = [*((0.0, each) for each in upper), *((0.0, None) for _ in self.kinks)]
        used = on & self.few
        while True:
            matrix = np.vstack([self.matrix[used], self.kink_matrix, idle])
            most = np.concatenate([self.most[used], self.kink_most, idle_most])
            found = linprog(self.costs, A_ub=matrix, b_ub=most, bounds=box, method="highs", options=PRECISION)
            if found.x is None:
                return [0] * (2 * n), [], set()
            broken = on & ~used & (self.matrix @ found.x > self.most + BROKEN)
            if not broken.any():
                break
            used |= broken
        amounts = [self._amount(v, float(found.x[v])) for v in range(2 * n)]
        prices = zip(
            np.flatnonzero(used), found.ineqlin.marginals, strict=False
        )  # rows of the goal come after
        priced = [self.rows.rows[number] for number, price in prices if price < -PRICED]
        limits = [row.limit for row in priced]
        limits += [bounds[v].limit for v in range(2 * n) if found.upper.marginals[v] < -PRICED]
        return amounts, limits, self._idly(allowed, amounts, priced)

    def _idly(self, allowed: set[int], amounts: list[int], priced: list[Row]) -> set[int]:
        """Allocations that are not made, and whose rows cost something all the same."""
        used = sum(1 << v for v in range(self.rows.n) if amounts[v])
        asked = 0
        for row in priced:
            if row.mask and not row.mask & used:
                asked |= row.mask
        return {v for v in allowed if v < self.rows.n and asked >> v & 1}

    def _idle(self, allowed: set[int]) -> tuple[Matrix, Matrix]:
        """Idle that the goal asks for, as far as it can be had."""
        n, rows = self.rows.n, self.rows
        reach = rows.problem.idle + sum(rows.bounds[v].most for v in allowed if v >= n)
        line = np.zeros((1, self.columns))
        line[0, :n], line[0, n : 2 * n] = 1, -1
        spare = rows.problem.idle - min(self.aim.min_idle, reach)
        return line, np.array([spare / self.unit])

    def _amount(self, variable: int, value: float) -> int:
        """Asset wei of a variable, on its bound or target if it is as near as floats can tell."""
        amount, near = round(value * self.unit), int(SNAP * SCALE * self.unit) + 1
        place = variable % self.rows.n
        bound = self.rows.bounds[variable].most
        target = self.kinks.get(place)
        if amount <= near:
            return 0
        if target is not None:
            under = target - self.rows.problem.values[place]
            gap = under if variable < self.rows.n else -under
            if abs(amount - gap) <= near:
                return min(gap, bound)
        return bound if abs(amount - bound) <= near else min(amount, bound)
