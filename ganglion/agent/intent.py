"""What an agent wants done: moves, limits and the hash of its reasons, as EIP-712 typed data.

    intent = Intent(agent, [allocate(1, 5_000_000), withdraw_all(2)], max_loss=1_000, deadline=now + 600,
                    nonce=7, reason=reason_hash({"why": "rates moved"}))
    signature = sign(intent, Domain(chain_id, executor), snapshot.agent.standing.mandate, account)

A signature is bound to the mandate in force: when that is replaced or revoked, nothing signed before passes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from eth_abi import encode
from eth_account.messages import SignableMessage, encode_typed_data
from eth_typing import ChecksumAddress
from eth_utils import is_address, keccak, to_checksum_address

from .errors import Invalid
from .structs import EMPTY, ZERO_ADDRESS, Mandate, Struct

EVERYTHING = -(2**255)  # as the assets of a move: deallocate all of it
MAX_MOVES = 10
NAME, VERSION = "Ganglion Executor", "1"
_MAX = 2**256 - 1
_MANDATE = "(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,address,bytes32)"
_TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Move": [
        {"name": "id", "type": "uint256"},
        {"name": "assets", "type": "int256"},
        {"name": "limit", "type": "uint256"},
    ],
    "Intent": [
        {"name": "agent", "type": "address"},
        {"name": "mandate", "type": "bytes32"},
        {"name": "moves", "type": "Move[]"},
        {"name": "max_loss", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "sequence", "type": "uint256"},
        {"name": "relayer", "type": "address"},
        {"name": "reason", "type": "bytes32"},
    ],
}


class TypedSigner(Protocol):
    """Who signs typed data: an account of eth_account, or anything with its method."""

    @property
    def address(self) -> str:
        """Its address."""

    def sign_message(self, signable_message: SignableMessage) -> Any:
        """Return an object whose ``signature`` is 65 bytes: r, s, v."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature holds: one Executor on one chain."""

    chain_id: int
    executor: ChecksumAddress


@dataclass(frozen=True, slots=True)
class Move(Struct):
    """A move of capital.

    Attributes:
        id: the strategy.
        assets: asset wei; > 0 allocates, < 0 deallocates, EVERYTHING deallocates all.
        limit: an allocation: least units to get; a deallocation: least asset wei to get.
    """

    id: int
    assets: int
    limit: int = 0

    def __post_init__(self) -> None:
        """Check that the ABI can hold every field; raises Invalid."""
        _within("id", self.id, 0, _MAX)
        _within("assets", self.assets, EVERYTHING, 2**255 - 1)
        _within("limit", self.limit, 0, _MAX)


def allocate(identifier: int, assets: int, min_units: int = 0) -> Move:
    """Move ``assets`` (asset wei) from idle to a strategy for at least ``min_units`` of its shares."""
    _within("assets", assets, 1, 2**255 - 1)
    return Move(identifier, assets, min_units)


def deallocate(identifier: int, assets: int, min_assets: int = 0) -> Move:
    """Move ``assets`` (asset wei) from a strategy to idle, where at least ``min_assets`` must arrive."""
    _within("assets", assets, 1, 2**255)
    return Move(identifier, -assets, min_assets)


def withdraw_all(identifier: int, min_assets: int = 0) -> Move:
    """Move everything from a strategy to idle, where at least ``min_assets`` must arrive."""
    return Move(identifier, EVERYTHING, min_assets)


@dataclass(frozen=True, slots=True)
class Intent(Struct):
    """What an agent wants done, all of it or nothing.

    Attributes:
        agent: who wants it.
        moves: up to ten, made in this order; any sequence of Move.
        max_loss: most that the moves may lose together, asset wei, deallocations too.
        deadline: last second of execution, unix.
        nonce: used once, in any order; 0 for none, which cannot be signed or resent safely.
        sequence: how many intents of the agent this one makes; 0 for any.
        relayer: the only account that may send it; zero for any.
        reason: hash of the reasoning, see ``reason_hash``.
    """

    agent: ChecksumAddress
    moves: tuple[Move, ...]
    max_loss: int
    deadline: int
    nonce: int = 0
    sequence: int = 0
    relayer: ChecksumAddress = ZERO_ADDRESS
    reason: bytes = EMPTY

    def __post_init__(self) -> None:
        """Bring addresses and moves into form and check that the ABI holds every field; raises Invalid."""
        for name in ("agent", "relayer"):
            object.__setattr__(self, name, checked_address(name, getattr(self, name)))
        object.__setattr__(self, "moves", tuple(self.moves))
        if len(self.moves) > MAX_MOVES:
            raise Invalid(f"moves: {len(self.moves)}, and an intent holds {MAX_MOVES}; split it")
        for name in ("max_loss", "deadline", "nonce", "sequence"):
            _within(name, getattr(self, name), 0, _MAX)
        if not isinstance(self.reason, bytes) or len(self.reason) != 32:
            raise Invalid("reason: give 32 bytes, as `reason_hash` returns them")

    @property
    def allocates(self) -> bool:
        """Whether any move puts capital into a strategy: only then limits of the mandate refuse it."""
        return any(move.assets > 0 for move in self.moves)

    def with_nonce(self, nonce: int) -> Intent:
        """Return the same intent under another nonce."""
        return replace(self, nonce=nonce)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Intent:
        """Inverse of ``as_dict``; raises Invalid where a field is missing, unknown or of another kind."""
        try:
            given = dict(values)
            moves = tuple(Move(**move) for move in given.pop("moves"))
            reason = bytes.fromhex(given.pop("reason").removeprefix("0x"))
            return cls(moves=moves, reason=reason, **given)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Invalid(f"no intent: {error}; give the fields that `as_dict` returns") from None


