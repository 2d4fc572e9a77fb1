"""Every plan keeps every limit, beats the baseline, needs all its moves and leaves nothing to do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from ganglion.planning import Targets, Yields, feasible, greedy, plan
from tests.planning.markets import goal as goal_of
from tests.planning.markets import market
from tests.planning.treasuries import tasks

MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def busy(draw, **kwargs):
    """A treasury with a lot to do, and a goal."""
    problem = market(draw(st.integers(0, 2**32)), **kwargs)
    return problem, goal_of(draw(st.integers(0, 2**32)), problem)


ANY = st.one_of(tasks(), busy())


def applied(problem, moves):
    """The treasury after the moves at par."""
    for move in moves:
        problem = problem.after(move)
    return problem


def measured(problem, goal, moves):
    """How far from the goal moves end, counted from the treasury after them."""
    after = applied(problem, moves)
    return goal.aim(problem).measure(after.values, after.idle)


@MANY
@given(ANY)
def test_plan__any_treasury__keeps_every_limit_and_reaches_what_it_says(task):
    problem, goal = task
    found = plan(problem, goal)
    assert feasible(problem, found.moves) == []
    assert measured(problem, goal, found.moves) == found.after.measure
    after = applied(problem, found.moves)
    assert found.after.idle == after.idle
    assert dict(found.after.values) == {each.id: each.mark for each in after.positions}
    assert problem.flow - found.allocated == after.flow
    assert problem.loss - found.loss <= after.loss


@MANY
@given(ANY)
def test_plan__any_treasury__is_never_worse_than_the_baseline_nor_than_nothing(task):
    problem, goal = task
    best, baseline = plan(problem, goal), greedy(problem, goal)
    assert feasible(problem, baseline.moves) == []
    assert best.after.measure <= baseline.after.measure
    assert best.after.measure <= best.before.measure


@MANY
@given(ANY)
def test_plan__any_treasury__makes_only_moves_that_it_needs(task):
    problem, goal = task
    found = plan(problem, goal)
    ids = [move.id for move in found.moves]
    allocates = [move.assets > 0 for move in found.moves]
    assert len(ids) == len(set(ids)) <= 10
    assert allocates == sorted(allocates)
    assert all(problem.size(move) >= goal.least(problem) for move in found.moves)
    for number in range(len(found.moves)):
        rest = found.moves[:number] + found.moves[number + 1 :]
        note(f"without {found.moves[number]}")
        assert feasible(problem, rest) or measured(problem, goal, rest) > found.after.measure


@MANY
@given(ANY)
def test_plan__goal_not_reached__names_what_binds(task):
    problem, goal = task
    found = plan(problem, goal)
    assert bool(found.limits) != found.reached


@MANY
@given(busy(sound=True))
def test_plan__after_its_own_moves__has_nothing_left_to_do(task):
    problem, goal = task
    found = plan(problem, goal)
    again = plan(applied(problem, found.moves), replace(goal, min_move=goal.least(problem)))
    assert again.moves == ()


def test_plan__busy_treasuries__beats_the_baseline_in_many():
    better = 0
    for seed in range(60):
        problem = market(seed, strategies=10, groups=31)
        goal = goal_of(seed, problem)
        better += plan(problem, goal).after.measure < greedy(problem, goal).after.measure
    assert better >= 20


@pytest.mark.parametrize("goal", [Targets({}), Yields({})], ids=["targets", "yields"])
def test_plan__nothing_in_the_treasury__moves_nothing(goal):
    problem = market(1, strategies=1, groups=0)
    empty = replace(problem, positions=(), idle=0, lo=0)
    found = plan(empty, goal)
    assert (found.moves, found.reached, found.limits) == ((), True, ())
