# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Pricing
@custom:contract-name pricing
@license AGPL-3.0-only
@notice The two-sided price: losses are in it in the transaction that can first see them, gains when `poke` books them.
@dev `lo` takes the lower of mark and book of each strategy, `hi` the higher. Entry is priced at `hi`, petty cash at `lo`.
     The book falls to the mark at once and rises no faster than `max_rate`, except up to the reference: the highest
     book price of this day and the one before.
@dev Only `poke` moves a book or a reference between moves of capital. Any account without code may call it at any time.
"""

from interfaces import IVault
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import refusal

uses: ledger

HOUR: constant(uint256) = 3_600
DAY: constant(uint256) = 86_400
YEAR: constant(uint256) = 31_536_000
FALL_VETO: constant(uint256) = 300  # bps below the reference at which entry and allocations close
DARK_VETO: constant(uint256) = 500  # bps of the total in quarantine at which they close
STEADY: constant(uint256) = 300  # bps two reads an hour apart may differ for a strategy to recover
GOOD_READS: constant(uint256) = 3  # spaced good reads that end a quarantine


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
        totals.veto = totals.veto or self._is_distress(totals, lost, lifted, dark)
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
def _is_distress(totals: IVault.Totals, lost: uint256, lifted: uint256, dark: uint256) -> bool:
    """
    @dev Whether the marks have fallen too far below the references, or too much is in quarantine.
    @param totals Totals, with what is quarantined in `hi`.
    @param lost Books over marks, asset wei.
    @param lifted References over books, asset wei.
    @param dark Books in quarantine, asset wei.
    """
    marked: uint256 = totals.hi - dark - lost
    reference: uint256 = totals.lo + lost + lifted
    # Each sum is below 2**120.
    if unsafe_mul(marked, ledger.BPS) < unsafe_mul(reference, ledger.BPS - FALL_VETO):  # unsafe: below 2**134
        return True
    return unsafe_mul(dark, ledger.BPS) > unsafe_mul(totals.hi, DARK_VETO)  # unsafe: below 2**134


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
    return min((assets << scale) // units, ledger.M48)


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
    memory: uint256 = ledger.memory[id]
    marks: uint256 = max((memory >> 96) & ledger.M48, (memory >> 144) & ledger.M48)
    return (units * min(self._highest(memory), marks)) >> (memory >> 248)


@internal
def _poke():
    """
    @dev Moves books, references, health and the petty-cash base. Open to every account without code that calls the Vault
         itself: only such a call cannot stand in the middle of a manipulation with borrowed money, or inside a strategy's
         own lock, so neither reaches any memory of a price.
    """
    refusal._req(msg.sender == tx.origin and not msg.sender.is_contract, refusal.UNAUTHORISED)
    clock: uint256 = ledger.clock
    elapsed: uint256 = min(block.timestamp - ((clock >> 160) & ledger.M40), DAY)
    ledger.clock = (clock & ~(ledger.M40 << 160)) | (block.timestamp << 160)
    lo: uint256 = ledger.hot & ledger.M112
    hi: uint256 = lo
    ids: uint256 = (ledger.hot >> 112) & ledger.M80
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        lower: uint256 = 0
        higher: uint256 = 0
        lower, higher = self._poke_one(ids & ledger.M8, elapsed)
        lo += lower
        hi += higher
        ids >>= 8
    self._snapshot(lo)
    log IVault.Poked(lo=lo, hi=hi)


@internal
def _poke_one(id: uint256, elapsed: uint256) -> (uint256, uint256):
    """
    @dev Observes one strategy and moves its book.
    @param id The strategy.
    @param elapsed Seconds for which the book may accrue.
    @return What the strategy adds to `lo` and to `hi` afterwards.
    """
    position: uint256 = ledger.positions[id]
    units: uint256 = position & ledger.M112
    book: uint256 = (position >> 112) & ledger.M112
    probe: uint256 = units
    if units == 0:
        probe = ledger.PROBE
    mark: uint256 = guarded_call._read(ledger.terms[id], guarded_call.VALUE, probe)
    success: bool = mark <= guarded_call.LARGEST
    memory: uint256 = ledger.memory[id]
    price: uint256 = self._scaled(mark, probe, memory >> 248)
    status: uint256 = self._observe_health(id, ((position >> 224) & ledger.M8), success, price, (memory >> 96) & ledger.M48)
    position = ledger._with_status(position, status)
    if success:
        memory = self._rolled(memory, self._scaled(book, probe, memory >> 248))
        if status != ledger.QUARANTINED:
            moved: uint256 = self._accrued(id, book, mark, elapsed, (probe * self._highest(memory)) >> (memory >> 248))
            if moved != book:
                book = moved
                log IVault.BookMoved(id=id, book=book, mark=mark)
        position = self._with_reference(position, units, book, probe, memory)
        ledger.memory[id] = self._remembered(memory, self._scaled(book, probe, memory >> 248), price)
    ledger.positions[id] = position
    if units == 0:
        return 0, 0
    if status == ledger.QUARANTINED:
        return 0, book
    if not success:
        return book, book
    return min(mark, book), max(mark, book)


@internal
@view
def _accrued(id: uint256, book: uint256, mark: uint256, elapsed: uint256, reference: uint256) -> uint256:
    """
    @dev The book after a good read: down to the mark at once, up by `max_rate` or to the reference.
    @param id The strategy.
    @param book The book before.
    @param mark The mark now.
    @param elapsed Seconds of accrual. The allowance rounds up, so that frequent pokes cannot hold a book down.
    @param reference Value up to which the recovery is not limited.
    @return The book after, asset wei.
    """
    rate: uint256 = (ledger.terms[id] >> 200) & ledger.M16
    allowance: uint256 = (book * rate * elapsed + ledger.BPS * YEAR - 1) // (ledger.BPS * YEAR)
    return min(mark, max(book + allowance, reference))


@internal
@view
def _rolled(memory: uint256, price: uint256) -> uint256:
    """
    @dev Opens a new day in a strategy's memory: the highest price of the day before is what the book held since.
    @param memory The packed memory.
    @param price Scaled book price before this poke.
    @return The packed memory of today.
    """
    today: uint256 = (block.timestamp // DAY) & ledger.M16
    day: uint256 = (memory >> 192) & ledger.M16
    if today == day:
        return memory
    before: uint256 = price
    if today == day + 1:
        before = max(before, memory & ledger.M48)
    return (memory & ~((ledger.M16 << 192) | ledger.M96)) | (today << 192) | (before << 48) | price


@internal
@view
def _remembered(memory: uint256, booked: uint256, price: uint256) -> uint256:
    """
    @dev Notes the highest book price of today and, if the last one is an hour old, the mark.
    @param memory The packed memory of today.
    @param booked Scaled book price after this poke.
    @param price Scaled mark.
    @return The packed memory.
    """
    noted: uint256 = (memory & ~ledger.M48) | max(memory & ledger.M48, booked)
    if block.timestamp - ((noted >> 208) & ledger.M40) < HOUR:
        return noted
    marks: uint256 = (((noted >> 96) & ledger.M48) << 48) | price
    return (noted & ~((ledger.M96 << 96) | (ledger.M40 << 208))) | (marks << 96) | (block.timestamp << 208)


@internal
@view
def _with_reference(position: uint256, units: uint256, book: uint256, probe: uint256, memory: uint256) -> uint256:
    """
    @dev Stores book and how far the reference stands above it, so that a deposit reads both in one slot.
    @param position The packed position.
    @param units Units held.
    @param book Book to store.
    @param probe Units that the book is the value of.
    @param memory The packed memory of today.
    @return The packed position; bps round up and saturate.
    """
    above: uint256 = 0
    reference: uint256 = (probe * self._highest(memory)) >> (memory >> 248)
    if reference > book:
        above = ledger.M16
        if book != 0:
            above = min(above, ((reference - book) * ledger.BPS + book - 1) // book)
    return (ledger._repacked(position, units, book) & (2**240 - 1) & ~ledger.CHEAPER) | (above << 240)


@internal
def _observe_health(id: uint256, status: uint256, success: bool, price: uint256, last: uint256) -> uint256:
    """
    @dev OK -> SUSPECT -> QUARANTINED by two failed reads an hour apart; back by good reads an hour apart: two from
         SUSPECT, three steady ones from QUARANTINED.
    @param id The strategy.
    @param status Its status before.
    @param success Whether the read counts.
    @param price Scaled mark, if it does.
    @param last Scaled mark remembered before it.
    @return Its status after.
    """
    if success and status == ledger.OK:
        return status
    health: uint256 = ledger.health[id]
    failed_at: uint256 = health & ledger.M40
    good_at: uint256 = (health >> 40) & ledger.M40
    goods: uint256 = health >> 80
    after: uint256 = status
    if not success:
        good_at = 0
        goods = 0
        if status == ledger.OK:
            failed_at = block.timestamp
            after = ledger.SUSPECT
        elif block.timestamp - failed_at >= HOUR:
            after = ledger.QUARANTINED
    elif good_at == 0 or (status == ledger.QUARANTINED and self._apart(price, last)):
        good_at = block.timestamp
        goods = 1
    elif block.timestamp - good_at >= HOUR:
        good_at = block.timestamp
        goods += 1
        if status == ledger.SUSPECT or goods == GOOD_READS:
            after = ledger.OK
    ledger.health[id] = failed_at | (good_at << 40) | (goods << 80)
    if after != status:
        log IVault.HealthChanged(id=id, status=after)
    return after


@internal
@pure
def _apart(price: uint256, last: uint256) -> bool:
    """
    @dev Whether two scaled prices differ by more than STEADY of the earlier.
    """
    return max(price, last) - min(price, last) > last * STEADY // ledger.BPS


@internal
def _snapshot(lo: uint256):
    """
    @dev Once an epoch notes the total. Petty cash rests on the lower of the last two, which no deposit raises at once.
    @param lo Total at the lower prices, asset wei.
    """
    snapshot: uint256 = ledger.snapshot
    if block.timestamp - (snapshot >> 224) < ledger.EPOCH:
        return
    before: uint256 = (snapshot >> 112) & ledger.M112
    total: uint256 = min(lo, ledger.M112)
    ledger.snapshot = (block.timestamp << 224) | (total << 112) | before
    base: uint256 = min(min(before, total), ledger.M96)
    ledger.petty = (ledger.petty & ~(ledger.M96 << 96)) | (base << 96)
