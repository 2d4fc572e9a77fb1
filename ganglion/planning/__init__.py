"""Planning: from a snapshot of a treasury and a goal to moves that pass every limit.

    found = plan(Problem.of(snapshot), Targets({1: 6_000, 2: 3_000}))
    intent = Intent(agent, found.moves, max_loss=found.loss, deadline=deadline)

``plan`` is never worse than ``greedy``; ``feasible`` judges any moves.
"""

from .goals import Goal, Targets, Yields
from .greedy import greedy
from .limits import Limit, Name
from .plan import Plan, Reach
from .planner import plan
from .problem import Position, Problem, RiskGroup
from .verify import Violation, feasible

__all__ = [
    "Goal",
    "Limit",
    "Name",
    "Plan",
    "Position",
    "Problem",
    "Reach",
    "RiskGroup",
    "Targets",
    "Violation",
    "Yields",
    "feasible",
    "greedy",
    "plan",
]
