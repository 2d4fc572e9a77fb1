"""What a mandate keeps of an amount: the same here as on chain; what is named in its place can be kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.deployment.mandates import MAX_KEPT, kept, nearest_kept
from ganglion.devnet.abi import actor
from tests.treasury import mandate_of

from .stage import Deployed

AGENT = actor("somebody")
AMOUNTS = [
    *(0, 1, 2**40 - 1, 2**40, 2**40 + 1, 10**13 - 1, 10**13 + 1, 12 * 10**12 + 1, 123_456_789_012_345),
    *(10**20 - 1, 2**64, 2**96 + 12_345, 10**29, 10**30 + 10**17, MAX_KEPT - 1),
]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_kept__amount__as_the_executor_keeps_it(deployed: Deployed, amount: int) -> None:
    mandate = mandate_of(flow=amount, loss=amount, max_loss=amount)
    deployed.govern("Executor", "set_mandate", AGENT, mandate)
    assert deployed.site.read("Executor", "mandate", AGENT)[2:5] == (kept(amount),) * 3


@given(st.integers(0, MAX_KEPT - 1))
def test_kept__any_amount__at_least_twelve_digits_and_kept_again(amount: int) -> None:
    below = kept(amount)
    assert kept(below) == below <= amount
    assert (amount - below) * 10**11 <= amount


@given(st.integers(0, MAX_KEPT - 1))
def test_nearest_kept__any_amount__none_that_is_kept_is_nearer(amount: int) -> None:
    near = nearest_kept(amount)
    assert kept(near) == near
    distance = abs(near - amount)
    if distance:
        # Everything kept lies on steps of ten; the one above and the one below are the candidates.
        step = 10 ** (len(str(amount)) - 13)
        others = {amount // each * each + more * each for each in (step, 10 * step) for more in (0, 1)}
        assert all(distance <= abs(other - amount) for other in others if kept(other) == other)
