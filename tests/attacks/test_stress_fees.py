"""Fees under attack: whoever gets them chooses when to poke, who enters beside a poke, what else is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.devnet.abi import actor, event_topic
from tests import treasury as t
from tests.attacks.exit_calls import holder
from tests.attacks.stage import AMOUNT, DEPOSIT, HOSTILE, OUTSIDER, SLICE, STAKE, UNIT, Stage
from tests.attacks.stress_calls import CALM, FEES, STRESS, WINDDOWN, Stress
from tests.attacks.timeline import Outcome

RECEIVER = actor("fee_receiver")
MANAGEMENT, PERFORMANCE = 200, 2_000  # the hard maxima: bps a year, bps
YEAR = 31_536_000
TOTAL = 1_000_001 * UNIT
PART = 100_000 * UNIT
V0 = 10**12
MAX_RATE = 5_000  # bps a year, of the stage's terms
MINT_TO = "mint(address,uint256)"
CHARGED = event_topic("FeesCharged(address,uint256,uint256,uint256)")


@pytest.fixture(scope="module")
def charged(shared_stage: Stage) -> Iterator[Stage]:
    """The stage with the highest fees there are, noted by one poke."""
    with shared_stage.undone():
        shared_stage.treasury.govern(FEES, (MANAGEMENT, PERFORMANCE, RECEIVER))
        shared_stage.treasury.poke()
        yield shared_stage


@dataclass(frozen=True)
class Books:
    """Places of reads from which the receiver's part is told."""

    shares: int
    supply: int
    totals: int

    @classmethod
    def of(cls, stress: Stress) -> Books:
        """Add the reads."""
        view = stress.play.view
        return cls(view("balanceOf(address)", RECEIVER), view("totalSupply()"), view("totals()"))

    def worth(self, outcomes: list[Outcome]) -> int:
        """What the receiver's shares are worth at the lower price, asset wei."""
        lo = outcomes[self.totals].decoded("uint256", "uint256", "bool")[0]
        return outcomes[self.shares].word * (lo + 1) // (outcomes[self.supply].word + V0)


def _stressed(stage: Stage) -> Stress:
    return Stress(stage.play())


def _most(seconds: int, gained: int = 0, total: int = TOTAL) -> int:
    """What the hard maxima leave to the receiver of a total that only grows: asset wei, rounded up."""
    grown = total + gained
    return grown * MANAGEMENT * seconds // (10_000 * YEAR) + gained * PERFORMANCE // 10_000 + 1


# ------------------------------------------------------------------ the moment of a poke


def test_poke_spam__at_one_time__charges_once(charged):
    stress = _stressed(charged)
    stress.play.wait(t.DAY)
    stress.play.poke()
    first = Books.of(stress)
    for _ in range(20):
        stress.play.poke()
        stress.play.watch()
    last = Books.of(stress)
    outcomes = stress.play.run()
    assert outcomes[first.shares].word == outcomes[last.shares].word > 0


@given(gaps=st.lists(st.integers(1, 3 * t.DAY), min_size=1, max_size=20))
def test_receiver__pokes_whenever_it_likes__gets_the_rate_of_a_day_a_poke_at_most(charged: Stage, gaps):
    """Poking often gains rounding at most, poking rarely loses: beyond a day nothing is charged for."""
    stress = _stressed(charged)
    before = Books.of(stress)
    for gap in gaps:
        stress.play.wait(gap)
        stress.play.poke()
    after = Books.of(stress)
    outcomes = stress.play.run()
    counted = sum(min(gap, t.DAY) for gap in gaps) + min(t.DAY, 2)
    gained = after.worth(outcomes) - before.worth(outcomes)
    assert gained <= _most(counted) + len(gaps)
    # Half of the rate at least comes: compounding and rounding are far from that.
    assert gained >= _most(counted) // 2 - len(gaps)


def test_receiver__waits_a_year__gets_a_day(charged):
    stress = _stressed(charged)
    before = Books.of(stress)
    stress.play.wait(YEAR)
    stress.play.poke()
    after = Books.of(stress)
    outcomes = stress.play.run()
    assert 0 < after.worth(outcomes) - before.worth(outcomes) <= _most(t.DAY)


