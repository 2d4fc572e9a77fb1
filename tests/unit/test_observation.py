"""What a poke sees: price, age, quarantine and short unwinds; every level at its threshold and beside it."""

from __future__ import annotations

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode
from tests.treasury import DAY, HOUR, LEAVER, Terms, deploy_hostile
from tests.unit.bed import BPS, CALM, PLACED, QUARANTINED, STRESS, SUSPECT, WINDDOWN, Bed, ceil_div
from tests.unit.leavers import Leavers
from tests.unit.watch import Observation, fall_short, poked_at, seen


def placed(bed: Bed) -> int:
    """What stands in each strategy."""
    return PLACED * bed.unit


def first_total(bed: Bed) -> int:
    """What stands in idle and in the strategies at their first price, asset wei."""
    return bed.idle() + 3 * placed(bed)


def level_of(bed: Bed, mark: int) -> int:
    """The fall in bps while the first strategy is marked at ``mark``."""
    return ceil_div((placed(bed) - mark) * BPS, first_total(bed))


# ------------------------------------------------------------------ all is well


def test_observation__calm__has_nothing_to_tell(any_invested: Bed) -> None:
    bed = any_invested
    age = bed.now() + 1 - poked_at(bed)
    assert seen(bed) == Observation(bed.totals()[0], age, 0, BPS, 0, 0, CALM, False)


def test_observation__idle_only__is_liquid(bed: Bed) -> None:
    age = bed.now() + 1 - poked_at(bed)
    assert seen(bed) == Observation(bed.idle(), age, 0, BPS, 0, 0, CALM, False)


def test_observation__empty_strategies_fail__adds_nothing(bed: Bed) -> None:
    bed.fail(1)
    age = bed.now() + 1 - poked_at(bed)
    assert seen(bed) == Observation(bed.idle(), age, 0, BPS, 0, 0, CALM, False)


@pytest.mark.parametrize("state", [CALM, STRESS, WINDDOWN])
def test_observation__state__is_told(invested: Bed, state: int) -> None:
    invested.latch(STRESS)
    invested.latch(state)
    assert seen(invested).state == state


