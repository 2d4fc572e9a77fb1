"""The bank run: holders leave one after the other, the strategy is dry, loses, and becomes liquid again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from fairness.controls import CONTROLS, FirstCome, NavBatch, NeverFalls, SerialRedeem, StoredPriceBorne
from fairness.market import PAPER, Ground, holders
from fairness.ours import OURS
from fairness.systems import System

SYSTEMS: tuple[type[System], ...] = (*OURS, *CONTROLS)


@dataclass(frozen=True)
class Script:
    """What happens in a run.

    Attributes:
        sizes: what each holder has deposited, asset wei.
        invested: of their sum, in the strategy.
        before: how many leave before the strategy loses.
        loss: what it then loses, asset wei.
        refills: in how many parts the rest of it becomes liquid afterwards.
        turn: how many leave in one epoch.
        liquid: what the strategy pays while they leave, asset wei; None for everything.
    """

    sizes: tuple[int, ...]
    invested: int
    before: int
    loss: int
    refills: int = 4
    turn: int = 10
    liquid: int | None = 0

    @property
    def fair(self) -> float:
        """What each asset wei deposited is worth in the end."""
        return 1 - self.loss / sum(self.sizes)


def forty() -> Script:
    """Forty holders, a third liquid, and a loss of three tenths of the rest after half of them have left."""
    sizes = (10 * PAPER,) * 40
    invested = sum(sizes) * 2 // 3
    return Script(sizes=sizes, invested=invested, before=20, loss=invested * 3 // 10)


def opened(kind: type[System], ground: Ground, script: Script) -> tuple[System, list[str]]:
    """A system in which a script's holders have deposited and the curator has invested; and the holders."""
    system, crowd = kind.create(ground), holders(len(script.sizes))
    ground.endow(crowd)
    system.deposit(dict(zip(crowd, script.sizes, strict=True)))
    system.invest(script.invested)
    return system, crowd


Parts = Mapping[str, Sequence[tuple[str, int]]]


def bank_run(
    system: System, order: Sequence[str], script: Script, parts: Parts | None = None
) -> dict[str, int]:
    """Play a script on a system that holds its deposits.

    Args:
        system: as ``opened`` returns it.
        order: holders, in the order in which they leave with everything.
        script: what else happens.
        parts: of holders who leave in several parts: (account, shares) each.

    Returns:
        What each holder, with its further accounts, has in the end: asset wei, in order.
    """
    parts = parts or {}
    system.begin()
    if script.liquid is not None:
        system.market.dry()
        system.market.refill(script.liquid)
    for place, holder in enumerate(order):
        if place == script.before:
            _lose(system, script.loss)
        for account, shares in parts.get(holder) or [(holder, system.shares(holder))]:
            system.leave(account, shares)
        if (place + 1) % script.turn == 0:
            turn(system)
    turn(system)
    if script.before >= len(order):
        _lose(system, script.loss)
    _recover(system, script.refills)
    return {
        holder: _collected(system, [holder, *(account for account, _ in parts.get(holder, []))])
        for holder in order
    }


def _collected(system: System, accounts: Sequence[str]) -> int:
    together = set(accounts)
    for account in together:
        system.collect(account)
    return sum(system.paid(account) for account in together)


def turn(system: System) -> None:
    """Let an epoch pass, and have what is due settled."""
    system.ground.pass_day()
    system.settle()


def _lose(system: System, loss: int) -> None:
    if loss:
        system.market.lose(loss)
        system.observe()


def _recover(system: System, parts: int) -> None:
    whole = system.market.total()
    for _ in range(parts):
        system.market.refill(whole // parts)
        turn(system)
    system.market.flood()
    turn(system)


@dataclass(frozen=True)
class Outcome:
    """A run's payouts by order of leaving, for each asset wei deposited.

    Attributes:
        first: what the first to leave gets.
        last: what the last gets.
        spread: the most that anybody gets over the least.
        fair: what everybody would get if all were treated alike.
        payouts: all, in order.
    """

    first: float
    last: float
    spread: float
    fair: float
    payouts: tuple[float, ...]


def outcome(paid: Sequence[int], sizes: Sequence[int], fair: float) -> Outcome:
    """Judge payouts (asset wei) of holders of given sizes."""
    parts = tuple(got / size for got, size in zip(paid, sizes, strict=True))
    return Outcome(parts[0], parts[-1], max(parts) - min(parts), fair, parts)


def run_once(kind: type[System], ground: Ground, script: Script) -> Outcome:
    """Play a script on a fresh system, holders leaving as they are numbered."""
    with ground.undone():
        system, crowd = opened(kind, ground, script)
        paid = bank_run(system, crowd, script)
    return outcome(list(paid.values()), script.sizes, script.fair)


class Timing(Enum):
    """When the strategy of the run on paper loses: by how many have left before."""

    AT_ONCE = 0
    AFTER_THREE = 3
    NEVER = -1


@dataclass(frozen=True)
class Row:
    """A row of the run on paper: ten holders of 10, 30 liquid, 70 in a strategy that loses 20."""

    peer: str
    kind: type[System]
    timing: Timing
    first: float
    last: float


# What the peers pay, as published: bench/baselines.json says where gas comes from, this is the same work.
ROWS = (
    Row("Yearn V3, loss visible but not reported", StoredPriceBorne, Timing.AT_ONCE, 10, 7.14),
    Row("Euler Earn, price never falls", NeverFalls, Timing.AT_ONCE, 10, 0),
    Row("Morpho V2, loss not yet visible", FirstCome, Timing.AFTER_THREE, 10, 7.14),
    Row("Lido, turbo mode", NavBatch, Timing.AFTER_THREE, 10, 7.14),
    Row("ERC-7540 reference, serial fulfil and claim", SerialRedeem, Timing.NEVER, 10, 3.87),
)


def on_paper(timing: Timing) -> Script:
    """The script of a row; without a loss the strategy is liquid all the time."""
    lost = 0 if timing is Timing.NEVER else 20 * PAPER
    return Script(
        sizes=(10 * PAPER,) * 10,
        invested=70 * PAPER,
        before=max(timing.value, 0),
        loss=lost,
        refills=5,
        turn=3,
        liquid=None if timing is Timing.NEVER else 0,
    )
