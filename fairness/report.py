"""Judging a document, by the same test for every system, and showing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.table import Table

from fairness.measure import PAPER_SCALE, Document
from fairness.ours import Queue

ALIKE = 1e-9  # of a deposit: what rounding may make of payouts that are the same
UNLIKE = 0.05  # of a deposit: what nobody would call rounding
AS_PUBLISHED = 0.005  # of ten: the published figures have two decimals


@dataclass(frozen=True)
class Check:
    """One statement, whether it holds, and the figures."""

    name: str
    holds: bool
    detail: str


def spread_is_fair(system: Document) -> bool:
    """Whether the forty got alike."""
    return system["run"]["spread"] <= ALIKE


def order_is_fair(system: Document) -> bool:
    """Whether no order of the same requests changes anybody's payout by more than P6 leaves to rounding."""
    return system["permutations"]["worst_wei"] <= system["permutations"]["bound_wei"]


def others_are_harmless(system: Document) -> bool:
    """Whether nobody's payoff depends on who else leaves, where P1 and P2 promise it."""
    return all(system["externality"][rule]["over_bound"] <= 0 for rule in ("P1", "P2"))


TESTS: dict[str, tuple[Callable[[Document], bool], Callable[[Document], str]]] = {
    "all forty are paid alike": (spread_is_fair, lambda each: f"spread {each['run']['spread']:.2%}"),
    "the order of the same requests changes nothing (P6)": (
        order_is_fair,
        lambda each: f"{each['permutations']['worst_wei']:,} wei in {each['permutations']['tried']} orders",
    ),
    "nobody's exit changes another's payoff (P1, P2)": (
        others_are_harmless,
        lambda each: f"{each['externality']['P2']['max_wei']:,} wei",
    ),
}


def checks(document: Document) -> list[Check]:
    """Everything that a document has to show: ours fair, the control group unfair by the same tests."""
    return [
        *_paper(document),
        *_tests(document),
        *_margins(document),
        *_splitting(document),
        *_gas(document),
    ]


def _paper(document: Document) -> Iterator[Check]:
    for row in document["paper"]:
        control = row["measured"][row["control"]]
        told = row["published"]
        same = all(abs(control[end] - told[end]) <= AS_PUBLISHED for end in ("first", "last"))
        detail = f"{control['first']:.2f} to {control['last']:.2f}"
        yield Check(f"{row['peer']}: the control pays what the peer pays", same, detail)
        ours = [ends for key, ends in row["measured"].items() if key != row["control"]]
        fair = all(abs(each[end] - row["fair"]) <= PAPER_SCALE * 1e-6 for each in ours for end in each)
        yield Check(f"{row['peer']}: here everybody gets {row['fair']:.1f}", fair, f"{ours[0]['first']:.6f}")


def _tests(document: Document) -> Iterator[Check]:
    for key, system in document["systems"].items():
        for name, (test, detail) in TESTS.items():
            claim = f"{key}: {name}" if system["ours"] else f"{key} fails: {name}"
            yield Check(claim, test(system) is system["ours"], detail(system))


def _margins(document: Document) -> Iterator[Check]:
    systems = document["systems"]
    ours = max(each["externality"]["mean"] for each in systems.values() if each["ours"])
    for key, system in systems.items():
        if system["ours"]:
            continue
        spread, mean = system["run"]["spread"], system["externality"]["mean"]
        yield Check(f"{key}: unfair by a margin", spread >= UNLIKE, f"spread {spread:.2%}")
        yield Check(
            f"{key}: ten times our mean externality or more", mean >= 10 * ours, f"{mean:.2e} to {ours:.2e}"
        )


def _splitting(document: Document) -> Iterator[Check]:
    for each in document["splitting"]:
        name = (
            f"{each['system']}, {each['script']}: {each['parts']} parts {each['over']} pay no more than one"
        )
        yield Check(name, each["gain"] <= each["bound"], f"{each['gain']} wei, {each['bound']} allowed")


def _gas(document: Document) -> Iterator[Check]:
    gas = document["systems"][Queue.key]["settle_gas"]
    yield Check("settling costs the same for any number of requests", len(set(gas.values())) == 1, str(gas))
    dust = document["dust"]
    flat = dust["settle_gas"] == next(iter(gas.values()))
    yield Check(f"{dust['requests']:,} dust requests change nothing", flat, f"{dust['settle_gas']:,} gas")


# -- what a person reads ---------------------------------------------------------


def paper_table(document: Document) -> Table:
    """The run on paper: first leaver and last holder."""
    table = _table("Ten holders of 10, 30 liquid, 70 in a strategy that loses 20: first to last")
    for column in ("", "published", "its control", "Ganglion, exit_now", "Ganglion, queue"):
        table.add_column(column, justify="left" if not column else "right")
    for row in document["paper"]:
        ends = [row["published"], *row["measured"].values()]
        table.add_row(row["peer"], *(f"{each['first']:.2f} – {each['last']:.2f}" for each in ends))
    return table


def systems_table(document: Document) -> Table:
    """One line for each system."""
    table = _table(
        "Forty holders; orders of the same requests; what others' leaving changes; gas of settling"
    )
    names = (
        "",
        "first",
        "last",
        "spread",
        "orders",
        "worst",
        "mean",
        "p99",
        "max",
        "settle 10",
        "settle 1,000",
    )
    for column in names:
        table.add_column(column, justify="left" if not column else "right", no_wrap=True)
    for system in document["systems"].values():
        run, order, others = system["run"], system["permutations"], system["externality"]
        parts = (run["first"], run["last"], run["spread"])
        effects = (order["worst_spread"], others["mean"], others["p99"], others["max"])
        cells = [f"{PAPER_SCALE * part:.2f}" for part in parts] + [str(order["tried"])]
        cells += ["0" if effect < ALIKE else f"{effect:.1e}" for effect in effects]
        gas = system["settle_gas"] or {}
        table.add_row(system["title"], *cells, *([f"{each:,}" for each in gas.values()] or ["–", "–"]))
    return table


def forty_table(document: Document) -> Table:
    """Payouts for each ten deposited, by order of leaving."""
    return by_arrival({each["title"]: each["run"]["payouts"] for each in document["systems"].values()})


def by_arrival(payouts: dict[str, list[float]]) -> Table:
    """Payouts of several systems by order of leaving, for each ten deposited."""
    table = _table("What each of forty holders of 10 gets, by order of leaving")
    table.add_column("")
    for title in payouts:
        table.add_column(title, justify="right")
    for place, row in enumerate(zip(*payouts.values(), strict=True), 1):
        table.add_row(str(place), *(f"{PAPER_SCALE * part:.4f}" for part in row))
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="italic", box=None, padding=(0, 2, 0, 0))
