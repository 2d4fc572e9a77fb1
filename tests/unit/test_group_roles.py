"""Who forms risk groups, who tunes and cuts their caps, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.treasury import AGENT, GOVERNOR, GUARDIAN, STRANGER
from tests.unit.bed import BPS, CURATOR, EVERYONE, M112
from tests.unit.desk import Desk
from tests.unit.events import event
from tests.unit.standing import K

WEEK = 604_800
SET_CAP, CUT = "set_group_cap(uint256,uint256,uint256)", "cut_group(uint256,uint256,uint256)"
NO_GROUP, LIMIT = "executor: no such group", "executor: over group limit"
STANDS = "executor: cut stands"


def group(desk: Desk, number: int = 1) -> tuple[int, ...]:
    """Members, operating cap (absolute, relative), end of a cut, and the highest caps."""
    return desk.rpc.read(desk.executor, "group(uint256)", number, returns=("uint256",) * 6)


def groups_of(desk: Desk, identifier: int) -> int:
    """Bitmap of the groups of a strategy."""
    return desk.rpc.read(desk.executor, "groups_of(uint256)", identifier)


def tune(desk: Desk, absolute: int, relative: int, sender: str = CURATOR, number: int = 1) -> Any:
    """Set the operating cap of a group."""
    return desk.command(SET_CAP, number, absolute, relative, sender=sender)


def cut(desk: Desk, absolute: int, relative: int, sender: str = GUARDIAN, number: int = 1) -> Any:
    """Cut the operating cap of a group."""
    return desk.command(CUT, number, absolute, relative, sender=sender)


@pytest.fixture
def grouped(desk: Desk) -> Desk:
    """As ``desk``, with strategies 1 and 2 in group 1, which may hold 1,000 tokens and half of all."""
    desk.group(1, 0b0110, K, 5_000)
    return desk


# ------------------------------------------------------------------ forming


@pytest.mark.parametrize("number", [1, 17, 31])
@pytest.mark.parametrize("members", [0b0110, 2**255, 2**256 - 2])
def test_set_group__any_members__are_stored_told_and_marked(desk: Desk, number: int, members: int) -> None:
    receipt = desk.group(number, members, 5, 7)
    assert group(desk, number) == (members, 5, 7, 0, 5, 7)
    told = {"group": number, "members": members, "absolute": 5, "relative": 7}
    assert desk.events(receipt) == [event(desk.executor, "GroupSet", **told)]
    for identifier in (1, 2, 3, 254, 255):
        assert groups_of(desk, identifier) == (members >> identifier & 1) << number


def test_set_group__members_changed__come_and_go(grouped: Desk) -> None:
    grouped.group(4, 0b0010)
    grouped.group(1, 0b1100, K, 5_000)
    assert [groups_of(grouped, identifier) for identifier in (1, 2, 3)] == [1 << 4, 1 << 1, 1 << 1]
    grouped.group(1, 0b1100, K, 5_000)
    assert [groups_of(grouped, identifier) for identifier in (1, 2, 3)] == [1 << 4, 1 << 1, 1 << 1]


def test_set_group__dissolved__binds_nobody(grouped: Desk) -> None:
    grouped.group(1, 0, 0, 0)
    assert group(grouped) == (0,) * 6
    assert groups_of(grouped, 1) == groups_of(grouped, 2) == 0
    grouped.intent((1, 2 * K, 0))


def test_set_group__membership__leaves_caps_cuts_and_inflow_of_members_alone(desk: Desk) -> None:
    desk.cap(1, 900, 800)
    desk.cut(1, 700, 600)
    desk.inflow(1, 500, 400)
    types = ("uint256",) * 3
    reads = [("cap(uint256)", 1), ("inflow(uint256)", 1)]
    before = [desk.rpc.read(desk.executor, *read, returns=types) for read in reads]
    desk.group(31, 0b0010)
    assert [desk.rpc.read(desk.executor, *read, returns=types) for read in reads] == before
    desk.group(31, 0)
    assert [desk.rpc.read(desk.executor, *read, returns=types) for read in reads] == before


def test_set_cap__any_way__leaves_groups_alone(grouped: Desk) -> None:
    grouped.cap(1, 1, 1)
    grouped.cut(1, 0, 0)
    grouped.inflow(1, 5, 5)
    grouped.inflow(1, 5, 0)
    assert groups_of(grouped, 1) == 0b10


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((0, 2, 1, 1), NO_GROUP),
        ((32, 2, 1, 1), NO_GROUP),
        ((2**256 - 1, 2, 1, 1), NO_GROUP),
        ((1, 1, 1, 1), "executor: no such strategy"),
        ((1, 2**256 - 1, 1, 1), "executor: no such strategy"),
        ((1, 2, M112 + 1, 1), "executor: absolute too large"),
        ((1, 2, 1, BPS + 1), "executor: relative over 10000"),
    ],
)
def test_set_group__one_over__is_refused(desk: Desk, values: tuple[int, ...], reason: str) -> None:
    with desk.refused(reason):
        desk.group(*values)


def test_set_group__any_other_role__is_refused(desk: Desk) -> None:
    for role in sorted(set(EVERYONE) - {"governor"}):
        with desk.refused("authority: not the governor"):
            desk.command("set_group(uint256,uint256,uint256,uint256)", 1, 2, 0, 0, sender=EVERYONE[role])


# ------------------------------------------------------------------ operating cap


@pytest.mark.parametrize("sender", [GOVERNOR, CURATOR])
@pytest.mark.parametrize("values", [(K, 5_000), (0, 0), (7, 5_000), (K, 1)])
def test_set_group_cap__up_to_the_highest__is_stored_and_told(
    grouped: Desk, sender: str, values: tuple[int, int]
) -> None:
    receipt = tune(grouped, *values, sender=sender)
    assert group(grouped) == (0b0110, *values, 0, K, 5_000)
    told = {"group": 1, "absolute": values[0], "relative": values[1], "by": sender}
    assert grouped.events(receipt) == [event(grouped.executor, "GroupCapSet", **told)]


@pytest.mark.parametrize("sender", [GOVERNOR, CURATOR])
@pytest.mark.parametrize("values", [(K + 1, 5_000), (K, 5_001), (M112, BPS), (2**256 - 1, 0)])
def test_set_group_cap__above_the_highest__is_refused(
    grouped: Desk, sender: str, values: tuple[int, int]
) -> None:
    with grouped.refused(LIMIT):
        tune(grouped, *values, sender=sender)


def test_set_group_cap__lowered__binds_at_once_and_is_raised_again(grouped: Desk) -> None:
    tune(grouped, K // 2, 5_000)
    with grouped.refused("executor: over group cap"):
        grouped.intent((1, K // 2 + 1, 0))
    tune(grouped, K, 5_000)
    grouped.intent((1, K, 0))


@pytest.mark.parametrize("number", [0, 32])
def test_set_group_cap__no_such_group__is_refused(grouped: Desk, number: int) -> None:
    with grouped.refused(NO_GROUP):
        tune(grouped, 0, 0, number=number)
    with grouped.refused(NO_GROUP):
        cut(grouped, 0, 0, number=number)


def test_set_group_cap__never_formed__has_no_room(desk: Desk) -> None:
    with desk.refused(LIMIT):
        tune(desk, 1, 0)
    tune(desk, 0, 0)


def test_set_group_cap__any_other_role__is_refused(grouped: Desk) -> None:
    for role in sorted(set(EVERYONE) - {"governor", "curator"}):
        with grouped.refused("executor: not the curator"):
            tune(grouped, 0, 0, sender=EVERYONE[role])


# ------------------------------------------------------------------ cuts


@pytest.mark.parametrize("sender", [GUARDIAN, GOVERNOR])
def test_cut_group__lower_or_equal__stands_a_week(grouped: Desk, sender: str) -> None:
    receipt = cut(grouped, K, 4_999, sender=sender)
    until = grouped.now() + WEEK
    assert group(grouped) == (0b0110, K, 4_999, until, K, 5_000)
    told = {"group": 1, "absolute": K, "relative": 4_999, "until": until, "by": sender}
    assert grouped.events(receipt) == [event(grouped.executor, "GroupCut", **told)]


def test_cut_group__binds_at_once(grouped: Desk) -> None:
    grouped.intent((1, K // 2, 0))
    cut(grouped, 0, 0)
    with grouped.refused("executor: over group cap"):
        grouped.intent((2, K // 2, 0))
    grouped.intent((1, -K // 2, 0))


def test_cut_group__higher__is_refused(grouped: Desk) -> None:
    tune(grouped, 500, 400)
    for values, reason in (
        ((501, 400), "executor: cut raises absolute"),
        ((500, 401), "executor: cut raises relative"),
    ):
        with grouped.refused(reason):
            cut(grouped, *values)


def test_cut_group__any_other_role__is_refused(grouped: Desk) -> None:
    for role in sorted(set(EVERYONE) - {"governor", "guardian"}):
        with grouped.refused("authority: not a guardian"):
            cut(grouped, 0, 0, sender=EVERYONE[role])


def test_cut_group__stands__curator_only_lowers(grouped: Desk) -> None:
    cut(grouped, 800, 400)
    until = group(grouped)[3]
    for higher in ((801, 400), (800, 401), (0, 401), (801, 0)):
        with grouped.refused(STANDS):
            tune(grouped, *higher)
    tune(grouped, 800, 400)
    tune(grouped, 700, 300)
    assert group(grouped)[1:4] == (700, 300, until)
    with grouped.refused(STANDS):
        tune(grouped, 701, 300)


def test_cut_group__a_week_later__curator_restores(grouped: Desk) -> None:
    cut(grouped, 800, 400)
    until = group(grouped)[3]
    grouped.at(until - 1)
    with grouped.refused(STANDS):
        tune(grouped, K, 5_000)
    grouped.at(until)
    tune(grouped, K, 5_000)
    with grouped.refused(LIMIT):
        tune(grouped, K + 1, 5_000)


@pytest.mark.parametrize("how", ["set_group_cap", "set_group"])
def test_cut_group__governor__lifts_it_at_once(grouped: Desk, how: str) -> None:
    cut(grouped, 800, 400)
    if how == "set_group":
        grouped.group(1, 0b0110, K, 5_000)
    else:
        tune(grouped, K, 5_000, sender=GOVERNOR)
    assert group(grouped)[1:4] == (K, 5_000, 0)
    tune(grouped, 900, 5_000)
    tune(grouped, K, 5_000)


def test_cut_group__again__starts_the_week_anew(grouped: Desk) -> None:
    cut(grouped, 800, 400)
    grouped.rpc.warp(WEEK - 10)
    cut(grouped, 800, 400)
    assert group(grouped)[3] == grouped.now() + WEEK


def test_cut_group__another_group__is_not_concerned(grouped: Desk) -> None:
    grouped.group(2, 0b0110, K, 5_000)
    cut(grouped, 0, 0)
    tune(grouped, 900, 5_000, number=2)
    assert group(grouped, 2)[1:4] == (900, 5_000, 0)


def test_group_powers__agent_and_stranger__have_none(grouped: Desk) -> None:
    for sender in (AGENT, STRANGER):
        with grouped.refused("authority: not a guardian"):
            cut(grouped, 0, 0, sender=sender)
