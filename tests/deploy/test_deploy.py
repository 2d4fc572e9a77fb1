from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganglion.agent.treasury import Treasury as AgentTreasury
from ganglion.deployment import Progress, deploy, verify
from ganglion.deployment.build import MADE, RECORDED, build
from ganglion.deployment.manifest import load
from ganglion.devnet import Reverted
from tests.treasury import INTENT, intent_of

from .stage import Deployed, example_treasury

GROUP = ("members", "absolute", "relative", "cut until", "most_absolute", "most_relative")


def test_deploy__example__every_role_and_parameter_as_configured(deployed: Deployed) -> None:
    report = verify(deployed.manifest, deployed.stage.chain)
    assert report.differences == ()
    assert report.rebuilt
    assert not report.is_open
    assert len(report.checks) == 364
    names = {check.name for check in report.checks}
    treasury = example_treasury()
    for strategy in treasury.strategies:
        assert {
            f"strategy {strategy.name}.terms.{name}" for name in type(strategy.terms).model_fields
        } <= names
    assert {f"Vault.limits.{name}" for name in type(treasury.limits).model_fields} <= names
    assert {f"group {group.name}.{name}" for group in treasury.groups for name in GROUP} <= names


def test_deploy__example__manifest_records_it_all(deployed: Deployed) -> None:
    manifest, chain, built = deployed.manifest, deployed.stage.chain, build()
    assert load(deployed.path) == manifest
    assert manifest.finished
    assert manifest.pending is None
    assert manifest.compiler["vyper"].startswith("0.4.3+")
    assert manifest.compiler["snekmate"] == "0.1.2"
    assert manifest.sources == built.sources
    assert {"interfaces/IVault.vyi", "contracts/modules/ledger.vy", "snekmate/tokens/erc20.vy"} <= set(
        manifest.sources
    )
    assert set(manifest.contracts) == set(RECORDED)
    for name in set(RECORDED) - set(MADE):
        record = manifest.contracts[name]
        receipt = chain.receipt(record.transaction)
        assert receipt["contractAddress"] == record.address
        assert receipt["blockNumber"] == record.block
        assert bytes(chain.w3.eth.get_transaction(record.transaction)["input"]) == deployed.site.creation(
            name
        )
    for step in manifest.steps:
        assert chain.receipt(step.transaction)["gasUsed"] == step.gas_used


def test_deploy__example__manifest_is_all_that_an_agent_needs(deployed: Deployed) -> None:
    treasury = AgentTreasury.load(deployed.path)
    named = [deployed.at(name) for name in ("Vault", "Executor", "Lens")]
    assert [treasury.vault, treasury.executor, treasury.lens] == named
    assert treasury.chain_id == 1


def test_deploy__example__constructor_arguments_recorded(deployed: Deployed) -> None:
    manifest = deployed.manifest
    vault = manifest.contracts["Vault"]
    for name in MADE:
        record = manifest.contracts[name]
        assert (record.transaction, record.block) == (vault.transaction, vault.block)
    assert manifest.contracts["ExitQueue"].constructor == {"epoch_seconds": 86_400, "decimals": 6}
    assert manifest.contracts["ExitQueue blueprint"].constructor == {}
    assert manifest.contracts["Timelock"].constructor == {
        "minimum_delay": 172_800,
        "proposer": deployed.at("Safe"),
        "guardians": list(example_treasury().guardians),
    }
    assert manifest.contracts["Vault"].constructor["epoch"] == 86_400
    assert manifest.contracts["Sentinel"].constructor == {
        "vault_": deployed.at("Vault"),
        "governor": deployed.at("Timelock"),
        "safe": deployed.at("Safe"),
        "limits": [[300, 50], [800, 2_000], [20_000, 10_000], [500, 100], [500, 100]],
        "silence": 5_184_000,
    }
    assert manifest.contracts["Reflexes"].constructor == {
        "executor_": deployed.at("Executor"),
        "governor": deployed.at("Timelock"),
    }
    assert manifest.contracts["Lens"].constructor == {"vault_": deployed.at("Vault")}
    assert manifest.strategies == {"morpho": 1, "solmate": 2, "snekmate": 3}
    assert manifest.groups == {"lending": 1, "same_liquidity": 2}


