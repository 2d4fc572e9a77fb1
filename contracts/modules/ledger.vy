# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Ledger
@custom:contract-name ledger
@license AGPL-3.0-only
@notice Storage of the Vault, its packing and its roles. What the Vault owns is what stands here: balances that anyone
        can raise by a donation are never read for a price, a cap or a budget.
@dev Layout. Vyper packs nothing, so words are packed by hand; each group below is one slot.
     `hot` is all that a deposit needs besides the positions:
       idle 112 | ids of the live strategies 10 x 8 | flags 8 | entry fee 8 | hold 20 | cap mantissa 20 | cap exponent 8.
     `flags`: state in the lowest two bits, then sealed, then entry paused, then whether `owed` is not 0, then whether the
       last poke saw too little liquidity.
     `positions[id]`: units 112 | book 112 | status 8 | whether `runoff[id]` matters 1 |
       bought below the book since the last poke 1 | clean unwinds owed after a short one 2 | free 4 |
       reference over book, bps 16.
     `terms[id]`: strategy 160 | read gas / 1,000 16 | write gas / 1,000 16 | charges on exit 8 | max rate 16 |
       tolerance 16 | band 16 | free 8.
     `memory[id]`, prices scaled by 2**scale: highest of the day 48 | highest of the day before 48 | last mark 48 |
       mark before 48 | day 16 | time of the last mark 40 | scale 8.
     `listing[id]`: ceiling 112 | first second of allocation 40.
     `health[id]`: time of the first failure 40 | time of the last good read 40 | good reads 8 | first unwind that fell
       short 40 | last one 40 | last clean one 40.
     `petty`: spent 96 | base 96 | time 32 | share 16 | fee 16.
     `snapshot`: total before 112 | last total 112 | time 32.
     `clock`: Executor 160 | last poke 40 | idle floor 16 | number of strategies ever listed 8 | management fee, bps a
       year 16 | performance fee, bps 16.
     `fees`: who gets them 160 | highest price of a share that was charged, scaled by 2**48 96.
     `runoff[id]`: units that wait 112 | since when redeems fail, seconds 32 (0: they do not) | proceeds not yet
       credited 112.
     `coverage[id]`: see modules/coverage.vy.
     `owed`: cash of those who left, asset wei 128 | free 127 | ever used 1.
     `changes`: keccak256 over itself, the strategy (0 for the state of the Vault), the new status or state and the time, at each.
