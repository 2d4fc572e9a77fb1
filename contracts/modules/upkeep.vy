# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Upkeep
@custom:contract-name upkeep
@license AGPL-3.0-only
@notice What `poke` does: it moves books and references to what the strategies answer, notes failures and recoveries, and
        measures the signals that the Sentinel judges.
@dev The book falls to the mark at once and rises no faster than `max_rate`, except up to the reference: the highest
     book price of this day and the one before.
@dev Only `poke` moves a book or a reference between moves of capital. Any account without code may call it at any time,
     directly or through the Sentinel.
"""

from interfaces import IVault
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import pricing
from contracts.modules import refusal

uses: ledger

HOUR: constant(uint256) = 3_600
DAY: constant(uint256) = 86_400
YEAR: constant(uint256) = 31_536_000
STEADY: constant(uint256) = 300  # bps two reads an hour apart may differ for a strategy to recover
GOOD_READS: constant(uint256) = 3  # spaced good reads that end a quarantine
DRY_VETO: constant(uint256) = 800  # bps of the total that must be liquid for entry, petty cash and allocations

# What one strategy adds to the sums of a poke, asset wei.
struct Part:
    lo: uint256
    hi: uint256
    marked: uint256  # its mark, up to the reference; its book where it does not answer
    reference: uint256  # its value at the reference, at least its book
    liquid: uint256  # what it says it can redeem now
    dark: uint256  # its book, in quarantine
    short: uint256  # its book, while it owes three clean unwinds
    silent: bool  # it did not answer


@internal
def _poke() -> IVault.Observation:
    """
    @dev Moves books, references, health and the petty-cash base. Open to every account without code that calls the Vault
         itself, or the Sentinel which asks the same: only such a call cannot stand in the middle of a manipulation with
         borrowed money, or inside a strategy's own lock, so neither reaches any memory of a price.
    @return What was seen.
    """
    refusal._req(not tx.origin.is_contract, refusal.UNAUTHORISED)
    if msg.sender != tx.origin:
        refusal._req(msg.sender == ledger.sentinel, refusal.UNAUTHORISED)
    clock: uint256 = ledger.clock
    age: uint256 = 0
    if (clock >> 160) & ledger.M40 != 0:
        age = block.timestamp - ((clock >> 160) & ledger.M40)
    ledger.clock = (clock & ~(ledger.M40 << 160)) | (block.timestamp << 160)
    hot: uint256 = ledger.hot
    idle: uint256 = hot & ledger.M112
    sums: Part = Part(
        lo=idle, hi=idle, marked=idle, reference=idle, liquid=idle, dark=0, short=0, silent=False
    )
    elapsed: uint256 = min(age, DAY)
    ids: uint256 = (hot >> 112) & ledger.M80
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        part: Part = self._poke_one(ids & ledger.M8, elapsed)
        ids >>= 8
        # All are sums of eleven amounts below 2**160.
        sums.lo = unsafe_add(sums.lo, part.lo)  # unsafe: see above
        sums.hi = unsafe_add(sums.hi, part.hi)  # unsafe: see above
        sums.marked = unsafe_add(sums.marked, part.marked)  # unsafe: see above
        sums.reference = unsafe_add(sums.reference, part.reference)  # unsafe: see above
        sums.liquid = unsafe_add(sums.liquid, part.liquid)  # unsafe: see above
        sums.dark = unsafe_add(sums.dark, part.dark)  # unsafe: see above
        sums.short = unsafe_add(sums.short, part.short)  # unsafe: see above
        sums.silent = sums.silent or part.silent
    self._snapshot(sums.lo)
    log IVault.Poked(lo=sums.lo, hi=sums.hi)
    return self._observation(hot, age, sums)


@internal
def _observation(hot: uint256, age: uint256, sums: Part) -> IVault.Observation:
    """
    @dev The signals of a poke, and whether too little is liquid, which the Vault remembers until the next one.
    @param hot The packed word of the Vault.
    @param age Seconds since the poke before.
    @param sums Sums over the Vault.
    @return The signals in bps; shortfalls round up, liquidity down.
    """
    seen: IVault.Observation = IVault.Observation(
        lo=sums.lo, age=age, fall=0, liquid=ledger.BPS, dark=0, short=0, state=(hot >> 192) & 3, veto=sums.silent
    )
    if sums.marked < sums.reference:
        seen.fall = self._part_up(sums.reference - sums.marked, sums.reference)
    total: uint256 = sums.marked + sums.dark
    if sums.liquid < total:
        seen.liquid = sums.liquid * ledger.BPS // total
    if sums.dark != 0:
        seen.dark = self._part_up(sums.dark, total)
    if sums.short != 0:
        seen.short = self._part_up(sums.short, total)
    is_dry: bool = seen.liquid < DRY_VETO
    if is_dry != (hot & (ledger.DRY << 192) != 0):
        ledger.hot = hot ^ (ledger.DRY << 192)
    seen.veto = seen.veto or is_dry or seen.fall > pricing.FALL_VETO or seen.dark > pricing.DARK_VETO
    return seen


@internal
@pure
def _part_up(part: uint256, whole: uint256) -> uint256:
    """
    @dev A part in bps of the whole, rounded up, at most all of it.
    """
    return min((part * ledger.BPS + whole - 1) // whole, ledger.BPS)


@internal
def _poke_one(id: uint256, elapsed: uint256) -> Part:
    """
    @dev Observes one strategy and moves its book.
    @param id The strategy.
    @param elapsed Seconds for which the book may accrue.
    @return What it adds to the sums; nothing without units.
    """
    position: uint256 = ledger.positions[id]
    terms: uint256 = ledger.terms[id]
    units: uint256 = position & ledger.M112
    book: uint256 = (position >> 112) & ledger.M112
    probe: uint256 = units
    if units == 0:
        probe = ledger.PROBE
    mark: uint256 = guarded_call._read(terms, guarded_call.VALUE, probe)
    success: bool = mark <= guarded_call.LARGEST
    memory: uint256 = ledger.memory[id]
    scale: uint256 = memory >> 248
    price: uint256 = pricing._scaled(mark, probe, scale)
    if position & ledger.SHORT != 0 and block.timestamp - ((ledger.health[id] >> 128) & ledger.M40) > ledger.EPOCH:
        position &= ~ledger.SHORT  # nobody has seen it fall short for an epoch
    status: uint256 = (position >> 224) & ledger.M8
    if not success or status != ledger.OK:
        status = self._observe_health(id, status, success, price, (memory >> 96) & ledger.M48)
        position = ledger._with_status(position, status)
    if success:
        memory = self._rolled(memory, pricing._scaled(book, probe, scale))
    reference: uint256 = (probe * pricing._highest(memory)) >> scale
    if success:
        if status != ledger.QUARANTINED:
            moved: uint256 = self._accrued(terms, book, mark, elapsed, reference)
            if moved < book:
                log IVault.BookFell(id=id, before=book, book=moved)
            book = moved
        position = self._with_reference(position, units, book, reference)
        ledger.memory[id] = self._remembered(memory, pricing._scaled(book, probe, scale), price)
    ledger.positions[id] = position
    if units == 0:
        return empty(Part)
    return self._part(position, terms, units, book, mark, max(reference, book))


@internal
@view
def _part(
    position: uint256, terms: uint256, units: uint256, book: uint256, mark: uint256, reference: uint256
) -> Part:
    """
    @dev What a strategy adds to the sums after its book has moved.
    @param position Its packed position.
    @param terms Its packed terms.
    @param units Units held, not 0.
    @param book Book, asset wei.
    @param mark Mark, asset wei; above LARGEST if it did not answer.
    @param reference Value at the reference, at least the book.
    """
    part: Part = empty(Part)
    if position & ledger.SHORT != 0:
        part.short = book
    if (position >> 224) & ledger.M8 == ledger.QUARANTINED:
        part.hi = book
        part.dark = book
        return part
    part.silent = position >> 240 == ledger.M16
    part.reference = reference
    if mark > guarded_call.LARGEST:
        part.silent = True
        part.lo = book
        part.hi = book
        part.marked = book
        return part
    part.lo = min(mark, book)
    part.hi = max(mark, book)
    part.marked = min(mark, reference)
    most: uint256 = guarded_call._read(terms, guarded_call.MOST, convert(self, uint256))
    if most >= units:
        part.liquid = part.marked
        if most > guarded_call.LARGEST:
            part.liquid = 0
    else:
        part.liquid = part.marked * most // units
    return part


@internal
@pure
def _accrued(terms: uint256, book: uint256, mark: uint256, elapsed: uint256, reference: uint256) -> uint256:
    """
    @dev The book after a good read: down to the mark at once, up by `max_rate` or to the reference.
    @param terms The strategy's packed terms.
    @param book The book before.
    @param mark The mark now.
    @param elapsed Seconds of accrual. The allowance rounds up, so that frequent pokes cannot hold a book down.
    @param reference Value up to which the recovery is not limited.
    @return The book after, asset wei.
    """
    if mark <= book:
        return mark
    rate: uint256 = (terms >> 200) & ledger.M16
    # Below 2**112 * 2**16 * 2**17.
    accrued: uint256 = unsafe_mul(unsafe_mul(book, rate), elapsed)  # unsafe: see above
    allowance: uint256 = unsafe_add(accrued, ledger.BPS * YEAR - 1) // (ledger.BPS * YEAR)  # unsafe: as above
    return min(mark, max(unsafe_add(book, allowance), reference))  # unsafe: below 2**146


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
@pure
def _with_reference(position: uint256, units: uint256, book: uint256, reference: uint256) -> uint256:
    """
    @dev Stores book and how far the reference stands above it, so that a deposit reads both in one slot.
    @param position The packed position.
    @param units Units held.
    @param book Book to store.
    @param reference Value at the reference before this poke moved the book.
    @return The packed position; bps round up and saturate.
    """
    above: uint256 = 0
    if reference > book:
        above = ledger.M16
        if book != 0:
            above = min(above, ((reference - book) * ledger.BPS + book - 1) // book)
    kept: uint256 = position & (ledger.M8 << 224 | ledger.WAITS | ledger.SHORT)
    return units | (book << 112) | kept | (above << 240)


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
    health: uint256 = ledger.health[id]
    failed_at: uint256 = health & ledger.M40
    good_at: uint256 = (health >> 40) & ledger.M40
    goods: uint256 = (health >> 80) & ledger.M8
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
    ledger.health[id] = (health >> 88 << 88) | failed_at | (good_at << 40) | (goods << 80)
    if after != status:
        ledger._note(id, after)
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
