"""Risk groups: strategies that fail together, and what all of them may hold."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

from tests.model.arithmetic import BPS
from tests.model.capital import Moved
from tests.model.caps import NO_CAP, Cap
from tests.model.roles import insist, only_governor
from tests.model.vault import Vault

MOST_GROUPS = 31


def books(vault: Vault, among: Container[int] | None = None) -> int:
    """Books of the live strategies that hold something, of some ids or of all, asset wei."""
    held = (position for position in vault.live if position.units)
    return sum(position.book for position in held if among is None or position.id in among)


@dataclass(frozen=True)
class Group:
    """Ids of the members, the operating cap, and the highest that the Timelock allows."""

    members: frozenset[int] = frozenset()
    cap: Cap = NO_CAP
    most: Cap = NO_CAP

    @property
    def bitmap(self) -> int:
        """Bit i: strategy i."""
        return sum(1 << identifier for identifier in self.members)


@dataclass(eq=False)
class Groups:
    """The groups by number; one that was never set has no members."""

    TABLES: ClassVar = ("of",)
    vault: Vault
    of: dict[int, Group] = field(default_factory=dict)

    def find(self, number: int) -> Group:
        """A group, 1 to 31."""
        insist(1 <= number <= MOST_GROUPS, "no such group")
        return self.of.get(number, Group())

    def around(self, identifier: int) -> Iterator[tuple[int, Group]]:
        """Number and group of each that a strategy is in, the lowest number first."""
        return ((n, group) for n, group in sorted(self.of.items()) if identifier in group.members)

    def exposure(self, number: int) -> tuple[int, int]:
        """Books of the members, and idle with all books, asset wei."""
        return books(self.vault, self.find(number).members), self.vault.idle + books(self.vault)

    def check(self, identifier: int, moved: Moved) -> None:
        """An allocation leaves every group of its strategy within both caps; others count by book."""
        for _, group in self.around(identifier):
            exposure = moved.exposure + books(self.vault, group.members - {identifier})
            insist(exposure <= group.cap.absolute, "over group cap")
            insist(exposure * BPS <= moved.lo * group.cap.relative, "over group share")

    def excess(self, identifier: int, total: int) -> int:
        """By how much the fullest group of a strategy stands over its caps by the books, asset wei."""
        over = (
            books(self.vault, group.members) - group.cap.allows(total) for _, group in self.around(identifier)
        )
        return max(0, max(over, default=0))

    def set(self, caller: str, number: int, members: frozenset[int], absolute: int, relative: int) -> None:
        """Say who is in a group, and what all may hold; lifts a cut."""
        only_governor(caller)
        self.find(number)
        insist(0 not in members, "no such strategy")
        most = Cap(absolute, relative)
        self.of[number] = Group(members, most, most)
        self.vault.tell("GroupSet", number, self.of[number].bitmap, absolute, relative)

    def set_cap(self, caller: str, number: int, absolute: int, relative: int) -> None:
        """Set an operating cap as governor or curator, up to the highest."""
        group = self.find(number)
        cap = group.cap.set_by(caller, self.vault.now, absolute, relative)
        within = absolute <= group.most.absolute and relative <= group.most.relative
        insist(within, "over group limit")
        self.of[number] = replace(group, cap=cap)
        self.vault.tell("GroupCapSet", number, caller, absolute, relative)

    def cut(self, caller: str, number: int, absolute: int, relative: int) -> None:
        """Lower an operating cap as guardian."""
        group = self.find(number)
        cut = group.cap.cut_by(caller, self.vault.now, absolute, relative)
        self.of[number] = replace(group, cap=cut)
        self.vault.tell("GroupCut", number, caller, absolute, relative, cut.cut_until)
