"""Inside a strategy's own lock: a strategy that is being called, or read, calls Sentinel and Reflexes.

Every external of both is tried, taken from their ABIs; a failure that only a strategy in the middle of its
own call could show is never recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ganglion.devnet.abi import call_data
from tests import treasury as t
from tests.attacks.exit_externals import externals
from tests.attacks.stage import AMOUNT, HOSTILE, UNIT, Play, Stage
from tests.attacks.stress_calls import CALM, Stress
from tests.attacks.stress_orders import ALWAYS, BOUNTY, FIRE, ORDERS, Orders
from tests.attacks.test_reentry import _signature
from tests.modes import Group, Mode
from tests.modes import Stage as When

OUTER = {"allocate_hostile": Group.DEPOSIT, "deallocate_hostile": Group.REDEEM, "slice": Group.REDEEM}
SENTINEL, REFLEXES = externals("Sentinel"), externals("Reflexes")
LIMITS = tuple((bad - 1, good) if bad > good else (bad + 1, good) for bad, good in t.SIGNALS)


@pytest.fixture(scope="module")
def orders(shared_stage: Stage) -> Iterator[Orders]:
    """Standing orders, and every role of the Sentinel for the hostile strategy."""
    with shared_stage.undone():
        rpc, me = shared_stage.rpc, shared_stage.hostile
        orders = Orders.standing(shared_stage)
        sentinel = shared_stage.treasury.sentinel
        rpc.transact(t.GOVERNOR, sentinel, "set_guardian(address,bool)", me, True)
        rpc.transact(t.GOVERNOR, sentinel, "set_safe(address)", me)
        yield orders


def _arguments(stage: Stage, entry: dict[str, Any]) -> tuple[Any, ...]:
    me = stage.hostile
    return {
        "set_limits": (LIMITS,),
        "set_order": (9, ORDERS[ALWAYS]),
        "set_guardian": (me, True),
        "defund": (me, 1),
        "fire": (ALWAYS,),
        "change": (1,),
    }.get(entry["name"]) or tuple(me if part["type"] == "address" else 1 for part in entry["inputs"])


def _arm(play: Play, to: str, entry: dict[str, Any]) -> None:
    data = call_data(_signature(entry), *_arguments(play.stage, entry))
    play.call(t.STRANGER, play.stage.hostile, "set_reentry(address,bytes)", to, bytes.fromhex(data[2:]))


def _left(
    orders: Orders, outer: str, to: str = "", entry: dict[str, Any] | None = None, when: int = 0
) -> Any:
    """Act once, while the strategy calls back; what came of it and everything that it left."""
    stress = Stress(orders.stage.play())
    if entry is not None:
        _arm(stress.play, to, entry)
        stress.play.mode(OUTER[outer], Mode.REENTER, when)
    acted, books, seen = stress.play.act(outer), stress.play.books(), stress.seen()
    tried = [
        stress.play.view(name, to=orders.stage.hostile)
        for name in ("reentry_attempts()", "reentry_succeeded()")
    ]
    words = [
        stress.play.view("budget()", to=orders.reflexes),
        stress.play.view("memory(uint256)", ALWAYS, to=orders.reflexes),
        stress.play.view("limits()", to=stress.sentinel),
    ]
    outcomes = stress.play.run()
    assert outcomes[acted].ok, outcomes[acted].reason
    attempts, succeeded = (int.from_bytes(outcomes[place].data) for place in tried)
    everything = (books(outcomes), seen.all_of_it(outcomes), [outcomes[place].data for place in words])
    return attempts, succeeded, everything


@pytest.fixture(scope="module")
def honest(orders: Orders) -> dict[str, Any]:
    """What each outer action leaves without a re-entry."""
    return {outer: _left(orders, outer)[2] for outer in OUTER}


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("when", When)
def test_reflexes__entered_by_a_strategy__change_nothing(orders, honest, outer, when):
    for name, entry in REFLEXES.items():
        attempts, succeeded, left = _left(orders, outer, orders.reflexes, entry, when)
        assert attempts == 1, name
        if entry["stateMutability"] == "nonpayable":
            assert not succeeded, name
        assert left == honest[outer], name


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("when", When)
def test_sentinel__entered_by_a_strategy_with_every_role__does_what_the_role_may_and_no_more(
    orders, honest, outer, when
):
    """It is guardian and Safe here: it may tighten limits and beat, as it might in a transaction of its own.
    It pokes nothing and latches nothing."""
    allowed = {"beat", "set_limits"}
    for name, entry in SENTINEL.items():
        attempts, succeeded, left = _left(orders, outer, orders.stage.treasury.sentinel, entry, when)
        assert attempts == 1, name
        if entry["stateMutability"] == "nonpayable":
            assert bool(succeeded) == (name in allowed), name
        if name != "set_limits":
            assert left == honest[outer], name
        assert left[0] == honest[outer][0], name


@pytest.mark.parametrize("target", ["sentinel", "vault", "reflexes"])
def test_failure__shown_only_inside_its_own_call__is_not_recorded(orders, target):
    """A strategy that cannot be read while it is being called (a lock of its own) calls for a poke just then:
    refused, and to every honest poke it answers."""
    stage = orders.stage
    to = {"sentinel": stage.treasury.sentinel, "vault": stage.vault, "reflexes": orders.reflexes}[target]
    entry = {"sentinel": SENTINEL["poke"], "vault": externals("Vault")["poke"], "reflexes": REFLEXES["fire"]}
    stress = Stress.of(stage)
    _arm(stress.play, to, entry[target])
    stress.play.mode(Group.REDEEM, Mode.REENTER, When.HALFWAY)
    health = [stress.play.view("word(uint256,uint256)", t.HEALTH, HOSTILE)]
    pokes = []
    for _ in range(3):
        stress.play.execute((HOSTILE, -AMOUNT))
        pokes.append(stress.play.watch())
        stress.play.wait(t.HOUR)
    health.append(stress.play.view("word(uint256,uint256)", t.HEALTH, HOSTILE))
    succeeded = stress.play.view("reentry_succeeded()", to=stage.hostile)
    outcomes = stress.play.run()
    assert int.from_bytes(outcomes[succeeded].data) == 0
    assert outcomes[health[0]].word == outcomes[health[1]].word
    assert {outcomes[place].word for place in pokes} == {CALM}


@pytest.mark.parametrize("group", [Group.READ, Group.MAX])
def test_poke__strategy_asks_us_while_it_is_read__hears_nothing(orders, group):
    """While a poke reads it, a strategy that prices itself by the Vault or the Sentinel gets no answer: it
    looks as if it had told a fixed number."""
    stage = orders.stage
    targets = {stage.vault: externals("Vault")["totals"], stage.treasury.sentinel: SENTINEL["limits"]}
    for to, entry in targets.items():
        told = []
        for mode in (Mode.REENTER_VIEW, Mode.RETURN_VALUE):
            stress = Stress.of(stage)
            _arm(stress.play, to, entry)
            stress.play.mode(group, mode, 123_456 * UNIT)
            place, books = stress.play.watch(), stress.play.books()
            outcomes = stress.play.run()
            told.append((outcomes[place].ok, outcomes[place].data, books(outcomes)))
        assert told[0] == told[1], to


def test_fire__target_fires_from_inside__is_refused_and_paid_one_bounty(orders):
    """The strategy that an order redeems calls `fire` while it is redeemed."""
    stress = Stress.of(orders.stage)
    _arm(stress.play, orders.reflexes, REFLEXES["fire"])
    stress.play.mode(Group.REDEEM, Mode.REENTER, When.HALFWAY)
    before = stress.play.view("budget()", to=orders.reflexes)
    fired = stress.play.call(t.STRANGER, orders.reflexes, FIRE, ALWAYS)
    inside = stress.play.view("reentry_succeeded()", to=orders.stage.hostile)
    tried = stress.play.view("reentry_attempts()", to=orders.stage.hostile)
    after = stress.play.view("budget()", to=orders.reflexes)
    outcomes = stress.play.run()
    assert outcomes[fired].ok, outcomes[fired].reason
    assert (outcomes[tried].word, outcomes[inside].word) == (1, 0)
    assert outcomes[before].word - outcomes[after].word == BOUNTY
