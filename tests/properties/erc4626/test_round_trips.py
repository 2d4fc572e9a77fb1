"""a16z's eight round trips: in and out, or out and in, in one block, gains nobody a wei or a share.

Minted shares are seasoned, so each trip goes through petty cash, the only exit that does not wait; the
amounts stay in its bucket. A trip whose second half is refused gains nothing either; the share of completed
trips is checked.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.erc4626.states import LARGE, OPEN, Part, State, open_state

DEPOSIT, MINT = "deposit(uint256,address)", "mint(uint256,address)"
WITHDRAW, REDEEM = "withdraw(uint256,address,address)", "redeem(uint256,address,address)"
# First call, second call, and whether the second is given what the first returned.
TRIPS = {
    "RT_deposit_redeem": (DEPOSIT, REDEEM, True),
    "RT_deposit_withdraw": (DEPOSIT, WITHDRAW, False),
    "RT_redeem_deposit": (REDEEM, DEPOSIT, True),
    "RT_redeem_mint": (REDEEM, MINT, False),
    "RT_mint_withdraw": (MINT, WITHDRAW, True),
    "RT_mint_redeem": (MINT, REDEEM, False),
    "RT_withdraw_mint": (WITHDRAW, MINT, True),
    "RT_withdraw_deposit": (WITHDRAW, DEPOSIT, False),
}
whole = st.builds(Part, st.just(-1), st.one_of(st.just(0), st.integers(1, 2**20)))


def _arguments(signature: str, amount: int) -> tuple:
    return (signature, amount, LARGE) if signature in (DEPOSIT, MINT) else (signature, amount, LARGE, LARGE)


def _start(state: State, signature: str, part: Part) -> int:
    """An amount that petty cash can pay in whole."""
    limits = state.owners[LARGE]
    shares = signature in (MINT, REDEEM)
    return max(
        part.of((limits.max_redeem if shares else limits.max_withdraw) * 9 // 10),
        10 * (state.share if shares else 1),
    )


def _trip(state: State, name: str, part: Part):
    first, second, chained = TRIPS[name]
    given_ = _start(state, first, part)
    play = state.rich()
    place = play.call(LARGE, state.vault, *_arguments(first, given_))
    returned = play.run()[place].word
    play = state.rich()
    play.call(LARGE, state.vault, *_arguments(first, given_))
    place = play.call(LARGE, state.vault, *_arguments(second, returned if chained else given_))
    return given_, returned, play.run()[place]


def _assert_no_gain(name: str, given_: int, returned: int, answer: int) -> None:
    _, second, chained = TRIPS[name]
    compared = given_ if chained else returned
    if second in (REDEEM, DEPOSIT):  # what comes back: assets or shares
        assert answer <= compared
    else:  # what it costs: shares burned or assets paid
        assert answer >= compared


@pytest.mark.parametrize("trip", TRIPS)
@given(name=open_state, part=whole)
def test_round_trip__any_state__gains_nothing(states, trip, name, part):
    given_, returned, outcome = _trip(states[name], trip, part)
    if not outcome.ok:
        assert outcome.reason in ("vault: 13", "erc20: burn amount exceeds balance")
        return
    _assert_no_gain(trip, given_, returned, outcome.word)


@pytest.mark.parametrize("trip", TRIPS)
@pytest.mark.parametrize("name", OPEN)
def test_round_trip__middling_amount__is_completed(states, trip, name):
    given_, returned, outcome = _trip(states[name], trip, Part(0, 2**18))
    assert outcome.ok, outcome.reason
    _assert_no_gain(trip, given_, returned, outcome.word)


@given(
    name=open_state,
    part=whole,
    calls=st.lists(st.sampled_from([DEPOSIT, MINT, WITHDRAW, REDEEM]), max_size=8),
)
def test_any_calls__in_one_block__never_lower_what_a_share_of_the_others_is_worth(states, name, part, calls):
    """The reason why round trips gain nothing: (total + 1) / (supply with the virtual shares) never falls,
    for either total."""
    state = states[name]
    play, notes = state.rich(), []
    for signature in calls:
        notes.append((play.totals(), play.view("totalSupply()")))
        play.call(LARGE, state.vault, *_arguments(signature, _start(state, signature, part) // 8 + 1))
    notes.append((play.totals(), play.view("totalSupply()")))
    outcomes = play.run()
    last = None
    for totals, supply in notes:
        lo, hi, _ = outcomes[totals].decoded("uint256", "uint256", "bool")
        here = (lo + 1, hi + 1, outcomes[supply].word + state.share)
        if last is not None:
            assert here[0] * last[2] >= last[0] * here[2]
            assert here[1] * last[2] >= last[1] * here[2]
        last = here