def _within(name: str, value: int, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"{name}: {value!r} is no integer; amounts are whole asset wei")
    if not least <= value <= most:
        raise Invalid(f"{name}: {value} is out of range, {least} to {most}")


def checked_address(name: str, value: Any) -> ChecksumAddress:
    """Return an address in checksum form; raises Invalid, which names the field."""
    if not isinstance(value, str) or not is_address(value):
        raise Invalid(f"{name}: {value!r} is no address; give 0x and 40 hex digits")
    return to_checksum_address(value)


def reason_hash(reason: str | Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Return keccak256 of a reason, which the journal binds to the intent; keep the reason itself.

    A text is hashed as UTF-8. A mapping or a list is hashed as canonical JSON: keys sorted, no spaces, UTF-8.

    Raises:
        Invalid: it holds a float, which no two languages print alike, or something that is not JSON.
    """
    return keccak(text=canonical(reason))


def canonical(reason: str | Mapping[str, Any] | Sequence[Any]) -> str:
    """Return the text that ``reason_hash`` hashes; raises Invalid as it does."""
    if isinstance(reason, str):
        return reason
    _refuse_floats(reason)
    try:
        return json.dumps(reason, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise Invalid(f"reason: {error}; give text or JSON values") from None


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise Invalid(f"reason: {value!r} is a float, which others print differently; give text or integers")
    parts: Iterable[Any] = ()
    if isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    for part in parts:
        _refuse_floats(part)


def typed_data(intent: Intent, domain: Domain, mandate: bytes) -> dict[str, Any]:
    """Return the EIP-712 message that wallets sign; ``mandate`` is the hash in ``Standing.mandate``."""
    message = {name: getattr(intent, name) for name in Intent.__dataclass_fields__}
    message |= {"mandate": mandate, "moves": [move.as_dict() for move in intent.moves]}
    place = {"name": NAME, "version": VERSION, "chainId": domain.chain_id}
    return {
        "types": _TYPES,
        "primaryType": "Intent",
        "domain": {**place, "verifyingContract": domain.executor},
        "message": message,
    }


def signable(intent: Intent, domain: Domain, mandate: bytes) -> SignableMessage:
    """Return the message in eth_account's form: its ``body`` is the intent's hash."""
    return encode_typed_data(full_message=typed_data(intent, domain, mandate))


def intent_hash(intent: Intent, mandate: bytes) -> bytes:
    """Return the EIP-712 struct hash, which the journal names as the entry's subject."""
    return signable(intent, Domain(0, ZERO_ADDRESS), mandate).body


def digest(intent: Intent, domain: Domain, mandate: bytes) -> bytes:
    """Return what an agent signs: keccak256 of 0x1901, the domain's hash and the intent's."""
    message = signable(intent, domain, mandate)
    return keccak(b"\x19" + message.version + message.header + message.body)


def sign(intent: Intent, domain: Domain, mandate: bytes, signer: TypedSigner) -> bytes:
    """Return 65 bytes r, s, v that let anyone send the intent while the mandate is in force.

    Raises:
        Invalid: the intent has no nonce, there is no mandate, or the signer is not the agent.
    """
    if intent.nonce == 0:
        raise Invalid("nonce: 0, and a signed intent needs another, or it could be sent twice")
    if mandate == EMPTY:
        raise Invalid(f"mandate: {intent.agent} has none, so nothing signed could pass")
    if checked_address("signer", signer.address) != intent.agent:
        raise Invalid(f"signer: {signer.address} is not the agent {intent.agent}")
    return bytes(signer.sign_message(signable(intent, domain, mandate)).signature)


def mandate_hash(agent: str, mandate: Mandate, sequence: int) -> bytes:
    """Return the hash of a mandate; ``sequence`` is that of the journal's entry that granted it."""
    return keccak(encode(["address", _MANDATE, "uint256"], [agent, mandate.as_tuple(), sequence]))


def nonce_position(nonce: int) -> tuple[int, int]:
    """Return the word and the bit of ``Executor.nonces`` that a nonce uses."""
    return nonce >> 8, nonce & 255


__all__ = [
    "EVERYTHING",
    "MAX_MOVES",
    "Domain",
    "Intent",
    "Move",
    "TypedSigner",
    "allocate",
    "canonical",
    "checked_address",
    "deallocate",
    "digest",
    "intent_hash",
    "mandate_hash",
    "nonce_position",
    "reason_hash",
    "sign",
    "signable",
    "typed_data",
    "withdraw_all",
]
