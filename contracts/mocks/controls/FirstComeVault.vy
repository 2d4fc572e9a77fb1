# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title FirstComeVault
@license AGPL-3.0-only
@notice Control group: an ERC-4626 vault at live NAV that pays from idle, then from its strategy, first come first
        served.
@dev Stands for Morpho Vault V2 and for any vault whose withdrawal pays the price of the moment out of what is liquid.
     Honest: the price holds every loss in the block that shows it; `max*` never promise more than can be paid.
"""

from ethereum.ercs import IERC4626
from snekmate.auth import ownable
from snekmate.tokens import erc20
from contracts.mocks.modules import control_base as base

initializes: ownable
initializes: erc20[ownable := ownable]
initializes: base[erc20 := erc20]

implements: IERC4626

exports: (
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
    erc20.approve,
    erc20.transfer,
    erc20.transferFrom,
    base.idle,
)


@deploy
def __init__(strategy: address):
    """
    @param strategy The one ERC-4626 vault that idle assets are invested in.
    """
    ownable.__init__()
    erc20.__init__("First Come", "FCV", base._decimals(strategy), "First Come", "1")
    base.__init__(strategy)


@external
def invest(assets: uint256):
    """
    @notice Curator. Moves idle assets into the strategy.
    @param assets Asset wei.
    """
    base._invest(assets)


@external
def deposit(assets: uint256, receiver: address) -> uint256:
    """
    @notice Pays assets in at NAV.
    @param assets Asset wei.
    @param receiver Who gets the shares.
    @return Shares, rounded down.
    """
    shares: uint256 = base._to_shares(assets, self._total())
    base._enter(assets, shares, receiver)
    return shares


@external
def mint(shares: uint256, receiver: address) -> uint256:
    """
    @notice Mints shares at NAV.
    @param shares Shares.
    @param receiver Who gets them.
    @return Asset wei paid, rounded up.
    """
    assets: uint256 = base._to_assets_up(shares, self._total())
    base._enter(assets, shares, receiver)
    return assets


@external
def withdraw(assets: uint256, receiver: address, owner: address) -> uint256:
    """
    @notice Pays assets out at NAV, from idle first; reverts if idle and strategy together cannot.
    @param assets Asset wei.
    @param receiver Who is paid.
    @param owner Whose shares are burned.
    @return Shares burned, rounded up.
    """
    shares: uint256 = base._to_shares_up(assets, self._total())
    self._leave(assets, shares, receiver, owner)
    return shares


@external
def redeem(shares: uint256, receiver: address, owner: address) -> uint256:
    """
    @notice Burns shares for assets at NAV, from idle first; reverts if idle and strategy together cannot pay.
    @param shares Shares.
    @param receiver Who is paid.
    @param owner Whose shares are burned.
    @return Asset wei, rounded down.
    """
    assets: uint256 = base._to_assets(shares, self._total())
    self._leave(assets, shares, receiver, owner)
    return assets


@view
@external
def asset() -> address:
    """
    @notice The asset.
    @return Its address.
    """
    return base.ASSET.address


@view
@external
def totalAssets() -> uint256:
    """
    @notice Net asset value: idle and what the strategy's shares are worth now.
    @return Asset wei.
    """
    return self._total()


@view
@external
def convertToShares(assets: uint256) -> uint256:
    """
    @notice Shares that assets are worth.
    @param assets Asset wei.
    @return Shares, rounded down.
    """
    return base._to_shares(assets, self._total())


@view
@external
def convertToAssets(shares: uint256) -> uint256:
    """
    @notice Assets that shares are worth.
    @param shares Shares.
    @return Asset wei, rounded down.
    """
    return base._to_assets(shares, self._total())


@view
@external
def previewDeposit(assets: uint256) -> uint256:
    """
    @notice What `deposit` would mint.
    @param assets Asset wei.
    @return Shares.
    """
    return base._to_shares(assets, self._total())


@view
@external
def previewMint(shares: uint256) -> uint256:
    """
    @notice What `mint` would take.
    @param shares Shares.
    @return Asset wei.
    """
    return base._to_assets_up(shares, self._total())


@view
@external
def previewWithdraw(assets: uint256) -> uint256:
    """
    @notice What `withdraw` would burn.
    @param assets Asset wei.
    @return Shares.
    """
    return base._to_shares_up(assets, self._total())


@view
@external
def previewRedeem(shares: uint256) -> uint256:
    """
    @notice What `redeem` would pay.
    @param shares Shares.
    @return Asset wei.
    """
    return base._to_assets(shares, self._total())


@view
@external
def maxDeposit(receiver: address) -> uint256:
    """
    @notice There is no cap.
    @param receiver Ignored.
    @return The highest number.
    """
    return max_value(uint256)


@view
@external
def maxMint(receiver: address) -> uint256:
    """
    @notice There is no cap.
    @param receiver Ignored.
    @return The highest number.
    """
    return max_value(uint256)


@view
@external
def maxWithdraw(owner: address) -> uint256:
    """
    @notice What an owner can withdraw now.
    @param owner The owner.
    @return Asset wei: what the shares are worth, or all that is liquid if that is less.
    """
    return min(base._to_assets(erc20.balanceOf[owner], self._total()), base.idle + base._liquid())


@view
@external
def maxRedeem(owner: address) -> uint256:
    """
    @notice What an owner can redeem now.
    @param owner The owner.
    @return Shares: the balance, or as many as what is liquid pays for.
    """
    return min(erc20.balanceOf[owner], base._to_shares(base.idle + base._liquid(), self._total()))


@internal
@view
def _total() -> uint256:
    return base.idle + base._value()


@internal
def _leave(assets: uint256, shares: uint256, receiver: address, owner: address):
    base._spend(owner, shares)
    base._gather(assets)
    erc20._burn(owner, shares)
    base.idle -= assets
    assert extcall base.ASSET.transfer(receiver, assets)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=shares)
