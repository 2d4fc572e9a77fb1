"""Manipulated prices around exits: what leavers can lose to whoever moves a strategy's price within a
transaction."""

from __future__ import annotations

import pytest

from tests import treasury as t
from tests.attacks.exit_calls import ALL, EXIT_NOW, SETTLE, SHARE, UNWIND, Exits, Runoff, holder, staked
from tests.attacks.stage import HOSTILE, MULTI, SET_MODE, STAKE, UNIT, Stage, inner
from tests.modes import Group, Mode

GRIEFER, VICTIM = holder(1), holder(2)
PART = 100_000 * UNIT
TOTAL = 1_000_001 * UNIT
STUCK = PART * STAKE // TOTAL  # the hostile strategy's part of it
TOLERANCE = 50  # bps, of every strategy on the stage
MONTH = 30 * t.DAY
BACKING = 201_300 * UNIT  # what backs the units of the hostile strategy: the Vault's and the outsider's
WEI = 12


def _squeezed(exits: Exits, *calls: tuple, lost: int = BACKING // 2) -> int:
    """Calls while the price of the hostile strategy is down within one transaction, and up again
    afterwards."""
    stage = exits.stage
    return exits.play.call(
        t.STRANGER,
        stage.caller,
        MULTI,
        [
            inner(stage.hostile, "lose(uint256)", lost),
            *calls,
            inner(stage.asset, "mint(address,uint256)", stage.hostile, lost),
            inner(stage.hostile, "gain(uint256)", lost),
        ],
    )


def _unwind(exits: Exits, limit: int = ALL) -> tuple:
    return inner(exits.queue, UNWIND, HOSTILE, limit, must=False)


def _waiting(stage: Stage, *, liquid: bool = True) -> Exits:
    """The victim's units wait in a strategy that has become liquid again, or has not."""
    exits = Exits(stage.play())
    exits.hold(VICTIM, PART)
    exits.drain()
    exits.exit_now(VICTIM, PART)
    if liquid:
        exits.refill()
    return exits


# ------------------------------------------------------------------ within a transaction


@pytest.mark.parametrize("bps", [10, 49, 51, 500, 5_000, 9_999])
def test_squeeze__around_a_settlement__costs_the_tolerance_at_most(shared_stage, bps):
    """Beyond it nothing is redeemed, and what waits is paid in full afterwards."""
    exits = Exits(shared_stage.play())
    exits.hold(VICTIM, PART)
    exits.request(VICTIM, PART)
    exits.play.wait(t.DAY + 1)
    attack = _squeezed(exits, inner(exits.queue, SETTLE), lost=BACKING * bps // 10_000)
    exits.unwind()
    claim = exits.claim(VICTIM, 1)
    outcomes = exits.play.run()
    assert outcomes[attack].ok, outcomes[attack].reason
    lost = STUCK * bps // 10_000 if bps <= TOLERANCE else 0
    assert outcomes[claim].word >= PART - lost - WEI


def test_squeeze__around_a_settlement_where_others_wait__shifts_time_and_no_units(shared_stage):
    """Who makes the redeem of a settlement fail makes those who leave wait, and share with those who
    waited before what was theirs of the liquidity. In the end everybody has the same."""
    payouts = {}
    for squeezed in (False, True):
        exits = Exits(shared_stage.play())
        for who in (GRIEFER, VICTIM):
            exits.hold(who, PART)
        exits.drain(100_000 * UNIT)
        exits.exit_now(GRIEFER, PART)
        exits.request(VICTIM, PART)
        exits.play.wait(t.DAY + 1)
        if squeezed:
            _squeezed(exits, inner(exits.queue, SETTLE))
        else:
            exits.queued(t.STRANGER, SETTLE)
        exits.unwind()
        now = exits.stake(2, VICTIM)
        waits = exits.runoff()
        exits.refill()
        exits.unwind()
        later, units = exits.stake(2, VICTIM), exits.play.position()
        outcomes = exits.play.run()
        payouts[squeezed] = [
            *(staked(outcomes[place])[3] for place in (now, later)),
            Runoff.of(outcomes[waits]).waiting,
            outcomes[units].word & (2**112 - 1),
        ]
    (paid, whole, waiting, units), (early, last, more, same) = payouts[False], payouts[True]
    assert early < paid
    assert more > waiting
    assert same == units
    assert abs(last - whole) <= WEI


@pytest.mark.parametrize("bps", [10, 49, 51, 500, 5_000, 9_999])
def test_squeeze__around_an_unwind__costs_the_tolerance_at_most(shared_stage, bps):
    exits = _waiting(shared_stage)
    attack = _squeezed(exits, *[_unwind(exits)] * 5, lost=BACKING * bps // 10_000)
    exits.unwind()
    exits.claim(VICTIM, 1)
    cash = exits.cash(VICTIM)
    outcomes = exits.play.run()
    assert outcomes[attack].ok, outcomes[attack].reason
    lost = STUCK * bps // 10_000 if bps <= TOLERANCE else 0
    assert outcomes[cash].word >= PART - lost - WEI


def test_squeeze__around_an_exit__min_cash_stops_it(shared_stage):
    exits = Exits(shared_stage.play())
    exits.hold(shared_stage.caller, PART)
    call = inner(
        exits.queue, EXIT_NOW, PART * SHARE, VICTIM, shared_stage.caller, PART - WEI, ALL - 1, must=True
    )
    attack = _squeezed(exits, call, lost=BACKING * 40 // 10_000)
    assert exits.play.run()[attack].reason == "queue: below min_cash"


@pytest.mark.parametrize("limit", [1, 10**6, 10**9])
def test_squeeze__unwound_in_small_pieces__costs_the_tolerance_once(shared_stage, limit):
    """Each unit is redeemed once."""
    exits = _waiting(shared_stage)
    attack = _squeezed(exits, *[_unwind(exits, limit)] * 20, lost=BACKING * 49 // 10_000)
    exits.unwind()
    exits.claim(VICTIM, 1)
    cash = exits.cash(VICTIM)
    outcomes = exits.play.run()
    assert outcomes[attack].ok
    assert outcomes[cash].word >= PART - STUCK * 49 // 10_000 - 4 * WEI


# ------------------------------------------------------------------ over time


@pytest.mark.parametrize("fee", [51, 500, 5_000, 9_900])
def test_charging_strategy__pays_once_the_guard_has_narrowed_that_far(shared_stage, fee):
    """From the first failure the guard narrows to nothing over thirty days, so that no fee holds
    anybody for good."""
    keep, kept = 10_000 - TOLERANCE, 10_000 - fee
    due = MONTH * (keep - kept) // keep
    for wait, pays in ((due - 600, False), (due + 1_200, True)):
        exits = _waiting(shared_stage)
        exits.play.mode(Group.FEE, Mode.EXIT_FEE, fee)
        exits.unwind()
        exits.play.wait(max(wait, 1))
        exits.unwind()
        waits = exits.runoff()
        outcomes = exits.play.run()
        assert (Runoff.of(outcomes[waits]).waiting == 0) == pays, wait


def test_illiquid_month__is_no_failure__guard_stays(shared_stage):
    """Who waits for liquidity for a month is not sold at any price on the day it comes."""
    exits = _waiting(shared_stage, liquid=False)
    for _ in range(31):
        exits.unwind()
        exits.play.wait(t.DAY)
    exits.refill()
    attack = _squeezed(exits, _unwind(exits))
    waits = exits.runoff()
    exits.unwind()
    exits.claim(VICTIM, 1)
    cash = exits.cash(VICTIM)
    outcomes = exits.play.run()
    assert outcomes[attack].ok
    assert Runoff.of(outcomes[waits]).waiting > 0
    assert outcomes[cash].word >= PART - WEI


def test_failure_forged_once__an_honest_unwind_ends_it(shared_stage):
    """A squeeze starts the clock; the next redeem at an honest price stops it."""
    exits = _waiting(shared_stage, liquid=False)
    for _ in range(3):
        calls = [
            inner(shared_stage.hostile, SET_MODE, int(Group.LIQUIDITY), int(Mode.LIMITED), 10_000 * UNIT),
            _unwind(exits),
            inner(shared_stage.hostile, SET_MODE, int(Group.LIQUIDITY), int(Mode.LIMITED), 0),
        ]
        _squeezed(exits, *calls)
        exits.play.wait(9 * t.DAY)
        exits.drain(1_000 * UNIT)
        exits.unwind()
        exits.drain(0)
    clock = exits.runoff()
    outcomes = exits.play.run()
    assert Runoff.of(outcomes[clock]).failing == 0


@pytest.mark.parametrize("days", [1, 10, 30])
def test_failure_forged_once__illiquid_ever_since__bounds_what_a_squeeze_then_takes(shared_stage, days):
    """The limit of it: where no honest redeem is possible after the forged failure, each day gives a
    thirtieth of the guard away; units can be had in kind after the first."""
    exits = _waiting(shared_stage, liquid=False)
    calls = [
        inner(shared_stage.hostile, SET_MODE, int(Group.LIQUIDITY), int(Mode.LIMITED), 10_000 * UNIT),
        _unwind(exits),
        inner(shared_stage.hostile, SET_MODE, int(Group.LIQUIDITY), int(Mode.LIMITED), 0),
    ]
    _squeezed(exits, *calls)
    exits.play.wait(days * t.DAY)
    exits.refill()
    share = min(days, 30) * 10_000 // 30
    _squeezed(exits, _unwind(exits), lost=BACKING * min(share + TOLERANCE, 9_999) // 10_000)
    exits.unwind()
    exits.claim(VICTIM, 1)
    cash = exits.cash(VICTIM)
    outcomes = exits.play.run()
    lost = STUCK * (share + TOLERANCE) // 10_000
    assert outcomes[cash].word >= PART - lost - WEI


# ------------------------------------------------------------------ dust


def _failing_dust(stage: Stage) -> Exits:
    """The griefer's dust waits; somebody made its redeem fail, and for a month nothing was liquid."""
    exits = Exits(stage.play())
    exits.hold(GRIEFER, UNIT)
    exits.hold(VICTIM, PART)
    exits.drain()
    exits.exit_now(GRIEFER, UNIT)
    calls = [
        inner(stage.hostile, SET_MODE, int(Group.LIQUIDITY), int(Mode.LIMITED), 10_000 * UNIT),
        _unwind(exits),
        inner(stage.hostile, SET_MODE, int(Group.LIQUIDITY), int(Mode.LIMITED), 0),
    ]
    _squeezed(exits, *calls)
    return exits


def test_slippage__dust_failed_for_a_month__leavers_who_join_it_keep_their_guard(shared_stage):
    """Who joins brings its own time: dust weighs nothing."""
    exits = _failing_dust(shared_stage)
    exits.play.wait(MONTH)
    exits.exit_now(VICTIM, PART)
    exits.refill()
    before = exits.runoff()
    attack = _squeezed(exits, _unwind(exits))
    after = exits.runoff()
    outcomes = exits.play.run()
    assert outcomes[attack].ok
    assert Runoff.of(outcomes[before]).failing != 0
    assert Runoff.of(outcomes[after]).waiting == Runoff.of(outcomes[before]).waiting


def test_slippage__dust_failed_for_a_month__settlement_keeps_its_guard(shared_stage):
    """The one redeem of a settlement is for dust that waited and for everybody who leaves now."""
    exits = _failing_dust(shared_stage)
    exits.play.wait(MONTH - t.DAY)
    exits.request(VICTIM, PART)
    exits.play.wait(t.DAY + 1)
    exits.refill()
    failing = exits.runoff()
    _squeezed(exits, inner(exits.queue, SETTLE))
    exits.unwind()
    place = exits.stake(2, VICTIM)
    outcomes = exits.play.run()
    assert Runoff.of(outcomes[failing]).failing != 0
    assert staked(outcomes[place])[3] >= PART - WEI
