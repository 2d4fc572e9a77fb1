"""Order of the same requests, splitting, toggling: one test, which ours pass and the control group fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from fairness.controls import CONTROLS, NavBatch
from fairness.market import Ground
from fairness.orders import (
    ORDER_BOUND,
    Permuted,
    Script,
    dry_then_loss,
    in_accounts,
    in_orders,
    permuted,
    scarce_then_loss,
    split,
)
from fairness.ours import OURS, Queue
from fairness.runs import bank_run, opened
from fairness.systems import System

ORDERS = 4
SCRIPTS = (dry_then_loss, scarce_then_loss)


def order_changes_nothing(found: Permuted) -> bool:
    """P6: 8n + 4000n wei for n strategies at a price of at most 1."""
    return found.worst_wei <= ORDER_BOUND


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.key)
def test_ours__same_requests_in_any_order__pay_alike(
    place: Ground, kind: type[System], script: Callable[[], Script]
) -> None:
    found = permuted(kind, place, script(), ORDERS)
    assert found.tried == ORDERS
    assert order_changes_nothing(found), found


@pytest.mark.parametrize("kind", CONTROLS, ids=lambda kind: kind.key)
def test_control__same_requests_in_any_order__fails_the_same_test(place: Ground, kind: type[System]) -> None:
    found = permuted(kind, place, dry_then_loss(), ORDERS)
    assert not order_changes_nothing(found)
    assert found.worst_spread > 0.2


def test_nav_batch__all_in_one_epoch__is_fair_inside_its_batch(place: Ground) -> None:
    # What the test finds in it is the race to the epoch's edge and nothing else.
    assert order_changes_nothing(permuted(NavBatch, place, scarce_then_loss(), ORDERS))


@pytest.mark.parametrize("parting", [in_orders, in_accounts], ids=lambda parting: parting.__name__)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.key)
def test_ours__leaving_in_parts__pays_no_more(
    place: Ground, kind: type[System], script: Callable[[], Script], parting: Callable[..., list]
) -> None:
    found = split(kind, place, script(), parting, 5)
    assert found.gain <= found.bound == 2 * 5 + 1
    # It costs rounding and no more: one unit and one wei for each part.
    assert found.gain >= -found.bound


@dataclass(kw_only=True)
class Toggling(Queue):
    """Each leaver requests, cancels and requests again, many times."""

    def leave(self, holder: str, shares: int) -> None:
        for _ in range(5):
            identifier = self.treasury.request(holder, shares)
            signature = "cancel(uint256,address,address)"
            self.ground.rpc.transact(holder, self.treasury.queue, signature, identifier, holder, holder)
        super().leave(holder, shares)


def test_queue__cancelled_and_requested_again__pays_nothing_more(place: Ground) -> None:
    script, paid = dry_then_loss(), []
    for kind in (Queue, Toggling):
        with place.undone():
            system, crowd = opened(kind, place, script)
            paid.append(bank_run(system, crowd, script))
    plain, toggled = paid
    assert all(abs(toggled[holder] - plain[holder]) <= ORDER_BOUND for holder in plain)
