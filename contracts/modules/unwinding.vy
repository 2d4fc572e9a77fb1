# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Unwinding
@custom:contract-name unwinding
@license AGPL-3.0-only
@notice How units of holders who have left become cash as liquidity returns, and what is noted of a strategy that pays them
        less than it said.
@dev Short unwinds. Two that fail, or pay less than the strategy's tolerance allows, an hour or more apart, cost the strategy
     three clean ones, an hour or more apart, before it stops counting as short; an epoch without another ends it, too.
     Only unwinds of a hundredth or more of what waits, that an account without code asked the queue for, count: with
     money borrowed within a transaction any strategy could be made to fail.
"""

from interfaces import IVault
from contracts.modules import coverage
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import positions
from contracts.modules import pricing
from contracts.modules import runoff

uses: ledger
uses: positions
uses: pricing
uses: runoff

HOUR: constant(uint256) = 3_600


@internal
def _unwind(id: uint256, limit: uint256, direct: bool):
    """
    @dev Redeems the runoff's part of the liquidity and counts what came as unsynced.
    @param id The strategy.
    @param limit The most units to redeem.
    @param direct Whether the outcome counts for the signal of short unwinds.
    """
    position: uint256 = ledger.positions[id]
    waits: uint256 = ledger.runoff[id]
    waiting: uint256 = waits & ledger.M112
    packed: uint256 = ledger.coverage[id]
    liquid: uint256 = runoff._observed(id, position, waiting)
    covered: uint256 = runoff._cover(id, packed, waiting, liquid)
    part: uint256 = coverage._runoff_part(covered, position & ledger.M112, waiting, liquid)
    units: uint256 = min(part, limit)
    if units < part and runoff._worth(position, units) < positions.DUST:
        units = 0
    if units == 0:
        ledger.coverage[id] = covered
        return
    counts: bool = direct and units == part and units * 100 >= waiting
    before: uint256 = positions._cash()
    after: uint256 = runoff._attempt(id, position, units, 0, waits, before)
    failing: uint256 = (waits >> 112) & ledger.M32
    failed: bool = after == guarded_call.NO_ANSWER
    if failed and (units != waiting or not self._is_dust(id, units)):
        if runoff._worth(position, units) >= positions.DUST:
            covered = runoff._cover(id, packed, waiting, 0)
            self._fail(id, waits, counts)
        ledger.coverage[id] = covered
        return
    if failed:
        after = before  # they are let go
    else:
        if counts and (failing != 0 or position & ledger.SHORT != 0):
            self._judge(id, units, after - before)
        if units >= min(part, (waiting + 99) // 100):
            failing = 0
    raised: uint256 = max(covered & ledger.M112, liquid - part) - (covered & ledger.M112)
    ledger.coverage[id] = covered + raised * units // part
    runoff._owe(after - before)
    runoff._store(id, waiting - units, failing, (waits >> 144) + after - before)
    log IVault.Unwound(id=id, units=units, assets=after - before)


@internal
def _fail(id: uint256, waits: uint256, counts: bool):
    """
    @dev Notes an unwind that failed: since when redeems fail, and whether the strategy falls short.
    """
    if (waits >> 112) & ledger.M32 == 0:
        runoff._store(id, waits & ledger.M112, block.timestamp, waits >> 144)
    if counts:
        self._fall_short(id)


@internal
def _fall_short(id: uint256):
    """
    @dev Notes an unwind that fell short. The second one, an hour or more after the first and with no epoch between, costs
         three clean ones: one moment, bought or not, costs nothing.
    """
    health: uint256 = ledger.health[id]
    first: uint256 = (health >> 88) & ledger.M40
    if block.timestamp - ((health >> 128) & ledger.M40) > ledger.EPOCH:
        first = block.timestamp
        ledger.positions[id] &= ~ledger.SHORT
    ledger.health[id] = (health & (2**88 - 1)) | (first << 88) | (block.timestamp << 128)
    if block.timestamp - first >= HOUR:
        ledger.positions[id] |= ledger.SHORT


@internal
def _judge(id: uint256, units: uint256, got: uint256):
    """
    @dev Notes whether an unwind paid within the strategy's tolerance. A clean one counts an hour or more after the last.
    @param id The strategy.
    @param units Units redeemed.
    @param got Asset wei that came.
    """
    keep: uint256 = ledger.BPS - ((ledger.terms[id] >> 216) & ledger.M16)
    if got * ledger.BPS + ledger.BPS < pricing._guard(id, units) * keep:
        self._fall_short(id)
        return
    position: uint256 = ledger.positions[id]
    health: uint256 = ledger.health[id]
    if position & ledger.SHORT == 0 or block.timestamp - (health >> 168) < HOUR:
        return
    ledger.health[id] = (health & (2**168 - 1)) | (block.timestamp << 168)
    ledger.positions[id] = position - (1 << 234)


@internal
@view
def _is_dust(id: uint256, units: uint256) -> bool:
    """
    @dev Whether units were worth less than about DUST when the strategy was listed: its price then had 32 binary digits at
         the scale that its memory keeps. The price now is no measure, for what is lost may come back.
    """
    return units << 32 < positions.DUST << (ledger.memory[id] >> 248)