def test_deploy__example__seals_are_the_last_steps(deployed: Deployed) -> None:
    names = [step.name for step in deployed.manifest.steps]
    assert names[:13] == [
        "create the Safe",
        "deploy Timelock",
        "deploy Steward",
        "deploy ExitQueue blueprint",
        "deploy VaultAnnex blueprint",
        "deploy Vault",
        "bind the Steward to the Vault",
        "deploy Executor",
        "name the Executor",
        "deploy Sentinel",
        "name the Sentinel",
        "deploy Reflexes",
        "deploy Lens",
    ]
    orders = [f"standing order {i}: {order.name}" for i, order in enumerate(example_treasury().orders, 1)]
    assert names[-30:] == [
        "limit the inflow of snekmate",
        "risk group 1: lending",
        "risk group 2: same_liquidity",
        "appoint the curator",
        "let the Reflexes bring capital home",
        *orders,
        "approve the seed",
        "seed the dead shares",
        "seal the Reflexes",
        "seal the Sentinel",
        "seal the Executor",
        "seal the Steward",
    ]
    blocks = [step.block for step in deployed.manifest.steps]
    assert blocks == sorted(blocks)


def test_deploy__without_the_safes_consent__nothing_is_open(deployed: Deployed) -> None:
    net, vault = deployed.stage.net, deployed.at("Vault")
    depositor, agent = net.actor("depositor"), example_treasury().mandates[0].agent
    for account in (depositor, agent):
        net.fund_eth(account, 10**18)
    net.fund(depositor, 10**6)
    net.rpc.transact(depositor, net.addresses.usdc, "approve(address,uint256)", vault, 10**6)
    assert net.rpc.read(vault, "maxDeposit(address)", depositor) == 0
    with pytest.raises(Reverted) as deposit:
        net.rpc.transact(depositor, vault, "deposit(uint256,address)", 10**6, depositor)
    assert deposit.value.reason == "vault: 8"
    intent = intent_of(agent, [(1, 10**6, 0)])
    with pytest.raises(Reverted) as move:
        net.rpc.transact(agent, deployed.at("Executor"), f"execute({INTENT})", intent)
    assert move.value.reason == "executor: no mandate"


def test_deploy__finished_before__sends_nothing(deployed: Deployed) -> None:
    stage, before = deployed.stage, deployed.stage.sent()
    heard: list[Progress] = []
    again = deploy(example_treasury(), stage.chain, stage.sender(), deployed.path, listener=heard.append)
    assert again == deployed.manifest
    assert stage.sent() == before
    assert heard == []


def test_deploy__second_treasury_of_the_same_owners__uses_the_safe_that_exists(
    deployed: Deployed, manifest_path: Path
) -> None:
    stage = deployed.stage
    stage.fund_deployer()
    manifest = deploy(example_treasury(), stage.chain, stage.sender(), manifest_path)
    assert manifest.safe == deployed.at("Safe")
    assert manifest.addresses["Vault"] != deployed.at("Vault")
    assert manifest.steps[0].name == "create the Safe"
    assert manifest.steps[0].transaction is None
    assert verify(manifest, stage.chain).differences == ()


def test_manifest__on_disk__plain_json_without_leftovers(deployed: Deployed) -> None:
    content = json.loads(deployed.path.read_text())
    assert content["contracts"]["Vault"]["address"] == deployed.at("Vault")
    assert content["config"]["limits"]["deposit_cap"] == "20000000000000 wei"
    assert [file.name for file in deployed.path.parent.iterdir()] == [deployed.path.name]
