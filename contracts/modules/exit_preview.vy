# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Exit preview
@custom:contract-name exit_preview
@license AGPL-3.0-only
@notice What an exit would give now, by the Vault's ledger, the rules of coverage and what strategies answer.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from ethereum.ercs import IERC4626
from interfaces import IExitQueue
from contracts.modules import coverage
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import records

uses: records

M8: constant(uint256) = 2**8 - 1
M80: constant(uint256) = 2**80 - 1
M112: constant(uint256) = 2**112 - 1
DUST: constant(uint256) = 1_000  # asset wei


@view
@external
def preview_exit(shares: uint256) -> IExitQueue.Preview:
    """
    @notice What `exit_now` from every strategy would give now, judged by what strategies answer. Liquidity that others take
            before counts for less; fees that a strategy hides do too.
    @param shares Shares, at most those outstanding.
    @return Cash at once, what waits in each strategy, and by how much the marks of it all stand below the books.
    """
    hot: uint256 = self._word(ledger.WORD_HOT, 0)
    supply: uint256 = staticcall IERC20(records.VAULT.address).totalSupply()
    assert shares <= supply, "queue: more than the supply"
    supply += self._virtual_shares()
    preview: IExitQueue.Preview = IExitQueue.Preview(cash=(hot & M112) * shares // supply, waiting=[], shortfall=0)
    ids: uint256 = (hot >> 112) & M80
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        cash: uint256 = 0
        short: uint256 = 0
        waiting: IExitQueue.Waiting = empty(IExitQueue.Waiting)
        cash, short, waiting = self._preview_leg(ids & M8, shares, supply)
        ids >>= 8
        preview.cash += cash
        preview.shortfall += short
        if waiting.units != 0:
            preview.waiting.append(waiting)
    return preview


@internal
@view
def _preview_leg(id: uint256, shares: uint256, supply: uint256) -> (uint256, uint256, IExitQueue.Waiting):
    """
    @dev One strategy's part: cash now, how far the mark of the whole part stands below its book, and what waits.
    """
    position: uint256 = self._word(ledger.WORD_POSITION, id)
    terms: uint256 = self._word(ledger.WORD_TERMS, id)
    held: uint256 = position & M112
    book: uint256 = (position >> 112) & M112
    units: uint256 = held * shares // supply
    if units == 0:
        return 0, 0, empty(IExitQueue.Waiting)
    now: uint256 = self._liquid_part(id, position, terms, shares, supply)
    mark: uint256 = guarded_call._read(terms, guarded_call.VALUE, units)
    if mark > guarded_call.LARGEST:
        mark = 0
    worth: uint256 = book * (units - now) // held
    part: uint256 = book * units // held
    return (
        mark * now // units,
        max(part, mark) - mark,
        IExitQueue.Waiting(strategy=id, units=units - now, worth=worth),
    )


@internal
@view
def _liquid_part(id: uint256, position: uint256, terms: uint256, shares: uint256, supply: uint256) -> uint256:
    """
    @dev Units of a leaver that a strategy would pay now.
    """
    held: uint256 = position & M112
    waiting: uint256 = 0
    packed: uint256 = 0
    if position & ledger.WAITS != 0:
        waiting = self._word(ledger.WORD_RUNOFF, id) & M112
        packed = self._word(ledger.WORD_COVERAGE, id)
    liquid: uint256 = guarded_call._read(terms, guarded_call.MOST, convert(records.VAULT.address, uint256))
    if liquid > guarded_call.LARGEST or (position >> 224) & M8 == ledger.QUARANTINED:
        return 0
    liquid = min(liquid, held + waiting)
    covered: uint256 = coverage._covered(
        packed, waiting, liquid, block.timestamp, self._word(ledger.WORD_EPOCH, 0)
    )
    taken: uint256 = coverage._runoff_part(covered, held, waiting, liquid)
    own: uint256 = min(liquid - taken, held) * shares // supply
    if ((position >> 112) & M112) * (taken + own) // held < DUST:
        return 0
    return own


@internal
@view
def _virtual_shares() -> uint256:
    """
    @dev The shares that D counts on top of the supply.
    """
    token: address = staticcall IERC4626(records.VAULT.address).asset()
    decimals: uint256 = convert(staticcall IERC20Detailed(token).decimals(), uint256)
    return 10 ** max(3, 18 - decimals)


@internal
@view
def _word(key: uint256, id: uint256) -> uint256:
    return staticcall records.VAULT.word(key, id)
