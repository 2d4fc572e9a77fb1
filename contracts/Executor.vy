# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Executor
@custom:contract-name Executor
@license AGPL-3.0-only
@notice Agents' hands. Checks what an agent wants against its mandate and the operating caps, has the Vault do it, and
        charges what was measured.
@dev Agents are assumed hostile. Whatever an agent does, it extracts at most loss x (1 + t / window) in any time t plus
     the strategies' tolerance on what was allocated when it began, because a pure deallocation may overdraw the loss
     budget (reducing risk is never blocked) while nothing can be allocated until it has refilled.
@dev Roles. Governor (the Timelock): mandates, caps, curator, guardians. Curator: caps, but not above a cut that still
     stands. Guardian: revokes a mandate and cuts a cap, at once. The Vault's ceilings bind whatever is set here.
@dev Strategies are reached only through the Vault, which is locked during its own calls, as this contract is.
"""

from interfaces import IExecutor
from interfaces import IVault
from contracts.modules import authority
from contracts.modules import caps
from contracts.modules import leaky_bucket

implements: IExecutor

initializes: authority
initializes: caps[authority := authority]

exports: (authority.governor, authority.is_guardian, authority.is_sealed, authority.set_guardian, authority.seal)
exports: (caps.trim, caps.set_cap, caps.cut, caps.set_curator, caps.curator, caps.cap, caps.over_since)

MAX_AMOUNT: constant(uint256) = 2**112 - 1  # asset wei
MAX_WINDOW: constant(uint256) = 31_536_000  # seconds

# permissions 8 | expiry 40 | window 32 | max loss 112
terms: HashMap[address, uint256]
strategies: HashMap[address, uint256]
flow: HashMap[address, uint256]
loss: HashMap[address, uint256]
document: HashMap[address, bytes32]


@deploy
def __init__(vault_: address, governor: address):
    """
    @param vault_ The Vault whose capital moves.
    @param governor The Timelock.
    """
    authority.__init__(governor)
    caps.__init__(vault_)


# ------------------------------------------------------------------ agents


@external
def execute(intent: IExecutor.Intent):
    """
    @notice An agent with a mandate. Makes all moves in order or none. Permissions and strategies bind every move; caps and
            budgets bind on the end state, and only an intent that allocates: reducing risk is charged but never refused.
    @param intent The moves, the agent's own loss limit, a deadline and the hash of its reasons.
    """
    terms: uint256 = self.terms[msg.sender]
    assert block.timestamp <= intent.deadline, "executor: deadline passed"
    assert terms & 255 != 0, "executor: no mandate"
    assert block.timestamp <= (terms >> 8) & (2**40 - 1), "executor: mandate expired"
    assert len(intent.moves) != 0, "executor: no moves"
    strategies: uint256 = self.strategies[msg.sender]
    allocated: uint256 = 0
    deallocated: uint256 = 0
    lost: uint256 = 0
    for move: IExecutor.Move in intent.moves:
        assert move.id < 256 and (strategies >> move.id) & 1 == 1, "executor: strategy not allowed"
        if move.assets > 0:
            assert terms & 1 != 0, "executor: may not allocate"
            caps._check_liquid(move.id)
            moved: IVault.Moved = extcall caps.VAULT.allocate(move.id, convert(move.assets, uint256), move.limit)
            caps._check_cap(move.id, moved)
            allocated += moved.assets
            lost += moved.loss
        else:
            assert terms & 2 != 0, "executor: may not deallocate"
            moved: IVault.Moved = extcall caps.VAULT.deallocate(move.id, self._wanted(move.assets), move.limit)
            deallocated += moved.assets
            lost += moved.loss
    assert lost <= intent.max_loss, "executor: over own max loss"
    self._charge(terms, allocated, lost)
    log IExecutor.IntentExecuted(
        agent=msg.sender,
        document=self.document[msg.sender],
        reason=intent.reason,
        moves=intent.moves,
        allocated=allocated,
        deallocated=deallocated,
        loss=lost,
    )


@internal
@pure
def _wanted(assets: int256) -> uint256:
    """
    @dev Size of a deallocation; the most negative number wants everything.
    """
    assert assets != 0, "executor: empty move"
    return convert(-(assets + 1), uint256) + 1


@internal
def _charge(terms: uint256, allocated: uint256, lost: uint256):
    """
    @dev Books flow and loss of the caller's intent. An intent that allocates must fit; any other may overdraw.
    """
    window: uint256 = (terms >> 48) & (2**32 - 1)
    if allocated != 0:
        assert lost <= terms >> 80, "executor: over max loss"
        bucket: uint256 = self.flow[msg.sender]
        spent: uint256 = leaky_bucket._spent(bucket, window) + allocated
        assert spent <= leaky_bucket._limit(bucket), "executor: over flow budget"
        self.flow[msg.sender] = leaky_bucket._filled(leaky_bucket._limit(bucket), spent)
    bucket: uint256 = self.loss[msg.sender]
    spent: uint256 = leaky_bucket._spent(bucket, window) + lost
    assert allocated == 0 or spent <= leaky_bucket._limit(bucket), "executor: over loss budget"
    if lost != 0:
        self.loss[msg.sender] = leaky_bucket._filled(leaky_bucket._limit(bucket), spent)


# ------------------------------------------------------------------ mandates


@external
def set_mandate(agent: address, mandate: IExecutor.Mandate):
    """
    @notice Governor. Grants or replaces a mandate; what is spent of the old budgets stays spent. At worst the agent loses
            what the budgets allow.
    @param agent The account that will act.
    @param mandate What it may do.
    """
    authority._only_governor()
    assert agent != empty(address), "executor: no agent"
    permissions: uint256 = convert(mandate.permissions, uint256)
    assert permissions != 0, "executor: no permissions"
    assert max(max(mandate.flow, mandate.loss), mandate.max_loss) <= MAX_AMOUNT, "executor: budget too large"
    assert mandate.window != 0 and mandate.window <= MAX_WINDOW, "executor: window out of range"
    assert mandate.expiry < 2**40, "executor: expiry out of range"
    old: uint256 = self.terms[agent]
    flow_spent: uint256 = 0
    loss_spent: uint256 = 0
    if old != 0:
        flow_spent = leaky_bucket._spent(self.flow[agent], (old >> 48) & (2**32 - 1))
        loss_spent = leaky_bucket._spent(self.loss[agent], (old >> 48) & (2**32 - 1))
    self.terms[agent] = permissions | (mandate.expiry << 8) | (mandate.window << 48) | (mandate.max_loss << 80)
    self.strategies[agent] = mandate.strategies
    self.flow[agent] = leaky_bucket._filled(mandate.flow, flow_spent)
    self.loss[agent] = leaky_bucket._filled(mandate.loss, loss_spent)
    self.document[agent] = mandate.document
    log IExecutor.MandateSet(agent=agent, mandate=mandate)


@external
def revoke(agent: address):
    """
    @notice Guardian. Ends a mandate at once; only the Timelock grants a new one. At worst an honest agent stops.
    @param agent The account.
    """
    authority._only_guardian()
    assert self.terms[agent] & 255 != 0, "executor: no mandate"
    self.terms[agent] = (self.terms[agent] >> 8) << 8
    log IExecutor.MandateRevoked(agent=agent, by=msg.sender)


# ------------------------------------------------------------------ views


@view
@external
def vault() -> address:
    """
    @notice The Vault whose capital moves.
    @return Its address.
    """
    return caps.VAULT.address


@view
@external
def mandate(agent: address) -> IExecutor.Mandate:
    """
    @notice What an agent may do.
    @param agent The account.
    @return The mandate; without permissions if revoked, all zero if never granted.
    """
    terms: uint256 = self.terms[agent]
    return IExecutor.Mandate(
        permissions=convert(terms & 255, IExecutor.Permission),
        strategies=self.strategies[agent],
        flow=leaky_bucket._limit(self.flow[agent]),
        loss=leaky_bucket._limit(self.loss[agent]),
        max_loss=terms >> 80,
        window=(terms >> 48) & (2**32 - 1),
        expiry=(terms >> 8) & (2**40 - 1),
        document=self.document[agent],
    )


@view
@external
def flow_budget(agent: address) -> IExecutor.Budget:
    """
    @notice What an agent may allocate.
    @param agent The account.
    @return Limit and what is spent of it now, asset wei.
    """
    return self._budget(agent, self.flow[agent])


@view
@external
def loss_budget(agent: address) -> IExecutor.Budget:
    """
    @notice What an agent may lose.
    @param agent The account.
    @return Limit and what is spent of it now, asset wei; spent may exceed the limit after deallocations.
    """
    return self._budget(agent, self.loss[agent])


@internal
@view
def _budget(agent: address, bucket: uint256) -> IExecutor.Budget:
    window: uint256 = max(1, (self.terms[agent] >> 48) & (2**32 - 1))
    return IExecutor.Budget(limit=leaky_bucket._limit(bucket), spent=leaky_bucket._spent(bucket, window))
