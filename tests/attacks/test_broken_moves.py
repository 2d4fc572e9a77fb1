"""What a hostile strategy gets when a move succeeds all the same: within tolerance, charged, and out of
itself only."""

from __future__ import annotations

import pytest

from tests import treasury as t
from tests.attacks.stage import (
    AMOUNT,
    EVERYTHING,
    HEALTHY,
    HOSTILE,
    LEAVERS,
    LIST,
    SLICE,
    SOLMATE,
    STAKE,
    UNIT,
    Play,
    Stage,
)
from tests.modes import SKIP_ACT, Group, Mode

M112 = 2**112 - 1
YEAR = 31_536_000
TOTALS = ("uint256", "uint256", "bool")
SHARE_UNIT = 10**12


def _loss(stage: Stage, play: Play) -> int:
    return play.view("loss_budget(address)", t.AGENT, to=stage.executor)


def _book(word: int) -> int:
    return (word >> 112) & M112


@pytest.mark.parametrize("bps", [1, 30, 49])
def test_allocate__strategy_mints_short_within_tolerance__charges_what_was_taken(shared_stage, bps):
    play = shared_stage.play()
    play.mode(Group.DEPOSIT, Mode.SHORT, bps)
    before = play.books()
    moved, after = play.execute((HOSTILE, AMOUNT)), play.books()
    loss = _loss(shared_stage, play)
    outcomes = play.run()
    first, last = before(outcomes), after(outcomes)
    assert outcomes[moved].ok
    stolen = last["asset of sink"] - first["asset of sink"]
    assert stolen == -(-AMOUNT * bps // 10_000)
    assert stolen <= outcomes[loss].decoded("uint256", "uint256")[1] <= stolen + 3
    grown = _book(last["position 1"]) - _book(first["position 1"])
    assert AMOUNT - stolen - 3 <= grown <= AMOUNT - stolen
    assert last["allowed 1"] == 0


def test_allocate__strategy_wants_more_than_offered__gets_what_was_offered(shared_stage):
    play = shared_stage.play()
    play.mode(Group.DEPOSIT, Mode.OVERTAKE, 10_000)
    before, _, after = play.books(), play.execute((HOSTILE, AMOUNT)), play.books()
    outcomes = play.run()
    first, last = before(outcomes), after(outcomes)
    assert first["asset of vault"] - last["asset of vault"] == AMOUNT
    assert last["allowed 1"] == 0


@pytest.mark.parametrize(
    ("group", "mode", "param"), [(Group.DEPOSIT, Mode.FREE_MINT, 5_000), (Group.BALANCE, Mode.LIE_UP, 5_000)]
)
def test_allocate__more_units_than_paid_for__book_grows_by_what_was_paid(shared_stage, group, mode, param):
    play = shared_stage.play()
    play.mode(group, mode, param)
    before, moved, after = play.books(), play.execute((HOSTILE, AMOUNT)), play.books()
    outcomes = play.run()
    assert outcomes[moved].ok
    first, last = before(outcomes), after(outcomes)
    paid = first["asset of vault"] - last["asset of vault"]
    assert 0 < paid <= AMOUNT
    assert _book(last["position 1"]) - _book(first["position 1"]) <= paid
    assert last["allowed 1"] == 0


@pytest.mark.parametrize("bps", [1, 30, 49])
@pytest.mark.parametrize("group", [Group.REDEEM, Group.FEE])
def test_deallocate__strategy_pays_short_within_tolerance__charges_what_is_missing(shared_stage, group, bps):
    play = shared_stage.play()
    play.mode(group, Mode.SHORT if group == Group.REDEEM else Mode.EXIT_FEE, bps)
    before, moved, after = play.books(), play.execute((HOSTILE, EVERYTHING)), play.books()
    loss = _loss(shared_stage, play)
    outcomes = play.run()
    assert outcomes[moved].ok
    stolen = after(outcomes)["asset of sink"] - before(outcomes)["asset of sink"]
    assert stolen == -(-STAKE * bps // 10_000)
    assert stolen - 3 <= outcomes[loss].decoded("uint256", "uint256")[1] <= stolen + 3


def test_deallocate__strategy_burns_more_than_asked__takes_only_from_itself(shared_stage):
    play = shared_stage.play()
    play.mode(Group.REDEEM, Mode.OVERTAKE, 1_000)
    before, moved, after = play.books(), play.execute((HOSTILE, -AMOUNT)), play.books()
    rest, sliced = play.execute((HOSTILE, EVERYTHING)), play.act("slice")
    outcomes = play.run()
    assert outcomes[moved].ok
    first, last = before(outcomes), after(outcomes)
    assert last["asset of vault"] - first["asset of vault"] >= AMOUNT
    # Units that the ledger counts and that are gone: neither the agent nor a slice can redeem them any more.
    assert last["units 1"] < last["position 1"] & M112
    assert outcomes[rest].reason == "vault: 17"
    assert outcomes[sliced].reason == "vault: 15"


def test_slice__units_gone__pays_again_once_quarantined_and_written_down(shared_stage):
    """The governor's way out where prices read well but units are missing: a read that cannot succeed any
    more."""
    stage, play = shared_stage, shared_stage.play()
    play.mode(Group.REDEEM, Mode.OVERTAKE, 1_000)
    play.execute((HOSTILE, -AMOUNT))
    blocked = play.act("slice")
    steward, starved = stage.treasury.steward, t.Terms(read_gas=1_000).tuple()
    play.call(t.GOVERNOR, steward, f"set_terms(uint256,{t.TERMS})", HOSTILE, starved)
    play.poke()
    play.wait(t.HOUR)
    play.poke()
    play.call(t.GOVERNOR, steward, "write_down(uint256)", HOSTILE)
    before, paid, after = play.books(), play.act("slice"), play.books()
    outcomes = play.run()
    assert outcomes[blocked].reason == "vault: 15"
    assert outcomes[paid].ok, outcomes[paid].reason
    first, last = before(outcomes), after(outcomes)
    assert last["position 1"] == first["position 1"]
    # 200,000 of 1,000,001 shares of idle (401,001) and of two healthy positions.
    assert abs(outcomes[paid].word - (401_001 + 2 * 200_000) * UNIT * 200_000 // 1_000_001) <= 4


@pytest.mark.parametrize("mode", [Mode.RETURN_NOTHING, Mode.NO_OP])
def test_slice__strategy_pays_nothing__costs_the_leaver_that_part_unless_limited(shared_stage, mode):
    play = shared_stage.play()
    honest = play.act("slice")
    fair = play.run()[honest].word
    play = shared_stage.play()
    play.mode(Group.REDEEM, mode, SKIP_ACT if mode == Mode.RETURN_NOTHING else 0)
    leaver = t.LEAVER
    careful = play.call(
        leaver, shared_stage.vault, SLICE, LEAVERS * SHARE_UNIT, leaver, leaver, fair * 95 // 100
    )
    before, careless, after = play.books(), play.act("slice"), play.books()
    outcomes = play.run()
    assert outcomes[careful].reason == "vault: 16"
    part = STAKE * LEAVERS // (1_000_001 * UNIT)
    assert abs(fair - outcomes[careless].word - part) <= 3
    first, last = before(outcomes), after(outcomes)
    # The stayers keep their part of every other position and of idle.
    for i in (HEALTHY, SOLMATE):
        assert (last[f"position {i}"] & M112) * 1_000_001 >= (first[f"position {i}"] & M112) * 800_001
    assert (last["hot"] & M112) * 1_000_001 >= (first["hot"] & M112) * 800_001


def test_slice__strategy_pays_part_and_keeps_units__leaves_units_for_the_governor(shared_stage):
    play = shared_stage.play()
    play.mode(Group.LIQUIDITY, Mode.PARTIAL, 10_000 * UNIT)
    play.mode(Group.MAX, Mode.IGNORE_LIMIT)
    sliced = play.act("slice")
    books = play.books()
    extra = (
        shared_stage.treasury.steward,
        "recover(address,address,uint256)",
        shared_stage.hostile,
        t.GOVERNOR,
    )
    units = 10_000 * UNIT
    recovered, too_much = play.call(t.GOVERNOR, *extra, units), play.call(t.GOVERNOR, *extra, 100 * units)
    outcomes = play.run()
    assert outcomes[sliced].ok
    found = books(outcomes)
    assert found["units 1"] - (found["position 1"] & M112) >= units
    assert outcomes[recovered].ok
    assert not outcomes[too_much].ok


def test_lie_up__lower_total__rises_by_max_rate_at_most(shared_stage):
    play = shared_stage.play()
    before = play.totals()
    play.mode(Group.READ, Mode.LIE_UP, 5_000)
    seen = []
    for _ in range(4):
        play.wait(t.DAY // 2)
        play.poke()
        seen.append(play.totals())
    play.mode(Group.READ, Mode.HONEST)
    honest = play.totals()
    outcomes = play.run()
    lo = outcomes[before].decoded(*TOTALS)[0]
    for half_days, place in enumerate(seen, start=3):  # the last poke of the stage was a day ago
        allowed = STAKE * 5_000 * half_days * (t.DAY // 2) // (10_000 * YEAR)
        assert outcomes[place].decoded(*TOTALS)[0] <= lo + allowed + half_days
    assert outcomes[honest].decoded(*TOTALS)[0] <= lo


@pytest.mark.parametrize("bps", [100, 1_000, 10_000, 2**31])
def test_lie_up__petty_price__is_never_higher(shared_stage, bps):
    play = shared_stage.play()
    price = ("convertToAssets(uint256)", 10**24), ("previewRedeem(uint256)", 10**24)
    before = [play.view(*view) for view in price]
    play.mode(Group.READ, Mode.LIE_UP, bps)
    after = [play.view(*view) for view in price]
    paid = play.act("redeem")
    outcomes = play.run()
    assert [outcomes[i].word for i in after] == [outcomes[i].word for i in before]
    assert outcomes[paid].reason == "vault: 12"


@pytest.mark.parametrize("bps", [1, 50, 100, 1_000, 1_400])
def test_lie_down__deposit__gets_no_more_shares_than_at_the_book(shared_stage, bps):
    play = shared_stage.play()
    before = play.view("previewDeposit(uint256)", AMOUNT)
    play.mode(Group.READ, Mode.LIE_DOWN, bps)
    deposited = play.act("deposit")
    outcomes = play.run()
    assert outcomes[deposited].word <= outcomes[before].word


@pytest.mark.parametrize("param", [0, 100, 290, 310, 2_000])
def test_allocate__strategy_lies_about_its_price__never_passes_the_ceiling(shared_stage, param):
    """Seven allocations under a ceiling 3,000 above the position: what is booked and what is marked stay
    below it."""
    stage = shared_stage
    ceiling = STAKE + 3_000 * UNIT
    for mode in (Mode.LIE_DOWN, Mode.LIE_UP):
        play = stage.play()
        play.call(t.GUARDIAN, stage.treasury.steward, "set_ceiling(uint256,uint256)", HOSTILE, ceiling)
        play.mode(Group.READ, mode, param)
        moves = [play.execute((HOSTILE, AMOUNT)) for _ in range(7)]
        books = play.books()
        outcomes = play.run()
        succeeded = sum(outcomes[move].ok for move in moves)
        assert succeeded <= 3
        assert succeeded == 3 or param != 0
        assert _book(books(outcomes)["position 1"]) <= ceiling
        reasons = {outcomes[move].reason for move in moves if not outcomes[move].ok}
        assert reasons <= {"vault: 20", "vault: 22", "vault: 23"}


@pytest.mark.parametrize("mode", [Mode.REVERT_REASON, Mode.BURN_INVALID, Mode.RETURN_31, Mode.RETURN_MAX])
@pytest.mark.parametrize("group", [Group.META, Group.READ])
def test_list_strategy__newcomer_is_broken__refuses_it(shared_stage, group, mode):
    stage, play = shared_stage, shared_stage.play()
    play.call(t.STRANGER, stage.spare, "set_mode(uint8,uint8,uint256)", group, mode, 0)
    before, listed, after = play.books(), play.act("list"), play.books()
    outcomes = play.run()
    assert not outcomes[listed].ok
    if group == Group.READ:
        assert outcomes[listed].reason == "steward: no price"
    assert before(outcomes) == after(outcomes)


def test_list_strategy__other_asset__refuses_it(shared_stage):
    stage, play = shared_stage, shared_stage.play()
    play.call(t.STRANGER, stage.spare, "set_mode(uint8,uint8,uint256)", Group.META, Mode.RETURN_VALUE, 7)
    listed = play.call(t.GOVERNOR, stage.treasury.steward, LIST, stage.spare, t.Terms().tuple(), 1)
    assert play.run()[listed].reason == "steward: another asset"
