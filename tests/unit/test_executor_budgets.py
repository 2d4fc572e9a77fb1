"""Flow and loss budgets: refill, bounds over time, overdraft by reducing risk, a new mandate."""

from __future__ import annotations

import pytest

from tests.modes import Group
from tests.treasury import AGENT, DAY, GUARDIAN, HOUR
from tests.unit.bed import BPS, STRANGER
from tests.unit.desk import M100, Desk, Mandate

K = 1_000 * 10**6  # a thousand tokens
FLOW, LOSS, MAX_LOSS = Mandate().flow, Mandate().loss, Mandate().max_loss
OVER_FLOW, OVER_LOSS = "executor: over flow budget", "executor: over loss budget"


def back(desk: Desk, identifier: int = 1) -> None:
    """Take everything out of a strategy, which costs no flow."""
    desk.intent((identifier, -(2**255), 0))


# ------------------------------------------------------------------ flow


def test_flow__over_the_limit__is_refused_and_at_it_passes(desk: Desk) -> None:
    with desk.refused(OVER_FLOW):
        desk.intent((1, FLOW // 2, 0), (2, FLOW // 2 + 1, 0))
    desk.intent((1, FLOW // 2, 0), (2, FLOW // 2, 0))
    assert desk.flow() == (FLOW, FLOW)
    with desk.refused(OVER_FLOW):
        desk.intent((1, FLOW // 1_000, 0))


@pytest.mark.parametrize("seconds", [1, HOUR, DAY // 2, DAY - 1, DAY, 5 * DAY])
def test_flow__after_a_while__is_refilled_evenly(desk: Desk, seconds: int) -> None:
    desk.intent((1, FLOW, 0))
    then = desk.now()
    refilled = min(FLOW * seconds // DAY, FLOW)
    back(desk)
    desk.rpc.warp(seconds)
    desk.poke()
    desk.at(then + seconds + 5)
    with desk.refused(OVER_FLOW):
        desk.intent((1, min(FLOW * (seconds + 5) // DAY, FLOW) + 1, 0))
    desk.rpc.mine()
    assert desk.flow()[1] <= FLOW - refilled


def test_flow__refill__is_exact_to_the_wei(desk: Desk) -> None:
    desk.intent((1, FLOW, 0))
    then = desk.now()
    back(desk)
    desk.at(then + HOUR)
    desk.intent((1, FLOW * HOUR // DAY, 0))
    assert desk.flow() == (FLOW, FLOW)


def test_flow__any_time__is_at_most_the_limit_and_its_refill(desk: Desk) -> None:
    start, moved = desk.now() + 10, 0
    for step in range(13):
        desk.at(start + step * HOUR - 1)
        desk.rpc.mine()
        spent = desk.flow()[1]
        desk.at(start + step * HOUR)
        desk.intent((1, FLOW - spent, 0))
        moved += FLOW - spent
        back(desk)
    assert moved <= FLOW + FLOW * 12 * HOUR // DAY
    assert moved > FLOW * 14 // 10


def test_flow__deallocation__costs_none(desk: Desk) -> None:
    desk.intent((1, 100 * K, 0))
    desk.intent((1, -50 * K, 0))
    desk.intent((1, -(2**255), 0))
    assert 99 * K < desk.flow()[1] <= 100 * K


def test_flow__measured__not_what_was_asked(desk: Desk) -> None:
    desk.terms(1, band=BPS)
    desk.dial(1, Group.DEPOSIT, 18, 5_000)
    desk.intent((1, 100 * K, 0))
    assert desk.flow()[1] == 50 * K


def test_flow__of_another_agent__is_its_own(desk: Desk) -> None:
    desk.grant(agent=STRANGER)
    desk.intent((1, FLOW, 0))
    desk.intent((2, FLOW - 10 * K, 0), agent=STRANGER)
    with desk.refused(OVER_FLOW):
        desk.intent((1, FLOW // 1_000, 0))


# ------------------------------------------------------------------ loss


def test_loss__over_the_intent_s_own__is_refused_and_at_it_passes(desk: Desk) -> None:
    desk.leak(1, 20)
    lost = 100 * K * 20 // BPS
    with desk.refused("executor: over own max loss"):
        desk.intent((1, 100 * K, 0), max_loss=lost - 1)
    desk.intent((1, 100 * K, 0), max_loss=lost)


def test_loss__over_the_intent_s_own__binds_a_deallocation_too(desk: Desk) -> None:
    desk.intent((1, 100 * K, 0))
    desk.leak(1, 20, Group.REDEEM)
    lost = 100 * K * 20 // BPS
    with desk.refused("executor: over own max loss"):
        desk.intent((1, -100 * K, 0), max_loss=lost - 1)
    desk.intent((1, -100 * K, 0), max_loss=lost)


def test_loss__over_the_mandate_s_per_intent__is_refused_and_at_it_passes(desk: Desk) -> None:
    desk.leak(1, 20)
    lost = 100 * K * 20 // BPS
    desk.grant(max_loss=lost - 1)
    with desk.refused("executor: over max loss"):
        desk.intent((1, 100 * K, 0))
    desk.grant(max_loss=lost)
    desk.intent((1, 100 * K, 0))


def test_loss__over_the_budget__is_refused_and_at_it_passes(desk: Desk) -> None:
    desk.leak(1, 20)
    lost = 100 * K * 20 // BPS
    desk.grant(loss=2 * lost - 1)
    desk.intent((1, 100 * K, 0))
    now = desk.now()
    desk.at(now + 10)
    refilled = (2 * lost - 1) * 10 // DAY
    least = 100 * K + refilled * BPS // 20 + 2 * BPS
    with desk.refused(OVER_LOSS):
        desk.intent((1, least, 0))
    desk.intent((1, 100 * K - BPS, 0))


@pytest.mark.parametrize("seconds", [1, HOUR, DAY, 2 * DAY])
def test_loss__after_a_while__is_refilled_evenly(desk: Desk, seconds: int) -> None:
    desk.leak(1, 20)
    desk.intent((1, 300 * K, 0))
    lost = 300 * K * 20 // BPS
    desk.rpc.warp(seconds)
    assert desk.loss() == (LOSS, max(lost - LOSS * seconds // DAY, 0))


def test_loss__none__is_not_stored(desk: Desk) -> None:
    desk.leak(1, 20)
    desk.intent((1, 100 * K, 0))
    spent = desk.loss()[1]
    then = desk.now()
    desk.leak(1, 0)
    desk.intent((1, 10 * K, 0))
    assert desk.loss()[1] == spent - LOSS * (desk.now() - then) // DAY


# ------------------------------------------------------------------ overdraft


def overdrawn(desk: Desk) -> int:
    """Have the agent lose 2,000 tokens by reducing risk, twice its budget; returns what it lost."""
    desk.terms(1, tolerance=100)
    desk.intent((1, 400 * K, 0))
    desk.leak(1, 50, Group.REDEEM)
    desk.intent((1, -400 * K, 0))
    return 400 * K * 50 // BPS


def test_overdraft__pure_deallocation__is_charged_and_never_refused(desk: Desk) -> None:
    lost = overdrawn(desk)
    assert lost == 2 * LOSS
    assert desk.loss() == (LOSS, lost)


def test_overdraft__allocation__is_refused_until_it_has_refilled(desk: Desk) -> None:
    overdrawn(desk)
    then = desk.now()
    with desk.refused(OVER_LOSS):
        desk.intent((2, K, 0))
    desk.rpc.warp(HOUR)
    desk.poke()
    desk.at(then + DAY - 1)
    with desk.refused(OVER_LOSS):
        desk.intent((2, K, 0))
    desk.at(then + DAY)
    desk.intent((2, K, 0))


def test_overdraft__more_deallocation__still_passes(desk: Desk) -> None:
    desk.intent((2, 50 * K, 0))
    overdrawn(desk)
    desk.leak(2, 50, Group.REDEEM)
    desk.intent((2, -50 * K, 0))
    assert desk.loss()[1] > 2 * LOSS


def test_overdraft__mixed_intent__is_bound(desk: Desk) -> None:
    desk.intent((1, 400 * K, 0))
    desk.leak(1, 50, Group.REDEEM)
    with desk.refused("executor: over max loss"):
        desk.intent((1, -400 * K, 0), (2, K, 0))
    desk.grant(max_loss=M100)
    with desk.refused(OVER_LOSS):
        desk.intent((1, -400 * K, 0), (2, K, 0))
    desk.intent((1, -400 * K, 0))


def test_overdraft__per_intent_limit__does_not_bind_a_deallocation(desk: Desk) -> None:
    desk.grant(max_loss=0, loss=0)
    desk.intent((1, 100 * K, 0))
    desk.leak(1, 50, Group.REDEEM)
    desk.intent((1, -100 * K, 0))
    assert desk.loss() == (0, 100 * K * 50 // BPS)


# ------------------------------------------------------------------ a new mandate


def test_set_mandate__replaced__keeps_what_is_spent(desk: Desk) -> None:
    desk.leak(1, 20)
    desk.intent((1, 300 * K, 0))
    then, lost = desk.now(), 300 * K * 20 // BPS
    desk.at(then + HOUR)
    desk.grant(flow=2 * FLOW, loss=3 * LOSS, window=10 * DAY)
    kept = (300 * K - FLOW * HOUR // DAY, lost - LOSS * HOUR // DAY)
    assert desk.flow() == (2 * FLOW, kept[0])
    assert desk.loss() == (3 * LOSS, kept[1])
    desk.rpc.warp(DAY)
    assert desk.flow()[1] == kept[0] - 2 * FLOW // 10
    assert desk.loss()[1] == max(kept[1] - 3 * LOSS // 10, 0)


def test_set_mandate__lower_limits__are_overspent_at_once(desk: Desk) -> None:
    desk.intent((1, FLOW, 0))
    desk.grant(flow=FLOW // 2)
    assert desk.flow()[0] < desk.flow()[1]
    with desk.refused(OVER_FLOW):
        desk.intent((1, FLOW // 1_000, 0))


def test_set_mandate__revoked_before__keeps_what_is_spent(desk: Desk) -> None:
    desk.intent((1, FLOW, 0))
    then = desk.now()
    desk.command("revoke(address)", AGENT, sender=GUARDIAN)
    desk.grant()
    assert desk.flow() == (FLOW, FLOW - FLOW * (desk.now() - then) // DAY)


def test_budgets__never_granted__are_nothing(desk: Desk) -> None:
    for view in ("flow_budget(address)", "loss_budget(address)"):
        assert desk.rpc.read(desk.executor, view, STRANGER, returns=("uint256",) * 2) == (0, 0)
