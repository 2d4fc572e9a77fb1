# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title SerialRedeemVault
@license AGPL-3.0-only
@notice Control group: requests are fulfilled one after the other at NAV, and the shares that were paid for stay in the
        vault's custody instead of being burned.
@dev Stands for the example code that accompanies ERC-7540 (its controlled asynchronous redemption): the supply never
     falls, so everyone who was paid before still counts in the price of who comes next.
     Honest: nobody is paid more than the price of the moment, and what was fulfilled is set aside.
"""

from ethereum.ercs import IERC4626
from snekmate.auth import ownable
from snekmate.tokens import erc20
from contracts.mocks.modules import control_base as base

initializes: ownable
initializes: erc20[ownable := ownable]
initializes: base[erc20 := erc20]

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

event RedeemRequest:
    controller: indexed(address)
    owner: indexed(address)
    requestId: indexed(uint256)
    sender: address
    shares: uint256

event Fulfilled:
    controller: indexed(address)
    shares: uint256
    assets: uint256

pending: public(HashMap[address, uint256])  # shares by controller
claimable: public(HashMap[address, uint256])  # asset wei by controller


@deploy
def __init__(strategy: address):
    """
    @param strategy The one ERC-4626 vault that idle assets are invested in.
    """
    ownable.__init__()
    erc20.__init__("Serial Redeem", "SRV", base._decimals(strategy), "Serial Redeem", "1")
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
def requestRedeem(shares: uint256, controller: address, owner: address) -> uint256:
    """
    @notice Takes shares into custody.
    @param shares Shares, not 0.
    @param controller Who claims.
    @param owner Whose shares; another caller spends its allowance.
    @return 0: requests of one controller are one.
    """
    assert shares != 0, "control: nothing requested"
    base._spend(owner, shares)
    erc20._transfer(owner, self, shares)
    self.pending[controller] += shares
    log RedeemRequest(controller=controller, owner=owner, requestId=0, sender=msg.sender, shares=shares)
    return 0


@external
def fulfil(controller: address) -> uint256:
    """
    @notice Curator. Prices what a controller has requested and sets the assets aside, as far as what is liquid goes.
    @param controller The controller.
    @return Asset wei set aside.
    """
    assert msg.sender == base.CURATOR, "control: not the curator"
    total: uint256 = self._total()
    shares: uint256 = min(self.pending[controller], base._to_shares(base.idle + base._liquid(), total))
    assets: uint256 = base._to_assets(shares, total)
    base._gather(assets)
    base.idle -= assets
    self.pending[controller] -= shares
    self.claimable[controller] += assets
    log Fulfilled(controller=controller, shares=shares, assets=assets)
    return assets


@external
def claim(controller: address, receiver: address) -> uint256:
    """
    @notice Controller. Takes what was set aside.
    @param controller The caller.
    @param receiver Who is paid.
    @return Asset wei.
    """
    assert msg.sender == controller, "control: not the controller"
    assets: uint256 = self.claimable[controller]
    self.claimable[controller] = 0
    assert extcall base.ASSET.transfer(receiver, assets)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=controller, assets=assets, shares=0)
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
    @notice Net asset value of everything that is not set aside.
    @return Asset wei.
    """
    return self._total()


@internal
@view
def _total() -> uint256:
    return base.idle + base._value()
