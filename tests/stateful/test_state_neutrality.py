"""S6 and S7: whoever leaves by a slice gets the same in every state, and however often the state changes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.exits.histories import Event, attempt, events, lived, plans
from tests.exits.stage import WHOLE, Plan, Stage
from tests.model.arithmetic import Refused, Undo
from tests.model.vault import State

PARTS = st.lists(st.integers(0, WHOLE), min_size=4, max_size=4)
BEFORE = (
    *("arrive", "drain", "request", "exit", "exit untried", "settle", "unwind", "deposit", "price"),
    *("allocate", "deallocate"),
)
# What works in every state; the rest is the convenience that STRESS takes away.
ALWAYS = (
    *("arrive", "drain", "request", "cancel", "exit", "exit untried", "settle", "unwind", "price"),
    "deallocate",
)


def _outcome(stage: Stage, holder: str, shares: int, way: str) -> object:
    """What leaving on one way does to holder, Vault and queue."""
    undo = Undo(stage.parts())
    try:
        if way == "slice":
            stage.vault.redeem_slice(holder, shares, holder, holder, 0)
        elif way == "exit now":
            stage.exit(holder, shares)
        else:
            stage.request(holder, shares)
            stage.vault.now += stage.plan.epoch
            stage.queue.settle()
        ended = [
            stage.token.balances[holder],
            dict(stage.queue.records),
            (stage.vault.idle, stage.vault.owed, stage.vault.supply),
            [(each.units, each.book, each.runoff, each.coverage, each.unsynced) for each in stage.positions],
        ]
    except Refused as refused:
        ended = [refused.reason]
    undo.restore()
    return ended


@given(
    plan=plans(),
    parts=PARTS,
    history=events(*BEFORE, most=10),
    which=st.integers(0, 3),
    part=st.integers(1, WHOLE),
    way=st.sampled_from(("slice", "exit now", "settle")),
)
def test_slice__before_and_after_a_change_of_state__is_equal_to_the_wei(
    plan, parts, history, which, part, way
):
    stage = lived(plan, parts, history)
    holder = stage.holders[which % len(stage.holders)]
    shares = stage.vault.shares[holder] * part // WHOLE
    assume(shares > 0)
    calm = _outcome(stage, holder, shares, way)
    for state in (State.STRESS, State.CALM, State.STRESS, State.WINDDOWN):
        stage.vault.latch(state)
        assert _outcome(stage, holder, shares, way) == calm


@given(
    plan=plans(),
    parts=PARTS,
    history=events(*ALWAYS, most=14),
    toggles=st.lists(st.sampled_from((0, 1)), min_size=14, max_size=14),
    ends=st.booleans(),
)
def test_toggles__between_exits__change_nobodys_payout(plan, parts, history, toggles, ends):
    quiet = _lived_through(plan, parts, history, [])
    assert _lived_through(plan, parts, history, toggles) == quiet
    if ends:
        assert _lived_through(plan, parts, history, [State.WINDDOWN]) == quiet


def _lived_through(
    plan: Plan, parts: Sequence[int], history: Sequence[Event], states: Sequence[int]
) -> dict[str, int]:
    """What everybody has in the end, asset wei, if the state changed like that."""
    stage = Stage(plan)
    base = stage.scarce(parts)
    for number, event in enumerate(history):
        if number < len(states) and stage.vault.state is not State.WINDDOWN:
            stage.vault.latch(states[number])
        attempt(stage, base, event)
    for holder in stage.holders:
        if stage.vault.shares[holder]:
            stage.exit(holder, stage.vault.shares[holder])
    stage.pay_out()
    return {holder: stage.cash(holder) for holder in stage.holders}


@pytest.mark.parametrize("state", [State.STRESS, State.WINDDOWN])
def test_convenience__outside_calm__is_what_is_taken_away(state):
    stage = lived(Plan(), [WHOLE] * 4, [])
    holder, vault = stage.holders[0], stage.vault
    vault.latch(state)
    for action in (lambda: stage.pay_in(holder, 10**6), lambda: vault.withdraw(holder, 1, holder, holder)):
        with pytest.raises(Refused, match="vault: 5"):
            action()
    with pytest.raises(Refused, match="vault: 5"):
        stage.allocate(0, WHOLE // 2)
    assert (vault.max_deposit(), vault.max_withdraw(holder)) == (0, 0)
    assert stage.deallocate(0, WHOLE // 2).assets > 0
