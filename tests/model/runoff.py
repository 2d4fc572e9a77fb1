"""Units of leavers in the Vault: how they and the stayers share a strategy's liquidity, and become cash.

The formulas and their names (L, R, X, y) are those of docs/SPEC.md. Amounts are units unless they say
otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.model.arithmetic import BPS, DUST, Undo, require, up
from tests.model.position import Position, Status
from tests.model.strategy import StrategyFailed
from tests.model.vault import VAULT, Vault

EVERYTHING = 2**256 - 1
COUNTS = 100  # an unwind of less than one part in so many of what waits says nothing
LISTED_BITS = 32  # binary digits of a price when its strategy is listed, at most


@dataclass(frozen=True)
class Cover:
    """Coverage R and its challenge window as one observation leaves them."""

    units: int
    low: int
    since: int


@dataclass(frozen=True)
class Part:
    """What a leaver left behind in one strategy.

    ``joined`` units wait, with a book value of ``worth``; ``credited`` wei belong to those who waited before.
    """

    id: int
    joined: int
    worth: int
    credited: int


@dataclass(frozen=True)
class Left:
    """What a leaver takes along: cash, what its part of everything stood at (asset wei), and what waits."""

    cash: int
    promised: int
    parts: tuple[Part, ...]


# -- observing -------------------------------------------------------------------


def observe(position: Position) -> int:
    """L: units that the strategy says it can redeem now, of stayers and leavers together."""
    if position.live and position.status is Status.QUARANTINED:
        return 0
    payable = position.world.max_redeem(VAULT)
    return 0 if payable is None else min(payable, position.units + position.runoff)


def cover(vault: Vault, position: Position, liquid: int) -> Cover:
    """R after an observation: only a dip that was seen for a whole epoch lowers it."""
    held, low, since = position.coverage, position.low, position.since
    if position.runoff == 0:
        return Cover(liquid, low, 0)
    if liquid >= held:
        return Cover(held, low, 0)
    if since == 0:
        return Cover(held, liquid, vault.now)
    low = max(low, liquid)
    if vault.now - since < vault.epoch:
        return Cover(held, low, since)
    return Cover(low, liquid, vault.now if liquid < low else 0)


def split(position: Position, held: int, liquid: int) -> tuple[int, int]:
    """y and R': the leavers' part of new liquidity, rounded up, and the coverage that the stayers reach."""
    waiting, taken = position.runoff, 0
    if waiting and liquid > held:
        taken = up((liquid - held) * waiting, position.units + waiting - held)
    return taken, max(held, liquid - taken)


def _store(position: Position, seen: Cover, units: int) -> None:
    """Keep coverage; while nothing waits there is none."""
    position.coverage, position.low, position.since = min(units, position.units), seen.low, seen.since
    if position.runoff == 0:
        position.coverage = position.low = position.since = position.failing = 0
    position.forget()


def cover_more(position: Position, units: int) -> None:
    """Allocated units that are liquid are covered."""
    position.coverage = min(position.coverage + units, position.units)
    position.low += units


def cover_less(position: Position, units: int) -> None:
    """Deallocated units were covered."""
    position.coverage = min(position.coverage - units, position.units)
    position.low = max(0, position.low - units)


# -- redeeming -------------------------------------------------------------------


def _redeem(vault: Vault, position: Position, waited: int, leaving: int = 0) -> int | None:
    """Redeem units that waited, and that leave now: the proceeds, or None and nothing has happened."""
    undo, units = Undo((vault.token, position.world)), waited + leaving
    before, keep = vault.token.balances[VAULT], position.keep(vault.now, waited, leaving)
    try:
        position.world.redeem(VAULT, units)
    except StrategyFailed:
        undo.restore()
        return None
    proceeds = vault.token.balances[VAULT] - before
    if proceeds * BPS + BPS < position.guard(units) * keep:
        undo.restore()
        return None
    return proceeds


def unwind(vault: Vault, position: Position, most: int = EVERYTHING, direct: bool = False) -> None:
    """Redeem at most ``most`` units of runoff; the proceeds are owed, and the queue fetches them later.

    ``direct``: whether an account without code asked the queue for it, itself.
    """
    if position.runoff == 0:
        return
    liquid = observe(position)
    seen = cover(vault, position, liquid)
    due, reached = split(position, seen.units, liquid)
    units = min(due, most)
    if units == 0 or (units < due and position.worth(units) < DUST):
        _store(position, seen, seen.units)
        return
    counts = direct and units == due and units * COUNTS >= position.runoff
    proceeds = _redeem(vault, position, units)
    if proceeds is None:
        _unwinding_failed(vault, position, units, seen, counts)
        return
    if counts:
        position.unwound(vault.now, vault.epoch, units, proceeds)
    if units >= min(due, up(position.runoff, 100)):
        position.failing = 0
    position.runoff -= units
    position.unsynced += proceeds
    vault.owed += proceeds
    _store(position, seen, seen.units + (reached - seen.units) * units // due)


def _unwinding_failed(vault: Vault, position: Position, units: int, seen: Cover, counts: bool) -> None:
    smallest = DUST << position.scale
    if units == position.runoff and position.runoff << LISTED_BITS < smallest:
        position.runoff = 0
    elif position.worth(units) >= DUST:
        seen = cover(vault, position, 0)
        position.failing = position.failing or vault.now
        if counts:
            position.unwound(vault.now, vault.epoch, units, None)
    _store(position, seen, seen.units)


# -- leaving ---------------------------------------------------------------------


def leave(vault: Vault, shares: int, tries: int) -> Left:
    """Turn shares of the queue's own into their part of everything.

    ``tries`` has bit c set for each strategy c that is asked to redeem.
    """
    divisor = vault.divisor
    cash = vault.idle * shares // divisor
    vault.idle -= cash
    vault.owed += cash
    parts, promised = [], cash
    for position in vault.live:
        promised += position.worth(position.units * shares // divisor)
        part, paid = _leave_one(vault, position, shares, divisor, bool(tries >> position.id & 1))
        cash += paid
        if part is not None:
            parts.append(part)
    vault.burn_escrowed(shares)
    return Left(cash, promised, tuple(parts))


def _leave_one(
    vault: Vault, position: Position, shares: int, divisor: int, asked: bool
) -> tuple[Part | None, int]:
    """One strategy's part of a leaver, and what it paid at once."""
    units = position.units * shares // divisor
    if units == 0:
        return None, 0
    liquid = observe(position)
    seen = cover(vault, position, liquid)
    due, reached = split(position, seen.units, liquid)
    mine = min(reached, liquid - due, position.units) * shares // divisor
    tried = asked and due + mine > 0 and position.worth(due + mine) >= DUST
    proceeds = _redeem(vault, position, due, mine) if tried else None
    cash = 0
    if proceeds is None:
        seen = cover(vault, position, 0) if tried else seen
        due, mine, reached = 0, 0, seen.units
    else:
        cash = proceeds * mine // (due + mine)
        vault.owed += proceeds
    credited = (proceeds or 0) - cash + take_unsynced(position)
    joined = units - mine
    part = Part(position.id, joined, position.worth(joined), credited)
    position.failing = _failing_since(vault.now, position, due, joined, tried and proceeds is None)
    position.release(units)
    position.runoff += joined - due
    left = Cover(reached - reached * shares // divisor, seen.low - seen.low * shares // divisor, seen.since)
    _store(position, left, left.units)
    return part, cash


def _failing_since(now: int, position: Position, redeemed: int, joined: int, failed: bool) -> int:
    """Since when redeems fail after an exit: who joins has not waited yet, and shortens the time."""
    left = position.runoff - redeemed
    if position.failing and redeemed == 0 and left > 0:
        return now - (now - position.failing) * left // (left + joined)
    return now if failed else 0


def take_unsynced(position: Position) -> int:
    """What the Vault unwound itself, handed to the queue's accounts."""
    proceeds, position.unsynced = position.unsynced, 0
    return proceeds


def sync(position: Position) -> int:
    """Hand over what the Vault unwound itself, while nobody joins."""
    proceeds = take_unsynced(position)
    position.forget()
    return proceeds


def return_unit(position: Position) -> None:
    """Give a unit that no whole point stands for to the stayers, or to nobody where none are left."""
    position.runoff -= 1
    if position.units:
        position.units += 1
    _store(position, Cover(position.coverage, position.low, position.since), position.coverage)


def hand_out(vault: Vault, position: Position, units: int, receiver: str) -> None:
    """Pay runoff in kind."""
    position.runoff -= units
    _store(position, Cover(position.coverage, position.low, position.since), position.coverage)
    require(not position.world.frozen, 17)
    position.world.transfer(VAULT, receiver, units)
