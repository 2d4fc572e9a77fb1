"""The Vault's constructor, seed and seal: what must hold before a treasury opens."""

from __future__ import annotations

from typing import Any

import pytest
from vyper.compiler.settings import anchor_settings

from ganglion.devnet.addresses import created_by
from ganglion.devnet.errors import Reverted
from ganglion.devnet.rpc import Rpc
from tests.modes import TokenFlag
from tests.treasury import (
    DAY,
    DEPLOYER,
    DEPOSITOR,
    ETHER,
    GOVERNOR,
    LEAVER,
    STRANGER,
    VAULT_ARGUMENTS,
    deploy_blueprint,
    deploy_token,
    deploy_vault,
    deploy_vyper,
)
from tests.unit.bed import DEAD, DEPOSIT, ZERO, Bed, reverts
from tests.unit.events import event
from tests.unit.refusals import Refusal
from tools.vyper_source import ROOT, compiler_data

WORD_STEWARD, WORD_QUEUE, WORD_EPOCH, WORD_CHANGES = 10, 14, 15, 18
MAX_SEED = 2**96  # asset wei


def construct(rpc: Rpc, decimals: int = 6, epoch: int = DAY, steward: str = GOVERNOR) -> str:
    """Deploy a Vault alone."""
    rpc.call("anvil_setBalance", DEPLOYER, hex(10**6 * ETHER))
    return deploy_vault(rpc, deploy_token(rpc, decimals), steward, epoch)


# ------------------------------------------------------------------ constructor


@pytest.mark.parametrize("decimals", [5, 19])
def test_constructor__decimals_out_of_range__is_refused(rpc: Rpc, decimals: int) -> None:
    with reverts(Refusal.BAD_PARAMETER):
        construct(rpc, decimals=decimals)


@pytest.mark.parametrize(("decimals", "share_decimals"), [(6, 18), (8, 18), (15, 18), (16, 19), (18, 21)])
def test_constructor__decimals_in_range__sets_the_share_s(
    rpc: Rpc, decimals: int, share_decimals: int
) -> None:
    vault = construct(rpc, decimals=decimals)
    assert rpc.read(vault, "decimals()", returns=("uint8",)) == share_decimals


@pytest.mark.parametrize("epoch", [3_599, 604_801, 0])
def test_constructor__epoch_out_of_range__is_refused(rpc: Rpc, epoch: int) -> None:
    with reverts(Refusal.BAD_PARAMETER):
        construct(rpc, epoch=epoch)


@pytest.mark.parametrize("epoch", [3_600, 604_800])
def test_constructor__epoch_at_its_bounds__deploys(rpc: Rpc, epoch: int) -> None:
    assert rpc.code(construct(rpc, epoch=epoch))


def test_constructor__no_steward__is_refused(rpc: Rpc) -> None:
    with reverts(Refusal.BAD_PARAMETER):
        construct(rpc, steward=ZERO)


@pytest.mark.parametrize("lacking", [0, 1], ids=["queue", "annex"])
def test_constructor__no_blueprint__is_refused(rpc: Rpc, lacking: int) -> None:
    rpc.call("anvil_setBalance", DEPLOYER, hex(10**6 * ETHER))
    made = [deploy_blueprint(rpc, f"contracts/{contract}.vy") for contract in ("ExitQueue", "VaultAnnex")]
    made[lacking] = STRANGER
    values = (deploy_token(rpc), GOVERNOR, *made, DAY, "Treasury", "TRS")
    with reverts(None):
        deploy_vyper(rpc, "contracts/Vault.vy", VAULT_ARGUMENTS, values)


def test_constructor__queue_and_annex__are_the_vault_s_own(rpc: Rpc) -> None:
    vault = construct(rpc)
    queue, annex = (created_by(vault, nonce) for nonce in (1, 2))
    assert rpc.read(vault, "word(uint256,uint256)", WORD_QUEUE, 0) == int(queue, 16)
    assert rpc.read(vault, "half()", returns=("address",)) == annex.lower()
    assert rpc.read(queue, "vault()", returns=("address",)) == vault.lower()


def test_layout__both_halves__same_slots() -> None:
    vault, annex = (_slots(name) for name in ("Vault", "VaultAnnex"))
    assert annex["ledger"] == vault["ledger"]
    assert set(annex) == {"ledger"}
    assert min(word["slot"] for word in vault["ledger"].values()) == 0


def _slots(contract: str) -> dict[str, Any]:
    """Storage layout of a contract: module to variable to type, slot and number of slots."""
    data = compiler_data(ROOT / "contracts" / f"{contract}.vy")
    with anchor_settings(data.settings):
        return data.storage_layout["storage_layout"]


def test_constructor__values__read_back(rpc: Rpc) -> None:
    vault = construct(rpc)
    assert rpc.read(vault, "name()", returns=("string",)) == "Treasury"
    assert rpc.read(vault, "symbol()", returns=("string",)) == "TRS"
    assert rpc.read(vault, "totalSupply()") == rpc.read(vault, "totalAssets()") == 0
    queue = int(created_by(vault, 1), 16)
    fixed = {WORD_STEWARD: int(GOVERNOR, 16), WORD_QUEUE: queue, WORD_EPOCH: DAY}
    words = {key: rpc.read(vault, "word(uint256,uint256)", key, 0) for key in range(1, WORD_EPOCH + 1)}
    assert words == {key: fixed.get(key, 0) for key in words}


