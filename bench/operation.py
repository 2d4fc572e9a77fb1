"""One thing that is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.scenario import Hand, Scenario

Transaction = dict[str, Any]

BASE = 21_000  # gas of a transaction that does nothing
CREATION = 32_000  # more, where it creates a contract


@dataclass(frozen=True)
class Operation:
    """One measured operation.

    Attributes:
        name: key in gas.json.
        transaction: makes it from a scenario.
        about: what it does, for a reader.
        hand: whom the Vault obeys in it.
        least: number of strategies that it needs.
        prepare: done before it, and not measured.
        execution_only: report what runs, without the transaction's base and calldata.
        without: takes something away; what is reported is how much more the operation costs than after it.
        instead: another transaction; what is reported is how much more the operation costs than that.
    """

    name: str
    transaction: Callable[[Scenario], Transaction]
    about: str
    hand: Hand = Hand.ACCOUNT
    least: int = 1
    prepare: Callable[[Scenario], object] = lambda _: None
    execution_only: bool = False
    without: Callable[[Scenario], object] | None = None
    instead: Callable[[Scenario], Transaction] | None = None

    @property
    def is_compared(self) -> bool:
        """Whether what is reported is a difference."""
        return self.without is not None or self.instead is not None


def moves(*made: tuple[int, int]) -> Callable[[Scenario], Transaction]:
    """The transaction that moves (strategy, asset wei; negative out) by the hand of a scenario."""
    return lambda scenario: scenario.moves(made)


def intrinsic(data: str) -> int:
    """Gas that a transaction with this calldata (0x-hex) pays before anything runs."""
    payload = bytes.fromhex(data[2:])
    return BASE + sum(16 if byte else 4 for byte in payload)
