"""A policy that mandates of a campaign name: few moves at once, and no losses."""

from __future__ import annotations

from collections.abc import Sequence

from tests.model.intents import Done, Move

POLICY = "policy"
MOST = 2  # moves of an intent, and asset wei that it loses


class Frugal:
    """The policy as the model knows it."""

    def before(self, agent: str, moves: Sequence[Move]) -> bool:
        """Whether an intent is short enough."""
        return len(moves) <= MOST

    def after(self, agent: str, moves: Sequence[Done], loss: int) -> bool:
        """Whether it lost nothing but roundings."""
        return loss <= MOST


def policy_code() -> str:
    """Code, 0x-hex, of the same: its selector if it agrees, and 0 if not.

    How many moves there are stands in the calldata of ``before_intent`` where the loss stands in that of
    ``after_intent``: after the selector, two words and the offset of the moves.
    """
    # ISZERO(MOST < CALLDATALOAD(100)) times the selector alone of CALLDATALOAD(0), returned as one word.
    return "0x" + "606435" + f"60{MOST:02x}1015" + "5f3560e01c60e01b025f5260205ff3"
