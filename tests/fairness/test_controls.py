"""The control group is sound: fair where nothing is lost, and true to the accounting that it stands for."""

from __future__ import annotations

from typing import Any

import pytest

from fairness.controls import (
    CONTROLS,
    Control,
    FirstCome,
    NavBatch,
    NeverFalls,
    SerialRedeem,
    StoredPriceBorne,
)
from fairness.market import UNIT, Ground, holders
from fairness.runs import Timing, on_paper, opened, run_once
from ganglion.devnet.errors import Reverted
from tests.treasury import DEPLOYER, STRANGER

REDEEM = "redeem(uint256,address,address)"
PAIR = 100 * UNIT  # what each of two holders deposits
BURNING = [kind for kind in CONTROLS if kind is not SerialRedeem]


def made(kind: type[Control], place: Ground, invested: int = PAIR) -> tuple[Control, str, str]:
    """A control with two holders of the same size, half of it invested unless told otherwise."""
    system, (first, second) = kind.create(place), holders(2)
    place.endow([first, second])
    system.deposit({first: PAIR, second: PAIR})
    system.begin()
    system.invest(invested)
    return system, first, second


def read(system: Control, signature: str, *arguments: Any) -> int:
    return system.ground.rpc.read(system.address, signature, *arguments)


@pytest.fixture(autouse=True)
def _undone(place: Ground) -> Any:
    with place.undone():
        yield


@pytest.mark.parametrize("kind", BURNING, ids=lambda kind: kind.key)
def test_control__no_loss__pays_everybody_in_full(place: Ground, kind: type[Control]) -> None:
    got = run_once(kind, place, on_paper(Timing.NEVER))
    assert got.payouts == pytest.approx([1.0] * 10, abs=1e-9)


@pytest.mark.parametrize("kind", CONTROLS, ids=lambda kind: kind.key)
def test_invest__by_a_stranger__is_refused(place: Ground, kind: type[Control]) -> None:
    system, *_ = made(kind, place)
    with pytest.raises(Reverted, match="control: not the curator"):
        place.rpc.transact(STRANGER, system.address, "invest(uint256)", 1)


@pytest.mark.parametrize("kind", CONTROLS, ids=lambda kind: kind.key)
def test_total_assets__of_each__is_idle_and_strategy(place: Ground, kind: type[Control]) -> None:
    system, *_ = made(kind, place)
    assert read(system, "totalAssets()") == 2 * PAIR
    assert read(system, "idle()") == PAIR == system.market.total()


