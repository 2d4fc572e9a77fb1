"""Moving a strategy's price around a poke, a deposit or an exit: it pays nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.devnet.abi import decode_revert
from tests import treasury as t
from tests.attacks.stage import (
    AMOUNT,
    CALL,
    DEPOSIT,
    MULTI,
    REDEEM,
    SET_MODE,
    SLICE,
    STAKE,
    UNIT,
    Play,
    Stage,
    inner,
)
from tests.modes import Group, Mode

TOTALS = ("uint256", "uint256", "bool")
SHARE = 10**12
YEAR = 31_536_000
PRECISION = STAKE // 2**31 + 2  # of the remembered prices, asset wei
MINT_TO = "mint(address,uint256)"
APPROVE = "approve(address,uint256)"
BALANCE = "balanceOf(address)"
FLASH = f"flash(address,uint256,{CALL}[])"


def _dial(stage: Stage, mode: Mode, param: int = 0) -> tuple:
    return inner(stage.hostile, SET_MODE, Group.READ, mode, param)


def _gain(play: Play, amount: int) -> None:
    """A real gain that no book shows yet."""
    play.call(t.STRANGER, play.stage.asset, MINT_TO, play.stage.hostile, amount)
    play.call(t.STRANGER, play.stage.hostile, "gain(uint256)", amount)


# ------------------------------------------------------------------ the veto and the gap


@pytest.mark.parametrize("left", [0, 1, 10, 100, 1_000, 5_000])
def test_veto__fall_to_nothing__stays_after_a_poke(shared_stage, left):
    """However deep the fall, the veto lasts as long as the reference remembers: this day and the next."""
    play = shared_stage.play()
    play.mode(Group.READ, Mode.LIE_DOWN, 10_000 - left)
    vetoes = [play.totals()]
    for _ in range(6):
        play.wait(t.HOUR)
        play.poke()
        vetoes.append(play.totals())
    entered = play.act("deposit")
    outcomes = play.run()
    assert [outcomes[place].decoded(*TOTALS)[2] for place in vetoes] == [True] * 7
    assert outcomes[entered].reason == "vault: 7"


@pytest.mark.parametrize("bps", [100, 1_000, 1_400, 1_700, 5_000, 50_000, 2**30])
@pytest.mark.parametrize("action", ["deposit", "mint"])
def test_deposit__strategy_lies_up__loses_at_most_the_veto_band(shared_stage, action, bps):
    play = shared_stage.play()
    money = play.view(BALANCE, t.DEPOSITOR, to=shared_stage.asset)
    held = play.view(BALANCE, t.DEPOSITOR)
    play.mode(Group.READ, Mode.LIE_UP, bps)
    entered = play.act(action)
    later = play.view(BALANCE, t.DEPOSITOR, to=shared_stage.asset), play.view(BALANCE, t.DEPOSITOR)
    play.mode(Group.READ, Mode.HONEST)
    price = play.view("convertToAssets(uint256)", 10**24)
    outcomes = play.run()
    if not outcomes[entered].ok:
        assert outcomes[entered].reason == "vault: 12"
        return
    paid = outcomes[money].word - outcomes[later[0]].word
    got = outcomes[later[1]].word - outcomes[held].word
    assert got * outcomes[price].word // 10**24 >= paid * 97 // 100 - 1


# ------------------------------------------------------------------ manipulation around a poke


@pytest.mark.parametrize("mode", [Mode.LIE_UP, Mode.LIE_DOWN, Mode.REVERT_EMPTY])
def test_poke__by_a_contract__is_refused_and_changes_nothing(shared_stage, mode):
    """A contract could stand in the middle of a price that borrowed money holds, or of a strategy's own
    lock."""
    stage, play = shared_stage, shared_stage.play()
    before = play.books()
    calls = [_dial(stage, mode, 5_000), inner(stage.vault, "poke()", must=False), _dial(stage, Mode.HONEST)]
    poked, after = play.call(t.STRANGER, stage.caller, MULTI, calls), play.books()
    outcomes = play.run()
    ok, reason = outcomes[poked].decoded("(bool,bytes)[]")[0][1]
    assert (ok, decode_revert(reason)) == (False, "vault: 1")
    assert before(outcomes) == after(outcomes)


def _seen(play: Play) -> list[int]:
    price = play.view("convertToAssets(uint256)", 10**24)
    return [play.totals(), price, play.view("maxWithdraw(address)", t.LEAVER)]


@pytest.mark.parametrize("bps", [10, 100, 10_000, 2**30])
def test_poke__price_held_up_at_it__raises_neither_price_nor_petty_cash(shared_stage, bps):
    play = shared_stage.play()
    before = _seen(play)
    play.mode(Group.READ, Mode.LIE_UP, bps)
    play.poke()
    play.mode(Group.READ, Mode.HONEST)
    after = _seen(play)
    play.poke()
    healed = _seen(play)
    outcomes = play.run()
    assert outcomes[before[1]].word == outcomes[after[1]].word
    assert outcomes[after[2]].word <= outcomes[before[2]].word
    lo, hi, _ = outcomes[after[0]].decoded(*TOTALS)
    drift = STAKE * 5_000 * t.DAY // (10_000 * YEAR) + 1
    assert hi - lo <= min(drift, STAKE * bps // 10_000 + 1)
    # The next honest poke undoes it.
    assert [outcomes[i].data for i in healed] == [outcomes[i].data for i in before]


@pytest.mark.parametrize("bps", [10, 100, 5_000, 10_000])
def test_poke__price_held_down_at_it__the_next_poke_heals_it(shared_stage, bps):
    """In between, entry pays the true mark and petty cash closes, so that the low book is nobody's to use."""
    play = shared_stage.play()
    before = play.totals(), play.view("previewDeposit(uint256)", AMOUNT)
    play.mode(Group.READ, Mode.LIE_DOWN, bps)
    play.poke()
    play.mode(Group.READ, Mode.HONEST)
    low = play.totals(), play.view("previewDeposit(uint256)", AMOUNT)
    wide = STAKE * bps // 10_000 > 1_001 * UNIT  # 10 bps of the total
    redeemed = play.act("redeem") if wide else None
    play.poke()
    healed = play.totals()
    outcomes = play.run()
    lo, hi, _ = outcomes[before[0]].decoded(*TOTALS)
    assert lo - STAKE * bps // 10_000 - 2 <= outcomes[low[0]].decoded(*TOTALS)[0] <= lo
    assert outcomes[low[0]].decoded(*TOTALS)[1] == hi
    assert outcomes[low[1]].word == outcomes[before[1]].word
    assert redeemed is None or outcomes[redeemed].reason in ("vault: 7", "vault: 12")
    again, hi_again, veto = outcomes[healed].decoded(*TOTALS)
    assert (hi_again, veto) == (hi, False)
    assert lo - PRECISION <= again <= lo


