# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Records
@custom:contract-name records
@license AGPL-3.0-only
@notice What each settled exit is owed: its cash, and its slices of the runoff of each strategy. A record of many holders never
        changes once it is written; each takes the part that its shares are of the whole, so that no claim costs more for
        others being there.
@dev Packed total: shares 128 | cash 120 | whether it has slices 1. Packed trail: time 40 | of one controller alone 1 |
     free 7 | ids of the strategies with a slice 10 x 8. Slice: points 140 | units at joining 112; cash of a point at
     joining; shares it stands for 128 | generation 32.
@dev Conversion. Of a record's shares those are claimable that do not stand for units still waiting: one ratio for all.
"""

from interfaces import IExitQueue
from interfaces import IVault
from contracts.modules import generations
from contracts.modules import ledger
from contracts.modules import request_list

uses: generations
uses: request_list

M8: constant(uint256) = 2**8 - 1
M40: constant(uint256) = 2**40 - 1
M112: constant(uint256) = 2**112 - 1
M128: constant(uint256) = 2**128 - 1
POINTS: constant(uint256) = 2**140 - 1
PRIVATE: constant(uint256) = 1 << 40
MAX_SLICES: constant(uint256) = 10
M120: constant(uint256) = 2**120 - 1
SLICED: constant(uint256) = 1 << 248

VAULT: immutable(IVault)

totals: HashMap[uint256, uint256]
trails: HashMap[uint256, uint256]
shapes: HashMap[uint256, uint256]
starts: HashMap[uint256, uint256]
stands: HashMap[uint256, uint256]


@deploy
def __init__(vault: address):
    """
    @param vault The Vault that counts cash and units.
    """
    VAULT = IVault(vault)


@internal
@pure
def _key(id: uint256, strategy: uint256) -> uint256:
    return (id << 8) | strategy


@internal
def _write(id: uint256, shares: uint256, departure: IVault.Departure, flags: uint256) -> uint256:
    """
    @dev Credits what came, lets the new units join, and writes the record of an exit.
    @param id The record.
    @param shares Its shares.
    @param departure What the Vault did.
    @param flags PRIVATE for a record of one controller.
    @return Shares that what waits stands for; 0 if nothing waits.
    """
    worth: uint256 = departure.cash
    for leg: IVault.Leg in departure.legs:
        worth += leg.worth
    trail: uint256 = 0
    odd: uint256 = 0
    standing: uint256 = 0
    for leg: IVault.Leg in departure.legs:
        generations._credit(leg.id, leg.credit)
        if leg.joined == 0:
            continue
        stands: uint256 = 0
        if worth != departure.cash:
            stands = shares * leg.worth // worth
        kept: uint256 = self._join(id, leg, stands)
        if kept != 0:
            trail = (trail << 8) | leg.id
            standing += stands
        if kept != leg.joined:
            odd = (odd << 8) | leg.id
    if trail != 0:
        self.trails[id] = block.timestamp | flags | (trail << 48)
        self.totals[id] = shares | (departure.cash << 128) | SLICED
        standing = max(standing, 1)
    elif flags == 0:
        self.totals[id] = shares | (departure.cash << 128)
    if odd != 0:
        extcall VAULT.give_back(odd)
    return standing


@internal
def _join(id: uint256, leg: IVault.Leg, stands: uint256) -> uint256:
    """
    @dev Lets a leg's units join and stores the slice.
    @return Units that joined; at most one less than the leg's.
    """
    generation: uint256 = 0
    points: uint256 = 0
    kept: uint256 = 0
    start: uint256 = 0
    generation, points, kept, start = generations._join(leg.id, leg.waiting, leg.joined)
    if kept != 0:
        key: uint256 = self._key(id, leg.id)
        self.shapes[key] = points | (kept << 140)
        self.starts[key] = start
        self.stands[key] = stands | (generation << 128)
        log IExitQueue.Joined(id=id, strategy=leg.id, generation=generation, points=points, units=kept)
    return kept


@internal
@view
def _slice(id: uint256, strategy: uint256) -> (uint256, uint256, uint256, bool):
    """
    @dev Where a slice stands now, with what the Vault has unwound and not credited yet.
    @return Cash, its points in the current generation, units waiting, whether they are written off.
    """
    waits: uint256 = staticcall VAULT.word(ledger.WORD_RUNOFF, strategy)
    key: uint256 = self._key(id, strategy)
    return generations._walk(
        strategy, self.stands[key] >> 128, self.shapes[key] & POINTS, self.starts[key], waits & M112, waits >> 144
    )


@internal
@view
def _standing(id: uint256) -> (uint256, uint256, bool):
    """
    @dev A record as a whole.
    @param id The record.
    @return Cash so far, asset wei; shares converted; whether any unit waits, written off or not.
    """
    total: uint256 = self.totals[id]
    shares: uint256 = total & M128
    cash: uint256 = (total >> 128) & M120
    if total & SLICED == 0:
        return cash, shares, False
    lost: uint256 = 0
    open: bool = False
    waits: bool = False
    trail: uint256 = self.trails[id] >> 48
    for i: uint256 in range(MAX_SLICES):
        if trail == 0:
            break
        strategy: uint256 = trail & M8
        trail >>= 8
        came: uint256 = 0
        points: uint256 = 0
        units: uint256 = 0
        written_off: bool = False
        came, points, units, written_off = self._slice(id, strategy)
        cash += came
        if units != 0:
            waits = True
            if not written_off:
                open = True
                key: uint256 = self._key(id, strategy)
                first: uint256 = self.shapes[key] >> 140
                lost += ((self.stands[key] & M128) * units + first - 1) // first
    if open:
        shares -= min(max(lost, 1), shares)
    return cash, shares, waits


@internal
@view
def _claimable(controller: address, id: uint256) -> (uint256, uint256, bool):
    """
    @dev What a controller can claim of a record.
    @return Shares and asset wei, both rounded down; whether more may come.
    """
    whole: uint256 = self.totals[id] & M128
    request: uint256 = request_list._request(controller, id)
    shares: uint256 = request & M128
    if whole == 0 or shares == 0:
        return 0, 0, shares != 0
    cash: uint256 = 0
    converted: uint256 = 0
    waits: bool = False
    cash, converted, waits = self._standing(id)
    taken: uint256 = request_list._taken(controller, id, request)
    claimable: uint256 = max(shares * converted // whole, taken & M128) - (taken & M128)
    assets: uint256 = max(shares * cash // whole, taken >> 128) - (taken >> 128)
    return claimable, assets, waits


@internal
def _take(controller: address, id: uint256, shares: uint256, assets: uint256, ended: bool):
    """
    @dev Notes a claim. A request all of whose shares are claimed leaves the list, and is forgotten once nothing can come.
    @param controller Who claims.
    @param id The record.
    @param shares Shares claimed.
    @param assets Asset wei paid.
    @param ended Whether nothing of the record waits or is left to be paid.
    """
    request: uint256 = request_list._request(controller, id)
    taken: uint256 = request_list._taken(controller, id, request) + shares + (assets << 128)
    all_claimed: bool = taken & M128 == request & M128
    if all_claimed and ended:
        request_list._drop(controller, id)
        return
    request_list._note(controller, id, taken)
    if all_claimed:
        request_list._unlist(controller, id)


@internal
def _split(id: uint256, private_id: uint256, shares: uint256):
    """
    @dev Writes the part that shares are of a record into a record of its own; every part rounds down. The old record stays
         as it is, for others still take parts of the whole.
    """
    total: uint256 = self.totals[id]
    whole: uint256 = total & M128
    cash: uint256 = (total >> 128) & M120
    self.totals[private_id] = shares | (cash * shares // whole << 128) | (total & SLICED)
    trail: uint256 = self.trails[id]
    self.trails[private_id] = trail | PRIVATE
    trail >>= 48
    for i: uint256 in range(MAX_SLICES):
        if trail == 0:
            break
        old: uint256 = self._key(id, trail & M8)
        new: uint256 = self._key(private_id, trail & M8)
        trail >>= 8
        shape: uint256 = self.shapes[old]
        stands: uint256 = self.stands[old]
        first: uint256 = max((shape >> 140) * shares // whole, 1)
        self.shapes[new] = ((shape & POINTS) * shares // whole) | (first << 140)
        self.starts[new] = self.starts[old]
        self.stands[new] = ((stands & M128) * shares // whole) | (stands >> 128 << 128)


@internal
def _bank(id: uint256, strategy: uint256, cash: uint256):
    """
    @dev Moves a slice's cash into its private record and ends the slice, of which nothing may be left: it would be asked for
         again.
    """
    key: uint256 = self._key(id, strategy)
    self.shapes[key] = 0
    self.starts[key] = 0
    self.stands[key] = 0
    self.totals[id] += cash << 128
    trail: uint256 = self.trails[id]
    ids: uint256 = trail >> 48
    kept: uint256 = 0
    for i: uint256 in range(MAX_SLICES):
        if ids == 0:
            break
        if ids & M8 != strategy:
            kept = (kept << 8) | (ids & M8)
        ids >>= 8
    self.trails[id] = (trail & (2**48 - 1)) | (kept << 48)
