"""trim by groups: a member is brought home because all of them together hold too much."""

from __future__ import annotations

import pytest

from tests.treasury import DAY, GUARDIAN, HOUR, STRANGER
from tests.unit.bed import BPS, M112
from tests.unit.events import event
from tests.unit.standing import HELD, K, Post

WITHIN = "executor: within caps"
OVER = 50 * K


def noted(post: Post, over: int, identifier: int = 1) -> None:
    """Trim for the first time and check what is told."""
    told = event(post.executor, "OverCap", id=identifier, over=over)
    assert post.events(post.trim(identifier)) == [told]


@pytest.fixture
def crowded(post: Post) -> Post:
    """Strategies 1 and 2 together stand 50,000 tokens over the cap of group 1."""
    post.group(1, 0b0110, absolute=2 * HELD - OVER)
    return post


# ------------------------------------------------------------------ what is over


@pytest.mark.parametrize("identifier", [1, 2])
def test_trim__group_over_its_cap__brings_any_member_home_by_the_excess(
    crowded: Post, identifier: int
) -> None:
    noted(crowded, OVER, identifier)
    crowded.rpc.warp(HOUR)
    receipt = crowded.trim(identifier)
    assert crowded.events(receipt) == crowded.trimmed((identifier, OVER, OVER, 0))
    for member in (1, 2):
        with crowded.refused(WITHIN):
            crowded.trim(member)


def test_trim__group_over_its_cap__leaves_others_alone(crowded: Post) -> None:
    with crowded.refused(WITHIN):
        crowded.trim(3)


def test_trim__both_members_noted__excess_is_brought_home_once(crowded: Post) -> None:
    noted(crowded, OVER, 1)
    noted(crowded, OVER, 2)
    crowded.rpc.warp(HOUR)
    crowded.trim(1)
    assert crowded.events(crowded.trim(2)) == []
    assert crowded.noted(2) == 0
    assert crowded.units(2) == HELD


def test_trim__group_s_excess_larger_than_the_member__brings_all_of_it(post: Post) -> None:
    post.group(1, 0b1110, absolute=K)
    noted(post, HELD)
    post.rpc.warp(HOUR)
    assert post.events(post.trim()) == post.trimmed((1, HELD, HELD, 0))
    noted(post, HELD, 2)


@pytest.mark.parametrize("relative", [0, 1_000, 3_999])
def test_trim__group_over_its_share__counts_by_the_books(post: Post, relative: int) -> None:
    total = post.idle() + 3 * HELD
    post.group(1, 0b0110, relative=relative)
    noted(post, min(HELD, 2 * HELD - total * relative // BPS))


def test_trim__group_at_its_cap__is_within_it(post: Post) -> None:
    post.group(1, 0b0110, absolute=2 * HELD)
    with post.refused(WITHIN):
        post.trim()
    post.group(1, 0b0110, absolute=2 * HELD - 1)
    noted(post, 1)


@pytest.mark.parametrize("own", [HELD - 2 * OVER, HELD - OVER // 2, HELD])
def test_trim__own_cap_too__goes_by_the_larger_excess(crowded: Post, own: int) -> None:
    crowded.cap(1, own)
    noted(crowded, max(HELD - own, OVER))


def test_trim__several_groups__go_by_the_fullest(crowded: Post) -> None:
    crowded.group(5, 0b1110, absolute=3 * HELD - 3 * OVER)
    crowded.group(31, 0b0010, absolute=HELD - 2 * OVER)
    noted(crowded, 3 * OVER)
    noted(crowded, 3 * OVER, 3)


def test_trim__group_cut_by_a_guardian__may_be_noted_at_once(post: Post) -> None:
    post.group(1, 0b0110)
    with post.refused(WITHIN):
        post.trim()
    post.command("cut_group(uint256,uint256,uint256)", 1, 0, 0, sender=GUARDIAN)
    noted(post, HELD)


def test_trim__group_dissolved_before_the_second__clears_the_note(crowded: Post) -> None:
    noted(crowded, OVER)
    crowded.group(1, 0)
    crowded.rpc.warp(HOUR)
    assert crowded.events(crowded.trim()) == []
    assert crowded.noted() == 0
    with crowded.refused(WITHIN):
        crowded.trim()


def test_trim__member_empty__is_within_any_cap(crowded: Post) -> None:
    crowded.intent((1, -(2**255), 0))
    crowded.group(1, 0b0110, absolute=0)
    with crowded.refused(WITHIN):
        crowded.trim()


def test_trim__marks_that_lie__change_no_excess_of_a_group(crowded: Post) -> None:
    for identifier in (1, 2):
        crowded.mark(identifier, 2 * HELD)
    noted(crowded, OVER)
    for identifier in (1, 2):
        crowded.mark(identifier, 1)
    noted(crowded, OVER, 2)


def test_trim__agent_s_budgets_and_standing__are_not_touched(crowded: Post) -> None:
    noted(crowded, OVER)
    crowded.rpc.warp(DAY)
    before = crowded.flow(), crowded.loss(), crowded.standing()
    crowded.trim(sender=STRANGER)
    assert (crowded.flow(), crowded.loss(), crowded.standing()) == before


def test_trim__group_never_formed__has_no_excess(post: Post) -> None:
    post.group(1, 0b0110, absolute=M112)
    with post.refused(WITHIN):
        post.trim()
