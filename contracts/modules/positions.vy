# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Positions
@custom:contract-name positions
@license AGPL-3.0-only
@notice Moves capital between idle and strategies. What a move really did is the measured change of balances.
@dev Units are bought and redeemed by the ledger's count. A strategy that reports more or less than it moved is booked
     at what was measured, and a move that loses more than the strategy's tolerance against its reference reverts.
"""

from ethereum.ercs import IERC20
from interfaces import IVault
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import pricing
from contracts.modules import refusal

uses: ledger
uses: pricing

DUST: constant(uint256) = 1_000  # asset wei of units that are not worth a call
STALE: constant(uint256) = 2  # epochs without a poke after which nothing is allocated
MIN_POSITION: constant(uint256) = 10**6  # asset wei; a smaller book would be too coarse a memory of the price


@internal
@view
def _cash() -> uint256:
    """
    @dev The Vault's asset balance, used only for differences within one call.
    """
    return staticcall IERC20(ledger.ASSET).balanceOf(self, skip_contract_check=True)


@internal
def _pay(receiver: address, assets: uint256):
    """
    @dev Sends assets out of the Vault; a token that answers false has not paid.
    @param receiver Who gets them.
    @param assets Asset wei.
    """
    sent: bool = extcall IERC20(ledger.ASSET).transfer(
        receiver, assets, default_return_value=True, skip_contract_check=True
    )
    if not sent:
        refusal._refuse(refusal.TRANSFER_MISMATCH)


@internal
def _redeem(terms: uint256, units: uint256, failure: uint256):
    """
    @dev Redeems units. The ledger, and measuring what came, are the caller's.
    @param terms The strategy's packed terms.
    @param units Units to redeem.
    @param failure Reason to give if the strategy reverts.
    """
    success: bool = guarded_call._write(
        terms, abi_encode(units, self, self, method_id=method_id("redeem(uint256,address,address)"))
    )
    refusal._req(success, failure)


@internal
def _release(id: uint256, position: uint256, units: uint256) -> uint256:
    """
    @dev Takes units out of the ledger with their part of the book, rounded up. A rest worth less than DUST, by its book
         and at the guard reference, is let go with them, so that no price is a quotient of two tiny numbers.
    @param id The strategy.
    @param position Its packed position.
    @param units Units to release.
    @return Book value of the rest that was let go, asset wei.
    """
    held: uint256 = position & ledger.M112
    book: uint256 = (position >> 112) & ledger.M112
    rest: uint256 = held - units
    kept: uint256 = book * rest // held  # the released part rounds up
    if rest == 0 or (kept < DUST and pricing._guard(id, rest) < DUST):
        ledger.positions[id] = ledger._repacked(position, 0, book * ledger.PROBE // held)
        return kept
    ledger.positions[id] = ledger._repacked(position, rest, kept)
    return 0


@internal
def _deallocate(id: uint256, assets: uint256, limit: uint256, most: uint256) -> IVault.Moved:
    """
    @dev Redeems about `assets` worth of units into idle. Works in every state and for every status.
    @param id The strategy.
    @param assets Asset wei wanted; units round up; more than the position redeems all of it.
    @param limit Least asset wei to get.
    @param most The most units to redeem.
    @return What was measured. The loss counts against the higher of mark and guard reference.
    """
    position: uint256 = ledger.positions[id]
    terms: uint256 = ledger.terms[id]
    held: uint256 = position & ledger.M112
    refusal._req(held != 0, refusal.ZERO_AMOUNT)
    mark: uint256 = guarded_call._read(terms, guarded_call.VALUE, held)
    if mark > guarded_call.LARGEST or mark == 0:
        mark = max((position >> 112) & ledger.M112, 1)
    units: uint256 = held
    if assets < mark:
        units = min(held, (assets * held + mark - 1) // mark)
    units = min(units, most)
    refusal._req(units != 0, refusal.ZERO_AMOUNT)
    before: uint256 = self._cash()
    self._redeem(terms, units, refusal.STRATEGY_CALL_FAILED)
    got: uint256 = self._cash() - before
    refusal._req(got >= limit, refusal.BELOW_LIMIT)
    guard: uint256 = pricing._guard(id, units)
    self._req_within_tolerance(terms, got, guard)
    rest: uint256 = self._release(id, position, units)
    ledger._set_idle((ledger.hot & ledger.M112) + got)
    owed: uint256 = max(mark * units // held, guard)
    loss: uint256 = rest + max(owed, got) - got
    log IVault.Deallocated(id=id, assets=got, units=units, loss=loss)
    return IVault.Moved(assets=got, units=units, loss=loss, exposure=0, lo=0)


@internal
@pure
def _req_within_tolerance(terms: uint256, got: uint256, expected: uint256):
    """
    @dev Reverts when `got` is more than the strategy's tolerance below `expected`, both in asset wei.
    """
    tolerance: uint256 = (terms >> 216) & ledger.M16
    refusal._req(got * ledger.BPS + ledger.BPS >= expected * (ledger.BPS - tolerance), refusal.SLIPPAGE)


@internal
def _deposit(terms: uint256, assets: uint256) -> (uint256, uint256):
    """
    @dev Pays idle into a strategy and measures both sides. The approval ends with the call.
    @param terms The strategy's packed terms.
    @param assets Asset wei to offer.
    @return Asset wei that left and units that came.
    """
    strategy: address = convert(terms & ledger.M160, address)
    before: uint256 = guarded_call._read(terms, guarded_call.BALANCE, convert(self, uint256))
    cash: uint256 = self._cash()
    extcall IERC20(ledger.ASSET).approve(strategy, assets, default_return_value=True)
    success: bool = guarded_call._write(
        terms, abi_encode(assets, self, method_id=method_id("deposit(uint256,address)"))
    )
    refusal._req(success, refusal.STRATEGY_CALL_FAILED)
    paid: uint256 = cash - self._cash()
    if paid < assets:
        extcall IERC20(ledger.ASSET).approve(strategy, 0, default_return_value=True)
    after: uint256 = guarded_call._read(terms, guarded_call.BALANCE, convert(self, uint256))
    refusal._req(
        after <= guarded_call.LARGEST and after > before and paid != 0, refusal.STRATEGY_CALL_FAILED
    )
    return paid, after - before


@internal
def _allocate(id: uint256, before: uint256, assets: uint256, limit: uint256) -> (IVault.Moved, uint256):
    """
    @dev Pays idle into a strategy that is OK, in band and under its ceiling.
    @param id The strategy.
    @param before Its packed position.
    @param assets Asset wei to pay.
    @param limit Least units to get.
    @return What was measured, the units counted at the lower of mark, book and reference; and the mark of all units.
    """
    position: uint256 = before
    listing: uint256 = ledger.listing[id]
    terms: uint256 = ledger.terms[id]
    refusal._req((position >> 224) & ledger.M8 == ledger.OK, refusal.STRATEGY_NOT_OK)
    refusal._req(block.timestamp >= listing >> 112, refusal.TOO_EARLY)
    idle: uint256 = ledger.hot & ledger.M112
    refusal._req(assets <= idle, refusal.IDLE_SHORT)
    paid: uint256 = 0
    got: uint256 = 0
    paid, got = self._deposit(terms, assets)
    refusal._req(got >= limit, refusal.BELOW_LIMIT)
    held: uint256 = position & ledger.M112
    units: uint256 = held + got
    mark: uint256 = guarded_call._read(terms, guarded_call.VALUE, units)
    refusal._req(mark <= guarded_call.LARGEST, refusal.STRATEGY_CALL_FAILED)
    per: uint256 = held
    book: uint256 = (position >> 112) & ledger.M112
    remembered: uint256 = ledger.memory[id]
    reference: uint256 = pricing._highest(remembered)
    # What moves cannot lift bounds what they are judged by: else small dear purchases would make room for a large one.
    worth: uint256 = min(mark * got // units, (got * (reference + 1)) >> (remembered >> 248))
    booked: uint256 = min(paid, worth)
    if held == 0:
        per = ledger.PROBE
    if unsafe_mul(booked, per) < unsafe_mul(book, got):  # unsafe: all below 2**112
        position |= ledger.CHEAPER
    if held != 0:
        booked += book
    self._req_in_band(terms, (units * reference) >> (remembered >> 248), mark)
    refusal._req(booked >= MIN_POSITION, refusal.ZERO_AMOUNT)
    worth = min(worth, got * (book + 1) // per)
    self._req_within_tolerance(terms, worth, paid)
    exposure: uint256 = max(mark, booked)
    refusal._req(exposure <= listing & ledger.M112, refusal.OVER_CEILING)
    ledger.positions[id] = ledger._repacked(position, units, booked)
    ledger._set_idle(idle - paid)
    loss: uint256 = max(paid, worth) - worth
    log IVault.Allocated(id=id, assets=paid, units=got, loss=loss)
    return IVault.Moved(assets=paid, units=got, loss=loss, exposure=exposure, lo=0), mark


@internal
@view
def _req_sound(clock: uint256, id: uint256, mark: uint256) -> uint256:
    """
    @dev What an allocation leaves behind in the whole Vault must be calm, without a veto, priced lately and above the idle
         floor.
    @param clock The packed clock.
    @param id The strategy that got capital.
    @param mark Its mark, asset wei.
    @return Total at the lower prices, asset wei.
    """
    hot: uint256 = ledger.hot
    if (hot >> 192) & (3 | ledger.DRY) != ledger.CALM:
        refusal._req((hot >> 192) & 3 == ledger.CALM, refusal.NOT_CALM)
        refusal._refuse(refusal.VETO)
    totals: IVault.Totals = pricing._totals(hot, (mark << 8) | id)
    stale: bool = unsafe_sub(block.timestamp, (clock >> 160) & ledger.M40) > STALE * ledger.EPOCH  # unsafe: a time past
    if totals.veto or stale:
        refusal._refuse(refusal.VETO)
    least: uint256 = unsafe_mul(totals.lo, (clock >> 200) & ledger.M16)  # unsafe: below 2**133
    if unsafe_mul(hot & ledger.M112, ledger.BPS) < least:  # unsafe: below 2**126
        refusal._refuse(refusal.IDLE_FLOOR)
    return totals.lo


@internal
@pure
def _req_in_band(terms: uint256, reference: uint256, mark: uint256):
    """
    @dev Reverts when the price stands off its reference: a fall is distress, a jump is nothing to buy into.
    @param terms The strategy's packed terms.
    @param reference Value at the reference price, asset wei.
    @param mark Value now, asset wei.
    """
    band: uint256 = (terms >> 232) & ledger.M16
    low: uint256 = reference * (ledger.BPS - band) // ledger.BPS
    high: uint256 = reference * (ledger.BPS + band) // ledger.BPS + 1
    refusal._req(mark >= low and mark <= high, refusal.PRICE_BAND)


@internal
def _redeem_slice(shares: uint256, supply: uint256) -> uint256:
    """
    @dev Redeems the same fraction of every position and of idle. All or nothing: every strategy must be able to pay
         all of the Vault's units and owe nothing to those who left before, else whoever comes first would take liquidity of
         others.
    @param shares Shares that leave.
    @param supply Shares outstanding with the virtual ones, before the burn.
    @return Asset wei to pay out; each part rounds down.
    """
    hot: uint256 = ledger.hot
    share_of_idle: uint256 = (hot & ledger.M112) * shares // supply
    ledger.hot = hot - share_of_idle
    before: uint256 = self._cash()
    ids: uint256 = (hot >> 112) & ledger.M80
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        id: uint256 = ids & ledger.M8
        ids >>= 8
        position: uint256 = ledger.positions[id]
        held: uint256 = position & ledger.M112
        units: uint256 = held * shares // supply
        if units == 0 or ((position >> 112) & ledger.M112) * shares // supply < DUST:
            continue
        terms: uint256 = ledger.terms[id]
        most: uint256 = guarded_call._read(terms, guarded_call.MOST, convert(self, uint256))
        refusal._req(
            most >= held
            and most <= guarded_call.LARGEST
            and (position >> 224) & ledger.M8 != ledger.QUARANTINED
            and position & ledger.WAITS == 0,
            refusal.NOT_LIQUID,
        )
        self._redeem(terms, units, refusal.NOT_LIQUID)
        self._release(id, position, units)
    return share_of_idle + self._cash() - before
