# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Caps
@custom:contract-name caps
@license AGPL-3.0-only
@notice Operating caps: how much each strategy may hold, below the Vault's ceilings, and who may change that.
@dev Roles. Governor: any cap, the curator. Curator: caps, but not above a guardian's cut that still stands. Guardian: cuts,
     at once.
"""

from interfaces import IExecutor
from interfaces import IVault
from contracts.modules import authority

uses: authority

BPS: constant(uint256) = 10_000
MAX_AMOUNT: constant(uint256) = 2**112 - 1  # asset wei
M16: constant(uint256) = 2**16 - 1
M40: constant(uint256) = 2**40 - 1
CLOSED: constant(uint256) = 201  # where the end of a closure stands
CUT_STANDS: constant(uint256) = 604_800  # seconds for which only the Timelock lifts a guardian's cut
LEAST_LIQUID: constant(uint256) = 800  # bps of a position that its strategy must be able to redeem for more to enter
LIMITED: constant(uint256) = 1 << 200  # an inflow bucket limits the strategy; see inflows

# absolute 112 | relative, bps 16 | cut until 40 | groups 32 | LIMITED 1 | closed until 40
words: HashMap[uint256, uint256]
curator: public(address)


# ------------------------------------------------------------------ roles


@external
def set_cap(id: uint256, absolute: uint256, relative: uint256):
    """
    @notice Governor: any cap, which also lifts a cut. Curator: any, but none above a guardian's cut that still stands.
            Either way a strategy that a debt had closed is open again. At worst exposure rises to the Vault's ceiling, or
            falls to 0 by `trim`, which loses a quarter of the tolerance each time that agents put back what it brought home.
    @param id The strategy.
    @param absolute Asset wei.
    @param relative Bps of the total at the lower prices.
    """
    self._check_id(id)
    self._check_values(absolute, relative)
    word: uint256 = self.words[id] & (2**CLOSED - 1)
    self.words[id] = self._replaced(word, absolute, relative, self._cut_kept(word, absolute, relative))
    log IExecutor.CapSet(id=id, absolute=absolute, relative=relative, by=msg.sender)


@external
def cut(id: uint256, absolute: uint256, relative: uint256):
    """
    @notice Guardian. Lowers a cap at once, for seven days unless the Timelock lifts it. At worst nothing can be
            allocated to the strategy, and `trim` brings home what it holds.
    @param id The strategy.
    @param absolute Asset wei, at most the cap now.
    @param relative Bps of the total at the lower prices, at most the cap now.
    """
    authority._only_guardian()
    self._check_id(id)
    word: uint256 = self.words[id]
    self._check_cut(word, absolute, relative)
    until: uint256 = block.timestamp + CUT_STANDS
    self.words[id] = self._replaced(word, absolute, relative, until)
    log IExecutor.CapCut(id=id, absolute=absolute, relative=relative, until=until, by=msg.sender)


@external
def set_curator(curator: address):
    """
    @notice Governor. Appoints the curator, who tunes caps inside what the Timelock allows and revives silent agents.
    @param curator The account; the zero address for none.
    """
    authority._only_governor()
    self.curator = curator
    log IExecutor.CuratorSet(curator=curator)


# ------------------------------------------------------------------ views


@view
@external
def cap(id: uint256) -> IExecutor.Cap:
    """
    @notice The operating cap of a strategy.
    @param id The strategy.
    @return Absolute in asset wei, relative in bps, and the end of a guardian's cut.
    """
    return self._cap(self.words[id])


@view
@external
def groups_of(id: uint256) -> uint256:
    """
    @notice The risk groups of a strategy.
    @param id The strategy.
    @return Bit g: it is a member of group g.
    """
    return self._groups(self.words[id])


@view
@external
def closed_until(id: uint256) -> uint256:
    """
    @notice Until when nothing is allocated to a strategy, because deallocations from it overdrew an agent's loss budget.
    @param id The strategy.
    @return Unix seconds; in the past if it is open.
    """
    return self.words[id] >> CLOSED


# ------------------------------------------------------------------ internals


@internal
def _close(id: uint256, duration: uint256):
    """
    @dev Closes a strategy to allocations, whoever sends them: else each time that others put back what a thief has
         drained at the strategy's tolerance, it could drain it again.
    @param id The strategy.
    @param duration Seconds until the debt of the agent that drained it will have refilled.
    """
    word: uint256 = self.words[id]
    until: uint256 = min(max(block.timestamp + duration, word >> CLOSED), M40)
    self.words[id] = (word & (2**CLOSED - 1)) | (until << CLOSED)
    log IExecutor.StrategyClosed(id=id, until=until)


@internal
@view
def _only_curator():
    """
    @dev The governor or the curator.
    """
    assert authority._is_governor() or msg.sender == self.curator, "executor: not the curator"


@internal
@view
def _check(word: uint256, moved: IVault.Moved):
    """
    @dev An allocation must leave its strategy within both operating caps, and the strategy must not be closed by a debt.
    """
    assert block.timestamp >= word >> CLOSED, "executor: strategy closed"
    assert moved.exposure <= word & MAX_AMOUNT, "executor: over absolute cap"
    assert moved.exposure * BPS <= moved.lo * ((word >> 112) & M16), "executor: over relative cap"


@internal
@view
def _cut_kept(word: uint256, absolute: uint256, relative: uint256) -> uint256:
    """
    @dev Who may set a cap that is packed like a strategy's. The Timelock lifts a cut; while it stands the curator only lowers.
    @return Until when a cut stands.
    """
    if authority._is_governor():
        return 0
    self._only_curator()
    until: uint256 = (word >> 128) & M40
    lower: bool = absolute <= word & MAX_AMOUNT and relative <= (word >> 112) & M16
    assert lower or block.timestamp >= until, "executor: cut stands"
    return until


@internal
@pure
def _check_cut(word: uint256, absolute: uint256, relative: uint256):
    """
    @dev A cut never raises.
    """
    assert absolute <= word & MAX_AMOUNT, "executor: cut raises absolute"
    assert relative <= (word >> 112) & M16, "executor: cut raises relative"


@internal
@pure
def _replaced(word: uint256, absolute: uint256, relative: uint256, until: uint256) -> uint256:
    """
    @dev The same word with another cap.
    """
    return ((word >> 168) << 168) | absolute | (relative << 112) | (until << 128)


@internal
@pure
def _cap(word: uint256) -> IExecutor.Cap:
    return IExecutor.Cap(
        absolute=word & MAX_AMOUNT, relative=(word >> 112) & M16, cut_until=(word >> 128) & M40
    )


@internal
@pure
def _groups(word: uint256) -> uint256:
    return (word >> 168) & (2**32 - 1)


@internal
@pure
def _most(word: uint256, total: uint256) -> uint256:
    """
    @dev What a cap allows of a total, asset wei.
    """
    return min(word & MAX_AMOUNT, total * ((word >> 112) & M16) // BPS)


@internal
@pure
def _check_id(id: uint256):
    assert id != 0 and id < 256, "executor: no such strategy"


@internal
@pure
def _check_values(absolute: uint256, relative: uint256):
    assert absolute <= MAX_AMOUNT, "executor: absolute too large"
    assert relative <= BPS, "executor: relative over 10000"
