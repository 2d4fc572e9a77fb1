"""WINDDOWN: by governance or a heartbeat that lapsed, from either state, and for good."""

from __future__ import annotations

import pytest

from tests.treasury import DAY, GOVERNOR, GUARDIAN, HOUR, SAFE, SILENCE, STRANGER, deploy_sentinel
from tests.unit.bed import CALM, EVERYONE, STRESS, WINDDOWN, Bed, Refusal, deploy_caller, payload
from tests.unit.events import event
from tests.unit.watch import (
    GOVERNED,
    LAPSED,
    answered,
    changed,
    changes,
    heartbeat,
    limits_with,
    memory,
    order,
    recovery,
    set_limits,
    slump,
    state,
    told,
    watch_at,
)

LATE = "sentinel: lapsed"
HASTY = "sentinel: would lapse"
RANGE = "sentinel: silence out of range"


def lapse(bed: Bed, late: int = 1) -> int:
    """Poke ``late`` seconds after the last one in which the heartbeat counts; returns that second."""
    bed.poke()
    end = heartbeat(bed)[1]
    bed.at(end + late)
    return end


# ------------------------------------------------------------------ the heartbeat


def test_heartbeat__new__counts_from_the_deployment(bed: Bed) -> None:
    fresh = deploy_sentinel(bed.rpc, bed.vault)
    # The deployment is followed by nothing that mines a block.
    bed.sentinel = fresh
    assert heartbeat(bed) == (bed.now(), bed.now() + SILENCE)


@pytest.mark.parametrize("sender", [SAFE, GOVERNOR], ids=["safe", "governor"])
def test_beat__safe_or_governor__moves_the_end(bed: Bed, sender: str) -> None:
    bed.rpc.warp(10 * DAY)
    receipt = order(bed, sender, "beat()")
    assert told(bed, receipt) == [event(bed.sentinel, "Beat", by=sender)]
    assert heartbeat(bed) == (bed.now(), bed.now() + SILENCE)


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"governor", "deployer"}))
def test_beat__any_other_role__is_refused(bed: Bed, role: str) -> None:
    order(bed, GOVERNOR, "set_guardian(address,bool)", GUARDIAN, True)
    with bed.refused("sentinel: not the Safe"):
        order(bed, EVERYONE[role], "beat()")


def test_beat__deployer__may_until_the_seal(bed: Bed) -> None:
    order(bed, EVERYONE["deployer"], "beat()")
    order(bed, GOVERNOR, "seal()")
    with bed.refused("sentinel: not the Safe"):
        order(bed, EVERYONE["deployer"], "beat()")


def test_beat__memory_of_signals__is_kept(invested: Bed) -> None:
    slump(invested)
    invested.watch()
    before = [memory(invested, signal) for signal in range(5)]
    order(invested, SAFE, "beat()")
    assert [memory(invested, signal) for signal in range(5)] == before


def test_beat__in_the_last_second__counts_and_a_second_later_is_refused(bed: Bed) -> None:
    bed.at(heartbeat(bed)[1])
    order(bed, SAFE, "beat()")
    end = heartbeat(bed)[1]
    assert end == bed.now() + SILENCE
    bed.at(end + 1)
    with bed.refused(LATE):
        order(bed, SAFE, "beat()")
    for sender in (SAFE, GOVERNOR):
        with bed.refused(LATE):
            order(bed, sender, "beat()")


# ------------------------------------------------------------------ lapsed


@pytest.mark.parametrize("before", [CALM, STRESS])
def test_lapse__a_second_after_the_end__winds_down(invested: Bed, before: int) -> None:
    invested.latch(before)
    end = lapse(invested)
    assert answered(invested) == WINDDOWN
    invested.at(end + 1)
    receipt = invested.watch()
    change = (before, WINDDOWN, LAPSED, end, end + 1)
    assert told(invested, receipt) == changed(invested, 1, *change)
    assert (state(invested), changes(invested)) == (WINDDOWN, [change])


