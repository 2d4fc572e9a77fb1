"""Configurations that are sound in themselves and do not fit the chain: nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ganglion.deployment import PreconditionFailed, config, deploy, safe
from ganglion.devnet.addresses import Addresses
from tests.modes import TokenFlag
from tests.treasury import DEPLOYER, deploy_hostile, deploy_token

from .stage import ETHER, EXAMPLE, Stage, changed, example

AT = Addresses()
NOWHERE = "0x000000000000000000000000000000000000dEaD"


def refusals(stage: Stage, content: dict[str, Any], path: Path) -> str:
    """Deploy what must be refused; returns why, after making sure that nothing was sent or written."""
    before = stage.sent()
    treasury = config.parse(content, folder=EXAMPLE.parent)
    with pytest.raises(PreconditionFailed, match=r"^nothing was sent:\n") as caught:
        deploy(treasury, stage.chain, stage.sender(), path)
    assert stage.sent() == before
    assert not path.exists()
    return "\n".join(caught.value.problems)


def test_deploy__wrong_network__only_that_is_said(stage: Stage, manifest_path: Path) -> None:
    said = refusals(stage, changed("chain_id", "10"), manifest_path)
    assert said == "chain_id: 10, but the network has 1; choose the right --network"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("asset.address", NOWHERE, f"asset.address: no contract at {NOWHERE}"),
        ("asset.address", AT.morpho, "asset.address: 0xBBBB"),
        ("asset.address", AT.weth, "asset.decimals: 6, but the token says 18; correct it"),
        ("asset.address", AT.weth, "asset.symbol: USDC, but the token says WETH; correct it"),
        ("strategies.1.address", NOWHERE, f"strategies[1].address: no contract at {NOWHERE} (solmate)"),
        (
            "strategies.1.address",
            AT.weth,
            f"strategies[1].address: solmate: {AT.weth} does not answer asset()",
        ),
        ("strategies.0.terms.read_gas", "2_000", "strategies[0].address: morpho: 0x"),
        ("mandates.0.expires", "2026-01-02T00:00:00Z", "mandates[0].expires: 2026-01-02T00:00:00Z is before"),
        ("mandates.0.policy", NOWHERE, f"mandates[0].policy: no contract at {NOWHERE}, so every allocation"),
        (
            "reflexes.expires",
            "2026-01-01T00:00:00Z",
            "reflexes.expires: 2026-01-01T00:00:00Z is past; choose",
        ),
        ("safe", {"address": NOWHERE}, f"safe.address: no contract at {NOWHERE}"),
        ("safe", {"address": AT.weth}, f"safe.address: {AT.weth} does not answer getOwners()"),
        ("vault.seed", "101 USDC", "vault.seed: needs 101 USDC, the deployer 0x"),
    ],
)
def test_deploy__chain_says_otherwise__named_with_remedy(
    stage: Stage, manifest_path: Path, path: str, value: Any, message: str
) -> None:
    content = changed(path, value)
    if path == "asset.address":
        content["mandates"] = []
    assert message in refusals(stage, content, manifest_path)


def test_deploy__several_things_wrong__all_named(stage: Stage, manifest_path: Path) -> None:
    content = changed("strategies.0.address", NOWHERE)
    content["vault"]["seed"] = "1_000 USDC"
    content["safe"] = {"address": NOWHERE}
    said = refusals(stage, content, manifest_path)
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "vault.seed",
        "safe.address",
        "strategies[0].address",
    ]


ROLES = ["guardians.0", "curator", "mandates.0.agent", "safe.owners.0", "fees.receiver"]


@pytest.mark.parametrize("field", ROLES)
def test_deploy__deployer_would_keep_a_role__refused(stage: Stage, manifest_path: Path, field: str) -> None:
    said = refusals(stage, changed(field, stage.deployer), manifest_path)
    assert "is the deployer, who ends without a role; deploy from another account" in said
    assert said.split(":")[0].replace("[", ".").replace("]", "") == field


def test_deploy__no_money_for_gas__says_how_much(stage: Stage, manifest_path: Path) -> None:
    sender = stage.sender()
    stage.net.rpc.call("anvil_setBalance", stage.deployer, hex(10**12))
    with pytest.raises(
        PreconditionFailed, match=r"holds 0\.000001 of the native token, about 0\.0\d+ is needed"
    ):
        deploy(config.load(EXAMPLE), stage.chain, sender, manifest_path)
    assert not manifest_path.exists()


def test_deploy__no_safe_contracts_on_the_chain__named(stage: Stage, manifest_path: Path) -> None:
    stage.net.rpc.call("anvil_setCode", safe.FACTORY.address, "0x00")
    stage.net.rpc.call("anvil_setCode", safe.FALLBACK_HANDLER.address, "0x")
    said = refusals(stage, example(), manifest_path)
    assert f"safe: other code than SafeProxyFactory 1.4.1 at {safe.FACTORY.address}" in said
    assert f"safe: no CompatibilityFallbackHandler 1.4.1 at {safe.FALLBACK_HANDLER.address}" in said


def create_safe(stage: Stage, content: dict[str, Any]) -> str:
    section = config.parse(content, folder=EXAMPLE.parent).safe
    address, call = safe.creation(stage.chain, section, 1)
    stage.chain.receipt(stage.sender("passer_by").send(call.to, call.data))
    return address


def test_deploy__safe_exists_with_other_settings__choose_another_salt(
    stage: Stage, manifest_path: Path
) -> None:
    address = create_safe(stage, example())
    stage.net.fund_eth(address, ETHER)
    stage.net.rpc.transact(address, address, "changeThreshold(uint256)", 1)
    said = refusals(stage, example(), manifest_path)
    assert said == f"safe.salt: the Safe {address} exists and was changed since; choose another salt"


def test_deploy__existing_safe_is_weak__every_weakness_named(stage: Stage, manifest_path: Path) -> None:
    address = create_safe(stage, example())
    stage.net.fund_eth(address, ETHER)
    module = stage.net.addresses.weth
    stage.net.rpc.transact(address, address, "changeThreshold(uint256)", 1)
    stage.net.rpc.transact(address, address, "enableModule(address)", module)
    stage.net.rpc.transact(address, address, "addOwnerWithThreshold(address,uint256)", stage.deployer, 1)
    said = refusals(stage, changed("safe", {"address": address}), manifest_path)
    assert "safe.address: one owner decides alone; raise its threshold to 2 or more" in said
    assert f"safe.address: modules {module} act without signatures; disable them first" in said
    assert f"safe.address: the deployer {stage.deployer} owns it" in said


def test_deploy__strategy_over_another_asset__refused(stage: Stage, manifest_path: Path) -> None:
    stage.net.fund_eth(stage.net.actor("deployer"), ETHER)
    rpc = stage.net.rpc
    other = deploy_hostile(rpc, deploy_token(rpc))
    said = refusals(
        stage, changed("strategies.2.address", stage.chain.w3.to_checksum_address(other)), manifest_path
    )
    assert "strategies[2].address: snekmate holds 0x" in said
    assert f"not the asset {stage.net.addresses.usdc}; choose another" in said


def test_deploy__rehearsal_fails__step_and_reason_named(stage: Stage, manifest_path: Path) -> None:
    # Nothing that can be read tells that this token keeps a fee; the rehearsed seed does.
    rpc = stage.net.rpc
    for label in ("deployer", "depositor"):
        stage.net.fund_eth(stage.net.actor(label), ETHER)
    token = deploy_token(rpc, 6, TokenFlag.FEE_ON_TRANSFER)
    rpc.transact(DEPLOYER, token, "set_fee(uint256)", 10)
    rpc.transact(DEPLOYER, token, "mint(address,uint256)", stage.deployer, 10**9)
    checksummed = stage.chain.w3.to_checksum_address
    content = changed("asset", {"address": checksummed(token), "symbol": "TKN", "decimals": "6"})
    text = yaml.safe_dump(content).replace(" USDC", " TKN")
    content = yaml.load(text, Loader=yaml.BaseLoader)
    for strategy in content["strategies"]:
        strategy["address"] = checksummed(deploy_hostile(rpc, token))
    assert refusals(stage, content, manifest_path) == "seed the dead shares would fail: vault: 10"
