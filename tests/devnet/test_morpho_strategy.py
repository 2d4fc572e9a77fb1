"""MorphoBlueStrategy over the seeded market: interest, the four ways in and out, donations, construction."""

from __future__ import annotations

import pytest

from ganglion.devnet import Devnet, Reverted
from ganglion.devnet.artifacts import vyper_artifact
from ganglion.devnet.plant import deploy
from ganglion.devnet.seed import FEE_RECIPIENT, MORPHO_OWNER

from .strategy import MAX_UINT256, REDEEM, SHARE, USDC, WITHDRAW, Strategy, number, worth

HOUR, DAY, YEAR = 3_600, 86_400, 365 * 86_400


# Interest


@pytest.mark.parametrize("elapsed", [1, 59, HOUR, DAY, 30 * DAY, YEAR])
@pytest.mark.parametrize("utilisation", [0, 5_000, 8_000, 10_000])
def test_total_assets__interest_pending__equals_accrue_interest_to_the_wei(
    net: Devnet, strategy: Strategy, depositor: str, utilisation: int, elapsed: int
) -> None:
    shares = strategy.deposit(depositor, 777_777_777_777)
    net.market.set_utilisation(utilisation)
    p, morpho, market_id = net.market_params, net.addresses.morpho, net.market_params.id
    views = [
        strategy.call(depositor, "totalAssets()"),
        strategy.call(depositor, "convertToAssets(uint256)", shares),
    ]
    results = strategy.in_one_block(
        [
            *views,
            strategy.call(depositor, f"accrueInterest({p.TYPE})", p.as_tuple(), to=morpho),
            strategy.call(depositor, "market(bytes32)", market_id, to=morpho),
            strategy.call(depositor, "position(bytes32,address)", market_id, strategy.address, to=morpho),
            *views,
        ],
        elapsed,
    )
    booked = worth(number(results[4]), number(results[3], 0), number(results[3], 1))
    assert [number(results[i]) for i in (0, 1, 5, 6)] == [booked] * 4
    assert (number(results[3], 4), number(results[4])) == (net.rpc.timestamp() + elapsed, shares)


