"""Clean unwinds that a strategy owes after it twice paid less than it said: what counts and what ends it."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY, DEPOSITOR, HOUR, LEAVER, STRANGER
from tests.unit.bed import STRESS, ceil_div
from tests.unit.leavers import IN_KIND, SECOND, THIRD, Leavers
from tests.unit.watch import clean_owed, fall_short, pour, seen, through_contract, twice

SIGMA = 50  # bps, the strategies' tolerance
MONTH = 2_592_000  # seconds after which leavers accept any price


# ------------------------------------------------------------------ clean ones


def test_clean__through_a_contract__does_not_count(short: Leavers) -> None:
    for _ in range(4):
        pour(short)
        waiting = short.waiting(1)
        short.rpc.warp(HOUR)
        through_contract(short)
        assert short.waiting(1) < waiting
    assert clean_owed(short) == 3


def test_clean__three_whole_ones_an_hour_apart__owe_nothing_more(short: Leavers) -> None:
    for left in (2, 1, 0, 0):
        pour(short)
        short.rpc.warp(HOUR)
        short.unwind(1)
        assert clean_owed(short) == left
    assert short.waiting(1) > 0
    assert seen(short).short == 0


def test_clean__within_an_hour__counts_once(short: Leavers) -> None:
    """Liquidity that is lent for a moment, however often, is one clean unwind."""
    pour(short)
    short.unwind(1)
    begun = short.now()
    for after, left in ((60, 2), (HOUR - 1, 2), (HOUR, 1), (2 * HOUR - 1, 1), (2 * HOUR, 0)):
        pour(short)
        waiting = short.waiting(1)
        short.at(begun + after)
        short.unwind(1)
        assert (clean_owed(short), 0 < short.waiting(1) < waiting) == (left, True)


def test_clean__after_another_short_one__need_not_wait_for_the_clean_ones_before(short: Leavers) -> None:
    pour(short)
    short.unwind(1)
    fall_short(short)
    assert clean_owed(short) == 3
    short.drain(1)
    pour(short)
    short.unwind(1)
    assert clean_owed(short) == 2


def test_clean__a_part_of_what_could_be_had__does_not_count(short: Leavers) -> None:
    pour(short, 100_000)
    waiting = short.waiting(1)
    part = ceil_div(100_000 * short.unit * waiting, short.units(1) + waiting)
    for _ in range(4):
        short.rpc.warp(HOUR)
        short.unwind(1, part // 10)
    assert (clean_owed(short), short.waiting(1)) == (3, waiting - 4 * (part // 10))
    short.unwind(1)
    assert clean_owed(short) == 2


def test_clean__with_the_limit_at_the_whole_part__counts(short: Leavers) -> None:
    pour(short, 100_000)
    waiting = short.waiting(1)
    part = ceil_div(100_000 * short.unit * waiting, short.units(1) + waiting)
    snapshot = short.rpc.call("evm_snapshot")
    short.unwind(1, part - 1)
    assert clean_owed(short) == 3
    short.rpc.call("evm_revert", snapshot)
    short.unwind(1, part)
    assert clean_owed(short) == 2


def test_clean__nothing_to_be_had__does_not_count(short: Leavers) -> None:
    for _ in range(4):
        short.rpc.warp(HOUR)
        short.unwind(1)
    assert clean_owed(short) == 3


@pytest.mark.parametrize(("less", "left"), [(0, 2), (1, 3)])
def test_clean__of_a_hundredth_of_what_waits__counts_and_a_unit_less_does_not(
    short: Leavers, less: int, left: int
) -> None:
    waiting = short.waiting(1)
    whole = short.units(1) + waiting
    part = ceil_div(waiting, 100) - less
    short.liquid(1, short.coverage(1)[0] + part * (whole - short.coverage(1)[0]) // waiting)
    short.unwind(1)
    assert (waiting - short.waiting(1), clean_owed(short)) == (part, left)


def test_clean__dust_of_liquidity__does_not_count(short: Leavers) -> None:
    """Whoever lends the strategy a wei at a time does not make it clean."""
    for _ in range(4):
        short.liquid(1, short.coverage(1)[0] + 1)
        short.rpc.warp(HOUR)
        short.unwind(1)
    assert clean_owed(short) == 3


def test_clean__nothing_owed__stays_so(liquid: Leavers) -> None:
    for _ in range(2):
        pour(liquid)
        liquid.rpc.warp(HOUR)
        liquid.unwind(1)
        assert clean_owed(liquid) == 0


# ------------------------------------------------------------------ short payments


def paid_late(bed: Leavers, bps: int) -> None:
    """After half a month of failures: liquidity for a part of those who wait, ``bps`` of it kept back."""
    bed.dial(1, Group.REDEEM, Mode.SHORT, 10_000)
    bed.unwind(1)
    bed.rpc.warp(MONTH // 2)
    twice(bed, lambda: bed.unwind(1))
    assert clean_owed(bed) == 3
    bed.dial(1, Group.REDEEM, Mode.SHORT, bps)
    pour(bed, 100_000)


@pytest.mark.parametrize(("bps", "left"), [(0, 2), (SIGMA, 2), (SIGMA + 1, 3), (3_000, 3)])
def test_payment__within_the_tolerance__is_clean_and_beyond_it_is_short(
    liquid: Leavers, bps: int, left: int
) -> None:
    """Leavers accept more and more as they wait; the tolerance that the strategy is judged by stays."""
    paid_late(liquid, bps)
    waiting = liquid.waiting(1)
    liquid.unwind(1)
    assert liquid.waiting(1) < waiting
    assert clean_owed(liquid) == left


def test_payment__short_after_clean_ones__owes_three_again(short: Leavers) -> None:
    pour(short)
    short.unwind(1)
    assert clean_owed(short) == 2
    short.refill(1)
    short.dial(1, Group.REDEEM, Mode.SHORT, 4 * SIGMA)
    through_contract(short)
    assert short.failing(1) > 0
    short.rpc.warp(20 * HOUR)
    pour(short)
    waiting = short.waiting(1)
    short.unwind(1)
    assert (clean_owed(short), short.waiting(1) < waiting) == (3, True)


def test_payment__short_where_only_contracts_saw_the_failure__counts_as_one(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.SHORT, 2_000)
    through_contract(liquid)
    assert clean_owed(liquid) == 0
    liquid.rpc.warp(MONTH)
    pour(liquid, 100_000)
    waiting = liquid.waiting(1)
    liquid.unwind(1)
    assert (clean_owed(liquid), liquid.waiting(1) < waiting) == (0, True)
    pour(liquid, 100_000)
    liquid.rpc.warp(HOUR)
    liquid.unwind(1)
    assert clean_owed(liquid) == 3


def test_payment__loss_that_was_seen__is_not_short(liquid: Leavers) -> None:
    """The guard reference follows a loss that two pokes have seen."""
    fall_short(liquid)
    liquid.lose(1, 30_000 * liquid.unit)
    for _ in range(3):
        liquid.rpc.warp(HOUR)
        liquid.poke()
    pour(liquid, 100_000)
    liquid.unwind(1)
    assert clean_owed(liquid) == 2


# ------------------------------------------------------------------ when it ends


def test_end__all_are_paid__owes_nothing(short: Leavers) -> None:
    short.refill(1)
    short.unwind(1)
    assert (short.waiting(1), clean_owed(short), seen(short).short) == (0, 0, 0)


def test_end__the_last_unit_leaves_in_kind__owes_nothing(short: Leavers) -> None:
    short.ripen()
    short.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert (short.runoff(1), clean_owed(short)) == ((0, 0), 0)


def test_end__next_leavers__begin_without_a_debt(short: Leavers) -> None:
    short.refill(1)
    short.unwind(1)
    short.drain(1)
    short.settled(SECOND)
    assert clean_owed(short) == 0
    pour(short)
    short.unwind(1)
    assert clean_owed(short) == 0


def test_end__proceeds_wait_for_the_queue__still_owed(short: Leavers) -> None:
    """An agent's move has unwound everything; until the queue has credited it something still waits."""
    short.refill(1)
    short.deallocate(1, short.unit)
    assert short.runoff(1)[0] == 0 < short.runoff(1)[1]
    assert clean_owed(short) == 3
    short.unwind(1)
    assert clean_owed(short) == 0


@pytest.mark.parametrize(("after", "owed"), [(DAY, 3), (DAY + 1, 0)])
def test_end__poke_more_than_an_epoch_after_the_last_short_one__owes_nothing(
    dry: Leavers, after: int, owed: int
) -> None:
    fall_short(dry)
    last = dry.now() - 1  # the dial that was turned back is the latest block
    dry.at(last + after)
    dry.poke()
    assert (clean_owed(dry), seen(dry).short > 0) == (owed, False)


def test_owed__moves_and_pokes__keep_it(short: Leavers) -> None:
    short.deallocate(2, short.unit)
    short.poke()
    short.act(DEPOSITOR, "transfer(address,uint256)", STRANGER, 10**18)
    short.exit_now(THIRD, short.shares(THIRD))
    short.latch(STRESS)
    assert clean_owed(short) == 3
