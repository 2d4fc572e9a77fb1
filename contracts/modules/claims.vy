# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Claims
@custom:contract-name claims
@license AGPL-3.0-only
@notice Payments of the ExitQueue: by record, or through ERC-4626's `redeem` and `withdraw` from the oldest request on. Pull
        only: nobody is paid by another's transaction, so that no receiver can hold others up.
"""

from ethereum.ercs import IERC4626
from contracts.modules import operators
from contracts.modules import records
from contracts.modules import request_list

uses: operators
uses: records
uses: request_list

OLDEST: constant(uint256) = 8  # unfinished requests that `redeem` and `withdraw` look at


@external
def claim(id: uint256, controller: address, receiver: address) -> uint256:
    """
    @notice Controller or its operator. Claims all that a record has for it now, also cash that comes after the last share.
    @param id The record.
    @param controller Whose request it is.
    @param receiver Who gets the cash.
    @return Asset wei; 0 if there is none.
    """
    operators._only_controller(controller)
    shares: uint256 = 0
    assets: uint256 = 0
    waits: bool = False
    shares, assets, waits = records._claimable(controller, id)
    if shares != 0 or assets != 0:
        records._take(controller, id, shares, assets, not waits)
        self._pay(controller, receiver, assets, shares)
    return assets


@external
def redeem(shares: uint256, receiver: address, controller: address) -> uint256:
    """
    @notice Controller or its operator. Claims an exact number of shares, oldest request first.
    @param shares Claimable shares; at most `maxRedeem`.
    @param receiver Who gets the assets.
    @param controller Whose requests they are.
    @return Asset wei, rounded down for each request.
    """
    operators._only_controller(controller)
    rest: uint256 = shares
    assets: uint256 = 0
    id: uint256 = request_list._first(controller)
    for i: uint256 in range(OLDEST):
        if id == 0 or rest == 0:
            break
        after: uint256 = request_list._next(controller, id)
        claimable: uint256 = 0
        cash: uint256 = 0
        waits: bool = False
        claimable, cash, waits = records._claimable(controller, id)
        part: uint256 = min(rest, claimable)
        if part != 0:
            paid: uint256 = cash * part // claimable
            records._take(controller, id, part, paid, not waits and paid == cash)
            rest -= part
            assets += paid
        id = after
    assert rest == 0, "queue: over maxRedeem"
    self._pay(controller, receiver, assets, shares)
    return assets


@external
def withdraw(assets: uint256, receiver: address, controller: address) -> uint256:
    """
    @notice Controller or its operator. Claims an exact amount, oldest request first.
    @param assets Asset wei; at most `maxWithdraw`.
    @param receiver Who gets them.
    @param controller Whose requests they are.
    @return Shares, rounded up for each request.
    """
    operators._only_controller(controller)
    rest: uint256 = assets
    shares: uint256 = 0
    id: uint256 = request_list._first(controller)
    for i: uint256 in range(OLDEST):
        if id == 0 or rest == 0:
            break
        after: uint256 = request_list._next(controller, id)
        claimable: uint256 = 0
        cash: uint256 = 0
        waits: bool = False
        claimable, cash, waits = records._claimable(controller, id)
        paid: uint256 = min(rest, cash)
        if paid != 0:
            part: uint256 = (claimable * paid + cash - 1) // cash
            records._take(controller, id, part, paid, not waits and paid == cash)
            rest -= paid
            shares += part
        id = after
    assert rest == 0, "queue: over maxWithdraw"
    self._pay(controller, receiver, assets, shares)
    return shares


@internal
def _pay(controller: address, receiver: address, assets: uint256, shares: uint256):
    """
    @dev Pays a claim out of the Vault.
    """
    if assets != 0:
        extcall records.VAULT.pay(receiver, assets)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=controller, assets=assets, shares=shares)
