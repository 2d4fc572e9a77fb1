"""Values as JSON-RPC writes them, read with suspicion: whatever a node answers may be anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .denials import Denial, from_data, from_reason
from .errors import Invalid, NodeError

Block = int | str | bytes  # number, tag (``latest``), or hash
_TAGS = ("latest", "pending", "safe", "finalized", "earliest")
_REVERTED = 3  # code of geth, anvil, reth, besu; others say so in words


def block_id(block: Block) -> Any:
    """Return a block as ``eth_call`` takes it; raises Invalid where it is none."""
    if isinstance(block, bytes) and len(block) == 32:
        return {"blockHash": "0x" + block.hex()}
    if isinstance(block, str) and block in _TAGS:
        return block
    if isinstance(block, int) and not isinstance(block, bool) and block >= 0:
        return hex(block)
    raise Invalid(f"block: {block!r} is none; give a number, a hash of 32 bytes, or {', '.join(_TAGS)}")


def hexed(data: bytes) -> str:
    """Return bytes as 0x-hex."""
    return "0x" + data.hex()


def as_bytes(method: str, value: Any) -> bytes:
    """Return the bytes of a 0x-hex answer; raises NodeError."""
    try:
        if value.startswith("0x"):
            return bytes.fromhex(value[2:])
    except (AttributeError, ValueError):
        pass
    raise NodeError(method, f"the answer is no hex data: {str(value)[:40]!r}")


def as_int(method: str, value: Any) -> int:
    """Return the integer of a 0x-hex answer; raises NodeError."""
    try:
        return int(value, 16)
    except (TypeError, ValueError):
        raise NodeError(method, f"the answer is no quantity: {str(value)[:40]!r}") from None


def field(method: str, value: Any, name: str) -> Any:
    """Return a field of an object in an answer; raises NodeError where there is none."""
    if isinstance(value, Mapping) and name in value:
        return value[name]
    raise NodeError(method, f"the answer has no field {name!r}")


def revert_of(error: NodeError, **context: Any) -> Denial | None:
    """Return the refusal that a node's error stands for; None where the node itself failed."""
    data = error.data.get("data") if isinstance(error.data, Mapping) else error.data
    if isinstance(data, str) and "0x" in data:
        try:
            return from_data(bytes.fromhex(data[data.index("0x") + 2 :]), **context)
        except ValueError:
            pass
    if error.code == _REVERTED or "revert" in error.message.lower():
        reason = error.message.partition("reverted")[2].lstrip(":, ")
        return from_reason(reason or None, **context)
    return None
