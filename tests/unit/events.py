"""Events of our contracts, decoded and compared whole: emitter, name, every field, order, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_utils import keccak

from ganglion.devnet.abi import decode
from ganglion.devnet.artifacts import vyper_artifact

OURS = ("Vault", "VaultAnnex", "ExitQueue", "Steward", "Executor", "Timelock", "Sentinel", "Reflexes")


@dataclass(frozen=True)
class Event:
    """One event; addresses in lower case, arrays and structs as tuples."""

    emitter: str
    name: str
    fields: Mapping[str, Any]


def event(emitter: str, name: str, **fields: Any) -> Event:
    """Return the event that a test expects."""
    return Event(emitter.lower(), name, {key: _plain(value) for key, value in fields.items()})


def decoded(receipt: Mapping[str, Any], emitters: Sequence[str]) -> list[Event]:
    """Return the events that ``emitters`` logged in a transaction, in order.

    An event of theirs that no contract here declares is an error.
    """
    known = {address.lower() for address in emitters}
    return [_decode(log) for log in receipt["logs"] if log["address"].lower() in known]


@cache
def _declared() -> dict[str, dict[str, Any]]:
    found = {}
    for name in OURS:
        for entry in vyper_artifact(f"contracts/{name}.vy").abi:
            if entry["type"] == "event":
                types = ",".join(_type(field) for field in entry["inputs"])
                found["0x" + keccak(text=f"{entry['name']}({types})").hex()] = entry
    return found


def _type(field: Mapping[str, Any]) -> str:
    if not field["type"].startswith("tuple"):
        return field["type"]
    inner = ",".join(_type(component) for component in field["components"])
    return f"({inner}){field['type'].removeprefix('tuple')}"


def _decode(log: Mapping[str, Any]) -> Event:
    declared = _declared()[log["topics"][0]]
    topics = iter(log["topics"][1:])
    plain = [field for field in declared["inputs"] if not field["indexed"]]
    values = iter(decode([_type(field) for field in plain], bytes.fromhex(log["data"][2:])))
    fields = {
        field["name"]: decode([_type(field)], bytes.fromhex(next(topics)[2:]))[0]
        if field["indexed"]
        else next(values)
        for field in declared["inputs"]
    }
    return event(log["address"], declared["name"], **fields)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, list | tuple):
        return tuple(_plain(entry) for entry in value)
    return value
