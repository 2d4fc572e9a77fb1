# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title morpho_math
@license AGPL-3.0-only
@notice The arithmetic of one Morpho Blue market: pending interest and fee, and shares against assets. It rounds as
        Morpho does in every step, so that a value computed here is the value Morpho will use, to the wei.
@dev Stateless. Products overflow (and revert) where Morpho's own do.
"""
from interfaces import IMorphoBlue

WAD: constant(uint256) = 10**18
# Morpho adds these to the totals of a market at every conversion.
VIRTUAL_SHARES: constant(uint256) = 10**6
VIRTUAL_ASSETS: constant(uint256) = 1


@internal
@pure
def _accrued(market: IMorphoBlue.Market, rate: uint256, elapsed: uint256) -> IMorphoBlue.Market:
    """
    @notice The market after `elapsed` seconds at `rate` (per second, WAD), all roundings down.
    @dev e**x - 1 by its first three terms. The fee is paid in new supply shares, at the price without the fee.
         `total_borrow_shares` does not change, and `last_update` is left as it was.
    """
    accrued: IMorphoBlue.Market = market
    first: uint256 = rate * elapsed
    second: uint256 = first * first // (2 * WAD)
    third: uint256 = second * first // (3 * WAD)
    interest: uint256 = convert(market.total_borrow_assets, uint256) * (first + second + third) // WAD
    accrued.total_borrow_assets += convert(interest, uint128)
    accrued.total_supply_assets += convert(interest, uint128)
    if market.fee != 0:
        fee_assets: uint256 = interest * convert(market.fee, uint256) // WAD
        others: uint256 = convert(accrued.total_supply_assets, uint256) - fee_assets
        shares: uint256 = convert(market.total_supply_shares, uint256)
        fee_shares: uint256 = fee_assets * (shares + VIRTUAL_SHARES) // (others + VIRTUAL_ASSETS)
        accrued.total_supply_shares += convert(fee_shares, uint128)
    return accrued


@internal
@pure
def _shares_down(assets: uint256, market: IMorphoBlue.Market) -> uint256:
    return assets * self._virtual_shares(market) // self._virtual_assets(market)


@internal
@pure
def _shares_up(assets: uint256, market: IMorphoBlue.Market) -> uint256:
    divisor: uint256 = self._virtual_assets(market)
    return (assets * self._virtual_shares(market) + (divisor - 1)) // divisor


@internal
@pure
def _assets_down(shares: uint256, market: IMorphoBlue.Market) -> uint256:
    return shares * self._virtual_assets(market) // self._virtual_shares(market)


@internal
@pure
def _assets_up(shares: uint256, market: IMorphoBlue.Market) -> uint256:
    divisor: uint256 = self._virtual_shares(market)
    return (shares * self._virtual_assets(market) + (divisor - 1)) // divisor


@internal
@pure
def _liquidity(market: IMorphoBlue.Market) -> uint256:
    """
    @notice Assets that are not lent out. Pending interest adds as much to the debt as to the supply.
    """
    if market.total_borrow_assets >= market.total_supply_assets:
        return 0
    return convert(market.total_supply_assets - market.total_borrow_assets, uint256)


@internal
@pure
def _room(market: IMorphoBlue.Market) -> uint256:
    """
    @notice Assets that can still be supplied before one of the market's 128-bit totals is full, rounded down.
    """
    by_assets: uint256 = convert(max_value(uint128) - market.total_supply_assets, uint256)
    by_shares: uint256 = convert(max_value(uint128) - market.total_supply_shares, uint256)
    return min(by_assets, self._assets_down(by_shares, market))


@internal
@pure
def _virtual_assets(market: IMorphoBlue.Market) -> uint256:
    return convert(market.total_supply_assets, uint256) + VIRTUAL_ASSETS


@internal
@pure
def _virtual_shares(market: IMorphoBlue.Market) -> uint256:
    return convert(market.total_supply_shares, uint256) + VIRTUAL_SHARES
