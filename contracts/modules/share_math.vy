# pragma version 0.4.3
"""
@title Share mathematics
@custom:contract-name share_math
@license AGPL-3.0-only
@notice Conversions between assets and shares with one virtual asset and `supply` that already holds the virtual shares.
        Every rounding is for the Vault: shares out and assets out round down, shares in and assets in round up.
@dev Amounts stay below 2**112 asset wei and supplies below 2**140 in any use that can occur; larger inputs revert.
"""

BPS: constant(uint256) = 10_000
MAX_SHARES: constant(uint256) = 2**128  # of one call


@internal
@pure
def _ceil_div(a: uint256, b: uint256) -> uint256:
    return (a + b - 1) // b


@internal
@pure
def _to_shares(assets: uint256, total: uint256, supply: uint256) -> uint256:
    """
    @dev Shares for assets, rounded down.
    """
    return assets * supply // (total + 1)


@internal
@pure
def _to_assets(shares: uint256, total: uint256, supply: uint256) -> uint256:
    """
    @dev Assets for shares, rounded down.
    """
    return shares * (total + 1) // supply


@internal
@pure
def _to_shares_up(assets: uint256, total: uint256, supply: uint256) -> uint256:
    """
    @dev Shares for assets, rounded up.
    """
    return self._ceil_div(assets * supply, total + 1)


@internal
@pure
def _to_assets_up(shares: uint256, total: uint256, supply: uint256) -> uint256:
    """
    @dev Assets for shares, rounded up.
    """
    return self._ceil_div(shares * (total + 1), supply)


@internal
@pure
def _net(gross: uint256, fee: uint256) -> uint256:
    """
    @dev What is left of an amount after a fee in bps, rounded down.
    """
    return gross * (BPS - fee) // BPS


@internal
@pure
def _gross(net: uint256, fee: uint256) -> uint256:
    """
    @dev The least amount of which `net` is left after a fee in bps.
    """
    return self._ceil_div(net * BPS, BPS - fee)
