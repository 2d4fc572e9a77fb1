"""ERC4626-029 to 032 and a16z's deposit, mint, withdraw, redeem: balances, allowances, events and totals to
the wei.

Also what the standard says of previews: a call in the same transaction does at least as well, here exactly
as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ganglion.devnet.abi import event_topic
from tests import treasury as t
from tests.properties.erc4626.states import LARGE, SMALL, Part, State, any_state, open_state, owners, parts

DEPOSIT_EVENT = event_topic("Deposit(address,address,uint256,uint256)")
WITHDRAW_EVENT = event_topic("Withdraw(address,address,address,uint256,uint256)")
TRANSFER_EVENT = event_topic("Transfer(address,address,uint256)")
receivers = st.sampled_from((LARGE, SMALL, t.STRANGER, t.GOVERNOR))
SPENDER = t.STRANGER


@dataclass(frozen=True)
class Change:
    """What one call changed, and what it and its preview told."""

    told: int
    previewed: int
    assets: dict[str, int]
    shares: dict[str, int]
    asset_allowance: int
    share_allowance: int
    supply: int
    idle: int
    total: int
    events: list[tuple[list[str], bytes]]


def _change(
    state: State, sender: str, preview: tuple, call: tuple, who: set[str], allowed: int, owner: str
) -> Change:
    """Run a preview and a call in one block; the Vault is allowed assets, and SPENDER shares."""
    vault, asset = state.vault, state.stage.asset
    play = state.rich()
    play.call(sender, asset, "approve(address,uint256)", vault, 0)
    play.call(sender, asset, "approve(address,uint256)", vault, allowed)
    play.call(owner, vault, "approve(address,uint256)", SPENDER, allowed)

    def note() -> dict[str, int]:
        places = {f"asset {one}": play.view("balanceOf(address)", one, to=asset) for one in who}
        places |= {f"share {one}": play.view("balanceOf(address)", one) for one in who}
        places["asset allowance"] = play.view("allowance(address,address)", sender, vault, to=asset)
        places["share allowance"] = play.view("allowance(address,address)", owner, SPENDER)
        places |= {"supply": play.view("totalSupply()"), "total": play.view("totalAssets()")}
        return places | {"hot": play.view("word(uint256,uint256)", t.HOT, 0)}

    before, told, called, after = note(), play.view(*preview), play.call(sender, vault, *call), note()
    outcomes = play.run()
    assert outcomes[called].ok, outcomes[called].reason
    first, last = ({key: outcomes[place].word for key, place in places.items()} for places in (before, after))
    delta = {key: last[key] - first[key] for key in first}
    logs = [log for log in outcomes[called].logs if log["address"] == vault.lower()]
    return Change(
        told=outcomes[called].word,
        previewed=outcomes[told].word,
        assets={one: delta[f"asset {one}"] for one in who},
        shares={one: delta[f"share {one}"] for one in who},
        asset_allowance=delta["asset allowance"],
        share_allowance=delta["share allowance"],
        supply=delta["supply"],
        idle=last["hot"] % 2**112 - first["hot"] % 2**112,
        total=delta["total"],
        events=[(log["topics"], bytes.fromhex(log["data"][2:])) for log in logs],
    )


def _topic(account: str) -> str:
    return "0x" + account[2:].lower().rjust(64, "0")


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(32, "big") for value in values)


def _assert_entered(
    change: Change, sender: str, receiver: str, assets: int, shares: int, allowed: int
) -> None:
    assert change.assets[sender] == -assets
    assert change.shares[receiver] == shares == change.supply
    assert all(moved == 0 for one, moved in change.shares.items() if one != receiver)
    assert change.idle == assets == change.total
    assert change.asset_allowance == (0 if allowed == 2**256 - 1 else -assets)
    minted = [TRANSFER_EVENT, _topic("0x" + "00" * 20), _topic(receiver)]
    entered = [DEPOSIT_EVENT, _topic(sender), _topic(receiver)]
    assert change.events == [(minted, _words(shares)), (entered, _words(assets, shares))]


def _assert_left(
    change: Change, sender: str, receiver: str, owner: str, assets: int, shares: int, allowed: int
) -> None:
    assert change.assets[receiver] == assets
    assert change.shares[owner] == -shares == change.supply
    assert change.idle == -assets == change.total
    spent = sender != owner and allowed != 2**256 - 1
    assert change.share_allowance == (-shares if spent else 0)
    left = [WITHDRAW_EVENT, _topic(sender), _topic(receiver), _topic(owner)]
    assert change.events[-1] == (left, _words(assets, shares))
    burned = [TRANSFER_EVENT, _topic(owner), _topic("0x" + "00" * 20)]
    assert (burned, _words(shares)) in change.events


allowances = st.sampled_from([2**111, 2**256 - 1])
whole = st.builds(Part, st.just(-1), st.integers(2, 2**20))  # never so little that a fee takes all


@given(name=any_state, receiver=receivers, part=whole, allowed=allowances)
def test_deposit__any_amount__moves_what_it_says(states, name, receiver, part, allowed):
    """ERC4626-029; a16z deposit, previewDeposit."""
    state = states[name]
    assets = max(part.of(state.max_deposit), 10)
    call: tuple[Any, ...] = ("deposit(uint256,address)", assets, receiver)
    preview = ("previewDeposit(uint256)", assets)
    change = _change(state, LARGE, preview, call, {LARGE, receiver}, allowed, LARGE)
    assert change.told == change.previewed
    _assert_entered(change, LARGE, receiver, assets, change.told, allowed)


@given(name=any_state, receiver=receivers, part=parts, allowed=allowances)
def test_mint__any_amount__moves_what_it_says(states, name, receiver, part, allowed):
    """ERC4626-030; a16z mint, previewMint."""
    state = states[name]
    shares = part.of(state.max_mint)
    call = ("mint(uint256,address)", shares, receiver)
    change = _change(state, LARGE, ("previewMint(uint256)", shares), call, {LARGE, receiver}, allowed, LARGE)
    assert change.told == change.previewed
    _assert_entered(change, LARGE, receiver, change.told, shares, allowed)


@given(name=open_state, owner=owners, own=st.booleans(), part=whole, allowed=allowances)
def test_redeem__any_amount__moves_what_it_says(states, name, owner, own, part, allowed):
    """ERC4626-031; a16z redeem, previewRedeem."""
    state, sender = states[name], owner if own else SPENDER
    shares = part.of(state.owners[owner].max_redeem)
    call = ("redeem(uint256,address,address)", shares, t.GOVERNOR, owner)
    who = {owner, t.GOVERNOR}
    change = _change(state, sender, ("previewRedeem(uint256)", shares), call, who, allowed, owner)
    assert change.told == change.previewed
    _assert_left(change, sender, t.GOVERNOR, owner, change.told, shares, allowed)


@given(name=open_state, owner=owners, own=st.booleans(), part=parts, allowed=allowances)
def test_withdraw__any_amount__moves_what_it_says(states, name, owner, own, part, allowed):
    """ERC4626-032; a16z withdraw, previewWithdraw."""
    state, sender = states[name], owner if own else SPENDER
    assets = part.of(state.owners[owner].max_withdraw)
    call = ("withdraw(uint256,address,address)", assets, t.GOVERNOR, owner)
    who = {owner, t.GOVERNOR}
    change = _change(state, sender, ("previewWithdraw(uint256)", assets), call, who, allowed, owner)
    assert change.told == change.previewed
    _assert_left(change, sender, t.GOVERNOR, owner, assets, change.told, allowed)
