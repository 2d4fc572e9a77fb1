"""Where agents stand: what each has used of its mandate, and what groups and strategies may still take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .site import Site


@dataclass(frozen=True)
class Budget:
    """A budget and what is spent of it now, asset wei; a deallocation may overdraw it."""

    limit: int
    spent: int


@dataclass(frozen=True)
class AgentStanding:
    """One agent with a mandate in force; times in unix seconds.

    Attributes:
        name: ``reflexes`` for the standing orders; empty for others.
        mandate: hash of the mandate (0x-hex), which signatures are bound to.
        sequence: intents it has made.
        seen: its last sign of life.
        silent: whether it was silent for longer than its mandate allows and may only reduce.
        silent_after: last second in which its next sign of life counts; None without a heartbeat.
    """

    agent: str
    name: str
    mandate: str
    sequence: int
    seen: int
    silent: bool
    silent_after: int | None
    expires: int
    flow: Budget
    loss: Budget


@dataclass(frozen=True)
class GroupStanding:
    """One risk group: what its members hold by their books, of ``total``, and its operating cap; asset wei.

    ``cut_until`` is the end of a guardian's cut that still stands, None without one.
    """

    number: int
    name: str
    exposure: int
    total: int
    absolute: int
    relative: int
    cut_until: int | None


@dataclass(frozen=True)
class Entering:
    """What may still enter one strategy; asset wei, unix seconds.

    Attributes:
        inflow: limit and what is spent; None without a limit.
        closed_until: until when nothing is allocated, as a drain overdrew an agent's budget; None if open.
        over_since: when it was seen over its caps, for ``trim``; None if it was not.
    """

    name: str
    inflow: Budget | None
    closed_until: int | None
    over_since: int | None


@dataclass(frozen=True)
class Agents:
    """Everything that ``agents`` reads."""

    agents: tuple[AgentStanding, ...]
    groups: tuple[GroupStanding, ...]
    strategies: tuple[Entering, ...]


def agents(site: Site, from_block: int = 0) -> Agents:
    """Read where agents, groups and strategies stand; ``from_block`` is where their events begin."""
    return Agents(tuple(_agents(site, from_block)), tuple(_groups(site, from_block)), tuple(_entering(site)))


def _agents(site: Site, from_block: int) -> Iterator[AgentStanding]:
    logs = site.chain.logs(site.contract("Executor"), "MandateSet", from_block)
    for agent in dict.fromkeys(entry["agent"] for entry in logs):
        mandate = site.read("Executor", "mandate", agent)
        if mandate[0] == 0:
            continue
        hashed, sequence, seen, silent = site.read("Executor", "standing", agent)
        yield AgentStanding(
            agent=agent,
            name="reflexes" if agent == site.addresses["Reflexes"] else "",
            mandate="0x" + hashed.hex(),
            sequence=sequence,
            seen=seen,
            silent=silent,
            silent_after=seen + mandate[7] if mandate[7] else None,
            expires=mandate[6],
            flow=Budget(*site.read("Executor", "flow_budget", agent)),
            loss=Budget(*site.read("Executor", "loss_budget", agent)),
        )


def _groups(site: Site, from_block: int) -> Iterator[GroupStanding]:
    names = {number: name for name, number in site.treasury.numbers.items()}
    logs = site.chain.logs(site.contract("Executor"), "GroupSet", from_block)
    for number in sorted({entry["group"] for entry in logs}):
        members, absolute, relative, cut_until, *_ = site.read("Executor", "group", number)
        if members == 0:
            continue
        exposure, total = site.read("Executor", "group_exposure", number)
        stands = cut_until if cut_until > site.chain.timestamp() else None
        yield GroupStanding(number, names.get(number, ""), exposure, total, absolute, relative, stands)


def _entering(site: Site) -> Iterator[Entering]:
    names = {number: name for name, number in site.treasury.identifiers.items()}
    for identifier in site.live():
        limit, window, spent = site.read("Executor", "inflow", identifier)
        closed = site.read("Executor", "closed_until", identifier)
        yield Entering(
            name=names.get(identifier, str(identifier)),
            inflow=Budget(limit, spent) if window else None,
            closed_until=closed if closed > site.chain.timestamp() else None,
            over_since=site.read("Executor", "over_since", identifier) or None,
        )
