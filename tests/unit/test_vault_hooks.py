"""What the Vault lets its queue do and nobody else, its second half, and its frame: callers and bounds."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.abi import call_data
from ganglion.devnet.artifacts import vyper_artifact
from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode, Stage
from tests.treasury import (
    DEPLOYER,
    DEPOSITOR,
    ETHER,
    GOVERNOR,
    HOT,
    LEAVER,
    MAX_UINT,
    QUEUE,
    STRANGER,
    deploy_token,
    deploy_vault,
    deploy_vyper,
)
from tests.unit.bed import EVERYONE, M112, Bed, reverts
from tests.unit.leavers import EXIT_NOW, SECOND, Leavers
from tests.unit.refusals import Refusal

ESCROW = "escrow(address,address,uint256)"
LEAVE = "leave(address,address,uint256,uint256)"
PAY = "pay(address,uint256)"
UNWIND = "unwind(uint256,uint256,bool)"
GIVE_BACK = "give_back(uint256)"
HAND_OUT = "hand_out(uint256,uint256,address)"
FRAME = "redeem_in_frame(uint256,uint256,uint256,uint256,uint256)"
HOOKS: dict[str, tuple[Any, ...]] = {
    ESCROW: (LEAVER, LEAVER, 1),
    LEAVE: (LEAVER, LEAVER, 10**18, MAX_UINT),
    PAY: (STRANGER, 1),
    UNWIND: (1, MAX_UINT, True),
    GIVE_BACK: (1,),
    HAND_OUT: (1, 1, STRANGER),
}


def externals(contract: str) -> dict[str, list[str]]:
    """Names and argument types of a contract's functions."""
    functions = (
        entry for entry in vyper_artifact(f"contracts/{contract}.vy").abi if entry["type"] == "function"
    )
    return {entry["name"]: [part["type"] for part in entry["inputs"]] for entry in functions}


def plain(types: list[str]) -> tuple[Any, ...]:
    """An argument of each type that a function can begin with."""
    ready = {"uint256": 1, "address": LEAVER, "bool": True, "bytes4": b"\x01\xff\xc9\xa7"}
    return tuple(ready[kind] for kind in types)


def callers(bed: Leavers) -> list[str]:
    """Every role, and every contract that belongs to a treasury."""
    found = [*EVERYONE.values(), SECOND, bed.steward, bed.annex, bed.strategies[0]]
    for caller in (*found, bed.queue, bed.vault):
        bed.rpc.call("anvil_setBalance", caller, hex(ETHER))
    return found


@pytest.fixture
def waiting(leavers: Leavers) -> Leavers:
    """Two have left; the first strategy pays nothing, and their cash is owed."""
    leavers.drain(1)
    leavers.settled(LEAVER, SECOND)
    leavers.rpc.call("anvil_setBalance", leavers.queue, hex(ETHER))
    return leavers


def hook(bed: Leavers, signature: str, *arguments: Any) -> Any:
    """Call a hook in the queue's place."""
    return bed.act(bed.queue, signature, *arguments)


# ------------------------------------------------------------------ callers


@pytest.mark.parametrize("signature", HOOKS)
def test_hooks__anyone_but_the_queue__are_refused(waiting: Leavers, signature: str) -> None:
    for caller in (*callers(waiting), waiting.vault):
        with reverts(Refusal.UNAUTHORISED):
            waiting.act(caller, signature, *HOOKS[signature])


def test_frame__anyone_but_the_vault__is_refused(waiting: Leavers) -> None:
    for caller in (*callers(waiting), waiting.queue):
        with reverts(Refusal.UNAUTHORISED):
            waiting.act(caller, FRAME, 1, 1, 0, 0, 0)


@pytest.mark.parametrize(("name", "types"), externals("VaultAnnex").items(), ids=lambda v: str(v))
def test_annex__called_itself__refuses_everybody(waiting: Leavers, name: str, types: list[str]) -> None:
    for caller in (*callers(waiting), waiting.queue, waiting.vault):
        with reverts(Refusal.UNAUTHORISED):
            waiting.rpc.transact(caller, waiting.annex, f"{name}({','.join(types)})", *plain(types))


def test_annex__every_external__has_a_door_in_the_vault() -> None:
    vault = externals("Vault")
    assert set(externals("VaultAnnex")) <= set(vault)


