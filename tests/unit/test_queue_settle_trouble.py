"""settle with broken strategies and in every state: it completes, and pays what is not broken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modes import Group, Mode
from tests.treasury import (
    DAY,
    GUARDIAN,
    LEAVER,
    STRANGER,
)
from tests.unit.bed import STRESS, WINDDOWN, ZERO, ceil_div
from tests.unit.leavers import Leavers

IDS = (1, 2, 3)


def settle(bed: Leavers, shares: int) -> dict[str, Any]:
    """Have the leaver request shares and settle them when due."""
    bed.request(LEAVER, shares)
    bed.mature()
    return bed.settle()


# ------------------------------------------------------------------ trouble


HOLDS_ALL_BACK = [
    (Group.REDEEM, Mode.REVERT_REASON, 0),
    (Group.REDEEM, Mode.REVERT_BOMB, 0),
    (Group.REDEEM, Mode.BURN_INVALID, 0),
    (Group.REDEEM, Mode.BURN_LOOP, 0),
    (Group.REDEEM, Mode.NO_OP, 0),
    (Group.REDEEM, Mode.SHORT, 51),
    (Group.FEE, Mode.EXIT_FEE, 51),
    (Group.MAX, Mode.REVERT_REASON, 0),
    (Group.MAX, Mode.REVERT_BOMB, 0),
    (Group.MAX, Mode.RETURN_NOTHING, 0),
    (Group.MAX, Mode.RETURN_31, 0),
    (Group.MAX, Mode.RETURN_64, 0),
    (Group.MAX, Mode.RETURN_MAX, 0),
    (Group.MAX, Mode.RETURN_BOMB, 0),
    (Group.MAX, Mode.BURN_INVALID, 0),
    (Group.MAX, Mode.BURN_LOOP, 0),
    (Group.MAX, Mode.LIE_DOWN, 10_000),
]


@pytest.mark.parametrize(
    ("group", "mode", "param"), HOLDS_ALL_BACK, ids=lambda value: getattr(value, "name", str(value))
)
def test_settle__strategy_fails__its_part_waits_and_the_rest_is_paid(
    leavers: Leavers, group: Group, mode: Mode, param: int
) -> None:
    bed, shares = leavers, leavers.shares(LEAVER)
    cash, units = bed.fair(shares)
    bed.dial(2, group, mode, param)
    settle(bed, shares)
    assert bed.owed() == cash + units[1] + units[3]
    assert [bed.waiting(i) for i in IDS] == [0, units[2], 0]
    bed.dial(2, group, Mode.HONEST)
    bed.ripen()
    bed.unwind(2)
    assert bed.waiting(2) == 0
    assert bed.of(1, LEAVER).assets == cash + sum(units.values())


@pytest.mark.parametrize("fails", [(1,), (2, 3), IDS], ids=str)
def test_settle__any_of_them_broken__completes(leavers: Leavers, fails: tuple[int, ...]) -> None:
    shares = leavers.shares(LEAVER)
    cash, units = leavers.fair(shares)
    for i in fails:
        leavers.dial(i, Group.REDEEM, Mode.BURN_LOOP)
        leavers.dial(i, Group.MAX, Mode.BURN_LOOP)
        leavers.dial(i, Group.READ, Mode.BURN_LOOP)
    settle(leavers, shares)
    assert leavers.owed() == cash + sum(units[i] for i in IDS if i not in fails)


@pytest.mark.parametrize("group", [Group.READ, Group.DEPOSIT, Group.BALANCE, Group.TRANSFER, Group.META])
def test_settle__failure_that_holds_nothing_back__pays_the_same(leavers: Leavers, group: Group) -> None:
    shares = leavers.shares(LEAVER)
    cash, units = leavers.fair(shares)
    leavers.dial(2, group, Mode.REVERT_REASON)
    settle(leavers, shares)
    assert leavers.owed() == cash + sum(units.values())


def test_settle__short_within_the_tolerance__is_paid_and_borne_by_the_leaver(leavers: Leavers) -> None:
    shares = leavers.shares(LEAVER)
    cash, units = leavers.fair(shares)
    leavers.dial(2, Group.REDEEM, Mode.SHORT, 50)
    settle(leavers, shares)
    assert leavers.owed() == cash + sum(units.values()) - ceil_div(units[2] * 50, 10_000)


def test_settle__liquidity_hidden__waits_after_the_failed_redeem(leavers: Leavers) -> None:
    shares = leavers.shares(LEAVER)
    units = leavers.fair(shares)[1]
    leavers.liquid(1, 10 * leavers.unit)
    leavers.dial(1, Group.MAX, Mode.IGNORE_LIMIT)
    settle(leavers, shares)
    assert (leavers.waiting(1), leavers.coverage(1)) == (units[1], (0, 0, 0))


def test_settle__pays_a_part_and_says_nothing__is_undone_and_waits(leavers: Leavers) -> None:
    shares = leavers.shares(LEAVER)
    units = leavers.fair(shares)[1]
    leavers.dial(1, Group.LIQUIDITY, Mode.PARTIAL, units[1] // 2)
    leavers.dial(1, Group.MAX, Mode.IGNORE_LIMIT)
    settle(leavers, shares)
    assert leavers.waiting(1) == units[1]
    assert leavers.is_solvent()


def test_settle__quarantined__waits_though_it_would_pay(leavers: Leavers) -> None:
    shares = leavers.shares(LEAVER)
    leavers.quarantine(1)
    leavers.fail(1, False)
    units = leavers.fair(shares)[1]
    settle(leavers, shares)
    assert leavers.waiting(1) == units[1]


def test_settle__marks_lie__counts_for_nothing(leavers: Leavers) -> None:
    shares = leavers.shares(LEAVER)
    cash, units = leavers.fair(shares)
    leavers.mark(1, 2**112 - 1)
    leavers.mark(2, 0)
    settle(leavers, shares)
    assert leavers.owed() == cash + sum(units.values())


TROUBLE = {
    "stress": lambda bed: bed.latch(STRESS),
    "winddown": lambda bed: bed.latch(WINDDOWN),
    "paused": lambda bed: bed.rpc.transact(GUARDIAN, bed.steward, "set_entry_paused(bool)", True),
    "limits": lambda bed: bed.limits(deposit_cap=0, petty_share=0, petty_fee=0, idle_floor=10_000),
    "no executor": lambda bed: bed.govern("set_executor(address)", ZERO),
    "nobody pokes": lambda bed: bed.rpc.warp(400 * DAY),
    "a stranger's gift": lambda bed: bed.rpc.transact(
        STRANGER, bed.asset, "mint(address,uint256)", bed.vault, 7
    ),
    "veto": lambda bed: bed.mark(3, 0),
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
def test_settle__any_state__pays_the_same(leavers: Leavers, trouble: Any) -> None:
    shares = leavers.shares(LEAVER)
    cash, units = leavers.fair(shares)
    trouble(leavers)
    settle(leavers, shares)
    assert leavers.owed() == cash + sum(units.values())


def test_settle__trouble_after_the_request__pays_the_same(leavers: Leavers) -> None:
    shares = leavers.shares(LEAVER)
    cash, units = leavers.fair(shares)
    leavers.request(LEAVER, shares)
    leavers.latch(WINDDOWN)
    leavers.mature()
    leavers.settle()
    assert leavers.owed() == cash + sum(units.values())
