"""Calls and events of the contracts, from the ABIs in ``ganglion/abi``: no compiler and no node is needed.

    data = EXECUTOR.encode("mandate", agent)
    mandate = Mandate.of(EXECUTOR.decode("mandate", answer))

An answer that is not exactly what the ABI says is an error of the node.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi.codec import ABICodec
from eth_abi.decoding import UnsignedIntegerDecoder
from eth_abi.encoding import UnsignedIntegerEncoder
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.registry import BaseEquals, registry
from eth_utils.abi import (
    collapse_if_tuple,
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
)

from .errors import Invalid, NodeError


def _strict() -> ABICodec:
    """A codec of our own: Ape loosens the shared one, where an answer that is too short then reads as 0."""
    own = registry.copy()
    own.unregister("uint")
    own.register(BaseEquals("uint"), UnsignedIntegerEncoder, UnsignedIntegerDecoder, label="uint")
    return ABICodec(own)


_CODEC = _strict()


@dataclass(frozen=True)
class Function:
    """One external of a contract."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def encode(self, *arguments: Any) -> bytes:
        """Return the calldata; raises Invalid where an argument does not fit its type."""
        try:
            return self.selector + _CODEC.encode(self.inputs, arguments)
        except (EncodingError, TypeError, ValueError) as error:
            raise Invalid(f"{self.name}: an argument does not fit its type: {error}") from None

    def decode(self, data: bytes) -> Any:
        """Return the answer: one value, or a tuple of several; raises NodeError where it is not one."""
        try:
            values = _CODEC.decode(self.outputs, data)
        except (DecodingError, OverflowError, UnicodeDecodeError) as error:
            text = f"{len(data)} bytes that are no answer of {self.name}: {error}"
            raise NodeError("eth_call", text) from None
        return values[0] if len(values) == 1 else values


@dataclass(frozen=True)
class Event:
    """One event of a contract."""

    name: str
    topic: bytes
    indexed: tuple[tuple[str, str], ...]  # name and type
    data: tuple[tuple[str, str], ...]

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """Return the arguments by name; raises NodeError where the log is not this event's."""
        if len(topics) != len(self.indexed) + 1 or bytes(topics[0]) != self.topic:
            raise NodeError("eth_getLogs", f"a log that is no {self.name}")
        try:
            pairs = zip(self.indexed, topics[1:], strict=True)
            found = {name: _CODEC.decode([kind], bytes(topic))[0] for (name, kind), topic in pairs}
            values = _CODEC.decode([kind for _, kind in self.data], data)
        except (DecodingError, OverflowError, UnicodeDecodeError) as error:
            raise NodeError("eth_getLogs", f"a log that is no {self.name}: {error}") from None
        return found | dict(zip((name for name, _ in self.data), values, strict=True))


@dataclass(frozen=True)
class ContractAbi:
    """Functions and events of one contract, by name."""

    name: str
    functions: Mapping[str, Function] = field(repr=False)
    events: Mapping[str, Event] = field(repr=False)

    def encode(self, function: str, *arguments: Any) -> bytes:
        """Return the calldata of a call; raises Invalid where an argument does not fit its type."""
        return self.functions[function].encode(*arguments)

    def decode(self, function: str, data: bytes) -> Any:
        """Return what a call answered: one value, or a tuple of several; raises NodeError."""
        return self.functions[function].decode(data)


def _function(entry: dict[str, Any]) -> Function:
    types = [tuple(collapse_if_tuple(part) for part in entry[key]) for key in ("inputs", "outputs")]
    return Function(entry["name"], function_abi_to_4byte_selector(entry), *types)


def _event(entry: dict[str, Any]) -> Event:
    parts = [(part["indexed"], (part["name"], collapse_if_tuple(part))) for part in entry["inputs"]]
    indexed, data = (tuple(pair for is_topic, pair in parts if is_topic is kind) for kind in (True, False))
    return Event(entry["name"], event_abi_to_log_topic(entry), indexed, data)


@cache
def contract(name: str) -> ContractAbi:
    """Return the ABI of a contract, e.g. ``Executor``; raises Invalid for one that the SDK does not carry."""
    file = files("ganglion") / "abi" / f"{name}.json"
    if not file.is_file():
        raise Invalid(f"no ABI of {name!r}; ganglion/abi has one file for each contract that agents need")
    entries = json.loads(file.read_text(encoding="utf-8"))
    return ContractAbi(
        name,
        {entry["name"]: _function(entry) for entry in entries if entry["type"] == "function"},
        {entry["name"]: _event(entry) for entry in entries if entry["type"] == "event"},
    )


EXECUTOR = contract("Executor")
LENS = contract("Lens")
VAULT = contract("Vault")
SENTINEL = contract("Sentinel")
REFLEXES = contract("Reflexes")
EXIT_QUEUE = contract("ExitQueue")
