"""The costliest exits: as many strategies as fit, each of which burns all the gas that its caps
allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests import treasury as t
from tests.attacks.exit_calls import EVERY, EXIT_NOW, REQUEST, SETTLE, UNWIND, holder
from tests.attacks.stage import HOSTILE
from tests.attacks.timeline import Timeline
from tests.modes import Group, Mode

UNIT = 10**6
MOST = 10  # live strategies
TRANSACTION = 2**24  # gas, EIP-7825
MEASURED = 13_000_000  # what the costliest takes, with room for the next change
BUDGET = (
    (14_000_000 - 1_500_000) * 64 // 65 // MOST
)  # gas caps that the Steward allows each of ten: 3 reads, a write
PROFILES = {"reads": 300_000, "even": 150_000, "writes": 60_000}
PART = 1_000 * UNIT * 10**12  # shares
WAITED, QUEUED, NOW, LATE = (holder(number) for number in range(4))
SET_MODE = "set_mode(uint8,uint8,uint256)"
ANSWER = 25_000  # gas that an honest answer takes
Dials = dict[Group, tuple[Mode, int]]


def _burning(read_gas: int) -> dict[str, Dials]:
    """Ways to burn: at once, as late as one can after honest answers, and not at all."""
    loop = (Mode.BURN_LOOP, 0)
    return {
        "at once": {Group.READ: loop, Group.MAX: loop, Group.REDEEM: loop},
        "late": {Group.MAX: (Mode.BURN_SOME, read_gas - ANSWER), Group.REDEEM: loop},
        "not": {},
    }


def _crowded(rpc: Rpc, read_gas: int) -> t.Treasury:
    """Ten strategies at the bound of their gas caps; in each of them somebody waits, and an epoch is
    due."""
    asset = t.deploy_token(rpc, 6)
    treasury = t.Treasury.create(rpc, asset, executor=t.AGENT)
    terms = t.Terms(read_gas=read_gas, write_gas=(BUDGET - 3 * read_gas) // 1_000 * 1_000)
    for _ in range(MOST):
        treasury.list(t.deploy_hostile(rpc, asset), terms)
    treasury.seal()
    for who in (WAITED, QUEUED, NOW, LATE):
        rpc.call("anvil_setBalance", who, hex(10**24))
        treasury.deposit(who, 1_000 * UNIT)
    rpc.warp(t.DAY + 1)
    for identifier in range(1, MOST + 1):
        treasury.allocate(identifier, 390 * UNIT)
    _turn(treasury, Group.LIQUIDITY, Mode.LIMITED, 100 * UNIT)
    treasury.exit_now(WAITED, PART)
    treasury.request(QUEUED, PART)
    _turn(treasury, Group.LIQUIDITY, Mode.LIMITED, 200 * UNIT)
    rpc.warp(t.DAY + 1)
    return treasury


def _turn(treasury: t.Treasury, group: Group, mode: Mode, param: int) -> None:
    for strategy in treasury.strategies:
        treasury.rpc.transact(t.STRANGER, strategy, SET_MODE, int(group), int(mode), param)


@pytest.fixture(scope="module", params=PROFILES.values(), ids=PROFILES)
def crowded(request, attacked_node: Rpc, shared_stage) -> Iterator[tuple[t.Treasury, int]]:
    """One treasury, and its read cap, for each way to divide the gas; undone afterwards."""
    snapshot = attacked_node.call("evm_snapshot")
    yield _crowded(attacked_node, request.param), request.param
    assert attacked_node.call("evm_revert", snapshot)


@pytest.mark.parametrize("burning", ["at once", "late", "not"])
@pytest.mark.parametrize("call", ["settle", "request", "exit_now", "exit_now untried", "unwind"])
def test_gas__ten_strategies_burn_all_they_may__fits_a_transaction(crowded, burning, call):
    treasury, read_gas = crowded
    timeline = Timeline(treasury.rpc)
    for group, (mode, param) in _burning(read_gas)[burning].items():
        for strategy in treasury.strategies:
            timeline.call(t.STRANGER, strategy, SET_MODE, int(group), int(mode), param)
    timeline.wait(1)
    sender, signature, *arguments = {
        "settle": (t.STRANGER, SETTLE),
        "request": (LATE, REQUEST, PART, LATE, LATE),
        "exit_now": (NOW, EXIT_NOW, PART, NOW, NOW, 0, EVERY),
        "exit_now untried": (NOW, EXIT_NOW, PART, NOW, NOW, 0, 0),
        "unwind": (t.STRANGER, UNWIND, 1, 2**112),
    }[call]
    place = timeline.call(sender, treasury.queue, signature, *arguments, gas=TRANSACTION)
    outcome = timeline.run()[place]
    assert outcome.ok, outcome.reason
    assert outcome.gas < MEASURED


# ------------------------------------------------------------------ whom exits call


CALLS = {
    "settle": lambda: (t.STRANGER, SETTLE),
    "request": lambda: (NOW, REQUEST, PART, NOW, NOW),
    "cancel": lambda: (NOW, "cancel(uint256,address,address)", 3, NOW, NOW),
    "exit_now": lambda: (NOW, EXIT_NOW, PART // 2, NOW, NOW, 0, EVERY),
    "unwind": lambda: (t.STRANGER, UNWIND, HOSTILE, 2**112),
    "withdraw": lambda: (WAITED, "withdraw(uint256,address,address)", 1, WAITED, WAITED),
    "claim": lambda: (WAITED, "claim(uint256,address,address)", 1, WAITED, WAITED),
    "detach": lambda: (QUEUED, "detach(uint256,address)", 2, QUEUED),
    "in_kind": lambda: (WAITED, "in_kind(uint256,address,uint256,address)", 1, WAITED, HOSTILE, WAITED),
}


def _called(frame: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Who called whom within a transaction."""
    for inside in frame.get("calls", ()):
        yield frame["to"], inside["to"]
        yield from _called(inside)


def test_exits__whole_life__call_nobody_but_vault_asset_and_strategies(stage):
    """No role, oracle, registry or receiver stands on the way out; the queue itself reaches the Vault
    alone."""
    treasury, rpc = stage.treasury, stage.rpc
    for who in (WAITED, QUEUED, NOW):
        rpc.call("anvil_setBalance", who, hex(10**24))
        rpc.transact(t.DEPOSITOR, stage.vault, "transfer(address,uint256)", who, 2 * PART)
    rpc.transact(t.STRANGER, stage.hostile, SET_MODE, int(Group.LIQUIDITY), int(Mode.LIMITED), 10 * UNIT)
    treasury.exit_now(WAITED, PART)
    treasury.request(QUEUED, PART)
    rpc.warp(t.DAY + 1)
    rpc.transact(t.STRANGER, stage.hostile, SET_MODE, int(Group.LIQUIDITY), int(Mode.LIMITED), 300 * UNIT)
    own = {address.lower() for address in (treasury.vault, treasury.annex, stage.asset, *stage.strategies)}
    queue = treasury.queue.lower()
    for name, call in CALLS.items():
        sender, signature, *arguments = call()
        receipt = rpc.transact(sender, treasury.queue, signature, *arguments)
        trace = rpc.call("debug_traceTransaction", receipt["transactionHash"], {"tracer": "callTracer"})
        pairs = {(caller.lower(), callee.lower()) for caller, callee in _called(trace)}
        assert {callee for _, callee in pairs} <= own, name
        assert {callee for caller, callee in pairs if caller == queue} <= {treasury.vault.lower()}, name
