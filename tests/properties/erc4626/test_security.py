"""ERC4626-033 and 034: no inflation of the share price, and shares finer than the asset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import treasury as t
from tests.properties.erc4626.states import LARGE, PLANS, any_state

VICTIM = t.STRANGER


@given(name=any_state, own=st.integers(1, 10**12), gift=st.integers(0, 2**100), paid=st.integers(10, 10**11))
def test_share_price__gift_before_a_deposit__victim_keeps_what_it_paid(states, name, own, gift, paid):
    """ERC4626-033. The victim loses the entry fee, the gap of the two totals and three wei; never anything
    to the gift."""
    state = states[name]
    play = state.rich()
    play.call(t.STRANGER, state.stage.asset, "mint(address,uint256)", VICTIM, paid)
    play.call(VICTIM, state.stage.asset, "approve(address,uint256)", state.vault, paid)
    play.call(LARGE, state.vault, "deposit(uint256,address)", own, LARGE)
    play.call(LARGE, state.stage.asset, "transfer(address,uint256)", state.vault, gift)
    play.call(LARGE, state.stage.asset, "transfer(address,uint256)", state.stage.strategies[1], gift)
    entered = play.call(VICTIM, state.vault, "deposit(uint256,address)", paid, VICTIM)
    totals, supply = play.totals(), play.view("totalSupply()")
    outcomes = play.run()
    assert outcomes[entered].ok, outcomes[entered].reason
    lo, hi, _ = outcomes[totals].decoded("uint256", "uint256", "bool")
    worth = outcomes[entered].word * (hi + 1) // (outcomes[supply].word + state.share)
    assert lo <= hi
    assert worth >= paid * (10_000 - state.plan.entry_fee) // 10_000 - 3


@pytest.mark.parametrize("name", PLANS)
def test_decimals__of_shares__are_no_fewer_than_the_assets(states, name):
    """ERC4626-034."""
    state = states[name]
    play = state.play()
    shares, assets = play.view("decimals()"), play.view("decimals()", to=state.stage.asset)
    outcomes = play.run()
    assert outcomes[assets].word == state.plan.decimals
    assert outcomes[shares].word == state.plan.decimals + max(3, 18 - state.plan.decimals)
