"""Strangers' text as quoted data."""

from __future__ import annotations

from typing import Any

from eth_abi import decode
from eth_abi.exceptions import DecodingError

from ganglion.agent import AgentError, Denial
from ganglion.agent.denials import Unexplained, Unlisted
from ganglion.agent.reading import call
from ganglion.agent.steps import Steps
from ganglion.cli.values import error_of
from ganglion.untrusted import clean

NAME = 64  # characters of a name
MESSAGE = 300
_SELECTORS = {"name": bytes.fromhex("06fdde03"), "symbol": bytes.fromhex("95d89b41")}


def quoted(text: str, most: int = NAME) -> dict[str, str]:
    """Return text that a stranger wrote, marked as that."""
    return {"untrusted": clean(text, most)}


def failure(error: AgentError) -> dict[str, Any]:
    """Return a failure as a tool's answer; what a node or a stranger's contract said in it is quoted."""
    if isinstance(error, Denial) and not isinstance(error, Unlisted | Unexplained):
        return {"ok": False, "error": error_of(error)}
    told = {"type": type(error).__name__, "message": quoted(str(error), MESSAGE)}
    return {"ok": False, "error": told}


def token_texts(address: str) -> Steps[dict[str, Any]]:
    """Read what a token calls itself: name and symbol, quoted, or None where it does not say."""
    told: dict[str, Any] = {}
    for name, selector in _SELECTORS.items():
        try:
            text = _text((yield from call(address, selector)))
        except AgentError:
            text = None
        told[name] = None if text is None else quoted(text)
    return told


def _text(data: bytes) -> str | None:
    """Decode a string, or the 32 bytes that some old tokens answer instead."""
    if len(data) == 32:
        return data.rstrip(b"\0").decode("utf-8", "replace")
    try:
        (raw,) = decode(["bytes"], data)
    except (DecodingError, OverflowError):
        return None
    return raw[: 4 * MESSAGE].decode("utf-8", "replace")
