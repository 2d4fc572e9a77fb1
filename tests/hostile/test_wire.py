"""Calldata put together as text is what an ABI encoder makes of the same values."""

from __future__ import annotations

from eth_abi import encode

from ganglion.devnet.abi import actor, call_data
from hostile import wire
from tests.treasury import INTENT, intent_of

AGENT, TARGET = actor("agent"), actor("target")
MOVES = [(1, -(2**255), 7), (2, 5, 0)]


def test_intent__any__is_encoded():
    told = wire.intent(AGENT, MOVES, 9, 8, nonce=7, sequence=6, relayer=TARGET, reason=5)
    values = intent_of(
        AGENT, MOVES, 9, 8, nonce=7, sequence=6, relayer=TARGET, reason=(5).to_bytes(32, "big")
    )
    assert told == call_data(f"execute({INTENT})", values)


def test_multi__calls_of_any_length__are_encoded():
    calls = [(TARGET, "0x1234abcd"), (AGENT, wire.call("trim(uint256)", 3)), (TARGET, "0x" + "ab" * 64)]
    values = [(target, bytes.fromhex(data[2:]), 0, False) for target, data in calls]
    assert wire.multi(calls) == call_data(wire.MULTI, values)


def test_results__of_a_multi__are_taken_apart():
    failure = bytes.fromhex(call_data("Error(string)", "executor: no moves")[2:])
    told = encode(["(bool,bytes)[]"], [[(True, b"\x01" * 33), (False, failure), (True, b"")]])
    found = wire.results("0x" + told.hex())
    assert [ok for ok, _ in found] == [True, False, True]
    assert found[0][1] == "01" * 33
    assert wire.reason(found[1][1]) == "executor: no moves"
    assert wire.reason(found[2][1]) == ""
