"""Calldata from Solidity-style signatures, so that no caller needs a contract's whole ABI at hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from eth_abi import decode as _decode
from eth_abi import encode as _encode
from eth_abi.exceptions import DecodingError
from eth_abi.grammar import parse
from eth_utils import keccak, to_checksum_address

PANIC_REASONS = {
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x21: "invalid enum",
    0x32: "index out of range",
    0x41: "out of memory",
}
_ERROR_SELECTOR = keccak(text="Error(string)")[:4]
_PANIC_SELECTOR = keccak(text="Panic(uint256)")[:4]


@lru_cache(maxsize=1024)
def _parsed(signature: str) -> tuple[bytes, tuple[str, ...]]:
    arguments = signature[signature.index("(") :]
    types = () if arguments == "()" else tuple(c.to_type_str() for c in parse(arguments).components)
    return keccak(text=signature)[:4], types


def selector(signature: str) -> bytes:
    """Return the 4-byte selector of ``signature``, e.g. ``transfer(address,uint256)``."""
    return _parsed(signature)[0]


def call_data(signature: str, *arguments: Any) -> str:
    """Return 0x-hex calldata for ``signature`` (canonical types, no spaces) and its arguments."""
    head, types = _parsed(signature)
    return "0x" + (head + _encode(types, arguments)).hex()


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Return the ABI encoding of ``values``, as constructor arguments are encoded."""
    return _encode(types, values)


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Return the values that ``data`` encodes; raises eth_abi's DecodingError when it does not."""
    return _decode(types, data)


def decode_revert(data: bytes) -> str | None:
    """Return the text of ``Error(string)``, a name for ``Panic(uint256)``, or None for other bytes."""
    try:
        if data[:4] == _ERROR_SELECTOR:
            return _decode(["string"], data[4:])[0]
        if data[:4] == _PANIC_SELECTOR:
            code = _decode(["uint256"], data[4:])[0]
            return f"panic: {PANIC_REASONS.get(code, hex(code))}"
    except (DecodingError, UnicodeDecodeError):
        # Any contract may revert with bytes that only begin like a reason.
        return None
    return None


def event_topic(signature: str) -> str:
    """Return topic 0 of the event ``signature`` as 0x-hex."""
    return "0x" + keccak(text=signature).hex()


def actor(label: str) -> str:
    """Return the checksum address of a named actor: the last 20 bytes of keccak256 of its label.

    Nobody holds a key for it: it acts by impersonation only.
    """
    return to_checksum_address(keccak(text=f"ganglion.devnet:{label}")[-20:])
