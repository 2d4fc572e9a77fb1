# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Covered moves
@custom:contract-name covered_moves
@license AGPL-3.0-only
@notice Moves of capital into and out of a strategy that holders who left may be waiting in: they get their part of its
        liquidity first, and the stayers move within their coverage, so that no agent outruns a leaver.
"""

from interfaces import IVault
from contracts.modules import coverage
from contracts.modules import ledger
from contracts.modules import positions
from contracts.modules import refusal
from contracts.modules import runoff
from contracts.modules import unwinding

uses: ledger
uses: positions
uses: runoff
uses: unwinding

ALL: constant(uint256) = 2**112 - 1


@internal
def _is_waiting(id: uint256) -> bool:
    """
    @dev Whether runoff waits in a strategy after it got its part of the liquidity.
    """
    if ledger.positions[id] & ledger.WAITS == 0:
        return False
    unwinding._unwind(id, ALL, False)
    return ledger.runoff[id] & ledger.M112 != 0


@internal
def _allocate(id: uint256, assets: uint256, limit: uint256) -> (IVault.Moved, uint256):
    """
    @dev An allocation. While leavers wait, new units are covered as far as they brought liquidity; and where more than one
         hundredth waits they must bring all of it, so that nobody is locked into what others wait to leave.
    """
    if not self._is_waiting(id):
        return positions._allocate(id, ledger.positions[id], assets, limit)
    position: uint256 = ledger.positions[id]
    waiting: uint256 = ledger.runoff[id] & ledger.M112
    before: uint256 = runoff._observed(id, position, waiting)
    moved: IVault.Moved = empty(IVault.Moved)
    mark: uint256 = 0
    moved, mark = positions._allocate(id, position, assets, limit)
    # Else a strategy that lies about units could make the next exit overflow.
    refusal._req((ledger.positions[id] & ledger.M112) + waiting <= ledger.M112, refusal.TOO_LARGE)
    after: uint256 = runoff._observed(id, ledger.positions[id], waiting)
    rise: uint256 = max(after, before) - before
    refusal._req(rise + 2 >= moved.units or not self._is_large(position, waiting), refusal.LOCKED_IN)
    rise = min(rise, moved.units)
    ledger.coverage[id] = coverage._raised(ledger.coverage[id], rise, ledger.positions[id] & ledger.M112)
    return moved, mark


@internal
def _deallocate(id: uint256, assets: uint256, limit: uint256) -> IVault.Moved:
    """
    @dev A deallocation; where leavers wait they are paid first.
    """
    if self._is_waiting(id):
        return self._deallocate_covered(id, assets, limit)
    return positions._deallocate(id, assets, limit, ALL)


@internal
def _deallocate_covered(id: uint256, assets: uint256, limit: uint256) -> IVault.Moved:
    """
    @dev A deallocation of covered units, after the runoff got its part.
    """
    packed: uint256 = ledger.coverage[id]
    liquid: uint256 = runoff._observed(id, ledger.positions[id], ledger.runoff[id] & ledger.M112)
    most: uint256 = min(packed & ledger.M112, liquid)
    refusal._req(most != 0, refusal.NOT_LIQUID)
    moved: IVault.Moved = positions._deallocate(id, assets, limit, most)
    ledger.coverage[id] = coverage._lowered(packed, moved.units, ledger.positions[id] & ledger.M112)
    return moved


@internal
@pure
def _is_large(position: uint256, waiting: uint256) -> bool:
    """
    @dev Whether more than one hundredth of a strategy's units waits.
    """
    return waiting * 100 > (position & ledger.M112) + waiting


@internal
def _evacuate(id: uint256, assets: uint256) -> IVault.Moved:
    """
    @dev A deallocation that anyone may ask for while more than a hundredth waits.
    """
    large: bool = self._is_large(ledger.positions[id], ledger.runoff[id] & ledger.M112)
    refusal._req(large and self._is_waiting(id), refusal.NOT_WAITING)
    return self._deallocate_covered(id, assets, 0)
