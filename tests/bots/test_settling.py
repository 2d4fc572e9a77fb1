"""The settler: what is due is settled, what can be paid is unwound, nothing is done twice."""

from __future__ import annotations

import pytest

from ganglion.agent import Client
from ganglion.agent.abi import EXIT_QUEUE
from ganglion.bots import Call, Keeper, Outcome, SettlerSettings
from ganglion.devnet.abi import call_data
from soak.ground import EPOCH, HOLDERS, UNIT
from soak.shocks import REQUEST
from tests.modes import Group, Mode
from tests.treasury import HOUR, INTENT, STRANGER, intent_of

SHARES = 50_000 * 10**18


@pytest.fixture
def invested(place):
    """A fifth of the treasury in each of three strategies."""
    agent = place.accounts["rebalancer"].address
    intent = intent_of(agent, [(each, 200_000 * UNIT, 0) for each in (1, 2, 3)], max_loss=100 * UNIT)
    place.rpc.transact(agent, place.bed.executor, f"execute({INTENT})", intent)
    return place


def _leave(place, *dry):
    """Have a holder ask to leave, an epoch pass, and strategies run dry."""
    for each in dry:
        place.bed.dial(each, Group.LIQUIDITY, Mode.LIMITED, 0)
    holder = HOLDERS[0]
    place.rpc.transact(holder, place.bed.queue, REQUEST, SHARES, holder, holder)
    place.rpc.warp(EPOCH)


def test_step__epoch_is_due__settled_once_also_by_a_new_life(invested, new_settler):
    _leave(invested)
    assert [deed.what for deed in new_settler().step().did("settle")] == ["settle"]
    assert invested.bed.open_epoch()[1] == 0
    report = new_settler().step()
    assert report.deeds == []
    assert report.idle == "no epoch is due, and nothing that waits can be paid now"


def test_step__epoch_is_not_due__waits(invested, new_settler):
    holder = HOLDERS[0]
    invested.rpc.transact(holder, invested.bed.queue, REQUEST, SHARES, holder, holder)
    assert new_settler().step().deeds == []


def test_step__liquidity_returns__unwinds_the_most_cash_first(invested, new_settler):
    _leave(invested, 1, 2, 3)
    bot = new_settler()
    bot.step()
    waiting = {each: invested.bed.runoff(each)[0] for each in (1, 2, 3)}
    assert all(waiting.values())
    for each, assets in ((1, 20_000), (2, 60_000), (3, 40_000)):
        invested.bed.dial(each, Group.LIQUIDITY, Mode.LIMITED, assets * UNIT)
    done = bot.step().did("unwind")
    assert [deed.what for deed in done] == ["unwind 2", "unwind 3", "unwind 1"]
    assert all(invested.bed.runoff(each)[0] < waiting[each] for each in waiting)


def test_step__nothing_can_be_paid__tries_once_in_a_while(invested, new_settler):
    _leave(invested, 1)
    bot = new_settler(probe_every=HOUR)
    assert [deed.what for deed in bot.step().deeds] == ["settle", "unwind 1"]
    assert bot.step().deeds == []
    invested.rpc.warp(HOUR)
    assert [deed.what for deed in bot.step().did("unwind")] == ["unwind 1"]


def test_step__little_gas_a_block__leaves_the_rest_for_later(invested, new_settler):
    _leave(invested, 1, 2, 3)
    new_settler().step()
    for each in (1, 2, 3):
        invested.bed.dial(each, Group.LIQUIDITY, Mode.HONEST)
    bot = new_settler(most_gas=1)
    outcomes = [deed.outcome for deed in bot.step().deeds]
    assert outcomes == [Outcome.DONE, Outcome.WAITING, Outcome.WAITING]
    assert len(bot.step().did("unwind")) == len(bot.step().did("unwind")) == 1
    assert not any(invested.bed.runoff(each)[0] for each in (1, 2, 3))


