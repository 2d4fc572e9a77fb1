"""A campaign that compares nothing would pass, too: each mutant is a treasury that keeps one promise less."""

from __future__ import annotations

import pytest

from hostile.families import FAMILIES
from hostile.search import Hunter
from tests.hostile.mutants import Mutant, mutated

TRIES = 400  # lists
BY_KEY = {family.key: family for family in FAMILIES}
BUDGETS = "an agent's budgets hold what it did itself"

MUTANTS = {
    "loss is not charged": Mutant(
        *("modules/mandates.vy", "(used >> 100) & M100, since, window) + lost\n"),
        "(used >> 100) & M100, since, window)\n",
        *("still", (BUDGETS,)),
    ),
    "loss is charged at half": Mutant(
        "modules/mandates.vy",
        "since, window) + lost\n",
        "since, window) + lost // 2\n",
        *("still", (BUDGETS,)),
    ),
    "a bucket refills past its end": Mutant(
        "modules/leaky_bucket.vy",
        "return spent - min(spent, refilled)",
        "return max(spent, refilled) - min(spent, refilled)",
        *("still", (BUDGETS,)),
    ),
    "a bucket refills twice as fast": Mutant(
        "modules/leaky_bucket.vy",
        "limit * (block.timestamp - since) // window",
        "2 * limit * (block.timestamp - since) // window",
        *("still", ("flow in any time", BUDGETS)),
    ),
    "groups are not checked": Mutant(
        "Executor.vy",
        "        groups._check(move.id, caps._groups(word), moved)\n",
        "",
        *("still", ("the group's cap holds", "the group's share holds")),
    ),
    "caps are not checked": Mutant(
        "Executor.vy",
        "        caps._check(word, moved)\n",
        "",
        *("still", ("the absolute cap holds", "the relative cap holds")),
    ),
    "nonces are not used up": Mutant(
        "modules/mandates.vy",
        "self.nonces[agent][nonce >> 8] = word | bit",
        "pass",
        *("together", ("a nonce is used once",)),
    ),
    "units bought count at the highest price": Mutant(
        "modules/positions.vy",
        "worth: uint256 = min(mark * got // units,",
        "worth: uint256 = max(mark * got // units,",
        *("told", ("what is charged covers what was taken",)),
    ),
    "units sold count at the lowest price": Mutant(
        "modules/positions.vy",
        "owed: uint256 = max(mark * units // held, guard)",
        "owed: uint256 = min(mark * units // held, guard)",
        *("told", ("what is charged covers what was taken",)),
    ),
    "the tolerance is not kept": Mutant(
        "modules/positions.vy",
        "expected * (ledger.BPS - tolerance)",
        "expected * (ledger.BPS - 5 * tolerance)",
        *("still", ("extraction in any time",)),
    ),
    "the idle floor is not kept": Mutant(
        "modules/positions.vy",
        "refusal._refuse(refusal.IDLE_FLOOR)",
        "pass",
        *("together", ("the idle floor holds",)),
    ),
    "an overdraft is refused": Mutant(
        "modules/mandates.vy",
        "    if allocated != 0:\n        assert lost <= self._amount(terms, MAX_LOSS)",
        "    if lost != 0:\n        assert lost <= self._amount(terms, MAX_LOSS)",
        *("still", ("reducing risk is never refused",)),
    ),
    "an overdraft closes nothing": Mutant(
        "Executor.vy",
        "            caps._close(each.id, debt)\n",
        "            pass\n",
        *("turns", ("extraction in any time",)),
    ),
    "a new mandate forgets what is spent": Mutant(
        "modules/mandates.vy",
        "        flow, loss = self._spent(old, used)\n",
        "        pass\n",
        *("governed", ("flow in any time", BUDGETS)),
    ),
    "a relayer's budget is charged": Mutant(
        "Executor.vy",
        "mandates._charge(intent.agent, terms,",
        "mandates._charge(msg.sender, terms,",
        *("together", (BUDGETS,)),
    ),
    "a lapsed agent recovers by itself": Mutant(
        "modules/mandates.vy",
        "        self.terms[agent] = terms | SILENT\n",
        "        pass\n",
        *("together", ("a silent agent only reduces",)),
    ),
    "inflow is not charged": Mutant(
        "Executor.vy",
        "inflows._charge(move.id, moved.assets)",
        "inflows._charge(move.id, 0)",
        *("still", ("inflow in any time",)),
    ),
    "an entry leaves its moves out": Mutant(
        "Executor.vy",
        "hash, intent.reason, done)",
        "hash, intent.reason, [])",
        *("still", ("every move has one entry",)),
    ),
    "an entry does not follow the one before": Mutant(
        "modules/journaling.vy",
        "            before,\n",
        "            empty(uint256),\n",
        *("still", ("the replayed head is the event's",)),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant__a_promise_less__is_found(name, tmp_path):
    mutant = MUTANTS[name]
    with mutated(mutant, tmp_path) as place:
        hunter = Hunter(place, BY_KEY[mutant.family], "mutants")
        while not hunter.found.broken and hunter.found.lists < TRIES:
            hunter.hunt(10)
    assert hunter.found.broken, f"not found in {hunter.found.lists} lists"
    assert set(hunter.found.broken) & set(mutant.names), set(hunter.found.broken)
