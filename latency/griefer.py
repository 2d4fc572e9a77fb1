"""Griefers with capital of their own, who keep a treasury in STRESS by the lending market that it is in.

One holds the market lent out to the last wei for a day; one only for the moments in which it pokes. Each
run is played beside one without it and compared: what it paid, what it gained, what holders lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from ganglion.devnet.abi import actor
from ganglion.devnet.seed import ETH
from latency.ground import MORPHO, UNIT, Ground, Sent
from latency.shocks import CONCENTRATED, LOAN, pledge
from tests.treasury import DEPOSITOR, HOUR, LEAVER

Document = dict[str, Any]
Turn = Callable[[Ground, int], int]  # what a griefer does in an hour; returns asset wei borrowed

GRIEFER = actor("griefer")
HELD = 24  # hours
MOMENTS = frozenset({0, 1, 24, 25})  # hours in which the griefer of moments comes
HOURS = 2 * HELD + 8  # of a run
LEAVES_AT = 6  # the hour in which a holder leaves
COLLATERAL = 8_000 * ETH
PURSE = 200_000 * UNIT  # asset wei to pay interest with
WEI = 8  # rounding of one exit over two strategies, and its claim


@dataclass(frozen=True)
class Run:
    """What came of one run; asset wei and seconds.

    Attributes:
        leaver: what a holder got that left while the market was lent out.
        stayer: what the other holder's shares are worth in the end, by what strategies answer.
        closed: how long entry, petty cash and allocations were closed.
        capital: the most that the griefer borrowed at a time.
        paid: what the griefer is poorer by.
        changes: how often the state changed.
    """

    leaver: int
    stayer: int
    closed: int
    capital: int
    paid: int
    changes: int


def nobody(_ground: Ground, _hour: int) -> int:
    """Nobody borrows."""
    return 0


def holding(ground: Ground, hour: int) -> int:
    """Borrow everything in every hour of a day, and repay."""
    market, params = ground.net.market, ground.net.market_params
    if hour == HELD:
        ground.rpc.transact(*_repayment(ground, market.position(GRIEFER).borrow_shares))
    free = market.accrue().liquidity if hour < HELD else 0
    if free:
        signature = f"borrow({LOAN},uint256,uint256,address,address)"
        values = (params.as_tuple(), free, 0, GRIEFER, GRIEFER)
        ground.rpc.transact(GRIEFER, market.morpho, signature, *values)
    return free


def touching(ground: Ground, hour: int) -> int:
    """Borrow everything, poke and repay in one block: three transactions, which no flash loan spans."""
    if hour not in MOMENTS:
        return 0
    market, params = ground.net.market, ground.net.market_params
    free = market.accrue().liquidity
    signature = f"borrow({LOAN},uint256,uint256,address,address)"
    borrow: Sent = (GRIEFER, market.morpho, signature, params.as_tuple(), free, 0, GRIEFER, GRIEFER)
    with ground.undone():
        (probe,) = ground.block([borrow])
        shares = market.position(GRIEFER).borrow_shares
    poke: Sent = (GRIEFER, ground.treasury.sentinel, "poke()")
    mined = ground.block([borrow, poke, _repayment(ground, shares)])
    reasons = [each.reason for each in (probe, *mined)]
    assert not any(reasons), reasons
    return free


def _repayment(ground: Ground, shares: int) -> Sent:
    signature = f"repay({LOAN},uint256,uint256,address,bytes)"
    values = (ground.net.market_params.as_tuple(), 0, shares, GRIEFER, b"")
    return (GRIEFER, ground.net.market.morpho, signature, *values)


def run(ground: Ground, turn: Turn) -> Run:
    """Play a griefer's hours; a stranger pokes at the end of each."""
    treasury, closed, capital = ground.treasury, 0, 0
    with ground.undone():
        ground.invest(CONCENTRATED)
        pledge(ground, GRIEFER, COLLATERAL)
        ground.net.fund(GRIEFER, PURSE)
        purse, before = treasury.assets(GRIEFER), treasury.assets(LEAVER)
        shares = treasury.shares(LEAVER)
        for hour in range(HOURS):
            ground.rpc.warp(HOUR - ground.rpc.timestamp() % HOUR)
            capital = max(capital, turn(ground, hour))
            if hour == LEAVES_AT:
                treasury.exit_now(LEAVER, shares)
            treasury.watch()
            seen = treasury.observed()
            closed += int(seen[6] != 0 or seen[7])
        if treasury.runoff(MORPHO)[0]:
            treasury.unwind(MORPHO)
        treasury.claim(LEAVER, 1)
        return Run(
            leaver=treasury.assets(LEAVER) - before,
            stayer=treasury.shares(DEPOSITOR) * (ground.live() + 1) // ground.supply(),
            closed=closed * HOUR,
            capital=capital,
            paid=purse - treasury.assets(GRIEFER),
            changes=ground.rpc.read(treasury.sentinel, "changes()"),
        )


def griefed(ground: Ground) -> Document:
    """Both griefers, beside the same days without them."""
    calm = run(ground, nobody)
    return {
        "without": asdict(calm),
        "holding": _compared(calm, run(ground, holding)),
        "touching": _compared(calm, run(ground, touching)),
    }


def _compared(calm: Run, held: Run) -> Document:
    return asdict(held) | {
        "gained": -held.paid,
        "cost_bps_of_capital": round(held.paid * 10_000 / held.capital, 2),
        "leaver_lost": max(0, calm.leaver - held.leaver),
        "stayer_lost": max(0, calm.stayer - held.stayer),
        "bound": WEI,
    }
