"""``ape run operations``: list, execute and cancel what stands in the Timelock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, network_option
from rich.console import Console
from rich.table import Table

from ganglion.deployment import Manifest, OperationRefused, Site, governance
from ganglion.deployment.governance import Operation, Phase, Status
from scripts._lib.ape_chain import ApeSender
from scripts._lib.cli import (
    ACCOUNT,
    JSON,
    MANIFEST,
    YES,
    confirm,
    finish,
    folded,
    opened,
    reported,
    require_account,
    show_calls,
)

_PENDING = (Phase.WAITING, Phase.READY)


@click.group()
def cli() -> None:
    """List, execute and cancel operations of the Timelock."""


def _listed(site: Site, manifest: Manifest) -> list[tuple[Operation, Status]]:
    found = governance.scheduled(site, manifest.first_block)
    return [(operation, governance.status(site, operation.id)) for operation in found]


def _identifier(text: str) -> bytes:
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise OperationRefused(f"{text!r} is no operation id; write 0x and 64 hexadecimal digits")
    return value


@cli.command("list", cls=ConnectedProviderCommand)
@network_option()
@MANIFEST
@click.option("--all", "show_all", is_flag=True, help="Also what was executed or cancelled.")
@JSON
@reported
def list_operations(manifest_path: Path, show_all: bool, as_json: bool) -> None:
    """List scheduled operations, from the Timelock's own events."""
    manifest, site = opened(manifest_path)
    shown = [entry for entry in _listed(site, manifest) if show_all or entry[1].phase in _PENDING]
    if not as_json:
        table = Table(folded("id"), "status", folded("what"), title="Operations", title_justify="left")
        for operation, status in shown:
            table.add_row("0x" + operation.id.hex(), str(status), operation.what)
        Console().print(table)
    plain: list[dict[str, Any]] = [
        {"id": "0x" + operation.id.hex(), "status": str(status), "what": operation.what}
        for operation, status in shown
    ]
    finish({"operations": plain}, as_json, f"{len(shown)} operations")


@cli.command(cls=ConnectedProviderCommand)
@network_option()
@ACCOUNT
@MANIFEST
@click.argument("operation_id", required=False)
@YES
@JSON
@reported
def execute(
    account: AccountAPI | None, manifest_path: Path, operation_id: str | None, yes: bool, as_json: bool
) -> None:
    """Execute one operation, or all that are ready; any account may."""
    manifest, site = opened(manifest_path)
    if operation_id is None:
        ready = [entry[0] for entry in _listed(site, manifest) if entry[1].phase is Phase.READY]
        if not ready:
            raise OperationRefused("no operation is ready; see `ape run operations list`")
    else:
        ready = [governance.find(site, _identifier(operation_id), manifest.first_block)]
    calls = [governance.executing(site, operation) for operation in ready]
    if not as_json:
        show_calls("Execute", calls)
    sender = ApeSender(require_account(account, "who pays"))
    confirm("Send?", yes, as_json)
    sent = governance.send(site, sender, calls)
    finish({"transactions": sent}, as_json, f"executed: {', '.join(sent)}")


@cli.command(cls=ConnectedProviderCommand)
@network_option()
@ACCOUNT
@MANIFEST
@click.argument("operation_id")
@YES
@JSON
@reported
def cancel(
    account: AccountAPI | None, manifest_path: Path, operation_id: str, yes: bool, as_json: bool
) -> None:
    """Cancel a pending operation, as a guardian; a guardian's own replacement cannot be."""
    _, site = opened(manifest_path)
    sender = ApeSender(require_account(account, "a guardian"))
    call = governance.cancelling(site, _identifier(operation_id), sender.address)
    confirm(f"{call.what}?", yes, as_json)
    sent = governance.send(site, sender, [call])
    finish({"transactions": sent}, as_json, f"cancelled: {sent[0]}")
