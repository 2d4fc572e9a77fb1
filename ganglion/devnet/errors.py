"""Failures of the local mainnet: each names what is wrong and what to do about it."""

from __future__ import annotations


class DevnetError(Exception):
    """Base of every failure of this package."""


class ToolMissing(DevnetError):
    """A program or an npm package that the local mainnet is built from is not installed."""


class NodeFailed(DevnetError):
    """The anvil process did not start, or ended before it answered."""


class CompilationFailed(DevnetError):
    """solc or vyper rejected a source; the message carries the compiler's own."""


class NotMainnet(DevnetError):
    """The given RPC is not an Ethereum mainnet, or lacks a contract that every mainnet has."""


class NotSeeded(DevnetError):
    """A node answers at the given URL, but it carries no Ganglion market."""


class MarketImpossible(DevnetError):
    """The market cannot be brought to the requested state from where it stands."""


class RpcError(DevnetError):
    """A node refused a request.

    Attributes:
        method: JSON-RPC method.
        code: JSON-RPC error code.
        data: what the node attached, usually revert bytes as 0x-hex, or None.
    """

    def __init__(self, method: str, code: int, message: str, data: object = None) -> None:
        super().__init__(f"{method}: {message} (code {code})")
        self.method = method
        self.code = code
        self.data = data


class Reverted(DevnetError):
    """A call or transaction reverted.

    Attributes:
        reason: the text of ``Error(string)`` or the name of a ``Panic``; None for anything else.
        data: raw revert bytes; empty when the callee gave none.
        transaction_hash: of the mined transaction; None for a call that was only simulated.
    """

    def __init__(self, reason: str | None, data: bytes, transaction_hash: str | None = None) -> None:
        what = reason if reason is not None else f"0x{data.hex()}" if data else "no revert data"
        super().__init__(f"reverted: {what}")
        self.reason = reason
        self.data = data
        self.transaction_hash = transaction_hash
