"""The sums over all strategies from which both prices and the veto come."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model.arithmetic import BPS

FALL_VETO = 300  # bps below the reference
DARK_VETO = 500  # bps of the total in quarantine


@dataclass
class Price:
    """Asset wei; all but ``dark`` start at idle."""

    lo: int
    hi: int
    reference: int
    dark: int = 0
    failed: bool = False  # a read, or a price that fell too far for a reference to say how far

    @property
    def veto(self) -> bool:
        """Whether entry, petty cash and allocations are closed."""
        fallen = self.lo * BPS < self.reference * (BPS - FALL_VETO)
        return self.failed or fallen or self.dark * BPS > (self.lo + self.dark) * DARK_VETO

    def gap_over(self, bps: int) -> bool:
        """Whether the two prices are further apart than that."""
        return (self.hi - self.lo) * BPS > self.hi * bps
