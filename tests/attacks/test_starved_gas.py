"""Starved calls: with too little gas a call reverts whole; with enough it does exactly what it does with
plenty.

Nobody can make a read fail, forge a failure of health, price a strategy wrongly or skip it by choosing a
gas limit.
"""

from __future__ import annotations

import pytest

from ganglion.devnet.abi import call_data
from tests import treasury as t
from tests.attacks.exit_ladder import assert_all_or_nothing
from tests.attacks.stage import AMOUNT, HEALTHY, REDEEM, SLICE, Play, Stage
from tests.attacks.timeline import GAS, Outcome
from tests.modes import Group, Mode

# Strategies that use nearly all of their caps (150,000 and 600,000), so that every missing unit of gas
# would show.
GREEDY = {
    "cheap": (),
    "costly reads": ((Group.READ, 130_000), (Group.MAX, 130_000), (Group.BALANCE, 130_000)),
    "costly writes": ((Group.DEPOSIT, 480_000), (Group.REDEEM, 480_000)),
}

Books = dict[str, int]


def _set(play: Play, temper: str) -> None:
    for group, burned in GREEDY[temper]:
        for identifier in (1, HEALTHY):
            play.mode(group, Mode.BURN_SOME, burned, identifier)


ACTIONS = (
    "deposit",
    "mint",
    "withdraw",
    "redeem",
    "slice",
    "allocate_hostile",
    "allocate_healthy",
    "deallocate_hostile",
    "empty_hostile",
    "deallocate_healthy",
    "poke",
    "list",
)


@pytest.mark.parametrize("temper", GREEDY)
@pytest.mark.parametrize("action", ACTIONS)
def test_starved__transaction__reverts_whole_or_does_the_same(shared_stage: Stage, action, temper):
    def attempt(limit: int) -> tuple[Outcome, Books, Books]:
        play = shared_stage.play()
        _set(play, temper)
        before = play.books()
        place = play.call(*shared_stage.actions()[action], gas=limit)
        after = play.books()
        outcomes = play.run()
        return outcomes[place], before(outcomes), after(outcomes)

    assert_all_or_nothing(attempt)


@pytest.mark.parametrize("temper", ["cheap", "costly reads"])
@pytest.mark.parametrize("call", ["redeem_slice", "redeem", "totals"])
def test_starved__inside_a_transaction__reverts_whole_or_does_the_same(shared_stage, call, temper):
    """The same from an attacker's contract that passes an exact amount of gas on and survives the failure."""
    me, shares = shared_stage.caller, AMOUNT * 10**12
    calls = {
        "redeem_slice": (SLICE, shares, me, me, 0),
        "redeem": (REDEEM, shares, me, me),
        "totals": ("totals()",),
    }
    data = bytes.fromhex(call_data(*calls[call])[2:])
    types = "forward(address,bytes,uint256)"

    def attempt(limit: int) -> tuple[Outcome, Books, Books]:
        play = shared_stage.play()
        _set(play, temper)
        play.call(t.LEAVER, shared_stage.vault, "transfer(address,uint256)", me, shares)
        before = play.books()
        place = play.call(t.STRANGER, me, types, shared_stage.vault, data, limit, gas=2 * GAS)
        after = play.books()
        outcomes = play.run()
        ok, answer = outcomes[place].decoded("(bool,bytes)")[0]
        return Outcome(ok, answer, 0), before(outcomes), after(outcomes)

    assert_all_or_nothing(attempt)


@pytest.mark.parametrize(
    "view", ["totalAssets", "totals", "previewDeposit", "previewRedeem", "maxDeposit", "maxRedeem"]
)
def test_starved__view__gives_no_other_answer(shared_stage, view):
    signature, *arguments = shared_stage.views()[view]

    def attempt(limit: int) -> tuple[Outcome, Books, Books]:
        play = shared_stage.play()
        _set(play, "costly reads")
        place = play.call(t.STRANGER, shared_stage.vault, signature, *arguments, gas=limit)
        return play.run()[place], {}, {}

    assert_all_or_nothing(attempt)


def test_starved__actions__are_all_swept(shared_stage):
    assert set(ACTIONS) == set(shared_stage.actions())
