# pragma version 0.4.3
"""
@title Hostile ledger: the honest books under a hostile strategy
@license AGPL-3.0-only
@notice Custody of one asset, units and allowances, virtual-unit conversions, gains and losses.
        Nothing here lies: tests read the truth from it whatever the dials say.
@dev The lock is off, as in the contract that uses it.
     `balanceOf(strategy) + balanceOf(SINK)` accounts for every unit of asset that came in.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

event Gained:
    amount: uint256

event Lost:
    amount: uint256


SINK: public(constant(address)) = 0x000000000000000000000000000000000000dEaD
BPS: constant(uint256) = 10_000

ASSET: immutable(IERC20)
DECIMALS: immutable(uint8)
VIRTUAL_UNITS: immutable(uint256)

held: public(uint256)    # asset wei that back the units
supply: public(uint256)  # units
units_of: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
# Donations count: `held` is then ignored in favour of the asset's balance.
_donations: bool


@deploy
def __init__(asset: address, offset: uint8):
    """
    @param asset The ERC-20 held.
    @param offset Decimals that a unit has on top of the asset's, at most 18.
    """
    assert offset <= 18, "hostile: offset over 18"
    ASSET = IERC20(asset)
    DECIMALS = staticcall IERC20Detailed(asset).decimals() + offset
    VIRTUAL_UNITS = 10 ** convert(offset, uint256)


@external
def gain(amount: uint256):
    """
    @notice Raises the price: counts assets sent here before, and pulls from the caller what is short.
    @param amount Asset wei.
    """
    surplus: uint256 = 0
    if not self._donations:
        surplus = staticcall ASSET.balanceOf(self) - self.held
    if amount > surplus:
        self._pull(amount - surplus, amount - surplus)
    self.held += min(amount, surplus)
    log Gained(amount=amount)


@external
def lose(amount: uint256):
    """
    @notice Lowers the price: sends assets to the sink.
    @param amount Asset wei, at most what backs the units.
    """
    assert amount <= self._total(), "hostile: loses more than it has"
    self._push(SINK, amount)
    log Lost(amount=amount)


@external
@view
def worth(owner: address) -> uint256:
    """
    @notice The true value of an owner's units before any exit fee.
    @param owner The owner.
    @return Asset wei, rounded down.
    """
    return self._to_assets(self.units_of[owner])


@internal
def _count_donations(counted: bool):
    """
    @dev Leaving the mode, what was counted stays counted.
    """
    if self._donations and not counted:
        self.held = staticcall ASSET.balanceOf(self)
    self._donations = counted


@internal
@view
def _total() -> uint256:
    return staticcall ASSET.balanceOf(self) if self._donations else self.held


@internal
@view
def _to_assets(units: uint256) -> uint256:
    return units * (self._total() + 1) // (self.supply + VIRTUAL_UNITS)


@internal
@view
def _to_assets_up(units: uint256) -> uint256:
    divisor: uint256 = self.supply + VIRTUAL_UNITS
    return (units * (self._total() + 1) + divisor - 1) // divisor


@internal
@view
def _to_units(assets: uint256) -> uint256:
    return assets * (self.supply + VIRTUAL_UNITS) // (self._total() + 1)


@internal
@view
def _to_units_up(assets: uint256) -> uint256:
    divisor: uint256 = self._total() + 1
    return (assets * (self.supply + VIRTUAL_UNITS) + divisor - 1) // divisor


@internal
@pure
def _net(gross: uint256, fee: uint256) -> uint256:
    """
    @dev `fee` in bps, rounded up.
    """
    return gross - (gross * fee + BPS - 1) // BPS


@internal
@pure
def _gross(net: uint256, fee: uint256) -> uint256:
    """
    @dev The least amount whose `_net` is at least `net`.
    """
    return (net * BPS + BPS - fee - 1) // (BPS - fee)


@internal
def _pull(amount: uint256, counted: uint256):
    """
    @dev Takes `amount` from the caller; `counted` of it backs units, the rest goes to the sink.
    """
    assert extcall ASSET.transferFrom(msg.sender, self, amount, default_return_value=True)
    self.held += counted
    if amount > counted:
        assert extcall ASSET.transfer(SINK, amount - counted, default_return_value=True)


@internal
def _push(receiver: address, amount: uint256):
    self.held -= min(self.held, amount)
    assert extcall ASSET.transfer(receiver, amount, default_return_value=True)


@internal
def _mint_units(owner: address, units: uint256):
    self.supply += units
    self.units_of[owner] += units
    log IERC20.Transfer(sender=empty(address), receiver=owner, value=units)


@internal
def _burn_units(owner: address, units: uint256):
    self.supply -= units
    self.units_of[owner] -= units
    log IERC20.Transfer(sender=owner, receiver=empty(address), value=units)


@internal
def _move_units(sender: address, receiver: address, units: uint256):
    self.units_of[sender] -= units
    self.units_of[receiver] += units
    log IERC20.Transfer(sender=sender, receiver=receiver, value=units)


@internal
def _approve(owner: address, spender: address, units: uint256):
    self.allowance[owner][spender] = units
    log IERC20.Approval(owner=owner, spender=spender, value=units)


@internal
def _spend(owner: address, units: uint256):
    """
    @dev The caller's allowance over an owner's units; the maximum is never used up.
    """
    if msg.sender == owner or self.allowance[owner][msg.sender] == max_value(uint256):
        return
    assert self.allowance[owner][msg.sender] >= units, "hostile: allowance"
    self.allowance[owner][msg.sender] -= units
