"""Contracts that pass on whatever they are called with: callers that have code."""

from __future__ import annotations

TARGETS = ("vault", "queue", "sentinel", "reflexes")


def named(target: str) -> str:
    """Name of the forwarder to a contract."""
    return f"forwarder to {target}"


def forwarder_code(target: str) -> str:
    """Code, 0x-hex, that calls ``target`` with its own calldata, and answers or fails as that does."""
    # CALLDATACOPY of everything, CALL with all gas, RETURNDATACOPY of everything.
    call = "365f5f37" + "5f5f365f5f73" + target[2:] + "5af1" + "3d5f5f3e"
    refuse = "3d5ffd"
    # JUMPI over the refusal: PUSH1, its byte and JUMPI itself are three.
    return "0x" + call + f"60{(len(call) + len(refuse)) // 2 + 3:02x}57" + refuse + "5b3d5ff3"
