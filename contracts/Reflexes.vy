# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Reflexes
@custom:contract-name Reflexes
@license AGPL-3.0-only
@notice Standing orders: what governance wants done when something happens is decided before, and done by whoever comes first.
        To the Executor this contract is an agent like any other, with a mandate; it can only bring capital home.
@dev Roles. Governor (the Timelock): orders and what is left of the bounty budget, after its delay. Anyone without code: `fire`.
     A guardian stops every deallocation here by revoking the mandate at the Executor; a trim is anybody's anyway.
@dev Worst case. A caller who makes a condition true with its own capital makes an order fire early: the stayers lose at most
     `max_loss` (a trim: a quarter of the tolerance) and `bounty` a cooldown, and some yield. Nothing is charged to
     another agent's budget.
@dev Callers. Only accounts without code, directly: money borrowed within a transaction makes no condition true.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC4626
from interfaces import IExecutor
from interfaces import IReflexes
from contracts.modules import authority
from contracts.modules import conditions
from contracts.modules import ledger
from contracts.modules import outside

implements: IReflexes

initializes: authority
initializes: outside
initializes: conditions[outside := outside]

exports: (authority.governor, authority.is_sealed, authority.seal)

HOUR: constant(uint256) = 3_600
DAY: constant(uint256) = 86_400
MAX_COOLDOWN: constant(uint256) = 2_592_000  # seconds
MAX_AMOUNT: constant(uint256) = 2**112 - 1  # asset wei
DEALLOCATE: constant(uint256) = 1  # IReflexes.Action
TRIM: constant(uint256) = 2
MAX_ORDERS: constant(uint256) = 64

ASSET: immutable(IERC20)

orders: HashMap[uint256, IReflexes.Order]
memories: HashMap[uint256, IReflexes.Memory]
budget: public(uint256)
bounty_of: public(HashMap[address, uint256])


@deploy
def __init__(executor_: address, governor: address):
    """
    @param executor_ The Executor that grants the mandate.
    @param governor The Timelock.
    """
    authority.__init__(governor)
    vault: address = staticcall IExecutor(executor_).vault()
    outside.__init__(vault)
    conditions.__init__(executor_)
    ASSET = IERC20(staticcall IERC4626(vault).asset())


# ------------------------------------------------------------------ anyone


@external
def fire(id: uint256) -> uint256:
    """
    @notice Any account without code, directly. Carries an order out if its condition holds. Where the condition must be seen
            twice, or the Executor notes a position first, the first call only remembers it; one an hour to a day later acts.
    @param id The order.
    @return Asset wei brought to idle; 0 if it was only remembered.
    """
    assert msg.sender == tx.origin and not msg.sender.is_contract, "reflexes: not an account"
    order: IReflexes.Order = self._order(id)
    past: IReflexes.Memory = self.memories[id]
    assert block.timestamp >= past.fired_at + order.cooldown, "reflexes: cooling down"
    met: bool = False
    level: uint256 = 0
    met, level = conditions._is_met(order)
    assert met, "reflexes: condition not met"
    if convert(order.condition, uint256) == conditions.LIQUIDITY:
        if past.armed_at == 0 or block.timestamp - past.armed_at > DAY:
            self.memories[id].armed_at = block.timestamp
            log IReflexes.Armed(id=id, level=level)
            return 0
        assert block.timestamp - past.armed_at >= HOUR, "reflexes: seen too lately"
    assets: uint256 = self._act(id, order)
    if assets == 0:
        return 0
    self.memories[id] = IReflexes.Memory(fired_at=block.timestamp, armed_at=0)
    bounty: uint256 = min(order.bounty, self.budget)
    self.budget -= bounty
    self.bounty_of[msg.sender] += bounty
    log IReflexes.Fired(id=id, by=msg.sender, level=level, assets=assets, bounty=bounty)
    return assets


@external
def fund(assets: uint256):
    """
    @notice Anyone. Adds to the budget that bounties are paid from.
    @param assets Asset wei.
    """
    before: uint256 = staticcall ASSET.balanceOf(self)
    assert extcall ASSET.transferFrom(msg.sender, self, assets, default_return_value=True), "reflexes: not paid"
    self.budget += staticcall ASSET.balanceOf(self) - before
    log IReflexes.Funded(by=msg.sender, assets=assets)


@external
def collect(receiver: address) -> uint256:
    """
    @notice Whoever has fired. Pays the caller's bounties out.
    @param receiver Who gets them.
    @return Asset wei.
    """
    assets: uint256 = self.bounty_of[msg.sender]
    assert assets != 0, "reflexes: no bounty"
    self.bounty_of[msg.sender] = 0
    assert extcall ASSET.transfer(receiver, assets, default_return_value=True), "reflexes: not paid"
    log IReflexes.Collected(account=msg.sender, receiver=receiver, assets=assets)
    return assets


