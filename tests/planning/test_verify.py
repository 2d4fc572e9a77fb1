"""The judge: one treasury, one limit at a time, exactly at it and one wei beyond."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganglion.agent.errors import Invalid
from ganglion.agent.intent import EVERYTHING, Move
from ganglion.planning import Limit, Name, Position, Problem, RiskGroup, feasible

M = 10**6


def treasury(**changes) -> Problem:
    """1: 400 of mark and book. 2: a mark of 300 over a book of 250. 3: empty. Idle 300. Millions of wei."""
    positions = (
        Position(1, mark=400 * M, book=400 * M, liquid=400 * M, tolerance=100),
        Position(2, mark=300 * M, book=250 * M, liquid=120 * M, price=300 * M, reference=300 * M),
        Position(3),
    )
    return replace(Problem(positions, idle=300 * M, lo=950 * M), **changes)


def with_position(place: int, **changes) -> Problem:
    """The treasury with one position changed."""
    problem = treasury()
    positions = list(problem.positions)
    positions[place] = replace(positions[place], **changes)
    return replace(problem, positions=tuple(positions))


def names(problem: Problem, *moves: tuple[int, int]) -> list[Name]:
    """Names of the limits that moves break."""
    return [each.limit.name for each in feasible(problem, [Move(*move) for move in moves])]


@pytest.mark.parametrize(
    ("problem", "most", "name"),
    [
        (treasury(), 300 * M, Name.IDLE),
        (treasury(flow=70 * M), 70 * M, Name.FLOW),
        (with_position(0, absolute=450 * M), 50 * M, Name.ABSOLUTE_CAP),
        (with_position(0, relative=5_000), 75 * M, Name.RELATIVE_CAP),
        (with_position(0, ceiling=410 * M), 10 * M, Name.CEILING),
        (with_position(0, inflow=5 * M), 5 * M, Name.INFLOW),
        (treasury(idle_floor=1_000), 205 * M, Name.IDLE_FLOOR),
        (treasury(groups=(RiskGroup(7, 0b110, absolute=660 * M),)), 10 * M, Name.GROUP_CAP),
        (treasury(groups=(RiskGroup(7, 0b110, relative=7_000),)), 15 * M, Name.GROUP_SHARE),
        (treasury(slippage=100, loss=2 * M), 200 * M, Name.LOSS),
        (treasury(slippage=None, max_loss=M), 100 * M, Name.MAX_LOSS),
    ],
    ids=lambda value: str(value) if isinstance(value, Name) else "",
)
def test_feasible__allocation_at_a_limit__passes_and_one_wei_more_does_not(problem, most, name):
    assert names(problem, (1, most)) == []
    assert name in names(problem, (1, most + 100 if name in (Name.LOSS, Name.MAX_LOSS) else most + 1))


def test_feasible__group_of_a_mark_over_its_book__counts_the_moved_one_at_its_mark():
    problem = treasury(groups=(RiskGroup(7, 0b110, absolute=701 * M),))
    assert names(problem, (1, 51 * M)) == []  # 451 and the book of 250
    assert names(problem, (2, 2 * M)) == [Name.GROUP_CAP]  # 302 and the book of 400


def test_feasible__order_of_allocations__matters_in_a_group():
    problem = treasury(groups=(RiskGroup(7, 0b110, absolute=720 * M),))
    assert names(problem, (2, 20 * M), (1, 20 * M)) == []
    assert names(problem, (1, 20 * M), (2, 20 * M)) == [Name.GROUP_CAP]


def test_feasible__deallocation_first__makes_idle_and_room():
    problem = treasury(groups=(RiskGroup(7, 0b1010, absolute=700 * M),))
    assert names(problem, (3, 400 * M)) == [Name.IDLE, Name.GROUP_CAP]
    assert names(problem, (1, -100 * M), (3, 400 * M)) == []


@pytest.mark.parametrize("assets", [-120 * M - 1, EVERYTHING], ids=["beyond liquid", "everything"])
def test_feasible__more_than_is_liquid__is_refused(assets):
    assert names(treasury(), (2, -120 * M)) == []
    assert names(treasury(), (2, assets)) == [Name.LIQUIDITY]


def test_feasible__small_purchase__leaves_too_small_a_book():
    assert names(treasury(), (3, M)) == []
    assert names(treasury(), (3, M - 1)) == [Name.MIN_POSITION]


def test_feasible__closed_and_held__say_why():
    closed, held = Limit(Name.ILLIQUID, 1, 800), Limit(Name.MAY_NOT_DEALLOCATE)
    assert names(with_position(0, closed=(closed,)), (1, M)) == [Name.ILLIQUID]
    assert names(treasury(held=(held,)), (1, -M)) == [Name.MAY_NOT_DEALLOCATE]
    assert names(treasury(closed=(Limit(Name.VETO),)), (1, M), (1, -M)) == [Name.VETO]


def test_feasible__pure_deallocation__may_overdraw_every_budget():
    problem = treasury(slippage=100, loss=-1, max_loss=0, flow=0)
    assert names(problem, (1, -400 * M)) == []
    assert names(problem, (1, -40 * M), (3, M)) == [Name.FLOW, Name.MAX_LOSS, Name.LOSS]


def test_feasible__grain__is_kept_free():
    problem = with_position(0, grain=3, absolute=450 * M)
    assert names(problem, (1, 50 * M - 3)) == []
    assert names(problem, (1, 50 * M - 2)) == [Name.ABSOLUTE_CAP]
    assert names(problem, (1, -M), (3, 301 * M - 3)) == []
    assert names(problem, (1, -M), (3, 301 * M - 2)) == [Name.IDLE]


def test_feasible__dear_price__lowers_the_total_and_is_charged():
    """A mark 20% over the reference: 60 of 300 paid are lost to the lower prices."""
    dear = replace(treasury().positions[2], units=10**18, price=1_250, reference=1_000, tolerance=3_000)
    problem = treasury(positions=(*treasury().positions[:2], dear), loss=60 * M)
    assert names(problem, (3, 300 * M)) == []
    assert names(replace(problem, loss=60 * M - 1), (3, 300 * M)) == [Name.LOSS]
    after = problem.after(Move(3, 300 * M))
    assert (after.lo, after.idle, after.loss) == (890 * M, 0, 0)
    assert (after.positions[2].mark, after.positions[2].book) == (300 * M, 240 * M)


def test_feasible__eleven_moves__are_too_many():
    moves = [(1, M)] * 11
    assert names(treasury(), *moves) == [Name.MOVES]


@pytest.mark.parametrize(
    ("moves", "message"),
    [([(9, M)], "no live strategy has the id 9; live: 1, 2, 3"), ([(1, 0)], "moves[0].assets: 0")],
)
def test_feasible__move_of_nothing__is_an_error(moves, message):
    with pytest.raises(Invalid) as caught:
        names(treasury(), *moves)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"idle": -1}, "idle"),
        ({"flow": -1}, "flow"),
        ({"slippage": 10_001}, "slippage"),
        ({"slippage": -1}, "slippage"),
        ({"idle_floor": 10_001}, "idle_floor"),
        ({"positions": (Position(2), Position(1))}, "positions"),
        ({"positions": (Position(0),)}, "positions"),
        ({"positions": (Position(1, mark=-1),)}, "positions[id 1].mark"),
        ({"positions": (Position(1, tolerance=10_000),)}, "positions[id 1].tolerance"),
    ],
)
def test_check__impossible_treasury__names_the_field(changes, field):
    with pytest.raises(Invalid, match=f"^{field.replace('[', chr(92) + '[').replace(']', chr(92) + ']')}: "):
        replace(treasury(), **changes).check()
