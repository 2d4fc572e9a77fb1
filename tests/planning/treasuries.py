"""Random treasuries as the planner sees them, ordinary ones and ones at every edge."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from ganglion.agent.structs import BPS
from ganglion.planning import Limit, Name, Position, Problem, RiskGroup, Targets, Yields
from ganglion.planning.problem import MOST

UNITS = (10**6, 10**12, 10**18, 2**80, 2**100)
CLOSED = (Limit(Name.ILLIQUID, 1, 800),)


def parts(most: int = BPS):
    """Bps, with the ends drawn often."""
    return st.one_of(st.sampled_from([0, most]), st.integers(0, most))


@st.composite
def amounts(draw, unit: int, most: int = 1_000):
    """Asset wei of a size, 0 often."""
    whole = draw(st.one_of(st.just(0), st.integers(0, most)))
    return whole * unit // 10 + (draw(st.integers(0, 999)) if whole else 0)


@st.composite
def caps(draw, unit: int):
    """An absolute cap, now and then none or nothing."""
    return draw(st.one_of(st.just(MOST), st.just(0), amounts(unit, 2_000)))


@st.composite
def positions(draw, identifier: int, unit: int):
    """A strategy: mark around the book, a price around its reference, partly liquid, capped."""
    mark = draw(amounts(unit))
    tilt = draw(st.sampled_from([0, 0, 0, 1, 7, 40, -1, -30, 3_000, -3_000]))
    book = mark * (BPS - tilt) // BPS
    dark = draw(st.integers(0, 9)) == 0
    closed = CLOSED if dark or draw(st.integers(0, 5)) == 0 else ()
    price = mark or 10**18
    return Position(
        identifier,
        mark=mark,
        book=book,
        liquid=mark * draw(parts()) // BPS,
        ceiling=draw(caps(unit)),
        absolute=draw(caps(unit)),
        relative=draw(parts()),
        inflow=draw(st.one_of(st.none(), amounts(unit))),
        tolerance=draw(st.sampled_from([0, 10, 50, 500])),
        units=price * 10**6,
        price=price,
        reference=price * (BPS - draw(st.sampled_from([0, 0, 0, 3, -3, -200]))) // BPS,
        grain=draw(st.sampled_from([0, 0, 1, 3])),
        dark=dark,
        closed=closed,
    )


@st.composite
def problems(draw, grains: bool = True):
    """A treasury of up to ten strategies and 31 groups."""
    unit = draw(st.sampled_from(UNITS))
    ids = sorted(draw(st.sets(st.integers(1, 255), max_size=10)))
    held = [draw(positions(each, unit)) for each in ids]
    if not grains:
        held = [replace(each, grain=0) for each in held]
    count = draw(st.one_of(st.integers(0, 3), st.just(31)))
    groups = tuple(
        RiskGroup(number, _members(draw, ids), draw(caps(unit)), draw(parts()))
        for number in range(1, count + 1)
    )
    idle = draw(amounts(unit))
    lower = sum(min(each.mark, each.book) for each in held if not each.dark)
    return Problem(
        tuple(held),
        idle=idle,
        lo=idle + lower,
        groups=groups,
        flow=draw(st.one_of(st.just(MOST), amounts(unit))),
        loss=draw(st.one_of(st.just(MOST), amounts(unit // 100), st.just(-5))),
        max_loss=draw(st.one_of(st.just(MOST), amounts(unit // 100))),
        idle_floor=draw(st.sampled_from([0, 0, 500, 3_000])),
        slippage=draw(st.sampled_from([0, 0, 5, None])),
        drift=draw(st.sampled_from([0, 0, 2])),
        closed=draw(st.sampled_from([(), (), (), (Limit(Name.VETO),)])),
        held=draw(st.sampled_from([(), (), (), (Limit(Name.MAY_NOT_DEALLOCATE),)])),
    )


def _members(draw, ids: list[int]) -> int:
    mask = draw(st.integers(0, 2 ** len(ids) - 1))
    return sum(1 << each for place, each in enumerate(ids) if mask >> place & 1)


@st.composite
def goals(draw, problem: Problem):
    """Weights or yields of some of its strategies, with and without idle and a least move."""
    ids = [each.id for each in problem.positions]
    named = [each for each in ids if draw(st.booleans())]
    extra = {
        "min_idle": draw(st.sampled_from([0, 0, problem.total // 10, problem.total])),
        "min_move": draw(st.sampled_from([None, None, 1, max(1, problem.total // 50)])),
    }
    if draw(st.booleans()):
        rates = {each: draw(st.integers(0, 10**17)) for each in named}
        return Yields(rates, **extra)
    left, weights = BPS, {}
    for each in named:
        weights[each] = draw(st.integers(0, left))
        left -= weights[each]
    return Targets(weights, **extra)


@st.composite
def tasks(draw, **kwargs):
    """A treasury and a goal for it."""
    problem = draw(problems(**kwargs))
    return problem, draw(goals(problem))