def test_poke_spam__book__rises_neither_slower_nor_faster_than_max_rate(shared_stage):
    """A gain of 5% over a day, poked once or 240 times: the rounding of each poke is worth a wei at most."""
    booked = []
    for pokes in (1, 240):
        play = shared_stage.play()
        _gain(play, 10_000 * UNIT)
        play.poke()
        start = play.position()
        for _ in range(pokes):
            play.wait(t.DAY // pokes)
            play.poke()
        end = play.position()
        outcomes = play.run()
        booked.append((outcomes[end].word >> 112) % 2**112 - (outcomes[start].word >> 112) % 2**112)
    once, often = booked
    assert once >= STAKE * 5_000 * t.DAY // (10_000 * YEAR)
    assert once <= often <= once + once // 1_000 + 240


def test_poke_spam__health__cannot_be_reset(shared_stage):
    """Pokes every ten minutes while a strategy fails: quarantine comes after the hour all the same."""
    play, statuses = shared_stage.play(), []
    play.mode(Group.READ, Mode.REVERT_EMPTY)
    for _ in range(7):
        play.poke()
        play.call(t.LEAVER, shared_stage.vault, "poke()")
        statuses.append(play.position())
        play.wait(600)
    outcomes = play.run()
    assert [(outcomes[place].word >> 224) & 255 for place in statuses] == [2] * 6 + [3]


# ------------------------------------------------------------------ sandwiches


def _sandwich(stage: Stage, amount: int, gain: int, fall: int, exit_by: str) -> tuple[int, list[str]]:
    """Hold the price down, deposit, let go, poke and leave in one block; return the profit and what was
    refused."""
    me, vault = t.STRANGER, stage.vault

    def start() -> tuple[Play, int, int]:
        play = stage.play()
        _gain(play, gain)
        play.call(me, stage.asset, MINT_TO, me, amount)
        play.call(me, stage.asset, APPROVE, vault, amount)
        money = play.view(BALANCE, me, to=stage.asset)
        play.mode(Group.READ, Mode.LIE_DOWN, fall)
        entered = play.call(me, vault, DEPOSIT, amount, me)
        play.mode(Group.READ, Mode.HONEST)
        play.poke()
        return play, money, entered

    play, _, entered = start()
    shares = play.run()[entered].word
    play, money, entered = start()
    leave = {
        "petty": (REDEEM, shares, me, me),
        "slice": (SLICE, shares, me, me, 0),
        "transfer": ("transfer(address,uint256)", t.LEAVER, shares),
    }[exit_by]
    left = play.call(me, vault, *leave)
    rest = play.view(BALANCE, me, to=stage.asset)
    outcomes = play.run()
    refused = [outcomes[place].reason for place in (entered, left) if not outcomes[place].ok]
    return outcomes[rest].word - outcomes[money].word, refused


@given(
    amount=st.integers(UNIT, 9_000 * UNIT),
    gain=st.sampled_from([0, 100 * UNIT, 5_000 * UNIT]),
    fall=st.sampled_from([0, 5, 1_000]),
)
def test_deposit_around_a_poke__through_petty_cash__never_pays(shared_stage, amount, gain, fall):
    profit, refused = _sandwich(shared_stage, amount, gain, fall, "petty")
    assert profit <= 0
    assert refused == [] if gain == fall == 0 else refused in ([], ["vault: 12"])


@pytest.mark.parametrize("exit_by", ["slice", "transfer"])
def test_deposit_around_a_poke__through_a_slice_or_a_buyer__is_still_seasoning(shared_stage, exit_by):
    _, refused = _sandwich(shared_stage, 9_000 * UNIT, 5_000 * UNIT, 0, exit_by)
    assert refused == ["vault: 11"]


def test_flash_deposit__in_one_transaction__costs_its_fee(shared_stage):
    """Borrowed 9,000, in and out through petty cash at 5 bps: 4.5 and a few wei are gone."""
    stage, me, amount = shared_stage, shared_stage.caller, 9_000 * UNIT
    play = stage.play()
    price = play.view("previewDeposit(uint256)", amount)
    shares = play.run()[price].word
    play = stage.play()
    play.call(t.STRANGER, stage.asset, MINT_TO, me, 10 * UNIT)
    calls = [
        inner(stage.asset, APPROVE, stage.vault, amount),
        inner(stage.vault, DEPOSIT, amount, me),
        inner(stage.vault, REDEEM, shares, me, me),
    ]
    done = play.call(t.STRANGER, me, FLASH, stage.asset, amount, calls)
    money = play.view(BALANCE, me, to=stage.asset)
    outcomes = play.run()
    assert outcomes[done].ok, outcomes[done].reason
    assert 0 <= 10 * UNIT - outcomes[money].word - amount * 5 // 10_000 <= 3


@given(
    amount=st.integers(UNIT, 400_000 * UNIT),
    gain=st.integers(0, 5_000 * UNIT),
    down=st.integers(0, 1_400),
)
def test_deposit_at_a_price_held_down__slice_after_seasoning__takes_no_more_than_unbooked_gains(
    shared_stage, amount, gain, down
):
    """The exact truth: who can hold a mark down buys at the book, and after `hold` has a part of what it
    did not show."""
    stage, play, me = shared_stage, shared_stage.play(), t.DEPOSITOR
    _gain(play, gain)
    play.mode(Group.READ, Mode.LIE_DOWN, down)
    entered = play.call(me, stage.vault, DEPOSIT, amount, me)
    play.mode(Group.READ, Mode.HONEST)
    true = play.totals()
    play.wait(t.HOUR)
    outcomes = play.run()
    if not outcomes[entered].ok:
        assert outcomes[entered].reason in ("vault: 7", "vault: 12")
        return
    got = outcomes[entered].word
    sliced = play.call(me, stage.vault, SLICE, got, me, me, 0)
    outcomes = play.run()
    assert outcomes[sliced].ok, outcomes[sliced].reason
    lo, hi, _ = outcomes[true].decoded(*TOTALS)
    profit = outcomes[sliced].word - amount
    assert profit <= (hi - lo) * amount // lo + 3
    assert gain != 0 or profit <= 0
