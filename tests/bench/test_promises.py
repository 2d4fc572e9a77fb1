"""What promises cost is measured on intents that do the same, and against contracts that really lack them."""

from __future__ import annotations

import json

import pytest

from bench import less
from bench.__main__ import GAS
from bench.promises import BUDGETS, JOURNAL, PROMISES, _one_move
from bench.scenario import AMOUNT, Hand, running
from ganglion.devnet.abi import event_topic
from tests.treasury import AGENT, STRANGER

BY_NAME = {operation.name: operation for operation in PROMISES}
JOURNALED = event_topic(
    "Journaled(uint256,uint256,address,bytes32,bytes32,bytes32,(uint256,int256,uint256,uint256)[],bytes32)"
)


@pytest.fixture(scope="module")
def scenario():
    with running(1, Hand.EXECUTOR) as settled:
        yield settled


def made(scenario, transaction):
    """Units that a transaction adds, its journal entries, and the receipt."""
    before = scenario.treasury.position(1)[0]
    receipt = scenario.mined(transaction)
    entries = [log for log in receipt["logs"] if log["topics"][0] == JOURNALED]
    return scenario.treasury.position(1)[0] - before, len(entries), receipt


def spent(scenario):
    types = ("uint256", "uint256")
    return scenario.rpc.read(scenario.treasury.executor, "flow_budget(address)", AGENT, returns=types)[1]


@pytest.mark.parametrize("name", BY_NAME)
def test_promise__kept__moves_what_an_intent_without_it_moves(scenario, name):
    with scenario.undone():
        plain = made(scenario, _one_move(scenario))
    with scenario.undone():
        BY_NAME[name].prepare(scenario)
        kept = made(scenario, BY_NAME[name].transaction(scenario))
    assert kept[:2] == plain[:2] == (plain[0], 1)
    assert plain[0] > 0


def test_execute_signed__as_measured__is_sent_by_a_relayer(scenario):
    with scenario.undone():
        BY_NAME["execute_signed"].prepare(scenario)
        *_, receipt = made(scenario, BY_NAME["execute_signed"].transaction(scenario))
    assert receipt["from"] == STRANGER.lower()


def test_journal__taken_out__leaves_the_move_and_no_entry(scenario):
    with scenario.undone():
        less.take_out(JOURNAL, scenario)
        units, entries, _ = made(scenario, _one_move(scenario))
        assert (units > 0, entries) == (True, 0)
        assert spent(scenario) >= AMOUNT


def test_budgets__taken_out__leave_the_move_and_charge_nothing(scenario):
    with scenario.undone():
        before = spent(scenario)
        less.take_out(BUDGETS, scenario)
        units, entries, _ = made(scenario, _one_move(scenario))
        assert (units > 0, entries) == (True, 1)
        assert spent(scenario) <= before


@pytest.mark.parametrize("count", ["1", "3", "10"])
def test_gas_json__promises__cost_something_and_less_than_a_move(count):
    figures = json.loads(GAS.read_text())[count]
    costs = {name: figures[name] for name in BY_NAME if name.startswith("promise_")}
    assert len(costs) == len(BY_NAME) - 1
    assert all(0 < gas < 30_000 for gas in costs.values()), costs
    assert costs["promise_heartbeat"] < 1_000
