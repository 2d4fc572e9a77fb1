"""What the campaign came to: statements that must hold, and a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from hostile.world import UNIT

Document = dict[str, Any]

NEAR = 0.5  # of a bound: a campaign that never comes nearer has shown little


@dataclass(frozen=True)
class Check:
    """One statement, whether it holds, and the figures."""

    name: str
    holds: bool
    detail: str


def checks(document: Document) -> list[Check]:
    """Everything that a report has to show."""
    found = list(_families(document["families"]))
    worst = max(each["share"] for each in document["families"].values())
    found.append(Check("the worst list came near its bound", NEAR <= worst <= 1, f"{worst:.1%} of it"))
    return found


def _families(families: Document) -> Iterator[Check]:
    for key, each in families.items():
        told = "; ".join(sorted(each["broken"])) or f"{each['lists']:,} lists"
        yield Check(f"{key}: every property holds in every list", not each["broken"], told)
        share = f"{each['worst'] / UNIT:,.2f} of {each['bound'] / UNIT:,.2f}"
        yield Check(f"{key}: extraction stays within its closed form", each["share"] <= 1, share)
        flow = max(each["flow"], each["inflow"])
        yield Check(f"{key}: flow and inflow stay within theirs", flow <= 1, f"{flow:.2%}")
        yield Check(f"{key}: intents pass and holders leave", each["intents"] and each["slices"], "")


def table(document: Document) -> Table:
    """One line for each family."""
    title = "What thieves got, whole units of the asset, and the parts of their bounds that were reached"
    shown = Table(title=title, title_justify="left", title_style="italic", box=None, padding=(0, 2, 0, 0))
    for column in ("", "calls", "intents", "worst", "bound", "share", "flow", "inflow"):
        shown.add_column(column, justify="right" if column else "left", no_wrap=True)
    for each in document["families"].values():
        figures = (f"{each['calls']:,}", f"{each['intents']:,}")
        amounts = (f"{each['worst'] / UNIT:,.2f}", f"{each['bound'] / UNIT:,.2f}")
        parts = (f"{each[name]:.1%}" for name in ("share", "flow", "inflow"))
        shown.add_row(each["title"], *figures, *amounts, *parts)
    return shown
