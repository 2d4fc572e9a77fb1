"""One attacked treasury a session; a list leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostile.world import World, world


@pytest.fixture(scope="session")
def place() -> Iterator[World]:
    with world() as made:
        yield made
