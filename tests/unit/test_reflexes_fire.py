"""fire: who may, how often, how much moves, what it may lose, and what the mandate still decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.modes import Group, Mode
from tests.treasury import AGENT, DEPOSITOR, GOVERNOR, GUARDIAN, HOUR, LEAVER, STRANGER
from tests.unit.bed import (
    BPS,
    EVERYONE,
    M112,
    Refusal,
    calling_constructor,
    ceil_div,
    deploy_caller,
    payload,
    reverts,
)
from tests.unit.desk import ALLOCATES, DEALLOCATES, M100
from tests.unit.events import event
from tests.unit.standing import FIRE, HELD, REMOVE, STATE, K, Order, Post

NOT_ACCOUNT = "reflexes: not an account"
TOO_LITTLE = "reflexes: too little liquid"
MONTH = 2_592_000


# ------------------------------------------------------------------ who


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_fire__any_account__may(post: Post, role: str) -> None:
    post.order()
    assert post.answer() == 50 * K
    receipt = post.fire(sender=EVERYONE[role])
    fired = event(post.reflexes, "Fired", id=1, by=EVERYONE[role], level=4_000, assets=50 * K, bounty=0)
    assert post.events(receipt) == [*post.brought(Order(), 50 * K, 50 * K, 50 * K), fired]
    assert post.memory() == (post.now(), 0)


def test_fire__contract__is_refused(post: Post) -> None:
    post.order()
    caller = deploy_caller(post.rpc)
    calls = [(post.reflexes, payload(FIRE, 1), 0, True)]
    with post.refused(NOT_ACCOUNT):
        post.rpc.transact(STRANGER, caller, "multi((address,bytes,uint256,bool)[])", calls)
    with post.refused(NOT_ACCOUNT):
        post.fire(sender=caller)


def test_fire__contract_that_has_no_code_yet__is_refused(post: Post) -> None:
    post.order()
    with post.refused(NOT_ACCOUNT):
        post.rpc.send({"from": STRANGER, "data": calling_constructor(post.reflexes, payload(FIRE, 1))})
    post.rpc.send({"from": STRANGER, "data": calling_constructor(post.asset, payload("decimals()"))})


def test_fire__account_with_code__is_refused(post: Post) -> None:
    post.order()
    post.rpc.call("anvil_setCode", STRANGER, "0x00")
    with post.refused(NOT_ACCOUNT):
        post.fire()


# ------------------------------------------------------------------ how often


@pytest.mark.parametrize("cooldown", [HOUR, 12 * HOUR, MONTH])
def test_fire__cooldown__ends_at_its_last_second(post: Post, cooldown: int) -> None:
    post.order(cooldown=cooldown)
    post.fire()
    then = post.now() + cooldown
    with post.refused("reflexes: cooling down"):
        post.fire()
    post.at(then - 1)
    with post.refused("reflexes: cooling down"):
        post.fire()
    post.at(then)
    post.fire()
    assert post.memory() == (then, 0)


def test_fire__another_order__cools_down_by_itself(post: Post) -> None:
    post.order(1)
    post.order(2, target=2)
    post.fire(1)
    post.fire(2)
    for identifier in (1, 2):
        with post.refused("reflexes: cooling down"):
            post.fire(identifier)


def test_fire__refused__starts_no_cooldown(post: Post) -> None:
    post.order(least=50 * K)
    post.liquid(1, 50 * K - 1)
    with post.refused(TOO_LITTLE):
        post.fire()
    post.liquid(1, 50 * K)
    post.fire()


# ------------------------------------------------------------------ how much


@pytest.mark.parametrize(
    ("liquid", "most", "moved"),
    [
        (M112, 50 * K, 50 * K),
        (50 * K + 1, 50 * K, 50 * K),
        (50 * K, 50 * K, 50 * K),
        (50 * K - 1, 50 * K, 50 * K - 1),
        (1, 50 * K, 1),
        (M112, HELD - 1_000, HELD - 1_000),
        (M112, HELD, HELD),
        (M112, M112, HELD),
    ],
)
def test_fire__amount__is_the_least_of_most_and_what_is_liquid(
    post: Post, liquid: int, most: int, moved: int
) -> None:
    post.order(most=most)
    post.redeemable(1, liquid)
    idle = post.idle()
    receipt = post.fire()
    order = replace(Order(), most=most)
    assert post.events(receipt) == [*post.brought(order, moved, moved, moved), post.fired(4_000, moved)]
    assert post.idle() == idle + moved
    assert post.position(1)[0] == HELD - moved


@pytest.mark.parametrize(("least", "passes"), [(10 * K, True), (10 * K + 1, False)])
def test_fire__less_liquid_than_the_least__is_refused(post: Post, least: int, passes: bool) -> None:
    post.order(least=least)
    post.liquid(1, 10 * K)
    if passes:
        assert post.events(post.fire())[-1] == post.fired(4_000, 10 * K)
        return
    with post.refused(TOO_LITTLE):
        post.fire()


@pytest.mark.parametrize("target", [4, 255])
def test_fire__target_not_listed__is_refused(post: Post, target: int) -> None:
    post.order(target=target)
    with post.refused(TOO_LITTLE):
        post.fire()


def test_fire__target_empty__is_refused(post: Post) -> None:
    post.order()
    post.intent((1, -(2**255), 0))
    with post.refused(TOO_LITTLE):
        post.fire()


@pytest.mark.parametrize(
    ("mode", "param"),
    [(Mode.REVERT_REASON, 0), (Mode.RETURN_MAX, 0), (Mode.RETURN_VALUE, M112 + 1), (Mode.RETURN_31, 0)],
    ids=lambda value: getattr(value, "name", value),
)
def test_fire__target_silent_on_liquidity__is_refused(post: Post, mode: Mode, param: int) -> None:
    post.order()
    post.dial(1, Group.MAX, mode, param)
    with post.refused(TOO_LITTLE):
        post.fire()


@pytest.mark.parametrize("mode", [Mode.REVERT_REASON, Mode.RETURN_MAX, Mode.RETURN_31])
def test_fire__target_silent_on_its_value__counts_at_its_book(post: Post, mode: Mode) -> None:
    post.order(most=M112, least=HELD // 2)
    post.redeemable(1, HELD // 2)
    post.dial(1, Group.READ, mode)
    assert post.events(post.fire())[-1] == post.fired(4_000, HELD // 2)


def test_fire__target_quarantined__still_comes_home(post: Post) -> None:
    post.order(most=M112)
    post.quarantine(1)
    assert post.events(post.fire())[-1] == post.fired(4_000, HELD)


def test_fire__strategy_will_not_pay__is_refused_as_the_vault_says(post: Post) -> None:
    post.order()
    post.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    with post.refused(Refusal.STRATEGY_CALL_FAILED):
        post.fire()


# ------------------------------------------------------------------ what may be lost


@pytest.mark.parametrize("rest", [1, 999])
def test_fire__rest_too_small_to_keep__counts_as_lost(post: Post, rest: int) -> None:
    post.order(most=HELD - rest, least=K, max_loss=rest - 1)
    with post.refused("executor: over own max loss"):
        post.fire()
    post.order(most=HELD - rest, least=K, max_loss=rest)
    post.fire()
    assert post.position(1)[0] == 0


@pytest.mark.parametrize(("max_loss", "passes"), [(-1, False), (0, True), (1, True)])
def test_fire__loss__is_at_most_the_order_s(post: Post, max_loss: int, passes: bool) -> None:
    lost = 50 * K * 20 // BPS
    post.order(least=K, max_loss=lost + max_loss)
    post.leak(1, 20, Group.REDEEM)
    if not passes:
        with post.refused("executor: over own max loss"):
            post.fire()
        return
    order = replace(Order(), least=K, max_loss=lost + max_loss)
    receipt = post.fire()
    told = post.brought(order, 50 * K - lost, 50 * K, 50 * K, loss=lost)
    assert post.events(receipt) == [*told, post.fired(4_000, 50 * K - lost)]


def test_fire__loss_over_the_tolerance__is_refused_as_the_vault_says(post: Post) -> None:
    post.order(least=K, max_loss=K - 1)
    post.leak(1, 51, Group.REDEEM)
    with post.refused(Refusal.SLIPPAGE):
        post.fire()


def test_fire__target_tells_too_high_a_price__is_a_loss_and_no_way_to_move_less(post: Post) -> None:
    post.dial(1, Group.READ, Mode.LIE_UP, BPS)
    post.order()
    with post.refused("executor: over own max loss"):
        post.fire()
    post.order(least=50 * K, max_loss=K)
    with post.refused(Refusal.BELOW_LIMIT):
        post.fire()


def test_fire__loss__is_charged_to_its_own_budget_and_never_refused(post: Post) -> None:
    post.empower(loss=1)
    post.order(least=K, max_loss=K - 1)
    post.leak(1, 20, Group.REDEEM)
    post.fire()
    spent = post.rpc.read(post.executor, "loss_budget(address)", post.reflexes, returns=("uint256",) * 2)
    assert spent == (1, 50 * K * 20 // BPS)
    assert post.loss()[1] == 0
    post.rpc.warp(HOUR)
    post.fire()


# ------------------------------------------------------------------ the mandate


def test_fire__never_granted__is_refused(post: Post) -> None:
    post.order()
    post.command("revoke(address)", post.reflexes, sender=GUARDIAN)
    with post.refused("executor: no mandate"):
        post.fire()
    post.empower()
    post.fire()


def test_fire__expired__is_refused_from_its_last_second_on(post: Post) -> None:
    post.order()
    expiry = post.now() + HOUR
    post.empower(expiry=expiry)
    post.at(expiry + 1)
    with post.refused("executor: mandate expired"):
        post.fire()
    post.empower(expiry=post.now() + 2)
    post.fire()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"strategies": 0b1100}, "executor: strategy not allowed"),
        ({"permissions": ALLOCATES}, "executor: may not deallocate"),
    ],
    ids=str,
)
def test_fire__outside_its_mandate__is_refused(post: Post, changes: dict[str, int], reason: str) -> None:
    post.order()
    post.empower(**changes)
    with post.refused(reason):
        post.fire()


def test_fire__mandate_of_others__is_neither_needed_nor_touched(post: Post) -> None:
    post.order(least=K, max_loss=K - 1)
    post.leak(1, 20, Group.REDEEM)
    post.command("revoke(address)", AGENT, sender=GUARDIAN)
    keys = ("flow_budget(address)", "loss_budget(address)")
    post.rpc.warp(post.epoch)
    before = [post.rpc.read(post.executor, key, AGENT, returns=("uint256",) * 2) for key in keys]
    post.fire()
    assert before == [post.rpc.read(post.executor, key, AGENT, returns=("uint256",) * 2) for key in keys]


def test_fire__permission_to_allocate__is_never_used(post: Post) -> None:
    post.empower(permissions=ALLOCATES | DEALLOCATES, flow=M100)
    post.order(most=M112)
    post.fire()
    budget = post.rpc.read(post.executor, "flow_budget(address)", post.reflexes, returns=("uint256",) * 2)
    assert budget == (M100 // 10**19 * 10**19, 0)


@pytest.mark.parametrize("state", [1, 2])
def test_fire__not_calm__works(post: Post, state: int) -> None:
    post.order(condition=STATE, threshold=state)
    post.latch(state)
    post.fire()


def test_fire__vault_never_poked_for_long__works(post: Post) -> None:
    post.order()
    post.rpc.warp(10 * post.epoch)
    post.fire()


# ------------------------------------------------------------------ those who have left


def left(post: Post) -> int:
    """A tenth of strategy 1 waits, nothing of it is liquid; returns how many units wait."""
    post.share_out()
    post.drain(1)
    post.settled(LEAVER)
    return post.waiting(1)


def test_fire__leavers_wait__they_get_their_part_first(post: Post) -> None:
    waiting = left(post)
    units = post.units(1)
    liquid = 60 * K
    post.liquid(1, liquid)
    theirs = ceil_div(liquid * waiting, units + waiting)
    post.order(most=M112)
    level = post.check()[1]
    receipt = post.fire()
    assert post.waiting(1) == waiting - theirs
    assert post.units(1) == units - (liquid - theirs)
    assert post.events(receipt)[-1] == post.fired(level, liquid - theirs)


def test_fire__leavers_wait_and_nothing_is_covered__is_refused(post: Post) -> None:
    left(post)
    post.order(most=M112)
    with post.refused(TOO_LITTLE):
        post.fire()
    post.redeemable(1, M112)
    post.dial(1, Group.LIQUIDITY, Mode.LIMITED, 0)
    with reverts(f"vault: {Refusal.NOT_LIQUID.value}"):
        post.fire()


def test_fire__leavers_wait__brings_the_least_or_nothing(post: Post) -> None:
    waiting = left(post)
    units = post.units(1)
    post.liquid(1, 60 * K)
    ours = 60 * K - ceil_div(60 * K * waiting, units + waiting)
    post.order(least=ours + 1, most=60 * K)
    with post.refused(Refusal.BELOW_LIMIT):
        post.fire()
    post.order(least=ours, most=60 * K)
    post.fire()
    assert post.memory() == (post.now(), 0)


# ------------------------------------------------------------------ what cannot be


def test_fire__removed_in_between__is_refused(post: Post) -> None:
    post.order()
    post.call(GOVERNOR, REMOVE, 1)
    with post.refused("reflexes: no such order"):
        post.fire()


def test_fire__strategy_calls_back__changes_nothing(post: Post) -> None:
    post.order(1)
    post.order(2, target=2)
    strategy = post.strategies[0]
    post.rpc.transact(STRANGER, strategy, "set_reentry(address,bytes)", post.reflexes, payload(FIRE, 2))
    post.dial(1, Group.REDEEM, Mode.REENTER, 0)
    post.fire(1, sender=DEPOSITOR)
    read = post.rpc.read
    assert read(strategy, "reentry_attempts()") == 1
    assert read(strategy, "reentry_succeeded()", returns=("bool",)) is False
    assert post.memory(2) == (0, 0)
