"""Griefing of the way out: what a stranger or another holder can spoil for those who leave or stay, and
what it costs."""

from __future__ import annotations

import pytest

from tests import treasury as t
from tests.attacks.exit_calls import (
    CANCEL,
    DETACH,
    EXIT_NOW,
    REDEEM,
    REQUEST,
    SETTLE,
    SHARE,
    TRANSFER,
    UNITS,
    Coverage,
    Exits,
    Runoff,
    holder,
    staked,
)
from tests.attacks.stage import AMOUNT, DEPOSIT, HEALTHY, HOSTILE, SLICE, SOLMATE, STAKE, UNIT, Stage
from tests.modes import Group, Mode

GRIEFER, VICTIM, OTHER = holder(1), holder(2), holder(3)
PART = 100_000 * UNIT
LEAST = 10_000  # asset wei of the least request
WEI = 8  # rounding of one exit over three strategies, asset wei
TOTAL = 1_000_001 * UNIT


def _exits(stage: Stage, *holders: str) -> Exits:
    exits = Exits(stage.play())
    for who in holders:
        exits.hold(who, PART)
    return exits


def _dust(exits: Exits, assets: int = 10) -> int:
    """The cheapest runoff: shares of some wei leave and try nothing."""
    return exits.exit_now(GRIEFER, assets, 0)


# ------------------------------------------------------------------ dust that waits


def test_dust_runoff__closes_slices__and_one_call_by_anyone_opens_them(shared_stage):
    """`redeem_slice` stands still for the price of a transaction; `exit_now` pays the same
    meanwhile."""
    exits = _exits(shared_stage, GRIEFER, VICTIM, OTHER)
    left = _dust(exits)
    slice_call = (VICTIM, shared_stage.vault, SLICE, PART * SHARE, VICTIM, VICTIM, 0)
    closed = exits.play.call(*slice_call)
    before = exits.cash(OTHER)
    way_out = exits.exit_now(OTHER, PART)
    after = exits.cash(OTHER)
    cleared = [exits.unwind(identifier) for identifier in (HOSTILE, HEALTHY, SOLMATE)]
    opened = exits.play.call(*slice_call)
    outcomes = exits.play.run()
    assert outcomes[left].ok
    assert outcomes[closed].reason == "vault: 15"
    assert outcomes[way_out].decoded("uint256", "uint256")[0] == 0
    assert all(outcomes[place].ok and outcomes[place].gas < 130_000 for place in cleared)
    assert abs(outcomes[opened].word - (outcomes[after].word - outcomes[before].word)) <= WEI


@pytest.mark.parametrize("assets", [1, 10, 999, 5_000])
def test_dust_runoff__of_any_size__is_cleared_by_an_exit_or_an_unwind(shared_stage, assets):
    for clear in ("exit", "unwind"):
        exits = _exits(shared_stage, GRIEFER, VICTIM)
        _dust(exits, assets)
        if clear == "exit":
            exits.exit_now(VICTIM, PART)
        else:
            for identifier in (HOSTILE, HEALTHY, SOLMATE):
                exits.unwind(identifier)
        waits = [exits.runoff(identifier) for identifier in (HOSTILE, HEALTHY, SOLMATE)]
        record = exits.stake(1, GRIEFER)
        outcomes = exits.play.run()
        assert [Runoff.of(outcomes[place]).waiting for place in waits] == [0] * 3, clear
        assert staked(outcomes[record])[1] == 0, clear


