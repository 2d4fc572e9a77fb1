"""Judging figures against the targets and the peers, and showing them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bench.operations import OPERATIONS, Gas

BASELINES = Path(__file__).parent / "baselines.json"
Figures = dict[str, Gas]  # by number of strategies, as gas.json has them
TARGET = "target"
CREATION = "create_vault"  # too large a number for the columns; shown apart, with the peers' beside it


@dataclass(frozen=True)
class Check:
    """One comparison: passed when ``ours`` is within ``limit`` (a target) or below it (a peer's figure)."""

    key: str
    count: str
    ours: int
    limit: int
    against: str

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return self.ours <= self.limit if self.against == TARGET else self.ours < self.limit

    def as_json(self) -> dict[str, Any]:
        """Return the check as JSON values."""
        return {**self.__dict__, "passed": self.passed}


def baselines() -> dict[str, Any]:
    """The peers' figures with their conditions, and the targets."""
    return json.loads(BASELINES.read_text())


def targets() -> dict[str, dict[str, int]]:
    """The most that each operation may cost, by number of strategies; what is granted on top is in it."""
    known = baselines()
    extra = known["on_top"]
    return {
        key: {count: gas + extra.get(key, 0) for count, gas in row.items()}
        for key, row in known["targets"].items()
    }


def ratios(figures: Figures) -> list[Check]:
    """The operations whose target is a multiple of another one of ours, or so much more."""
    return [
        Check(key, count, gas[key], int(gas[row["of"]] * row.get("most", 1)) + row.get("more", 0), TARGET)
        for key, row in baselines()["ratios"].items()
        for count, gas in figures.items()
        if key in gas and row["of"] in gas
    ]


def checks(figures: Figures) -> list[Check]:
    """Every target, and every figure of a peer that marks live, against what was measured."""
    known = baselines()
    limits = [(TARGET, targets(), targets())]
    limits += [(name, known["peers"][name], known["beat"]["keys"]) for name in known["beat"]["peers"]]
    compared = [
        Check(key, count, figures[count][key], rows[key][count], name)
        for name, rows, keys in limits
        for key in keys
        if key in rows
        for count in rows[key]
        if key in figures.get(count, {})
    ]
    return compared + ratios(figures)


def tables(figures: Figures, hooked: Figures) -> list[Table]:
    """The figures beside targets and peers, what no peer has, and what solmate's hooks add."""
    known = baselines()
    compared = set().union(known["targets"], *(set(rows) for rows in known["peers"].values())) - {CREATION}
    names = list(dict.fromkeys(name for gas in figures.values() for name in gas))
    return [
        _compared(figures, [name for name in names if name in compared], known),
        _own(figures, [name for name in names if name not in compared]),
        _hooked(figures, hooked, names),
    ]


def _table(title: str, *columns: str) -> Table:
    view = Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for name in columns:
        view.add_column(
            name, justify="left" if name in ("operation", "what") else "right", no_wrap=name != "what"
        )
    return view


def _by_count(figures: Figures, name: str) -> dict[str, int]:
    return {count: gas[name] for count, gas in figures.items() if name in gas}


def _groups(rows: list[dict[str, int]], counts: list[str]) -> list[str]:
    """Counts to show a line for: one where nothing depends on it."""
    present = [count for count in counts if count in rows[0]]
    constant = all(len({row[count] for count in present if count in row}) <= 1 for row in rows)
    return present[-1:] if constant else present


def _compared(figures: Figures, names: list[str], known: dict[str, Any]) -> Table:
    heads = [name.replace(" ", "\n", 1) for name in known["peers"]]
    view = _table("Gas over N strategies, cold", "operation", "N", "Ganglion", "target", *heads)
    failed = {(check.key, check.count) for check in checks(figures) if not check.passed}
    for name in names:
        rows = [_by_count(figures, name), known["targets"].get(name, {})]
        rows += [peer.get(name, {}) for peer in known["peers"].values()]
        shown = _groups(rows, list(figures))
        for count in shown:
            cells = [f"{row[count]:,}" if count in row else "–" for row in rows]
            style = "red" if (name, count) in failed else None
            label, number = (name if count == shown[0] else ""), ("any" if len(shown) == 1 else count)
            view.add_row(label, number, *cells, style=style, end_section=count == shown[-1])
    view.caption = "; ".join(f"{key}: {note}" for key, note in known["notes"].items())
    view.caption_justify = "left"
    return view


def _cells(row: dict[str, int], counts: list[str]) -> list[str]:
    return [f"{row[count]:,}" if count in row else "–" for count in counts]


def _own(figures: Figures, names: list[str]) -> Table:
    about = {operation.name: operation.about for operation in OPERATIONS}
    about["move_forwarding"] = "in `move`, the forwarder and its calldata"
    peers = {name: rows[CREATION]["1"] for name, rows in baselines()["peers"].items() if CREATION in rows}
    about[CREATION] += f" ({', '.join(f'{name.split()[0]} {gas:,}' for name, gas in peers.items())})"
    view = _table("Without a counterpart", "operation", *figures, "what")
    for name in names:
        view.add_row(name, *_cells(_by_count(figures, name), list(figures)), about[name])
    return view


def _hooked(figures: Figures, hooked: Figures, names: list[str]) -> Table:
    view = _table("Over solmate's MockERC4626, which counts calls in storage", "operation", *figures)
    for name in names:
        row = _by_count(hooked, name)
        if row != _by_count(figures, name):
            view.add_row(name, *_cells(row, list(figures)))
    return view


def verdict(figures: Figures) -> list[str]:
    """One line for each check that failed, worst first."""
    failed = sorted((c for c in checks(figures) if not c.passed), key=lambda c: c.limit - c.ours)
    return [
        f"{check.key} over {check.count}: {check.ours:,} is {check.ours - check.limit:,} above "
        f"{'the target' if check.against == TARGET else check.against} of {check.limit:,}"
        for check in failed
    ]
