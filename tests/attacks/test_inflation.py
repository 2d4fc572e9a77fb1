"""First depositor, last leaver and near-total loss: nobody who enters later loses more than three wei."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import treasury as t
from tests.attacks.stage import DEPOSIT, EVERYTHING, MINT, SLICE, UNIT, Stage, fund, open_treasury
from tests.attacks.timeline import Timeline
from tests.modes import SINK, Group, Mode

LOSS = 3  # asset wei
DECIMALS = (6, 8, 18)
ATTACKER, VICTIM = t.LEAVER, t.DEPOSITOR
RICH = 10**31
MINT_TO = "mint(address,uint256)"
TO_ASSETS = "convertToAssets(uint256)"


@pytest.fixture(scope="module")
def fresh(attacked_node, shared_stage) -> Iterator[dict[int, t.Treasury]]:
    """Sealed treasuries that hold a seed of one wei and nothing else, by decimals."""
    snapshot = attacked_node.call("evm_snapshot")
    fund(attacked_node)
    found = {}
    for decimals in DECIMALS:
        token = t.deploy_token(attacked_node, decimals)
        treasury = t.Treasury.create(attacked_node, token, seed=1, limits=t.Limits(deposit_cap=10**32))
        for account in (ATTACKER, VICTIM):
            treasury.mint(account, RICH)
        treasury.seal()
        found[decimals] = treasury
    yield found
    assert attacked_node.call("evm_revert", snapshot)


amounts = st.one_of(
    st.integers(1, 10**4), st.integers(1, 10**30), st.sampled_from([1, 2, 10**6, 10**18, 10**24])
)


@given(decimals=st.sampled_from(DECIMALS), own=amounts, gift=amounts, paid=amounts, minting=st.booleans())
def test_first_depositor__gift_before_the_victim__victim_loses_three_wei_at_most(
    fresh, decimals, own, gift, paid, minting
):
    treasury = fresh[decimals]
    vault, line = treasury.vault, Timeline(treasury.rpc)
    line.call(ATTACKER, vault, DEPOSIT, own, ATTACKER)
    line.call(ATTACKER, treasury.asset, "transfer(address,uint256)", vault, gift)
    line.call(ATTACKER, vault, "poke()")
    if minting:
        entered = line.call(VICTIM, vault, MINT, paid * 10 ** max(3, 18 - decimals), VICTIM)
    else:
        entered = line.call(VICTIM, vault, DEPOSIT, paid, VICTIM)
    spent = line.call(t.STRANGER, treasury.asset, "balanceOf(address)", VICTIM)
    shares = line.call(t.STRANGER, vault, "balanceOf(address)", VICTIM)
    outcomes = line.run()
    assert outcomes[entered].ok, outcomes[entered].reason
    line.call(t.STRANGER, vault, TO_ASSETS, outcomes[shares].word)
    worth = line.run()[-1].word
    assert worth >= RICH - outcomes[spent].word - LOSS


@given(leavers=st.permutations(["victim", "attacker"]), paid=amounts, emptied=st.booleans())
def test_everyone_leaves__next_depositor__loses_three_wei_at_most(shared_stage, leavers, paid, emptied):
    """Only the dead shares are left, and what slices leave behind; with and without positions."""
    stage, vault = shared_stage, shared_stage.vault
    shares = {
        who: stage.treasury.shares(account) for who, account in (("victim", VICTIM), ("attacker", ATTACKER))
    }
    play = stage.play()
    line = play.timeline
    if emptied:
        play.execute(*((i, EVERYTHING) for i in (1, 2, 3)))
    for who in leavers:
        account = VICTIM if who == "victim" else ATTACKER
        line.call(account, vault, SLICE, shares[who], account, account, 0)
    assert [outcome.reason for outcome in line.run() if not outcome.ok] == []
    line.call(t.STRANGER, stage.asset, MINT_TO, VICTIM, paid)
    entered = line.call(VICTIM, vault, DEPOSIT, paid, VICTIM)
    outcomes = line.run()
    if not outcomes[entered].ok:
        assert outcomes[entered].reason == "vault: 8"
        return
    line.call(t.STRANGER, vault, TO_ASSETS, outcomes[entered].word)
    assert line.run()[-1].word >= paid - LOSS


@pytest.fixture
def ruined(rpc) -> Stage:
    """A treasury that put everything into strategies of which 1 wei in 10 million is left."""
    stage = open_treasury(rpc)
    idle = stage.treasury.idle()
    stage.treasury.execute([(1, idle // 2, 0), (2, idle - idle // 2, 0)])
    for strategy in stage.strategies[:2]:
        held = rpc.read(strategy, "held()")
        rpc.transact(t.STRANGER, strategy, "lose(uint256)", held - held // 10**7)
    rpc.transact(
        t.STRANGER,
        stage.asset,
        "burn(address,uint256)",
        stage.strategies[2],
        stage.treasury.assets(stage.strategies[2]) - 1,
    )
    return stage


def test_near_total_loss__entry__stays_closed_for_good(ruined):
    play, reasons = ruined.play(), []
    for _ in range(6):
        play.poke()
        reasons.append(play.act("deposit"))
        play.wait(t.DAY)
    limits = [play.view("maxDeposit(address)", VICTIM), play.view("maxMint(address)", VICTIM)]
    totals = play.totals()
    outcomes = play.run()
    lo, hi, veto = outcomes[totals].decoded("uint256", "uint256", "bool")
    assert not veto
    assert lo <= hi <= UNIT
    found = [outcomes[place].reason for place in reasons]
    assert found[0] == "vault: 7"
    assert found[-1] == "vault: 9"
    assert [outcomes[place].word for place in limits] == [0, 0]


def test_near_total_loss__slices__still_pay_what_is_left(ruined):
    play = ruined.play()
    play.poke()
    sliced = play.act("slice")
    assert play.run()[sliced].ok


def test_seed__dead_shares__are_nobodys(shared_stage):
    play = shared_stage.play()
    held = play.view("balanceOf(address)", SINK)
    again = play.call(ATTACKER, shared_stage.vault, "seed(uint256)", 1)
    outcomes = play.run()
    assert outcomes[held].word == 10**6 * 10**12
    assert outcomes[again].reason == "vault: 2"


def test_veto__all_strategies_lie_down_to_nothing__no_deposit_at_a_ruined_price(shared_stage):
    play = shared_stage.play()
    for i in (1, 2):
        play.mode(Group.READ, Mode.RETURN_VALUE, 0, i)
    for _ in range(3):
        play.poke()
        play.wait(600)
    entered = play.act("deposit")
    assert play.run()[entered].reason == "vault: 7"
