# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Runoff
@custom:contract-name runoff
@license AGPL-3.0-only
@notice Units of holders who have left, beside those of the stayers: how they leave the ledger and how they are handed out.
        They become cash in modules/unwinding.vy, and are paid first where capital moves in modules/covered_moves.vy.
@dev Custody. Units and cash of leavers stay in the Vault, counted apart from the stayers'. Nothing here turns units of the
     stayers into units or cash of leavers but `_leave`, which burns their shares for it.
@dev Failures. A redeem for leavers runs in a frame of its own: a strategy that reverts, or pays less than its tolerance
     allows, changes nothing, and what it should have paid waits instead.
@dev The rules of coverage are in modules/coverage.vy, their properties in docs/EXITS.md.
"""

from interfaces import IVault
from contracts.modules import coverage
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import positions
from contracts.modules import refusal

uses: ledger
uses: positions

PATIENCE: constant(uint256) = 2_592_000  # seconds of failed redeems after which leavers accept any price


@internal
@pure
def _worth(position: uint256, units: uint256) -> uint256:
    """
    @dev Book value of units of a strategy, asset wei, rounded down.
    """
    held: uint256 = position & ledger.M112
    if held == 0:
        held = ledger.PROBE
    return ((position >> 112) & ledger.M112) * units // held


@internal
@view
def _observed(id: uint256, position: uint256, waiting: uint256) -> uint256:
    """
    @dev Units that a strategy says it can redeem now, at most those it owes; 0 in quarantine or without an answer.
    """
    if (position >> 224) & ledger.M8 == ledger.QUARANTINED:
        return 0
    liquid: uint256 = guarded_call._read(ledger.terms[id], guarded_call.MOST, convert(self, uint256))
    if liquid > guarded_call.LARGEST:
        return 0
    return min(liquid, (position & ledger.M112) + waiting)


@internal
def _cover(id: uint256, packed: uint256, waiting: uint256, liquid: uint256) -> uint256:
    """
    @dev Coverage after an observation; a challenge window that opens is announced.
    """
    after: uint256 = coverage._covered(packed, waiting, liquid, block.timestamp, ledger.EPOCH)
    if after >> 224 == block.timestamp and packed >> 224 != block.timestamp:
        log IVault.Dipped(id=id, liquid=liquid, covered=after & ledger.M112)
    return after


@internal
@view
def _kept(keep: uint256, waits: uint256) -> uint256:
    """
    @dev What a redeem for those who wait must bring of the guard reference. It narrows evenly from the strategy's tolerance
         to nothing over PATIENCE of failures without progress, so that a strategy that charges too much cannot hold anybody.
         Waiting for liquidity is no failure.
    @param keep What the strategy's tolerance leaves, bps.
    @param waits The packed runoff.
    @return Bps.
    """
    failing: uint256 = (waits >> 112) & ledger.M32
    if failing == 0:
        return keep
    return keep - keep * min(block.timestamp - failing, PATIENCE) // PATIENCE


@internal
def _attempt(id: uint256, position: uint256, taken: uint256, own: uint256, waits: uint256, balance: uint256) -> uint256:
    """
    @dev Redeems units in a frame that leaves nothing behind if the strategy fails or pays too little. Those who leave now
         bring the strategy's tolerance, whatever has failed before them; both count by their units.
    @param id The strategy.
    @param position Its packed position.
    @param taken Units of those who wait.
    @param own Units of those who leave now; with `taken` not 0.
    @param waits The packed runoff before.
    @param balance The Vault's asset balance.
    @return That balance afterwards; NO_ANSWER if the redeem failed.
    """
    terms: uint256 = ledger.terms[id]
    units: uint256 = taken + own
    keep: uint256 = ledger.BPS - ((terms >> 216) & ledger.M16)
    if taken != 0:
        keep = (taken * self._kept(keep, waits) + own * keep + units - 1) // units
    enough: uint256 = max_value(uint256)
    if position & ledger.M112 != 0 and position & (ledger.CHEAPER | (ledger.M16 << 240)) == 0:
        # The guard reference is at most the book then: who pays for the book passes without another slot being read.
        enough = ((self._worth(position, units) + 1) * keep + ledger.BPS - 1) // ledger.BPS
    return guarded_call._redeem_in_frame(terms, id, units, balance, enough, keep)


@internal
def _owe(assets: uint256):
    """
    @dev Counts cash as that of leavers. A flag beside idle tells deposits that there is some.
    """
    if assets == 0:
        return
    owed: uint256 = ledger._owed() + assets
    refusal._req(owed <= ledger.M128, refusal.TOO_LARGE)
    ledger.owed = owed | ledger.KEPT
    ledger.hot |= ledger.OWED << 192


@internal
def _store(id: uint256, waiting: uint256, failing: uint256, unsynced: uint256):
    """
    @dev Stores the runoff of a strategy and whether a move has to look at it.
    """
    refusal._req(waiting <= ledger.M112 and unsynced <= ledger.M112, refusal.TOO_LARGE)
    ledger.runoff[id] = waiting | (failing << 112) | (unsynced << 144)
    position: uint256 = ledger.positions[id]
    if waiting != 0 or unsynced != 0:
        position |= ledger.WAITS
    else:
        position &= ~(ledger.WAITS | ledger.SHORT)
    ledger.positions[id] = position


@internal
def _sync(id: uint256) -> (uint256, uint256):
    """
    @dev Hands the proceeds that the Vault unwound itself over to the queue.
    @return Units that wait, and asset wei to credit to them.
    """
    waits: uint256 = ledger.runoff[id]
    if waits >> 144 != 0:
        self._store(id, waits & ledger.M112, (waits >> 112) & ledger.M32, 0)
    return waits & ledger.M112, waits >> 144


# ------------------------------------------------------------------ leaving


@internal
def _leave(shares: uint256, supply: uint256, tries: uint256) -> IVault.Departure:
    """
    @dev Takes the same fraction of everything out of the stayers' ledger: cash of idle and of what strategies pay now, and
         units that wait.
    @param shares Shares that leave.
    @param supply Shares outstanding with the virtual ones, before they leave.
    @param tries Bitmap of the strategies to redeem from at once.
    @return Cash of the leavers, and for each strategy what joined its runoff.
    """
    hot: uint256 = ledger.hot
    idle: uint256 = (hot & ledger.M112) * shares // supply
    departure: IVault.Departure = IVault.Departure(cash=idle, promised=idle, legs=[])
    ledger.hot = hot - idle
    before: uint256 = positions._cash()
    balance: uint256 = before
    ids: uint256 = (hot >> 112) & ledger.M80
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        id: uint256 = ids & ledger.M8
        ids >>= 8
        position: uint256 = ledger.positions[id]
        units: uint256 = (position & ledger.M112) * shares // supply
        if units == 0:
            continue
        departure.promised += self._worth(position, units)
        leg: IVault.Leg = empty(IVault.Leg)
        mine: uint256 = 0
        leg, balance, mine = self._leg(id, position, units, shares, supply, (tries >> id) & 1 == 1, balance)
        departure.cash += mine
        if leg.id != 0:
            departure.legs.append(leg)
    self._owe(idle + balance - before)
    return departure


@internal
def _leg(
    id: uint256, position: uint256, units: uint256, shares: uint256, supply: uint256, tried: bool, balance: uint256
) -> (IVault.Leg, uint256, uint256):
    """
    @dev One strategy's part of an exit: one redeem for those who waited and those who leave now, the rest joins the runoff.
    @param id The strategy.
    @param position Its packed position.
    @param units Units of those who leave.
    @param shares Shares that leave.
    @param supply Shares outstanding with the virtual ones, before they leave.
    @param tried Whether to redeem at once.
    @param balance The Vault's asset balance.
    @return What joined or came, without an id if nothing; the balance afterwards; what of it is the leavers'.
    """
    waits: uint256 = 0
    packed: uint256 = 0
    if position & ledger.WAITS != 0:
        waits = ledger.runoff[id]
        packed = ledger.coverage[id]
    taken: uint256 = 0
    own: uint256 = 0
    after: uint256 = 0
    failed: bool = False
    packed, taken, own, after, failed = self._redeemed(id, position, waits, packed, shares, supply, tried, balance)
    mine: uint256 = after - balance
    if taken != 0:
        mine = mine * own // (taken + own)
    positions._release(id, position, units)
    if waits == 0 and own == units:
        return empty(IVault.Leg), after, mine
    joined: uint256 = units - own
    left: uint256 = (waits & ledger.M112) - taken
    self._store(id, left + joined, self._failing(waits, left, joined, taken != 0, failed), 0)
    ledger.coverage[id] = coverage._scaled(packed, shares, supply, ledger.positions[id] & ledger.M112)
    credit: uint256 = after - balance - mine + (waits >> 144)
    worth: uint256 = self._worth(position, joined)
    return IVault.Leg(id=id, joined=joined, waiting=left, credit=credit, worth=worth), after, mine


@internal
def _redeemed(
    id: uint256,
    position: uint256,
    waits: uint256,
    packed: uint256,
    shares: uint256,
    supply: uint256,
    tried: bool,
    balance: uint256,
) -> (uint256, uint256, uint256, uint256, bool):
    """
    @dev Redeems what the runoff and the leavers may have of a strategy now.
    @return Packed coverage; units redeemed of the runoff; of the leavers; the Vault's asset balance; whether it failed.
    """
    waiting: uint256 = waits & ledger.M112
    liquid: uint256 = self._observed(id, position, waiting)
    covered: uint256 = liquid
    raised: uint256 = liquid
    taken: uint256 = 0
    own: uint256 = liquid
    if waiting != 0:
        covered = self._cover(id, packed, waiting, liquid)
        taken = coverage._runoff_part(covered, position & ledger.M112, waiting, liquid)
        raised = max(covered & ledger.M112, liquid - taken)
        own = min(liquid - taken, position & ledger.M112)  # `raised` is never less
    own = own * shares // supply
    if not tried or taken + own == 0 or self._worth(position, taken + own) < positions.DUST:
        return covered, 0, 0, balance, False
    after: uint256 = self._attempt(id, position, taken, own, waits, balance)
    if after == guarded_call.NO_ANSWER:
        return self._cover(id, packed, waiting, 0), 0, 0, balance, True
    return coverage._with(covered, raised), taken, own, after, False


@internal
@view
def _failing(waits: uint256, left: uint256, joined: uint256, progress: bool, failed: bool) -> uint256:
    """
    @dev Since when redeems fail, after an exit. Those who join have not waited yet: by their units they shorten the time.
    @param waits The packed runoff before.
    @param left Units that waited before and still do.
    @param joined Units that join.
    @param progress Whether units that waited were redeemed.
    @param failed Whether a redeem failed.
    @return Unix seconds; 0 if nothing fails.
    """
    since: uint256 = (waits >> 112) & ledger.M32
    if progress or left == 0:
        since = 0
    if since != 0:
        return block.timestamp - (block.timestamp - since) * left // (left + joined)
    if failed:
        return block.timestamp
    return 0


# ------------------------------------------------------------------ units that change sides


@internal
def _give_back(id: uint256):
    """
    @dev Returns one waiting unit to the stayers. Where they hold none it is nobody's.
    """
    waits: uint256 = ledger.runoff[id]
    self._store(id, (waits & ledger.M112) - 1, (waits >> 112) & ledger.M32, waits >> 144)
    position: uint256 = ledger.positions[id]
    if position & ledger.M112 != 0:
        ledger.positions[id] = position + 1


@internal
def _hand_out(id: uint256, units: uint256, receiver: address):
    """
    @dev Sends waiting units to who they belong to.
    """
    waits: uint256 = ledger.runoff[id]
    terms: uint256 = ledger.terms[id]
    self._store(id, (waits & ledger.M112) - units, (waits >> 112) & ledger.M32, waits >> 144)
    before: uint256 = guarded_call._read(terms, guarded_call.BALANCE, convert(self, uint256))
    success: bool = guarded_call._write(
        terms, abi_encode(receiver, units, method_id=method_id("transfer(address,uint256)"))
    )
    after: uint256 = guarded_call._read(terms, guarded_call.BALANCE, convert(self, uint256))
    gone: bool = before <= guarded_call.LARGEST and before >= units and after <= before - units
    refusal._req(success and gone, refusal.STRATEGY_CALL_FAILED)
    log IVault.HandedOut(id=id, receiver=receiver, units=units)
