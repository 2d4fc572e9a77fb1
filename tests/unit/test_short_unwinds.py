"""Clean unwinds that a strategy owes after it paid less than it said: what counts and what ends it."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.errors import Reverted
from tests.modes import Group, Mode
from tests.treasury import DAY, DEPOSITOR, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import M112, STRESS, WINDDOWN, calling_constructor, ceil_div, deploy_caller, payload
from tests.unit.leavers import IN_KIND, SECOND, STRATEGY_DUST, THIRD, UNWIND, Leavers
from tests.unit.watch import clean_owed, fall_short, seen

SIGMA = 50  # bps, the strategies' tolerance
MONTH = 2_592_000  # seconds after which leavers accept any price


@pytest.fixture
def liquid(dry: Leavers) -> Leavers:
    """A tenth of the first strategy waits, and it could pay everything."""
    dry.refill(1)
    return dry


@pytest.fixture
def short(dry: Leavers) -> Leavers:
    """A tenth of the first strategy waits; an unwind has failed, and nothing is liquid now."""
    fall_short(dry)
    dry.drain(1)
    return dry


def through_contract(bed: Leavers, sender: str = STRANGER) -> dict[str, Any]:
    """Unwind through a contract."""
    caller = deploy_caller(bed.rpc)
    arguments = (bed.queue, payload(UNWIND, 1, MAX_UINT), 0)
    return bed.rpc.transact(sender, caller, "forward(address,bytes,uint256)", *arguments)


def pour(bed: Leavers, tokens: int = 10_000) -> None:
    """Let the first strategy pay so much more than the stayers' covered part."""
    bed.liquid(1, bed.coverage(1)[0] + tokens * bed.unit)


# ------------------------------------------------------------------ a failure


