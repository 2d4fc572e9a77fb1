"""Journals that were never on a chain, as the raw logs that a node would send of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eth_abi import encode
from hypothesis import strategies as st

from ganglion.agent.structs import Done
from ganglion.journal.codec import HEALTH, JOURNALED, STATE, parse_log
from ganglion.journal.entry import EMPTY, Anchor, Change, Entry, Journal, Kind, Position
from ganglion.journal.fetch import sort_logs
from ganglion.journal.hashing import next_changes, next_head

EXECUTOR = "0x" + "E1" * 20
VAULT = "0x" + "A7" * 20
FIRST_TIME = 1_767_225_600
DATA = ["bytes32"] * 3 + ["(uint256,int256,uint256,uint256)[]", "bytes32"]


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def raw_log(address: str, topics: list[bytes], data: bytes, entry: Entry | Change) -> dict[str, Any]:
    return {
        "address": address,
        "topics": ["0x" + topic.hex() for topic in topics],
        "data": "0x" + data.hex(),
        "blockNumber": hex(entry.position.block),
        "logIndex": hex(entry.position.log_index),
        "transactionHash": entry.position.transaction,
        "blockTimestamp": hex(entry.time),
    }


def raw_of(item: Entry | Change) -> dict[str, Any]:
    """The log of an entry or a change."""
    if isinstance(item, Change):
        if item.before is None:
            return raw_log(VAULT, [HEALTH.topic, word(item.id)], word(item.value), item)
        return raw_log(VAULT, [STATE.topic, word(item.before), word(item.value)], b"", item)
    hashes = (item.mandate, item.subject, item.reason)
    moves = [done.as_tuple() for done in item.moves]
    data = encode(DATA, [*hashes, moves, item.head])
    agent = bytes(12) + bytes.fromhex(item.agent[2:])
    topics = [JOURNALED, word(item.sequence), word(item.kind), agent]
    return raw_log(EXECUTOR, topics, data, item)


def read(items: list[Entry | Change], end: Anchor) -> Journal:
    """The journal that is fetched where a node sends these logs, in this order."""
    logs = [parse_log(raw_of(item)) for item in items]
    entries, changes, malformed = sort_logs(logs, EXECUTOR, VAULT, Anchor())
    last = max((item.position.block for item in items), default=0)
    return Journal(1, EXECUTOR, VAULT, 0, last, 0, Anchor(), end, entries, changes, malformed)


class Book:
    """Writes a journal as the contracts do."""

    def __init__(self) -> None:
        self.items: list[Entry | Change] = []
        self.anchor = Anchor()
        self.state = 0
        self._block = 0
        self._index = 0

    def _place(self, new_block: bool) -> tuple[int, Position]:
        if new_block or not self.items:
            self._block, self._index = self._block + 1, 0
        else:
            self._index += 1
        time = FIRST_TIME + 12 * self._block
        return time, Position(self._block, self._index, "0x" + word(self._block).hex())

    def entry(self, seed: int, moves: tuple[Done, ...] = (), kind: int = 1, new_block: bool = True) -> None:
        """Write an entry whose hashes come of ``seed``; a note carries the Vault's."""
        time, position = self._place(new_block)
        agent = "0x" + word(seed % 5 + 1).hex()[24:]
        mandate, subject, reason = (word(seed * 3 + i) for i in range(3))
        if kind == Kind.NOTE:
            subject = self.anchor.changes
        sequence = self.anchor.sequence + 1
        blank = Entry(
            sequence=sequence,
            kind=kind,
            agent=agent,
            mandate=mandate,
            subject=subject,
            reason=reason,
            moves=moves,
            head=EMPTY,
            time=time,
            position=position,
        )
        made = replace(blank, head=next_head(self.anchor.head, blank))
        self.items.append(made)
        self.anchor = replace(self.anchor, head=made.head, sequence=sequence)

    def change(self, identifier: int, value: int, new_block: bool = True) -> None:
        """Write a change of health, or with the identifier 0 of state."""
        time, position = self._place(new_block)
        before = None if identifier else self.state
        made = Change(identifier, value, before, time, position)
        if not identifier:
            self.state = value
        self.items.append(made)
        self.anchor = replace(self.anchor, changes=next_changes(self.anchor.changes, made))

    def journal(self) -> Journal:
        """The journal as an honest node tells it."""
        return read(self.items, self.anchor)


def rewritten(entries: list[Entry], first: int) -> list[Entry]:
    """Entries whose heads follow from one another again from the index ``first`` on."""
    told = list(entries)
    for index in range(first, len(told)):
        before = told[index - 1].head if index else EMPTY
        told[index] = replace(told[index], head=next_head(before, told[index]))
    return told


amounts = st.integers(0, 2**100)
dones = st.builds(
    Done, id=st.integers(1, 255), assets=st.integers(-(2**100), 2**100), units=amounts, loss=amounts
)
steps = st.one_of(
    st.tuples(
        st.just("entry"),
        st.integers(0, 2**200),
        st.lists(dones, max_size=4).map(tuple),
        st.integers(1, 6),
        st.booleans(),
    ),
    st.tuples(st.just("change"), st.integers(0, 3), st.integers(0, 3), st.booleans()),
)


@st.composite
def books(draw: st.DrawFn, entries: int = 1) -> Book:
    """Journals with at least ``entries`` entries, changes of state and health between them."""
    book = Book()
    for name, *arguments in draw(st.lists(steps, max_size=12)):
        getattr(book, name)(*arguments)
    while book.anchor.sequence < entries:
        book.entry(draw(st.integers(0, 2**200)), (draw(dones),))
    return book
