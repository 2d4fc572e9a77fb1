"""Inflow: how fast capital may enter each strategy, whoever sends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from tests.model.budgets import Budget
from tests.model.roles import insist, only_curator
from tests.model.vault import Vault


@dataclass(eq=False)
class Inflows:
    """The bucket of each strategy, by id; all agents share it."""

    TABLES: ClassVar = ("of",)
    vault: Vault
    of: dict[int, Budget] = field(default_factory=dict)

    def find(self, identifier: int) -> Budget:
        """The bucket of a strategy."""
        return self.of.get(identifier, Budget())

    def set(self, caller: str, identifier: int, limit: int, window: int) -> None:
        """Set a limit as governor or curator; no window, no limit."""
        only_curator(caller)
        self.of[identifier] = self.find(identifier).renewed(self.vault.now, limit, window)
        self.vault.tell("InflowSet", identifier, caller, limit, window)

    def charge(self, identifier: int, assets: int) -> None:
        """Book what has entered a strategy."""
        bucket = self.find(identifier)
        if bucket.window == 0:
            return
        charged = bucket.charged(self.vault.now, assets)
        insist(charged.spent <= bucket.limit, "over inflow limit")
        self.of[identifier] = charged

    def view(self, identifier: int) -> tuple[int, int, int]:
        """Limit, window and what is spent now: asset wei, seconds, asset wei."""
        bucket = self.find(identifier)
        return bucket.limit, bucket.window, bucket.spent_at(self.vault.now)