@pytest.mark.parametrize("kind", [FirstCome, NavBatch, SerialRedeem], ids=lambda kind: kind.key)
def test_total_assets__strategy_loses__falls_in_the_same_block(place: Ground, kind: type[Control]) -> None:
    system, *_ = made(kind, place)
    system.market.lose(PAIR // 2)
    assert read(system, "totalAssets()") == 3 * PAIR // 2


@pytest.mark.parametrize("kind", [FirstCome, StoredPriceBorne, NeverFalls], ids=lambda kind: kind.key)
def test_max_redeem__strategy_is_dry__is_what_idle_pays(place: Ground, kind: type[Control]) -> None:
    system, first, _ = made(kind, place, invested=3 * PAIR // 2)
    system.market.dry()
    most = read(system, "maxRedeem(address)", first)
    assert most == pytest.approx(system.shares(first) // 2, rel=1e-6)
    place.rpc.transact(first, system.address, REDEEM, most, first, first)
    assert system.paid(first) == pytest.approx(PAIR // 2, abs=1)
    with pytest.raises(Reverted):
        place.rpc.transact(first, system.address, REDEEM, system.shares(first), first, first)


@pytest.mark.parametrize("kind", [FirstCome, StoredPriceBorne, NeverFalls], ids=lambda kind: kind.key)
def test_redeem__of_another_owner__spends_an_allowance(place: Ground, kind: type[Control]) -> None:
    system, first, second = made(kind, place)
    with pytest.raises(Reverted):
        place.rpc.transact(second, system.address, REDEEM, 1, second, first)
    place.rpc.transact(first, system.address, "approve(address,uint256)", second, 10**6)
    place.rpc.transact(second, system.address, REDEEM, 10**6, second, first)
    assert system.paid(second) == 1


def test_first_come__as_erc4626__previews_what_it_does(place: Ground) -> None:
    system, first, _ = made(FirstCome, place)
    system.market.gain(PAIR // 3)
    rpc, address = place.rpc, system.address
    foreseen = read(system, "previewWithdraw(uint256)", UNIT)
    before = system.shares(first)
    rpc.transact(first, address, "withdraw(uint256,address,address)", UNIT, first, first)
    assert before - system.shares(first) == foreseen
    assert system.paid(first) == UNIT
    foreseen = read(system, "previewRedeem(uint256)", 10**12)
    rpc.transact(first, address, REDEEM, 10**12, first, first)
    assert system.paid(first) == UNIT + foreseen
    foreseen, held = read(system, "previewDeposit(uint256)", UNIT), system.shares(first)
    rpc.transact(first, address, "deposit(uint256,address)", UNIT, first)
    assert system.shares(first) == held + foreseen
    foreseen, cash = read(system, "previewMint(uint256)", 10**9), system.paid(first)
    rpc.transact(first, address, "mint(uint256,address)", 10**9, first)
    assert cash - system.paid(first) == foreseen


def test_stored_price__reported__is_the_live_price(place: Ground) -> None:
    system, *_ = made(StoredPriceBorne, place)
    system.market.lose(PAIR // 2)
    assert read(system, "totalAssets()") == 2 * PAIR
    with pytest.raises(Reverted, match="control: not the curator"):
        place.rpc.transact(STRANGER, system.address, "report()")
    place.rpc.transact(DEPLOYER, system.address, "report()")
    assert read(system, "totalAssets()") == 3 * PAIR // 2


def test_never_falls__reported__books_gains_and_no_loss(place: Ground) -> None:
    system, *_ = made(NeverFalls, place)
    system.market.lose(PAIR // 2)
    place.rpc.transact(DEPLOYER, system.address, "report()")
    assert read(system, "totalAssets()") == 2 * PAIR
    system.market.gain(PAIR)
    place.rpc.transact(DEPLOYER, system.address, "report()")
    assert read(system, "totalAssets()") == pytest.approx(5 * PAIR // 2, abs=1)


def test_stored_price__unreported_loss__falls_on_what_is_withdrawn(place: Ground) -> None:
    system, first, second = made(StoredPriceBorne, place)
    system.market.lose(PAIR // 4)
    for holder in (first, second):
        system.leave(holder, system.shares(holder))
    assert system.paid(first) == pytest.approx(PAIR, abs=1)
    assert system.paid(second) == pytest.approx(3 * PAIR // 4, abs=2)


def test_nav_batch__not_due__pays_nobody(place: Ground) -> None:
    system, first, _ = made(NavBatch, place)
    system.leave(first, system.shares(first))
    system.settle()
    system.collect(first)
    assert system.paid(first) == 0
    place.pass_day()
    system.settle()
    system.collect(first)
    assert system.paid(first) == pytest.approx(PAIR, abs=1)


def test_nav_batch__strategy_is_dry__pays_its_batch_pro_rata(place: Ground) -> None:
    system, first, second = made(NavBatch, place)
    system.market.dry()
    for holder in (first, second):
        system.leave(holder, system.shares(holder))
    place.pass_day()
    system.settle()
    for holder in (first, second):
        system.collect(holder)
    assert system.paid(first) == pytest.approx(PAIR // 2, abs=1)
    assert abs(system.paid(first) - system.paid(second)) <= 1


def test_nav_batch__claimed_by_another__is_refused(place: Ground) -> None:
    system, first, second = made(NavBatch, place)
    system.leave(first, system.shares(first))
    signature = "claim(uint256,address,address)"
    with pytest.raises(Reverted, match="control: not the controller"):
        place.rpc.transact(second, system.address, signature, 1, first, second)


def test_serial_redeem__paid_shares__stay_in_the_supply(place: Ground) -> None:
    system, first, _ = made(SerialRedeem, place)
    supply = read(system, "totalSupply()")
    system.leave(first, system.shares(first))
    assert system.paid(first) == pytest.approx(PAIR, abs=1)
    assert read(system, "totalSupply()") == supply
    assert read(system, "balanceOf(address)", system.address) == supply // 2


def test_opened__any_script__invests_what_it_says(place: Ground) -> None:
    script = on_paper(Timing.AT_ONCE)
    system, crowd = opened(FirstCome, place, script)
    assert len(crowd) == len(script.sizes) == 10
    assert system.market.total() == script.invested
