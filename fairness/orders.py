"""Who leaves before whom, and in how many parts: what it changes for anybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from fairness.market import PAPER, Ground
from fairness.runs import Script, bank_run, opened
from fairness.systems import System
from ganglion.devnet.abi import actor
from tests.treasury import HOUR

SEED = 7_540
SIZES = tuple(size * PAPER for size in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233))
TRANSFER = "transfer(address,uint256)"

# P6 over one strategy at a price of at most 1: asset wei by which a holder's payout may depend on the order.
ORDER_BOUND = 8 + 4_000


def dry_then_loss() -> Script:
    """The strategy pays nobody, and loses when half of the holders have left."""
    invested = sum(SIZES) * 2 // 3
    return Script(sizes=SIZES, invested=invested, before=len(SIZES) // 2, loss=invested // 4, turn=3)


def scarce_then_loss() -> Script:
    """The strategy pays a fifth while all of them leave, and loses afterwards."""
    invested = sum(SIZES) * 2 // 3
    return Script(
        sizes=SIZES,
        invested=invested,
        before=len(SIZES),
        loss=invested // 4,
        turn=len(SIZES),
        liquid=invested // 5,
    )


@dataclass(frozen=True)
class Permuted:
    """What the order of leaving changes.

    Attributes:
        tried: orders played.
        worst_wei: the most that any one holder's payout differs between two of them, asset wei.
        worst_spread: the same over the holder's deposit.
    """

    tried: int
    worst_wei: int
    worst_spread: float


def permuted(kind: type[System], ground: Ground, script: Script, count: int, seed: int = SEED) -> Permuted:
    """Play one script in ``count`` orders of the same requests: ascending, descending, then sampled."""
    random, payouts = Random(seed), []
    with ground.undone():
        system, crowd = opened(kind, ground, script)
        orders = [crowd, crowd[::-1], *(random.sample(crowd, len(crowd)) for _ in range(count - 2))]
        for order in orders[:count]:
            with ground.undone():
                payouts.append(bank_run(system, order, script))
    swings = [max(paid[h] for paid in payouts) - min(paid[h] for paid in payouts) for h in crowd]
    parts = [swing / size for swing, size in zip(swings, script.sizes, strict=True)]
    return Permuted(len(payouts), max(swings), max(parts))


Parting = Callable[[System, str, int], Sequence[tuple[str, int]]]


def in_orders(system: System, holder: str, count: int) -> list[tuple[str, int]]:
    """One account leaves in ``count`` equal orders; the last takes what rounding left."""
    part = system.shares(holder) // count
    return [(holder, part)] * (count - 1) + [(holder, system.shares(holder) - part * (count - 1))]


def in_accounts(system: System, holder: str, count: int) -> list[tuple[str, int]]:
    """The shares are spread over ``count`` accounts of the same holder, each of which leaves whole."""
    shares = in_orders(system, holder, count)
    accounts = [actor(f"{holder} {number}") for number in range(count)]
    system.ground.endow(accounts)
    system.ground.rpc.warp(HOUR + 1)
    for account, (_, part) in zip(accounts, shares, strict=True):
        system.ground.rpc.transact(holder, system.vault, TRANSFER, account, part)
    return [(account, part) for account, (_, part) in zip(accounts, shares, strict=True)]


@dataclass(frozen=True)
class Split:
    """What a holder gets by leaving in parts.

    Attributes:
        parts: how many.
        gain: asset wei over leaving whole; negative where it costs.
        bound: the most that P6 allows, asset wei.
    """

    parts: int
    gain: int
    bound: int


def split(kind: type[System], ground: Ground, script: Script, parting: Parting, count: int) -> Split:
    """Have the holder in the middle leave whole, and in ``count`` parts, all else alike."""
    with ground.undone():
        system, crowd = opened(kind, ground, script)
        one = crowd[len(crowd) // 2]
        with ground.undone():
            whole = bank_run(system, crowd, script)[one]
        parts = {one: parting(system, one, count)}
        return Split(count, bank_run(system, crowd, script, parts)[one] - whole, 2 * count + 1)
