"""A short soak, and whether a soak would notice what goes wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from soak.ground import EPOCH, HOLDERS, STRATEGIES, UNIT, ground, set_cap
from soak.neglect import Neglect
from soak.report import BOUND, checks
from soak.run import Figures, soak
from soak.shocks import REQUEST
from tests.modes import Group, Mode
from tests.treasury import HOUR, INTENT, intent_of

BLOCKS = 150
SHARES = 10**22  # ten thousand tokens


@pytest.mark.slow
def test_soak__short__every_duty_is_done_and_everything_adds_up():
    figures = soak(BLOCKS, seed=3)
    assert [check for check in checks(figures) if not check.holds] == []
    assert figures.lost > 0
    assert figures.states["STRESS"] > 0
    assert sum(figures.shocks.values()) > BLOCKS // 4


def test_neglect__nobody_works__every_duty_is_seen_and_counted():
    with ground() as place:
        agent = place.accounts["rebalancer"].address
        moves = [(each, 100_000 * UNIT, 0) for each in STRATEGIES]
        intent = intent_of(agent, moves, max_loss=100 * UNIT)
        place.rpc.transact(agent, place.bed.executor, f"execute({INTENT})", intent)
        neglect = Neglect(place)
        assert neglect.look() == {}
        # Half of what leaves waits, and can then be paid; another epoch is due; a cap and an order call.
        place.bed.dial(1, Group.LIQUIDITY, Mode.LIMITED, 0)
        holder = HOLDERS[0]
        place.rpc.transact(holder, place.bed.queue, REQUEST, SHARES, holder, holder)
        place.rpc.warp(EPOCH)
        place.bed.settle()
        place.bed.dial(1, Group.LIQUIDITY, Mode.HONEST)
        place.rpc.transact(holder, place.bed.queue, REQUEST, SHARES, holder, holder)
        set_cap(place, 4, 100)
        place.bed.fail(3)
        place.bed.poke()
        place.rpc.warp(HOUR)
        place.bed.poke()
        place.bed.lose(1, 5_000 * UNIT)
        for _ in range(2):  # a loss over the tolerance passes once it was seen twice
            place.rpc.warp(HOUR)
            place.bed.poke()
        place.rpc.warp(EPOCH + 1)
        seen = neglect.look()
        assert {each.split()[0] for each in seen} == {"settle", "unwind", "trim", "fire", "note", "poke"}
        for _ in range(BOUND):
            neglect.look()
        assert set(neglect.worst.values()) == {BOUND + 1}


GOOD = Figures(
    seed=1,
    blocks=BLOCKS,
    deeds=Counter({"rebalancer beat done": 1, "settler settle done": 1, "sentinel poke done": 1}),
    entries=3,
    memory_at_tenth=100,
    memory_at_end=110,
)


@pytest.mark.parametrize(
    "change",
    [
        {"neglect": {"settle": BOUND + 1}},
        {"left": ["unwind 1"]},
        {"unexpected": 1},
        {"findings": ["3 altered"]},
        {"entries": 0},
        {"memory_at_end": 111},
        {"gap": 201},
        {"states": Counter({"WINDDOWN": 1})},
        {"deeds": Counter({"rebalancer beat done": 1, "settler settle done": 1})},
        {"blocks": 2_000},
    ],
)
def test_checks__something_is_wrong__one_does_not_hold(change):
    assert all(check.holds for check in checks(GOOD))
    assert not all(check.holds for check in checks(replace(GOOD, **change)))
