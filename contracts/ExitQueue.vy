# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title ExitQueue
@custom:contract-name ExitQueue
@license AGPL-3.0-only
@notice The way out of any size: whoever leaves, in whatever order, gets the same fraction of everything. Requests of an epoch
        are settled together; what strategies cannot pay yet waits, and becomes cash pro rata as liquidity comes.
@dev ERC-7540 (redemption side), ERC-7575, ERC-165. Deposits are made at the Vault, whose shares these are.
@dev No roles. Nobody can stop, order or price an exit; `settle`, `unwind` and `write_off` are anyone's. Calls reach the Vault
     and nothing else.
@dev Liveness. No strategy, state, role or price can make `settle` or `exit_now` revert; a payment fails only if the asset
     refuses the receiver, and then another receiver can be named.
@dev Custody. Shares wait here until they are burned. Cash and units never do: the Vault keeps them and bounds what this
     contract can pay out.
"""

from ethereum.ercs import IERC165
from ethereum.ercs import IERC20
from ethereum.ercs import IERC4626
from interfaces import IExitQueue
from interfaces import IVault
from contracts.modules import claims
from contracts.modules import exit_preview
from contracts.modules import exit_view
from contracts.modules import generations
from contracts.modules import ledger
from contracts.modules import operators
from contracts.modules import records
from contracts.modules import request_list

implements: IERC165
implements: IExitQueue

initializes: operators
initializes: generations
initializes: request_list
initializes: records[generations := generations, request_list := request_list]
initializes: claims[operators := operators, records := records, request_list := request_list]
initializes: exit_view[records := records, request_list := request_list]
initializes: exit_preview[records := records]

exports: (exit_view.asset, exit_view.share, exit_view.vault, exit_view.totalAssets)
exports: (exit_view.convertToShares, exit_view.convertToAssets, exit_view.maxDeposit, exit_view.maxMint)
exports: (exit_view.maxRedeem, exit_view.maxWithdraw, exit_view.requests_of, exit_view.stake, exit_view.proceeds)
exports: (exit_view.pendingRedeemRequest, exit_view.claimableRedeemRequest, exit_preview.preview_exit)
exports: (exit_view.deposit, exit_view.mint, exit_view.previewDeposit, exit_view.previewMint)
exports: (exit_view.previewRedeem, exit_view.previewWithdraw)
exports: (claims.claim, claims.redeem, claims.withdraw)
exports: (operators.setOperator, operators.isOperator)

M32: constant(uint256) = 2**32 - 1
M40: constant(uint256) = 2**40 - 1
M112: constant(uint256) = 2**112 - 1
M128: constant(uint256) = 2**128 - 1
EVERY: constant(uint256) = max_value(uint256)
EPOCH: immutable(uint256)
LEAST: immutable(uint256)  # shares of a request

# shares 128 | opened at 40 | id 32 | last id given 32
epoch: uint256


@deploy
def __init__(epoch_seconds: uint256, decimals: uint256):
    """
    @dev The Vault makes its own queue; whoever makes this is the Vault.
    @param epoch_seconds Length of an epoch in seconds.
    @param decimals Decimals of the asset.
    """
    records.__init__(msg.sender)
    EPOCH = epoch_seconds
    LEAST = 10 ** (4 + max(3, 18 - decimals))


# ------------------------------------------------------------------ leaving


@external
def requestRedeem(shares: uint256, controller: address, owner: address) -> uint256:
    """
    @notice Owner, its operator, or an account with its share allowance. Shares leave with the open epoch; until it is
            settled they can be taken back.
    @param shares Shares, seasoned; at least 10**4 times the virtual ones unless they are all that the owner has.
    @param controller Who will claim.
    @param owner Whose shares leave.
    @return The id of the epoch.
    """
    assert controller != empty(address), "queue: no controller"
    if shares < LEAST:
        held: uint256 = staticcall IERC20(records.VAULT.address).balanceOf(owner)
        assert shares != 0 and shares == held, "queue: below the least request"
    epoch: uint256 = self.epoch
    if self._is_due(epoch):
        epoch = self._settle(epoch)
    if (epoch >> 168) & M32 == 0:
        epoch = (((epoch >> 200) + 1) << 200) | (((epoch >> 200) + 1) << 168)
    if epoch & M128 == 0:
        epoch = (epoch & ~(M40 << 128)) | (block.timestamp << 128)
    assert shares <= M128 - (epoch & M128), "queue: too many shares"
    self.epoch = epoch + shares
    id: uint256 = (epoch >> 168) & M32
    request_list._add(controller, id, shares)
    extcall records.VAULT.escrow(owner, operators._spender(owner), shares)
    log IExitQueue.RedeemRequest(controller=controller, owner=owner, requestId=id, sender=msg.sender, shares=shares)
    return id


@external
def cancel(id: uint256, controller: address, receiver: address) -> uint256:
    """
    @notice Controller or its operator, until the epoch is settled. Takes a whole request back.
    @param id The open epoch.
    @param controller Whose request it is.
    @param receiver Who gets the shares.
    @return Shares.
    """
    operators._only_controller(controller)
    epoch: uint256 = self.epoch
    shares: uint256 = request_list._request(controller, id) & M128
    assert shares != 0, "queue: no such request"
    assert (epoch >> 168) & M32 == id, "queue: settled"
    self.epoch = epoch - shares
    request_list._drop(controller, id)
    assert extcall IERC20(records.VAULT.address).transfer(receiver, shares), "queue: shares not returned"
    log IExitQueue.Cancelled(id=id, controller=controller, receiver=receiver, shares=shares)
    return shares


@external
def settle() -> uint256:
    """
    @notice Anyone, an epoch after the first request of the open one. At worst a caller chooses the moment after that.
    @return The id of the epoch that is settled.
    """
    epoch: uint256 = self.epoch
    assert self._is_due(epoch), "queue: not due"
    self.epoch = self._settle(epoch)
    return (epoch >> 168) & M32


@external
def exit_now(
    shares: uint256, receiver: address, owner: address, min_cash: uint256, tries: uint256
) -> (uint256, uint256):
    """
    @notice Owner, its operator, or an account with its share allowance, in every state. Pays the cash part at once; what
            cannot be paid now waits in a record of the owner's own.
    @param shares Shares, seasoned.
    @param receiver Who gets the cash.
    @param owner Whose shares are burned, and who claims the rest.
    @param min_cash Least asset wei to get now.
    @param tries Bitmap of the strategies to redeem from, bit 1 for id 1; what is not tried waits.
    @return The id of the record, 0 if nothing waits.
    @return Asset wei paid.
    """
    assert shares != 0, "queue: zero shares"
    assert shares <= M128, "queue: too many shares"
    departure: IVault.Departure = extcall records.VAULT.leave(owner, operators._spender(owner), shares, tries)
    assert departure.cash >= min_cash, "queue: below min_cash"
    id: uint256 = 0
    if len(departure.legs) != 0:
        id = self._private(owner, shares, departure)
    if departure.cash != 0:
        extcall records.VAULT.pay(receiver, departure.cash)
    log IExitQueue.ExitedNow(owner=owner, receiver=receiver, id=id, shares=shares, cash=departure.cash)
    return id, departure.cash


# ------------------------------------------------------------------ runoff


@external
def unwind(strategy: uint256, max_units: uint256) -> uint256:
    """
    @notice Anyone. Redeems what the runoff of a strategy may have of its liquidity now. At worst a caller who moves that
            liquidity within the transaction changes when leavers are paid, never how many units they have.
    @param strategy The Vault's id of it; a retired one too.
    @param max_units The most units to redeem.
    @return Asset wei credited.
    """
    return self._unwind(strategy, max_units)[1]


@external
def write_off(strategy: uint256):
    """
    @notice Anyone, while a strategy in quarantine, or a retired one, is written down to nothing. Its units no longer keep
            records open; whatever they pay later goes to the same records, by `claim`. At worst a caller lets shares be
            claimed before their cash.
    @param strategy The Vault's id of it.
    """
    position: uint256 = staticcall records.VAULT.word(ledger.WORD_POSITION, strategy)
    status: uint256 = (position >> 224) & ledger.M8
    dark: bool = status == ledger.QUARANTINED or status == 0
    assert dark and (position >> 112) & M112 == 0, "queue: not worthless"
    waits: uint256 = staticcall records.VAULT.word(ledger.WORD_RUNOFF, strategy)
    assert waits & M112 != 0, "queue: nothing waits"
    generations._write_off(strategy)


# ------------------------------------------------------------------ parts of one's own


@external
def detach(id: uint256, controller: address) -> uint256:
    """
    @notice Controller or its operator. Splits its part of a settled record into one of its own; every part rounds down.
    @param id The record.
    @param controller Whose request it is.
    @return The id of the private record; the same one if it already was private.
    """
    operators._only_controller(controller)
    return self._detach(id, controller)


@external
def in_kind(id: uint256, controller: address, strategy: uint256, receiver: address) -> uint256:
    """
    @notice Controller or its operator. Hands the waiting units of one strategy out as they are, once they have waited an
            epoch, or while the strategy is in quarantine, or in WINDDOWN.
    @param id The record; it is detached first.
    @param controller Whose request it is.
    @param strategy The Vault's id of it.
    @param receiver Who gets the units.
    @return Units.
    """
    operators._only_controller(controller)
    own: uint256 = self._detach(id, controller)
    assert self._may_leave_in_kind(own, strategy), "queue: not yet in kind"
    waiting: uint256 = self._unwind(strategy, 0)[0]
    cash: uint256 = 0
    points: uint256 = 0
    units: uint256 = 0
    written_off: bool = False
    cash, points, units, written_off = records._slice(own, strategy)
    assert units != 0, "queue: nothing waits"
    generations._remove(strategy, units, waiting)
    records._bank(own, strategy, cash)
    extcall records.VAULT.hand_out(strategy, units, receiver)
    log IExitQueue.TakenInKind(id=own, strategy=strategy, receiver=receiver, units=units)
    return units


# ------------------------------------------------------------------ views


@view
@external
def open_epoch() -> (uint256, uint256, uint256):
    """
    @notice The epoch that requests join now.
    @return Its id, 0 before the first request after a settlement.
    @return Its shares.
    @return When it is due, unix seconds; 0 without shares.
    """
    epoch: uint256 = self.epoch
    due: uint256 = 0
    if epoch & M128 != 0:
        due = ((epoch >> 128) & M40) + EPOCH
    return (epoch >> 168) & M32, epoch & M128, due


@view
@external
def supportsInterface(interface_id: bytes4) -> bool:
    """
    @notice ERC-165: itself, ERC-7540 operators, ERC-7540 redemption and ERC-7575.
    @param interface_id The id.
    @return Whether every MUST of it is met.
    """
    return interface_id in [0x01ffc9a7, 0xe3bc4e65, 0x620ee8e4, 0x2f0a18c5]


# ------------------------------------------------------------------ internals


@internal
@view
def _is_due(epoch: uint256) -> bool:
    return epoch & M128 != 0 and block.timestamp >= ((epoch >> 128) & M40) + EPOCH


@internal
def _settle(epoch: uint256) -> uint256:
    """
    @dev Settles the open epoch.
    @param epoch The packed epoch.
    @return The packed epoch with none open.
    """
    shares: uint256 = epoch & M128
    id: uint256 = (epoch >> 168) & M32
    departure: IVault.Departure = extcall records.VAULT.leave(self, self, shares, EVERY)
    records._write(id, shares, departure, 0)
    due: uint256 = ((epoch >> 128) & M40) + EPOCH
    log IExitQueue.Settled(id=id, shares=shares, cash=departure.cash, promised=departure.promised, due=due)
    return (epoch >> 200) << 200


@internal
def _new_id() -> uint256:
    """
    @dev The next id of a private record.
    """
    epoch: uint256 = self.epoch + (1 << 200)
    self.epoch = epoch
    return epoch >> 200


@internal
def _private(owner: address, shares: uint256, departure: IVault.Departure) -> uint256:
    """
    @dev Writes the record of an immediate exit. Its cash counts as paid, and the shares it stands for as claimed.
    @return The id of the record; 0 if nothing waits.
    """
    id: uint256 = (self.epoch >> 200) + 1
    standing: uint256 = records._write(id, shares, departure, records.PRIVATE)
    if standing == 0:
        return 0
    self._new_id()
    request_list._add(owner, id, shares)
    request_list._note(owner, id, (shares - min(standing, shares)) | (departure.cash << 128))
    return id


@internal
def _detach(id: uint256, controller: address) -> uint256:
    """
    @dev The private record of a controller's part of a record.
    """
    request: uint256 = request_list._request(controller, id)
    shares: uint256 = request & M128
    assert shares != 0, "queue: no such request"
    assert records.totals[id] != 0, "queue: not settled"
    if records.trails[id] & records.PRIVATE != 0:
        return id
    own: uint256 = self._new_id()
    records._split(id, own, shares)
    taken: uint256 = request_list._taken(controller, id, request)
    request_list._drop(controller, id)
    request_list._add(controller, own, shares)
    if taken != 0:
        request_list._note(controller, own, taken)
    if taken & M128 == shares:
        request_list._unlist(controller, own)
    log IExitQueue.Detached(id=id, controller=controller, private_id=own)
    return own


@internal
@view
def _may_leave_in_kind(id: uint256, strategy: uint256) -> bool:
    """
    @dev In kind at once would be a jump of the queue: whoever holds the units would drain the strategy's liquidity first.
    """
    if block.timestamp >= (records.trails[id] & M40) + EPOCH:
        return True
    if (staticcall records.VAULT.word(ledger.WORD_HOT, 0) >> 192) & 3 == ledger.WINDDOWN:
        return True
    position: uint256 = staticcall records.VAULT.word(ledger.WORD_POSITION, strategy)
    return (position >> 224) & ledger.M8 == ledger.QUARANTINED


@internal
def _unwind(strategy: uint256, max_units: uint256) -> (uint256, uint256):
    """
    @dev Has the Vault unwind and credits what came, with what it unwound itself before.
    @param strategy The Vault's id of it.
    @param max_units The most units to redeem; 0 only credits.
    @return Units that still wait, and asset wei credited.
    """
    waiting: uint256 = 0
    credit: uint256 = 0
    direct: bool = msg.sender == tx.origin and not msg.sender.is_contract
    waiting, credit = extcall records.VAULT.unwind(strategy, max_units, direct)
    generations._credit(strategy, credit)
    return waiting, credit
