"""A hostile agent through the real Executor extracts at most Λ(1 + t/W) + σ·exposure and moves at most F(1
+ t/W)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import treasury as t
from tests.attacks.agent_campaign import (
    FLOW,
    LOSS,
    ROUNDING,
    TOLERANCE,
    WINDOW,
    Attack,
    Wait,
    Work,
    extraction_bound,
    flow_bound,
    perform,
    spent_by,
)
from tests.attacks.stage import (
    EVERYTHING,
    HEALTHY,
    HOSTILE,
    SOLMATE,
    STAKE,
    UNIT,
    Stage,
    grant,
    open_treasury,
)
from tests.modes import Group, Mode

EXPOSED = 2 * STAKE
SMALL = (50, 3 * UNIT, 777 * UNIT, 20_000 * UNIT, 100_000 * UNIT)


@pytest.fixture(scope="module")
def robbed(attacked_node, shared_stage) -> Iterator[Stage]:
    """A treasury whose books do not rise by themselves, a stolen key and an honest agent with the same
    budgets."""
    snapshot = attacked_node.call("evm_snapshot")
    stage = open_treasury(attacked_node, terms=t.Terms(max_rate=0, tolerance=TOLERANCE))
    for agent in (stage.caller, t.AGENT):
        grant(stage, agent, flow=FLOW, loss=LOSS, window=WINDOW)
    yield stage
    assert attacked_node.call("evm_revert", snapshot)


identifiers = st.sampled_from([HOSTILE, HOSTILE, HEALTHY, SOLMATE])
amounts = st.one_of(
    st.sampled_from(SMALL), st.sampled_from([-amount for amount in SMALL]), st.just(EVERYTHING)
)
moves = st.lists(st.tuples(identifiers, amounts), min_size=1, max_size=4).map(tuple)
taken = st.one_of(st.sampled_from([0, 1, 48, 49, 50, 5_000]), st.integers(0, 300))
told = st.one_of(st.sampled_from([10_000, 5_000, 20_000, 1]), st.integers(9_600, 10_400))
steps = st.lists(
    st.one_of(
        st.builds(Attack, moves, told, taken, taken, st.booleans()),
        st.builds(Attack, moves, st.just(10_000), st.sampled_from([48, 49]), st.sampled_from([48, 49])),
        st.builds(Wait, st.sampled_from([1, 12, 600, 3_600, 21_600, 86_400, 259_200]), st.booleans()),
        st.builds(Work, moves),
    ),
    min_size=4,
    max_size=16,
)


@settings(max_examples=6 * settings.default.max_examples)
@given(steps=steps)
def test_campaign__any_sequence__stays_within_the_closed_forms(robbed, steps):
    seen = perform(robbed, steps)
    count = sum(len(step.moves) for step in steps if not isinstance(step, Wait))
    assert max(seen.extracted) <= extraction_bound(seen, count, EXPOSED)
    assert (
        max(seen.extracted) <= sum(seen.charged) + sum(loss for _, _, loss in seen.worked) + ROUNDING * count
    )
    assert sum(seen.allocated) <= flow_bound(seen)
    flows, losses = (
        zip(*(((at, flow), (at, loss)) for at, flow, loss in seen.worked), strict=True)
        if seen.worked
        else ((), ())
    )
    # The honest agent's budgets hold what it did itself and nothing of what the other did.
    assert seen.honest_flow == (FLOW, spent_by([entry for entry in flows if entry[1]], FLOW, seen.end))
    assert seen.honest_loss == (LOSS, spent_by([entry for entry in losses if entry[1]], LOSS, seen.end))


def _worst_case(windows: int) -> list[Attack | Wait]:
    """Burn the loss budget by round trips, wait for it, and at the end take the tolerance on all that is
    left."""
    burn = Attack(((HOSTILE, 100_000 * UNIT), (HEALTHY, 104_000 * UNIT)), taken_in=48)
    home = Attack(((HOSTILE, -100_000 * UNIT), (HEALTHY, -104_000 * UNIT)))
    drain = Attack(((HOSTILE, EVERYTHING), (HEALTHY, EVERYTHING)), taken_out=49)
    return [burn, *(step for _ in range(windows) for step in (home, Wait(WINDOW, pokes=True), burn)), drain]


@pytest.mark.parametrize("windows", [0, 1, 3])
def test_worst_case__stolen_key__gets_close_to_the_bound_and_not_over(robbed, windows):
    """The bound is no slack number: a patient thief gets more than nine tenths of it."""
    seen = perform(robbed, _worst_case(windows))
    bound = extraction_bound(seen, 4 * windows + 4, EXPOSED)
    assert bound * 9 // 10 <= seen.extracted[-1] <= bound


def test_worst_case__overdrawn_thief__allocates_nothing_until_the_debt_is_paid(robbed):
    """Emptying 400,000 at 49 bps overdraws 1,000 by 960: the next allocation that loses nothing waits 0.96
    windows."""
    drain = Attack(((HOSTILE, EVERYTHING), (HEALTHY, EVERYTHING)), taken_out=49)
    again = Attack(((SOLMATE, 10 * UNIT),))
    seen = perform(robbed, [drain, again, Wait(WINDOW * 95 // 100), again, Wait(WINDOW * 2 // 100), again])
    assert seen.allocated == [0, 10 * UNIT]
    assert LOSS < seen.charged[0] < 2 * LOSS


def test_guard__price_held_down_at_two_pokes_inside_transactions__agent_loses_no_more_than_tolerance(robbed):
    """Two pokes an hour apart from a contract in the middle of a manipulation are not two observations."""
    low = {"told": 5_000, "pokes": True}
    harmless = ((SOLMATE, -UNIT),)
    plan = [
        Wait(t.HOUR),
        Attack(harmless, **low),
        Wait(t.HOUR),
        Attack(harmless, **low),
        Wait(t.HOUR),
        Attack(harmless, **low),
        Attack(((HOSTILE, EVERYTHING),), told=5_000, taken_out=5_000),
        Attack(((HOSTILE, -100 * UNIT),), told=5_000, taken_out=100),
    ]
    seen = perform(robbed, plan)
    assert seen.extracted[-1] == 0


@pytest.mark.parametrize("silence", [1, 2, 3, 30])
@pytest.mark.parametrize("again", [0, 1, 2])
def test_reference__price_held_down_at_pokes_and_nobody_else_pokes_for_days__is_kept(robbed, silence, again):
    """One poke a day in the middle of a manipulation and days of silence do not make a new reference."""
    low = Attack(((SOLMATE, -UNIT),), told=9_960, pokes=True)
    plan: list[Attack | Wait] = [low]
    for _ in range(again):
        plan += [Wait(t.DAY), low]
    plan += [Wait(silence * t.DAY, pokes=True), Wait(t.HOUR, pokes=True)]
    plan.append(Attack(((HOSTILE, EVERYTHING), (HEALTHY, EVERYTHING)), told=9_960, taken_out=40))
    seen = perform(robbed, plan)
    assert seen.extracted[-1] <= sum(seen.charged) + ROUNDING * 6


def test_guard__loss_that_everybody_saw_twice__freezes_nothing(robbed):
    """The same fall, seen by two direct pokes an hour apart, lets the agent bring home what is left."""
    play = robbed.play()
    held = play.view("held()", to=robbed.hostile)
    half = play.run()[held].word // 2
    play = robbed.play()
    play.call(t.STRANGER, robbed.hostile, "lose(uint256)", half)
    refused = []
    play.wait(1)
    play.poke()
    refused.append(play.execute((HOSTILE, EVERYTHING)))
    play.wait(t.HOUR)
    play.poke()
    moved = play.execute((HOSTILE, EVERYTHING))
    outcomes = play.run()
    assert outcomes[refused[0]].reason == "vault: 22"
    assert outcomes[moved].ok, outcomes[moved].reason


@pytest.mark.parametrize("gain", [1_000 * UNIT, 20_000 * UNIT])
def test_unbooked_gains__held_down_at_the_exit__are_outside_the_bound(robbed, gain):
    """The exact truth: the guard knows what the book has shown. A gain that it has not shown yet can be
    taken with it."""
    play, stage = robbed.play(), robbed
    play.call(t.STRANGER, stage.asset, "mint(address,uint256)", stage.hostile, gain)
    play.call(t.STRANGER, stage.hostile, "gain(uint256)", gain)
    totals = play.totals()
    lo, hi, _ = play.run()[totals].decoded("uint256", "uint256", "bool")
    value = STAKE + hi - lo
    bps = (hi - lo) * 10_000 // value  # what may be taken and leave the book
    play.mode(Group.READ, Mode.LIE_DOWN, bps)
    play.mode(Group.REDEEM, Mode.SHORT, bps)
    before, moved, after = play.books(), play.execute((HOSTILE, EVERYTHING)), play.books()
    loss = play.view("loss_budget(address)", t.AGENT, to=stage.executor)
    outcomes = play.run()
    assert outcomes[moved].ok, outcomes[moved].reason
    stolen = after(outcomes)["asset of sink"] - before(outcomes)["asset of sink"]
    assert 0 < stolen <= hi - lo
    assert outcomes[loss].decoded("uint256", "uint256")[1] <= value // 10_000 + 2
    assert after(outcomes)["hot"] % 2**112 - before(outcomes)["hot"] % 2**112 >= STAKE - 2


def _ratchet(steps: int) -> list[Attack]:
    """Buy the least position dearer than the book by nearly σ each time; each would lift the book."""
    found, price = [], 1.0
    for _ in range(steps):
        part = 1 - 0.9955 / price
        price = 1 / (1 - part)
        told, taken = round(10_000 * price), round(10_000 * part)
        found.append(Attack(((HOSTILE, 3 * UNIT), (HOSTILE, EVERYTHING)), told=told, taken_in=taken))
    return found


@pytest.mark.parametrize("steps", [1, 5, 40])
def test_ratchet__small_purchases_lift_the_book__a_large_one_is_charged_all_the_same(robbed, steps):
    """What an agent pays too much for a little must not raise the price at which a lot counts."""
    empty = Attack(((HOSTILE, EVERYTHING),))
    lift = _ratchet(steps)
    large = Attack(((HOSTILE, 250_000 * UNIT),), told=lift[-1].told, taken_in=lift[-1].taken_in)
    seen = perform(robbed, [empty, *lift, large, Wait(t.DAY, pokes=True), *lift, large])
    assert seen.allocated
    assert seen.extracted[-1] <= sum(seen.charged) + ROUNDING * (4 * steps + 3)
    assert seen.extracted[-1] <= extraction_bound(seen, 4 * steps + 3, EXPOSED)


def test_drift__price_held_up_at_a_direct_poke__adds_max_rate_to_what_is_paid_too_much(rpc):
    """Units count at the book. It rises by max_rate while somebody holds the price up at direct pokes and
    nobody else pokes, and an overpayment up to that rise is not charged."""
    stage = open_treasury(rpc, terms=t.Terms(max_rate=5_000, tolerance=TOLERANCE))
    paid, play = 100_000 * UNIT, stage.play()
    rise = 5_000 / 365  # bps a day; the last poke of the stage was a day ago
    play.mode(Group.READ, Mode.LIE_UP, int(rise))
    play.poke()
    play.mode(Group.DEPOSIT, Mode.SHORT, int(rise))
    before, moved, after = play.books(), play.execute((HOSTILE, paid)), play.books()
    loss = play.view("loss_budget(address)", t.AGENT, to=stage.executor)
    outcomes = play.run()
    assert outcomes[moved].ok, outcomes[moved].reason
    stolen = after(outcomes)["asset of sink"] - before(outcomes)["asset of sink"]
    uncharged = stolen - outcomes[loss].decoded("uint256", "uint256")[1]
    assert paid * 12 // 10_000 <= uncharged <= paid * rise / 10_000
