"""Deployments on a chain that has none yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganglion.deployment import Chain, config, deploy, safe, verify

from .stage import EXAMPLE, Stage, changed, example_treasury


def test_deploy__existing_safe__is_the_proposer(stage: Stage, manifest_path: Path) -> None:
    section = example_treasury().safe
    address, call = safe.creation(stage.chain, section, 1)
    stage.chain.receipt(stage.sender("passer_by").send(call.to, call.data))
    treasury = config.parse(changed("safe", {"address": address}), folder=EXAMPLE.parent)
    manifest = deploy(treasury, stage.chain, stage.sender(), manifest_path)
    assert manifest.safe == address
    assert manifest.steps[0].name == "deploy Timelock"
    report = verify(manifest, stage.chain)
    assert report.differences == ()
    proposer = next(check for check in report.checks if check.name == "Timelock.PROPOSER_ROLE")
    assert proposer.actual == [address]


def test_deploy__longest_names_and_most_guardians__as_configured(stage: Stage, manifest_path: Path) -> None:
    content = changed("guardians", [stage.net.actor(f"guardian_{i}") for i in range(8)])
    content["vault"] |= {"name": "A name of 25 characters !", "symbol": "FIVE5", "epoch": "7 days"}
    content["mandates"] = []
    treasury = config.parse(content, folder=EXAMPLE.parent)
    manifest = deploy(treasury, stage.chain, stage.sender(), manifest_path)
    assert verify(manifest, stage.chain).differences == ()
    assert len(manifest.steps) == 54 + 3 * 7


def test_deploy__fees_and_listed_orders__as_configured(stage: Stage, manifest_path: Path) -> None:
    receiver = stage.net.actor("collector")
    content = changed("fees", {"management": "1 %", "performance": "10 %", "receiver": receiver})
    order = {"name": "shut", "when": "state", "state": "stress", "move": "trim", "target": "morpho"}
    del content["reflexes"]["usual"]
    content["reflexes"]["orders"] = [order | {"cooldown": "1 day", "bounty": "1 USDC"}]
    manifest = deploy(
        config.parse(content, folder=EXAMPLE.parent), stage.chain, stage.sender(), manifest_path
    )
    report = verify(manifest, stage.chain)
    assert report.differences == ()
    found = {check.name: check.actual for check in report.checks}
    assert found["Vault.fees.receiver"] == receiver
    assert (found["Vault.fees.management"], found["Vault.fees.performance"]) == (100, 1_000)
    assert (found["order shut.condition"], found["order shut.bounty"]) == (8, 10**6)
    assert [step.name for step in manifest.steps if "fees" in step.name or "order" in step.name] == [
        "set the fees",
        "standing order 1: shut",
    ]


def test_rehearsal__node_without_simulation__deploys_all_the_same(
    stage: Stage, manifest_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Chain, "rehearse", lambda self, sender, calls: None)
    manifest = deploy(example_treasury(), stage.chain, stage.sender(), manifest_path)
    assert verify(manifest, stage.chain).differences == ()