def test_observation__gain__is_in_no_signal_and_booked_in_lo(invested: Bed) -> None:
    invested.poke()
    invested.gain(1, placed(invested) // 10)
    before = invested.totals()[0]
    found = seen(invested)
    invested.poke()
    assert before < found.lo == invested.totals()[0]
    assert (found.fall, found.liquid, found.veto) == (0, BPS, False)


# ------------------------------------------------------------------ age


@pytest.mark.parametrize("seconds", [1, HOUR, 2 * DAY, 400 * DAY])
def test_age__since_the_poke_before__in_seconds(invested: Bed, seconds: int) -> None:
    invested.poke()
    invested.rpc.warp(seconds - 1)
    assert seen(invested).age == seconds


def test_age__before_the_first_poke__counts_from_the_first_listing(unsealed: Bed) -> None:
    unsealed.rpc.warp(DAY)
    assert seen(unsealed).age == 0
    unsealed.list_hostile()
    listed = unsealed.now()
    assert poked_at(unsealed) == listed
    unsealed.rpc.warp(100)
    unsealed.list_hostile()
    assert poked_at(unsealed) == listed
    assert seen(unsealed).age == unsealed.now() + 1 - listed


def test_age__poked_before_any_listing__counts_from_the_poke(unsealed: Bed) -> None:
    unsealed.poke()
    then = unsealed.now()
    unsealed.rpc.warp(100)
    unsealed.list_hostile()
    assert poked_at(unsealed) == then


# ------------------------------------------------------------------ fall


@pytest.mark.parametrize("level", [1, 50, 299, 300])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_fall__at_a_level__is_rounded_up_and_closes_above_300(invested: Bed, level: int, more: int) -> None:
    bed, whole = invested, first_total(invested)
    assert whole * level % BPS == 0
    mark = placed(bed) - whole * level // BPS - more
    found = level + (more == 1)
    age = bed.now() + 2 - poked_at(bed)
    bed.mark(1, mark)
    assert bed.totals()[2] is (found > 300)
    lo = bed.idle() + 2 * placed(bed) + mark
    assert seen(bed) == Observation(lo, age, found, BPS, 0, 0, CALM, found > 300)


@pytest.mark.parametrize(("level", "closed"), [(299, False), (301, True)])
def test_fall__poked__closes_as_before(invested: Bed, level: int, closed: bool) -> None:
    bed = invested
    bed.mark(1, placed(bed) - first_total(bed) * level // BPS)
    for _ in range(3):
        assert (seen(bed).fall, seen(bed).veto, bed.totals()[2]) == (level, closed, closed)
        bed.poke()


def test_fall__one_wei__is_a_basis_point(invested: Bed) -> None:
    invested.lose(1, 1)
    assert invested.worth(1) == placed(invested) - 1
    assert seen(invested).fall == 1


def test_fall__again_and_again__counts_from_the_reference(invested: Bed) -> None:
    bed = invested
    for part in (99, 98, 90):
        mark = placed(bed) * part // 100
        bed.mark(1, mark)
        bed.poke()
        assert seen(bed).fall == level_of(bed, mark)


@pytest.mark.parametrize("lie", [PLACED * 13 * 10**5, 2**111])
def test_fall__strategy_lies_up__hides_nothing_of_it(invested: Bed, lie: int) -> None:
    """What a strategy says beyond its reference makes up for nothing that another has lost."""
    bed, mark = invested, placed(invested) * 8 // 10
    bed.mark(1, mark)
    bed.mark(2, lie)
    for _ in range(4):
        found = seen(bed)
        assert (found.fall, found.veto) == (level_of(bed, mark), True)
        bed.poke()


def test_fall__recovered__is_gone(invested: Bed) -> None:
    invested.mark(1, placed(invested) // 2)
    invested.poke()
    invested.mark(1, placed(invested))
    assert (seen(invested).fall, seen(invested).veto) == (0, False)


def test_fall__after_two_days__is_forgotten(invested: Bed) -> None:
    invested.mark(1, placed(invested) // 2)
    invested.poke()
    invested.rpc.warp(2 * DAY)
    invested.poke()
    assert (seen(invested).fall, seen(invested).veto) == (0, False)


@pytest.mark.parametrize("mark", [0, 1, 100, PLACED])
def test_fall__nearly_all_of_a_strategy__is_not_understated(invested: Bed, mark: int) -> None:
    """A strategy that is dead weighs as much as one that fell by its whole value."""
    invested.mark(1, mark)
    for _ in range(2):
        found = seen(invested)
        assert found.fall == level_of(invested, mark)
        assert found.veto
        invested.poke()


def test_fall__dead_strategy_fails_too__is_not_forgotten(invested: Bed) -> None:
    invested.mark(1, 0)
    invested.poke()
    invested.fail(1)
    assert seen(invested).fall == level_of(invested, 0)


# ------------------------------------------------------------------ reads that fail


def test_read_fails__book_counts__and_closes(invested: Bed) -> None:
    bed = invested
    bed.fail(1)
    total = bed.totals()[0]
    age = bed.now() + 1 - poked_at(bed)
    liquid = (total - placed(bed)) * BPS // total
    assert seen(bed) == Observation(total, age, 0, liquid, 0, 0, CALM, True)
    bed.poke()
    assert bed.status(1) == SUSPECT
    assert seen(bed).veto
    bed.fail(1, False)
    assert not seen(bed).veto


def test_read_fails__after_a_fall__remembers_the_reference(invested: Bed) -> None:
    bed, mark = invested, placed(invested) * 9 // 10
    bed.mark(1, mark)
    bed.poke()
    level = level_of(bed, mark)
    bed.fail(1)
    assert seen(bed).fall == level


def test_charges_on_exit__previewed_redeem__is_the_mark(rpc: Rpc) -> None:
    bed = Bed.make(rpc)
    strategy = deploy_hostile(rpc, bed.asset)
    rpc.transact(LEAVER, strategy, "set_mode(uint8,uint8,uint256)", Group.FEE, Mode.EXIT_FEE, 100)
    bed.list(strategy, Terms(charges_on_exit=True, tolerance=150, band=1_000))
    bed.fund().invest()
    paid = placed(bed) - placed(bed) // 100
    assert seen(bed).lo == bed.idle() + paid == bed.totals()[0]
    bed.dial(1, Group.FEE, Mode.EXIT_FEE, 3_000)
    found = seen(bed)
    assert found.lo == bed.idle() + placed(bed) * 7 // 10
    assert found.fall > 300


# ------------------------------------------------------------------ quarantine


@pytest.mark.parametrize(("over", "level"), [(-1, 500), (0, 500), (1, 501)])
def test_dark__share_of_the_total__is_rounded_up_and_closes_above_500(
    bed: Bed, over: int, level: int
) -> None:
    total = bed.idle()
    part = total * 500 // BPS + over
    assert total * 500 % BPS == 0
    bed.allocate(1, part)
    bed.quarantine(1)
    liquid = (total - part) * BPS // total
    assert seen(bed) == Observation(total - part, 1, 0, liquid, level, 0, CALM, level > 500)
    bed.poke()
    assert bed.totals() == (total - part, total, level > 500)


def test_dark__one_wei_of_book__is_a_basis_point(bed: Bed) -> None:
    bed.allocate(1, 10**6)
    bed.quarantine(1)
    assert seen(bed).dark == 1


def test_dark__fall_before__counts_no_more(invested: Bed) -> None:
    bed = invested
    bed.mark(1, placed(bed) * 8 // 10)
    bed.poke()
    bed.quarantine(1)
    found = seen(bed)
    book = placed(bed) * 8 // 10
    assert (found.fall, found.dark) == (0, ceil_div(book * BPS, bed.idle() + 2 * placed(bed) + book))


def test_dark__written_down__is_nothing(invested: Bed) -> None:
    invested.quarantine(1)
    invested.govern("write_down(uint256)", 1)
    found = seen(invested)
    assert (found.dark, found.liquid, found.veto) == (0, BPS, False)


def test_dark__strategy_lies_up__hides_nothing_of_it(invested: Bed) -> None:
    bed = invested
    bed.mark(2, 2**111)
    bed.quarantine(1)
    found = seen(bed)
    assert (found.dark, found.veto) == (pytest.approx(placed(bed) * BPS / first_total(bed), abs=2), True)


def test_dark__answers_again__stays_until_it_is_ok(invested: Bed) -> None:
    invested.quarantine(1)
    invested.fail(1, False)
    assert seen(invested).dark == ceil_div(placed(invested) * BPS, first_total(invested))
    assert invested.status(1) == QUARANTINED


# ------------------------------------------------------------------ short unwinds


def test_short__after_an_unwind_failed__is_the_strategy_s_share(dry: Leavers) -> None:
    fall_short(dry)
    book, hi = dry.position(1)[1], dry.totals()[1]
    found = seen(dry)
    assert (found.short, found.veto) == (ceil_div(book * BPS, hi), False)
    assert found.short > 500


def test_short__quarantined__counts_too(dry: Leavers) -> None:
    fall_short(dry)
    level = seen(dry).short
    dry.quarantine(1)
    found = seen(dry)
    assert (found.short, found.dark) == (level, level)


def test_short__strategy_lies_up__hides_nothing_of_it(dry: Leavers) -> None:
    fall_short(dry)
    level = seen(dry).short
    dry.mark(2, 2**111)
    assert seen(dry).short == level > 500
    dry.poke()
    assert seen(dry).short == pytest.approx(level, abs=1)


def test_short__several__add_up(leavers: Leavers) -> None:
    bed = leavers.drain()
    bed.settled()
    fall_short(bed, 1)
    fall_short(bed, 3)
    books = bed.position(1)[1] + bed.position(3)[1]
    assert seen(bed).short == ceil_div(books * BPS, bed.totals()[1])
