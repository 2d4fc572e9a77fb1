# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title NavBatchVault
@license AGPL-3.0-only
@notice Control group: requests are gathered in epochs, and each batch is paid at NAV out of what is liquid, the oldest
        batch first.
@dev Stands for Lido's turbo mode and for asynchronous vaults (ERC-7540) that fulfil from idle first.
     Honest: within a batch all are paid alike; an unpaid batch stays in the supply and bears gains and losses until it
     is paid; anyone settles.
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

struct Batch:
    shares: uint256  # requested
    left: uint256  # of these, not yet paid for
    cash: uint256  # asset wei set aside for it

event RedeemRequest:
    controller: indexed(address)
    owner: indexed(address)
    requestId: indexed(uint256)
    sender: address
    shares: uint256

event Filled:
    id: indexed(uint256)
    shares: uint256
    assets: uint256

event Claimed:
    id: indexed(uint256)
    controller: indexed(address)
    assets: uint256

MAX_BATCHES: constant(uint256) = 64  # filled in one call

EPOCH: public(immutable(uint256))  # seconds

batches: public(HashMap[uint256, Batch])
requested: public(HashMap[uint256, HashMap[address, uint256]])  # shares by batch and controller
paid: public(HashMap[uint256, HashMap[address, uint256]])  # asset wei by batch and controller
open_id: public(uint256)  # batch that takes requests
due: public(uint256)  # when it closes, seconds; 0 while it is empty
first_unpaid: public(uint256)


@deploy
def __init__(strategy: address, epoch: uint256):
    """
    @param strategy The one ERC-4626 vault that idle assets are invested in.
    @param epoch Length of an epoch in seconds.
    """
    ownable.__init__()
    erc20.__init__("NAV Batch", "NBV", base._decimals(strategy), "NAV Batch", "1")
    base.__init__(strategy)
    EPOCH = epoch
    self.open_id = 1
    self.first_unpaid = 1


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
    @notice Adds shares to the open batch.
    @param shares Shares, not 0.
    @param controller Who claims.
    @param owner Whose shares; another caller spends its allowance.
    @return Id of the batch.
    """
    assert shares != 0, "control: nothing requested"
    base._spend(owner, shares)
    erc20._transfer(owner, self, shares)
    id: uint256 = self.open_id
    if self.due == 0:
        self.due = block.timestamp + EPOCH
    self.batches[id].shares += shares
    self.batches[id].left += shares
    self.requested[id][controller] += shares
    log RedeemRequest(controller=controller, owner=owner, requestId=id, sender=msg.sender, shares=shares)
    return id


@external
def settle():
    """
    @notice Anyone. Closes the open batch if it is due, and pays for waiting batches in their order, each at the NAV of
            this moment, until nothing liquid is left.
    """
    if self.due != 0 and block.timestamp >= self.due:
        self.open_id += 1
        self.due = 0
    for _: uint256 in range(MAX_BATCHES):
        id: uint256 = self.first_unpaid
        if id == self.open_id:
            break
        self._fill(id)
        if self.batches[id].left != 0:
            break
        self.first_unpaid = id + 1


@external
def claim(id: uint256, controller: address, receiver: address) -> uint256:
    """
    @notice Controller. Takes its part of what a batch was paid.
    @param id The batch.
    @param controller The caller.
    @param receiver Who is paid.
    @return Asset wei, rounded down; 0 if there is nothing new.
    """
    assert msg.sender == controller, "control: not the controller"
    batch: Batch = self.batches[id]
    share: uint256 = batch.cash * self.requested[id][controller] // batch.shares
    assets: uint256 = share - self.paid[id][controller]
    self.paid[id][controller] = share
    assert extcall base.ASSET.transfer(receiver, assets)
    log Claimed(id=id, controller=controller, assets=assets)
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
    @notice Net asset value of the shares that have not been paid for.
    @return Asset wei.
    """
    return self._total()


@internal
@view
def _total() -> uint256:
    return base.idle + base._value()


@internal
def _fill(id: uint256):
    """
    @dev Pays for as many shares of a batch as what is liquid buys at NAV.
    """
    total: uint256 = self._total()
    shares: uint256 = min(self.batches[id].left, base._to_shares(base.idle + base._liquid(), total))
    if shares == 0:
        return
    assets: uint256 = base._to_assets(shares, total)
    base._gather(assets)
    erc20._burn(self, shares)
    base.idle -= assets
    self.batches[id].left -= shares
    self.batches[id].cash += assets
    log Filled(id=id, shares=shares, assets=assets)
