"""How much of the total a poke sees as liquid: levels, rounding, answers that do not count, and leavers."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.unit.bed import BPS, CALM, M112, PLACED, STRESS, WINDDOWN, Bed
from tests.unit.leavers import Leavers
from tests.unit.watch import (
    DRY,
    Observation,
    dry_up,
    flags,
    is_dry,
    least_liquid,
    payable,
    poked_at,
    seen,
)


def placed(bed: Bed) -> int:
    """What stands in each strategy."""
    return PLACED * bed.unit


@pytest.fixture
def thin(bed: Bed) -> Bed:
    """All but a token stands in the first strategy."""
    bed.allocate(1, bed.idle() - bed.unit)
    return bed


# ------------------------------------------------------------------ levels


@pytest.mark.parametrize("level", [1, 799, 800, 801, 2_000, 2_001, 9_999])
def test_liquid__at_a_level__is_rounded_down_and_closes_below_800(thin: Bed, level: int) -> None:
    total, least = thin.totals()[0], least_liquid(thin, level)
    for short, found in ((0, level), (1, level - 1)):
        payable(thin, least - short)
        age = thin.now() + 1 - poked_at(thin)
        assert seen(thin) == Observation(total, age, 0, found, 0, 0, CALM, found < 800)


def test_liquid__one_wei_less_than_all__is_9999(invested: Bed) -> None:
    invested.dial(1, Group.LIQUIDITY, Mode.LIMITED, placed(invested) - 1)
    assert seen(invested).liquid == BPS - 1


def test_liquid__several__add_up(invested: Bed) -> None:
    parts = {1: 0, 2: 12_345_678_901, 3: placed(invested)}
    for identifier, amount in parts.items():
        invested.dial(identifier, Group.LIQUIDITY, Mode.LIMITED, amount)
    liquid = invested.idle() + sum(parts.values())
    assert seen(invested).liquid == liquid * BPS // invested.totals()[0]


@pytest.mark.parametrize("bps", [1, 5_000, 10_000])
def test_liquid__mark_below_the_reference__is_a_part_of_the_mark(thin: Bed, bps: int) -> None:
    units, book = thin.position(1)[:2]
    mark = book * bps // BPS
    thin.mark(1, mark)
    thin.dial(1, Group.MAX, Mode.RETURN_VALUE, units // 3)
    liquid = thin.idle() + mark * (units // 3) // units
    assert seen(thin).liquid == liquid * BPS // (thin.idle() + mark)


@pytest.mark.parametrize("mark", [400_000 * 10**6, 2**111])
def test_liquid__strategy_lies_up_and_pays__hides_no_dryness(bed: Bed, mark: int) -> None:
    """All but ten tokens and what the liar holds is stuck: its word makes nothing else liquid."""
    bed.allocate(2, 1_000 * bed.unit)
    dry_up(bed, 11)
    level = seen(bed).liquid
    bed.mark(2, mark)
    assert level < 800
    for _ in range(3):
        assert seen(bed).liquid == pytest.approx(level, abs=1)
        bed.poke()
        assert is_dry(bed)


@pytest.mark.parametrize("mark", [400_000 * 10**6, 2**111])
def test_liquid__strategy_lies_up_and_pays_nothing__is_dry_by_its_reference_alone(
    bed: Bed, mark: int
) -> None:
    """A thousandth of the total cannot make the rest look stuck by claiming to be worth more than it."""
    bed.allocate(1, 1_000 * bed.unit)
    bed.dial(1, Group.LIQUIDITY, Mode.LIMITED, 0)
    level = seen(bed).liquid
    assert 9_980 <= level < BPS
    bed.mark(1, mark)
    for _ in range(3):
        assert seen(bed).liquid == pytest.approx(level, abs=1)
        bed.poke()
        assert not is_dry(bed)


@pytest.mark.parametrize("mark", [0, 1])
def test_liquid__total_of_nothing__is_good(bed: Bed, mark: int) -> None:
    bed.allocate(1, bed.idle())
    bed.mark(1, mark)
    found = seen(bed)
    assert (found.lo, found.liquid, found.veto) == (mark, BPS, True)
    bed.poke()
    assert not is_dry(bed)


# ------------------------------------------------------------------ answers


@pytest.mark.parametrize(
    ("mode", "param"),
    [
        (Mode.REVERT_REASON, 0),
        (Mode.REVERT_EMPTY, 0),
        (Mode.REVERT_BOMB, 0),
        (Mode.BURN_INVALID, 0),
        (Mode.BURN_LOOP, 0),
        (Mode.RETURN_NOTHING, 0),
        (Mode.RETURN_31, 0),
        (Mode.RETURN_64, 0),
        (Mode.RETURN_BOMB, 0),
        (Mode.RETURN_MAX, 0),
        (Mode.RETURN_VALUE, M112 + 1),
        (Mode.RETURN_VALUE, 0),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_liquid__answer_that_does_not_count__is_nothing(invested: Bed, mode: Mode, param: int) -> None:
    invested.dial(1, Group.MAX, mode, param)
    total = invested.totals()[0]
    found = seen(invested)
    assert found.liquid == (total - placed(invested)) * BPS // total
    assert (found.fall, found.dark, found.short, found.veto) == (0, 0, 0, False)


@pytest.mark.parametrize("more", [0, 1, M112])
def test_liquid__answer_beyond_the_units__is_all(invested: Bed, more: int) -> None:
    invested.dial(1, Group.MAX, Mode.RETURN_VALUE, min(placed(invested) + more, M112))
    assert seen(invested).liquid == BPS


def test_liquid__value_read_failed__is_nothing(invested: Bed) -> None:
    invested.fail(1)
    total = invested.totals()[0]
    assert seen(invested).liquid == (total - placed(invested)) * BPS // total


def test_liquid__quarantined__is_nothing_of_a_total_that_counts_it(invested: Bed) -> None:
    invested.quarantine(1)
    invested.fail(1, False)
    total = invested.idle() + 3 * placed(invested)
    assert seen(invested).liquid == (total - placed(invested)) * BPS // total


# ------------------------------------------------------------------ leavers


def test_liquid__leavers_wait__owed_cash_and_their_units_are_not_counted(leavers: Leavers) -> None:
    bed = leavers.drain()
    bed.settled()
    units, total = bed.units(1), bed.totals()[0]
    for amount in (units // 2, units - 1, units, units + bed.waiting(1)):
        bed.liquid(1, amount)
        liquid = bed.idle() + min(amount, units)
        assert seen(bed).liquid == liquid * BPS // total


def test_liquid__leavers_wait__their_part_of_a_loss_is_not_counted(leavers: Leavers) -> None:
    bed = leavers.drain()
    bed.settled()
    bed.poke()
    held, worth = bed.units(1), bed.worth(1)
    bed.lose(1, worth // 10)
    marked = bed.worth(1) * held // (held + bed.waiting(1))
    assert seen(bed).lo == pytest.approx(bed.idle() + bed.units(2) + bed.units(3) + marked, abs=1)


# ------------------------------------------------------------------ what is remembered


def test_dry__stored_by_a_poke_below_800__and_forgotten_at_800(bed: Bed) -> None:
    dry_up(bed)
    assert (is_dry(bed), bed.totals()[2]) == (False, False)
    bed.poke()
    assert (is_dry(bed), bed.totals()[2]) == (True, True)
    payable(bed, least_liquid(bed, 800))
    assert (is_dry(bed), bed.totals()[2]) == (True, True)
    bed.poke()
    assert (is_dry(bed), bed.totals()[2]) == (False, False)


@pytest.mark.parametrize("state", [CALM, STRESS, WINDDOWN])
@pytest.mark.parametrize("paused", [False, True])
def test_dry__set_and_cleared__touches_no_other_flag(bed: Bed, state: int, paused: bool) -> None:
    dry_up(bed)
    bed.govern("set_entry_paused(bool)", paused)
    bed.latch(state)
    before = flags(bed)
    for _ in range(2):
        bed.poke()
        assert flags(bed) == before | DRY
    bed.govern("set_entry_paused(bool)", not paused)
    bed.govern("set_entry_paused(bool)", paused)
    assert flags(bed) == before | DRY
    payable(bed, least_liquid(bed, 800))
    for _ in range(2):
        bed.poke()
        assert flags(bed) == before


def test_dry__liquidity_gone_since_the_poke__closes_nothing_yet(bed: Bed) -> None:
    dry_up(bed, 801)
    bed.poke()
    payable(bed, 0)
    assert bed.totals()[2] is False
    assert bed.view("maxDeposit(address)", bed.executor) > 0
