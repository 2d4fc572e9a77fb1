"""Run the bots through thousands of blocks of trouble and write reports/soak.json.

    python -m soak [--blocks 2000] [--seed 1] [--json] [--reports FOLDER]

Exits with 1 if a duty was missed, an exception was not handled, the journal does not verify, the weights are
not reached once everything is well again, or memory has grown.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.console import Console

from ganglion.devnet.errors import DevnetError
from soak.report import CONDITIONS, checks
from soak.run import CALM_BLOCKS, soak

REPORTS = Path(__file__).resolve().parent.parent / "reports"
NAME = "soak.json"


@click.command()
@click.option(
    "--blocks",
    type=click.IntRange(min=2 * CALM_BLOCKS),
    default=2_000,
    show_default=True,
    help="Blocks that the bots are told of.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds give equal shocks.")
@click.option("--json", "as_json", is_flag=True, help="Print the document instead of a summary.")
@click.option("--reports", type=click.Path(path_type=Path), default=REPORTS, help="Folder to write to.")
def main(blocks: int, seed: int, as_json: bool, reports: Path) -> None:
    """Soak: rebalancer, settler and sentinel through random shocks."""
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else 150)
    try:
        with console.status("deploying") as status:
            figures = soak(blocks, seed, lambda done, total: status.update(f"block {done} of {total}"))
    except DevnetError as error:
        raise click.ClickException(str(error)) from None
    found = checks(figures)
    document = {"conditions": CONDITIONS, **figures.as_dict()}
    document["checks"] = [{"check": c.name, "holds": c.holds, "detail": c.detail} for c in found]
    reports.mkdir(parents=True, exist_ok=True)
    (reports / NAME).write_text(json.dumps(document, indent=2) + "\n")
    if as_json:
        print(json.dumps(document, indent=2))
    for check in found:
        mark = "[green]✓[/]" if check.holds else "[red]✗[/]"
        console.print(f"{mark} {check.name}  [dim]{check.detail}[/]", highlight=False)
    wrong = [check for check in found if not check.holds]
    console.print(
        f"{len(found) - len(wrong)} of {len(found)} hold; {figures.seconds:.0f} s; written: {NAME}",
        highlight=False,
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
