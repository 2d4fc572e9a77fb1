# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title StoredPriceVault
@license AGPL-3.0-only
@notice Control group: shares are priced by a stored debt, which moves when the curator reports and not when the
        strategy loses.
@dev Two ways of paying at a stored price, chosen when it is deployed:
     With LEAVER_BEARS, as Yearn V3: whoever makes the vault withdraw bears the strategy's unreported loss on the debt
     that is withdrawn; whoever is paid from idle bears nothing.
     Without, as Euler Earn: the price never falls. A report books gains only; everybody is paid in full until nothing
     is left.
     Honest: only the curator reports, nobody is paid more than the stored price, nobody's shares buy what is not there.
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

event Reported:
    debt: uint256

LEAVER_BEARS: public(immutable(bool))

debt: public(uint256)  # what the strategy's shares count for in the price, asset wei


@deploy
def __init__(strategy: address, leaver_bears: bool):
    """
    @param strategy The one ERC-4626 vault that idle assets are invested in.
    @param leaver_bears Whether a leaver bears the unreported loss on what is withdrawn for it.
    """
    ownable.__init__()
    erc20.__init__("Stored Price", "SPV", base._decimals(strategy), "Stored Price", "1")
    base.__init__(strategy)
    LEAVER_BEARS = leaver_bears


@external
def invest(assets: uint256):
    """
    @notice Curator. Moves idle assets into the strategy and counts them as debt.
    @param assets Asset wei.
    """
    base._invest(assets)
    self.debt += assets


@external
def report():
    """
    @notice Curator. Stores what the strategy's shares are worth now; without LEAVER_BEARS the debt never falls.
    """
    assert msg.sender == base.CURATOR, "control: not the curator"
    debt: uint256 = base._value()
    if not LEAVER_BEARS:
        debt = max(debt, self.debt)
    self.debt = debt
    log Reported(debt=debt)


@external
def deposit(assets: uint256, receiver: address) -> uint256:
    """
    @notice Pays assets in at the stored price.
    @param assets Asset wei.
    @param receiver Who gets the shares.
    @return Shares, rounded down.
    """
    shares: uint256 = base._to_shares(assets, base.idle + self.debt)
    base._enter(assets, shares, receiver)
    return shares


@external
def redeem(shares: uint256, receiver: address, owner: address) -> uint256:
    """
    @notice Burns shares at the stored price, paid from idle first; reverts if idle and strategy together cannot pay.
    @param shares Shares.
    @param receiver Who is paid.
    @param owner Whose shares are burned.
    @return Asset wei: the stored price, less the loss that a leaver bears.
    """
    base._spend(owner, shares)
    assets: uint256 = base._to_assets(shares, base.idle + self.debt)
    short: uint256 = assets - min(assets, base.idle)
    loss: uint256 = self._loss_on(short)
    base._gather(assets - loss)
    erc20._burn(owner, shares)
    self.debt -= short
    base.idle -= assets - loss
    assert extcall base.ASSET.transfer(receiver, assets - loss)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=owner, assets=assets - loss, shares=shares)
    return assets - loss


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
    @notice Idle and stored debt.
    @return Asset wei.
    """
    return base.idle + self.debt


@view
@external
def maxRedeem(owner: address) -> uint256:
    """
    @notice What an owner can redeem now.
    @param owner The owner.
    @return Shares: the balance, or as many as idle and what the strategy pays now buy back.
    """
    liquid: uint256 = min(base._liquid(), base._value())
    reach: uint256 = min(liquid, self.debt)
    if LEAVER_BEARS:
        reach = self._debt_for(liquid)
    return min(erc20.balanceOf[owner], base._to_shares(base.idle + reach, base.idle + self.debt))


@internal
@view
def _loss_on(debt: uint256) -> uint256:
    """
    @dev The part of the strategy's unreported loss that falls on this much of the debt, rounded up.
    """
    value: uint256 = base._value()
    if not LEAVER_BEARS or value >= self.debt:
        return 0
    return min(debt, (debt * (self.debt - value) + self.debt - 1) // self.debt)


@internal
@view
def _debt_for(liquid: uint256) -> uint256:
    """
    @dev How much debt the strategy can repay from `liquid`, the loss on it deducted.
    """
    value: uint256 = base._value()
    if value >= self.debt or value == 0:
        return min(liquid, self.debt)
    return liquid * self.debt // value