@pytest.mark.parametrize("fees", ["both", "performance"])
def test_deposit__just_before_or_just_after_a_poke__differs_by_a_day_s_fee_at_most(charged, fees):
    """Who comes before a poke pays a part of a day for which it was not there; never for gains of others'
    time, which entry pays for at `hi`."""
    worth = {}
    for first in (True, False):
        with charged.undone():
            if fees == "performance":
                charged.treasury.govern(FEES, (0, PERFORMANCE, RECEIVER))
            stress, who = _stressed(charged), t.DEPOSITOR
            stress.gain(10_000 * UNIT)
            stress.play.wait(t.DAY)
            held = stress.play.view("balanceOf(address)", who)
            if first:
                stress.play.call(who, charged.vault, DEPOSIT, AMOUNT, who)
            stress.play.poke()
            if not first:
                stress.play.call(who, charged.vault, DEPOSIT, AMOUNT, who)
            more, totals = stress.play.view("balanceOf(address)", who), stress.play.totals()
            supply = stress.play.view("totalSupply()")
            outcomes = stress.play.run()
            hi = outcomes[totals].decoded("uint256", "uint256", "bool")[1]
            got = outcomes[more].word - outcomes[held].word
            worth[first] = got * (hi + 1) // (outcomes[supply].word + V0)
    booked = 10_000 * UNIT  # a gain may not be charged to who came after it: it paid for it
    most = AMOUNT * MANAGEMENT // (10_000 * 365) + AMOUNT * booked // TOTAL * PERFORMANCE // 10_000 + 2
    assert worth[True] <= AMOUNT
    assert worth[False] <= AMOUNT
    assert abs(worth[True] - worth[False]) <= most


def test_receiver__deposits_and_leaves_around_its_pokes__gains_its_fees_and_nothing_else(charged):
    """Fees come to the receiver as shares without a hold; a slice pays them like any others."""
    stress = _stressed(charged)
    stress.play.wait(t.DAY)
    stress.play.poke()
    books = Books.of(stress)
    outcomes = stress.play.run()
    shares, worth = outcomes[books.shares].word, books.worth(outcomes)
    stress = _stressed(charged)
    stress.play.wait(t.DAY)
    stress.play.poke()
    left = stress.play.call(RECEIVER, charged.vault, SLICE, shares, RECEIVER, RECEIVER, 0)
    paid = stress.exits.cash(RECEIVER)
    outcomes = stress.play.run()
    assert outcomes[left].ok, outcomes[left].reason
    assert worth - 12 <= outcomes[paid].word <= worth + 12


# ------------------------------------------------------------------ what is charged


@pytest.mark.parametrize("what", ["asset", "units"])
def test_donation__to_the_vault__pays_no_fee(charged, what):
    """A donation moves nothing in the ledger, so that nothing is there to be charged."""
    told, has = [], []
    for gift in (0, 500_000 * UNIT):
        stress = _stressed(charged)
        if gift and what == "asset":
            stress.play.call(t.STRANGER, charged.asset, MINT_TO, charged.vault, gift)
        elif gift:
            given = "transfer(address,uint256)", charged.vault, 500 * UNIT
            stress.play.call(OUTSIDER, charged.hostile, *given)
        stress.play.wait(t.DAY)
        stress.play.poke()
        books, real = Books.of(stress), stress.exits.units(charged.vault)
        cash = stress.exits.cash(charged.vault)
        outcomes = stress.play.run()
        told.append(outcomes[books.shares].word)
        has.append(outcomes[real].word + outcomes[cash].word)
    assert told[0] == told[1] > 0
    assert has[1] > has[0]


