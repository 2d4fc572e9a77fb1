"""When an order may be fired: each condition at its threshold and one to either side, arming, silence."""

from __future__ import annotations

import pytest

from ganglion.devnet.abi import call_data
from ganglion.devnet.errors import Reverted
from tests.modes import Group, Mode
from tests.treasury import DAY, HOUR, STRANGER
from tests.unit.bed import BPS, CALM, M112, STRESS, WINDDOWN
from tests.unit.events import event
from tests.unit.standing import HELD, IDLE, LIQUIDITY, PRICE, STATE, TRIM, K, Order, Post

NOT_MET = "reflexes: condition not met"
FALLEN = {"condition": PRICE, "watched": 1, "threshold": 300, "target": 2}
DRY = {"condition": LIQUIDITY, "watched": 1, "threshold": 800, "target": 2}
SILENT = [
    (Mode.REVERT_REASON, 0),
    (Mode.REVERT_BOMB, 0),
    (Mode.BURN_LOOP, 0),
    (Mode.RETURN_NOTHING, 0),
    (Mode.RETURN_31, 0),
    (Mode.RETURN_64, 0),
    (Mode.RETURN_MAX, 0),
    (Mode.RETURN_VALUE, M112 + 1),
]


def is_met(post: Post, identifier: int = 1) -> bool:
    """Whether an order fires now, and `check` says the same."""
    told = post.check(identifier)[0]
    if not told:
        with post.refused(NOT_MET):
            post.fire(identifier)
    return told


# ------------------------------------------------------------------ price


