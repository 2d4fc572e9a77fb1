"""Standing orders: who sets them, within which bounds, and what is forgotten with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.treasury import DEPLOYER, GOVERNOR, HOUR, STRANGER, deploy_vyper
from tests.unit.bed import EVERYONE, M112, ZERO, reverts
from tests.unit.events import event
from tests.unit.standing import (
    DEALLOCATE,
    DEFUND,
    GROUP,
    IDLE,
    LIQUIDITY,
    PRICE,
    REMOVE,
    SET_ORDER,
    STATE,
    TRIM,
    K,
    Order,
    Post,
)

NOT_GOVERNOR = "authority: not the governor"
MONTH = 2_592_000
FIELDS = ("uint256",) * 10
WATCHING = {"condition": PRICE, "watched": 1, "threshold": 1}


def stored(post: Post, identifier: int = 1) -> tuple[int, ...]:
    """The order behind an id."""
    return post.told("order(uint256)", identifier, returns=FIELDS)


# ------------------------------------------------------------------ set_order


@pytest.mark.parametrize(
    "order",
    [
        Order(PRICE, 1, 1, DEALLOCATE, 1, 1, 1, 0, HOUR, 0),
        Order(PRICE, 255, 9_999, TRIM, 255, M112, M112, M112 - 1, MONTH, M112),
        Order(LIQUIDITY, 1, 1, DEALLOCATE, 255, 2, M112, 1, HOUR, 0),
        Order(LIQUIDITY, 255, 10_000, DEALLOCATE, 1, 5, 6, 4, HOUR + 1, 8),
        Order(IDLE, 0, 1, TRIM, 2, 1, 1, 0, MONTH, 1),
        Order(IDLE, 0, 10_000, DEALLOCATE, 2, 1, 1, 0, MONTH - 1, 1),
        Order(STATE, 0, 1, DEALLOCATE, 3, 1, 1, 0, HOUR, 1),
        Order(STATE, 0, 2, TRIM, 3, 1, 1, 0, HOUR, 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("identifier", [1, 64])
def test_set_order__at_the_bounds__is_stored_and_told(post: Post, order: Order, identifier: int) -> None:
    receipt = post.call(GOVERNOR, SET_ORDER, identifier, order.tuple())
    assert stored(post, identifier) == order.tuple()
    assert post.memory(identifier) == (0, 0)
    assert post.events(receipt) == [event(post.reflexes, "OrderSet", id=identifier, order=order.tuple())]


NOTHING_WATCHED, WATCHES_VAULT = "reflexes: nothing watched", "reflexes: watches the Vault"
NO_CONDITION, NO_ACTION = "reflexes: no such condition", "reflexes: no such action"
NO_STATE, THRESHOLD = "reflexes: no such state", "reflexes: threshold out of range"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"condition": 0}, NO_CONDITION),
        ({"condition": PRICE | LIQUIDITY}, NO_CONDITION),
        ({"condition": IDLE | STATE}, NO_CONDITION),
        ({"condition": 15}, NO_CONDITION),
        ({"condition": GROUP | IDLE}, NO_CONDITION),
        ({"condition": 32}, None),
        (WATCHING | {"condition": GROUP, "threshold": 10_001}, THRESHOLD),
        (WATCHING | {"condition": GROUP, "watched": 0}, "reflexes: no such group"),
        (WATCHING | {"condition": GROUP, "watched": 32}, "reflexes: no such group"),
        ({"condition": STATE, "threshold": 0}, NO_STATE),
        ({"condition": STATE, "threshold": 3}, NO_STATE),
        ({"threshold": 0}, THRESHOLD),
        ({"threshold": 10_001}, THRESHOLD),
        (WATCHING | {"threshold": 0}, THRESHOLD),
        (WATCHING | {"threshold": 10_000}, THRESHOLD),
        (WATCHING | {"condition": LIQUIDITY, "threshold": 10_001}, THRESHOLD),
        ({"watched": 1}, WATCHES_VAULT),
        ({"condition": STATE, "threshold": 1, "watched": 1}, WATCHES_VAULT),
        (WATCHING | {"watched": 0}, NOTHING_WATCHED),
        (WATCHING | {"watched": 256}, NOTHING_WATCHED),
        (WATCHING | {"condition": LIQUIDITY, "watched": 0}, NOTHING_WATCHED),
        (WATCHING | {"condition": LIQUIDITY, "watched": 256}, NOTHING_WATCHED),
        ({"action": 0}, NO_ACTION),
        ({"action": DEALLOCATE | TRIM}, NO_ACTION),
        ({"action": 4}, None),
        ({"target": 0}, "reflexes: no such strategy"),
        ({"target": 256}, "reflexes: no such strategy"),
        ({"least": 0}, "reflexes: least out of range"),
        ({"least": 2, "most": 1}, "reflexes: least out of range"),
        ({"most": M112 + 1}, "reflexes: amount too large"),
        ({"max_loss": 1}, "reflexes: max_loss over least"),
        ({"least": K, "max_loss": K}, "reflexes: max_loss over least"),
        ({"action": TRIM, "max_loss": 1}, "reflexes: max_loss over least"),
        ({"bounty": M112 + 1}, "reflexes: amount too large"),
        ({"cooldown": HOUR - 1}, "reflexes: cooldown out of range"),
        ({"cooldown": MONTH + 1}, "reflexes: cooldown out of range"),
    ],
    ids=str,
)
def test_set_order__one_over__is_refused(post: Post, changes: dict[str, int], reason: str | None) -> None:
    with post.refused(reason):
        post.order(**changes)


@pytest.mark.parametrize("identifier", [0, 65, 2**256 - 1])
def test_set_order__id_out_of_range__is_refused(post: Post, identifier: int) -> None:
    with post.refused("reflexes: id out of range"):
        post.order(identifier)


def test_set_order__again__forgets_what_was_remembered(post: Post) -> None:
    post.redeemable(1, 0)
    changes = {"condition": LIQUIDITY, "watched": 1, "threshold": 800, "target": 2}
    post.order(**changes)
    post.fire()
    armed = post.now()
    assert post.memory() == (0, armed)
    post.at(armed + HOUR)
    post.fire()
    assert post.memory() == (armed + HOUR, 0)
    post.order(**changes)
    assert post.memory() == (0, 0)
    post.fire()
    assert post.memory() == (0, post.now())


def test_set_order__again__replaces_that_one_alone(post: Post) -> None:
    post.order(1, most=7)
    post.order(2, most=8)
    post.order(1, most=9)
    assert stored(post, 1) == replace(Order(), most=9).tuple()
    assert stored(post, 2) == replace(Order(), most=8).tuple()


# ------------------------------------------------------------------ remove_order


def test_remove_order__set__is_gone_and_told(post: Post) -> None:
    post.order()
    post.fire()
    receipt = post.call(GOVERNOR, REMOVE, 1)
    assert post.events(receipt) == [event(post.reflexes, "OrderRemoved", id=1)]
    assert stored(post) == (0,) * 10
    for call in (lambda: post.fire(), lambda: post.check(), lambda: post.call(GOVERNOR, REMOVE, 1)):
        with post.refused("reflexes: no such order"):
            call()


@pytest.mark.parametrize("identifier", [0, 2, 64, 65, 2**256 - 1])
def test_remove_order__never_set__is_refused(post: Post, identifier: int) -> None:
    post.order()
    with post.refused("reflexes: no such order"):
        post.call(GOVERNOR, REMOVE, identifier)
    with post.refused("reflexes: no such order"):
        post.fire(identifier)


def test_remove_order__set_anew__remembers_nothing(post: Post) -> None:
    post.order()
    post.fire()
    post.call(GOVERNOR, REMOVE, 1)
    post.order()
    assert post.memory() == (0, 0)
    post.fire()


# ------------------------------------------------------------------ roles


GOVERNED: dict[str, tuple[Any, ...]] = {
    SET_ORDER: (1, Order().tuple()),
    REMOVE: (1,),
    DEFUND: (STRANGER, 0),
    "seal()": (),
}


@pytest.mark.parametrize("signature", GOVERNED)
def test_governed__any_other_role__is_refused(post: Post, signature: str) -> None:
    post.order()
    for role in sorted(set(EVERYONE) - {"governor"}):
        with post.refused(NOT_GOVERNOR):
            post.call(EVERYONE[role], signature, *GOVERNED[signature])


def test_seal__deployer__may_everything_before_and_nothing_after(post: Post) -> None:
    values = (post.executor, GOVERNOR)
    post.reflexes = deploy_vyper(post.rpc, "contracts/Reflexes.vy", ["address", "address"], values)
    assert not post.told("is_sealed()", returns=("bool",))
    post.order(sender=DEPLOYER)
    post.call(DEPLOYER, DEFUND, STRANGER, 0)
    post.call(DEPLOYER, REMOVE, 1)
    receipt = post.call(DEPLOYER, "seal()")
    assert post.events(receipt) == [event(post.reflexes, "Sealed")]
    assert post.told("is_sealed()", returns=("bool",))
    with post.refused(NOT_GOVERNOR):
        post.order(sender=DEPLOYER)
    with post.refused("authority: already sealed"):
        post.call(GOVERNOR, "seal()")


# ------------------------------------------------------------------ constructor, views


def test_constructor__executor_and_governor__read_back(post: Post) -> None:
    assert post.told("executor()", returns=("address",)) == post.executor.lower()
    assert post.told("governor()", returns=("address",)) == GOVERNOR.lower()
    assert post.told("budget()") == post.told("bounty_of(address)", STRANGER) == 0


@pytest.mark.parametrize("which", ["executor", "governor"])
def test_constructor__nobody__is_refused(post: Post, which: str) -> None:
    values = (ZERO, GOVERNOR) if which == "executor" else (post.executor, ZERO)
    with reverts(None if which == "executor" else "authority: no governor"):
        deploy_vyper(post.rpc, "contracts/Reflexes.vy", ["address", "address"], values)


@pytest.mark.parametrize("identifier", [0, 1, 65])
def test_order__never_set__is_zero(post: Post, identifier: int) -> None:
    assert stored(post, identifier) == (0,) * 10
    assert post.memory(identifier) == (0, 0)
