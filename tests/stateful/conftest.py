"""One anvil with every world; campaigns simulate on it and change nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stateful.world import World, worlds


@pytest.fixture(scope="session")
def all_worlds() -> Iterator[list[World]]:
    """Every setup of ``setups``, deployed."""
    with worlds() as built:
        yield built
