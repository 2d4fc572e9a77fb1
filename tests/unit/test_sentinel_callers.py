"""The worst that a caller of the Sentinel can do: contracts, little gas, moments, other Vaults' Sentinels."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode, Stage
from tests.treasury import DEPOSITOR, GOVERNOR, HOUR, SENTINEL, STRANGER, deploy_sentinel
from tests.unit.bed import (
    CALL,
    CALM,
    SLICE,
    STRESS,
    WINDDOWN,
    Bed,
    Refusal,
    deploy_caller,
    payload,
    reverts,
)
from tests.unit.watch import (
    FALL,
    changes,
    memory,
    order,
    recovery,
    slump,
    starved,
    state,
    watch_at,
)

NOT_AN_ACCOUNT = "sentinel: not an account"


def by_contract(bed: Bed, *calls: tuple[str, str]) -> None:
    """Have a stranger's contract make calls in one transaction, each to succeed."""
    caller = deploy_caller(bed.rpc)
    made = [(target, payload(signature), 0, True) for target, signature in calls]
    bed.rpc.transact(STRANGER, caller, f"multi({CALL}[])", made)


# ------------------------------------------------------------------ contracts


def test_poke__contract__is_refused_with_the_reason(invested: Bed) -> None:
    with reverts(NOT_AN_ACCOUNT):
        by_contract(invested, (invested.sentinel, "poke()"))


def test_poke__manipulation_within_a_transaction__never_reaches_the_latch(invested: Bed) -> None:
    """A contract turns the price down and back: between the two it can have nobody look."""
    bed = invested
    for _ in range(3):
        caller = deploy_caller(bed.rpc)
        dial = "set_mode(uint8,uint8,uint256)"
        down = payload(dial, Group.READ, Mode.LIE_DOWN, 5_000)
        back = payload(dial, Group.READ, Mode.HONEST, 0)
        look = (bed.sentinel, payload("poke()"), 0, False)
        calls = [(bed.strategies[0], down, 0, True), look, (bed.strategies[0], back, 0, True)]
        bed.rpc.transact(STRANGER, caller, f"multi({CALL}[])", calls)
        bed.rpc.warp(HOUR)
    assert (state(bed), memory(bed, FALL)) == (CALM, (0, 0))


@pytest.mark.parametrize("signature", ["poke()", "beat()", "wind_down()", "recovery()"])
def test_sentinel__entered_by_a_strategy_during_its_poke__answers_nothing(
    invested: Bed, signature: str
) -> None:
    """A read that asks the Sentinel while it pokes: it is refused, and the read tells the truth."""
    hostile = invested.strategies[0]
    invested.rpc.transact(
        STRANGER, hostile, "set_reentry(address,bytes)", invested.sentinel, payload(signature)
    )
    invested.dial(1, Group.READ, Mode.REENTER_VIEW, 0)
    before = invested.position(1)
    invested.watch()
    assert (invested.position(1), state(invested)) == (before, CALM)


def test_sentinel__entered_by_a_strategy_during_a_redeem__does_nothing(invested: Bed) -> None:
    hostile = invested.strategies[0]
    poke = payload("poke()")
    invested.rpc.transact(STRANGER, hostile, "set_reentry(address,bytes)", invested.sentinel, poke)
    invested.dial(1, Group.REDEEM, Mode.REENTER, Stage.HALFWAY)
    shares = invested.shares(DEPOSITOR) // 3
    invested.act(DEPOSITOR, SLICE, shares, DEPOSITOR, DEPOSITOR, 0)
    assert invested.rpc.read(hostile, "reentry_attempts()") == 1
    assert invested.rpc.read(hostile, "reentry_succeeded()", returns=("bool",)) is False


# ------------------------------------------------------------------ gas


@pytest.mark.parametrize("fallen", [False, True])
def test_poke__any_gas__does_all_or_nothing(invested: Bed, fallen: bool) -> None:
    bed = invested
    slump(bed, fallen)
    then, untouched = bed.now() + HOUR, bed.fingerprint()

    def outcome(gas: int) -> tuple[bool, list[str]]:
        snapshot = bed.rpc.call("evm_snapshot")
        bed.at(then)
        passed, reason = starved(bed, bed.sentinel, gas)
        assert reason in (None, f"vault: {Refusal.GAS_SHORT.value}")
        found = bed.fingerprint()
        bed.rpc.call("evm_revert", snapshot)
        return passed, found

    whole = outcome(5_000_000)
    assert whole[0]
    assert whole[1] != untouched
    outcomes = [outcome(gas) for gas in range(50_000, 800_000, 25_000)]
    assert {passed for passed, _ in outcomes} == {True, False}
    assert all(found == (whole if found[0] else (False, untouched)) for found in outcomes)


def test_poke__strategy_burns_its_gas__is_a_failure_and_not_the_caller_s(invested: Bed) -> None:
    """What a strategy burns is capped; the poke goes on, and a caller with less gas gets nowhere."""
    invested.dial(1, Group.READ, Mode.BURN_LOOP)
    invested.watch()
    assert [invested.status(i) for i in (1, 2, 3)] == [2, 1, 1]


# ------------------------------------------------------------------ moments


def test_poke__toggled_with_real_money_for_a_moment__latches_nothing(invested: Bed) -> None:
    """Whoever makes it bad for one observation and good for two, again and again, never latches."""
    for _ in range(4):
        slump(invested)
        invested.watch()
        slump(invested, False)
        invested.watch()
        watch_at(invested, invested.now() + HOUR)
    assert (state(invested), changes(invested)) == (CALM, [])


def test_poke__bad_hidden_by_single_good_moments__latches_all_the_same(invested: Bed) -> None:
    """Whoever makes it look good for one observation between two bad ones resets nothing."""
    slump(invested)
    invested.watch()
    since = invested.now()
    for minutes in range(5, 60, 10):
        slump(invested, False)
        watch_at(invested, since + minutes * 60)
        slump(invested)
        watch_at(invested, since + minutes * 60 + 120)
    watch_at(invested, since + HOUR)
    assert changes(invested) == [(CALM, STRESS, FALL, since, since + HOUR)]


# ------------------------------------------------------------------ other Sentinels


def test_poke__vault_that_named_another__is_refused(invested: Bed) -> None:
    old = invested.sentinel
    invested.govern("set_sentinel(address)", deploy_sentinel(invested.rpc, invested.vault))
    invested.sentinel = old
    with invested.refused(Refusal.UNAUTHORISED):
        invested.watch()
    with invested.refused(Refusal.UNAUTHORISED):
        order(invested, GOVERNOR, "wind_down()")


def test_poke__vault_without_a_sentinel__is_refused(bed: Bed) -> None:
    other = Bed.make(bed.rpc)
    stray = deploy_sentinel(bed.rpc, other.vault)
    assert other.word(SENTINEL) == int(other.sentinel, 16)
    other.sentinel = stray
    with other.refused(Refusal.UNAUTHORISED):
        other.watch()


def test_sentinel__of_another_vault__reaches_its_own_alone(invested: Bed) -> None:
    other = Bed.make(invested.rpc)
    order(other, GOVERNOR, "wind_down()")
    assert (state(other), state(invested)) == (WINDDOWN, CALM)
    assert (len(changes(other)), changes(invested), recovery(invested)) == (1, [], (0, 0, 0))
