"""Strategies that a debt has closed: what was drained beyond a loss budget is not filled up again at once."""

from __future__ import annotations

import pytest

from tests.modes import Group
from tests.treasury import AGENT, DAY, GOVERNOR, GUARDIAN, HOUR, MAX_UINT, STRANGER
from tests.unit.bed import BPS, CURATOR
from tests.unit.desk import ALL, DEALLOCATES, Desk, Mandate
from tests.unit.events import event
from tests.unit.standing import K, Order, Post

CLOSED = "executor: strategy closed"
LOSS = Mandate().loss
DUST = 1_000  # asset wei of debt that close nothing
LEAK = 50  # bps of a redemption that the strategy keeps


def closed_until(desk: Desk, identifier: int = 1) -> int:
    """Until when a strategy is closed, unix seconds."""
    return desk.rpc.read(desk.executor, "closed_until(uint256)", identifier)


@pytest.fixture
def leaking(desk: Desk) -> Desk:
    """As ``desk``; 400,000 tokens stand in strategy 1, which keeps half a per cent of what leaves."""
    desk.terms(1, tolerance=100)
    desk.grant(agent=STRANGER)
    desk.intent((1, 400 * K, 0), agent=STRANGER)
    desk.leak(1, LEAK, Group.REDEEM)
    return desk


def drained(desk: Desk, assets: int = 400 * K, limit: int = LOSS) -> int:
    """Have the agent lose by reducing; returns the last second but one of the closure."""
    lost = assets * LEAK // BPS
    receipt = desk.intent((1, -assets, 0))
    until = desk.now() + (lost - limit) * DAY // max(limit, 1) + 1
    closing = [each for each in desk.events(receipt) if each.name == "StrategyClosed"]
    assert closing == [event(desk.executor, "StrategyClosed", id=1, until=until)]
    assert closed_until(desk) == until
    return until


# ------------------------------------------------------------------ closing


def test_close__debt__binds_every_agent_until_it_has_refilled(leaking: Desk) -> None:
    until = drained(leaking)
    assert until == leaking.now() + DAY + 1
    with leaking.refused(CLOSED):
        leaking.intent((1, K, 0), agent=STRANGER)
    leaking.intent((2, K, 0), agent=STRANGER)
    leaking.rpc.warp(DAY - HOUR)
    leaking.poke()
    leaking.at(until - 1)
    with leaking.refused(CLOSED):
        leaking.intent((1, K, 0), agent=STRANGER)
    leaking.at(until)
    leaking.intent((1, K, 0), agent=STRANGER)


def test_close__debt__lets_the_strategy_be_left(leaking: Desk) -> None:
    drained(leaking, 300 * K)
    leaking.intent((1, -10 * K, 0), agent=STRANGER)
    leaking.intent((1, ALL, 0))
    assert leaking.position(1)[0] == 0


@pytest.mark.parametrize("beyond", [0, 1])
def test_close__debt_of_dust__closes_nothing(leaking: Desk, beyond: int) -> None:
    assets = 100 * K
    lost = assets * LEAK // BPS
    limit = lost - DUST - beyond
    leaking.grant(permissions=DEALLOCATES, loss=limit)
    if beyond:
        assert drained(leaking, assets, limit) > leaking.now()
        return
    receipt = leaking.intent((1, -assets, 0))
    assert "StrategyClosed" not in {each.name for each in leaking.events(receipt)}
    assert closed_until(leaking) == 0


def test_close__within_the_budget__closes_nothing(leaking: Desk) -> None:
    leaking.intent((1, -200 * K, 0))
    assert leaking.loss() == (LOSS, LOSS)
    assert closed_until(leaking) == 0
    leaking.intent((1, K, 0), agent=STRANGER)


def test_close__strategies_left_without_a_loss__stay_open(leaking: Desk) -> None:
    """A thief closes what it has paid for, and cannot lock others out of the rest."""
    leaking.intent((2, 50 * K, 0), agent=STRANGER)
    leaking.intent((1, -400 * K, 0), (2, -10 * K, 0))
    leaking.intent((2, -10 * K, 0))
    assert closed_until(leaking) > leaking.now()
    assert closed_until(leaking, 2) == 0
    leaking.intent((2, K, 0), agent=STRANGER)


