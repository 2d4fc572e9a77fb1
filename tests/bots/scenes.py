"""What each bot is to do on the soak's treasury: made due, then read from the chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ganglion.agent.abi import EXECUTOR, REFLEXES, ContractAbi
from ganglion.agent.wire import hexed
from soak.ground import EPOCH, HOLDERS, TARGETS, UNIT, Ground, set_cap
from soak.shocks import REQUEST
from tests.modes import Group, Mode
from tests.treasury import HOUR

LEAVING = 10_000 * 10**18  # shares, a token each
DRY = (3, 4)


@dataclass(frozen=True)
class Scene:
    """A job.

    Attributes:
        title: what is to be done.
        prepare: makes it due.
        done: whether the chain shows it.
        spacing: seconds between blocks.
    """

    title: str
    prepare: Callable[[Ground], object]
    done: Callable[[Ground], bool]
    spacing: int = 120


def nothing(_ground: Ground) -> None:
    """It is due already."""


def _told(ground: Ground, address: str, abi: ContractAbi, event: str, *indexed: int) -> bool:
    """Whether a contract has ever logged an event with these first arguments."""
    topics = [hexed(abi.events[event].topic), *(f"0x{value:064x}" for value in indexed)]
    wanted = {"address": address, "fromBlock": "0x0", "topics": topics}
    return bool(ground.rpc.call("eth_getLogs", wanted))


def _at_its_weights(ground: Ground) -> bool:
    for identifier, weight in TARGETS.items():
        units, book, *_ = ground.bed.position(identifier)
        if not units or abs(book * 10_000 - ground.total() * weight) > ground.total() * 100:
            return False
    return True


def _leave(ground: Ground) -> None:
    for each in DRY:
        ground.bed.dial(each, Group.LIQUIDITY, Mode.LIMITED, 0)
    holder = HOLDERS[0]
    ground.rpc.transact(holder, ground.bed.queue, REQUEST, LEAVING, holder, holder)
    ground.rpc.warp(EPOCH)


def _settled(ground: Ground) -> bool:
    return ground.bed.open_epoch()[1] == 0


def _refill(ground: Ground) -> None:
    assert any(ground.bed.runoff(each)[0] for each in DRY), "something waits"
    for each in DRY:
        ground.bed.dial(each, Group.LIQUIDITY, Mode.HONEST)


def _paid_out(ground: Ground) -> bool:
    return not any(ground.bed.runoff(each)[0] for each in TARGETS)


def _fresh(ground: Ground) -> bool:
    poked_at = ground.bed.word(9) >> 160 & (2**40 - 1)
    return ground.rpc.timestamp() - poked_at < EPOCH // 4


def _noted(ground: Ground) -> bool:
    return ground.bed.word(18) != 0 and ground.passes(ground.bed.executor, "note()") is None


SCENES = {
    "rebalancer": (
        Scene("brings the treasury to its weights", nothing, _at_its_weights),
        Scene(
            "shows that it is alive",
            nothing,
            lambda ground: _told(ground, ground.bed.executor, EXECUTOR, "Beat"),
            HOUR,
        ),
    ),
    "settler": (
        Scene("settles the epoch that is due", _leave, _settled),
        Scene("turns what waits into cash", _refill, _paid_out),
    ),
    "sentinel": (
        Scene("pokes when the books are old", lambda ground: ground.rpc.warp(EPOCH), _fresh),
        Scene(
            "trims a position over its cap",
            lambda ground: set_cap(ground, 3, 500),
            lambda ground: _told(ground, ground.bed.executor, EXECUTOR, "Trimmed", 3),
            HOUR,
        ),
        Scene(
            "fires the order on a price that fell",
            lambda ground: ground.bed.lose(1, 30_000 * UNIT),
            lambda ground: _told(ground, ground.reflexes, REFLEXES, "Fired", 1),
            HOUR,
        ),
        Scene("enters the Vault's changes in the journal", nothing, _noted, HOUR),
    ),
}
