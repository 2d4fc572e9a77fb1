"""P3: what others' exits change where liquidity is counted in assets and prices move: measured, not promised.

``python -m tests.exits.externality`` prints it.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass

from tests.exits.histories import Event, live
from tests.exits.stage import WHOLE, Plan

KINDS = (
    "arrive",
    "arrive",
    "price",
    "price",
    "price",
    "exit",
    "exit",
    "request",
    "settle",
    "unwind",
    "deallocate",
)
SHORTEST, LONGEST = 10, 25  # events of a history


@dataclass(frozen=True)
class Externality:
    """By how much the others' exits changed one holder's payoff, as a part of that payoff."""

    histories: int
    mean: float
    p99: float
    max: float


def draw(source: random.Random, in_assets: bool) -> tuple[Plan, list[int], list[Event]]:
    """A stage, what its markets can pay at first, and a history."""
    weights = [source.randint(1, 10) for _ in range(source.randint(2, 5))]
    parts = tuple(WHOLE * weight // sum(weights) for weight in weights[1:])
    deposits = tuple(source.randint(1_000, 10**6) for _ in range(4))
    plan = Plan(source.choice((6, 8, 18)), deposits, parts, in_assets=in_assets)
    liquid = [source.randint(0, WHOLE // 2) for _ in parts]
    kinds = [source.choice(KINDS) for _ in range(source.randint(SHORTEST, LONGEST))]
    history = [
        Event(kind, source.randint(0, 59), source.randint(0, WHOLE // 4 if kind == "arrive" else WHOLE))
        for kind in kinds
    ]
    return plan, liquid, history


def measure(histories: int, seed: int = 3, in_assets: bool = True) -> Externality:
    """Live random histories with and without the others' exits and compare one holder's payoff."""
    source, found = random.Random(seed), []
    while len(found) < histories:
        plan, liquid, history = draw(source, in_assets)
        with_exits = live(plan, liquid, history, others_leave=True)
        without = live(plan, liquid, history, others_leave=False)
        if with_exits.refused == without.refused:
            found.append(abs(with_exits.payoff - without.payoff) / max(without.payoff, 1))
    found.sort()
    mean = sum(found) / histories
    return Externality(histories, mean, found[(histories * 99 - 1) // 100], found[-1])


def report(histories: int = 10_000, seed: int = 3) -> dict[str, dict[str, float]]:
    """Numbers for a report: liquidity in assets, where it is small, and in units, where it is rounding."""
    return {
        "assets": asdict(measure(histories, seed)),
        "units": asdict(measure(histories, seed, in_assets=False)),
    }


if __name__ == "__main__":
    for counted, numbers in report().items():
        print(counted, numbers)
