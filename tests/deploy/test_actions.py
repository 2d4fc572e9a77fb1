"""Typed actions: what each one calls, and what is refused before anyone signs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ganglion.deployment import ConfigInvalid, OperationRefused, actions, governance
from ganglion.deployment.governance import Operation
from ganglion.deployment.reactions import NOBODY
from ganglion.devnet.abi import actor

from .stage import EXAMPLE, Deployed, example_treasury

SOMEBODY = actor("somebody")
AGENT = example_treasury().mandates[0].agent
TERMS = {
    "read_gas": "90_000",
    "write_gas": "400_000",
    "charges_on_exit": "true",
    "max_rate": "10 %",
    "tolerance": "20 bps",
    "band": "1 %",
}
TERMS_SHOWN = (
    "terms={read_gas=90000, write_gas=400000, charges_on_exit=True, max_rate=1000, tolerance=20, band=100}"
)
LIMITS = {
    "deposit_cap": "1_000_000 USDC",
    "entry_fee": "1 bps",
    "hold": "2 hours",
    "petty_share": "1 %",
    "petty_fee": "6 bps",
    "idle_floor": "4 %",
}
LIMITS_SHOWN = (
    "deposit_cap=1000000000000, entry_fee=1, hold=7200, petty_share=100, petty_fee=6, idle_floor=400"
)
SIGNALS = {
    "fall": {"bad": "2 %", "good": "0.4 %"},
    "liquid": {"bad": "10 %", "good": "30 %"},
    "age": {"bad": "150 %", "good": "90 %"},
    "dark": {"bad": "4 %", "good": "90 bps"},
    "short": {"bad": "3 %", "good": "80 bps"},
}
SIGNALS_SHOWN = (
    "fall={bad=200, good=40}, liquid={bad=1000, good=3000}, age={bad=15000, good=9000}, "
    "dark={bad=400, good=90}, short={bad=300, good=80}"
)
ORDER = {
    "id": "7",
    "when": "price",
    "watched": "morpho",
    "threshold": "2 %",
    "move": "deallocate",
    "target": "2",
    "least": "10 USDC",
    "most": "20 USDC",
    "max_loss": "1 USDC",
    "cooldown": "2 hours",
    "bounty": "3 USDC",
}
ORDER_SHOWN = (
    "condition=1, watched=1, threshold=200, action=1, target=2, least=10000000, most=20000000, "
    "max_loss=1000000, cooldown=7200, bounty=3000000"
)
TRIM = {
    "id": "64",
    "when": "state",
    "state": "stress",
    "move": "trim",
    "target": "snekmate",
    "cooldown": "30 days",
}
TRIM_SHOWN = (
    "condition=8, watched=0, threshold=1, action=2, target=3, least=1, most=1, max_loss=0, "
    "cooldown=2592000, bounty=0"
)
ON_GROUP = TRIM | {"id": "63", "when": "group", "watched": "same_liquidity", "threshold": "60 %"}
del ON_GROUP["state"]
ON_GROUP_SHOWN = (
    "condition=16, watched=2, threshold=6000, action=2, target=3, least=1, most=1, max_loss=0, "
    "cooldown=2592000, bounty=0"
)
MANDATE = {
    "agent": AGENT,
    "permissions": ["deallocate"],
    "strategies": ["solmate", "3"],
    "flow": "1 USDC",
    "loss": "2 USDC",
    "max_loss": "1 USDC",
    "window": "1 hour",
    "expires": "2027-01-01T00:00:00Z",
    "heartbeat": "2 hours",
    "document": "0x" + "cd" * 32,
}
MANDATE_SHOWN = (
    "permissions=2, strategies=12, flow=1000000, loss=2000000, max_loss=1000000, window=3600, "
    f"expiry=1798761600, heartbeat=7200, policy={NOBODY}, document=0x" + "cd" * 32
)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("set_limits", LIMITS, [f"Steward.set_limits(limits={{{LIMITS_SHOWN}}})"]),
        ("set_terms", {"strategy": "morpho", "terms": TERMS}, [f"Steward.set_terms(id=1, {TERMS_SHOWN})"]),
        ("set_ceiling", {"strategy": "2", "ceiling": "7 wei"}, ["Steward.set_ceiling(id=2, ceiling=7)"]),
        ("retire", {"strategy": "snekmate"}, ["Steward.retire(id=3)"]),
        ("write_down", {"strategy": "snekmate"}, ["Steward.write_down(id=3)"]),
        ("set_entry_paused", {"paused": "true"}, ["Steward.set_entry_paused(paused=True)"]),
        ("wind_down", {}, ["Sentinel.wind_down()"]),
        ("set_sentinel", {"sentinel": SOMEBODY}, [f"Steward.set_sentinel(sentinel={SOMEBODY})"]),
        ("set_signal_limits", SIGNALS, [f"Sentinel.set_limits(limits={{{SIGNALS_SHOWN}}})"]),
        ("set_silence", {"silence": "30 days"}, ["Sentinel.set_silence(silence=2592000)"]),
        ("set_safe", {"safe": SOMEBODY}, [f"Sentinel.set_safe(safe={SOMEBODY})"]),
        (
            "set_fees",
            {"management": "1 %", "performance": "10 %", "receiver": SOMEBODY},
            [f"Steward.set_fees(fees={{management=100, performance=1000, receiver={SOMEBODY}}})"],
        ),
        (
            "set_fees",
            {"management": "0 bps", "performance": "0 bps"},
            [f"Steward.set_fees(fees={{management=0, performance=0, receiver={NOBODY}}})"],
        ),
        ("set_order", ORDER, [f"Reflexes.set_order(id=7, order={{{ORDER_SHOWN}}})"]),
        ("set_order", TRIM, [f"Reflexes.set_order(id=64, order={{{TRIM_SHOWN}}})"]),
        ("remove_order", {"id": "3"}, ["Reflexes.remove_order(id=3)"]),
        (
            "defund_bounties",
            {"receiver": SOMEBODY, "assets": "5 USDC"},
            [f"Reflexes.defund(receiver={SOMEBODY}, assets=5000000)"],
        ),
        ("set_executor", {"executor": SOMEBODY}, [f"Steward.set_executor(executor={SOMEBODY})"]),
        (
            "recover",
            {"token": SOMEBODY, "receiver": AGENT, "units": "5"},
            [f"Steward.recover(token={SOMEBODY}, receiver={AGENT}, amount=5)"],
        ),
        (
            "set_mandate",
            MANDATE,
            [f"Executor.set_mandate(agent={AGENT}, mandate={{{MANDATE_SHOWN}}})"],
        ),
        ("revoke", {"agent": AGENT}, [f"Executor.revoke(agent={AGENT})"]),
        (
            "set_cap",
            {"strategy": "morpho", "absolute": "1 USDC", "relative": "40 %"},
            ["Executor.set_cap(id=1, absolute=1000000, relative=4000)"],
        ),
        (
            "cut",
            {"strategy": "morpho", "absolute": "0 USDC", "relative": "0 bps"},
            ["Executor.cut(id=1, absolute=0, relative=0)"],
        ),
        ("revive", {"agent": AGENT}, [f"Executor.revive(agent={AGENT})"]),
        (
            "set_group",
            {"group": "same_liquidity", "members": ["morpho", "3"], "absolute": "1 USDC", "relative": "40 %"},
            ["Executor.set_group(group=2, members=10, absolute=1000000, relative=4000)"],
        ),
        (
            "set_group",
            {"group": "31", "members": [], "absolute": "0 USDC", "relative": "0 bps"},
            ["Executor.set_group(group=31, members=0, absolute=0, relative=0)"],
        ),
        (
            "set_group_cap",
            {"group": "lending", "absolute": "1 USDC", "relative": "40 %"},
            ["Executor.set_group_cap(group=1, absolute=1000000, relative=4000)"],
        ),
        (
            "cut_group",
            {"group": "lending", "absolute": "0 USDC", "relative": "0 bps"},
            ["Executor.cut_group(group=1, absolute=0, relative=0)"],
        ),
        (
            "set_inflow",
            {"strategy": "solmate", "limit": "5 USDC", "window": "1 hour"},
            ["Executor.set_inflow(id=2, limit=5000000, window=3600)"],
        ),
        (
            "set_inflow",
            {"strategy": "solmate", "limit": "0 USDC", "window": "0 seconds"},
            ["Executor.set_inflow(id=2, limit=0, window=0)"],
        ),
        ("trim", {"strategy": "snekmate"}, ["Executor.trim(id=3)"]),
        ("note", {}, ["Executor.note()"]),
        ("set_order", ON_GROUP, [f"Reflexes.set_order(id=63, order={{{ON_GROUP_SHOWN}}})"]),
        ("set_curator", {"curator": SOMEBODY}, [f"Executor.set_curator(curator={SOMEBODY})"]),
        ("update_delay", {"delay": "3 days"}, ["Timelock.update_delay(new_delay=259200)"]),
        (
            "list_strategy",
            {"address": SOMEBODY, "ceiling": "1 USDC", "terms": TERMS},
            [f"Steward.list_strategy(strategy={SOMEBODY}, {TERMS_SHOWN}, ceiling=1000000)"],
        ),
    ],
)
def test_parse__each_action__its_calls(
    deployed: Deployed, name: str, fields: dict[str, Any], expected: list[str]
) -> None:
    action = actions.parse(deployed.site, {"action": name, **fields})
    assert [call.what for call in action.calls(deployed.site)] == expected


@pytest.mark.parametrize(("active", "change"), [("true", "grantRole"), ("false", "revokeRole")])
def test_set_guardian__appointed_or_removed__in_all_four_contracts(
    deployed: Deployed, active: str, change: str
) -> None:
    content = {"action": "set_guardian", "guardian": SOMEBODY, "active": active}
    role = deployed.site.read("Timelock", "CANCELLER_ROLE").hex()
    assert [call.what for call in actions.parse(deployed.site, content).calls(deployed.site)] == [
        f"Timelock.{change}(role=0x{role}, account={SOMEBODY})",
        f"Steward.set_guardian(guardian={SOMEBODY}, active={active == 'true'})",
        f"Executor.set_guardian(guardian={SOMEBODY}, active={active == 'true'})",
        f"Sentinel.set_guardian(guardian={SOMEBODY}, active={active == 'true'})",
    ]


def test_fund_bounties__amount__approved_and_paid(deployed: Deployed) -> None:
    stage, reflexes = deployed.stage, deployed.at("Reflexes")
    action = actions.parse(deployed.site, {"action": "fund_bounties", "assets": "5 USDC"})
    calls = action.calls(deployed.site)
    assert [call.what for call in calls] == ["USDC.approve(5000000)", "Reflexes.fund(assets=5000000)"]
    stage.net.fund(SOMEBODY, 5 * 10**6)
    governance.send(deployed.site, stage.as_account(SOMEBODY), calls)
    assert deployed.site.read("Reflexes", "budget") == 5 * 10**6
    assert stage.net.rpc.read(stage.net.addresses.usdc, "balanceOf(address)", reflexes) == 5 * 10**6


def test_names__every_action__tested_above() -> None:
    marked = test_parse__each_action__its_calls.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {case[0] for case in marked} | {"set_guardian", "fund_bounties"} == set(actions.names())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "action: write one of set_limits, list_strategy"),
        ({"action": "drain"}, "action: write one of set_limits, list_strategy"),
        ({"action": "set_cap", "strategy": "morpho", "absolute": "1 USDC"}, "relative: missing; add it"),
        ({"action": "retire", "strategy": "morpho", "now": "true"}, "now: unknown field; "),
        ({"action": "set_limits", **LIMITS, "entry_fee": "1 %"}, "entry_fee: '1 %' must be at most 50"),
        ({"action": "set_terms", "strategy": "1", "terms": TERMS | {"band": "1"}}, "terms.band: '1' is not"),
        ({"action": "set_ceiling", "strategy": "1", "ceiling": "1 DAI"}, "ceiling: '1 DAI' is not in USDC"),
        ({"action": "set_mandate", **MANDATE, "document": {"file": "gone"}}, "document: gone cannot be read"),
        (
            {"action": "set_mandate", **MANDATE, "flow": "1234567.890123 USDC"},
            "flow: 1234567890123 wei has more digits than a mandate keeps, twelve; "
            "the nearest is 1_234_567.89012 USDC",
        ),
        ({"action": "set_group", "group": "1", "members": ["1", "1"]}, "members: a member stands twice: 1"),
        ({"action": "set_group_cap", "group": "1", "absolute": "1 USDC"}, "relative: missing; add it"),
        (
            {"action": "set_inflow", "strategy": "1", "limit": "1 USDC", "window": "195 days"},
            "window: '195 days' must be under 16777216",
        ),
        ({"action": "set_state", "state": "winddown"}, "action: write one of set_limits"),
        ({"action": "set_silence", "silence": "6 days"}, "silence: '6 days' must be at least 604800"),
        ({"action": "set_fees", "management": "1 %"}, "performance: missing; add it"),
        ({"action": "set_fees", "management": "1 %", "performance": "0 %"}, "receiver is missing while"),
        (
            {"action": "set_fees", "management": "201 bps", "performance": "0 %"},
            "management: '201 bps' must be at most 200",
        ),
        ({"action": "set_signal_limits", **SIGNALS, "dark": {"bad": "4 %"}}, "dark.good: missing; add it"),
        ({"action": "set_signal_limits", "fall": SIGNALS["fall"]}, "liquid.bad: missing; add it"),
        (
            {"action": "set_signal_limits", **SIGNALS, "fall": {"bad": "21 %", "good": "1 %"}},
            "fall.bad: '21 %' must be at most 2000",
        ),
        ({"action": "set_order", **ORDER, "id": "65"}, "id: '65' must be at most 64"),
        (
            {"action": "set_order", **ORDER, "state": "stress"},
            "state: remove it (when price, move deallocate)",
        ),
        ({"action": "set_order", **TRIM, "most": "5 USDC"}, "most: remove it (when state, move trim)"),
        ({"action": "remove_order", "id": "0"}, "id: '0' must be at least 1"),
        ({"action": "defund_bounties", "receiver": SOMEBODY, "assets": "0 USDC"}, "assets: '0 USDC' must be"),
    ],
)
def test_parse__wrong_field__named(deployed: Deployed, content: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        actions.parse(deployed.site, content, folder=EXAMPLE.parent)
    assert any(problem.startswith(message) for problem in caught.value.problems), caught.value.problems


@pytest.mark.parametrize("strategy", ["aave", "0", "256", "-1"])
def test_calls__unknown_strategy__known_ones_named(deployed: Deployed, strategy: str) -> None:
    action = actions.parse(deployed.site, {"action": "retire", "strategy": strategy})
    with pytest.raises(
        ConfigInvalid, match=r"strategy: no strategy '.*'; known are morpho, solmate, snekmate"
    ):
        action.calls(deployed.site)


@pytest.mark.parametrize("group", ["pools", "0", "32", "-1"])
def test_calls__unknown_group__known_ones_named(deployed: Deployed, group: str) -> None:
    content = {"action": "cut_group", "group": group, "absolute": "0 USDC", "relative": "0 bps"}
    with pytest.raises(ConfigInvalid, match=r"group: no group '.*'; known are lending, same_liquidity, or"):
        actions.parse(deployed.site, content).calls(deployed.site)
    order = ON_GROUP | {"watched": group}
    with pytest.raises(ConfigInvalid, match="group: no group"):
        actions.parse(deployed.site, {"action": "set_order", **order}).calls(deployed.site)


def test_set_mandate__policy__a_contract_or_refused(deployed: Deployed) -> None:
    content = {"action": "set_mandate", **MANDATE, "policy": SOMEBODY}
    with pytest.raises(ConfigInvalid, match=f"policy: no contract at {SOMEBODY}, so every allocation would"):
        actions.parse(deployed.site, content).calls(deployed.site)
    content["policy"] = deployed.at("Lens")
    (call,) = actions.parse(deployed.site, content).calls(deployed.site)
    assert f"policy={deployed.at('Lens')}" in call.what


def test_from_words__sections_lists_and_values__as_in_yaml(tmp_path: Path) -> None:
    words = ["set_terms", "strategy=morpho", "terms.band=1 %", "terms.read_gas=5"]
    expected = {"action": "set_terms", "strategy": "morpho", "terms": {"band": "1 %", "read_gas": "5"}}
    assert actions.from_words(words) == expected
    assert actions.from_words(["x", "strategies=[a, b]"]) == {"action": "x", "strategies": ["a", "b"]}
    assert actions.from_words(["x", "members=[]"]) == {"action": "x", "members": []}
    with pytest.raises(ConfigInvalid, match="'morpho' is no field=value; write it like strategy=morpho"):
        actions.from_words(["retire", "morpho"])


def test_parse_all__empty_list__refused(deployed: Deployed) -> None:
    with pytest.raises(ConfigInvalid, match="lists no action; name at least one"):
        actions.parse_all(deployed.site, [], "queue.yaml")


def test_scheduling__operation_that_would_revert__refused_with_its_reason(deployed: Deployed) -> None:
    site = deployed.site
    call = site.call("Steward", "set_executor", SOMEBODY)
    over = site.call("Steward", "set_limits", (10**12, 51, 0, 0, 0, 0))
    with pytest.raises(OperationRefused, match=r"set_limits.* would fail: steward: entry_fee over 50"):
        governance.scheduling(site, [Operation((call, over), bytes(32))])


def test_operation_id__single_and_batch__as_the_timelock_hashes(deployed: Deployed) -> None:
    site, salt = deployed.site, b"\x05" * 32
    calls = (site.call("Sentinel", "wind_down"), site.call("Executor", "set_curator", SOMEBODY))
    single, batch = Operation(calls[:1], salt), Operation(calls, salt)
    arguments = [calls[0].to, 0, calls[0].data, bytes(32), salt]
    assert site.read("Timelock", "hash_operation", *arguments) == single.id
    targets, data = [call.to for call in calls], [call.data for call in calls]
    assert site.read("Timelock", "hash_operation_batch", targets, [0, 0], data, bytes(32), salt) == batch.id
    assert Operation(calls[:1], salt, batch=True).id != single.id
