"""Risk groups: what all members may hold together, and how an allocation is measured against that."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY
from tests.unit.bed import BPS, M112
from tests.unit.desk import ALL, Desk
from tests.unit.standing import K

OVER, SHARE = "executor: over group cap", "executor: over group share"


def exposure(desk: Desk, number: int = 1) -> tuple[int, int]:
    """Books of a group's members, and idle with all books."""
    return desk.rpc.read(desk.executor, "group_exposure(uint256)", number, returns=("uint256",) * 2)


# ------------------------------------------------------------------ absolute and relative


def test_group__absolute__binds_members_together_to_the_wei(desk: Desk) -> None:
    desk.group(1, 0b0110, absolute=100 * K)
    desk.intent((1, 60 * K, 0))
    with desk.refused(OVER):
        desk.intent((2, 40 * K + 1, 0))
    with desk.refused(OVER):
        desk.intent((1, 40 * K + 1, 0))
    desk.intent((2, 40 * K, 0))
    for identifier in (1, 2):
        with desk.refused(OVER):
            desk.intent((identifier, 1, 0))
    desk.intent((3, 100 * K, 0))
    assert exposure(desk) == (100 * K, desk.idle() + 200 * K)


def test_group__within_one_intent__counts_moves_before(desk: Desk) -> None:
    desk.group(1, 0b0110, absolute=100 * K)
    with desk.refused(OVER):
        desk.intent((1, 60 * K, 0), (2, 40 * K + 1, 0))
    desk.intent((1, 60 * K, 0), (1, -20 * K, 0), (2, 60 * K, 0))


def test_group__order_of_moves__frees_before_it_fills(desk: Desk) -> None:
    desk.group(1, 0b0110, absolute=100 * K)
    desk.intent((1, 100 * K, 0))
    with desk.refused(OVER):
        desk.intent((2, 30 * K, 0), (1, -30 * K, 0))
    desk.intent((1, -30 * K, 0), (2, 30 * K, 0))


def test_group__relative__binds_to_the_wei_of_the_lower_total(desk: Desk) -> None:
    desk.group(1, 0b0110, relative=2_000)
    desk.intent((1, 100 * K, 0))
    most = desk.totals()[0] * 2_000 // BPS - 100 * K
    with desk.refused(SHARE):
        desk.intent((2, most + 1, 0))
    desk.intent((2, most, 0))


