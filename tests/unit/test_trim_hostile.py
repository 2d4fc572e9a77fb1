"""trim against strategies that lie and callers with money: what may be lost, and what makes no excess."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import AGENT, DAY, DEPOSITOR, HOUR, MAX_UINT, STRANGER
from tests.unit.bed import (
    APPROVE,
    BPS,
    CALL,
    DEPOSIT,
    M112,
    REDEEM,
    SLICE,
    TRANSFER,
    WITHDRAW,
    Refusal,
    deploy_caller,
    payload,
)
from tests.unit.leavers import EXIT_NOW
from tests.unit.standing import HELD, K, Post

WITHIN = "executor: within caps"
TOO_MUCH = "executor: trim loses too much"
OVER = 50 * K
FLASH = f"flash(address,uint256,{CALL}[])"


@pytest.fixture
def over(post: Post) -> Post:
    """Strategy 1 was seen 50,000 tokens over its cap an hour ago."""
    post.cap(1, HELD - OVER)
    post.trim()
    post.rpc.warp(HOUR)
    return post


def excess(post: Post) -> int:
    """By how much strategy 1, not noted yet, is seen over its cap; nothing is changed."""
    snapshot = post.rpc.call("evm_snapshot")
    ((noted),) = post.events(post.trim())
    post.rpc.call("evm_revert", snapshot)
    assert noted.name == "OverCap"
    return noted.fields["over"]


# ------------------------------------------------------------------ what a trim may lose


@pytest.mark.parametrize("tolerance", [40, 50, 51, 500])
@pytest.mark.parametrize("beyond", [0, 1])
def test_trim__loss__is_at_most_a_quarter_of_the_tolerance_and_a_wei(
    post: Post, tolerance: int, beyond: int
) -> None:
    post.terms(1, tolerance=tolerance)
    post.cap(1, 0)
    post.trim()
    post.rpc.warp(HOUR)
    lost = HELD * tolerance // (4 * BPS) + 1 + beyond
    post.lose(1, lost)
    if beyond:
        with post.refused(TOO_MUCH):
            post.trim()
        return
    assert post.events(post.trim()) == post.trimmed((1, HELD - lost, HELD, lost))


@pytest.mark.parametrize("leak", [13, 25, 50])
def test_trim__strategy_keeps_more_than_a_quarter__is_refused_and_stays_noted(over: Post, leak: int) -> None:
    over.leak(1, leak, Group.REDEEM)
    noted = over.noted()
    with over.refused(TOO_MUCH):
        over.trim()
    assert over.noted() == noted
    over.leak(1, 12, Group.REDEEM)
    assert over.events(over.trim())[-2].fields["loss"] == OVER * 12 // BPS


def test_trim__strategy_keeps_more_than_its_tolerance__is_refused_as_the_vault_says(over: Post) -> None:
    over.leak(1, 51, Group.REDEEM)
    with over.refused(Refusal.SLIPPAGE):
        over.trim()


def test_trim__strategy_will_not_pay__is_refused_and_stays_noted(over: Post) -> None:
    over.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    noted = over.noted()
    with over.refused(Refusal.STRATEGY_CALL_FAILED):
        over.trim()
    assert over.noted() == noted


def test_trim__hostile_caller_for_a_week__loses_a_quarter_of_the_tolerance_of_the_excess_once(
    over: Post,
) -> None:
    """The caller owns the strategy, keeps all that a trim may lose and comes back whenever it may."""
    over.leak(1, 12, Group.REDEEM)
    before = over.idle() + over.position(1)[1]
    start = over.now()
    over.trim()
    for hour in range(1, 7 * 24, 12):
        over.at(start + hour * HOUR)
        with over.refused(WITHIN):
            over.trim()
    lost = before - over.idle() - over.position(1)[1]
    assert lost == OVER * 12 // BPS <= OVER * 50 // (4 * BPS) + 1


# ------------------------------------------------------------------ marks that lie


@pytest.mark.parametrize("down", [1, 5_000, 9_000])
def test_trim__mark_told_too_low__brings_more_home_and_loses_nothing(over: Post, down: int) -> None:
    over.dial(1, Group.READ, Mode.LIE_DOWN, down)
    told = HELD - HELD * down // BPS
    units = min(-(-OVER * HELD // told), HELD)
    assert over.events(over.trim()) == over.trimmed((1, units, units, 0))


@pytest.mark.parametrize("up", [13, 5_000, 10_000])
def test_trim__mark_told_too_high__is_refused(over: Post, up: int) -> None:
    over.dial(1, Group.READ, Mode.LIE_UP, up)
    with over.refused(TOO_MUCH):
        over.trim()


@pytest.mark.parametrize("mode", [Mode.REVERT_REASON, Mode.RETURN_MAX, Mode.RETURN_31, Mode.BURN_LOOP])
def test_trim__mark_not_told__goes_by_the_book(over: Post, mode: Mode) -> None:
    over.dial(1, Group.READ, mode)
    assert over.events(over.trim())[-2].fields["assets"] == OVER


@pytest.mark.parametrize("mark", [0, 1, HELD // 2, 2 * HELD, M112])
@pytest.mark.parametrize("cap", [(HELD - OVER, BPS), (M112, 1_500)], ids=["absolute", "relative"])
def test_trim__mark_not_poked__changes_no_excess(post: Post, mark: int, cap: tuple[int, int]) -> None:
    post.cap(1, *cap)
    before = excess(post)
    for identifier in (1, 2):
        post.mark(identifier, mark)
        assert excess(post) == before


@pytest.mark.parametrize("call", ["trim(uint256)", "set_cap(uint256,uint256,uint256)"])
def test_trim__strategy_calls_back__gets_nowhere(over: Post, call: str) -> None:
    over.cap(2, HELD - OVER)
    data = payload(call, 2) if call.startswith("trim") else payload(call, 1, M112, BPS)
    strategy = over.strategies[0]
    over.rpc.transact(STRANGER, strategy, "set_reentry(address,bytes)", over.executor, data)
    over.dial(1, Group.REDEEM, Mode.REENTER)
    over.trim()
    assert over.rpc.read(strategy, "reentry_attempts()") == 1
    assert over.rpc.read(strategy, "reentry_succeeded()", returns=("bool",)) is False
    assert over.noted(2) == 0


# ------------------------------------------------------------------ money


def give(post: Post, what: str) -> None:
    """Give assets or units away: to the Vault, or to what backs a strategy."""
    strategy = post.strategies[0]
    receiver = post.vault if what == "asset" else strategy
    for account, amount in ((STRANGER, HELD), (receiver, HELD)):
        post.rpc.transact(STRANGER, post.asset, "mint(address,uint256)", account, amount)
    if what == "units":
        post.rpc.transact(STRANGER, post.asset, APPROVE, strategy, HELD)
        post.rpc.transact(STRANGER, strategy, DEPOSIT, HELD, STRANGER)
        post.rpc.transact(STRANGER, strategy, TRANSFER, post.vault, HELD // 2)
    if what == "backing":
        post.rpc.transact(STRANGER, strategy, "gain(uint256)", HELD)


@pytest.mark.parametrize("what", ["asset", "units", "backing"])
@pytest.mark.parametrize("cap", [(HELD - OVER, BPS), (M112, 1_500)], ids=["absolute", "relative"])
def test_trim__gift__neither_makes_nor_removes_an_excess(post: Post, what: str, cap: tuple[int, int]) -> None:
    post.cap(2, HELD, 2_000)
    give(post, what)
    with post.refused(WITHIN):
        post.trim(2)
    post.cap(1, *cap)
    before = excess(post)
    give(post, what)
    assert excess(post) == before > 0


@pytest.mark.parametrize("way_out", [WITHDRAW, REDEEM, SLICE, EXIT_NOW])
def test_trim__money_borrowed_within_a_transaction__removes_no_excess(post: Post, way_out: str) -> None:
    """It would dilute the position below its part for a moment; but it cannot leave in that transaction."""
    for _ in range(2):  # opens petty cash
        post.rpc.warp(DAY)
        post.poke()
    post.cap(1, M112, 1_500)
    post.trim()
    noted = post.noted()
    caller, amount = deploy_caller(post.rpc), 2 * HELD
    shares = amount * post.virtual // 2
    out = {
        WITHDRAW: (post.vault, payload(WITHDRAW, amount // 2, caller, caller)),
        REDEEM: (post.vault, payload(REDEEM, shares, caller, caller)),
        SLICE: (post.vault, payload(SLICE, shares, caller, caller, 0)),
        EXIT_NOW: (post.queue, payload(EXIT_NOW, shares, caller, caller, 0, MAX_UINT)),
    }[way_out]
    calls = [
        (post.asset, payload(APPROVE, post.vault, amount), 0, True),
        (post.vault, payload(DEPOSIT, amount, caller), 0, True),
        (post.executor, payload("trim(uint256)", 1), 0, True),
        (*out, 0, True),
    ]
    petty = way_out in (WITHDRAW, REDEEM)
    with post.refused(Refusal.PETTY_CASH_SPENT if petty else Refusal.SEASONING):
        post.rpc.transact(STRANGER, caller, FLASH, post.asset, amount, calls)
    assert post.noted() == noted


def test_trim__own_money_deposited__counts_while_it_is_there(post: Post) -> None:
    """Nothing is manipulated: the position is within its part of what the Vault now holds."""
    post.cap(1, M112, 1_500)
    post.trim()
    post.deposit(DEPOSITOR, 2 * HELD)
    assert post.events(post.trim()) == []
    assert post.noted() == 0
    with post.refused(WITHIN):
        post.trim()


def test_trim__agent_puts_it_back__is_stopped_by_the_cap(over: Post) -> None:
    over.trim()
    with over.refused("executor: over absolute cap"):
        over.intent((1, 1, 0), agent=AGENT)
    over.at(over.now() + DAY)
    with over.refused(WITHIN):
        over.trim()
