"""P18 and P19: how leavers and stayers share liquidity that comes, goes, or only seems to."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.exits.histories import attempt, events, lived, plans
from tests.exits.stage import WHOLE, Plan, Stage
from tests.model import runoff
from tests.model.arithmetic import up

PART = st.integers(0, WHOLE)
FEW = st.lists(PART, min_size=1, max_size=12)
SCALE = 10**12  # units of the position that most of these tests look at, and a little more


def scene(liquid: int, leaving: int, arrived: int = 0) -> Stage:
    """One market; somebody has left while it could pay only a part, and more has been shared since."""
    stage = Stage(Plan(6, (10**6, 10**6), (WHOLE - 1,)))
    units = stage.scarce([liquid])[0]
    stage.exit(stage.holders[0], max(1, stage.vault.shares[stage.holders[0]] * leaving // WHOLE))
    stage.arrive(0, units * arrived // WHOLE)
    stage.unwind(0)
    return stage


scenes = st.builds(scene, st.integers(0, 600_000), st.integers(1, WHOLE), st.integers(0, 300_000)).filter(
    lambda stage: stage.positions[0].runoff > 1_000
)


def dip(stage: Stage, part: int) -> None:
    """Take liquidity away, unwind, and bring it back, in one transaction."""
    market, liquid = stage.markets[0], stage.markets[0].liquid
    market.liquid = liquid * part // (WHOLE + 1)
    stage.unwind(0)
    market.liquid = liquid


# -- P18 ---------------------------------------------------------------------------


@given(stage=scenes, arrivals=st.lists(st.integers(1, WHOLE), min_size=1, max_size=12))
def test_p18__everything_arrives__the_last_unit_closes(stage, arrivals):
    position = stage.positions[0]
    uncovered = position.units + position.runoff - stage.markets[0].liquid
    for arrival in arrivals:
        stage.arrive(0, up(uncovered * arrival, sum(arrivals)))
        stage.unwind(0)
    assert position.runoff == 0
    assert stage.queue.pending(stage.holders[0], 1) == 0


@given(stage=scenes)
def test_p18__a_few_units_arrive_one_by_one__each_is_paid(stage):
    position = stage.positions[0]
    for _ in range(50):
        before = position.runoff
        stage.arrive(0, 1)
        stage.unwind(0)
        assert position.runoff == before - 1


@given(stage=scenes, arrivals=FEW)
def test_p18__unwound_after_each_arrival__starves_nobody(stage, arrivals):
    position, market = stage.positions[0], stage.markets[0]
    uncovered = position.units + position.runoff - market.liquid
    steps = [uncovered * arrival // sum(arrivals) // 2 if sum(arrivals) else 0 for arrival in arrivals]
    runoff_then, units, covered, liquid = (
        position.runoff,
        position.units,
        position.coverage,
        market.liquid + sum(steps),
    )
    due = up((liquid - covered) * runoff_then, units + runoff_then - covered) if liquid > covered else 0
    for step in steps:
        stage.arrive(0, step)
        stage.unwind(0)
    assert runoff_then - position.runoff >= due - 1, "leavers starve"
    assert position.coverage >= max(covered, liquid - due) - len(steps), "stayers starve"
    assert position.units == units


# -- P19: dips ---------------------------------------------------------------------


@given(stage=scenes, dips=FEW)
def test_p19__dips_in_one_timestamp__move_nothing(stage, dips):
    position = stage.positions[0]
    runoff_then, covered = position.runoff, position.coverage
    for part in dips:
        dip(stage, part)
        stage.unwind(0)
    assert 0 <= runoff_then - position.runoff <= 1
    assert 0 <= covered - position.coverage <= 1


@given(stage=scenes, rounds=st.lists(st.tuples(FEW, FEW, PART, PART), min_size=1, max_size=8))
def test_p19__dips_around_each_honest_observation__move_nothing(stage, rounds):
    position, epoch = stage.positions[0], stage.vault.epoch
    runoff_then, covered = position.runoff, position.coverage
    for before, after, gap, middle in rounds:
        seconds = (epoch - 1) * gap // WHOLE
        for part in before:
            dip(stage, part)
        stage.vault.now += seconds * middle // WHOLE
        for part in after:
            dip(stage, part)
        stage.vault.now += seconds - seconds * middle // WHOLE
        dip(stage, middle)
        stage.unwind(0)
        dip(stage, gap)
    assert 0 <= runoff_then - position.runoff <= 1
    assert 0 <= covered - position.coverage <= 1


@given(
    stage=scenes,
    seen=st.lists(st.tuples(PART, PART), min_size=1, max_size=8),
    last=PART,
    arrival=st.integers(1, WHOLE),
)
def test_p19__real_drain__lowers_coverage_when_its_window_ends(stage, seen, last, arrival):
    position, market, vault = stage.positions[0], stage.markets[0], stage.vault
    runoff_then, covered = position.runoff, position.coverage
    assume(covered > 10)
    levels, opened = [], vault.now
    for level, moment in sorted(seen, key=lambda pair: pair[1]):
        # The first of them opens the window, and each looks again one second before it ends, at the latest.
        vault.now = opened + (vault.epoch - 1) * moment // WHOLE if levels else vault.now
        market.liquid = (covered - 1) * level // WHOLE
        levels.append(market.liquid)
        stage.unwind(0)
        assert (position.coverage, position.runoff) == (covered, runoff_then)
    vault.now = opened + vault.epoch - 1
    stage.unwind(0)
    assert (position.coverage, position.runoff) == (covered, runoff_then)
    vault.now += 1
    market.liquid = (covered - 1) * last // WHOLE
    highest = max(*levels, market.liquid)
    stage.unwind(0)
    assert position.coverage == highest
    assert position.runoff == runoff_then
    market.liquid = highest + arrival
    stage.unwind(0)
    liquid = min(highest + arrival, position.units + runoff_then)
    due = up((liquid - highest) * runoff_then, position.units + runoff_then - highest)
    assert runoff_then - position.runoff == due
    assert position.runoff == 0 or position.coverage == liquid - due


@given(
    plan=plans(),
    parts=st.lists(PART, min_size=4, max_size=4),
    history=events("arrive", "exit", "request", "cancel", "settle", "unwind", "deposit", "price"),
)
def test_p19__no_dip__is_the_plain_rule(plan, parts, history):
    def plain(vault, position, liquid):
        if position.runoff == 0:
            return runoff.Cover(liquid, position.low, 0)
        return runoff.Cover(min(position.coverage, liquid), position.low, 0)

    ends = []
    for rule in (runoff.cover, plain):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runoff, "cover", rule)
            stage = lived(plan, parts, history)
            ends.append([(place.runoff, place.coverage, place.units) for place in stage.positions])
    assert ends[0] == ends[1]


# -- P19: partial unwinds, and liquidity that is only lent --------------------------


@given(stage=scenes, arrival=st.integers(1, WHOLE), parts=FEW)
def test_p19__unwound_in_parts__is_as_unwound_once(stage, arrival, parts):
    position, market = stage.positions[0], stage.markets[0]
    stage.arrive(0, position.units * arrival // WHOLE)
    liquid, units, waited, covered = (
        runoff.observe(position),
        position.units,
        position.runoff,
        position.coverage,
    )
    due, reached = runoff.split(position, covered, liquid)
    assume(due >= 1_000 * len(parts))
    for part in parts:
        stage.unwind(0, max(1_000, due * part // (sum(parts) + 1)))
    stage.unwind(0)
    k = len(parts) + 1
    assert abs(waited - position.runoff - due) <= k + 1
    assert position.units == units
    if position.runoff:
        assert abs(position.coverage - reached) <= k + 1
    assert market.liquid >= 0


@given(stage=scenes, lent=st.integers(1, 10**14), times=st.integers(1, 5))
def test_p19__flash_up__changes_no_units_of_the_stayers(stage, lent, times):
    position, market = stage.positions[0], stage.markets[0]
    units, book = position.units, position.book
    for _ in range(times):
        market.liquid += lent
        before = position.runoff
        stage.unwind(0)
        market.liquid -= min(market.liquid, lent)
        assert position.runoff <= before
    assert (position.units, position.book) == (units, book)
    assert 0 <= position.coverage <= units


@given(
    plan=plans(),
    parts=st.lists(PART, min_size=4, max_size=4),
    history=events(
        *("arrive", "drain", "exit", "exit untried", "request", "settle", "unwind"),
        *("deposit", "price", "allocate", "deallocate"),
        most=25,
    ),
)
def test_p19__any_history__coverage_is_within_the_stayers_units(plan, parts, history):
    stage = Stage(plan)
    base = stage.scarce(parts)
    for event in history:
        attempt(stage, base, event)
        for market, position in zip(stage.markets, stage.positions, strict=True):
            assert 0 <= position.coverage <= position.units
            assert position.runoff >= 0
            assert position.units + position.runoff <= market.units_of["vault"]
