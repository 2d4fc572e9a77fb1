# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Control base: what all vaults of the control group have in common
@license AGPL-3.0-only
@notice Custody of one asset and of one ERC-4626 strategy's shares, a curator who invests, and conversions between
        assets and shares. How a vault prices its shares and whom it pays first is in the vault itself.
@dev The vaults of the control group stand beside the Vault in `make fairness`. Each is a sound implementation of the
     accounting that its own header names; none is made to lose. For tests only.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from ethereum.ercs import IERC4626
from snekmate.tokens import erc20

uses: erc20

event Invested:
    assets: uint256

DIGITS: constant(uint8) = 6  # decimals of a share on top of the asset's
VIRTUAL_SHARES: constant(uint256) = 10**6

ASSET: immutable(IERC20)
STRATEGY: immutable(IERC4626)
CURATOR: immutable(address)

idle: public(uint256)  # asset wei that are neither invested nor owed


@deploy
def __init__(strategy: address):
    """
    @param strategy An ERC-4626 vault; its asset becomes this vault's.
    """
    STRATEGY = IERC4626(strategy)
    ASSET = IERC20(staticcall IERC4626(strategy).asset())
    CURATOR = msg.sender
    assert extcall ASSET.approve(strategy, max_value(uint256))


@internal
@view
def _decimals(strategy: address) -> uint8:
    return staticcall IERC20Detailed(staticcall IERC4626(strategy).asset()).decimals() + DIGITS


@internal
@view
def _value() -> uint256:
    """
    @dev What the strategy says that our shares of it are worth now, asset wei.
    """
    return staticcall STRATEGY.convertToAssets(staticcall IERC20(STRATEGY.address).balanceOf(self))


@internal
@view
def _liquid() -> uint256:
    """
    @dev Asset wei that the strategy pays now.
    """
    return staticcall STRATEGY.maxWithdraw(self)


@internal
@view
def _to_shares(assets: uint256, total: uint256) -> uint256:
    """
    @dev Rounded down.
    """
    return assets * (erc20.totalSupply + VIRTUAL_SHARES) // (total + 1)


@internal
@view
def _to_shares_up(assets: uint256, total: uint256) -> uint256:
    return (assets * (erc20.totalSupply + VIRTUAL_SHARES) + total) // (total + 1)


@internal
@view
def _to_assets(shares: uint256, total: uint256) -> uint256:
    """
    @dev Rounded down.
    """
    return shares * (total + 1) // (erc20.totalSupply + VIRTUAL_SHARES)


@internal
@view
def _to_assets_up(shares: uint256, total: uint256) -> uint256:
    supply: uint256 = erc20.totalSupply + VIRTUAL_SHARES
    return (shares * (total + 1) + supply - 1) // supply


@internal
def _enter(assets: uint256, shares: uint256, receiver: address):
    """
    @dev Takes assets from the caller and mints shares.
    """
    assert extcall ASSET.transferFrom(msg.sender, self, assets)
    self.idle += assets
    erc20._mint(receiver, shares)
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)


@internal
def _spend(owner: address, shares: uint256):
    """
    @dev The caller's allowance over an owner's shares, where the caller is another.
    """
    if msg.sender != owner:
        erc20._spend_allowance(owner, msg.sender, shares)


@internal
def _gather(assets: uint256):
    """
    @dev Makes sure that `assets` are idle: what is short comes from the strategy, which reverts if it cannot pay it.
    """
    if assets > self.idle:
        short: uint256 = assets - self.idle
        extcall STRATEGY.withdraw(short, self, self)
        self.idle += short


@internal
def _invest(assets: uint256):
    """
    @dev The curator alone moves idle assets into the strategy.
    """
    assert msg.sender == CURATOR, "control: not the curator"
    self.idle -= assets
    extcall STRATEGY.deposit(assets, self)
    log Invested(assets=assets)
