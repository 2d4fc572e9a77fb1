"""A client of any ERC-7540 redemption vault, written from the EIP: it knows nothing of slices or runoff."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Protocol


class Redemptions(Protocol):
    """What ERC-7540 promises of asynchronous redemption, by one account that is owner and controller."""

    def request_redeem(self, shares: int) -> int:
        """Ask to redeem; returns the request's id."""

    def pending(self, identifier: int) -> int:
        """Shares that wait."""

    def claimable(self, identifier: int) -> int:
        """Shares that can be claimed."""

    def max_redeem(self) -> int:
        """Most shares that ``redeem`` takes."""

    def max_withdraw(self) -> int:
        """Most assets that ``withdraw`` pays."""

    def redeem(self, shares: int) -> int:
        """Claim shares for assets."""

    def withdraw(self, assets: int) -> int:
        """Claim assets for shares."""


@dataclass
class Client:
    """One account at a vault: what it asked for and what it got."""

    vault: Redemptions
    source: random.Random
    requested: int = 0
    claimed: int = 0
    received: int = 0

    def ask(self, shares: int) -> int:
        """Request a redemption."""
        self.requested += shares
        return self.vault.request_redeem(shares)

    def collect(self) -> None:
        """Claim what can be claimed: all, or a part, by shares or by assets, as the whim takes it."""
        whim = self.source.randrange(4)
        if whim < 2:
            shares = self.vault.max_redeem()
            self._redeem(shares if whim else self.source.randint(0, shares))
        else:
            assets = self.vault.max_withdraw()
            self._withdraw(assets if whim == 3 else self.source.randint(0, assets))

    def finish(self) -> None:
        """Claim all that is left, by shares."""
        self._redeem(self.vault.max_redeem())

    def _redeem(self, shares: int) -> None:
        if shares:
            self.received += self.vault.redeem(shares)
            self.claimed += shares

    def _withdraw(self, assets: int) -> None:
        if assets:
            self.claimed += self.vault.withdraw(assets)
            self.received += assets
