# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title Executor
@custom:contract-name Executor
@license AGPL-3.0-only
@notice Agents' hands. Checks what an agent wants against its mandate and the operating caps, has the Vault do it, charges
        what was measured, and enters it in the journal.
@dev Agents are assumed hostile. A pure deallocation may overdraw the loss budget (reducing risk is never blocked); then
     the agent allocates nothing, and nobody allocates to the strategies it drained, until the debt has refilled. So an
     agent extracts its loss budget and each strategy's tolerance on the most that stood in it: docs/THREAT_MODEL.md.
@dev Risk asymmetry. No cap, group, inflow limit, budget, heartbeat or policy refuses an intent that only deallocates.
@dev Roles. Governor (the Timelock): mandates with their policies, caps, groups, curator, guardians. Curator: caps and inflow
     inside what the Timelock allows, revival of agents. Guardian: revokes a mandate and cuts a cap, at once. The Vault's
     ceilings bind whatever is set here.
@dev Strategies are reached only through the Vault, which is locked during its own calls, as this contract is. Policies and
     wallets are called with capped gas; what they answer can refuse an intent, nothing else.
"""

from snekmate.utils import eip712_domain_separator as domain
from interfaces import IExecutor
from interfaces import IPolicy
from interfaces import IVault
from contracts.modules import authority
from contracts.modules import caps
from contracts.modules import groups
from contracts.modules import guarded_call
from contracts.modules import inflows
from contracts.modules import intent_hash
from contracts.modules import signatures
from contracts.modules import journaling
from contracts.modules import ledger
from contracts.modules import mandates
from contracts.modules import outside
from contracts.modules import trims

implements: IExecutor

initializes: authority
initializes: domain
initializes: outside
initializes: journaling[outside := outside]
initializes: caps[authority := authority]
initializes: groups[authority := authority, caps := caps, outside := outside]
initializes: inflows[caps := caps]
initializes: mandates[authority := authority, caps := caps, journaling := journaling]
initializes: signatures[domain := domain]
initializes: trims[caps := caps, groups := groups, journaling := journaling, outside := outside]

exports: (authority.governor, authority.is_guardian, authority.is_sealed, authority.set_guardian, authority.seal)
exports: (caps.set_cap, caps.cut, caps.set_curator, caps.curator, caps.cap, caps.groups_of, caps.closed_until)
exports: (groups.set_group, groups.set_group_cap, groups.cut_group, groups.group, groups.group_exposure)
exports: (inflows.set_inflow, inflows.inflow)
exports: (mandates.beat, mandates.cancel_nonces, mandates.set_mandate, mandates.revoke, mandates.revive)
exports: (mandates.mandate, mandates.standing, mandates.nonces, mandates.flow_budget, mandates.loss_budget)
exports: domain.eip712Domain
exports: (journaling.note, journaling.journal)
exports: (trims.trim, trims.over_since)


@deploy
def __init__(vault_: address, governor: address):
    """
    @param vault_ The Vault whose capital moves.
    @param governor The Timelock.
    """
    assert vault_ != empty(address), "executor: no vault"
    authority.__init__(governor)
    domain.__init__("Ganglion Executor", "1")
    outside.__init__(vault_)


# ------------------------------------------------------------------ agents


@external
def execute(intent: IExecutor.Intent):
    """
    @notice An agent with a mandate. Makes all moves in order or none. Permissions and strategies bind every move; caps,
            groups, budgets and the policy only an intent that allocates: reducing risk is charged but never refused.
    @param intent The moves, the agent's own loss limit, a deadline and the hash of its reasons.
    """
    assert msg.sender == intent.agent, "executor: not the agent"
    terms: uint256 = self._admit(intent)
    mandate: bytes32 = mandates.hash_of[intent.agent]
    self._carry_out(intent, terms, mandate, intent_hash._hash(intent, mandate))


@external
def execute_signed(intent: IExecutor.Intent, signature: Bytes[1_024]):
    """
    @notice Anyone, or only the relayer that the intent names, with an agent's signature. As `execute`, once for each nonce.
            At worst a caller chooses when, before the deadline, an agent's intent is executed.
    @param intent What the agent has signed, its nonce not 0.
    @param signature Of `Lens.digest(intent)`: r, s and v of the agent's key, or what a wallet takes (ERC-1271).
    """
    assert intent.nonce != 0, "executor: no nonce"
    terms: uint256 = self._admit(intent)
    mandate: bytes32 = mandates.hash_of[intent.agent]
    hash: bytes32 = intent_hash._hash(intent, mandate)
    signatures._check(intent.agent, hash, signature)
    self._carry_out(intent, terms, mandate, hash)


# ------------------------------------------------------------------ views


@view
@external
def vault() -> address:
    """
    @notice The Vault whose capital moves.
    @return Its address.
    """
    return outside.VAULT.address


# ------------------------------------------------------------------ internals


@internal
def _admit(intent: IExecutor.Intent) -> uint256:
    """
    @dev What must hold before anything is moved, and uses the nonce up.
    @return The agent's packed mandate.
    """
    assert block.timestamp <= intent.deadline, "executor: deadline passed"
    terms: uint256 = mandates._in_force(intent.agent)
    assert len(intent.moves) != 0, "executor: no moves"
    if intent.relayer != empty(address):
        assert msg.sender == intent.relayer, "executor: not the relayer"
    if intent.sequence != 0:
        assert intent.sequence == (mandates.used[intent.agent] >> 232) + 1, "executor: wrong sequence"
    if intent.nonce != 0:
        mandates._use_nonce(intent.agent, intent.nonce)
    return terms


@internal
def _carry_out(intent: IExecutor.Intent, terms: uint256, mandate: bytes32, hash: bytes32):
    """
    @dev Makes the moves of an admitted intent, charges them and enters them in the journal.
    @param intent The intent.
    @param terms The agent's packed mandate.
    @param mandate Hash of the agent's mandate.
    @param hash Hash of the intent.
    """
    used: uint256 = mandates.used[intent.agent]
    policed: bool = False
    if terms & mandates.WATCHED != 0 and mandates._raises(intent.moves):
        assert not mandates._is_silent(terms, used), "executor: agent silent"
        policed = terms & mandates.POLICED != 0
        if policed:
            self._ask_before(intent, hash)
    strategies: uint256 = mandates.strategies[intent.agent]
    done: DynArray[IExecutor.Done, 10] = []
    allocated: uint256 = 0
    lost: uint256 = 0
    for move: IExecutor.Move in intent.moves:
        assert move.id < 256 and (strategies >> move.id) & 1 == 1, "executor: strategy not allowed"
        moved: IVault.Moved = self._move(move, terms)
        assets: int256 = convert(moved.assets, int256)
        if move.assets > 0:
            allocated += moved.assets
        else:
            assets = -assets
        lost += moved.loss
        done.append(IExecutor.Done(id=move.id, assets=assets, units=moved.units, loss=moved.loss))
    assert lost <= intent.max_loss, "executor: over own max loss"
    debt: uint256 = mandates._charge(intent.agent, terms, used, allocated, lost)
    if debt != 0:
        for each: IExecutor.Done in done:
            if each.loss != 0:
                caps._close(each.id, debt)
    if policed:
        self._ask_after(intent.agent, hash, done, lost)
    journaling._append(journaling.INTENT, intent.agent, mandate, hash, intent.reason, done)


@internal
def _move(move: IExecutor.Move, terms: uint256) -> IVault.Moved:
    """
    @dev Has the Vault make one move.
    @param move The move.
    @param terms The agent's packed mandate.
    @return What the Vault measured.
    """
    if move.assets > 0:
        assert terms & mandates.ALLOCATE != 0, "executor: may not allocate"
        self._check_target(move.id)
        moved: IVault.Moved = extcall outside.VAULT.allocate(move.id, convert(move.assets, uint256), move.limit)
        word: uint256 = caps.words[move.id]
        caps._check(word, moved)
        groups._check(move.id, caps._groups(word), moved)
        if word & caps.LIMITED != 0:
            inflows._charge(move.id, moved.assets)
        return moved
    assert terms & mandates.DEALLOCATE != 0, "executor: may not deallocate"
    assert move.assets != 0, "executor: empty move"
    wanted: uint256 = convert(-(move.assets + 1), uint256) + 1  # the most negative number wants everything
    return extcall outside.VAULT.deallocate(move.id, wanted, move.limit)


@internal
@view
def _check_target(id: uint256):
    """
    @dev Nothing is added to a position that its strategy can redeem less than LEAST_LIQUID of, or whose last unwind fell
         short: a yield that rises because nobody can leave is not an opportunity. Price and failures are the Vault's to judge.
    """
    position: uint256 = outside._word(ledger.WORD_POSITION, id)
    units: uint256 = position & ledger.M112
    if units == 0:
        return
    liquid: uint256 = outside._redeemable(outside._word(ledger.WORD_TERMS, id))
    assert liquid <= guarded_call.LARGEST, "executor: target silent"
    assert liquid * ledger.BPS >= units * caps.LEAST_LIQUID, "executor: target illiquid"
    assert position & ledger.SHORT == 0, "executor: target short"


@internal
def _ask_before(intent: IExecutor.Intent, hash: bytes32):
    """
    @dev The policy of the mandate must agree to an intent.
    """
    payload: Bytes[1_508] = abi_encode(
        intent.agent,
        hash,
        intent.moves,
        method_id=method_id("before_intent(address,bytes32,(uint256,int256,uint256)[])"),
    )
    self._ask(intent.agent, payload)


@internal
def _ask_after(agent: address, hash: bytes32, done: DynArray[IExecutor.Done, 10], lost: uint256):
    """
    @dev The policy of the mandate must agree to what an intent did.
    """
    payload: Bytes[1_508] = abi_encode(
        agent,
        hash,
        done,
        lost,
        method_id=method_id("after_intent(address,bytes32,(uint256,int256,uint256,uint256)[],uint256)"),
    )
    self._ask(agent, payload)


@internal
def _ask(agent: address, payload: Bytes[1_508]):
    """
    @dev Puts a question to the policy of an agent's mandate.
    """
    assert guarded_call._agrees(mandates.policy_of[agent], payload), "executor: policy refused"
