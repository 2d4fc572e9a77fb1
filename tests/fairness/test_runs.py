"""The bank run: on paper, row by row, and with forty holders."""

from __future__ import annotations

import pytest

from fairness.controls import CONTROLS
from fairness.market import Ground
from fairness.ours import OURS
from fairness.report import ALIKE, UNLIKE
from fairness.runs import ROWS, Row, Timing, bank_run, forty, on_paper, opened, run_once
from fairness.systems import System

HELD = 10
SEED = 10**6  # asset wei behind the dead shares


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.peer)
def test_control__on_paper__pays_what_its_peer_pays(place: Ground, row: Row) -> None:
    got = run_once(row.kind, place, on_paper(row.timing))
    assert HELD * got.first == pytest.approx(row.first, abs=0.005)
    assert HELD * got.last == pytest.approx(row.last, abs=0.005)


@pytest.mark.parametrize("timing", list(Timing), ids=lambda timing: timing.name)
@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.key)
def test_ours__on_paper__pays_everybody_the_fair_part(
    place: Ground, kind: type[System], timing: Timing
) -> None:
    got = run_once(kind, place, on_paper(timing))
    fair = 10.0 if timing is Timing.NEVER else 8.0
    assert [HELD * part for part in got.payouts] == pytest.approx([fair] * 10, abs=1e-6)
    assert got.spread <= ALIKE


def test_never_falls__on_paper__leaves_nothing_to_the_last_two(place: Ground) -> None:
    row = next(row for row in ROWS if row.last == 0)
    got = run_once(row.kind, place, on_paper(row.timing))
    assert [round(HELD * part, 4) for part in got.payouts] == [10.0] * 8 + [0.0] * 2


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.key)
def test_ours__forty_leave__all_get_the_same(place: Ground, kind: type[System]) -> None:
    got = run_once(kind, place, forty())
    assert len(got.payouts) == 40
    assert got.spread <= ALIKE
    assert got.first == pytest.approx(got.fair, abs=1e-6)


@pytest.mark.parametrize("kind", CONTROLS, ids=lambda kind: kind.key)
def test_control__forty_leave__first_gains_what_last_loses(place: Ground, kind: type[System]) -> None:
    got = run_once(kind, place, forty())
    assert got.first >= got.fair + UNLIKE
    assert got.last <= got.fair - UNLIKE


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.key)
def test_ours__forty_leave__pays_out_all_but_the_seed_and_rounding(place: Ground, kind: type[System]) -> None:
    script = forty()
    with place.undone():
        system, crowd = opened(kind, place, script)
        paid = bank_run(system, crowd, script)
        left = system.paid(system.vault) + system.market.total()
        waiting = system.treasury.runoff(1)
    assert waiting == (0, 0)
    assert sum(paid.values()) + left == sum(script.sizes) + SEED - script.loss
    # The seed's dead shares hold their part of everything; the rest is rounding.
    assert 0 <= left - int(SEED * script.fair) <= 4 * len(crowd)


def test_ours__forty_leave__waiting_is_paid_as_liquidity_comes(place: Ground) -> None:
    script = forty()
    with place.undone():
        system, crowd = opened(OURS[0], place, script)
        system.begin()
        system.market.dry()
        system.leave(crowd[0], system.shares(crowd[0]))
        at_once = system.paid(crowd[0])
        system.market.refill(script.invested // 2)
        system.settle()
        system.collect(crowd[0])
        half = system.paid(crowd[0])
        system.market.flood()
        system.settle()
        system.collect(crowd[0])
        whole = system.paid(crowd[0])
    size = script.sizes[0]
    assert at_once == pytest.approx(size / 3, rel=1e-6)
    assert half == pytest.approx(size * 2 / 3, rel=1e-6)
    assert whole == pytest.approx(size, rel=1e-6)
