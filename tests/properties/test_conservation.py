"""Conservation: what the Vault's books say is there, and nobody is paid from nowhere.

Read from the chain after every step of random lists; the model only makes amounts plausible.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.strategy import Strategy
from tests.stateful.campaign import OPERATIONS
from tests.stateful.conftest import all_worlds  # noqa: F401
from tests.stateful.reactions import TREASURER
from tests.stateful.setups import SETUPS
from tests.stateful.trace import Observed, observe
from tests.stateful.world import HOLDERS, OPERATOR, WORLD

EXAMPLES = {"deep": 1_000, "ci": 80}.get(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"), 60)
WORLDS = st.integers(0, len(SETUPS) - 1)


def check_cash(seen: Observed) -> None:
    """Cash beyond idle and what leavers are owed changes by gifts and by their recovery only."""
    excess = seen.change("asset of vault") - seen.change("idle") - seen.change("owed")
    counted = seen.after["idle"] + seen.after["owed"]
    assert seen.after["asset of vault"] >= counted, "less cash than the ledger says"
    if seen.gives("asset") or seen.claims_for_vault():
        assert excess >= 0, "a gift took cash away"
    elif seen.step and seen.step.text.startswith("recover(asset"):
        assert excess <= 0, "a recovery brought cash"
    else:
        assert excess == 0, f"{excess} wei of cash without an owner"


def _listings(seen: Observed, strategy: Strategy) -> list[str]:
    """Labels of units that the ledger counts of a strategy, under all ids that it ever had."""
    ids = [position.id for position in seen.world.vault.positions if position.world is strategy]
    return [f"{kind} of strategy {number}" for number in ids for kind in ("units", "runoff")]


def check_units(seen: Observed) -> None:
    """The Vault owns the units of stayers and leavers; only a recovery makes the excess smaller."""
    for strategy in seen.world.strategies:
        name, listed = strategy.name, _listings(seen, strategy)
        counted = sum(seen.after[label] for label in listed)
        owned = seen.after[f"vault's units of {name}"]
        assert owned >= counted, f"{name}: {counted} units in the ledger, {owned} owned"
        excess = seen.change(f"vault's units of {name}") - sum(seen.change(label) for label in listed)
        recovered = seen.step is not None and seen.step.text.startswith(f"recover({name}")
        assert excess >= 0 or recovered, f"{name}: {-excess} units too many in the ledger"


def check_shares(seen: Observed) -> None:
    """Every share that appears or vanishes is a holder's, was given to the queue, or pays a fee."""
    changed = sum(seen.change(f"shares of {holder}") for holder in (*HOLDERS, "queue", TREASURER))
    held = seen.after["shares of queue"] >= seen.after["open shares"]
    assert held, "fewer shares in the queue than requests for them"
    assert seen.change("totalSupply") == changed, "shares of nobody"


def check_payments(seen: Observed) -> None:
    """Holders' balances change by steps of holders and operators only; only the world makes asset."""
    if seen.sender not in (*HOLDERS, OPERATOR):
        for kind in ("asset", "shares", "unlock"):
            for holder in HOLDERS:
                assert seen.change(f"{kind} of {holder}") == 0, f"{holder} was touched"
    if seen.sender != WORLD:
        names = ("vault", "queue", *HOLDERS, *(strategy.name for strategy in seen.world.strategies))
        assert sum(seen.change(f"asset of {name}") for name in names) <= 0, "asset out of nothing"


def check_bounds(seen: Observed) -> None:
    """The prices stand in order, above what is in cash."""
    assert seen.after["idle"] <= seen.after["lo"] <= seen.after["hi"], "prices out of order"


def check_claims(seen: Observed) -> None:
    """What leavers can claim is there; what is claimed and pending of a request is all of it."""
    words = seen.after
    claims = sum(words[label] for label in words if label.startswith("assets of ") and " in " in label)
    assert claims <= words["owed"], f"{claims} wei can be claimed, {words['owed']} are owed"
    for label in words:
        if label.startswith("requested of "):
            stake = label.removeprefix("requested of ")
            parts = sum(words[f"{part} of {stake}"] for part in ("pending", "claimable", "claimed"))
            assert parts == words[label], f"{stake}: {parts} of {words[label]} shares"


CHECKS = (check_cash, check_units, check_shares, check_payments, check_bounds, check_claims)


@settings(max_examples=EXAMPLES)
@given(number=WORLDS, operations=OPERATIONS)
def test_conservation__any_operations__books_are_covered(all_worlds, number, operations):  # noqa: F811
    for seen in observe(all_worlds[number], operations):
        for check in CHECKS:
            check(seen)


TAMPERED = {
    check_cash: {"asset of vault": 1},
    check_units: {"units of strategy 1": 1},
    check_shares: {"totalSupply": -1},
    check_payments: {"asset of leaver": 1},
    check_bounds: {"hi": -(10**30)},
    check_claims: {"owed": -(10**30)},
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check__tampered_reading__is_noticed(all_worlds, check):  # noqa: F811
    world = all_worlds[1]
    words = dict(zip(world.labels, world.expected(), strict=True))
    seen = Observed(world, None, words, words)
    check(seen)
    wrong = {label: words[label] + by for label, by in TAMPERED[check].items()}
    with pytest.raises(AssertionError):
        check(replace(seen, after=words | wrong))
