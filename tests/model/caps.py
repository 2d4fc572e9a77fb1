"""Operating caps of strategies, and the rule of who may change a cap."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import ClassVar

from tests.model.arithmetic import BPS
from tests.model.capital import Moved
from tests.model.roles import GOVERNOR, insist, only_curator, only_guardian
from tests.model.vault import Vault

CUT_STANDS = 604_800  # seconds
LAST = 2**40 - 1  # end of the longest closure, unix seconds


@dataclass(frozen=True)
class Cap:
    """Asset wei, bps of the total, and until when a guardian's cut binds the curator, unix seconds."""

    absolute: int = 0
    relative: int = 0
    cut_until: int = 0

    def allows(self, total: int) -> int:
        """Asset wei of so large a total, rounded down."""
        return min(self.absolute, total * self.relative // BPS)

    def set_by(self, caller: str, now: int, absolute: int, relative: int) -> Cap:
        """The cap that governor or curator puts in its place."""
        only_curator(caller)
        if caller == GOVERNOR:
            return Cap(absolute, relative)
        lower = absolute <= self.absolute and relative <= self.relative
        insist(lower or now >= self.cut_until, "cut stands")
        return Cap(absolute, relative, self.cut_until)

    def cut_by(self, caller: str, now: int, absolute: int, relative: int) -> Cap:
        """The cap that a guardian puts in its place."""
        only_guardian(caller)
        insist(absolute <= self.absolute, "cut raises absolute")
        insist(relative <= self.relative, "cut raises relative")
        return Cap(absolute, relative, now + CUT_STANDS)


NO_CAP = Cap()


@dataclass(eq=False)
class Caps:
    """The cap of each strategy, by id; one that was never set lets nothing in.

    ``closed``: until when a strategy takes nothing, because an agent has drained it on credit, unix seconds.
    """

    TABLES: ClassVar = ("of", "closed")
    vault: Vault
    of: dict[int, Cap] = field(default_factory=dict)
    closed: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def find(self, identifier: int) -> Cap:
        """The cap of a strategy."""
        return self.of.get(identifier, NO_CAP)

    def set(self, caller: str, identifier: int, absolute: int, relative: int) -> None:
        """Set a cap as governor or curator, which opens the strategy again."""
        self.of[identifier] = self.find(identifier).set_by(caller, self.vault.now, absolute, relative)
        self.closed[identifier] = 0
        self.vault.tell("CapSet", identifier, caller, absolute, relative)

    def cut(self, caller: str, identifier: int, absolute: int, relative: int) -> None:
        """Lower a cap as guardian."""
        cut = self.find(identifier).cut_by(caller, self.vault.now, absolute, relative)
        self.of[identifier] = cut
        self.vault.tell("CapCut", identifier, caller, absolute, relative, cut.cut_until)

    def close(self, identifier: int, seconds: int) -> None:
        """Let nothing into a strategy for so long, or until it opens anyway if that is later."""
        until = min(max(self.vault.now + seconds, self.closed[identifier]), LAST)
        self.closed[identifier] = until
        self.vault.tell("StrategyClosed", identifier, until)

    def check(self, identifier: int, moved: Moved) -> None:
        """An allocation leaves its strategy, which must not be closed, within both caps."""
        cap = self.find(identifier)
        insist(self.vault.now >= self.closed[identifier], "strategy closed")
        insist(moved.exposure <= cap.absolute, "over absolute cap")
        insist(moved.exposure * BPS <= moved.lo * cap.relative, "over relative cap")
