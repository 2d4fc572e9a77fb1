# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Pricing
@custom:contract-name pricing
@license AGPL-3.0-only
@notice The two-sided price: losses are in it in the transaction that can first see them, gains when `poke` books them.
@dev `lo` takes the lower of mark and book of each strategy, `hi` the higher. Entry is priced at `hi`, petty cash at `lo`.
@dev Books and references move in modules/upkeep.vy, and with moves of capital.
"""

from interfaces import IVault
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import refusal

uses: ledger

FALL_VETO: constant(uint256) = 300  # bps below the reference at which entry and allocations close
DARK_VETO: constant(uint256) = 500  # bps of the total in quarantine at which they close


@internal
@view
def _totals(hot: uint256, known: uint256 = 0) -> IVault.Totals:
    """
    @dev One pass over the live strategies.
    @param hot The packed word of the Vault.
    @param known A strategy that has been read already and is not asked again, id 8 | mark; 0 for none.
    @return Totals in asset wei, and whether anything seen closes entry, petty cash and allocations.
    """
    idle: uint256 = hot & ledger.M112
    totals: IVault.Totals = IVault.Totals(lo=idle, hi=idle, veto=False)
    lost: uint256 = 0  # books over marks
    lifted: uint256 = 0  # references over books
    dark: uint256 = 0
    ids: uint256 = (hot >> 112) & ledger.M80
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        id: uint256 = ids & ledger.M8
        ids >>= 8
        position: uint256 = ledger.positions[id]
        units: uint256 = position & ledger.M112
        if units == 0:
            continue
        book: uint256 = (position >> 112) & ledger.M112
        if position >> 224 != ledger.OK:  # the status alone, unless the reference stands above the book
            if (position >> 224) & ledger.M8 == ledger.QUARANTINED:
                dark += book
                continue
            lifted += book * (position >> 240) // ledger.BPS
            totals.veto = totals.veto or position >> 240 == ledger.M16
        mark: uint256 = known >> 8
        if id != known & ledger.M8:
            mark = guarded_call._read(ledger.terms[id], guarded_call.VALUE, units)
            if mark > guarded_call.LARGEST:
                totals.veto = True
                mark = book
        if mark >= book:
            totals.lo = unsafe_add(totals.lo, book)  # unsafe: eleven amounts below 2**112
            totals.hi = unsafe_add(totals.hi, mark)  # unsafe: as above
        else:
            totals.lo = unsafe_add(totals.lo, mark)  # unsafe: as above
            totals.hi = unsafe_add(totals.hi, book)  # unsafe: as above
            lost = unsafe_add(lost, unsafe_sub(book, mark))  # unsafe: as above, and mark is lower
    if unsafe_add(unsafe_add(lost, lifted), dark) != 0:  # unsafe: below 2**120
        totals.hi = unsafe_add(totals.hi, dark)  # unsafe: as above
        totals.veto = totals.veto or self._is_distress(totals.lo, totals.lo + lost + lifted, dark)
    return totals


@internal
@view
def _lo() -> uint256:
    """
    @dev Total at the lower prices, asset wei.
    """
    return self._totals(ledger.hot).lo


@internal
@pure
def _is_distress(lo: uint256, reference: uint256, dark: uint256) -> bool:
    """
    @dev Whether the marks have fallen too far below the references, or too much is in quarantine. What a mark stands above
         its book counts once a poke has booked it: a strategy that lies up hides nothing of the others.
    @param lo Total at the lower prices, asset wei.
    @param reference References, asset wei.
    @param dark Books in quarantine, asset wei.
    """
    # Each sum is below 2**120.
    if unsafe_mul(lo, ledger.BPS) < unsafe_mul(reference, ledger.BPS - FALL_VETO):  # unsafe: below 2**134
        return True
    return unsafe_mul(dark, ledger.BPS) > unsafe_mul(lo + dark, DARK_VETO)  # unsafe: below 2**134


@internal
@pure
def _scaled(assets: uint256, units: uint256, scale: uint256) -> uint256:
    """
    @dev Price of a unit times 2**scale, rounded down and saturated at 48 bits.
    @param assets Asset wei.
    @param units Units they are worth.
    @param scale Binary digits after the point.
    @return The scaled price.
    """
    return min(unsafe_div(assets << scale, units), ledger.M48)  # unsafe: units are never 0


@internal
@pure
def _highest(memory: uint256) -> uint256:
    """
    @dev The reference: the higher of this and the last day's highest book price, scaled.
    """
    return max(memory & ledger.M48, (memory >> 48) & ledger.M48)


@internal
@view
def _guard(id: uint256, units: uint256) -> uint256:
    """
    @dev Value of units at the guard reference: the lower of the reference and the higher of the last two poked marks
         that are at least an hour apart. One manipulated low read cannot lower it; a loss seen twice does.
    @param id The strategy.
    @param units Units to value.
    @return Asset wei, rounded down.
    """
    return self._guarded(ledger.memory[id], units)


@internal
@pure
def _guarded(memory: uint256, units: uint256) -> uint256:
    """
    @dev As `_guard`, of a packed memory.
    """
    marks: uint256 = max((memory >> 96) & ledger.M48, (memory >> 144) & ledger.M48)
    return (units * min(self._highest(memory), marks)) >> (memory >> 248)
