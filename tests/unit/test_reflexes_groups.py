"""Standing orders on a risk group: when its members hold too large a part of the books."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.unit.bed import BPS
from tests.unit.desk import ALL
from tests.unit.standing import GROUP, HELD, K, Order, Post

NOT_MET = "reflexes: condition not met"
# Three fifths of the books stand in strategies: two members hold two of five parts.
WATCHED = {"condition": GROUP, "watched": 1, "threshold": 3_999}


@pytest.fixture
def grouped(post: Post) -> Post:
    """As ``post``, with strategies 1 and 2 in group 1."""
    post.group(1, 0b0110)
    return post


def part(post: Post, *members: int) -> int:
    """Part of the books that members hold, bps rounded down."""
    total = post.idle() + sum(post.position(i)[1] for i in (1, 2, 3) if post.units(i))
    return sum(post.position(i)[1] for i in members if post.units(i)) * BPS // total


def test_group__above_the_threshold__is_met_and_fires(grouped: Post) -> None:
    level = part(grouped, 1, 2)
    grouped.order(**WATCHED | {"threshold": level - 1})
    assert grouped.check() == (True, level)
    order = Order(**WATCHED | {"threshold": level - 1})
    receipt = grouped.fire()
    told = grouped.brought(order, 50 * K, 50 * K, 50 * K)
    assert grouped.events(receipt) == [*told, grouped.fired(level, 50 * K)]


@pytest.mark.parametrize("beyond", [0, 1])
def test_group__at_the_threshold__is_not_met_to_the_wei(post: Post, beyond: int) -> None:
    """Books are exact: at a fifth of the total nothing holds, a wei above it does."""
    post.group(1, 0b0010)
    total = post.idle() + 3 * HELD
    fifth = total * 2_000 // BPS
    assert fifth * BPS == total * 2_000
    post.intent((1, fifth + beyond - HELD, 0))
    assert post.position(1)[1] == fifth + beyond
    post.order(condition=GROUP, watched=1, threshold=2_000)
    assert post.check() == (beyond == 1, 2_000)
    if not beyond:
        with post.refused(NOT_MET):
            post.fire()


def test_group__no_members__is_never_met(post: Post) -> None:
    post.order(**WATCHED | {"watched": 31, "threshold": 1})
    assert post.check() == (False, 0)
    with post.refused(NOT_MET):
        post.fire()


def test_group__formed_later__is_met_from_then_on(post: Post) -> None:
    post.order(**WATCHED)
    assert post.check() == (False, 0)
    post.group(1, 0b1110)
    assert post.check() == (True, part(post, 1, 2, 3))


def test_group__marks_that_lie__make_no_condition_true(grouped: Post) -> None:
    level = part(grouped, 1, 2)
    grouped.order(**WATCHED | {"threshold": level + 1})
    for identifier in (1, 2):
        grouped.mark(identifier, 5 * HELD)
    assert grouped.check() == (False, level)
    grouped.dial(1, Group.READ, Mode.REVERT_REASON)
    assert grouped.check() == (False, level)


def test_group__brought_below__is_not_met_any_more(grouped: Post) -> None:
    level = part(grouped, 1, 2)
    grouped.order(**WATCHED | {"threshold": level - 1})
    grouped.fire()
    assert grouped.check() == (False, part(grouped, 1, 2))
    assert part(grouped, 1, 2) < level - 1


def test_group__target_outside_the_group__is_an_order_like_any(grouped: Post) -> None:
    """What is watched and what is done are two things: the order says both."""
    grouped.order(**WATCHED | {"target": 3, "threshold": 1})
    grouped.fire()
    assert grouped.units(3) == HELD - 50 * K


def test_group__nothing_invested__has_no_part(grouped: Post) -> None:
    grouped.intent((1, ALL, 0), (2, ALL, 0), (3, ALL, 0))
    grouped.order(**WATCHED | {"threshold": 1})
    assert grouped.check() == (False, 0)
