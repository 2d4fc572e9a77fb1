"""From where on a level is bad, and up to where good: at each limit, one below and one above."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.treasury import DAY, HOUR
from tests.unit.bed import BPS, PLACED, STRESS, Bed, ceil_div
from tests.unit.leavers import Leavers
from tests.unit.watch import (
    AGE,
    DARK,
    FALL,
    LIQUID,
    NAMES,
    SHORT,
    fall_short,
    limits_with,
    memory,
    recovery,
    seen,
    set_limits,
    signal_bad,
    told,
    watch_at,
)

# All limits out of the way but the one that is tried
WIDE = {
    "fall": (2_000, 10),
    "liquid": (100, 200),
    "age": (60_000, 30_000),
    "dark": (3_000, 1),
    "short": (3_000, 1),
}


def fall(bed: Leavers) -> int:
    """Bring the price a little down; returns the level in bps."""
    bed.mark(1, bed.position(1)[1] * 8 // 10)
    return seen(bed).fall


def liquid(bed: Leavers) -> int:
    """Leave nothing liquid but idle; returns the level in bps."""
    bed.drain()
    return bed.idle() * BPS // bed.totals()[0]


def dark(bed: Leavers) -> int:
    """Have a strategy in quarantine; returns its share of the total in bps."""
    bed.quarantine(1)
    return ceil_div(bed.position(1)[1] * BPS, bed.totals()[1])


def short(bed: Leavers) -> int:
    """Have an unwind fail in a strategy; returns its share of the total in bps."""
    bed.drain(1)
    bed.settled()
    fall_short(bed)
    return ceil_div(bed.position(1)[1] * BPS, bed.totals()[1])


SHOCKS: dict[int, Callable[[Leavers], int]] = {FALL: fall, LIQUID: liquid, DARK: dark, SHORT: short}


def around(bed: Bed, signal: int, bad: int, good: int) -> None:
    """Set one signal's limits, the others out of the way."""
    set_limits(bed, limits_with(**{**WIDE, NAMES[signal]: (bad, good)}))


def shocked(bed: Leavers, signal: int) -> tuple[int, int]:
    """Have a signal inside the bounds of its limits; returns its level, and 1, or -1 if less is worse."""
    if signal in (DARK, SHORT):
        bed.deallocate(1, (PLACED - 80_000) * bed.unit)
    level = SHOCKS[signal](bed)
    bed.poke()
    return level, -1 if signal == LIQUID else 1


@pytest.mark.parametrize("signal", SHOCKS)
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_bad__one_below_at_and_one_beyond_the_limit(leavers: Leavers, signal: int, beyond: int) -> None:
    level, sign = shocked(leavers, signal)
    around(leavers, signal, level - sign * beyond, 9_000 if signal == LIQUID else 10)
    receipt = leavers.watch()
    is_bad = beyond > 0
    assert told(leavers, receipt) == [signal_bad(leavers, signal, level)] * is_bad
    assert memory(leavers, signal) == (leavers.now() * is_bad, 0)
    assert [memory(leavers, other) for other in range(5) if other != signal] == [(0, 0)] * 4


@pytest.mark.parametrize("signal", SHOCKS)
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_good__one_beyond_at_and_one_below_the_limit(leavers: Leavers, signal: int, beyond: int) -> None:
    level, sign = shocked(leavers, signal)
    around(leavers, signal, level - sign, 9_000 if signal == LIQUID else 10)
    leavers.watch()
    since = leavers.now()
    limit = level + sign * beyond
    around(leavers, signal, limit + sign * 50, limit)
    receipt = leavers.watch()
    assert told(leavers, receipt) == []
    assert memory(leavers, signal) == (since, leavers.now() * (beyond > 0))


