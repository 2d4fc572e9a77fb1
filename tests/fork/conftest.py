"""One fork for all campaigns; they simulate on it and change nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fork.place import Place, place


@pytest.fixture(scope="session")
def forked(mainnet_url: str) -> Iterator[Place]:
    """A treasury at work on a fork of the mainnet that the run uses."""
    with place(mainnet_url) as built:
        yield built
