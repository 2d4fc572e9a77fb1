"""trim: what counts as over a cap, when anyone may bring it back, and what it charges."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY, GUARDIAN, HOUR, LEAVER, LISTING, STRANGER
from tests.unit.bed import BPS, EVERYONE, M112, Refusal, ceil_div, deploy_caller, payload
from tests.unit.events import Event, event
from tests.unit.standing import HELD, K, Post

WITHIN = "executor: within caps"
TOO_LATELY = "executor: seen too lately"
CEILING = "set_ceiling(uint256,uint256)"
OVER = 50 * K


def total(post: Post) -> int:
    """Idle and books, asset wei."""
    return post.idle() + sum(post.position(i)[1] for i in (1, 2, 3) if post.units(i))


def over_cap(post: Post, over: int, identifier: int = 1) -> Event:
    """The event of a note."""
    return event(post.executor, "OverCap", id=identifier, over=over)


def trimmed(post: Post, assets: int, identifier: int = 1, loss: int = 0, by: str = STRANGER) -> list[Event]:
    """The events of a trim at par, in the latest block."""
    return post.trimmed((identifier, assets, assets + loss, loss), by)


@pytest.fixture
def over(post: Post) -> Post:
    """Strategy 1 stands 50,000 tokens over its cap."""
    post.cap(1, HELD - OVER)
    return post


@pytest.mark.parametrize("identifier", [0, 1, 2, 4, 255])
def test_trim__within_caps__is_refused(post: Post, identifier: int) -> None:
    with post.refused(WITHIN):
        post.trim(identifier)


@pytest.mark.parametrize("identifier", [256, 2**256 - 1])
def test_trim__no_strategy_s_id__is_refused(post: Post, identifier: int) -> None:
    with post.refused(None):
        post.trim(identifier)


def test_trim__empty_position__is_within_any_cap(post: Post) -> None:
    post.intent((1, -(2**255), 0))
    post.cap(1, 0, 0)
    assert post.position(1)[1] != 0
    with post.refused(WITHIN):
        post.trim()


@pytest.mark.parametrize("short", [0, 1])
def test_trim__absolute_cap__is_over_by_the_first_wei(post: Post, short: int) -> None:
    post.cap(1, HELD - short)
    if not short:
        with post.refused(WITHIN):
            post.trim()
        return
    assert post.events(post.trim()) == [over_cap(post, 1)]


@pytest.mark.parametrize("relative", [2_000, 1_999, 1, 0])
def test_trim__relative_cap__is_of_idle_and_books(post: Post, relative: int) -> None:
    post.cap(1, M112, relative)
    most = total(post) * relative // BPS
    if most >= HELD:
        with post.refused(WITHIN):
            post.trim()
        return
    assert post.events(post.trim()) == [over_cap(post, HELD - most)]


def test_trim__relative_cap__is_over_by_the_first_wei(post: Post) -> None:
    """Idle leaves by a slice's part that brings the cap to the book, then one wei below it."""
    post.cap(1, M112, 2_000)
    post.intent((2, post.idle() - 1, 0))
    post.lose(2, total(post) - 5 * HELD)
    post.poke()
    assert total(post) == 5 * HELD
    with post.refused(WITHIN):
        post.trim()
    post.lose(2, 1)
    post.poke()
    assert post.events(post.trim()) == [over_cap(post, 1)]


@pytest.mark.parametrize("short", [0, 1])
def test_trim__ceiling_of_the_vault__is_over_by_the_first_wei(post: Post, short: int) -> None:
    post.rpc.transact(GUARDIAN, post.steward, CEILING, 1, HELD - short)
    assert post.word(LISTING, 1) & M112 == HELD - short
    if not short:
        with post.refused(WITHIN):
            post.trim()
        return
    assert post.events(post.trim()) == [over_cap(post, 1)]


