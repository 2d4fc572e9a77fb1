"""Starved reactions: with too little gas a poke, a firing or a trim reverts whole; with enough it does
exactly what it does with plenty.

Nobody records a failure, reads a false price, latches, arms or fires by choosing a gas limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import treasury as t
from tests.attacks.exit_calls import UNWIND, holder
from tests.attacks.exit_ladder import assert_all_or_nothing
from tests.attacks.stage import HEALTHY, HOSTILE, UNIT, Stage
from tests.attacks.stress_calls import Stress
from tests.attacks.stress_orders import FIRE, Orders
from tests.attacks.timeline import GAS, Outcome
from tests.modes import Group, Mode

LEAVER = holder(1)
SET_CAP = "set_cap(uint256,uint256,uint256)"
# Strategies that use nearly all of their caps (150,000 and 600,000): every missing unit of gas would show.
TEMPERS: dict[str, tuple[tuple[Group, Mode, int], ...]] = {
    "cheap": (),
    "costly": (
        (Group.READ, Mode.BURN_SOME, 130_000),
        (Group.MAX, Mode.BURN_SOME, 130_000),
        (Group.REDEEM, Mode.BURN_SOME, 480_000),
    ),
    "failing reads": ((Group.READ, Mode.BURN_LOOP, 0),),
    "silent": ((Group.MAX, Mode.BURN_LOOP, 0),),
}
Call = Callable[[Stress, str, int], int]


def _poke(stress: Stress, to: str, gas: int) -> int:
    return stress.play.call(t.STRANGER, to, "poke()", gas=gas)


CALLS: dict[str, Call] = {
    "Vault.poke": lambda stress, _, gas: _poke(stress, stress.play.stage.vault, gas),
    "Sentinel.poke": lambda stress, _, gas: _poke(stress, stress.sentinel, gas),
    "latching Sentinel.poke": lambda stress, _, gas: _poke(stress, stress.sentinel, gas),
    "arming Reflexes.fire": lambda stress, reflexes, gas: stress.play.call(
        t.STRANGER, reflexes, FIRE, 2, gas=gas
    ),
    "Reflexes.fire": lambda stress, reflexes, gas: stress.play.call(t.STRANGER, reflexes, FIRE, 1, gas=gas),
    "Executor.trim": lambda stress, _, gas: stress.play.call(
        t.STRANGER, stress.play.stage.executor, "trim(uint256)", HOSTILE, gas=gas
    ),
    "direct unwind": lambda stress, _, gas: stress.play.call(
        t.STRANGER, stress.exits.queue, UNWIND, HOSTILE, 2**112, gas=gas
    ),
}
CASES = [
    (call, temper)
    for call in CALLS
    for temper in TEMPERS
    # A strategy that does not say what is liquid has none: nothing to fire on, to unwind, or to trim to.
    if temper in ("cheap", "costly") or "poke" in call or (call == "direct unwind" and temper != "silent")
]


def _prepared(stage: Stage, orders: Orders, call: str, temper: str) -> Stress:
    """Everything is due: trouble seen an hour ago, a position over its cap, units that wait."""
    stress = Stress.of(stage)
    stress.exits.hold(LEAVER, 100_000 * UNIT)
    if call == "direct unwind":
        stress.exits.exit_now(LEAVER, 100_000 * UNIT, 0)
    stress.play.call(t.GOVERNOR, stage.executor, SET_CAP, HOSTILE, 150_000 * UNIT, 10_000)
    stress.play.call(t.STRANGER, stage.executor, "trim(uint256)", HOSTILE)
    if call == "latching Sentinel.poke":
        stress.lose()
        stress.play.watch()
    if call == "arming Reflexes.fire":
        stress.exits.drain(0, HEALTHY)
    stress.play.wait(t.HOUR)
    for group, mode, param in TEMPERS[temper]:
        stress.play.mode(group, mode, param)
        stress.play.mode(group, mode, param, HEALTHY)
    return stress


@pytest.fixture(scope="module")
def orders(shared_stage: Stage):
    """Standing orders of the stage."""
    with shared_stage.undone():
        yield Orders.standing(shared_stage)


@pytest.mark.parametrize(("call", "temper"), CASES)
def test_starved__reaction__reverts_whole_or_does_the_same(shared_stage, orders, call, temper):
    def attempt(limit: int) -> tuple[Outcome, Any, Any]:
        stress = _prepared(shared_stage, orders, call, temper)
        notes = [_noted(stress, orders)]
        place = CALLS[call](stress, orders.reflexes, limit)
        notes.append(_noted(stress, orders))
        outcomes = stress.play.run()
        return outcomes[place], *(each(outcomes) for each in notes)

    assert_all_or_nothing(attempt)


def _noted(stress: Stress, orders: Orders) -> Callable[[list[Outcome]], Any]:
    books, seen = stress.play.books(), stress.seen()
    places = [
        stress.play.view("memory(uint256)", number, to=orders.reflexes) for number in orders.numbers
    ] + [
        stress.play.view("budget()", to=orders.reflexes),
        stress.play.view("bounty_of(address)", t.STRANGER, to=orders.reflexes),
        stress.play.view("over_since(uint256)", HOSTILE, to=stress.play.stage.executor),
    ]
    return lambda outcomes: (
        books(outcomes),
        seen.all_of_it(outcomes),
        [outcomes[place].data for place in places],
    )


def test_starved__ladder__is_run_with_calls_that_do_something(shared_stage, orders):
    """What the sweep compares is not nothing."""
    for call in CALLS:
        stress = _prepared(shared_stage, orders, call, "cheap")
        before = _noted(stress, orders)
        place = CALLS[call](stress, orders.reflexes, GAS)
        after = _noted(stress, orders)
        outcomes = stress.play.run()
        assert outcomes[place].ok, (call, outcomes[place].reason)
        assert before(outcomes) != after(outcomes), call
