# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Conditions
@custom:contract-name conditions
@license AGPL-3.0-only
@notice When a standing order may be carried out, judged by the Vault's ledger and what strategies answer now.
"""

from interfaces import IReflexes
from interfaces import IVault
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import outside
from contracts.modules import pricing

# IReflexes.Condition
PRICE: constant(uint256) = 1
LIQUIDITY: constant(uint256) = 2
IDLE: constant(uint256) = 4
STATE: constant(uint256) = 8

VAULT: immutable(IVault)


@deploy
def __init__(vault: address):
    """
    @param vault The Vault that is watched.
    """
    VAULT = IVault(vault)


@internal
@pure
def _check(order: IReflexes.Order):
    """
    @dev Reverts unless the condition of an order makes sense.
    """
    kind: uint256 = convert(order.condition, uint256)
    assert kind in [PRICE, LIQUIDITY, IDLE, STATE], "reflexes: no such condition"
    if kind == STATE:
        assert order.threshold in [ledger.STRESS, ledger.WINDDOWN], "reflexes: no such state"
    else:
        assert order.threshold != 0 and order.threshold <= ledger.BPS, "reflexes: threshold out of range"
    if kind == PRICE:
        assert order.threshold != ledger.BPS, "reflexes: threshold out of range"  # no price falls by more
    if kind in [IDLE, STATE]:
        assert order.watched == 0, "reflexes: watches the Vault"
    else:
        assert order.watched != 0 and order.watched < 256, "reflexes: nothing watched"


@internal
@view
def _is_met(order: IReflexes.Order) -> (bool, uint256):
    """
    @dev Whether a condition holds. A strategy that does not tell its price has not fallen; one that does not tell its liquidity
         has none.
    @return Whether it holds, and the level that was compared with the threshold.
    """
    kind: uint256 = convert(order.condition, uint256)
    if kind == STATE:
        state: uint256 = (self._word(ledger.WORD_HOT, 0) >> 192) & 3
        return state >= order.threshold, state
    if kind == IDLE:
        idle: uint256 = 0
        total: uint256 = 0
        idle, total = outside._books(VAULT)
        return idle * ledger.BPS < total * order.threshold, idle * ledger.BPS // max(total, 1)
    units: uint256 = self._word(ledger.WORD_POSITION, order.watched) & ledger.M112
    if units == 0:
        return False, 0
    if kind == LIQUIDITY:
        liquid: uint256 = min(self._redeemable(order.watched), units)
        return liquid * ledger.BPS < units * order.threshold, liquid * ledger.BPS // units
    return self._has_fallen(order.watched, units, order.threshold)


@internal
@view
def _has_fallen(id: uint256, units: uint256, threshold: uint256) -> (bool, uint256):
    """
    @dev Whether a price stands more than the threshold below its reference.
    @return Whether it does, and by how much, bps rounded down.
    """
    mark: uint256 = guarded_call._read(self._word(ledger.WORD_TERMS, id), guarded_call.VALUE, units)
    memory: uint256 = self._word(ledger.WORD_MEMORY, id)
    reference: uint256 = (units * pricing._highest(memory)) >> (memory >> 248)
    if mark >= reference:
        return False, 0
    fallen: bool = mark * ledger.BPS < reference * (ledger.BPS - threshold)
    return fallen, (reference - mark) * ledger.BPS // reference


@internal
@view
def _liquid(id: uint256) -> uint256:
    """
    @dev What a strategy says it can pay the stayers now. Where it tells no value, its book stands for it.
    @return Asset wei, rounded down.
    """
    position: uint256 = self._word(ledger.WORD_POSITION, id)
    units: uint256 = position & ledger.M112
    if units == 0:
        return 0
    value: uint256 = guarded_call._read(self._word(ledger.WORD_TERMS, id), guarded_call.VALUE, units)
    if value > guarded_call.LARGEST:
        value = (position >> 112) & ledger.M112
    return value * min(self._redeemable(id), units) // units


@internal
@view
def _redeemable(id: uint256) -> uint256:
    """
    @dev Units that a strategy says it can redeem for the Vault now; 0 if it does not answer.
    """
    terms: uint256 = self._word(ledger.WORD_TERMS, id)
    most: uint256 = guarded_call._read(terms, guarded_call.MOST, convert(VAULT.address, uint256))
    if most > guarded_call.LARGEST:
        return 0
    return most


@internal
@view
def _idle() -> uint256:
    """
    @dev The Vault's idle, asset wei.
    """
    return self._word(ledger.WORD_HOT, 0) & ledger.M112


@internal
@view
def _word(key: uint256, id: uint256) -> uint256:
    return staticcall VAULT.word(key, id)
