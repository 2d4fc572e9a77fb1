# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Caps
@custom:contract-name caps
@license AGPL-3.0-only
@notice Operating caps: how much each strategy may hold, below the Vault's ceilings, who may change that, and what becomes of a
        position that has outgrown it.
@dev Roles. Governor: any cap, the curator. Curator: caps, but not above a guardian's cut that still stands. Guardian: cuts,
     at once. Anyone: `trim`.
"""

from interfaces import IExecutor
from interfaces import IVault
from contracts.modules import authority
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import outside

uses: authority

BPS: constant(uint256) = 10_000
MAX_AMOUNT: constant(uint256) = 2**112 - 1  # asset wei
CUT_STANDS: constant(uint256) = 604_800  # seconds for which only the Timelock lifts a guardian's cut
HOUR: constant(uint256) = 3_600
DAY: constant(uint256) = 86_400
LEAST_LIQUID: constant(uint256) = 800  # bps of a position that its strategy must be able to redeem for more to enter
TRIM_LOSS: constant(uint256) = 4  # a trim may lose this part of the strategy's tolerance

VAULT: immutable(IVault)

# absolute 112 | relative, bps 16 | cut until 40
caps: HashMap[uint256, uint256]
curator: public(address)
over_since: public(HashMap[uint256, uint256])  # when a position was first seen over its cap, unix seconds


@deploy
def __init__(vault: address):
    """
    @param vault The Vault whose capital moves.
    """
    assert vault != empty(address), "executor: no vault"
    VAULT = IVault(vault)


# ------------------------------------------------------------------ anyone


@external
def trim(id: uint256) -> uint256:
    """
    @notice Anyone. Brings a position that stands over its cap back to it, by the books: the first call notes it, one an hour
            to a day later acts. Nobody's budget is charged. At worst a caller loses the stayers a quarter of the strategy's
            tolerance on what stands over a cap.
    @param id The strategy.
    @return Asset wei brought to idle; 0 if it was only noted.
    """
    over: uint256 = self._over(id)
    first: uint256 = self.over_since[id]
    if over == 0:
        assert first != 0, "executor: within caps"
        self.over_since[id] = 0
        return 0
    if first == 0 or block.timestamp - first > DAY:
        self.over_since[id] = block.timestamp
        log IExecutor.OverCap(id=id, over=over)
        return 0
    assert block.timestamp - first >= HOUR, "executor: seen too lately"
    self.over_since[id] = 0
    moved: IVault.Moved = extcall VAULT.deallocate(id, over, 0)
    tolerance: uint256 = (staticcall VAULT.word(ledger.WORD_TERMS, id) >> 216) & (2**16 - 1)
    most: uint256 = (moved.assets + moved.loss) * tolerance // (TRIM_LOSS * BPS) + 1
    assert moved.loss <= most, "executor: trim loses too much"
    log IExecutor.Trimmed(id=id, by=msg.sender, assets=moved.assets, loss=moved.loss)
    return moved.assets


# ------------------------------------------------------------------ roles


@external
def set_cap(id: uint256, absolute: uint256, relative: uint256):
    """
    @notice Governor: any cap, which also lifts a cut. Curator: any, but none above a guardian's cut that still stands.
            At worst exposure rises to the Vault's ceiling.
    @param id The strategy.
    @param absolute Asset wei.
    @param relative Bps of the total at the lower prices.
    """
    self._check_values(id, absolute, relative)
    cap: uint256 = self.caps[id]
    cut_until: uint256 = cap >> 128
    if authority._is_governor():
        cut_until = 0
    else:
        assert msg.sender == self.curator, "executor: not the curator"
        lower: bool = absolute <= cap & MAX_AMOUNT and relative <= (cap >> 112) & (2**16 - 1)
        assert lower or block.timestamp >= cut_until, "executor: cut stands"
    self.caps[id] = absolute | (relative << 112) | (cut_until << 128)
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
    cap: uint256 = self.caps[id]
    assert absolute <= cap & MAX_AMOUNT, "executor: cut raises absolute"
    assert relative <= (cap >> 112) & (2**16 - 1), "executor: cut raises relative"
    until: uint256 = block.timestamp + CUT_STANDS
    self.caps[id] = absolute | (relative << 112) | (until << 128)
    log IExecutor.CapCut(id=id, absolute=absolute, relative=relative, until=until, by=msg.sender)


@external
def set_curator(curator: address):
    """
    @notice Governor. Appoints the curator, who tunes caps inside the Vault's ceilings.
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
    packed: uint256 = self.caps[id]
    return IExecutor.Cap(
        absolute=packed & MAX_AMOUNT, relative=(packed >> 112) & (2**16 - 1), cut_until=packed >> 128
    )


# ------------------------------------------------------------------ internals


@internal
@view
def _check_liquid(id: uint256):
    """
    @dev Nothing is added to a position that its strategy can redeem less than LEAST_LIQUID of: a yield that rises because
         nobody can leave is not an opportunity.
    """
    units: uint256 = staticcall VAULT.word(ledger.WORD_POSITION, id) & MAX_AMOUNT
    if units == 0:
        return
    terms: uint256 = staticcall VAULT.word(ledger.WORD_TERMS, id)
    liquid: uint256 = guarded_call._read(terms, guarded_call.MOST, convert(VAULT.address, uint256))
    assert liquid <= guarded_call.LARGEST, "executor: target silent"
    assert liquid * BPS >= units * LEAST_LIQUID, "executor: target illiquid"


@internal
@view
def _check_cap(id: uint256, moved: IVault.Moved):
    """
    @dev An allocation must leave its strategy within both operating caps.
    """
    cap: uint256 = self.caps[id]
    assert moved.exposure <= cap & MAX_AMOUNT, "executor: over absolute cap"
    assert moved.exposure * BPS <= moved.lo * ((cap >> 112) & (2**16 - 1)), "executor: over relative cap"


@internal
@view
def _over(id: uint256) -> uint256:
    """
    @dev By how much the book of a strategy stands over the lowest of its caps and its ceiling, asset wei. Books, and not
         marks: nobody lifts those within an hour.
    """
    position: uint256 = staticcall VAULT.word(ledger.WORD_POSITION, id)
    if position & MAX_AMOUNT == 0:
        return 0
    idle: uint256 = 0
    total: uint256 = 0
    idle, total = outside._books(VAULT)
    cap: uint256 = self.caps[id]
    most: uint256 = min(cap & MAX_AMOUNT, total * ((cap >> 112) & (2**16 - 1)) // BPS)
    most = min(most, staticcall VAULT.word(ledger.WORD_LISTING, id) & MAX_AMOUNT)
    return max((position >> 112) & MAX_AMOUNT, most) - most


@internal
@pure
def _check_values(id: uint256, absolute: uint256, relative: uint256):
    assert id != 0 and id < 256, "executor: no such strategy"
    assert absolute <= MAX_AMOUNT, "executor: absolute too large"
    assert relative <= BPS, "executor: relative over 10000"
