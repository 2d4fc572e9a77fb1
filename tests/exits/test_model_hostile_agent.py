"""P17: what agents do in between moves does not make leavers wait."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.exits.stage import WHOLE, Plan, Stage
from tests.model import capital
from tests.model.arithmetic import HOUR, Refused, Undo

STEPS = 1_000
LONGER = 1.05
PART = 100  # of a position, above which a leaver is protected

AGENTS = {
    "takes all": lambda source: "deallocate",
    "gives all": lambda source: "allocate",
    "alternates": lambda source: source.choice(("allocate", "deallocate")),
    "both at once": lambda source: "both",
    "erratic": lambda source: source.choice(("allocate", "deallocate", "both", "nothing", "nothing")),
}


def act(stage: Stage, kind: str, part: int) -> None:
    """What an agent tries with the first market; moves that are refused do nothing."""
    moves = {"allocate": [True], "deallocate": [False], "both": [False, True], "nothing": []}[kind]
    for inwards in moves:
        undo = Undo([*stage.vault.parts(), *stage.markets])
        try:
            if inwards:
                capital.allocate(stage.vault, 1, stage.vault.idle * part // WHOLE, 0)
            else:
                capital.deallocate(stage.vault, 1, stage.positions[0].coverage * part // WHOLE, 0)
        except Refused:
            undo.restore()


def waits(lends: bool, leaving: int, first: int, rate: int, agent: str, seed: int) -> int:
    """Steps until nobody waits, or (where deposits do not become liquid) until too little to be protected.

    A leaver's protection ends below a hundredth of the position: agents may then lock capital in beside it.
    """
    source = random.Random(seed)
    stage = Stage(Plan(6, (10**6, 10**6), (WHOLE // 2,)))
    market, position, holder = stage.markets[0], stage.positions[0], stage.holders[0]
    units = stage.scarce([first])[0]
    market.lends = lends
    stage.exit(holder, stage.vault.shares[holder] * leaving // WHOLE)
    enough = 0 if lends else (position.units + position.runoff) // PART
    for step in range(STEPS):
        if position.runoff <= enough:
            return step
        stage.arrive(0, units * rate // WHOLE)
        if agent:
            act(stage, AGENTS[agent](source), source.randint(WHOLE // 2, WHOLE))
        stage.unwind(0)
        stage.vault.now += HOUR // 10
    return STEPS


@given(
    lends=st.booleans(),
    leaving=st.integers(30_000, WHOLE),
    first=st.integers(0, 400_000),
    rate=st.integers(2_000, 10_000),
    agent=st.sampled_from(sorted(AGENTS)),
    seed=st.integers(0, 2**32),
)
def test_p17__hostile_agent__leavers_wait_hardly_longer(lends, leaving, first, rate, agent, seed):
    alone = waits(lends, leaving, first, rate, "", seed)
    assert waits(lends, leaving, first, rate, agent, seed) <= alone * LONGER + 1
