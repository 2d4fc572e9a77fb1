"""Measure fairness and write reports/fairness.json and the picture.

    python -m fairness [--json] [--reports FOLDER] [--orders N] [--paths N]

Exits with 1 if anything that the treasury promises does not hold, or if a control is not shown unfair by the
same test.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from fairness.market import ground
from fairness.measure import Document, Effort, measured
from fairness.picture import drawn, saved
from fairness.report import checks, forty_table, paper_table, systems_table
from ganglion.devnet.errors import DevnetError

REPORTS = Path(__file__).resolve().parent.parent / "reports"
NAME = "fairness.json"


def written(document: Document, folder: Path) -> list[Path]:
    """Write the document and its picture into a folder; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / NAME
    report.write_text(json.dumps(document, indent=2) + "\n")
    systems = document["systems"].values()
    payouts = {each["title"]: each["run"]["payouts"] for each in systems}
    ours = {each["title"] for each in systems if each["ours"]}
    fair = next(iter(systems))["run"]["fair"]
    return [report, *saved(drawn(payouts, ours, fair), folder)]


def show(document: Document, console: Console) -> None:
    """Print the tables and the checks."""
    for table in (forty_table(document), paper_table(document), systems_table(document)):
        console.print(table, "")
    for check in document["checks"]:
        mark = "[green]✓[/]" if check["holds"] else "[red]✗[/]"
        console.print(f"{mark} {check['check']}  [dim]{check['detail']}[/]", highlight=False)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the document instead of tables.")
@click.option("--reports", type=click.Path(path_type=Path), default=REPORTS, help="Folder to write to.")
@click.option("--orders", default=Effort.orders, show_default=True, help="Orders tried for each script.")
@click.option("--paths", default=Effort.paths, show_default=True, help="Counterfactual paths.")
def main(as_json: bool, reports: Path, orders: int, paths: int) -> None:
    """Fairness of leaving: ours beside a control group, on a chain."""
    started, console = time.monotonic(), Console(stderr=as_json, width=None if sys.stdout.isatty() else 150)
    effort = replace(Effort(), orders=orders, paths=paths)
    try:
        with console.status("deploying") as status, ground() as place:
            document = measured(place, effort, status.update)
    except DevnetError as error:
        raise click.ClickException(str(error)) from None
    found = checks(document)
    document["checks"] = [{"check": c.name, "holds": c.holds, "detail": c.detail} for c in found]
    document["seconds"] = round(time.monotonic() - started)
    files = written(document, reports)
    if as_json:
        print(json.dumps(document, indent=2))
    else:
        show(document, console)
    failed = [check for check in found if not check.holds]
    console.print(
        f"{len(found) - len(failed)} of {len(found)} hold; {document['seconds']} s", highlight=False
    )
    for file in files:
        console.print(f"written: {file.name}", highlight=False)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
