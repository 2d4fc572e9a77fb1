"""A shock and what answers it: the latch, a standing order fired by a stranger, recovery, the heartbeat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ganglion.deployment import record, standing
from ganglion.deployment.quantities import show_instant, show_seconds
from ganglion.deployment.record import Change
from ganglion.devnet.abi import actor, call_data, decode

from .checks import Checks
from .leaving import EXIT
from .show import Show, money
from .stage import DAY, HOUR, MAX_UINT, UNIT, Stage

ASKED = 50_000 * UNIT
PRICE_ORDER = 1  # the first standing order of the configuration: morpho's price
STRESS, CALM = "stress", "calm"
REQUEST = "requestRedeem(uint256,address,address)"


def stress_is_latched(stage: Stage, show: Show, checks: Checks) -> None:
    """Two observations an hour apart; what a holder gets is the same before and after."""
    show.scene("Two observations an hour apart: STRESS, by whoever pokes")
    stage.watch()
    fall = _reactions(stage).signals[0]
    show.fact("first poke", fall.level, f"the price stands {fall.level} bps below its reference: noted")
    checks.expect("one observation changes no state", _reactions(stage).state == CALM)
    stage.net.market.crash(3_000)
    stage.net.market.repay()
    show.fact("meanwhile", "repaid", "borrowers repay: liquidity is back, the loss stays")
    later = stage.rpc.timestamp() + HOUR
    with _undone(stage):
        stage.watch(stage.vault, later)
        before = _offer(stage), _reactions(stage).state
    stage.watch(at=later)
    after = _offer(stage), _reactions(stage).state
    (change,) = record(stage.site, stage.from_block).changes
    show.fact("second poke", change.state, _told(change))
    checks.expect("the second latches STRESS", (before[1], after[1]) == (CALM, STRESS), change.cause)
    offers = before[0][1], after[0][1]
    show.fact("a third holder's exit, without and with the latch", offers, " and ".join(map(_usdc, offers)))
    checks.equal("a holder gets the same in CALM and in STRESS", before[0], after[0])
    closed = stage.closed()
    show.fact("now", closed, ", ".join(f"{name} {reason}" for name, reason in closed.items()))
    checks.expect("STRESS closes entry, petty cash and allocations", set(closed.values()) == {"vault: 5"})


def a_stranger_fires(stage: Stage, show: Show, checks: Checks) -> None:
    """A standing order brings capital home and pays who fired it."""
    show.scene("A stranger fires a standing order, and is paid for it")
    reflexes, stranger = stage.site.addresses["Reflexes"], actor("stranger")
    order = _reactions(stage).orders[PRICE_ORDER - 1]
    show.fact("order", order.words, standing.told(stage.site, order.words))
    checks.expect("its condition holds", order.holds, f"{order.level} bps")
    total, idle = stage.totals()[0], stage.idle()
    receipt = stage.rpc.transact(stranger, reflexes, "fire(uint256)", PRICE_ORDER)
    home, lost = stage.idle() - idle, total - stage.totals()[0]
    show.fact("home", home, f"{money(home)} USDC from morpho, {lost} wei lost")
    show.fact("gas", int(receipt["gasUsed"], 16), f"{int(receipt['gasUsed'], 16):,}")
    checks.expect("capital came home", home >= order.words[5], f"{home} wei")
    checks.expect("within the order's loss", 0 <= lost <= order.words[7], f"{lost} wei")
    again = stage.refusal(stranger, reflexes, "fire(uint256)", PRICE_ORDER)
    show.fact("once more", again, f"refused ({again})")
    checks.expect("an order cools down", again == "reflexes: cooling down", str(again))
    before = stage.assets(stranger)
    stage.rpc.transact(stranger, reflexes, "collect(address)", stranger)
    paid = stage.assets(stranger) - before
    show.fact("bounty", paid, f"{money(paid)} USDC, from what the Safe set aside")
    checks.equal("the bounty is paid", paid, order.words[9])
    left = stage.rpc.read(reflexes, "budget()")
    checks.equal("what is set aside is there", stage.assets(reflexes), left)


def a_holder_asks(stage: Stage, show: Show) -> int:
    """A request in STRESS; returns the id of its epoch."""
    holder = stage.holder("contributor")
    shares = stage.rpc.read(stage.vault, "convertToShares(uint256)", ASKED)
    stage.rpc.transact(holder, stage.vault, "approve(address,uint256)", stage.queue, shares)
    stage.rpc.transact(holder, stage.queue, REQUEST, shares, holder, holder)
    identifier, _, due = stage.rpc.read(stage.queue, "open_epoch()", returns=("uint256",) * 3)
    show.fact("a request in STRESS", shares, f"{shares / 10**18:,.3f} shares, due {show_instant(due)}")
    return identifier


def calm_returns(stage: Stage, show: Show, checks: Checks, asked: int) -> None:
    """The reference forgets, three good observations, and the record of it all."""
    show.scene("Two days later: three good observations, and CALM")
    stage.wait(DAY)
    holder, stranger = stage.holder("contributor"), actor("stranger")
    stage.rpc.transact(stranger, stage.queue, "settle()")
    stage.rpc.transact(holder, stage.queue, "claim(uint256,address,address)", asked, holder, holder)
    stage.wait(DAY)
    counts = []
    while (now := _reactions(stage)).state == STRESS and len(counts) < 4:
        counts.append(now.recovery.good)
        stage.rpc.warp(DAY // 2)
        stage.beat()
        stage.watch()
    show.fact("pokes, twelve hours apart", len(counts))
    checks.equal("the third good one, an epoch after the first, ends STRESS", counts, [0, 1, 2])
    checks.equal("the state is", _reactions(stage).state, CALM)
    _the_record(stage, show, checks)


def _the_record(stage: Stage, show: Show, checks: Checks) -> None:
    found = record(stage.site, stage.from_block)
    rows = [[_told(change), show_instant(change.at)] for change in found.changes]
    show.table("changes of the state, from the chain", ["", "at"], rows)
    (promise,) = found.promises
    row = [show_instant(promise.due), show_seconds(promise.late), promise.promised, promise.brought]
    show.table("promises, from the chain", ["due", "settled late by", "promised", "brought"], [row])
    short = promise.promised - promise.brought
    checks.expect(
        "the request brought what it was promised", 0 <= short <= 2 * len(stage.names), f"{short} wei short"
    )
    checks.expect(
        "two changes, each with its cause", [c.cause for c in found.changes] == ["fall", "recovered"]
    )


def the_safe_beats(stage: Stage, show: Show, checks: Checks) -> None:
    """The Safe shows that governance is alive, without the Timelock."""
    show.scene("The Safe beats the heart: two signatures, no delay")
    old = standing.heartbeat(stage.site)
    stage.by_safe([standing.beating(stage.site)])
    new = standing.heartbeat(stage.site)
    until, before = show_instant(new.until), show_instant(old.until)
    show.fact("the next beat counts until", new.until, f"{until}, before it was {before}")
    checks.equal("a beat counts for all the silence allowed", new.until - new.last, old.until - old.last)
    checks.expect("the heart beats later than before", new.last > old.last)
    refused = stage.refusal(actor("stranger"), stage.site.addresses["Sentinel"], "beat()")
    checks.expect("nobody else beats it", refused == "sentinel: not the Safe", str(refused))


def _reactions(stage: Stage) -> standing.Reactions:
    return standing.standing(stage.site, stage.from_block)


def _offer(stage: Stage) -> tuple[int, int]:
    """What a third holder would get for all its shares now: a record, 0 if nothing waits, and asset wei."""
    holder = stage.holder("endowment")
    data = call_data(EXIT, stage.shares(holder), holder, holder, 0, MAX_UINT)
    answer = stage.rpc.eth_call({"from": holder, "to": stage.queue, "data": data})
    record_id, cash = decode(["uint256", "uint256"], answer)
    return record_id, cash


def _usdc(amount: int) -> str:
    return f"{money(amount)} USDC"


def _told(change: Change) -> str:
    age = f", first seen {show_seconds(change.age)} before" if change.age else ""
    return f"{change.before} to {change.state}: {change.cause}{age}"


@contextmanager
def _undone(stage: Stage) -> Iterator[None]:
    """Forget whatever happens inside."""
    snapshot = stage.rpc.call("evm_snapshot")
    try:
        yield
    finally:
        stage.rpc.call("evm_revert", snapshot)
        stage.rpc.mine()
