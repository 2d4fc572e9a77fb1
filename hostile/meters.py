"""Leaky buckets, and the bound that they promise, checked for every pair of moments."""

from __future__ import annotations

from dataclasses import dataclass, field

SCALE = 518_400  # every window of the campaign divides it, so that what refills is a whole number


@dataclass
class Bucket:
    """What an agent has spent, by its own actions alone. Asset wei, seconds."""

    limit: int
    window: int
    time: int
    spent: int = 0

    def now(self, time: int) -> int:
        """What is spent at a time."""
        if not self.window:
            return 0
        return self.spent - min(self.spent, self.limit * (time - self.time) // self.window)

    def touch(self, time: int, amount: int = 0) -> None:
        """Settle what has refilled, and spend."""
        self.spent, self.time = self.now(time) + amount, time

    def replace(self, time: int, limit: int, window: int) -> None:
        """Other terms; what is spent stays spent."""
        self.touch(time)
        self.limit, self.window = limit, window


@dataclass
class Meter:
    """What flowed, against limit + limit · t / window, for every pair of moments and across changes of both.

    ``share`` is the largest part of the bound that any pair reached.
    """

    limit: int
    window: int
    time: int
    share: float = 0.0
    _refilled: int = 0
    _total: int = 0
    _starts: list[tuple[int, int]] = field(default_factory=list)

    def advance(self, time: int) -> None:
        """Let time pass."""
        if self.window:
            self._refilled += self.limit * (time - self.time) * SCALE // self.window
        self.time = time

    def change(self, time: int, limit: int, window: int) -> None:
        """Other terms from now on; without a window nothing is bound, and what was is forgotten."""
        self.advance(time)
        self.limit, self.window = limit, window
        if not window:
            self._starts.clear()

    def add(self, time: int, amount: int) -> int:
        """Let an amount flow; by how much the bound is passed, at worst, asset wei."""
        self.advance(time)
        if not self.window:
            return 0
        self._starts.append((self._total, self._refilled))
        self._total += amount
        over = 0
        for total, refilled in self._starts:
            bound = self.limit * SCALE + self._refilled - refilled
            flow = (self._total - total) * SCALE
            over = max(over, flow - bound)
            self.share = max(self.share, flow / bound if bound else 0.0)
        return -(-over // SCALE)
