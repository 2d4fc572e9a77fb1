"""execute: nothing is added to a position that its strategy can redeem less than 8% of, or is silent on."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import HOUR, LEAVER, STRANGER
from tests.unit.bed import ALLOCATE, M112, Refusal
from tests.unit.desk import ALL
from tests.unit.events import event
from tests.unit.standing import HELD, K, Post
from tests.unit.watch import clean_owed, fall_short, pour

ILLIQUID = "executor: target illiquid"
SILENT = "executor: target silent"
LEAST = HELD * 8 // 100  # units of HELD
SILENCES = [
    (Mode.REVERT_REASON, 0),
    (Mode.REVERT_BOMB, 0),
    (Mode.BURN_LOOP, 0),
    (Mode.RETURN_NOTHING, 0),
    (Mode.RETURN_31, 0),
    (Mode.RETURN_64, 0),
    (Mode.RETURN_MAX, 0),
    (Mode.RETURN_VALUE, M112 + 1),
]


@pytest.mark.parametrize("units", [LEAST, LEAST + 1, HELD, HELD + 1, M112])
def test_execute__target_can_redeem_eight_percent__allocates(post: Post, units: int) -> None:
    post.redeemable(1, units)
    receipt = post.intent((1, K, K))
    assert post.events(receipt)[0] == event(post.vault, "Allocated", id=1, assets=K, units=K, loss=0)


@pytest.mark.parametrize("units", [0, 1, LEAST - 1])
def test_execute__target_can_redeem_less__is_refused(post: Post, units: int) -> None:
    post.redeemable(1, units)
    with post.refused(ILLIQUID):
        post.intent((1, K, K))


@pytest.mark.parametrize(("mode", "param"), SILENCES, ids=lambda value: getattr(value, "name", value))
def test_execute__target_does_not_tell__is_refused(post: Post, mode: Mode, param: int) -> None:
    post.dial(1, Group.MAX, mode, param)
    with post.refused(SILENT):
        post.intent((1, K, K))


@pytest.mark.parametrize("more", [0, 1, 12])
def test_execute__odd_position__rounds_against_the_agent(post: Post, more: int) -> None:
    if more:
        post.intent((1, more, 0))
    least = -(-(HELD + more) * 8 // 100)
    post.redeemable(1, least - 1)
    with post.refused(ILLIQUID):
        post.intent((1, K, K))
    post.redeemable(1, least)
    post.intent((1, K, K))


@pytest.mark.parametrize("units", [0, M112 + 1])
def test_execute__empty_target__is_not_asked(post: Post, units: int) -> None:
    post.intent((1, ALL, 0))
    post.redeemable(1, units)
    post.intent((1, 10 * K, 0))
    assert post.units(1) == 10 * K


def test_execute__illiquid_target__may_still_be_left(post: Post) -> None:
    post.redeemable(1, 0)
    post.intent((1, -K, 0))
    post.dial(1, Group.MAX, Mode.REVERT_REASON)
    post.intent((1, ALL, 0))
    assert post.units(1) == 0


def test_execute__illiquid_other__does_not_block(post: Post) -> None:
    post.redeemable(2, 0)
    post.intent((1, K, 0))
    post.intent((2, -K, 0), (3, K, 0))


def test_execute__second_allocation_of_an_intent__is_judged_after_the_first(post: Post) -> None:
    post.redeemable(1, LEAST + K * 8 // 100 - 1)
    with post.refused(ILLIQUID):
        post.intent((1, K, 0), (1, K, 0))
    post.redeemable(1, LEAST + K * 8 // 100)
    post.intent((1, K, 0), (1, K, 0))


def test_execute__deallocated_first__is_judged_by_what_is_left(post: Post) -> None:
    post.redeemable(1, LEAST // 2)
    with post.refused(ILLIQUID):
        post.intent((1, K, 0))
    post.intent((1, -HELD // 2, 0), (1, K, 0))
    assert post.units(1) == HELD // 2 + K


def test_execute__drained__is_refused_until_liquidity_is_back(post: Post) -> None:
    post.drain(1)
    with post.refused(ILLIQUID):
        post.intent((1, K, 0))
    post.liquid(1, LEAST)
    post.intent((1, K, 0))


def test_execute__cash_of_the_move_itself__does_not_count(post: Post) -> None:
    post.liquid(1, LEAST - 1)
    with post.refused(ILLIQUID):
        post.intent((1, HELD, 0))


def test_execute__leavers_wait__are_unwound_by_the_vault_after_the_check(post: Post) -> None:
    post.share_out()
    post.drain(1)
    post.settled(LEAVER)
    post.refill(1)
    post.poke()
    units = post.units(1)
    post.redeemable(1, units * 8 // 100 - 1)
    with post.refused(ILLIQUID):
        post.intent((1, K, 0))
    post.dial(1, Group.MAX, Mode.HONEST)
    post.intent((1, K, 0))
    assert (post.units(1), post.waiting(1)) == (units + K, 0)


def test_execute__target_not_listed__is_refused_as_the_vault_says(post: Post) -> None:
    post.grant(strategies=2**256 - 1)
    for identifier in (0, 4, 255):
        with post.refused(Refusal.STRATEGY_NOT_OK):
            post.intent((identifier, K, 0))


def owing(post: Post) -> Post:
    """Something waits in strategy 1, whose unwinds have failed though it could have paid."""
    post.share_out()
    post.drain(1)
    post.settled(LEAVER)
    fall_short(post)
    post.poke()
    return post


def test_execute__target_owes_clean_unwinds__is_refused_until_it_has_paid_three(post: Post) -> None:
    owing(post)
    for owed in (3, 2, 1):
        assert clean_owed(post) == owed
        with post.refused("executor: target short"):
            post.intent((1, K, 0))
        post.intent((2, K, 0))
        pour(post, 2_000)
        post.rpc.warp(HOUR)
        post.unwind(1)
        post.refill(1)
    assert clean_owed(post) == 0
    post.intent((1, K, 0))


def test_execute__target_short_and_illiquid__says_the_second_first(post: Post) -> None:
    owing(post)
    post.redeemable(1, 0)
    with post.refused(ILLIQUID):
        post.intent((1, K, 0))


def test_execute__target_short__may_still_be_left(post: Post) -> None:
    owing(post)
    with post.refused("executor: target short"):
        post.intent((1, -K, 0), (1, K, 0))
    post.intent((1, -K, 0))


def test_allocate__of_another_executor__knows_no_such_check(post: Post) -> None:
    """The Vault judges its liquidity as a whole, and the Executor that of the target."""
    post.redeemable(1, 0)
    post.govern("set_executor(address)", STRANGER)
    post.act(STRANGER, ALLOCATE, 1, K, 0)
