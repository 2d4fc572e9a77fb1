"""Claims: nobody gets cash or units of the way out twice, or anybody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import treasury as t
from tests.attacks.exit_calls import (
    CANCEL,
    DETACH,
    IN_KIND,
    REDEEM,
    REQUEST,
    SHARE,
    UNITS,
    WITHDRAW,
    Exits,
    Runoff,
    holder,
    staked,
)
from tests.attacks.stage import HEALTHY, HOSTILE, SOLMATE, STAKE, UNIT, Stage

THIEF, VICTIM, THIRD = HOLDERS = holder(1), holder(2), holder(3)
PART = 100_000 * UNIT
IDS = (HOSTILE, HEALTHY, SOLMATE)


def _two_waiting(stage: Stage) -> Exits:
    """Two holders with an equal part of the runoff of a drained strategy, older than an epoch."""
    exits = Exits(stage.play())
    for who in (THIEF, VICTIM):
        exits.hold(who, PART)
    exits.drain()
    for who in (THIEF, VICTIM):
        exits.exit_now(who, PART)
    exits.play.wait(t.DAY + 1)
    return exits


def _two_queued(stage: Stage) -> Exits:
    """The same two in one settled epoch."""
    exits = Exits(stage.play())
    for who in (THIEF, VICTIM):
        exits.hold(who, PART)
        exits.request(who, PART)
    exits.drain()
    exits.settle()
    exits.play.wait(t.DAY + 1)
    return exits


# ------------------------------------------------------------------ once


@pytest.mark.parametrize("between", ["nothing", "unwind", "detach"])
def test_in_kind__asked_twice__second_is_refused(shared_stage, between):
    exits = _two_waiting(shared_stage)
    before = exits.runoff()
    first = exits.in_kind(THIEF, 1)
    if between == "unwind":
        exits.drain(10_000 * UNIT)
        exits.unwind()
    if between == "detach":
        exits.queued(THIEF, DETACH, 1, THIEF)
    middle, units = exits.runoff(), exits.units(THIEF)
    second, claimed, after = exits.in_kind(THIEF, 1), exits.claim(THIEF, 1), exits.units(THIEF)
    cash, waits = exits.cash(THIEF), exits.runoff()
    outcomes = exits.play.run()
    assert outcomes[first].ok, outcomes[first].reason
    assert outcomes[second].reason == "queue: nothing waits"
    assert outcomes[claimed].word == 0
    assert outcomes[units].word == outcomes[after].word <= Runoff.of(outcomes[before]).waiting // 2 + 1
    assert outcomes[waits].word == outcomes[middle].word
    assert outcomes[cash].word <= PART - PART * STAKE // (1_000_001 * UNIT)


def test_claim__asked_twice__second_pays_nothing(shared_stage):
    exits = _two_queued(shared_stage)
    exits.drain(20_000 * UNIT)
    exits.unwind()
    first, second = exits.claim(THIEF, 1), exits.claim(THIEF, 1)
    stake = exits.stake(1, THIEF)
    outcomes = exits.play.run()
    assert outcomes[first].word > 0
    assert outcomes[second].word == 0
    assert staked(outcomes[stake])[5] == outcomes[first].word


def test_claim__of_a_detached_part__old_record_pays_it_no_more(shared_stage):
    exits = _two_queued(shared_stage)
    own = exits.queued(THIEF, DETACH, 1, THIEF)
    old = exits.claim(THIEF, 1)
    again = exits.queued(THIEF, DETACH, 1, THIEF)
    paid, other = exits.claim(THIEF, 2), exits.claim(VICTIM, 1)
    outcomes = exits.play.run()
    assert outcomes[own].word == 2
    assert outcomes[old].word == 0
    assert outcomes[again].reason == "queue: no such request"
    assert outcomes[other].word - 1 <= outcomes[paid].word <= outcomes[other].word


def test_detach__repeated__moves_nothing_more(shared_stage):
    """A private record is not split again: rounding cannot be farmed."""
    exits = _two_queued(shared_stage)
    exits.queued(THIEF, DETACH, 1, THIEF)
    before = exits.stake(2, THIEF)
    again = [exits.queued(THIEF, DETACH, 2, THIEF) for _ in range(5)]
    after, other = exits.stake(2, THIEF), exits.stake(1, VICTIM)
    outcomes = exits.play.run()
    assert [outcomes[place].word for place in again] == [2] * 5
    assert outcomes[before].data == outcomes[after].data
    assert staked(outcomes[after])[3] <= staked(outcomes[other])[3]


@pytest.mark.parametrize("wait", [0, t.DAY - 10])
def test_in_kind__before_an_epoch__is_refused(shared_stage, wait):
    exits = Exits(shared_stage.play())
    exits.hold(THIEF, PART)
    exits.drain()
    exits.exit_now(THIEF, PART)
    exits.play.wait(wait)
    place = exits.in_kind(THIEF, 1)
    assert exits.play.run()[place].reason == "queue: not yet in kind"


def test_in_kind__of_units_that_are_covered__evacuation_before_it_leaves_nothing_to_outrun(shared_stage):
    """Who takes units out may redeem them before those who stay; what they have is what the stayers
    left liquid."""
    for evacuated in (False, True):
        exits = Exits(shared_stage.play())
        exits.hold(THIEF, PART)
        exits.drain(50_000 * UNIT)
        exits.exit_now(THIEF, PART)
        if evacuated:
            exits.evacuate()
        exits.play.wait(t.DAY)
        exits.in_kind(THIEF, 1)
        most = exits.play.view("maxRedeem(address)", THIEF, to=shared_stage.hostile)
        outcomes = exits.play.run()
        assert (outcomes[most].word <= 1) == evacuated


# ------------------------------------------------------------------ whose


CALLS = {
    "claim": ("claim(uint256,address,address)", (1, VICTIM, THIEF)),
    "redeem": (REDEEM, (1, THIEF, VICTIM)),
    "withdraw": (WITHDRAW, (1, THIEF, VICTIM)),
    "detach": (DETACH, (1, VICTIM)),
    "in_kind": (IN_KIND, (1, VICTIM, HOSTILE, THIEF)),
}


@pytest.mark.parametrize("name", CALLS)
def test_claims__of_another_s_record__are_refused(shared_stage, name):
    signature, arguments = CALLS[name]
    for revoked in (False, True):
        exits = _two_queued(shared_stage)
        if revoked:
            exits.queued(VICTIM, "setOperator(address,bool)", THIEF, True)
            exits.queued(VICTIM, "setOperator(address,bool)", THIEF, False)
        # To be somebody's operator the other way round gives nothing.
        exits.queued(THIEF, "setOperator(address,bool)", VICTIM, True)
        place = exits.queued(THIEF, signature, *arguments)
        assert exits.play.run()[place].reason == "queue: not the controller"


def test_cancel__of_another_s_request__is_refused(shared_stage):
    exits = Exits(shared_stage.play())
    exits.hold(VICTIM, PART)
    exits.request(VICTIM, PART)
    place = exits.queued(THIEF, CANCEL, 1, VICTIM, THIEF)
    assert exits.play.run()[place].reason == "queue: not the controller"


def test_cancel__of_a_settled_request__is_refused(shared_stage):
    exits = _two_queued(shared_stage)
    place = exits.queued(THIEF, CANCEL, 1, THIEF, THIEF)
    assert exits.play.run()[place].reason == "queue: settled"


@pytest.mark.parametrize("next_call", ["settle", "exit", "unwind", "in_kind"])
def test_proceeds_of_an_agent_s_unwind__reach_those_who_waited(shared_stage, next_call):
    """What the Vault redeems for leavers before a move of its own is theirs, whatever is called next;
    no one who comes after has a part of it."""
    exits = _two_waiting(shared_stage)
    exits.hold(THIRD, PART)
    exits.request(THIRD, PART)
    exits.drain(100_000 * UNIT)
    exits.evacuate(UNIT)
    before, promised = exits.runoff(), exits.stake(2, VICTIM)
    exits.drain(0)
    {
        "settle": lambda: exits.settle(),
        "exit": lambda: exits.exit_now(t.LEAVER, PART),
        "unwind": lambda: exits.unwind(),
        "in_kind": lambda: exits.in_kind(THIEF, 1),
    }[next_call]()
    kept, claims = exits.stake(2, VICTIM), [exits.claim(VICTIM, 2)]
    outcomes = exits.play.run()
    assert Runoff.of(outcomes[before]).unsynced > 15_000 * UNIT
    assert staked(outcomes[promised])[3] > 7_000 * UNIT
    assert staked(outcomes[kept])[3] == staked(outcomes[promised])[3] == outcomes[claims[0]].word


@pytest.mark.parametrize("owner", ["queue", "vault", "victim", "dead"])
def test_leave__shares_of_another__are_refused(shared_stage, owner):
    """Also the queue's own, which are those of everybody who waits for the epoch to end."""
    treasury = shared_stage.treasury
    whose = {
        "queue": treasury.queue,
        "vault": treasury.vault,
        "victim": VICTIM,
        "dead": "0x000000000000000000000000000000000000dEaD",
    }[owner]
    exits = Exits(shared_stage.play())
    exits.hold(VICTIM, 2 * PART)
    exits.hold(treasury.vault, PART)
    exits.request(VICTIM, PART)
    shares = UNIT * SHARE // 2
    out = exits.queued(THIEF, "exit_now(uint256,address,address,uint256,uint256)", shares, THIEF, whose, 0, 0)
    queued = exits.queued(THIEF, REQUEST, shares, THIEF, whose)
    outcomes = exits.play.run()
    assert not outcomes[out].ok
    assert not outcomes[queued].ok