@pytest.mark.parametrize(
    ("mode", "param"),
    [
        (Mode.REVERT_REASON, 0),
        (Mode.REVERT_EMPTY, 0),
        (Mode.BURN_LOOP, 0),
        (Mode.NO_OP, 0),
        (Mode.SHORT, SIGMA + 1),
        (Mode.SHORT, 10_000),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_failure__direct__owes_three(liquid: Leavers, mode: Mode, param: int) -> None:
    liquid.dial(1, Group.REDEEM, mode, param)
    waiting = liquid.waiting(1)
    liquid.unwind(1)
    assert (clean_owed(liquid), liquid.waiting(1), liquid.failing(1)) == (3, waiting, liquid.now())
    assert seen(liquid).short > 0
    assert [clean_owed(liquid, other) for other in (2, 3)] == [0, 0]


def test_failure__of_a_part__owes_three_too(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    liquid.unwind(1, STRATEGY_DUST)
    assert clean_owed(liquid) == 3


def test_failure__again__owes_three_still(short: Leavers) -> None:
    pour(short)
    short.unwind(1)
    assert clean_owed(short) == 2
    fall_short(short)
    assert clean_owed(short) == 3


@pytest.mark.parametrize("state", [STRESS, WINDDOWN])
def test_failure__in_any_state__owes_three(liquid: Leavers, state: int) -> None:
    liquid.latch(state)
    fall_short(liquid)
    assert clean_owed(liquid) == 3


@pytest.mark.parametrize(
    ("group", "mode"),
    [(Group.MAX, Mode.REVERT_REASON), (Group.MAX, Mode.RETURN_MAX), (Group.LIQUIDITY, Mode.LIMITED)],
)
def test_illiquid__is_no_failure(liquid: Leavers, group: Group, mode: Mode) -> None:
    """Who says that nothing can be had has not paid less than it said."""
    liquid.dial(1, group, mode, 0)
    liquid.unwind(1)
    assert (clean_owed(liquid), liquid.failing(1)) == (0, 0)


def test_quarantined__is_no_failure(liquid: Leavers) -> None:
    liquid.quarantine(1)
    liquid.unwind(1)
    assert clean_owed(liquid) == 0


@pytest.mark.parametrize(("units", "left"), [(5, 0), (499, 0), (500, 500), (999, 999)])
def test_failure__of_dust__owes_nothing(liquid: Leavers, units: int, left: int) -> None:
    liquid.unwind(1, liquid.waiting(1) - units)
    liquid.dial(1, Group.REDEEM, Mode.SHORT, 10_000)
    liquid.unwind(1)
    assert (clean_owed(liquid), liquid.failing(1), liquid.waiting(1)) == (0, 0, left)


# ------------------------------------------------------------------ who asks


def test_failure__through_a_contract__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    through_contract(liquid)
    assert (clean_owed(liquid), liquid.failing(1)) == (0, liquid.now())


def test_failure__contract_in_its_constructor__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    code = calling_constructor(liquid.queue, payload(UNWIND, 1, MAX_UINT))
    liquid.rpc.send({"from": STRANGER, "data": code})
    assert (clean_owed(liquid), liquid.failing(1)) == (0, liquid.now())


def test_failure__account_with_code__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    liquid.rpc.call("anvil_setCode", THIRD, "0xef0100" + "11" * 20)
    liquid.line(THIRD, UNWIND, 1, MAX_UINT)
    assert (clean_owed(liquid), liquid.failing(1)) == (0, liquid.now())


def test_failure__inside_settle_or_exit_now__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    liquid.exit_now(THIRD, liquid.shares(THIRD))
    assert (clean_owed(liquid), liquid.failing(1)) == (0, liquid.now())
    liquid.settled(SECOND)
    assert clean_owed(liquid) == 0


@pytest.mark.parametrize("mover", ["executor", "stranger"])
def test_failure__before_a_move_of_capital__owes_nothing(liquid: Leavers, mover: str) -> None:
    liquid.dial(1, Group.REDEEM, Mode.SHORT, SIGMA + 10)
    try:
        if mover == "executor":
            liquid.deallocate(1, liquid.unit)
        else:
            liquid.act(STRANGER, "evacuate(uint256,uint256)", 1, M112)
    except Reverted:
        pass  # the move itself fails, too, and takes everything with it
    assert clean_owed(liquid) == 0


def test_failure__in_kind_credits_first__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    liquid.ripen()
    liquid.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert clean_owed(liquid) == 0


def test_clean__through_a_contract__does_not_count(short: Leavers) -> None:
    for _ in range(4):
        pour(short)
        waiting = short.waiting(1)
        through_contract(short)
        assert short.waiting(1) < waiting
    assert clean_owed(short) == 3


def test_short_payment__through_a_contract__does_not_count(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.SHORT, 2_000)
    through_contract(liquid)
    liquid.rpc.warp(MONTH)
    liquid.liquid(1, 100_000 * liquid.unit)
    through_contract(liquid)
    assert (clean_owed(liquid), liquid.waiting(1) > 0) == (0, True)


# ------------------------------------------------------------------ clean ones


def test_clean__three_whole_ones__owe_nothing_more(short: Leavers) -> None:
    for left in (2, 1, 0, 0):
        pour(short)
        short.unwind(1)
        assert clean_owed(short) == left
    assert short.waiting(1) > 0
    assert seen(short).short == 0


def test_clean__a_part_of_what_could_be_had__does_not_count(short: Leavers) -> None:
    pour(short, 100_000)
    waiting = short.waiting(1)
    part = ceil_div(100_000 * short.unit * waiting, short.units(1) + waiting)
    for _ in range(4):
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
        short.unwind(1)
    assert clean_owed(short) == 3


def test_clean__nothing_owed__stays_so(liquid: Leavers) -> None:
    for _ in range(2):
        pour(liquid)
        liquid.unwind(1)
        assert clean_owed(liquid) == 0


# ------------------------------------------------------------------ short payments


def paid_late(bed: Leavers, bps: int) -> None:
    """After a month of failures: liquidity for a part of those who wait, ``bps`` of it kept back."""
    bed.dial(1, Group.REDEEM, Mode.SHORT, 10_000)
    bed.unwind(1)
    bed.rpc.warp(MONTH // 2)
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
    short.dial(1, Group.REDEEM, Mode.SHORT, 2_000)
    through_contract(short)
    assert short.failing(1) > 0
    short.rpc.warp(MONTH)
    pour(short)
    short.unwind(1)
    assert clean_owed(short) == 3


def test_payment__short_where_only_contracts_saw_the_failure__owes_three(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.SHORT, 2_000)
    through_contract(liquid)
    assert clean_owed(liquid) == 0
    liquid.rpc.warp(MONTH)
    pour(liquid, 100_000)
    liquid.unwind(1)
    assert clean_owed(liquid) == 3


def test_payment__loss_that_was_seen__is_not_short(liquid: Leavers) -> None:
    """The guard reference follows a loss that two pokes have seen."""
    fall_short(liquid)
    liquid.lose(1, 30_000 * liquid.unit)
    for _ in range(3):
        liquid.rpc.warp(DAY)
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


def test_owed__moves_and_pokes__keep_it(short: Leavers) -> None:
    short.deallocate(2, short.unit)
    short.poke()
    short.act(DEPOSITOR, "transfer(address,uint256)", STRANGER, 10**18)
    short.exit_now(THIRD, short.shares(THIRD))
    short.latch(STRESS)
    assert clean_owed(short) == 3
