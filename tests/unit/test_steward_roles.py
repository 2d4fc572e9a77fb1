"""Who may do what at the Steward and the Vault's side of it; recover takes only what is nobody's."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import TokenFlag
from tests.treasury import (
    DEPLOYER,
    ETHER,
    GOVERNOR,
    GUARDIAN,
    HOT,
    LEAVER,
    LIMITS,
    STRANGER,
    TERMS,
    Limits,
    Terms,
    deploy_hostile,
    deploy_token,
)
from tests.unit.bed import CALM, EVERYONE, PLACED, STRESS, WINDDOWN, ZERO, Bed
from tests.unit.events import event
from tests.unit.refusals import Refusal

FEES = "(uint256,uint256,address)"
SEALED, PAUSED = 4, 8
NOT_GOVERNOR, NOT_GUARDIAN = "authority: not the governor", "authority: not a guardian"

GOVERNED: dict[str, tuple[Any, ...]] = {
    f"set_terms(uint256,{TERMS})": (1, Terms().tuple()),
    f"set_limits({LIMITS})": (Limits().tuple(),),
    "retire(uint256)": (1,),
    "write_down(uint256)": (2,),
    "set_sentinel(address)": (ZERO,),
    f"set_fees({FEES})": ((0, 0, ZERO),),
    "set_guardian(address,bool)": (STRANGER, True),
    "set_executor(address)": (STRANGER,),
    "recover(address,address,uint256)": (ZERO, LEAVER, 1),
    "bind(address)": (ZERO,),
    "seal()": (),
    f"list_strategy(address,{TERMS},uint256)": (ZERO, Terms().tuple(), 1),
}
GUARDED: dict[str, tuple[Any, ...]] = {
    "set_ceiling(uint256,uint256)": (1, 0),
    "set_entry_paused(bool)": (True,),
}
RAISING: dict[str, tuple[Any, ...]] = {
    "set_ceiling(uint256,uint256)": (1, 1),
    "set_entry_paused(bool)": (False,),
}
ALLOWED = {"governor", "guardian"}


def as_role(bed: Bed, role: str, signature: str, *arguments: Any) -> Any:
    """Call the Steward as a role."""
    return bed.rpc.transact(EVERYONE[role], bed.steward, signature, *arguments)


@pytest.mark.parametrize("signature", GOVERNED)
def test_governed__any_other_role__is_refused(bed: Bed, signature: str) -> None:
    for role in sorted(set(EVERYONE) - {"governor"}):
        with bed.refused(NOT_GOVERNOR):
            as_role(bed, role, signature, *GOVERNED[signature])


@pytest.mark.parametrize("signature", GUARDED)
def test_guarded__any_other_role__is_refused(bed: Bed, signature: str) -> None:
    for role in sorted(set(EVERYONE) - ALLOWED):
        with bed.refused(NOT_GUARDIAN):
            as_role(bed, role, signature, *GUARDED[signature])


@pytest.mark.parametrize("signature", RAISING)
def test_guarded__towards_more_risk__is_the_governor_s_alone(bed: Bed, signature: str) -> None:
    bed.govern("set_ceiling(uint256,uint256)", 1, 0)
    bed.govern("set_entry_paused(bool)", True)
    for role in sorted(set(EVERYONE) - {"governor"}):
        with bed.refused(NOT_GOVERNOR if role == "guardian" else NOT_GUARDIAN):
            as_role(bed, role, signature, *RAISING[signature])
    as_role(bed, "governor", signature, *RAISING[signature])


@pytest.mark.parametrize("role", ["governor", "deployer"])
def test_governed__before_the_seal__is_the_deployer_s_too(unsealed: Bed, role: str) -> None:
    bed = unsealed
    strategy = deploy_hostile(bed.rpc, bed.asset)
    as_role(bed, role, f"list_strategy(address,{TERMS},uint256)", strategy, Terms().tuple(), 1)
    calls = {k: v for k, v in (GOVERNED | GUARDED | RAISING).items() if "list" not in k and "bind" not in k}
    calls["recover(address,address,uint256)"] = (bed.asset, LEAVER, 0)
    calls["set_sentinel(address)"] = (bed.sentinel,)
    skipped = {"write_down(uint256)", "retire(uint256)", "seal()"}
    for signature in calls.keys() - skipped:
        as_role(bed, role, signature, *calls[signature])
    for signature in ("retire(uint256)", "seal()"):
        as_role(bed, role, signature, *calls[signature])
    assert bed.rpc.read(bed.steward, "is_sealed()", returns=("bool",))


def test_guardian__before_the_seal__has_no_more_rights(unsealed: Bed) -> None:
    for signature, arguments in GOVERNED.items():
        with unsealed.refused(NOT_GOVERNOR):
            as_role(unsealed, "guardian", signature, *arguments)


# ------------------------------------------------------------------ the Vault's side


STEWARD_ONLY: dict[str, tuple[Any, ...]] = {
    "install(uint256,uint256,uint256)": (1, 1, 1),
    "configure(uint256,uint256,uint256)": (1, 0, 0),
    "recover(address,address,uint256)": (ZERO, LEAVER, 0),
}


@pytest.mark.parametrize("signature", STEWARD_ONLY)
def test_vault_parameters__any_account__are_refused(bed: Bed, signature: str) -> None:
    for account in (*EVERYONE.values(), bed.vault, bed.strategies[0]):
        bed.rpc.call("anvil_setBalance", account, hex(ETHER))
        with bed.refused(Refusal.UNAUTHORISED):
            bed.act(account, signature, *STEWARD_ONLY[signature])


@pytest.mark.parametrize("key", [0, 11, 2**200])
def test_configure__unknown_key__is_refused(bed: Bed, key: int) -> None:
    bed.rpc.call("anvil_setBalance", bed.steward, hex(ETHER))
    with bed.refused(Refusal.BAD_PARAMETER):
        bed.act(bed.steward, "configure(uint256,uint256,uint256)", key, 1, 0)


@pytest.mark.parametrize("state", [CALM, STRESS, WINDDOWN])
@pytest.mark.parametrize("word", [0, 2**256 - 1])
def test_configure__flags__reach_the_seal_and_the_pause_alone(bed: Bed, state: int, word: int) -> None:
    bed.latch(state)
    before = bed.word(HOT)
    bed.rpc.call("anvil_setBalance", bed.steward, hex(ETHER))
    bed.act(bed.steward, "configure(uint256,uint256,uint256)", 1, 0, word)
    owned = (SEALED | PAUSED) << 192
    assert bed.word(HOT) == before & ~owned | word & owned


# ------------------------------------------------------------------ recover


def recover(bed: Bed, token: str, amount: int) -> Any:
    """Recover to the leaver."""
    return bed.govern("recover(address,address,uint256)", token, LEAVER, amount)


def donate(bed: Bed, token: str, amount: int) -> None:
    """Mint a token to the Vault."""
    bed.rpc.transact(STRANGER, token, "mint(address,uint256)", bed.vault, amount)


def told(bed: Bed, token: str, amount: int) -> list[Any]:
    """What both contracts tell of a recovery."""
    fields = {"token": token, "receiver": LEAVER, "amount": amount}
    return [event(bed.vault, "Recovered", **fields), event(bed.steward, "Recovered", **fields)]


@pytest.mark.parametrize("flags", [TokenFlag.PLAIN, TokenFlag.NO_RETURN])
def test_recover__asset__takes_the_excess_and_not_idle(rpc: Rpc, flags: TokenFlag) -> None:
    bed = Bed.make(rpc, flags=flags)
    bed.list_hostile(1)
    bed.fund().invest()
    donate(bed, bed.asset, 77)
    idle, totals = bed.idle(), bed.totals()
    with bed.refused(Refusal.NOT_EXCESS):
        recover(bed, bed.asset, 78)
    assert bed.events(recover(bed, bed.asset, 77)) == told(bed, bed.asset, 77)
    assert (bed.assets(LEAVER), bed.idle(), bed.assets(bed.vault)) == (77, idle, idle)
    assert bed.totals() == totals


def test_recover__units__takes_the_excess_and_not_ours(invested: Bed) -> None:
    bed, strategy = invested, invested.strategies[0]
    bed.share_strategy(1)
    bed.rpc.transact(STRANGER, strategy, "transfer(address,uint256)", bed.vault, 55)
    with bed.refused(Refusal.NOT_EXCESS):
        recover(bed, strategy, 56)
    assert bed.events(recover(bed, strategy, 55)) == told(bed, strategy, 55)
    assert bed.rpc.read(strategy, "units_of(address)", LEAVER) == 55
    assert bed.rpc.read(strategy, "units_of(address)", bed.vault) == bed.position(1)[0]
    with bed.refused(Refusal.NOT_EXCESS):
        recover(bed, strategy, 1)


def test_recover__units_of_a_retired_strategy__takes_all(bed: Bed) -> None:
    strategy = bed.strategies[1]
    bed.share_strategy(2)
    bed.rpc.transact(STRANGER, strategy, "transfer(address,uint256)", bed.vault, 55)
    bed.govern("retire(uint256)", 2)
    recover(bed, strategy, 55)
    assert bed.rpc.read(strategy, "units_of(address)", bed.vault) == 0


def test_recover__unknown_token__takes_all(invested: Bed) -> None:
    other = deploy_token(invested.rpc, 18)
    donate(invested, other, 10**20)
    assert invested.events(recover(invested, other, 10**20)) == told(invested, other, 10**20)
    assert invested.rpc.read(other, "balanceOf(address)", LEAVER) == 10**20


def test_recover__transfer_answers_false__is_refused(invested: Bed) -> None:
    other = deploy_token(invested.rpc, 18, TokenFlag.FALSE_ON_FAILURE)
    donate(invested, other, 10)
    with invested.refused(Refusal.NOT_EXCESS):
        recover(invested, other, 11)
    recover(invested, other, 10)


def test_recover__everything_in_a_slice__is_out_of_reach(invested: Bed) -> None:
    for token, amount in ((invested.asset, 1), (invested.strategies[0], PLACED), (invested.strategies[2], 1)):
        with invested.refused(Refusal.NOT_EXCESS):
            recover(invested, token, amount)


def test_governor__views__name_the_timelock(bed: Bed) -> None:
    assert bed.rpc.read(bed.steward, "governor()", returns=("address",)) == GOVERNOR.lower()
    assert bed.rpc.read(bed.steward, "is_guardian(address)", GUARDIAN, returns=("bool",))
    assert not bed.rpc.read(bed.steward, "is_guardian(address)", DEPLOYER, returns=("bool",))
