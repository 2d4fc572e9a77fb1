# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Leaving
@custom:contract-name leaving
@license AGPL-3.0-only
@notice What the ExitQueue, and nobody else, may ask of the Vault about shares and cash. The Vault counts; the queue only
        decides when, and who of those who left is paid.
@dev Worst queue. It can make any holder with seasoned shares leave, and give the cash and the units of leavers to the wrong
     ones. Of a share that stays it can take nothing: every fraction is computed here, and what it pays out or hands out is
     bounded by `owed` and by the runoff of each strategy.
"""

from snekmate.tokens import erc20
from interfaces import IVault
from contracts.modules import annex
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import positions
from contracts.modules import pricing
from contracts.modules import refusal
from contracts.modules import shares as share_token

uses: annex
uses: erc20
uses: ledger
uses: positions
uses: pricing
uses: share_token


@external
def escrow(owner: address, spender: address, amount: uint256):
    """
    @notice ExitQueue. Moves seasoned shares of a holder to the queue.
    @param owner Whose shares move.
    @param spender Who asked the queue for it: the owner, or an account whose allowance is spent.
    @param amount Shares.
    """
    ledger._only_queue()
    share_token._req_seasoned(owner)
    if spender != owner:
        erc20._spend_allowance(owner, spender, amount)
    erc20._transfer(owner, msg.sender, amount)


@external
def leave(owner: address, spender: address, amount: uint256, tries: uint256) -> IVault.Departure:
    """
    @notice ExitQueue. Burns shares and takes the same fraction of everything out of the stayers' ledger. No behaviour of a
            strategy makes it revert.
    @param owner Whose shares are burned: the queue, or a holder whose shares are seasoned.
    @param spender Who asked the queue for it: the owner, or an account whose allowance is spent.
    @param amount Shares.
    @param tries Bitmap of the strategies to redeem from at once.
    @return Cash of those who leave, asset wei, and what joined the runoff of each strategy.
    """
    ledger._only_queue()
    supply: uint256 = share_token._supply()
    if owner != msg.sender:
        share_token._req_seasoned(owner)
    if spender != owner:
        erc20._spend_allowance(owner, spender, amount)
    erc20._burn(owner, amount)
    return abi_decode(guarded_call._leave_in_half(annex.ANNEX, amount, supply, tries), IVault.Departure)


@external
def pay(receiver: address, assets: uint256):
    """
    @notice ExitQueue. Pays cash of leavers out.
    @param receiver Who gets it.
    @param assets Asset wei.
    """
    ledger._only_queue()
    owed: uint256 = ledger.owed
    refusal._req(assets <= owed & ledger.M128, refusal.IDLE_SHORT)
    owed -= assets
    ledger.owed = owed
    if owed & ledger.M128 == 0:
        ledger.hot &= ~(ledger.OWED << 192)
    positions._pay(receiver, assets)


@external
@reentrant
def redeem_in_frame(id: uint256, units: uint256, balance: uint256, enough: uint256, keep: uint256) -> uint256:
    """
    @notice The Vault itself: a redeem that leaves nothing behind if it fails. Without a lock because the Vault is locked
            whenever it calls this.
    @param id The strategy.
    @param units Units to redeem.
    @param balance The Vault's asset balance before, asset wei.
    @param enough Asset wei that suffice without a look at the guard reference.
    @param keep Part of the guard reference that must come, bps.
    @return The Vault's asset balance afterwards, asset wei.
    """
    refusal._req(msg.sender == self, refusal.UNAUTHORISED)
    positions._redeem(ledger.terms[id], units, refusal.STRATEGY_CALL_FAILED)
    after: uint256 = positions._cash()
    got: uint256 = after - balance
    if got < enough:
        guard: uint256 = pricing._guard(id, units)
        refusal._req(got * ledger.BPS + ledger.BPS >= guard * keep, refusal.SLIPPAGE)
    return after
