"""Dips of liquidity: seen for a moment they lower nothing, seen for an epoch they lower coverage."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY
from tests.unit.events import event
from tests.unit.leavers import SECOND, Leavers


def test_dip__seen__opens_a_window_and_lowers_nothing(covered: Leavers) -> None:
    before = covered.coverage(1)[0]
    covered.liquid(1, 7 * covered.unit)
    receipt = covered.unwind(1)
    assert covered.coverage(1) == (before, 7 * covered.unit, covered.now())
    assert covered.events(receipt) == [
        event(covered.vault, "Dipped", id=1, liquid=7 * covered.unit, covered=before)
    ]


def test_dip__over_at_the_next_look__is_forgotten(covered: Leavers) -> None:
    before = covered.coverage(1)[0]
    covered.drain(1)
    covered.unwind(1)
    covered.liquid(1, before)
    covered.unwind(1)
    assert (covered.coverage(1)[0], covered.coverage(1)[2]) == (before, 0)
    covered.drain(1)
    covered.rpc.warp(2 * DAY)
    covered.unwind(1)
    assert covered.coverage(1) == (before, 0, covered.now())


def test_dip__one_second_short_of_an_epoch__lowers_nothing(covered: Leavers) -> None:
    before = covered.coverage(1)[0]
    covered.liquid(1, 10 * covered.unit)
    covered.unwind(1)
    start = covered.now()
    covered.at(start + DAY - 1)
    covered.unwind(1)
    assert covered.coverage(1) == (before, 10 * covered.unit, start)


def test_dip__for_a_whole_epoch__lowers_coverage_to_the_most_seen(covered: Leavers) -> None:
    covered.liquid(1, 10 * covered.unit)
    covered.unwind(1)
    start = covered.now()
    covered.liquid(1, 30 * covered.unit)
    covered.rpc.warp(DAY // 2)
    covered.unwind(1)
    covered.liquid(1, 20 * covered.unit)
    covered.at(start + DAY)
    receipt = covered.unwind(1)
    assert covered.now() == start + DAY
    assert covered.coverage(1) == (30 * covered.unit, 20 * covered.unit, start + DAY)
    assert covered.events(receipt) == [
        event(covered.vault, "Dipped", id=1, liquid=20 * covered.unit, covered=30 * covered.unit)
    ]


def test_dip__over_at_the_end_of_the_window__is_forgotten(covered: Leavers) -> None:
    before, waiting = covered.coverage(1)[0], covered.waiting(1)
    covered.drain(1)
    covered.unwind(1)
    start = covered.now()
    covered.liquid(1, before - 1)
    covered.at(start + DAY)
    covered.unwind(1)
    assert covered.coverage(1) == (before - 1, before - 1, 0)
    assert covered.waiting(1) == waiting


def test_dip__any_number_in_a_row__gives_leavers_nothing(covered: Leavers) -> None:
    before, waiting = covered.coverage(1)[0], covered.waiting(1)
    for _ in range(12):
        covered.drain(1)
        covered.unwind(1)
        covered.liquid(1, before)
        covered.unwind(1)
    assert (covered.coverage(1)[0], covered.waiting(1)) == (before, waiting)


# ------------------------------------------------------------------ what changes an open window


@pytest.fixture
def dipped(covered: Leavers) -> Leavers:
    """As ``covered``; less than that is liquid, and a look has seen it."""
    covered.liquid(1, 20_000 * covered.unit)
    covered.unwind(1)
    assert covered.coverage(1)[1:] == (20_000 * covered.unit, covered.now())
    return covered


def test_dip__somebody_leaves__takes_its_part_of_coverage_and_of_the_window(dipped: Leavers) -> None:
    before, low, since = dipped.coverage(1)
    shares, supply = dipped.shares(SECOND), dipped.supply()
    dipped.exit_now(SECOND, shares, tries=0)
    assert dipped.coverage(1) == (before - before * shares // supply, low - low * shares // supply, since)


def test_dip__leaver_is_paid_from_it__takes_its_part_along(dipped: Leavers) -> None:
    before, low, since = dipped.coverage(1)
    shares, supply = dipped.shares(SECOND), dipped.supply()
    cash = dipped.fair(shares)[0] + sum(dipped.fair(shares)[1][i] for i in (2, 3))
    dipped.exit_now(SECOND, shares)
    assert dipped.assets(SECOND) == cash + low * shares // supply
    assert dipped.coverage(1) == (before - before * shares // supply, low - low * shares // supply, since)


def test_dip__deallocation__lowers_coverage_and_window_alike(dipped: Leavers) -> None:
    before, low, since = dipped.coverage(1)
    dipped.deallocate(1, 5_000 * dipped.unit)
    assert dipped.coverage(1) == (before - 5_000 * dipped.unit, low - 5_000 * dipped.unit, since)


def test_dip__allocation_that_brings_its_liquidity__raises_both(dipped: Leavers) -> None:
    before, _, since = dipped.coverage(1)
    dipped.refill(1)
    dipped.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    dipped.poke()
    dipped.allocate(1, 5_000 * dipped.unit)
    covered, low, opened = dipped.coverage(1)
    # The redeem that failed counts as nothing seen: the window stays open.
    assert (covered, low) == (before + 5_000 * dipped.unit, 20_000 * dipped.unit + 5_000 * dipped.unit)
    assert opened == since


def test_dip__nothing_waits_any_more__is_over(dipped: Leavers) -> None:
    dipped.refill(1)
    dipped.unwind(1)
    assert dipped.waiting(1) == 0
    dipped.drain(1)
    dipped.settled(SECOND)
    assert dipped.coverage(1) == (0, 0, 0)
