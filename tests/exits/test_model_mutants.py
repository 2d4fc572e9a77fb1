"""Properties that always hold would hold here, too: each mutant is a mechanism that is unfair in one way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.exits import test_model_books as books
from tests.exits import test_model_coverage as coverage
from tests.exits import test_model_drift as drift
from tests.exits import test_model_neutrality as neutrality
from tests.exits import test_model_slices as slices
from tests.model import exit_queue, exit_records, runoff
from tests.model.exit_records import Generation
from tests.model.runoff import Cover

Patch = Callable[[pytest.MonkeyPatch], None]

TRIES = settings(
    max_examples=2_000,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def _replaced(owner: object, name: str, value: object) -> Patch:
    return lambda patch: patch.setattr(owner, name, value)


def _dips_count(vault, position, liquid):
    covered = liquid if position.runoff == 0 else min(position.coverage, liquid)
    return Cover(covered, position.low, 0)


def _rounded_down(position, held, liquid):
    y = 0
    if position.runoff and liquid > held:
        y = (liquid - held) * position.runoff // (position.units + position.runoff - held)
    return y, max(held, liquid - y)


def _leavers_first(position, held, liquid):
    y = min(max(liquid - held, 0), position.runoff)
    return y, max(held, liquid - y)


def _stayers_first(position, held, liquid):
    y = min(max(liquid - position.units, 0), position.runoff)
    return y, max(held, liquid - y)


def _first_come(position, held, liquid):
    """Who leaves takes of all that is liquid."""
    return 0, max(held, liquid)


LEAVE = runoff._leave_one


def _coverage_stays(vault, position, shares, divisor, asked):
    part, paid = LEAVE(vault, position, shares, divisor, asked)
    if position.runoff:
        position.coverage = min(position.units, position.coverage * divisor // (divisor - shares))
    return part, paid


WALK = exit_records.walk


def _paid_twice(line, part):
    walked = WALK(line, part)
    return walked._replace(cash=walked.cash + walked.cash // 2)


BEGIN = exit_queue.ExitQueue._begin_generation


def _folded(self, strategy, units):
    """What waits is not carried into the next generation."""
    BEGIN(self, strategy, units)
    generations = self.generations[strategy]
    if len(generations) > 1 and generations[-2].carry:
        lost = Generation(generations[-2].points, generations[-2].received)
        self.generations[strategy] = (*generations[:-2], lost, generations[-1])


JOIN = exit_queue.ExitQueue._join


def _points_are_units(self, position, units, shares):
    """Who joins late counts as if nothing had been paid since the generation began."""
    joined = JOIN(self, position, units, shares)
    if joined is None:
        return None
    generations = self.generations[position.id]
    fewer = Generation(generations[-1].points - joined.points + joined.joined, generations[-1].received)
    self.generations[position.id] = (*generations[:-1], fewer)
    return exit_queue.replace(joined, points=joined.joined)


MUTANTS: dict[str, tuple[Patch, Callable[[], None]]] = {
    "a dip lowers coverage at once": (
        _replaced(runoff, "cover", _dips_count),
        coverage.test_p19__dips_in_one_timestamp__move_nothing,
    ),
    "leavers' part rounded down": (
        _replaced(runoff, "split", _rounded_down),
        coverage.test_p18__a_few_units_arrive_one_by_one__each_is_paid,
    ),
    "leavers first": (
        _replaced(runoff, "split", _leavers_first),
        neutrality.test_p1__others_leave__payoff_and_path_unchanged,
    ),
    "stayers first": (
        _replaced(runoff, "split", _stayers_first),
        neutrality.test_p1__others_leave__payoff_and_path_unchanged,
    ),
    "first come, first served": (
        _replaced(runoff, "split", _first_come),
        slices.test_p5__two_leavers__wait_for_the_same_fraction,
    ),
    "coverage stays behind": (
        _replaced(runoff, "_leave_one", _coverage_stays),
        slices.test_p4__exit_now__leaves_idle_units_and_coverage_per_share,
    ),
    "allocations cover nothing": (
        _replaced(runoff, "cover_more", lambda position, units: None),
        neutrality.test_p1__others_leave__payoff_and_path_unchanged,
    ),
    "agents take and coverage stays": (
        _replaced(runoff, "cover_less", lambda position, units: None),
        neutrality.test_p1__others_leave__payoff_and_path_unchanged,
    ),
    "late points are units": (
        _replaced(exit_queue.ExitQueue, "_join", _points_are_units),
        slices.test_p5__two_leavers__wait_for_the_same_fraction,
    ),
    "cash paid one and a half times": (
        _replaced(exit_records, "walk", _paid_twice),
        books.test_p7__any_history__cash_and_shares_add_up_and_records_ripen,
    ),
    "nothing is carried": (
        _replaced(exit_queue.ExitQueue, "_begin_generation", _folded),
        drift.test_p9__carry__costs_a_slice_next_to_nothing,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_properties__unfair_mechanism__is_found(monkeypatch, name):
    change, prove = MUTANTS[name]
    change(monkeypatch)
    with pytest.raises((AssertionError, ZeroDivisionError)):
        # The property anew: settings would stick to the test itself.
        TRIES(given(**prove.hypothesis._given_kwargs)(prove.hypothesis.inner_test))()
