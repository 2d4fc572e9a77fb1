"""``ape run accept``: the Safe accepts a deployed treasury, in one batch."""

from __future__ import annotations

from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand, network_option

from ganglion.deployment import DeploymentError, OperationRefused, opening, verify
from scripts._lib.cli import Signing, finish, opened, safe_options, through_safe


@click.command(cls=ConnectedProviderCommand)
@network_option()
@safe_options
def cli(manifest_path: Path, signing: Signing) -> None:
    """Have the Safe schedule what opens a treasury: its deposit cap and every mandate.

    First everything is read back: nothing is signed for a treasury that is not as configured. When the
    Timelock's delay is over, anyone opens it with `ape run operations execute`.
    """
    manifest, site = opened(manifest_path)
    report = verify(manifest, site.chain)
    if not report.rebuilt:
        raise DeploymentError("these are not the sources that were deployed; check those out, then accept")
    if report.differences:
        names = ", ".join(check.name for check in report.differences)
        raise DeploymentError(f"not as configured: {names}; see `ape run status`, do not accept it")
    calls = opening.acceptance(site, manifest)
    if not calls:
        raise OperationRefused("every opening operation is scheduled or done; see `ape run status`")
    result = through_safe(site, calls, "Accept the treasury", signing)
    done = ", ".join(f"{key} {value}" for key, value in result.items())
    finish({**result, "calls": [call.what for call in calls]}, signing.as_json, f"accepted: {done}")