def test_dust_runoff__forces_no_agent_and_no_position(shared_stage):
    """Below a hundredth: nobody can evacuate, and what an agent pays in need not be liquid."""
    exits = _exits(shared_stage, GRIEFER)
    exits.drain(STAKE // 10)
    _dust(exits, 1_000 * UNIT)
    forced = exits.evacuate()
    moved = exits.play.execute((HOSTILE, AMOUNT))
    outcomes = exits.play.run()
    assert outcomes[forced].reason == "vault: 32"
    assert outcomes[moved].ok, outcomes[moved].reason


@pytest.mark.parametrize("liquid", [True, False])
def test_large_runoff__refuses_only_capital_that_would_be_locked_in(shared_stage, liquid):
    """More than a hundredth waits: an allocation passes if what it pays in could be taken out again."""
    exits = _exits(shared_stage, GRIEFER)
    if liquid:
        exits.play.mode(Group.REDEEM, Mode.REVERT_EMPTY)  # says that all is liquid
    else:
        exits.drain(STAKE // 10)
    _dust(exits, PART)
    moved = exits.play.execute((HOSTILE, AMOUNT))
    elsewhere = exits.play.execute((HEALTHY, AMOUNT))
    outcomes = exits.play.run()
    assert outcomes[moved].ok == liquid
    if not liquid:
        assert outcomes[moved].reason == "vault: 31"
    assert outcomes[elsewhere].ok, outcomes[elsewhere].reason


def test_untried_exit__makes_runoff_that_pays_no_more_than_an_honest_exit(shared_stage):
    """Runoff can be made at will in a liquid strategy; it is paid what it would have been paid."""
    exits = _exits(shared_stage, GRIEFER, VICTIM)
    exits.exit_now(GRIEFER, PART, 0)
    for identifier in (HOSTILE, HEALTHY, SOLMATE):
        exits.unwind(identifier)
    exits.claim(GRIEFER, 1)
    exits.exit_now(VICTIM, PART)
    cash = [exits.cash(who) for who in (GRIEFER, VICTIM)]
    outcomes = exits.play.run()
    tricked, honest = (outcomes[place].word for place in cash)
    assert honest - WEI <= tricked <= honest + WEI


def test_untried_exit__in_a_half_liquid_strategy__gets_less_now_and_nobody_loses(shared_stage):
    """Those who refuse what is liquid leave it to those who stay."""
    results = {}
    for tries in (2**256 - 1, 0):
        exits = _exits(shared_stage, GRIEFER)
        exits.drain(STAKE // 2)
        exits.exit_now(GRIEFER, PART, tries)
        exits.unwind()
        waits, covered, units = exits.runoff(), exits.coverage(), exits.play.position()
        outcomes = exits.play.run()
        results[tries] = (
            Runoff.of(outcomes[waits]).waiting,
            Coverage.of(outcomes[covered]).covered,
            outcomes[units].word & UNITS,
        )
    (tried, covered, units), (refused, kept, same) = results[2**256 - 1], results[0]
    assert same == units
    assert refused >= tried - 1
    assert kept >= covered - 1


# ------------------------------------------------------------------ other people's requests


def test_request__for_a_stranger__can_fill_its_list_and_its_own_record_stays_within_reach(shared_stage):
    """Eight gifts of the least size, one an epoch, while a strategy is stuck: `redeem` then ends at
    them. `claim` reaches the victim's own record, and `detach` sends a gift to the end of the list."""
    exits = _exits(shared_stage, GRIEFER, VICTIM)
    exits.drain(0)
    for _ in range(8):
        exits.request(GRIEFER, LEAST, VICTIM)
        exits.settle()
    exits.request(VICTIM, PART)
    exits.settle()
    for gift in range(1, 9):
        exits.claim(VICTIM, gift)
    most = exits.play.view("maxRedeem(address)", VICTIM, to=exits.queue)
    stuck = exits.queued(VICTIM, REDEEM, PART * SHARE // 2, VICTIM, VICTIM)
    moved = exits.queued(VICTIM, DETACH, 1, VICTIM)
    own = exits.stake(9, VICTIM)
    reached = exits.queued(VICTIM, REDEEM, PART * SHARE // 2, VICTIM, VICTIM)
    rest, cash = exits.claim(VICTIM, 9), exits.cash(VICTIM)
    outcomes = exits.play.run()
    assert outcomes[most].word == 0
    assert outcomes[stuck].reason == "queue: over maxRedeem"
    assert outcomes[moved].ok
    assert outcomes[reached].ok
    assert outcomes[rest].ok
    assert outcomes[cash].word >= staked(outcomes[own])[3] - 1


def test_request__added_to_a_victim_s__is_a_gift_to_it(shared_stage):
    """In the same epoch it is the victim's to cancel and to claim."""
    exits = _exits(shared_stage, GRIEFER, VICTIM)
    exits.request(VICTIM, PART)
    exits.request(GRIEFER, LEAST, VICTIM)
    taken = exits.queued(GRIEFER, CANCEL, 1, VICTIM, GRIEFER)
    back = exits.queued(VICTIM, CANCEL, 1, VICTIM, VICTIM)
    outcomes = exits.play.run()
    assert outcomes[taken].reason == "queue: not the controller"
    assert outcomes[back].word == (PART + LEAST) * SHARE


@pytest.mark.parametrize("count", [3, 300])
def test_settle__dust_requests__cost_their_senders_only(shared_stage, count):
    """The gas of settling does not know how many asked."""
    gas = {}
    for number in (3, count):
        exits = _exits(shared_stage, VICTIM)
        exits.request(VICTIM, PART)
        for index in range(number):
            dust = holder(1_000 + index)
            exits.play.call(t.DEPOSITOR, shared_stage.vault, TRANSFER, dust, LEAST * SHARE)
            exits.request(dust, LEAST)
        place = exits.settle()
        outcome = exits.play.run()[place]
        assert outcome.ok, outcome.reason
        gas[number] = outcome.gas
    assert abs(gas[count] - gas[3]) < 500


@pytest.mark.parametrize("shares", [0, 1, LEAST * SHARE - 1])
def test_request__below_the_least__is_refused_unless_it_is_everything(shared_stage, shares):
    exits = _exits(shared_stage, GRIEFER)
    place = exits.queued(GRIEFER, REQUEST, shares, GRIEFER, GRIEFER)
    assert exits.play.run()[place].reason == "queue: below the least request"


def test_cancel_and_request__toggled__pays_nothing_and_delays_nobody(shared_stage):
    """The epoch's time runs from the first request while anybody's stands in it."""
    payouts = []
    for toggled in (False, True):
        exits = _exits(shared_stage, GRIEFER, VICTIM)
        exits.request(VICTIM, PART)
        for _ in range(20):
            exits.play.wait(t.HOUR)
            if toggled:
                exits.request(GRIEFER, PART)
                exits.queued(GRIEFER, CANCEL, 1, GRIEFER, GRIEFER)
        exits.request(GRIEFER, PART)
        exits.play.wait(4 * t.HOUR)
        settled = exits.queued(t.STRANGER, SETTLE)
        claims = [exits.claim(who, 1) for who in (GRIEFER, VICTIM)]
        outcomes = exits.play.run()
        assert outcomes[settled].ok, outcomes[settled].reason
        payouts.append([outcomes[place].word for place in claims])
    assert payouts[0] == payouts[1]


def test_epoch__opened_and_abandoned__does_not_make_the_next_one_wait_less(shared_stage):
    """An epoch emptied by cancellations starts its time anew: nobody leaves at a moment of its choice
    by it."""
    exits = _exits(shared_stage, GRIEFER, VICTIM)
    exits.request(GRIEFER, PART)
    exits.queued(GRIEFER, CANCEL, 1, GRIEFER, GRIEFER)
    exits.play.wait(t.DAY - 1)
    exits.request(VICTIM, PART)
    exits.play.wait(1)
    early = exits.queued(t.STRANGER, SETTLE)
    assert exits.play.run()[early].reason == "queue: not due"


# ------------------------------------------------------------------ shares at the queue


def test_queue__shares_given_to_it__are_nobody_s_and_hold_nothing_up(shared_stage):
    """A transfer or a deposit in the queue's name changes no request, no settlement and no
    cancellation."""
    payouts = []
    for gifts in (False, True):
        exits = _exits(shared_stage, GRIEFER, VICTIM, OTHER)
        exits.request(VICTIM, PART)
        exits.request(OTHER, PART)
        if gifts:
            exits.play.call(GRIEFER, shared_stage.vault, TRANSFER, exits.queue, PART * SHARE)
        else:
            exits.play.call(GRIEFER, shared_stage.vault, TRANSFER, holder(9), PART * SHARE)
        exits.play.wait(t.DAY)
        if gifts:
            exits.play.call(t.DEPOSITOR, shared_stage.vault, DEPOSIT, AMOUNT, exits.queue)
        else:
            exits.play.call(t.DEPOSITOR, shared_stage.vault, DEPOSIT, AMOUNT, holder(9))
        cancelled = exits.queued(OTHER, CANCEL, 1, OTHER, OTHER)
        settled = exits.queued(t.STRANGER, SETTLE)
        claim = exits.claim(VICTIM, 1)
        outcomes = exits.play.run()
        assert outcomes[cancelled].ok, outcomes[cancelled].reason
        assert outcomes[settled].ok, outcomes[settled].reason
        payouts.append(outcomes[claim].word)
    assert payouts[0] == payouts[1]


def test_settle__deposit_before_it__takes_nothing_from_those_who_leave(shared_stage):
    """Entry at the higher total dilutes nobody."""
    payouts = []
    for deposited in (0, 500_000 * UNIT):
        exits = _exits(shared_stage, VICTIM)
        exits.request(VICTIM, PART)
        exits.play.wait(t.DAY)
        if deposited:
            exits.play.call(t.STRANGER, shared_stage.asset, "mint(address,uint256)", t.DEPOSITOR, deposited)
            exits.play.call(t.DEPOSITOR, shared_stage.vault, DEPOSIT, deposited, GRIEFER)
        exits.queued(t.STRANGER, SETTLE)
        claim = exits.claim(VICTIM, 1)
        payouts.append(exits.play.run()[claim].word)
    assert abs(payouts[0] - payouts[1]) <= WEI


@pytest.mark.parametrize("path", ["request", "exit_now"])
def test_leave__fresh_shares__are_refused(shared_stage, path):
    exits = _exits(shared_stage)
    exits.play.call(t.DEPOSITOR, shared_stage.vault, DEPOSIT, AMOUNT, t.DEPOSITOR)
    exits.play.call(t.STRANGER, shared_stage.asset, "mint(address,uint256)", GRIEFER, AMOUNT)
    exits.play.call(GRIEFER, shared_stage.asset, "approve(address,uint256)", shared_stage.vault, AMOUNT)
    exits.play.call(GRIEFER, shared_stage.vault, DEPOSIT, AMOUNT, GRIEFER)
    shares = AMOUNT * SHARE // 2
    if path == "request":
        place = exits.queued(GRIEFER, REQUEST, shares, GRIEFER, GRIEFER)
    else:
        place = exits.queued(GRIEFER, EXIT_NOW, shares, GRIEFER, GRIEFER, 0, 0)
    assert exits.play.run()[place].reason == "vault: 11"
