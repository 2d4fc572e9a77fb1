# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Mandates
@custom:contract-name mandates
@license AGPL-3.0-only
@notice What each agent may do, what it has used of that, and its signs of life.
@dev Roles. Governor: grants. Guardian: revokes, at once. Governor and curator: revive an agent that fell silent. The agent:
     its heartbeat and its nonces.
@dev Every agent has buckets of its own: none can spend another's.
"""

from interfaces import IExecutor
from contracts.modules import authority
from contracts.modules import caps
from contracts.modules import journaling
from contracts.modules import leaky_bucket

uses: authority
uses: caps
uses: journaling

MAX_WINDOW: constant(uint256) = 31_536_000  # seconds
DUST: constant(uint256) = 1_000  # asset wei of debt that close nothing: roundings
M24: constant(uint256) = 2**24 - 1
M25: constant(uint256) = 2**25 - 1
M32: constant(uint256) = 2**32 - 1
M40: constant(uint256) = 2**40 - 1
M100: constant(uint256) = 2**100 - 1

ALLOCATE: constant(uint256) = 1  # IExecutor.Permission
DEALLOCATE: constant(uint256) = 2
POLICED: constant(uint256) = 1 << 90  # the mandate names a policy
SILENT: constant(uint256) = 1 << 91  # the agent acted after too long a silence
WATCHED: constant(uint256) = (M25 << 65) | POLICED | SILENT  # something is asked before capital is put to work
FLOW: constant(uint256) = 92  # where in the terms each amount stands
LOSS: constant(uint256) = 137
MAX_LOSS: constant(uint256) = 182

# permissions 8 | expiry 32 | window 25 | heartbeat 25 | POLICED | SILENT | flow 45 | loss 45 | max loss 45. Each amount
# is digits 40 | power of ten 5, so that an intent reads all of a mandate but its strategies in one slot.
terms: HashMap[address, uint256]
# flow 100 | loss 100 | time of both and last sign of life 32 | intents made 24
used: HashMap[address, uint256]
strategies: HashMap[address, uint256]
hash_of: HashMap[address, bytes32]
policy_of: HashMap[address, address]
document_of: HashMap[address, bytes32]
nonces: public(HashMap[address, HashMap[uint256, uint256]])


# ------------------------------------------------------------------ agents


@external
def beat():
    """
    @notice An agent with a mandate. A sign of life. At worst a stolen key keeps the mandate alive until its expiry.
    """
    terms: uint256 = self._granted(msg.sender)
    used: uint256 = self.used[msg.sender]
    assert not self._is_silent(terms, used), "executor: agent silent"
    self._refresh(msg.sender, terms, used)
    log IExecutor.Beat(agent=msg.sender)


@external
def cancel_nonces(word: uint256, mask: uint256):
    """
    @notice Any agent. Uses up nonces of its own, so that no signature over them can be executed.
    @param word Nonces 256·word to 256·word + 255.
    @param mask Bit i for nonce 256·word + i.
    """
    self.nonces[msg.sender][word] |= mask
    log IExecutor.NoncesCancelled(agent=msg.sender, word=word, mask=mask)


# ------------------------------------------------------------------ roles


@external
def set_mandate(agent: address, mandate: IExecutor.Mandate):
    """
    @notice Governor. Grants or replaces a mandate; what is spent of the old budgets stays spent, and signatures under the
            old one end. At worst the agent loses what the budgets allow.
    @param agent The account that will act.
    @param mandate What it may do; its amounts keep twelve significant digits, rounded down.
    """
    authority._only_governor()
    assert agent != empty(address), "executor: no agent"
    permissions: uint256 = convert(mandate.permissions, uint256)
    assert permissions != 0, "executor: no permissions"
    assert max(max(mandate.flow, mandate.loss), mandate.max_loss) <= M100, "executor: budget too large"
    assert mandate.window != 0 and mandate.window <= MAX_WINDOW, "executor: window out of range"
    assert mandate.heartbeat <= MAX_WINDOW, "executor: heartbeat out of range"
    assert mandate.expiry <= M32, "executor: expiry out of range"
    flow: uint256 = 0
    loss: uint256 = 0
    old: uint256 = self.terms[agent]
    used: uint256 = self.used[agent]
    if old != 0:
        flow, loss = self._spent(old, used)
    terms: uint256 = permissions | (mandate.expiry << 8) | (mandate.window << 40) | (mandate.heartbeat << 65)
    terms |= self._packed(mandate.flow) << FLOW
    terms |= self._packed(mandate.loss) << LOSS
    terms |= self._packed(mandate.max_loss) << MAX_LOSS
    if mandate.policy != empty(address):
        terms |= POLICED
    granted: bytes32 = keccak256(abi_encode(agent, mandate, journaling._next()))
    self.terms[agent] = terms
    self.used[agent] = flow | (loss << 100) | (block.timestamp << 200) | ((used >> 232) << 232)
    self.strategies[agent] = mandate.strategies
    self.hash_of[agent] = granted
    self.policy_of[agent] = mandate.policy
    self.document_of[agent] = mandate.document
    log IExecutor.MandateSet(agent=agent, mandate=mandate)
    journaling._append(journaling.GRANT, agent, granted, granted, mandate.document, [])


@external
def revoke(agent: address):
    """
    @notice Guardian. Ends a mandate at once, and with it every signature under it; only the Timelock grants a new one. At
            worst an honest agent stops.
    @param agent The account.
    """
    authority._only_guardian()
    self.terms[agent] = (self._granted(agent) >> 8) << 8
    ended: bytes32 = self.hash_of[agent]
    self.hash_of[agent] = empty(bytes32)
    log IExecutor.MandateRevoked(agent=agent, by=msg.sender)
    journaling._append(journaling.REVOCATION, agent, ended, self._who(), empty(bytes32), [])


@external
def revive(agent: address):
    """
    @notice Governor or curator. Lets an agent that fell silent allocate again, inside the mandate it has. At worst a stolen
            key gets that mandate back.
    @param agent The account.
    """
    caps._only_curator()
    terms: uint256 = self._granted(agent)
    self.terms[agent] = terms & ~SILENT
    self._refresh(agent, terms, self.used[agent])
    log IExecutor.AgentRevived(agent=agent, by=msg.sender)
    journaling._append(journaling.REVIVAL, agent, self.hash_of[agent], self._who(), empty(bytes32), [])


# ------------------------------------------------------------------ views


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
        flow=self._amount(terms, FLOW),
        loss=self._amount(terms, LOSS),
        max_loss=self._amount(terms, MAX_LOSS),
        window=(terms >> 40) & M25,
        expiry=(terms >> 8) & M32,
        heartbeat=(terms >> 65) & M25,
        policy=self.policy_of[agent],
        document=self.document_of[agent],
    )


@view
@external
def standing(agent: address) -> IExecutor.Standing:
    """
    @notice What is remembered of an agent.
    @param agent The account.
    @return Hash of its mandate, intents made, last sign of life, and whether it was silent for too long.
    """
    used: uint256 = self.used[agent]
    return IExecutor.Standing(
        mandate=self.hash_of[agent],
        sequence=used >> 232,
        seen=(used >> 200) & M32,
        silent=self._is_silent(self.terms[agent], used),
    )


@view
@external
def flow_budget(agent: address) -> IExecutor.Budget:
    """
    @notice What an agent may allocate.
    @param agent The account.
    @return Limit and what is spent of it now, asset wei.
    """
    return IExecutor.Budget(limit=self._amount(self.terms[agent], FLOW), spent=self._spent_now(agent)[0])


@view
@external
def loss_budget(agent: address) -> IExecutor.Budget:
    """
    @notice What an agent may lose.
    @param agent The account.
    @return Limit and what is spent of it now, asset wei; spent may exceed the limit after deallocations.
    """
    return IExecutor.Budget(limit=self._amount(self.terms[agent], LOSS), spent=self._spent_now(agent)[1])


# ------------------------------------------------------------------ internals


@internal
@view
def _granted(agent: address) -> uint256:
    """
    @dev The packed mandate of an agent that has one.
    """
    terms: uint256 = self.terms[agent]
    assert terms & 255 != 0, "executor: no mandate"
    return terms


@internal
@view
def _in_force(agent: address) -> uint256:
    """
    @dev The packed mandate of an agent, which must not have expired.
    """
    terms: uint256 = self._granted(agent)
    assert block.timestamp <= (terms >> 8) & M32, "executor: mandate expired"
    return terms


@internal
@view
def _is_silent(terms: uint256, used: uint256) -> bool:
    """
    @dev Whether an agent has been silent for longer than its mandate allows, now or before it acted last.
    """
    heartbeat: uint256 = (terms >> 65) & M25
    return terms & SILENT != 0 or (heartbeat != 0 and block.timestamp - ((used >> 200) & M32) > heartbeat)


@internal
@view
def _is_used(agent: address, nonce: uint256) -> bool:
    """
    @dev Whether a nonce of an agent is used up.
    """
    return (self.nonces[agent][nonce >> 8] >> (nonce & 255)) & 1 == 1


@internal
@pure
def _raises(moves: DynArray[IExecutor.Move, 10]) -> bool:
    """
    @dev Whether anything is allocated.
    """
    for move: IExecutor.Move in moves:
        if move.assets > 0:
            return True
    return False


@internal
def _use_nonce(agent: address, nonce: uint256):
    """
    @dev Uses a nonce up. Each can be used once, in any order.
    """
    bit: uint256 = 1 << (nonce & 255)
    word: uint256 = self.nonces[agent][nonce >> 8]
    assert word & bit == 0, "executor: nonce used"
    self.nonces[agent][nonce >> 8] = word | bit


@internal
def _charge(agent: address, terms: uint256, used: uint256, allocated: uint256, lost: uint256) -> uint256:
    """
    @dev Books flow and loss of an intent and counts it. One that allocates must fit; any other may overdraw.
    @return Seconds until an overdraft will have refilled; 0 without one, or with dust.
    """
    since: uint256 = (used >> 200) & M32
    window: uint256 = (terms >> 40) & M25
    most_flow: uint256 = self._amount(terms, FLOW)
    most_loss: uint256 = self._amount(terms, LOSS)
    flow: uint256 = leaky_bucket._spent(most_flow, used & M100, since, window) + allocated
    loss: uint256 = leaky_bucket._spent(most_loss, (used >> 100) & M100, since, window) + lost
    if allocated != 0:
        assert lost <= self._amount(terms, MAX_LOSS), "executor: over max loss"
        assert flow <= most_flow, "executor: over flow budget"
        assert loss <= most_loss, "executor: over loss budget"
    elif terms & SILENT == 0 and self._is_silent(terms, used):
        self.terms[agent] = terms | SILENT
    self._store(agent, flow, loss, (used >> 232) + 1)
    if loss <= most_loss + DUST:
        return 0
    return (loss - most_loss) * window // max(most_loss, 1) + 1


@internal
def _store(agent: address, flow: uint256, loss: uint256, sequence: uint256):
    """
    @dev Stores what is spent as of now, which is a sign of life. An overdraft beyond 100 bits saturates, and the count wraps
         at 24.
    """
    self.used[agent] = flow | (min(loss, M100) << 100) | (block.timestamp << 200) | ((sequence & M24) << 232)


@internal
def _refresh(agent: address, terms: uint256, used: uint256):
    """
    @dev A sign of life that spends nothing.
    """
    flow: uint256 = 0
    loss: uint256 = 0
    flow, loss = self._spent(terms, used)
    self._store(agent, flow, loss, used >> 232)


@internal
@view
def _spent(terms: uint256, used: uint256) -> (uint256, uint256):
    """
    @dev What is spent of both budgets now, asset wei.
    """
    since: uint256 = (used >> 200) & M32
    window: uint256 = (terms >> 40) & M25
    flow: uint256 = leaky_bucket._spent(self._amount(terms, FLOW), used & M100, since, window)
    return flow, leaky_bucket._spent(self._amount(terms, LOSS), (used >> 100) & M100, since, window)


@internal
@view
def _spent_now(agent: address) -> (uint256, uint256):
    """
    @dev As `_spent`; nothing for an account that never had a mandate.
    """
    terms: uint256 = self.terms[agent]
    if terms == 0:
        return 0, 0
    return self._spent(terms, self.used[agent])


@internal
@pure
def _packed(amount: uint256) -> uint256:
    """
    @dev An amount of up to 100 bits as digits 40 | power of ten 5, rounded down.
    """
    digits: uint256 = amount
    power: uint256 = 0
    for i: uint256 in range(31):
        if digits <= M40:
            break
        digits //= 10
        power += 1
    return digits | (power << 40)


@internal
@pure
def _amount(terms: uint256, place: uint256) -> uint256:
    """
    @dev An amount of packed terms.
    @param terms The terms.
    @param place FLOW, LOSS or MAX_LOSS.
    @return Asset wei.
    """
    return unsafe_mul((terms >> place) & M40, pow_mod256(10, (terms >> (place + 40)) & 31))  # unsafe: below 2**100


@internal
@view
def _who() -> bytes32:
    """
    @dev The caller, as a journal's subject.
    """
    return convert(convert(msg.sender, uint256), bytes32)
