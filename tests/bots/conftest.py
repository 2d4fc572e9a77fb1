"""The soak's treasury for the bots' logic, undone after every test."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from web3 import HTTPProvider, Web3

from ganglion.bots import Rebalancer, Settler, Watcher, rebalancer, sentinel, settler
from ganglion.bots.settings import RebalancerSettings, SentinelSettings, SettlerSettings
from soak.ground import TARGETS, Ground, ground

PATIENCE = {"patience": 5.0, "poll": 0.01}


@pytest.fixture(scope="session")
def soil() -> Iterator[Ground]:
    """The treasury as deployed."""
    with ground() as place:
        yield place


@pytest.fixture
def place(soil: Ground) -> Iterator[Ground]:
    """The treasury as deployed, for one test."""
    with soil.rpc.undone():
        yield soil


@pytest.fixture
def told(place: Ground) -> dict[str, object]:
    """Settings of every bot."""
    at = place.place
    return {"vault": at.vault, "executor": at.executor, "lens": at.lens, **PATIENCE}


@pytest.fixture
def w3(place: Ground) -> Web3:
    """A connection."""
    return Web3(HTTPProvider(place.rpc.url, exception_retry_configuration=None))


@pytest.fixture
def new_rebalancer(place: Ground, told: dict, w3: Web3) -> Callable[..., Rebalancer]:
    """Make a rebalancer."""

    def make(**changes: object) -> Rebalancer:
        settings = RebalancerSettings(**{"targets": TARGETS, "band": 100, **told, **changes})
        return rebalancer(w3, place.accounts["rebalancer"], settings)

    return make


@pytest.fixture
def new_settler(place: Ground, told: dict, w3: Web3) -> Callable[..., Settler]:
    """Make a settler."""
    return lambda **changes: settler(w3, place.accounts["settler"], SettlerSettings(**told | changes))


@pytest.fixture
def new_sentinel(place: Ground, told: dict, w3: Web3) -> Callable[..., Watcher]:
    """Make a sentinel."""

    def make(**changes: object) -> Watcher:
        settings = SentinelSettings(**{"reflexes": place.reflexes, **told, **changes})
        return sentinel(w3, place.accounts["sentinel"], settings)

    return make


@pytest.fixture
def log() -> tuple[logging.Logger, list[tuple[str, str]]]:
    """A log, and its lines with their levels."""
    lines: list[tuple[str, str]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append((record.levelname, record.getMessage()))

    logger = logging.Logger("bots", logging.INFO)
    logger.addHandler(Keep())
    return logger, lines
