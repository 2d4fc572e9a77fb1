"""What one holder gets does not depend on who else leaves: P1 and P2 exactly, P3 as measured."""

from __future__ import annotations

import pytest

from fairness.controls import CONTROLS
from fairness.externality import Externality, Path, Regime, Step, externality
from fairness.market import Ground
from fairness.ours import OURS
from fairness.systems import System

PATHS = 3
P3_WORST = (
    0.02  # of a payoff; the model's worst over many more paths is 2.4e-3, an idle-first batch reaches 0.27
)


def others_are_harmless(found: Externality) -> bool:
    """P1 and P2: no more than rounding, four wei for each exit and unwinding, times the price's rise."""
    return found.over_bound <= 0


@pytest.mark.parametrize("regime", [Regime.STILL, Regime.UNITS], ids=lambda regime: regime.name)
@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.key)
def test_ours__others_leave__changes_no_payoff(place: Ground, kind: type[System], regime: Regime) -> None:
    found = externality(kind, place, regime, PATHS)
    assert others_are_harmless(found), found


@pytest.mark.parametrize("kind", CONTROLS, ids=lambda kind: kind.key)
def test_control__others_leave__fails_the_same_test(place: Ground, kind: type[System]) -> None:
    found = externality(kind, place, Regime.UNITS, 2 * PATHS)
    assert not others_are_harmless(found)
    assert found.max > 0.01


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.key)
def test_ours__liquidity_in_assets_and_prices_move__is_bounded(place: Ground, kind: type[System]) -> None:
    found = externality(kind, place, Regime.ASSETS, PATHS)
    assert 0 <= found.mean <= found.p99 <= found.max <= P3_WORST


def test_bound__prices_rise__grows_with_them() -> None:
    def path(*moves: int) -> Path:
        return Path(Regime.UNITS, 0, tuple(Step(0, bps, None) for bps in moves), 0)

    assert path(0, -400).bound == 4 * 6
    assert path(5_000, -400).bound == 36
