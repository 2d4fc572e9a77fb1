"""The agent: what it does inside its mandate, what is refused, and the journal of all of it."""

from __future__ import annotations

from dataclasses import replace

from ganglion import journal
from ganglion.deployment import actions
from ganglion.devnet.abi import actor

from .checks import Checks
from .show import Show, money
from .stage import UNIT, Stage

TARGETS = {"morpho": 1_600_000 * UNIT, "solmate": 1_500_000 * UNIT, "snekmate": 1_000_000 * UNIT}
CHURN = 500_000 * UNIT
RELAYED = 100_000 * UNIT
WANTED = 140_000 * UNIT
SAME_LIQUIDITY = 2  # the second risk group of the configuration


def the_agent_allocates(stage: Stage, show: Show, checks: Checks) -> None:
    """One intent, three unlike strategies."""
    show.scene("The agent allocates across three unlike strategies in one intent")
    before = stage.totals()[0]
    receipt = stage.execute([(identifier, TARGETS[name], 0) for identifier, name in stage.names.items()])
    show.fact("gas", int(receipt["gasUsed"], 16), f"{int(receipt['gasUsed'], 16):,}")
    positions(stage, show)
    lost = before - stage.totals()[0]
    show.fact("lost to rounding", lost, f"{lost} wei")
    checks.expect("the intent cost at most 3 wei for each strategy", 0 <= lost <= 9, f"{lost} wei")


def a_stranger_relays(stage: Stage, show: Show, checks: Checks) -> None:
    """The agent signs and pays no gas; a stranger sends, once."""
    show.scene("The agent signs an intent, a stranger relays it: once, and nothing else")
    stranger = actor("stranger")
    intent = stage.intent([(2, -RELAYED, 0), (3, RELAYED, 0)], nonce=1)
    signature, before = stage.signature(intent), stage.position(3)[1]
    changed = stage.refused(stranger, stage.relayed(replace(intent, max_loss=2 * intent.max_loss), signature))
    call = stage.relayed(intent, signature)
    receipt = stage.send(stranger, call)
    again = stage.refused(stranger, call)
    show.fact("moved", RELAYED, f"{money(RELAYED)} USDC from solmate to snekmate, as signed")
    show.fact("gas", int(receipt["gasUsed"], 16), f"{int(receipt['gasUsed'], 16):,}, paid by the stranger")
    show.fact("with its loss limit doubled", changed, f"refused ({changed})")
    show.fact("sent again", again, f"refused ({again})")
    moved = stage.position(3)[1] - before
    checks.expect("the relayed intent did what was signed", 0 <= RELAYED - moved <= 2, f"{moved} wei")
    checks.expect(
        "a changed intent is not what was signed", changed == "executor: bad signature", str(changed)
    )
    checks.expect("a signature passes once", again == "executor: nonce used", str(again))


def a_cap_refuses(stage: Stage, show: Show, checks: Checks) -> None:
    """An intent over a cap."""
    show.scene("An intent over a cap is refused, with its reason")
    moves = [(1, 600_000 * UNIT, 0)]
    reason = stage.intent_refusal(moves)
    show.fact("600,000 USDC more into morpho", reason)
    checks.expect("the cap holds", reason == "executor: over relative cap", str(reason))


def a_group_refuses(stage: Stage, show: Show, checks: Checks) -> None:
    """Two strategies that fail together, and the Lens on how much would pass."""
    show.scene("A risk group refuses what the strategy's own cap would allow: the Lens says how much passes")
    reason, verdict = stage.intent_refusal([(3, WANTED, 0)]), stage.preview(stage.intent([(3, WANTED, 0)]))
    held, total = stage.site.read("Executor", "group_exposure", SAME_LIQUIDITY)
    cap = stage.site.read("Executor", "group", SAME_LIQUIDITY)[2]
    told = f"{money(held)} USDC, {held / total:.2%} of everything, {cap / 100:g}% at most"
    show.fact("solmate and snekmate hold", held, told)
    show.fact(f"{money(WANTED)} USDC more into snekmate", reason)
    show.fact("would pass", verdict.largest, f"{money(verdict.largest)} USDC")
    passes, over = (stage.intent_refusal([(3, verdict.largest + more, 0)]) for more in (0, UNIT))
    checks.expect("the group's share holds", reason == "executor: over group share", str(reason))
    checks.equal("the Lens gives the same reason", verdict.reason, reason)
    checks.expect("so much passes, and a USDC more does not", (passes, over) == (None, reason), str(over))


