"""A plan: moves, what they reach, what they may cost and which limits bind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ganglion.agent.intent import EVERYTHING, Move
from ganglion.agent.structs import BPS, Struct

from .amounts import Amounts
from .goals import Aim
from .limits import Limit
from .problem import Position, Problem


@dataclass(frozen=True, slots=True)
class Reach(Struct):
    """Where a treasury stands to a goal. Amounts in asset wei.

    Attributes:
        idle: cash of the stayers.
        values: marks by strategy, as (id, asset wei).
        lacks: what idle lacks of the goal's minimum.
        gap: distance to the goal: asset wei for targets, asset wei * WAD a year for yields, which is below 0
            while idle lacks what is invested.
    """

    idle: int
    values: tuple[tuple[int, int], ...]
    lacks: int
    gap: int

    @property
    def measure(self) -> tuple[int, int]:
        """What plans are compared by; lower is better."""
        return self.lacks, self.gap

    @property
    def reached(self) -> bool:
        """Whether nothing is left to the goal."""
        return self.lacks == 0 and self.gap <= 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Moves to a goal.

    Attributes:
        moves: deallocations, then allocations; at most ten; empty if nothing comes nearer.
        before, after: where the treasury stands, and where it would after the moves at par.
        allocated: what the flow budget is charged, asset wei.
        loss: most that the moves are assumed to lose, asset wei; what an intent can give as ``max_loss``.
        limits: those that keep the plan from the goal; empty if it is reached.
    """

    moves: tuple[Move, ...]
    before: Reach
    after: Reach
    allocated: int
    loss: int
    limits: tuple[Limit, ...]

    @property
    def reached(self) -> bool:
        """Whether nothing is left to the goal."""
        return self.after.reached

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values; integers exact."""
        return {
            "moves": [move.as_dict() for move in self.moves],
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "allocated": self.allocated,
            "loss": self.loss,
            "limits": [limit.as_dict() for limit in self.limits],
        }


def told(amounts: Amounts, aim: Aim, limits: Iterable[Limit]) -> Plan:
    """Make a plan of amounts: the least that each move must bring, what it reaches and may lose."""
    problem = amounts.problem
    moves = tuple(_limited(problem, move) for move in amounts.moves())
    ids = [each.id for each in problem.positions]
    before = _reach(ids, aim, list(problem.values), problem.idle)
    after = _reach(ids, aim, amounts.values(), amounts.idle())
    return Plan(
        moves=moves,
        before=before,
        after=after,
        allocated=sum(move.assets for move in moves if move.assets > 0),
        loss=sum(_loss(problem, move) for move in moves),
        limits=() if after.reached else tuple(limits),
    )


def _reach(ids: list[int], aim: Aim, values: list[int], idle: int) -> Reach:
    lacks, gap = aim.measure(values, idle)
    return Reach(idle, tuple(zip(ids, values, strict=True)), lacks, gap)


def _loss(problem: Problem, move: Move) -> int:
    each, size = problem.positions[problem.index(move.id)], problem.size(move)
    lost = each.lost_in if move.assets > 0 else each.lost_out
    return lost(size, problem.slippage)


def _limited(problem: Problem, move: Move) -> Move:
    """The move with the least that must come: par, less assumed loss and drift; rounded down."""
    each, size = problem.positions[problem.index(move.id)], problem.size(move)
    part = max(0, BPS - each.assumed(problem.slippage) - problem.drift)
    if move.assets > 0:
        least = _units(each, max(0, size - each.grain)) * part // BPS
    else:
        least = max(0, size * part // BPS - each.grain)
    return Move(move.id, move.assets if move.assets != EVERYTHING else EVERYTHING, least)


def _units(each: Position, assets: int) -> int:
    return assets * each.units // (each.price + 1) if each.price else 0  # a price is told rounded down
