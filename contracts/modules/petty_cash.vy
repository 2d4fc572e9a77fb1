# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Petty cash
@custom:contract-name petty_cash
@license AGPL-3.0-only
@notice The ERC-4626 way out: small amounts from idle at the lower price and a fee, while all is calm.
@dev The only lane priced at NAV, and so the only one where being early can matter: a bucket bounds what it pays, at most
     twice its size in any epoch.
"""

from ethereum.ercs import IERC4626
from snekmate.tokens import erc20
from interfaces import IVault
from contracts.modules import ledger
from contracts.modules import positions
from contracts.modules import pricing
from contracts.modules import refusal
from contracts.modules import share_math
from contracts.modules import shares as share_token

uses: erc20
uses: ledger
uses: positions
uses: pricing
uses: share_token

PETTY_GAP: constant(uint256) = 10  # bps between the two totals up to which petty cash is open


@internal
def _pay(
    hot: uint256, totals: IVault.Totals, assets: uint256, shares: uint256, receiver: address, owner: address
):
    """
    @dev Burns shares and pays from idle inside the bucket.
    """
    closed: uint256 = self._closed(hot, totals)
    refusal._req(closed == 0, closed)
    refusal._req(shares != 0 and assets != 0, refusal.ZERO_AMOUNT)
    spent: uint256 = 0
    left: uint256 = 0
    spent, left = self._bucket(totals.lo)
    refusal._req(assets <= left, refusal.PETTY_CASH_SPENT)
    refusal._req(assets <= (hot & ledger.M112), refusal.IDLE_SHORT)
    kept: uint256 = ledger.petty & ((2**32 - 1) << 224 | (ledger.M96 << 96))
    ledger.petty = kept | (spent + assets) | (block.timestamp << 192)
    share_token._burn(owner, shares)
    ledger.hot = hot - assets
    positions._pay(receiver, assets)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=shares)


@internal
@view
def _closed(hot: uint256, totals: IVault.Totals) -> uint256:
    """
    @dev The first reason against any payment of petty cash, or 0.
    """
    if (hot >> 192) & 3 != ledger.CALM:
        return refusal.NOT_CALM
    if totals.veto or (hot >> 192) & ledger.DRY != 0:
        return refusal.VETO
    if (totals.hi - totals.lo) * ledger.BPS > totals.hi * PETTY_GAP:
        return refusal.PRICE_GAP
    return 0


@internal
@view
def _bucket(lo: uint256) -> (uint256, uint256):
    """
    @dev The bucket: a share of the lowest of the last two epoch-spaced totals and the total now. What was spent of it comes
         back evenly over one epoch.
    @param lo Total at the lower prices, asset wei.
    @return What of the bucket is still spent, asset wei.
    @return What it may still pay, asset wei.
    """
    petty: uint256 = ledger.petty
    budget: uint256 = min((petty >> 96) & ledger.M96, lo) * ((petty >> 224) & ledger.M16) // ledger.BPS
    refilled: uint256 = budget * (block.timestamp - ((petty >> 192) & ledger.M32)) // ledger.EPOCH
    spent: uint256 = petty & ledger.M96
    spent -= min(spent, refilled)
    return spent, budget - min(budget, spent)


@internal
@view
def _room() -> (uint256, uint256):
    """
    @dev What petty cash would pay now.
    @return Asset wei, 0 while it is closed.
    @return Total at the lower prices, asset wei.
    """
    hot: uint256 = ledger.hot
    totals: IVault.Totals = pricing._totals(hot)
    if self._closed(hot, totals) != 0:
        return 0, totals.lo
    return min(hot & ledger.M112, self._bucket(totals.lo)[1]), totals.lo


@internal
@view
def _shares_for(assets: uint256, lo: uint256) -> uint256:
    """
    @dev Shares that pay for assets and the fee on them, rounded up.
    """
    return share_math._to_shares_up(share_math._gross(assets, ledger.petty >> 240), lo, share_token._supply())


@internal
@view
def _assets_for(shares: uint256, lo: uint256) -> uint256:
    """
    @dev Assets that shares are paid after the fee, rounded down.
    """
    return share_math._net(share_math._to_assets(shares, lo, share_token._supply()), ledger.petty >> 240)


@view
@external
def previewWithdraw(assets: uint256) -> uint256:
    """
    @notice What `withdraw` would burn now, were petty cash open.
    @param assets Asset wei.
    @return Shares, rounded up.
    """
    return self._shares_for(assets, pricing._lo())


@view
@external
def previewRedeem(shares: uint256) -> uint256:
    """
    @notice What `redeem` would pay now, were petty cash open.
    @param shares Shares.
    @return Asset wei, rounded down.
    """
    return self._assets_for(shares, pricing._lo())


@view
@external
def maxWithdraw(owner: address) -> uint256:
    """
    @notice The most petty cash pays an owner now.
    @param owner The account.
    @return Asset wei; 0 while petty cash is closed.
    """
    room: uint256 = 0
    lo: uint256 = 0
    room, lo = self._room()
    return min(self._assets_for(erc20.balanceOf[owner], lo), room)


@view
@external
def maxRedeem(owner: address) -> uint256:
    """
    @notice The most shares an owner can redeem through petty cash now.
    @param owner The account.
    @return Shares; 0 while petty cash is closed or they are worth nothing.
    """
    room: uint256 = 0
    lo: uint256 = 0
    room, lo = self._room()
    room = room * share_math.BPS // (share_math.BPS - (ledger.petty >> 240))
    shares: uint256 = min(erc20.balanceOf[owner], share_math._to_shares(room, lo, share_token._supply()))
    if self._assets_for(shares, lo) == 0:
        return 0
    return min(shares, share_math.MAX_SHARES)