@pytest.mark.parametrize("signal", SHOCKS)
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_good__of_all_five__is_counted_short_of_every_limit(
    leavers: Leavers, signal: int, beyond: int
) -> None:
    """Recovery counts an observation only if each signal is good, and never one that is merely not bad."""
    level, sign = shocked(leavers, signal)
    limit = level + sign * beyond
    around(leavers, signal, limit + sign * 50, limit)
    leavers.latch(STRESS)
    assert told(leavers, leavers.watch()) == []
    now = leavers.now()
    assert recovery(leavers) == ((1, now, now) if beyond > 0 else (0, 0, 0))
    assert memory(leavers, signal) == (0, 0)


@pytest.mark.parametrize("signal", SHOCKS)
def test_bad__still_bad__is_told_once(leavers: Leavers, signal: int) -> None:
    level, sign = shocked(leavers, signal)
    around(leavers, signal, level - sign, 9_000 if signal == LIQUID else 10)
    leavers.watch()
    since = leavers.now()
    for _ in range(3):
        assert told(leavers, leavers.watch()) == []
        assert memory(leavers, signal) == (since, 0)


# ------------------------------------------------------------------ age


@pytest.mark.parametrize(
    ("seconds", "level"), [(2 * DAY - 1, 20_000), (2 * DAY, 20_000), (2 * DAY + 1, 20_001), (3 * DAY, 30_000)]
)
def test_age__bad_above_two_epochs__rounded_up(bed: Bed, seconds: int, level: int) -> None:
    bed.poke()
    receipt = watch_at(bed, bed.now() + seconds)
    is_bad = level > 20_000
    assert told(bed, receipt) == [signal_bad(bed, AGE, level)] * is_bad
    assert memory(bed, AGE) == (bed.now() * is_bad, 0)


@pytest.mark.parametrize(("seconds", "is_good"), [(1, True), (86_391, True), (86_392, False), (DAY, False)])
def test_age__good_below_one_epoch__rounded_up(bed: Bed, seconds: int, is_good: bool) -> None:
    """86,391 seconds are 9,999 bps of an epoch, one more are 10,000."""
    bed.poke()
    watch_at(bed, bed.now() + 2 * DAY + 1)
    since = bed.now()
    receipt = watch_at(bed, since + seconds)
    assert told(bed, receipt) == []
    assert memory(bed, AGE) == (since, bed.now() * is_good)


@pytest.mark.parametrize(("seconds", "counts"), [(86_391, True), (86_392, False)])
def test_age__good_of_all_five__is_counted_below_one_epoch(bed: Bed, seconds: int, counts: bool) -> None:
    bed.latch(STRESS)
    bed.poke()
    watch_at(bed, bed.now() + seconds)
    assert recovery(bed) == ((1, bed.now(), bed.now()) if counts else (0, 0, 0))


def test_age__vault_poked_by_others__is_young(bed: Bed) -> None:
    for _ in range(3):
        bed.rpc.warp(2 * DAY)
        bed.poke()
    bed.watch()
    assert memory(bed, AGE) == (0, 0)


# ------------------------------------------------------------------ one at a time


def test_signals__all_bad_at_once__are_told_in_their_order(leavers: Leavers) -> None:
    bed = leavers
    bed.drain(1)
    bed.settled()
    bed.drain()
    bed.quarantine(3)
    bed.mark(2, PLACED * bed.unit // 2)
    bed.rpc.warp(2 * DAY - HOUR)
    fall_short(bed)
    bed.drain(1)
    set_limits(bed, limits_with(liquid=(5_000, 6_000)))
    found = seen(bed)
    receipt = bed.watch()
    age = ceil_div(found.age * BPS, DAY)
    levels = {FALL: found.fall, LIQUID: found.liquid, AGE: age, DARK: found.dark, SHORT: found.short}
    assert told(bed, receipt) == [signal_bad(bed, signal, level) for signal, level in levels.items()]
    assert [memory(bed, signal) for signal in range(5)] == [(bed.now(), 0)] * 5


@pytest.mark.parametrize("signal", [5, 6, 2**255])
def test_memory__no_such_signal__is_refused(bed: Bed, signal: int) -> None:
    with bed.refused("sentinel: no such signal"):
        memory(bed, signal)