def test_seal__queue_of_another_vault__is_refused(rpc: Rpc) -> None:
    for account in (GOVERNOR, DEPLOYER):
        rpc.call("anvil_setBalance", account, hex(10**6 * ETHER))
    asset = deploy_token(rpc)
    steward = deploy_vyper(rpc, "contracts/Steward.vy", ["address"], (GOVERNOR,))
    vault, other = deploy_vault(rpc, asset, steward), deploy_vault(rpc, asset, steward)
    queues = [f"0x{rpc.read(v, 'word(uint256,uint256)', QUEUE, 0):040x}" for v in (vault, other)]
    rpc.transact(GOVERNOR, steward, "bind(address)", vault)
    rpc.transact(DEPLOYER, asset, "mint(address,uint256)", DEPLOYER, 1)
    rpc.transact(DEPLOYER, asset, "approve(address,uint256)", vault, 1)
    rpc.transact(DEPLOYER, vault, "seed(uint256)", 1)
    own = rpc.code(queues[0])
    rpc.call("anvil_setCode", queues[0], "0x" + rpc.code(queues[1]).hex())
    with reverts("steward: queue not bound"):
        rpc.transact(GOVERNOR, steward, "seal()")
    rpc.call("anvil_setCode", queues[0], "0x" + own.hex())
    rpc.transact(GOVERNOR, steward, "seal()")


# ------------------------------------------------------------------ what the worst queue is bound by


def test_pay__more_than_is_owed__is_refused(waiting: Leavers) -> None:
    owed = waiting.owed()
    with waiting.refused(Refusal.IDLE_SHORT):
        hook(waiting, PAY, STRANGER, owed + 1)
    with waiting.refused(Refusal.IDLE_SHORT):
        hook(waiting, PAY, STRANGER, MAX_UINT)
    idle = waiting.idle()
    hook(waiting, PAY, STRANGER, owed)
    assert (waiting.assets(STRANGER), waiting.owed(), waiting.idle()) == (owed, 0, idle)
    assert not (waiting.word(HOT) >> 192) & 16


def test_pay__nothing_is_owed__is_refused(leavers: Leavers) -> None:
    leavers.rpc.call("anvil_setBalance", leavers.queue, hex(ETHER))
    with leavers.refused(Refusal.IDLE_SHORT):
        hook(leavers, PAY, STRANGER, 1)


def test_hand_out__more_than_waits__is_refused(waiting: Leavers) -> None:
    units, held = waiting.waiting(1), waiting.units(1)
    for amount in (units + 1, M112, MAX_UINT):
        with waiting.refused(None):
            hook(waiting, HAND_OUT, 1, amount, STRANGER)
    hook(waiting, HAND_OUT, 1, units, STRANGER)
    assert (waiting.waiting(1), waiting.units(1)) == (0, held)
    assert waiting.is_solvent()


def test_hand_out__where_nothing_waits__is_refused(waiting: Leavers) -> None:
    with waiting.refused(None):
        hook(waiting, HAND_OUT, 2, 1, STRANGER)


def test_give_back__where_nothing_waits__is_refused(waiting: Leavers) -> None:
    with waiting.refused(None):
        hook(waiting, GIVE_BACK, 2)


def test_give_back__one_unit__is_the_stayers_again(waiting: Leavers) -> None:
    units, held = waiting.waiting(1), waiting.units(1)
    hook(waiting, GIVE_BACK, 1)
    assert (waiting.waiting(1), waiting.units(1)) == (units - 1, held + 1)


def test_unwind__of_nothing_by_the_queue__hands_over_and_redeems_nothing(waiting: Leavers) -> None:
    waiting.refill(1)
    before = waiting.words(1)
    hook(waiting, UNWIND, 1, 0, True)
    assert waiting.words(1) == before


def test_escrow__more_than_the_allowance__is_refused(waiting: Leavers) -> None:
    with waiting.refused("erc20: insufficient allowance"):
        hook(waiting, ESCROW, DEPOSITOR, STRANGER, 1)


def test_leave__more_than_the_balance__is_refused(waiting: Leavers) -> None:
    with waiting.refused("erc20: burn amount exceeds balance"):
        hook(waiting, LEAVE, DEPOSITOR, DEPOSITOR, waiting.shares(DEPOSITOR) + 1, MAX_UINT)


