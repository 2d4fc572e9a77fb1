"""Run the hostile agent's campaign and write reports/hostile.json.

    python -m hostile [--json] [--reports FOLDER] [--calls N] [--seed N] [--workers N]

GANGLION_HYPOTHESIS_PROFILE=deep makes a million calls instead of the default. Exits with 1 if any property
does not hold; the list that broke it stands in the report.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
from rich.console import Console

from ganglion.devnet.errors import DevnetError
from hostile.report import Document, checks, table
from hostile.search import campaign

REPORTS = Path(__file__).resolve().parent.parent / "reports"
NAME = "hostile.json"
CALLS, DEEP = 250_000, 1_000_000
CONDITIONS = (
    "anvil, eth_simulateV1; 1,000,000 of an asset of 6 decimals, 120,000 in each of four hostile strategies "
    "of tolerance 50, 100, 50 and 20 bps, band 300 bps; each key: flow 300,000, loss 1,000, window one day; "
    "calls are those of the attack, reads between them not counted"
)


def default_calls() -> int:
    """How many calls a run makes unless told."""
    return DEEP if os.environ.get("GANGLION_HYPOTHESIS_PROFILE") == "deep" else CALLS


def made(document: Document) -> str:
    """How much was done, and how fast."""
    calls, rate = f"{document['calls']:,}", f"{document['calls_per_second']:,}"
    return (
        f"{calls} calls in {document['lists']:,} lists, {rate} calls a second, {document['seconds']} s; "
        f"written: {NAME}"
    )


def show(document: Document, console: Console) -> None:
    """Print the table, what does not hold, and the figures."""
    console.print(table(document), "")
    for check in document["checks"]:
        if not check["holds"]:
            console.print(f"[red]✗[/] {check['check']}  [dim]{check['detail']}[/]", highlight=False)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the document instead of a table.")
@click.option("--reports", type=click.Path(path_type=Path), default=REPORTS, help="Folder to write to.")
@click.option("--calls", type=click.IntRange(min=1), default=default_calls, help="Least number of calls.")
@click.option("--seed", default=1, show_default=True, help="Another seed draws other lists.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
def main(as_json: bool, reports: Path, calls: int, seed: int, workers: int) -> None:
    """Stolen keys, hostile strategies and free markets against every bound."""
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else 150)
    try:
        with console.status("deploying") as status:
            document = {"conditions": CONDITIONS, **campaign(calls, workers, seed, status.update)}
    except DevnetError as error:
        raise click.ClickException(str(error)) from None
    found = checks(document)
    document["checks"] = [{"check": c.name, "holds": bool(c.holds), "detail": c.detail} for c in found]
    reports.mkdir(parents=True, exist_ok=True)
    (reports / NAME).write_text(json.dumps(document, indent=2) + "\n")
    if as_json:
        print(json.dumps(document, indent=2))
    else:
        show(document, console)
    failed = [check for check in found if not check.holds]
    console.print(f"{len(found) - len(failed)} of {len(found)} hold; {made(document)}", highlight=False)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
