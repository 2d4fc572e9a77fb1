"""The sentinel: when a poke is due, and what else it does because it would go through."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganglion.agent import Client
from ganglion.bots import Outcome
from ganglion.bots.watching import LEAST_GAP, SPACING, Outlook, poke_reason
from soak.ground import EPOCH, IDLE, ORDER, UNIT, set_cap
from tests.treasury import GOVERNOR, HOUR, INTENT, SAFE, STRANGER, intent_of

LIMITS = (300, 800, 20_000, 500, 500)
FINE = (0, 10_000, 1_000, 0, 0)
NOW = 10**9


@pytest.fixture
def invested(place):
    """A fifth of the treasury in each of three strategies, and the books fresh."""
    agent = place.accounts["rebalancer"].address
    intent = intent_of(agent, [(each, 200_000 * UNIT, 0) for each in (1, 2, 3)], max_loss=100 * UNIT)
    place.rpc.transact(agent, place.bed.executor, f"execute({INTENT})", intent)
    place.bed.watch()
    return place


@pytest.fixture
def calm(place, w3):
    """A snapshot in which nothing calls for a poke."""
    seen = Client(w3, place.place).observe(place.accounts["sentinel"].address)
    return replace(seen, time=NOW, totals=replace(seen.totals, poked_at=NOW - 100, stale=False))


def _reason(snapshot, levels=FINE, state=0, last=0, every=EPOCH):
    return poke_reason(snapshot, Outlook(levels, LIMITS, state), last, every)


def _stress(snapshot, **changes):
    return replace(snapshot, stress=replace(snapshot.stress, **changes))


def _first(snapshot, **changes):
    return replace(
        snapshot, strategies=(replace(snapshot.strategies[0], **changes), *snapshot.strategies[1:])
    )


def test_poke_reason__nothing_calls__none(calm):
    assert _reason(calm) == ""


def test_poke_reason__state_would_change__at_once(calm):
    assert _reason(calm, state=1, last=NOW) == "it takes the Vault from CALM to STRESS"
    assert _reason(_stress(calm, state=1, bad=1), last=NOW) == "it takes the Vault from STRESS to CALM"
    assert _reason(calm, state=2, last=NOW) == "it takes the Vault from CALM to WINDDOWN"


def test_poke_reason__old_or_stale_books__due(calm):
    assert _reason(calm, every=100) == "the last one is 100 s ago"
    assert _reason(calm, every=101) == ""
    stale = replace(calm, totals=replace(calm.totals, stale=True))
    assert _reason(stale) == "the books are too old to allocate by"


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ((301, 10_000, 0, 0, 0), "fall"),
        ((0, 799, 0, 0, 0), "liquid"),
        ((0, 10_000, 20_001, 0, 0), "age"),
        ((0, 10_000, 0, 501, 501), "dark, short"),
    ],
)
def test_poke_reason__fresh_signal__due_and_remembered_ones_are_spaced(calm, levels, told):
    assert _reason(calm, levels) == f"bad and not remembered: {told}"
    assert _reason(calm, levels, last=NOW - LEAST_GAP + 1) == ""
    assert _reason(_stress(calm, bad=31), levels, last=NOW - SPACING + 1) == ""
    assert "hour" in _reason(_stress(calm, bad=31), levels, last=NOW - SPACING)


@pytest.mark.parametrize("levels", [(300, 800, 20_000, 500, 500), FINE])
def test_poke_reason__signal_at_its_limit__is_not_bad(calm, levels):
    assert _reason(calm, levels) == ""


def test_poke_reason__strategy_falls_silent__at_once_then_spaced(calm):
    silent = _first(calm, answers=False, status=1)
    assert _reason(silent) == f"strategies do not answer: [{calm.strategies[0].id}]"
    suspect = _first(calm, answers=False, status=2)
    assert _reason(suspect, last=NOW - SPACING + 1) == ""
    assert "hour" in _reason(suspect, last=NOW - SPACING)


def test_poke_reason__stress_or_winddown__spaced_or_for_the_books_alone(calm):
    assert "hour" in _reason(_stress(calm, state=1), state=1, last=NOW - SPACING)
    ended = _stress(calm, state=2)
    assert _reason(ended, (9_999, 0, 0, 0, 0), state=2) == ""
    assert _reason(ended, state=2, every=100) == "the last one is 100 s ago"


def test_step__price_falls__poked_fired_and_noted_until_capital_is_home(invested, new_sentinel):
    bot = new_sentinel()
    bot.step()
    assert bot.step().deeds == []
    invested.bed.lose(1, 20_000 * UNIT)  # the seed deposits of a stranger bear a part of it
    did = bot.step()
    assert not did.did("poke")  # it was poked within LEAST_GAP: the order's refusal is told
    assert [deed.what for deed in did.deeds] == ["fire 1"]
    for _ in range(4):
        invested.rpc.warp(SPACING)
        report = bot.step()
        if report.did("fire"):
            break
    assert invested.bed.position(1)[0] == 0
    assert not invested.passes(invested.bed.executor, "note()")


def test_step__position_over_its_cap__noted_then_trimmed(invested, new_sentinel):
    bot = new_sentinel()
    bot.step()
    set_cap(invested, 3, 1_000)
    assert [deed.what for deed in bot.step().did("trim")] == ["trim 3"]
    assert bot.step().did("trim") == []
    book = invested.bed.position(3)[1]
    invested.rpc.warp(HOUR)
    assert [deed.what for deed in bot.step().did("trim")] == ["trim 3"]
    assert invested.bed.position(3)[1] < book


def test_step__little_over_the_cap__is_left_there(invested, new_sentinel):
    set_cap(invested, 3, 1_990)
    bot = new_sentinel(least_trim=10**6 * UNIT)
    bot.step()
    invested.rpc.warp(HOUR)
    assert bot.step().did("trim") == []


def test_step__new_order__found_at_the_next_look(invested, new_sentinel):
    bot = new_sentinel(orders_every=5)
    bot.step()
    order = (IDLE, 0, 10_000, 1, 2, UNIT, 1_000 * UNIT, 0, HOUR, 0)
    invested.rpc.transact(GOVERNOR, invested.reflexes, f"set_order(uint256,{ORDER})", 9, order)
    assert bot.step().did("fire") == []
    invested.rpc.mine(5)
    assert [deed.what for deed in bot.step().did("fire")] == ["fire 9"]


def test_step__no_reflexes_at_the_address__says_so_and_does_the_rest(invested, new_sentinel):
    bot = new_sentinel(reflexes=STRANGER)
    set_cap(invested, 3, 1_000)
    report = bot.step()
    (failure,) = [deed for deed in report.deeds if deed.what == "orders"]
    assert failure.outcome is Outcome.FAILED
    assert report.did("trim")


def test_step__heartbeat_about_to_lapse__warns_and_a_lapsed_one_winds_down(invested, new_sentinel):
    bot = new_sentinel()
    _, until = invested.rpc.read(invested.bed.sentinel, "heartbeat()", returns=("uint256", "uint256"))
    invested.rpc.warp(until - 80_000 - invested.rpc.timestamp())
    (warning,) = [deed for deed in bot.step().deeds if deed.what == "heartbeat"]
    assert "within 1 days" in warning.detail
    invested.rpc.transact(SAFE, invested.bed.sentinel, "beat()")
    assert "heartbeat" not in [deed.what for deed in bot.step().deeds]
    _, until = invested.rpc.read(invested.bed.sentinel, "heartbeat()", returns=("uint256", "uint256"))
    invested.rpc.warp(until + 1 - invested.rpc.timestamp())
    (poke,) = bot.step().did("poke")
    assert "to WINDDOWN" in poke.detail
    assert invested.bed.word(1) >> 192 & 3 == 2
