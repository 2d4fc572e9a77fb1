"""Calldata, answers and logs as hex text, for calls whose arguments are all single words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ganglion.devnet.abi import encode, event_topic, selector
from tests.model.capital import Moved
from tests.model.executor import Move
from tests.model.exit_records import Slice

ALLOCATED = event_topic("Allocated(uint256,uint256,uint256,uint256)")
DEALLOCATED = event_topic("Deallocated(uint256,uint256,uint256,uint256)")
MOVES = frozenset({ALLOCATED, DEALLOCATED})
JOINED = event_topic("Joined(uint256,uint256,uint256,uint256,uint256)")
EXECUTE = "execute(((uint256,int256,uint256)[],uint256,uint256,bytes32))"
REASON = "01" * 32


@lru_cache(maxsize=256)
def _head(signature: str) -> str:
    return "0x" + selector(signature).hex()


@lru_cache(maxsize=256)
def _address(address: str) -> str:
    return f"{int(address, 16):064x}"


def words(values: Sequence[int]) -> str:
    """Words of unsigned integers."""
    return ("%064x" * len(values)) % tuple(values)


def call(signature: str, *arguments: int | str) -> str:
    """Calldata of a call whose arguments are unsigned integers and addresses (0x-hex)."""
    data = [_address(a) if isinstance(a, str) else "%064x" % a for a in arguments]  # noqa: UP031
    return _head(signature) + "".join(data)


def execute(moves: Sequence[Move], max_loss: int, deadline: int) -> str:
    """Calldata of ``Executor.execute``."""
    head = words((0x20, 0x80, max_loss, deadline)) + REASON
    values = [word % 2**256 for move in moves for word in (move.id, move.assets, move.limit)]
    return _head(EXECUTE) + head + words((len(moves), *values))


@lru_cache(maxsize=256)
def revert(reason: str) -> str:
    """What a refusal with ``reason`` returns."""
    if not reason:
        return "0x"
    return "0x" + (selector("Error(string)") + encode(["string"], [reason])).hex()


def moved(moved: Moved) -> str:
    """What ``Vault.allocate`` and ``Vault.deallocate`` return."""
    return "0x" + words((moved.assets, moved.units, moved.loss, moved.exposure, moved.lo))


def move_log(identifier: int, allocates: bool, moved: Moved) -> str:
    """Topics and data of the Vault's event of a move, joined."""
    topic = ALLOCATED if allocates else DEALLOCATED
    return topic + words((identifier, moved.assets, moved.units, moved.loss))


def join_log(epoch: int, part: Slice) -> str:
    """Topics and data of the queue's event of units that join a runoff, joined."""
    known = (epoch, part.strategy, part.generation + 1, part.points, part.joined)
    return JOINED + words(known)


def told(logs: Sequence[dict], vault: str, queue: str) -> list[str]:
    """Events of moves by the Vault, and then of joining by the queue in any order, as written above.

    Addresses are in lower case.
    """
    moves, joined = [], []
    for log in logs:
        topics = log["topics"]
        if topics[0] in MOVES and log["address"] == vault:
            moves.append(topics[0] + topics[1][2:] + log["data"][2:])
        elif topics[0] == JOINED and log["address"] == queue:
            joined.append(topics[0] + topics[1][2:] + topics[2][2:] + log["data"][2:])
    return moves + sorted(joined)