@dev Book of an empty position. While units are 0, `book` holds the value of 10**18 units, so that the price survives.
"""

from interfaces import IVault
from contracts.modules import refusal

M8: constant(uint256) = 2**8 - 1
M16: constant(uint256) = 2**16 - 1
M20: constant(uint256) = 2**20 - 1
M32: constant(uint256) = 2**32 - 1
M40: constant(uint256) = 2**40 - 1
M48: constant(uint256) = 2**48 - 1
M80: constant(uint256) = 2**80 - 1
M96: constant(uint256) = 2**96 - 1
M112: constant(uint256) = 2**112 - 1
M128: constant(uint256) = 2**128 - 1
M160: constant(uint256) = 2**160 - 1

BPS: constant(uint256) = 10_000
PROBE: constant(uint256) = 10**18  # units whose price stands for an empty position
MAX_LIVE: constant(uint256) = 10
NEAR_TOTAL_LOSS: constant(uint256) = 10**6  # fall of the share price, as a factor

# Vault states
CALM: constant(uint256) = 0
STRESS: constant(uint256) = 1
WINDDOWN: constant(uint256) = 2
# flag bits above the state
SEALED: constant(uint256) = 4
PAUSED: constant(uint256) = 8
OWED: constant(uint256) = 16
DRY: constant(uint256) = 32

# flag of a position: something of it waits
WAITS: constant(uint256) = 1 << 232
# flag of a position: bought below its book since the last poke
CHEAPER: constant(uint256) = 1 << 233
# clean unwinds that a position owes after a short one
SHORT: constant(uint256) = 3 << 234
# keeps the slot of `owed` from emptying
KEPT: constant(uint256) = 1 << 255

# Strategy status
OK: constant(uint256) = 1
SUSPECT: constant(uint256) = 2
QUARANTINED: constant(uint256) = 3

# Keys of `configure`
SET_FLAGS: constant(uint256) = 1
SET_LIMITS: constant(uint256) = 2
SET_IDLE_FLOOR: constant(uint256) = 3
SET_EXECUTOR: constant(uint256) = 4
SET_TERMS: constant(uint256) = 5
SET_CEILING: constant(uint256) = 6
WRITE_DOWN: constant(uint256) = 7
RETIRE: constant(uint256) = 8
SET_SENTINEL: constant(uint256) = 9
SET_FEES: constant(uint256) = 10

# Keys of `word`
WORD_HOT: constant(uint256) = 1
WORD_POSITION: constant(uint256) = 2
WORD_TERMS: constant(uint256) = 3
WORD_MEMORY: constant(uint256) = 4
WORD_LISTING: constant(uint256) = 5
WORD_HEALTH: constant(uint256) = 6
WORD_PETTY: constant(uint256) = 7
WORD_SNAPSHOT: constant(uint256) = 8
WORD_CLOCK: constant(uint256) = 9
WORD_STEWARD: constant(uint256) = 10
WORD_RUNOFF: constant(uint256) = 11
WORD_COVERAGE: constant(uint256) = 12
WORD_OWED: constant(uint256) = 13
WORD_QUEUE: constant(uint256) = 14
WORD_EPOCH: constant(uint256) = 15
WORD_SENTINEL: constant(uint256) = 16
WORD_FEES: constant(uint256) = 17
WORD_CHANGES: constant(uint256) = 18

ASSET: immutable(address)
STEWARD: immutable(address)
QUEUE: immutable(address)
EPOCH: immutable(uint256)
VIRTUAL_SHARES: immutable(uint256)
FLOOR_SUPPLY: immutable(uint256)  # shares for each asset wei beyond which entry stays closed

# Single slots first: their numbers take less code.
hot: uint256
petty: uint256
snapshot: uint256
clock: uint256
owed: uint256
fees: uint256
sentinel: address
changes: bytes32  # hash over all changes of state and health so far
id_of: HashMap[address, uint256]
positions: uint256[256]
terms: uint256[256]
memory: uint256[256]
listing: uint256[256]
health: uint256[256]
runoff: uint256[256]
coverage: uint256[256]


@deploy
def __init__(asset: address, decimals: uint256, steward: address, queue: address, epoch: uint256):
    """
    @param asset The ERC-20 held.
    @param decimals Its decimals, 6 to 18.
    @param steward The contract that stores parameters here.
    @param queue The ExitQueue.
    @param epoch Length of an epoch in seconds, one hour to seven days.
    """
    ASSET = asset
    STEWARD = steward
    QUEUE = queue
    EPOCH = epoch
    VIRTUAL_SHARES = 10 ** max(3, 18 - decimals)
    FLOOR_SUPPLY = NEAR_TOTAL_LOSS * 10 ** max(3, 18 - decimals)


@internal
@view
def _only_steward():
    """
    @dev The Steward, which checks roles and values before it stores a parameter here.
    """
    refusal._req(msg.sender == STEWARD, refusal.UNAUTHORISED)


@internal
@view
def _only_executor() -> uint256:
    """
    @dev The contract that moves capital, named by the Steward.
    @return The packed clock, which its caller reads next.
    """
    clock: uint256 = self.clock
    refusal._req(msg.sender == convert(clock & M160, address), refusal.UNAUTHORISED)
    return clock


@internal
@view
def _only_queue():
    """
    @dev The ExitQueue that the Vault has made.
    """
    refusal._req(msg.sender == QUEUE, refusal.UNAUTHORISED)


@internal
@view
def _owed() -> uint256:
    """
    @dev Cash of those who left, asset wei.
    """
    return self.owed & M128


@internal
@pure
def _ids(hot: uint256) -> uint256:
    return (hot >> 112) & M80


@internal
@pure
def _flags(hot: uint256) -> uint256:
    return (hot >> 192) & M8


@internal
def _set_idle(idle: uint256):
    """
    @dev Stores the tracked cash of the stayers.
    @param idle Asset wei, below 2**112.
    """
    refusal._req(idle <= M112, refusal.TOO_LARGE)
    self.hot = ((self.hot >> 112) << 112) | idle


@internal
def _set_ids(hot: uint256, ids: uint256):
    """
    @dev Stores the list of live strategies.
    @param hot The packed word before.
    @param ids Ten ids of eight bits, the used ones lowest.
    """
    self.hot = (hot & ~(M80 << 112)) | (ids << 112)


@internal
def _note(id: uint256, what: uint256):
    """
    @dev Hashes a change into the chain of all changes, which the Executor's journal takes over.
    @param id The strategy whose status changed; 0 for the state of the Vault.
    @param what The new status or state.
    """
    self.changes = keccak256(abi_encode(self.changes, id, what, block.timestamp))


@internal
@pure
def _repacked(position: uint256, units: uint256, book: uint256) -> uint256:
    """
    @dev The same position with other units and book.
    """
    refusal._req(units <= M112 and book <= M112, refusal.TOO_LARGE)
    return ((position >> 224) << 224) | (book << 112) | units


@internal
@pure
def _with_status(position: uint256, status: uint256) -> uint256:
    return (position & ~(M8 << 224)) | (status << 224)


@internal
@view
def _strategy(id: uint256) -> address:
    return convert(self.terms[id] & M160, address)


@internal
@view
def _is_free(id: uint256) -> bool:
    """
    @dev Whether an id stands for nothing: never given, or retired with nothing waiting.
    """
    return (self.positions[id] >> 224) & M8 == 0 and self.runoff[id] & M112 == 0


@internal
@pure
def _read_gas(terms: uint256) -> uint256:
    return unsafe_mul((terms >> 160) & M16, 1_000)  # unsafe: below 2**26


@internal
@pure
def _write_gas(terms: uint256) -> uint256:
    return ((terms >> 176) & M16) * 1_000
