"""Standing orders under attack: fired early, often, and by code; the Reflexes as a stolen agent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.devnet.abi import decode_revert
from tests import treasury as t
from tests.attacks.stage import (
    CALL,
    EXECUTE,
    HEALTHY,
    HOSTILE,
    SET_MODE,
    SOLMATE,
    STAKE,
    UNIT,
    Stage,
    inner,
    intent,
)
from tests.attacks.stress_calls import STRESS, Stress
from tests.attacks.stress_orders import (
    ALWAYS,
    BOUNTY,
    BUDGET,
    COLLECT,
    DRY,
    FALLEN,
    FIRE,
    MOST,
    ORDERS,
    SET_ORDER,
    STRESSED,
    Orders,
)
from tests.modes import Group, Mode

FLASH = f"flash(address,uint256,{CALL}[])"
MAX_LOSS = 100 * UNIT
NOT_AN_ACCOUNT = "reflexes: not an account"
COOLING, UNMET, LATELY = "reflexes: cooling down", "reflexes: condition not met", "reflexes: seen too lately"


@pytest.fixture(scope="module")
def orders(shared_stage: Stage) -> Iterator[Orders]:
    """Standing orders of the stage."""
    with shared_stage.undone():
        yield Orders.standing(shared_stage)


def _fire(stress: Stress, orders: Orders, number: int, sender: str = t.STRANGER) -> int:
    return stress.play.call(sender, orders.reflexes, FIRE, number)


def _bounty(stress: Stress, orders: Orders, who: str = t.STRANGER) -> int:
    return stress.play.view("bounty_of(address)", who, to=orders.reflexes)


# ------------------------------------------------------------------ borrowed money


@pytest.mark.parametrize("number", ORDERS)
def test_fire__by_code__is_refused_also_in_the_middle_of_a_manipulation(orders, number):
    """A contract makes the condition true with borrowed money, fires, and undoes it."""
    stage, stress = orders.stage, Stress.of(orders.stage)
    calls = [
        inner(stage.strategies[HEALTHY - 1], SET_MODE, Group.LIQUIDITY, Mode.LIMITED, 0),
        inner(stage.hostile, SET_MODE, Group.READ, Mode.LIE_DOWN, 5_000),
        inner(orders.reflexes, FIRE, number, must=False),
        inner(stage.strategies[HEALTHY - 1], SET_MODE, Group.LIQUIDITY, Mode.HONEST, 0),
        inner(stage.hostile, SET_MODE, Group.READ, Mode.HONEST, 0),
    ]
    before = stress.play.books()
    flashed = stress.play.call(t.STRANGER, stage.caller, FLASH, stage.asset, 10**15, calls)
    signed = _fire(stress, orders, number, stage.caller)
    after, memory = stress.play.books(), stress.play.view("memory(uint256)", number, to=orders.reflexes)
    outcomes = stress.play.run()
    results = outcomes[flashed].decoded("(bool,bytes)[]")[0]
    assert [decode_revert(data) for ok, data in results if not ok] == [NOT_AN_ACCOUNT]
    assert outcomes[signed].reason == NOT_AN_ACCOUNT
    assert outcomes[memory].decoded("uint256", "uint256") == (0, 0)
    assert before(outcomes) == after(outcomes)


def test_fire__trouble_for_a_moment__brings_capital_home_once_and_costs_a_bounty(orders):
    """Own capital, outside a transaction, does make a price condition true: the stayers lose the yield of
    what came home until an agent allocates it again, and a bounty; no capital."""
    stress = Stress.of(orders.stage)
    before = stress.play.totals()
    stress.fallen()
    fired = _fire(stress, orders, FALLEN)
    again = _fire(stress, orders, FALLEN)
    stress.healed()
    after, bounty = stress.play.totals(), _bounty(stress, orders)
    outcomes = stress.play.run()
    assert MOST - 2 <= outcomes[fired].word <= MOST
    assert outcomes[again].reason == COOLING
    assert outcomes[bounty].word == BOUNTY
    totals = [outcomes[place].decoded("uint256", "uint256", "bool")[0] for place in (before, after)]
    assert 0 <= totals[0] - totals[1] <= 2


def test_fire__drained_for_a_moment__arms_and_does_not_act(orders):
    """Liquidity must be short at two moments an hour to a day apart."""
    stress = Stress.of(orders.stage)
    stress.exits.drain(0, HEALTHY)
    armed, early = _fire(stress, orders, DRY), _fire(stress, orders, DRY)
    stress.exits.refill(HEALTHY)
    stress.play.wait(t.HOUR)
    liquid = _fire(stress, orders, DRY)
    stress.play.wait(t.DAY)
    stress.exits.drain(0, HEALTHY)
    rearmed = _fire(stress, orders, DRY)
    bounty = _bounty(stress, orders)
    outcomes = stress.play.run()
    assert outcomes[armed].word == outcomes[rearmed].word == 0
    assert outcomes[early].reason == LATELY
    assert outcomes[liquid].reason == UNMET
    assert outcomes[bounty].word == 0


# ------------------------------------------------------------------ bounties


@given(gaps=st.lists(st.integers(0, 3 * t.HOUR), min_size=1, max_size=25))
def test_bounty_hunter__fires_whenever_it_can__gets_one_a_cooldown_and_never_over_the_budget(orders, gaps):
    """With a condition that holds all the time, and somebody who allocates again each time."""
    stress = Stress.of(orders.stage)
    for gap in gaps:
        stress.play.wait(gap)
        stress.play.watch()
        _fire(stress, orders, ALWAYS)
        stress.play.execute((HOSTILE, MOST - 10))
    bounty, budget = _bounty(stress, orders), stress.play.view("budget()", to=orders.reflexes)
    totals = stress.play.totals()
    outcomes = stress.play.run()
    most = BOUNTY * (sum(gaps) // t.HOUR + 1)
    assert BOUNTY <= outcomes[bounty].word <= min(most, BUDGET)
    assert outcomes[bounty].word + outcomes[budget].word == BUDGET
    assert outcomes[totals].decoded("uint256", "uint256", "bool")[0] >= 1_000_001 * UNIT - 4 * (len(gaps) + 1)


def test_bounty_hunter__budget_is_spent__order_still_acts(orders):
    stress = Stress.of(orders.stage)
    for _ in range(BUDGET // BOUNTY):
        stress.play.wait(t.HOUR)
        stress.play.watch()
        _fire(stress, orders, ALWAYS)
        stress.play.execute((HOSTILE, MOST - 10))
    stress.play.wait(t.HOUR)
    last = _fire(stress, orders, ALWAYS)
    bounty = _bounty(stress, orders)
    collected = stress.play.call(t.STRANGER, orders.reflexes, COLLECT, t.STRANGER)
    twice = stress.play.call(t.STRANGER, orders.reflexes, COLLECT, t.STRANGER)
    left = stress.exits.cash(orders.reflexes)
    outcomes = stress.play.run()
    assert outcomes[last].word > 0
    assert outcomes[bounty].word == outcomes[collected].word == BUDGET
    assert outcomes[twice].reason == "reflexes: no bounty"
    assert outcomes[left].word == 0


def test_bounty_hunter__asks_for_others_bounties__gets_nothing(orders):
    stress = Stress.of(orders.stage)
    _fire(stress, orders, ALWAYS)
    for who in (t.LEAVER, t.AGENT, t.GUARDIAN):
        asked = stress.play.call(who, orders.reflexes, COLLECT, who)
        taken = stress.play.call(who, orders.reflexes, "defund(address,uint256)", who, 1)
        outcomes = stress.play.run()
        assert outcomes[asked].reason == "reflexes: no bounty"
        assert not outcomes[taken].ok


def test_bounty__earned__is_out_of_the_governor_s_reach(orders):
    stress = Stress.of(orders.stage)
    _fire(stress, orders, ALWAYS)
    too_much = stress.play.call(t.GOVERNOR, orders.reflexes, "defund(address,uint256)", t.GOVERNOR, BUDGET)
    rest = stress.play.call(
        t.GOVERNOR, orders.reflexes, "defund(address,uint256)", t.GOVERNOR, BUDGET - BOUNTY
    )
    collected = stress.play.call(t.STRANGER, orders.reflexes, COLLECT, t.STRANGER)
    outcomes = stress.play.run()
    assert outcomes[too_much].reason == "reflexes: over budget"
    assert outcomes[rest].ok
    assert outcomes[collected].word == BOUNTY


# ------------------------------------------------------------------ what an order may cost


@pytest.mark.parametrize("bps", [10, 40, 49, 60, 5_000, 10_000])
def test_fire__target_pays_short__costs_its_max_loss_or_nothing(orders, bps):
    """Beyond the order's own limit, or the strategy's tolerance, the firing reverts and the order stays
    ready."""
    stress = Stress.of(orders.stage)
    stress.play.mode(Group.REDEEM, Mode.SHORT, bps)
    before, fired = stress.play.books(), _fire(stress, orders, ALWAYS)
    after = stress.play.books()
    memory = stress.play.view("memory(uint256)", ALWAYS, to=orders.reflexes)
    outcomes = stress.play.run()
    loss = MOST * bps // 10_000
    assert outcomes[fired].ok == (loss < MAX_LOSS)
    if outcomes[fired].ok:
        assert outcomes[fired].word >= MOST - MAX_LOSS - 2
    else:
        assert outcomes[fired].reason in ("executor: over own max loss", "vault: 16", "vault: 22")
        assert before(outcomes) == after(outcomes)
        assert outcomes[memory].decoded("uint256", "uint256")[0] == 0


def test_reflexes__as_a_stolen_agent__can_only_bring_capital_home(orders):
    """Were its code to obey an attacker: its mandate knows no allocation, and its account no other right."""
    stage, stress = orders.stage, Stress.of(orders.stage)
    me = orders.reflexes
    refused: dict[str, tuple[Any, ...]] = {
        "allocate": (stage.executor, EXECUTE, intent((HOSTILE, UNIT), agent=me)),
        "both": (stage.executor, EXECUTE, intent((HOSTILE, -UNIT), (HEALTHY, UNIT), agent=me)),
        "vault": (stage.vault, "deallocate(uint256,uint256,uint256)", HOSTILE, UNIT, 0),
        "cap": (stage.executor, "set_cap(uint256,uint256,uint256)", HOSTILE, 1, 1),
        "cut": (stage.executor, "cut(uint256,uint256,uint256)", HOSTILE, 1, 1),
        "latch": (stage.vault, "latch(uint256)", STRESS),
        "mandate": (stage.executor, "revoke(address)", t.AGENT),
    }
    places = {name: stress.play.call(me, *call) for name, call in refused.items()}
    before = stress.play.totals()
    home = [
        stress.play.call(me, stage.executor, EXECUTE, intent((identifier, -STAKE), agent=me))
        for identifier in (HOSTILE, HEALTHY, SOLMATE)
    ]
    after = stress.play.totals()
    outcomes = stress.play.run()
    assert [name for name, place in places.items() if outcomes[place].ok] == []
    assert outcomes[places["allocate"]].reason == "executor: may not allocate"
    assert all(outcomes[place].ok for place in home)
    totals = [outcomes[place].decoded("uint256", "uint256", "bool")[0] for place in (before, after)]
    assert 0 <= totals[0] - totals[1] <= 6


def test_orders__set_or_removed_by_anyone_but_the_governor__are_refused(orders):
    stress = Stress.of(orders.stage)
    people = (t.STRANGER, t.AGENT, t.GUARDIAN, t.SAFE, orders.stage.executor, orders.reflexes)
    places = []
    for who in people:
        places.append(stress.play.call(who, orders.reflexes, SET_ORDER, 9, ORDERS[ALWAYS]))
        places.append(stress.play.call(who, orders.reflexes, "remove_order(uint256)", ALWAYS))
        places.append(stress.play.call(who, orders.reflexes, "seal()"))
    outcomes = stress.play.run()
    assert not any(outcomes[place].ok for place in places)


def test_guardian__revokes_the_mandate__stops_every_order(orders):
    """One call by one key, and only the Timelock brings them back."""
    with orders.stage.undone():
        rpc, executor = orders.stage.rpc, orders.stage.executor
        rpc.transact(t.GOVERNOR, executor, "set_guardian(address,bool)", t.GUARDIAN, True)
        rpc.transact(t.GUARDIAN, executor, "revoke(address)", orders.reflexes)
        stress = Stress.of(orders.stage)
        stress.latched()
        fired = [_fire(stress, orders, number) for number in (ALWAYS, STRESSED, FALLEN)]
        outcomes = stress.play.run()
    assert {outcomes[place].reason for place in fired} == {"executor: no mandate"}


def test_fire__on_real_stress__needs_no_key_at_all(orders):
    """A loss, two pokes by a stranger, a third transaction by it: the liquid strategy comes home."""
    stress = Stress.of(orders.stage)
    stress.latched()
    fired = _fire(stress, orders, STRESSED)
    outcomes = stress.play.run()
    assert MOST - 2 <= outcomes[fired].word <= MOST
