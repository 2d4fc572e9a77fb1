"""allocate: band, tolerance, ceiling, idle floor and the state of the whole Vault, each at and one over."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY, GUARDIAN, STRANGER
from tests.unit.bed import (
    ALLOCATE,
    BPS,
    M112,
    PLACED,
    PROBE,
    STRESS,
    WINDDOWN,
    Bed,
    ceil_div,
    payload,
)
from tests.unit.refusals import Refusal

TOLERANCE, BAND = 50, 300  # bps, of the default terms


def amount(bed: Bed) -> int:
    """A fifth of the capital."""
    return PLACED * bed.unit


# ------------------------------------------------------------------ band


@pytest.mark.parametrize("first", [True, False])
def test_allocate__price_below_the_band__is_refused_and_at_it_passes(bed: Bed, first: bool) -> None:
    bed.terms(1, tolerance=BPS)
    if not first:
        bed.allocate(1, amount(bed))
    value = amount(bed) * (1 if first else 2)
    low = value * (BPS - BAND) // BPS
    bed.mark(1, low - 1)
    with bed.refused(Refusal.PRICE_BAND):
        bed.allocate(1, amount(bed))
    bed.mark(1, low)
    bed.allocate(1, amount(bed))


@pytest.mark.parametrize("first", [True, False])
def test_allocate__price_above_the_band__is_refused_and_at_it_passes(bed: Bed, first: bool) -> None:
    if not first:
        bed.allocate(1, amount(bed))
    value = amount(bed) * (1 if first else 2)
    high = value * (BPS + BAND) // BPS + 1
    bed.mark(1, high + 1)
    with bed.refused(Refusal.PRICE_BAND):
        bed.allocate(1, amount(bed))
    bed.mark(1, high)
    bed.allocate(1, amount(bed))


def test_allocate__book_fell__is_measured_against_the_reference(bed: Bed) -> None:
    bed.allocate(1, amount(bed))
    bed.lose(1, amount(bed) * 5 // 100)
    bed.poke()
    with bed.refused(Refusal.PRICE_BAND):
        bed.allocate(1, amount(bed))


# ------------------------------------------------------------------ tolerance


def test_allocate__worth_below_tolerance__is_refused_and_at_it_passes(bed: Bed) -> None:
    least = ceil_div(amount(bed) * (BPS - TOLERANCE) - BPS, BPS)
    bed.mark(1, least - 1)
    with bed.refused(Refusal.SLIPPAGE):
        bed.allocate(1, amount(bed))
    bed.mark(1, least)
    assert bed.moved(ALLOCATE, 1, amount(bed), 0)[2] == amount(bed) - least
    bed.allocate(1, amount(bed))
    assert bed.position(1)[1] == least


def test_allocate__mark_hides_the_missing_units__is_refused_by_the_book(bed: Bed) -> None:
    bed.allocate(1, amount(bed))
    bed.dial(1, Group.DEPOSIT, Mode.SHORT, TOLERANCE + 1)
    bed.dial(1, Group.READ, Mode.LIE_UP, 100)
    with bed.refused(Refusal.SLIPPAGE):
        bed.allocate(1, amount(bed))
    bed.dial(1, Group.DEPOSIT, Mode.SHORT, TOLERANCE)
    units, book, *_ = bed.position(1)
    got = amount(bed) - amount(bed) * TOLERANCE // BPS
    assert bed.moved(ALLOCATE, 1, amount(bed), 0)[2] == amount(bed) - got * (book + 1) // units


def test_allocate__price_left_behind__is_remembered(bed: Bed) -> None:
    bed.share_strategy(1)
    bed.allocate(1, amount(bed))
    bed.gain(1, amount(bed) // 500)
    bed.rpc.warp(DAY)
    bed.poke()
    units, book, *_ = bed.position(1)
    bed.deallocate(1, M112)
    assert bed.position(1)[:2] == (0, book * PROBE // units)
    bed.dial(1, Group.READ, Mode.LIE_DOWN, 500)
    with bed.refused(Refusal.PRICE_BAND):
        bed.allocate(1, amount(bed))
    bed.dial(1, Group.READ, Mode.HONEST)
    bed.dial(1, Group.DEPOSIT, Mode.SHORT, TOLERANCE + 1)
    with bed.refused(Refusal.SLIPPAGE):
        bed.allocate(1, amount(bed))


# ------------------------------------------------------------------ ceiling


def test_allocate__over_the_ceiling__is_refused_and_at_it_passes(bed: Bed) -> None:
    bed.allocate(1, amount(bed))
    bed.rpc.transact(GUARDIAN, bed.steward, "set_ceiling(uint256,uint256)", 1, 2 * amount(bed) - 1)
    with bed.refused(Refusal.OVER_CEILING):
        bed.allocate(1, amount(bed))
    bed.govern("set_ceiling(uint256,uint256)", 1, 2 * amount(bed))
    bed.allocate(1, amount(bed))


def test_allocate__ceiling__counts_the_higher_of_mark_and_book(bed: Bed) -> None:
    bed.allocate(1, amount(bed))
    gained = amount(bed) * 102 // 100
    bed.mark(1, gained)
    bed.govern("set_ceiling(uint256,uint256)", 1, gained - 1)
    with bed.refused(Refusal.OVER_CEILING):
        bed.allocate(1, bed.unit)
    bed.govern("set_ceiling(uint256,uint256)", 1, gained)
    assert bed.moved(ALLOCATE, 1, bed.unit, 0)[3] == gained
    bed.allocate(1, bed.unit)


def test_allocate__more_units_than_fit__is_refused(unsealed: Bed) -> None:
    bed = unsealed
    bed.list_hostile(offset=18)
    bed.terms(1, tolerance=BPS, band=BPS)
    bed.fund()
    strategy = bed.strategies[0]
    bed.allocate(1, amount(bed))
    held = bed.position(1)[0]
    lie = payload("set_mode(uint8,uint8,uint256)", Group.BALANCE, Mode.RETURN_VALUE, M112)
    bed.rpc.transact(STRANGER, strategy, "set_reentry(address,bytes)", strategy, lie)
    bed.dial(1, Group.DEPOSIT, Mode.REENTER, 0)
    bed.dial(1, Group.BALANCE, Mode.RETURN_VALUE, 0)
    bed.mark(1, M112 * amount(bed) // held)
    with bed.refused(Refusal.TOO_LARGE):
        bed.allocate(1, amount(bed))


# ------------------------------------------------------------------ the whole Vault


def test_allocate__below_the_idle_floor__is_refused_and_at_it_passes(bed: Bed) -> None:
    bed.limits(idle_floor=2_000)
    most = bed.idle() - ceil_div(bed.totals()[0] * 2_000, BPS)
    with bed.refused(Refusal.IDLE_FLOOR):
        bed.allocate(1, most + 1)
    bed.allocate(1, most)


@pytest.mark.parametrize("state", [STRESS, WINDDOWN])
def test_allocate__not_calm__is_refused(bed: Bed, state: int) -> None:
    bed.latch(state)
    with bed.refused(Refusal.NOT_CALM):
        bed.allocate(1, amount(bed))


def test_allocate__another_strategy_fails__is_refused(invested: Bed) -> None:
    invested.fail(2)
    with invested.refused(Refusal.VETO):
        invested.allocate(1, amount(invested))


def test_allocate__much_in_quarantine__is_refused(invested: Bed) -> None:
    invested.quarantine(2)
    with invested.refused(Refusal.VETO):
        invested.allocate(1, amount(invested))


def test_allocate__paused_entry__is_not_its_concern(bed: Bed) -> None:
    bed.rpc.transact(GUARDIAN, bed.steward, "set_entry_paused(bool)", True)
    bed.allocate(1, amount(bed))
