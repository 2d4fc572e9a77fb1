"""recover takes nothing of those who have left: neither their cash nor their units."""

from __future__ import annotations

from typing import Any

import pytest

from tests.treasury import DEPOSITOR, LEAVER, STRANGER
from tests.unit.events import event
from tests.unit.leavers import SECOND, THIRD, Leavers
from tests.unit.refusals import Refusal

RECOVER = "recover(address,address,uint256)"


@pytest.fixture
def waiting(leavers: Leavers) -> Leavers:
    """Two have left; their cash is owed, and their units of the first strategy wait."""
    leavers.drain(1)
    leavers.settled(LEAVER, SECOND)
    return leavers


def recover(bed: Leavers, token: str, amount: int) -> Any:
    """Recover tokens to the third holder as governor."""
    return bed.govern(RECOVER, token, THIRD, amount)


def told(bed: Leavers, token: str, amount: int) -> list[Any]:
    """What both contracts tell of a recovery."""
    fields = {"token": token, "receiver": THIRD, "amount": amount}
    return [event(bed.vault, "Recovered", **fields), event(bed.steward, "Recovered", **fields)]


@pytest.mark.parametrize("gift", [0, 77])
def test_recover__asset__takes_the_excess_and_not_what_is_owed(waiting: Leavers, gift: int) -> None:
    bed = waiting
    assert bed.owed() > 0
    bed.rpc.transact(STRANGER, bed.asset, "mint(address,uint256)", bed.vault, gift)
    assert bed.assets(bed.vault) == bed.idle() + bed.owed() + gift
    with bed.refused(Refusal.NOT_EXCESS):
        recover(bed, bed.asset, gift + 1)
    assert bed.events(recover(bed, bed.asset, gift)) == told(bed, bed.asset, gift)
    bed.claim(LEAVER, 1)
    bed.claim(SECOND, 1)


def test_recover__asset_after_some_claimed__keeps_the_rest(waiting: Leavers) -> None:
    waiting.claim(LEAVER, 1)
    with waiting.refused(Refusal.NOT_EXCESS):
        recover(waiting, waiting.asset, 1)
    waiting.claim(SECOND, 1)
    with waiting.refused(Refusal.NOT_EXCESS):
        recover(waiting, waiting.asset, 1)


@pytest.mark.parametrize("gift", [0, 55])
def test_recover__units__takes_the_excess_and_not_what_waits(waiting: Leavers, gift: int) -> None:
    bed, strategy = waiting, waiting.strategies[0]
    bed.share_strategy(1)
    bed.rpc.transact(STRANGER, strategy, "transfer(address,uint256)", bed.vault, gift)
    held = bed.rpc.read(strategy, "balanceOf(address)", bed.vault)
    assert held == bed.units(1) + bed.waiting(1) + gift
    with bed.refused(Refusal.NOT_EXCESS):
        recover(bed, strategy, gift + 1)
    assert bed.events(recover(bed, strategy, gift)) == told(bed, strategy, gift)
    bed.refill(1)
    bed.unwind(1)
    assert bed.of(1, LEAVER).pending == 0


def test_recover__units_of_a_retired_strategy__keeps_what_waits(leavers: Leavers) -> None:
    bed = leavers
    bed.share_strategy(1)
    bed.deallocate(1, 199_500 * bed.unit)
    bed.drain(1)
    bed.settled(LEAVER, SECOND, THIRD, DEPOSITOR)
    bed.govern("retire(uint256)", 1)
    let_go = bed.rpc.read(bed.strategies[0], "balanceOf(address)", bed.vault) - bed.waiting(1)
    assert 0 < let_go < 1_000
    with bed.refused(Refusal.NOT_EXCESS):
        recover(bed, bed.strategies[0], let_go + 1)
    recover(bed, bed.strategies[0], let_go)
    bed.refill(1)
    bed.unwind(1)
    assert bed.runoff(1) == (0, 0)


def test_recover__shares_sent_to_the_queue__are_nobody_s_business(waiting: Leavers) -> None:
    bed = waiting
    bed.act(DEPOSITOR, "transfer(address,uint256)", bed.queue, 10**18)
    bed.request(THIRD, bed.least)
    bed.mature()
    bed.settle()
    assert bed.shares(bed.queue) == 10**18
    assert bed.of(2, THIRD).shares == bed.least
