"""Caller gives exactly the gas it is told to, reports failures as answers and undoes what must succeed."""

from __future__ import annotations

import pytest
from eth_abi import decode

from ganglion.devnet.abi import call_data
from tests.mocks.bench import AMOUNT, DEPOSIT, REDEEM, TO_ASSETS
from tests.mocks.chain import CALL, UNIT
from tests.modes import Group, Mode, TokenFlag

FORWARD = "forward(address,bytes,uint256)"
FORWARD_STATIC = "forward_static(address,bytes,uint256)"
MULTI = f"multi({CALL}[])"
FLASH = f"flash(address,uint256,{CALL}[])"


def _data(signature: str, *arguments) -> bytes:
    return bytes.fromhex(call_data(signature, *arguments)[2:])


def _result(outcome) -> tuple[bool, bytes]:
    assert outcome.ok, outcome.data
    return decode(["(bool,bytes)"], outcome.data)[0]


def _results(outcome) -> list[tuple[bool, bytes]]:
    assert outcome.ok, outcome.data
    return list(decode(["(bool,bytes)[]"], outcome.data)[0])


@pytest.fixture
def caller(world):
    return world.deploy("Caller")


@pytest.mark.parametrize("signature", [FORWARD, FORWARD_STATIC])
def test_forward__view__returns_the_answer(bench, caller, signature):
    outcome = bench.world.call(bench.depositor, caller, signature, bench.strategy, _data("supply()"), 0)
    supply = bench.world.read(bench.strategy, "supply()")
    assert _result(outcome) == (True, supply.to_bytes(32, "big"))


def test_forward__failing_target__is_an_answer(bench, caller):
    bench.set_mode(Group.READ, Mode.REVERT_REASON)
    outcome = bench.act(TO_ASSETS, AMOUNT)
    for signature in (FORWARD, FORWARD_STATIC):
        forwarded = bench.world.call(
            bench.depositor, caller, signature, bench.strategy, _data(TO_ASSETS, AMOUNT), 0
        )
        assert _result(forwarded) == (False, outcome.data)


def test_forward__bomb__is_cut_at_one_kibibyte(bench, caller):
    bench.set_mode(Group.READ, Mode.RETURN_BOMB)
    ok, data = _result(
        bench.world.call(bench.depositor, caller, FORWARD, bench.strategy, _data(TO_ASSETS, AMOUNT), 0)
    )
    assert (ok, data) == (True, bytes(1024))


@pytest.mark.parametrize("signature", [FORWARD, FORWARD_STATIC])
def test_forward__gas_limit__starves_the_target_exactly(bench, caller, signature):
    world, data = bench.world, _data(TO_ASSETS, AMOUNT)

    def works(limit: int) -> bool:
        return _result(world.call(bench.depositor, caller, signature, bench.strategy, data, limit))[0]

    low, high = 1_000, 60_000
    assert not works(low)
    assert works(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    assert 5_000 < high < 20_000
    assert not works(high - 1)


def test_forward__less_gas_than_promised__reverts(bench, caller):
    arguments = (bench.strategy, _data(TO_ASSETS, AMOUNT), 1_000_000)
    outcome = bench.world.call(bench.depositor, caller, FORWARD, *arguments, gas=1_000_000)
    assert outcome.reason == "caller: too little gas to give"


def test_multi__failure_that_may_be__leaves_the_rest_standing(bench, caller):
    world = bench.world
    mint = (bench.token, _data("mint(address,uint256)", caller, 5), 0, True)
    too_much = (bench.token, _data("transfer(address,uint256)", bench.depositor, 6), 0, False)
    outcome = world.send(bench.depositor, caller, MULTI, [mint, too_much, mint, too_much])
    assert [ok for ok, _ in _results(outcome)] == [True, False, True, True]
    assert world.balance(bench.token, caller) == 4


def test_multi__failure_that_may_not_be__undoes_all_with_its_reason(bench, caller):
    world = bench.world
    mint = (bench.token, _data("mint(address,uint256)", caller, 5), 0, True)
    too_much = (bench.token, _data("transfer(address,uint256)", bench.depositor, 6), 0, True)
    outcome = world.send(bench.depositor, caller, MULTI, [mint, too_much])
    assert outcome.reason == "weird: balance"
    assert world.balance(bench.token, caller) == 0


def test_flash__borrow_deposit_redeem__repays_or_reverts(bench, caller):
    world, big = bench.world, 10**6 * UNIT
    approve = (bench.token, _data("approve(address,uint256)", bench.strategy, big), 0, True)
    deposit = (bench.strategy, _data(DEPOSIT, big, caller), 0, True)
    assert (
        world.send(bench.depositor, caller, FLASH, bench.token, big, [approve, deposit]).reason
        == "weird: balance"
    )
    world.send(bench.depositor, bench.token, "mint(address,uint256)", caller, UNIT)
    units = world.call(bench.depositor, bench.strategy, "previewDeposit(uint256)", big).word
    redeem = (bench.strategy, _data(REDEEM, units, caller, caller), 0, True)
    results = _results(
        world.send(bench.depositor, caller, FLASH, bench.token, big, [approve, deposit, redeem])
    )
    assert [ok for ok, _ in results] == [True] * 3
    assert UNIT - 2 <= world.balance(bench.token, caller) <= UNIT
    assert world.balance(bench.token, bench.strategy) >= 2_200 * UNIT


@pytest.mark.parametrize("must_succeed", [True, False])
def test_token_hook__failing_call__blocks_the_transfer_only_if_it_must_succeed(world, caller, must_succeed):
    token = world.token(TokenFlag.HOOKS)
    me = world.depositor
    world.send(me, token, "mint(address,uint256)", me, 10)
    world.send(me, token, "set_hook(address,address)", caller, caller)
    fails = (token, _data("set_fee(uint256)", 1), 0, must_succeed)
    assert world.send(me, caller, f"set_hook_call({CALL})", fails).ok
    outcome = world.send(me, token, "transfer(address,uint256)", caller, 3)
    assert outcome.ok is not must_succeed
    if must_succeed:
        assert outcome.reason == "weird: flag not set"
    else:
        assert world.read(caller, "hook_attempts()") == 1
        assert world.read(caller, "hook_succeeded()", returns="bool") is False
        assert world.balance(token, caller) == 3


def test_token_hook__transfer_inside_the_hook__is_entered_once(world, caller):
    token = world.token(TokenFlag.HOOKS)
    me = world.depositor
    world.send(me, token, "mint(address,uint256)", me, 10)
    world.send(me, token, "set_hook(address,address)", caller, caller)
    again = (token, _data("transfer(address,uint256)", me, 1), 0, True)
    assert world.send(me, caller, f"set_hook_call({CALL})", again).ok
    assert world.send(me, token, "transfer(address,uint256)", caller, 3).ok
    assert world.read(caller, "hook_attempts()") == 1
    assert world.balance(token, caller) == 2
