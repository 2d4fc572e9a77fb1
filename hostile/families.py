"""The families of attacks: which keys are stolen, and what happens beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from hostile import keys, surroundings
from hostile.steps import LIMIT, Digits, Operation, Plan, Step
from hostile.world import World

LENGTH = 24  # operations of a list


class Exposure(Enum):
    """What strategies may take their tolerance on, once: what can be drained while a debt refills."""

    AT_ONCE = "the most that stood in all strategies at one time"
    EACH = "the most that stood in each strategy at any time"
    EVER = "what stood there at the beginning and all that flowed in"


@dataclass(frozen=True)
class Family:
    """Attacks of one sort.

    Attributes:
        key: its name in the report.
        title: what a person reads.
        operations: what a list is drawn from; more of the same for more often.
        exposure: in the bound. One key that alone allocates drains what is there at once; of several each
            strategy is drained once before its closure ends; governance reopens strategies and forgives.
        agents: how many keys act.
        still: whether no true price moves, so that a treasury that does nothing is a measure.
    """

    key: str
    title: str
    operations: tuple[Operation, ...]
    exposure: Exposure = Exposure.AT_ONCE
    agents: int = 1
    still: bool = False


_ROBBERS = (
    keys.robbery,
    keys.robbery,
    keys.burn,
    keys.burn,
    keys.fill,
    keys.home,
    keys.drain,
    surroundings.wait,
    surroundings.wait,
    surroundings.wait,
)
_MARKET = (
    surroundings.rise,
    surroundings.fall,
    surroundings.liquidity,
    surroundings.charge,
    surroundings.poke,
)
_KEYS = (keys.partner, keys.restore, keys.restore, keys.signed, keys.signed)

FAMILIES = (
    Family("still", "one key, prices stand still", (*_ROBBERS, surroundings.donate), still=True),
    Family(
        "told",
        "one key that has strategies lie",
        (*_ROBBERS, keys.lying_robbery, keys.lying_robbery),
        still=True,
    ),
    Family("market", "one key, free prices and liquidity", (*_ROBBERS, *_MARKET, surroundings.trim)),
    Family(
        "lies",
        "one key, free prices, and strategies that lie",
        (*_ROBBERS, *_MARKET, keys.lying_robbery, surroundings.lie),
    ),
    Family(
        "holder",
        "one key, and shares of its own",
        (
            *_ROBBERS,
            keys.sandwich,
            keys.sandwich,
            surroundings.deposit,
            surroundings.leave,
            surroundings.leave,
            surroundings.settle,
            surroundings.liquidity,
        ),
    ),
    Family(
        "together",
        "three keys",
        (*_ROBBERS, *_KEYS, *_MARKET, keys.beat, keys.cancel, surroundings.trim),
        Exposure.EACH,
        3,
    ),
    Family(
        "turns",
        "one key drains, another puts back",
        (keys.drain, keys.drain, keys.restore, surroundings.wait),
        Exposure.EACH,
        2,
    ),
    Family(
        "governed",
        "three keys, and mandates and limits that change",
        (
            *_ROBBERS,
            *_KEYS,
            keys.beat,
            keys.cancel,
            surroundings.grant,
            surroundings.grant,
            surroundings.revoke,
            surroundings.limit,
            surroundings.limit,
            surroundings.trim,
        ),
        Exposure.EVER,
        3,
    ),
)


def plan(world: World, family: Family, numbers: Sequence[int]) -> Plan:
    """Make a list concrete."""
    made = Plan(world, world.begins)
    for number in numbers:
        digits = Digits(number)
        family.operations[digits.below(len(family.operations))](made, digits)
    return made


__all__ = ["FAMILIES", "LENGTH", "LIMIT", "Exposure", "Family", "Step", "plan"]
