"""P8: a client that knows only ERC-7540 gets everything through any partial realisation."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.exits.client import Client
from tests.exits.histories import attempt, events, plans
from tests.exits.stage import WHOLE, Stage
from tests.model.exit_queue import LEAST_REQUEST, OLDEST, ExitQueue

PARTS = st.lists(st.integers(0, WHOLE), min_size=4, max_size=4)
NAME = "client"


@dataclass
class Adapter:
    """The model's queue as one account sees it through ERC-7540."""

    queue: ExitQueue

    def request_redeem(self, shares):
        return self.queue.request_redeem(NAME, shares, NAME, NAME)

    def pending(self, identifier):
        return self.queue.pending(NAME, identifier)

    def claimable(self, identifier):
        return self.queue.claimable(NAME, identifier)[0]

    def max_redeem(self):
        return self.queue.max_redeem(NAME)

    def max_withdraw(self):
        return self.queue.max_withdraw(NAME)

    def redeem(self, shares):
        return self.queue.redeem(NAME, shares, NAME, NAME)

    def withdraw(self, assets):
        return self.queue.withdraw(NAME, assets, NAME, NAME)


@given(
    plan=plans(),
    parts=PARTS,
    history=events(*("arrive", "drain", "exit", "settle", "settle", "unwind", "deposit", "price"), most=20),
    asks=st.lists(st.integers(0, 19), min_size=1, max_size=OLDEST, unique=True),
    seed=st.integers(0, 2**32),
)
def test_p8__generic_client__claims_every_share_and_leaves_a_wei_at_most(plan, parts, history, asks, seed):
    stage = Stage(plan)
    base = stage.scarce(parts)
    shares = stage.pay_in(NAME, 1_000 * stage.unit) // len(asks)
    assume(shares >= LEAST_REQUEST * stage.vault.virtual)
    client, ids = Client(Adapter(stage.queue), random.Random(seed)), set()
    for number, event in enumerate(history):
        if number in asks:
            ids.add(client.ask(shares))
        attempt(stage, base, event)
        client.collect()
        waits = sum(
            client.vault.pending(identifier) + client.vault.claimable(identifier) for identifier in ids
        )
        assert client.claimed + waits == client.requested
    if not ids:
        ids.add(client.ask(shares))
    stage.settle()
    stage.flood()
    stage.unwind_all()
    client.finish()
    assert client.claimed == client.requested
    assert client.vault.max_withdraw() == 0
    left = [stage.queue.claimable(NAME, identifier) for identifier in ids]
    assert all(shares == 0 for shares, _ in left)
    assert sum(assets for _, assets in left) <= 1
    assert stage.token.balances[NAME] == client.received