def test_close__two_leaking_strategies__close_together(leaking: Desk) -> None:
    leaking.terms(2, tolerance=100)
    leaking.intent((2, 50 * K, 0), agent=STRANGER)
    leaking.leak(2, LEAK, Group.REDEEM)
    receipt = leaking.intent((1, -300 * K, 0), (2, -50 * K, 0))
    until = leaking.now() + (350 * K * LEAK // BPS - LOSS) * DAY // LOSS + 1
    closing = [each for each in leaking.events(receipt) if each.name == "StrategyClosed"]
    assert closing == [event(leaking.executor, "StrategyClosed", id=i, until=until) for i in (1, 2)]


def test_close__again__never_shortens(leaking: Desk) -> None:
    until = drained(leaking, 300 * K)
    leaking.grant(agent=GUARDIAN, permissions=DEALLOCATES, loss=2_000, window=1)
    receipt = leaking.intent((1, -K, 0), agent=GUARDIAN)
    assert event(leaking.executor, "StrategyClosed", id=1, until=until) in leaking.events(receipt)
    assert closed_until(leaking) == until


def test_close__no_loss_permitted__is_closed_for_as_long_as_a_word_holds(leaking: Desk) -> None:
    leaking.grant(permissions=DEALLOCATES, loss=0, window=31_536_000)
    leaking.intent((1, -100 * K, 0))
    assert closed_until(leaking) == 2**40 - 1


# ------------------------------------------------------------------ opening


@pytest.mark.parametrize("sender", [GOVERNOR, CURATOR])
def test_set_cap__closed__opens_at_once(leaking: Desk, sender: str) -> None:
    drained(leaking)
    cap = leaking.rpc.read(leaking.executor, "cap(uint256)", 1, returns=("uint256",) * 3)
    leaking.cap(1, cap[0], cap[1], sender=sender)
    assert closed_until(leaking) == 0
    leaking.intent((1, K, 0), agent=STRANGER)


def test_close__cut_groups_and_inflow__stand_beside_it(leaking: Desk) -> None:
    leaking.group(31, 0b0010)
    leaking.inflow(1, 10 * K)
    leaking.cut(1, 100 * K, 500)
    read = leaking.rpc.read
    views = [("cap(uint256)", 3), ("inflow(uint256)", 3), ("groups_of(uint256)", 1)]
    before = [read(leaking.executor, view, 1, returns=("uint256",) * count) for view, count in views]
    until = drained(leaking)
    after = [read(leaking.executor, view, 1, returns=("uint256",) * count) for view, count in views]
    assert before == after
    leaking.group(31, 0)
    leaking.inflow(1, 0, 0)
    leaking.cut(1, 0, 0)
    assert closed_until(leaking) == until


@pytest.mark.parametrize("how", ["cut", "revoke", "grant", "revive"])
def test_close__other_powers__do_not_open(leaking: Desk, how: str) -> None:
    until = drained(leaking)
    {
        "cut": lambda: leaking.cut(1, 0, 0),
        "revoke": lambda: leaking.command("revoke(address)", AGENT, sender=GUARDIAN),
        "grant": lambda: leaking.grant(),
        "revive": lambda: leaking.command("revive(address)", AGENT),
    }[how]()
    assert closed_until(leaking) == until


def test_close__standing_order__closes_what_it_brought_home_at_a_loss(post: Post) -> None:
    """Reflexes are an agent like any: their loss beyond their budget closes the strategy, and is told."""
    lost = 50 * K * 20 // BPS
    post.empower(loss=lost // 2)
    order = Order(least=K, max_loss=K - 1)
    post.order(least=K, max_loss=K - 1)
    post.leak(1, 20, Group.REDEEM)
    receipt = post.fire()
    until = post.now() + DAY + 1
    vault_s, entry = post.brought(order, 50 * K - lost, 50 * K, 50 * K, loss=lost)
    closing = event(post.executor, "StrategyClosed", id=1, until=until)
    assert post.events(receipt) == [vault_s, closing, entry, post.fired(4_000, 50 * K - lost)]
    with post.refused(CLOSED):
        post.intent((1, K, 0))


def test_close__first_among_the_caps(leaking: Desk) -> None:
    drained(leaking)
    leaking.cut(1, 0, 0)
    leaking.group(1, 0b0010, absolute=0)
    with leaking.refused(CLOSED):
        leaking.intent((1, K, 0), agent=STRANGER)


def test_closed_until__never_closed__is_nothing(desk: Desk) -> None:
    for identifier in (0, 1, 255, 256, MAX_UINT):
        assert closed_until(desk, identifier) == 0
