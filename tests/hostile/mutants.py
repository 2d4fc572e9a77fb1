"""Contracts with one line changed, compiled from a copy of the sources, and a world of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ganglion.devnet import artifacts
from hostile.world import World, world
from tests import treasury


@dataclass(frozen=True)
class Mutant:
    """One change of the contracts, and where the campaign finds it.

    Attributes:
        file: below contracts/.
        old, new: text that stands there once, and what replaces it.
        family: the attacks that find it.
        names: properties that it breaks; the first that is found must be one of them.
    """

    file: str
    old: str
    new: str
    family: str
    names: tuple[str, ...]


def _copied(mutant: Mutant, folder: Path) -> None:
    for name in ("contracts", "interfaces"):
        shutil.copytree(artifacts.ROOT / name, folder / name)
    file = folder / "contracts" / mutant.file
    text = file.read_text()
    assert text.count(mutant.old) == 1, f"{mutant.file} holds {mutant.old!r} {text.count(mutant.old)} times"
    file.write_text(text.replace(mutant.old, mutant.new))


@contextmanager
def mutated(mutant: Mutant, folder: Path) -> Iterator[World]:
    """A world whose contracts are compiled from the changed copy; unchanged ones come from the cache."""
    _copied(mutant, folder)
    treasury._artifact.cache_clear()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(artifacts, "ROOT", folder)
            with world() as place:
                yield place
    finally:
        treasury._artifact.cache_clear()
