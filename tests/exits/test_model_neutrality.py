"""P1 and P2: what others do when they leave changes nothing for a holder who stays or leaves."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.exits.histories import events, live, plans, rise
from tests.exits.stage import WHOLE
from tests.model.arithmetic import up

PARTS = st.lists(st.integers(0, WHOLE), min_size=4, max_size=4)
MOVES = (
    "arrive",
    "arrive",
    "allocate",
    "deallocate",
    "request",
    "cancel",
    "exit",
    "exit",
    "settle",
    "unwind",
)


def compare(plan, liquid, history):
    """Live a history with and without the others' exits and hold payoff and path against P1 and P2."""
    with_exits = live(plan, liquid, history, others_leave=True)
    without = live(plan, liquid, history, others_leave=False)
    assume(with_exits.refused == without.refused)
    n, k = len(plan.parts), len(history)
    factor = Fraction(rise(history))
    payoff, path = up_to(4 * n * (k + 2) * factor), up_to((4 * n * (k + 2) + 2_000 * n) * factor)
    assert abs(with_exits.payoff - without.payoff) <= payoff
    for step, (one, other) in enumerate(zip(with_exits.path, without.path, strict=True)):
        assert abs(one - other) <= path, f"after event {step + 1}"


def up_to(tolerance: Fraction) -> int:
    """The tolerance in whole wei."""
    return up(tolerance.numerator, tolerance.denominator)


@given(plan=plans(), liquid=PARTS, history=events(*MOVES, least=4, most=20))
def test_p1__others_leave__payoff_and_path_unchanged(plan, liquid, history):
    compare(plan, liquid, history)


@given(plan=plans(), liquid=PARTS, history=events(*MOVES, "price", "price", least=4, most=20))
def test_p2__others_leave_at_any_price__payoff_and_path_unchanged(plan, liquid, history):
    compare(plan, liquid, history)
