"""Hashes over words, as every chain of hashes here is made."""

from __future__ import annotations

from eth_utils import keccak

EMPTY = bytes(32)


def hashed(*words: int | bytes) -> bytes:
    """keccak256 of numbers, negative ones as complements of two, and hashes, 32 bytes each."""
    return keccak(b"".join(w if isinstance(w, bytes) else (w % 2**256).to_bytes(32, "big") for w in words))