def test_total_assets__no_market_fee__equals_accrue_interest_to_the_wei(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    p = net.market_params
    strategy.deposit(depositor, 500_000 * USDC)
    set_fee = f"setFee({p.TYPE},uint256)"
    net.rpc.transact(MORPHO_OWNER, net.addresses.morpho, set_fee, p.as_tuple(), 0)
    net.market.warp(90 * DAY)
    pending = strategy.read("totalAssets()")
    block = strategy.in_one_block(
        [
            strategy.call(depositor, f"accrueInterest({p.TYPE})", p.as_tuple(), to=net.addresses.morpho),
            strategy.call(depositor, "totalAssets()"),
            strategy.call(depositor, "totalAssets()"),
        ],
        elapsed=1,
    )
    assert number(block[1]) == number(block[2]) >= pending > 500_000 * USDC


def test_total_assets__fee_recipient_paid__only_the_rest_reaches_the_suppliers(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    strategy.deposit(depositor, 1_000_000 * USDC)
    before, value = net.market.accrue(), strategy.read("totalAssets()")
    after = net.market.accrue(30 * DAY)
    interest = after.total_supply_assets - before.total_supply_assets
    share = value / before.total_supply_assets
    assert strategy.read("totalAssets()") - value == pytest.approx(interest * 0.9 * share, rel=1e-4)
    assert net.market.position(FEE_RECIPIENT).supply_shares > 0


# Four ways in and out


def test_deposit__then_redeem_everything__round_trip_never_gains(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    had, assets = strategy.usdc(depositor), 123_456_789_012
    shares = strategy.deposit(depositor, assets)
    block = strategy.in_one_block([strategy.call(depositor, "previewRedeem(uint256)", shares)], elapsed=1)
    assert number(block[0]) - assets < 10 * USDC  # one second of interest
    net.rpc.call("evm_setNextBlockTimestamp", hex(net.rpc.timestamp() + 1))
    strategy.send(depositor, REDEEM, shares, depositor, depositor)
    assert strategy.shares(depositor) == strategy.read("totalSupply()") == 0
    assert strategy.read("totalAssets()") == 0
    assert strategy.usdc(depositor) - had == number(block[0]) - assets


@pytest.mark.parametrize("assets", [1, 2, 999_999, 31_415_926_535])
@pytest.mark.parametrize(
    ("enter", "leave"),
    [("deposit", "redeem"), ("deposit", "withdraw"), ("mint", "redeem"), ("mint", "withdraw")],
)
def test_round_trip__within_one_block__costs_at_most_two_units_and_never_pays(
    net: Devnet, strategy: Strategy, depositor: str, enter: str, leave: str, assets: int
) -> None:
    net.market.warp(40 * DAY)
    amount = assets if enter == "deposit" else strategy.read("convertToShares(uint256)", assets)
    paid, got = _round_trip(strategy, depositor, enter, leave, amount)
    assert 0 <= paid - got <= 2


def _round_trip(strategy: Strategy, account: str, enter: str, leave: str, amount: int) -> tuple[int, int]:
    """Assets paid and got back when everything goes in and out within one simulated block."""
    balance = strategy.call(account, "balanceOf(address)", account, to=strategy.net.addresses.usdc)
    entry = strategy.call(account, f"{enter}(uint256,address)", amount, account)
    limit = "maxRedeem(address)" if leave == "redeem" else "maxWithdraw(address)"
    first = strategy.in_one_block([balance, entry, strategy.call(account, limit, account)])
    exit_amount = number(first[2])
    calls = [balance, entry, balance]
    if exit_amount:
        calls += [strategy.call(account, f"{leave}(uint256,address,address)", exit_amount, account, account)]
    block = strategy.in_one_block([*calls, balance])
    assert all(result["status"] == "0x1" for result in block)
    before, inside, after = number(block[0]), number(block[2]), number(block[-1])
    return before - inside, after - inside


@pytest.mark.parametrize(
    ("preview", "act", "amount"),
    [
        ("previewDeposit", "deposit", 98_765_432_101),
        ("previewMint", "mint", 98_765_432_101_234_567),
        ("previewWithdraw", "withdraw", 98_765_432_101),
        ("previewRedeem", "redeem", 98_765_432_101_234_567),
    ],
)
def test_previews__interest_pending__equal_what_the_call_does(
    net: Devnet, strategy: Strategy, depositor: str, preview: str, act: str, amount: int
) -> None:
    strategy.deposit(depositor, 1_000_000 * USDC)
    arguments = (depositor,) if act in ("deposit", "mint") else (depositor, depositor)
    signature = f"{act}(uint256,{','.join(['address'] * len(arguments))})"
    block = strategy.in_one_block(
        [
            strategy.call(depositor, f"{preview}(uint256)", amount),
            strategy.call(depositor, signature, amount, *arguments),
        ],
        elapsed=11 * DAY,
    )
    assert number(block[0]) == number(block[1])


def test_deposit__receiver_and_events__whole(net: Devnet, strategy: Strategy, depositor: str) -> None:
    receiver = net.actor("receiver")
    receipt = strategy.send(depositor, "deposit(uint256,address)", 10 * USDC, receiver)
    shares = strategy.shares(receiver)
    assert strategy.shares(depositor) == 0
    log = receipt["logs"][-1]
    words = [int(log["data"][2 + 64 * i : 66 + 64 * i], 16) for i in range(2)]
    assert [t[-40:] for t in log["topics"][1:]] == [a[2:].lower() for a in (depositor, receiver)]
    assert words == [10 * USDC, shares]


@pytest.mark.parametrize("act", ["deposit(uint256,address)", "mint(uint256,address)", WITHDRAW, REDEEM])
def test_zero_amount__any_function__reverts(
    net: Devnet, strategy: Strategy, depositor: str, act: str
) -> None:
    arguments = [depositor] * act.count("address")
    with pytest.raises(Reverted) as caught:
        strategy.send(depositor, act, 0, *arguments)
    assert caught.value.reason == "morpho: zero amount"


def test_withdraw__of_another_without_allowance__reverts_and_pays_nothing(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    strategy.deposit(depositor, 1_000 * USDC)
    thief = net.actor("hostile_agent")
    net.fund_eth(thief, 10**18)
    for act, amount in ((WITHDRAW, USDC), (REDEEM, SHARE)):
        with pytest.raises(Reverted) as caught:
            strategy.send(thief, act, amount, thief, depositor)
        assert caught.value.reason == "erc20: insufficient allowance"
    assert strategy.usdc(thief) == 0


def test_redeem__with_allowance__spends_it_and_pays_the_receiver(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    strategy.deposit(depositor, 1_000 * USDC)
    operator, receiver = net.actor("operator"), net.actor("receiver")
    net.fund_eth(operator, 10**18)
    strategy.send(depositor, "approve(address,uint256)", operator, 3 * SHARE)
    strategy.send(operator, REDEEM, 2 * SHARE, receiver, depositor)
    assert strategy.read("allowance(address,address)", depositor, operator) == SHARE
    assert strategy.usdc(receiver) == 2 * USDC
    strategy.send(operator, "transferFrom(address,address,uint256)", depositor, receiver, SHARE)
    assert strategy.shares(receiver) == SHARE


@pytest.mark.parametrize(("act", "extra"), [(WITHDRAW, USDC), (REDEEM, 1)])
def test_exit__more_than_own_while_others_hold__reverts(
    net: Devnet, strategy: Strategy, depositor: str, act: str, extra: int
) -> None:
    strategy.deposit(strategy.ready("other_depositor"), 5_000 * USDC)
    own = strategy.deposit(depositor, 1_000 * USDC)
    amount = (1_000 * USDC if act == WITHDRAW else own) + extra
    with pytest.raises(Reverted) as caught:
        strategy.send(depositor, act, amount, depositor, depositor)
    assert caught.value.reason == "erc20: burn amount exceeds balance"


# Donations and inflation


def test_donation__of_asset_or_of_market_supply__moves_no_price(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    strategy.deposit(depositor, 1_000 * USDC)
    donor = strategy.ready("donor")
    p, morpho = net.market_params, net.addresses.morpho
    net.rpc.transact(donor, net.addresses.usdc, "approve(address,uint256)", morpho, MAX_UINT256)
    views = [
        strategy.call(depositor, "totalAssets()"),
        strategy.call(depositor, "convertToAssets(uint256)", SHARE),
        strategy.call(depositor, "maxWithdraw(address)", depositor),
    ]
    supply = f"supply({p.TYPE},uint256,uint256,address,bytes)"
    gift = 100_000 * USDC
    results = strategy.in_one_block(
        [
            *views,
            strategy.call(donor, "transfer(address,uint256)", strategy.address, gift, to=net.addresses.usdc),
            strategy.call(donor, supply, p.as_tuple(), gift, 0, strategy.address, b"", to=morpho),
            *views,
        ]
    )
    assert [number(r) for r in results[:3]] == [number(r) for r in results[5:]]


def test_first_deposit__after_a_donation_attack__loses_nothing(
    net: Devnet, strategy: Strategy, depositor: str
) -> None:
    attacker = strategy.ready("hostile_agent")
    strategy.deposit(attacker, 1)
    net.rpc.transact(
        attacker, net.addresses.usdc, "transfer(address,uint256)", strategy.address, 1_000_000 * USDC
    )
    strategy.deposit(depositor, 10 * USDC)
    assert strategy.read("maxWithdraw(address)", depositor) >= 10 * USDC - 1


# Construction


def test_init__market_unknown_to_morpho__reverts(net: Devnet, strategy: Strategy) -> None:
    deployer = net.actor("another_deployer")
    net.fund_eth(deployer, 10**18)
    types = ["address", "bytes32", "string", "string"]
    arguments = (net.addresses.morpho, b"\x01" * 32, "No such market", "NONE")
    with pytest.raises(Reverted) as caught:
        deploy(net.rpc, deployer, vyper_artifact("contracts/MorphoBlueStrategy.vy"), types, arguments)
    assert caught.value.reason == "morpho: no such market"


def test_init__parameters__read_back(net: Devnet, strategy: Strategy) -> None:
    assert strategy.read("asset()", returns=["address"]).lower() == net.addresses.usdc.lower()
    assert strategy.read("morpho()", returns=["address"]).lower() == net.addresses.morpho.lower()
    assert strategy.read("market_id()", returns=["bytes32"]) == net.market_params.id
    assert strategy.read("decimals()") == 12
    assert strategy.read("name()", returns=["string"]) == "Morpho USDC/WETH"


def test_abi__no_administration_and_no_permit() -> None:
    functions = {
        e["name"] for e in vyper_artifact("contracts/MorphoBlueStrategy.vy").abi if e["type"] == "function"
    }
    assert functions == {
        *("name", "symbol", "decimals", "totalSupply", "balanceOf", "allowance"),
        *("transfer", "transferFrom", "approve", "asset", "morpho", "market_id"),
        *("totalAssets", "convertToAssets", "convertToShares"),
        *("deposit", "mint", "withdraw", "redeem"),
        *("previewDeposit", "previewMint", "previewWithdraw", "previewRedeem"),
        *("maxDeposit", "maxMint", "maxWithdraw", "maxRedeem"),
    }
