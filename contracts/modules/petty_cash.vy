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
    budget: uint256 = self._budget(totals.lo)
    spent: uint256 = self._spent(budget) + assets
    refusal._req(spent <= budget, refusal.PETTY_CASH_SPENT)
    refusal._req(assets <= (hot & ledger.M112), refusal.IDLE_SHORT)
    ledger.petty = ((ledger.petty >> 224) << 224) | (ledger.petty & (ledger.M96 << 96)) | spent | (block.timestamp << 192)
    share_token._burn(owner, shares)
    ledger._set_idle((hot & ledger.M112) - assets)
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
    if totals.veto:
        return refusal.VETO
    if (totals.hi - totals.lo) * ledger.BPS > totals.hi * PETTY_GAP:
        return refusal.PRICE_GAP
    return 0


@internal
@view
def _budget(lo: uint256) -> uint256:
    """
    @dev Size of the bucket: a share of the lowest of the last two epoch-spaced totals and the total now, asset wei.
    """
    petty: uint256 = ledger.petty
    return min((petty >> 96) & ledger.M96, lo) * ((petty >> 224) & ledger.M16) // ledger.BPS


@internal
@view
def _spent(budget: uint256) -> uint256:
    """
    @dev What of the bucket is still spent; it refills evenly over one epoch.
    """
    petty: uint256 = ledger.petty
    spent: uint256 = petty & ledger.M96
    refilled: uint256 = budget * (block.timestamp - ((petty >> 192) & ledger.M32)) // ledger.EPOCH
    return spent - min(spent, refilled)


@internal
@view
def _room(hot: uint256, totals: IVault.Totals) -> uint256:
    """
    @dev Asset wei that petty cash would pay now.
    """
    if self._closed(hot, totals) != 0:
        return 0
    budget: uint256 = self._budget(totals.lo)
    return min((hot & ledger.M112), budget - min(budget, self._spent(budget)))



@view
@external
def previewWithdraw(assets: uint256) -> uint256:
    """
    @notice What `withdraw` would burn now, were petty cash open.
    @param assets Asset wei.
    @return Shares, rounded up.
    """
    return share_math._to_shares_up(
        share_math._gross(assets, ledger.petty >> 240), pricing._totals(ledger.hot).lo, share_token._supply()
    )


@view
@external
def previewRedeem(shares: uint256) -> uint256:
    """
    @notice What `redeem` would pay now, were petty cash open.
    @param shares Shares.
    @return Asset wei, rounded down.
    """
    return share_math._net(
        share_math._to_assets(shares, pricing._totals(ledger.hot).lo, share_token._supply()), ledger.petty >> 240
    )


@view
@external
def maxWithdraw(owner: address) -> uint256:
    """
    @notice The most petty cash pays an owner now.
    @param owner The account.
    @return Asset wei; 0 while petty cash is closed.
    """
    hot: uint256 = ledger.hot
    totals: IVault.Totals = pricing._totals(hot)
    owned: uint256 = share_math._to_assets(erc20.balanceOf[owner], totals.lo, share_token._supply())
    return min(share_math._net(owned, ledger.petty >> 240), self._room(hot, totals))


@view
@external
def maxRedeem(owner: address) -> uint256:
    """
    @notice The most shares an owner can redeem through petty cash now.
    @param owner The account.
    @return Shares; 0 while petty cash is closed or they are worth nothing.
    """
    hot: uint256 = ledger.hot
    totals: IVault.Totals = pricing._totals(hot)
    fee: uint256 = ledger.petty >> 240
    supply: uint256 = share_token._supply()
    room: uint256 = self._room(hot, totals) * share_math.BPS // (share_math.BPS - fee)
    shares: uint256 = min(erc20.balanceOf[owner], share_math._to_shares(room, totals.lo, supply))
    if share_math._net(share_math._to_assets(shares, totals.lo, supply), fee) == 0:
        return 0
    return min(shares, share_math.MAX_SHARES)
