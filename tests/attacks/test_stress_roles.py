"""Who moves the state, and who does not: nobody enters or leaves WINDDOWN but governance or its silence."""

from __future__ import annotations

from typing import Any

import pytest

from tests import treasury as t
from tests.attacks.exit_calls import SHARE, Exits, holder
from tests.attacks.stage import EVERYTHING, HEALTHY, HOSTILE, SLICE, SOLMATE, STAKE, UNIT, Stage
from tests.attacks.stress_calls import (
    AGE,
    CALM,
    FALL,
    FEES,
    GOVERNED,
    LAPSED,
    LIQUID,
    SET_LIMITS,
    STRESS,
    TIGHTEST,
    WINDDOWN,
    Stress,
)

CHANGE = ("uint256",) * 5
PART = 100_000 * UNIT
TWO_DAYS = PART * 200 * 2 // (10_000 * 365) + 1  # of the management fee: one before, one that winds down
OUTSIDERS = {
    "stranger": t.STRANGER,
    "holder": t.DEPOSITOR,
    "agent": t.AGENT,
    "guardian": t.GUARDIAN,
    "safe": t.SAFE,
    "deployer": t.DEPLOYER,
}


@pytest.fixture(scope="module")
def guarded(shared_stage: Stage):
    """The stage, whose Sentinel has a guardian, sealed by its governor."""
    with shared_stage.undone():
        rpc, sentinel = shared_stage.rpc, shared_stage.treasury.sentinel
        rpc.transact(t.GOVERNOR, sentinel, "set_guardian(address,bool)", t.GUARDIAN, True)
        rpc.transact(t.GOVERNOR, sentinel, "seal()")
        yield shared_stage


def _lapse(stress: Stress, more: int = 1) -> None:
    """Let exactly the silence allowed pass since the last heartbeat, and so many seconds more."""
    play = stress.play
    last = stress.play.stage.rpc.read(stress.sentinel, "heartbeat()", returns=("uint256", "uint256"))[1]
    play.wait(last + more - play.timeline.now)


# ------------------------------------------------------------------ who may


@pytest.mark.parametrize("who", OUTSIDERS)
def test_state__moved_by_anyone_but_governance__is_refused(guarded, who):
    sender, stress = OUTSIDERS[who], Stress.of(guarded)
    steward = guarded.treasury.steward
    calls: dict[str, tuple[Any, ...]] = {
        **{f"latch {state}": (guarded.vault, "latch(uint256)", state) for state in range(4)},
        "wind_down": (stress.sentinel, "wind_down()"),
        "silence": (stress.sentinel, "set_silence(uint256)", 7 * t.DAY),
        "safe": (stress.sentinel, "set_safe(address)", sender),
        "guardian": (stress.sentinel, "set_guardian(address,bool)", sender, True),
        "looser": (stress.sentinel, SET_LIMITS, tuple((bad + 1, good) for bad, good in t.SIGNALS)),
        "sentinel": (steward, "set_sentinel(address)", sender),
        "seal": (stress.sentinel, "seal()"),
    }
    if who != "safe":
        calls["beat"] = (stress.sentinel, "beat()")
    before = stress.seen()
    places = {name: stress.play.call(sender, *call) for name, call in calls.items()}
    after = stress.seen()
    outcomes = stress.play.run()
    assert [name for name, place in places.items() if outcomes[place].ok] == []
    assert after.all_of_it(outcomes) == before.all_of_it(outcomes)


def test_winddown__once_there__nothing_and_nobody_leaves_it(guarded):
    """Not good observations, not the Sentinel, not one that the governor puts in its place, not the
    governor."""
    stress = Stress.of(guarded)
    wound = stress.ask(t.GOVERNOR, "wind_down()")
    pokes = stress.watches(30)
    latched = [stress.play.latch(state) for state in (CALM, STRESS, WINDDOWN, 3)]
    beaten = stress.ask(t.SAFE, "beat()")
    again = stress.ask(t.GOVERNOR, "wind_down()")
    after, change = stress.seen(), stress.change(1)
    outcomes = stress.play.run()
    assert outcomes[wound].ok
    assert {outcomes[place].word for place in pokes} == {WINDDOWN}
    assert {outcomes[place].reason for place in latched} == {"vault: 4"}
    assert outcomes[beaten].ok
    assert outcomes[again].reason == "vault: 4"
    assert after.state(outcomes) == WINDDOWN
    assert outcomes[change].decoded(*CHANGE)[2] == GOVERNED


