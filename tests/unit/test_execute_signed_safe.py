"""A real Safe 1.4.1 of three owners as an agent: it signs intents off chain with two of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address

from ganglion.deployment.safe import FACTORY, FALLBACK_HANDLER, SINGLETON
from ganglion.devnet.abi import call_data, encode
from ganglion.devnet.artifacts import npm_artifact
from ganglion.devnet.rpc import Rpc
from ganglion.devnet.seed import SAFE_BUILD
from tests.treasury import NOBODY, STRANGER
from tests.unit.agents import BAD, Key, employ
from tests.unit.desk import Desk, draft
from tests.unit.events import event
from tests.unit.standing import K

OWNERS = sorted((Key(f"owner {number}") for number in (1, 2, 3)), key=lambda key: int(key.address, 16))
SETUP = "setup(address[],uint256,address,bytes,address,address,uint256,address)"
PLANTED = (
    (SINGLETON.address, "Safe.sol/Safe.json"),
    (FACTORY.address, "proxies/SafeProxyFactory.sol/SafeProxyFactory.json"),
    (FALLBACK_HANDLER.address, "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json"),
)


def deploy_safe(rpc: Rpc) -> str:
    """Put the canonical code of Safe 1.4.1 on the chain and create a Safe of OWNERS, two of three."""
    for address, file in PLANTED:
        code = npm_artifact(f"{SAFE_BUILD}/{file}").runtime
        rpc.call("anvil_setCode", address, "0x" + code.hex())
    owners = [key.address for key in OWNERS]
    setup = call_data(SETUP, owners, 2, NOBODY, b"", FALLBACK_HANDLER.address, NOBODY, 0, NOBODY)
    create = ("createProxyWithNonce(address,bytes,uint256)", SINGLETON.address, bytes.fromhex(setup[2:]), 0)
    receipt = rpc.transact(STRANGER, FACTORY.address, *create)
    topic = "0x" + keccak(text="ProxyCreation(address,address)").hex()
    (log,) = (each for each in receipt["logs"] if each["topics"][0] == topic)
    return "0x" + log["topics"][1][-40:]


def as_safe_signs(safe: str, digest: bytes, keys: Sequence[Key], chain: int = 1) -> bytes:
    """What owners of a Safe sign for an ERC-1271 check of a digest: a SafeMessage, signatures by owner."""
    message = encode_typed_data(
        domain_data={"chainId": chain, "verifyingContract": to_checksum_address(safe)},
        message_types={"SafeMessage": [{"name": "message", "type": "bytes"}]},
        message_data={"message": encode(["bytes32"], (digest,))},
    )
    hashed = keccak(b"\x19" + message.version + message.header + message.body)
    return b"".join(key.sign(hashed) for key in keys)


@pytest.fixture
def safe(desk: Desk) -> str:
    """A Safe with a mandate."""
    safe = deploy_safe(desk.rpc)
    employ(desk, safe)
    return safe


def wanted(safe: str, nonce: int = 1) -> tuple[Any, ...]:
    """An intent of the Safe."""
    return draft((1, 10 * K, 0), (2, 5 * K, 0), agent=safe, nonce=nonce)


@pytest.mark.parametrize("chosen", [(0, 1), (0, 2), (1, 2), (0, 1, 2)], ids=str)
def test_safe__enough_owners__any_relayer_executes(desk: Desk, safe: str, chosen: tuple[int, ...]) -> None:
    intent = wanted(safe)
    signed = as_safe_signs(safe, desk.digest(intent), [OWNERS[number] for number in chosen])
    assert len(signed) == 65 * len(chosen) > 65
    receipt = desk.relay(intent, signed)
    done = ((1, 10 * K, 10 * K, 0), (2, 5 * K, 5 * K, 0))
    assert desk.events(receipt) == [
        *(event(desk.vault, "Allocated", id=i, assets=a, units=a, loss=0) for i, a, _, _ in done),
        desk.executed(intent, *done),
    ]


def test_safe__too_few_or_wrong_signatures__are_bad(desk: Desk, safe: str) -> None:
    intent = wanted(safe)
    digest = desk.digest(intent)
    first, second, third = OWNERS
    wrong = {
        "none": b"",
        "one": as_safe_signs(safe, digest, [first]),
        "one twice": as_safe_signs(safe, digest, [first, first]),
        "out of order": as_safe_signs(safe, digest, [third, second]),
        "a stranger's": as_safe_signs(safe, digest, [first, Key("stranger")]),
        "of the bare digest": first.sign(digest) + second.sign(digest),
        "of another Safe": as_safe_signs(STRANGER, digest, [first, second]),
        "of another chain": as_safe_signs(safe, digest, [first, second], chain=2),
        "of another message": as_safe_signs(safe, b"\x01" * 32, [first, second]),
        "truncated": as_safe_signs(safe, digest, [first, second])[:-1],
        "zeros": bytes(130),
    }
    for name, signed in wrong.items():
        with desk.refused(BAD):
            desk.relay(intent, signed)
            pytest.fail(name)
    desk.relay(intent, as_safe_signs(safe, digest, [first, second]))


def test_safe__replay_and_other_moves__are_refused(desk: Desk, safe: str) -> None:
    intent = wanted(safe)
    signed = as_safe_signs(safe, desk.digest(intent), OWNERS[:2])
    other = draft((1, 10 * K, 0), (3, 5 * K, 0), agent=safe, nonce=1)
    with desk.refused(BAD):
        desk.relay(other, signed)
    desk.relay(intent, signed)
    with desk.refused("executor: nonce used"):
        desk.relay(intent, signed)
    with desk.refused(BAD):
        desk.relay(wanted(safe, nonce=2), signed)


def test_safe__owners_changed__old_signatures_are_bad(desk: Desk, safe: str) -> None:
    intent = wanted(safe)
    signed = as_safe_signs(safe, desk.digest(intent), OWNERS[:2])
    removal = ("swapOwner(address,address,address)", OWNERS[0].address, OWNERS[1].address, STRANGER)
    desk.rpc.transact(safe, safe, *removal)
    with desk.refused(BAD):
        desk.relay(intent, signed)
    desk.relay(intent, as_safe_signs(safe, desk.digest(intent), [OWNERS[0], OWNERS[2]]))


def test_safe__new_mandate__old_signatures_are_bad(desk: Desk, safe: str) -> None:
    intent = wanted(safe)
    signed = as_safe_signs(safe, desk.digest(intent), OWNERS[:2])
    employ(desk, safe)
    with desk.refused(BAD):
        desk.relay(intent, signed)


def test_safe__most_owners_that_fit__are_verified(desk: Desk, safe: str) -> None:
    """1,024 bytes hold fifteen signatures; the gas for them suffices."""
    owners = sorted((Key(f"many {number}") for number in range(15)), key=lambda key: int(key.address, 16))
    for key in owners:
        desk.rpc.transact(safe, safe, "addOwnerWithThreshold(address,uint256)", key.address, 2)
    desk.rpc.transact(safe, safe, "changeThreshold(uint256)", 15)
    intent = wanted(safe)
    signed = as_safe_signs(safe, desk.digest(intent), owners)
    assert len(signed) == 975
    desk.relay(intent, signed)
