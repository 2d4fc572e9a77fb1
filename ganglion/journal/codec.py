"""Logs as a node gives them, checked and decoded. Nothing in them is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_utils import keccak

from ganglion.agent.abi import EXECUTOR, Event
from ganglion.agent.errors import NodeError
from ganglion.agent.structs import Journaled
from ganglion.agent.wire import as_bytes, as_int, hexed

from .entry import Change, Entry, Position

JOURNALED = EXECUTOR.events["Journaled"].topic


def _event(name: str, indexed: tuple[str, ...], data: tuple[str, ...] = ()) -> Event:
    # The Vault's second half logs these, so they are not in the Vault's own ABI.
    types = ",".join(["uint256"] * len(indexed + data))
    parts = ([(field, "uint256") for field in fields] for fields in (indexed, data))
    return Event(name, keccak(text=f"{name}({types})"), *map(tuple, parts))


STATE = _event("StateChanged", ("before", "state"))
HEALTH = _event("HealthChanged", ("id",), ("status",))
TOPICS = (JOURNALED, STATE.topic, HEALTH.topic)

LOGS = "eth_getLogs"
_MOST = 2**64  # block numbers, timestamps and log indices are below


@dataclass(frozen=True, slots=True)
class Log:
    """A log with its fields as bytes and integers; ``time`` is None where the node does not send it."""

    address: str  # lower case
    topics: tuple[bytes, ...]
    data: bytes
    position: Position
    time: int | None


def quantity(method: str, value: Any) -> int:
    """Return an integer of 0 to 2**64 - 1 from 0x-hex; raises NodeError."""
    number = as_int(method, value)
    if not 0 <= number < _MOST:
        raise NodeError(method, f"{number:#x} is out of range; use another node")
    return number


def parse_log(raw: Any) -> Log:
    """Return a log of ``eth_getLogs`` with its fields checked for their form.

    Raises:
        NodeError: a field is missing or not what it should be.
    """
    if not isinstance(raw, Mapping) or not isinstance(raw.get("topics"), list) or raw.get("removed"):
        raise NodeError(LOGS, f"{str(raw)[:80]!r} is no log; use another node")
    position = Position(
        quantity(LOGS, raw.get("blockNumber")),
        quantity(LOGS, raw.get("logIndex")),
        hexed(as_bytes(LOGS, raw.get("transactionHash"))),
    )
    time = raw.get("blockTimestamp")
    return Log(
        hexed(as_bytes(LOGS, raw.get("address"))),
        tuple(as_bytes(LOGS, topic) for topic in raw["topics"]),
        as_bytes(LOGS, raw.get("data")),
        position,
        None if time is None else quantity(LOGS, time),
    )


def decode_entry(log: Log, time: int) -> Entry:
    """Return the entry of a Journaled log; raises NodeError where it does not decode."""
    return Entry.of_event(Journaled.of_log(log.topics, log.data), time, log.position)


def decode_change(log: Log, time: int) -> Change:
    """Return the change of a StateChanged or HealthChanged log; raises NodeError where it does not decode."""
    if log.topics[0] == STATE.topic:
        state = STATE.decode(log.topics, log.data)
        return Change(0, state["state"], state["before"], time, log.position)
    health = HEALTH.decode(log.topics, log.data)
    return Change(health["id"], health["status"], None, time, log.position)


def sequence_of(log: Log) -> int:
    """Return the sequence that a Journaled log claims, whatever else is wrong with it; 0 if it has none."""
    return int.from_bytes(log.topics[1], "big") if len(log.topics) > 1 else 0