def test_winddown__sentinel_replaced__stays(guarded):
    with guarded.undone():
        treasury, rpc = guarded.treasury, guarded.rpc
        rpc.transact(t.GOVERNOR, treasury.sentinel, "wind_down()")
        fresh = t.deploy_sentinel(rpc, guarded.vault)
        treasury.govern("set_sentinel(address)", fresh)
        play = guarded.play()
        latched = [play.call(fresh, guarded.vault, "latch(uint256)", state) for state in range(3)]
        poked = play.call(t.STRANGER, fresh, "poke()")
        outcomes = play.run()
    assert {outcomes[place].reason for place in latched} == {"vault: 4"}
    assert outcomes[poked].word == WINDDOWN


# ------------------------------------------------------------------ governance that is dead


@pytest.mark.parametrize(("more", "state"), [(0, CALM), (1, WINDDOWN)])
def test_lapse__to_the_second__is_what_winds_down(guarded, more, state):
    stress = Stress.of(guarded)
    _lapse(stress, more - 1)
    stress.play.watch()  # the books are fresh: what counts is the heartbeat alone
    stress.play.wait(1)
    last = stress.play.watch()
    outcomes = stress.play.run()
    assert outcomes[last].word == state


def test_lapse__safe_comes_a_second_late__changes_nothing(guarded):
    """Whether holders are wound down does not hang on who is first in a block."""
    stress = Stress.of(guarded)
    _lapse(stress)
    late = [stress.ask(who, "beat()") for who in (t.SAFE, t.GOVERNOR)]
    longer = stress.ask(t.GOVERNOR, "set_silence(uint256)", 365 * t.DAY)
    last, change = stress.play.watch(), stress.change(1)
    outcomes = stress.play.run()
    assert {outcomes[place].reason for place in (*late, longer)} == {"sentinel: lapsed"}
    assert outcomes[last].word == WINDDOWN
    before, state, cause, since, at = outcomes[change].decoded(*CHANGE)
    assert (before, state, cause, at - since) == (CALM, WINDDOWN, LAPSED, 1)


def test_lapse__guardians_and_agents_act_all_the_time__is_not_put_off(guarded):
    """Only the Safe and the governor keep the heart beating: a guardian that tightens limits, an agent that
    works and holders that poke do not."""
    stress = Stress.of(guarded)
    for number in range(1, 6):
        stress.play.wait(10 * t.DAY)
        tighter = ((300 - number, 50), *t.SIGNALS[1:])
        assert stress.ask(t.GUARDIAN, SET_LIMITS, tighter)
        stress.play.watch()
        stress.play.execute((HEALTHY, UNIT))
    _lapse(stress)
    last = stress.play.watch()
    outcomes = stress.play.run()
    assert outcomes[last].word == WINDDOWN


def test_heartbeat__every_fifty_days__keeps_the_treasury_running(guarded):
    stress, pokes = Stress.of(guarded), []
    for _ in range(8):
        for _ in range(2):
            stress.play.wait(25 * t.DAY)
            stress.play.poke()
            stress.play.wait(60)
            pokes.append(stress.play.watch())
        stress.ask(t.SAFE, "beat()")
    outcomes = stress.play.run()
    assert {outcomes[place].word for place in pokes} == {CALM}


def test_dead_governor__everybody_gets_out_and_agents_bring_capital_home(guarded):
    """Lapsed: no key of governance exists any more. Agents empty the strategies, slices and immediate exits
    are paid whole, fees stand still, nothing enters."""
    stage = guarded
    people = [holder(number) for number in range(1, 5)]
    with stage.undone():
        stage.treasury.govern(FEES, (200, 2_000, t.STRANGER))
        stress = Stress.of(stage)
        exits, play = stress.exits, stress.play
        for who in people:
            exits.hold(who, PART)
        _lapse(stress)
        wound = play.watch()
        fees = [play.view("balanceOf(address)", t.STRANGER)]
        refused = [play.act(name) for name in ("deposit", "mint", "withdraw", "redeem", "allocate_healthy")]
        home = [
            play.execute((HOSTILE, EVERYTHING)),
            play.execute((HEALTHY, EVERYTHING), (SOLMATE, EVERYTHING)),
        ]
        before = [exits.cash(who) for who in people]
        left = [exits.exit_now(who, PART) for who in people[:3]]
        left.append(play.call(people[3], stage.vault, SLICE, PART * SHARE, people[3], people[3], 0))
        after = [exits.cash(who) for who in people]
        stress.watches(3)
        fees.append(play.view("balanceOf(address)", t.STRANGER))
        outcomes = play.run()
    assert outcomes[wound].word == WINDDOWN
    assert {outcomes[place].reason for place in refused} == {"vault: 5"}
    assert all(outcomes[place].ok for place in (*home, *left))
    for first, last in zip(before, after, strict=True):
        assert PART - TWO_DAYS - 12 <= outcomes[last].word - outcomes[first].word <= PART
    assert outcomes[fees[0]].word == outcomes[fees[1]].word


