"""What contracts tell while the model does what they do, in order."""

from __future__ import annotations

from typing import NamedTuple


class Event(NamedTuple):
    """One event: its name among those of ``tests.stateful.wire``, and its numbers and names of accounts."""

    name: str
    values: tuple[int | str, ...]
