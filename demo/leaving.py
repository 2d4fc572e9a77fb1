"""Leaving while a strategy cannot pay: cash at once for what is liquid, and the rest when it is."""

from __future__ import annotations

from dataclasses import dataclass

from ganglion.devnet.abi import actor, event_topic

from .checks import Checks
from .show import Show, money
from .stage import MAX_UINT, SLICE, UNIT, Stage

EXIT = "exit_now(uint256,address,address,uint256,uint256)"
EXITED = event_topic("ExitedNow(address,address,uint256,uint256,uint256)")
MORPHO = 1
MAX_UNITS = 2**112


@dataclass(frozen=True)
class Left:
    """A holder who left while a strategy was dry: shares, asset wei paid at once, id of what waits."""

    shares: int
    cash: int
    record: int


def a_holder_leaves_dry(stage: Stage, show: Show, checks: Checks) -> Left:
    """The market runs dry; the Vault's own slice is closed, the queue is open."""
    show.scene("The lending market runs dry: a holder leaves all the same")
    state = stage.net.market.set_utilisation(10_000)
    show.fact("utilisation", state.utilisation_bps, f"{state.utilisation_bps / 100:.2f}%")
    holder = stage.holder("contributor")
    mine = stage.shares(holder) // 3
    dry = stage.refusal(holder, stage.vault, SLICE, mine, holder, holder, 0)
    show.fact("a slice while a strategy cannot pay", dry, f"refused ({dry}): nobody races for what is liquid")
    checks.expect("a slice waits until every strategy can pay", dry == "vault: 15")
    before, other = stage.assets(holder), stage.idle()
    receipt = stage.rpc.transact(holder, stage.queue, EXIT, mine, holder, holder, 0, MAX_UINT)
    cash = stage.assets(holder) - before
    (log,) = [entry for entry in receipt["logs"] if entry["topics"][0] == EXITED]
    waiting = stage.runoff(MORPHO)
    worth = stage.rpc.read(stage.site.strategy(MORPHO), "convertToAssets(uint256)", waiting)
    show.fact("paid at once", cash, f"{money(cash)} USDC: its part of idle and of what is liquid")
    show.fact("waits in morpho", worth, f"{money(worth)} USDC by the price of the moment")
    fraction = mine / (mine + stage.supply())
    taken = other - stage.idle()
    checks.expect(
        "the leaver takes its part of idle and no more",
        abs(taken - fraction * other) <= UNIT,
        f"{taken} of {other}",
    )
    return Left(mine, cash, int(log["topics"][3], 16))


def the_rest_is_paid(stage: Stage, show: Show, checks: Checks, left: Left) -> None:
    """Still in STRESS: anyone unwinds, who left claims, another leaves at once with everything."""
    show.scene("Still in STRESS: who left is paid the rest, and another leaves with everything")
    unwound = stage.rpc.transact(actor("stranger"), stage.queue, "unwind(uint256,uint256)", MORPHO, MAX_UNITS)
    holder, before = stage.holder("contributor"), stage.assets(stage.holder("contributor"))
    stage.rpc.transact(holder, stage.queue, "claim(uint256,address,address)", left.record, holder, holder)
    rest = stage.assets(holder) - before
    show.fact("a stranger unwinds", int(unwound["gasUsed"], 16), f"{int(unwound['gasUsed'], 16):,} gas")
    show.fact("the rest", rest, f"{money(rest)} USDC, the bad debt in it")
    checks.equal("nothing waits any more", stage.runoff(MORPHO), 0)
    paid, shares = _leaves_whole(stage, show, checks)
    early, late = (left.cash + rest) * 10**18 // left.shares, paid * 10**18 // shares
    show.fact("before the loss, for each share", early, f"{money(early)} USDC")
    show.fact("after it, for each share", late, f"{money(late)} USDC")
    checks.expect("who left before the loss got what who left after it got", abs(early - late) <= 1)


def _leaves_whole(stage: Stage, show: Show, checks: Checks) -> tuple[int, int]:
    holder = stage.holder("partner")
    shares, supply = stage.shares(holder), stage.supply()
    # Nobody owes anything in the market now, so no interest moves the figures in between.
    whole = stage.idle() + sum(stage.mark(identifier) for identifier in stage.names)
    fair = whole * shares // (supply + 10**12)
    before = stage.assets(holder)
    receipt = stage.rpc.transact(holder, stage.vault, SLICE, shares, holder, holder, fair * 9_999 // 10_000)
    paid = stage.assets(holder) - before
    show.fact("a slice", paid, f"{money(paid)} USDC for {shares / supply:.4%} of everything")
    show.fact("gas", int(receipt["gasUsed"], 16), f"{int(receipt['gasUsed'], 16):,}")
    checks.expect(
        "the slice is the holder's fraction of everything",
        abs(paid - fair) <= 4 * len(stage.names),
        f"{paid} against {fair}",
    )
    checks.equal("the holder has no share left", stage.shares(holder), 0)
    return paid, shares
