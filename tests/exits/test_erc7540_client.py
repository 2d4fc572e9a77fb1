"""A client that knows ERC-7540 alone claims every share, through partial payments and by any habit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.exits.client_erc7540 import RedemptionClient
from tests.treasury import LEAVER
from tests.unit.leavers import Leavers


def _redeems_all(client: RedemptionClient) -> None:
    client.redeem()


def _redeems_in_parts(client: RedemptionClient) -> None:
    client.redeem(client.claimable() // 3)
    client.redeem(client.claimable() // 2 + 1)


def _withdraws_all(client: RedemptionClient) -> None:
    client.withdraw()


def _withdraws_in_parts(client: RedemptionClient) -> None:
    client.withdraw(1_234_567)
    client.withdraw()


def _mixes(client: RedemptionClient) -> None:
    client.withdraw(7)
    client.redeem(client.claimable() // 2)
    client.withdraw(1_000_001)


HABITS = [_redeems_all, _redeems_in_parts, _withdraws_all, _withdraws_in_parts, _mixes]


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.__name__.strip("_"))
@pytest.mark.parametrize("requests", [1, 3])
def test_client__knows_the_eip_alone__claims_every_share_through_partial_payments(
    bed: Leavers, client: RedemptionClient, habit: Callable[[RedemptionClient], None], requests: int
) -> None:
    assert client.is_asynchronous()
    whole, cash = client.shares(), client.assets()
    bed.drain(1, 2)
    for part in range(requests):
        client.request(client.shares() if part == requests - 1 else whole // requests)
        assert client.pending() + client.claimable() + client.claimed <= whole
        bed.mature()
        bed.settle()
        habit(client)
    for amount in (1_000, 999_999_937, 20_000_000_003, 77_777_777_777, 150_000_000_000):
        for strategy in (1, 2):
            bed.liquid(strategy, bed.coverage(strategy)[0] + amount)
            bed.unwind(strategy)
        habit(client)
        assert client.pending() + client.claimable() + client.claimed == whole
    bed.refill()
    for strategy in (1, 2):
        bed.unwind(strategy)
    while not client.is_done():
        client.redeem()
    assert client.shares() == 0
    assert client.claimed == whole
    assert client.assets() - cash == client.received
    assert client.received == pytest.approx(100_000 * bed.unit, abs=20 * requests)
    assert bed.ask("maxWithdraw(address)", LEAVER) == 0
    left = sum(bed.of(identifier, LEAVER).assets for identifier in client.ids)
    assert left <= 1


def test_client__everything_liquid__is_done_after_one_claim(bed: Leavers, client: RedemptionClient) -> None:
    shares = client.shares()
    client.request(shares)
    assert (client.pending(), client.claimable()) == (shares, 0)
    bed.mature()
    bed.settle()
    assert (client.pending(), client.claimable()) == (0, shares)
    client.redeem()
    assert client.is_done()
