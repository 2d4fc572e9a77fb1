# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Unwinding
@custom:contract-name unwinding
@license AGPL-3.0-only
@notice How units of holders who have left become cash as liquidity returns, and what is noted of a strategy that pays them
        less than it said.
@dev Clean unwinds. One that fails, or pays less than the strategy's tolerance allows, costs the strategy three clean ones
     before it stops counting as short. Only unwinds that an account without code asked the queue for count: with money
     borrowed within a transaction any strategy could be made to fail.
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
    before: uint256 = positions._cash()
    after: uint256 = runoff._attempt(id, position, units, 0, waits, before)
    failing: uint256 = (waits >> 112) & ledger.M32
    if after == guarded_call.NO_ANSWER:
        after = before
        if units != waiting or not self._is_dust(id, units):
            if runoff._worth(position, units) >= positions.DUST:
                covered = runoff._cover(id, packed, waiting, 0)
                self._fail(id, waits, direct)
            ledger.coverage[id] = covered
            return
    else:
        if direct and (failing != 0 or position & ledger.SHORT != 0):
            self._judge(id, position, units, after - before, units == part and units * 100 >= waiting)
        if units >= min(part, (waiting + 99) // 100):
            failing = 0
    raised: uint256 = max(covered & ledger.M112, liquid - part) - (covered & ledger.M112)
    ledger.coverage[id] = covered + raised * units // part
    runoff._owe(after - before)
    runoff._store(id, waiting - units, failing, (waits >> 144) + after - before)
    log IVault.Unwound(id=id, units=units, assets=after - before)


@internal
def _fail(id: uint256, waits: uint256, direct: bool):
    """
    @dev Notes an unwind that failed: since when redeems fail, and three clean unwinds that are owed now.
    """
    if (waits >> 112) & ledger.M32 == 0:
        runoff._store(id, waits & ledger.M112, block.timestamp, waits >> 144)
    if direct:
        ledger.positions[id] |= ledger.SHORT


@internal
def _judge(id: uint256, position: uint256, units: uint256, got: uint256, counts: bool):
    """
    @dev Notes whether an unwind paid within the strategy's tolerance.
    @param id The strategy.
    @param position Its packed position.
    @param units Units redeemed.
    @param got Asset wei that came.
    @param counts Whether it can be a clean one: all that the runoff could have, and a hundredth of what waited.
    """
    keep: uint256 = ledger.BPS - ((ledger.terms[id] >> 216) & ledger.M16)
    owed: uint256 = (position >> 234) & 3
    if got * ledger.BPS + ledger.BPS < pricing._guard(id, units) * keep:
        owed = 3
    elif counts:
        owed = max(owed, 1) - 1
    ledger.positions[id] = (position & ~ledger.SHORT) | (owed << 234)


@internal
@view
def _is_dust(id: uint256, units: uint256) -> bool:
    """
    @dev Whether units were worth less than about DUST when the strategy was listed: its price then had 32 binary digits at
         the scale that its memory keeps. The price now is no measure, for what is lost may come back.
    """
    return units << 32 < positions.DUST << (ledger.memory[id] >> 248)
