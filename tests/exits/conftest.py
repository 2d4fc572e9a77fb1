"""The treasury that the tests of the EIPs meet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.exits.client_erc7540 import RedemptionClient
from tests.exits.client_stage import opened, undone
from tests.treasury import LEAVER
from tests.unit.leavers import Leavers


@pytest.fixture(scope="module")
def stage() -> Iterator[Leavers]:
    """The chain and the treasury, once."""
    with opened() as bed:
        yield bed


@pytest.fixture
def bed(stage: Leavers) -> Iterator[Leavers]:
    """The treasury as it was at the start."""
    with undone(stage):
        yield stage


@pytest.fixture
def client(bed: Leavers) -> RedemptionClient:
    """A client for the first leaver."""
    return RedemptionClient(bed.rpc, bed.queue, LEAVER)
