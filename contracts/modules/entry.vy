# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Entry
@custom:contract-name entry
@license AGPL-3.0-only
@notice Deposits and mints: the price they pay, the reasons against them and the views on both.
@dev Entry is priced at the higher total, after a fee that stays with the stayers.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC4626
from interfaces import IVault
from contracts.modules import ledger
from contracts.modules import positions
from contracts.modules import pricing
from contracts.modules import refusal
from contracts.modules import share_math
from contracts.modules import shares as share_token

uses: ledger
uses: positions
uses: pricing
uses: share_token

NEAR_TOTAL_LOSS: constant(uint256) = 10**6  # fall of the share price, as a factor, after which entry stays closed



@internal
def _enter(hot: uint256, totals: IVault.Totals, assets: uint256, shares: uint256, receiver: address):
    """
    @dev Takes assets in and mints shares, once every reason against it is ruled out.
    """
    closed: uint256 = self._closed(hot, totals)
    refusal._req(closed == 0, closed)
    refusal._req(shares != 0 and assets != 0, refusal.ZERO_AMOUNT)
    refusal._req(totals.hi + assets <= self._deposit_cap(hot), refusal.OVER_DEPOSIT_CAP)
    self._take(assets)
    share_token._mint(receiver, shares, (hot >> 208) & ledger.M20)
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)


@internal
def _take(assets: uint256):
    """
    @dev Pulls assets from the caller into idle; what arrives must be what was asked.
    """
    before: uint256 = positions._cash()
    extcall IERC20(ledger.ASSET).transferFrom(msg.sender, self, assets, default_return_value=True)
    refusal._req(positions._cash() == before + assets, refusal.TRANSFER_MISMATCH)
    ledger._set_idle((ledger.hot & ledger.M112) + assets)


@internal
@view
def _shares_for(assets: uint256, hot: uint256, hi: uint256) -> uint256:
    """
    @dev Shares that assets buy after the entry fee, rounded down.
    """
    return share_math._to_shares(share_math._net(assets, (hot >> 200) & ledger.M8), hi, share_token._supply())


@internal
@view
def _assets_for(shares: uint256, hot: uint256, hi: uint256) -> uint256:
    """
    @dev Assets that shares cost with the entry fee, rounded up.
    """
    return share_math._gross(share_math._to_assets_up(shares, hi, share_token._supply()), (hot >> 200) & ledger.M8)


@internal
@pure
def _deposit_cap(hot: uint256) -> uint256:
    return ((hot >> 228) & ledger.M20) * 10 ** (hot >> 248)


@internal
@view
def _closed(hot: uint256, totals: IVault.Totals) -> uint256:
    """
    @dev The first reason against any deposit, or 0.
    """
    flags: uint256 = (hot >> 192) & ledger.M8
    if flags & ledger.SEALED == 0:
        return refusal.WRONG_PHASE
    if flags & 3 != ledger.CALM:
        return refusal.NOT_CALM
    if flags & ledger.PAUSED != 0:
        return refusal.ENTRY_PAUSED
    if totals.veto:
        return refusal.VETO
    if (totals.lo + 1) * NEAR_TOTAL_LOSS * ledger.VIRTUAL_SHARES < share_token._supply():
        return refusal.NEAR_TOTAL_LOSS
    return 0


@internal
@view
def _room(hot: uint256, totals: IVault.Totals) -> uint256:
    """
    @dev Asset wei that may still enter.
    """
    if self._closed(hot, totals) != 0:
        return 0
    cap: uint256 = self._deposit_cap(hot)
    return max(cap, totals.hi) - totals.hi


@view
@external
def previewDeposit(assets: uint256) -> uint256:
    """
    @notice What `deposit` would mint now, were it open.
    @param assets Asset wei.
    @return Shares, rounded down.
    """
    hot: uint256 = ledger.hot
    return self._shares_for(assets, hot, pricing._totals(hot).hi)


@view
@external
def previewMint(shares: uint256) -> uint256:
    """
    @notice What `mint` would cost now, were it open.
    @param shares Shares.
    @return Asset wei, rounded up.
    """
    hot: uint256 = ledger.hot
    return self._assets_for(shares, hot, pricing._totals(hot).hi)


@view
@external
def maxDeposit(receiver: address) -> uint256:
    """
    @notice The most that `deposit` takes now.
    @param receiver Any account; all are alike.
    @return Asset wei; 0 while entry is closed.
    """
    hot: uint256 = ledger.hot
    totals: IVault.Totals = pricing._totals(hot)
    room: uint256 = self._room(hot, totals)
    if self._shares_for(room, hot, totals.hi) == 0:
        return 0
    return room


@view
@external
def maxMint(receiver: address) -> uint256:
    """
    @notice The most that `mint` gives now.
    @param receiver Any account; all are alike.
    @return Shares; 0 while entry is closed.
    """
    hot: uint256 = ledger.hot
    totals: IVault.Totals = pricing._totals(hot)
    return self._shares_for(self._room(hot, totals), hot, totals.hi)
