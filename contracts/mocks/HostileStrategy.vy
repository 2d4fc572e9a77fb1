# pragma version 0.4.3
"""
@title HostileStrategy
@license AGPL-3.0-only
@notice An ERC-4626 vault over one asset that is honest until a dial is turned (see
        modules/hostility.vy). For tests only: everything is open to anyone.
@dev Price: what a mode steals goes to the sink, so that the price per unit moves only by
     gain, lose, and modes that say so; FREE_MINT dilutes.
     ABI: functions that can answer malformed data are `@raw_return`, which the ABI shows as
     `bytes`; on the wire it is ERC-4626. Python callers use STRATEGY_ABI of tests/modes.py.
     Truth: `held`, `supply`, `units_of`, `allowance` and `worth` never lie and never fail.
     No lock: re-entrancy is the point.
"""

from ethereum.ercs import IERC4626

from contracts.mocks.modules import hostile_ledger as ledger
from contracts.mocks.modules import hostility

initializes: ledger
initializes: hostility

exports: (
    ledger.gain,
    ledger.lose,
    ledger.worth,
    ledger.held,
    ledger.supply,
    ledger.units_of,
    ledger.allowance,
    ledger.SINK,
    hostility.set_reentry,
    hostility.dial,
    hostility.revert_bomb,
    hostility.reentry_attempts,
    hostility.reentry_succeeded,
    hostility.reentry_word,
)

WORDS: constant(uint256) = hostility.BOMB_BYTES // 32

name: public(constant(String[16])) = "Hostile Strategy"
symbol: public(constant(String[7])) = "HOSTILE"


@deploy
def __init__(asset_: address, offset: uint8):
    ledger.__init__(asset_, offset)


@external
def set_mode(group: uint8, mode: uint8, param: uint256):
    """
    @notice Turns one dial, in every state and by anyone.
    @param group One of hostility's groups.
    @param mode One of the modes that the group acts on; any other reverts.
    @param param Bps, asset wei, gas, a stage or a word, as the mode says; below 2**248.
    """
    hostility._set_mode(group, mode, param)
    if group == hostility.CUSTODY:
        ledger._count_donations(mode == hostility.COUNT_DONATIONS)


# -- ERC-4626: assets in and out ----------------------------------------------
@external
@raw_return
def deposit(assets: uint256, receiver: address) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.DEPOSIT)
    units: uint256 = ledger._to_units(assets)
    self._enter(dial, assets, units, receiver)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, units)


@external
@raw_return
def mint(units: uint256, receiver: address) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.DEPOSIT)
    assets: uint256 = ledger._to_assets_up(units)
    self._enter(dial, assets, units, receiver)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, assets)


@external
@raw_return
def redeem(units: uint256, receiver: address, owner: address) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.REDEEM)
    burned: uint256 = units
    assets: uint256 = ledger._net(ledger._to_assets(units), self._fee())
    limit: uint256 = self._payable_now(assets)
    if limit < assets:
        assets = limit
        burned = min(units, ledger._to_units_up(ledger._gross(limit, self._fee())))
    self._leave(dial, assets, burned, receiver, owner)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, assets)


@external
@raw_return
def withdraw(assets: uint256, receiver: address, owner: address) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.REDEEM)
    paid: uint256 = self._payable_now(assets)
    units: uint256 = ledger._to_units_up(ledger._gross(paid, self._fee()))
    self._leave(dial, paid, units, receiver, owner)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, units)


# -- ERC-20 -------------------------------------------------------------------
@external
@raw_return
def transfer(receiver: address, units: uint256) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.TRANSFER)
    self._move(dial, msg.sender, receiver, units)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, 1)


@external
@raw_return
def transferFrom(owner: address, receiver: address, units: uint256) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.TRANSFER)
    self._move(dial, owner, receiver, units)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, 1)


@external
@raw_return
def approve(spender: address, units: uint256) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.TRANSFER)
    if not hostility._skips(dial):
        ledger._approve(msg.sender, spender, units)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, 1)


@external
@view
@raw_return
def balanceOf(owner: address) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.BALANCE)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, ledger.units_of[owner])


@external
@view
@raw_return
def totalSupply() -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.BALANCE)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, ledger.supply)


# -- ERC-4626: what it says about itself --------------------------------------
@external
@view
@raw_return
def asset() -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.META)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, convert(ledger.ASSET.address, uint256))


@external
@view
@raw_return
def decimals() -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.META)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, convert(ledger.DECIMALS, uint256))


@external
@view
@raw_return
def totalAssets() -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.READ)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, ledger._total())


@external
@view
@raw_return
def convertToAssets(units: uint256) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.READ)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, ledger._to_assets(units))


@external
@view
@raw_return
def convertToShares(assets: uint256) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.READ)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, ledger._to_units(assets))


@external
@view
@raw_return
def previewDeposit(assets: uint256) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.READ)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, ledger._to_units(assets))


