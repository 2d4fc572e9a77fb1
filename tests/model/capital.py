"""Moves of capital between the Vault's idle cash and its strategies, by measured balances."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model import runoff
from tests.model.arithmetic import BPS, require, up
from tests.model.position import Position, Status
from tests.model.strategy import StrategyFailed
from tests.model.vault import VAULT, State, Vault

LEAST_BOOK = 10**6  # asset wei that a strategy must hold after an allocation
STALE = 2  # epochs without a poke after which nothing is allocated
FEW = 100  # runoff above one part in so many of a position is worth protecting from agents


@dataclass(frozen=True)
class Moved:
    """What a move did: asset wei, units, and asset wei for the rest."""

    assets: int
    units: int
    loss: int
    exposure: int = 0
    lo: int = 0


def allocate(vault: Vault, identifier: int, assets: int, least: int) -> Moved:
    """Put idle cash into a strategy."""
    position = vault.find(identifier)
    require(position is not None and position.status is Status.OK, 19)
    require(vault.now >= position.open_at, 25)
    require(assets <= vault.idle, 14)
    runoff.unwind(vault, position)
    before = runoff.observe(position)
    paid, got = _enter(vault, position, assets)
    require(got >= least, 16)
    held, book, units = position.units + got, position.book, position.probe
    mark = position.mark(held)
    require(mark is not None, 17)
    _require_in_band(position, held, mark)
    worth = min(mark * got // held, got * (position.reference_price + 1) >> position.scale)
    counted = min(worth, got * (book + 1) // units)
    entered = (book if position.units else 0) + min(paid, worth)
    require(entered >= LEAST_BOOK, 3)
    require(counted * BPS + BPS >= paid * (BPS - position.terms.tolerance), 22)
    vault.idle -= paid
    many, locked = _runoff_is_much(position), False
    position.book, position.units = entered, held
    if position.runoff:
        rise = runoff.observe(position) - before
        locked = many and rise < got - 2
        runoff.cover_more(position, min(got, max(0, rise)))
    exposure = max(mark, position.book)
    require(exposure <= position.ceiling, 20)
    require(not locked, 31)
    price = vault.price()
    require(vault.state is State.CALM, 5)
    stale = vault.now - vault.poked_at > STALE * vault.epoch
    require(not (vault.dry or price.veto or stale), 7)
    require(vault.idle * BPS >= price.lo * vault.limits.idle_floor, 21)
    moved = Moved(paid, got, max(paid - counted, 0), exposure, price.lo)
    vault.tell("Allocated", identifier, moved.assets, moved.units, moved.loss)
    return moved


def _runoff_is_much(position: Position) -> bool:
    return position.runoff * FEW > position.units + position.runoff


def _enter(vault: Vault, position: Position, assets: int) -> tuple[int, int]:
    """Have the strategy take a deposit; returns the assets it took and the units that came."""
    cash, units = vault.token.balances[VAULT], position.world.balance(VAULT)
    require(units is not None, 17)
    try:
        position.world.deposit(VAULT, assets)
    except StrategyFailed:
        require(False, 17)
    paid = cash - vault.token.balances[VAULT]
    units_now = position.world.balance(VAULT)
    require(paid > 0 and units_now is not None and units_now > units, 17)
    return paid, units_now - units


def _require_in_band(position: Position, units: int, mark: int) -> None:
    reference, band = units * position.reference_price >> position.scale, position.terms.band
    require(mark >= reference * (BPS - band) // BPS, 23)
    require(mark <= reference * (BPS + band) // BPS + 1, 23)


def deallocate(vault: Vault, identifier: int, assets: int, least: int) -> Moved:
    """Take assets, or everything, out of a strategy."""
    position = vault.ever_listed(identifier)
    require(position is not None, 3)
    runoff.unwind(vault, position)
    return _deallocate(vault, position, assets, least)


def _deallocate(vault: Vault, position: Position, assets: int, least: int) -> Moved:
    units = most = position.units
    if position.runoff:
        most = min(position.coverage, runoff.observe(position))
        require(most > 0, 15)
    require(units > 0, 3)
    mark = position.mark(units) or max(position.book, 1)
    wanted = units if assets >= mark else up(assets * units, mark)
    leaving = min(wanted, most)
    require(leaving > 0, 3)
    got = _leave(vault, position, leaving)
    require(got >= least, 16)
    guard = position.guard(leaving)
    require(got * BPS + BPS >= guard * (BPS - position.terms.tolerance), 22)
    expected = max(mark * leaving // units, guard)
    vault.idle += got
    rest = position.release(leaving)
    if position.runoff:
        runoff.cover_less(position, leaving)
    moved = Moved(got, leaving, rest + max(0, expected - got))
    vault.tell("Deallocated", position.id, moved.assets, moved.units, moved.loss)
    return moved


def _leave(vault: Vault, position: Position, units: int) -> int:
    """Have the strategy redeem units; returns what arrived."""
    cash = vault.token.balances[VAULT]
    try:
        position.world.redeem(VAULT, units)
    except StrategyFailed:
        require(False, 17)
    return vault.token.balances[VAULT] - cash


def evacuate(vault: Vault, identifier: int, assets: int) -> Moved:
    """Take the stayers' covered part of a strategy home, while more than a hundredth of it waits to leave."""
    position = vault.ever_listed(identifier)
    require(position is not None and _runoff_is_much(position), 32)
    runoff.unwind(vault, position)
    require(position.runoff > 0, 32)
    return _deallocate(vault, position, assets, 0)
