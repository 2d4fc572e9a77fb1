"""What differs from the configuration is found and named: one drift at a time, made by the Timelock."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.deployment import config, verify
from ganglion.deployment import site as site_module
from ganglion.deployment.build import NAMES
from ganglion.deployment.reactions import NOBODY, STATES
from ganglion.devnet.abi import actor
from tests.treasury import mandate_of

from .stage import ETHER, EXAMPLE, Deployed, changed, example_treasury

STRANGER = actor("stranger")
EXTRA = actor("extra")
GUARDIAN = example_treasury().guardians[0]
AGENT = example_treasury().mandates[0].agent
LIMITS = example_treasury().limits.words(deposit_cap=0)
TERMS = example_treasury().strategies[0].terms.words()
MANDATE = mandate_of(strategies=2, flow=10, loss=10, max_loss=10)
ORDER = example_treasury().order_words(example_treasury().orders[0])
CONTRACTS = ("Executor", "Safe")  # what a parameter may name
CANCELLER, PROPOSER = "CANCELLER_ROLE", "PROPOSER_ROLE"


def differences(deployed: Deployed, treasury: config.Treasury | None = None) -> dict[str, tuple[Any, Any]]:
    report = verify(deployed.manifest, deployed.stage.chain, treasury)
    return {check.name: (check.expected, check.actual) for check in report.differences}


@pytest.mark.parametrize(
    ("contract", "function", "arguments", "expected"),
    [
        ("Timelock", "update_delay", [3_600], {"Timelock.delay": (172_800, 3_600)}),
        ("Steward", "set_guardian", [EXTRA, True], {
            "Steward.guardians": ([GUARDIAN], sorted([GUARDIAN, EXTRA])),
        }),
        ("Executor", "set_guardian", [GUARDIAN, False], {"Executor.guardians": ([GUARDIAN], [])}),
        ("Steward", "set_limits", [(0, 50, 3_600, 100, 5, 500)], {"Vault.limits.entry_fee": (0, 50)}),
        ("Steward", "set_limits", [(7, *LIMITS[1:])], {"Vault.limits.deposit_cap": (0, 7)}),
        ("Steward", "set_limits", [(0, 0, 604_800, 999, 1_000, 10_000)], {
            "Vault.limits.hold": (3_600, 604_800),
            "Vault.limits.petty_share": (100, 999),
            "Vault.limits.petty_fee": (5, 1_000),
            "Vault.limits.idle_floor": (500, 10_000),
        }),
        ("Steward", "set_entry_paused", [True], {"Vault.entry paused": (False, True)}),
        ("Sentinel", "wind_down", [], {"Vault.state": (0, 2)}),
        ("Sentinel", "set_limits", [[[301, 49], [799, 2_001], [20_001, 9_999], [501, 99], [502, 98]]], {
            "Sentinel.fall.bad": (300, 301), "Sentinel.fall.good": (50, 49),
            "Sentinel.liquid.bad": (800, 799), "Sentinel.liquid.good": (2_000, 2_001),
            "Sentinel.age.bad": (20_000, 20_001), "Sentinel.age.good": (10_000, 9_999),
            "Sentinel.dark.bad": (500, 501), "Sentinel.dark.good": (100, 99),
            "Sentinel.short.bad": (500, 502), "Sentinel.short.good": (100, 98),
        }),
        ("Sentinel", "set_silence", [604_800], {"Sentinel.silence": (5_184_000, 604_800)}),
        ("Sentinel", "set_safe", [EXTRA], {"Sentinel.safe": ("Safe", EXTRA)}),
        ("Sentinel", "set_guardian", [EXTRA, True], {
            "Sentinel.guardians": ([GUARDIAN], sorted([GUARDIAN, EXTRA])),
        }),
        ("Steward", "set_fees", [(150, 1_000, EXTRA)], {
            "Vault.fees.management": (0, 150),
            "Vault.fees.performance": (0, 1_000),
            "Vault.fees.receiver": (NOBODY, EXTRA),
        }),
        ("Reflexes", "set_order", [2, (8, 0, 1, 1, 3, 6, 7, 5, 3_600, 4)], {
            "order morpho_liquidity.condition": (2, 8),
            "order morpho_liquidity.watched": (1, 0),
            "order morpho_liquidity.threshold": (1_000, 1),
            "order morpho_liquidity.target": (1, 3),
            "order morpho_liquidity.least": (10**10, 6),
            "order morpho_liquidity.most": (2**112 - 1, 7),
            "order morpho_liquidity.max_loss": (5 * 10**9, 5),
            "order morpho_liquidity.bounty": (25 * 10**6, 4),
        }),
        ("Reflexes", "set_order", [5, (4, 0, 10_000, 1, 1, 1, 1, 0, 7_200, 25 * 10**6)], {
            "order morpho_trim.action": (2, 1),
            "order morpho_trim.cooldown": (3_600, 7_200),
        }),
        ("Reflexes", "set_order", [64, ORDER], {"Reflexes.other orders": ([], [64])}),
        ("Steward", "set_executor", [EXTRA], {"Vault.executor": ("Executor", EXTRA)}),
        ("Steward", "set_terms", [1, (151_000, TERMS[1], True, *TERMS[3:])], {
            "strategy morpho.terms.read_gas": (150_000, 151_000),
            "strategy morpho.terms.charges_on_exit": (False, True),
        }),
        ("Steward", "set_terms", [2, (60_000, 301_000, False, 2_001, 11, 101)], {
            "strategy solmate.terms.write_gas": (300_000, 301_000),
            "strategy solmate.terms.max_rate": (2_000, 2_001),
            "strategy solmate.terms.tolerance": (10, 11),
            "strategy solmate.terms.band": (100, 101),
        }),
        ("Steward", "set_ceiling", [3, 1], {"strategy snekmate.ceiling": (3 * 10**12, 1)}),
        ("Executor", "set_cap", [2, 1, 1], {
            "strategy solmate.cap.absolute": (4 * 10**12, 1),
            "strategy solmate.cap.relative": (4_000, 1),
        }),
        ("Executor", "set_inflow", [1, 7, 8], {
            "strategy morpho.inflow.limit": (3 * 10**12, 7), "strategy morpho.inflow.window": (86_400, 8),
        }),
        ("Executor", "set_inflow", [2, 5, 6], {
            "strategy solmate.inflow.limit": (0, 5), "strategy solmate.inflow.window": (0, 6),
        }),
        ("Executor", "set_group", [1, 0b1000, 9, 8], {
            "group lending.members": (0b110, 0b1000),
            "group lending.absolute": (7 * 10**12, 9), "group lending.relative": (6_500, 8),
            "group lending.most_absolute": (7 * 10**12, 9), "group lending.most_relative": (6_500, 8),
        }),
        ("Executor", "set_group_cap", [2, 5, 6], {
            "group same_liquidity.absolute": (6 * 10**12, 5),
            "group same_liquidity.relative": (5_200, 6),
        }),
        ("Executor", "set_group", [31, 0b10, 0, 0], {"Executor.other groups": ([], [31])}),
        ("Executor", "set_curator", [EXTRA], {"Executor.curator": (example_treasury().curator, EXTRA)}),
        ("Executor", "set_mandate", [EXTRA, MANDATE], {"Executor.other mandates": ([], [EXTRA])}),
        ("Executor", "set_mandate", [AGENT, MANDATE], None),
    ],
)  # fmt: skip
def test_verify__parameter_changed__only_that_is_named(
    deployed: Deployed, contract: str, function: str, arguments: list[Any], expected: dict[str, Any] | None
) -> None:
    deployed.govern(contract, function, *arguments)
    found = differences(deployed)
    if expected is None:
        assert found[f"mandate {AGENT}.permissions"] == (0, 3)
        assert found[f"mandate {AGENT}.hash"][0] == "0x" + bytes(32).hex()
        assert {name.split(".")[0] for name in found} == {f"mandate {AGENT}"}
        return
    wanted = {
        name: (deployed.at(values[0]) if values[0] in CONTRACTS else values[0], values[1])
        for name, values in expected.items()
    }
    assert found == wanted


@pytest.mark.parametrize(
    ("role", "account", "name"),
    [
        ("CANCELLER_ROLE", EXTRA, "Timelock.CANCELLER_ROLE"),
        ("PROPOSER_ROLE", EXTRA, "Timelock.PROPOSER_ROLE"),
        ("EXECUTOR_ROLE", EXTRA, "Timelock.EXECUTOR_ROLE"),
        ("DEFAULT_ADMIN_ROLE", EXTRA, "Timelock.DEFAULT_ADMIN_ROLE"),
    ],
)
def test_verify__role_granted__holder_named(deployed: Deployed, role: str, account: str, name: str) -> None:
    site = deployed.site
    deployed.govern("Timelock", "grantRole", site.read("Timelock", role), account)
    found = differences(deployed)
    assert list(found) == [name]
    expected, actual = found[name]
    assert actual == sorted([*expected, account])


def test_verify__unknown_role_granted__its_hash_named(deployed: Deployed) -> None:
    deployed.govern("Timelock", "grantRole", b"\x07" * 32, EXTRA)
    assert differences(deployed) == {"Timelock.other roles": ([], ["0x" + "07" * 32])}


def test_verify__role_granted_and_revoked__fine_again(deployed: Deployed) -> None:
    role = deployed.site.read("Timelock", CANCELLER)
    deployed.govern("Timelock", "grantRole", role, EXTRA)
    deployed.govern("Timelock", "revokeRole", role, EXTRA)
    assert differences(deployed) == {}


def test_verify__proposer_revoked__missing_holder_named(deployed: Deployed) -> None:
    deployed.govern("Timelock", "revokeRole", deployed.site.read("Timelock", PROPOSER), deployed.at("Safe"))
    assert differences(deployed) == {f"Timelock.{PROPOSER}": ([deployed.at("Safe")], [])}


def test_verify__deployer_got_roles_back__each_named(deployed: Deployed) -> None:
    deployer, site = deployed.stage.deployer, deployed.site
    deployed.govern("Timelock", "grantRole", site.read("Timelock", PROPOSER), deployer)
    deployed.govern("Steward", "set_guardian", deployer, True)
    deployed.govern("Executor", "set_curator", deployer)
    deployed.govern("Executor", "set_mandate", deployer, MANDATE)
    deployed.govern("Sentinel", "set_guardian", deployer, True)
    deployed.govern("Steward", "set_fees", (1, 0, deployer))
    found = differences(deployed)["deployer.roles"]
    roles = [PROPOSER, "Steward guardian", "Sentinel guardian", "curator", "agent", "receiver of the fees"]
    assert found == ([], roles)


@pytest.mark.parametrize("name", NAMES)
def test_verify__one_byte_of_code_differs__found(deployed: Deployed, name: str) -> None:
    rpc = deployed.stage.net.rpc
    code = bytearray(rpc.code(deployed.at(name)))
    code[-1] ^= 1  # in the immutables, which Vyper keeps at the end
    rpc.call("anvil_setCode", deployed.at(name), "0x" + code.hex())
    assert {f"{name}.code", f"{name}.sources"} <= set(differences(deployed))


def test_verify__sources_moved_on__compared_with_the_manifest(deployed: Deployed) -> None:
    manifest = deployed.manifest.model_copy(deep=True)
    manifest.sources["contracts/Vault.vy"] = "00"
    report = verify(manifest, deployed.stage.chain)
    assert not report.rebuilt
    assert report.differences == ()
    manifest.contracts["Vault"].runtime_hash = "0x" + "00" * 32
    assert [check.name for check in verify(manifest, deployed.stage.chain).differences] == ["Vault.code"]


def test_verify__guardian_cut_a_cap__values_and_end_named(deployed: Deployed) -> None:
    deployed.impersonate(GUARDIAN, deployed.site.call("Executor", "cut", 1, 5, 6))
    found = differences(deployed)
    assert found["strategy morpho.cap.absolute"] == (4 * 10**12, 5)
    assert found["strategy morpho.cap.relative"] == (4_000, 6)
    assert found["strategy morpho.cap.cut until"][1] == deployed.stage.chain.timestamp() + 604_800
    assert len(found) == 3


def test_verify__guardian_cut_a_group__values_and_end_named(deployed: Deployed) -> None:
    deployed.impersonate(GUARDIAN, deployed.site.call("Executor", "cut_group", 1, 5, 6))
    until = deployed.stage.chain.timestamp() + 604_800
    assert differences(deployed) == {
        "group lending.absolute": (7 * 10**12, 5),
        "group lending.relative": (6_500, 6),
        "group lending.cut until": (0, until),
    }
    deployed.stage.net.rpc.warp(604_800)
    assert "group lending.cut until" not in differences(deployed)


def test_verify__group_dissolved_again__no_other_group(deployed: Deployed) -> None:
    deployed.govern("Executor", "set_group", 31, 0b10, 0, 0)
    deployed.govern("Executor", "set_group", 31, 0, 0, 0)
    assert differences(deployed) == {}


def test_verify__strategy_listed_or_retired__named(deployed: Deployed) -> None:
    deployed.govern("Steward", "retire", 2)
    found = differences(deployed)
    assert found["Vault.strategies"] == ([1, 2, 3], [1, 3])
    assert found["strategy solmate.status"] == (1, 0)


def test_verify__safe_changed__owners_threshold_modules_named(deployed: Deployed) -> None:
    safe, rpc = deployed.at("Safe"), deployed.stage.net.rpc
    deployed.stage.net.fund_eth(safe, ETHER)
    rpc.transact(safe, safe, "addOwnerWithThreshold(address,uint256)", EXTRA, 3)
    rpc.transact(safe, safe, "enableModule(address)", STRANGER)
    found = differences(deployed)
    owners = example_treasury().safe.owners
    assert found == {
        "Safe.owners": (sorted(owners), sorted([*owners, EXTRA])),
        "Safe.threshold": (2, 3),
        "Safe.modules": ([], [STRANGER]),
    }


def test_verify__against_changed_configuration__what_governance_has_to_do(deployed: Deployed) -> None:
    content = changed("strategies.0.cap.absolute", "3_000_000 USDC")
    treasury = config.parse(content, folder=EXAMPLE.parent)
    assert differences(deployed, treasury) == {"strategy morpho.cap.absolute": (3 * 10**12, 4 * 10**12)}
    deployed.govern("Executor", "set_cap", 1, 3 * 10**12, 4_000)
    assert differences(deployed, treasury) == {}


def test_site__word_keys__are_the_ledgers(deployed: Deployed) -> None:
    ledger = (EXAMPLE.parents[1] / "contracts" / "modules" / "ledger.vy").read_text()
    constants = dict(
        line.split(": constant(uint256) = ")
        for line in ledger.splitlines()
        if ": constant(uint256) = " in line
    )
    keys = ("HOT", "POSITION", "TERMS", "LISTING", "PETTY", "CLOCK", "STEWARD", "QUEUE", "SENTINEL", "FEES")
    assert {key: getattr(site_module, key) for key in keys} == {
        key: int(constants[f"WORD_{key}"]) for key in keys
    }
    assert int(constants["SEALED"]) == site_module.SEALED
    assert int(constants["PAUSED"]) == site_module.PAUSED
    assert [int(constants[name.upper()]) for name in STATES] == [0, 1, 2]
    assert int(constants["OK"]) == site_module.STATUS_OK


def test_verify__another_sentinel_named__found(deployed: Deployed) -> None:
    site = deployed.site
    arguments = [*site.constructor("Sentinel").values()]
    sender = deployed.stage.as_account(deployed.stage.deployer)
    receipt = deployed.stage.chain.receipt(sender.send(None, site.creation("Sentinel")))
    other = receipt["contractAddress"]
    assert arguments[0] == deployed.at("Vault")
    deployed.govern("Steward", "set_sentinel", other)
    assert differences(deployed) == {"Vault.sentinel": (deployed.at("Sentinel"), other)}


def test_lens__fresh_treasury__sees_what_was_deployed(deployed: Deployed) -> None:
    seen = deployed.site.read("Lens", "observe", AGENT)
    assert set(seen[2:7]) == {
        deployed.at("Vault"),
        deployed.manifest.treasury.asset.address,
        *(deployed.at(name) for name in ("Executor", "Sentinel", "ExitQueue")),
    }


def test_verify__heartbeat_lapsed__named(deployed: Deployed) -> None:
    rpc, until = deployed.stage.net.rpc, deployed.site.read("Sentinel", "heartbeat")[1]
    rpc.warp(until - rpc.timestamp())
    assert differences(deployed) == {}
    rpc.warp(1)
    assert differences(deployed) == {"Sentinel.heartbeat": ("not lapsed", "lapsed")}


@pytest.mark.parametrize(
    ("place", "value", "field", "pair"),
    [
        (0, 3, "permissions", (2, 3)),
        (1, 0b0110, "strategies", (0b1110, 0b0110)),
        (2, 1, "flow", (0, 1)),
        (3, 1, "loss", (20_000 * 10**6, 1)),
        (4, 1, "max_loss", (0, 1)),
        (5, 3_600, "window", (86_400, 3_600)),
        (6, 2**32 - 2, "expires", (2**32 - 1, 2**32 - 2)),
        (7, 5, "heartbeat", (0, 5)),
        (8, EXTRA, "policy", (NOBODY, EXTRA)),
        (9, bytes(32), "document", None),
    ],
)
def test_verify__mandate_of_the_reflexes_changed__field_named(
    deployed: Deployed, place: int, value: Any, field: str, pair: tuple[Any, Any] | None
) -> None:
    treasury = example_treasury()
    mandate = list(treasury.reflexes.mandate(treasury.identifiers))
    mandate[place] = value
    deployed.govern("Executor", "set_mandate", deployed.at("Reflexes"), tuple(mandate))
    wanted = pair or (treasury.reflexes.document, "0x" + bytes(32).hex())
    found = differences(deployed)
    assert set(found) == {f"Reflexes.mandate.{field}", "Reflexes.mandate.hash"}
    assert found[f"Reflexes.mandate.{field}"] == wanted
    granted = deployed.site.read("Executor", "standing", deployed.at("Reflexes"))[0]
    assert found["Reflexes.mandate.hash"][1] == "0x" + granted.hex()


def test_verify__mandate_granted_again__its_hash_is_the_new_one(deployed: Deployed) -> None:
    treasury, site, reflexes = example_treasury(), deployed.site, deployed.at("Reflexes")
    before = site.read("Executor", "standing", reflexes)[0]
    deployed.govern("Executor", "set_mandate", reflexes, treasury.reflexes.mandate(treasury.identifiers))
    assert site.read("Executor", "standing", reflexes)[0] != before
    assert differences(deployed) == {}


def test_verify__mandate_with_digits_cut_off__its_hash_differs(deployed: Deployed) -> None:
    treasury = example_treasury()
    mandate = list(treasury.reflexes.mandate(treasury.identifiers))
    mandate[3] = 12 * 10**12
    deployed.govern("Executor", "set_mandate", deployed.at("Reflexes"), tuple(mandate))
    content = changed("reflexes.loss", "12_000_000 USDC")
    wanted = config.parse(content, folder=EXAMPLE.parent)
    assert differences(deployed, wanted) == {}
    # What is kept is the same; what was granted, and is signed for, is not.
    mandate[3] += 1
    deployed.govern("Executor", "set_mandate", deployed.at("Reflexes"), tuple(mandate))
    assert set(differences(deployed, wanted)) == {"Reflexes.mandate.hash"}


def test_verify__guardian_revokes_the_reflexes__named(deployed: Deployed) -> None:
    deployed.impersonate(GUARDIAN, deployed.site.call("Executor", "revoke", deployed.at("Reflexes")))
    found = differences(deployed)
    assert found.pop("Reflexes.mandate.hash")[1] == "0x" + bytes(32).hex()
    assert found == {"Reflexes.mandate.permissions": (2, 0)}


def test_verify__order_removed__every_field_of_it_named(deployed: Deployed) -> None:
    deployed.govern("Reflexes", "remove_order", 15)
    found = differences(deployed)
    assert {name.split(".")[0] for name in found} == {"order snekmate_trim"}
    assert found["order snekmate_trim.target"] == (3, 0)
