from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak

from ganglion.deployment import ConfigInvalid, config
from ganglion.deployment.fields import read_yaml

from .stage import EXAMPLE, changed, example, example_treasury, parsed

HASH = "0x" + "ab" * 32
OTHER = "0x000000000000000000000000000000000000dEaD"
AGENT = "0x976EA74026E726554dB657fA54763abd0C3a0aa9"
NOBODY = "0x" + "0" * 40
LONG_LIST = [dict(example()["strategies"][0], name=f"s{i}") for i in range(11)]
MANY_GROUPS = [dict(example()["groups"][0], name=f"g{i}") for i in range(32)]


def test_load__example__exact_integers() -> None:
    treasury = example_treasury()
    assert treasury.vault.seed == 100_000_000
    assert treasury.timelock.delay == 172_800
    assert treasury.limits.words() == (20_000_000_000_000, 0, 3_600, 100, 5, 500)
    assert treasury.limits.words(deposit_cap=0)[0] == 0
    assert treasury.strategies[1].terms.words() == (60_000, 300_000, False, 2_000, 10, 100)
    assert treasury.strategies[2].cap.absolute == 2_000_000_000_000
    assert treasury.identifiers == {"morpho": 1, "solmate": 2, "snekmate": 3}
    document = keccak((EXAMPLE.parent / "mandate.md").read_bytes())
    budgets = (6_000_000_000_000, 5_000_000_000, 2_000_000_000, 86_400, 1_830_297_599, 86_400, NOBODY)
    assert treasury.mandates[0].words(treasury.identifiers) == (3, 0b1110, *budgets, document)
    assert treasury.strategies[0].inflow.words() == (3_000_000_000_000, 86_400)
    assert treasury.strategies[1].inflow is None
    assert treasury.numbers == {"lending": 1, "same_liquidity": 2}
    words = [group.words(treasury.identifiers) for group in treasury.groups]
    assert words == [(0b110, 7_000_000_000_000, 6_500), (0b1100, 6_000_000_000_000, 5_200)]


def test_load__example__reactions_in_exact_integers() -> None:
    treasury = example_treasury()
    assert treasury.sentinel.limits() == [[300, 50], [800, 2_000], [20_000, 10_000], [500, 100], [500, 100]]
    assert treasury.sentinel.silence == 5_184_000
    document = keccak((EXAMPLE.parent / "reflexes.md").read_bytes())
    budgets = (0, 20_000_000_000, 0, 86_400, 4_294_967_295, 0, NOBODY)
    assert treasury.reflexes.mandate(treasury.identifiers) == (2, 0b1110, *budgets, document)
    assert treasury.fees.words() == (0, 0, NOBODY)


def test_parse__no_groups_inflow_heartbeat_or_policy__the_defaults() -> None:
    content = example()
    del content["groups"]
    for strategy in content["strategies"]:
        strategy.pop("inflow", None)
    del content["mandates"][0]["heartbeat"]
    treasury = parsed(content)
    assert (treasury.groups, treasury.numbers, len(treasury.orders)) == ([], {}, 15)
    assert [strategy.inflow for strategy in treasury.strategies] == [None] * 3
    assert treasury.mandates[0].words(treasury.identifiers)[7:9] == (0, NOBODY)
    assert config.parse(treasury.canonical()) == treasury


def test_parse__policy__in_the_words_of_the_mandate() -> None:
    treasury = parsed(changed("mandates.0.policy", OTHER))
    assert treasury.mandates[0].words(treasury.identifiers)[8] == OTHER
    assert config.parse(treasury.canonical()) == treasury


def test_parse__no_sentinel_and_no_fees__the_defaults() -> None:
    content = changed("sentinel", None)
    del content["fees"]
    assert parsed(content).sentinel == example_treasury().sentinel
    assert parsed(content).fees == example_treasury().fees


