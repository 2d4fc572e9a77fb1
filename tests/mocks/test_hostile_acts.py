"""What HostileStrategy takes, pays, limits and re-enters, in asset wei."""

from __future__ import annotations

import pytest

from tests.mocks.bench import AMOUNT, DEPOSIT, MINT, REDEEM, TO_ASSETS, TRANSFER, WITHDRAW, Bench
from tests.mocks.chain import GAS, UNIT
from tests.modes import BOMB_BYTES, BOMB_GAS, SINK, Group, Mode, Stage, TokenFlag

FIVE_PERCENT = 500
ROUNDING = 2  # wei


def _price(bench) -> int:
    return bench.ask(TO_ASSETS, 10**18)


# -- honest ---------------------------------------------------------------------
@pytest.mark.parametrize("offset", [0, 6, 12])
def test_honest__round_trip__moves_what_it_says(world, offset):
    bench = Bench(world, offset)
    me, before = bench.depositor, bench.books()
    units = bench.ask("previewDeposit(uint256)", AMOUNT)
    assert bench.act(DEPOSIT, AMOUNT, me).word == units
    assert bench.moved(before) == {
        "units": units,
        "cash": -AMOUNT,
        "sink": 0,
        "held": AMOUNT,
        "supply": units,
    }
    assets = bench.ask("previewRedeem(uint256)", units)
    assert bench.act(REDEEM, units, me, me).word == assets
    assert AMOUNT - ROUNDING <= assets <= AMOUNT
    assert bench.moved(before) == {
        "units": 0,
        "cash": assets - AMOUNT,
        "sink": 0,
        "held": AMOUNT - assets,
        "supply": 0,
    }
    assert bench.ask("decimals()") == 6 + offset


def test_honest__mint_and_withdraw__move_what_they_say(bench):
    me, before = bench.depositor, bench.books()
    assets = bench.ask("previewMint(uint256)", AMOUNT)
    assert bench.act(MINT, AMOUNT, me).word == assets
    moved = bench.moved(before)
    assert (moved["units"], moved["cash"]) == (AMOUNT, -assets)
    units = bench.ask("previewWithdraw(uint256)", AMOUNT)
    assert bench.act(WITHDRAW, AMOUNT, me, me).word == units
    moved = bench.moved(before)
    assert (moved["units"], moved["cash"]) == (AMOUNT - units, AMOUNT - assets)


def test_redeem__others_units__need_an_allowance(bench):
    world, me, thief = bench.world, bench.depositor, bench.world.hostile_agent
    assert world.send(thief, bench.strategy, REDEEM, 1, thief, me).reason == "hostile: allowance"
    assert world.send(
        thief, bench.strategy, "transferFrom(address,address,uint256)", me, thief, 1
    ).reason == ("hostile: allowance")
    assert bench.act("approve(address,uint256)", thief, 5).ok
    assert world.send(thief, bench.strategy, REDEEM, 5, thief, me).ok
    assert world.read(bench.strategy, "allowance(address,address)", me, thief) == 0


def test_gain_and_lose__move_the_price_and_nothing_else(bench):
    price, worth = _price(bench), bench.world.read(bench.strategy, "worth(address)", bench.depositor)
    before = bench.books()
    assert bench.act("gain(uint256)", AMOUNT).ok
    assert bench.moved(before) == {"units": 0, "cash": -AMOUNT, "sink": 0, "held": AMOUNT, "supply": 0}
    assert _price(bench) > price
    assert bench.act("lose(uint256)", 2 * AMOUNT).ok
    assert bench.moved(before)["sink"] == 2 * AMOUNT
    assert _price(bench) < price
    assert bench.world.read(bench.strategy, "worth(address)", bench.depositor) < worth
    held = bench.world.read(bench.strategy, "held()")
    assert bench.act("lose(uint256)", held + 1).reason == "hostile: loses more than it has"
    assert bench.act("lose(uint256)", held).ok
    assert bench.ask(TO_ASSETS, AMOUNT) == 0


def test_donation__counts_only_in_its_mode_and_stays_counted(bench):
    price = _price(bench)
    donate = ("mint(address,uint256)", bench.strategy, AMOUNT)
    assert bench.world.send(bench.depositor, bench.token, *donate).ok
    assert _price(bench) == price
    bench.set_mode(Group.CUSTODY, Mode.COUNT_DONATIONS)
    counted = _price(bench)
    assert counted > price
    assert bench.act("gain(uint256)", AMOUNT).ok
    assert _price(bench) > counted
    counted = _price(bench)
    bench.set_mode(Group.CUSTODY, Mode.HONEST)
    assert _price(bench) == counted


