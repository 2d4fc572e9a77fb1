"""ERC4626-009 to 012, 035 and 036: who redeems another's shares needs an allowance, and uses up exactly
what is burned."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests import treasury as t
from tests.properties.erc4626.states import OPEN, State, open_state, owners, parts

PROXY, RECEIVER = t.STRANGER, t.GOVERNOR
CALLS = {"withdraw": "withdraw(uint256,address,address)", "redeem": "redeem(uint256,address,address)"}
SHORT = "erc20: insufficient allowance"


def _needed(state: State, name: str, owner: str, part) -> tuple[int, int]:
    """An amount for the call and the shares it burns."""
    if name == "redeem":
        amount = max(part.of(state.owners[owner].max_redeem), 10 * state.share)
        return amount, amount
    amount = part.of(state.owners[owner].max_withdraw)
    play = state.play()
    place = play.view("previewWithdraw(uint256)", amount)
    return amount, play.run()[place].word


@pytest.mark.parametrize(("identifier", "call"), [("ERC4626-009", "redeem"), ("ERC4626-010", "withdraw")])
@given(name=open_state, owner=owners, part=parts)
def test_exit__by_a_proxy_with_the_exact_allowance__uses_it_up(states, identifier, call, name, owner, part):
    state = states[name]
    amount, shares = _needed(state, call, owner, part)
    play = state.play()
    play.call(owner, state.vault, "approve(address,uint256)", PROXY, shares)
    done = play.call(PROXY, state.vault, CALLS[call], amount, RECEIVER, owner)
    left = play.view("allowance(address,address)", owner, PROXY)
    held = play.view("balanceOf(address)", owner)
    outcomes = play.run()
    assert outcomes[done].ok, (identifier, outcomes[done].reason)
    assert outcomes[left].word == 0
    assert outcomes[held].word == state.owners[owner].balance - shares


@pytest.mark.parametrize(("identifier", "call"), [("ERC4626-011", "withdraw"), ("ERC4626-012", "redeem")])
@given(name=open_state, owner=owners, part=parts)
def test_exit__by_a_proxy_without_allowance__is_refused(states, identifier, call, name, owner, part):
    state = states[name]
    amount, _ = _needed(state, call, owner, part)
    play = state.play()
    done = play.call(PROXY, state.vault, CALLS[call], amount, PROXY, owner)
    held = play.view("balanceOf(address)", owner)
    outcomes = play.run()
    assert outcomes[done].reason == SHORT, identifier
    assert outcomes[held].word == state.owners[owner].balance


@pytest.mark.parametrize(("identifier", "call"), [("ERC4626-035", "withdraw"), ("ERC4626-036", "redeem")])
@given(name=open_state, owner=owners, part=parts)
def test_exit__by_a_proxy_with_one_share_too_few__is_refused(states, identifier, call, name, owner, part):
    state = states[name]
    amount, shares = _needed(state, call, owner, part)
    play = state.play()
    play.call(owner, state.vault, "approve(address,uint256)", PROXY, shares - 1)
    done = play.call(PROXY, state.vault, CALLS[call], amount, PROXY, owner)
    outcomes = play.run()
    assert outcomes[done].reason == SHORT, identifier


@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize("call", CALLS)
def test_exit__allowance_for_the_asset__is_no_allowance_for_shares(states, name, call):
    state, owner = states[name], t.LEAVER
    play = state.play()
    play.call(owner, state.stage.asset, "approve(address,uint256)", PROXY, 2**255)
    done = play.call(PROXY, state.vault, CALLS[call], 10 * state.share, PROXY, owner)
    assert not play.run()[done].ok
