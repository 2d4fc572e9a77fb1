"""Judging what was measured against what is promised, and showing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from latency.ground import SPACING
from latency.shocks import Speed, Veto

Document = dict[str, Any]

PASSES = "passes"
MOST_SPACED = 2 * SPACING  # a quarantine is seen twice, and then the signal that it raises


@dataclass(frozen=True)
class Check:
    """One statement, whether it holds, and the figures."""

    name: str
    holds: bool
    detail: str


def checks(document: Document) -> list[Check]:
    """Everything that is promised."""
    found: list[Check] = []
    for key, shock in document["shocks"].items():
        found += [
            *_doors(key, shock),
            *_allocations(key, shock),
            *_reactions(key, shock),
            *_latch(key, shock),
        ]
    return [*found, *_griefers(document["griefers"]), *_control(document)]


def _doors(key: str, shock: Document) -> Iterator[Check]:
    calm, block = shock["calm"], shock["same_block"]
    shut = [name for name, told in calm.items() if told != PASSES]
    yield Check(f"{key}: before it every probe passes", not shut, str(shut))
    stale = {
        name: block["margins"].get(name)
        for name, told in block["doors"].items()
        if told == PASSES and block["margins"].get(name, -1) < 0
    }
    yield Check(
        f"{key}: (a) in the same block nobody trades on a price that is no more",
        not stale,
        str(stale or summary(block["doors"])),
    )
    if shock["closes"] in (Veto.AT_ONCE.value, Veto.POKED.value):
        when = "doors" if shock["closes"] == Veto.AT_ONCE.value else "after_poke"
        told = {name: block[when][name] for name in block["doors"]}
        yield Check(f"{key}: every door is shut", PASSES not in told.values(), summary(told))


def _allocations(key: str, shock: Document) -> Iterator[Check]:
    block = shock["same_block"]
    told = block["allocations"]
    if "target" in told:
        refused = told["target"] != PASSES
        yield Check(f"{key}: (b) in the same block no agent raises exposure to it", refused, told["target"])
    if shock["closes"] in (Veto.AT_ONCE.value, Veto.ALLOCATIONS.value):
        refused = told["other"] != PASSES
        yield Check(f"{key}: (b) in the same block no agent raises any exposure", refused, told["other"])
    if shock["closes"] == Veto.POKED.value:
        late = block["after_poke"]["other"]
        yield Check(f"{key}: (b) after one poke no agent raises any exposure", late != PASSES, late)
    if shock["closes"] == Veto.ALLOCATIONS.value:
        late = block["after_poke"]["other"]
        yield Check(f"{key}: (c) one poke, in the same block, mends it", late == PASSES, late)


def _reactions(key: str, shock: Document) -> Iterator[Check]:
    for each in shock["reactions"]:
        prompt = {
            Speed.NEXT.value: each["blocks"] == 0 and each["transactions"] == 1,
            Speed.SPACED.value: each["seconds"] <= MOST_SPACED,
            Speed.LIQUID.value: each["blocks_since_liquid"] == 0,
        }[each["promised"]]
        detail = f"{each['transactions']} transactions, {each['seconds']} s"
        name = f"{key}: (c) {each['order']}: {each['promised']}"
        yield Check(name, prompt and each["assets"] > 0, detail)


def _latch(key: str, shock: Document) -> Iterator[Check]:
    latch = shock["latch"]
    if not shock["latches"]:
        yield Check(f"{key}: (d) the whole Vault stays CALM", latch is None, str(latch))
        return
    fits = latch is not None and (latch["state"], latch["cause"]) == (1, shock["cause"])
    yield Check(f"{key}: (d) STRESS is latched, by what happened", fits, str(latch))


def _griefers(griefers: Document) -> Iterator[Check]:
    for name in ("holding", "touching"):
        each = griefers[name]
        yield Check(f"griefer, {name}: gains nothing", each["gained"] <= 0, f"{each['gained']} wei")
        lost = max(each["leaver_lost"], each["stayer_lost"])
        yield Check(
            f"griefer, {name}: no holder loses more than rounding", lost <= each["bound"], f"{lost} wei"
        )
        back = each["changes"] == 2
        yield Check(f"griefer, {name}: into STRESS once, and out again", back, f"{each['changes']} changes")
    idle = griefers["without"]
    yield Check("without a griefer the Vault stays CALM", idle["changes"] == idle["closed"] == 0, "")


def _control(document: Document) -> Iterator[Check]:
    manual = document["control"]
    slow = manual["seconds"] > manual["delay"] and manual["a_block_earlier"] != PASSES
    yield Check("control: a Safe behind a timelock waits out the delay", slow, f"{manual['seconds']} s")


# -- what a person reads ---------------------------------------------------------


def summary(told: Document) -> str:
    """Outcomes of probes, alike ones together."""
    by_outcome: dict[str, list[str]] = {}
    for name, outcome in told.items():
        by_outcome.setdefault("at the price now" if outcome == PASSES else f"refused ({outcome})", []).append(
            name
        )
    if len(by_outcome) == 1:
        return f"all {next(iter(by_outcome))}"
    return "; ".join(f"{', '.join(names)} {outcome}" for outcome, names in by_outcome.items())


def shocks_table(document: Document) -> Table:
    """One line for each shock."""
    table = _table("From the first block in which it can be read: blocks, and transactions that it takes")
    for column in ("", "(a) doors", "(b) allocations to it", "to others", "(d) STRESS"):
        table.add_column(column)
    for shock in document["shocks"].values():
        block, latch = shock["same_block"], shock["latch"]
        told = block["allocations"]
        table.add_row(
            shock["title"],
            f"0 blocks: {summary(block['doors'])}",
            f"0 blocks: {told['target']}" if "target" in told else "–",
            _others(shock),
            f"{latch['blocks']} blocks, {latch['transactions']} tx: {latch['cause']}"
            if latch
            else "stays CALM",
        )
    return table


def _others(shock: Document) -> str:
    block = shock["same_block"]
    if block["allocations"]["other"] != PASSES:
        return f"0 blocks: {block['allocations']['other']}"
    if block["after_poke"]["other"] != PASSES:
        return f"0 blocks, 1 tx (poke): {block['after_poke']['other']}"
    return "open: the Vault is sound"


def reactions_table(document: Document) -> Table:
    """One line for each standing order that answered."""
    table = _table("(c) Standing orders, carried out by a stranger for a bounty")
    for column in ("", "order", "promised", "transactions", "blocks", "brought home, USDC"):
        table.add_column(column, justify="right" if column in ("blocks", "transactions") else "left")
    for shock in document["shocks"].values():
        for each in shock["reactions"]:
            figures = (f"{each['transactions']}", f"{each['blocks']}", f"{each['assets'] / 10**6:,.0f}")
            table.add_row(shock["title"], each["order"], each["promised"], *figures)
    manual = document["control"]
    told = "no order: a Safe and its timelock", "the delay", str(manual["transactions"])
    table.add_row("control: a vault loses 10%", *told, f"{manual['blocks']:,}", "what is left")
    return table


def griefers_table(document: Document) -> Table:
    """One line for each griefer."""
    table = _table("Griefers who keep the lending market lent out, with their own capital")
    names = ("", "capital, USDC", "closed, hours", "paid, USDC", "gained", "holders lost, wei")
    for column in names:
        table.add_column(column, justify="right" if column else "left")
    titles = {"holding": "holds it for 24 hours", "touching": "in four moments, each within a block"}
    for key, title in titles.items():
        each = document["griefers"][key]
        lost = max(each["leaver_lost"], each["stayer_lost"])
        table.add_row(
            title,
            f"{each['capital'] / 10**6:,.0f}",
            f"{each['closed'] / 3_600:.0f}",
            f"{each['paid'] / 10**6:,.6f}",
            f"{each['gained'] / 10**6:,.6f}",
            str(lost),
        )
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="italic", box=None, padding=(0, 2, 0, 0))
