"""Failed unwinds that are held against a strategy: two an hour apart that an account asked for."""

from __future__ import annotations

import pytest

from ganglion.devnet.errors import Reverted
from tests.modes import Group, Mode
from tests.treasury import DAY, HOUR, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import M112, STRESS, WINDDOWN, calling_constructor, ceil_div, payload
from tests.unit.leavers import IN_KIND, SECOND, STRATEGY_DUST, THIRD, UNWIND, Leavers
from tests.unit.watch import clean_owed, fall_short, pour, seen, through_contract, twice

SIGMA = 50  # bps, the strategies' tolerance
MONTH = 2_592_000  # seconds after which leavers accept any price


# ------------------------------------------------------------------ a failure


@pytest.mark.parametrize(
    ("mode", "param"),
    [
        (Mode.REVERT_REASON, 0),
        (Mode.REVERT_EMPTY, 0),
        (Mode.BURN_LOOP, 0),
        (Mode.NO_OP, 0),
        (Mode.SHORT, SIGMA + 20),
        (Mode.SHORT, 10_000),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_failure__direct_twice_an_hour_apart__owes_three(liquid: Leavers, mode: Mode, param: int) -> None:
    liquid.dial(1, Group.REDEEM, mode, param)
    waiting = liquid.waiting(1)
    liquid.unwind(1)
    failed_at = liquid.now()
    assert (clean_owed(liquid), seen(liquid).short) == (0, 0)
    liquid.at(failed_at + HOUR)
    liquid.unwind(1)
    assert (clean_owed(liquid), liquid.waiting(1), liquid.failing(1)) == (3, waiting, failed_at)
    assert seen(liquid).short > 0
    assert [clean_owed(liquid, other) for other in (2, 3)] == [0, 0]


def test_failure__within_an_hour__owes_nothing(liquid: Leavers) -> None:
    """What is bought for one moment, however often, is one short unwind."""
    liquid.dial(1, Group.REDEEM, Mode.SHORT, 100)
    liquid.unwind(1)
    begun = liquid.now()
    for after in (1, HOUR // 2, HOUR - 1):
        liquid.at(begun + after)
        liquid.unwind(1)
        assert (clean_owed(liquid), liquid.failing(1)) == (0, begun)
    assert seen(liquid).short == 0
    liquid.at(begun + HOUR)
    liquid.unwind(1)
    assert clean_owed(liquid) == 3


@pytest.mark.parametrize(("gap", "owed"), [(DAY, 3), (DAY + 1, 0)])
def test_failure__more_than_an_epoch_after_the_last__begins_anew(
    liquid: Leavers, gap: int, owed: int
) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    liquid.unwind(1)
    liquid.at(liquid.now() + gap)
    liquid.unwind(1)
    assert clean_owed(liquid) == owed
    liquid.at(liquid.now() + HOUR)
    liquid.unwind(1)
    assert clean_owed(liquid) == 3


def test_failure__an_epoch_after_others__forgets_those(short: Leavers) -> None:
    """No poke has looked meanwhile: the unwind itself sees that the others are too long ago."""
    short.rpc.warp(DAY + 1)
    short.refill(1)
    short.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    short.unwind(1)
    assert clean_owed(short) == 0


@pytest.mark.parametrize("limit", [STRATEGY_DUST, 1_001, 10**9])
def test_failure__of_a_part__owes_nothing(liquid: Leavers, limit: int) -> None:
    """Only an unwind of all that the leavers could have says something of the strategy."""
    assert limit < liquid.waiting(1)
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    twice(liquid, lambda: liquid.unwind(1, limit))
    assert (clean_owed(liquid), liquid.failing(1) > 0) == (0, True)


@pytest.mark.parametrize(("less", "owed"), [(0, 3), (1, 0)])
def test_failure__of_a_hundredth_of_what_waits__counts_and_a_unit_less_does_not(
    dry: Leavers, less: int, owed: int
) -> None:
    waiting = dry.waiting(1)
    part, covered = ceil_div(waiting, 100) - less, dry.coverage(1)[0]
    dry.liquid(1, covered + part * (dry.units(1) + waiting - covered) // waiting)
    dry.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    twice(dry, lambda: dry.unwind(1))
    assert clean_owed(dry) == owed


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
    twice(liquid, lambda: liquid.unwind(1))
    assert (clean_owed(liquid), liquid.failing(1)) == (0, 0)


def test_quarantined__is_no_failure(liquid: Leavers) -> None:
    liquid.quarantine(1)
    twice(liquid, lambda: liquid.unwind(1))
    assert clean_owed(liquid) == 0


@pytest.mark.parametrize(("units", "left"), [(5, 0), (499, 0), (500, 500), (999, 999)])
def test_failure__of_dust__owes_nothing(liquid: Leavers, units: int, left: int) -> None:
    liquid.unwind(1, liquid.waiting(1) - units)
    liquid.dial(1, Group.REDEEM, Mode.SHORT, 10_000)
    twice(liquid, lambda: liquid.unwind(1))
    assert (clean_owed(liquid), liquid.failing(1), liquid.waiting(1)) == (0, 0, left)


# ------------------------------------------------------------------ who asks


def test_failure__through_a_contract__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    twice(liquid, lambda: through_contract(liquid))
    assert (clean_owed(liquid), liquid.failing(1) > 0) == (0, True)


def test_failure__contract_in_its_constructor__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    code = calling_constructor(liquid.queue, payload(UNWIND, 1, MAX_UINT))
    twice(liquid, lambda: liquid.rpc.send({"from": STRANGER, "data": code}))
    assert (clean_owed(liquid), liquid.failing(1) > 0) == (0, True)


def test_failure__account_with_code__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    liquid.rpc.call("anvil_setCode", THIRD, "0xef0100" + "11" * 20)
    twice(liquid, lambda: liquid.line(THIRD, UNWIND, 1, MAX_UINT))
    assert (clean_owed(liquid), liquid.failing(1) > 0) == (0, True)


def test_failure__inside_settle_or_exit_now__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    half = liquid.shares(THIRD) // 2
    twice(liquid, lambda: liquid.exit_now(THIRD, half))
    assert (clean_owed(liquid), liquid.failing(1) > 0) == (0, True)
    liquid.settled(SECOND)
    assert clean_owed(liquid) == 0


@pytest.mark.parametrize("mover", ["executor", "stranger"])
def test_failure__before_a_move_of_capital__owes_nothing(liquid: Leavers, mover: str) -> None:
    liquid.dial(1, Group.REDEEM, Mode.SHORT, SIGMA + 10)

    def move() -> None:
        try:
            if mover == "executor":
                liquid.deallocate(1, liquid.unit)
            else:
                liquid.act(STRANGER, "evacuate(uint256,uint256)", 1, M112)
        except Reverted:
            pass  # the move itself fails, too, and takes everything with it

    twice(liquid, move)
    assert clean_owed(liquid) == 0


def test_failure__in_kind_credits_first__owes_nothing(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    liquid.ripen()
    liquid.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert clean_owed(liquid) == 0


def test_short_payment__through_a_contract__does_not_count(liquid: Leavers) -> None:
    liquid.dial(1, Group.REDEEM, Mode.SHORT, 2_000)
    through_contract(liquid)
    liquid.rpc.warp(MONTH)
    liquid.liquid(1, 100_000 * liquid.unit)
    twice(liquid, lambda: through_contract(liquid))
    assert (clean_owed(liquid), liquid.waiting(1) > 0) == (0, True)
