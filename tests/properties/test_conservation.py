"""Conservation: what the Vault's books say is there, and nobody is paid from nowhere.

Read from the chain after every step of random lists; the model only makes amounts plausible.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stateful.campaign import OPERATIONS
from tests.stateful.conftest import all_worlds  # noqa: F401
from tests.stateful.setups import SETUPS
from tests.stateful.trace import Observed, observe
from tests.stateful.world import HOLDERS, WORLD

EXAMPLES = {"deep": 1_000, "ci": 80}.get(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"), 60)
WORLDS = st.integers(0, len(SETUPS) - 1)


def check_cash(seen: Observed) -> None:
    """Cash beyond idle changes by gifts and by their recovery only."""
    excess = seen.change("asset of vault") - seen.change("idle")
    assert seen.after["asset of vault"] >= seen.after["idle"], "less cash than the ledger says"
    if seen.gives("asset"):
        assert excess >= 0, "a gift took cash away"
    elif seen.step and seen.step.text.startswith("recover(asset"):
        assert excess <= 0, "a recovery brought cash"
    else:
        assert excess == 0, f"{excess} wei of cash without an owner"


def check_units(seen: Observed) -> None:
    """The Vault owns the units of its ledger; only a recovery makes the excess smaller."""
    for name in (strategy.name for strategy in seen.world.strategies):
        owned, counted = seen.after[f"vault's units of {name}"], seen.after[f"units of {name}"]
        assert owned >= counted, f"{name}: {counted} units in the ledger, {owned} owned"
        excess = seen.change(f"vault's units of {name}") - seen.change(f"units of {name}")
        recovered = seen.step is not None and seen.step.text.startswith(f"recover({name}")
        assert excess >= 0 or recovered, f"{name}: {-excess} units too many in the ledger"


def check_shares(seen: Observed) -> None:
    """Every share that appears or vanishes is a holder's."""
    changed = sum(seen.change(f"shares of {holder}") for holder in HOLDERS)
    assert seen.change("totalSupply") == changed, "shares of nobody"


def check_payments(seen: Observed) -> None:
    """Holders' balances change by holders' steps only, and a step that is not the world's makes no asset."""
    if seen.sender not in HOLDERS:
        for kind in ("asset", "shares", "unlock"):
            for holder in HOLDERS:
                assert seen.change(f"{kind} of {holder}") == 0, f"{holder} was touched"
    if seen.sender != WORLD:
        names = ("vault", *HOLDERS, *(strategy.name for strategy in seen.world.strategies))
        assert sum(seen.change(f"asset of {name}") for name in names) <= 0, "asset out of nothing"


def check_bounds(seen: Observed) -> None:
    """The prices stand in order, above what is in cash."""
    assert seen.after["idle"] <= seen.after["lo"] <= seen.after["hi"], "prices out of order"


CHECKS = (check_cash, check_units, check_shares, check_payments, check_bounds)


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
