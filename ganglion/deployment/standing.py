"""What stands now: the state, what is held against the Vault, the heartbeat, standing orders, fees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .chain import Call
from .errors import OperationRefused
from .mandates import NOBODY
from .quantities import MAX_AMOUNT, show_amount, show_instant
from .reactions import CONDITIONS, MOVES, SIGNALS, STATES
from .site import NO_STATE, Site

WINDDOWN = STATES.index("winddown")
_LIQUID = SIGNALS.index("liquid")
_BPS = 10_000


@dataclass(frozen=True)
class Signal:
    """One signal: its level now, its limits (bps; the age of an epoch) and what is remembered of it.

    Attributes:
        bad_at: since when it is held against the Vault, unix seconds; None if it is not.
        good_at: its first good observation since, unix seconds; None without one.
    """

    name: str
    level: int
    bad: int
    good: int
    bad_at: int | None
    good_at: int | None

    @property
    def verdict(self) -> str:
        """How the Sentinel would judge the level: good, bad or neither."""
        low = self.name == SIGNALS[_LIQUID]
        if self.level < self.bad if low else self.level > self.bad:
            return "bad"
        return "good" if (self.level > self.good if low else self.level < self.good) else "neither"


@dataclass(frozen=True)
class Heartbeat:
    """When governance showed that it is alive, and the last second in which the next beat counts."""

    last: int
    until: int
    lapsed: bool


@dataclass(frozen=True)
class Standing:
    """One standing order: its words as IReflexes.Order, and where it stands.

    Attributes:
        holds: whether its condition holds now; ``level`` is what is compared with the threshold.
        fired_at, armed_at: unix seconds; None for never.
        ready_at: when its cooldown ends, unix seconds; None if it has.
    """

    id: int
    name: str
    words: tuple[int, ...]
    holds: bool
    level: int
    fired_at: int | None
    armed_at: int | None
    ready_at: int | None


@dataclass(frozen=True)
class Recovery:
    """Good observations of all signals in STRESS so far; when the first and the last were, unix seconds."""

    good: int
    first_at: int
    last_at: int


@dataclass(frozen=True)
class Reactions:
    """Everything that ``standing`` reads; amounts in asset wei."""

    state: str
    veto: bool
    signals: tuple[Signal, ...]
    recovery: Recovery
    heartbeat: Heartbeat
    orders: tuple[Standing, ...]
    budget: int
    fees: tuple[int, int, str]


def standing(site: Site, from_block: int = 0) -> Reactions:
    """Read what stands now; ``from_block`` is where the events of standing orders begin.

    Levels are what a poke would see in the latest block, which is simulated and not sent.
    """
    # A call without a sender comes from an account without code, which is all that a poke asks for.
    seen = site.read("Vault", "poke")
    return Reactions(
        state=STATES[site.flags() & NO_STATE],
        veto=seen[7],
        signals=_signals(site, seen),
        recovery=Recovery(*site.read("Sentinel", "recovery")),
        heartbeat=heartbeat(site),
        orders=tuple(_orders(site, from_block)),
        budget=site.read("Reflexes", "budget"),
        fees=site.fees(),
    )


def _signals(site: Site, seen: tuple[Any, ...]) -> tuple[Signal, ...]:
    _, age, fall, liquid, dark, short, _, _ = seen
    levels = (fall, liquid, -(-age * _BPS // site.treasury.vault.epoch), dark, short)
    limits = site.read("Sentinel", "limits")
    found = []
    for number, (name, level, limit) in enumerate(zip(SIGNALS, levels, limits, strict=True)):
        bad_at, good_at = site.read("Sentinel", "memory", number)
        found.append(Signal(name, level, *limit, bad_at or None, good_at or None))
    return tuple(found)


def heartbeat(site: Site) -> Heartbeat:
    """Return when governance last showed that it is alive."""
    last, until = site.read("Sentinel", "heartbeat")
    return Heartbeat(last, until, site.chain.timestamp() > until)


def beating(site: Site) -> Call:
    """Return the Safe's call that shows that governance is alive.

    Raises:
        OperationRefused: it would count no more.
    """
    if site.flags() & NO_STATE == WINDDOWN:
        raise OperationRefused("the Vault is wound down for good; no heartbeat counts any more")
    obeyed, known = site.sentinel(), site.addresses["Sentinel"]
    if obeyed != known:
        raise OperationRefused(f"the Vault obeys the Sentinel {obeyed}, not {known}; beat that one")
    beat = heartbeat(site)
    if beat.lapsed:
        raise OperationRefused(
            f"the heartbeat lapsed at {show_instant(beat.until)}: too late is too late; the next poke of the "
            "Sentinel winds the Vault down"
        )
    return site.call("Sentinel", "beat")


def _orders(site: Site, from_block: int) -> Iterator[Standing]:
    logs = site.chain.logs(site.contract("Reflexes"), "OrderSet", from_block)
    for identifier in sorted({entry["id"] for entry in logs}):
        words = tuple(site.read("Reflexes", "order", identifier))
        if words[4] != 0:
            yield _order(site, identifier, words)


def _order(site: Site, identifier: int, words: tuple[int, ...]) -> Standing:
    configured = site.treasury.orders
    name = configured[identifier - 1].name if identifier <= len(configured) else ""
    holds, level = site.read("Reflexes", "check", identifier)
    fired_at, armed_at = site.read("Reflexes", "memory", identifier)
    ready_at = fired_at + words[8]
    cooling = fired_at != 0 and ready_at > site.chain.timestamp()
    times = (fired_at or None, armed_at or None, ready_at if cooling else None)
    return Standing(identifier, name, words, holds, level, *times)


def told(site: Site, words: tuple[int, ...]) -> str:
    """Return a standing order in words; strategies by the names of the configuration."""
    condition, watched, threshold, move, target, least, most, *_ = words
    names = {number: name for name, number in site.treasury.identifiers.items()}
    seen, moved = names.get(watched, str(watched)), names.get(target, str(target))
    if condition == CONDITIONS["price"]:
        when = f"{seen} over {threshold} bps below its reference"
    elif condition == CONDITIONS["liquidity"]:
        when = f"under {threshold} bps of {seen} can be redeemed"
    elif condition == CONDITIONS["group"]:
        groups = {number: name for name, number in site.treasury.numbers.items()}
        when = f"group {groups.get(watched, str(watched))} over {threshold} bps of the whole"
    elif condition == CONDITIONS["idle"]:
        when = f"idle under {threshold} bps"
    else:
        when = f"state at least {STATES[threshold]}"
    if move == MOVES["trim"]:
        return f"{when}: {moved} back to its cap"
    asset = site.treasury.asset
    low, high = (show_amount(amount, asset.symbol, asset.decimals) for amount in (least, most))
    span = f"at least {low}" if most == MAX_AMOUNT else f"{low} to {high}"
    return f"{when}: {span} home from {moved}"


def charged(fees: tuple[int, int, str]) -> str:
    """Return fees in words."""
    management, performance, receiver = fees
    if receiver == NOBODY:
        return "none"
    return f"{management} bps a year, {performance} bps of a new high, to {receiver}"
