"""Who may poke the Vault: accounts without code, by themselves or through its Sentinel, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.abi import call_data, decode, decode_revert
from tests.modes import Group, Mode, Stage
from tests.treasury import DEPOSITOR, ETHER, LEAVER, STRANGER, deploy_sentinel
from tests.unit.bed import (
    DEPOSIT,
    EVERYONE,
    PLACED,
    SLICE,
    STRESS,
    WINDDOWN,
    Bed,
    calling_constructor,
    deploy_caller,
    payload,
    reverts,
)
from tests.unit.refusals import Refusal
from tests.unit.watch import order, poked_at, starved

NOT_AN_ACCOUNT = "sentinel: not an account"
# Code that an account has by EIP-7702: 0xef0100 and what it delegates to
DELEGATION = "0xef0100" + "11" * 20


def forwarded(bed: Bed, target: str, sender: str = STRANGER) -> tuple[bool, str | None]:
    """Whether a poke that a contract makes for an account passes, and its reason."""
    data = call_data("forward(address,bytes,uint256)", target, payload("poke()"), 0)
    answer = bed.rpc.eth_call({"from": sender, "to": deploy_caller(bed.rpc), "data": data})
    passed, found = decode(["(bool,bytes)"], answer)[0]
    return passed, None if passed else decode_revert(found)


@pytest.mark.parametrize("role", sorted(EVERYONE))
@pytest.mark.parametrize("state", [0, STRESS, WINDDOWN])
def test_poke__account__may_in_every_state(invested: Bed, role: str, state: int) -> None:
    invested.latch(state)
    invested.lose(1, 1_000_000)
    invested.act(EVERYONE[role], "poke()")
    assert poked_at(invested) == invested.now()
    assert invested.position(1)[1] == invested.worth(1) < PLACED * invested.unit


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_poke__account_through_the_sentinel__may(invested: Bed, role: str) -> None:
    order(invested, EVERYONE[role], "poke()")
    assert poked_at(invested) == invested.now()


@pytest.mark.parametrize("code", ["0x00", "0xfe", DELEGATION], ids=["stop", "invalid", "delegation"])
def test_poke__account_with_code__is_refused_at_both(invested: Bed, code: str) -> None:
    invested.rpc.call("anvil_setCode", LEAVER, code)
    with invested.refused(Refusal.UNAUTHORISED):
        invested.act(LEAVER, "poke()")
    with invested.refused(NOT_AN_ACCOUNT):
        order(invested, LEAVER, "poke()")


def test_poke__contract__is_refused_at_both(invested: Bed) -> None:
    assert forwarded(invested, invested.vault) == (False, f"vault: {Refusal.UNAUTHORISED.value}")
    assert forwarded(invested, invested.sentinel) == (False, NOT_AN_ACCOUNT)


def test_poke__contract_in_its_constructor__is_refused_at_both(invested: Bed) -> None:
    """It has no code yet, and is not the account that began."""
    for target, reason in ((invested.vault, Refusal.UNAUTHORISED), (invested.sentinel, NOT_AN_ACCOUNT)):
        code = calling_constructor(target, payload("poke()"))
        with reverts(reason):
            invested.rpc.send({"from": STRANGER, "data": code})


def test_poke__contract_called_by_an_account_with_code__is_refused(invested: Bed) -> None:
    invested.rpc.call("anvil_setCode", LEAVER, "0x00")
    assert forwarded(invested, invested.vault, LEAVER)[0] is False
    assert forwarded(invested, invested.sentinel, LEAVER) == (False, NOT_AN_ACCOUNT)


def test_poke__sentinel_that_was_not_named__is_refused(invested: Bed) -> None:
    named, other = invested.sentinel, deploy_sentinel(invested.rpc, invested.vault)
    invested.sentinel = other
    with invested.refused(Refusal.UNAUTHORISED):
        invested.watch()
    invested.govern("set_sentinel(address)", other)
    invested.watch()
    invested.sentinel = named
    with invested.refused(Refusal.UNAUTHORISED):
        invested.watch()


def test_poke__sentinel_itself__is_refused(invested: Bed) -> None:
    """A transaction of a contract's own can only be made here: the origin has code."""
    with invested.refused(Refusal.UNAUTHORISED):
        invested.act(invested.sentinel, "poke()")


def test_poke__contract_in_the_sentinel_s_place__is_refused_for_others(invested: Bed) -> None:
    """Named as Sentinel, a contract that anyone calls may poke for accounts, never for accounts with code."""
    caller = deploy_caller(invested.rpc)
    invested.rpc.call("anvil_setBalance", invested.steward, hex(ETHER))
    key = 9
    invested.act(invested.steward, "configure(uint256,uint256,uint256)", key, 0, int(caller, 16))
    arguments = (invested.vault, payload("poke()"), 0)
    invested.rpc.transact(STRANGER, caller, "forward(address,bytes,uint256)", *arguments)
    assert poked_at(invested) == invested.now()
    then = poked_at(invested)
    invested.rpc.call("anvil_setCode", LEAVER, "0x00")
    invested.rpc.transact(LEAVER, caller, "forward(address,bytes,uint256)", *arguments)
    assert poked_at(invested) == then


@pytest.mark.parametrize("target", ["vault", "sentinel"])
def test_poke__from_inside_a_strategy__is_refused(invested: Bed, target: str) -> None:
    hostile = invested.strategies[0]
    data: Any = payload("poke()")
    invested.rpc.transact(STRANGER, hostile, "set_reentry(address,bytes)", getattr(invested, target), data)
    invested.dial(1, Group.REDEEM, Mode.REENTER, Stage.HALFWAY)
    then = poked_at(invested)
    shares = invested.shares(DEPOSITOR) // 2
    invested.act(DEPOSITOR, SLICE, shares, DEPOSITOR, DEPOSITOR, 0)
    assert invested.rpc.read(hostile, "reentry_attempts()") == 1
    assert invested.rpc.read(hostile, "reentry_succeeded()", returns=("bool",)) is False
    assert poked_at(invested) == then


@pytest.mark.parametrize("gas", [60_000, 100_000, 200_000, 300_000, 400_000, 500_000, 600_000])
def test_poke__starved__reverts_whole_or_sees_the_truth(invested: Bed, gas: int) -> None:
    """No gas limit makes an honest strategy look as if it had failed."""
    before = [invested.status(i) for i in (1, 2, 3)]
    poked = poked_at(invested)
    passed, reason = starved(invested, invested.vault, gas)
    assert reason in (None, f"vault: {Refusal.GAS_SHORT.value}")
    assert (poked_at(invested) > poked) is passed
    assert [invested.status(i) for i in (1, 2, 3)] == before


def test_poke__deposit_in_its_name__needs_no_poke(bed: Bed) -> None:
    """A Vault that holds nothing but idle is priced without any observation."""
    bed.rpc.warp(10 * bed.epoch)
    bed.mint(STRANGER, bed.unit)
    bed.act(STRANGER, DEPOSIT, bed.unit, STRANGER)
