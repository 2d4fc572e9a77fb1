"""Custody: what a queue that has turned hostile can do with the Vault's hooks.

Its calls are the queue's own, in any order, with any arguments. It can make leavers of holders and give
the leavers' cash and units to anybody; of those who stay it can take nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import treasury as t
from tests.attacks.exit_calls import ALL, UNITS, Exits, holder
from tests.attacks.stage import HEALTHY, HOSTILE, SOLMATE, UNIT, Stage
from tests.attacks.timeline import Outcome
from tests.modes import Group, Mode

THIEF = holder(66)
IDS = (HOSTILE, HEALTHY, SOLMATE)
VIRTUAL = 10**12
DUST = 1_000
HOOKS = {
    "escrow": "escrow(address,address,uint256)",
    "leave": "leave(address,address,uint256,uint256)",
    "pay": "pay(address,uint256)",
    "unwind": "unwind(uint256,uint256,bool)",
    "give_back": "give_back(uint256)",
    "hand_out": "hand_out(uint256,uint256,address)",
}


@dataclass(frozen=True)
class Holdings:
    """What the Vault counts for those who stay and those who left, and what it truly has."""

    supply: int
    idle: int
    owed: int
    cash: int
    units: tuple[int, ...]
    waiting: tuple[int, ...]
    real: tuple[int, ...]

    def assert_solvent(self) -> None:
        """Everything that is counted is there."""
        assert self.cash >= self.idle + self.owed
        for units, waiting, real in zip(self.units, self.waiting, self.real, strict=True):
            assert real >= units + waiting

    def assert_stayers_kept(self, before: Holdings) -> None:
        """No share has less of idle or of any position; a rest below DUST is let go."""
        mine, theirs = self.supply + VIRTUAL, before.supply + VIRTUAL
        assert (self.idle + 1) * theirs >= before.idle * mine
        for units, held in zip(self.units, before.units, strict=True):
            assert (units + 1) * theirs >= held * mine or (units == 0 and held <= DUST)


def _noted(exits: Exits) -> list[int]:
    play, vault = exits.play, exits.stage.vault
    places = [play.view("totalSupply()"), exits.idle(), exits.owed(), exits.cash(vault)]
    for identifier in IDS:
        places += [play.position(identifier), exits.runoff(identifier), exits.units(vault, identifier)]
    return places


def _holdings(outcomes: list[Outcome], places: list[int]) -> Holdings:
    supply, hot, owed, cash, *each = (outcomes[place].word for place in places)
    words = list(zip(each[::3], each[1::3], each[2::3], strict=True))
    return Holdings(
        supply=supply,
        idle=hot & UNITS,
        owed=owed,
        cash=cash,
        units=tuple(position & UNITS for position, _, _ in words),
        waiting=tuple(runoff & UNITS for _, runoff, _ in words),
        real=tuple(real for _, _, real in words),
    )


amounts = st.one_of(st.integers(0, 3_000), st.integers(0, 10**12), st.integers(0, 10**24), st.just(2**128))
owners = st.sampled_from([t.DEPOSITOR, t.LEAVER, "queue", THIEF])
ids = st.sampled_from([0, *IDS, 4, 255])
hooks = st.one_of(
    st.tuples(st.just("escrow"), owners, owners, amounts),
    st.tuples(st.just("leave"), owners, owners, amounts, st.integers(0, 15)),
    st.tuples(st.just("pay"), st.just(THIEF), amounts),
    st.tuples(st.just("unwind"), ids, amounts, st.booleans()),
    st.tuples(st.just("give_back"), st.sampled_from([1, 0x0101, 0x030201, 0x01010101, 255])),
    st.tuples(st.just("hand_out"), ids, amounts, st.just(THIEF)),
)
dials = st.tuples(
    st.just("dial"), st.sampled_from([HOSTILE, HEALTHY]), st.sampled_from([0, 1_000, 10**9, 10**11, ALL])
)


def _resolved(exits: Exits, values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(exits.queue if value == "queue" else value for value in values)


@given(steps=st.lists(st.one_of(hooks, hooks, hooks, dials), min_size=1, max_size=12))
def test_hostile_queue__any_hooks__take_nothing_of_those_who_stay(shared_stage: Stage, steps):
    exits = Exits(shared_stage.play())
    play = exits.play
    exits.drain(10**10)
    play.call(exits.queue, shared_stage.vault, HOOKS["leave"], t.LEAVER, t.LEAVER, 10**22, 2**256 - 1)
    notes = [_noted(exits)]
    for name, *values in steps:
        if name == "dial":
            play.mode(Group.LIQUIDITY, Mode.LIMITED, values[1], values[0])
        else:
            play.call(exits.queue, shared_stage.vault, HOOKS[name], *_resolved(exits, tuple(values)))
        notes.append(_noted(exits))
    outcomes = play.run()
    before = _holdings(outcomes, notes[0])
    for places in notes[1:]:
        after = _holdings(outcomes, places)
        after.assert_solvent()
        after.assert_stayers_kept(before)
        before = after


@pytest.mark.parametrize("more", [0, 1])
def test_hostile_queue__pays_out__at_most_what_is_owed(shared_stage, more):
    owed = (400_001 * UNIT) * 10**22 // (1_000_001 * 10**18 + VIRTUAL)
    exits = Exits(shared_stage.play())
    play, vault = exits.play, shared_stage.vault
    play.call(exits.queue, vault, HOOKS["leave"], t.LEAVER, t.LEAVER, 10**22, 0)
    counted = exits.owed()
    paid = play.call(exits.queue, vault, HOOKS["pay"], THIEF, owed + more)
    got = exits.cash(THIEF)
    outcomes = play.run()
    assert outcomes[counted].word == owed
    assert outcomes[paid].ok == (not more)
    assert outcomes[got].word == (0 if more else owed)


def test_hostile_queue__hands_out__at_most_what_waits(shared_stage):
    exits = Exits(shared_stage.play())
    play, vault = exits.play, shared_stage.vault
    play.call(exits.queue, vault, HOOKS["leave"], t.LEAVER, t.LEAVER, 10**22, 0)
    waiting = exits.runoff()
    outcomes = play.run()
    units = outcomes[waiting].word & UNITS
    for asked, fits in ((units, True), (units + 1, False)):
        exits = Exits(shared_stage.play())
        play = exits.play
        play.call(exits.queue, vault, HOOKS["leave"], t.LEAVER, t.LEAVER, 10**22, 0)
        out = play.call(exits.queue, vault, HOOKS["hand_out"], HOSTILE, asked, THIEF)
        got = exits.units(THIEF)
        outcomes = play.run()
        assert outcomes[out].ok == fits
        assert outcomes[got].word == (units if fits else 0)


@pytest.mark.parametrize(
    "sender", ["stranger", "steward", "executor", "annex", "vault", "hostile", "governor"]
)
def test_hooks__asked_by_anyone_else__refuse(shared_stage, sender):
    treasury = shared_stage.treasury
    who = {"stranger": t.STRANGER, "governor": t.GOVERNOR, "hostile": shared_stage.hostile}.get(sender)
    play = shared_stage.play()
    arguments = {
        "escrow": (t.LEAVER, t.LEAVER, 1),
        "leave": (t.LEAVER, t.LEAVER, 1, 0),
        "pay": (THIEF, 0),
        "unwind": (HOSTILE, 0, True),
        "give_back": (0,),
        "hand_out": (HOSTILE, 0, THIEF),
    }
    places = [
        play.call(who or getattr(treasury, sender), shared_stage.vault, HOOKS[name], *values)
        for name, values in arguments.items()
    ]
    outcomes = play.run()
    assert {outcomes[place].reason for place in places} == {"vault: 1"}


@pytest.mark.parametrize("sender", ["stranger", "queue", "steward", "executor", "annex"])
def test_frame__opened_by_anyone_but_the_vault__refuses(shared_stage, sender):
    who = t.STRANGER if sender == "stranger" else getattr(shared_stage.treasury, sender)
    play = shared_stage.play()
    signature = "redeem_in_frame(uint256,uint256,uint256,uint256,uint256)"
    place = play.call(who, shared_stage.vault, signature, HOSTILE, 1, 0, 0, 0)
    assert play.run()[place].reason == "vault: 1"