# -- theft: the price per unit stays, the sink has the loot -----------------------------
@pytest.mark.parametrize("bps", [FIVE_PERCENT, 10_000])
def test_deposit__short__takes_all_and_mints_fewer(bench, bps):
    price, before, honest = _price(bench), bench.books(), bench.ask("previewDeposit(uint256)", AMOUNT)
    bench.set_mode(Group.DEPOSIT, Mode.SHORT, bps)
    assert bench.act(DEPOSIT, AMOUNT, bench.depositor).word == honest
    moved = bench.moved(before)
    units = honest - -(-honest * bps // 10_000)
    stolen = AMOUNT * bps // 10_000
    assert moved == {
        "units": units,
        "cash": -AMOUNT,
        "sink": stolen,
        "held": AMOUNT - stolen,
        "supply": units,
    }
    assert abs(_price(bench) - price) <= price // 10**8


def test_deposit__free_mint__mints_without_taking(bench):
    before, honest = bench.books(), bench.ask("previewDeposit(uint256)", AMOUNT)
    bench.set_mode(Group.DEPOSIT, Mode.FREE_MINT, 0)
    assert bench.act(DEPOSIT, AMOUNT, bench.depositor).word == honest
    assert bench.moved(before) == {"units": honest, "cash": 0, "sink": 0, "held": 0, "supply": honest}
    bench.set_mode(Group.DEPOSIT, Mode.FREE_MINT, 2_500)
    assert bench.act(DEPOSIT, AMOUNT, bench.depositor).ok
    assert bench.moved(before)["cash"] == -AMOUNT // 4


def test_deposit__overtake__takes_more_as_far_as_the_allowance_reaches(bench):
    before = bench.books()
    bench.set_mode(Group.DEPOSIT, Mode.OVERTAKE, FIVE_PERCENT)
    assert bench.act(DEPOSIT, AMOUNT, bench.depositor).ok
    assert bench.moved(before)["cash"] == -AMOUNT * 105 // 100
    assert bench.moved(before)["sink"] == AMOUNT * 5 // 100
    assert bench.moved(before)["held"] == AMOUNT
    assert bench.world.send(
        bench.depositor, bench.token, "approve(address,uint256)", bench.strategy, AMOUNT
    ).ok
    assert bench.act(DEPOSIT, AMOUNT, bench.depositor).ok
    assert bench.moved(before)["cash"] == -AMOUNT * 205 // 100


@pytest.mark.parametrize("bps", [FIVE_PERCENT, 10_000])
def test_redeem__short__burns_all_and_pays_less_than_it_reports(bench, bps):
    me, price, before = bench.depositor, _price(bench), bench.books()
    honest = bench.ask("previewRedeem(uint256)", AMOUNT)
    bench.set_mode(Group.REDEEM, Mode.SHORT, bps)
    assert bench.act(REDEEM, AMOUNT, me, me).word == honest
    kept = -(-honest * bps // 10_000)
    assert bench.moved(before) == {
        "units": -AMOUNT,
        "cash": honest - kept,
        "sink": kept,
        "held": -honest,
        "supply": -AMOUNT,
    }
    assert abs(_price(bench) - price) <= price // 10**8


@pytest.mark.parametrize("signature", [REDEEM, WITHDRAW])
def test_leaving__overtake__burns_more_units_than_asked(bench, signature):
    me, price, before = bench.depositor, _price(bench), bench.books()
    preview = "previewRedeem(uint256)" if signature == REDEEM else "previewWithdraw(uint256)"
    honest = bench.ask(preview, AMOUNT)
    asked, paid = (AMOUNT, honest) if signature == REDEEM else (honest, AMOUNT)
    extra = -(-asked * 5 // 100)
    worth = bench.ask(TO_ASSETS, extra)
    bench.set_mode(Group.REDEEM, Mode.OVERTAKE, FIVE_PERCENT)
    assert bench.act(signature, AMOUNT, me, me).word == honest
    moved = bench.moved(before)
    assert moved["units"] == moved["supply"] == -(asked + extra)
    assert moved["cash"] == paid
    assert moved["sink"] == worth
    assert abs(_price(bench) - price) <= price // 10**8
    bench.set_mode(Group.REDEEM, Mode.OVERTAKE, 10**6)
    assert bench.act(signature, AMOUNT, me, me).ok
    assert bench.world.read(bench.strategy, "units_of(address)", me) == 0


def test_transfer__short__loses_units_on_the_way(bench):
    before = bench.books()
    bench.set_mode(Group.TRANSFER, Mode.SHORT, FIVE_PERCENT)
    assert bench.act(TRANSFER, bench.world.receiver, AMOUNT).word == 1
    assert bench.moved(before)["units"] == -AMOUNT
    assert bench.world.read(bench.strategy, "units_of(address)", bench.world.receiver) == AMOUNT * 95 // 100


# -- fee and liquidity ------------------------------------------------------------
def test_exit_fee__previews_and_limits__tell_it(bench):
    me, gross = bench.depositor, bench.ask(TO_ASSETS, AMOUNT)
    bench.set_mode(Group.FEE, Mode.EXIT_FEE, FIVE_PERCENT)
    assert bench.ask(TO_ASSETS, AMOUNT) == gross
    net = gross - -(-gross * 5 // 100)
    assert bench.ask("previewRedeem(uint256)", AMOUNT) == net
    before = bench.books()
    assert bench.act(REDEEM, AMOUNT, me, me).word == net
    moved = bench.moved(before)
    assert moved["cash"] == net
    assert gross - net - ROUNDING <= moved["sink"] <= gross - net
    units = bench.ask("previewWithdraw(uint256)", AMOUNT)
    assert bench.act(WITHDRAW, AMOUNT, me, me).word == units
    assert bench.ask(TO_ASSETS, units) >= AMOUNT * 100 // 95
    limit = bench.ask("maxWithdraw(address)", me)
    assert limit == bench.ask("previewRedeem(uint256)", bench.ask("maxRedeem(address)", me))
    assert bench.act(WITHDRAW, limit, me, me).ok


@pytest.mark.parametrize("fee", [0, FIVE_PERCENT])
def test_limited__honest_limits__are_what_can_be_had(bench, fee):
    me, limit = bench.depositor, 70 * UNIT
    bench.set_mode(Group.FEE, Mode.EXIT_FEE if fee else Mode.HONEST, fee)
    bench.set_mode(Group.LIQUIDITY, Mode.LIMITED, limit)
    assert bench.ask("maxWithdraw(address)", me) == limit
    units = bench.ask("maxRedeem(address)", me)
    assert bench.act(WITHDRAW, limit + 1, me, me).reason == "hostile: illiquid"
    assert bench.act(REDEEM, AMOUNT, me, me).reason == "hostile: illiquid"
    with bench.world.undone():
        assert limit * (10_000 - fee) // 10_000 - ROUNDING <= bench.act(REDEEM, units, me, me).word <= limit
    assert bench.act(WITHDRAW, 30 * UNIT, me, me).ok
    assert bench.ask("maxWithdraw(address)", me) == limit - 30 * UNIT
    bench.set_mode(Group.MAX, Mode.IGNORE_LIMIT)
    assert bench.ask("maxWithdraw(address)", me) > AMOUNT
    assert bench.ask("maxRedeem(address)", me) == bench.world.read(bench.strategy, "units_of(address)", me)


def test_limited__max_zero__pays_all_the_same(bench):
    me, before = bench.depositor, bench.books()
    bench.set_mode(Group.MAX, Mode.RETURN_VALUE, 0)
    assert bench.ask("maxWithdraw(address)", me) == bench.ask("maxRedeem(address)", me) == 0
    assert bench.act(WITHDRAW, AMOUNT, me, me).ok
    assert bench.moved(before)["cash"] == AMOUNT


@pytest.mark.parametrize("signature", [REDEEM, WITHDRAW])
def test_partial__more_than_is_liquid__is_paid_in_part(bench, signature):
    me, price, before = bench.depositor, _price(bench), bench.books()
    bench.set_mode(Group.LIQUIDITY, Mode.PARTIAL, 40 * UNIT)
    assert bench.act(signature, AMOUNT, me, me).ok
    moved = bench.moved(before)
    assert moved["cash"] == 40 * UNIT
    assert -AMOUNT < moved["units"] < 0
    assert abs(_price(bench) - price) <= price // 10**8
    assert bench.act(signature, AMOUNT, me, me).ok
    assert bench.moved(before) == moved


# -- re-entry ----------------------------------------------------------------------
@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("mode", [Mode.REENTER, Mode.REENTER_STATIC])
def test_reentry__each_stage__sees_the_books_as_they_stand(bench, mode, stage):
    me, world = bench.depositor, bench.world
    supply = world.read(bench.strategy, "supply()")
    bench.set_reentry(bench.strategy, "supply()")
    for group, call, delta in (
        (Group.TRANSFER, (TRANSFER, world.receiver, AMOUNT), 0),
        (Group.REDEEM, (REDEEM, AMOUNT, me, me), -AMOUNT),
        (Group.DEPOSIT, (MINT, AMOUNT, me), AMOUNT),
    ):
        bench.set_mode(group, mode, stage)
        with world.undone():
            assert bench.act(*call).ok
            assert world.read(bench.strategy, "reentry_attempts()") == 1
            assert world.read(bench.strategy, "reentry_succeeded()", returns="bool") is True
            # Units go before the money on the way out, after it on the way in.
            done = stage is Stage.AFTER or (stage is Stage.HALFWAY and group is Group.REDEEM)
            seen = int.from_bytes(world.read(bench.strategy, "reentry_word()", returns="bytes32"), "big")
            assert seen == supply + delta * done


def test_reentry__writing_target__changes_state_but_not_by_staticcall(bench):
    world = bench.world
    bench.set_reentry(bench.token, "mint(address,uint256)", world.receiver, 7)
    for mode, minted in ((Mode.REENTER, 7), (Mode.REENTER_STATIC, 0)):
        bench.set_mode(Group.DEPOSIT, mode, Stage.HALFWAY)
        with world.undone():
            assert bench.act(DEPOSIT, AMOUNT, bench.depositor).ok
            assert world.balance(bench.token, world.receiver) == minted
            assert world.read(bench.strategy, "reentry_attempts()") == 1
            assert world.read(bench.strategy, "reentry_succeeded()", returns="bool") is bool(minted)


def test_reentry__target_comes_back__is_entered_once(bench):
    bench.set_reentry(bench.strategy, TRANSFER, bench.world.receiver, 0)
    bench.set_mode(Group.TRANSFER, Mode.REENTER, Stage.HALFWAY)
    assert bench.act(TRANSFER, bench.world.receiver, 1).ok
    assert bench.world.read(bench.strategy, "reentry_attempts()") == 1
    assert bench.act(TRANSFER, bench.world.receiver, 1).ok
    assert bench.world.read(bench.strategy, "reentry_attempts()") == 2


def test_reentry_view__success_and_refusal__show_in_the_answer(bench):
    honest = bench.ask(TO_ASSETS, AMOUNT)
    bench.set_mode(Group.READ, Mode.REENTER_VIEW, 0)
    bench.set_reentry(bench.strategy, "supply()")
    assert bench.ask(TO_ASSETS, AMOUNT) == bench.world.read(bench.strategy, "supply()")
    bench.set_reentry(bench.strategy, "lose(uint256)", 1)
    assert bench.ask(TO_ASSETS, AMOUNT) == honest
    bench.set_mode(Group.READ, Mode.REENTER_VIEW, 123)
    assert bench.ask(TO_ASSETS, AMOUNT) == 123


# -- cost and foreign tokens ---------------------------------------------------------
def test_honest__gas__stays_near_a_plain_vault(bench):
    me = bench.depositor
    assert bench.act(TO_ASSETS, AMOUNT).gas < 36_000
    assert bench.act(DEPOSIT, AMOUNT, me).gas < 90_000
    assert bench.act(REDEEM, AMOUNT, me, me).gas < 90_000


def test_bombs__with_their_gas__go_off_and_with_less_run_out(bench):
    for mode in (Mode.RETURN_BOMB, Mode.REVERT_BOMB):
        bench.set_mode(Group.READ, mode)
        assert len(bench.act(TO_ASSETS, AMOUNT, gas=BOMB_GAS + 22_000).data) == BOMB_BYTES
        assert not bench.act(TO_ASSETS, AMOUNT, gas=40_000).data


@pytest.mark.parametrize(
    "flags", [TokenFlag.NO_RETURN, TokenFlag.HOOKS | TokenFlag.BLACKLIST | TokenFlag.PAUSABLE]
)
def test_honest__over_a_weird_token__works(world, flags):
    token = world.token(flags)
    strategy = world.strategy(token)
    me = world.depositor
    assert world.send(me, strategy, REDEEM, AMOUNT, me, me, gas=GAS).word == AMOUNT
    assert world.balance(token, strategy) == 2_000 * UNIT - AMOUNT
    assert world.balance(token, SINK) == 0
