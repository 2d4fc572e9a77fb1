"""Makes the model wrong in one place, and runs lists until the chain tells."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType

import pytest

from tests.stateful.campaign import MAX_STEPS, run
from tests.stateful.operations import KINDS, LIMIT
from tests.stateful.world import World

TRIES = 480  # lists


def up_in(module: object) -> Callable[[pytest.MonkeyPatch], None]:
    """Round down wherever a module of the model rounds up."""
    return lambda patch: patch.setattr(module, "up", lambda numerator, denominator: numerator // denominator)


def method(owner: type, name: str, change: Callable[..., object]) -> Callable[[pytest.MonkeyPatch], None]:
    """Let a method answer ``change(its answer, self, *arguments)``."""
    original = getattr(owner, name)

    def changed(self, *arguments, **options):
        return change(original(self, *arguments, **options), self, *arguments)

    return lambda patch: patch.setattr(owner, name, changed)


def constant(module: object, name: str, value: object) -> Callable[[pytest.MonkeyPatch], None]:
    """Another value for a constant."""
    return lambda patch: patch.setattr(module, name, value)


def instead(module: object, name: str, other: object) -> Callable[[pytest.MonkeyPatch], None]:
    """Another function, or another property."""
    return lambda patch: patch.setattr(module, name, other)


def _lists(modules: Sequence[ModuleType]) -> Iterator[list[int]]:
    source, names = random.Random(11), {module.__name__ for module in modules}
    kinds = [n for n, kind in enumerate(KINDS) if not names or kind.__module__ in names]
    rest = LIMIT // len(KINDS)
    for _ in range(TRIES):
        yield [source.choice(kinds) + len(KINDS) * source.randrange(rest) for _ in range(MAX_STEPS)]


def search(built: list[World], *modules: ModuleType) -> None:
    """Run lists over the worlds in turn, of all operations or those of some modules; raises ``Mismatch``."""
    for number, operations in enumerate(_lists(modules)):
        run(built[number % len(built)], operations)
