# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Shares
@custom:contract-name shares
@license AGPL-3.0-only
@notice The Vault's share token with seasoning: freshly minted shares can neither be transferred nor leave by a slice.
@dev Seasoning takes gains that the book does not show yet away from flash and same-block money. Petty cash, which is
     priced without them, is not held back.
"""

from snekmate.tokens import erc20
from contracts.modules import ledger
from contracts.modules import refusal
from contracts.modules import share_math

uses: erc20
uses: ledger

unlocks: HashMap[address, uint256]  # end of seasoning in seconds, 32 binary digits after the point


@internal
@view
def _supply() -> uint256:
    """
    @dev Shares outstanding with the virtual ones.
    """
    return erc20.totalSupply + ledger.VIRTUAL_SHARES


@internal
def _mint(owner: address, shares: uint256, hold: uint256):
    """
    @dev Mints shares, and moves the end of the account's seasoning by the weight of the new ones. Whole seconds count,
         fractions add up: a stranger's dust locks nobody, and many small deposits season like one.
    @param owner Who gets them.
    @param shares Shares, not 0.
    @param hold Seconds of seasoning, with 32 binary digits after the point.
    """
    # Bounds: shares stay below 2**178 while entry is open, a week in this format is below 2**52.
    weight: uint256 = unsafe_add(erc20.balanceOf[owner], shares)  # unsafe: below 2**179
    rest: uint256 = unsafe_mul(shares, hold)  # unsafe: below 2**230
    unlock: uint256 = self.unlocks[owner]
    if unlock > block.timestamp << 32:
        held: uint256 = unsafe_sub(weight, shares)  # unsafe: shares are a part of weight
        left: uint256 = unsafe_sub(unlock, block.timestamp << 32)  # unsafe: just compared
        rest = unsafe_add(rest, unsafe_mul(held, left))  # unsafe: below 2**231
    self.unlocks[owner] = unsafe_add(  # unsafe: a time plus at most a week
        block.timestamp << 32,
        unsafe_div(unsafe_add(rest, unsafe_sub(weight, 1)), weight),  # unsafe: weight is not 0; rounds up
    )
    erc20._mint(owner, shares)


@internal
def _burn(owner: address, shares: uint256):
    """
    @dev Burns an owner's shares; another caller spends allowance for them.
    """
    if msg.sender != owner:
        erc20._spend_allowance(owner, msg.sender, shares)
    erc20._burn(owner, shares)


@internal
@view
def _req_seasoned(owner: address):
    """
    @dev Reverts while an account's shares are seasoning. The queue's never are: its shares are seasoned holders', and a
         deposit in its name must not hold up a cancellation.
    """
    if self.unlocks[owner] >> 32 > block.timestamp:
        refusal._req(owner == ledger.QUEUE, refusal.SEASONING)


@view
@external
def unlock_time(owner: address) -> uint256:
    """
    @notice When an account's shares may be transferred or leave by a slice.
    @param owner The account.
    @return Unix seconds; 0 if it never got shares by a mint.
    """
    return self.unlocks[owner] >> 32