def the_key_is_stolen(stage: Stage, show: Show, checks: Checks) -> None:
    """A thief with the agent's key does its worst inside the mandate."""
    show.scene("The agent's key is stolen: what a thief can do with it")
    thief = stage.agent
    direct = stage.refusal(thief, stage.vault, "allocate(uint256,uint256,uint256)", 1, UNIT, 0)
    show.fact("the Vault, directly", direct, f"refused ({direct})")
    other = stage.intent_refusal([(9, UNIT, 0)])
    show.fact("a strategy of its own", other, f"refused ({other})")
    before, rounds, stopped, charged = stage.totals()[0], 0, None, 0
    while stopped is None:
        charged += stage.charged(stage.execute([(2, -CHURN, 0)]))
        stopped = stage.intent_refusal([(2, CHURN, 0)])
        if stopped is None:
            charged += stage.charged(stage.execute([(2, CHURN, 0)]))
            rounds += 1
    lost = before - stage.totals()[0]
    limit, _ = stage.budget("loss")
    show.fact("churning capital", rounds, f"{rounds} rounds of {money(CHURN)} USDC, then {stopped}")
    show.fact("lost", lost, f"{lost} wei; the mandate bounds it at {money(limit)} USDC a day")
    checks.expect("the thief is stopped by the flow budget", stopped == "executor: over flow budget")
    checks.expect("the loss stays within the mandate", 0 <= lost <= limit, f"{lost} of {limit} wei")
    checks.expect("the loss was charged", lost <= charged + 1, f"lost {lost}, charged {charged}")


def the_journal_is_replayed(stage: Stage, show: Show, checks: Checks) -> None:
    """From events alone to the head that stands on chain."""
    show.scene("The journal: every intent, replayed against the chain's own head")
    stranger = actor("stranger")
    (note,) = actions.parse(stage.site, {"action": "note"}).calls(stage.site)
    stage.send(stranger, note)
    w3 = stage.site.chain.w3
    told = journal.fetch(w3, journal.Request(stage.site.addresses["Executor"], stage.from_block))
    findings = journal.audit(w3, told)
    kinds = [journal.kind_name(entry.kind) for entry in told.entries]
    rows = [[kind, str(kinds.count(kind))] for kind in dict.fromkeys(kinds)]
    show.table("entries", ["kind", "of it"], rows)
    head, sequence = stage.site.read("Executor", "journal")
    replayed, stored = ("0x" + each.hex() for each in (told.entries[-1].head, head))
    show.fact("head, from the events", replayed)
    show.fact("head, on chain", stored)
    checks.equal("the journal's events give the chain's head", replayed, stored)
    checks.equal("and all of its entries", len(told.entries), sequence)
    checks.equal("nothing is missing, altered, reordered or forged", findings, ())
    _a_forger(told, show, checks)


def _a_forger(told: journal.Journal, show: Show, checks: Checks) -> None:
    """One event told otherwise."""
    place = next(i for i, entry in enumerate(told.entries) if journal.kind_name(entry.kind) == "intent")
    entry = told.entries[place]
    forged = replace(entry, moves=tuple(replace(move, loss=move.loss + 1) for move in entry.moves))
    entries = (*told.entries[:place], forged, *told.entries[place + 1 :])
    (finding,) = journal.verify(replace(told, entries=entries))
    show.fact(
        "with a wei of loss added to one intent", finding.problem, f"{finding.problem} at {finding.sequence}"
    )
    checks.equal("a changed event is found where it stands", finding.sequence, entry.sequence)


def positions(stage: Stage, show: Show) -> None:
    """Show the book and the mark of each strategy."""
    rows = [[name, stage.position(i)[1], stage.mark(i)] for i, name in stage.names.items()]
    rows = [
        [name, book if stage.position(i)[0] else 0, mark]
        for (name, book, mark), i in zip(rows, stage.names, strict=True)
    ]
    lo, hi, _ = stage.totals()
    show.table(
        "positions", ["", "book", "mark"], [*rows, ["idle", stage.idle(), stage.idle()], ["total", lo, hi]]
    )