def test_performance__loss_and_recovery__is_charged_once(charged):
    """The price must pass the highest that was charged before."""
    stress = _stressed(charged)
    stress.gain(5_000 * UNIT)
    stress.play.wait(t.DAY)
    stress.play.poke()
    places = [Books.of(stress)]
    for _ in range(4):
        stress.lose(5_000 * UNIT)
        stress.play.wait(60)
        stress.play.poke()
        stress.gain(5_000 * UNIT)
        stress.play.wait(60)
        stress.play.poke()
        places.append(Books.of(stress))
    outcomes = stress.play.run()
    worth = [place.worth(outcomes) for place in places]
    booked = STAKE * MAX_RATE * t.DAY // (10_000 * YEAR)  # of the gain, in the first day
    assert worth[0] > booked * PERFORMANCE // 10_000
    booked = STAKE * MAX_RATE * 60 // (10_000 * YEAR) + 1  # beyond it, in each minute
    assert worth[-1] - worth[0] <= _most(8 * 60, 8 * booked) + 8


def test_performance__price_held_up_at_the_poke__books_what_max_rate_allows(charged):
    """A receiver that can lift a strategy's price for a moment is paid for what is booked; the book rises by
    `max_rate` at most, so that it costs the stayers a fifth of a day's allowance, once."""
    stress = _stressed(charged)
    stress.play.wait(t.DAY)
    stress.gain(100_000 * UNIT)
    stress.play.poke()
    books = Books.of(stress)
    outcomes = stress.play.run()
    booked = STAKE * MAX_RATE * t.DAY // (10_000 * YEAR) + 2
    assert 0 < books.worth(outcomes) <= _most(2 * t.DAY, booked)


@pytest.mark.parametrize("state", [STRESS, WINDDOWN])
def test_fees__in_stress_and_winddown__stand_still_and_are_never_made_up_for(charged, state):
    stress = _stressed(charged)
    stress.play.poke()
    stress.play.latch(state)
    before = Books.of(stress)
    for _ in range(5):
        stress.play.wait(t.DAY)
        stress.play.poke()
    still = Books.of(stress)
    if state == STRESS:
        stress.play.latch(CALM)
        stress.play.wait(60)
        stress.play.poke()
    after = Books.of(stress)
    outcomes = stress.play.run()
    assert outcomes[before.shares].word == outcomes[still.shares].word
    assert after.worth(outcomes) - still.worth(outcomes) <= _most(60)


def test_fees__while_anything_is_vetoed__are_not_charged(charged):
    """A receiver gains nothing by charging at a price that nobody may enter at."""
    stress = _stressed(charged)
    stress.fallen()
    before = Books.of(stress)
    for _ in range(3):
        stress.play.wait(t.HOUR)
        stress.play.poke()
    after = Books.of(stress)
    outcomes = stress.play.run()
    assert outcomes[before.shares].word == outcomes[after.shares].word


def test_runoff__of_those_who_left__pays_no_fee(charged):
    """The same wait with and without the highest fees pays a leaver the same, to the wei."""
    paid = []
    for rates in ((0, 0), (MANAGEMENT, PERFORMANCE)):
        stress, who = _stressed(charged), holder(1)
        exits = stress.exits
        exits.hold(who, PART)
        exits.drain(0)
        exits.exit_now(who, PART)
        stress.play.call(t.GOVERNOR, charged.treasury.steward, FEES, (*rates, RECEIVER))
        before = Books.of(stress)
        for _ in range(10):
            stress.play.wait(t.DAY)
            stress.play.poke()
        after = Books.of(stress)
        exits.refill()
        exits.unwind()
        exits.claim(who, 1)
        got = exits.cash(who)
        outcomes = stress.play.run()
        paid.append(outcomes[got].word)
        assert (outcomes[after.shares].word > outcomes[before.shares].word) == (rates[0] > 0)
    assert paid[0] == paid[1] > PART * 9 // 10


# ------------------------------------------------------------------ governance under way


