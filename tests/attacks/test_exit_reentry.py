"""Re-entry while holders leave: a strategy that is redeemed, or whose units are handed out, calls
everything there is.

It holds seasoned shares, allowances and operators' rights of those who leave, so that only locks stand
in its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ganglion.devnet.abi import decode_revert
from tests import treasury as t
from tests.attacks.exit_calls import EVERY, SHARE, WORD, Exits, holder
from tests.attacks.exit_externals import encoded, externals
from tests.attacks.stage import HOSTILE, UNIT, Stage
from tests.modes import Group, Mode
from tests.modes import Stage as When

LEFT, QUEUED, NOW = holder(1), holder(2), holder(3)
PART = 100_000 * UNIT
QUEUE, VAULT, ANNEX = (externals(name) for name in ("ExitQueue", "Vault", "VaultAnnex"))

# Each outer call, and the dial's group whose functions it calls.
OUTER: dict[str, tuple[Group, Callable[[Exits], int]]] = {
    "settle": (Group.REDEEM, lambda exits: exits.queued(t.STRANGER, "settle()")),
    "exit_now": (Group.REDEEM, lambda exits: exits.exit_now(NOW, PART)),
    "unwind": (Group.REDEEM, lambda exits: exits.unwind()),
    "evacuate": (Group.REDEEM, lambda exits: exits.evacuate(PART)),
    "in_kind": (Group.TRANSFER, lambda exits: exits.in_kind(LEFT, 1)),
}
# What an operator may do without a strategy, the Vault or anybody else noticing.
IDLE = frozenset({"setOperator", "detach"})  # a private record is not detached again
# Functions of the share token that move nothing and read nothing of the ledger carry no lock.
TOKEN = frozenset(
    {"name", "symbol", "decimals", "totalSupply", "balanceOf", "allowance", "approve", "permit", "nonces"}
    | {"DOMAIN_SEPARATOR", "eip712Domain"}
)


@pytest.fixture(scope="module")
def insider(shared_stage: Stage) -> Iterator[Stage]:
    """The stage, where the hostile strategy is everybody's operator, holds shares, and three holders
    leave in three ways."""
    stage, rpc = shared_stage, shared_stage.rpc
    treasury, me = stage.treasury, stage.hostile
    with stage.undone():
        rpc.call("anvil_setBalance", me, hex(10**24))
        for who in (LEFT, QUEUED, NOW, me):
            rpc.call("anvil_setBalance", who, hex(10**24))
            rpc.transact(t.DEPOSITOR, stage.vault, "transfer(address,uint256)", who, PART * SHARE)
        for who in (LEFT, QUEUED, NOW):
            rpc.transact(who, treasury.queue, "setOperator(address,bool)", me, True)
            rpc.transact(who, stage.vault, "approve(address,uint256)", me, t.MAX_UINT)
        limited = (int(Group.LIQUIDITY), int(Mode.LIMITED))
        rpc.transact(t.STRANGER, me, "set_mode(uint8,uint8,uint256)", *limited, 0)
        treasury.exit_now(LEFT, PART * SHARE)
        treasury.request(QUEUED, PART * SHARE)
        rpc.warp(t.DAY + 1)
        rpc.transact(t.STRANGER, me, "set_mode(uint8,uint8,uint256)", *limited, 50_000 * UNIT)
        yield stage


def _arguments(stage: Stage, entry: dict[str, Any]) -> tuple[Any, ...]:
    me, shares = stage.hostile, PART * SHARE // 4
    return {
        "requestRedeem": (shares, me, QUEUED),
        "cancel": (2, QUEUED, me),
        "settle": (),
        "exit_now": (shares, me, NOW, 0, EVERY),
        "unwind": (HOSTILE, 2**112, True)[: len(entry["inputs"])],
        "claim": (1, LEFT, me),
        "redeem": (1, me, LEFT),
        "withdraw": (1, me, LEFT),
        "detach": (1, LEFT),
        "in_kind": (1, LEFT, HOSTILE, me),
        "stake": (1, LEFT),
        "evacuate": (HOSTILE, UNIT),
        "transferFrom": (NOW, me, shares),
        "transfer": (me, shares),
        "word": (t.HOT, 0),
        "permit": (me, t.STRANGER, 1, 2**40, 27, bytes(32), bytes(32)),
    }.get(entry["name"]) or tuple(_default(stage, part["type"]) for part in entry["inputs"])


def _default(stage: Stage, kind: str) -> Any:
    return {"address": stage.hostile, "bool": True, "bytes4": bytes(4)}.get(kind, 1)


def _played(
    stage: Stage, outer: str, target: str = "", data: bytes = b"", mode: Mode = Mode.HONEST, when: int = 0
):
    """Make the outer call while the strategy calls back; return what it answered and everything it
    left."""
    exits = Exits(stage.play())
    play = exits.play
    group, call = OUTER[outer]
    if target:
        play.call(t.STRANGER, stage.hostile, "set_reentry(address,bytes)", target, data)
        play.mode(group, mode, when)
    acted, books = call(exits), play.books()
    words = [play.view(WORD, key, HOSTILE) for key in (t.RUNOFF, t.COVERAGE, t.OWED)]
    words += [exits.queued(t.STRANGER, "open_epoch()")]
    words += [exits.stake(record, who) for record, who in ((1, LEFT), (2, QUEUED))]
    words += [play.view("allowance(address,address)", NOW, stage.hostile)]
    record = [
        play.view(name, to=stage.hostile)
        for name in ("reentry_attempts()", "reentry_succeeded()", "reentry_word()")
    ]
    outcomes = play.run()
    assert outcomes[acted].ok, outcomes[acted].reason
    left = (outcomes[acted].data, books(outcomes), [outcomes[place].data for place in words])
    return [int.from_bytes(outcomes[place].data) for place in record], left


@pytest.fixture(scope="module")
def honest(insider: Stage) -> dict[str, Any]:
    """What each outer call leaves without a re-entry."""
    return {outer: _played(insider, outer)[1] for outer in OUTER}


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("mode", [Mode.REENTER, Mode.REENTER_STATIC])
def test_queue__entered_by_a_strategy__moves_nothing(insider, honest, outer, when, mode):
    for name, entry in QUEUE.items():
        data = encoded(entry, *_arguments(insider, entry))
        stores = entry["stateMutability"] == "nonpayable"
        if mode == Mode.REENTER_STATIC and stores and (outer == "evacuate" or name == "setOperator"):
            continue  # storing in a static frame burns the strategy's own gas: the same as BURN_INVALID
        (attempts, succeeded, _), left = _played(insider, outer, insider.treasury.queue, data, mode, when)
        assert attempts in (1, 2), name  # evacuate unwinds first
        if stores and name not in IDLE:
            assert not succeeded, name
        assert left == honest[outer], name


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("when", When)
def test_vault__entered_by_a_strategy_while_holders_leave__is_locked(insider, honest, outer, when):
    for name, entry in VAULT.items():
        data = encoded(entry, *_arguments(insider, entry))
        (attempts, succeeded, _), left = _played(insider, outer, insider.vault, data, Mode.REENTER, when)
        assert attempts in (1, 2), name  # evacuate unwinds first
        assert succeeded == (name in TOKEN - {"permit"}), name
        assert left == honest[outer], name


@pytest.mark.parametrize("outer", OUTER)
def test_annex__entered_by_a_strategy__refuses(insider, honest, outer):
    for name, entry in ANNEX.items():
        data = encoded(entry, *_arguments(insider, entry))
        (_, succeeded, _), left = _played(
            insider, outer, insider.treasury.annex, data, Mode.REENTER, When.HALFWAY
        )
        assert not succeeded, name
        assert left == honest[outer], name


@pytest.mark.parametrize("sender", ["queue", "steward", "executor", "vault", "stranger"])
def test_annex__called_directly_by_anyone__refuses_and_holds_nothing(shared_stage, sender):
    """Its code runs on the Vault's storage or not at all."""
    treasury = shared_stage.treasury
    who = {"stranger": t.STRANGER}.get(sender) or getattr(treasury, sender)
    play = shared_stage.play()
    places = {
        name: play.timeline.raw(
            who, treasury.annex, "0x" + encoded(entry, *_arguments(shared_stage, entry)).hex()
        )
        for name, entry in ANNEX.items()
    }
    outcomes = play.run()
    assert {outcomes[place].reason for place in places.values()} == {"vault: 1"}
    assert decode_revert(outcomes[places["poke"]].data) == "vault: 1"
    assert not any(
        int(shared_stage.rpc.call("eth_getStorageAt", treasury.annex, hex(slot), "latest"), 16)
        for slot in range(16)
    )
