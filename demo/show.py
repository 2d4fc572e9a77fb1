"""Tables that a person can read, or one JSON document."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from .checks import Checks
from .stage import UNIT


def money(amount: int) -> str:
    """Asset wei as USDC with all six decimals."""
    return f"{amount / UNIT:,.6f}" if amount % UNIT else f"{amount // UNIT:,}"


class Show:
    """Prints as the demo goes, and keeps what it printed for ``--json``."""

    def __init__(self, as_json: bool) -> None:
        # Without a terminal rich would fold everything at 80 columns.
        width = None if sys.stdout.isatty() else 112
        self.console = Console(quiet=as_json, highlight=False, width=width)
        self.as_json = as_json
        self.document: dict[str, Any] = {"scenes": []}

    def scene(self, title: str) -> None:
        """Open a scene."""
        number = len(self.document["scenes"]) + 1
        self.document["scenes"].append({"scene": number, "title": title, "facts": {}})
        self.console.print(f"\n[bold cyan]{number}. {title}[/]")

    def fact(self, name: str, value: Any, text: str | None = None) -> None:
        """Note one fact of the scene; ``text`` is how a person reads it."""
        self.document["scenes"][-1]["facts"][name] = value
        self.console.print(f"   {name}: {value if text is None else text}")

    def table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        """Note rows; numbers are asset wei."""
        self.document["scenes"][-1]["facts"][name] = [dict(zip(columns, row, strict=True)) for row in rows]
        table = Table(title=name, title_justify="left", title_style="italic", box=None, padding=(0, 2))
        for place, column in enumerate(columns):
            table.add_column(column, justify="left" if place == 0 else "right")
        for row in rows:
            table.add_row(*[money(cell) if isinstance(cell, int) else str(cell) for cell in row])
        self.console.print(table)

    def end(self, checks: Checks, seconds: float) -> None:
        """Print every check, then the verdict or the document."""
        self.document["checks"] = [
            {"check": name, "holds": holds, "detail": detail} for name, holds, detail in checks.results
        ]
        self.document["seconds"] = round(seconds, 1)
        self.document["ok"] = not checks.failed
        table = Table(title="Checks", title_justify="left", title_style="italic", box=None, padding=(0, 2))
        for column in ("", "statement", "detail"):
            table.add_column(column)
        for name, holds, detail in checks.results:
            table.add_row("[green]✓[/]" if holds else "[red]✗[/]", name, detail)
        self.console.print(table)
        verdict = (
            "[bold green]Everything adds up.[/]" if not checks.failed else "[bold red]Something is off.[/]"
        )
        self.console.print(f"\n{verdict} {seconds:.0f} s")
        if self.as_json:
            print(json.dumps(self.document, indent=2, default=str))
