"""``ape run status``: read a treasury back from the chain and report what differs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from ape.cli import ConnectedProviderCommand, network_option
from rich.console import Console
from rich.table import Table

from ganglion.deployment import Report, Treasury, config, standing, standing_agents, verify
from scripts._lib import agents, reactions
from scripts._lib.cli import JSON, MANIFEST, finish, folded, opened, reported


@click.command(cls=ConnectedProviderCommand)
@network_option()
@MANIFEST
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What the treasury should be now, if governance changed it since. Default: the manifest's.",
)
@click.option("--all", "show_all", is_flag=True, help="Print what agrees, too.")
@JSON
@reported
def cli(manifest_path: Path, config_path: Path | None, show_all: bool, as_json: bool) -> None:
    """Compare code, roles, limits, terms, caps, groups, mandates, signals, orders and fees with the file.

    Then what stands now: the state, each signal with what is remembered of it, the heartbeat, whether the
    orders' conditions hold, what agents have used, what groups hold. Exit code 1 if any value differs from
    the configuration.
    """
    manifest, site = opened(manifest_path)
    treasury: Treasury | None = config.load(config_path) if config_path else None
    report = verify(manifest, site.chain, treasury)
    now = standing.standing(site, manifest.first_block)
    working = standing_agents.agents(site, manifest.first_block)
    if not as_json:
        _show(report, show_all)
        reactions.show(now, site)
        agents.show(working, site)
    count, wrong = len(report.checks), len(report.differences)
    basis = "" if report.rebuilt else "; other sources here: code compared with the manifest's hashes only"
    result = _plain(report) | {"now": reactions.plain(now, site) | asdict(working)}
    finish(result, as_json, f"{count - wrong} of {count} values as configured{basis}")
    if wrong:
        sys.exit(1)


def _plain(report: Report) -> dict[str, Any]:
    return {
        "ok": not report.differences,
        "open": report.is_open,
        "rebuilt": report.rebuilt,
        "opening": [
            {"id": "0x" + operation.id.hex(), "what": operation.what, "status": str(status)}
            for operation, status in report.opening
        ],
        "checks": len(report.checks),
        "differences": [
            {"name": check.name, "expected": check.expected, "actual": check.actual}
            for check in report.differences
        ],
    }


def _show(report: Report, show_all: bool) -> None:
    shown = report.checks if show_all else report.differences
    if shown:
        table = Table(
            "",
            folded("value"),
            folded("expected"),
            folded("on chain"),
            title="Read back",
            title_justify="left",
        )
        for check in shown:
            mark = "[green]=[/green]" if check.ok else "[red]≠[/red]"
            table.add_row(mark, check.name, str(check.expected), str(check.actual))
        Console().print(table)
    table = Table(folded("operation"), folded("status"), title="Opening, by the Safe", title_justify="left")
    for operation, status in report.opening:
        table.add_row(operation.what, str(status))
    Console().print(table)
