"""Dips and floods: liquidity that is taken away or lent for a moment, by whoever can, around exits.

Coverage is what those who stay own of a strategy's liquidity. A dip of a moment must not hand it to
those who wait; a real drain must not keep it for ever.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import treasury as t
from tests.attacks.exit_calls import (
    ALL,
    EVACUATE,
    EXIT_NOW,
    SHARE,
    UNWIND,
    Coverage,
    Exits,
    Runoff,
    holder,
)
from tests.attacks.stage import HOSTILE, MULTI, SET_MODE, UNIT, Stage, inner
from tests.attacks.timeline import Outcome
from tests.modes import Group, Mode

LEFT = holder(1)
PART = 100_000 * UNIT
LIQUID = 50_000 * UNIT
HOUR, EPOCH = t.HOUR, t.DAY
CYCLES = 12
Calls = list[tuple]


def _waiting(stage: Stage) -> Exits:
    """A tenth has left a strategy that could pay a quarter: what is still liquid is covered, the
    stayers'."""
    exits = Exits(stage.play())
    exits.hold(LEFT, PART)
    exits.drain(LIQUID)
    exits.exit_now(LEFT, PART)
    return exits


@pytest.fixture(scope="module")
def left(shared_stage: Stage) -> int:
    """Asset wei that are liquid after the exit, all of it covered."""
    exits = _waiting(shared_stage)
    place = exits.play.view("dial(uint8)", int(Group.LIQUIDITY), to=shared_stage.hostile)
    return exits.play.run()[place].decoded("uint8", "uint256")[1]


def _liquidity(exits: Exits, left: int) -> tuple:
    return inner(exits.stage.hostile, SET_MODE, int(Group.LIQUIDITY), int(Mode.LIMITED), left)


def _unwind(exits: Exits, limit: int = ALL) -> tuple:
    return inner(exits.queue, UNWIND, HOSTILE, limit)


def _drained(exits: Exits, left: int) -> Calls:
    """The market is drained, observed, filled again and unwound."""
    return [_liquidity(exits, 0), _unwind(exits), _liquidity(exits, left), _unwind(exits)]


def _drained_in_dust(exits: Exits, left: int) -> Calls:
    """The same with unwinds of one unit."""
    return [
        _liquidity(exits, 0),
        _unwind(exits, 1),
        _liquidity(exits, left),
        _unwind(exits, 1),
        _unwind(exits),
    ]


def _squeezed(exits: Exits, left: int) -> Calls:
    """The price is pushed below the tolerance, so that a redeem fails, and goes up again."""
    stage, lost = exits.stage, 50_000 * UNIT
    return [
        _liquidity(exits, left + UNIT),
        inner(stage.hostile, "lose(uint256)", lost),
        _unwind(exits),
        inner(stage.asset, "mint(address,uint256)", stage.hostile, lost),
        inner(stage.hostile, "gain(uint256)", lost),
        _liquidity(exits, left),
        _unwind(exits),
    ]


DIPS = {"drained": _drained, "dust": _drained_in_dust, "squeezed": _squeezed}


def _attack(exits: Exits, dip: str, left: int) -> list[int]:
    """Twelve dips at one timestamp; an attacker's contract makes at most 32 calls a transaction."""
    calls = DIPS[dip](exits, left)
    most = 32 // len(calls)
    return [
        exits.play.call(t.STRANGER, exits.stage.caller, MULTI, calls * min(most, CYCLES - done))
        for done in range(0, CYCLES, most)
    ]


def _noted(exits: Exits) -> tuple[int, int, int]:
    return exits.runoff(), exits.coverage(), exits.play.position()


def _states(
    outcomes: list[Outcome], notes: list[tuple[int, int, int]]
) -> Iterator[tuple[Runoff, Coverage, int]]:
    for waits, covered, position in notes:
        units = outcomes[position].word & (2**112 - 1)
        yield Runoff.of(outcomes[waits]), Coverage.of(outcomes[covered]), units


@pytest.mark.parametrize("dip", DIPS)
def test_dips__twelve_at_one_time__hand_leavers_nothing(shared_stage, left, dip):
    """P19: X and R fall by at most one unit in total."""
    exits = _waiting(shared_stage)
    notes = [_noted(exits)]
    attack = _attack(exits, dip, left)
    notes.append(_noted(exits))
    outcomes = exits.play.run()
    assert all(outcomes[place].ok for place in attack)
    (before, covered, units), (after, still, kept) = _states(outcomes, notes)
    assert covered.covered > 30_000 * UNIT
    # Where the redeem has to fail, there must be something to redeem: one whole asset above coverage.
    fresh = UNIT if dip == "squeezed" else 0
    assert before.waiting - after.waiting <= 1 + fresh
    assert covered.covered - still.covered <= 1
    assert kept == units