# ------------------------------------------------------------------ any sequence


who = st.sampled_from(HOLDERS)
record = st.integers(1, 5)
steps = st.one_of(
    st.tuples(st.just("request"), who, st.integers(1, 30_000)),
    st.tuples(st.just("exit"), who, st.integers(1, 30_000), st.integers(0, 15)),
    st.tuples(st.just("settle")),
    st.tuples(st.just("unwind"), st.sampled_from(IDS), st.sampled_from([1, 10**8, 10**9, 2**112])),
    st.tuples(st.just("liquid"), st.sampled_from([HOSTILE, HEALTHY]), st.integers(0, 200_000)),
    st.tuples(st.just("lose"), st.integers(1, 5_000)),
    st.tuples(st.just("claim"), who, record),
    st.tuples(st.just("redeem"), who, st.integers(1, 10**16)),
    st.tuples(st.just("withdraw"), who, st.integers(1, 10_000)),
    st.tuples(st.just("detach"), who, record),
    st.tuples(st.just("in_kind"), who, record, st.sampled_from([HOSTILE, HEALTHY])),
    st.tuples(st.just("home"), st.sampled_from([HOSTILE, HEALTHY]), st.integers(1, 200_000)),
    st.tuples(st.just("evacuate"), st.sampled_from([HOSTILE, HEALTHY]), st.integers(1, 200_000)),
    st.tuples(st.just("wait"), st.integers(1, t.DAY)),
)


