"""Fees that a poke charges: both kinds to the wei, the mark, the day cap, and whom they reach."""

from __future__ import annotations

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode
from tests.treasury import DAY, DEPOSITOR, HOUR, LEAVER, MAX_UINT, STRANGER, Limits, Terms
from tests.unit.bed import BPS, CALM, DEPOSIT, M112, PLACED, SLICE, STRESS, TRANSFER, WITHDRAW, YEAR, Bed
from tests.unit.toll import COLLECTOR, FREE, MOST, SCALE, Bill, charged, frozen, mark_of, set_fees
from tests.unit.watch import seen, state


def rise(bed: Bed, tokens: int = 100) -> int:
    """Gain whole tokens in the first strategy, few enough to be booked in a day; returns asset wei."""
    bed.gain(1, tokens * bed.unit)
    return tokens * bed.unit


# ------------------------------------------------------------------ management


@pytest.mark.parametrize("rate", [1, 50, 200])
@pytest.mark.parametrize("seconds", [1, HOUR, DAY])
def test_management__time__is_charged_to_the_wei(invested: Bed, rate: int, seconds: int) -> None:
    set_fees(invested, rate, 0)
    invested.poke()
    lo = invested.totals()[0]
    bill = charged(invested, seconds)
    assert bill.management == lo * rate * seconds // (BPS * YEAR) > 0
    assert (bill.performance, bill.mark) == (0, 0)


def test_management__any_asset__is_charged_to_the_wei(any_invested: Bed) -> None:
    set_fees(any_invested, 200, 0)
    any_invested.poke()
    bill = charged(any_invested, DAY)
    worth = bill.shares * (any_invested.totals()[0] + 1) // any_invested.supply()
    assert bill.management - 1 <= worth <= bill.management


@pytest.mark.parametrize("days", [1, 2, 30, 4_000])
def test_management__long_silence__is_one_day_s(invested: Bed, days: int) -> None:
    set_fees(invested, 200, 0)
    invested.poke()
    lo = invested.totals()[0]
    assert charged(invested, days * DAY + 1).management == lo * 200 * DAY // (BPS * YEAR)


def test_management__a_year_of_daily_pokes__takes_the_rate_and_no_more(bed: Bed) -> None:
    set_fees(bed, 200, 0)
    bed.poke()
    shares = bed.shares(DEPOSITOR)
    worth = bed.view("convertToAssets(uint256)", shares)
    for _ in range(365):
        bed.at(bed.now() + DAY)
        bed.poke()
    left = bed.view("convertToAssets(uint256)", shares)
    daily = 1 - 200 / BPS / 365
    assert worth * 9_800 // BPS <= left
    assert left == pytest.approx(worth * daily**365, rel=1e-9)


def test_management__hardly_any__is_no_event(rpc: Rpc) -> None:
    bed = Bed.make(rpc, seed=10**6)
    bed.fund_nothing()
    set_fees(bed, 1, 0)
    bed.poke()
    frozen(bed)


# ------------------------------------------------------------------ performance


