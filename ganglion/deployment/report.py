"""What a read-back of a treasury found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .governance import Operation, Phase, Status


@dataclass(frozen=True)
class Check:
    """One thing read back: its name, what it should be and what it is."""

    name: str
    expected: Any
    actual: Any

    @property
    def ok(self) -> bool:
        """Whether the chain is as expected."""
        return self.expected == self.actual


@dataclass(frozen=True)
class Report:
    """Everything that was read back.

    Attributes:
        checks: one per value.
        opening: how far each of the Safe's opening operations has come.
        rebuilt: whether the code was compared with these sources, not only with the manifest's hashes.
    """

    checks: tuple[Check, ...]
    opening: tuple[tuple[Operation, Status], ...]
    rebuilt: bool

    @property
    def differences(self) -> tuple[Check, ...]:
        """Checks that failed."""
        return tuple(check for check in self.checks if not check.ok)

    @property
    def is_open(self) -> bool:
        """Whether every opening operation has been executed."""
        return all(status.phase is Phase.DONE for _, status in self.opening)
