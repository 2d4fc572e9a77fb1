"""Lists of numbers become lists of calls: what an operation draws from, and what it leaves behind.

A list is a tuple of integers below ``LIMIT``. An operation takes what it needs from its number, digit by
digit, so that a changed number is a changed operation and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hostile import wire
from hostile.world import (
    FLOW,
    STAKE,
    TOLERANCES,
    UNIT,
    World,
)
from tests import treasury as t
from tests.modes import Group, Mode

LIMIT = 2**96
GAS = hex(16_000_000)
FOREVER = 2**40
MOST = 10**18  # an own loss limit that never binds
GREEDY = -1  # one less than each strategy's tolerance
COUNT = len(TOLERANCES)

SIZES = (
    1,
    999,
    3 * UNIT,
    777 * UNIT,
    20_000 * UNIT,
    60_000 * UNIT,
    100_000 * UNIT,
    STAKE,
    210_000 * UNIT,
    FLOW,
)
TOLD = (10_000, 10_000, 10_000, 5_000, 20_000, 9_701, 10_299, 9_960, 10_040, 1)
TAKEN = (0, 0, GREEDY, GREEDY, GREEDY, 50, 51, 20, 100, 5_000, 1, 300)
STEPS = (1, 12, 600, t.HOUR, 6 * t.HOUR, t.DAY, 2 * t.DAY, 3 * t.DAY)
MARKET = (1, 10, 30, 100, 290, 310, 800)  # bps
LIQUID = (0, 1_000 * UNIT, STAKE // 10, STAKE // 2)


class Digits:
    """Takes a number apart."""

    def __init__(self, number: int) -> None:
        self._left = number

    def below(self, most: int) -> int:
        """A number below ``most``."""
        self._left, digit = divmod(self._left, most)
        return digit

    def of(self, choices: Sequence[int]) -> int:
        """One of several."""
        return choices[self.below(len(choices))]


@dataclass(slots=True)
class Step:
    """One call, and what the judge must know of it.

    Attributes:
        agent: place of the agent whose intents it carries; None for what no agent does.
        intents: for each intent in it whether it allocates; ``inner`` where they stand in a ``multi``.
        lied: whether a strategy told another price than its own while it ran.
        kind: what it is.
        nonce: of an intent that has one.
        traded: whether shares may change hands.
    """

    kind: str
    sender: str
    target: str
    data: str
    time: int
    agent: int | None = None
    intents: tuple[bool, ...] = ()
    inner: tuple[int, ...] = ()
    lied: bool = False
    nonce: int = 0
    traded: bool = False

    @property
    def call(self) -> dict[str, str]:
        """For ``eth_simulateV1``."""
        return {"from": self.sender, "to": self.target, "data": self.data, "gas": GAS}


@dataclass
class Plan:
    """A list while it is put together: time, and the dials as they stand between transactions."""

    world: World
    now: int
    told: dict[int, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    grants: list[tuple[int, int, tuple]] = field(default_factory=list)

    @property
    def lying(self) -> bool:
        """Whether any strategy tells another price than its own."""
        return any(told != 10_000 for told in self.told.values())

    def strategy(self, number: int) -> str:
        """Address of a strategy by its id."""
        return self.world.treasury.strategies[number - 1]

    def add(self, kind: str, sender: str, target: str, data: str, **known: object) -> None:
        """Add a call."""
        known.setdefault("lied", self.lying)
        self.steps.append(Step(kind, sender, target, data, self.now, **known))  # type: ignore[arg-type]


def dial(group: Group, mode: Mode, param: int) -> str:
    """Turn a dial of a strategy."""
    return wire.call("set_mode(uint8,uint8,uint256)", group, mode, param)


def price(told: int) -> str:
    """Have a strategy tell so many bps of its price."""
    if told >= 10_000:
        return dial(Group.READ, Mode.LIE_UP if told > 10_000 else Mode.HONEST, told - 10_000)
    return dial(Group.READ, Mode.LIE_DOWN, 10_000 - told)


def taken(group: Group, part: int, number: int) -> str:
    """Have a strategy take a part of what comes or goes, bps or GREEDY."""
    bps = TOLERANCES[number - 1] - 1 if part == GREEDY else part
    return dial(group, Mode.SHORT if bps else Mode.HONEST, bps)


Operation = Callable[[Plan, Digits], None]
