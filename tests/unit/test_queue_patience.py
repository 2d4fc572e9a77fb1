"""What a redeem for leavers must bring: it narrows over thirty days of failures, and by nothing else."""

from __future__ import annotations

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode
from tests.treasury import DAY, DEPOSITOR, LEAVER, Terms, deploy_hostile
from tests.unit.bed import ceil_div
from tests.unit.leavers import HOLDERS, SECOND, Leavers

MONTH = 2_592_000  # seconds after which leavers accept any price
SIGMA = 50  # bps, the strategies' tolerance


def least_patience(got: int, guard: int) -> int:
    """Seconds of failures after which leavers accept ``got`` for units worth ``guard``."""
    keep = 10_000 - SIGMA
    return next(t for t in range(MONTH + 1) if (got + 1) * 10_000 >= guard * (keep - keep * t // MONTH))


@pytest.fixture
def charging(dry: Leavers) -> Leavers:
    """As ``dry``; the strategy is liquid and charges more than its tolerance, which one redeem has shown."""
    dry.refill(1)
    dry.dial(1, Group.FEE, Mode.EXIT_FEE, 2_000)
    dry.unwind(1)
    assert dry.failing(1) == dry.now()
    return dry


@pytest.mark.parametrize("fee", [51, 2_000, 9_900])
def test_tolerance__charging_strategy__widens_over_thirty_days(dry: Leavers, fee: int) -> None:
    waiting = dry.waiting(1)
    dry.refill(1)
    dry.dial(1, Group.FEE, Mode.EXIT_FEE, fee)
    dry.unwind(1)
    start = dry.now()
    wait = least_patience(waiting - ceil_div(waiting * fee, 10_000), waiting)
    assert 0 < wait <= MONTH
    dry.at(start + wait - 1)
    dry.unwind(1)
    assert (dry.waiting(1), dry.failing(1)) == (waiting, start)
    dry.at(start + wait)
    dry.unwind(1)
    assert dry.waiting(1) == 0
    assert dry.of(1, LEAVER).pending == 0


def test_tolerance__after_thirty_days__accepts_nothing_at_all(dry: Leavers) -> None:
    dry.refill(1)
    dry.dial(1, Group.REDEEM, Mode.SHORT, 10_000)
    dry.unwind(1)
    start = dry.now()
    dry.at(start + MONTH - 1)
    dry.unwind(1)
    assert dry.waiting(1) > 0
    dry.at(start + MONTH)
    dry.unwind(1)
    assert dry.waiting(1) == 0


def test_tolerance__merely_illiquid__stays(dry: Leavers) -> None:
    for _ in range(3):
        dry.rpc.warp(MONTH)
        dry.unwind(1)
    assert dry.failing(1) == 0
    waiting = dry.waiting(1)
    dry.refill(1)
    dry.dial(1, Group.REDEEM, Mode.SHORT, SIGMA + 10)
    dry.unwind(1)
    assert dry.waiting(1) == waiting


def test_tolerance__progress__ends_the_failures(charging: Leavers) -> None:
    charging.dial(1, Group.FEE, Mode.HONEST)
    charging.rpc.warp(MONTH)
    charging.liquid(1, 100_000 * charging.unit)
    charging.unwind(1)
    assert charging.failing(1) == 0
    waiting = charging.waiting(1)
    charging.refill(1)
    charging.dial(1, Group.REDEEM, Mode.SHORT, SIGMA + 10)
    charging.unwind(1)
    assert (charging.waiting(1), charging.failing(1)) == (waiting, charging.now())


def test_tolerance__less_than_a_hundredth__is_no_progress(charging: Leavers) -> None:
    start, hundredth = charging.failing(1), ceil_div(charging.waiting(1), 100)
    charging.dial(1, Group.FEE, Mode.HONEST)
    charging.unwind(1, hundredth - 1)
    assert charging.failing(1) == start
    charging.unwind(1, hundredth)
    assert charging.failing(1) == 0


def test_tolerance__all_of_a_small_liquidity__is_progress(charging: Leavers) -> None:
    charging.dial(1, Group.FEE, Mode.HONEST)
    charging.liquid(1, 1_000_000)
    charging.unwind(1)
    assert charging.failing(1) == 0


def test_tolerance__others_join__shortens_the_time_by_their_units(charging: Leavers) -> None:
    start, left = charging.failing(1), charging.waiting(1)
    charging.drain(1)
    charging.rpc.warp(20 * DAY)
    charging.settled(SECOND)
    joined = charging.waiting(1) - left
    assert charging.failing(1) == charging.now() - (charging.now() - start) * left // (left + joined)


def test_tolerance__of_those_who_come_now__is_the_strategy_s(leavers: Leavers) -> None:
    leavers.rpc.warp(2 * MONTH)
    leavers.dial(1, Group.REDEEM, Mode.SHORT, SIGMA + 1)
    leavers.settled()
    assert leavers.waiting(1) > 0
    assert leavers.failing(1) == leavers.now()


def test_tolerance__both_in_one_redeem__counts_by_units(charging: Leavers) -> None:
    bed, shares = charging, charging.shares(SECOND)
    bed.rpc.warp(MONTH)
    waited, own = bed.waiting(1), bed.units(1) * shares // bed.supply()
    most = 10_000 - ceil_div(own * (10_000 - SIGMA), waited + own)
    bed.dial(1, Group.FEE, Mode.EXIT_FEE, most + 1)
    snapshot = bed.rpc.call("evm_snapshot")
    bed.exit_now(SECOND, shares)
    assert bed.waiting(1) == waited + own
    bed.rpc.call("evm_revert", snapshot)
    bed.dial(1, Group.FEE, Mode.EXIT_FEE, most)
    bed.exit_now(SECOND, shares)
    assert bed.waiting(1) == 0


# ------------------------------------------------------------------ what is expected


def test_tolerance__fee_that_the_strategy_tells__is_no_failure(rpc: Rpc) -> None:
    bed = Leavers.make(rpc)
    strategy = deploy_hostile(rpc, bed.asset)
    bed.strategies.append(strategy)
    bed.dial(1, Group.FEE, Mode.EXIT_FEE, 200)
    bed.strategies.clear()
    bed.list(strategy, Terms(charges_on_exit=True, tolerance=250))
    bed.fund()
    bed.allocate(1, 200_000 * bed.unit)
    bed.share_out()
    units = bed.fair(bed.shares(LEAVER))[1][1]
    cash = bed.fair(bed.shares(LEAVER))[0]
    bed.settled()
    assert bed.owed() == cash + units - ceil_div(units * 200, 10_000)
    assert bed.runoff(1) == (0, 0)


def test_tolerance__price_too_coarse_for_the_book__is_kept_by_the_guard(rpc: Rpc) -> None:
    """A unit so small that 10**18 of them were worth one wei: the guard still knows the price."""
    bed = Leavers.make(rpc)
    bed.list_hostile(offset=18)
    bed.fund()
    bed.allocate(1, 500 * bed.unit)
    bed.share_out().drain(1)
    bed.settled(*HOLDERS, DEPOSITOR)
    assert (bed.units(1), bed.position(1)[1]) == (0, 1)
    waiting = bed.waiting(1)
    bed.refill(1)
    bed.dial(1, Group.REDEEM, Mode.SHORT, SIGMA + 10)
    bed.unwind(1)
    assert bed.waiting(1) == waiting
    bed.dial(1, Group.REDEEM, Mode.SHORT, SIGMA)
    bed.unwind(1)
    assert bed.waiting(1) == 0
