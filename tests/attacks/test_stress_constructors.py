"""Code that has no code yet: a contract acts from its constructor, where it looks like an account, with money
that it borrows and pays back in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ganglion.devnet.abi import call_data
from ganglion.devnet.errors import Reverted
from tests import treasury as t
from tests.attacks.exit_calls import EXIT_NOW, SHARE, UNWIND, holder
from tests.attacks.stage import HOSTILE, SET_MODE, UNIT, Stage
from tests.attacks.stress_orders import ALWAYS, FIRE, Orders
from tests.modes import Group, Mode
from tests.unit.bed import calling_constructor

LEAVER = holder(1)
PART = 100_000 * UNIT


@pytest.fixture
def orders(shared_stage: Stage) -> Iterator[Orders]:
    """Standing orders of the stage, for a test that mines."""
    with shared_stage.undone():
        yield Orders.standing(shared_stage)


def _built(stage: Stage, target: str, signature: str, *arguments: int) -> dict:
    data = bytes.fromhex(call_data(signature, *arguments)[2:])
    return stage.rpc.send({"from": t.STRANGER, "data": calling_constructor(target, data)})


@pytest.mark.parametrize(
    ("target", "signature", "arguments", "reason"),
    [
        ("sentinel", "poke()", (), "sentinel: not an account"),
        ("vault", "poke()", (), "vault: 1"),
        ("reflexes", FIRE, (ALWAYS,), "reflexes: not an account"),
    ],
)
def test_constructor__pokes_or_fires__is_refused(orders, target, signature, arguments, reason):
    stage = orders.stage
    to = {"sentinel": stage.treasury.sentinel, "vault": stage.vault, "reflexes": orders.reflexes}[target]
    with pytest.raises(Reverted) as caught:
        _built(stage, to, signature, *arguments)
    assert caught.value.reason == reason
    assert stage.rpc.transact(t.STRANGER, to, signature, *arguments)["status"] == "0x1"


def test_constructor__unwinds_what_fails__counts_for_nothing(orders):
    """An account's failed unwinds an hour apart set three clean ones as owed; a constructor's set none."""
    stage, queue = orders.stage, orders.stage.treasury.queue
    stage.rpc.call("anvil_setBalance", LEAVER, hex(10**24))
    stage.rpc.transact(t.DEPOSITOR, stage.vault, "transfer(address,uint256)", LEAVER, PART * SHARE)
    stage.rpc.transact(LEAVER, queue, EXIT_NOW, PART * SHARE, LEAVER, LEAVER, 0, 0)
    stage.rpc.transact(t.STRANGER, stage.hostile, SET_MODE, Group.REDEEM, Mode.REVERT_EMPTY, 0)
    for _ in range(2):
        _built(stage, queue, UNWIND, HOSTILE, 2**112)
        stage.rpc.warp(t.HOUR)
    assert (stage.treasury.word(t.POSITION, HOSTILE) >> 234) & 3 == 0
    for _ in range(2):
        stage.rpc.transact(t.STRANGER, queue, UNWIND, HOSTILE, 2**112)
        stage.rpc.warp(t.HOUR)
    assert (stage.treasury.word(t.POSITION, HOSTILE) >> 234) & 3 == 3
