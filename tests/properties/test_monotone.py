"""Monotony: no holder's step lowers the share price, no gift moves anything, time and pokes only open things.

Read from the chain after every step of random lists; the model only makes amounts plausible.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.arithmetic import BPS, DAY, DUST, YEAR
from tests.model.position import Status
from tests.stateful.campaign import OPERATIONS, plan
from tests.stateful.conftest import all_worlds  # noqa: F401
from tests.stateful.setups import SETUPS
from tests.stateful.trace import Observed, observe
from tests.stateful.world import AGENTS, HOLDERS, OPERATOR, STRANGER

EXAMPLES = {"deep": 1_000, "ci": 80}.get(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"), 60)
WORLDS = st.integers(0, len(SETUPS) - 1)
RUNOFF = ("runoff", "unsynced", "coverage")
PRICED = ("lo", "hi", "veto", "idle", "totalSupply", "maxDeposit", "maxMint", "maxWithdraw", "maxRedeem")
ROUNDING = 1  # wei a strategy that a step of a holder may cost the stayers


def _price_floor(seen: Observed) -> int:
    """The least ``lo + 1`` that keeps the share price, with the supply after the step."""
    virtual = seen.world.vault.virtual
    before = seen.before["lo"] + 1
    return before * (seen.after["totalSupply"] + virtual) // (seen.before["totalSupply"] + virtual)


def _is_user(seen: Observed) -> bool:
    """Whether somebody acted for a holder, or did for leavers what anybody may."""
    kept = seen.step is not None and seen.step.target == "queue"
    return seen.sender in HOLDERS or (kept and seen.sender in (OPERATOR, STRANGER))


def check_holders(seen: Observed) -> None:
    """A user's step costs those who stay nothing but roundings, and dust that the ledger lets go."""
    if _is_user(seen):
        allowed = ROUNDING * len(seen.world.strategies) + DUST * seen.emptied()
        fall = _price_floor(seen) - (seen.after["lo"] + 1)
        assert fall <= allowed, f"the stayers lost {fall} wei to {seen.step.text}"


def check_gifts(seen: Observed) -> None:
    """Asset or units that are given away change no price, limit, book or budget."""
    gift = seen.gives("asset") or any(seen.gives(strategy.name) for strategy in seen.world.strategies)
    if gift:
        kinds = ("units", "book", "above", *RUNOFF)
        ledger = [f"{kind} of {strategy.name}" for kind in kinds for strategy in seen.world.strategies]
        budgets = [f"{kind} spent of {agent}" for kind in ("flow", "loss") for agent in AGENTS]
        for label in (*PRICED, *ledger, *budgets):
            assert seen.change(label) == 0, f"a gift moved {label}"


def check_time(seen: Observed) -> None:
    """Time alone moves no price, opens petty cash and refills budgets."""
    if seen.step is None:
        runoff = [f"{kind} of {strategy.name}" for kind in RUNOFF for strategy in seen.world.strategies]
        for label in ("lo", "hi", "veto", "idle", "owed", "totalSupply", "maxDeposit", *runoff):
            assert seen.change(label) == 0, f"time moved {label}"
        for label in ("maxWithdraw", "maxRedeem"):
            assert seen.change(label) >= 0, f"time closed {label}"
        for label in (f"{kind} spent of {agent}" for kind in ("flow", "loss") for agent in AGENTS):
            assert seen.change(label) <= 0, f"time spent {label}"


def check_pokes(seen: Observed) -> None:
    """A poke lowers the lower price only by quarantining, and mints nothing but fees, in calm alone."""
    if seen.step and seen.step.text.startswith("poke"):
        names = [f"status of {strategy.name}" for strategy in seen.world.strategies]
        fell = any(seen.change(name) and seen.after[name] == Status.QUARANTINED for name in names)
        assert seen.change("lo") >= 0 or fell, "a poke lowered the price"
        for label in ("idle", "owed", "asset of vault"):
            assert seen.change(label) == 0, f"a poke moved {label}"
        minted, divisor = seen.change("totalSupply"), seen.after["totalSupply"] + seen.world.vault.virtual
        most = DAY * seen.before["management"] + YEAR * seen.before["performance"]
        assert 0 <= minted * BPS * YEAR <= divisor * most, "a poke minted more than fees"
        assert minted == 0 or seen.before["state"] == seen.after["dry"] == 0, "fees were not frozen"


CHECKS = (check_holders, check_gifts, check_time, check_pokes)


@settings(max_examples=EXAMPLES)
@given(number=WORLDS, operations=OPERATIONS)
def test_monotone__any_operations__nobody_is_made_worse_off(all_worlds, number, operations):  # noqa: F811
    for seen in observe(all_worlds[number], operations):
        for check in CHECKS:
            check(seen)


def _step(seen: Observed, sender: str, target: str, text: str) -> Observed:
    step = plan(seen.world, [0, 1])[0]
    return replace(seen, step=step._replace(sender=sender, target=target, text=text))


TAMPERED = {
    check_holders: (("leaver", "vault", "redeem_slice()"), {"lo": -10}),
    check_gifts: (("world", "asset", "transfer(vault, 1)"), {"hi": 1}),
    check_time: (None, {"maxWithdraw": -1}),
    check_pokes: (("stranger", "vault", "poke()"), {"lo": -1}),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_check__tampered_reading__is_noticed(all_worlds, check):  # noqa: F811
    world = all_worlds[1]
    step, changes = TAMPERED[check]
    words = dict(zip(world.labels, world.expected(), strict=True))
    seen = Observed(world, None, words, words)
    seen = _step(seen, *step) if step else seen
    check(seen)
    wrong = {label: words[label] + by for label, by in changes.items()}
    with pytest.raises(AssertionError):
        check(replace(seen, after=words | wrong))
