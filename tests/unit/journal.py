"""The journal of the Executor, computed again: kinds of entries, heads, and the hashes of what agents sign.

Heads follow docs/JOURNAL.md and intents EIP-712, by eth-abi and eth-account and not by the contracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils import keccak, to_checksum_address

from ganglion.devnet.abi import encode
from tests.treasury import MANDATE

NONE = bytes(32)
DONE = "(uint256,int256,uint256,uint256)[]"
ENTRY = ("bytes32", "uint256", "uint256", "uint256", "address", "bytes32", "bytes32", "bytes32", "bytes32")
NUMBER = 5  # bytes of a head that are its number

MOVE_FIELDS = [("id", "uint256"), ("assets", "int256"), ("limit", "uint256")]
INTENT_FIELDS = [
    ("agent", "address"),
    ("mandate", "bytes32"),
    ("moves", "Move[]"),
    ("max_loss", "uint256"),
    ("deadline", "uint256"),
    ("nonce", "uint256"),
    ("sequence", "uint256"),
    ("relayer", "address"),
    ("reason", "bytes32"),
]
TYPES = {
    name: [{"name": field, "type": kind} for field, kind in fields]
    for name, fields in (("Move", MOVE_FIELDS), ("Intent", INTENT_FIELDS))
}


class Kind(IntEnum):
    """Kinds of entries, as IExecutor lists them."""

    INTENT = 1
    GRANT = 2
    REVOCATION = 3
    REVIVAL = 4
    TRIM = 5
    NOTE = 6


@dataclass(frozen=True)
class Entry:
    """What one entry says, but for its place; ``moves`` are (strategy, ±assets, units, loss)."""

    kind: Kind
    agent: str
    mandate: bytes = NONE
    subject: bytes = NONE
    reason: bytes = NONE
    moves: tuple[tuple[int, int, int, int], ...] = ()

    def head(self, before: bytes, time: int) -> bytes:
        """The head after this entry, made at ``time`` unix seconds on the head ``before``."""
        number = number_of(before) + 1
        moves = keccak(encode([DONE], (list(self.moves),)))
        values = (before, number, time, self.kind, self.agent, self.mandate, self.subject, self.reason, moves)
        return keccak(encode(ENTRY, values))[:-NUMBER] + number.to_bytes(NUMBER, "big")


@dataclass(frozen=True)
class Domain:
    """What a signature is bound to besides the intent."""

    executor: str
    chain: int = 1
    name: str = "Ganglion Executor"
    version: str = "1"


def number_of(head: bytes) -> int:
    """The number of the last entry under a head."""
    return int.from_bytes(head[-NUMBER:], "big")


def who(account: str) -> bytes:
    """An account as the subject of an entry."""
    return bytes(12) + bytes.fromhex(account[2:])


def mandate_hash(agent: str, mandate: Sequence[Any], number: int) -> bytes:
    """The hash of a mandate that the entry of this number grants."""
    return keccak(encode(["address", MANDATE, "uint256"], (agent, tuple(mandate), number)))


def message(domain: Domain, intent: Sequence[Any], mandate: bytes) -> SignableMessage:
    """The EIP-712 message of an intent (IExecutor's tuple) under a mandate; its body is the intent's hash."""
    agent, moves, *rest, relayer, reason = intent
    listed = [dict(zip((name for name, _ in MOVE_FIELDS), move, strict=True)) for move in moves]
    values = (to_checksum_address(agent), mandate, listed, *rest, to_checksum_address(relayer), reason)
    return encode_typed_data(
        domain_data={
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain,
            "verifyingContract": to_checksum_address(domain.executor),
        },
        message_types=TYPES,
        message_data=dict(zip((name for name, _ in INTENT_FIELDS), values, strict=True)),
    )


def digest(domain: Domain, intent: Sequence[Any], mandate: bytes) -> bytes:
    """What is signed."""
    made = message(domain, intent, mandate)
    return keccak(b"\x19" + made.version + made.header + made.body)


def signature(key: bytes, hashed: bytes) -> bytes:
    """The signature of a key over a hash: r, s and v."""
    return bytes(Account.unsafe_sign_hash(hashed, key).signature)
