"""Calldata, answers and logs as hex text, for calls whose arguments are all single words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from ganglion.devnet.abi import encode, event_topic, selector
from tests.model.capital import Moved
from tests.model.events import Event
from tests.model.executor import Move
from tests.model.exit_records import Slice

CHANGE = "(uint256,uint256,uint256,uint256,uint256)"
# Who tells each event of the model, and its signature; what is indexed comes first.
EVENTS = {
    "Allocated": ("vault", "Allocated(uint256,uint256,uint256,uint256)"),
    "Deallocated": ("vault", "Deallocated(uint256,uint256,uint256,uint256)"),
    "FeesCharged": ("vault", "FeesCharged(address,uint256,uint256,uint256)"),
    "Latched": ("vault", "StateChanged(uint256,uint256)"),
    "Joined": ("queue", "Joined(uint256,uint256,uint256,uint256,uint256)"),
    "Settled": ("queue", "Settled(uint256,uint256,uint256,uint256,uint256)"),
    "SignalBad": ("sentinel", "SignalBad(uint256,uint256)"),
    "SignalCleared": ("sentinel", "SignalCleared(uint256,uint256)"),
    "StateChanged": ("sentinel", f"StateChanged(uint256,{CHANGE})"),
    "Beat": ("sentinel", "Beat(address)"),
    "OverCap": ("executor", "OverCap(uint256,uint256)"),
    "Trimmed": ("executor", "Trimmed(uint256,address,uint256,uint256)"),
    "Armed": ("reflexes", "Armed(uint256,uint256)"),
    "Fired": ("reflexes", "Fired(uint256,address,uint256,uint256,uint256)"),
    "Funded": ("reflexes", "Funded(address,uint256)"),
    "Collected": ("reflexes", "Collected(address,address,uint256)"),
}
TOPICS = {name: event_topic(signature) for name, (_, signature) in EVENTS.items()}
TELLERS = {TOPICS[name]: teller for name, (teller, _) in EVENTS.items()}
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
    topic = TOPICS["Allocated" if allocates else "Deallocated"]
    return topic + words((identifier, moved.assets, moved.units, moved.loss))


def join_log(epoch: int, part: Slice) -> str:
    """Topics and data of the queue's event of units that join a runoff, joined."""
    known = (epoch, part.strategy, part.generation + 1, part.points, part.joined)
    return TOPICS["Joined"] + words(known)


def log(event: Event, at: Callable[[str], str]) -> str:
    """Topics and data of an event of the model, joined; ``at`` gives the address of a name."""
    values = [int(at(value), 16) if isinstance(value, str) else value for value in event.values]
    return TOPICS[event.name] + words(values)


def told(logs: Sequence[dict], addresses: Mapping[str, str]) -> list[str]:
    """Known events of the contracts in order, and then those of joining in any order, as written above."""
    others, joined = [], []
    for log in logs:
        topics = log["topics"]
        teller = TELLERS.get(topics[0])
        if teller is not None and log["address"] == addresses[teller].lower():
            kept = joined if topics[0] == TOPICS["Joined"] else others
            kept.append("".join((topics[0], *(topic[2:] for topic in topics[1:]), log["data"][2:])))
    return others + sorted(joined)
