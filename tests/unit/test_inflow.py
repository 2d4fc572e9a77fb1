"""Inflow: how fast capital may enter a strategy, whoever sends it."""

from __future__ import annotations

import pytest

from tests.treasury import DAY, DEPOSITOR, GOVERNOR, HOUR, STRANGER
from tests.unit.bed import BPS, CURATOR, EVERYONE
from tests.unit.desk import ALL, M100, Desk
from tests.unit.events import event
from tests.unit.standing import K

OVER = "executor: over inflow limit"
LIMIT = 100 * K


def inflow(desk: Desk, identifier: int = 1) -> tuple[int, int, int]:
    """Limit, window, and what is spent now."""
    return desk.rpc.read(desk.executor, "inflow(uint256)", identifier, returns=("uint256",) * 3)


@pytest.fixture
def limited(desk: Desk) -> Desk:
    """As ``desk``; 100,000 tokens may enter strategy 1 a day."""
    desk.inflow(1, LIMIT)
    return desk


# ------------------------------------------------------------------ what it binds


def test_inflow__over_the_limit__is_refused_and_at_it_passes(limited: Desk) -> None:
    with limited.refused(OVER):
        limited.intent((1, LIMIT + 1, 0))
    with limited.refused(OVER):
        limited.intent((1, LIMIT // 2, 0), (1, LIMIT // 2 + 1, 0))
    limited.intent((1, LIMIT, 0))
    assert inflow(limited) == (LIMIT, DAY, LIMIT)
    with limited.refused(OVER):
        limited.intent((1, 10 * 10**6, 0))
    limited.intent((2, LIMIT, 0))


@pytest.mark.parametrize("seconds", [10, HOUR, DAY // 2, DAY - 1, DAY, 3 * DAY])
def test_inflow__after_a_while__has_refilled_evenly_to_the_wei(limited: Desk, seconds: int) -> None:
    limited.intent((1, LIMIT, 0))
    then = limited.now()
    room = min(LIMIT * seconds // DAY, LIMIT)
    limited.at(then + seconds - 1)
    limited.poke()
    limited.at(then + seconds)
    with limited.refused(OVER):
        limited.intent((1, room + 1, 0))
    limited.intent((1, room, 0))


def test_inflow__agents__share_one_bucket(limited: Desk) -> None:
    limited.grant(agent=STRANGER)
    limited.intent((1, LIMIT - K, 0))
    with limited.refused(OVER):
        limited.intent((1, 2 * K, 0), agent=STRANGER)
    limited.intent((1, K, 0), agent=STRANGER)
    with limited.refused(OVER):
        limited.intent((1, 10 * 10**6, 0))


def test_inflow__deallocation__is_neither_charged_nor_credited(limited: Desk) -> None:
    limited.intent((1, LIMIT, 0))
    then = limited.now()
    limited.intent((1, ALL, 0))
    assert inflow(limited)[2] == LIMIT - LIMIT * (limited.now() - then) // DAY
    with limited.refused(OVER):
        limited.intent((1, 10 * K, 0))


def test_inflow__round_trips__are_bounded_over_any_time(limited: Desk) -> None:
    start, moved = limited.now() + 10, 0
    for step in range(9):
        limited.at(start + step * HOUR - 1)
        limited.rpc.mine()
        room = LIMIT - inflow(limited)[2]
        limited.at(start + step * HOUR)
        limited.intent((1, room, 0))
        moved += room
        limited.intent((1, ALL, 0))
    assert LIMIT < moved <= LIMIT + LIMIT * 8 * HOUR // DAY


def test_inflow__measured__not_what_was_asked(limited: Desk) -> None:
    """A strategy that takes half of what it is offered has got half."""
    limited.terms(1, band=BPS)
    limited.dial(1, 1, 18, 5_000)
    limited.intent((1, LIMIT, 0))
    assert inflow(limited)[2] == LIMIT // 2


def test_inflow__refused_intent__is_not_charged(limited: Desk) -> None:
    limited.cap(2, 0)
    with limited.refused("executor: over absolute cap"):
        limited.intent((1, K, 0), (2, K, 0))
    assert inflow(limited)[2] == 0


def test_inflow__limit_of_nothing__lets_nothing_in_and_everything_out(desk: Desk) -> None:
    desk.intent((1, K, 0))
    desk.inflow(1, 0)
    with desk.refused(OVER):
        desk.intent((1, 1, 0))
    desk.intent((1, ALL, 0))


def test_inflow__group_over_its_cap__refuses_first(limited: Desk) -> None:
    limited.group(1, 0b0010, absolute=K)
    with limited.refused("executor: over group cap"):
        limited.intent((1, LIMIT + 1, 0))


# ------------------------------------------------------------------ setting it


@pytest.mark.parametrize("sender", [GOVERNOR, CURATOR])
@pytest.mark.parametrize("values", [(0, 1), (M100, 2**24 - 1), (5, 7), (5, 0)])
def test_set_inflow__governor_or_curator__is_stored_and_told(
    desk: Desk, sender: str, values: tuple[int, int]
) -> None:
    receipt = desk.inflow(255, *values, sender=sender)
    assert inflow(desk, 255) == (*values, 0)
    told = {"id": 255, "limit": values[0], "window": values[1], "by": sender}
    assert desk.events(receipt) == [event(desk.executor, "InflowSet", **told)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((0, 1, 1), "executor: no such strategy"),
        ((256, 1, 1), "executor: no such strategy"),
        ((1, M100 + 1, 1), "executor: inflow too large"),
        ((1, 1, 2**24), "executor: window out of range"),
    ],
)
def test_set_inflow__one_over__is_refused(desk: Desk, values: tuple[int, int, int], reason: str) -> None:
    with desk.refused(reason):
        desk.inflow(*values)


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"governor", "curator"}))
def test_set_inflow__any_other_role__is_refused(desk: Desk, role: str) -> None:
    with desk.refused("executor: not the curator"):
        desk.inflow(1, 1, 1, sender=EVERYONE[role])


def test_set_inflow__changed__keeps_what_is_spent(limited: Desk) -> None:
    limited.intent((1, 80 * K, 0))
    then = limited.now()
    limited.at(then + HOUR)
    limited.inflow(1, 50 * K, 10 * DAY)
    kept = 80 * K - LIMIT * HOUR // DAY
    assert inflow(limited) == (50 * K, 10 * DAY, kept)
    with limited.refused(OVER):
        limited.intent((1, 1, 0))
    limited.at(then + 2 * HOUR)
    limited.rpc.mine()
    assert inflow(limited)[2] == kept - 50 * K * HOUR // (10 * DAY)


def test_set_inflow__window_of_nothing__lifts_the_limit_and_forgets(limited: Desk) -> None:
    limited.intent((1, LIMIT, 0))
    limited.inflow(1, LIMIT, 0)
    assert inflow(limited) == (LIMIT, 0, 0)
    limited.intent((1, 2 * LIMIT, 0))
    assert inflow(limited) == (LIMIT, 0, 0)
    limited.inflow(1, LIMIT)
    assert inflow(limited) == (LIMIT, DAY, 0)


def test_set_inflow__set_before_anything_entered__counts_from_then_on(desk: Desk) -> None:
    desk.intent((1, 300 * K, 0))
    desk.inflow(1, LIMIT)
    assert inflow(desk)[2] == 0
    desk.intent((1, LIMIT, 0))


def test_set_inflow__deposits_of_holders__are_not_concerned(limited: Desk) -> None:
    limited.inflow(1, 0)
    limited.deposit(DEPOSITOR, K)
    assert inflow(limited) == (0, DAY, 0)
