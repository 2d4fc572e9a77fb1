"""Every way in which a strategy breaks its word, as far as a way out could meet it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attacks.stage import HOSTILE, STAKE, Play
from tests.modes import MODES_OF, SKIP_ACT, Group, Mode
from tests.modes import Stage as When

Dial = tuple[Group, Mode, int]
Case = tuple[Dial, ...]

M112 = 2**112 - 1
ACTING = frozenset({Group.REDEEM, Group.TRANSFER})
GROUPS = (
    Group.READ,
    Group.REDEEM,
    Group.MAX,
    Group.BALANCE,
    Group.TRANSFER,
    Group.META,
    Group.FEE,
    Group.LIQUIDITY,
    Group.CUSTODY,
)
PARAMETERS: dict[Mode, tuple[int, ...]] = {
    Mode.BURN_SOME: (40_000, 140_000, 1_000_000),
    Mode.RETURN_VALUE: (0, 1, M112, M112 + 1),
    Mode.LIE_UP: (1, 5_000, 2**31),
    Mode.LIE_DOWN: (1, 5_000, 10_000),
    Mode.SHORT: (30, 100, 5_000, 10_000),
    Mode.OVERTAKE: (1_000, 100_000),
    Mode.EXIT_FEE: (30, 100, 9_999),
    Mode.LIMITED: (0, 1, 999, STAKE // 10 + 1),
    Mode.PARTIAL: (0, 1, 999, STAKE // 10 + 1),
    Mode.REENTER: tuple(When),
    Mode.REENTER_STATIC: tuple(When),
}
ANSWERS = frozenset(range(Mode.RETURN_NOTHING, Mode.RETURN_MAX + 1))

# What one dial cannot say: a strategy that promises what it does not pay, and one that pays nothing but fees.
TOGETHER: tuple[Case, ...] = (
    ((Group.MAX, Mode.IGNORE_LIMIT, 0), (Group.LIQUIDITY, Mode.LIMITED, 0)),
    ((Group.MAX, Mode.IGNORE_LIMIT, 0), (Group.LIQUIDITY, Mode.PARTIAL, STAKE // 10)),
    ((Group.MAX, Mode.RETURN_VALUE, M112), (Group.READ, Mode.RETURN_VALUE, M112)),
    ((Group.MAX, Mode.BURN_LOOP, 0), (Group.READ, Mode.BURN_LOOP, 0), (Group.REDEEM, Mode.BURN_LOOP, 0)),
    ((Group.MAX, Mode.BURN_SOME, 140_000), (Group.REDEEM, Mode.BURN_LOOP, 0)),
    ((Group.FEE, Mode.EXIT_FEE, 40), (Group.REDEEM, Mode.SHORT, 100)),
)


def cases() -> Iterator[Case]:
    """Each dial alone, with each of its parameters, and the combinations."""
    for group in GROUPS:
        for mode in sorted(MODES_OF[group]):
            skip = (SKIP_ACT,) if group in ACTING and mode in ANSWERS else ()
            for param in (*PARAMETERS.get(mode, (0,)), *skip):
                yield ((group, mode, param),)
    yield from TOGETHER


def name(case: Case) -> str:
    """A name for a test's parameter."""
    return "+".join(f"{group.name}.{mode.name}.{param}".lower() for group, mode, param in case)


def turn(play: Play, case: Case, identifier: int = HOSTILE) -> None:
    """Turn the dials of a strategy."""
    for group, mode, param in case:
        play.mode(group, mode, param, identifier)
