"""Mandates: what is kept of one, its hash, what a new one keeps of the old, and what it forgets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.treasury import AGENT, DAY, GUARDIAN, HOUR, STRANGER
from tests.unit.bed import HOSTILE_AGENT, Bed
from tests.unit.desk import M100, Desk, Mandate, Standing
from tests.unit.journal import NONE, mandate_hash
from tests.unit.standing import K

TYPES = ("uint256",) * 8 + ("address", "bytes32")
FLOW, LOSS = Mandate().flow, Mandate().loss
# As an amount is given, and as it is kept: below 2**40 as it is, above with twelve digits, rounded down
KEPT = {
    0: 0,
    1: 1,
    999_999_999_999: 999_999_999_999,
    2**40 - 1: 2**40 - 1,
    2**40: 1_099_511_627_770,
    2**40 + 9: 1_099_511_627_780,
    9_999_999_999_999: 9_999_999_999_990,
    10_995_116_277_759: 10_995_116_277_750,
    10_995_116_277_760: 10_995_116_277_700,
    123_456_789_012_345_678: 123_456_789_012_000_000,
    10**29: 10**29,
    M100: 1_267_650_600_220_000_000_000_000_000_000,
}


def mandate(desk: Desk, agent: str = AGENT) -> tuple[Any, ...]:
    """An agent's mandate as it is kept."""
    return desk.rpc.read(desk.executor, "mandate(address)", agent, returns=TYPES)


# ------------------------------------------------------------------ what is kept


@pytest.mark.parametrize("place", ["flow", "loss", "max_loss"])
@pytest.mark.parametrize("amount", KEPT)
def test_set_mandate__amount__keeps_twelve_digits_rounded_down(desk: Desk, place: str, amount: int) -> None:
    granted = {"flow": 3, "loss": 5, "max_loss": 7} | {place: amount}
    desk.grant(**granted)
    kept = granted | {place: KEPT[amount]}
    assert mandate(desk)[2:5] == (kept["flow"], kept["loss"], kept["max_loss"])
    assert 0 <= amount - KEPT[amount] <= amount // 10**11


def test_set_mandate__budgets__are_the_kept_amounts(desk: Desk) -> None:
    desk.grant(flow=M100, loss=2**40 + 9)
    assert desk.flow()[0] == KEPT[M100]
    assert desk.loss()[0] == KEPT[2**40 + 9]


def test_set_mandate__hash__is_over_the_mandate_as_given(desk: Desk) -> None:
    given = Mandate(flow=M100, loss=2**40 + 9, heartbeat=7, policy=STRANGER, document=b"\x09" * 32)
    desk.grant(agent=HOSTILE_AGENT, **vars(given))
    number = desk.head()[1]
    expected = mandate_hash(HOSTILE_AGENT, given.tuple(), number)
    assert desk.standing(HOSTILE_AGENT) == Standing(expected, 0, desk.now(), False)


def test_set_mandate__identical__has_another_hash(desk: Desk) -> None:
    found = {desk.standing().mandate}
    for _ in range(3):
        desk.grant()
        found.add(desk.standing().mandate)
    assert len(found) == 4


def test_set_mandate__fields_of_others__do_not_touch(desk: Desk) -> None:
    other = Mandate(1, 2, 3, 4, 5, 6, 7, 8, STRANGER.lower(), b"\x0a" * 32)
    desk.grant(agent=HOSTILE_AGENT, **vars(other))
    assert mandate(desk) == Mandate().tuple()
    assert mandate(desk, HOSTILE_AGENT) == other.tuple()


def test_standing__never_granted__is_nothing(desk: Desk) -> None:
    assert desk.standing(STRANGER) == Standing(NONE, 0, 0, False)


# ------------------------------------------------------------------ replacing


def test_set_mandate__replaced__keeps_the_sequence_and_is_seen_now(desk: Desk) -> None:
    for _ in range(3):
        desk.intent((1, K, 0))
    desk.rpc.warp(HOUR)
    desk.grant(permissions=1)
    assert desk.standing().sequence == 3
    assert desk.standing().seen == desk.now()


