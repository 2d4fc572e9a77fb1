"""The scenes, in order. Each shows what happened and notes what must hold."""

from __future__ import annotations

from ganglion.deployment import Manifest, actions, governance, opening, verify
from ganglion.devnet.abi import actor

from .agents import CHURN, positions
from .checks import Checks, flows
from .show import Show, money
from .stage import DAY, HOLDERS, HOUR, SLICE, UNIT, WITHDRAW, Stage

DEPOSITS = {"endowment": 3_000_000 * UNIT, "contributor": 1_500_000 * UNIT, "partner": 500_000 * UNIT}
PETTY = 20_000 * UNIT
BOUNTIES = 1_000 * UNIT


def the_safe_accepts(stage: Stage, manifest: Manifest, show: Show, checks: Checks) -> None:
    """Two of three owners sign one batch; after the delay anyone opens the treasury."""
    show.scene("The Safe accepts: two of three signatures, one batch, then the Timelock's delay")
    report = verify(manifest, stage.site.chain)
    checks.expect("every role and parameter reads back as configured", not report.differences)
    calls = opening.acceptance(stage.site, manifest)
    for call in calls:
        show.fact("scheduled", call.what)
    stage.net.fund(stage.site.addresses["Safe"], BOUNTIES)
    set_aside = actions.parse(stage.site, {"action": "fund_bounties", "assets": f"{BOUNTIES} wei"})
    stage.by_safe([*calls, *set_aside.calls(stage.site)])
    show.fact("bounties", BOUNTIES, f"{money(BOUNTIES)} USDC set aside for whoever fires a standing order")
    delay = governance.delay(stage.site)
    checks.expect("nothing opens before the delay", not opening.ready(stage.site, manifest))
    stage.wait(delay)
    anyone = actor("stranger")
    stage.net.fund_eth(anyone, 10**18)
    for call in opening.ready(stage.site, manifest):
        stage.send(anyone, call)
    show.fact("delay", delay, f"{delay // 3_600} hours, then executed by a stranger")
    shut = stage.refusal(manifest.deployer, stage.site.addresses["Steward"], "set_entry_paused(bool)", True)
    show.fact("what the deployer may still do", shut, f"nothing ({shut})")
    checks.expect("the deployer has no right left", shut == "authority: not a guardian")


def holders_deposit(stage: Stage, show: Show, checks: Checks) -> None:
    """Three holders pay in."""
    show.scene("Three holders deposit")
    rows = []
    for name, amount in DEPOSITS.items():
        shares = stage.deposit(name, amount)
        rows.append([name, amount, f"{shares / 10**18:,.3f}"])
    show.table("deposits", ["holder", "USDC", "shares"], rows)
    seasoning = stage.refusal(
        stage.holder("partner"), stage.vault, SLICE, 1, stage.holder("partner"), stage.holder("partner"), 0
    )
    show.fact("a slice in the same hour", seasoning, f"refused ({seasoning}: shares season for an hour)")
    checks.expect("fresh shares cannot leave by a slice", seasoning == "vault: 11")
    stage.watch()


def petty_cash(stage: Stage, show: Show, checks: Checks) -> None:
    """A small withdrawal at once, from idle."""
    show.scene("Two days later a holder takes petty cash")
    stage.wait(2 * DAY + 1)
    stage.execute([(2, CHURN, 0)])
    holder = stage.holder("contributor")
    most = stage.rpc.read(stage.vault, "maxWithdraw(address)", holder)
    before = stage.assets(holder)
    stage.rpc.transact(holder, stage.vault, WITHDRAW, PETTY, holder, holder)
    show.fact("the bucket holds", most, f"{money(most)} USDC for this holder now")
    show.fact("paid", PETTY, f"{money(PETTY)} USDC from idle")
    checks.equal("petty cash pays exactly what was asked", stage.assets(holder) - before, PETTY)


def the_market_breaks(stage: Stage, show: Show, checks: Checks) -> None:
    """The collateral crashes and does not cover what is owed."""
    show.scene("An hour later a liquidation falls short: bad debt")
    stage.rpc.warp(HOUR)
    lo, _, _ = stage.totals()
    part = min(stage.mark(1), stage.position(1)[1])
    stage.net.market.crash(1_500)
    outcome = stage.net.market.liquidate()
    after, _, veto = stage.totals()
    show.fact("bad debt", outcome.bad_debt_assets, f"{money(outcome.bad_debt_assets)} USDC in the market")
    show.table(
        "the price, before and after",
        ["", "before", "after"],
        [
            ["morpho's part of it", part, stage.mark(1)],
            ["the Vault's total", lo, after],
        ],
    )
    checks.equal("the price takes the loss in the block that shows it", lo - after, part - stage.mark(1))
    closed = stage.closed()
    show.fact("in the same block", closed, ", ".join(f"{name} {reason}" for name, reason in closed.items()))
    checks.expect(
        "entry, petty cash and allocations are closed",
        veto and set(closed.values()) == {"vault: 7"},
        str(closed),
    )


