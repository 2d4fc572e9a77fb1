"""``ape run act``: a guardian, the curator or anyone acts at once, without the Timelock."""

from __future__ import annotations

from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, network_option

from ganglion.deployment import actions, governance
from scripts._lib.ape_chain import ApeSender
from scripts._lib.cli import (
    ACCOUNT,
    JSON,
    MANIFEST,
    YES,
    confirm,
    finish,
    opened,
    reported,
    require_account,
    show_calls,
)


@click.command(cls=ConnectedProviderCommand)
@network_option()
@ACCOUNT
@MANIFEST
@YES
@JSON
@click.argument("words", nargs=-1, required=True, metavar="ACTION [FIELD=VALUE]...")
@reported
def cli(
    account: AccountAPI | None, manifest_path: Path, yes: bool, as_json: bool, words: tuple[str, ...]
) -> None:
    """Act at once, without the Timelock, as a guardian, the curator or anyone.

    ape run act --manifest M --account guardian cut strategy=morpho absolute="0 USDC" relative="0 bps"

    Guardian: cut, cut_group, revoke, set_ceiling (lower), set_signal_limits (tighter), set_entry_paused
    paused=true. Curator: set_cap, set_group_cap, set_inflow, revive. Anyone: trim, note, fund_bounties.
    """
    _, site = opened(manifest_path)
    action = actions.parse(site, actions.from_words(words), "action", Path())
    calls = action.calls(site)
    if not as_json:
        show_calls("Act", calls)
    sender = ApeSender(require_account(account, "a guardian, the curator, or anyone"))
    confirm("Send?", yes, as_json)
    sent = governance.send(site, sender, calls)
    finish(
        {"transactions": sent, "calls": [call.what for call in calls]}, as_json, f"sent: {', '.join(sent)}"
    )
