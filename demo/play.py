"""The play: deployment first, then scene after scene."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ape import accounts
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ganglion.deployment import Manifest, config, deploy, site_of
from ganglion.devnet import Devnet
from scripts._lib.ape_chain import ApeSender, connected_chain

from . import agents, leaving, scenes, stress
from .checks import Checks
from .run import the_run
from .show import Show
from .stage import Stage

REPORTS = Path(__file__).resolve().parent.parent / "reports"


def play(net: Devnet, path: Path, show: Show) -> Checks:
    """Deploy the treasury of a YAML file on the fork and run every scene; returns what was checked."""
    checks = Checks()
    from_block = int(net.rpc.call("eth_blockNumber"), 16)
    treasury = config.load(path)
    deployer = accounts.test_accounts[0]
    net.fund(str(deployer.address), treasury.vault.seed)
    manifest = _deploy(treasury, ApeSender(deployer), show)
    site = site_of(manifest, connected_chain())
    stage = Stage(
        net=net,
        site=site,
        agent=treasury.mandates[0].agent,
        guardian=treasury.guardians[0],
        names={number: name for name, number in treasury.identifiers.items()},
        from_block=from_block,
    )
    net.fund_eth(stage.agent, 10**18)
    scenes.the_safe_accepts(stage, manifest, show, checks)
    scenes.holders_deposit(stage, show, checks)
    agents.the_agent_allocates(stage, show, checks)
    agents.a_stranger_relays(stage, show, checks)
    agents.a_cap_refuses(stage, show, checks)
    agents.a_group_refuses(stage, show, checks)
    agents.the_key_is_stolen(stage, show, checks)
    scenes.petty_cash(stage, show, checks)
    left = leaving.a_holder_leaves_dry(stage, show, checks)
    scenes.the_market_breaks(stage, show, checks)
    stress.stress_is_latched(stage, show, checks)
    stress.a_stranger_fires(stage, show, checks)
    leaving.the_rest_is_paid(stage, show, checks, left)
    asked = stress.a_holder_asks(stage, show)
    stress.calm_returns(stage, show, checks, asked)
    stress.the_safe_beats(stage, show, checks)
    scenes.the_guardian_cuts(stage, show, checks)
    scenes.the_safe_restores(stage, manifest, show, checks)
    the_run(show, checks, REPORTS)
    scenes.conservation(stage, show, checks)
    agents.the_journal_is_replayed(stage, show, checks)
    return checks


def _deploy(treasury: Any, sender: ApeSender, show: Show) -> Manifest:
    show.scene("Deploy: contracts, parameters, seed; roles are handed over last")
    columns = (TextColumn("   {task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=show.console, transient=True) as progress:
        task = progress.add_task("compiling", total=None)

        def heard(step: Any) -> None:
            progress.update(task, total=step.total, completed=step.number, description=step.step)

        with tempfile.TemporaryDirectory() as folder:
            manifest = deploy(
                treasury,
                connected_chain(),
                sender,
                Path(folder) / "manifest.json",
                listener=heard,
                compiling=lambda line: progress.update(task, description=line),
            )
    for name, address in manifest.addresses.items():
        show.fact(name, address)
    return manifest
