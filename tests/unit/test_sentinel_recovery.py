"""STRESS to CALM: three good observations of every signal over an epoch, and nothing left to clear."""

from __future__ import annotations

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode
from tests.treasury import DAY, HOUR, STRANGER, deploy_sentinel
from tests.unit.bed import CALM, DEPOSIT, PLACED, STRESS, Bed
from tests.unit.watch import (
    AGE,
    FALL,
    LIQUID,
    RECOVERED,
    changed,
    changes,
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
def stressed(invested: Bed) -> Bed:
    """The price fell for an hour and is back; the Sentinel has latched, and has not looked since."""
    slump(invested)
    invested.watch()
    watch_at(invested, invested.now() + HOUR)
    assert state(invested) == STRESS
    slump(invested, False)
    return invested


def good(bed: Bed, *offsets: int, start: int = 0) -> int:
    """Observe at these seconds after the first good observation; returns when that was."""
    begun = start or bed.now() + 10
    for offset in offsets:
        watch_at(bed, begun + offset)
    return begun


# ------------------------------------------------------------------ three over an epoch


def test_recovery__three_good_over_an_epoch__is_calm(stressed: Bed) -> None:
    begun = good(stressed, 0)
    assert recovery(stressed) == (1, begun, begun)
    receipt = watch_at(stressed, begun + HOUR)
    bad_at = changes(stressed)[0][3]
    assert told(stressed, receipt) == [signal_cleared(stressed, FALL, bad_at)]
    assert recovery(stressed) == (2, begun, begun + HOUR)
    receipt = watch_at(stressed, begun + DAY)
    assert told(stressed, receipt) == changed(stressed, 2, STRESS, CALM, RECOVERED, begun, begun + DAY)
    assert changes(stressed)[1] == (STRESS, CALM, RECOVERED, begun, begun + DAY)
    assert (state(stressed), memory(stressed, FALL)) == (CALM, (0, 0))
    assert recovery(stressed) == (0, 0, 0)


def test_recovery__calm_again__opens_the_conveniences(stressed: Bed) -> None:
    stressed.mint(STRANGER, stressed.unit)
    begun = good(stressed, 0, HOUR)
    assert stressed.view("maxDeposit(address)", STRANGER) == 0
    good(stressed, DAY, start=begun)
    stressed.act(STRANGER, DEPOSIT, stressed.unit, STRANGER)
    stressed.allocate(1, stressed.unit)


@pytest.mark.parametrize(("last", "after"), [(DAY - 1, STRESS), (DAY, CALM), (DAY + 1, CALM)])
def test_recovery__dwell__is_an_epoch_from_the_first(stressed: Bed, last: int, after: int) -> None:
    begun = good(stressed, 0, HOUR, last)
    assert state(stressed) == after
    if after == STRESS:
        assert recovery(stressed) == (3, begun, begun + last)
        receipt = watch_at(stressed, begun + last + HOUR)
        change = (STRESS, CALM, RECOVERED, begun, begun + last + HOUR)
        assert told(stressed, receipt) == changed(stressed, 2, *change)


def test_recovery__two_good_over_an_epoch__is_not_enough(stressed: Bed) -> None:
    begun = good(stressed, 0)
    stressed.rpc.warp(HOUR)
    stressed.poke()
    good(stressed, DAY, start=begun)
    assert (state(stressed), recovery(stressed)) == (STRESS, (2, begun, begun + DAY))
    good(stressed, DAY + HOUR, start=begun)
    assert state(stressed) == CALM


@pytest.mark.parametrize(("gap", "counted"), [(1, 1), (HOUR - 1, 1), (HOUR, 2), (HOUR + 1, 2)])
def test_recovery__less_than_an_hour_after_the_last__is_not_counted(
    stressed: Bed, gap: int, counted: int
) -> None:
    begun = good(stressed, 0, gap)
    last = begun + gap * (counted == 2)
    assert recovery(stressed) == (counted, begun, last)


def test_recovery__many__saturate_at_three_and_keep_the_first(stressed: Bed) -> None:
    begun = good(stressed, *range(0, 8 * HOUR, HOUR))
    assert recovery(stressed) == (3, begun, begun + 7 * HOUR)
    assert state(stressed) == STRESS


def test_recovery__poked_every_minute__ends_all_the_same(stressed: Bed) -> None:
    """Nobody holds recovery up by observing too often."""
    begun = good(stressed, *range(0, 2 * HOUR, 600))
    good(stressed, DAY - 60, DAY, start=begun)
    assert state(stressed) == STRESS
    good(stressed, DAY - 60 + HOUR, start=begun)
    assert state(stressed) == CALM


def test_recovery__books_an_epoch_old__are_not_good(stressed: Bed) -> None:
    """Good is younger than an epoch: whoever observes exactly once a day recovers nothing."""
    begun = good(stressed, 0, DAY, 2 * DAY)
    assert (state(stressed), recovery(stressed)) == (STRESS, (1, begun, begun))
    good(stressed, 2 * DAY + HOUR, 2 * DAY + 2 * HOUR, start=begun)
    assert state(stressed) == CALM


# ------------------------------------------------------------------ interrupted


def test_recovery__one_bad_between__does_not_begin_anew_but_must_clear(stressed: Bed) -> None:
    begun = good(stressed, 0, HOUR)
    slump(stressed)
    receipt = watch_at(stressed, begun + 2 * HOUR)
    assert told(stressed, receipt) == [signal_bad(stressed, FALL, seen(stressed).fall)]
    assert recovery(stressed) == (2, begun, begun + HOUR)
    slump(stressed, False)
    watch_at(stressed, begun + DAY)
    assert (state(stressed), recovery(stressed)) == (STRESS, (3, begun, begun + DAY))
    assert memory(stressed, FALL) == (begun + 2 * HOUR, begun + DAY)
    watch_at(stressed, begun + DAY + HOUR - 1)
    assert state(stressed) == STRESS
    receipt = watch_at(stressed, begun + DAY + HOUR)
    assert told(stressed, receipt) == [
        signal_cleared(stressed, FALL, begun + 2 * HOUR),
        *changed(stressed, 2, STRESS, CALM, RECOVERED, begun, begun + DAY + HOUR),
    ]


def test_recovery__bad_twice_an_hour_apart__begins_anew(stressed: Bed) -> None:
    begun = good(stressed, 0, HOUR)
    slump(stressed)
    watch_at(stressed, begun + 2 * HOUR)
    receipt = watch_at(stressed, begun + 3 * HOUR)
    assert told(stressed, receipt) == []
    assert recovery(stressed) == (0, 0, 0)
    slump(stressed, False)
    again = good(stressed, 0, HOUR, DAY - 1)
    assert (state(stressed), recovery(stressed)) == (STRESS, (3, again, again + DAY - 1))


def test_recovery__still_bad__has_not_begun(stressed: Bed) -> None:
    slump(stressed)
    for _ in range(3):
        stressed.rpc.warp(HOUR)
        assert told(stressed, stressed.watch()) == []
        assert recovery(stressed) == (0, 0, 0)


def test_recovery__neither_good_nor_bad__is_not_counted_and_interrupts_nothing(stressed: Bed) -> None:
    begun = good(stressed, 0, HOUR)
    stressed.mark(1, (PLACED - 10_000) * stressed.unit)
    assert 50 <= seen(stressed).fall <= 300
    watch_at(stressed, begun + 2 * HOUR)
    assert recovery(stressed) == (2, begun, begun + HOUR)
    slump(stressed, False)
    watch_at(stressed, begun + DAY)
    assert state(stressed) == CALM


@pytest.mark.parametrize("shock", ["liquidity", "quarantine"])
def test_recovery__one_signal_of_five_not_good__is_not_counted(stressed: Bed, shock: str) -> None:
    bed = stressed
    if shock == "liquidity":
        set_limits(bed, limits_with(liquid=(800, 5_000)))
        for identifier in (1, 2, 3):
            bed.dial(identifier, Group.LIQUIDITY, Mode.LIMITED, 0)
        assert 800 < seen(bed).liquid < 5_000
    else:
        set_limits(bed, limits_with(dark=(3_000, 100)))
        bed.quarantine(3)
        assert 100 < seen(bed).dark < 3_000
    for _ in range(4):
        bed.rpc.warp(HOUR)
        bed.watch()
    assert recovery(bed) == (0, 0, 0)
    # What was good meanwhile has cleared: it is the other signal that is waited for.
    assert memory(bed, FALL) == (0, 0)


def test_recovery__another_signal_confirmed__begins_anew(stressed: Bed) -> None:
    begun = good(stressed, 0, HOUR)
    set_limits(stressed, limits_with(liquid=(4_500, 6_000)))
    for identifier in (1, 2, 3):
        stressed.dial(identifier, Group.LIQUIDITY, Mode.LIMITED, 0)
    watch_at(stressed, begun + 2 * HOUR)
    assert memory(stressed, LIQUID) == (begun + 2 * HOUR, 0)
    watch_at(stressed, begun + 3 * HOUR)
    assert (recovery(stressed), len(changes(stressed))) == ((0, 0, 0), 1)


def test_recovery__age_of_the_books__is_observed_too(stressed: Bed) -> None:
    """Nobody pokes for more than two epochs: that is bad itself, and the observation does not count."""
    begun = good(stressed, 0, HOUR)
    watch_at(stressed, begun + HOUR + 2 * DAY + 1)
    assert recovery(stressed) == (2, begun, begun + HOUR)
    assert state(stressed) == STRESS
    watch_at(stressed, begun + HOUR + 2 * DAY + 2)
    assert (state(stressed), recovery(stressed)[0]) == (STRESS, 3)
    watch_at(stressed, begun + 2 * HOUR + 2 * DAY + 2)
    assert state(stressed) == CALM


def test_recovery__stress_again__is_a_new_change(stressed: Bed) -> None:
    good(stressed, 0, HOUR, DAY)
    slump(stressed)
    stressed.watch()
    since = stressed.now()
    receipt = watch_at(stressed, since + HOUR)
    assert told(stressed, receipt) == changed(stressed, 3, CALM, STRESS, FALL, since, since + HOUR)
    assert recovery(stressed) == (0, 0, 0)
    assert [change[:3] for change in changes(stressed)] == [
        (CALM, STRESS, FALL),
        (STRESS, CALM, RECOVERED),
        (CALM, STRESS, FALL),
    ]


# ------------------------------------------------------------------ another Sentinel


def test_recovery__replaced_sentinel__takes_stress_over(stressed: Bed) -> None:
    bed = stressed
    bed.sentinel = deploy_sentinel(bed.rpc, bed.vault)
    bed.govern("set_sentinel(address)", bed.sentinel)
    begun = good(bed, 0, HOUR, DAY - 1)
    assert state(bed) == STRESS
    receipt = watch_at(bed, begun + DAY - 1 + HOUR)
    change = (STRESS, CALM, RECOVERED, begun, begun + DAY - 1 + HOUR)
    assert told(bed, receipt) == changed(bed, 1, *change)
    assert changes(bed) == [change]


def test_recovery__sentinel_reinstated__has_forgotten_the_last_one(stressed: Bed) -> None:
    """Good observations of a stress that is over end no other, whoever was the Sentinel meanwhile."""
    bed, first = stressed, stressed.sentinel
    good(bed, 0, HOUR, DAY)
    assert (state(bed), recovery(bed)) == (CALM, (0, 0, 0))
    bed.sentinel = deploy_sentinel(bed.rpc, bed.vault)
    bed.govern("set_sentinel(address)", bed.sentinel)
    slump(bed)
    bed.watch()
    watch_at(bed, bed.now() + HOUR)
    assert state(bed) == STRESS
    slump(bed, False)
    bed.sentinel = first
    bed.govern("set_sentinel(address)", bed.sentinel)
    begun = good(bed, 0)
    assert (state(bed), recovery(bed)) == (STRESS, (1, begun, begun))
    good(bed, HOUR, DAY - 1, start=begun)
    assert state(bed) == STRESS
    good(bed, DAY - 1 + HOUR, start=begun)
    assert state(bed) == CALM


def test_recovery__state_latched_by_no_signal__is_left_as_any_other(invested: Bed) -> None:
    invested.poke()
    invested.latch(STRESS)
    begun = good(invested, 0, HOUR, DAY)
    assert changes(invested) == [(STRESS, CALM, RECOVERED, begun, begun + DAY)]


# ------------------------------------------------------------------ other epochs


@pytest.mark.parametrize("epoch", [HOUR, 7 * DAY])
def test_age__other_epoch__is_measured_in_it(rpc: Rpc, epoch: int) -> None:
    bed = Bed.make(rpc, epoch=epoch)
    bed.list_hostile()
    bed.fund()
    bed.poke()
    watch_at(bed, bed.now() + 2 * epoch)
    assert memory(bed, AGE) == (0, 0)
    receipt = watch_at(bed, bed.now() + 2 * epoch + 1)
    level = -(-(2 * epoch + 1) * 10_000 // epoch)
    assert told(bed, receipt) == [signal_bad(bed, AGE, level)]


def test_recovery__epoch_of_an_hour__needs_more_than_a_poke_an_hour(rpc: Rpc) -> None:
    """Books an hour old are an epoch old, which is not good: somebody must poke between."""
    bed = Bed.make(rpc, epoch=HOUR)
    bed.list_hostile()
    bed.fund()
    bed.poke()
    bed.latch(STRESS)
    begun = good(bed, 0, HOUR, 2 * HOUR, 3 * HOUR)
    assert (state(bed), recovery(bed)) == (STRESS, (1, begun, begun))
    again = begun + 3 * HOUR
    good(bed, *range(1_800, 2 * HOUR + 1, 1_800), start=again)
    assert (state(bed), changes(bed)[0][2]) == (CALM, RECOVERED)


def test_recovery__epoch_of_a_week__dwells_a_week(rpc: Rpc) -> None:
    bed = Bed.make(rpc, epoch=7 * DAY)
    bed.list_hostile()
    bed.fund()
    bed.poke()
    bed.latch(STRESS)
    begun = good(bed, 0, DAY, 6 * DAY, 7 * DAY - 1)
    assert (state(bed), recovery(bed)) == (STRESS, (3, begun, begun + 7 * DAY - 1))
    receipt = watch_at(bed, begun + 7 * DAY - 1 + HOUR)
    change = (STRESS, CALM, RECOVERED, begun, begun + 7 * DAY - 1 + HOUR)
    assert told(bed, receipt) == changed(bed, 1, *change)
