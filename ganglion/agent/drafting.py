"""A new intent with what every intent needs: a deadline, a nonce nobody used, and a hash of its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .abi import EXECUTOR
from .errors import Invalid
from .intent import Intent, Move, reason_hash
from .reading import call, observe
from .snapshot import Snapshot
from .steps import Steps
from .structs import ZERO_ADDRESS
from .treasury import Treasury

VALID_FOR = 600  # seconds
_WORD = 256
_WORDS = 64  # of nonces that are searched

Reason = str | Mapping[str, Any] | Sequence[Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agent decides; the rest of an intent follows from the chain.

    Attributes:
        moves: up to ten, made in this order.
        max_loss: most that they may lose together, asset wei; None for what the mandate allows one intent.
        reason: why, as text or JSON values; its hash is journaled, so keep it.
        valid_for: seconds after the snapshot until when it may be executed.
        relayer: the only account that may send it; zero for any.
    """

    moves: Sequence[Move]
    max_loss: int | None = None
    reason: Reason = ""
    valid_for: int = VALID_FOR
    relayer: str = ZERO_ADDRESS


def drafted(
    treasury: Treasury, agent: str, draft: Draft, snapshot: Snapshot | None, taken: frozenset[int]
) -> Steps[Intent]:
    """Return the intent of a draft.

    Args:
        treasury: where.
        agent: whose.
        draft: what.
        snapshot: that the agent decided by; the latest unless given.
        taken: nonces that are on their way.

    Raises:
        Invalid: a field of the draft does not fit.
        NodeError: the node failed.
    """
    if draft.valid_for <= 0:
        raise Invalid(f"valid_for: {draft.valid_for}; give the seconds until when it may be executed")
    seen = snapshot if snapshot is not None else (yield from observe(treasury, agent))
    nonce = yield from free_nonce(treasury, agent, seen.agent.standing.sequence, taken)
    return Intent(
        agent=seen.agent.agent,
        moves=tuple(draft.moves),
        max_loss=seen.agent.mandate.max_loss if draft.max_loss is None else draft.max_loss,
        deadline=seen.time + draft.valid_for,
        nonce=nonce,
        relayer=draft.relayer,
        reason=reason_hash(draft.reason),
    )


def free_nonce(treasury: Treasury, agent: str, sequence: int, taken: frozenset[int]) -> Steps[int]:
    """Return the lowest nonce that is neither used nor taken, from the word that ``sequence`` points at.

    Neighbours share a storage word: using them in order costs the least gas.
    """
    first = (sequence + 1) // _WORD
    for word in range(first, first + _WORDS):
        data = EXECUTOR.encode("nonces", agent, word)
        used = EXECUTOR.decode("nonces", (yield from call(treasury.executor, data)))
        for bit in range(_WORD):
            nonce = word * _WORD + bit
            if nonce and not used >> bit & 1 and nonce not in taken:
                return nonce
    raise Invalid(
        f"nonces {first * _WORD} to {(first + _WORDS) * _WORD - 1} are used or cancelled; choose one"
    )