@pytest.mark.parametrize("rate", [1, 1_000, 2_000])
def test_performance__gain_above_the_mark__is_shared(any_invested: Bed, rate: int) -> None:
    bed = any_invested
    set_fees(bed, 0, rate)
    assert charged(bed).shares == 0
    gained = rise(bed)
    before = bed.totals()[0]
    bill = charged(bed, DAY)
    assert bed.totals()[0] == pytest.approx(before + gained, abs=1)
    assert bill.performance == pytest.approx(gained * rate // BPS, abs=max(2, gained * rate // 10**14))
    assert bill.management == 0


def test_performance__first_poke__sets_the_mark_and_charges_nothing(invested: Bed) -> None:
    rise(invested)
    set_fees(invested, 0, 2_000)
    assert mark_of(invested) == 0
    bill = charged(invested, DAY)
    price = (invested.totals()[0] + 1) * invested.virtual * SCALE
    assert (bill.performance, bill.shares) == (0, 0)
    assert 0 <= bill.mark * invested.supply() - price < invested.supply()


@pytest.mark.parametrize("days", [0, 1, 2])
def test_performance__price_held_down__sets_no_first_mark(invested: Bed, days: int) -> None:
    """Prices a little lower than they are, when the first mark is due, would be a gain when they are back."""
    bed, worth = invested, invested.totals()[0]
    bed.poke()
    set_fees(bed, 0, 2_000)
    for identifier in (1, 2, 3):
        bed.dial(identifier, Group.READ, Mode.LIE_DOWN, 480)
    for _ in range(2):
        assert 1 < seen(bed).fall <= 300
        assert charged(bed, HOUR, low=True) == Bill(0, 0, 0, 0)
    for identifier in (1, 2, 3):
        bed.dial(identifier, Group.READ, Mode.HONEST)
    assert charged(bed).mark > 0
    assert bed.totals()[0] == pytest.approx(worth, abs=3)
    for _ in range(days):
        assert charged(bed, DAY).performance == 0
    assert bed.shares(COLLECTOR) == 0


@pytest.mark.parametrize(("lost", "low"), [(0, False), (1, False), (60 * 10**6, False), (200 * 10**6, True)])
def test_performance__first_mark__is_taken_up_to_a_fall_of_a_basis_point(
    invested: Bed, lost: int, low: bool
) -> None:
    invested.poke()
    set_fees(invested, 10, 2_000)
    invested.mark(1, invested.position(1)[1] - lost)
    assert seen(invested).fall == (0 if lost == 0 else 2 if low else 1)
    bill = charged(invested, HOUR, low=low)
    assert (bill.mark > 0, bill.performance, bill.management > 0) == (not low, 0, True)


def test_performance__held_down_with_a_mark__keeps_it_and_is_charged_once(invested: Bed) -> None:
    set_fees(invested, 0, 2_000)
    mark = charged(invested).mark
    invested.dial(1, Group.READ, Mode.LIE_DOWN, 480)
    assert charged(invested).mark == mark
    invested.dial(1, Group.READ, Mode.HONEST)
    assert charged(invested).performance == 0


def test_performance__again_without_gain__is_nothing(invested: Bed) -> None:
    set_fees(invested, 0, 2_000)
    charged(invested)
    rise(invested)
    assert charged(invested, DAY).performance > 0
    for seconds in (1, HOUR, DAY):
        bill = charged(invested, seconds)
        assert (bill.performance, bill.shares) == (0, 0)


def test_performance__not_booked__is_not_charged(invested: Bed) -> None:
    set_fees(invested, 0, 2_000)
    charged(invested)
    invested.mark(1, 2 * PLACED * invested.unit)
    booked = invested.position(1)[1]
    bill = charged(invested, HOUR)
    gained = invested.position(1)[1] - booked
    assert 0 < gained < PLACED * invested.unit // 1_000
    assert bill.performance <= gained * 2_000 // BPS


def test_mark__fall_and_recovery__is_charged_once(invested: Bed) -> None:
    set_fees(invested, 0, 2_000)
    charged(invested)
    rise(invested)
    high = charged(invested, DAY).mark
    invested.lose(1, 200 * invested.unit)
    assert charged(invested, HOUR).mark == high
    rise(invested, 200)
    bill = charged(invested, DAY)
    assert (bill.performance, bill.mark) == (0, pytest.approx(high, rel=1e-9))
    rise(invested, 50)
    assert charged(invested, DAY).performance == pytest.approx(10 * invested.unit, rel=1e-3)


def test_mark__deposits_and_exits__do_not_move_it(invested: Bed) -> None:
    bed = invested
    set_fees(bed, 0, 2_000)
    mark = charged(bed).mark
    bed.deposit(LEAVER, 500_000 * bed.unit)
    assert (charged(bed).shares, mark_of(bed)) == (0, pytest.approx(mark, rel=1e-12))
    bed.act(DEPOSITOR, SLICE, bed.shares(DEPOSITOR) // 2, DEPOSITOR, DEPOSITOR, 0)
    bill = charged(bed)
    assert bill.performance <= 1
    assert bill.mark == pytest.approx(mark, rel=1e-9)


# ------------------------------------------------------------------ both


def test_both__performance__counts_what_management_leaves(any_invested: Bed) -> None:
    bed = any_invested
    set_fees(bed, *MOST)
    charged(bed)
    gained = rise(bed)
    bill = charged(bed, DAY)
    kept = gained - bill.management
    assert bill.management > 0
    assert bill.performance == pytest.approx(kept * 2_000 // BPS, rel=1e-6)


def test_both__gain_below_management__is_no_performance(invested: Bed) -> None:
    set_fees(invested, *MOST)
    charged(invested)
    rise(invested, 1)
    bill = charged(invested, DAY)
    assert bill.management > invested.unit
    assert bill.performance == 0


def test_both__of_nothing_left__is_nothing(bed: Bed) -> None:
    """All is lost: the rest is a wei or two, and fees of it round to nothing."""
    bed.allocate(1, bed.idle())
    set_fees(bed, *MOST)
    charged(bed)
    bed.mark(1, 0)
    frozen(bed, DAY)
    bed.rpc.warp(3 * DAY)
    bed.poke()
    assert bed.totals() == (0, 0, False)
    assert charged(bed, DAY).shares == 0


@pytest.mark.parametrize("management", [0, 200])
def test_both__amounts_near_what_a_word_holds__are_charged_exactly(rpc: Rpc, management: int) -> None:
    """A fee of a huge total times all shares exceeds 256 bits: the poke, and with it the Sentinel, go on."""
    bed = Bed.make(rpc, 6, limits=Limits(deposit_cap=M112))
    bed.list_hostile(1, Terms(max_rate=65_535))
    bed.seal()
    bed.rpc.warp(DAY)
    amount = 2**111 + 2**110
    bed.deposit(DEPOSITOR, amount)
    bed.allocate(1, amount * 9 // 10)
    set_fees(bed, management, 2_000)
    assert charged(bed).mark > 0
    bed.latch(STRESS)
    bed.gain(1, amount // 20)
    for _ in range(5):
        bed.rpc.warp(DAY)
        bed.poke()
    bed.latch(CALM)
    supply = bed.supply()
    bill = charged(bed, DAY)
    assert bill.performance > amount // 200
    assert (bill.management + bill.performance) * supply > MAX_UINT
    bed.watch()
    assert state(bed) == CALM


# ------------------------------------------------------------------ when they begin and end


def test_set_fees__in_the_middle_of_a_day__charges_the_day_s_rest_at_the_next_poke(invested: Bed) -> None:
    """Management counts from the last poke: a poke in the same block as `set_fees` would charge it, too."""
    invested.poke()
    invested.rpc.warp(HOUR)
    set_fees(invested, 200, 0)
    assert charged(invested).management > 0


def test_set_fees__other_rate__keeps_the_mark(invested: Bed) -> None:
    set_fees(invested, 0, 1_000)
    mark = charged(invested).mark
    rise(invested)
    set_fees(invested, 10, 2_000, STRANGER)
    assert mark_of(invested) == mark
    set_fees(invested, 0, 2_000)
    assert charged(invested, DAY).performance == pytest.approx(20 * invested.unit, rel=1e-3)


def test_set_fees__performance_off_and_on__forgets_the_mark(invested: Bed) -> None:
    set_fees(invested, 0, 2_000)
    charged(invested)
    set_fees(invested, 200, 0)
    rise(invested)
    charged(invested, DAY)
    set_fees(invested, 0, 2_000)
    assert mark_of(invested) == 0
    assert charged(invested, DAY).performance == 0
    rise(invested)
    assert charged(invested, DAY).performance > 0


def test_set_fees__off__charges_nothing(invested: Bed) -> None:
    set_fees(invested, *MOST)
    charged(invested)
    set_fees(invested, *FREE)
    rise(invested)
    frozen(invested, DAY)


def test_fees__another_receiver__gets_them_from_then_on(invested: Bed) -> None:
    set_fees(invested, 200, 0)
    held = charged(invested, DAY).shares
    set_fees(invested, 200, 0, STRANGER)
    invested.rpc.warp(DAY)
    invested.poke()
    assert invested.shares(COLLECTOR) == held
    assert invested.shares(STRANGER) > 0


# ------------------------------------------------------------------ what the receiver gets


def test_receiver__shares__can_be_used_at_once(invested: Bed) -> None:
    invested.rpc.call("anvil_setBalance", COLLECTOR, hex(10**20))
    set_fees(invested, 200, 0)
    shares = charged(invested, DAY).shares
    assert invested.view("unlock_time(address)", COLLECTOR) <= invested.now()
    invested.act(COLLECTOR, TRANSFER, LEAVER, shares // 3)
    invested.act(COLLECTOR, SLICE, shares // 3, COLLECTOR, COLLECTOR, 1)
    for _ in range(2):
        invested.rpc.warp(DAY)
        invested.poke()
    invested.act(COLLECTOR, WITHDRAW, 1, COLLECTOR, COLLECTOR)


def test_receiver__own_deposit__is_not_seasoned_longer(invested: Bed) -> None:
    invested.rpc.call("anvil_setBalance", COLLECTOR, hex(10**20))
    set_fees(invested, 200, 0)
    invested.deposit(COLLECTOR, 1_000 * invested.unit)
    unlock = invested.view("unlock_time(address)", COLLECTOR)
    charged(invested, 60)
    assert invested.now() < invested.view("unlock_time(address)", COLLECTOR) <= unlock


# ------------------------------------------------------------------ who pays


def test_deposit_poke_exit__pays_what_the_fee_leaves(rpc: Rpc) -> None:
    bed = Bed.make(rpc)
    bed.list_hostile(2, Terms(max_rate=0))
    bed.fund().invest()
    bed.limits(hold=0)
    set_fees(bed, *MOST)
    charged(bed)
    amount = 300_000 * bed.unit
    bed.mint(STRANGER, amount)
    bed.rpc.warp(DAY - 2)
    bed.act(STRANGER, DEPOSIT, amount, STRANGER)
    shares = bed.shares(STRANGER)
    bill = charged(bed)
    taken, lo = bill.management + bill.performance, bed.totals()[0]
    bed.act(STRANGER, SLICE, shares, STRANGER, STRANGER, 0)
    left = amount - amount * taken // lo
    assert left - 5 <= bed.assets(STRANGER) <= left
