"""Treasuries with a lot to do: drawn from a seed, so that caps, groups and budgets bind in most of them."""

from __future__ import annotations

from random import Random

from ganglion.agent.structs import BPS
from ganglion.planning import Goal, Position, Problem, RiskGroup, Targets, Yields
from ganglion.planning.problem import MOST
from tests.planning.treasuries import CLOSED, UNITS


def split(random: Random, parts: int, whole: int) -> list[int]:
    """Integers that sum to at most ``whole``, some of them 0."""
    weights = [random.expovariate(1) if random.random() < 0.8 else 0.0 for _ in range(parts)]
    return [int(whole * weight / (sum(weights) or 1)) for weight in weights]


def position(random: Random, identifier: int, mark: int, total: int, sound: bool) -> Position:
    """A strategy that is mostly open, mostly liquid and capped where it may bind."""
    tilt = 0 if sound else random.choice([0, 0, 0, 0, 1, 1, 2, 9, -3, 400])
    dear = 0 if sound else random.choice([0, 0, 0, 0, 1, -2])
    price = mark or 10**18
    return Position(
        identifier,
        mark=mark,
        book=mark * (BPS - tilt) // BPS,
        liquid=mark if random.random() < 0.7 else int(mark * random.random()),
        ceiling=MOST if random.random() < 0.7 else int(total * random.random()),
        absolute=MOST if random.random() < 0.4 else int(total * random.random()),
        relative=random.choice([BPS, 5_000, 3_000, 1_500]),
        inflow=None if random.random() < 0.7 else int(total * random.random() / 2),
        tolerance=50,
        units=price * 10**6,
        price=price,
        reference=price * (BPS - dear) // BPS,
        dark=tilt == 400,
        closed=CLOSED if tilt == 400 or random.random() < 0.1 else (),
    )


def market(
    seed: int, strategies: int | None = None, groups: int | None = None, *, sound: bool = False
) -> Problem:
    """A treasury of a seed; ``sound``: all prices at par, no group over its caps."""
    random = Random(seed)
    over = 0.0 if sound else -0.05
    count = random.randint(1, 10) if strategies is None else strategies
    total = random.choice(UNITS) * random.randint(100, 1_000)
    idle, *marks = split(random, count + 1, total)
    held = tuple(position(random, 3 * k + 1, mark, total, sound) for k, mark in enumerate(marks))
    lower = sum(min(each.mark, each.book) for each in held if not each.dark)
    many = random.choice([0, 1, 4, 31]) if groups is None else groups
    found = []
    for number in range(1, many + 1):
        members = [each for each in held if random.random() < 0.5]
        room = sum(max(each.book, each.mark) for each in members) + int(total * random.uniform(over, 0.4))
        share = BPS * (room + int(total * random.uniform(over, 0.1))) // (idle + lower or 1) + 1
        mask = sum(1 << each.id for each in members)
        found.append(RiskGroup(number, mask, max(0, room), min(BPS, max(0, share))))
    return Problem(
        held,
        idle=idle,
        lo=idle + lower,
        groups=tuple(found),
        flow=random.choice([MOST, int(total * random.random())]),
        loss=random.choice([MOST, MOST, total // 1_000]),
        idle_floor=random.choice([0, 0, 300, 1_000]),
        slippage=random.choice([0, 0, 5, None]),
        drift=random.choice([0, 0, 1]),
    )


def goal(seed: int, problem: Problem) -> Goal:
    """A goal for a treasury, of a seed."""
    random = Random(seed)
    ids = [each.id for each in problem.positions]
    min_idle = random.choice([0, 0, problem.total // 20])
    if random.random() < 0.4:
        return Yields({each: random.randint(0, 10**17) for each in ids}, min_idle=min_idle)
    weights = split(random, len(ids) + 1, BPS)
    return Targets(dict(zip(ids, weights, strict=False)), min_idle=min_idle)