def test_asset__any__is_the_constructor_s(unsealed: Bed) -> None:
    assert unsealed.view("asset()", returns="address").lower() == unsealed.asset.lower()


@pytest.mark.parametrize("key", [0, WORD_CHANGES + 1, 2**255])
def test_word__unknown_key__is_refused(unsealed: Bed, key: int) -> None:
    with reverts(Refusal.BAD_PARAMETER):
        unsealed.word(key)


# ------------------------------------------------------------------ seed


@pytest.mark.parametrize("decimals", [6, 8, 18])
@pytest.mark.parametrize("flags", [TokenFlag.PLAIN, TokenFlag.NO_RETURN])
def test_seed__anyone__mints_shares_that_nobody_owns(rpc: Rpc, decimals: int, flags: TokenFlag) -> None:
    bed = Bed.make(rpc, decimals, flags)
    before, idle, supply = bed.shares(DEAD), bed.idle(), bed.supply()
    assets = 3 * bed.unit + 1
    bed.mint(STRANGER, assets)
    receipt = bed.act(STRANGER, "seed(uint256)", assets)
    minted = assets * bed.virtual
    assert bed.shares(DEAD) - before == bed.supply() - supply == minted
    assert bed.idle() - idle == assets
    assert bed.assets(STRANGER) == 0
    assert bed.events(receipt) == [
        event(bed.vault, "Transfer", sender=ZERO, receiver=DEAD, value=minted),
        event(bed.vault, "Deposit", sender=STRANGER, owner=DEAD, assets=assets, shares=minted),
    ]


def test_seed__zero__is_refused(unsealed: Bed) -> None:
    with unsealed.refused(Refusal.ZERO_AMOUNT):
        unsealed.act(STRANGER, "seed(uint256)", 0)


def test_seed__sealed__is_refused(unsealed: Bed) -> None:
    unsealed.mint(STRANGER, unsealed.unit)
    unsealed.seal()
    with unsealed.refused(Refusal.WRONG_PHASE):
        unsealed.act(STRANGER, "seed(uint256)", unsealed.unit)


def test_seed__fee_on_transfer__is_refused(rpc: Rpc) -> None:
    bed = Bed.make(rpc, flags=TokenFlag.FEE_ON_TRANSFER)
    bed.mint(STRANGER, bed.unit)
    rpc.transact(STRANGER, bed.asset, "set_fee(uint256)", 1)
    with bed.refused(Refusal.TRANSFER_MISMATCH):
        bed.act(STRANGER, "seed(uint256)", bed.unit)


def test_seed__over_96_bits__is_refused(unsealed: Bed) -> None:
    before = unsealed.idle()
    unsealed.mint(STRANGER, MAX_SEED + 1)
    with unsealed.refused(Refusal.TOO_LARGE):
        unsealed.act(STRANGER, "seed(uint256)", MAX_SEED + 1)
    unsealed.act(STRANGER, "seed(uint256)", MAX_SEED)
    assert unsealed.idle() == before + MAX_SEED


# ------------------------------------------------------------------ seal


def test_seal__seeded__opens_and_ends_the_deployer_s_right(unsealed: Bed) -> None:
    bed = unsealed
    flags = (bed.word(1) >> 192) & 255
    receipt = bed.govern("seal()")
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=1, id=0, word=flags | 4),
        event(bed.steward, "Sealed", vault=bed.vault),
    ]
    assert bed.rpc.read(bed.steward, "is_sealed()", returns=("bool",))
    assert bed.deposit(DEPOSITOR, bed.unit) > 0
    with bed.refused("authority: not the governor"):
        bed.rpc.transact(DEPLOYER, bed.steward, "set_sentinel(address)", bed.sentinel)


def test_seal__deployer__may_once(unsealed: Bed) -> None:
    assert not unsealed.rpc.read(unsealed.steward, "is_sealed()", returns=("bool",))
    unsealed.rpc.transact(DEPLOYER, unsealed.steward, "seal()")
    with unsealed.refused("authority: not the governor"):
        unsealed.rpc.transact(DEPLOYER, unsealed.steward, "seal()")
    with unsealed.refused("authority: already sealed"):
        unsealed.rpc.transact(GOVERNOR, unsealed.steward, "seal()")


def test_seal__not_seeded__is_refused(rpc: Rpc) -> None:
    rpc.call("anvil_setBalance", GOVERNOR, hex(10**6 * ETHER))
    rpc.call("anvil_setBalance", DEPLOYER, hex(10**6 * ETHER))
    steward = deploy_vyper(rpc, "contracts/Steward.vy", ["address"], (GOVERNOR,))
    vault = construct(rpc, steward=steward)
    rpc.transact(GOVERNOR, steward, "bind(address)", vault)
    with reverts("steward: not seeded"):
        rpc.transact(GOVERNOR, steward, "seal()")


def test_seal__before__leaves_every_way_in_closed(unsealed: Bed) -> None:
    unsealed.mint(LEAVER, unsealed.unit)
    with unsealed.refused(Refusal.WRONG_PHASE):
        unsealed.act(LEAVER, DEPOSIT, unsealed.unit, LEAVER)
    with pytest.raises(Reverted):
        unsealed.act(LEAVER, "redeem_slice(uint256,address,address,uint256)", 1, LEAVER, DEAD, 0)
