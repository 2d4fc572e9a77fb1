# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Trims
@custom:contract-name trims
@license AGPL-3.0-only
@notice What becomes of a position that has outgrown its caps, the Vault's ceiling or a cap of its groups: anyone brings it back.
"""

from interfaces import IExecutor
from interfaces import IVault
from contracts.modules import caps
from contracts.modules import groups
from contracts.modules import journaling
from contracts.modules import ledger
from contracts.modules import outside

uses: caps
uses: groups
uses: journaling
uses: outside

HOUR: constant(uint256) = 3_600
DAY: constant(uint256) = 86_400
TRIM_LOSS: constant(uint256) = 4  # a trim may lose this part of the strategy's tolerance

over_since: public(HashMap[uint256, uint256])  # when a position was first seen over its cap, unix seconds


@external
def trim(id: uint256) -> uint256:
    """
    @notice Anyone. Brings a position that stands over its caps back to them, by the books and as far as it is liquid: the
            first call notes it, one an hour to a day later acts, and so does each after it until all has come. Where a group stands over its caps, whoever calls chooses the member. Nobody's budget is
            charged. At worst a caller loses the stayers a quarter of the strategy's tolerance on what stands over a cap.
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
    terms: uint256 = outside._word(ledger.WORD_TERMS, id)
    liquid: uint256 = self._liquid(id, terms)
    if liquid >= over:
        self.over_since[id] = 0
    moved: IVault.Moved = extcall outside.VAULT.deallocate(id, min(over, liquid), 0)
    tolerance: uint256 = (terms >> 216) & ledger.M16
    most: uint256 = (moved.assets + moved.loss) * tolerance // (TRIM_LOSS * ledger.BPS) + 1
    assert moved.loss <= most, "executor: trim loses too much"
    log IExecutor.Trimmed(id=id, by=msg.sender, assets=moved.assets, loss=moved.loss)
    journaling._append(
        journaling.TRIM,
        msg.sender,
        empty(bytes32),
        convert(id, bytes32),
        empty(bytes32),
        [IExecutor.Done(id=id, assets=-convert(moved.assets, int256), units=moved.units, loss=moved.loss)],
    )
    return moved.assets


@internal
@view
def _liquid(id: uint256, terms: uint256) -> uint256:
    """
    @dev What a strategy says it can pay of its book, asset wei rounded down; all of it where it does not say.
    @param id The strategy, with units.
    @param terms Its packed terms.
    """
    position: uint256 = outside._word(ledger.WORD_POSITION, id)
    units: uint256 = position & ledger.M112
    return ((position >> 112) & ledger.M112) * min(outside._redeemable(terms), units) // units


@internal
@view
def _over(id: uint256) -> uint256:
    """
    @dev By how much the book of a strategy stands over the lowest of its caps and its ceiling, or what a group of its stands
         over, asset wei. Books, and not marks: nobody lifts those within an hour.
    """
    position: uint256 = outside._word(ledger.WORD_POSITION, id)
    if position & ledger.M112 == 0:
        return 0
    book: uint256 = (position >> 112) & ledger.M112
    idle: uint256 = 0
    total: uint256 = 0
    idle, total = outside._books()
    word: uint256 = caps.words[id]
    most: uint256 = min(caps._most(word, total), outside._word(ledger.WORD_LISTING, id) & ledger.M112)
    return max(max(book, most) - most, min(book, groups._excess(caps._groups(word), total)))
