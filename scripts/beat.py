"""``ape run beat``: the Safe shows that governance is alive."""

from __future__ import annotations

from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand, network_option

from ganglion.deployment import standing
from ganglion.deployment.quantities import show_instant
from scripts._lib.cli import Signing, finish, opened, safe_options, through_safe


@click.command(cls=ConnectedProviderCommand)
@network_option()
@safe_options
def cli(manifest_path: Path, signing: Signing) -> None:
    """Have the Safe beat the heart, directly and without the Timelock.

    Without a heartbeat for as long as the Sentinel allows, the next poke by anyone winds the Vault down, for
    good. A beat that comes too late is refused before anyone signs.
    """
    _, site = opened(manifest_path)
    result = through_safe(site, [standing.beating(site)], "Heartbeat", signing)
    beat = standing.heartbeat(site)
    until = show_instant(beat.until)
    done = "beaten" if "transaction" in result else "not beaten yet"
    finish(
        {**result, "last": beat.last, "until": beat.until},
        signing.as_json,
        f"{done}; the next counts until {until}",
    )
