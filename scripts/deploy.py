"""``ape run deploy``: deploy a treasury from one YAML file, or continue an interrupted deployment."""

from __future__ import annotations

from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, network_option
from rich.console import Console
from rich.table import Table

from ganglion.deployment import Manifest, Progress, config, deploy
from ganglion.deployment.verify import verify
from scripts._lib.ape_chain import ApeSender, connected_chain
from scripts._lib.cli import ACCOUNT, JSON, YES, confirm, finish, reported, require_account


@click.command(cls=ConnectedProviderCommand)
@network_option()
@ACCOUNT
@click.option(
    "--config",
    "config_path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The treasury, as docs/DEPLOYMENT.md describes.",
)
@click.option(
    "--manifest",
    "manifest_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Record of the deployment. Default: deployments/<config>.<chain id>.json",
)
@YES
@JSON
@reported
def cli(
    account: AccountAPI | None, config_path: Path, manifest_path: Path | None, yes: bool, as_json: bool
) -> None:
    """Deploy a treasury and hand every role over; continue if the manifest is of an interrupted run.

    Nothing is sent before the configuration and the chain have been checked and all transactions rehearsed.
    """
    treasury = config.load(config_path)
    deployer = require_account(account, "who deploys, holds the seed and ends without a role")
    path = manifest_path or Path("deployments") / f"{config_path.stem}.{treasury.chain_id}.json"
    chain = connected_chain()
    begun = "continue" if path.exists() else "begin"
    confirm(f"{begun} {path} on chain {chain.chain_id} from {deployer.address}?", yes, as_json)
    console = Console(stderr=True, highlight=False)

    def show(progress: Progress) -> None:
        done = progress.transaction or "done before"
        console.print(
            f"{progress.number:>3}/{progress.total} {progress.step}  [dim]{done}[/dim]", soft_wrap=True
        )

    def show_compiling(line: str) -> None:
        console.print(f"[dim]{line} …[/dim]")

    manifest = deploy(treasury, chain, ApeSender(deployer), path, listener=show, compiling=show_compiling)
    differences = [check.name for check in verify(manifest, chain).differences]
    if not as_json:
        _show(manifest)
    result = {
        "ok": not differences,
        "manifest": str(path),
        "addresses": manifest.addresses,
        "differences": differences,
    }
    wiring = f"next, the Safe accepts: ape run accept --manifest {path} --signer … --signer …"
    finish(result, as_json, f"{path}: every role handed over; {wiring}")
    if differences:
        raise click.ClickException(f"read back differently: {', '.join(differences)}; see `ape run status`")


def _show(manifest: Manifest) -> None:
    table = Table("contract", "address", title="Treasury", title_justify="left")
    for name, address in manifest.addresses.items():
        table.add_row(name, address)
    Console().print(table)
