"""Sequence, relayer, and the order in which an intent is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.treasury import AGENT, DEPOSITOR, GOVERNOR, GUARDIAN, MAX_UINT, STRANGER
from tests.unit.agents import BAD, KEY, employ
from tests.unit.bed import EVERYONE
from tests.unit.desk import ALLOCATES, DEALLOCATES, EXECUTE, Desk, draft
from tests.unit.standing import K

WRONG = "executor: wrong sequence"


# ------------------------------------------------------------------ sequence


def test_sequence__expected__is_the_next(desk: Desk) -> None:
    for number in (1, 2, 3):
        with desk.refused(WRONG):
            desk.intent((1, K, 0), sequence=number + 1)
        desk.intent((1, K, 0), sequence=number)
        assert desk.standing().sequence == number
        with desk.refused(WRONG):
            desk.intent((1, K, 0), sequence=number)


def test_sequence__none_expected__is_counted_all_the_same(desk: Desk) -> None:
    desk.intent((1, K, 0))
    desk.intent((1, -K, 0))
    desk.intent((1, K, 0), sequence=3)


@pytest.mark.parametrize("number", [2**24, 2**24 + 1, MAX_UINT])
def test_sequence__absurd__is_wrong(desk: Desk, number: int) -> None:
    with desk.refused(WRONG):
        desk.intent((1, K, 0), sequence=number)


def test_sequence__both_ways__are_counted_together(desk: Desk) -> None:
    employ(desk, KEY.address)
    desk.intent((1, K, 0), agent=KEY.address)
    intent = draft((1, K, 0), agent=KEY.address, nonce=9, sequence=2)
    desk.relay(intent, KEY.sign(desk.digest(intent)))
    assert desk.standing(KEY.address).sequence == 2
    assert desk.standing(AGENT).sequence == 0


def test_sequence__beat_revival_and_new_mandate__are_not_counted(desk: Desk) -> None:
    desk.intent((1, K, 0))
    desk.command("beat()", sender=AGENT)
    desk.command("revive(address)", AGENT)
    desk.grant()
    assert desk.standing().sequence == 1
    desk.intent((1, K, 0), sequence=2)


def test_sequence__refused_intent__is_not_counted(desk: Desk) -> None:
    with desk.refused("executor: empty move"):
        desk.intent((1, 0, 0), sequence=1)
    assert desk.standing().sequence == 0


# ------------------------------------------------------------------ relayer


def test_relayer__agent_sends_for_itself__must_be_the_one_named(desk: Desk) -> None:
    with desk.refused("executor: not the relayer"):
        desk.intent((1, K, 0), relayer=STRANGER)
    desk.intent((1, K, 0), relayer=AGENT)


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"agent"}))
def test_execute__intent_of_another__is_refused(desk: Desk, role: str) -> None:
    with desk.refused("executor: not the agent"):
        desk.command(EXECUTE, draft((1, K, 0), relayer=EVERYONE[role]), sender=EVERYONE[role])


# ------------------------------------------------------------------ order of refusals


def test_execute_signed__everything_wrong__is_refused_in_the_documented_order(desk: Desk) -> None:
    employ(desk, KEY.address, expiry=desk.now() + 1_000)
    desk.command("cancel_nonces(uint256,uint256)", 0, 2, sender=KEY.address)
    wrong = {"agent": KEY.address, "nonce": 0, "sequence": 5, "relayer": DEPOSITOR, "deadline": 0}
    steps: list[tuple[str, dict[str, Any], Any]] = [
        ("executor: no nonce", {}, None),
        ("executor: deadline passed", {"nonce": 1}, None),
        ("executor: no mandate", {"deadline": 2**32}, "revoked"),
        ("executor: mandate expired", {}, "expired"),
        ("executor: no moves", {}, "granted"),
    ]
    moves: tuple[tuple[int, int, int], ...] = ()
    for reason, change, turn in steps:
        wrong |= change
        if turn == "revoked":
            desk.command("revoke(address)", KEY.address, sender=GUARDIAN)
        elif turn == "expired":
            employ(desk, KEY.address, expiry=desk.now() - 1)
        elif turn == "granted":
            employ(desk, KEY.address, heartbeat=1, permissions=DEALLOCATES, strategies=0)
            desk.rpc.warp(10)
        with desk.refused(reason):
            desk.relay(draft(*moves, **wrong), b"")
    moves = ((1, K, 0),)
    later = [
        ("executor: not the relayer", {"relayer": DEPOSITOR}),
        ("executor: wrong sequence", {"relayer": STRANGER}),
        ("executor: nonce used", {"sequence": 1}),
        (BAD, {"nonce": 3}),
    ]
    for reason, change in later:
        wrong |= change
        with desk.refused(reason):
            desk.relay(draft(*moves, **wrong), b"")
    intent = draft(*moves, **wrong)
    with desk.refused("executor: agent silent"):
        desk.relay(intent, KEY.sign(desk.digest(intent)))


@pytest.mark.parametrize("permissions", [ALLOCATES, DEALLOCATES])
def test_execute__strategy_outside_the_mandate__is_refused_before_permissions(
    desk: Desk, permissions: int
) -> None:
    desk.grant(permissions=permissions, strategies=0)
    with desk.refused("executor: strategy not allowed"):
        desk.intent((1, -K if permissions == ALLOCATES else K, 0))


def test_execute__governor__is_no_agent(desk: Desk) -> None:
    with desk.refused("executor: not the agent"):
        desk.command(EXECUTE, draft((1, -K, 0)), sender=GOVERNOR)
