"""One anvil with a campaign behind it; tests that change the chain go back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from web3 import HTTPProvider, Web3

from ganglion import journal
from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from ganglion.journal import Journal
from tests.journal.campaign import Campaign

SEED = 20_260_101
STEPS = 120


@pytest.fixture(scope="session")
def chain() -> Iterator[Rpc]:
    """A chain on which a second passes per block."""
    with run_anvil() as url, Rpc(url) as rpc:
        rpc.call("anvil_setBlockTimestampInterval", 1)
        yield rpc


@pytest.fixture(scope="session")
def campaign(chain: Rpc) -> Campaign:
    """A treasury after a random campaign with every kind of entry."""
    made = Campaign.open(chain, SEED)
    made.run(STEPS)
    made.every_kind()
    return made


@pytest.fixture(scope="session")
def w3(campaign: Campaign) -> Web3:
    """A connection to the chain."""
    return Web3(HTTPProvider(campaign.bed.rpc.url))


@pytest.fixture(scope="session")
def told(w3: Web3, campaign: Campaign) -> Journal:
    """The campaign's journal."""
    return journal.fetch(w3, journal.Request(campaign.bed.executor))
