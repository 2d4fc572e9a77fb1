"""One local mainnet a session; every measurement leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from latency.ground import Ground, ground


@pytest.fixture(scope="session")
def place() -> Iterator[Ground]:
    with ground() as made:
        yield made