def test_step__strategy_that_fails__holds_up_nothing_else(invested, new_settler):
    _leave(invested, 1, 2)
    bot = new_settler()
    bot.step()
    invested.bed.dial(1, Group.MAX, Mode.BURN_LOOP)
    invested.bed.dial(1, Group.READ, Mode.BURN_LOOP)
    invested.bed.dial(2, Group.LIQUIDITY, Mode.HONEST)
    assert "unwind 2" in [deed.what for deed in bot.step().did("unwind")]
    assert invested.bed.runoff(2)[0] == 0


def test_step__agent_has_moved_capital__what_came_for_leavers_is_credited(invested, new_settler):
    _leave(invested, 1)
    bot = new_settler()
    bot.step()
    invested.bed.dial(1, Group.LIQUIDITY, Mode.HONEST)
    agent = invested.accounts["rebalancer"].address
    intent = intent_of(agent, [(1, -1_000 * UNIT, 0)], max_loss=100 * UNIT)
    invested.rpc.transact(agent, invested.bed.executor, f"execute({INTENT})", intent)
    units, cash = invested.bed.runoff(1)
    assert (units, cash > 0) == (0, True)
    assert [deed.what for deed in bot.step().did("unwind")] == ["unwind 1"]
    assert invested.bed.runoff(1) == (0, 0)


def test_step__units_left_after_the_last_holder_pays__no_claim_is_made(invested, new_settler):
    _leave(invested)
    holder = HOLDERS[0]
    before = invested.bed.assets(holder)
    bot = new_settler()
    for _ in range(3):
        bot.step()
    assert invested.bed.assets(holder) == before
    assert invested.bed.stake(1, holder)[3] > 0


def _overtaken(place, attempt):
    """Have an attempt wait in the pool, and a stranger's settlement mined ahead of it."""
    call = {"from": STRANGER, "to": place.bed.queue, "data": call_data("settle()"), "gas": hex(4_000_000)}
    fees = {"maxFeePerGas": hex(10**12), "maxPriorityFeePerGas": hex(10**11)}
    place.rpc.call("evm_setAutomine", False)
    try:
        sent = attempt()
        place.rpc.call("eth_sendTransaction", call | fees)
        place.rpc.call("evm_mine")
    finally:
        place.rpc.call("evm_setAutomine", True)
    return sent


def test_step__overtaken_on_chain__says_so_with_the_next_block(invested, new_settler):
    _leave(invested)
    bot = new_settler(patience=0.2)
    (sent,) = _overtaken(invested, bot.step).deeds
    assert (sent.what, sent.outcome) == ("settle", Outcome.WAITING)
    (failed,) = bot.step().deeds
    assert (failed.what, failed.outcome) == ("settle", Outcome.REFUSED)
    assert "queue: not due" in failed.detail
    assert bot.step().deeds == []


def test_attempt__failed_on_chain__rests_twice_as_long_each_time(invested, told, w3):
    settings = SettlerSettings(**{**told, "patience": 0.2})
    account = invested.accounts["settler"]
    keeper = Keeper(Client(w3, settings.treasury(w3)), account, settings.policy, settings.most_gas)
    call = Call("settle", invested.bed.queue, EXIT_QUEUE.encode("settle"))
    for blocks in (2, 4):
        _leave(invested)
        keeper.begin()
        assert _overtaken(invested, lambda: keeper.attempt(call)).outcome is Outcome.WAITING
        snapshot, (failed,) = keeper.begin()
        assert failed.outcome is Outcome.REFUSED
        resting = keeper.attempt(call)
        assert resting.outcome is Outcome.WAITING
        assert resting.detail.endswith(f"rests until block {snapshot.number + blocks}")
        invested.rpc.mine(blocks)
        keeper.begin()
        # It is asked again, and refused before anything is sent.
        assert keeper.attempt(call).outcome is Outcome.REFUSED
