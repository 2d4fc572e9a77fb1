"""Standing orders of the configuration: the usual ones, listed ones, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.deployment import ConfigInvalid, config

from .stage import changed, example, example_treasury, parsed


def test_orders__usual__five_for_each_strategy() -> None:
    treasury = example_treasury()
    amounts = (10**10, 2**112 - 1, 5 * 10**9, 3_600, 25 * 10**6)
    assert [(order.name, treasury.order_words(order)) for order in treasury.orders[10:15]] == [
        ("snekmate_price", (1, 3, 300, 1, 3, *amounts)),
        ("snekmate_liquidity", (2, 3, 1_000, 1, 3, *amounts)),
        ("snekmate_idle", (4, 0, 200, 1, 3, *amounts)),
        ("snekmate_state", (8, 0, 2, 1, 3, *amounts)),
        ("snekmate_trim", (4, 0, 10_000, 2, 3, 1, 1, 0, 3_600, 25 * 10**6)),
    ]
    targets = [order.target for order in treasury.orders[:15]]
    assert targets == 5 * ["morpho"] + 5 * ["solmate"] + 5 * ["snekmate"]


def test_orders__usual_with_group__one_for_each_member_over_its_relative_cap() -> None:
    treasury = example_treasury()
    amounts = (10**10, 2**112 - 1, 5 * 10**9, 3_600, 25 * 10**6)
    assert [(order.name, treasury.order_words(order)) for order in treasury.orders[15:]] == [
        ("morpho_lending", (16, 1, 7_500, 1, 1, *amounts)),
        ("solmate_lending", (16, 1, 7_500, 1, 2, *amounts)),
        ("solmate_same_liquidity", (16, 2, 6_200, 1, 2, *amounts)),
        ("snekmate_same_liquidity", (16, 2, 6_200, 1, 3, *amounts)),
    ]


@pytest.mark.parametrize(
    ("rate", "groups"),
    [
        (None, []),
        ("0 bps", []),
        ("34 %", ["lending", "same_liquidity"]),
        ("35 %", ["same_liquidity"]),
        ("48 %", []),
    ],
)
def test_orders__usual_group__left_out_where_nothing_could_be_over_it(
    rate: str | None, groups: list[str]
) -> None:
    orders = parsed(changed("reflexes.usual.group", rate)).orders[15:]
    assert sorted({order.watched for order in orders}) == groups


@pytest.mark.parametrize("rate", ["price", "liquidity", "idle"])
def test_orders__rate_of_0__left_out(rate: str) -> None:
    names = [order.name for order in parsed(changed(f"reflexes.usual.{rate}", "0 bps")).orders]
    assert len(names) == 16
    assert f"morpho_{rate}" not in names


LISTED = {
    "name": "dry",
    "when": "liquidity",
    "watched": "morpho",
    "threshold": "5 %",
    "move": "deallocate",
    "target": "solmate",
    "least": "2 USDC",
    "most": "2 USDC",
    "max_loss": "1 USDC",
    "cooldown": "1 day",
}


def listed(*orders: dict[str, Any]) -> dict[str, Any]:
    """The example with a list of orders in the place of the usual ones."""
    content = changed("reflexes.usual", None)
    content["reflexes"]["orders"] = list(orders)
    return content


def test_orders__listed__in_their_order() -> None:
    treasury = parsed(listed(LISTED, LISTED | {"name": "again", "bounty": "7 wei"}))
    words = (2, 1, 500, 1, 2, 2 * 10**6, 2 * 10**6, 10**6, 86_400)
    found = [treasury.order_words(order) for order in treasury.orders]
    assert found == [(*words, 0), (*words, 7)]
    assert config.parse(treasury.canonical()) == treasury
    assert parsed(listed()).orders == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Dry"}, "reflexes.orders[1].name: 'Dry' must match"),
        ({"name": "dry"}, "reflexes.orders[1].name: dry stands twice; rename one"),
        ({"when": "yield"}, "reflexes.orders[1].when: 'yield'"),
        ({"when": "idle"}, "reflexes.orders[1]: watched: remove it (when idle, move deallocate)"),
        ({"when": "state"}, "reflexes.orders[1]: watched: remove it (when state, move deallocate)"),
        (
            {"when": "state", "watched": None, "state": "stress"},
            "reflexes.orders[1]: threshold: remove it (when state, move deallocate)",
        ),
        (
            {"when": "state", "watched": None, "threshold": None, "state": "calm"},
            "reflexes.orders[1].state: 'calm'",
        ),
        ({"watched": None}, "reflexes.orders[1]: watched: missing; add it"),
        ({"when": "group"}, "reflexes.orders[1].watched: no group morpho; known are lending, same_liquidity"),
        ({"watched": "lending"}, "reflexes.orders[1].watched: no strategy lending; known are morpho"),
        (
            {"when": "group", "watched": None},
            "reflexes.orders[1]: watched: missing; add it (when group, move deallocate)",
        ),
        (
            {"when": "group", "watched": "lending", "threshold": "100 %"},
            "reflexes.orders[1]: threshold: no group holds more than 10000 bps of the whole; lower it",
        ),
        ({"watched": "aave"}, "reflexes.orders[1].watched: no strategy aave; known are morpho"),
        ({"target": "aave"}, "reflexes.orders[1].target: no strategy aave; known are morpho"),
        ({"threshold": None}, "reflexes.orders[1]: threshold: missing; add it"),
        ({"threshold": "0 bps"}, "reflexes.orders[1].threshold: '0 bps' must be at least 1"),
        (
            {"when": "price", "threshold": "10_000 bps"},
            "reflexes.orders[1]: threshold: no price falls by more than 10000 bps",
        ),
        ({"threshold": "101 %"}, "reflexes.orders[1].threshold: '101 %' must be at most 10000"),
        ({"move": "trim"}, "reflexes.orders[1]: most: remove it (when liquidity, move trim)"),
        ({"move": "sell"}, "reflexes.orders[1].move: 'sell'"),
        ({"most": None}, "reflexes.orders[1]: most: missing; add it"),
        ({"most": "1 USDC"}, "reflexes.orders[1]: least: 2000000 wei is over most, 1000000 wei"),
        ({"max_loss": "2 USDC"}, "reflexes.orders[1]: max_loss: 2000000 wei is not under least"),
        ({"least": "0 USDC"}, "reflexes.orders[1].least: '0 USDC' must be at least 1"),
        ({"cooldown": "1 minute"}, "reflexes.orders[1].cooldown: '1 minute' must be at least 3600"),
    ],
)
def test_parse__one_order_wrong__named_with_its_place(change: dict[str, Any], message: str) -> None:
    order = {key: value for key, value in (LISTED | {"name": "second"} | change).items() if value is not None}
    with pytest.raises(ConfigInvalid) as caught:
        parsed(listed(LISTED, order))
    assert any(message in problem for problem in caught.value.problems), caught.value.problems


def test_parse__65_orders__one_too_many() -> None:
    orders = [LISTED | {"name": f"order_{i}"} for i in range(65)]
    assert len(parsed(listed(*orders[:64])).orders) == 64
    with pytest.raises(ConfigInvalid, match=r"reflexes\.orders: must have entries, at most 64"):
        parsed(listed(*orders))


def test_orders__listed_on_a_group__its_number_is_watched() -> None:
    treasury = parsed(listed(LISTED | {"when": "group", "watched": "same_liquidity"}))
    assert treasury.order_words(treasury.orders[0])[:3] == (16, 2, 500)


def test_parse__usual_orders_of_many_groups__counted() -> None:
    content = example()
    group = content["groups"][0]
    content["groups"] = [group | {"name": f"group_{i}"} for i in range(25)]
    with pytest.raises(ConfigInvalid, match=r"reflexes\.usual: 65 orders follow, 64 at most"):
        parsed(content)
    content["groups"].pop()
    assert len(parsed(content).orders) == 63