def test_set_fees__raised_after_gains__charges_none_of_them_and_a_day_at_most(charged):
    """The first poke notes the price that later gains are measured from; the time since the last poke counts
    at the new rate, a day of it at most."""
    stress, steward = _stressed(charged), charged.treasury.steward
    stress.play.call(t.GOVERNOR, steward, FEES, (0, 0, RECEIVER))
    stress.gain(20_000 * UNIT)
    for _ in range(3):
        stress.play.wait(t.DAY)
        stress.play.poke()
    stress.play.wait(t.DAY)
    before = Books.of(stress)
    stress.play.call(t.GOVERNOR, steward, FEES, (MANAGEMENT, PERFORMANCE, RECEIVER))
    stress.play.poke()
    after = Books.of(stress)
    outcomes = stress.play.run()
    gained = after.worth(outcomes) - before.worth(outcomes)
    assert 0 < gained <= _most(t.DAY, total=TOTAL + 20_000 * UNIT)


@pytest.mark.parametrize("fees", [(201, 0), (0, 2_001), (2**16 - 1, 0), (0, 2**255)])
def test_set_fees__beyond_the_maxima__is_refused(charged, fees):
    stress = _stressed(charged)
    asked = stress.play.call(t.GOVERNOR, charged.treasury.steward, FEES, (*fees, RECEIVER))
    outcomes = stress.play.run()
    assert not outcomes[asked].ok


STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 2 * t.DAY)),
    st.tuples(st.just("gain"), st.integers(1, 20_000 * UNIT)),
    st.tuples(st.just("lose"), st.integers(1, 5_000 * UNIT)),
    st.tuples(st.just("poke")),
    st.tuples(st.just("watch")),
    st.tuples(st.just("latch"), st.sampled_from([CALM, STRESS])),
    st.tuples(st.just("exit"), st.integers(1, 20_000 * UNIT)),
    st.tuples(st.just("enter"), st.integers(1, AMOUNT)),
    st.tuples(st.just("fees"), st.integers(0, MANAGEMENT), st.integers(0, PERFORMANCE)),
)


@given(steps=st.lists(STEPS, min_size=2, max_size=20))
def test_receiver__any_sequence__takes_no_more_than_the_hard_maxima(charged: Stage, steps):
    """Rates that change at will, gains, losses, exits, entries, states: at most 2% a year of what was there,
    for the time that passed, and a fifth of all gains; in shares at the price of each poke."""
    stress = _stressed(charged)
    play, places, seconds, gained, entered = stress.play, [], 0, 0, 0
    actions: dict[str, Any] = {
        "gain": stress.gain,
        "lose": stress.lose,
        "poke": play.poke,
        "watch": play.watch,
        "latch": play.latch,
        "exit": lambda assets: stress.exits.exit_now(t.LEAVER, assets),
        "enter": lambda assets: play.call(t.DEPOSITOR, charged.vault, DEPOSIT, assets, t.DEPOSITOR),
        "fees": lambda *rates: play.call(t.GOVERNOR, charged.treasury.steward, FEES, (*rates, RECEIVER)),
    }
    for name, *values in (*steps, ("wait", t.DAY), ("poke",)):
        if name == "wait":
            play.wait(*values)
            seconds += values[0]
            continue
        place = actions[name](*values)
        gained += values[0] if name == "gain" else 0
        entered += values[0] if name == "enter" else 0
        if name in ("poke", "watch"):
            places.append(place)
    outcomes = play.run()
    taken = sum(_charged(outcomes[place]) for place in places)
    # What the strategy gains beyond our units is others'; time since the poke of the fixture counts, too.
    assert taken <= _most(seconds + 3, gained, TOTAL + entered) + len(places)


def _charged(outcome: Outcome) -> int:
    """Asset wei that a poke charged: management and performance of its event."""
    found = [log for log in outcome.logs if log["topics"][0] == CHARGED]
    assert len(found) <= 1
    if not found:
        return 0
    data = bytes.fromhex(found[0]["data"][2:])
    return int.from_bytes(data[:32], "big") + int.from_bytes(data[32:64], "big")


def test_charged__fixture__is_the_stage_with_the_highest_fees(charged):
    word = charged.treasury.word(t.CLOCK)
    assert (word >> 224 & 0xFFFF, word >> 240) == (MANAGEMENT, PERFORMANCE)
    assert charged.treasury.position(HOSTILE)[0] > 0
