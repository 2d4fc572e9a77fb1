"""What Reflexes can do at most: bring capital home, over random orders and worlds, for the worst caller."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.devnet.abi import decode, selector
from ganglion.devnet.errors import Reverted
from tests.modes import Group, Mode
from tests.treasury import AGENT, DAY, ETHER, GOVERNOR, HOUR, INTENT, LEAVER, MANDATE, MEMORY, STRANGER
from tests.unit.bed import BPS, M112, deploy_caller, payload, reverts
from tests.unit.desk import EXECUTE, Mandate, draft
from tests.unit.journal import Kind
from tests.unit.standing import (
    DEALLOCATE,
    FIRE,
    GROUP,
    HELD,
    IDLE,
    LIQUIDITY,
    PRICE,
    SET_ORDER,
    STATE,
    TRIM,
    K,
    Order,
    Post,
    open_post,
)

M48 = 2**48 - 1
REDUCING = {
    "Deallocated",
    "Unwound",
    "Dipped",
    "StrategyClosed",
    "Journaled",
    "OverCap",
    "Trimmed",
    "Armed",
    "Fired",
}

identifiers = st.integers(1, 3)
THRESHOLDS = {
    IDLE: [BPS, 6_000, 4_000],
    PRICE: [1, 300],
    LIQUIDITY: [BPS, 5_000, 800],
    STATE: [1, 2],
    GROUP: [1, 3_000, BPS],
}


@st.composite
def standing_orders(draw: Callable[..., Any]) -> Order:
    """Orders that are likely to be met at some time."""
    condition = draw(st.sampled_from(list(THRESHOLDS)))
    least = draw(st.sampled_from([1, 1, K, 20 * K]))
    return Order(
        condition=condition,
        watched=draw(identifiers) if condition in (PRICE, LIQUIDITY, GROUP) else 0,
        threshold=draw(st.sampled_from(THRESHOLDS[condition])),
        action=draw(st.sampled_from([DEALLOCATE, DEALLOCATE, TRIM])),
        target=draw(identifiers),
        least=least,
        most=draw(st.sampled_from([least, max(least, 50 * K), HELD, M112])),
        max_loss=draw(st.integers(0, least - 1)),
        bounty=draw(st.sampled_from([0, K])),
    )


def _leave(post: Post, part: int) -> None:
    post.exit_now(LEAVER, post.shares(LEAVER) * part // BPS, tries=0)


TURNS: dict[str, Callable[[Post, int, int], object]] = {
    "lies up": lambda post, i, n: post.dial(i, Group.READ, Mode.LIE_UP, n),
    "lies down": lambda post, i, n: post.dial(i, Group.READ, Mode.LIE_DOWN, n),
    "is silent": lambda post, i, n: post.fail(i),
    "tells the truth": lambda post, i, n: post.fail(i, False),
    "loses": lambda post, i, n: post.lose(i, post.worth(i) * n // BPS // 20),
    "gains": lambda post, i, n: post.gain(i, HELD * n // BPS // 20),
    "dries up": lambda post, i, n: post.liquid(i, HELD * n // BPS),
    "is liquid": lambda post, i, n: post.refill(i),
    "lies about liquidity": lambda post, i, n: post.redeemable(i, HELD * n // BPS),
    "leaks": lambda post, i, n: post.leak(i, n // 100, Group.REDEEM),
    "is poked": lambda post, i, n: post.poke(),
    "stressed": lambda post, i, n: post.latch(n % 2),
    "is left": lambda post, i, n: _leave(post, n),
    "is cut": lambda post, i, n: post.cap(i, HELD * n // BPS),
    "waits": lambda post, i, n: post.rpc.warp(DAY),
}
turns = st.tuples(st.sampled_from(sorted(TURNS)), identifiers, st.integers(0, BPS))


def guard(post: Post, identifier: int, units: int) -> int:
    """Units at the guard reference, asset wei."""
    word = post.word(MEMORY, identifier)
    prices = [(word >> shift) & M48 for shift in (0, 48, 96, 144)]
    return units * min(max(prices[:2]), max(prices[2:])) >> (word >> 248)


def _counted(post: Post) -> dict[str, Any]:
    strategies = (1, 2, 3)
    return {
        "idle": post.idle(),
        "units": [post.units(i) for i in strategies],
        "waiting": [post.waiting(i) for i in strategies],
        "supply": post.supply(),
        "guards": [guard(post, i, post.units(i)) for i in strategies],
        "caps": [
            post.rpc.read(post.executor, "cap(uint256)", i, returns=("uint256",) * 3) for i in strategies
        ],
        "budgets": (post.flow()[0], post.loss()[0]),
    }


def _intents(post: Post, receipt: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The intents that the Reflexes asked of the Executor in a transaction."""
    trace = post.rpc.call("debug_traceTransaction", receipt["transactionHash"], {"tracer": "callTracer"})
    calls = [bytes.fromhex(call["input"][2:]) for call in trace.get("calls", [])]
    return [decode([INTENT], data[4:])[0] for data in calls if data[:4] == selector(EXECUTE)]


