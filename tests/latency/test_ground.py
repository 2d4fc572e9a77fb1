"""The ground of the measurements: blocks in order, live prices, and nothing left behind."""

from __future__ import annotations

import pytest

from latency.griefer import GRIEFER, holding, nobody, run
from latency.ground import BLOCK, DEPOSITED, Ground
from latency.measure import calm, doors, reacted
from latency.shocks import SHOCKS, SPREAD, Reaction, Speed, Step
from tests.treasury import AGENT, INTENT, STRANGER, intent_of

BY_KEY = {shock.key: shock for shock in SHOCKS}


def test_block__transactions_of_several_senders__keep_their_order(place: Ground) -> None:
    with place.undone():
        place.invest(SPREAD)
        poke = (STRANGER, place.treasury.sentinel, "poke()")
        refused = (AGENT, place.treasury.executor, f"execute({INTENT})", intent_of(AGENT, [(9, 1, 0)]))
        mined = place.block([poke, refused, poke, refused, refused])
        assert [each.place for each in mined] == list(range(5))
        assert len({each.block for each in mined}) == 1
        assert [each.ok for each in mined] == [True, False, True, False, False]
        assert mined[1].reason == "vault: 18" or mined[1].reason.startswith(("executor: ", "vault: "))


def test_block__wait__comes_exactly_then(place: Ground) -> None:
    with place.undone():
        poke = (STRANGER, place.treasury.sentinel, "poke()")
        first, *_ = place.block([poke])
        second, *_ = place.block([poke])
        third, *_ = place.block([poke], 3_600)
        assert (second.time - first.time, third.time - second.time) == (BLOCK, 3_600)


def test_live__calm_treasury__is_what_the_vault_says(place: Ground) -> None:
    with place.undone():
        place.invest(SPREAD)
        place.treasury.poke()
        lo, hi, veto = place.treasury.totals()
        assert lo - 5 <= place.live() <= hi + 5
        assert place.live() > DEPOSITED
        assert not veto


def test_calm__every_shock__every_probe_passes(place: Ground) -> None:
    for shock in SHOCKS:
        assert set(calm(place, shock).values()) == {"passes"}, shock.key


def test_doors__price_falls__leave_the_chain_as_it_was(place: Ground) -> None:
    before = place.rpc.call("eth_blockNumber"), place.treasury.word(1)
    doors(place, BY_KEY["price_drop"])
    assert (place.rpc.call("eth_blockNumber"), place.treasury.word(1)) == before


def test_reacted__order_that_nothing_calls_for__is_refused(place: Ground) -> None:
    """A latency is only told where every step of it worked."""
    reaction = Reaction(3, Speed.NEXT, ((0, Step.FIRE),))
    with pytest.raises(AssertionError, match="reflexes: condition not met"):
        reacted(place, BY_KEY["price_drop"], reaction)


def test_reacted__own_loss_in_the_next_transaction__waits_for_the_spacing(place: Ground) -> None:
    """Why an order on a fallen strategy itself is not the next transaction: a low read counts when seen
    twice."""
    reaction = Reaction(1, Speed.NEXT, ((0, Step.POKE), (0, Step.FIRE)))
    with pytest.raises(AssertionError, match="vault: 22"):
        reacted(place, BY_KEY["price_drop"], reaction)


def test_griefer__holds_for_a_day__pays_the_interest_and_nobody_else_does(place: Ground) -> None:
    without, held = run(place, nobody), run(place, holding)
    assert without.capital == without.paid == without.closed == 0
    interest = held.capital / 365
    assert 0.9 * interest < held.paid < 1.1 * interest
    assert held.leaver > without.leaver
    assert held.stayer > without.stayer
    assert place.treasury.assets(GRIEFER) == 0
