"""What a poke sees and what the Sentinel makes of it: short names for the tests of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ganglion.devnet.abi import call_data, decode
from ganglion.devnet.errors import Reverted
from tests.modes import Group, Mode
from tests.treasury import CLOCK, GOVERNOR, HOT, HOUR, MAX_UINT, POSITION, SEEN, SIGNALS, STRANGER, THRESHOLDS
from tests.unit.bed import Bed, deploy_caller, payload
from tests.unit.events import Event, event
from tests.unit.leavers import UNWIND, Leavers

FALL, LIQUID, AGE, DARK, SHORT, LAPSED, RECOVERED, GOVERNED = range(8)
NAMES = ("fall", "liquid", "age", "dark", "short")
SET_LIMITS = f"set_limits({THRESHOLDS})"
SEALED, PAUSED, OWED_FLAG, DRY = 4, 8, 16, 32  # flags above the state
FALLEN = 401  # bps by which the whole falls when the first of three strategies loses a fifth


@dataclass(frozen=True)
class Observation:
    """IVault.Observation: asset wei, seconds, bps, a state and the veto."""

    lo: int
    age: int
    fall: int
    liquid: int
    dark: int
    short: int
    state: int
    veto: bool


# ------------------------------------------------------------------ the Vault


def seen(bed: Bed) -> Observation:
    """What a poke in the next block would see."""
    return Observation(*bed.foreseen(STRANGER, "poke()", returns=SEEN))


def poked_at(bed: Bed) -> int:
    """When the Vault was poked last, unix seconds."""
    return (bed.word(CLOCK) >> 160) & (2**40 - 1)


def flags(bed: Bed) -> int:
    """State and flags of the Vault."""
    return (bed.word(HOT) >> 192) & 255


def state(bed: Bed) -> int:
    """State of the Vault."""
    return flags(bed) & 3


def is_dry(bed: Bed) -> bool:
    """Whether the last poke saw too little liquidity."""
    return bool(flags(bed) & DRY)


def clean_owed(bed: Bed, identifier: int = 1) -> int:
    """Clean unwinds that a strategy owes after a short one."""
    return (bed.word(POSITION, identifier) >> 234) & 3


def dry_up(bed: Bed, level: int = 799) -> None:
    """Allocate all but ten tokens to the first strategy; ``level`` bps of the total stay liquid."""
    bed.allocate(1, bed.idle() - 10 * bed.unit)
    payable(bed, least_liquid(bed, level))


def least_liquid(bed: Bed, level: int) -> int:
    """The least that the first strategy must be able to pay for ``level`` bps of the total, asset wei."""
    return -(-bed.totals()[0] * level // 10_000) - bed.idle()


def payable(bed: Bed, amount: int) -> None:
    """Let the first strategy pay at most ``amount`` asset wei."""
    bed.dial(1, Group.LIQUIDITY, Mode.LIMITED, amount)


def fall_short(bed: Leavers, identifier: int = 1) -> None:
    """Let unwinds fail an hour apart that could have been paid; something must wait in the strategy."""
    bed.refill(identifier)
    bed.dial(identifier, Group.REDEEM, Mode.REVERT_REASON)
    bed.unwind(identifier)
    bed.rpc.warp(HOUR)
    bed.unwind(identifier)
    assert clean_owed(bed, identifier) == 3
    bed.dial(identifier, Group.REDEEM, Mode.HONEST)


def through_contract(bed: Leavers, sender: str = STRANGER) -> dict[str, Any]:
    """Unwind through a contract."""
    caller = deploy_caller(bed.rpc)
    arguments = (bed.queue, payload(UNWIND, 1, MAX_UINT), 0)
    return bed.rpc.transact(sender, caller, "forward(address,bytes,uint256)", *arguments)


def twice(bed: Leavers, act: Callable[[], Any]) -> None:
    """Do something now and an hour later."""
    act()
    bed.rpc.warp(HOUR)
    act()


def pour(bed: Leavers, tokens: int = 10_000) -> None:
    """Let the first strategy pay so much more than the stayers' covered part."""
    bed.liquid(1, bed.coverage(1)[0] + tokens * bed.unit)