def _check_reduces(post: Post, order: Order, before: dict[str, Any], receipt: dict[str, Any]) -> None:
    after, events = _counted(post), post.events(receipt)
    assert {each.name for each in events} <= REDUCING
    assert after["idle"] >= before["idle"]
    for kind in ("units", "waiting"):
        assert all(new <= old for new, old in zip(after[kind], before[kind], strict=True))
    for kind in ("supply", "caps", "budgets"):
        assert after[kind] == before[kind]
    moved = [each.fields for each in events if each.name == "Deallocated"]
    assert sum(each["assets"] for each in moved) == after["idle"] - before["idle"]
    for each in moved:
        assert each["id"] == order.target
        if order.action == DEALLOCATE:
            assert each["loss"] <= order.max_loss
            assert each["assets"] >= order.least - order.max_loss
            fallen = before["guards"][each["id"] - 1] - after["guards"][each["id"] - 1]
            assert fallen <= each["assets"] + order.max_loss + 1
    for each in (each.fields for each in events if each.name == "Journaled"):
        assert (each["kind"], each["agent"]) in ((Kind.INTENT, post.reflexes), (Kind.TRIM, post.reflexes))
        ((target, assets, _, _),) = each["moves"]
        assert target == order.target
        assert assets < 0
    for intent in _intents(post, receipt):
        ((target, assets, limit),) = intent[1]
        assert (target, limit) == (order.target, order.least - order.max_loss)
        assert -order.most <= assets < 0


@given(
    orders=st.lists(standing_orders(), min_size=3, max_size=3),
    world=st.lists(turns, min_size=6, max_size=12),
)
def test_fire__any_orders_in_any_world__only_reduces_risk(
    reach: Callable[..., Post], orders: list[Order], world: list[tuple[str, int, int]]
) -> None:
    post = reach(("post", open_post))
    post.share_out()
    post.pay_in(K)
    for number, members in enumerate((0b0110, 0b1110), 1):
        post.command("set_group(uint256,uint256,uint256,uint256)", number, members, M112, BPS)
    for number, order in enumerate(orders, 1):
        post.call(GOVERNOR, SET_ORDER, number, order.tuple())
    for turn, identifier, size in world:
        with suppress(Reverted):
            TURNS[turn](post, identifier, size)
        post.rpc.warp(HOUR)
        for number, order in enumerate(orders, 1):
            before = _counted(post)
            with suppress(Reverted):
                _check_reduces(post, order, before, post.fire(number))


# ------------------------------------------------------------------ no other power


FORBIDDEN: list[tuple[str, str, tuple[Any, ...], str]] = [
    ("vault", "allocate(uint256,uint256,uint256)", (1, K, 0), "vault: 1"),
    ("vault", "deallocate(uint256,uint256,uint256)", (1, K, 0), "vault: 1"),
    ("vault", "latch(uint256)", (1,), "vault: 1"),
    ("vault", "configure(uint256,uint256,uint256)", (4, 0, 0), "vault: 1"),
    ("vault", "recover(address,address,uint256)", (STRANGER, STRANGER, 0), "vault: 1"),
    ("executor", EXECUTE, ((1, K, 0),), "executor: may not allocate"),
    (
        "executor",
        f"set_mandate(address,{MANDATE})",
        (STRANGER, Mandate().tuple()),
        "authority: not the governor",
    ),
    ("executor", "revoke(address)", (AGENT,), "authority: not a guardian"),
    ("executor", "set_cap(uint256,uint256,uint256)", (1, 0, 0), "executor: not the curator"),
    ("executor", "cut(uint256,uint256,uint256)", (1, 0, 0), "authority: not a guardian"),
    ("steward", "set_ceiling(uint256,uint256)", (1, 0), "authority: not a guardian"),
    ("steward", "set_entry_paused(bool)", (True,), "authority: not a guardian"),
    ("steward", "write_down(uint256)", (1,), "authority: not the governor"),
    ("sentinel", "beat()", (), "sentinel: not the Safe"),
    ("sentinel", "wind_down()", (), "authority: not the governor"),
]


