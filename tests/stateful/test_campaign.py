"""Vault and Executor against the integer model: answers, refusals, measured amounts, and all state."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from hypothesis import given, settings

from tests.model.position import Status
from tests.stateful.campaign import MAX_STEPS, OPERATIONS, run
from tests.stateful.operations import LIMIT
from tests.stateful.setups import SETUPS

EXAMPLES = {"deep": 1_500, "ci": 100}.get(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"), 75)
SURVEYED = 240  # lists

# Every refusal of the Vault that holders, agents and guardians can meet without a transaction short of gas.
CODES = (1, 3, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 25, 26, 28, 30)
MET = frozenset(f"vault: {code}" for code in CODES)
CALLS = (
    *(
        "deposit",
        "mint",
        "withdraw",
        "redeem",
        "redeem_slice",
        "transfer",
        "allocate",
        "deallocate",
        "execute",
    ),
    *("poke", "write_down", "list_strategy", "recover", "set_limits", "set_terms", "revoke", "cut"),
)


@pytest.mark.parametrize("index", range(len(SETUPS)), ids=[setup.name for setup in SETUPS])
@settings(max_examples=EXAMPLES)
@given(operations=OPERATIONS)
def test_campaign__any_operations__chain_and_model_agree(all_worlds, index, operations):
    run(all_worlds[index], operations)


def test_campaign__survey__reaches_every_refusal_and_every_call(all_worlds):
    source, reasons, done, health = random.Random(20), Counter(), Counter(), set()
    for number in range(SURVEYED):
        world = all_worlds[number % len(all_worlds)]
        operations = [source.randrange(LIMIT) for _ in range(MAX_STEPS)]
        for step in run(world, operations):
            reasons[step.reason] += 1
            done[step.text.partition("(")[0]] += step.ok
        health |= {position.status for position in world.vault.positions}
    assert set(reasons) >= MET, f"never met: {sorted(MET - set(reasons))}"
    assert [call for call in CALLS if not done[call]] == []
    assert health == set(Status)