def test_group__total_fallen_to_its_lower_price__counts_for_the_share(desk: Desk) -> None:
    """A strategy outside the group tells a lower price: the group's share of what is left grows."""
    desk.group(1, 0b0010, relative=2_000)
    desk.intent((3, 200 * K, 0))
    before = desk.totals()[0]
    desk.dial(3, Group.READ, Mode.LIE_DOWN, 100)
    after = desk.totals()[0]
    assert after < before
    with desk.refused(SHARE):
        desk.intent((1, after * 2_000 // BPS + 1, 0))
    desk.intent((1, after * 2_000 // BPS, 0))


@pytest.mark.parametrize(("absolute", "relative", "reason"), [(0, BPS, OVER), (M112, 0, SHARE), (0, 0, OVER)])
def test_group__cap_of_nothing__lets_nothing_in_and_everything_out(
    desk: Desk, absolute: int, relative: int, reason: str
) -> None:
    desk.intent((1, 10 * K, 0))
    desk.group(1, 0b0110, absolute, relative)
    for identifier in (1, 2):
        with desk.refused(reason):
            desk.intent((identifier, K, 0))
    desk.intent((1, ALL, 0))


def test_group__one_member__is_another_cap_on_it(desk: Desk) -> None:
    desk.group(31, 0b1000, absolute=5 * K)
    with desk.refused(OVER):
        desk.intent((3, 5 * K + 1, 0))
    desk.intent((3, 5 * K, 0), (1, 50 * K, 0))


def test_group__own_cap_lower__is_the_first_that_refuses(desk: Desk) -> None:
    desk.group(1, 0b0010, absolute=5 * K)
    desk.cap(1, 5 * K)
    with desk.refused("executor: over absolute cap"):
        desk.intent((1, 5 * K + 1, 0))


# ------------------------------------------------------------------ several groups


def test_group__several__refuse_in_ascending_order(desk: Desk) -> None:
    desk.group(7, 0b0010, absolute=10 * K, relative=0)
    desk.group(3, 0b0110, absolute=M112, relative=BPS)
    with desk.refused(SHARE):
        desk.intent((1, K, 0))
    desk.group(3, 0b0110, absolute=0)
    with desk.refused(OVER):
        desk.intent((1, K, 0))
    desk.group(3, 0b0110, relative=0)
    desk.group(7, 0b0010, absolute=0)
    with desk.refused(SHARE):
        desk.intent((1, K, 0))
    desk.group(1, 0b0010, absolute=0)
    with desk.refused(OVER):
        desk.intent((1, K, 0))


def test_group__several__all_bind(desk: Desk) -> None:
    """Protocol, oracle and liquidity: a strategy stands in all of them."""
    desk.group(1, 0b0110, absolute=30 * K)
    desk.group(2, 0b1010, absolute=40 * K)
    desk.group(31, 0b1110, absolute=50 * K)
    desk.intent((2, 20 * K, 0), (3, 20 * K, 0))
    with desk.refused(OVER):
        desk.intent((1, 10 * K + 1, 0))
    desk.intent((1, 10 * K, 0))
    assert [exposure(desk, number)[0] for number in (1, 2, 31)] == [30 * K, 30 * K, 50 * K]


def test_group__all_thirty_one_at_once__bind_and_are_affordable(desk: Desk) -> None:
    for number in range(1, 32):
        desk.group(number, 0b1110, absolute=(100 + number) * K)
    desk.group(31, 0b1110, absolute=50 * K)
    with desk.refused(OVER):
        desk.intent((1, 50 * K + 1, 0))
    receipt = desk.intent((1, 50 * K, 0))
    assert int(receipt["gasUsed"], 16) < 1_500_000


# ------------------------------------------------------------------ what counts


def test_group__member_not_moved__counts_at_its_book_whatever_it_tells(desk: Desk) -> None:
    desk.group(1, 0b0110, absolute=100 * K)
    desk.intent((1, 60 * K, 0))
    for mode, told in ((Mode.RETURN_VALUE, 95 * K), (Mode.LIE_UP, 290), (Mode.LIE_DOWN, 290)):
        desk.dial(1, Group.READ, mode, told)
        with desk.rpc.undone():
            with desk.refused(OVER):
                desk.intent((2, 40 * K + 1, 0))
            desk.intent((2, 40 * K, 0))


def test_group__strategy_moved__counts_at_its_mark_where_that_is_higher(desk: Desk) -> None:
    desk.group(1, 0b0110, absolute=100 * K)
    desk.intent((1, 50 * K, 0))
    desk.gain(1, 100 * 10**6)
    with desk.refused(OVER):
        desk.intent((1, 50 * K - 100 * 10**6 + 10, 0))
    desk.intent((1, 50 * K - 100 * 10**6 - 10, 0))


def test_group__member_fallen_in_price__still_counts_at_its_book(desk: Desk) -> None:
    desk.group(1, 0b0110, absolute=100 * K)
    desk.intent((1, 60 * K, 0))
    desk.lose(1, 600 * 10**6)
    with desk.refused(OVER):
        desk.intent((2, 40 * K + 1, 0))


def test_group__member_emptied__counts_nothing(desk: Desk) -> None:
    desk.group(1, 0b0110, absolute=100 * K)
    desk.intent((1, 100 * K, 0))
    desk.intent((1, ALL, 0), (2, 100 * K, 0))
    assert exposure(desk)[0] == 100 * K


def test_group__members_never_listed__count_nothing(desk: Desk) -> None:
    desk.group(1, 2**256 - 2, absolute=100 * K)
    desk.intent((1, 50 * K, 0), (2, 30 * K, 0), (3, 20 * K, 0))
    with desk.refused(OVER):
        desk.intent((3, 1, 0))
    assert exposure(desk)[0] == 100 * K


def test_group__strategy_that_leaves_the_group__is_free(desk: Desk) -> None:
    desk.group(1, 0b0110, absolute=10 * K)
    with desk.refused(OVER):
        desk.intent((1, 11 * K, 0))
    desk.group(1, 0b0100, absolute=10 * K)
    desk.intent((1, 11 * K, 0))
    assert exposure(desk)[0] == 0


def test_group__formed_over_its_cap__blocks_more_and_never_less(desk: Desk) -> None:
    desk.intent((1, 60 * K, 0), (2, 60 * K, 0))
    desk.group(1, 0b0110, absolute=100 * K)
    with desk.refused(OVER):
        desk.intent((2, 1, 0))
    desk.intent((1, -10 * K, 0))
    with desk.refused(OVER):
        desk.intent((2, 1, 0))
    desk.intent((1, -10 * K - 1, 0), (2, 1, 0))


def test_group_exposure__without_positions__is_nothing_of_idle(desk: Desk) -> None:
    desk.group(1, 0b1110)
    assert exposure(desk) == (0, desk.idle())
    assert exposure(desk, 2) == (0, desk.idle())


def test_group__gain_booked_by_a_poke__counts_from_then_on(desk: Desk) -> None:
    desk.intent((1, 100 * K, 0))
    desk.group(1, 0b0110, absolute=101 * K)
    desk.gain(1, 50 * 10**6)
    assert exposure(desk)[0] == 100 * K
    desk.rpc.warp(DAY)
    desk.poke()
    desk.rpc.warp(DAY)
    desk.poke()
    grown = exposure(desk)[0]
    assert 100 * K < grown <= 100 * K + 50 * 10**6
    with desk.refused(OVER):
        desk.intent((2, 101 * K - grown + 1, 0))
    desk.intent((2, 101 * K - grown, 0))
