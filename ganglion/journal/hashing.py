"""The hashes of the journal, as docs/JOURNAL.md defines them."""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi import encode
from eth_utils import keccak, to_canonical_address

from ganglion.agent.structs import Done

from .entry import NUMBER_BITS, Change, Entry

_NUMBER = (1 << NUMBER_BITS) - 1
_DONE = "(uint256,int256,uint256,uint256)[]"


def next_head(before: bytes, entry: Entry) -> bytes:
    """Return the head after ``entry``: a keccak256 whose lowest 40 bits are the entry's number."""
    words = (
        before,
        _word(entry.sequence),
        _word(entry.time),
        _word(entry.kind),
        bytes(12) + to_canonical_address(entry.agent),
        entry.mandate,
        entry.subject,
        entry.reason,
        moves_hash(entry.moves),
    )
    hashed = int.from_bytes(keccak(b"".join(words)), "big")
    return _word((hashed & ~_NUMBER) | (entry.sequence & _NUMBER))


def moves_hash(moves: Sequence[Done]) -> bytes:
    """Return keccak256 of the ABI encoding of what the moves did."""
    return keccak(encode([_DONE], [[done.as_tuple() for done in moves]]))


def next_changes(before: bytes, change: Change) -> bytes:
    """Return what a change of state or health makes of the Vault's running hash."""
    return keccak(before + _word(change.id) + _word(change.value) + _word(change.time))


def number_of(head: bytes) -> int:
    """Return the number that a head carries."""
    return int.from_bytes(head, "big") & _NUMBER


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")