def the_guardian_cuts(stage: Stage, show: Show, checks: Checks) -> None:
    """At once, by one key, downwards only."""
    show.scene("The guardian cuts a cap and revokes the agent, at once")
    executor = stage.site.addresses["Executor"]
    stage.net.fund_eth(stage.guardian, 10**18)
    cut = (1, 500_000 * UNIT, 1_000)
    stage.rpc.transact(stage.guardian, executor, "cut(uint256,uint256,uint256)", *cut)
    stage.rpc.transact(stage.guardian, executor, "revoke(address)", stage.agent)
    reason = stage.intent_refusal([(1, -UNIT, 0)])
    show.fact(
        "cap of morpho", cut[1], f"{money(cut[1])} USDC, 10%, for seven days unless the Timelock lifts it"
    )
    show.fact("the agent now", reason)
    checks.expect("a revoked agent can do nothing", reason == "executor: no mandate", str(reason))
    raised = stage.refusal(stage.guardian, executor, "set_cap(uint256,uint256,uint256)", 1, 2 * cut[1], 1_000)
    checks.expect("a guardian cannot raise a cap", raised == "executor: not the curator", str(raised))


def the_safe_restores(stage: Stage, manifest: Manifest, show: Show, checks: Checks) -> None:
    """Risk up only through the Timelock."""
    show.scene("The Safe restores both through the Timelock")
    treasury = manifest.treasury
    cap, mandate = treasury.strategies[0].cap, treasury.mandates[0]
    calls = [
        stage.site.call("Executor", "set_cap", 1, cap.absolute, cap.relative),
        stage.site.call("Executor", "set_mandate", stage.agent, mandate.words(treasury.identifiers)),
    ]
    delay = stage.through_timelock(calls)
    show.fact("executed after", delay, f"{delay // 3_600} hours")
    stage.execute([(1, CHURN, 0), (2, -CHURN, 0)])
    positions(stage, show)
    book = stage.position(1)[1]
    checks.expect("the agent works again, in morpho as well", 0 <= CHURN - book <= 2, f"{book} of {CHURN}")
    open_again = stage.closed()
    checks.expect(
        "entry, petty cash and allocations are open", set(open_again.values()) == {"open"}, str(open_again)
    )
    report = verify(manifest, stage.site.chain)
    checks.expect("every role and parameter is as configured again", not report.differences)


def conservation(stage: Stage, show: Show, checks: Checks) -> None:
    """Every wei that crossed the border is accounted for."""
    show.scene("Conservation, to the wei")
    crossed = flows(stage.rpc, stage.asset, stage.vault, stage.from_block)
    names = {stage.holder(name).lower(): name for name in HOLDERS}
    names |= {stage.site.strategy(i).lower(): name for i, name in stage.names.items()}
    names[stage.net.addresses.morpho.lower()] = "morpho, paid by the market"
    parties = sorted(set(crossed.received) | set(crossed.paid), key=lambda party: names.get(party, "seed"))
    show.table(
        "assets across the Vault's border",
        ["party", "in", "out"],
        [[names.get(p, "seed"), crossed.received.get(p, 0), crossed.paid.get(p, 0)] for p in parties],
    )
    checks.equal("in - out = what the Vault holds", crossed.balance, stage.assets(stage.vault))
    checks.equal(
        "what the Vault holds = idle and owed in its ledger",
        stage.assets(stage.vault),
        stage.idle() + stage.owed(),
    )
    checks.expect("nobody who left is owed more than rounding", stage.owed() <= len(stage.names) + 1)
    for identifier, name in stage.names.items():
        held = stage.rpc.read(stage.site.strategy(identifier), "balanceOf(address)", stage.vault)
        units = stage.position(identifier)[0]
        checks.expect(f"{name}'s units are in the Vault's account", held >= units, f"{held} for {units}")
    shares = [stage.shares(stage.holder(name)) for name in HOLDERS] + [stage.site.dead_shares()]
    supply = stage.supply()
    checks.equal("holders' and dead shares = total supply", sum(shares), supply)
    owed = sum(stage.rpc.read(stage.vault, "convertToAssets(uint256)", amount) for amount in shares)
    lo = stage.totals()[0]
    checks.expect("what all shares are worth is covered", 0 <= lo - owed <= lo // 10**6, f"{owed} of {lo}")
