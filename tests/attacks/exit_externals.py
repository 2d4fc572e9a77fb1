"""Every external of a contract, from its ABI, so that a new one cannot be forgotten, and calls that
reach far."""

from __future__ import annotations

from typing import Any

from ganglion.devnet.abi import call_data
from ganglion.devnet.artifacts import vyper_artifact


def externals(contract: str) -> dict[str, dict[str, Any]]:
    """The functions of a contract's ABI by name."""
    abi = vyper_artifact(f"contracts/{contract}.vy").abi
    return {entry["name"]: entry for entry in abi if entry["type"] == "function"}


def encoded(entry: dict[str, Any], *arguments: Any) -> bytes:
    """Calldata of a function of an ABI."""
    signature = f"{entry['name']}({','.join(part['type'] for part in entry['inputs'])})"
    return bytes.fromhex(call_data(signature, *arguments)[2:])
