"""ERC4626-013 to 022: every rounding is for the Vault, stated as exact inequalities in whole numbers.

Entry is priced at the higher total and after the entry fee, exits at the lower one and before the fee of
petty cash, so the inequalities name the total that each function uses. `supply` holds the virtual shares.
"""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.erc4626.states import BPS, LARGE, State, any_state, open_state, owners, parts

amounts = st.one_of(st.integers(0, 10**4), st.integers(0, 10**33))


def _ask(state: State, signature: str, amount: int) -> int:
    play = state.play()
    place = play.view(signature, amount)
    return play.run()[place].word


def _act(state: State, signature: str, *arguments) -> int:
    play = state.rich()
    place = play.call(arguments[-1], state.vault, signature, *arguments)
    return play.run()[place].word


def _price_in(state: State) -> Fraction:
    """Asset wei a share costs at entry, fee included."""
    return Fraction(state.hi + 1, state.supply) * Fraction(BPS, BPS - state.plan.entry_fee)


def _price_out(state: State) -> Fraction:
    """Asset wei a share brings at an exit, fee taken."""
    return Fraction(state.lo + 1, state.supply) * Fraction(BPS - state.plan.petty_fee, BPS)


@given(name=any_state, assets=amounts)
def test_preview_deposit__any_amount__rounds_shares_down(states, name, assets):
    """ERC4626-013."""
    state = states[name]
    shares = _ask(state, "previewDeposit(uint256)", assets)
    assert shares * _price_in(state) <= assets
    # As close as two roundings of one wei allow.
    assert assets < (shares + 1) * _price_in(state) + Fraction(BPS, BPS - state.plan.entry_fee)


@given(name=any_state, shares=amounts)
def test_preview_mint__any_amount__rounds_assets_up(states, name, shares):
    """ERC4626-014."""
    state = states[name]
    assets = _ask(state, "previewMint(uint256)", shares)
    assert shares * _price_in(state) <= assets
    assert assets < shares * _price_in(state) + 1 + Fraction(BPS, BPS - state.plan.entry_fee)


@given(name=any_state, assets=amounts)
def test_convert_to_shares__any_amount__rounds_down(states, name, assets):
    """ERC4626-015."""
    state = states[name]
    assert _ask(state, "convertToShares(uint256)", assets) == assets * state.supply // (state.lo + 1)


@given(name=any_state, shares=amounts)
def test_preview_redeem__any_amount__rounds_assets_down(states, name, shares):
    """ERC4626-016."""
    state = states[name]
    assets = _ask(state, "previewRedeem(uint256)", shares)
    assert assets <= shares * _price_out(state) < assets + 2


@given(name=any_state, assets=amounts)
def test_preview_withdraw__any_amount__rounds_shares_up(states, name, assets):
    """ERC4626-017."""
    state = states[name]
    shares = _ask(state, "previewWithdraw(uint256)", assets)
    assert assets <= shares * _price_out(state)
    assert shares < assets / _price_out(state) + 1 + Fraction(state.supply, state.lo + 1)


@given(name=any_state, shares=amounts)
def test_convert_to_assets__any_amount__rounds_down(states, name, shares):
    """ERC4626-018."""
    state = states[name]
    assert _ask(state, "convertToAssets(uint256)", shares) == shares * (state.lo + 1) // state.supply


@given(name=any_state, part=parts)
def test_deposit__any_amount__gives_no_share_too_many(states, name, part):
    """ERC4626-019."""
    state, assets = states[name], part.of(states[name].max_deposit)
    play = state.rich()
    place = play.call(LARGE, state.vault, "deposit(uint256,address)", assets, LARGE)
    outcome = play.run()[place]
    if assets == 1 and state.plan.entry_fee and not outcome.ok:
        assert outcome.reason == "vault: 3"  # nothing is left of one wei after the fee
        return
    assert 0 < outcome.word * _price_in(state) <= assets


@given(name=any_state, part=parts)
def test_mint__any_amount__takes_no_wei_too_few(states, name, part):
    """ERC4626-020."""
    state, shares = states[name], part.of(states[name].max_mint)
    assets = _act(state, "mint(uint256,address)", shares, LARGE)
    assert assets > 0
    assert shares * _price_in(state) <= assets


@given(name=open_state, owner=owners, part=parts)
def test_withdraw__any_amount__burns_no_share_too_few(states, name, owner, part):
    """ERC4626-021."""
    state = states[name]
    assets = part.of(state.owners[owner].max_withdraw)
    shares = _act(state, "withdraw(uint256,address,address)", assets, owner, owner)
    assert shares > 0
    assert assets <= shares * _price_out(state)


@given(name=open_state, owner=owners, part=parts)
def test_redeem__any_amount__pays_no_wei_too_many(states, name, owner, part):
    """ERC4626-022."""
    state = states[name]
    shares = part.of(state.owners[owner].max_redeem)
    play = state.play()
    place = play.call(owner, state.vault, "redeem(uint256,address,address)", shares, owner, owner)
    outcome = play.run()[place]
    if shares * _price_out(state) < 2 and not outcome.ok:
        assert outcome.reason == "vault: 3"  # shares worth nothing are not burned
        return
    assert outcome.word <= shares * _price_out(state)


@given(name=any_state)
def test_nothing__for_nothing(states, name):
    """ERC4626-013 to 022 at zero: previews and conversions of nothing are nothing, and calls of it are
    refused."""
    state = states[name]
    play = state.rich()
    numbers = (
        "previewDeposit",
        "previewMint",
        "previewRedeem",
        "previewWithdraw",
        "convertToShares",
        "convertToAssets",
    )
    zeros = [play.view(f"{number}(uint256)", 0) for number in numbers]
    calls = [
        play.call(LARGE, state.vault, f"{act}(uint256,address)", 0, LARGE) for act in ("deposit", "mint")
    ]
    exits = [
        play.call(LARGE, state.vault, f"{act}(uint256,address,address)", 0, LARGE, LARGE)
        for act in ("withdraw", "redeem")
    ]
    outcomes = play.run()
    assert [outcomes[place].word for place in zeros] == [0] * 6
    assert {outcomes[place].reason for place in calls} == {"vault: 3"}
    assert {outcomes[place].reason for place in exits} == {
        "vault: 3" if state.plan.petty_open else "vault: 12"
    }
