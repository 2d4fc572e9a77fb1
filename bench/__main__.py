"""Measure gas beside the peers and write bench/gas.json.

    python -m bench [--json] [--only warm_deposit --only allocate]

Exits with 1 if a target is missed, or if a peer that marks live is cheaper in what baselines.json lists under
"beat".
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from bench.operations import NAMES, measure_all
from bench.report import baselines, checks, tables, verdict
from ganglion.devnet.errors import DevnetError

GAS = Path(__file__).parent / "gas.json"


def measured(names: list[str]) -> dict[str, object]:
    """What gas.json holds: figures by number of strategies, and the same over the vault with hooks."""
    return {
        "conditions": baselines()["conditions"],
        **measure_all(names=names),
        "hooks": measure_all(names=names, hooks=True),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Gas of each operation, beside the peers'."
    )
    parser.add_argument("--json", action="store_true", help="print figures and checks as JSON")
    parser.add_argument(
        "--only",
        action="append",
        choices=NAMES,
        metavar="OPERATION",
        help=f"measure only this, may be repeated; gas.json is left alone. One of: {', '.join(NAMES)}",
    )
    return parser.parse_args()


def main() -> int:
    """Measure, show, write; returns 1 if a check fails."""
    arguments = _arguments()
    try:
        document = measured(arguments.only or list(NAMES))
    except DevnetError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    figures = {count: document[count] for count in baselines()["conditions"]["columns"]}
    if not arguments.only:
        GAS.write_text(json.dumps(document, indent=2) + "\n")
    failed = verdict(figures)
    if arguments.json:
        print(json.dumps({**document, "checks": [check.as_json() for check in checks(figures)]}, indent=2))
    else:
        _show(figures, document["hooks"], failed, wrote=not arguments.only)
    for line in failed:
        print(f"bench: {line}", file=sys.stderr)
    return 1 if failed else 0


def _show(figures: dict, hooked: dict, failed: list[str], *, wrote: bool) -> None:
    console = Console()
    for table in tables(figures, hooked):
        if table.row_count:
            console.print(table)
    passed = len(checks(figures)) - len(failed)
    console.print(f"{passed} of {passed + len(failed)} targets and peers' figures hold")
    if wrote:
        console.print(f"written to {GAS.relative_to(GAS.parent.parent)}")


if __name__ == "__main__":
    sys.exit(main())