@pytest.mark.parametrize(
    ("mark", "met", "level"),
    [
        (HELD + 1, False, 0),
        (HELD, False, 0),
        (HELD - 1, False, 0),
        (HELD * 97 // 100 + 1, False, 299),
        (HELD * 97 // 100, False, 300),
        (HELD * 97 // 100 - 1, True, 300),
        (HELD // 2, True, 5_000),
        (1, True, 9_999),
        (0, True, 10_000),
    ],
)
def test_price__around_its_threshold__is_met_only_below(post: Post, mark: int, met: bool, level: int) -> None:
    post.order(**FALLEN)
    post.mark(1, mark)
    assert post.check() == (met, level)
    assert is_met(post) is met
    if met:
        assert post.events(post.fire())[-1] == post.fired(level, 50 * K)


def test_price__highest_threshold__is_met_by_a_total_loss(post: Post) -> None:
    post.order(**FALLEN | {"threshold": BPS - 1})
    post.mark(1, HELD // BPS)
    assert not is_met(post)
    post.mark(1, 0)
    assert is_met(post)


def test_price__book_already_down__compares_with_the_reference_and_not_with_the_book(post: Post) -> None:
    post.order(**FALLEN)
    post.mark(1, HELD // 2)
    post.poke()
    assert post.position(1)[1] == HELD // 2
    assert post.check() == (True, 5_000)


def test_price__day_after_a_fall__still_compares_with_the_day_before(post: Post) -> None:
    post.order(**FALLEN)
    post.mark(1, HELD // 2)
    today = post.now() // DAY
    told = []
    for day in range(3):
        if day:
            post.at((today + day) * DAY)
        post.poke()
        told.append(post.check())
    assert told == [(True, 5_000), (True, 5_000), (False, 0)]
    post.mark(1, HELD // 2 * 96 // 100)
    assert post.check() == (True, 400)


def test_price__gain_not_booked__is_no_reference(post: Post) -> None:
    post.order(**FALLEN)
    post.gain(1, HELD)
    assert post.check() == (False, 0)
    post.poke()
    post.lose(1, HELD)
    assert not post.check()[0]


def test_price__really_fallen_within_tolerance__brings_home_in_the_same_transaction(post: Post) -> None:
    post.terms(1, tolerance=500)
    post.empower(loss=3 * K)
    order = Order(**FALLEN | {"target": 1, "least": 50 * K, "max_loss": 3 * K})
    post.order(**FALLEN | {"target": 1, "least": 50 * K, "max_loss": 3 * K})
    post.lose(1, HELD * 4 // 100)
    receipt = post.fire()
    units = -(-50 * K * HELD // (HELD * 96 // 100))
    got = units * 96 // 100
    told = post.brought(order, got, units, 50 * K, loss=units - got)
    assert post.events(receipt) == [*told, post.fired(400, got)]
    assert post.idle() >= 50 * K


def test_price__fallen_beyond_tolerance__waits_for_two_spaced_marks(post: Post) -> None:
    post.order(**FALLEN | {"target": 1, "least": 50 * K, "max_loss": 10 * K})
    post.lose(1, HELD // 10)
    with post.refused("vault: 22"):
        post.fire()
    post.rpc.warp(HOUR)
    post.poke()
    with post.refused("vault: 22"):
        post.fire()
    post.rpc.warp(HOUR)
    post.poke()
    assert post.events(post.fire())[-1] == post.fired(1_000, 50 * K)


@pytest.mark.parametrize(("mode", "param"), SILENT, ids=lambda value: getattr(value, "name", value))
def test_price__not_told__has_not_fallen(post: Post, mode: Mode, param: int) -> None:
    post.order(**FALLEN)
    post.dial(1, Group.READ, mode, param)
    assert post.check() == (False, 0)
    assert not is_met(post)


@pytest.mark.parametrize("identifier", [4, 255])
@pytest.mark.parametrize("condition", [PRICE, LIQUIDITY])
def test_watched__not_listed__is_never_met(post: Post, condition: int, identifier: int) -> None:
    post.order(condition=condition, watched=identifier, threshold=1)
    assert post.check() == (False, 0)
    assert not is_met(post)


@pytest.mark.parametrize("condition", [PRICE, LIQUIDITY])
def test_watched__empty_position__is_never_met(post: Post, condition: int) -> None:
    post.order(condition=condition, watched=1, threshold=BPS - 1, target=2)
    post.intent((1, -(2**255), 0))
    post.mark(1, 0)
    post.redeemable(1, 0)
    assert post.check() == (False, 0)
    assert not is_met(post)


@pytest.mark.parametrize("fails", [True, False])
def test_price__quarantined__is_judged_by_what_it_answers(post: Post, fails: bool) -> None:
    post.order(**FALLEN)
    post.quarantine(1)
    post.fail(1, fails)
    assert post.check() == (False, 0)
    post.mark(1, HELD // 2)
    assert post.check() == (True, 5_000)


# ------------------------------------------------------------------ liquidity


@pytest.mark.parametrize(
    ("units", "met", "level"),
    [
        (M112, False, 10_000),
        (HELD + 1, False, 10_000),
        (HELD, False, 10_000),
        (HELD * 8 // 100, False, 800),
        (HELD * 8 // 100 - 1, True, 799),
        (1, True, 0),
        (0, True, 0),
    ],
)
def test_liquidity__around_its_threshold__is_met_only_below(
    post: Post, units: int, met: bool, level: int
) -> None:
    post.order(**DRY)
    post.redeemable(1, units)
    assert post.check() == (met, level)
    assert is_met(post) is met


@pytest.mark.parametrize(("units", "met"), [(HELD, False), (HELD - 1, True)])
def test_liquidity__threshold_of_everything__is_met_when_a_unit_is_missing(
    post: Post, units: int, met: bool
) -> None:
    post.order(**DRY | {"threshold": BPS})
    post.redeemable(1, units)
    assert is_met(post) is met


@pytest.mark.parametrize(("mode", "param"), SILENT, ids=lambda value: getattr(value, "name", value))
def test_liquidity__not_told__is_none(post: Post, mode: Mode, param: int) -> None:
    post.order(**DRY)
    post.dial(1, Group.MAX, mode, param)
    assert post.check() == (True, 0)
    receipt = post.fire()
    assert post.events(receipt) == [event(post.reflexes, "Armed", id=1, level=0)]


def test_liquidity__first_seen__is_remembered_and_moves_nothing(post: Post) -> None:
    post.order(**DRY | {"bounty": K})
    post.pay_in(K)
    post.redeemable(1, HELD // 100)
    before = post.idle()
    assert post.answer() == 0
    receipt = post.fire()
    assert post.events(receipt) == [event(post.reflexes, "Armed", id=1, level=100)]
    assert post.memory() == (0, post.now())
    assert (post.idle(), post.told("budget()")) == (before, K)


@pytest.mark.parametrize("seconds", [1, HOUR - 1])
def test_liquidity__seen_again_too_early__is_refused(post: Post, seconds: int) -> None:
    post.order(**DRY)
    post.redeemable(1, 0)
    post.fire()
    post.at(post.now() + seconds)
    with post.refused("reflexes: seen too lately"):
        post.fire()


@pytest.mark.parametrize("seconds", [HOUR, HOUR + 1, DAY - 1, DAY])
def test_liquidity__seen_again_within_a_day__acts(post: Post, seconds: int) -> None:
    post.order(**DRY)
    post.redeemable(1, 0)
    post.fire()
    then = post.now() + seconds
    post.at(then)
    assert post.events(post.fire()) == [
        *post.brought(Order(**DRY), 50 * K, 50 * K, 50 * K),
        post.fired(0, 50 * K),
    ]
    assert post.memory() == (then, 0)


@pytest.mark.parametrize("seconds", [DAY + 1, 30 * DAY])
def test_liquidity__seen_again_after_a_day__is_seen_for_the_first_time(post: Post, seconds: int) -> None:
    post.order(**DRY)
    post.redeemable(1, 0)
    post.fire()
    then = post.now() + seconds
    post.at(then)
    assert post.events(post.fire()) == [event(post.reflexes, "Armed", id=1, level=0)]
    assert post.memory() == (0, then)


def test_liquidity__good_when_looked_at_again__is_not_met(post: Post) -> None:
    post.order(**DRY)
    post.redeemable(1, 0)
    post.fire()
    post.rpc.warp(HOUR)
    post.redeemable(1, HELD)
    assert not is_met(post)


def test_liquidity__after_a_firing__must_be_seen_twice_again(post: Post) -> None:
    post.order(**DRY)
    post.redeemable(1, 0)
    post.fire()
    post.rpc.warp(HOUR)
    post.fire()
    post.rpc.warp(HOUR)
    assert post.events(post.fire()) == [event(post.reflexes, "Armed", id=1, level=0)]


def test_liquidity__with_a_trim__is_seen_twice_and_the_excess_twice(post: Post) -> None:
    post.order(**DRY | {"action": TRIM})
    post.cap(2, HELD - 50 * K)
    post.redeemable(1, 0)
    start = post.now()
    told = []
    for hour in range(1, 4):
        post.at(start + hour * HOUR)
        told.append([each.name for each in post.events(post.fire())])
    assert told == [["Armed"], ["OverCap"], ["Deallocated", "Trimmed", "Journaled", "Fired"]]


@pytest.mark.parametrize("condition", [LIQUIDITY, PRICE])
def test_watched__fired_with_too_little_gas__is_never_misread(post: Post, condition: int) -> None:
    """A read that fails for want of gas would look like a strategy without liquidity."""
    post.order(condition=condition, watched=1, threshold=5_000, target=2)
    before = post.fingerprint()
    data = call_data("fire(uint256)", 1)
    for gas in range(30_000, 330_000, 6_000):
        with pytest.raises(Reverted):
            post.rpc.send({"from": STRANGER, "to": post.reflexes, "data": data, "gas": gas})
    assert post.fingerprint() == before


# ------------------------------------------------------------------ idle


@pytest.mark.parametrize(("missing", "met"), [(-1, False), (0, False), (1, True)])
def test_idle__around_its_threshold__is_met_only_below(post: Post, missing: int, met: bool) -> None:
    post.order(threshold=2_000)
    total = post.idle() + 3 * HELD
    assert total % 5 == 0
    post.intent((3, post.idle() - total // 5 + missing, 0))
    assert post.idle() == total // 5 - missing
    assert post.check() == (met, 1_999 if met else 2_000)
    assert is_met(post) is met


def test_idle__by_the_books__no_mark_and_no_gift_changes_it(post: Post) -> None:
    post.order(threshold=3_000)
    before = post.check()
    post.mark(1, 100 * HELD)
    assert post.check() == before
    post.mark(1, 0)
    post.fail(2)
    assert post.check() == before
    post.rpc.transact(STRANGER, post.asset, "mint(address,uint256)", post.vault, HELD)
    assert post.check() == before


def test_idle__books_down__counts_them_as_they_are(post: Post) -> None:
    post.order(threshold=4_001)
    assert post.check() == (True, 4_000)
    post.mark(1, HELD // 2)
    post.poke()
    assert post.check() == (False, 400_001 * BPS // 900_001)


def test_idle__empty_positions__count_nothing(post: Post) -> None:
    post.order(threshold=BPS)
    post.intent(*((identifier, -(2**255), 0) for identifier in (1, 2, 3)))
    assert post.position(1)[1] != 0
    assert post.check() == (False, BPS)
    assert not is_met(post)


def test_idle__condition__is_the_order_s_own(post: Post) -> None:
    assert Order().condition == IDLE
    post.order()
    assert is_met(post)


# ------------------------------------------------------------------ state


@pytest.mark.parametrize("state", [CALM, STRESS, WINDDOWN])
@pytest.mark.parametrize("threshold", [STRESS, WINDDOWN])
def test_state__at_least_the_threshold__is_met(post: Post, state: int, threshold: int) -> None:
    post.order(condition=STATE, threshold=threshold)
    if state != CALM:
        post.latch(state)
    assert post.check() == (state >= threshold, state)
    assert is_met(post) is (state >= threshold)
    if state >= threshold:
        assert post.events(post.fire())[-1] == post.fired(state, 50 * K)


def test_state__calm_again__is_not_met(post: Post) -> None:
    post.order(condition=STATE, threshold=STRESS)
    post.latch(STRESS)
    post.latch(CALM)
    assert not is_met(post)