# ------------------------------------------------------------------ governance


@external
def set_order(id: uint256, order: IReflexes.Order):
    """
    @notice Governor. Sets a standing order, or replaces one and forgets what was remembered of it. At worst it brings capital
            home when nobody wants it, at `max_loss` and `bounty` a cooldown.
    @param id 1 to 64.
    @param order The order.
    """
    authority._only_governor()
    assert id != 0 and id <= MAX_ORDERS, "reflexes: id out of range"
    conditions._check(order)
    assert convert(order.action, uint256) in [DEALLOCATE, TRIM], "reflexes: no such action"
    assert order.target != 0 and order.target < 256, "reflexes: no such strategy"
    assert order.least != 0 and order.least <= order.most, "reflexes: least out of range"
    assert order.max_loss < order.least, "reflexes: max_loss over least"
    assert max(order.most, order.bounty) <= MAX_AMOUNT, "reflexes: amount too large"
    assert order.cooldown >= HOUR and order.cooldown <= MAX_COOLDOWN, "reflexes: cooldown out of range"
    self.orders[id] = order
    self.memories[id] = empty(IReflexes.Memory)
    log IReflexes.OrderSet(id=id, order=order)


@external
def remove_order(id: uint256):
    """
    @notice Governor. Removes a standing order. At worst the treasury no longer reacts by itself.
    @param id The order.
    """
    authority._only_governor()
    self._order(id)
    self.orders[id] = empty(IReflexes.Order)
    log IReflexes.OrderRemoved(id=id)


@external
def defund(receiver: address, assets: uint256):
    """
    @notice Governor. Takes from the budget; bounties that were earned stay.
    @param receiver Who gets it.
    @param assets Asset wei.
    """
    authority._only_governor()
    assert assets <= self.budget, "reflexes: over budget"
    self.budget -= assets
    assert extcall ASSET.transfer(receiver, assets, default_return_value=True), "reflexes: not paid"
    log IReflexes.Defunded(receiver=receiver, assets=assets)


# ------------------------------------------------------------------ views


@view
@external
def check(id: uint256) -> (bool, uint256):
    """
    @notice Whether an order's condition holds now, whatever it remembers and however long ago it fired.
    @param id The order.
    @return Whether it holds.
    @return The level that was compared with its threshold.
    """
    return conditions._is_met(self._order(id))


@view
@external
def order(id: uint256) -> IReflexes.Order:
    """
    @notice A standing order.
    @param id 1 to 64.
    @return The order; all zero if there is none.
    """
    return self.orders[id]


@view
@external
def memory(id: uint256) -> IReflexes.Memory:
    """
    @notice When an order fired last and when its condition was first seen.
    @param id The order.
    @return Unix seconds, 0 for never.
    """
    return self.memories[id]


@view
@external
def executor() -> address:
    """
    @notice The Executor that grants the mandate.
    @return Its address.
    """
    return conditions.EXECUTOR.address


# ------------------------------------------------------------------ internals


@internal
@view
def _order(id: uint256) -> IReflexes.Order:
    order: IReflexes.Order = self.orders[id]
    assert order.target != 0, "reflexes: no such order"
    return order


@internal
def _act(id: uint256, order: IReflexes.Order) -> uint256:
    """
    @dev Carries an order out through the Executor.
    @return Asset wei brought to idle.
    """
    if convert(order.action, uint256) == TRIM:
        trimmed: uint256 = extcall conditions.EXECUTOR.trim(order.target)
        assert trimmed == 0 or trimmed >= order.least, "reflexes: too little over"
        return trimmed
    assets: uint256 = min(order.most, outside._liquid(order.target))
    assert assets >= order.least, "reflexes: too little liquid"
    before: uint256 = self._idle()
    extcall conditions.EXECUTOR.execute(
        IExecutor.Intent(
            agent=self,
            moves=[IExecutor.Move(id=order.target, assets=-convert(assets, int256), limit=order.least - order.max_loss)],
            max_loss=order.max_loss,
            deadline=block.timestamp,
            nonce=0,
            sequence=0,
            relayer=empty(address),
            reason=keccak256(abi_encode(id, order)),
        )
    )
    return self._idle() - before


@internal
@view
def _idle() -> uint256:
    """
    @dev The Vault's idle, asset wei.
    """
    return outside._word(ledger.WORD_HOT, 0) & ledger.M112
