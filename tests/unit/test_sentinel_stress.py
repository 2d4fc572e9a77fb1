"""CALM to STRESS: bad twice, an hour or more apart, and not cleared between; what is recorded of it."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY, HOUR
from tests.unit.bed import CALM, PLACED, STRESS, Bed
from tests.unit.leavers import Leavers
from tests.unit.watch import (
    AGE,
    DARK,
    FALL,
    LIQUID,
    SHORT,
    answered,
    changed,
    changes,
    fall_short,
    is_dry,
    limits_with,
    memory,
    recovery,
    seen,
    set_limits,
    signal_bad,
    signal_cleared,
    slump,
    state,
    told,
    watch_at,
)


@pytest.fixture
def fallen(invested: Bed) -> Bed:
    """The price has fallen, and the Sentinel has seen it once, just now."""
    slump(invested)
    receipt = invested.watch()
    assert told(invested, receipt) == [signal_bad(invested, FALL, seen(invested).fall)]
    return invested


# ------------------------------------------------------------------ the hour


@pytest.mark.parametrize("seconds", [1, HOUR - 1])
def test_stress__less_than_an_hour_apart__is_not_latched(fallen: Bed, seconds: int) -> None:
    since = fallen.now()
    receipt = watch_at(fallen, since + seconds)
    assert (told(fallen, receipt), state(fallen), changes(fallen)) == ([], CALM, [])
    assert memory(fallen, FALL) == (since, 0)


@pytest.mark.parametrize("seconds", [HOUR, HOUR + 1, DAY])
def test_stress__an_hour_or_more_apart__is_latched(fallen: Bed, seconds: int) -> None:
    since = fallen.now()
    receipt = watch_at(fallen, since + seconds)
    change = (CALM, STRESS, FALL, since, since + seconds)
    assert told(fallen, receipt) == changed(fallen, 1, *change)
    assert (state(fallen), changes(fallen), recovery(fallen)) == (STRESS, [change], (0, 0, 0))


def test_stress__many_within_the_hour__count_from_the_first(fallen: Bed) -> None:
    since = fallen.now()
    for minutes in range(10, 60, 10):
        watch_at(fallen, since + minutes * 60)
    assert state(fallen) == CALM
    watch_at(fallen, since + HOUR)
    assert changes(fallen) == [(CALM, STRESS, FALL, since, since + HOUR)]


def test_stress__in_the_same_poke__tells_the_state_after(fallen: Bed) -> None:
    assert answered(fallen) == CALM
    fallen.rpc.warp(HOUR)
    assert answered(fallen) == STRESS
    fallen.watch()
    assert answered(fallen) == STRESS


def test_stress__pokes_of_the_vault_alone__latch_nothing(invested: Bed) -> None:
    slump(invested)
    for _ in range(4):
        invested.poke()
        invested.rpc.warp(HOUR)
    assert (state(invested), memory(invested, FALL)) == (CALM, (0, 0))


# ------------------------------------------------------------------ clearing


def test_cleared__one_good_observation__clears_nothing(fallen: Bed) -> None:
    since = fallen.now()
    slump(fallen, False)
    receipt = watch_at(fallen, since + 60)
    assert (told(fallen, receipt), memory(fallen, FALL)) == ([], (since, since + 60))
    slump(fallen)
    watch_at(fallen, since + HOUR)
    assert changes(fallen) == [(CALM, STRESS, FALL, since, since + HOUR)]


@pytest.mark.parametrize(("seconds", "clears"), [(1, False), (3_599, False), (3_600, True), (3_601, True)])
def test_cleared__two_good_ones__an_hour_apart(fallen: Bed, seconds: int, clears: bool) -> None:
    since = fallen.now()
    slump(fallen, False)
    fallen.watch()
    good = fallen.now()
    receipt = watch_at(fallen, good + seconds)
    assert told(fallen, receipt) == [signal_cleared(fallen, FALL, since)] * clears
    assert memory(fallen, FALL) == ((0, 0) if clears else (since, good))


def test_cleared__bad_between_two_good_ones__starts_the_hour_anew(fallen: Bed) -> None:
    since = fallen.now()
    slump(fallen, False)
    watch_at(fallen, since + 600)
    slump(fallen)
    watch_at(fallen, since + 1_200)
    assert memory(fallen, FALL) == (since, 0)
    slump(fallen, False)
    watch_at(fallen, since + 1_800)
    watch_at(fallen, since + 1_800 + HOUR - 1)
    assert memory(fallen, FALL) == (since, since + 1_800)
    receipt = watch_at(fallen, since + 1_800 + HOUR)
    assert told(fallen, receipt) == [signal_cleared(fallen, FALL, since)]


def test_cleared__neither_good_nor_bad__changes_nothing(fallen: Bed) -> None:
    since = fallen.now()
    fallen.mark(1, PLACED * fallen.unit - 10_000 * fallen.unit)
    assert 50 <= seen(fallen).fall <= 300
    for _ in range(3):
        fallen.rpc.warp(HOUR)
        assert told(fallen, fallen.watch()) == []
        assert memory(fallen, FALL) == (since, 0)
    slump(fallen)
    fallen.watch()
    assert changes(fallen) == [(CALM, STRESS, FALL, since, fallen.now())]


def test_cleared__neither_after_a_good_one__keeps_it(fallen: Bed) -> None:
    since = fallen.now()
    slump(fallen, False)
    fallen.watch()
    good = fallen.now()
    fallen.mark(1, PLACED * fallen.unit - 10_000 * fallen.unit)
    watch_at(fallen, good + 1_800)
    assert memory(fallen, FALL) == (since, good)
    slump(fallen, False)
    receipt = watch_at(fallen, good + HOUR)
    assert told(fallen, receipt) == [signal_cleared(fallen, FALL, since)]


def test_cleared__bad_again__begins_anew(fallen: Bed) -> None:
    slump(fallen, False)
    fallen.watch()
    watch_at(fallen, fallen.now() + HOUR)
    slump(fallen)
    fallen.rpc.warp(10 * HOUR)
    receipt = fallen.watch()
    since = fallen.now()
    assert told(fallen, receipt) == [signal_bad(fallen, FALL, seen(fallen).fall)]
    assert state(fallen) == CALM
    watch_at(fallen, since + HOUR)
    assert changes(fallen) == [(CALM, STRESS, FALL, since, since + HOUR)]


# ------------------------------------------------------------------ each signal


def test_stress__liquidity_gone__is_latched(invested: Bed) -> None:
    set_limits(invested, limits_with(liquid=(4_500, 6_000)))
    for identifier in (1, 2, 3):
        invested.dial(identifier, Group.LIQUIDITY, Mode.LIMITED, 0)
    invested.watch()
    since = invested.now()
    receipt = watch_at(invested, since + HOUR)
    assert told(invested, receipt) == changed(invested, 1, CALM, STRESS, LIQUID, since, since + HOUR)


def test_stress__nobody_pokes_for_two_epochs_twice__is_latched(bed: Bed) -> None:
    bed.watch()
    watch_at(bed, bed.now() + 2 * DAY + 1)
    since = bed.now()
    receipt = watch_at(bed, since + 2 * DAY + 1)
    assert told(bed, receipt) == changed(bed, 1, CALM, STRESS, AGE, since, bed.now())


def test_stress__poked_twice_after_a_long_silence__is_not_latched(bed: Bed) -> None:
    bed.watch()
    watch_at(bed, bed.now() + 30 * DAY)
    since = bed.now()
    watch_at(bed, since + HOUR)
    assert (state(bed), memory(bed, AGE)) == (CALM, (since, since + HOUR))
    watch_at(bed, since + 2 * HOUR)
    assert (state(bed), memory(bed, AGE)) == (CALM, (0, 0))


def test_stress__a_fifth_in_quarantine__is_latched(invested: Bed) -> None:
    invested.quarantine(1)
    invested.watch()
    since = invested.now()
    receipt = watch_at(invested, since + HOUR)
    assert told(invested, receipt) == changed(invested, 1, CALM, STRESS, DARK, since, since + HOUR)


def test_stress__short_unwinds__are_latched(dry: Leavers) -> None:
    fall_short(dry)
    dry.watch()
    since = dry.now()
    receipt = watch_at(dry, since + HOUR)
    assert told(dry, receipt) == changed(dry, 1, CALM, STRESS, SHORT, since, since + HOUR)


def test_stress__unwinds_short_for_one_moment__latch_nothing(dry: Leavers) -> None:
    """Liquidity lent and the price pushed for a moment makes an honest strategy fail: once is not twice."""
    dry.watch()
    dry.liquid(1, 200_000 * dry.unit)
    dry.dial(1, Group.REDEEM, Mode.SHORT, 100)
    for _ in range(3):
        dry.unwind(1)
    dry.dial(1, Group.REDEEM, Mode.HONEST)
    dry.drain(1)
    assert dry.waiting(1) > 0
    for _ in range(26):
        dry.rpc.warp(HOUR)
        dry.watch()
        assert (state(dry), seen(dry).short) == (CALM, 0)
    assert (changes(dry), memory(dry, SHORT)) == ([], (0, 0))


@pytest.mark.parametrize("lie", [0, 2**111])
def test_stress__strategy_lies_up__latches_as_without_it(bed: Bed, lie: int) -> None:
    """A millionth of the total that claims to be worth all and more hides nothing from the Sentinel."""
    bed.allocate(1, bed.unit)
    for identifier in (2, 3):
        bed.allocate(identifier, 490_000 * bed.unit)
    bed.watch()
    if lie:
        bed.mark(1, lie)
    bed.lose(2, 300_000 * bed.unit)
    for identifier in (2, 3):
        bed.dial(identifier, Group.LIQUIDITY, Mode.LIMITED, 0)
    bed.watch()
    since = bed.now()
    assert [memory(bed, signal)[0] for signal in (FALL, LIQUID)] == [since, since]
    assert is_dry(bed)
    receipt = watch_at(bed, since + HOUR)
    assert told(bed, receipt) == changed(bed, 1, CALM, STRESS, FALL, since, since + HOUR)


def test_stress__strategy_lies_up_and_pays_nothing__makes_none(bed: Bed) -> None:
    bed.allocate(1, bed.unit)
    bed.allocate(2, 490_000 * bed.unit)
    bed.watch()
    bed.mark(1, 2**111)
    bed.dial(1, Group.LIQUIDITY, Mode.LIMITED, 0)
    for _ in range(4):
        bed.rpc.warp(HOUR)
        bed.watch()
    assert (state(bed), changes(bed), is_dry(bed)) == (CALM, [], False)


def test_stress__strategy_dead__is_latched(invested: Bed) -> None:
    """All of a strategy is lost: no book is left of it, and it is a fall all the same."""
    invested.mark(1, 0)
    invested.watch()
    since = invested.now()
    receipt = watch_at(invested, since + HOUR)
    assert told(invested, receipt) == changed(invested, 1, CALM, STRESS, FALL, since, since + HOUR)


# ------------------------------------------------------------------ several at once


def test_cause__two_confirmed_at_once__is_the_older(invested: Bed) -> None:
    invested.quarantine(1)
    invested.watch()
    since = invested.now()
    invested.mark(2, PLACED * invested.unit // 2)
    watch_at(invested, since + 60)
    assert memory(invested, FALL)[0] > memory(invested, DARK)[0] == since
    watch_at(invested, since + 60 + HOUR)
    assert changes(invested) == [(CALM, STRESS, DARK, since, since + 60 + HOUR)]


def test_cause__as_old__is_the_first_by_number(invested: Bed) -> None:
    invested.quarantine(1)
    invested.mark(2, PLACED * invested.unit // 2)
    invested.watch()
    since = invested.now()
    watch_at(invested, since + HOUR)
    assert changes(invested) == [(CALM, STRESS, FALL, since, since + HOUR)]


def test_cause__older_one_not_bad_now__is_the_one_that_is(invested: Bed) -> None:
    invested.quarantine(1)
    invested.watch()
    dark = invested.now()
    invested.mark(2, PLACED * invested.unit // 2)
    watch_at(invested, dark + 60)
    invested.govern("write_down(uint256)", 1)
    watch_at(invested, dark + 60 + HOUR)
    assert changes(invested) == [(CALM, STRESS, FALL, dark + 60, dark + 60 + HOUR)]
    assert memory(invested, DARK) == (dark, dark + 60 + HOUR)


def test_cause__one_each_time__confirms_nothing(invested: Bed) -> None:
    """Two bad observations of different signals are one of each."""
    slump(invested)
    invested.watch()
    slump(invested, False)
    invested.quarantine(3)
    receipt = watch_at(invested, invested.now() + HOUR)
    assert told(invested, receipt) == [signal_bad(invested, DARK, seen(invested).dark)]
    assert state(invested) == CALM


# ------------------------------------------------------------------ other states


def test_stress__already__stays_and_is_not_recorded_again(fallen: Bed) -> None:
    fallen.rpc.warp(HOUR)
    fallen.watch()
    assert state(fallen) == STRESS
    for _ in range(3):
        fallen.rpc.warp(HOUR)
        assert told(fallen, fallen.watch()) == []
    assert len(changes(fallen)) == 1


@pytest.mark.parametrize("number", [0, 2, 2**255])
def test_change__no_such_number__is_refused(fallen: Bed, number: int) -> None:
    fallen.rpc.warp(HOUR)
    fallen.watch()
    with fallen.refused("sentinel: no such change"):
        fallen.rpc.read(fallen.sentinel, "change(uint256)", number)
