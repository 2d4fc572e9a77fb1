"""Every family of attacks, briefly; ``make hostile`` runs them for long."""

from __future__ import annotations

import os
import random

import pytest

from hostile.campaign import run
from hostile.families import FAMILIES, LENGTH, LIMIT
from hostile.search import Hunter, hunted

LISTS = {"deep": 2_000, "ci": 60}.get(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"), 30)
# What agents must meet for the campaign to have tried it, over all families.
MET = {
    *(f"vault: {code}" for code in (3, 7, 17, 20, 21, 22, 23)),
    *(f"executor: {reason}" for reason in ("over flow budget", "over loss budget", "over inflow limit")),
    *(f"executor: over {limit} cap" for limit in ("absolute", "relative", "group")),
    *(f"executor: {reason}" for reason in ("over group share", "strategy closed", "target illiquid")),
    *(
        f"executor: {reason}"
        for reason in ("nonce used", "not the relayer", "wrong sequence", "bad signature")
    ),
    *(f"executor: {reason}" for reason in ("no mandate", "agent silent", "over own max loss")),
}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_campaign__any_list__keeps_every_property(place, family):
    hunter = Hunter(place, family, "pytest")
    hunter.hunt(LISTS)
    assert hunter.found.broken == {}
    assert hunter.found.lists == LISTS
    assert hunter.found.intents > LISTS
    assert 0.3 < hunter.found.share <= 1
    assert 0.5 < hunter.found.flow <= 1
    assert hunter.found.slices > LISTS // 2


def test_campaign__survey__meets_every_refusal(place):
    source, met = random.Random(7), set()
    for _ in range(60):
        for family in FAMILIES:
            verdict = run(place, family, [source.randrange(LIMIT) for _ in range(LENGTH)])
            met |= set(verdict.refused)
    assert met >= MET, f"never met: {sorted(MET - met)}"


def test_hunted__same_seed__finds_the_same(place):
    found = [list(hunted(place, "twice", 1, FAMILIES[:1]))[-1]["still"] for _ in range(2)]
    assert found[0] == found[1]
    assert run(place, FAMILIES[0], found[0].numbers).share == found[0].share
