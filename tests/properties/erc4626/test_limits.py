"""EIP-4626 limits: a call of the limit succeeds, a call beyond it does not, and nothing is 0 that could be
had."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.erc4626.states import LARGE, OPEN, PLANS, State, any_state, open_state, owners

DEPOSIT, MINT = "deposit(uint256,address)", "mint(uint256,address)"
WITHDRAW, REDEEM = "withdraw(uint256,address,address)", "redeem(uint256,address,address)"


def _enter(state: State, signature: str, amount: int):
    play = state.rich()
    place = play.call(LARGE, state.vault, signature, amount, LARGE)
    limits = [play.view("maxDeposit(address)", LARGE), play.view("maxMint(address)", LARGE)]
    outcomes = play.run()
    return outcomes[place], [outcomes[limit].word for limit in limits]


@pytest.mark.parametrize("name", PLANS)
def test_max_deposit__deposited__fills_the_cap(states, name):
    outcome, left = _enter(states[name], DEPOSIT, states[name].max_deposit)
    assert outcome.ok, outcome.reason
    assert left == [0, 0]


@pytest.mark.parametrize("name", PLANS)
def test_max_mint__minted__is_within_the_cap(states, name):
    outcome, left = _enter(states[name], MINT, states[name].max_mint)
    assert outcome.ok, outcome.reason
    assert left[0] <= 2  # wei that buy no further share but by rounding


@given(name=any_state, extra=st.one_of(st.integers(1, 10), st.integers(1, 10**30)))
def test_deposit__beyond_the_limit__is_refused(states, name, extra):
    outcome, _ = _enter(states[name], DEPOSIT, states[name].max_deposit + extra)
    assert outcome.reason == "vault: 8"


@given(name=any_state, extra=st.one_of(st.integers(2, 10), st.integers(2, 10**18)))
def test_mint__beyond_the_limit__is_refused(states, name, extra):
    """Two wei's worth of shares beyond: below that, rounding may leave room."""
    state = states[name]
    shares = state.max_mint + extra * (state.supply // (state.hi + 1) + 1)
    outcome, _ = _enter(state, MINT, shares)
    assert outcome.reason == "vault: 8"


def _leave(state: State, signature: str, amount: int, owner: str):
    play = state.play()
    place = play.call(owner, state.vault, signature, amount, owner, owner)
    return play.run()[place]


@pytest.mark.parametrize("name", OPEN)
def test_exit_limits__taken__succeed(states, name):
    for owner, limits in states[name].owners.items():
        for signature, limit in ((WITHDRAW, limits.max_withdraw), (REDEEM, limits.max_redeem)):
            outcome = _leave(states[name], signature, limit, owner)
            assert outcome.ok, (owner, signature, outcome.reason)


@given(name=open_state, owner=owners, extra=st.one_of(st.integers(1, 10), st.integers(1, 10**30)))
def test_withdraw__beyond_the_limit__is_refused(states, name, owner, extra):
    state = states[name]
    outcome = _leave(state, WITHDRAW, state.owners[owner].max_withdraw + extra, owner)
    assert outcome.reason in ("vault: 13", "erc20: burn amount exceeds balance")


@given(name=open_state, owner=owners, extra=st.one_of(st.integers(2, 10), st.integers(2, 10**18)))
def test_redeem__beyond_the_limit__is_refused(states, name, owner, extra):
    """Two wei's worth of shares beyond: below that, rounding may leave room."""
    state = states[name]
    shares = state.owners[owner].max_redeem + extra * (2 * state.supply // (state.lo + 1))
    outcome = _leave(state, REDEEM, shares, owner)
    assert outcome.reason in ("vault: 13", "erc20: burn amount exceeds balance")


@pytest.mark.parametrize("name", OPEN)
def test_exit_limits__petty_cash_open__are_not_zero(states, name):
    state = states[name]
    for limits in state.owners.values():
        assert limits.max_withdraw > 0
        assert limits.max_redeem > 0
    small = state.owners[list(state.owners)[1]]
    assert small.max_redeem == small.balance


def test_exit_limits__petty_cash_closed__are_zero_and_calls_refuse(states):
    state = states["large unbooked gain"]
    for owner, limits in state.owners.items():
        assert (limits.max_withdraw, limits.max_redeem) == (0, 0)
        assert _leave(state, WITHDRAW, 1, owner).reason == "vault: 12"
        assert _leave(state, REDEEM, state.share, owner).reason == "vault: 12"


@given(name=any_state, amount=st.integers(0, 10**30))
def test_previews__against_conversions__differ_only_to_the_callers_cost(states, name, amount):
    """EIP-4626: conversions know no fee and no slippage; what a preview gives less is fee and the gap of
    the two totals."""
    state = states[name]
    play = state.play()
    names = (
        "convertToShares",
        "previewDeposit",
        "previewWithdraw",
        "convertToAssets",
        "previewRedeem",
        "previewMint",
    )
    shares, deposit, withdraw, assets, redeem, mint = (
        play.view(f"{number}(uint256)", amount) for number in names
    )
    outcomes = play.run()
    assert outcomes[deposit].word <= outcomes[shares].word <= outcomes[withdraw].word
    assert outcomes[redeem].word <= outcomes[assets].word <= outcomes[mint].word


@pytest.mark.parametrize("name", PLANS)
def test_total_assets__any_state__is_the_lower_total(states, name):
    """EIP-4626: includes what compounds, as far as it is booked, and every loss that can be seen."""
    state = states[name]
    play = state.play()
    place = play.view("totalAssets()")
    assert play.run()[place].word == state.lo <= state.hi
