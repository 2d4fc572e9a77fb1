"""Calldata of the campaign, put together as text: encoders for any type take ten times as long."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ganglion.devnet.abi import selector
from tests.treasury import INTENT, NOBODY

MASK = 2**256 - 1
WORD = 64  # hex digits
Move = tuple[int, int, int]
Inner = tuple[str, str]  # target, calldata
MULTI = "multi((address,bytes,uint256,bool)[])"


@cache
def head(signature: str) -> str:
    """Selector of a signature, 0x-hex."""
    return "0x" + selector(signature).hex()


def word(value: int | str) -> str:
    """One word: a number, also a negative one, or an address."""
    return f"{(int(value, 16) if isinstance(value, str) else value) & MASK:064x}"


def call(signature: str, *values: int | str) -> str:
    """A call of single words."""
    return head(signature) + "".join(map(word, values))


def intent(
    agent: str,
    moves: Sequence[Move],
    max_loss: int,
    deadline: int,
    nonce: int = 0,
    sequence: int = 0,
    relayer: str = NOBODY,
    reason: int = 1,
) -> str:
    """The call of ``execute``."""
    fields = (agent, 8 * 32, max_loss, deadline, nonce, sequence, relayer, reason, len(moves))
    body = "".join(map(word, fields)) + "".join(word(value) for move in moves for value in move)
    return head(f"execute({INTENT})") + word(32) + body


def multi(calls: Sequence[Inner]) -> str:
    """Calls of a Caller in one transaction, each of which may fail."""
    offset, offsets, bodies = 32 * len(calls), [], []
    for target, data in calls:
        content = data[2:]
        padded = content + "0" * (-len(content) % WORD)
        offsets.append(word(offset))
        bodies.append(word(target) + word(128) + word(0) + word(0) + word(len(content) // 2) + padded)
        offset += len(bodies[-1]) // 2
    return head(MULTI) + word(32) + word(len(calls)) + "".join(offsets) + "".join(bodies)


def results(data: str) -> list[tuple[bool, str]]:
    """What each call of ``multi`` came to: whether it passed, and what it returned (hex)."""
    text = data[2:]

    def number(at: int) -> int:
        return int(text[2 * at : 2 * at + WORD], 16)

    found = []
    for place in range(number(32)):
        start = 64 + number(64 + 32 * place)
        size = number(start + 64)
        found.append((number(start) == 1, text[2 * start + 192 : 2 * start + 192 + 2 * size]))
    return found


def reason(data: str) -> str:
    """Text of ``Error(string)`` in revert data (hex without 0x); empty for anything else."""
    if not data.startswith("08c379a0"):
        return ""
    size = int(data[72:136], 16)
    return bytes.fromhex(data[136 : 136 + 2 * size]).decode(errors="replace")
