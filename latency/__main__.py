"""Measure decision latency and write reports/latency.json.

    python -m latency [--json] [--reports FOLDER]

Exits with 1 if anything answers later than promised, or if a griefer gains or a holder loses.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click
from rich.console import Console

from ganglion.devnet.errors import DevnetError
from latency.control import manual
from latency.griefer import griefed
from latency.ground import BLOCK, Ground, ground
from latency.measure import Document, Progress, measured
from latency.report import checks, griefers_table, reactions_table, shocks_table

REPORTS = Path(__file__).resolve().parent.parent / "reports"
NAME = "latency.json"
CONDITIONS = (
    f"anvil, a block every {BLOCK} s; Morpho Blue with its IrmMock (100% a year at full utilisation), "
    "solmate's and snekmate's vaults; an asset of 6 decimals, 1,000,000 USDC deposited; an epoch of a day; "
    "a spacing of an hour"
)


def document_of(place: Ground, progress: Progress) -> Document:
    """Everything that is measured."""
    shocks = measured(place, progress)
    progress("griefers")
    griefers = griefed(place)
    return {
        "conditions": CONDITIONS,
        "shocks": shocks,
        "griefers": griefers,
        "control": manual(place),
    }


def show(document: Document, console: Console) -> None:
    """Print the tables and the checks."""
    for table in (shocks_table(document), reactions_table(document), griefers_table(document)):
        console.print(table, "")
    for check in document["checks"]:
        mark = "[green]✓[/]" if check["holds"] else "[red]✗[/]"
        console.print(f"{mark} {check['check']}  [dim]{check['detail']}[/]", highlight=False)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the document instead of tables.")
@click.option("--reports", type=click.Path(path_type=Path), default=REPORTS, help="Folder to write to.")
def main(as_json: bool, reports: Path) -> None:
    """Decision latency: each shock on a local mainnet, and how soon it is answered."""
    started, console = time.monotonic(), Console(stderr=as_json, width=None if sys.stdout.isatty() else 170)
    try:
        with console.status("deploying") as status, ground() as place:
            document = document_of(place, status.update)
    except DevnetError as error:
        raise click.ClickException(str(error)) from None
    found = checks(document)
    document["checks"] = [{"check": c.name, "holds": c.holds, "detail": c.detail} for c in found]
    document["seconds"] = round(time.monotonic() - started)
    reports.mkdir(parents=True, exist_ok=True)
    (reports / NAME).write_text(json.dumps(document, indent=2) + "\n")
    if as_json:
        print(json.dumps(document, indent=2))
    else:
        show(document, console)
    failed = [check for check in found if not check.holds]
    console.print(
        f"{len(found) - len(failed)} of {len(found)} hold; {document['seconds']} s; written: {NAME}",
        highlight=False,
    )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
