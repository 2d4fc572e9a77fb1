"""ERC4626-023 to 028 and a16z's callers: no view depends on who asks or on what the asker owns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import treasury as t
from tests.properties.erc4626.states import LARGE, accounts, any_state

NUMBERS = {
    "ERC4626-025": "previewMint(uint256)",
    "ERC4626-026": "previewDeposit(uint256)",
    "ERC4626-027": "previewWithdraw(uint256)",
    "ERC4626-028": "previewRedeem(uint256)",
    "a16z convertToShares": "convertToShares(uint256)",
    "a16z convertToAssets": "convertToAssets(uint256)",
}


@pytest.mark.parametrize("identifier", NUMBERS)
@given(name=any_state, one=accounts, other=accounts, amount=st.integers(0, 10**33))
def test_number__two_callers__are_told_the_same(states, identifier, name, one, other, amount):
    state = states[name]
    play = state.play()
    places = [play.call(caller, state.vault, NUMBERS[identifier], amount) for caller in (one, other)]
    outcomes = play.run()
    assert outcomes[places[0]].word == outcomes[places[1]].word


@pytest.mark.parametrize(
    ("identifier", "limit"), [("ERC4626-023", "maxDeposit(address)"), ("ERC4626-024", "maxMint(address)")]
)
@given(name=any_state, caller=accounts, receiver=accounts, owned=st.integers(0, 2**110))
def test_entry_limit__whatever_anybody_owns__is_the_same(
    states, identifier, limit, name, caller, receiver, owned
):
    state = states[name]
    held = state.play()
    place = held.view("balanceOf(address)", receiver, to=state.stage.asset)
    everything = held.run()[place].word
    play = state.play()
    before = play.call(caller, state.vault, limit, receiver)
    play.call(t.STRANGER, state.stage.asset, "burn(address,uint256)", receiver, everything)
    poor = play.call(caller, state.vault, limit, receiver)
    play.call(t.STRANGER, state.stage.asset, "mint(address,uint256)", receiver, owned)
    rich = play.call(LARGE, state.vault, limit, receiver)
    outcomes = play.run()
    assert outcomes[before].word == outcomes[poor].word == outcomes[rich].word, identifier


@given(name=any_state, one=accounts, other=accounts, owner=accounts)
def test_exit_limit__two_callers__are_told_the_same(states, name, one, other, owner):
    state = states[name]
    play = state.play()
    for limit in ("maxWithdraw(address)", "maxRedeem(address)"):
        places = [play.call(caller, state.vault, limit, owner) for caller in (one, other)]
        outcomes = play.run()
        assert outcomes[places[0]].word == outcomes[places[1]].word
