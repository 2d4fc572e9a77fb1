"""The baseline: the largest gap first, as far as limits allow, again and again."""

from __future__ import annotations

from .amounts import Amounts
from .goals import Aim, Goal
from .plan import Plan, told
from .problem import Problem
from .rows import Rows


def greedy(problem: Problem, goal: Goal) -> Plan:
    """Return what moving the largest gap first reaches; raises Invalid for a goal that cannot be meant."""
    problem.check()
    aim = goal.aim(problem)
    amounts = filled(Rows(problem, goal.least(problem), aim.min_idle), aim)
    return told(amounts, aim, amounts.binding(aim))


def filled(rows: Rows, aim: Aim) -> Amounts:
    """Amounts of the baseline, without moves that bring less than they are worth."""
    amounts = Amounts(rows)
    amounts.improve(aim)
    amounts.prune(aim)
    return amounts
