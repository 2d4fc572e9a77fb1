"""Settling costs the same whoever, and however many, are in the epoch."""

from __future__ import annotations

import pytest

from fairness.market import Ground
from fairness.ours import Queue
from fairness.settling import DUST, settled, settled_dust


@pytest.fixture(scope="module")
def ten(place: Ground) -> tuple[int, int]:
    """Gas of settling ten requests, and of a claim."""
    found = settled(Queue, place, 10)
    assert found.claim_gas
    return found.gas, found.claim_gas


def test_settle__thousand_holders__costs_what_ten_cost(place: Ground, ten: tuple[int, int]) -> None:
    found = settled(Queue, place, 1_000)
    assert found.requests == 1_000
    assert (found.gas, found.claim_gas) == ten


def test_settle__ten_thousand_dust_requests__costs_what_ten_cost(place: Ground, ten: tuple[int, int]) -> None:
    found = settled_dust(place)
    assert found.requests > DUST == 10_000
    assert found.gas == ten[0]
