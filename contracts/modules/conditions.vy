# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Conditions
@custom:contract-name conditions
@license AGPL-3.0-only
@notice When a standing order may be carried out, judged by the Vault's ledger and what strategies answer now.
"""

from interfaces import IExecutor
from interfaces import IReflexes
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import outside
from contracts.modules import pricing

uses: outside

# IReflexes.Condition
PRICE: constant(uint256) = 1
LIQUIDITY: constant(uint256) = 2
IDLE: constant(uint256) = 4
STATE: constant(uint256) = 8
GROUP: constant(uint256) = 16
MAX_GROUP: constant(uint256) = 31

EXECUTOR: immutable(IExecutor)


@deploy
def __init__(executor: address):
    """
    @param executor The Executor whose risk groups are watched.
    """
    EXECUTOR = IExecutor(executor)


@internal
@pure
def _check(order: IReflexes.Order):
    """
    @dev Reverts unless the condition of an order makes sense.
    """
    kind: uint256 = convert(order.condition, uint256)
    assert kind in [PRICE, LIQUIDITY, IDLE, STATE, GROUP], "reflexes: no such condition"
    if kind == STATE:
        assert order.threshold in [ledger.STRESS, ledger.WINDDOWN], "reflexes: no such state"
    else:
        assert order.threshold != 0 and order.threshold <= ledger.BPS, "reflexes: threshold out of range"
    if kind == PRICE:
        assert order.threshold != ledger.BPS, "reflexes: threshold out of range"  # no price falls by more
    if kind in [IDLE, STATE]:
        assert order.watched == 0, "reflexes: watches the Vault"
    elif kind == GROUP:
        assert order.watched != 0 and order.watched <= MAX_GROUP, "reflexes: no such group"
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
        state: uint256 = (outside._word(ledger.WORD_HOT, 0) >> 192) & 3
        return state >= order.threshold, state
    if kind == IDLE:
        idle: uint256 = 0
        total: uint256 = 0
        idle, total = outside._books()
        return idle * ledger.BPS < total * order.threshold, idle * ledger.BPS // max(total, 1)
    if kind == GROUP:
        exposure: uint256 = 0
        total: uint256 = 0
        exposure, total = staticcall EXECUTOR.group_exposure(order.watched)
        return exposure * ledger.BPS > total * order.threshold, exposure * ledger.BPS // max(total, 1)
    units: uint256 = outside._word(ledger.WORD_POSITION, order.watched) & ledger.M112
    if units == 0:
        return False, 0
    if kind == LIQUIDITY:
        liquid: uint256 = outside._redeemable(outside._word(ledger.WORD_TERMS, order.watched))
        if liquid > guarded_call.LARGEST:
            liquid = 0
        liquid = min(liquid, units)
        return liquid * ledger.BPS < units * order.threshold, liquid * ledger.BPS // units
    return self._has_fallen(order.watched, units, order.threshold)


@internal
@view
def _has_fallen(id: uint256, units: uint256, threshold: uint256) -> (bool, uint256):
    """
    @dev Whether a price stands more than the threshold below its reference.
    @return Whether it does, and by how much, bps rounded down.
    """
    mark: uint256 = guarded_call._read(outside._word(ledger.WORD_TERMS, id), guarded_call.VALUE, units)
    memory: uint256 = outside._word(ledger.WORD_MEMORY, id)
    reference: uint256 = (units * pricing._highest(memory)) >> (memory >> 248)
    if mark >= reference:
        return False, 0
    fallen: bool = mark * ledger.BPS < reference * (ledger.BPS - threshold)
    return fallen, (reference - mark) * ledger.BPS // reference
