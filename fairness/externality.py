"""Counterfactuals: what one holder gets when others leave too, against what it gets when they stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil
from random import Random

from fairness.market import PAPER, Ground
from fairness.runs import Script, opened, turn
from fairness.systems import System

SEED = 4_626
STEPS = 8
SIZES = tuple(size * PAPER for size in (40, 25, 10, 10, 8, 4, 2, 1))
INVESTED = sum(SIZES) * 7 // 10


class Regime(Enum):
    """How prices move, and what a strategy's liquidity is counted in."""

    STILL = "P1: prices stand still"
    UNITS = "P2: prices move, liquidity counted in units"
    ASSETS = "P3: prices move, liquidity counted in assets"


@dataclass(frozen=True)
class Step:
    """One epoch: assets that become liquid, the price's move in bps, and who leaves if anybody."""

    arrival: int
    bps: int
    leaver: int | None


@dataclass(frozen=True)
class Path:
    """What happens to everybody; ``one`` is looked at, and leaves in one of the steps or after all."""

    regime: Regime
    liquid: int
    steps: tuple[Step, ...]
    one: int

    @property
    def rise(self) -> float:
        """Product of all upward moves of the price."""
        product = 1.0
        for step in self.steps:
            product *= max(1.0, 1 + step.bps / 10_000)
        return product

    @property
    def bound(self) -> int:
        """Asset wei that P1 and P2 leave to rounding: a step is an exit and an unwinding."""
        return ceil(4 * (2 * len(self.steps) + 2) * self.rise)


def draw(random: Random, regime: Regime) -> Path:
    """A random path: little is liquid at first, up to a quarter of the position arrives in a step."""
    everybody = list(range(len(SIZES)))
    random.shuffle(everybody)
    leavers = [*everybody[:6], *[None] * (STEPS - 6)]
    one = random.choice(everybody)
    random.shuffle(leavers)
    steps = tuple(
        Step(
            arrival=random.choice([0, 0, random.randrange(INVESTED // 4)]),
            bps=0 if regime is Regime.STILL else random.choice([0, -1_500, -400, 60, 300]),
            leaver=leaver,
        )
        for leaver in leavers
    )
    return Path(regime, random.choice([0, random.randrange(INVESTED // 5)]), steps, one)


def payoff(system: System, crowd: Sequence[str], path: Path, *, others: bool) -> int:
    """What the one holder of a path has in the end, asset wei, with or without the others leaving."""
    system.begin()
    market, one = system.market, crowd[path.one]
    market.dry()
    market.refill(path.liquid)
    for step in path.steps:
        if step.bps:
            market.reprice(step.bps, in_units=path.regime is Regime.UNITS)
            system.observe()
        if step.arrival:
            market.refill(step.arrival)
        if step.leaver is not None and (others or step.leaver == path.one):
            leaver = crowd[step.leaver]
            system.leave(leaver, system.shares(leaver))
        turn(system)
    market.flood()
    turn(system)
    if system.shares(one):
        system.leave(one, system.shares(one))
        turn(system)
    system.collect(one)
    return system.paid(one)


@dataclass(frozen=True)
class Externality:
    """The effect of others' leaving on one holder's payoff, over many paths.

    Attributes:
        paths: how many.
        mean: of the relative differences.
        p99: that 99% of them do not exceed.
        max: the largest.
        max_wei: the largest difference, asset wei.
        over_bound: the most by which one exceeds its path's bound, asset wei; at most 0 if P1 or P2 holds.
    """

    paths: int
    mean: float
    p99: float
    max: float
    max_wei: int
    over_bound: int


def externality(
    kind: type[System], ground: Ground, regime: Regime, count: int, seed: int = SEED
) -> Externality:
    """Play ``count`` random paths, each with and without the others leaving."""
    random, differences, parts, over = Random(seed), [], [], []
    script = Script(sizes=SIZES, invested=INVESTED, before=0, loss=0)
    with ground.undone():
        system, crowd = opened(kind, ground, script)
        for _ in range(count):
            path = draw(random, regime)
            got = []
            for others in (False, True):
                with ground.undone():
                    got.append(payoff(system, crowd, path, others=others))
            alone, together = got
            differences.append(abs(together - alone))
            parts.append(abs(together - alone) / alone)
            over.append(differences[-1] - path.bound)
    parts.sort()
    return Externality(
        paths=count,
        mean=sum(parts) / count,
        p99=parts[ceil(count * 0.99) - 1],
        max=parts[-1],
        max_wei=max(differences),
        over_bound=max(over),
    )