# ------------------------------------------------------------------ the Sentinel


def limits_with(**changes: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The default limits with ``changes`` by name, each bad and good."""
    return tuple(changes.get(name, SIGNALS[i]) for i, name in enumerate(NAMES))


def set_limits(bed: Bed, limits: tuple[tuple[int, int], ...], sender: str = GOVERNOR) -> dict[str, Any]:
    """Set the Sentinel's limits."""
    return order(bed, sender, SET_LIMITS, limits)


def order(bed: Bed, sender: str, signature: str, *arguments: Any) -> dict[str, Any]:
    """Send a call to the Sentinel."""
    return bed.rpc.transact(sender, bed.sentinel, signature, *arguments)


def limits_of(bed: Bed) -> tuple[tuple[int, int], ...]:
    """The Sentinel's limits."""
    words = bed.rpc.read(bed.sentinel, "limits()", returns=("uint256",) * 10)
    return tuple(zip(words[::2], words[1::2], strict=True))


def memory(bed: Bed, signal: int) -> tuple[int, int]:
    """Since when a signal is bad, and since when good again; 0 for never."""
    return bed.rpc.read(bed.sentinel, "memory(uint256)", signal, returns=("uint256",) * 2)


def recovery(bed: Bed) -> tuple[int, int, int]:
    """Good observations, and the times of the first and the last."""
    return bed.rpc.read(bed.sentinel, "recovery()", returns=("uint256",) * 3)


def heartbeat(bed: Bed) -> tuple[int, int]:
    """The last heartbeat, and the last second in which the next one counts."""
    return bed.rpc.read(bed.sentinel, "heartbeat()", returns=("uint256",) * 2)


def changes(bed: Bed) -> list[tuple[int, ...]]:
    """Every change of state on record: before, state, cause, since, at."""
    count = bed.rpc.read(bed.sentinel, "changes()")
    read = bed.rpc.read
    return [read(bed.sentinel, "change(uint256)", n, returns=("uint256",) * 5) for n in range(1, count + 1)]


def answered(bed: Bed) -> int:
    """The state that a poke of the Sentinel in the next block would return."""
    call = {"from": STRANGER, "to": bed.sentinel, "data": call_data("poke()")}
    return decode(["uint256"], bed.rpc.eth_call(call, "pending"))[0]


def watch_at(bed: Bed, timestamp: int) -> dict[str, Any]:
    """Poke the Sentinel in a block of this time."""
    bed.at(timestamp)
    return bed.watch()


def told(bed: Bed, receipt: dict[str, Any]) -> list[Event]:
    """What the Sentinel tells, and what the Vault tells of its state."""
    return [
        entry
        for entry in bed.events(receipt)
        if entry.emitter == bed.sentinel.lower() or entry.name == "StateChanged"
    ]


def changed(bed: Bed, number: int, *change: int) -> list[Event]:
    """The events of a change: before, state, cause, since, at."""
    return [
        event(bed.vault, "StateChanged", before=change[0], state=change[1]),
        event(bed.sentinel, "StateChanged", number=number, change=change),
    ]


def signal_bad(bed: Bed, signal: int, level: int) -> Event:
    """The event of a signal that turns bad."""
    return event(bed.sentinel, "SignalBad", signal=signal, level=level)


def signal_cleared(bed: Bed, signal: int, bad_at: int) -> Event:
    """The event of a signal that is held against the Vault no more."""
    return event(bed.sentinel, "SignalCleared", signal=signal, bad_at=bad_at)


def starved(bed: Bed, target: str, gas: int) -> tuple[bool, str | None]:
    """Poke a contract with so much gas; whether it passed, and the reason if not."""
    try:
        bed.rpc.send({"from": STRANGER, "to": target, "data": call_data("poke()"), "gas": gas})
    except Reverted as error:
        return False, error.reason
    return True, None


def slump(bed: Bed, fallen: bool = True) -> None:
    """Have the first strategy answer a fifth less than the truth, or the truth."""
    bed.dial(1, Group.READ, Mode.LIE_DOWN if fallen else Mode.HONEST, 2_000 * fallen)
