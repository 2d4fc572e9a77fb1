"""A contract of straight-line code that reads a whole world in one call.

Each item is a static call of which some words, shifted and masked, are appended to the answer. A call that
reverts gives words of all ones, which no ledger holds: a view that fails cannot be mistaken for a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganglion.devnet.abi import call_data

WORD = 32
ANSWER = 0x100  # where a call's answer lands in memory
OUT = 0x400  # where the words are collected
LONGEST_ANSWER = 5
FAILED = 2**256 - 1


@dataclass(frozen=True)
class Field:
    """One word of an answer: its index, and the bits that count (of all, from ``shift`` up)."""

    index: int = 0
    shift: int = 0
    bits: int = 256


@dataclass(frozen=True)
class Item:
    """A view to call and the fields of its answer that are wanted."""

    target: str
    data: str
    fields: tuple[Field, ...] = (Field(),)


def item(target: str, signature: str, *arguments: object, words: int = 1, bits: int = 256) -> Item:
    """Read the first ``words`` words of a view's answer, ``bits`` of each."""
    fields = tuple(Field(index, 0, bits) for index in range(words))
    return Item(target, call_data(signature, *arguments), fields)


def _push(value: int) -> bytes:
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes([0x5F + size]) + value.to_bytes(size, "big")


def _store(value: int, at: int) -> bytes:
    return _push(value) + _push(at) + b"\x52"


def _call(entry: Item) -> bytes:
    data = bytes.fromhex(entry.data[2:])
    code = b""
    for start in range(0, len(data), WORD):
        code += _store(int.from_bytes(data[start : start + WORD].ljust(WORD, b"\0"), "big"), start)
    code += _push(LONGEST_ANSWER * WORD) + _push(ANSWER) + _push(len(data)) + _push(0)
    code += b"\x73" + bytes.fromhex(entry.target[2:])
    # GAS STATICCALL, then success - 1: zero, or all ones to be or-ed over every word.
    return code + b"\x5a\xfa" + _push(1) + b"\x90\x03"


def _field(field: Field, at: int) -> bytes:
    code = _push(ANSWER + field.index * WORD) + b"\x51"
    if field.shift:
        code += _push(field.shift) + b"\x1c"
    if field.bits < 256:
        code += _push(2**field.bits - 1) + b"\x16"
    return code + b"\x81\x17" + _push(at) + b"\x52"


def reader_code(items: Sequence[Item]) -> str:
    """Runtime code, 0x-hex, that answers with all fields of all items in order."""
    code, at = b"", OUT
    for entry in items:
        code += _call(entry)
        for field in entry.fields:
            code += _field(field, at)
            at += WORD
        code += b"\x50"
    return "0x" + (code + _push(at - OUT) + _push(OUT) + b"\xf3").hex()
