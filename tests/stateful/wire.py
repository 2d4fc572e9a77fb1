"""Calldata, answers and logs as hex text, for calls whose arguments are all single words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from ganglion.devnet.abi import encode, event_topic, selector
from tests.model.capital import Moved
from tests.model.events import Event
from tests.model.exit_records import Slice
from tests.model.intents import Intent
from tests.treasury import INTENT, MANDATE

DONE = "(uint256,int256,uint256,uint256)"
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
    "HealthChanged": ("vault", "HealthChanged(uint256,uint256)"),
    "MandateSet": ("executor", f"MandateSet(address,{MANDATE})"),
    "MandateRevoked": ("executor", "MandateRevoked(address,address)"),
    "AgentRevived": ("executor", "AgentRevived(address,address)"),
    "AgentBeat": ("executor", "Beat(address)"),
    "NoncesCancelled": ("executor", "NoncesCancelled(address,uint256,uint256)"),
    "CapSet": ("executor", "CapSet(uint256,uint256,uint256,address)"),
    "CapCut": ("executor", "CapCut(uint256,uint256,uint256,uint256,address)"),
    "StrategyClosed": ("executor", "StrategyClosed(uint256,uint256)"),
    "GroupSet": ("executor", "GroupSet(uint256,uint256,uint256,uint256)"),
    "GroupCapSet": ("executor", "GroupCapSet(uint256,uint256,uint256,address)"),
    "GroupCut": ("executor", "GroupCut(uint256,uint256,uint256,uint256,address)"),
    "InflowSet": ("executor", "InflowSet(uint256,uint256,uint256,address)"),
    "Journaled": ("executor", f"Journaled(uint256,uint256,address,bytes32,bytes32,bytes32,{DONE}[],bytes32)"),
    "OverCap": ("executor", "OverCap(uint256,uint256)"),
    "Trimmed": ("executor", "Trimmed(uint256,address,uint256,uint256)"),
    "Armed": ("reflexes", "Armed(uint256,uint256)"),
    "Fired": ("reflexes", "Fired(uint256,address,uint256,uint256,uint256)"),
    "Funded": ("reflexes", "Funded(address,uint256)"),
    "Collected": ("reflexes", "Collected(address,address,uint256)"),
}
TOPICS = {name: event_topic(signature) for name, (_, signature) in EVENTS.items()}
TELLERS: dict[str, tuple[str, ...]] = {}
for _name, (_teller, _) in EVENTS.items():
    TELLERS[TOPICS[_name]] = (*TELLERS.get(TOPICS[_name], ()), _teller)
EXECUTE, EXECUTE_SIGNED = f"execute({INTENT})", f"execute_signed({INTENT},bytes)"
PART = 32  # bytes of a word


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


def _intent(intent: Intent, at: Callable[[str], str]) -> str:
    """The words of an intent; ``at`` gives the address of a name, here and below."""
    terms = (intent.max_loss, intent.deadline, intent.nonce, intent.sequence)
    head = _address(at(intent.agent)) + words((8 * PART, *terms)) + _address(at(intent.relayer))
    moves = [word % 2**256 for move in intent.moves for word in move]
    return head + intent.reason.hex() + words((len(intent.moves), *moves))


def execute(intent: Intent, at: Callable[[str], str]) -> str:
    """Calldata of ``Executor.execute``."""
    return _head(EXECUTE) + words((PART,)) + _intent(intent, at)


def execute_signed(intent: Intent, signature: bytes, at: Callable[[str], str]) -> str:
    """Calldata of ``Executor.execute_signed``."""
    data, padding = _intent(intent, at), bytes(-len(signature) % PART)
    heads = words((2 * PART, 2 * PART + len(data) // 2))
    return _head(EXECUTE_SIGNED) + heads + data + words((len(signature),)) + (signature + padding).hex()


@lru_cache(maxsize=256)
def revert(reason: str) -> str:
    """What a refusal with ``reason`` returns."""
    if not reason:
        return "0x"
    return "0x" + (selector("Error(string)") + encode(["string"], [reason])).hex()


def moved(moved: Moved) -> str:
    """What ``Vault.allocate`` and ``Vault.deallocate`` return."""
    return "0x" + words((moved.assets, moved.units, moved.loss, moved.exposure, moved.lo))


def join_log(epoch: int, part: Slice) -> str:
    """Topics and data of the queue's event of units that join a runoff, joined."""
    known = (epoch, part.strategy, part.generation + 1, part.points, part.joined)
    return TOPICS["Joined"] + words(known)


def log(event: Event, at: Callable[[str], str]) -> str:
    """Topics and data of an event of the model, joined; ``at`` gives the address of a name."""
    values = [int(at(value), 16) if isinstance(value, str) else value for value in event.values]
    if event.name == "Journaled":
        # Before the head, which comes before the moves, stands where the moves are; before them, how many.
        values[6:7] = (5 * PART, values[6], len(values[7:]) // 4)
    return TOPICS[event.name] + words(values)


def told(logs: Sequence[dict], addresses: Mapping[str, str]) -> list[str]:
    """Known events of the contracts in order, and then those of joining in any order, as written above."""
    others, joined = [], []
    for log in logs:
        topics = log["topics"]
        if any(log["address"] == addresses[teller].lower() for teller in TELLERS.get(topics[0], ())):
            kept = joined if topics[0] == TOPICS["Joined"] else others
            kept.append("".join((topics[0], *(topic[2:] for topic in topics[1:]), log["data"][2:])))
    return others + sorted(joined)
