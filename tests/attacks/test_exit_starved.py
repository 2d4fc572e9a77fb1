"""Starved exits: with too little gas a way out reverts whole; with enough it does exactly what it does
with plenty.

Nobody can forge the failure of a redeem, a dip in liquidity, a conversion or a claim by choosing a gas
limit.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ganglion.devnet.abi import call_data
from tests import treasury as t
from tests.attacks.exit_calls import CLAIM, EVERY, EXIT_NOW, SETTLE, SHARE, UNWIND, Exits, holder
from tests.attacks.exit_ladder import assert_all_or_nothing
from tests.attacks.stage import HEALTHY, HOSTILE, UNIT, Play, Stage
from tests.attacks.timeline import GAS, Outcome
from tests.modes import Group, Mode

LEFT, QUEUED, NOW = holder(1), holder(2), holder(3)
PART = 100_000 * UNIT
# Strategies that use nearly all of their caps (150,000 and 600,000): every missing unit of gas would show.
TEMPERS = {
    "cheap": (),
    "costly reads": ((Group.READ, Mode.BURN_SOME, 130_000), (Group.MAX, Mode.BURN_SOME, 130_000)),
    "costly writes": ((Group.REDEEM, Mode.BURN_SOME, 480_000),),
    "failing writes": ((Group.REDEEM, Mode.BURN_LOOP, 0),),
    "short writes": ((Group.REDEEM, Mode.SHORT, 100), (Group.MAX, Mode.BURN_SOME, 130_000)),
}
Call = Callable[[Exits, int], int]
CALLS: dict[str, Call] = {
    "settle": lambda exits, gas: exits.queued(t.STRANGER, SETTLE, gas=gas),
    "request": lambda exits, gas: exits.queued(
        NOW, "requestRedeem(uint256,address,address)", PART * SHARE, NOW, NOW, gas=gas
    ),
    "exit_now": lambda exits, gas: exits.exit_now(NOW, PART, gas=gas),
    "unwind": lambda exits, gas: exits.unwind(gas=gas),
    "claim": lambda exits, gas: exits.claim(LEFT, 1, gas=gas),
    "evacuate": lambda exits, gas: exits.play.call(
        t.STRANGER, exits.stage.vault, "evacuate(uint256,uint256)", HOSTILE, PART, gas=gas
    ),
}


def _prepared(stage: Stage, temper: str) -> Exits:
    """One holder's units wait, an epoch is due, a quarter of the strategies' liquidity is there."""
    exits = Exits(stage.play())
    for who in (LEFT, QUEUED, NOW):
        exits.hold(who, PART)
    for identifier in (HOSTILE, HEALTHY):
        exits.drain(10_000 * UNIT, identifier)
    exits.exit_now(LEFT, PART)
    exits.request(QUEUED, PART)
    exits.play.wait(t.DAY + 1)
    for identifier in (HOSTILE, HEALTHY):
        exits.drain(50_000 * UNIT, identifier)
        for group, mode, param in TEMPERS[temper]:
            exits.play.mode(group, mode, param, identifier)
    return exits


def _books(play: Play, exits: Exits):
    books = play.books()
    queue = [
        exits.queued(t.STRANGER, "open_epoch()"),
        *(exits.stake(i, w) for i, w in ((1, LEFT), (2, QUEUED), (3, NOW))),
    ]
    return lambda outcomes: (books(outcomes), [outcomes[place].data for place in queue])


# A failing redeem lets evacuate fail too.
CASES = [
    (call, temper)
    for call in CALLS
    for temper in TEMPERS
    if call != "evacuate" or temper not in ("failing writes", "short writes")
]


@pytest.mark.parametrize(("call", "temper"), CASES)
def test_starved__way_out__reverts_whole_or_does_the_same(shared_stage, call, temper):
    def attempt(limit: int) -> tuple[Outcome, object, object]:
        exits = _prepared(shared_stage, temper)
        before = _books(exits.play, exits)
        place = CALLS[call](exits, limit)
        after = _books(exits.play, exits)
        outcomes = exits.play.run()
        return outcomes[place], before(outcomes), after(outcomes)

    assert_all_or_nothing(attempt)


@pytest.mark.parametrize("temper", ["costly writes", "failing writes"])
@pytest.mark.parametrize("call", ["settle", "exit_now", "unwind", "claim"])
def test_starved__way_out_inside_a_transaction__reverts_whole_or_does_the_same(shared_stage, call, temper):
    """The same from an attacker's contract that passes an exact amount of gas on and survives the
    failure."""
    me = shared_stage.caller
    calls = {
        "settle": (SETTLE,),
        "exit_now": (EXIT_NOW, PART * SHARE, me, me, 0, EVERY),
        "unwind": (UNWIND, HOSTILE, 2**112),
        "claim": (CLAIM, 3, me, me),
    }
    data = bytes.fromhex(call_data(*calls[call])[2:])

    def attempt(limit: int) -> tuple[Outcome, object, object]:
        exits = _prepared(shared_stage, temper)
        exits.hold(me, 2 * PART)
        if call == "claim":
            exits.exit_now(me, PART)
            exits.unwind()
        before = _books(exits.play, exits)
        signature = "forward(address,bytes,uint256)"
        place = exits.play.call(t.STRANGER, me, signature, exits.queue, data, limit, gas=2 * GAS)
        after = _books(exits.play, exits)
        outcomes = exits.play.run()
        ok, answer = outcomes[place].decoded("(bool,bytes)")[0]
        return Outcome(ok, answer, 0), before(outcomes), after(outcomes)

    assert_all_or_nothing(attempt)
