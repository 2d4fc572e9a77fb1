"""What an exit would give now, if every strategy were asked: the queue's preview."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model import runoff
from tests.model.arithmetic import DUST
from tests.model.vault import Vault


@dataclass(frozen=True)
class Preview:
    """Cash, what waits as (strategy, units, book value), and how far marks are below books; asset wei."""

    cash: int
    waiting: tuple[tuple[int, int, int], ...]
    shortfall: int


def preview(vault: Vault, shares: int) -> Preview:
    """The exit of shares that are outstanding."""
    divisor = vault.divisor
    cash, waiting, shortfall = vault.idle * shares // divisor, [], 0
    for position in vault.live:
        units = position.units * shares // divisor
        if units == 0:
            continue
        liquid = runoff.observe(position)
        seen = runoff.cover(vault, position, liquid)
        due, reached = runoff.split(position, seen.units, liquid)
        mine = min(reached, liquid - due, position.units) * shares // divisor
        if position.worth(due + mine) < DUST:
            mine = 0
        mark, book = position.mark(units) or 0, position.worth(units)
        cash += mark * mine // units
        shortfall += max(0, book - mark)
        if mine < units:
            waiting.append((position.id, units - mine, position.worth(units - mine)))
    return Preview(cash, tuple(waiting), shortfall)
