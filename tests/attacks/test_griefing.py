"""Griefing: what a stranger, another holder or an agent can spoil for others, and what it costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import treasury as t
from tests.attacks.stage import (
    AMOUNT,
    DEPOSIT,
    EVERYTHING,
    HEALTHY,
    HOSTILE,
    LEAVERS,
    OUTSIDER,
    SLICE,
    STAKE,
    UNIT,
    WITHDRAW,
    Stage,
)

HOLD = t.HOUR
SHARE = 10**12
TRANSFER = "transfer(address,uint256)"
VICTIM = t.LEAVER


def _unlock(stage: Stage, play) -> int:
    return play.view("unlock_time(address)", VICTIM)


# ------------------------------------------------------------------ seasoning


@pytest.mark.parametrize("dust", [1, UNIT, LEAVERS // (HOLD + 1)])
def test_seasoning__stranger_deposits_dust_for_the_victim_each_block__victim_moves_freely(shared_stage, dust):
    play, moved = shared_stage.play(), []
    for _ in range(30):
        play.wait(12)
        play.call(t.DEPOSITOR, shared_stage.vault, DEPOSIT, dust, VICTIM)
        moved.append(play.call(VICTIM, shared_stage.vault, TRANSFER, t.STRANGER, SHARE))
    moved.append(play.call(VICTIM, shared_stage.vault, SLICE, AMOUNT * SHARE, VICTIM, VICTIM, 0))
    outcomes = play.run()
    assert [outcomes[place].reason for place in moved if not outcomes[place].ok] == []


@given(
    gifts=st.lists(
        st.tuples(st.integers(1, LEAVERS), st.sampled_from([0, 12, 600, 3_600])), min_size=1, max_size=8
    )
)
def test_seasoning__locking_somebody__costs_a_gift_in_proportion(shared_stage, gifts):
    """Locking a balance for T seconds takes a gift of at least balance x T / hold, to the one who is
    locked."""
    play, vault = shared_stage.play(), shared_stage.vault
    worth = play.view("balanceOf(address)", VICTIM)
    play.call(t.STRANGER, shared_stage.asset, "mint(address,uint256)", t.DEPOSITOR, LEAVERS * 10)
    given_in_all, unlocks = 0, []
    for gift, pause in gifts:
        play.call(t.DEPOSITOR, vault, DEPOSIT, gift, VICTIM)
        unlocks.append((_unlock(shared_stage, play), given_in_all + gift, play.timeline.now))
        given_in_all += gift
        play.wait(pause)
    outcomes = play.run()
    balance = outcomes[worth].word // SHARE
    for place, total, now in unlocks:
        locked = max(outcomes[place].word - now, 0)
        assert locked <= HOLD
        assert locked * balance <= total * HOLD + balance


def test_seasoning__petty_cash__is_not_held(shared_stage):
    play = shared_stage.play()
    play.call(t.DEPOSITOR, shared_stage.vault, DEPOSIT, LEAVERS, VICTIM)
    sliced = play.call(VICTIM, shared_stage.vault, SLICE, SHARE, VICTIM, VICTIM, 0)
    paid = play.call(VICTIM, shared_stage.vault, WITHDRAW, AMOUNT, VICTIM, VICTIM)
    outcomes = play.run()
    assert outcomes[sliced].reason == "vault: 11"
    assert outcomes[paid].ok


# ------------------------------------------------------------------ petty cash


withdrawals = st.lists(
    st.tuples(st.integers(1, 6_000 * UNIT), st.sampled_from([0, 60, 7_200, 43_200, 86_400])),
    min_size=1,
    max_size=14,
)


@given(withdrawals=withdrawals)
def test_petty_cash__anybody_in_any_order__pays_twice_its_bucket_an_epoch_at_most(shared_stage, withdrawals):
    play, paid = shared_stage.play(), []
    first = play.totals()
    for number, (amount, pause) in enumerate(withdrawals):
        who = (t.LEAVER, t.DEPOSITOR)[number % 2]
        paid.append(
            (play.timeline.now, amount, play.call(who, shared_stage.vault, WITHDRAW, amount, who, who))
        )
        play.wait(pause)
    outcomes = play.run()
    bucket = outcomes[first].decoded("uint256", "uint256", "bool")[0] // 100
    done = [(time, amount) for time, amount, place in paid if outcomes[place].ok]
    for begin, _ in done:
        within = sum(amount for time, amount in done if begin <= time < begin + t.DAY)
        assert within <= 2 * bucket + 1
    refused = {outcomes[place].reason for _, _, place in paid if not outcomes[place].ok}
    assert refused <= {"vault: 13"}


def test_petty_cash__exhausted_by_another__is_back_after_an_epoch_and_slices_never_left(shared_stage):
    play, vault, hog = shared_stage.play(), shared_stage.vault, t.DEPOSITOR
    room = play.view("maxWithdraw(address)", hog)
    size = play.run()[room].word
    play = shared_stage.play()
    play.call(hog, vault, WITHDRAW, size, hog, hog)
    empty, refused = play.view("maxWithdraw(address)", VICTIM), play.act("withdraw")
    sliced = play.call(VICTIM, vault, SLICE, AMOUNT * SHARE, VICTIM, VICTIM, 0)
    play.wait(t.DAY)
    full = play.view("maxWithdraw(address)", hog)
    outcomes = play.run()
    assert outcomes[empty].word == 0
    assert outcomes[refused].reason == "vault: 13"
    assert outcomes[sliced].ok
    assert outcomes[full].word >= size * 97 // 100  # 1.1% of the total has left


# ------------------------------------------------------------------ agents and strangers


@pytest.mark.parametrize("paid", [2, 50, 999, UNIT - 1])
def test_allocate__dust_into_empty_strategy__leaves_it_usable(shared_stage, paid):
    """A position of a few wei would be too coarse a memory of the price; it is refused."""
    play = shared_stage.play()
    play.execute((HOSTILE, EVERYTHING))
    dust = play.execute((HOSTILE, paid))
    for _ in range(4):
        play.wait(t.DAY)
        play.poke()
    later = play.execute((HOSTILE, STAKE))
    outcomes = play.run()
    assert outcomes[dust].reason == "vault: 3"
    assert outcomes[later].ok, outcomes[later].reason


@given(cycles=st.lists(st.integers(UNIT, 10 * UNIT), min_size=1, max_size=10), days=st.integers(0, 2))
def test_allocate__least_positions_opened_and_closed__leave_the_price_usable(shared_stage, cycles, days):
    """The worst an agent does to a remembered price with the least position: 2 parts in a million a cycle."""
    play = shared_stage.play()
    play.execute((HOSTILE, EVERYTHING))
    before = play.position()
    for amount in cycles:
        play.execute((HOSTILE, amount))
        play.execute((HOSTILE, EVERYTHING))
    after = play.position()
    for _ in range(days):
        play.wait(t.DAY)
        play.poke()
    later = play.execute((HOSTILE, STAKE))
    outcomes = play.run()
    assert outcomes[later].ok, outcomes[later].reason
    first, last = ((outcomes[place].word >> 112) % 2**112 for place in (before, after))
    assert first - first * 2 * len(cycles) // UNIT - 10 <= last <= first + first // UNIT


def test_units_given_to_the_vault__retire__is_not_blocked(shared_stage):
    play = shared_stage.play()
    play.execute((HOSTILE, EVERYTHING))
    play.call(OUTSIDER, shared_stage.hostile, TRANSFER, shared_stage.vault, 1)
    retired = play.call(t.GOVERNOR, shared_stage.treasury.steward, "retire(uint256)", HOSTILE)
    outcome = play.run()[retired]
    assert outcome.ok, outcome.reason


@pytest.mark.parametrize("stranger", [t.STRANGER, OUTSIDER, t.DEPOSITOR, t.GUARDIAN, t.GOVERNOR])
def test_execute__without_a_mandate__touches_nobodys_budget(shared_stage, stranger):
    play = shared_stage.play()
    before = play.books()
    refused = [play.execute((HEALTHY, move), agent=stranger) for move in (AMOUNT, -AMOUNT)]
    after = play.books()
    outcomes = play.run()
    assert {outcomes[place].reason for place in refused} == {"executor: no mandate"}
    assert before(outcomes) == after(outcomes)


@pytest.mark.parametrize(
    "signature", ["allocate(uint256,uint256,uint256)", "deallocate(uint256,uint256,uint256)"]
)
@pytest.mark.parametrize("stranger", [t.STRANGER, t.AGENT, t.GUARDIAN, t.GOVERNOR])
def test_vault__moves_by_anyone_but_the_executor__are_refused(shared_stage, signature, stranger):
    play = shared_stage.play()
    place = play.call(stranger, shared_stage.vault, signature, HEALTHY, AMOUNT, 0)
    assert play.run()[place].reason == "vault: 1"


@pytest.mark.parametrize("signature", ["withdraw", "redeem", "slice", "transferFrom"])
def test_exit__of_somebody_elses_shares__needs_allowance(shared_stage, signature):
    play, vault, thief = shared_stage.play(), shared_stage.vault, t.STRANGER
    calls = {
        "withdraw": (WITHDRAW, AMOUNT, thief, VICTIM),
        "redeem": ("redeem(uint256,address,address)", AMOUNT * SHARE, thief, VICTIM),
        "slice": (SLICE, AMOUNT * SHARE, thief, VICTIM, 0),
        "transferFrom": ("transferFrom(address,address,uint256)", VICTIM, thief, AMOUNT * SHARE),
    }
    before, place, after = play.books(), play.call(thief, vault, *calls[signature]), play.books()
    outcomes = play.run()
    assert outcomes[place].reason == "erc20: insufficient allowance"
    assert before(outcomes) == after(outcomes)


def test_poke__before_somebodys_slice__changes_nothing_of_it(shared_stage):
    paid = []
    for poked in (False, True):
        play = shared_stage.play()
        play.wait(t.DAY)
        if poked:
            play.poke()
        sliced = play.act("slice")
        paid.append(play.run()[sliced].word)
    assert paid[0] == paid[1]


def test_guardian__turned_hostile__stops_entry_and_allocations_and_no_exit(shared_stage):
    """The worst of a stolen guardian: everything it may cut is cut, and holders leave as before."""
    stage, play = shared_stage, shared_stage.play()
    play.call(t.GUARDIAN, stage.treasury.steward, "set_entry_paused(bool)", True)
    cuts = [
        play.call(t.GUARDIAN, stage.treasury.steward, "set_ceiling(uint256,uint256)", i, 0) for i in (1, 2, 3)
    ]
    moved = {
        name: play.act(name) for name in ("deposit", "allocate_healthy", "deallocate_healthy", "withdraw")
    }
    moved["slice"] = play.call(VICTIM, stage.vault, SLICE, AMOUNT * SHARE, VICTIM, VICTIM, 0)
    outcomes = play.run()
    assert all(outcomes[place].ok for place in cuts)
    assert outcomes[moved["deposit"]].reason == "vault: 6"
    assert outcomes[moved["allocate_healthy"]].reason == "vault: 20"
    assert all(outcomes[moved[name]].ok for name in ("deallocate_healthy", "withdraw", "slice"))
