"""Re-entry from a strategy that holds shares, a mandate, a guardian's seat and the curator's: nothing
answers.

Every external of the Vault and the Executor is tried, taken from their ABIs, so that a new one cannot be
forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ganglion.devnet.abi import call_data
from ganglion.devnet.artifacts import vyper_artifact
from tests import treasury as t
from tests.attacks.stage import AMOUNT, EXECUTE, HOSTILE, UNIT, Play, Stage, grant, intent
from tests.modes import Group, Mode
from tests.modes import Stage as When

SENTINEL = 123_456 * UNIT
# Outer action, and the dial's group whose functions it calls with the right to change state.
OUTER = {"allocate_hostile": Group.DEPOSIT, "deallocate_hostile": Group.REDEEM, "slice": Group.REDEEM}

# Functions of the share token that move nothing and read nothing of the ledger carry no lock.
UNLOCKED = frozenset(
    {"name", "symbol", "decimals", "totalSupply", "balanceOf", "allowance", "approve", "permit", "nonces"}
    | {"DOMAIN_SEPARATOR", "eip712Domain"}
)
# The Vault's frame of its own, which only the Vault opens, while it is locked: its caller is its lock.
FRAME = "redeem_in_frame"


def _signature(entry: dict[str, Any]) -> str:
    return f"{entry['name']}({','.join(_type(part) for part in entry['inputs'])})"


def _type(part: dict[str, Any]) -> str:
    if not part["type"].startswith("tuple"):
        return part["type"]
    inside = ",".join(_type(inner) for inner in part["components"])
    return f"({inside}){part['type'].removeprefix('tuple')}"


def _externals(contract: str) -> dict[str, dict[str, Any]]:
    abi = vyper_artifact(f"contracts/{contract}.vy").abi
    return {entry["name"]: entry for entry in abi if entry["type"] == "function"}


VAULT = _externals("Vault")
EXECUTOR = _externals("Executor")


@pytest.fixture(scope="module")
def insider(shared_stage: Stage) -> Iterator[Stage]:
    """The stage, with every role and 10,000 seasoned shares for the hostile strategy."""
    stage, rpc = shared_stage, shared_stage.rpc
    with stage.undone():
        me = stage.hostile
        grant(stage, me)
        for target in (stage.treasury.steward, stage.executor):
            rpc.transact(t.GOVERNOR, target, "set_guardian(address,bool)", me, True)
        rpc.transact(t.GOVERNOR, stage.executor, "set_curator(address)", me)
        rpc.transact(t.DEPOSITOR, stage.vault, "transfer(address,uint256)", me, 10_000 * 10**18)
        rpc.call("anvil_setBalance", me, hex(10**24))
        for owner in (t.DEPOSITOR, t.LEAVER):
            rpc.transact(owner, stage.vault, "approve(address,uint256)", me, t.MAX_UINT)
        rpc.transact(me, stage.asset, "approve(address,uint256)", stage.vault, t.MAX_UINT)
        yield stage


def _arguments(stage: Stage, entry: dict[str, Any]) -> tuple[Any, ...]:
    """Arguments with which the hostile strategy would succeed from outside, or reach a check of its role."""
    me, leaver, shares = stage.hostile, t.LEAVER, AMOUNT * 10**12 // 4
    signed = t.intent_of(me, [(HOSTILE, AMOUNT, 0)], nonce=1)
    return {
        "approve": (t.STRANGER, 1),
        "permit": (me, t.STRANGER, 1, 2**40, 27, bytes(32), bytes(32)),
        "allowance": (me, leaver),
        "install": (int(stage.spare, 16), 10**18, 1),
        "configure": (1, 0, 4),
        "recover": (stage.asset, me, 1),
        "word": (t.HOT, 0),
        "deposit": (AMOUNT, me),
        "mint": (shares, me),
        "allocate": (HOSTILE, AMOUNT, 0),
        "deallocate": (HOSTILE, AMOUNT, 0),
        "poke": (),
        "withdraw": (AMOUNT, me, leaver),
        "redeem": (shares, me, leaver),
        "redeem_slice": (shares, me, leaver, 0),
        "transfer": (t.STRANGER, shares),
        "transferFrom": (leaver, me, shares),
        "seed": (1,),
        "execute": (intent((HOSTILE, AMOUNT), agent=me),),
        "execute_signed": (signed, bytes(65)),
        "set_group": (1, 1 << HOSTILE, AMOUNT, 100),
        "set_group_cap": (1, 1, 1),
        "cut_group": (1, 0, 0),
        "set_inflow": (HOSTILE, 0, 1),
        "set_mandate": (me, t.mandate_of(3, 2, 1, 1, 1, 1, 1)),
        "revoke": (t.AGENT,),
        "set_cap": (HOSTILE, 1, 1),
        "cut": (HOSTILE, 1, 1),
        "set_curator": (me,),
        "set_guardian": (me, True),
        "seal": (),
        "cap": (HOSTILE,),
    }.get(entry["name"]) or tuple(_default(me, part["type"]) for part in entry["inputs"])


def _default(me: str, kind: str) -> Any:
    return {"address": me, "bool": True}.get(kind, AMOUNT)


def _arm(play: Play, target: str, entry: dict[str, Any]) -> None:
    data = bytes.fromhex(call_data(_signature(entry), *_arguments(play.stage, entry))[2:])
    play.call(t.STRANGER, play.stage.hostile, "set_reentry(address,bytes)", target, data)


def _reenter(
    stage: Stage, outer: str, target: str, entry: dict[str, Any], mode: Mode, when: When
) -> dict[str, Any]:
    """Act once while the strategy calls back; return what came of it and what an honest run leaves."""
    play = stage.play()
    _arm(play, target, entry)
    play.mode(OUTER[outer], mode, when)
    acted, books = play.act(outer), play.books()
    signatures = ("reentry_attempts()", "reentry_succeeded()", "reentry_word()")
    record = [play.view(signature, to=stage.hostile) for signature in signatures]
    outcomes = play.run()
    assert outcomes[acted].ok, outcomes[acted].reason
    attempts, succeeded, word = (int.from_bytes(outcomes[place].data) for place in record)
    assert attempts == 1
    return {"succeeded": bool(succeeded), "word": word, "books": books(outcomes)}


@pytest.fixture(scope="module")
def honest(insider: Stage) -> dict[str, dict[str, int]]:
    """The books after each outer action without a re-entry."""
    found = {}
    for outer in OUTER:
        play = insider.play()
        play.act(outer)
        books = play.books()
        found[outer] = books(play.run())
    return found


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("mode", [Mode.REENTER, Mode.REENTER_STATIC])
def test_vault__entered_again_by_a_strategy__is_locked(insider, honest, outer, when, mode):
    for name, entry in VAULT.items():
        if mode == Mode.REENTER_STATIC and name in ("approve", "permit"):
            continue  # storing in a static frame burns the strategy's own gas: the same as BURN_INVALID
        found = _reenter(insider, outer, insider.vault, entry, mode, when)
        if name == FRAME:
            assert not found["succeeded"]
        elif name not in UNLOCKED:
            # A lock reverts without a reason; a role check that came first would leave one.
            assert (found["succeeded"], found["word"]) == (False, 0), name
        assert found["books"] == honest[outer], name


@pytest.mark.parametrize("outer", ["allocate_hostile", "deallocate_hostile"])
@pytest.mark.parametrize("when", When)
def test_executor__entered_again_during_an_intent__is_locked(insider, honest, outer, when):
    for name, entry in EXECUTOR.items():
        found = _reenter(insider, outer, insider.executor, entry, Mode.REENTER, when)
        if name not in UNLOCKED:
            assert (found["succeeded"], found["word"]) == (False, 0), name
        assert found["books"] == honest[outer], name


@pytest.mark.parametrize("moves", [((HOSTILE, AMOUNT),), ((HOSTILE, -AMOUNT),)])
def test_executor__intent_during_a_slice__fails_in_the_locked_vault(insider, honest, moves):
    play = insider.play()
    data = bytes.fromhex(call_data(EXECUTE, intent(*moves, agent=insider.hostile))[2:])
    play.call(t.STRANGER, insider.hostile, "set_reentry(address,bytes)", insider.executor, data)
    play.mode(Group.REDEEM, Mode.REENTER, When.HALFWAY)
    sliced, books = play.act("slice"), play.books()
    succeeded = play.view("reentry_succeeded()", to=insider.hostile)
    outcomes = play.run()
    assert outcomes[sliced].ok
    assert int.from_bytes(outcomes[succeeded].data) == 0
    assert books(outcomes) == honest["slice"]


@pytest.mark.parametrize("name", sorted(set(VAULT) - UNLOCKED))
@pytest.mark.parametrize("group", [Group.READ, Group.MAX, Group.BALANCE])
def test_vault__read_by_a_strategy_that_is_being_read__refuses(insider, group, name):
    """During a call that changes state every locked view refuses, so that a strategy cannot price itself by
    us."""
    outer = {Group.READ: "poke", Group.MAX: "slice", Group.BALANCE: "allocate_hostile"}[group]
    entry = VAULT[name]
    results = []
    for mode in (Mode.REENTER_VIEW, Mode.RETURN_VALUE):
        play = insider.play()
        _arm(play, insider.vault, entry)
        play.mode(group, mode, SENTINEL)
        acted, books = play.act(outer), play.books()
        outcomes = play.run()
        results.append((outcomes[acted].ok, outcomes[acted].data, books(outcomes)))
    refused, told = results
    assert refused == told


@pytest.mark.parametrize("name", ["totalAssets", "totals", "convertToAssets", "previewDeposit", "maxRedeem"])
def test_views__strategy_asks_the_view_that_asks_it__ends_and_answers(insider, name):
    """A view sets no lock; the recursion ends because a nested read of the same strategies never has enough
    gas."""
    view = insider.views()[name]
    results = []
    for mode in (Mode.REENTER_VIEW, Mode.RETURN_VALUE):
        play = insider.play()
        _arm(play, insider.vault, VAULT[name])
        play.mode(Group.READ, mode, SENTINEL)
        place = play.view(*view)
        results.append(play.run()[place])
    assert results[0].ok
    assert results[0].data == results[1].data


def test_insider__same_calls_from_outside__succeed(insider):
    """The arguments above are good ones: what refuses them during a call is the lock."""
    for name in ("withdraw", "redeem", "redeem_slice", "transfer", "transferFrom", "deposit", "mint"):
        play = insider.play()
        play.call(t.STRANGER, insider.asset, "mint(address,uint256)", insider.hostile, 10 * AMOUNT)
        arguments = _arguments(insider, VAULT[name])
        place = play.call(insider.hostile, insider.vault, _signature(VAULT[name]), *arguments)
        outcome = play.run()[place]
        assert outcome.ok, (name, outcome.reason)
    for name in ("execute", "revoke", "set_cap", "cut"):
        play = insider.play()
        arguments = _arguments(insider, EXECUTOR[name])
        place = play.call(insider.hostile, insider.executor, _signature(EXECUTOR[name]), *arguments)
        outcome = play.run()[place]
        assert outcome.ok, (name, outcome.reason)
