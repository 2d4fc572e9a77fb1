"""MorphoBlueStrategy when the market is lent out, loses money, and recovers."""

from __future__ import annotations

import pytest

from ganglion.devnet import Devnet, Reverted
from ganglion.devnet.market import LIQUIDATOR
from ganglion.devnet.seed import BORROWER

from .strategy import MAX_UINT256, REDEEM, USDC, WITHDRAW, Strategy, number, worth

# Illiquidity


def test_full_utilisation__nothing_can_leave_and_the_reason_is_given(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    shares = strategy.deposit(depositor, 1_000_000 * USDC)
    net.market.set_utilisation(10_000)
    assert strategy.read("maxWithdraw(address)", depositor) == 0
    assert strategy.read("maxRedeem(address)", depositor) == 0
    for act, amount in ((WITHDRAW, USDC), (REDEEM, shares)):
        with pytest.raises(Reverted) as caught:
            strategy.send(depositor, act, amount, depositor, depositor)
        assert caught.value.reason == "insufficient liquidity"
    assert strategy.shares(depositor) == shares
    assert strategy.read("convertToAssets(uint256)", shares) >= 1_000_000 * USDC - 1


def test_high_utilisation__exactly_the_liquidity_can_leave(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    strategy.deposit(depositor, 1_000_000 * USDC)
    liquidity = net.market.set_utilisation(9_600).liquidity
    assert strategy.read("maxWithdraw(address)", depositor) == liquidity < 1_000_000 * USDC
    with pytest.raises(Reverted) as caught:
        strategy.send(depositor, WITHDRAW, liquidity + 1, depositor, depositor)
    assert caught.value.reason == "insufficient liquidity"
    limit = strategy.call(depositor, "maxRedeem(address)", depositor)
    redeemable = number(strategy.in_one_block([limit])[0])
    block = strategy.in_one_block([strategy.call(depositor, REDEEM, redeemable, depositor, depositor)])
    assert liquidity - 1 <= number(block[0]) <= liquidity
    strategy.send(depositor, WITHDRAW, liquidity, depositor, depositor)
    assert net.market.state().liquidity == strategy.read("maxWithdraw(address)", depositor) == 0


def test_max_redeem__liquid_market__is_the_whole_balance_and_pays(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    shares = strategy.deposit(depositor, 1_000 * USDC)
    assert strategy.read("maxRedeem(address)", depositor) == shares
    assert strategy.read("maxWithdraw(address)", depositor) >= 1_000 * USDC - 1
    strategy.send(depositor, REDEEM, shares, depositor, depositor)
    assert strategy.read("maxRedeem(address)", depositor) == 0
    assert strategy.read("maxWithdraw(address)", depositor) == 0


def test_max_deposit_and_max_mint__taken_to_the_last_unit__succeed(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    usdc = net.addresses.usdc
    fund = strategy.call(depositor, "mint(address,uint256)", depositor, 2**128, to=usdc)
    for limit, act in (("maxDeposit(address)", "deposit"), ("maxMint(address)", "mint")):
        maximum = number(strategy.in_one_block([strategy.call(depositor, limit, depositor)])[0])
        assert maximum > 10**30
        entry = strategy.call(depositor, f"{act}(uint256,address)", maximum, depositor)
        block = strategy.in_one_block([fund, entry, strategy.call(depositor, limit, depositor)])
        assert block[1]["status"] == "0x1", block[1]
        assert number(block[2]) <= 10**6


# Bad debt and recovery


def test_liquidation__bad_debt__price_falls_in_its_block_by_exactly_the_share_of_the_loss(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    shares = strategy.deposit(depositor, 1_000_000 * USDC)
    p, morpho = net.market_params, net.addresses.morpho
    net.market.crash(1_500)
    state = net.market.accrue()
    assert strategy.read("convertToAssets(uint256)", shares) >= 1_000_000 * USDC - 1, "not yet realised"

    net.fund_eth(LIQUIDATOR, 10**18)
    net.fund(LIQUIDATOR, 20_000_000 * USDC)
    net.rpc.transact(LIQUIDATOR, net.addresses.usdc, "approve(address,uint256)", morpho, MAX_UINT256)
    view = strategy.call(depositor, "convertToAssets(uint256)", shares)
    totals = strategy.call(depositor, "market(bytes32)", p.id, to=morpho)
    liquidate = f"liquidate({p.TYPE},address,uint256,uint256,bytes)"
    seize = strategy.call(LIQUIDATOR, liquidate, p.as_tuple(), BORROWER, 4_000 * 10**18, 0, b"", to=morpho)
    accrue = strategy.call(depositor, f"accrueInterest({p.TYPE})", p.as_tuple(), to=morpho)
    before, _, healthy, _, after, left = strategy.in_one_block([view, accrue, totals, seize, view, totals])
    loss = number(healthy, 0) - number(left, 0)
    assert loss > state.total_borrow_assets // 5
    assert number(healthy, 1) == number(left, 1), "supply shares stay"
    assert number(before) == worth(shares, number(healthy, 0), number(healthy, 1))
    assert number(after) == worth(shares, number(healthy, 0) - loss, number(healthy, 1))


def test_liquidation__mined__price_of_the_block_before_is_higher(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    shares = strategy.deposit(depositor, 1_000_000 * USDC)
    net.market.crash(1_500)
    result = net.market.liquidate()
    prices = [
        strategy.read("convertToAssets(uint256)", shares, block=hex(height))
        for height in (result.block_number - 1, result.block_number)
    ]
    assert prices[1] == pytest.approx(prices[0] * (1 - result.bad_debt_assets / 11_000_000 / USDC), rel=1e-4)


def test_recovery__borrowers_repay__everything_can_leave_at_the_price_after_the_loss(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    shares = strategy.deposit(depositor, 1_000_000 * USDC)
    net.market.crash(1_500)
    net.market.liquidate()
    net.market.set_utilisation(10_000)
    assert (
        strategy.read("maxWithdraw(address)", depositor)
        == strategy.read("maxRedeem(address)", depositor)
        == 0
    )
    net.market.repay()
    value = strategy.read("convertToAssets(uint256)", shares)
    assert strategy.read("maxWithdraw(address)", depositor) == value
    assert strategy.read("maxRedeem(address)", depositor) == shares
    assert value < 850_000 * USDC
    had = strategy.usdc(depositor)
    strategy.send(depositor, REDEEM, shares, depositor, depositor)
    assert strategy.usdc(depositor) - had == value