def test_dead_governor__strategy_is_dead_too__units_leave_in_kind_at_once(guarded):
    stress = Stress.of(guarded)
    exits = stress.exits
    who = holder(1)
    exits.hold(who, PART)
    exits.drain(0)
    _lapse(stress)
    stress.play.watch()
    left, taken, units = exits.exit_now(who, PART), exits.in_kind(who, 1), exits.units(who)
    outcomes = stress.play.run()
    assert outcomes[left].ok
    assert outcomes[taken].ok, outcomes[taken].reason
    assert outcomes[units].word > 0


# ------------------------------------------------------------------ a guardian that is stolen


def test_stolen_guardian__tightest_limits__stress_a_sound_treasury_only_by_what_is_true(guarded):
    """With hourly pokes, everything liquid and no loss, the tightest limits latch nothing."""
    stress = Stress.of(guarded)
    tightened = stress.ask(t.GUARDIAN, SET_LIMITS, TIGHTEST)
    pokes = stress.watches(30)
    outcomes = stress.play.run()
    assert outcomes[tightened].ok
    assert {outcomes[place].word for place in pokes} == {CALM}


@pytest.mark.parametrize("cause", [FALL, LIQUID, AGE])
def test_stolen_guardian__tightest_limits__cost_convenience_until_the_governor_loosens_them(guarded, cause):
    """What is tolerable otherwise latches: half a percent lost, half illiquid, a day and an hour without a
    poke. Holders leave as before; the governor's limits and an epoch of good hours end it."""
    stress = Stress.of(guarded)
    exits, who = stress.exits, holder(1)
    exits.hold(who, PART)
    stress.ask(t.GUARDIAN, SET_LIMITS, TIGHTEST)
    if cause == FALL:
        stress.lose(STAKE // 30)
    elif cause == LIQUID:
        stress.invest()
        exits.drain(STAKE, HOSTILE)
        exits.drain(STAKE, HEALTHY)
    spacing = 25 * t.HOUR if cause == AGE else t.HOUR
    latched, change = stress.watches(3, spacing)[-1], stress.change(1)
    left = exits.exit_now(who, PART)
    loosened = stress.ask(t.GOVERNOR, SET_LIMITS, t.SIGNALS)
    calm = stress.watches(90)[-1]  # two days until the reference forgets a loss, and an epoch
    outcomes = stress.play.run()
    assert outcomes[latched].word == STRESS
    assert outcomes[change].decoded(*CHANGE)[2] == cause
    assert outcomes[left].ok, outcomes[left].reason
    assert outcomes[loosened].ok, outcomes[loosened].reason
    assert outcomes[calm].word == CALM


def test_stolen_guardian__removed__tightens_no_more(guarded):
    stress = Stress.of(guarded)
    stress.ask(t.GOVERNOR, "set_guardian(address,bool)", t.GUARDIAN, False)
    refused = stress.ask(t.GUARDIAN, SET_LIMITS, TIGHTEST)
    outcomes = stress.play.run()
    assert not outcomes[refused].ok


def test_stolen_guardian__every_limit__can_only_be_moved_towards_stress(guarded):
    """Bad and good of each signal, a step to either side: the looser one is refused, also where all others
    are tightened."""
    for index in range(10):
        signal, part = divmod(index, 2)
        for step in (-1, 1):
            looser = step == (-1 if signal == LIQUID else 1)
            limits = [[bad, good] for bad, good in t.SIGNALS]
            limits[signal][part] += step
            if looser and index != 0:
                limits[FALL][0] -= 1
            stress = Stress.of(guarded)
            tried = stress.ask(t.GUARDIAN, SET_LIMITS, tuple(tuple(each) for each in limits))
            assert stress.play.run()[tried].ok != looser, (index, step)


# ------------------------------------------------------------------ pokes and exits do not touch


def test_latching_poke__refused_by_the_vault__leaves_exits_alone(guarded):
    """Were the Vault to obey another Sentinel, the old one's pokes revert whole; ways out need none."""
    with guarded.undone():
        fresh = t.deploy_sentinel(guarded.rpc, guarded.vault)
        guarded.treasury.govern("set_sentinel(address)", fresh)
        exits = Exits(guarded.play())
        exits.hold(holder(1), PART)
        poked = exits.play.watch()
        left = exits.exit_now(holder(1), PART)
        outcomes = exits.play.run()
    assert not outcomes[poked].ok
    assert outcomes[left].ok
