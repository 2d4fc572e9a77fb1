"""P3: with liquidity counted in assets and moving prices, others' exits matter little; it is printed."""

from __future__ import annotations

import os

from tests.exits.externality import measure

DEEP = os.environ.get("GANGLION_HYPOTHESIS_PROFILE") == "deep"
HISTORIES = 10_000 if DEEP else 400
MEAN, P99 = 1e-3, 1e-2  # parts of a payoff; far above what is measured, far below an idle-first batch


def test_p3__liquidity_in_assets__externality_is_small(capsys):
    found = measure(HISTORIES)
    with capsys.disabled():
        print(f"\nexternality: mean {found.mean:.1e}, p99 {found.p99:.1e}, max {found.max:.1e}")
    assert 0 < found.mean <= MEAN
    assert found.p99 <= P99


def test_p3__liquidity_in_units__only_rounding_is_left():
    # A part of a payoff, where payoffs are a thousand whole tokens of six decimals at least.
    assert measure(HISTORIES, in_assets=False).max <= 1e-6
