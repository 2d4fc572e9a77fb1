"""ERC-7575 and ERC-165: the share is another contract, and every id that is claimed is what it names."""

from __future__ import annotations

from functools import reduce

import pytest

from ganglion.devnet.abi import call_data, selector
from ganglion.devnet.artifacts import vyper_artifact
from tests.treasury import DEPOSITOR, LEAVER, STRANGER
from tests.unit.bed import ZERO
from tests.unit.leavers import Leavers

SUPPORTS = "supportsInterface(bytes4)"
PROBE_GAS = 30_000  # what ERC-165 lets a probe spend

IDS = {
    0x01FFC9A7: [SUPPORTS],
    0xE3BC4E65: ["isOperator(address,address)", "setOperator(address,bool)"],
    0x620EE8E4: [
        "requestRedeem(uint256,address,address)",
        "pendingRedeemRequest(uint256,address)",
        "claimableRedeemRequest(uint256,address)",
    ],
    0x2F0A18C5: [
        "asset()",
        "share()",
        "convertToAssets(uint256)",
        "convertToShares(uint256)",
        "totalAssets()",
        "deposit(uint256,address)",
        "previewDeposit(uint256)",
        "maxDeposit(address)",
        "mint(uint256,address)",
        "previewMint(uint256)",
        "maxMint(address)",
        "redeem(uint256,address,address)",
        "previewRedeem(uint256)",
        "maxRedeem(address)",
        "withdraw(uint256,address,address)",
        "previewWithdraw(uint256)",
        "maxWithdraw(address)",
    ],
}
NOT_OURS = {
    "no interface": 0xFFFFFFFF,
    "nothing": 0,
    "ERC-7540 deposits": 0xCE3BBE50,
    "ERC-7575 share": 0xF815C03D,
    "ERC-20": 0x36372B07,
    "ERC-721": 0x80AC58CD,
}


def supports(bed: Leavers, interface: int) -> bool:
    """What the queue answers to an ERC-165 probe with the gas that a probe may spend."""
    data = call_data(SUPPORTS, interface.to_bytes(4, "big"))
    intrinsic = 21_000 + sum(16 if byte else 4 for byte in bytes.fromhex(data[2:]))
    answer = bed.rpc.eth_call(
        {"from": STRANGER, "to": bed.queue, "data": data, "gas": hex(PROBE_GAS + intrinsic)}
    )
    assert len(answer) == 32
    return bool(int.from_bytes(answer, "big"))


def functions(contract: str) -> set[str]:
    """Signatures of a contract's functions."""
    return {
        f"{entry['name']}({','.join(part['type'] for part in entry['inputs'])})"
        for entry in vyper_artifact(f"contracts/{contract}.vy").abi
        if entry["type"] == "function"
    }


# ------------------------------------------------------------------ ERC-165


@pytest.mark.parametrize("interface", IDS, ids=hex)
def test_supports__an_id__is_what_its_functions_make_and_all_are_there(bed: Leavers, interface: int) -> None:
    selectors = (int.from_bytes(selector(signature), "big") for signature in IDS[interface])
    assert reduce(lambda a, b: a ^ b, selectors) == interface
    assert set(IDS[interface]) <= functions("ExitQueue")
    assert supports(bed, interface)


@pytest.mark.parametrize("interface", NOT_OURS.values(), ids=NOT_OURS.keys())
def test_supports__any_other__is_denied(bed: Leavers, interface: int) -> None:
    assert not supports(bed, interface)


def test_supports__answer__is_constant(bed: Leavers) -> None:
    before = [supports(bed, interface) for interface in (*IDS, *NOT_OURS.values())]
    bed.drain()
    bed.settled()
    bed.latch(2)
    assert [supports(bed, interface) for interface in (*IDS, *NOT_OURS.values())] == before


# ------------------------------------------------------------------ ERC-7575


def test_share__is_an_erc20_and_does_not_revert(bed: Leavers) -> None:
    share = bed.ask("share()", returns="address")
    assert share.lower() == bed.vault.lower() != bed.queue.lower()
    assert bed.rpc.read(share, "totalSupply()") > 0
    assert bed.rpc.read(share, "balanceOf(address)", LEAVER) > 0
    erc20 = {
        "totalSupply()",
        "balanceOf(address)",
        "transfer(address,uint256)",
        "transferFrom(address,address,uint256)",
        "approve(address,uint256)",
        "allowance(address,address)",
    }
    assert erc20 <= functions("Vault")


def test_entry_point__is_no_erc20_itself() -> None:
    erc20 = {"totalSupply()", "balanceOf(address)", "transfer(address,uint256)", "approve(address,uint256)"}
    assert not erc20 & functions("ExitQueue")


def test_entry__at_the_share__raises_the_receiver_s_balance_by_the_shares(bed: Leavers) -> None:
    share = bed.ask("share()", returns="address")
    bed.mint(DEPOSITOR, bed.unit)
    expected = bed.foreseen(DEPOSITOR, "deposit(uint256,address)", bed.unit, STRANGER)
    bed.rpc.transact(DEPOSITOR, share, "deposit(uint256,address)", bed.unit, STRANGER)
    assert bed.rpc.read(share, "balanceOf(address)", STRANGER) == expected


def test_exit__by_request__lowers_the_owner_s_balance_by_the_shares(bed: Leavers) -> None:
    share = bed.ask("share()", returns="address")
    before = bed.rpc.read(share, "balanceOf(address)", LEAVER)
    bed.request(LEAVER, 10**20)
    assert bed.rpc.read(share, "balanceOf(address)", LEAVER) == before - 10**20


def test_asset__is_the_share_s(bed: Leavers) -> None:
    share = bed.ask("share()", returns="address")
    assert bed.ask("asset()", returns="address") == bed.rpc.read(share, "asset()", returns=("address",))
    assert bed.ask("asset()", returns="address") != ZERO


@pytest.mark.parametrize("amount", [0, 1, 999, 10**12, 10**24, 2**112])
def test_conversions__both_ways__never_gain(bed: Leavers, amount: int) -> None:
    bed.gain(1, 12_345_678)
    bed.poke()
    shares = bed.ask("convertToShares(uint256)", amount)
    assert bed.ask("convertToAssets(uint256)", shares) <= amount
    assets = bed.ask("convertToAssets(uint256)", amount)
    assert bed.ask("convertToShares(uint256)", assets) <= amount