@pytest.mark.parametrize("lowest", ["absolute", "relative", "ceiling"])
def test_trim__several__the_lowest_counts(post: Post, lowest: str) -> None:
    ceiling = HELD - (30 if lowest == "ceiling" else 10) * K
    post.rpc.transact(GUARDIAN, post.steward, CEILING, 1, ceiling)
    relative = 1_700 if lowest == "relative" else 1_900
    absolute = HELD - (30 if lowest == "absolute" else 10) * K
    post.cap(1, absolute, relative)
    most = min(absolute, total(post) * relative // BPS, ceiling)
    assert post.events(post.trim()) == [over_cap(post, HELD - most)]


def test_trim__guardian_s_cut__counts_at_once(post: Post) -> None:
    post.cut(1, HELD - OVER, BPS)
    assert post.events(post.trim()) == [over_cap(post, OVER)]
    post.rpc.warp(HOUR)
    assert post.events(post.trim()) == trimmed(post, OVER)


def test_trim__grown_by_yield__counts_when_it_is_booked(post: Post) -> None:
    post.cap(1, HELD)
    post.rpc.warp(DAY)
    post.gain(1, K)
    with post.refused(WITHIN):
        post.trim()
    post.poke()
    grown = post.position(1)[1] - HELD
    assert 0 < grown <= K
    assert post.events(post.trim()) == [over_cap(post, grown)]


def test_trim__others_fall__makes_it_over_its_part(post: Post) -> None:
    post.cap(1, M112, 2_100)
    with post.refused(WITHIN):
        post.trim()
    post.lose(2, HELD // 2)
    post.poke()
    assert post.events(post.trim()) == [over_cap(post, HELD - total(post) * 2_100 // BPS)]


def test_trim__others_empty__count_nothing(post: Post) -> None:
    post.cap(1, M112, 1_500)
    post.intent((3, -(2**255), 0))
    assert post.position(3)[1] != 0
    assert post.events(post.trim()) == [over_cap(post, HELD - total(post) * 1_500 // BPS)]


def test_trim__others_quarantined__still_count_in_the_total(post: Post) -> None:
    post.cap(1, M112, 2_000)
    post.quarantine(2)
    with post.refused(WITHIN):
        post.trim()


# ------------------------------------------------------------------ when


def test_trim__first_seen__is_noted_and_moves_nothing(over: Post) -> None:
    words = over.words(1)
    receipt = over.trim()
    assert over.events(receipt) == [over_cap(over, OVER)]
    assert over.noted() == over.now()
    assert over.words(1) == words
    assert over.noted(2) == 0


@pytest.mark.parametrize("seconds", [1, HOUR - 1])
def test_trim__seen_again_too_early__is_refused(over: Post, seconds: int) -> None:
    over.trim()
    over.at(over.now() + seconds)
    with over.refused(TOO_LATELY):
        over.trim()


@pytest.mark.parametrize("seconds", [HOUR, DAY])
def test_trim__seen_again_within_a_day__brings_it_to_its_cap(over: Post, seconds: int) -> None:
    idle = over.idle()
    over.trim()
    over.at(over.now() + seconds)
    assert over.events(over.trim()) == trimmed(over, OVER)
    assert over.position(1)[:2] == (HELD - OVER, HELD - OVER)
    assert (over.idle(), over.noted()) == (idle + OVER, 0)
    with over.refused(WITHIN):
        over.trim()


@pytest.mark.parametrize("seconds", [DAY + 1, 30 * DAY])
def test_trim__seen_again_after_a_day__is_noted_anew(over: Post, seconds: int) -> None:
    over.trim()
    over.at(over.now() + seconds)
    assert over.events(over.trim()) == [over_cap(over, OVER)]
    assert over.noted() == over.now()
    over.at(over.now() + HOUR)
    assert over.events(over.trim()) == trimmed(over, OVER)


def test_trim__further_over_when_seen_again__brings_back_all_of_it(over: Post) -> None:
    over.trim()
    over.cap(1, HELD - 2 * OVER)
    over.rpc.warp(HOUR)
    assert over.events(over.trim()) == trimmed(over, 2 * OVER)


@pytest.mark.parametrize("liquid", [OVER - 1, 1_000, 1])
def test_trim__not_all_is_liquid__brings_what_is_and_the_rest_as_it_comes(over: Post, liquid: int) -> None:
    """Else whoever borrows all but a wei for a moment would put the rest off for an hour."""
    over.trim()
    noted = over.noted()
    over.at(over.now() + HOUR)
    over.dial(1, Group.LIQUIDITY, Mode.LIMITED, liquid)
    assert over.events(over.trim()) == trimmed(over, liquid)
    assert over.noted() == noted
    over.dial(1, Group.LIQUIDITY, Mode.HONEST)
    assert over.events(over.trim()) == trimmed(over, OVER - liquid)
    assert over.noted() == 0


def test_trim__nothing_is_liquid__is_refused_and_stays_noted(over: Post) -> None:
    over.trim()
    noted = over.noted()
    over.at(over.now() + HOUR)
    over.dial(1, Group.LIQUIDITY, Mode.LIMITED, 0)
    with over.refused(Refusal.ZERO_AMOUNT):
        over.trim()
    assert over.noted() == noted


def test_trim__within_caps_when_seen_again__forgets(over: Post) -> None:
    over.trim()
    over.intent((1, -OVER, 0))
    words = over.words(1)
    assert over.events(over.trim()) == []
    assert over.noted() == 0
    assert over.words(1) == words
    with over.refused(WITHIN):
        over.trim()
    over.cap(1, HELD - 2 * OVER)
    assert over.events(over.trim()) == [over_cap(over, OVER)]


def test_trim__gain_not_booked__brings_home_what_the_excess_is_worth_and_the_rest_next_time(
    over: Post,
) -> None:
    """By the book 50,000 too many, at a mark twice as high: half the units are worth that."""
    over.trim()
    over.gain(1, HELD)
    over.rpc.warp(HOUR)
    idle = over.idle()
    over.trim()
    assert OVER <= over.idle() - idle <= OVER + 2
    assert over.position(1)[1] == HELD - OVER // 2 - 1  # what is released rounds up
    assert over.events(over.trim()) == [over_cap(over, OVER // 2 - 1)]


def test_trim__of_another__has_a_note_of_its_own(over: Post) -> None:
    over.cap(2, HELD - OVER)
    over.trim(1)
    over.rpc.warp(HOUR)
    assert over.events(over.trim(2)) == [over_cap(over, OVER, 2)]
    assert over.events(over.trim(1)) == trimmed(over, OVER)


def test_trim__after_one__is_noted_first_again(over: Post) -> None:
    over.trim()
    over.rpc.warp(HOUR)
    over.trim()
    over.cap(1, HELD - 2 * OVER)
    assert over.events(over.trim()) == [over_cap(over, OVER)]
    with over.refused(TOO_LATELY):
        over.trim()


# ------------------------------------------------------------------ who, and in which state


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_trim__any_account__may(over: Post, role: str) -> None:
    over.trim(sender=EVERYONE[role])
    over.rpc.warp(HOUR)
    assert over.events(over.trim(sender=EVERYONE[role])) == trimmed(over, OVER, by=EVERYONE[role])


def test_trim__contract__may(over: Post) -> None:
    caller = deploy_caller(over.rpc)
    calls = [(over.executor, payload("trim(uint256)", 1), 0, True)]
    for _ in range(2):
        over.rpc.warp(HOUR)
        receipt = over.rpc.transact(STRANGER, caller, "multi((address,bytes,uint256,bool)[])", calls)
    assert over.events(receipt) == trimmed(over, OVER, by=caller)


@pytest.mark.parametrize("state", [1, 2])
def test_trim__not_calm__works(over: Post, state: int) -> None:
    over.latch(state)
    over.trim()
    over.rpc.warp(HOUR)
    assert over.events(over.trim()) == trimmed(over, OVER)


def test_trim__vault_never_poked_for_long__works(over: Post) -> None:
    over.rpc.warp(10 * over.epoch)
    over.trim()
    over.rpc.warp(HOUR)
    assert over.events(over.trim()) == trimmed(over, OVER)


def test_trim__quarantined__works(over: Post) -> None:
    over.quarantine(1)
    over.trim()
    over.rpc.warp(HOUR)
    assert over.events(over.trim()) == trimmed(over, OVER)


def test_trim__executor_replaced__can_do_nothing(over: Post) -> None:
    over.trim()
    over.rpc.warp(HOUR)
    over.govern("set_executor(address)", STRANGER)
    with over.refused(Refusal.UNAUTHORISED):
        over.trim()


def test_trim__budgets_of_agents__are_nobody_s_business(over: Post) -> None:
    over.leak(1, 12, Group.REDEEM)
    over.rpc.warp(DAY)
    over.trim()
    over.rpc.warp(HOUR)
    before = over.flow(), over.loss()
    lost = OVER * 12 // BPS
    assert over.events(over.trim()) == trimmed(over, OVER - lost, loss=lost)
    assert (over.flow(), over.loss()) == before
    for key in ("flow_budget(address)", "loss_budget(address)"):
        assert over.rpc.read(over.executor, key, STRANGER, returns=("uint256",) * 2) == (0, 0)


# ------------------------------------------------------------------ those who have left


def left(post: Post) -> int:
    """A tenth of strategy 1 waits, nothing of it is liquid; returns how many units wait."""
    post.share_out()
    post.drain(1)
    post.settled(LEAVER)
    return post.waiting(1)


def test_trim__leavers_wait__they_get_their_part_and_only_what_is_covered_moves(post: Post) -> None:
    waiting = left(post)
    units = post.units(1)
    post.cap(1, units - OVER)
    post.trim()
    noted = post.noted()
    post.liquid(1, 20 * K)
    theirs = ceil_div(20 * K * waiting, units + waiting)
    post.rpc.warp(HOUR)
    assert post.events(post.trim())[-3:] == trimmed(post, 20 * K - theirs)
    assert post.waiting(1) == waiting - theirs
    assert (post.units(1), post.noted()) == (units - 20 * K + theirs, noted)
    with post.refused(Refusal.NOT_LIQUID):
        post.trim()


def test_trim__leavers_wait_and_nothing_is_covered__is_refused_and_stays_noted(post: Post) -> None:
    left(post)
    post.cap(1, 0)
    post.trim()
    noted = post.noted()
    post.rpc.warp(HOUR)
    with post.refused(Refusal.NOT_LIQUID):
        post.trim()
    assert post.noted() == noted


# ------------------------------------------------------------------ over_since


def test_over_since__never_seen__is_zero(post: Post) -> None:
    assert [post.noted(identifier) for identifier in (0, 1, 255)] == [0, 0, 0]


@pytest.mark.parametrize("lever", ["ceiling", "cap"])
def test_trim__guardian_lowers_it_to_nothing__brings_the_position_home(post: Post, lever: str) -> None:
    """What a guardian may do at once, at worst: capital comes home at its price, and goes nowhere else."""
    idle = post.idle()
    if lever == "ceiling":
        post.rpc.transact(GUARDIAN, post.steward, CEILING, 1, 0)
    else:
        post.cut(1, 0, 0)
    post.trim()
    post.at(post.now() + HOUR)
    assert post.events(post.trim()) == trimmed(post, HELD)
    assert (post.units(1), post.idle()) == (0, idle + HELD)
    assert [post.position(i)[1] for i in (2, 3)] == [HELD, HELD]
    with post.refused(WITHIN):
        post.trim()
