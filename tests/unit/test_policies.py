"""Policies of a mandate: what they are asked, when, and what they can refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from eth_utils import keccak

from ganglion.devnet.abi import decode, selector
from tests.modes import Mode
from tests.treasury import AGENT, STRANGER
from tests.unit.agents import AFTER, BEFORE, KEY, REFUSED, deploy_policy, employ, policed, turn
from tests.unit.bed import BPS
from tests.unit.desk import ALL, Desk, draft
from tests.unit.journal import Domain, message
from tests.unit.standing import K

MOVES, DONE = "(uint256,int256,uint256)[]", "(uint256,int256,uint256,uint256)[]"
ASKED_BEFORE = keccak(text=f"AskedBefore(address,address,bytes32,{MOVES})")
ASKED_AFTER = keccak(text=f"AskedAfter(address,address,bytes32,{DONE},uint256)")


@dataclass(frozen=True)
class Asked:
    """One question to a policy."""

    after: bool
    sender: str
    agent: str
    intent: bytes
    moves: tuple[tuple[int, ...], ...]
    loss: int = 0


def questions(receipt: dict[str, Any], policy: str) -> list[Asked]:
    """What a policy says it was asked in a transaction, in order."""
    found = []
    for log in receipt["logs"]:
        if log["address"].lower() != policy.lower():
            continue
        topic, *topics = (bytes.fromhex(each[2:]) for each in log["topics"])
        sender, agent = ("0x" + each[-20:].hex() for each in topics[:2])
        after = topic == ASKED_AFTER
        assert topic in (ASKED_BEFORE, ASKED_AFTER)
        moves, *loss = decode([DONE, "uint256"] if after else [MOVES], bytes.fromhex(log["data"][2:]))
        found.append(Asked(after, sender, agent, topics[2], tuple(moves), *loss))
    return found


def hash_of(desk: Desk, intent: Sequence[Any]) -> bytes:
    """The hash of an intent under the mandate in force."""
    return message(Domain(desk.executor), intent, desk.standing(intent[0]).mandate).body


# ------------------------------------------------------------------ what it sees


def test_policy__intent_that_allocates__is_asked_twice_and_sees_all_of_it(desk: Desk) -> None:
    desk.intent((1, 50 * K, 0))
    policy = policed(desk)
    desk.leak(2, 20)
    moves = ((1, -20 * K, 19 * K), (2, 10 * K, 7))
    receipt = desk.intent(*moves)
    hashed, lost = hash_of(desk, draft(*moves)), 10 * K * 20 // BPS
    done = ((1, -20 * K, 20 * K, 0), (2, 10 * K, 10 * K - lost, lost))
    sender = desk.executor.lower()
    assert questions(receipt, policy) == [
        Asked(False, sender, AGENT.lower(), hashed, moves),
        Asked(True, sender, AGENT.lower(), hashed, done, lost),
    ]


def test_policy__signed_intent__is_told_the_agent_and_not_the_relayer(desk: Desk) -> None:
    policy = deploy_policy(desk.rpc)
    employ(desk, KEY.address, policy=policy)
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    receipt = desk.relay(intent, KEY.sign(desk.digest(intent)))
    first, second = questions(receipt, policy)
    assert (first.agent, second.agent) == (KEY.address, KEY.address)
    assert first.intent == second.intent == desk.events(receipt)[-1].fields["subject"]


def test_policy__ten_moves__are_all_told(desk: Desk) -> None:
    policy = policed(desk)
    moves = tuple((1 + i % 3, K + i, i) for i in range(10))
    receipt = desk.intent(*moves)
    before, after = questions(receipt, policy)
    assert before.moves == moves
    assert after.moves == tuple((i, a, a, 0) for i, a, _ in moves)


def test_policy__everything_brought_home__is_told_as_measured(desk: Desk) -> None:
    desk.intent((1, 50 * K, 0))
    policy = policed(desk)
    receipt = desk.intent((1, ALL, 0), (2, K, 0))
    before, after = questions(receipt, policy)
    assert before.moves[0] == (1, ALL, 0)
    assert after.moves[0] == (1, -50 * K, 50 * K, 0)


def test_policy__pure_deallocation__is_not_asked_about(desk: Desk) -> None:
    desk.intent((1, 50 * K, 0), (2, 50 * K, 0))
    policy = policed(desk)
    assert questions(desk.intent((1, -K, 0), (2, ALL, 0)), policy) == []


def test_policy__of_another_mandate__is_not_asked(desk: Desk) -> None:
    policy = deploy_policy(desk.rpc)
    turn(desk, policy, BEFORE, Mode.REVERT_REASON)
    desk.grant(agent=STRANGER, policy=policy)
    desk.intent((1, K, 0))
    with desk.refused(REFUSED):
        desk.intent((1, K, 0), agent=STRANGER)


def test_policy__replaced_or_taken_away__is_asked_no_more(desk: Desk) -> None:
    policy = policed(desk)
    turn(desk, policy, BEFORE, Mode.REVERT_REASON)
    with desk.refused(REFUSED):
        desk.intent((1, K, 0))
    other = policed(desk)
    receipt = desk.intent((1, K, 0))
    assert (questions(receipt, policy), len(questions(receipt, other))) == ([], 2)
    desk.grant()
    assert questions(desk.intent((1, K, 0)), other) == []


# ------------------------------------------------------------------ what it refuses


@pytest.mark.parametrize("dial", [BEFORE, AFTER])
def test_policy__refuses__undoes_everything(desk: Desk, dial: int) -> None:
    policy = policed(desk)
    turn(desk, policy, dial, Mode.RETURN_VALUE, 0)
    with desk.refused(REFUSED):
        desk.intent((1, K, 0), nonce=5)
    turn(desk, policy, dial, Mode.HONEST)
    desk.intent((1, K, 0), nonce=5)


@pytest.mark.parametrize("dial", [BEFORE, AFTER])
def test_policy__answers_the_other_question_s_selector__refuses(desk: Desk, dial: int) -> None:
    policy = policed(desk)
    names = (f"before_intent(address,bytes32,{MOVES})", f"after_intent(address,bytes32,{DONE},uint256)")
    before, after = (selector(name) + bytes(28) for name in names)
    wrong = {BEFORE: after, AFTER: before}[dial]
    desk.rpc.transact(STRANGER, policy, "set_answer(uint8,bytes32)", dial, wrong)
    with desk.refused(REFUSED):
        desk.intent((1, K, 0))
    right = {BEFORE: before, AFTER: after}[dial]
    desk.rpc.transact(STRANGER, policy, "set_answer(uint8,bytes32)", dial, right)
    desk.intent((1, K, 0))


@pytest.mark.parametrize("dial", [BEFORE, AFTER])
@pytest.mark.parametrize(
    "dirt", [b"\x00" * 27 + b"\x01", b"\xff" * 28, b"\x01" + b"\x00" * 27], ids=["last", "all", "first"]
)
def test_policy__selector_with_bytes_behind_it__refuses(desk: Desk, dial: int, dirt: bytes) -> None:
    policy = policed(desk)
    names = {BEFORE: f"before_intent(address,bytes32,{MOVES})"}
    name = names.get(dial, f"after_intent(address,bytes32,{DONE},uint256)")
    desk.rpc.transact(STRANGER, policy, "set_answer(uint8,bytes32)", dial, selector(name) + dirt)
    with desk.refused(REFUSED):
        desk.intent((1, K, 0))


def test_policy__order__mandate_first_and_vault_and_budgets_before_the_second(desk: Desk) -> None:
    policy = policed(desk, heartbeat=3_600)
    for dial in (BEFORE, AFTER):
        turn(desk, policy, dial, Mode.REVERT_REASON)
    with desk.refused(REFUSED):
        desk.intent((9, K, 0))
    turn(desk, policy, BEFORE, Mode.HONEST)
    with desk.refused("executor: strategy not allowed"):
        desk.intent((9, K, 0))
    with desk.refused("executor: over flow budget"):
        desk.intent((1, 500_001 * 10**6, 0))
    with desk.refused(REFUSED):
        desk.intent((1, K, 0))
    desk.rpc.warp(3_600)
    with desk.refused("executor: agent silent"):
        desk.intent((1, K, 0))