@pytest.mark.parametrize(("contract", "signature", "arguments", "reason"), FORBIDDEN)
def test_reflexes__any_other_power__is_refused(
    post: Post, contract: str, signature: str, arguments: tuple[Any, ...], reason: str
) -> None:
    post.rpc.call("anvil_setBalance", post.reflexes, hex(ETHER))
    if signature == EXECUTE:
        arguments = (draft(*arguments, agent=post.reflexes),)
    with post.refused(reason):
        post.rpc.transact(post.reflexes, getattr(post, contract), signature, *arguments)


# ------------------------------------------------------------------ the worst caller


def value(post: Post) -> int:
    """Idle, and what the strategies' units are truly worth, asset wei."""
    return post.idle() + sum(post.worth(identifier) for identifier in (1, 2, 3))


@pytest.mark.parametrize("leak", [0, 10, 50])
def test_fire__hostile_caller_for_a_day__costs_loss_and_bounty_once_a_cooldown(post: Post, leak: int) -> None:
    """The caller owns the strategy too: it tells a price low enough, and keeps what the tolerance allows."""
    max_loss, bounty, cooldown, rounds = 40 * 10**6, 5 * 10**6, 4 * HOUR, 24
    post.pay_in(K)
    post.order(
        condition=PRICE,
        watched=1,
        threshold=300,
        least=8 * K,
        most=8 * K,
        max_loss=max_loss,
        cooldown=cooldown,
        bounty=bounty,
    )
    before, start, fired = value(post), post.now(), 0
    post.dial(1, Group.READ, Mode.LIE_DOWN, 301)
    post.leak(1, leak, Group.REDEEM)
    for hour in range(rounds):
        post.at(start + (hour + 1) * HOUR)
        with suppress(Reverted):
            post.fire()
            fired += 1
        with reverts("reflexes: cooling down" if fired else "executor: over own max loss"):
            post.fire()
    post.dial(1, Group.READ, Mode.HONEST)
    most = 1 + rounds * HOUR // cooldown
    assert fired == (0 if leak == 50 else 6)
    assert fired <= most
    assert before - value(post) <= fired * max_loss
    assert K - post.told("budget()") == fired * bounty == post.told("bounty_of(address)", STRANGER)


def test_fire__many_times_in_one_transaction__is_refused_each_time(post: Post) -> None:
    post.order()
    caller = deploy_caller(post.rpc)
    calls = [(post.reflexes, payload(FIRE, 1), 0, False)] * 8
    before = post.fingerprint()
    post.rpc.transact(STRANGER, caller, "multi((address,bytes,uint256,bool)[])", calls)
    assert post.fingerprint() == before


def test_fire__borrowed_within_a_transaction__makes_no_condition_true(post: Post) -> None:
    """A caller drains the strategy, fires and repays in one transaction: the firing is refused."""
    post.order(condition=LIQUIDITY, watched=1, threshold=800, target=2)
    caller = deploy_caller(post.rpc)
    strategy = post.strategies[0]
    low = payload("set_mode(uint8,uint8,uint256)", Group.MAX, Mode.RETURN_VALUE, 0)
    high = payload("set_mode(uint8,uint8,uint256)", Group.MAX, Mode.HONEST, 0)
    calls = [(strategy, low, 0, True), (post.reflexes, payload(FIRE, 1), 0, False), (strategy, high, 0, True)]
    post.rpc.transact(STRANGER, caller, "multi((address,bytes,uint256,bool)[])", calls)
    assert post.memory() == (0, 0)
    assert post.check() == (False, BPS)


def test_fire__drained_to_the_least__uses_the_cooldown_for_the_least(post: Post) -> None:
    """What a caller with own capital can do to an order: let it act on little, but never below `least`."""
    post.order(least=20 * K)
    post.liquid(1, 20 * K - 1)
    with post.refused("reflexes: too little liquid"):
        post.fire()
    post.liquid(1, 20 * K)
    assert post.events(post.fire())[-1] == post.fired(4_000, 20 * K)
    post.refill(1)
    with post.refused("reflexes: cooling down"):
        post.fire()
    post.rpc.warp(HOUR)
    assert post.events(post.fire())[-1].fields["assets"] == 50 * K
