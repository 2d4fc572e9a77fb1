"""A treasury at one block, as the Lens tells it: everything that an agent needs to decide.

    snapshot = client.observe()
    room = snapshot.strategy(2).room

Amounts are plain integers of asset wei, times unix seconds, parts bps of 10,000, unless a field says
otherwise. Every text and number in it is what contracts answered: strategies may lie about themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from eth_typing import ChecksumAddress

from .abi import LENS
from .errors import Invalid
from .structs import (
    BPS,
    ZERO_ADDRESS,
    Budget,
    Cap,
    Done,
    Group,
    Inflow,
    Journaled,
    Mandate,
    Permission,
    Standing,
    Struct,
    Verdict,
    plain,
)

PROBE = 10**18  # units of which prices are told


class Status(IntEnum):
    """Health of a strategy; nothing is allocated to one that is not OK."""

    OK = 1
    SUSPECT = 2
    QUARANTINED = 3


class State(IntEnum):
    """State of the Vault; nothing is allocated in one that is not CALM."""

    CALM = 0
    STRESS = 1
    WINDDOWN = 2


@dataclass(frozen=True, slots=True)
class Terms(Struct):
    """What a strategy is allowed to be."""

    read_gas: int  # of one view call
    write_gas: int  # of one deposit or redeem
    charges_on_exit: bool  # the mark is previewRedeem instead of convertToAssets
    max_rate: int  # how fast the book may rise, bps a year
    tolerance: int  # the most that a move may lose against its reference, bps
    band: int  # how far the price may stand off its reference before allocations stop, bps


@dataclass(frozen=True, slots=True)
class Strategy(Struct):
    """A live strategy."""

    id: int
    strategy: ChecksumAddress
    status: int  # see Status
    units: int  # of the Vault
    book: int  # 0 without units
    mark: int  # what the units are worth by the strategy's answer; the book where it gives none
    answers: bool  # whether it answered
    price: int  # of 10**18 units, asset wei; 0 where it gives none
    reference: int  # value of the units at the reference; without units, of 10**18 units
    liquid: int  # what the strategy says it can pay the Vault now
    waiting: int  # units of holders who have left
    ceiling: int
    opens_at: int  # first second of allocation
    concentration: int  # book in all books and idle, bps
    owes_unwinds: int  # clean unwinds that it owes after a short one
    terms: Terms
    cap: Cap
    groups: int  # bit g: member of group g
    inflow: Inflow
    over_since: int  # since when it stands over its cap; 0 if it does not
    closed_until: int  # nothing is allocated before: a drain of it overdrew an agent's loss budget
    room: int  # what one allocation may add now under every limit but an agent's

    @property
    def exposure(self) -> int:
        """What caps and ceilings count: the higher of mark and book, asset wei."""
        return max(self.mark, self.book)

    def in_group(self, group: int) -> bool:
        """Whether it is a member of a group."""
        return bool(self.groups >> group & 1)


@dataclass(frozen=True, slots=True)
class Risk(Struct):
    """A risk group that has members."""

    id: int
    group: Group
    exposure: int  # books of its members
    room: int  # what is left under its caps


@dataclass(frozen=True, slots=True)
class Agent(Struct):
    """The agent that the snapshot was taken for."""

    agent: ChecksumAddress
    mandate: Mandate
    standing: Standing
    flow: Budget
    loss: Budget

    def may_allocate(self, time: int) -> bool:
        """Whether permissions, expiry and heartbeat of its mandate let it allocate at ``time``."""
        mandate, standing = self.mandate, self.standing
        late = mandate.heartbeat != 0 and time - standing.seen > mandate.heartbeat
        granted = Permission.ALLOCATE in mandate.permissions and time <= mandate.expiry
        return granted and not standing.silent and not late


@dataclass(frozen=True, slots=True)
class Totals(Struct):
    """The Vault's money."""

    idle: int
    owed: int  # cash of holders who have left, not in idle
    books: int  # idle and all books
    lo: int  # idle and the lower of mark and book of each strategy
    hi: int  # idle and the higher of both
    supply: int  # shares
    liquid: int  # idle and what strategies say they can pay, at most their value
    liquid_part: int  # of `lo`, bps
    veto: bool  # entry, petty cash and allocations are closed
    stale: bool  # too long without a poke to allocate
    poked_at: int


@dataclass(frozen=True, slots=True)
class Stress(Struct):
    """The Sentinel."""

    state: int  # see State
    bad: int  # bit i: signal i is bad and not cleared: 0 fall, 1 liquid, 2 age, 3 dark, 4 short
    beat_at: int  # last heartbeat of the Safe
    lapses_at: int  # last second in which the next one counts; after it the Vault may be wound down


@dataclass(frozen=True, slots=True)
class Exits(Struct):
    """The open epoch of the ExitQueue."""

    epoch: int
    requested: int  # shares in it
    due_at: int  # from when on it may be settled


@dataclass(frozen=True, slots=True)
class Snapshot(Struct):
    """A treasury at one block."""

    number: int  # of the block
    time: int
    vault: ChecksumAddress
    asset: ChecksumAddress
    executor: ChecksumAddress
    sentinel: ChecksumAddress
    queue: ChecksumAddress
    decimals: int  # of the asset
    epoch: int  # seconds
    idle_floor: int  # bps
    totals: Totals
    stress: Stress
    exits: Exits
    head: bytes  # of the Executor's journal
    sequence: int  # of the Executor's journal
    strategies: tuple[Strategy, ...]
    groups: tuple[Risk, ...]
    agent: Agent

    @classmethod
    def of_answer(cls, data: bytes) -> Snapshot:
        """Decode the answer of ``Lens.observe``; raises NodeError where it is none."""
        return cls.of(LENS.decode("observe", data))

    def strategy(self, identifier: int) -> Strategy:
        """Return a live strategy by its id; raises Invalid where there is none."""
        for each in self.strategies:
            if each.id == identifier:
                return each
        known = ", ".join(str(each.id) for each in self.strategies) or "none"
        raise Invalid(f"no live strategy has the id {identifier}; live: {known}")

    def group(self, identifier: int) -> Risk:
        """Return a risk group by its number; raises Invalid where it has no members."""
        for each in self.groups:
            if each.id == identifier:
                return each
        known = ", ".join(str(each.id) for each in self.groups) or "none"
        raise Invalid(f"group {identifier} has no members; groups with members: {known}")

    @property
    def unit(self) -> int:
        """One whole token of the asset, asset wei."""
        return 10**self.decimals


__all__ = [
    "BPS",
    "PROBE",
    "ZERO_ADDRESS",
    "Agent",
    "Budget",
    "Cap",
    "Done",
    "Exits",
    "Group",
    "Inflow",
    "Journaled",
    "Mandate",
    "Permission",
    "Risk",
    "Snapshot",
    "Standing",
    "State",
    "Status",
    "Strategy",
    "Stress",
    "Struct",
    "Terms",
    "Totals",
    "Verdict",
    "plain",
]
