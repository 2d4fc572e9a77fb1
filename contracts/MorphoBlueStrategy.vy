# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title MorphoBlueStrategy
@license AGPL-3.0-only
@notice An ERC-4626 vault over the supply side of one Morpho Blue market. No owner, no fee, no parameter that changes.
@dev Shares. One share is one supply share of Morpho, whose conversions add virtual shares (10**6) and a virtual asset:
       they are this vault's defence against inflation as well. The price depends on the market alone, so a token sent
       here, or a supply made on behalf of this vault, moves nothing; it is lost to its sender.
     Price. Market totals with the interest and the fee pending at this timestamp, computed as Morpho will book them.
       A loss is in the price from the transaction that realises it in Morpho, and not before.
     Liquidity. What the market has lent out cannot be withdrawn: `maxWithdraw` and `maxRedeem` say how much can, and a
       call beyond that reverts with Morpho's own reason, "insufficient liquidity".
     Rounding. Against the caller in all four directions; Morpho's own rounding is final and `preview*` equal it.
     Assumptions. The asset takes no fee on transfer. The interest rate model answers `borrowRateView`: where it
       reverts, Morpho itself is frozen, and every function here that needs the price reverts with it.
"""
from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from ethereum.ercs import IERC4626
from interfaces import IMorphoBlue
from interfaces import IMorphoIrm
from snekmate.auth import ownable
from snekmate.tokens import erc20
from contracts.modules import morpho_math

implements: IERC20
implements: IERC20Detailed
implements: IERC4626

initializes: ownable
initializes: erc20[ownable := ownable]

# Left out: minting and burning by role, ownership, permit. What moves shares is written below, under this file's lock.
exports: (
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
)

# Decimal places of 10**6, the number of Morpho's shares per asset unit in a fresh market.
SHARE_DECIMALS: constant(uint8) = 6

asset: public(immutable(address))
morpho: public(immutable(address))
market_id: public(immutable(bytes32))
_PARAMS: immutable(IMorphoBlue.MarketParams)


@deploy
def __init__(morpho_: address, market_id_: bytes32, name_: String[25], symbol_: String[5]):
    """
    @param morpho_ Morpho Blue.
    @param market_id_ An existing market; its loan token becomes the asset.
    @param name_ Name of the share token.
    @param symbol_ Symbol of the share token.
    """
    params: IMorphoBlue.MarketParams = staticcall IMorphoBlue(morpho_).idToMarketParams(market_id_)
    assert params.loan_token != empty(address), "morpho: no such market"
    morpho = morpho_
    market_id = market_id_
    asset = params.loan_token
    _PARAMS = params

    asset_decimals: uint8 = staticcall IERC20Detailed(params.loan_token).decimals()
    ownable.__init__()
    erc20.__init__(name_, symbol_, asset_decimals + SHARE_DECIMALS, name_, "1")
    # snekmate's share token needs an owner to start with; no function here asks for one.
    ownable._transfer_ownership(empty(address))

    # The asset passes through on its way to Morpho and never stays here, so the allowance exposes nothing.
    approved: bool = extcall IERC20(params.loan_token).approve(
        morpho_, max_value(uint256), default_return_value=True
    )
    assert approved, "morpho: approve failed"


# Entry


@external
def deposit(assets: uint256, receiver: address) -> uint256:
    """
    @notice Supply `assets` of the caller to the market.
    @param assets Asset units, not zero.
    @param receiver Who gets the shares.
    @return Shares minted, rounded down.
    """
    assert assets != 0, "morpho: zero amount"
    self._pull(assets)
    supplied: uint256 = 0
    shares: uint256 = 0
    supplied, shares = extcall IMorphoBlue(morpho).supply(_PARAMS, assets, 0, self, b"")
    assert shares != 0, "morpho: zero shares"
    erc20._mint(receiver, shares)
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)
    return shares


@external
def mint(shares: uint256, receiver: address) -> uint256:
    """
    @notice Supply what `shares` cost.
    @param shares Shares to mint, not zero.
    @param receiver Who gets them.
    @return Asset units taken from the caller, rounded up.
    """
    assert shares != 0, "morpho: zero amount"
    market: IMorphoBlue.Market = self._market()
    assets: uint256 = morpho_math._assets_up(shares, market)
    self._pull(assets)
    extcall IMorphoBlue(morpho).supply(_PARAMS, 0, shares, self, b"")
    erc20._mint(receiver, shares)
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)
    return assets


# Exit


@external
def withdraw(assets: uint256, receiver: address, owner: address) -> uint256:
    """
    @notice Take exactly `assets` out of the market.
    @param assets Asset units, not zero, at most `maxWithdraw(owner)`.
    @param receiver Who gets them, straight from Morpho.
    @param owner Whose shares pay; the caller needs an allowance for another's.
    @return Shares burned, rounded up.
    """
    assert assets != 0, "morpho: zero amount"
    # Morpho prices before it pays. Until the burn below the lock holds, and no price depends on our own supply.
    withdrawn: uint256 = 0
    shares: uint256 = 0
    withdrawn, shares = extcall IMorphoBlue(morpho).withdraw(_PARAMS, assets, 0, self, receiver)
    self._burn(owner, shares)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=shares)
    return shares


@external
def redeem(shares: uint256, receiver: address, owner: address) -> uint256:
    """
    @notice Take what `shares` are worth out of the market.
    @param shares Shares to burn, not zero, at most `maxRedeem(owner)`.
    @param receiver Who gets the asset, straight from Morpho.
    @param owner Whose shares pay; the caller needs an allowance for another's.
    @return Asset units paid, rounded down.
    """
    assert shares != 0, "morpho: zero amount"
    self._burn(owner, shares)
    assets: uint256 = 0
    burned: uint256 = 0
    assets, burned = extcall IMorphoBlue(morpho).withdraw(_PARAMS, 0, shares, self, receiver)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=shares)
    return assets


# Share token


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Move `amount` shares of the caller.
    @param to Who gets them.
    @param amount Shares.
    @return True; a failure reverts.
    """
    erc20._transfer(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice Move `amount` shares of another from the caller's allowance.
    @param owner Whose shares.
    @param to Who gets them.
    @param amount Shares.
    @return True; a failure reverts.
    """
    erc20._spend_allowance(owner, msg.sender, amount)
    erc20._transfer(owner, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Let `spender` move or burn shares of the caller.
    @param spender Who may.
    @param amount Shares, up to which; the maximum uint256 never runs down.
    @return True; a failure reverts.
    """
    erc20._approve(msg.sender, spender, amount)
    return True


# Views, all with pending interest


@external
@view
def totalAssets() -> uint256:
    """
    @notice What all shares are worth.
    @return Asset units, rounded down.
    """
    return morpho_math._assets_down(erc20.totalSupply, self._market())


@external
@view
def convertToAssets(shares: uint256) -> uint256:
    """
    @notice What `shares` are worth.
    @param shares Shares.
    @return Asset units, rounded down.
    """
    return morpho_math._assets_down(shares, self._market())


@external
@view
def convertToShares(assets: uint256) -> uint256:
    """
    @notice How many shares `assets` are worth.
    @param assets Asset units.
    @return Shares, rounded down.
    """
    return morpho_math._shares_down(assets, self._market())


@external
@view
def previewDeposit(assets: uint256) -> uint256:
    """
    @notice What `deposit` would mint.
    @param assets Asset units.
    @return Shares, rounded down.
    """
    return morpho_math._shares_down(assets, self._market())


@external
@view
def previewMint(shares: uint256) -> uint256:
    """
    @notice What `mint` would take.
    @param shares Shares.
    @return Asset units, rounded up.
    """
    return morpho_math._assets_up(shares, self._market())


@external
@view
def previewWithdraw(assets: uint256) -> uint256:
    """
    @notice What `withdraw` would burn, were the market liquid.
    @param assets Asset units.
    @return Shares, rounded up.
    """
    return morpho_math._shares_up(assets, self._market())


@external
@view
def previewRedeem(shares: uint256) -> uint256:
    """
    @notice What `redeem` would pay, were the market liquid.
    @param shares Shares.
    @return Asset units, rounded down.
    """
    return morpho_math._assets_down(shares, self._market())


@external
@view
def maxDeposit(receiver: address) -> uint256:
    """
    @notice What still fits into the market's 128-bit totals.
    @param receiver Anyone; there is no limit per account.
    @return Asset units, rounded down.
    """
    return morpho_math._room(self._market())


@external
@view
def maxMint(receiver: address) -> uint256:
    """
    @notice What still fits into the market's 128-bit totals.
    @param receiver Anyone; there is no limit per account.
    @return Shares, rounded down.
    """
    market: IMorphoBlue.Market = self._market()
    return morpho_math._shares_down(morpho_math._room(market), market)


@external
@view
def maxWithdraw(owner: address) -> uint256:
    """
    @notice What `owner` can withdraw now: the value of the shares or, if less, what the market has not lent out.
    @param owner A holder.
    @return Asset units, rounded down.
    """
    market: IMorphoBlue.Market = self._market()
    return min(morpho_math._assets_down(erc20.balanceOf[owner], market), morpho_math._liquidity(market))


@external
@view
def maxRedeem(owner: address) -> uint256:
    """
    @notice What `owner` can redeem now: all shares or, if less, those that the market's liquidity can pay.
    @param owner A holder.
    @return Shares, rounded down.
    """
    market: IMorphoBlue.Market = self._market()
    return min(erc20.balanceOf[owner], morpho_math._shares_down(morpho_math._liquidity(market), market))


# Internals


@internal
def _pull(assets: uint256):
    moved: bool = extcall IERC20(asset).transferFrom(msg.sender, self, assets, default_return_value=True)
    assert moved, "morpho: transfer failed"


@internal
def _burn(owner: address, shares: uint256):
    if msg.sender != owner:
        erc20._spend_allowance(owner, msg.sender, shares)
    erc20._burn(owner, shares)


@internal
@view
def _market() -> IMorphoBlue.Market:
    """
    @notice The market's totals at this timestamp: what Morpho would store if anyone touched it now.
    """
    market: IMorphoBlue.Market = staticcall IMorphoBlue(morpho).market(market_id)
    elapsed: uint256 = block.timestamp - convert(market.last_update, uint256)
    if elapsed == 0 or market.total_borrow_assets == 0 or _PARAMS.irm == empty(address):
        return market
    rate: uint256 = staticcall IMorphoIrm(_PARAMS.irm).borrowRateView(_PARAMS, market)
    return morpho_math._accrued(market, rate, elapsed)
