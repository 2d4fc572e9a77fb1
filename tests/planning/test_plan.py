"""Plans whose best answer is known: what is moved, in which order, and which limit is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganglion.agent.errors import Invalid
from ganglion.agent.intent import EVERYTHING
from ganglion.planning import Limit, Name, Position, Problem, RiskGroup, Targets, Yields, greedy, plan

M = 10**6
PERCENT = 10**16  # WAD


def position(identifier: int, value: int, **changes) -> Position:
    """A liquid position at par, in millions of wei."""
    return Position(identifier, mark=value * M, book=value * M, liquid=value * M, tolerance=50, **changes)


def treasury(*values: int, idle: int = 0, **changes) -> Problem:
    """Positions 1, 2, ... of these values."""
    held = tuple(position(k + 1, value) for k, value in enumerate(values))
    return replace(Problem(held, idle=idle * M, lo=(sum(values) + idle) * M), **changes)


def limited(problem: Problem, identifier: int, **changes) -> Problem:
    """The problem with one position changed."""
    positions = tuple(
        replace(each, **changes) if each.id == identifier else each for each in problem.positions
    )
    return replace(problem, positions=positions)


def moved(found) -> list[tuple[int, int]]:
    """Ids and millions of wei; None for everything."""
    return [(move.id, None if move.assets == EVERYTHING else move.assets / M) for move in found.moves]


def test_plan__open_treasury__reaches_the_weights_with_deallocations_first():
    found = plan(treasury(600, 300, 0, idle=100), Targets({1: 2_000, 2: 3_000, 3: 4_000}))
    assert moved(found) == [(1, -400), (3, 400)]
    assert (found.reached, found.limits, found.after.gap, found.before.gap) == (True, (), 0, 800 * M)
    assert found.allocated == 400 * M


def test_plan__strategy_not_named__is_left_whole_with_everything():
    found = plan(treasury(600, 300, idle=100), Targets({2: 10_000}))
    assert moved(found) == [(1, None), (2, 700)]
    assert found.reached


@pytest.mark.parametrize(
    ("changes", "limit", "amount"),
    [
        ({"absolute": 450 * M}, Limit(Name.ABSOLUTE_CAP, 2, 450 * M), 150),
        ({"relative": 4_000}, Limit(Name.RELATIVE_CAP, 2, 4_000), 100),
        ({"ceiling": 310 * M}, Limit(Name.CEILING, 2, 310 * M), 10),
        ({"inflow": 20 * M}, Limit(Name.INFLOW, 2, 20 * M), 20),
        ({"closed": (Limit(Name.ILLIQUID, 2, 800),)}, Limit(Name.ILLIQUID, 2, 800), 0),
    ],
    ids=lambda value: str(value) if isinstance(value, Limit) else "",
)
def test_plan__limit_of_a_strategy__is_filled_and_named(changes, limit, amount):
    problem = limited(treasury(600, 300, idle=100), 2, **changes)
    found = plan(problem, Targets({1: 1_000, 2: 9_000}))
    assert sum(move.assets for move in found.moves if move.id == 2) == amount * M
    assert limit in found.limits


@pytest.mark.parametrize(
    ("changes", "limit", "amount"),
    [
        ({"flow": 30 * M}, Limit(Name.FLOW, value=30 * M), 30),
        ({"idle_floor": 500}, Limit(Name.IDLE_FLOOR, value=500), 50),
        ({"groups": (RiskGroup(9, 0b110, absolute=920 * M),)}, Limit(Name.GROUP_CAP, 9, 920 * M), 20),
        ({"groups": (RiskGroup(9, 0b110, relative=9_100),)}, Limit(Name.GROUP_SHARE, 9, 9_100), 10),
        ({"slippage": 50, "loss": M // 10}, Limit(Name.LOSS, value=M // 10), 20),
        ({"slippage": None, "max_loss": M // 20}, Limit(Name.MAX_LOSS, value=M // 20), 10),
        ({"closed": (Limit(Name.VETO),)}, Limit(Name.VETO), 0),
        ({"loss": -1}, Limit(Name.LOSS, value=-1), 0),
    ],
    ids=lambda value: str(value) if isinstance(value, Limit) else "",
)
def test_plan__limit_of_all__is_filled_and_named(changes, limit, amount):
    found = plan(treasury(600, 300, idle=100, **changes), Targets({1: 6_000, 2: 4_000}))
    assert found.allocated == pytest.approx(amount * M, abs=1_000)
    assert limit in found.limits


def test_plan__source_that_pays_only_part__names_its_liquidity():
    found = plan(limited(treasury(600, 300, idle=100), 1, liquid=50 * M), Targets({2: 10_000}))
    assert moved(found) == [(1, -50), (2, 150)]
    assert Limit(Name.LIQUIDITY, 1, 50 * M) in found.limits


def test_plan__nowhere_to_go__leaves_capital_where_it_is():
    """Idle beyond its target is as far off as the strategy itself; to leave it, idle gets the weight."""
    problem = limited(treasury(600, 400), 2, closed=(Limit(Name.SHORT, 2, 1),))
    stays = plan(problem, Targets({2: 10_000}))
    assert (stays.moves, stays.limits) == ((), (Limit(Name.SHORT, 2, 1),))
    assert moved(plan(problem, Targets({2: 4_000}))) == [(1, None)]


def test_plan__strategy_over_its_cap__gets_nothing_and_hinders_nobody():
    problem = limited(treasury(600, 300, idle=100), 1, absolute=100 * M)
    found = plan(problem, Targets({1: 6_500, 2: 3_500}))
    assert moved(found) == [(2, 50)]
    assert Limit(Name.ABSOLUTE_CAP, 1, 100 * M) in found.limits


def test_plan__group_over_its_cap__is_brought_under_it_where_that_brings_more():
    groups = (RiskGroup(4, 0b1110, absolute=700 * M),)
    found = plan(treasury(600, 300, 0, idle=100, groups=groups), Targets({2: 3_000, 3: 4_000}))
    assert moved(found) == [(1, None), (3, 400)]
    assert found.reached


def test_plan__yields__fill_the_best_first():
    problem = limited(treasury(600, 300, 0, idle=100), 3, absolute=250 * M)
    found = plan(problem, Yields({1: 2 * PERCENT, 2: 5 * PERCENT, 3: 6 * PERCENT}, min_idle=50 * M))
    assert moved(found) == [(1, None), (2, 400), (3, 250)]
    assert found.after.idle == 50 * M
    assert Limit(Name.ABSOLUTE_CAP, 3, 250 * M) in found.limits


def test_plan__idle_below_the_goals_minimum__comes_first():
    found = plan(treasury(600, 400), Yields({1: 3 * PERCENT, 2: 4 * PERCENT}, min_idle=150 * M))
    assert found.before.lacks == 150 * M
    assert (found.after.lacks, found.after.idle) == (0, 150 * M)
    assert moved(found) == [(1, None), (2, 450)]


def test_plan__gap_below_the_least_move__is_left():
    goal = Targets({1: 6_001, 2: 3_999}, min_move=M)
    found = plan(treasury(600, 400), goal)
    assert found.moves == ()
    assert found.limits == (Limit(Name.MIN_MOVE, value=M),)


def test_plan__purchase_below_the_least_position__is_not_made():
    problem = treasury(0, idle=1)
    found = plan(problem, Targets({1: 5_000}))
    assert found.moves == ()
    assert found.limits == (Limit(Name.MIN_POSITION, 1, M),)


def test_plan__limits_of_moves__allow_the_assumed_loss_and_drift():
    held = Position(1, mark=500 * M, book=500 * M, liquid=500 * M, tolerance=50)
    bought = Position(2, units=10**18, price=2 * 10**18, reference=2 * 10**18, tolerance=100)
    problem = Problem((held, bought), idle=0, lo=500 * M, slippage=None, drift=10)
    found = plan(problem, Targets({2: 4_000, 1: 6_000}))
    assert [(move.id, move.limit) for move in found.moves] == [(1, 198_800_000), (2, 98_899_999)]
    assert found.loss == M + 2 * M


def test_greedy__largest_gap_first__fills_what_the_programme_shares():
    """The largest gap is in two groups: the baseline spends the room of both on it."""
    groups = (RiskGroup(1, 0b110, absolute=400 * M), RiskGroup(2, 0b1010, absolute=400 * M))
    problem = treasury(0, 0, 0, idle=1_000, groups=groups)
    goal = Targets({1: 4_000, 2: 3_500, 3: 2_500})
    assert moved(greedy(problem, goal)) == [(1, 400)]
    assert (
        moved(plan(problem, goal)) == [(2, 350), (3, 250), (1, 50)]
        or plan(problem, goal).after.gap < greedy(problem, goal).after.gap
    )


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        (Targets({1: 6_000, 2: 4_001}), "weights: they sum to 10001 bps"),
        (Targets({9: 1}), "weights: no live strategy has the id 9; live: 1, 2"),
        (Targets({1: -1}), "weights[1]: -1; give an integer of 0 or more"),
        (Targets({1: 0.5}), "weights[1]: 0.5; give an integer of 0 or more"),
        (Targets({}, min_idle=-1), "min_idle: -1"),
        (Targets({}, min_move=0), "min_move: 0"),
        (Yields({1: -1}), "rates[1]: -1"),
        (Yields({7: 1}), "rates: no live strategy has the id 7"),
    ],
)
def test_plan__goal_that_cannot_be_meant__is_an_error_that_names_the_field(goal, message):
    for planned in (plan, greedy):
        with pytest.raises(Invalid) as caught:
            planned(treasury(600, 400), goal)
        assert message in str(caught.value)


def test_plan__as_dict__is_json_with_exact_integers():
    told = plan(treasury(600, 0, idle=100), Targets({2: 10_000})).as_dict()
    assert told["moves"] == [
        {"id": 1, "assets": EVERYTHING, "limit": 600 * M},
        {"id": 2, "assets": 700 * M, "limit": 0},
    ]
    assert told["after"]["values"] == [[1, 0], [2, 700 * M]]
    assert told["limits"] == []