@pytest.mark.parametrize("tries", [0, MAX_UINT])
def test_leave__by_any_queue__takes_nothing_of_those_who_stay(waiting: Leavers, tries: int) -> None:
    bed, shares = waiting, waiting.shares(DEPOSITOR) // 3
    before = bed.idle(), bed.units(1), bed.units(2), bed.units(3)
    supply = bed.supply()
    hook(bed, LEAVE, DEPOSITOR, DEPOSITOR, shares, tries)
    after = bed.idle(), bed.units(1), bed.units(2), bed.units(3)
    assert bed.supply() == supply - shares
    for then, now in zip(before, after, strict=True):
        assert now == then - then * shares // supply
    assert bed.is_solvent()


# ------------------------------------------------------------------ locks


@pytest.mark.parametrize(("name", "types"), externals("ExitQueue").items(), ids=lambda v: str(v))
@pytest.mark.parametrize("outer", ["exit_now", "unwind"])
def test_queue__re_entered_by_a_strategy__answers_nothing(
    waiting: Leavers, name: str, types: list[str], outer: str
) -> None:
    bed, hostile = waiting, waiting.strategies[0]
    bed.operate(LEAVER, hostile)
    bed.act(DEPOSITOR, "approve(address,uint256)", hostile, MAX_UINT)
    bed.refill(1)
    data = bytes.fromhex(call_data(f"{name}({','.join(types)})", *plain(types))[2:])
    bed.rpc.transact(STRANGER, hostile, "set_reentry(address,bytes)", bed.queue, data)
    bed.dial(1, Group.REDEEM, Mode.REENTER, Stage.HALFWAY)
    if outer == "unwind":
        bed.unwind(1)
    else:
        bed.exit_now(DEPOSITOR, bed.shares(DEPOSITOR) // 2)
    assert bed.waiting(1) == 0
    assert bed.rpc.read(hostile, "reentry_attempts()") == 1
    assert bed.rpc.read(hostile, "reentry_succeeded()", returns=("bool",)) is False


@pytest.mark.parametrize("name", ["settle", "unwind", "exit_now", "claim", "requestRedeem", "stake"])
@pytest.mark.parametrize("outer", ["allocate", "deallocate"])
def test_queue__entered_while_the_vault_moves_capital__answers_nothing(
    waiting: Leavers, name: str, outer: str
) -> None:
    bed, hostile = waiting, waiting.strategies[1]
    types = externals("ExitQueue")[name]
    arguments = (2**60, hostile, hostile, 0, 0) if name == "exit_now" else plain(types)
    if name == "requestRedeem":
        arguments = (bed.least, hostile, hostile)
    bed.act(DEPOSITOR, "transfer(address,uint256)", hostile, 10**20)
    bed.operate(LEAVER, hostile)
    bed.request(DEPOSITOR, bed.least)
    bed.ripen()
    data = bytes.fromhex(call_data(f"{name}({','.join(types)})", *arguments)[2:])
    bed.rpc.transact(STRANGER, hostile, "set_reentry(address,bytes)", bed.queue, data)
    bed.poke()
    group = Group.DEPOSIT if outer == "allocate" else Group.REDEEM
    bed.dial(2, group, Mode.REENTER, Stage.HALFWAY)
    (bed.allocate if outer == "allocate" else bed.deallocate)(2, 1_000 * bed.unit)
    assert bed.rpc.read(hostile, "reentry_attempts()") == 1
    assert bed.rpc.read(hostile, "reentry_succeeded()", returns=("bool",)) is False


def test_starved__exit_with_too_little_gas__reverts_whole(waiting: Leavers) -> None:
    bed: Bed = waiting
    shares = bed.shares(DEPOSITOR)
    data = call_data(EXIT_NOW, shares, DEPOSITOR, DEPOSITOR, 0, MAX_UINT)
    before = bed.fingerprint()
    for gas in (600_000, 900_000, 1_100_000):
        with reverts(Refusal.GAS_SHORT):
            bed.rpc.send({"from": DEPOSITOR, "to": bed.queue, "data": data, "gas": gas})
    assert bed.fingerprint() == before
