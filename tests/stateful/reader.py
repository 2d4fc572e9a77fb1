"""A contract that reads a whole world in one call: straight-line code, and a loop over what it is asked.

Each item is a static call of which some words, shifted and masked, are appended to the answer. A call that
reverts gives words of all ones, which no ledger holds: a view that fails cannot be mistaken for a value.
One view of two words may be asked as often as the reader's own calldata has pairs of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganglion.devnet.abi import call_data

WORD = 32
ANSWER = 0x100  # where a call's answer lands in memory
OUT = 0x400  # where the words are collected
LONGEST_ANSWER = 10  # words
PAIR = 64  # bytes of calldata of one question
FAILED = 2**256 - 1


@dataclass(frozen=True)
class Field:
    """One word of an answer: its index, and the bits that count (of all, from ``shift`` up).

    ``gate``: how many words earlier in the reader's answer a word stands that makes this one 0 where it is 0
    itself; 0 for none. What has no meaning without another word is read like that.
    """

    index: int = 0
    shift: int = 0
    bits: int = 256
    gate: int = 0


@dataclass(frozen=True)
class Item:
    """A view to call and the fields of its answer that are wanted; words past a short answer are 0."""

    target: str
    data: str
    fields: tuple[Field, ...] = (Field(),)


@dataclass(frozen=True)
class Question:
    """A view of two words, and how many words of its answer are wanted."""

    target: str
    selector: bytes
    words: int


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
    if len(entry.fields) > 1:
        code += b"".join(b"\x5f" + _push(ANSWER + field.index * WORD) + b"\x52" for field in entry.fields)
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
    if field.gate:
        # MUL by ISZERO ISZERO of the earlier word.
        code += _push(at - field.gate * WORD) + b"\x51\x15\x15\x02"
    return code + b"\x81\x17" + _push(at) + b"\x52"


def _asked(question: Question, start: int, at: int) -> bytes:
    """Code that asks the question for every pair of the calldata, and returns everything from ``OUT`` on.

    On the stack: where in the calldata and where in memory it is; ``start`` is where this code begins.
    """
    code = b"\x5f" + _push(at)
    loop = start + len(code)
    # JUMPDEST CALLDATASIZE DUP3 LT ISZERO, and the end as two bytes once it is known.
    code += b"\x5b\x36\x82\x10\x15\x61"
    hole = len(code)
    code += b"\0\0\x57"
    code += _store(int.from_bytes(question.selector.ljust(WORD, b"\0"), "big"), 0)
    code += _push(PAIR) + b"\x82" + _push(4) + b"\x37"
    code += _push(question.words * WORD) + _push(ANSWER) + _push(4 + PAIR) + b"\x5f"
    code += b"\x73" + bytes.fromhex(question.target[2:]) + b"\x5a\xfa" + _push(1) + b"\x90\x03"
    for index in range(question.words):
        code += _push(ANSWER + index * WORD) + b"\x51\x81\x17"
        code += b"\x82" + _push(index * WORD) + b"\x01\x52"
    code += b"\x50" + _push(question.words * WORD) + b"\x01\x90" + _push(PAIR) + b"\x01\x90"
    code += b"\x61" + loop.to_bytes(2, "big") + b"\x56"
    end = start + len(code)
    code = code[:hole] + end.to_bytes(2, "big") + code[hole + 2 :]
    return code + b"\x5b" + _push(OUT) + b"\x90\x03" + _push(OUT) + b"\xf3"


def reader_code(items: Sequence[Item], question: Question | None = None) -> str:
    """Runtime code, 0x-hex, that answers with all fields of all items in order, and then what it is asked."""
    code, at = b"", OUT
    for entry in items:
        code += _call(entry)
        for field in entry.fields:
            code += _field(field, at)
            at += WORD
        code += b"\x50"
    if question is not None:
        return "0x" + (code + _asked(question, len(code), at)).hex()
    return "0x" + (code + _push(at - OUT) + _push(OUT) + b"\xf3").hex()