def _step(exits: Exits, name: str, values: tuple) -> None:
    play = exits.play
    actions = {
        "request": lambda who, amount: exits.request(who, amount * UNIT),
        "exit": lambda who, amount, tries: exits.exit_now(who, amount * UNIT, tries),
        "settle": lambda: exits.settle(),
        "unwind": lambda identifier, limit: exits.unwind(identifier, limit),
        "liquid": lambda identifier, left: exits.drain(left * UNIT, identifier),
        "lose": lambda amount: play.call(t.STRANGER, exits.stage.hostile, "lose(uint256)", amount * UNIT),
        "claim": lambda who, record: exits.claim(who, record),
        "redeem": lambda who, part: exits.queued(who, REDEEM, part * 10**4, who, who),
        "withdraw": lambda who, amount: exits.queued(who, WITHDRAW, amount * UNIT, who, who),
        "detach": lambda who, record: exits.queued(who, DETACH, record, who),
        "in_kind": lambda who, record, identifier: exits.in_kind(who, record, identifier),
        "home": lambda identifier, amount: play.execute((identifier, -amount * UNIT)),
        "evacuate": lambda identifier, amount: exits.evacuate(amount * UNIT, identifier),
        "wait": lambda seconds: play.wait(seconds),
    }
    actions[name](*values)


@given(sequence=st.lists(steps, min_size=4, max_size=24))
def test_claims__any_sequence__leave_enough_for_every_claim(shared_stage, sequence):
    """At the end all that everybody can claim is there, is paid, and leaves dust: cash is neither
    double nor lost."""
    exits = Exits(shared_stage.play())
    for account in HOLDERS:
        exits.hold(account, PART)
    for name, *values in sequence:
        _step(exits, name, tuple(values))
    owed, records = exits.owed(), range(1, 30)
    stakes = [exits.stake(number, account) for number in records for account in HOLDERS]
    unsynced = [exits.runoff(identifier) for identifier in IDS]
    claims = [exits.claim(account, number) for number in records for account in HOLDERS]
    left, vault, idle = exits.owed(), exits.cash(shared_stage.vault), exits.idle()
    outcomes = exits.play.run()
    each = [staked(outcomes[place]) for place in stakes]
    assert all(outcomes[place].ok for place in claims)
    assert [outcomes[place].word for place in claims] == [stake[3] for stake in each]
    assert sum(stake[3] for stake in each) <= outcomes[owed].word
    assert outcomes[vault].word >= (outcomes[idle].word & UNITS) + outcomes[left].word
    assert outcomes[left].word <= 4 * len(sequence) * len(IDS) + sum(
        Runoff.of(outcomes[place]).unsynced for place in unsynced
    )
    for requested, pending, claimable, _, claimed, _ in each:
        assert pending + claimable + claimed == requested