@pytest.mark.parametrize("before", [CALM, STRESS])
def test_lapse__in_the_last_second__does_not(invested: Bed, before: int) -> None:
    invested.latch(before)
    end = lapse(invested, 0)
    invested.watch()
    assert (invested.now(), state(invested)) == (end, before)


def test_lapse__nobody_pokes__changes_nothing(bed: Bed) -> None:
    bed.rpc.warp(10 * SILENCE)
    assert state(bed) == CALM
    bed.poke()
    assert state(bed) == CALM


def test_lapse__comes_before_any_signal(invested: Bed) -> None:
    slump(invested)
    invested.watch()
    memories = [memory(invested, signal) for signal in range(5)]
    end = lapse(invested, HOUR)
    invested.watch()
    assert changes(invested) == [(CALM, WINDDOWN, LAPSED, end, end + HOUR)]
    assert [memory(invested, signal) for signal in range(5)] == memories


def test_set_silence__a_day_left__is_kept_and_lapses_then(bed: Bed) -> None:
    begun = heartbeat(bed)[0]
    bed.poke()
    bed.at(begun + 6 * DAY)
    receipt = order(bed, GOVERNOR, "set_silence(uint256)", 7 * DAY)
    assert bed.now() == begun + 6 * DAY
    assert told(bed, receipt) == [event(bed.sentinel, "SilenceSet", silence=7 * DAY)]
    watch_at(bed, begun + 7 * DAY)
    assert state(bed) == CALM
    watch_at(bed, begun + 7 * DAY + 1)
    assert changes(bed) == [(CALM, WINDDOWN, LAPSED, begun + 7 * DAY, bed.now())]


@pytest.mark.parametrize("after", [6 * DAY + 1, 7 * DAY, 20 * DAY])
def test_set_silence__less_than_a_day_left__is_refused_until_a_beat(bed: Bed, after: int) -> None:
    """Nobody winds the Vault down by a setting before those who may beat can answer."""
    bed.at(heartbeat(bed)[0] + after)
    with bed.refused(HASTY):
        order(bed, GOVERNOR, "set_silence(uint256)", 7 * DAY)
    order(bed, SAFE, "beat()")
    order(bed, GOVERNOR, "set_silence(uint256)", 7 * DAY)
    assert heartbeat(bed)[1] - heartbeat(bed)[0] == 7 * DAY


def test_set_silence__in_the_last_second__may_still_be_longer(bed: Bed) -> None:
    begun, end = heartbeat(bed)
    bed.at(end)
    order(bed, GOVERNOR, "set_silence(uint256)", SILENCE + DAY)
    assert heartbeat(bed) == (begun, end + DAY)


def test_set_silence__lapsed__is_refused(bed: Bed) -> None:
    end = heartbeat(bed)[1]
    bed.at(end)
    with bed.refused(HASTY):
        order(bed, GOVERNOR, "set_silence(uint256)", SILENCE)
    bed.at(end + 1)
    with bed.refused(LATE):
        order(bed, GOVERNOR, "set_silence(uint256)", 365 * DAY)


@pytest.mark.parametrize(
    ("silence", "reason"),
    [(0, HASTY), (7 * DAY - 1, RANGE), (365 * DAY + 1, RANGE), (2**255, RANGE)],
)
def test_set_silence__out_of_range__is_refused(bed: Bed, silence: int, reason: str) -> None:
    with bed.refused(reason):
        order(bed, GOVERNOR, "set_silence(uint256)", silence)


@pytest.mark.parametrize("silence", [7 * DAY, 365 * DAY])
def test_set_silence__at_the_bounds__keeps_limits_and_beat(bed: Bed, silence: int) -> None:
    set_limits(bed, limits_with(fall=(200, 40)))
    begun = heartbeat(bed)[0]
    order(bed, GOVERNOR, "set_silence(uint256)", silence)
    assert heartbeat(bed) == (begun, begun + silence)
    words = bed.rpc.read(bed.sentinel, "limits()", returns=("uint256",) * 10)
    assert words == tuple(word for pair in limits_with(fall=(200, 40)) for word in pair)


# ------------------------------------------------------------------ by governance


