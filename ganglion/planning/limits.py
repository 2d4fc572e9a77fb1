"""What a plan can run into, by name: every limit of Vault, Executor and goal that the planner knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ganglion.agent.structs import Struct


class Name(StrEnum):
    """Names of limits. Where the Executor refuses "over x", the limit is called "x"."""

    # numbers
    ABSOLUTE_CAP = "absolute cap"
    RELATIVE_CAP = "relative cap"
    CEILING = "ceiling"
    GROUP_CAP = "group cap"
    GROUP_SHARE = "group share"
    INFLOW = "inflow limit"
    FLOW = "flow budget"
    LOSS = "loss budget"
    MAX_LOSS = "max loss"
    IDLE = "idle"
    IDLE_FLOOR = "idle floor"
    LIQUIDITY = "liquidity"
    POSITION = "position"
    MIN_POSITION = "minimum position"
    MIN_IDLE = "minimum idle"
    MIN_MOVE = "minimum move"
    MOVES = "moves of an intent"
    # why a strategy gets nothing
    NOT_ALLOWED = "strategy not allowed"
    NOT_OK = "status not OK"
    SILENT = "target silent"
    ILLIQUID = "target illiquid"
    SHORT = "target short"
    LEAVERS_WAIT = "leavers wait"
    PRICE_BAND = "price band"
    TOLERANCE = "tolerance"
    NOT_OPEN = "not open yet"
    CLOSED = "strategy closed"
    # why nothing is allocated, or nothing moves
    NO_MANDATE = "no mandate"
    EXPIRED = "mandate expired"
    MAY_NOT_ALLOCATE = "may not allocate"
    MAY_NOT_DEALLOCATE = "may not deallocate"
    AGENT_SILENT = "agent silent"
    NOT_CALM = "not calm"
    VETO = "veto"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Limit(Struct):
    """One limit.

    Attributes:
        name: see ``Name``.
        id: the strategy, or the group where the name says so; 0 where it belongs to the agent or the Vault.
        value: the limit itself in its own unit: asset wei, bps, seconds or a code; 0 where it is a plain no.
    """

    name: Name
    id: int = 0
    value: int = 0

    def __str__(self) -> str:
        """Return it as text: name, id where there is one, value."""
        return f"{self.name}{f' {self.id}' if self.id else ''}: {self.value}"
