"""Recipes of the worlds that campaigns run in: assets, strategies, terms, limits, mandates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from tests.modes import TokenFlag
from tests.treasury import DAY, HOUR, Limits, Terms


@dataclass(frozen=True)
class StrategySetup:
    """A hostile strategy that starts honest.

    Attributes:
        offset: decimals of its units beyond the asset's.
        exit_fee: bps.
        terms: as listed.
        ceiling: whole units of the asset.
        absolute: operating cap, whole units of the asset.
        relative: operating cap, bps.
    """

    offset: int = 0
    exit_fee: int = 0
    terms: Terms = field(default_factory=Terms)
    ceiling: int = 10**9
    absolute: int = 10**8
    relative: int = 8_000


class Scene(Enum):
    """What a world is like before the first step; ``scenes`` plays it."""

    EMPTY = "empty"
    CALM = "calm"
    WAITING = "waiting"
    LOSS = "after a loss"


@dataclass(frozen=True)
class Setup:
    """A treasury, and the scene that a campaign finds it in."""

    name: str
    decimals: int
    strategies: tuple[StrategySetup, ...]
    flags: TokenFlag = TokenFlag.PLAIN
    limits: Limits = field(default_factory=Limits)
    epoch: int = DAY
    scene: Scene = Scene.CALM


_LOOSE = Terms(max_rate=10_000, tolerance=300, band=1_000)
_STRICT = Terms(max_rate=500, tolerance=10, band=100)
_CHARGING = Terms(charges_on_exit=True, tolerance=100, band=500)

_ONE = Setup("one strategy, 6 decimals", 6, (StrategySetup(),))
_TWO = Setup(
    "two strategies, 8 decimals",
    8,
    (StrategySetup(offset=3), StrategySetup(terms=_STRICT, ceiling=300_000, relative=5_000)),
    limits=Limits(deposit_cap=3_000_000 * 10**8 + 123_457, entry_fee=10, petty_share=500, petty_fee=30),
)
_THREE = Setup(
    "three strategies, 18 decimals",
    18,
    (
        StrategySetup(),
        StrategySetup(exit_fee=30, terms=_CHARGING),
        StrategySetup(offset=6, terms=_LOOSE, absolute=200_000),
    ),
    limits=Limits(hold=7 * DAY, petty_share=1_000, petty_fee=100, idle_floor=500),
    epoch=HOUR,
)
_FOUR = Setup(
    "four strategies, 6 decimals, no return values",
    6,
    (
        StrategySetup(terms=_LOOSE),
        StrategySetup(offset=12),
        StrategySetup(offset=2, exit_fee=10, terms=_CHARGING, ceiling=400_000),
        StrategySetup(terms=_STRICT, relative=2_500),
    ),
    flags=TokenFlag.NO_RETURN,
    limits=Limits(hold=0, petty_share=300, petty_fee=1, idle_floor=0),
)


def _in(scene: Scene, setup: Setup) -> Setup:
    return replace(setup, name=f"{setup.name}, {scene.value}", scene=scene)


SETUPS = (
    _in(Scene.EMPTY, _ONE),
    _in(Scene.CALM, _TWO),
    _in(Scene.CALM, _THREE),
    _in(Scene.WAITING, _FOUR),
    _in(Scene.WAITING, _ONE),
    _in(Scene.LOSS, _TWO),
    _in(Scene.WAITING, _THREE),
    _in(Scene.LOSS, _FOUR),
)