@pytest.mark.parametrize("before", [CALM, STRESS])
def test_wind_down__governor__is_told_and_recorded(invested: Bed, before: int) -> None:
    invested.latch(before)
    receipt = order(invested, GOVERNOR, "wind_down()")
    change = (before, WINDDOWN, GOVERNED, invested.now(), invested.now())
    assert told(invested, receipt) == changed(invested, 1, *change)
    assert (state(invested), changes(invested)) == (WINDDOWN, [change])


@pytest.mark.parametrize("role", [*sorted(set(EVERYONE) - {"governor", "deployer"}), "safe"])
def test_wind_down__any_other_role__is_refused(bed: Bed, role: str) -> None:
    order(bed, GOVERNOR, "set_guardian(address,bool)", GUARDIAN, True)
    with bed.refused("authority: not the governor"):
        order(bed, EVERYONE.get(role, SAFE), "wind_down()")


def test_wind_down__twice__is_refused(bed: Bed) -> None:
    order(bed, GOVERNOR, "wind_down()")
    with bed.refused(Refusal.BAD_PARAMETER):
        order(bed, GOVERNOR, "wind_down()")


def test_wind_down__after_the_lapse__is_governance_s_all_the_same(bed: Bed) -> None:
    bed.rpc.warp(2 * SILENCE)
    order(bed, GOVERNOR, "wind_down()")
    assert changes(bed)[0][2] == GOVERNED


# ------------------------------------------------------------------ for good


@pytest.fixture
def wound_down(invested: Bed) -> Bed:
    """In WINDDOWN by governance, with a fallen price on the Sentinel's mind."""
    slump(invested)
    invested.watch()
    order(invested, GOVERNOR, "wind_down()")
    return invested


def test_winddown__any_observation__leaves_it_and_the_memory(wound_down: Bed) -> None:
    bed = wound_down
    memories = [memory(bed, signal) for signal in range(5)]
    for fallen in (True, False, False, False, True):
        slump(bed, fallen)
        bed.rpc.warp(DAY)
        assert answered(bed) == WINDDOWN
        assert told(bed, bed.watch()) == []
    assert [memory(bed, signal) for signal in range(5)] == memories
    assert (state(bed), len(changes(bed)), recovery(bed)) == (WINDDOWN, 1, (0, 0, 0))


def test_winddown__pokes__still_move_the_books(wound_down: Bed) -> None:
    slump(wound_down, False)
    wound_down.lose(2, 1_000_000)
    wound_down.watch()
    assert wound_down.position(2)[1] == wound_down.worth(2)


def test_winddown__heartbeat_after_it__brings_nothing_back(wound_down: Bed) -> None:
    order(wound_down, SAFE, "beat()")
    wound_down.rpc.warp(SILENCE + 1)
    assert told(wound_down, wound_down.watch()) == []
    assert state(wound_down) == WINDDOWN


def test_winddown__new_sentinel__cannot_leave_it(wound_down: Bed) -> None:
    bed = wound_down
    bed.sentinel = deploy_sentinel(bed.rpc, bed.vault)
    bed.govern("set_sentinel(address)", bed.sentinel)
    slump(bed, False)
    for _ in range(4):
        bed.rpc.warp(DAY)
        bed.watch()
    assert (state(bed), changes(bed)) == (WINDDOWN, [])


def test_beat__through_a_contract__is_refused(bed: Bed) -> None:
    caller = deploy_caller(bed.rpc)
    before = heartbeat(bed)
    arguments = (bed.sentinel, payload("beat()"), 0)
    for sender in (SAFE, GOVERNOR, STRANGER):
        bed.rpc.transact(sender, caller, "forward(address,bytes,uint256)", *arguments)
    assert heartbeat(bed) == before


def test_poke__in_the_last_second_and_one_later__with_a_beat_between(bed: Bed) -> None:
    """A beat in time keeps the treasury going whoever pokes around it."""
    bed.poke()
    end = heartbeat(bed)[1]
    bed.at(end)
    order(bed, SAFE, "beat()")
    watch_at(bed, end + 1)
    assert state(bed) == CALM
