"""The promise record, from the chain alone: what each epoch was promised and brought, and state changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .reactions import SIGNALS, STATES
from .site import Site

CAUSES = (*SIGNALS, "heartbeat lapsed", "recovered", "governance")  # by the Sentinel's numbers


@dataclass(frozen=True)
class Promise:
    """One settled epoch; shares in wei, amounts in asset wei, times in unix seconds.

    Attributes:
        late: seconds from due to settled.
        promised: what its part of everything stood at, in idle and in books, in the block of settlement.
        at_once: what was cash in that block.
        brought: cash so far, claimed or not.
        still_open: whether more may come.
    """

    id: int
    due: int
    settled: int
    late: int
    shares: int
    promised: int
    at_once: int
    brought: int
    still_open: bool


@dataclass(frozen=True)
class Unsettled:
    """The epoch that has not been settled; ``late`` is 0 until it is due."""

    id: int
    due: int
    late: int
    shares: int


@dataclass(frozen=True)
class Change:
    """One change of the state; ``age`` is how long its cause was there before, in seconds."""

    number: int
    before: str
    state: str
    cause: str
    since: int
    age: int
    at: int


@dataclass(frozen=True)
class Record:
    """What was promised and kept, oldest first."""

    promises: tuple[Promise, ...]
    unsettled: Unsettled | None
    changes: tuple[Change, ...]


def record(site: Site, from_block: int = 0) -> Record:
    """Read the record of a treasury; ``from_block`` is where its events begin."""
    return Record(tuple(_promises(site, from_block)), _unsettled(site), tuple(_changes(site)))


def _promises(site: Site, from_block: int) -> Iterator[Promise]:
    for entry in site.chain.events(site.contract("ExitQueue"), "Settled", from_block):
        told = entry["args"]
        settled = site.chain.timestamp(entry["blockNumber"])
        _, brought, more = site.read("ExitQueue", "proceeds", told["id"])
        yield Promise(
            id=told["id"],
            due=told["due"],
            settled=settled,
            late=settled - told["due"],
            shares=told["shares"],
            promised=told["promised"],
            at_once=told["cash"],
            brought=brought,
            still_open=more,
        )


def _unsettled(site: Site) -> Unsettled | None:
    identifier, shares, due = site.read("ExitQueue", "open_epoch")
    if shares == 0:
        return None
    return Unsettled(identifier, due, max(0, site.chain.timestamp() - due), shares)


def _changes(site: Site) -> Iterator[Change]:
    for number in range(1, site.read("Sentinel", "changes") + 1):
        before, state, cause, since, at = site.read("Sentinel", "change", number)
        yield Change(number, STATES[before], STATES[state], CAUSES[cause], since, at - since, at)