def test_canonical__parsed_again__same_treasury() -> None:
    treasury = example_treasury()
    assert config.parse(treasury.canonical()) == treasury


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("chain_id", "one", "chain_id: 'one' is not a whole number"),
        ("chain_id", None, "chain_id: missing; add it"),
        ("asset.address", "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "asset.address: '0xa0b8"),
        ("asset.address", "0x" + "0" * 40, "asset.address: the zero address"),
        ("asset.decimals", "19", "asset.decimals: '19' must be at most 18"),
        ("asset.decimals", "5", "asset.decimals: '5' must be at least 6"),
        ("asset.symbol", "", "asset.symbol: "),
        ("asset", None, "asset.address: missing; add it"),
        ("vault.name", "A name of twenty-six chars", "vault.name: "),
        ("vault.symbol", "SIXLET", "vault.symbol: "),
        ("vault.epoch", "59 minutes", "vault.epoch: '59 minutes' must be at least 3600"),
        ("vault.epoch", "8 days", "vault.epoch: '8 days' must be at most 604800"),
        ("vault.epoch", "86400", "vault.epoch: '86400' is not a number with its unit"),
        ("vault.epoch", "1 fortnight", "vault.epoch: '1 fortnight' has no unit of time"),
        ("vault.seed", "100", "vault.seed: '100' is not a number with its unit"),
        ("vault.seed", "100 DAI", "vault.seed: '100 DAI' is not in USDC"),
        ("vault.seed", "0.0000001 USDC", "vault.seed: '0.0000001 USDC' is not a whole number of wei"),
        ("vault.seed", "999 wei", "vault.seed: '999 wei' must be at least 1000"),
        ("vault.seed", "-5 USDC", "vault.seed: '-5 USDC' is not a number with its unit"),
        ("vault.sede", "1 USDC", "vault.sede: unknown field; did you mean seed?"),
        ("timelock.delay", "10 minutes", "timelock.delay: '10 minutes' must be at least 3600"),
        ("timelock.delay", "31 days", "timelock.delay: "),
        ("safe.threshold", "1", "safe.threshold: '1' must be at least 2"),
        ("safe.threshold", "4", "safe: give address, or at least as many owners as threshold"),
        ("safe.address", OTHER, "safe: give either address, or owners and threshold"),
        ("safe.owners.1", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "safe.owners: an owner stands twice"),
        ("guardians", [], "guardians: must have entries, at least 1"),
        ("guardians", [OTHER, OTHER], "guardians: a guardian stands twice"),
        ("guardians.0", "guardian", "guardians[0]: 'guardian' is not a checksummed address"),
        ("curator", None, "curator: missing; add it"),
        ("limits.deposit_cap", "0 USDC", "limits.deposit_cap: '0 USDC' must be over 0"),
        ("limits.deposit_cap", "1_234_567 USDC", "limits.deposit_cap: 1234567000000 wei has more than six"),
        ("limits.deposit_cap", "1e9 USDC", "limits.deposit_cap: '1e9 USDC' is not"),
        ("limits.entry_fee", "51 bps", "limits.entry_fee: '51 bps' must be at most 50"),
        ("limits.entry_fee", "0.001 %", "limits.entry_fee: '0.001 %' is not a whole number of bps"),
        ("limits.entry_fee", "5", "limits.entry_fee: '5' is not a number with its unit"),
        ("limits.hold", "8 days", "limits.hold: "),
        ("limits.petty_share", "1001 bps", "limits.petty_share: '1001 bps' must be at most 1000"),
        ("limits.petty_fee", "1001 bps", "limits.petty_fee: '1001 bps' must be at most 1000"),
        ("limits.petty_fee", "0 bps", "limits.petty_fee: 0 bps while petty_share is not"),
        ("limits.idle_floor", "10_001 bps", "limits.idle_floor: '10_001 bps' must be at most 10000"),
        ("limits.idle_floor", "5 percent", "limits.idle_floor: '5 percent' is neither in bps nor in %"),
        ("strategies", LONG_LIST, "strategies: must have entries, at most 10"),
        ("strategies", [], "strategies: must have entries, at least 1"),
        ("strategies.1.name", "morpho", "strategies: a name stands twice: morpho"),
        ("strategies.1.name", "Morpho Blue", "strategies[1].name: "),
        ("strategies.0.ceiling", "2 USDC", "strategies[0]: cap.absolute is over the ceiling"),
        (
            "strategies.0.cap.relative",
            "10_001 bps",
            "strategies[0].cap.relative: '10_001 bps' must be at most 10000",
        ),
        (
            "strategies.0.terms.read_gas",
            "150_500",
            "strategies[0].terms.read_gas: '150_500' must be a multiple of 1000",
        ),
        ("strategies.0.terms.read_gas", "0", "strategies[0].terms.read_gas: '0' must be over 0"),
        (
            "strategies.0.terms.write_gas",
            "15_000_000",
            "terms.write_gas: '15_000_000' must be at most 14000000",
        ),
        ("strategies.0.terms.write_gas", "12_000_000", "strategies: read_gas and write_gas of all"),
        ("strategies.0.terms.charges_on_exit", "no", "terms.charges_on_exit: 'no' is not a switch"),
        ("strategies.0.terms.max_rate", "65_536 bps", "terms.max_rate: '65_536 bps' must be at most 65535"),
        ("strategies.0.terms.tolerance", "10_001 bps", "terms.tolerance: '10_001 bps' must be at most 10000"),
        ("strategies.0.terms.band", "10_001 bps", "terms.band: '10_001 bps' must be at most 10000"),
        ("sentinel.silence", "6 days", "sentinel.silence: '6 days' must be at least 604800"),
        ("sentinel.silence", "366 days", "sentinel.silence: '366 days' must be at most 31536000"),
        ("sentinel.fall.bad", "49 bps", "sentinel.fall.bad: '49 bps' must be at least 50"),
        ("sentinel.fall.bad", "2001 bps", "sentinel.fall.bad: '2001 bps' must be at most 2000"),
        ("sentinel.fall.good", "9 bps", "sentinel.fall.good: '9 bps' must be at least 10"),
        ("sentinel.fall.good", "1001 bps", "sentinel.fall.good: '1001 bps' must be at most 1000"),
        ("sentinel.fall.good", "300 bps", "sentinel.fall: good (300 bps) must lie under bad (300 bps)"),
        ("sentinel.liquid.bad", "99 bps", "sentinel.liquid.bad: '99 bps' must be at least 100"),
        ("sentinel.liquid.bad", "5001 bps", "sentinel.liquid.bad: '5001 bps' must be at most 5000"),
        ("sentinel.liquid.good", "199 bps", "sentinel.liquid.good: '199 bps' must be at least 200"),
        ("sentinel.liquid.good", "9001 bps", "sentinel.liquid.good: '9001 bps' must be at most 9000"),
        ("sentinel.liquid.good", "700 bps", "sentinel.liquid: good (700 bps) must lie over bad (800 bps)"),
        ("sentinel.age.bad", "9_999 bps", "sentinel.age.bad: '9_999 bps' must be at least 10000"),
        ("sentinel.age.bad", "60_001 bps", "sentinel.age.bad: '60_001 bps' must be at most 60000"),
        ("sentinel.age.good", "999 bps", "sentinel.age.good: '999 bps' must be at least 1000"),
        ("sentinel.age.good", "30_001 bps", "sentinel.age.good: '30_001 bps' must be at most 30000"),
        ("sentinel.dark.bad", "49 bps", "sentinel.dark.bad: '49 bps' must be at least 50"),
        ("sentinel.dark.bad", "3001 bps", "sentinel.dark.bad: '3001 bps' must be at most 3000"),
        ("sentinel.dark.good", "0 bps", "sentinel.dark.good: '0 bps' must be at least 1"),
        ("sentinel.short.good", "1001 bps", "sentinel.short.good: '1001 bps' must be at most 1000"),
        ("sentinel.short.bad", "60 bps", "sentinel.short: good (100 bps) must lie under bad (60 bps)"),
        ("sentinel.shrt", {}, "sentinel.shrt: unknown field; did you mean short?"),
        ("reflexes", None, "reflexes: missing; add it"),
        ("reflexes.loss", None, "reflexes.loss: missing; add it"),
        ("reflexes.window", "0 seconds", "reflexes.window: '0 seconds' must be at least 1"),
        ("reflexes.document", {"file": "gone.md"}, "reflexes.document: gone.md cannot be read"),
        ("reflexes.usual", None, "reflexes: give either usual, or a list of orders"),
        ("reflexes.orders", [], "reflexes: give either usual, or a list of orders"),
        ("reflexes.usual.price", "10_000 bps", "reflexes.usual.price: '10_000 bps' must be at most 9999"),
        ("reflexes.usual.least", "0 USDC", "reflexes.usual.least: '0 USDC' must be at least 1"),
        ("reflexes.usual.most", "9_999 USDC", "reflexes.usual.most: 9999000000 wei is under least"),
        ("reflexes.usual.least", None, "reflexes.usual.least: missing; add it"),
        (
            "reflexes.usual.max_loss",
            "10_000 USDC",
            "reflexes.usual.max_loss: 10000000000 wei is not under least",
        ),
        (
            "reflexes.usual.cooldown",
            "59 minutes",
            "reflexes.usual.cooldown: '59 minutes' must be at least 3600",
        ),
        ("reflexes.usual.cooldown", "31 days", "reflexes.usual.cooldown: '31 days' must be at most 2592000"),
        ("fees", {"management": "201 bps"}, "fees.management: '201 bps' must be at most 200"),
        ("fees", {"performance": "2001 bps"}, "fees.performance: '2001 bps' must be at most 2000"),
        ("fees", {"performance": "1 bps"}, "fees: receiver is missing while there is a fee"),
        ("fees", {"receiver": "0x" + "0" * 40}, "fees.receiver: the zero address"),
        ("mandates.0.agent", "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65", "is guardians[0] too"),
        ("mandates.0.permissions", [], "mandates[0].permissions: must have entries, at least 1"),
        (
            "mandates.0.permissions",
            ["allocate", "allocate"],
            "mandates[0].permissions: an entry stands twice",
        ),
        ("mandates.0.heartbeat", "366 days", "mandates[0].heartbeat: '366 days' must be at most 31536000"),
        ("mandates.0.heartbeat", "1", "mandates[0].heartbeat: '1' is not a number with its unit"),
        ("mandates.0.policy", "policy", "mandates[0].policy: 'policy' is not a checksummed address"),
        ("mandates.0.policy", NOBODY, "mandates[0].policy: the zero address"),
        (
            "mandates.0.flow",
            "6_000_000.000001 USDC",
            "mandates[0].flow: 6000000000001 wei has more digits than a mandate keeps, twelve; "
            "the nearest is 6_000_000 USDC",
        ),
        (
            "mandates.0.flow",
            "1_099_512.000006 USDC",
            "twelve; the nearest is 1_099_512.00001 USDC",
        ),
        ("reflexes.loss", "1234567890123456 wei", "reflexes.loss: 1234567890123456 wei has more digits"),
        (
            "mandates.0.flow",
            f"{2**100} wei",
            f"mandates[0].flow: '{2**100} wei' must be under {2**100}",
        ),
        ("strategies.0.inflow", {"limit": "1 USDC"}, "strategies[0].inflow.window: missing; add it"),
        ("strategies.0.inflow.window", "0 seconds", "inflow.window: '0 seconds' must be at least 1"),
        ("strategies.0.inflow.window", "195 days", "inflow.window: '195 days' must be under 16777216"),
        ("strategies.0.inflow.limit", f"{2**100} wei", f"inflow.limit: '{2**100} wei' must be under"),
        ("groups.0.name", "Lending", "groups[0].name: 'Lending' must match"),
        ("groups.0.name", "same_liquidity", "groups: a name stands twice: same_liquidity"),
        ("groups.0.members", [], "groups[0].members: must have entries, at least 1"),
        ("groups.0.members", ["morpho", "morpho"], "groups[0].members: a member stands twice: morpho"),
        ("groups.1.members", ["aave"], "groups[1].members: no strategy aave; known are morpho"),
        ("groups.0.relative", "101 %", "groups[0].relative: '101 %' must be at most 10000"),
        ("groups.0.absolute", None, "groups[0].absolute: missing; add it"),
        ("groups", MANY_GROUPS, "groups: must have entries, at most 31"),
        ("groups.0.member", [], "groups[0].member: unknown field; did you mean members?"),
        ("reflexes.usual.group", "10_000 bps", "reflexes.usual.group: '10_000 bps' must be at most 9999"),
        ("mandates.0.permissions", ["withdraw"], "mandates[0].permissions[0]: 'withdraw'"),
        ("mandates.0.strategies", ["aave"], "mandates[0].strategies: no strategy aave; known are morpho"),
        ("mandates.0.max_loss", "5_001 USDC", "mandates[0].max_loss: over loss"),
        ("mandates.0.window", "366 days", "mandates[0].window: "),
        (
            "mandates.0.expires",
            "2027-12-31",
            "mandates[0].expires: '2027-12-31' is not a whole second in UTC",
        ),
        (
            "mandates.0.expires",
            "2106-02-07T06:28:16Z",
            "mandates[0].expires: '2106-02-07T06:28:16Z' lies outside what the contracts store",
        ),
        ("mandates.0.expires", "soon", "mandates[0].expires: 'soon' is not a date and time"),
        ("mandates.0.document", {"file": "gone.md"}, "mandates[0].document: gone.md cannot be read"),
        ("mandates.0.document", {"path": "mandate.md"}, "mandates[0].document: name one file"),
        ("mandates.0.document", "0xAB", "mandates[0].document: '0xAB' is not a hash"),
    ],
)
def test_parse__one_field_wrong__named_with_remedy(path: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parsed(changed(path, value))
    assert caught.value.source == "treasury.yaml"
    assert any(message in problem for problem in caught.value.problems), caught.value.problems


def test_parse__several_fields_wrong__all_named() -> None:
    content = changed("vault.epoch", "soon")
    content["limits"]["hold"] = "8 days"
    content["colour"] = "red"
    with pytest.raises(ConfigInvalid) as caught:
        parsed(content)
    named = [problem.split(":")[0] for problem in caught.value.problems]
    assert named == ["vault.epoch", "limits.hold", "colour"]


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("1_000_000 USDC", "vault.seed", 10**12),
        ("1000000.000001 USDC", "vault.seed", 10**12 + 1),
        ("12345 wei", "vault.seed", 12_345),
        ("2 hours", "vault.epoch", 7_200),
        ("1.5 days", "vault.epoch", 129_600),
        ("0.25 %", "limits.entry_fee", 25),
        ("25 bps", "limits.entry_fee", 25),
    ],
)
def test_parse__quantity_with_unit__exact(text: str, field: str, expected: int) -> None:
    section, name = field.split(".")
    assert getattr(getattr(parsed(changed(field, text)), section), name) == expected


def test_parse__existing_safe_and_given_hash__accepted() -> None:
    content = changed("safe", {"address": OTHER})
    content["mandates"][0]["document"] = HASH
    treasury = parsed(content)
    assert treasury.safe.address == OTHER
    assert treasury.mandates[0].document == HASH


def test_parse__no_mapping__start_from_the_example() -> None:
    with pytest.raises(ConfigInvalid, match=r"is empty or no mapping; start from examples/treasury\.yaml"):
        config.parse(None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "field 'a' again in line 2"),
        ("a: [1\n", "is not YAML"),
        ("? [a]\n: 1\n", "is no field name"),
    ],
)
def test_read_yaml__unsound__refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "treasury.yaml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid, match=message):
        read_yaml(file)


def test_read_yaml__missing__names_the_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"gone\.yaml:\n  cannot be read: No such file"):
        read_yaml(tmp_path / "gone.yaml")


def test_read_yaml__address_and_no__stay_text(tmp_path: Path) -> None:
    file = tmp_path / "treasury.yaml"
    file.write_text(f"a: {AGENT}\nb: no\nc: 010\n")
    assert read_yaml(file) == {"a": AGENT, "b": "no", "c": "010"}
