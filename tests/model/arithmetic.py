"""Rounding, refusals and undoing: what every part of the model is written with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

BPS = 10_000
DAY = 86_400
HOUR = 3_600
YEAR = 31_536_000
PROBE = 10**18  # units whose price stands for an empty position
DUST = 1_000  # asset wei
MAX_112 = 2**112 - 1


class Refused(Exception):
    """A call that must revert.

    Attributes:
        reason: text of the revert, e.g. ``vault: 7``; empty for a revert without data.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def require(condition: bool, code: int) -> None:
    """Refuse with the Vault's numbered reason unless ``condition``."""
    if not condition:
        raise Refused(f"vault: {code}")


def up(numerator: int, denominator: int) -> int:
    """Quotient rounded up."""
    return -(-numerator // denominator)


def net(amount: int, fee: int) -> int:
    """What is left of ``amount`` after a fee in bps, rounded down."""
    return amount * (BPS - fee) // BPS


def gross(amount: int, fee: int) -> int:
    """What leaves at least ``amount`` after a fee in bps, rounded up."""
    return up(amount * BPS, BPS - fee)


class Undo:
    """Remembers parts of a model, so that a call that is refused halfway leaves no trace.

    A part is an object whose attributes are numbers and references that do not change, or, where its class
    names them in ``TABLES``, dictionaries of numbers.
    """

    __slots__ = ("_parts",)

    def __init__(self, parts: Iterable[Any]) -> None:
        self._parts = [(part, _copied(part, part.__dict__)) for part in parts]

    def restore(self) -> None:
        """Bring every part back; usable more than once."""
        for part, saved in self._parts:
            part.__dict__.update(_copied(part, saved))


def _copied(part: Any, attributes: dict[str, Any]) -> dict[str, Any]:
    copied = attributes.copy()
    for name in getattr(part, "TABLES", ()):
        copied[name] = copied[name].copy()
    return copied
