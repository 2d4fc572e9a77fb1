"""Gifts of asset, of strategy units and of shares, to anybody, move no price, cap, budget or limit by a
wei."""

from __future__ import annotations

import pytest

from tests import treasury as t
from tests.attacks.stage import AMOUNT, OUTSIDER, UNIT, Play

GIFT = 777_777 * UNIT
UNITS = 300 * UNIT
TRANSFER = "transfer(address,uint256)"
MINT_TO = "mint(address,uint256)"
GIFTS = (
    "asset to the vault",
    "asset to the executor",
    "units of 1",
    "units of 2",
    "units of 3",
    "units not listed",
)
# Shares of the Vault change hands, so these show in balances and nowhere else.
SHARE_GIFTS = ("shares to the vault", "shares to a strategy")
RECOVER = "recover(address,address,uint256)"


def _give(play: Play, gift: str) -> None:
    stage = play.stage
    if gift.startswith("asset"):
        to = stage.vault if gift.endswith("vault") else stage.executor
        play.call(t.STRANGER, stage.asset, MINT_TO, to, GIFT)
    elif gift == "units not listed":
        play.call(OUTSIDER, stage.spare, TRANSFER, stage.vault, UNITS)
    elif gift.startswith("units"):
        play.call(OUTSIDER, stage.strategies[int(gift[-1]) - 1], TRANSFER, stage.vault, UNITS)
    else:
        to = stage.vault if gift.endswith("vault") else stage.hostile
        play.call(t.DEPOSITOR, stage.vault, TRANSFER, to, AMOUNT * 10**12)


def _answers(play: Play) -> list[int]:
    agent = [
        play.view(f"{kind}_budget(address)", t.AGENT, to=play.stage.executor) for kind in ("flow", "loss")
    ]
    caps = [play.view("cap(uint256)", i, to=play.stage.executor) for i in (1, 2, 3)]
    others = {name: view for name, view in play.stage.views().items() if name != "balanceOf"}
    return [play.view(*view) for view in others.values()] + agent + caps


@pytest.mark.parametrize("gift", [*GIFTS, *SHARE_GIFTS])
def test_gift__every_view_and_word__is_unchanged(shared_stage, gift):
    play = shared_stage.play()
    before, books = _answers(play), play.books()
    _give(play, gift)
    after, later = _answers(play), play.books()
    outcomes = play.run()
    assert [outcomes[i].data for i in before] == [outcomes[i].data for i in after]
    first, last = books(outcomes), later(outcomes)
    moved = {name for name in first if first[name] != last[name]}
    balances = {"asset of vault", "units 1", "units 2", "units 3", "shares of depositor"}
    assert moved <= balances, moved


@pytest.mark.parametrize("gift", GIFTS)
def test_gift__every_action__does_what_it_did_without(shared_stage, gift):
    for action in shared_stage.actions():
        results = []
        for given in (False, True):
            play = shared_stage.play()
            if given:
                _give(play, gift)
            before, acted, after = play.books(), play.act(action), play.books()
            outcomes = play.run()
            assert outcomes[acted].ok, (action, outcomes[acted].reason)
            first, last = before(outcomes), after(outcomes)
            results.append((outcomes[acted].data, {name: last[name] - first[name] for name in first}))
        assert results[0] == results[1], action


@pytest.mark.parametrize("gift", ["asset to the vault", "units of 1", "units of 3", "units not listed"])
def test_recover__after_a_gift__takes_the_gift_and_not_a_wei_more(shared_stage, gift):
    play = shared_stage.play()
    _give(play, gift)
    stage, steward = shared_stage, shared_stage.treasury.steward
    tokens = {"asset to the vault": stage.asset, "units not listed": stage.spare}
    token = tokens.get(gift) or stage.strategies[int(gift[-1]) - 1]
    amount = GIFT if gift.startswith("asset") else UNITS
    more = play.call(t.GOVERNOR, steward, RECOVER, token, t.GOVERNOR, amount + 1)
    exact = play.call(t.GOVERNOR, steward, RECOVER, token, t.GOVERNOR, amount)
    again = play.call(t.GOVERNOR, steward, RECOVER, token, t.GOVERNOR, 1)
    outcomes = play.run()
    assert not outcomes[more].ok
    assert gift == "units not listed" or outcomes[more].reason == "vault: 30"
    assert outcomes[exact].ok, outcomes[exact].reason
    assert not outcomes[again].ok


def test_gift_to_a_strategy_that_counts_its_balance__raises_nothing_but_the_higher_total(shared_stage):
    """A gain like any other: the lower total does not move before a poke, and then by max_rate at most."""
    play = shared_stage.play()
    before = play.totals()
    play.call(t.STRANGER, shared_stage.asset, MINT_TO, shared_stage.strategies[2], 20_000 * UNIT)
    after = play.totals()
    play.wait(t.HOUR)
    play.poke()
    poked = play.totals()
    outcomes = play.run()
    types = ("uint256", "uint256", "bool")
    lo, hi, _ = outcomes[before].decoded(*types)
    lo_after, hi_after, veto = outcomes[after].decoded(*types)
    assert (lo_after, veto) == (lo, False)
    assert hi < hi_after <= hi + 20_000 * UNIT
    # The last poke of the stage was a day before.
    rise = 200_000 * UNIT * 5_000 * (t.DAY + t.HOUR) // (10_000 * 31_536_000)
    assert lo <= outcomes[poked].decoded(*types)[0] <= lo + rise + 1
