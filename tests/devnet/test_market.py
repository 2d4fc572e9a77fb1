from __future__ import annotations

import pytest

from ganglion.devnet import Devnet
from ganglion.devnet.errors import MarketImpossible
from ganglion.devnet.market import WHALE
from ganglion.devnet.seed import BORROWER, FEE_RECIPIENT

USDC = 10**6
DAY = 86_400
YEAR = 365 * DAY


def test_accrue__one_day_at_80_percent__interest_and_fee_as_the_model_says(net: Devnet) -> None:
    before = net.market.accrue()
    after = net.market.accrue(DAY)
    assert after.last_update - before.last_update == DAY
    # IrmMock: a yearly rate equal to the utilisation, compounded continuously.
    growth = 2.718281828459045 ** (before.utilisation_bps / 10_000 * DAY / YEAR) - 1
    interest = after.total_borrow_assets - before.total_borrow_assets
    assert interest == pytest.approx(before.total_borrow_assets * growth, rel=1e-3)
    assert after.total_supply_assets - before.total_supply_assets == interest
    price = after.total_supply_assets / after.total_supply_shares
    fee = net.market.position(FEE_RECIPIENT).supply_shares * price
    assert fee == pytest.approx(interest / 10, rel=1e-3)


def test_warp__a_week__passes_in_one_block(net: Devnet) -> None:
    block, begun = int(net.rpc.call("eth_blockNumber"), 16), net.rpc.timestamp()
    assert net.market.warp(7 * DAY) == begun + 7 * DAY == net.rpc.timestamp()
    assert int(net.rpc.call("eth_blockNumber"), 16) == block + 1


@pytest.mark.parametrize("bps", [9_600, 10_000])
def test_set_utilisation__up__whale_borrows_to_the_target(net: Devnet, bps: int) -> None:
    state = net.market.set_utilisation(bps)
    assert state.total_borrow_assets * 10_000 / state.total_supply_assets == pytest.approx(bps, abs=0.01)
    assert (state.liquidity == 0) == (bps == 10_000)
    assert net.market.position(WHALE).borrow_shares > 0


def test_set_utilisation__up_then_below_the_borrower__both_repay(net: Devnet) -> None:
    net.market.set_utilisation(10_000)
    net.market.warp(DAY)
    state = net.market.set_utilisation(4_000)
    assert state.total_borrow_assets * 10_000 / state.total_supply_assets == pytest.approx(4_000, abs=0.01)
    assert net.market.position(WHALE).borrow_shares == 0
    assert net.market.set_utilisation(0).total_borrow_assets == 0


@pytest.mark.parametrize("bps", [-1, 10_001])
def test_set_utilisation__out_of_range__refused_and_nothing_changed(net: Devnet, bps: int) -> None:
    before = net.market.state()
    with pytest.raises(MarketImpossible, match="give 0 to 10000"):
        net.market.set_utilisation(bps)
    assert net.market.state() == before


def test_liquidate__collateral_falls_short__bad_debt_leaves_the_supply(net: Devnet) -> None:
    net.market.crash(1_500)
    before = net.market.accrue()
    result = net.market.liquidate()
    after = net.market.state()
    assert result.seized == 4_000 * 10**18
    # 4,000 WETH at 1,500, less the liquidator's premium of 1/(1 - 0.3 * 0.14) - 1.
    assert result.repaid_assets == pytest.approx(6_000_000 * USDC * (1 - 0.3 * 0.14), rel=1e-9)
    interest = after.total_supply_assets + result.bad_debt_assets - before.total_supply_assets
    assert 0 <= interest < 10 * USDC
    assert after.total_borrow_assets == after.total_borrow_shares == 0
    assert net.market.position(BORROWER).borrow_shares == net.market.position(BORROWER).collateral == 0


def test_liquidate__collateral_covers__no_bad_debt(net: Devnet) -> None:
    net.market.crash(2_200)
    result = net.market.liquidate()
    assert result.bad_debt_assets == 0
    assert net.market.position(BORROWER).borrow_shares == 0
    assert net.market.position(BORROWER).collateral > 0


def test_liquidate__healthy_position__refused_with_the_remedy(net: Devnet) -> None:
    with pytest.raises(MarketImpossible, match=r"is healthy: .*; crash\(\) first"):
        net.market.liquidate()


def test_liquidate__no_debt__refused(net: Devnet) -> None:
    net.market.repay()
    with pytest.raises(MarketImpossible, match="owes nothing; borrow first"):
        net.market.liquidate()


def test_repay__everybody__market_is_liquid_again(net: Devnet) -> None:
    net.market.set_utilisation(10_000)
    net.market.warp(30 * DAY)
    state = net.market.repay()
    assert state.total_borrow_shares == state.total_borrow_assets == 0
    assert state.liquidity == state.total_supply_assets


def test_supply__new_lender__adds_exactly(net: Devnet) -> None:
    before = net.market.accrue()
    after = net.market.supply(net.actor("lender"), 123 * USDC)
    added = after.total_supply_assets - before.total_supply_assets
    interest = after.total_borrow_assets - before.total_borrow_assets
    assert added - interest == 123 * USDC


def test_fund__any_address_and_token__adds_to_the_balance(net: Devnet) -> None:
    holder = "0x00000000000000000000000000000000000F00d5"
    for token in (net.addresses.usdc, net.addresses.weth):
        before = net.rpc.read(token, "balanceOf(address)", holder)
        net.fund(holder, 17, token)
        net.fund(holder, 5, token)
        assert net.rpc.read(token, "balanceOf(address)", holder) == before + 22
    net.fund_eth(holder, 3)
    net.fund_eth(holder, 4)
    assert int(net.rpc.call("eth_getBalance", holder, "latest"), 16) == 7
