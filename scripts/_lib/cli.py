"""Options, messages and exit codes that all commands share."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from ape.api import AccountAPI
from ape.cli import account_option
from ape.cli.choices import AccountAliasPromptChoice
from ape.logging import LogLevel, logger
from rich.console import Console
from rich.table import Column, Table

from ganglion.deployment import Call, DeploymentError, Manifest, OperationRefused, Site, site_of
from ganglion.deployment.manifest import load
from ganglion.devnet import DevnetError

from .ape_chain import connected_chain
from .owners import Owners, as_builder_file

Command = Callable[..., None]

MANIFEST = click.option(
    "--manifest",
    "manifest_path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Manifest of the deployment.",
)


def _silence(_context: click.Context, _parameter: click.Parameter, as_json: bool) -> bool:
    # Ape tells what it connects to on stdout, where only the JSON object may stand.
    if as_json:
        logger.set_level(LogLevel.WARNING)
    return as_json


JSON = click.option("--json", "as_json", is_flag=True, callback=_silence, help="Print one JSON object.")
YES = click.option("--yes", "-y", is_flag=True, help="Do not ask before sending.")
# Without a prompt: a command that waits for an answer cannot run unattended.
ACCOUNT = account_option(prompt=None)
SIGNERS = click.option(
    "--signer",
    "signers",
    multiple=True,
    type=AccountAliasPromptChoice(),
    help="Owner of the Safe who signs here; once for each. An alias, or TEST::1.",
)
QUEUE = click.option(
    "--queue",
    is_flag=True,
    help="Leave the batch with the Safe's transaction service; execute nothing.",
)
EXPORT = click.option(
    "--export",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the batch for the Transaction Builder of the Safe interface, and send nothing.",
)


def reported(command: Command) -> Command:
    """Turn failures into a message on stderr (or JSON on stdout) and exit code 1."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except (DeploymentError, DevnetError) as error:
            if options.get("as_json"):
                click.echo(json.dumps({"ok": False, "error": type(error).__name__, "message": str(error)}))
            else:
                Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
            sys.exit(1)

    return run


def require_account(account: AccountAPI | None, purpose: str) -> AccountAPI:
    """Return the account, or end with a usage error."""
    if account is None:
        raise click.UsageError(f"give --account, {purpose}")
    return account


def confirm(question: str, yes: bool, as_json: bool) -> None:
    """Ask unless told not to; without a terminal, or with --json, demand --yes."""
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise click.UsageError("nobody to ask; give --yes")
    click.confirm(question, abort=True)


def opened(manifest_path: Path) -> tuple[Manifest, Site]:
    """Return a manifest and its treasury on the connected chain.

    Raises:
        ManifestInvalid: the manifest cannot be read.
        DeploymentError: it belongs to another chain, or its deployment is not finished.
    """
    manifest = load(manifest_path)
    chain = connected_chain()
    if chain.chain_id != manifest.chain_id:
        raise DeploymentError(
            f"{manifest_path} is of chain {manifest.chain_id}, not {chain.chain_id}; choose its --network"
        )
    if not manifest.finished:
        raise DeploymentError(f"{manifest_path} is not finished; run `ape run deploy` again first")
    lacking = [name for name, address in manifest.addresses.items() if not chain.code(address)]
    if lacking:
        raise DeploymentError(f"no code at the {lacking[0]} of {manifest_path}; connect to its chain")
    return manifest, site_of(manifest, chain)


def show_calls(title: str, calls: list[Call]) -> None:
    """Print calls as a table."""
    table = Table(folded("to"), folded("what"), title=title, title_justify="left")
    for call in calls:
        table.add_row(call.to, call.what)
    Console().print(table)


def folded(name: str) -> Column:
    """Return a column that breaks its values over lines and cuts nothing, so that they can be copied."""
    return Column(name, overflow="fold")


@dataclass(frozen=True)
class Signing:
    """How the Safe's owners want one batch done: signed here, left with the service, or written to a file."""

    account: AccountAPI | None
    signers: tuple[AccountAPI, ...]
    queue: bool
    export: Path | None
    yes: bool
    as_json: bool


def safe_options(command: Command) -> Command:
    """Give a command the options of one that the Safe sends; it gets ``manifest_path`` and a `Signing`.

    Failures are `reported`.
    """

    @reported
    @functools.wraps(command)
    def wrapped(
        account: AccountAPI | None,
        signers: tuple[AccountAPI, ...],
        queue: bool,
        export: Path | None,
        yes: bool,
        as_json: bool,
        **rest: Any,
    ) -> None:
        command(signing=Signing(account, signers, queue, export, yes, as_json), **rest)

    for option in reversed((ACCOUNT, SIGNERS, MANIFEST, QUEUE, EXPORT, YES, JSON)):
        wrapped = option(wrapped)
    return wrapped


def through_safe(site: Site, calls: list[Call], title: str, signing: Signing) -> dict[str, Any]:
    """Export, queue or execute one batch of the Safe; returns what was done as JSON values."""
    safe, queue = site.addresses["Safe"], signing.queue
    if not signing.as_json:
        show_calls(f"{title}: one batch of the Safe {safe}", calls)
    if signing.export is not None:
        content = as_builder_file(calls, site.treasury.chain_id, safe, title)
        signing.export.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        return {"exported": str(signing.export)}
    owners = Owners(safe, signing.signers)
    if queue and owners.is_simulated:
        raise OperationRefused("the Safe's transaction service does not know this chain; leave --queue out")
    question = "Sign and leave it with the service?" if queue else "Sign and execute it?"
    confirm(question, signing.yes, signing.as_json)
    if queue:
        return {"queued": owners.queue(calls)}
    first = signing.signers[0] if signing.signers else None
    submitter = signing.account if signing.account is not None else first
    receipt = owners.execute(calls, require_account(submitter, "who pays for the Safe's transaction"))
    return {"transaction": str(receipt.txn_hash), "block": receipt.block_number, "gas_used": receipt.gas_used}


def finish(result: dict[str, Any], as_json: bool, message: str) -> None:
    """Print the result."""
    if as_json:
        click.echo(json.dumps({"ok": True, **result}, indent=2))
    else:
        Console().print(message, markup=False, soft_wrap=True)
