"""``ape run beat``: the Safe shows that governance is alive."""

from __future__ import annotations

from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, network_option

from ganglion.deployment import standing
from ganglion.deployment.quantities import show_instant
from scripts._lib.cli import (
    ACCOUNT,
    EXPORT,
    JSON,
    MANIFEST,
    QUEUE,
    SIGNERS,
    YES,
    finish,
    opened,
    reported,
    through_safe,
)


@click.command(cls=ConnectedProviderCommand)
@network_option()
@ACCOUNT
@SIGNERS
@MANIFEST
@QUEUE
@EXPORT
@YES
@JSON
@reported
def cli(
    account: AccountAPI | None,
    signers: tuple[AccountAPI, ...],
    manifest_path: Path,
    queue: bool,
    export: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Have the Safe beat the heart, directly and without the Timelock.

    Without a heartbeat for as long as the Sentinel allows, the next poke by anyone winds the Vault down, for
    good. A beat that comes too late is refused before anyone signs.
    """
    _, site = opened(manifest_path)
    result = through_safe(
        site,
        [standing.beating(site)],
        title="Heartbeat",
        account=account,
        signers=signers,
        queue=queue,
        export=export,
        yes=yes,
        as_json=as_json,
    )
    beat = standing.heartbeat(site)
    until = show_instant(beat.until)
    done = "beaten" if "transaction" in result else "not beaten yet"
    finish(
        {**result, "last": beat.last, "until": beat.until}, as_json, f"{done}; the next counts until {until}"
    )
