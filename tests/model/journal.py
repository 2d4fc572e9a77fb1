"""The journal: what was done with the treasury's capital, as a chain of hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar

from tests.model.hashing import EMPTY, hashed
from tests.model.intents import Done
from tests.model.roles import insist
from tests.model.vault import Vault

NUMBER = 2**40  # the lowest bits of a head are the number of its entry


class Kind(IntEnum):
    """What an entry is about."""

    INTENT = 1
    GRANT = 2
    REVOCATION = 3
    REVIVAL = 4
    TRIM = 5
    NOTE = 6


@dataclass(eq=False)
class Journal:
    """Its last head, and what the Vault's own chain of changes was when it was noted last."""

    TABLES: ClassVar = ()
    vault: Vault
    addresses: Mapping[str, str] = field(repr=False)
    head: int = 0
    noted: bytes = EMPTY

    @property
    def number(self) -> int:
        """How many entries there are."""
        return self.head % NUMBER

    def account(self, name: str) -> int:
        """An account as a word."""
        return int(self.addresses[name], 16)

    def append(
        self,
        kind: Kind,
        agent: str,
        *,
        mandate: bytes = EMPTY,
        subject: int | bytes,
        reason: bytes = EMPTY,
        moves: Sequence[Done] = (),
    ) -> None:
        """Add an entry, and tell it."""
        number, words = self.number + 1, [word for done in moves for word in done]
        entry = (kind, self.account(agent), mandate, subject, reason)
        after = hashed(self.head, number, self.vault.now, *entry, hashed(32, len(moves), *words))
        self.head = int.from_bytes(after, "big") // NUMBER * NUMBER + number
        told = (int.from_bytes(w, "big") if isinstance(w, bytes) else w for w in (mandate, subject, reason))
        moved = (word % 2**256 for word in words)
        self.vault.tell("Journaled", number, kind, agent, *told, self.head, *moved)

    def note(self, by: str) -> None:
        """Take over what the Vault has hashed of its changes of state and health since the last note."""
        changes = self.vault.changes
        insist(changes != self.noted, "nothing to note")
        self.noted = changes
        self.append(Kind.NOTE, by, subject=changes)
