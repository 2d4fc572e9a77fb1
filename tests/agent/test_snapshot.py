"""The dataclasses are the structs of the ABI: names, order, types; and every value survives both ways."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import IntFlag
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from ganglion.agent import snapshot as sdk
from ganglion.agent.abi import LENS
from ganglion.agent.errors import Invalid, NodeError
from ganglion.agent.intent import Intent, Move
from ganglion.agent.snapshot import Snapshot
from ganglion.agent.structs import Journaled, Struct
from ganglion.devnet.abi import encode
from tools.abi import FOLDER

SIGNED = {"int256": "uint256"}  # a plain integer either way
UINT = st.integers(0, 2**256 - 1)


def outputs(contract: str, function: str) -> list[dict[str, Any]]:
    entries = json.loads((Path(FOLDER) / f"{contract}.json").read_text())
    return next(e for e in entries if e["type"] == "function" and e["name"] == function)["outputs"]


def abi_type(hint: Any) -> str:
    """The ABI type that a field of a dataclass stands for; integers are told apart by the ABI alone."""
    if get_origin(hint) is tuple:
        return abi_type(get_args(hint)[0]) + "[]"
    if isinstance(hint, type) and issubclass(hint, Struct):
        return "tuple"
    if hint is not ChecksumAddress and issubclass(hint, IntFlag):
        return "uint256"
    return {ChecksumAddress: "address", bool: "bool", int: "uint256", bytes: "bytes32", str: "string"}[hint]


def differences(kind: Any, components: list[dict[str, Any]], where: str) -> list[str]:
    """What a dataclass has otherwise than the struct."""
    hints = get_type_hints(kind)
    mine = [(each.name, abi_type(hints[each.name])) for each in fields(kind)]
    theirs = [
        (part["name"], part["type"].replace("int256", "uint256").replace("uu", "u")) for part in components
    ]
    found = [] if mine == theirs else [f"{where}: {mine} is not {theirs}"]
    for part in components:
        if part["type"].startswith("tuple"):
            hint = hints[part["name"]]
            inner = get_args(hint)[0] if get_origin(hint) is tuple else hint
            found += differences(inner, part["components"], f"{where}.{part['name']}")
    return found


@pytest.mark.parametrize(
    ("kind", "contract", "function"),
    [
        (Snapshot, "Lens", "observe"),
        (sdk.Verdict, "Lens", "preview"),
        (sdk.Mandate, "Executor", "mandate"),
        (sdk.Standing, "Executor", "standing"),
        (sdk.Budget, "Executor", "flow_budget"),
        (sdk.Cap, "Executor", "cap"),
        (sdk.Group, "Executor", "group"),
        (sdk.Inflow, "Executor", "inflow"),
    ],
)
def test_struct__is_that_of_the_abi(kind, contract, function):
    (answer,) = outputs(contract, function)
    assert differences(kind, answer["components"], kind.__name__) == []


@pytest.mark.parametrize("kind", [Move, Intent])
def test_arguments__are_those_of_execute(kind):
    entries = json.loads((Path(FOLDER) / "Executor.json").read_text())
    (intent,) = next(e for e in entries if e["name"] == "execute")["inputs"]
    moves = next(part for part in intent["components"] if part["name"] == "moves")
    wanted = intent if kind is Intent else moves
    assert differences(kind, wanted["components"], kind.__name__) == []


def test_journaled__is_the_event():
    entries = json.loads((Path(FOLDER) / "Executor.json").read_text())
    event = next(e for e in entries if e["name"] == "Journaled")
    assert differences(Journaled, event["inputs"], "Journaled") == []


def values(component: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Anything that an answer of this ABI type can hold."""
    kind = component["type"]
    if kind.endswith("[]"):
        return st.lists(values({**component, "type": kind[:-2]}, depth + 1), max_size=3).map(tuple)
    if kind == "tuple":
        return st.tuples(*(values(part, depth + 1) for part in component["components"]))
    if kind == "address":
        return st.binary(min_size=20, max_size=20).map(to_checksum_address)
    return {"uint256": UINT, "bool": st.booleans(), "bytes32": st.binary(min_size=32, max_size=32)}[kind]


def listed(value: Any) -> Any:
    """Tuples and lists alike."""
    return [listed(each) for each in value] if isinstance(value, tuple | list) else value


@given(st.data())
def test_observe__any_answer__survives_both_ways(data):
    (answer,) = outputs("Lens", "observe")
    drawn = data.draw(values(answer))
    (kind,) = LENS.functions["observe"].outputs
    snapshot = Snapshot.of_answer(encode([kind], [drawn]))
    assert listed(snapshot.as_tuple()) == listed(drawn)
    assert json.loads(json.dumps(snapshot.as_dict()))["totals"]["lo"] == snapshot.totals.lo


@given(st.binary(max_size=4_000))
def test_observe__bytes_that_are_no_snapshot__are_an_error_of_the_node(answer):
    with pytest.raises(NodeError):
        Snapshot.of_answer(answer)


def test_of__another_number_of_fields__is_an_error_of_the_node():
    with pytest.raises(NodeError, match="3 fields, and Budget has 2"):
        sdk.Budget.of((1, 2, 3))


def test_left__never_below_0():
    assert (sdk.Budget(10, 4).left, sdk.Budget(10, 11).left) == (6, 0)
    assert (sdk.Inflow(10, 60, 4).left, sdk.Inflow(10, 60, 11).left, sdk.Inflow(0, 0, 0).left) == (6, 0, None)


def test_mandate__allows__by_bit():
    mandate = sdk.Mandate(sdk.Permission(3), 0b1010, 1, 1, 1, 1, 1, 0, sdk.ZERO_ADDRESS, bytes(32))
    assert [identifier for identifier in range(300) if mandate.allows(identifier)] == [1, 3]


def agent(*, permissions=3, expiry=1_000, heartbeat=0, seen=0, silent=False) -> sdk.Agent:
    mandate = sdk.Mandate(
        sdk.Permission(permissions), 2, 1, 1, 1, 1, expiry, heartbeat, sdk.ZERO_ADDRESS, bytes(32)
    )
    standing = sdk.Standing(bytes(32), 0, seen, silent)
    return sdk.Agent(sdk.ZERO_ADDRESS, mandate, standing, sdk.Budget(0, 0), sdk.Budget(0, 0))


def test_may_allocate__until_expiry_and_silence():
    assert agent().may_allocate(1_000)
    assert not agent().may_allocate(1_001)
    assert not agent(permissions=2).may_allocate(0)
    assert not agent(silent=True).may_allocate(0)
    late = agent(heartbeat=60, seen=100)
    assert (late.may_allocate(160), late.may_allocate(161)) == (True, False)


def test_strategy_and_group__unknown__name_those_that_are_there():
    (answer,) = outputs("Lens", "observe")
    empty = {"uint256": 0, "bool": False, "bytes32": bytes(32), "address": sdk.ZERO_ADDRESS}

    def zero(part: dict[str, Any]) -> Any:
        if part["type"].endswith("[]"):
            return [zero({**part, "type": "tuple"})]
        return [zero(each) for each in part["components"]] if part["type"] == "tuple" else empty[part["type"]]

    snapshot = Snapshot.of(zero(answer))
    assert snapshot.strategy(0).exposure == 0
    assert snapshot.group(0).room == 0
    with pytest.raises(Invalid, match="id 4; live: 0"):
        snapshot.strategy(4)
    with pytest.raises(Invalid, match="group 7 has no members"):
        snapshot.group(7)
