"""The share as an ERC-20 with permit: allowances, ERC-2612 signatures and the EIP-712 domain."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from ganglion.devnet.abi import encode
from tests.treasury import DEPOSITOR, ETHER, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import APPROVE, TRANSFER_FROM, ZERO, Bed
from tests.unit.events import event

PERMIT = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
SIGNER = Account.from_key(keccak(text="ganglion tests: an owner who signs"))
OTHER = Account.from_key(keccak(text="ganglion tests: somebody else"))
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
TYPES = {
    "Permit": [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ]
}


def domain(bed: Bed, **changes: Any) -> dict[str, Any]:
    """The EIP-712 domain of the Vault, with changes."""
    names = {"name": "Treasury", "version": "1", "chainId": 1, "verifyingContract": bed.vault}
    return names | changes


def signed(bed: Bed, signer: Any = SIGNER, nonce: int = 0, deadline: int = MAX_UINT, **changes: Any) -> tuple:
    """Arguments of a permit of 1,000 shares from SIGNER to the stranger, signed by ``signer``."""
    message = {
        "owner": SIGNER.address,
        "spender": STRANGER,
        "value": 1_000,
        "nonce": nonce,
        "deadline": deadline,
    }
    typed = encode_typed_data(domain(bed, **changes), TYPES, message)
    signature = signer.sign_message(typed)
    parts = (signature.v, signature.r.to_bytes(32, "big"), signature.s.to_bytes(32, "big"))
    return (SIGNER.address, STRANGER, 1_000, deadline, *parts)


def nonce(bed: Bed) -> int:
    """Permits that SIGNER has used."""
    return bed.view("nonces(address)", SIGNER.address)


# ------------------------------------------------------------------ ERC-20


def test_approve__any__is_stored_and_told(bed: Bed) -> None:
    receipt = bed.act(DEPOSITOR, APPROVE, STRANGER, 77)
    told = event(bed.vault, "Approval", owner=DEPOSITOR, spender=STRANGER, value=77)
    assert bed.events(receipt) == [told]
    assert bed.view("allowance(address,address)", DEPOSITOR, STRANGER) == 77
    assert bed.foreseen(DEPOSITOR, APPROVE, STRANGER, 0, returns=("bool",))
    bed.act(DEPOSITOR, APPROVE, STRANGER, 0)
    assert bed.view("allowance(address,address)", DEPOSITOR, STRANGER) == 0


def test_approve__nobody__is_refused(bed: Bed) -> None:
    with bed.refused("erc20: approve to the zero address"):
        bed.act(DEPOSITOR, APPROVE, ZERO, 1)


def test_approve__seasoning__is_not_held(bed: Bed) -> None:
    bed.deposit(LEAVER, bed.unit)
    bed.act(LEAVER, APPROVE, STRANGER, 5)
    assert bed.view("allowance(address,address)", LEAVER, STRANGER) == 5


def test_total_supply__all_holders__adds_up(bed: Bed) -> None:
    bed.deposit(LEAVER, 5 * bed.unit)
    dead = bed.shares("0x000000000000000000000000000000000000dEaD")
    held = bed.shares(DEPOSITOR) + bed.shares(LEAVER) + dead
    assert bed.view("totalSupply()") == held


@pytest.mark.parametrize(
    "signature",
    [
        "mint(address,uint256)",
        "burn(uint256)",
        "burn_from(address,uint256)",
        "set_minter(address,bool)",
        "is_minter(address)",
        "owner()",
        "transfer_ownership(address)",
        "renounce_ownership()",
    ],
)
def test_erc20__left_out__is_not_there(bed: Bed, signature: str) -> None:
    types = signature[signature.index("(") + 1 : -1].split(",")
    samples = {"address": DEPOSITOR, "uint256": 1, "bool": True}
    arguments = [samples[kind] for kind in types if kind]
    with bed.refused(None):
        bed.act(DEPOSITOR, signature, *arguments)


# ------------------------------------------------------------------ permit


def test_permit__good_signature__approves_once(bed: Bed) -> None:
    arguments = signed(bed)
    receipt = bed.act(LEAVER, PERMIT, *arguments)
    told = event(bed.vault, "Approval", owner=SIGNER.address, spender=STRANGER, value=1_000)
    assert bed.events(receipt) == [told]
    assert bed.view("allowance(address,address)", SIGNER.address, STRANGER) == 1_000
    assert nonce(bed) == 1
    with bed.refused("erc20: invalid signature"):
        bed.act(LEAVER, PERMIT, *arguments)
    bed.act(LEAVER, PERMIT, *signed(bed, nonce=1))
    assert nonce(bed) == 2


def test_permit__spent__moves_the_owner_s_shares(bed: Bed) -> None:
    bed.act(DEPOSITOR, "transfer(address,uint256)", SIGNER.address, 1_000)
    bed.act(STRANGER, PERMIT, *signed(bed))
    bed.act(STRANGER, TRANSFER_FROM, SIGNER.address, LEAVER, 1_000)
    assert bed.shares(LEAVER) == 1_000


def test_permit__deadline__is_its_last_second(bed: Bed) -> None:
    deadline = bed.now() + 100
    bed.at(deadline)
    bed.act(LEAVER, PERMIT, *signed(bed, deadline=deadline))
    bed.at(deadline + 1)
    with bed.refused("erc20: expired deadline"):
        bed.act(LEAVER, PERMIT, *signed(bed, nonce=1, deadline=deadline))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Other"},
        {"version": "2"},
        {"chainId": 10},
        {"verifyingContract": ZERO},
    ],
    ids=str,
)
def test_permit__other_domain__is_refused(bed: Bed, change: dict[str, Any]) -> None:
    with bed.refused("erc20: invalid signature"):
        bed.act(LEAVER, PERMIT, *signed(bed, **change))


def test_permit__signed_by_another__is_refused(bed: Bed) -> None:
    with bed.refused("erc20: invalid signature"):
        bed.act(LEAVER, PERMIT, *signed(bed, signer=OTHER))


@pytest.mark.parametrize("future", [1, 2])
def test_permit__nonce_out_of_turn__is_refused(bed: Bed, future: int) -> None:
    with bed.refused("erc20: invalid signature"):
        bed.act(LEAVER, PERMIT, *signed(bed, nonce=future))


@pytest.mark.parametrize(("index", "value"), [(1, LEAVER), (2, 1_001), (3, MAX_UINT - 1)])
def test_permit__other_values_than_signed__are_refused(bed: Bed, index: int, value: Any) -> None:
    arguments = list(signed(bed))
    arguments[index] = value
    with bed.refused("erc20: invalid signature"):
        bed.act(LEAVER, PERMIT, *arguments)


def test_permit__twin_signature__is_refused(bed: Bed) -> None:
    *head, v, r, s = signed(bed)
    assert int.from_bytes(s, "big") <= HALF_ORDER
    twin = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    with bed.refused("ecdsa: invalid signature `s` value"):
        bed.act(LEAVER, PERMIT, *head, 55 - v, r, twin)


def test_permit__zero_owner__is_refused(bed: Bed) -> None:
    _, *rest, v, _r, s = signed(bed)
    with bed.refused("ecdsa: invalid signature"):
        bed.act(LEAVER, PERMIT, ZERO, *rest, v, b"\x11" * 32, s)


# ------------------------------------------------------------------ EIP-712


def test_domain_separator__any__is_eip_712_s(bed: Bed) -> None:
    kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    values = (keccak(text=kind), keccak(text="Treasury"), keccak(text="1"), 1, bed.vault)
    types = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    assert bed.view("DOMAIN_SEPARATOR()", returns="bytes32") == keccak(encode(types, values))


def test_eip712_domain__any__names_its_fields(bed: Bed) -> None:
    types = ("bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]")
    fields = bed.rpc.read(bed.vault, "eip712Domain()", returns=types)
    assert fields == (b"\x0f", "Treasury", "1", 1, bed.vault.lower(), b"\x00" * 32, ())


def test_domain_separator__other_chain__follows_it(bed: Bed) -> None:
    before = bed.view("DOMAIN_SEPARATOR()", returns="bytes32")
    bed.rpc.call("anvil_setChainId", 10)
    try:
        bed.rpc.call("anvil_setBalance", LEAVER, hex(ETHER))
        assert bed.view("DOMAIN_SEPARATOR()", returns="bytes32") != before
        with bed.refused("erc20: invalid signature"):
            bed.act(LEAVER, PERMIT, *signed(bed))
        bed.act(LEAVER, PERMIT, *signed(bed, chainId=10))
    finally:
        bed.rpc.call("anvil_setChainId", 1)
