"""Events of a call: the journal's entries, replayed on their own, and what the Vault says it moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import keccak

from ganglion.devnet.abi import event_topic

DONE = "(uint256,int256,uint256,uint256)"
JOURNALED = event_topic(f"Journaled(uint256,uint256,address,bytes32,bytes32,bytes32,{DONE}[],bytes32)")
ALLOCATED, DEALLOCATED = (
    event_topic(f"{name}(uint256,uint256,uint256,uint256)") for name in ("Allocated", "Deallocated")
)
INTENT, TRIM = 1, 5
NUMBERED = 2**40 - 1  # the bits of a head that hold the number of its entry


@dataclass(frozen=True, slots=True)
class Done:
    """What a move really did: asset wei (below 0 came home), units, asset wei lost."""

    id: int
    assets: int
    units: int
    loss: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the journal as its event tells it."""

    number: int
    kind: int
    agent: str
    mandate: str
    subject: str
    reason: str
    moves: tuple[Done, ...]
    encoded: str
    head: int

    def follows(self, head: int, time: int) -> int:
        """The head that this entry makes of the head before."""
        moves_hash = keccak(bytes.fromhex(f"{32:064x}{self.encoded}")).hex()
        fields = (f"{head:064x}", f"{self.number:064x}", f"{time:064x}", f"{self.kind:064x}", self.agent)
        text = "".join((*fields, self.mandate, self.subject, self.reason, moves_hash))
        return int.from_bytes(keccak(bytes.fromhex(text)), "big") & ~NUMBERED | self.number


def _signed(value: int) -> int:
    return value - 2**256 if value >> 255 else value


def _entry(log: Mapping[str, Any]) -> Entry:
    text = log["data"][2:]
    words = [text[at : at + 64] for at in range(0, len(text), 64)]
    place = int(words[3], 16) // 32
    count = int(words[place], 16)
    numbers = [int(each, 16) for each in words[place + 1 : place + 1 + 4 * count]]
    moves = tuple(
        Done(numbers[at], _signed(numbers[at + 1]), numbers[at + 2], numbers[at + 3])
        for at in range(0, 4 * count, 4)
    )
    _, number, kind, agent = log["topics"]
    encoded = "".join(words[place : place + 1 + 4 * count])
    return Entry(int(number, 16), int(kind, 16), agent[2:], *words[:3], moves, encoded, int(words[4], 16))


def entries(logs: Sequence[Mapping[str, Any]], executor: str) -> list[Entry]:
    """The journal's entries among events."""
    return [
        _entry(log) for log in logs if log["topics"][0] == JOURNALED and log["address"] == executor.lower()
    ]


def moved(logs: Sequence[Mapping[str, Any]], vault: str) -> Iterator[Done]:
    """What the Vault says it moved, in order."""
    for log in logs:
        topic = log["topics"][0]
        if topic not in (ALLOCATED, DEALLOCATED) or log["address"] != vault.lower():
            continue
        assets, units, loss = (int(log["data"][at : at + 64], 16) for at in (2, 66, 130))
        yield Done(int(log["topics"][1], 16), assets if topic == ALLOCATED else -assets, units, loss)
