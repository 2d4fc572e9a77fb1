"""A ladder of gas limits, dense around the least that succeeds: a call reverts whole or does what it
does with plenty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.attacks.timeline import GAS, Outcome

INTRINSIC = 45_000  # of the longest calldata here
STEPS = 12
FINE = (1, 2, 5, 20, 100, 500, 2_300, 5_000, 10_000, 30_000, 60_000, 100_000, 150_000, 300_000)

Try = Callable[[int], tuple[Outcome, Any, Any]]


def limits(attempt: Try) -> Iterator[int]:
    """Gas limits from nothing to plenty, and close together around the least that succeeds."""
    low, high = INTRINSIC, GAS
    while high - low > 200:
        middle = (low + high) // 2
        low, high = (low, middle) if attempt(middle)[0].ok else (middle, high)
    yield from (max(high * step // STEPS, INTRINSIC) for step in range(1, STEPS))
    yield from (max(high - fine, INTRINSIC) for fine in FINE)
    yield from (high + fine for fine in FINE)
    yield from (high + (GAS - high) * step // STEPS for step in range(1, STEPS))


def assert_all_or_nothing(attempt: Try) -> None:
    """An attempt with a gas limit tells the outcome and what stood before and after; only GAS_SHORT or
    no reason at all may refuse."""
    full, before, after = attempt(GAS)
    assert full.ok, full.reason
    failed = succeeded = 0
    for limit in limits(attempt):
        outcome, first, last = attempt(limit)
        assert first == before
        if outcome.ok:
            succeeded += 1
            assert outcome.data == full.data, limit
            assert last == after, limit
        else:
            failed += 1
            assert last == before, limit
            assert outcome.reason in ("", "vault: 27"), (limit, outcome.reason)
    assert failed >= STEPS - 1
    assert succeeded >= STEPS - 1