@external
@view
@raw_return
def previewMint(units: uint256) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.READ)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, ledger._to_assets_up(units))


@external
@view
@raw_return
def previewRedeem(units: uint256) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.READ)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, ledger._net(ledger._to_assets(units), self._fee()))


@external
@view
@raw_return
def previewWithdraw(assets: uint256) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.READ)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, ledger._to_units_up(ledger._gross(assets, self._fee())))


@external
@view
@raw_return
def maxDeposit(receiver: address) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.MAX)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, max_value(uint256))


@external
@view
@raw_return
def maxMint(receiver: address) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.MAX)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, max_value(uint256))


@external
@view
@raw_return
def maxRedeem(owner: address) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.MAX)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, self._max_units(dial, owner))


@external
@view
@raw_return
def maxWithdraw(owner: address) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.MAX)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    return hostility._answer(dial, self._max_assets(dial, owner))


# -- what is done -------------------------------------------------------------
@internal
def _enter(dial: uint256, assets: uint256, units: uint256, receiver: address):
    if hostility._skips(dial):
        return
    hostility._reenter(dial, hostility.BEFORE)
    taken: uint256 = assets
    counted: uint256 = assets - hostility._part(dial, hostility.SHORT, assets)
    if hostility._mode(dial) == hostility.FREE_MINT:
        taken = hostility._part(dial, hostility.FREE_MINT, assets)
        counted = taken
    extra: uint256 = hostility._part(dial, hostility.OVERTAKE, assets)
    if extra != 0:
        reach: uint256 = min(
            staticcall ledger.ASSET.allowance(msg.sender, self), staticcall ledger.ASSET.balanceOf(msg.sender)
        )
        taken += min(extra, reach - min(reach, assets))
    if taken != 0:
        ledger._pull(taken, counted)
    hostility._reenter(dial, hostility.HALFWAY)
    ledger._mint_units(receiver, units - hostility._part(dial, hostility.SHORT, units))
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=units)
    hostility._reenter(dial, hostility.AFTER)


@internal
def _leave(dial: uint256, assets: uint256, units: uint256, receiver: address, owner: address):
    if hostility._skips(dial):
        return
    hostility._reenter(dial, hostility.BEFORE)
    ledger._spend(owner, units)
    liquidity: uint256 = hostility._dial(hostility.LIQUIDITY)
    if liquidity != 0:
        hostility._set_param(hostility.LIQUIDITY, hostility._param(liquidity) - assets)
    extra: uint256 = min(hostility._part(dial, hostility.OVERTAKE, units), ledger.units_of[owner] - units)
    stolen: uint256 = ledger._to_assets(extra) + hostility._part(dial, hostility.SHORT, assets)
    stolen += ledger._gross(assets, self._fee()) - assets
    ledger._burn_units(owner, units + extra)
    hostility._reenter(dial, hostility.HALFWAY)
    ledger._push(receiver, assets - hostility._part(dial, hostility.SHORT, assets))
    if stolen != 0:
        ledger._push(ledger.SINK, stolen)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=units)
    hostility._reenter(dial, hostility.AFTER)


@internal
def _move(dial: uint256, owner: address, receiver: address, units: uint256):
    if hostility._skips(dial):
        return
    hostility._reenter(dial, hostility.BEFORE)
    ledger._spend(owner, units)
    missing: uint256 = hostility._part(dial, hostility.SHORT, units)
    if missing != 0:
        ledger._burn_units(owner, missing)
    hostility._reenter(dial, hostility.HALFWAY)
    ledger._move_units(owner, receiver, units - missing)
    hostility._reenter(dial, hostility.AFTER)


# -- what can be had ----------------------------------------------------------
@internal
@view
def _fee() -> uint256:
    return hostility._param(hostility._dial(hostility.FEE))


@internal
@view
def _payable_now(assets: uint256) -> uint256:
    dial: uint256 = hostility._dial(hostility.LIQUIDITY)
    if dial == 0 or assets <= hostility._param(dial):
        return assets
    assert hostility._mode(dial) == hostility.PARTIAL, "hostile: illiquid"
    return hostility._param(dial)


@internal
@view
def _liquid(dial: uint256) -> uint256:
    limit: uint256 = hostility._dial(hostility.LIQUIDITY)
    if limit == 0 or hostility._mode(dial) == hostility.IGNORE_LIMIT:
        return max_value(uint256)
    return hostility._param(limit)


@internal
@view
def _max_assets(dial: uint256, owner: address) -> uint256:
    return min(ledger._net(ledger._to_assets(ledger.units_of[owner]), self._fee()), self._liquid(dial))


@internal
@view
def _max_units(dial: uint256, owner: address) -> uint256:
    units: uint256 = ledger.units_of[owner]
    liquid: uint256 = self._liquid(dial)
    if ledger._net(ledger._to_assets(units), self._fee()) <= liquid:
        return units
    return min(units, ledger._to_units(liquid))
