"""What a replay finds in journals that were tampered with, and how fast it is."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from eth_abi import encode
from eth_utils import keccak
from hypothesis import assume, given
from hypothesis import strategies as st

from ganglion.agent.structs import Done
from ganglion.journal import Entry, verify
from ganglion.journal.codec import parse_log
from ganglion.journal.entry import (
    ALTERED,
    CHANGES,
    DUPLICATED,
    FORGED,
    MALFORMED,
    MISSING,
    REORDERED,
    Anchor,
    Change,
    Kind,
)
from ganglion.journal.fetch import sort_logs
from ganglion.journal.hashing import moves_hash, next_changes, next_head, number_of
from ganglion.journal.verify import UNLOCATED
from tests.journal.forge import EXECUTOR, VAULT, Book, books, dones, raw_of, read, rewritten
from tests.journal.tampering import MUTATIONS, change_flips, swapped

MANY = 10_000
SECONDS = 10


def book_of(entries: int) -> Book:
    book = Book()
    for number in range(entries):
        book.entry(number, (Done(1, 10**12, 10**12, 3), Done(2, -(10**12), 10**12, 0)))
    return book


def problems(book: Book, items: list) -> list[tuple[int, str]]:
    return [(each.sequence, each.problem) for each in verify(read(items, book.anchor))]


@given(books(entries=0))
def test_verify__honest_journal__finds_nothing(book):
    assert verify(book.journal()) == ()


@given(books(), st.data())
def test_verify__any_single_mutation__is_found_at_its_sequence(book, data):
    mutation = data.draw(st.sampled_from(MUTATIONS))
    tampered = data.draw(mutation(book.items))
    found = {each.sequence for each in verify(read(tampered.items, book.anchor))}
    assert found & tampered.at, (tampered.what, found, tampered.at)


@given(books(entries=2), st.data())
def test_verify__two_entries_in_each_others_place__is_found_there(book, data):
    tampered = data.draw(swapped(book.items))
    found = {each.sequence for each in verify(read(tampered.items, book.anchor))}
    assert found & tampered.at, (found, tampered.at)


@given(books(), st.data())
def test_verify__changed_change__is_found_at_the_next_note(book, data):
    assume(any(isinstance(item, Change) for item in book.items))
    tampered = data.draw(change_flips(book.items))
    found = {(each.sequence, each.problem) for each in verify(read(tampered.items, book.anchor))}
    assert found == {(sequence, CHANGES) for sequence in tampered.at}, tampered.what


@given(books(), st.data())
def test_verify__forged_suffix_with_consistent_heads__is_caught_at_the_end(book, data):
    entries = [item for item in book.items if isinstance(item, Entry)]
    index = data.draw(st.integers(0, len(entries) - 1))
    entries[index] = replace(entries[index], mandate=b"\x07" * 32)
    forged = {entry.sequence: entry for entry in rewritten(entries, index)}
    told = [forged[item.sequence] if isinstance(item, Entry) else item for item in book.items]
    findings = verify(read(told, book.anchor))
    assert [(each.sequence, each.problem) for each in findings] == [(book.anchor.sequence, FORGED)]
    assert findings[0].detail == UNLOCATED


@pytest.mark.parametrize("name", ["mandate", "head"])
def test_verify__altered_entry__is_one_finding(name):
    book = book_of(5)
    items = list(book.items)
    items[2] = replace(items[2], **{name: b"\x07" * 32})
    assert problems(book, items) == [(3, ALTERED)]


def test_verify__dropped_entries__are_one_finding_at_the_first():
    book = book_of(6)
    assert problems(book, [*book.items[:1], *book.items[3:]]) == [(2, MISSING)]
    assert problems(book, book.items[:4]) == [(5, MISSING)]
    assert problems(book, []) == [(1, MISSING)]


def test_verify__duplicate__is_one_finding():
    book = book_of(3)
    assert problems(book, [*book.items, book.items[1]]) == [(2, DUPLICATED)]


def test_verify__entry_moved_far__is_one_finding():
    book = book_of(9)
    moved = [*book.items[:2], *book.items[3:7], book.items[2], *book.items[7:]]
    assert problems(book, moved) == [(3, REORDERED)]


def test_verify__entries_beyond_the_chains__are_forged():
    book, longer = book_of(3), book_of(5)
    assert problems(book, longer.items) == [(4, FORGED), (5, FORGED)]


def test_verify__second_entry_of_a_number__is_forged():
    book = book_of(3)
    other = replace(book.items[1], agent=VAULT)
    assert problems(book, [*book.items[:1], other, *book.items[1:]]) == [(2, FORGED)]


def test_verify__missing_change__is_one_finding_at_the_note_that_carries_it():
    book = book_of(2)
    book.change(0, 1)
    for kind in (Kind.INTENT, Kind.NOTE, Kind.INTENT, Kind.NOTE):
        book.entry(1, kind=kind)
    assert problems(book, [item for item in book.items if isinstance(item, Entry)]) == [(4, CHANGES)]


def test_verify__missing_change_after_the_last_entry__is_found_one_past_it():
    book = book_of(2)
    book.change(2, 3)
    assert problems(book, book.items[:-1]) == [(3, CHANGES)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("data", "0x"), ("data", "0x" + "ff" * 64), ("topics", None)],
    ids=["no data", "an endless array", "a topic short"],
)
def test_sort_logs__log_that_does_not_decode__is_a_finding(field, value):
    book = book_of(2)
    raw = raw_of(book.items[1])
    raw[field] = raw["topics"][:3] if value is None else value
    entries, changes, malformed = sort_logs([parse_log(raw)], EXECUTOR, VAULT, Anchor())
    assert (entries, changes) == ((), ())
    assert [(each.sequence, each.problem) for each in malformed] == [(2, MALFORMED)]


@given(books(), st.lists(dones, max_size=10))
def test_next_head__is_the_documented_hash(book, moves):
    entry = replace(next(item for item in book.items if isinstance(item, Entry)), moves=tuple(moves))
    types = ["bytes32", *["uint256"] * 3, "address", *["bytes32"] * 4]
    before = keccak(b"before")
    listed = [[done.id, done.assets, done.units, done.loss] for done in moves]
    done_hash = keccak(encode(["(uint256,int256,uint256,uint256)[]"], [listed]))
    assert moves_hash(moves) == done_hash
    values = [before, entry.sequence, entry.time, entry.kind, entry.agent, entry.mandate, entry.subject]
    values += [entry.reason, done_hash]
    hashed = keccak(encode(types, values))
    head = next_head(before, entry)
    assert head[:27] == hashed[:27]
    assert number_of(head) == entry.sequence == int.from_bytes(head[27:], "big")


@given(books(entries=0))
def test_next_changes__is_the_documented_hash(book):
    running = bytes(32)
    for change in (item for item in book.items if isinstance(item, Change)):
        values = [running, change.id, change.value, change.time]
        assert next_changes(running, change) == keccak(encode(["bytes32", *["uint256"] * 3], values))
        running = next_changes(running, change)
    assert running == book.anchor.changes


def test_verify__ten_thousand_entries__takes_less_than_ten_seconds():
    book = book_of(MANY)
    raw = [raw_of(item) for item in book.items]
    begun = time.process_time()
    entries, changes, malformed = sort_logs([parse_log(each) for each in raw], EXECUTOR, VAULT, Anchor())
    told = replace(Book().journal(), end=book.anchor, entries=entries, changes=changes, malformed=malformed)
    assert verify(told) == ()
    assert len(entries) == MANY
    assert time.process_time() - begun < SECONDS