@pytest.mark.parametrize("dip", DIPS)
@pytest.mark.parametrize("gap", [HOUR, EPOCH // 2, EPOCH - 2])
def test_dips__around_each_honest_observation__hand_leavers_nothing(shared_stage, left, dip, gap):
    """One honest observation an epoch keeps all of the coverage, whatever stands before and after
    it."""
    exits = _waiting(shared_stage)
    notes = [_noted(exits)]
    for _ in range(6):
        _attack(exits, dip, left)
        exits.unwind()
        _attack(exits, dip, left)
        exits.play.wait(gap)
    notes.append(_noted(exits))
    outcomes = exits.play.run()
    (before, covered, _), (after, still, _) = _states(outcomes, notes)
    fresh = UNIT if dip == "squeezed" else 0
    assert before.waiting - after.waiting <= 1 + fresh
    assert covered.covered - still.covered <= 1


def test_drain__lasts_a_whole_epoch__lowers_coverage_to_the_most_seen_and_not_a_second_earlier(shared_stage):
    exits = _waiting(shared_stage)
    notes = [_noted(exits)]
    exits.drain(0)
    exits.unwind()
    exits.play.wait(EPOCH // 2)
    exits.drain(7_000 * UNIT)
    exits.unwind()
    seen = exits.play.view("maxRedeem(address)", shared_stage.vault, to=shared_stage.hostile)
    exits.drain(0)
    exits.play.wait(EPOCH - EPOCH // 2 - 1)
    exits.unwind()
    notes.append(_noted(exits))
    exits.play.wait(1)
    exits.unwind()
    notes.append(_noted(exits))
    outcomes = exits.play.run()
    (_, first, _), (_, early, _), (_, late, _) = _states(outcomes, notes)
    assert early.covered == first.covered
    assert late.covered == outcomes[seen].word
    assert late.since != 0  # the next window is open


def test_flood__lent_for_a_moment__pays_leavers_early_and_takes_no_units_of_stayers(shared_stage, left):
    """Liquidity lent for one transaction pays all that waits out of what is really there. The stayers
    lose the covered liquidity for a time, and neither units nor idle."""
    exits = _waiting(shared_stage)
    stage = shared_stage
    notes, idle = [_noted(exits)], [exits.idle()]
    calls = [_liquidity(exits, 1_000_000 * UNIT), _unwind(exits), _liquidity(exits, left)]
    attack = exits.play.call(t.STRANGER, stage.caller, MULTI, calls)
    notes.append(_noted(exits))
    idle.append(exits.idle())
    outcomes = exits.play.run()
    assert outcomes[attack].ok
    (before, _, units), (after, _, kept) = _states(outcomes, notes)
    assert before.waiting > 0
    assert after.waiting == 0
    assert kept == units
    assert outcomes[idle[0]].word & (2**112 - 1) == outcomes[idle[1]].word & (2**112 - 1)


def test_flood__after_an_evacuation__finds_nothing_covered_to_take(shared_stage, left):
    """The stayers' answer: anyone brings what is covered to idle as soon as somebody waits."""
    exits = _waiting(shared_stage)
    safe = exits.evacuate()
    covered = exits.coverage()
    outcomes = exits.play.run()
    moved = outcomes[safe].decoded(*t.MOVED)
    assert abs(moved[0] - left) <= 2
    assert Coverage.of(outcomes[covered]).covered <= 1


def test_evacuate__nobody_or_only_dust_waits__refuses(shared_stage):
    """A dust exit forces no deallocation: more than a hundredth has to wait, and to go on waiting."""
    for leaves, drained in ((0, False), (1_000 * UNIT, True), (PART, False)):
        exits = Exits(shared_stage.play())
        exits.hold(LEFT, PART)
        if drained:
            exits.drain(0)
        if leaves:
            exits.queued(LEFT, EXIT_NOW, leaves * SHARE, LEFT, LEFT, 0, 0)
        place = exits.evacuate()
        assert exits.play.run()[place].reason == "vault: 32", leaves


def test_evacuate__in_a_squeezed_market__loses_at_most_the_tolerance_in_all(shared_stage, left):
    """Each unit is redeemed once, at no less than the guard allows."""
    exits = _waiting(shared_stage)
    stage = shared_stage
    before = exits.idle()
    lost = 900 * UNIT  # of 201,600 that back the units: 45 bps
    calls = [
        inner(stage.hostile, "lose(uint256)", lost),
        *[inner(stage.vault, EVACUATE, HOSTILE, 15_000 * UNIT, must=False)] * 6,
        inner(stage.asset, "mint(address,uint256)", stage.hostile, lost),
        inner(stage.hostile, "gain(uint256)", lost),
    ]
    exits.play.call(t.STRANGER, stage.caller, MULTI, calls)
    after, covered, units = exits.idle(), exits.coverage(), exits.play.position()
    outcomes = exits.play.run()
    came = (outcomes[after].word & (2**112 - 1)) - (outcomes[before].word & (2**112 - 1))
    assert came > 40_000 * UNIT
    worth = left - Coverage.of(outcomes[covered]).covered * 13 // 10
    assert came * 10_000 >= worth * (10_000 - 50) - 10_000 * 12
    assert outcomes[units].word & (2**112 - 1) > 0


def test_evacuate__squeezed_beyond_the_tolerance__refuses(shared_stage):
    exits = _waiting(shared_stage)
    exits.play.call(t.STRANGER, shared_stage.hostile, "lose(uint256)", 20_000 * UNIT)
    place = exits.evacuate()
    assert exits.play.run()[place].reason == "vault: 22"
