"""What a holder gets does not depend on the state: slices, settlements and immediate exits are the same
to the wei, whenever and however often the state changes, and whoever changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import treasury as t
from tests.attacks.exit_calls import SHARE, Exits, holder
from tests.attacks.stage import HEALTHY, HOSTILE, SLICE, SOLMATE, STAKE, UNIT, Stage
from tests.attacks.stress_calls import CALM, STRESS, WINDDOWN, Stress
from tests.attacks.timeline import Outcome

SLICED, QUEUED, NOW, WAITED = (holder(number) for number in range(1, 5))
LEAVING = (SLICED, QUEUED, NOW, WAITED)
PART = 50_000 * UNIT
DOORS = ("deposit", "mint", "withdraw", "redeem")
# States at six moments: before anybody leaves, and after each step of their ways out.
HISTORIES = {
    "stress at once": (STRESS, None, None, None, None, None),
    "stress in the middle": (None, None, STRESS, None, None, None),
    "toggled": (STRESS, CALM, STRESS, CALM, STRESS, CALM),
    "stress and back": (None, STRESS, None, None, CALM, None),
    "winddown at once": (WINDDOWN, None, None, None, None, None),
    "winddown in the middle": (STRESS, None, None, WINDDOWN, None, None),
    "winddown at the end": (None, None, None, None, None, WINDDOWN),
}


def _ways_out(stage: Stage, states: tuple[int | None, ...], dry: bool) -> tuple[list[int], Any]:
    """Four holders leave in four ways while the state changes; what each got, and what all else is."""
    stress = Stress(stage.play())
    exits, play = stress.exits, stress.play
    before = {who: exits.cash(who) for who in LEAVING}
    for who in LEAVING:
        exits.hold(who, PART)
    moments = iter(states)

    def change() -> None:
        state = next(moments)
        if state is not None:
            play.latch(state)

    change()
    acts = [play.call(SLICED, stage.vault, SLICE, PART * SHARE, SLICED, SLICED, 0)]
    if dry:
        exits.drain(STAKE // 20)
    change()
    acts += [exits.exit_now(WAITED, PART), exits.request(QUEUED, PART)]
    change()
    acts += [exits.settle()]
    change()
    exits.refill()
    acts += [exits.exit_now(NOW, PART)]
    change()
    acts += [exits.unwind(identifier) for identifier in (HOSTILE, HEALTHY, SOLMATE)]
    for record in (1, 2):  # an exit that is paid whole leaves no record
        exits.claim(WAITED, record)
        exits.claim(QUEUED, record)
    change()
    after = {who: exits.cash(who) for who in LEAVING}
    books = play.books()
    outcomes = play.run()
    refused = [outcomes[place].reason for place in acts if not outcomes[place].ok]
    assert refused == []
    rest = books(outcomes)
    rest["hot"] &= ~(3 << 192)
    return [outcomes[after[who]].word - outcomes[before[who]].word for who in LEAVING], rest


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize("history", HISTORIES)
def test_exits__state_changes_around_them__pay_the_same_to_the_wei(shared_stage, history, dry):
    calm, ledger = _ways_out(shared_stage, (None,) * 6, dry)
    paid, found = _ways_out(shared_stage, HISTORIES[history], dry)
    assert paid == calm
    assert found == ledger
    assert all(PART - 1_000 <= got <= PART + 1_000 for got in paid)


@pytest.mark.parametrize("way", ["redeem_slice", "exit_now", "settle"])
def test_exits__in_the_transaction_after_a_real_latch__pay_what_they_paid_before_it(shared_stage, way):
    """Latched by what strategies did and not by hand: the pokes that latch move books, and no slice."""

    def leave(stress: Stress) -> int:
        exits = stress.exits
        if way == "redeem_slice":
            return stress.play.call(SLICED, shared_stage.vault, SLICE, PART * SHARE, SLICED, SLICED, 0)
        if way == "exit_now":
            return exits.exit_now(SLICED, PART)
        return exits.queued(t.STRANGER, "settle()")

    paid = []
    for latch in (False, True):
        stress = Stress.of(shared_stage)
        stress.exits.hold(SLICED, PART)
        if way == "settle":
            stress.exits.request(SLICED, PART)
        stress.play.wait(t.DAY)
        stress.play.watch()
        stress.lose()
        stress.play.watch()
        stress.play.wait(t.HOUR)
        if latch:
            stress.play.watch()
        else:
            stress.play.call(t.STRANGER, shared_stage.vault, "poke()")
        state, before = stress.seen(), stress.exits.cash(SLICED)
        left = leave(stress)
        if way != "redeem_slice":
            stress.exits.claim(SLICED, 1)
        after, waits = stress.exits.cash(SLICED), stress.exits.runoff()
        outcomes = stress.play.run()
        assert outcomes[left].ok, outcomes[left].reason
        assert state.state(outcomes) == (STRESS if latch else CALM)
        paid.append((outcomes[after].word - outcomes[before].word, outcomes[waits].word))
    assert paid[0] == paid[1]
    assert paid[0][0] > PART * 7 // 10


def test_in_kind__winddown__gives_the_same_units_sooner(shared_stage):
    """The one thing that a state adds for leavers: nobody has to wait an epoch for units in kind."""
    got = []
    for state, wait in ((None, t.DAY), (WINDDOWN, 1)):
        stress = Stress.of(shared_stage)
        exits = stress.exits
        exits.hold(WAITED, PART)
        exits.drain(0)
        exits.exit_now(WAITED, PART)
        if state is not None:
            stress.play.latch(state)
        stress.play.wait(wait)
        taken, units = exits.in_kind(WAITED, 1), exits.units(WAITED)
        outcomes = stress.play.run()
        assert outcomes[taken].ok, outcomes[taken].reason
        got.append(outcomes[units].word)
    assert got[0] == got[1] > 0


# ------------------------------------------------------------------ a hostile Sentinel


def test_doors__in_every_state__are_refused_by_the_state_and_nothing_is_lost(shared_stage):
    for state in (STRESS, WINDDOWN):
        stress = Stress.of(shared_stage)
        before = stress.play.books()
        stress.play.latch(state)
        closed = {name: stress.play.act(name) for name in (*DOORS, "allocate_healthy", "allocate_hostile")}
        after = stress.play.books()
        home = stress.play.act("deallocate_healthy")
        outcomes = stress.play.run()
        assert {outcomes[place].reason for place in closed.values()} == {"vault: 5"}
        found, expected = after(outcomes), before(outcomes)
        assert found.pop("hot") ^ expected.pop("hot") == state << 192
        assert found == expected
        assert outcomes[home].ok, outcomes[home].reason


PEOPLE = st.sampled_from(LEAVING[1:])
STEPS = st.one_of(
    st.tuples(st.just("exit"), PEOPLE, st.integers(1, PART // 4), st.integers(0, 15)),
    st.tuples(st.just("request"), PEOPLE, st.integers(10_000, PART // 4)),
    st.tuples(st.just("settle")),
    st.tuples(st.just("unwind"), st.sampled_from([HOSTILE, HEALTHY, SOLMATE]), st.integers(1, 2**112)),
    st.tuples(st.just("drain"), st.integers(0, STAKE)),
    st.tuples(st.just("lose"), st.integers(1, UNIT * 1_000)),
    st.tuples(st.just("poke")),
)


def _played(stage: Stage, steps: list[tuple[tuple[Any, ...], int | None]], latches: bool) -> Any:
    """Play steps; with ``latches`` a hostile Sentinel moves the state before each."""
    stress = Stress(stage.play())
    exits, play = stress.exits, stress.play
    for who in LEAVING:
        exits.hold(who, PART)
    actions: dict[str, Callable[..., int]] = {
        "exit": exits.exit_now,
        "request": exits.request,
        "settle": exits.settle,
        "unwind": exits.unwind,
        "drain": exits.drain,
        "lose": stress.lose,
        "poke": play.poke,
    }
    done = []
    for (name, *values), state in steps:
        if latches and state is not None:
            play.latch(state)
        done.append(actions[name](*values))
    exits.refill()
    for identifier in (HOSTILE, HEALTHY, SOLMATE):
        exits.unwind(identifier)
    claims = [exits.claim(who, record) for who in LEAVING for record in range(1, 9)]
    books = play.books()
    outcomes = play.run()
    return _told(outcomes, done), [outcomes[place].ok for place in claims], books(outcomes)


def _told(outcomes: list[Outcome], places: list[int]) -> list[tuple[bool, bytes]]:
    # What a poke answers tells the state.
    return [(outcomes[place].ok, outcomes[place].data[:32]) for place in places]


@given(
    steps=st.lists(
        st.tuples(STEPS, st.one_of(st.none(), st.sampled_from([CALM, STRESS, WINDDOWN]))),
        min_size=1,
        max_size=12,
    )
)
def test_hostile_sentinel__latches_at_every_moment__changes_nobodys_payout(shared_stage: Stage, steps):
    """Whatever a Sentinel that obeys an attacker does between exits, settlements, unwinds and losses: every
    call ends the same, and in the end everybody has the same."""
    calm, theirs = (_played(shared_stage, steps, latches) for latches in (False, True))
    assert calm[:2] == theirs[:2]
    for books in (calm[2], theirs[2]):
        books["hot"] &= ~(3 << 192)
    assert calm[2] == theirs[2]


def test_hostile_sentinel__can_do_nothing_but_latch(shared_stage):
    """Of the Vault's externals that change something its account may call two: `latch` and, for a caller
    without code, `poke`."""
    sentinel, exits = shared_stage.treasury.sentinel, Exits(shared_stage.play())
    vault = shared_stage.vault
    refused = {
        "configure": (vault, "configure(uint256,uint256,uint256)", 1, 0, 0),
        "recover": (vault, "recover(address,address,uint256)", shared_stage.asset, sentinel, 1),
        "allocate": (vault, "allocate(uint256,uint256,uint256)", HOSTILE, UNIT, 0),
        "deallocate": (vault, "deallocate(uint256,uint256,uint256)", HOSTILE, UNIT, 0),
        "leave": (vault, "leave(address,address,uint256,uint256)", t.LEAVER, t.LEAVER, 1, 0),
        "pay": (vault, "pay(address,uint256)", sentinel, 0),
        "escrow": (vault, "escrow(address,address,uint256)", t.LEAVER, t.LEAVER, 1),
        "hand_out": (vault, "hand_out(uint256,uint256,address)", HOSTILE, 0, sentinel),
        "unwind": (vault, "unwind(uint256,uint256,bool)", HOSTILE, 0, True),
    }
    places = {name: exits.play.call(sentinel, *call) for name, call in refused.items()}
    outcomes = exits.play.run()
    assert {name: outcomes[place].reason for name, place in places.items()} == dict.fromkeys(
        refused, "vault: 1"
    )
