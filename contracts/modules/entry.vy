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
from contracts.modules import pricing
from contracts.modules import refusal
from contracts.modules import share_math
from contracts.modules import shares as share_token

uses: ledger
uses: pricing
uses: share_token

HOLD: constant(uint256) = (2**20 - 1) << 32  # the hold in seconds, with 32 binary digits after the point
LEAST_LO: constant(uint256) = 9_700  # bps of the higher total that the lower one must be for entry to be open


@internal
def _enter(hot: uint256, totals: IVault.Totals, supply: uint256, assets: uint256, shares: uint256, receiver: address):
    """
    @dev Takes assets in and mints shares, once every reason against it but those of `_req_open` is ruled out.
    """
    if totals.veto:
        refusal._refuse(refusal.VETO)
    if unsafe_mul(totals.lo, ledger.BPS) < unsafe_mul(totals.hi, LEAST_LO):  # unsafe: below 2**131
        refusal._refuse(refusal.PRICE_GAP)
    if unsafe_mul(unsafe_add(totals.lo, 1), ledger.FLOOR_SUPPLY) < supply:  # unsafe: below 2**178
        refusal._refuse(refusal.NEAR_TOTAL_LOSS)
    if shares == 0:  # a share is never free: then assets are not 0 either
        refusal._refuse(refusal.ZERO_AMOUNT)
    if unsafe_add(totals.hi, assets) > unsafe_mul((hot >> 228) & ledger.M20, pow_mod256(10, hot >> 248)):  # unsafe: < 2**250
        refusal._refuse(refusal.OVER_DEPOSIT_CAP)
    self._take(unsafe_add(hot, assets), assets)  # unsafe: idle is at most hi, and the cap is below 2**112
    share_token._mint(receiver, shares, (hot >> 176) & HOLD)
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)


@internal
def _take(hot: uint256, assets: uint256):
    """
    @dev Pulls assets from the caller into idle. The asset must not answer false, and the Vault must hold all that it counts
         afterwards: what arrives short is refused, unless a donation makes up for the difference.
    @param hot The packed word of the Vault with the assets in idle.
    @param assets Asset wei.
    """
    asset: IERC20 = IERC20(ledger.ASSET)
    if not extcall asset.transferFrom(msg.sender, self, assets, default_return_value=True, skip_contract_check=True):
        refusal._refuse(refusal.TRANSFER_MISMATCH)
    counted: uint256 = hot & ledger.M112
    if (hot >> 192) & ledger.OWED != 0:
        counted = unsafe_add(counted, ledger._owed())  # unsafe: below 2**129
    if staticcall asset.balanceOf(self, skip_contract_check=True) < counted:
        refusal._refuse(refusal.TRANSFER_MISMATCH)
    ledger.hot = hot


@internal
@view
def _shares_for(assets: uint256, hot: uint256, hi: uint256) -> uint256:
    """
    @dev Shares that assets buy after the entry fee, rounded down.
    """
    fee: uint256 = (hot >> 200) & ledger.M8
    net: uint256 = assets
    if fee != 0:
        net = share_math._net(assets, fee)
    dividend: uint256 = net * share_token._supply()
    return unsafe_div(dividend, unsafe_add(hi, 1))  # unsafe: totals stay below 2**117; the divisor is not 0


@internal
@pure
def _assets_for(shares: uint256, hot: uint256, hi: uint256, supply: uint256) -> uint256:
    """
    @dev Assets that shares cost with the entry fee, rounded up.
    """
    return share_math._gross(share_math._to_assets_up(shares, hi, supply), (hot >> 200) & ledger.M8)


@internal
@pure
def _deposit_cap(hot: uint256) -> uint256:
    """
    @dev The deposit cap, asset wei below 2**112: the Steward stores six decimal digits and a power of ten.
    """
    return unsafe_mul((hot >> 228) & ledger.M20, pow_mod256(10, hot >> 248))  # unsafe: see above


@internal
@pure
def _req_open(hot: uint256):
    """
    @dev Reverts unless the Vault is sealed, in CALM, not paused, and liquid as of the last poke.
    """
    flags: uint256 = (hot >> 192) & ledger.M8
    refusal._req(flags & ledger.SEALED != 0, refusal.WRONG_PHASE)
    refusal._req(flags & 3 == ledger.CALM, refusal.NOT_CALM)
    refusal._req(flags & ledger.PAUSED == 0, refusal.ENTRY_PAUSED)
    refusal._req(flags & ledger.DRY == 0, refusal.VETO)


@internal
@view
def _most() -> (uint256, uint256):
    """
    @dev The most that may enter now.
    @return Asset wei, 0 while entry is closed.
    @return Shares that they buy.
    """
    hot: uint256 = ledger.hot
    totals: IVault.Totals = pricing._totals(hot)
    if (
        (hot >> 192) & (ledger.M8 - ledger.OWED) != ledger.SEALED
        or totals.veto
        or totals.lo * ledger.BPS < totals.hi * LEAST_LO
        or (totals.lo + 1) * ledger.FLOOR_SUPPLY < share_token._supply()
    ):
        return 0, 0
    room: uint256 = max(self._deposit_cap(hot), totals.hi) - totals.hi
    return room, self._shares_for(room, hot, totals.hi)


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
    return self._assets_for(shares, hot, pricing._totals(hot).hi, share_token._supply())


@view
@external
def maxDeposit(receiver: address) -> uint256:
    """
    @notice The most that `deposit` takes now.
    @param receiver Any account; all are alike.
    @return Asset wei; 0 while entry is closed.
    """
    room: uint256 = 0
    shares: uint256 = 0
    room, shares = self._most()
    if shares == 0:
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
    return min(self._most()[1], share_math.MAX_SHARES)
