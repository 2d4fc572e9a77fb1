"""The planner: from a treasury and a goal to the fewest moves that come nearest to it inside every limit."""

from __future__ import annotations

from collections.abc import Iterator

from .amounts import Amounts, rounded
from .goals import Aim, Goal
from .greedy import filled
from .limits import Limit
from .plan import Plan, told
from .problem import Problem
from .programme import Programme
from .rows import Rows
from .verify import feasible


def plan(problem: Problem, goal: Goal) -> Plan:
    """Return the best moves to a goal: inside every limit, none that could be left out.

    Amounts come from a linear programme, are made exact in integers, and are judged by ``feasible``. Doing
    nothing is always a plan; if the goal is out of reach, ``Plan.limits`` names what binds. Where limits are
    broken already, mending some of them to allocate under others is a choice among many: two are tried.

    Raises:
        Invalid: the goal names what is not there, is negative or asks for more than everything.
    """
    problem.check()
    aim = goal.aim(problem)
    rows = Rows(problem, goal.least(problem), aim.min_idle)
    best, priced = min(_candidates(rows, aim), key=lambda each: _rank(each[0], aim))
    return told(best, aim, best.binding(aim, priced))


def _rank(amounts: Amounts, aim: Aim) -> tuple[int, int, int, int]:
    """The goal first, then fewer moves, then less turnover."""
    moved = [amount for amount in amounts.of if amount]
    return (*amounts.measure(aim), len(moved), sum(moved))


def _candidates(rows: Rows, aim: Aim) -> Iterator[tuple[Amounts, list[Limit]]]:
    """Doing nothing, the programme's moves and the baseline's, each without what it does not need.

    Yields:
        Amounts that the judge agrees to, and the limits that have a price in the programme.
    """
    yield Amounts(rows), []
    programme = Programme(rows, aim)
    for choice in programme.choices():
        for solution in programme.solve(choice):
            amounts = rounded(rows, solution.wanted)
            amounts.improve(aim)
            amounts.prune(aim)
            if not feasible(rows.problem, amounts.moves()):
                yield amounts, solution.limits
    baseline = filled(rows, aim)
    if not feasible(rows.problem, baseline.moves()):
        yield baseline, []
