"""``ape run propose``: the Safe schedules one governance operation of typed actions."""

from __future__ import annotations

from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand, network_option

from ganglion.deployment import ConfigInvalid, Site, actions, governance, safe
from ganglion.deployment.fields import read_yaml
from ganglion.deployment.governance import Operation
from scripts._lib.cli import Signing, finish, opened, safe_options, through_safe


@click.command(cls=ConnectedProviderCommand)
@network_option()
@click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML with one action or a list; all of them make one operation.",
)
@safe_options
@click.argument("words", nargs=-1, metavar="[ACTION [FIELD=VALUE]...]")
def cli(manifest_path: Path, file: Path | None, signing: Signing, words: tuple[str, ...]) -> None:
    """Have the Safe schedule an operation of typed actions.

    ape run propose --manifest M --signer a --signer b set_cap strategy=morpho absolute="4_000_000 USDC"
    relative="40 %"

    It is rehearsed first: what would revert is refused before anyone signs. docs/SAFE_RUNBOOK.md lists the
    actions.
    """
    _, site = opened(manifest_path)
    operation = _operation(site, file, words)
    calls = governance.scheduling(site, [operation])
    result = through_safe(site, calls, "Propose", signing)
    identifier = "0x" + operation.id.hex()
    result |= {"operation": identifier, "what": operation.what, "delay": governance.delay(site)}
    finish(result, signing.as_json, f"operation {identifier}; once it is ready: `ape run operations execute`")


def _operation(site: Site, file: Path | None, words: tuple[str, ...]) -> Operation:
    if (file is None) == (not words):
        raise ConfigInvalid("propose", ["give either --file, or an action with its fields"])
    if file is None:
        listed = actions.parse_all(site, actions.from_words(words), "action", Path())
    else:
        listed = actions.parse_all(site, read_yaml(file), str(file), file.parent)
    calls = tuple(call for action in listed for call in action.calls(site))
    # A Safe uses a nonce once: equal operations at different times never share an id.
    nonce = safe.read(site.chain, site.addresses["Safe"]).nonce
    return Operation(calls, nonce.to_bytes(32, "big"))