def test_set_mandate__replaced__keeps_what_is_spent_as_of_now(desk: Desk) -> None:
    desk.leak(1, 20)
    desk.intent((1, 300 * K, 0))
    then, lost = desk.now(), 300 * K * 20 // 10_000
    desk.at(then + HOUR)
    desk.grant(flow=FLOW // 5, loss=LOSS // 5, window=2 * DAY)
    kept = 300 * K - FLOW * HOUR // DAY, lost - LOSS * HOUR // DAY
    assert (desk.flow(), desk.loss()) == ((FLOW // 5, kept[0]), (LOSS // 5, kept[1]))
    desk.at(then + 5 * HOUR)
    desk.rpc.mine()
    assert desk.flow()[1] == kept[0] - FLOW // 5 * 4 * HOUR // (2 * DAY)
    assert desk.loss()[1] == kept[1] - LOSS // 5 * 4 * HOUR // (2 * DAY)


def test_set_mandate__after_long__has_refilled_at_the_old_rate(desk: Desk) -> None:
    desk.intent((1, FLOW, 0))
    desk.rpc.warp(DAY)
    desk.grant(window=31_536_000)
    assert desk.flow() == (FLOW, 0)


@pytest.mark.parametrize("times", [1, 3])
def test_set_mandate__revoked_between__keeps_sequence_and_spent(desk: Desk, times: int) -> None:
    desk.intent((1, FLOW, 0))
    then = desk.now()
    for _ in range(times):
        desk.command("revoke(address)", AGENT, sender=GUARDIAN)
        desk.grant()
    assert desk.standing().sequence == 1
    refilled = FLOW * (desk.now() - then) // DAY
    assert 0 <= desk.flow()[1] - (FLOW - refilled) <= times


def test_revoke__standing__keeps_all_but_the_hash(desk: Desk) -> None:
    desk.intent((1, K, 0))
    before, spent = desk.standing(), desk.flow()
    desk.command("revoke(address)", AGENT, sender=GUARDIAN)
    assert desk.standing() == Standing(NONE, before.sequence, before.seen, False)
    assert desk.flow()[0] == spent[0]


# ------------------------------------------------------------------ odd mandates


def test_set_mandate__permission_that_does_not_exist__permits_nothing(desk: Desk) -> None:
    """A flag has two members: the compiler refuses a third."""
    with desk.refused(None):
        desk.grant(permissions=4)
    with desk.refused(None):
        desk.grant(permissions=2**255 | 1)


def test_set_mandate__executor_s_own_address__is_an_agent_like_any(desk: Desk) -> None:
    desk.grant(agent=desk.executor, strategies=0)
    with desk.refused("executor: not the agent"):
        desk.rpc.transact(
            STRANGER,
            desk.executor,
            "execute((address,(uint256,int256,uint256)[],uint256,uint256,uint256,uint256,address,bytes32))",
            (desk.executor, [(1, K, 0)], 0, 2**32, 0, 0, "0x" + "00" * 20, bytes(32)),
        )


@pytest.mark.parametrize("decimals", [18])
def test_set_mandate__large_amounts__bind_to_the_kept_wei(reach: Any, decimals: int) -> None:
    """Eighteen decimals: what a budget loses below its twelfth digit cannot be spent."""
    bed = reach(("18 decimals, real", lambda rpc: Bed.make(rpc, decimals, executor=None)))
    desk = Desk(**{name: getattr(bed, name) for name in bed.__dataclass_fields__})
    desk.open()
    given = 123_456_789_012_345_678_901
    desk.grant(flow=given, loss=given, max_loss=given)
    kept = 123_456_789_012 * 10**9
    with desk.refused("executor: over flow budget"):
        desk.intent((1, kept + 1, 0))
    desk.intent((1, kept, 0))
    assert desk.flow() == (kept, kept)
