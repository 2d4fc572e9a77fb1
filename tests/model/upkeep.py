"""Pokes: books move, what was seen is measured, petty cash gets its base, and fees are charged."""

from __future__ import annotations

from typing import NamedTuple

from tests.model import fees
from tests.model.arithmetic import BPS, DAY, require, up
from tests.model.position import Position, Status
from tests.model.price import DARK_VETO, FALL_VETO

DRY = 800  # bps of the total; entry, petty cash and allocations close below it
VAULT = "vault"


class Observation(NamedTuple):
    """What a poke saw: asset wei, seconds, and then bps of the whole, but for the last two."""

    lo: int
    age: int
    fall: int
    liquid: int
    dark: int
    short: int
    state: int
    veto: bool


def _part_up(part: int, whole: int) -> int:
    """Bps of the whole, rounded up, at most all of it; 0 of nothing."""
    return min(BPS, up(part * BPS, whole)) if part else 0


class Upkeep:
    """The part of ``vault.Vault`` that anybody without code may have done at any time."""

    def poke(self, direct: bool = True) -> Observation:
        """Move the books, note what petty cash rests on, and charge fees; returns what was seen.

        ``direct``: whether an account without code began the transaction, and calls itself or has the
        Sentinel do so.
        """
        require(direct, 1)
        age = self.now - self.poked_at if self.poked_at else 0
        for position in self.live:
            position.outlive(self.now, self.epoch)
            before = position.status
            position.poke(self.now, min(age, DAY))
            if position.status is not before:
                self.note_change(position.id, position.status)
                self.tell("HealthChanged", position.id, position.status)
        self.poked_at = self.now
        seen = self._observe(age)
        if self.now - self.noted_at >= self.epoch:
            self.noted_before, self.noted, self.noted_at = self.noted, seen.lo, self.now
        fees.charge(self, seen)
        return seen

    def _observe(self, age: int) -> Observation:
        """Measure, after the books have moved; whether too little is liquid is remembered."""
        price, held = self.price(), [position for position in self.live if position.units]
        liquid = self.idle + sum(map(self._payable, held))
        short = sum(position.book for position in held if position.owes)
        marked = self.idle + sum(map(self._marked, held))
        total = marked + price.dark
        part = liquid * BPS // total if liquid < total else BPS
        reference = self.idle + sum(map(self._at_reference, held))
        fall = _part_up(max(0, reference - marked), reference)
        self.dry = part < DRY
        dark, short = _part_up(price.dark, total), _part_up(short, total)
        veto = price.failed or self.dry or fall > FALL_VETO or dark > DARK_VETO
        return Observation(price.lo, age, fall, part, dark, short, self.state, veto)

    @staticmethod
    def _at_reference(position: Position) -> int:
        """Value at the reference, at least the book, asset wei; nothing in quarantine."""
        if position.status is Status.QUARANTINED:
            return 0
        return max(position.book, position.units * position.reference_price >> position.scale)

    @classmethod
    def _marked(cls, position: Position) -> int:
        """What it says it is worth, up to the reference, asset wei; its book where it says nothing."""
        mark = position.mark(position.units)
        return min(position.book if mark is None else mark, cls._at_reference(position))

    @classmethod
    def _payable(cls, position: Position) -> int:
        """What a strategy says it can pay the stayers now, asset wei; leavers are not looked at."""
        if position.status is Status.QUARANTINED:
            return 0
        mark, most = position.mark(position.units), position.world.max_redeem(VAULT)
        if mark is None or most is None:
            return 0
        marked = cls._marked(position)
        return marked if most >= position.units else marked * most // position.units
