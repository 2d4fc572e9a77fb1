"""Mandates: what each agent may do, what it has spent of that, its nonces, and its signs of life."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import ClassVar

from tests.model.arithmetic import DUST
from tests.model.budgets import Budget
from tests.model.exit_queue import NOBODY
from tests.model.hashing import EMPTY, hashed
from tests.model.journal import Journal, Kind
from tests.model.roles import insist, only_curator, only_governor, only_guardian
from tests.model.vault import Vault

MOST_DIGITS = 2**40  # amounts are kept as digits below it and a power of ten


def kept(amount: int) -> int:
    """Twelve significant digits of an amount, rounded down."""
    digits, unit = amount, 1
    while digits >= MOST_DIGITS:
        digits, unit = digits // 10, unit * 10
    return digits * unit


@dataclass(frozen=True)
class Mandate:
    """What an agent may do; amounts in asset wei, times in seconds."""

    may_allocate: bool
    may_deallocate: bool
    strategies: frozenset[int]
    flow: int
    loss: int
    max_loss: int
    window: int
    expiry: int
    heartbeat: int = 0  # seconds of silence after which it may only reduce; 0 for no limit
    policy: str = NOBODY
    document: bytes = EMPTY

    @property
    def permissions(self) -> int:
        """Both permissions, as a flag."""
        return self.may_allocate | self.may_deallocate << 1

    @property
    def bitmap(self) -> int:
        """Bit i: strategy i."""
        return sum(1 << number for number in self.strategies)


@dataclass(frozen=True)
class Agent:
    """One agent: its mandate as granted, in force while it has a hash, and what is remembered."""

    mandate: Mandate
    hash: bytes
    flow: Budget
    loss: Budget
    seen: int
    sequence: int = 0
    silenced: bool = False  # it acted after too long a silence

    @property
    def in_force(self) -> bool:
        """Whether the mandate is neither missing nor revoked."""
        return self.hash != EMPTY

    def silent(self, now: int) -> bool:
        """Whether it may only reduce."""
        heartbeat = self.mandate.heartbeat
        return self.silenced or (heartbeat > 0 and now - self.seen > heartbeat)

    def acted(self, now: int, allocated: int = 0, lost: int = 0, intents: int = 0) -> Agent:
        """The agent after a sign of life, which lets both budgets refill up to now."""
        flow, loss = self.flow.charged(now, allocated), self.loss.charged(now, lost)
        return replace(self, flow=flow, loss=loss, seen=now, sequence=self.sequence + intents)


NONE = Agent(Mandate(False, False, frozenset(), 0, 0, 0, 0, 0), EMPTY, Budget(), Budget(), 0)


@dataclass(eq=False)
class Mandates:
    """All agents by name, and the bits of their nonces by agent and word."""

    TABLES: ClassVar = ("agents", "nonces")
    vault: Vault
    journal: Journal
    agents: dict[str, Agent] = field(default_factory=dict)
    nonces: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def find(self, name: str) -> Agent:
        """An agent; one without anything for whoever never was one."""
        return self.agents.get(name, NONE)

    def open(self, name: str) -> Agent:
        """An agent whose mandate is in force."""
        agent = self.find(name)
        insist(agent.in_force, "no mandate")
        insist(self.vault.now <= agent.mandate.expiry, "mandate expired")
        return agent

    def use_nonce(self, name: str, nonce: int) -> None:
        """Use a nonce up, of which each can be used once, in any order; 0 is none."""
        if nonce:
            word, bit = nonce >> 8, 1 << (nonce & 255)
            insist(not self.nonces[name, word] & bit, "nonce used")
            self.nonces[name, word] |= bit

    def charge(self, name: str, allocates: bool, allocated: int, lost: int) -> int:
        """Book an intent; one that allocates must fit, any other may overdraw.

        Returns the seconds until more than dust of an overdraft has refilled; 0 if there is none.
        """
        agent, now = self.agents[name], self.vault.now
        after = agent.acted(now, allocated, lost, 1)
        if allocates:
            insist(lost <= kept(agent.mandate.max_loss), "over max loss")
            insist(after.flow.spent <= after.flow.limit, "over flow budget")
            insist(after.loss.spent <= after.loss.limit, "over loss budget")
        self.agents[name] = replace(after, silenced=agent.silent(now))
        limit, window, spent, _ = after.loss
        return (spent - limit) * window // max(limit, 1) + 1 if spent > limit + DUST else 0

    # -- the agent itself ------------------------------------------------------

    def beat(self, name: str) -> None:
        """Show a sign of life, unless it is too late."""
        agent = self.find(name)
        insist(agent.in_force, "no mandate")
        insist(not agent.silent(self.vault.now), "agent silent")
        self.agents[name] = agent.acted(self.vault.now)
        self.vault.tell("AgentBeat", name)

    def cancel_nonces(self, name: str, word: int, mask: int) -> None:
        """Use nonces up, so that nothing signed with them can be executed."""
        self.nonces[name, word] |= mask
        self.vault.tell("NoncesCancelled", name, word, mask)

    # -- roles -----------------------------------------------------------------

    def grant(self, caller: str, name: str, mandate: Mandate) -> None:
        """Grant or replace a mandate; what is spent stays spent, and signatures under the old one end."""
        only_governor(caller)
        old, now = self.find(name), self.vault.now
        flow = old.flow.renewed(now, kept(mandate.flow), mandate.window)
        loss = old.loss.renewed(now, kept(mandate.loss), mandate.window)
        granted = hashed(self.journal.account(name), *self._words(mandate), self.journal.number + 1)
        self.agents[name] = Agent(mandate, granted, flow, loss, now, old.sequence)
        self.vault.tell("MandateSet", name, *self._words(mandate))
        entry = {"mandate": granted, "subject": granted, "reason": mandate.document}
        self.journal.append(Kind.GRANT, name, **entry)

    def _words(self, mandate: Mandate) -> tuple[int, ...]:
        """A mandate as granted, in words."""
        amounts = (mandate.flow, mandate.loss, mandate.max_loss)
        times = (mandate.window, mandate.expiry, mandate.heartbeat)
        last = self.journal.account(mandate.policy), int.from_bytes(mandate.document, "big")
        return mandate.permissions, mandate.bitmap, *amounts, *times, *last

    def revoke(self, caller: str, name: str) -> None:
        """End a mandate, as guardian."""
        only_guardian(caller)
        agent = self.find(name)
        insist(agent.in_force, "no mandate")
        self.agents[name] = replace(agent, hash=EMPTY)
        self.vault.tell("MandateRevoked", name, caller)
        self.journal.append(Kind.REVOCATION, name, mandate=agent.hash, subject=self.journal.account(caller))

    def revive(self, caller: str, name: str) -> None:
        """Let an agent that fell silent allocate again, as governor or curator."""
        only_curator(caller)
        agent = self.find(name)
        insist(agent.in_force, "no mandate")
        self.agents[name] = replace(agent.acted(self.vault.now), silenced=False)
        self.vault.tell("AgentRevived", name, caller)
        self.journal.append(Kind.REVIVAL, name, mandate=agent.hash, subject=self.journal.account(caller))
