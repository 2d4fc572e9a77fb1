"""execute: what an agent may do, when, and what is told of it."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import AGENT, GOVERNOR, GUARDIAN, STRANGER
from tests.unit.bed import BPS, EVERYONE, M112
from tests.unit.desk import ALL, ALLOCATES, DEALLOCATES, Desk, Mandate, draft
from tests.unit.events import event
from tests.unit.refusals import Refusal

K = 1_000 * 10**6  # a thousand tokens


# ------------------------------------------------------------------ what it does


def test_execute__three_allocations__move_in_order_and_are_told(desk: Desk) -> None:
    moves = [(2, 10 * K, 10 * K), (1, 20 * K, 0), (3, 30 * K, 0)]
    receipt = desk.intent(*moves)
    assert [desk.position(i)[0] for i in (1, 2, 3)] == [20 * K, 10 * K, 30 * K]
    assert desk.events(receipt) == [
        *(event(desk.vault, "Allocated", id=i, assets=a, units=a, loss=0) for i, a, _ in moves),
        desk.executed(draft(*moves), *((i, a, a, 0) for i, a, _ in moves)),
    ]


def test_execute__rebalance__frees_before_it_allocates(desk: Desk) -> None:
    desk.intent((1, 500 * K, 0))
    desk.rpc.warp(desk.epoch)
    desk.poke()
    desk.intent((2, 500 * K, 0))
    assert desk.idle() < 2 * K
    moves = [(1, -300 * K, 300 * K), (3, 300 * K, 0)]
    desk.rpc.warp(desk.epoch)
    receipt = desk.intent(*moves)
    assert desk.events(receipt) == [
        event(desk.vault, "Deallocated", id=1, assets=300 * K, units=300 * K, loss=0),
        event(desk.vault, "Allocated", id=3, assets=300 * K, units=300 * K, loss=0),
        desk.executed(draft(*moves), (1, -300 * K, 300 * K, 0), (3, 300 * K, 300 * K, 0)),
    ]


def test_execute__losses__are_summed_and_told(desk: Desk) -> None:
    desk.leak(1, 20)
    desk.leak(2, 10)
    receipt = desk.intent((1, 100 * K, 0), (2, 100 * K, 0))
    first, second = (100 * K * bps // BPS for bps in (20, 10))
    done = ((1, 100 * K, 100 * K - first, first), (2, 100 * K, 100 * K - second, second))
    assert desk.events(receipt)[-1] == desk.executed(draft((1, 100 * K, 0), (2, 100 * K, 0)), *done)
    assert desk.loss() == (Mandate().loss, first + second)
    assert desk.flow() == (Mandate().flow, 200 * K)


def test_execute__most_negative_number__takes_everything(desk: Desk) -> None:
    desk.intent((1, 100 * K, 0))
    receipt = desk.intent((1, ALL, 100 * K))
    assert desk.events(receipt)[-1] == desk.executed(draft((1, ALL, 100 * K)), (1, -100 * K, 100 * K, 0))
    assert desk.position(1)[0] == 0


def test_execute__one_move_fails__undoes_all(desk: Desk) -> None:
    desk.dial(3, Group.DEPOSIT, Mode.REVERT_REASON)
    with desk.refused(Refusal.STRATEGY_CALL_FAILED):
        desk.intent((1, 10 * K, 0), (2, 10 * K, 0), (3, 10 * K, 0))


def test_execute__ten_moves__are_the_most(desk: Desk) -> None:
    desk.intent(*[(1, K, 0)] * 10)
    assert desk.position(1)[0] == 10 * K
    with desk.refused(None):
        desk.intent(*[(1, K, 0)] * 11)


# ------------------------------------------------------------------ refusals of the mandate


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"agent"}))
def test_execute__no_mandate__is_refused(desk: Desk, role: str) -> None:
    with desk.refused("executor: no mandate"):
        desk.intent((1, K, 0), agent=EVERYONE[role])


def test_execute__no_moves__is_refused(desk: Desk) -> None:
    with desk.refused("executor: no moves"):
        desk.intent()


def test_execute__deadline__is_its_last_second(desk: Desk) -> None:
    now = desk.now()
    desk.at(now + 10)
    with desk.refused("executor: deadline passed"):
        desk.intent((1, K, 0), deadline=now + 9)
    desk.at(now + 20)
    desk.intent((1, K, 0), deadline=now + 20)


def test_execute__expiry__is_its_last_second(desk: Desk) -> None:
    expiry = desk.now() + 100
    desk.grant(expiry=expiry)
    desk.at(expiry)
    desk.intent((1, K, 0))
    desk.at(expiry + 1)
    with desk.refused("executor: mandate expired"):
        desk.intent((1, -K, 0))


def test_execute__revoked__is_refused(desk: Desk) -> None:
    desk.command("revoke(address)", AGENT, sender=GUARDIAN)
    with desk.refused("executor: no mandate"):
        desk.intent((1, K, 0))


@pytest.mark.parametrize("assets", [K, -K])
@pytest.mark.parametrize("identifier", [0, 2, 4, 255, 256, 257, 2**255 + 1])
def test_execute__strategy_outside_the_mandate__is_refused(desk: Desk, identifier: int, assets: int) -> None:
    desk.grant(strategies=0b1010)
    with desk.refused("executor: strategy not allowed"):
        desk.intent((1, K, 0), (identifier, assets, 0))
    desk.intent((1, K, 0), (3, K, 0))


def test_execute__every_bit_set__still_needs_a_listed_strategy(desk: Desk) -> None:
    desk.grant(strategies=2**256 - 1)
    for identifier in (0, 4, 255):
        with desk.refused(Refusal.STRATEGY_NOT_OK):
            desk.intent((identifier, K, 0))
        with desk.refused(Refusal.ZERO_AMOUNT):
            desk.intent((identifier, -K, 0))


def test_execute__may_only_reduce__cannot_allocate(desk: Desk) -> None:
    desk.intent((1, 10 * K, 0))
    desk.grant(permissions=DEALLOCATES)
    with desk.refused("executor: may not allocate"):
        desk.intent((1, -K, 0), (1, K, 0))
    desk.intent((1, -K, 0))


def test_execute__may_only_allocate__cannot_reduce(desk: Desk) -> None:
    desk.grant(permissions=ALLOCATES)
    desk.intent((1, 10 * K, 0))
    with desk.refused("executor: may not deallocate"):
        desk.intent((1, K, 0), (1, -K, 0))


def test_execute__move_of_nothing__is_refused(desk: Desk) -> None:
    with desk.refused("executor: empty move"):
        desk.intent((1, K, 0), (2, 0, 0))


# ------------------------------------------------------------------ the Vault's reasons pass through


def test_execute__limit__is_passed_on(desk: Desk) -> None:
    with desk.refused(Refusal.BELOW_LIMIT):
        desk.intent((1, K, K + 1))
    desk.intent((1, K, K))
    with desk.refused(Refusal.BELOW_LIMIT):
        desk.intent((1, -K, K + 1))


def test_execute__ceiling_of_the_vault__binds_under_any_cap(desk: Desk) -> None:
    desk.rpc.transact(GUARDIAN, desk.steward, "set_ceiling(uint256,uint256)", 1, 10 * K)
    with desk.refused(Refusal.OVER_CEILING):
        desk.intent((1, 10 * K + 1, 0))
    desk.intent((1, 10 * K, 0))


def test_execute__executor_replaced__can_do_nothing(desk: Desk) -> None:
    desk.govern("set_executor(address)", STRANGER)
    with desk.refused(Refusal.UNAUTHORISED):
        desk.intent((1, K, 0))


# ------------------------------------------------------------------ caps bind an intent


def test_execute__over_the_absolute_cap__is_refused_and_at_it_passes(desk: Desk) -> None:
    desk.cap(1, 10 * K)
    with desk.refused("executor: over absolute cap"):
        desk.intent((1, 10 * K + 1, 0))
    desk.intent((1, 10 * K, 0))
    with desk.refused("executor: over absolute cap"):
        desk.intent((1, 1, 0))


def test_execute__over_the_relative_cap__is_refused_and_at_it_passes(desk: Desk) -> None:
    desk.cap(1, M112, 250)
    most = desk.totals()[0] * 250 // BPS
    with desk.refused("executor: over relative cap"):
        desk.intent((1, most + 1, 0))
    desk.intent((1, most, 0))


def test_execute__no_cap_set__is_a_cap_of_nothing(desk: Desk) -> None:
    desk.list_hostile(1)
    desk.rpc.warp(desk.epoch)
    desk.poke()
    desk.grant(strategies=0b10000)
    with desk.refused("executor: over absolute cap"):
        desk.intent((4, K, 0))


def test_execute__gain_over_the_cap__blocks_more_and_not_less(desk: Desk) -> None:
    desk.cap(1, 10 * K)
    desk.intent((1, 10 * K - 10, 0))
    desk.gain(1, 100)
    with desk.refused("executor: over absolute cap"):
        desk.intent((1, 5, 0))
    desk.intent((1, -5, 0))


def test_execute__cap_of_zero__never_blocks_a_deallocation(desk: Desk) -> None:
    desk.intent((1, 10 * K, 0), (2, 10 * K, 0))
    desk.cut(1, 0, 0)
    desk.intent((1, -5 * K, 0))
    with desk.refused("executor: over absolute cap"):
        desk.intent((1, K, 0))


def test_execute__governor_without_mandate__moves_nothing(desk: Desk) -> None:
    with desk.refused("executor: no mandate"):
        desk.intent((1, -K, 0), agent=GOVERNOR)


# ------------------------------------------------------------------ a Vault that nobody pokes


def test_execute__not_poked_for_two_epochs__only_reduces(desk: Desk) -> None:
    desk.poke()
    then = desk.now()
    desk.intent((1, 10 * K, 0))
    desk.at(then + 2 * desk.epoch)
    desk.intent((1, K, 0))
    with desk.refused(Refusal.VETO):
        desk.intent((1, K, 0))
    with desk.refused(Refusal.VETO):
        desk.intent((1, -K, 0), (2, K, 0))
    desk.intent((1, -K, 0))
    desk.poke()
    desk.intent((1, K, 0))


@pytest.mark.parametrize("state", [1, 2])
def test_execute__not_calm__only_reduces(desk: Desk, state: int) -> None:
    desk.intent((1, 10 * K, 0))
    desk.latch(state)
    with desk.refused(Refusal.NOT_CALM):
        desk.intent((1, K, 0))
    desk.intent((1, -K, 0))
