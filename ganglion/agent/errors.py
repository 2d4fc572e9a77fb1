"""Failures of the agents' SDK: each names what is wrong and what to do about it.

What a contract refuses is a ``Denial`` (``ganglion.agent.denials``), which is an ``AgentError`` too: one
``except AgentError`` catches everything that a public function of this package raises on purpose.
"""

from __future__ import annotations

_SHOWN = 200  # characters of a text that a node gave


class AgentError(Exception):
    """Base of every failure of this package."""


class Invalid(AgentError):
    """An argument cannot be sent to a contract; the message names the field and the remedy."""


class ChainMismatch(AgentError):
    """The node serves another chain than the treasury stands on."""


class ContractMismatch(AgentError):
    """An address is not the contract that it was named as, or belongs to another Vault."""


class NodeError(AgentError):
    """The node answered a request with an error, or with something that is no answer to it.

    Attributes:
        method: JSON-RPC method.
        message: what the node said, cut to 200 characters.
        code: JSON-RPC error code; 0 where the answer was malformed.
        data: what the node attached, usually the bytes of a revert as 0x-hex, or None.
    """

    def __init__(self, method: str, message: str, code: int = 0, data: object = None) -> None:
        self.method = method
        self.message = message[:_SHOWN]
        self.code = code
        self.data = data
        super().__init__(method, self.message, code, data)

    def __str__(self) -> str:
        """Method, message and code."""
        return f"{self.method}: {self.message}" + (f" (code {self.code})" if self.code else "")


class ConnectionLost(AgentError):
    """No answer came. The node may or may not have seen the request."""


class NotSettled(AgentError):
    """A sent intent is neither executed nor refused yet. Ask again: nothing is ever executed twice.

    Attributes:
        transactions: hashes of every transaction that may still carry it, 0x-hex.
    """

    def __init__(self, message: str, transactions: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.transactions = transactions
