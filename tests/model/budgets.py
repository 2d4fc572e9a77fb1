"""The bucket behind every budget: what is spent of it refills evenly."""

from __future__ import annotations

from typing import NamedTuple

MOST_SPENT = 2**100 - 1  # asset wei that a bucket remembers


class Budget(NamedTuple):
    """A bucket whose whole limit refills in one window: asset wei and seconds; no window, no limit."""

    limit: int = 0
    window: int = 0
    spent: int = 0
    since: int = 0

    def spent_at(self, now: int) -> int:
        """What is still spent, asset wei; the refill rounds down."""
        if self.window == 0:
            return 0
        return max(self.spent - self.limit * (now - self.since) // self.window, 0)

    def charged(self, now: int, assets: int) -> Budget:
        """The bucket once more is spent; it may overflow its limit."""
        return self._replace(spent=min(self.spent_at(now) + assets, MOST_SPENT), since=now)

    def renewed(self, now: int, limit: int, window: int) -> Budget:
        """The bucket under another limit: what is spent stays spent."""
        return Budget(limit, window, self.spent_at(now), now)
