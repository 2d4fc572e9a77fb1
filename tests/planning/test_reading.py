"""What the planner reads in a snapshot of a real treasury."""

from __future__ import annotations

from dataclasses import replace

from ganglion.planning import Name, Problem
from tests.planning.ground import COUNT, PLANNER, Ground
from tests.treasury import HOUR


def reasons(ground: Ground, identifier: int) -> list[Name]:
    """Why a strategy may get nothing."""
    problem = Problem.of(ground.observe())
    return [each.name for each in problem.positions[problem.index(identifier)].closed]


def test_read__laid_out_treasury__is_what_the_ledger_says(ground: Ground):
    with ground.rpc.undone():
        ground.grant(
            PLANNER, flow=70 * ground.unit, loss=5 * ground.unit, max_loss=3 * ground.unit, strategies=4
        )
        ground.intent((2, 1_000 * ground.unit, 0))
        problem = Problem.of(ground.observe(), slippage=7, drift=1)
        units, book, _, _ = ground.position(2)
        second = problem.positions[1]
        assert [each.id for each in problem.positions] == list(range(1, COUNT + 1))
        assert (second.mark, second.book, second.units) == (ground.worth(2), book, units)
        assert (problem.idle, problem.lo) == (ground.idle(), ground.totals()[0])
        assert (problem.flow, problem.loss, problem.max_loss) == (
            70 * ground.unit,
            5 * ground.unit,
            3 * ground.unit,
        )
        assert (problem.slippage, problem.drift, problem.closed, problem.held) == (7, 1, (), ())
        assert [each.id for each in problem.positions if not each.closed and not each.held] == [2]


def test_read__trouble__closes_by_name(ground: Ground):
    with ground.rpc.undone():
        ground.grant(PLANNER, strategies=126)
        ground.intent((1, 1_000 * ground.unit, 0), (2, 1_000 * ground.unit, 0), (3, 1_000 * ground.unit, 0))
        ground.limit_liquidity(1, 79 * ground.unit)
        ground.gain(2, 40 * ground.unit)
        ground.fail(3)
        assert reasons(ground, 1) == [Name.ILLIQUID]
        assert reasons(ground, 2) == [Name.PRICE_BAND, Name.TOLERANCE]
        assert Name.SILENT in reasons(ground, 3)
        assert reasons(ground, 4) == []


def test_read__agent_and_state__close_everything_by_name(ground: Ground):
    with ground.rpc.undone():
        assert [each.name for each in Problem.of(ground.observe()).held] == [
            Name.NO_MANDATE,
            Name.MAY_NOT_DEALLOCATE,
        ]
        ground.grant(PLANNER, permissions=2, heartbeat=HOUR)
        ground.rpc.warp(HOUR + 1)
        ground.latch(1)
        problem = Problem.of(ground.observe())
        closed = [each.name for each in problem.closed]
        assert closed == [Name.MAY_NOT_ALLOCATE, Name.AGENT_SILENT, Name.NOT_CALM]
        assert problem.held == ()
        late = replace(ground.observe(), time=2**40)
        assert Name.EXPIRED in [each.name for each in Problem.of(late).held]
