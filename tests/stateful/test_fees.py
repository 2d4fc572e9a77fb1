"""F1 to F6 (P10): what fees take of those who stay, in the model, against exact rates, totals and times."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exits.histories import plans
from tests.exits.stage import WAD, WHOLE, Plan, Stage
from tests.model.arithmetic import BPS, DAY, HOUR, YEAR, Undo
from tests.model.fees import Fees
from tests.model.sentinel import Sentinel
from tests.model.upkeep import Observation
from tests.model.vault import State

TREASURER = "treasurer"
TOLERANCE = Fraction(1, 10**12)  # of the total
WEI = 3  # of roundings in one charge
GAPS = st.sampled_from((1, 12, HOUR - 1, HOUR, 5 * HOUR, DAY - 1, DAY, DAY + 1, 3 * DAY))
PRICES = st.sampled_from(
    (9_300, 9_990, 10_000, 10_000, 10_001, 10_010, 10_050, 10_400)
)  # bps of the one before
RATES = st.builds(Fees, st.integers(0, 200), st.integers(0, 2_000), st.just(TREASURER))
FULL = Fees(200, 2_000, TREASURER)
PARTS = st.lists(st.integers(0, WHOLE), min_size=4, max_size=4)


@dataclass(frozen=True)
class Charged:
    """A poke, the shares that it minted, and all shares before, with the virtual ones."""

    seen: Observation
    shares: int
    divisor: int

    @property
    def assets(self) -> Fraction:
        """What the minted shares are worth, asset wei."""
        return Fraction(self.shares * (self.seen.lo + 1), self.divisor + self.shares)

    @property
    def price(self) -> Fraction:
        """Of a share afterwards, asset wei."""
        return Fraction(self.seen.lo + 1, self.divisor + self.shares)


def charged(stage: Stage, seconds: int) -> Charged:
    """Let time pass and poke."""
    stage.vault.now += seconds
    divisor = stage.vault.divisor
    seen = stage.vault.poke()
    return Charged(seen, stage.vault.divisor - divisor, divisor)


def staged(plan: Plan, fees: Fees) -> Stage:
    """A stage on which fees begin now."""
    stage = Stage(plan)
    stage.vault.poke()
    stage.vault.set_fees(fees)
    return stage


def wanted(fees: Fees, past: Charged, highest: Fraction | None) -> Fraction:
    """Exact fees of a poke in CALM, asset wei; ``highest``: price of a share that was charged before."""
    seen = past.seen
    management = Fraction(seen.lo * fees.management * min(seen.age, DAY), BPS * YEAR)
    left = seen.lo + 1 - management
    gain = max(Fraction(0), left - highest * past.divisor) if highest is not None else Fraction(0)
    return management + gain * fees.performance / BPS


@given(plan=plans(), fees=RATES, moves=st.lists(st.tuples(GAPS, PRICES), min_size=1, max_size=20))
def test_p10__each_poke__charges_the_rates_to_a_trillionth(plan, fees, moves):
    stage, highest = staged(plan, fees), None
    for seconds, bps in moves:
        for market in stage.markets:
            market.price = market.price * bps // BPS
        past = charged(stage, seconds)
        if past.seen.veto or not (fees.management or fees.performance):
            assert past.shares == 0
            continue
        assert abs(past.assets - wanted(fees, past, highest)) <= TOLERANCE * past.seen.lo + WEI
        # The first highest price is one that nothing holds down.
        if fees.performance and (highest is not None or past.seen.fall <= 1):
            highest = max(highest or Fraction(0), past.price)
    assert stage.vault.shares[TREASURER] == stage.vault.supply - _issued(stage)


def _issued(stage: Stage) -> int:
    """Shares of everybody but of who gets fees."""
    return sum(shares for name, shares in stage.vault.shares.items() if name != TREASURER)


@given(plan=plans(), seconds=st.lists(st.integers(1, DAY), min_size=1, max_size=30))
def test_p10__management__is_the_same_however_often_one_pokes(plan, seconds):
    one, many = (staged(plan, Fees(200, 0, TREASURER)) for _ in range(2))
    total = min(sum(seconds), DAY)
    charged(one, total)
    left = total
    for part in seconds:
        charged(many, min(part, left))
        left -= min(part, left)
    worth = [
        Fraction(stage.vault.shares[TREASURER] * (stage.vault.price().lo + 1), stage.vault.divisor)
        for stage in (one, many)
    ]
    # Charging what is left after charging: less by at most half the square of the day's rate.
    rate = Fraction(200, BPS * 365)
    assert (
        -WEI * len(seconds)
        <= worth[0] - worth[1] + WEI
        <= rate**2 * one.vault.price().lo + WEI * (len(seconds) + 1)
    )


@given(
    plan=plans(), parts=PARTS, moves=st.lists(st.tuples(GAPS, PRICES), max_size=8), part=st.integers(1, WHOLE)
)
def test_p10__leavers_in_runoff__pay_none(plan, parts, moves, part):
    """To the wei: what waits is units, and fees are shares."""
    paid = []
    for fees in (Fees(), FULL):
        stage = staged(plan, fees)
        stage.scarce(parts)
        leaver = stage.holders[0]
        stage.exit(leaver, max(1, stage.vault.shares[leaver] * part // WHOLE), 0)
        for seconds, bps in moves:
            stage.unwind_all()
            for market in stage.markets:
                market.price = market.price * bps // BPS
            charged(stage, seconds)
        stage.pay_out()
        paid.append((stage.cash(leaver), stage.vault.owed))
    assert paid[0] == paid[1]


@given(plan=plans(), moves=st.lists(st.tuples(GAPS, st.booleans()), min_size=1, max_size=25))
def test_p10__time_outside_calm__is_never_charged(plan, moves):
    """Every state is left and entered by a poke, as the Sentinel does it; only pokes in CALM charge."""
    stage = staged(plan, Fees(200, 0, TREASURER))
    charged(stage, 1)
    calm, worth = 0, Fraction(0)
    for seconds, toggles in moves:
        before, past = stage.vault.state, charged(stage, seconds)
        if before is State.CALM:
            calm += min(seconds, DAY)
            worth += past.assets
        else:
            assert past.shares == 0
        if toggles:
            stage.vault.latch(1 - before)
    exact = Fraction(stage.vault.price().lo * 200 * calm, BPS * YEAR)
    assert abs(worth - exact) <= TOLERANCE * stage.vault.price().lo + WEI * (len(moves) + 1)


def test_p10__stress_by_the_sentinel__freezes_fees_until_it_ends():
    stage = staged(Plan(epoch=DAY), FULL)
    sentinel, vault = Sentinel(stage.vault, stage.vault.now), stage.vault
    sentinel.poke()

    def watch(after: int) -> int:
        vault.now += after
        before = vault.shares[TREASURER]
        sentinel.poke()
        return vault.shares[TREASURER] - before

    assert watch(HOUR) > 0
    stage.markets[0].price = stage.markets[0].price * 9 // 10
    assert [watch(HOUR) for _ in range(2)] == [0, 0], "a veto freezes fees, too"
    assert vault.state is State.STRESS
    while vault.state is State.STRESS:
        assert watch(DAY // 2) == 0
    assert vault.state is State.CALM
    rate = Fraction(200 * HOUR, BPS * YEAR)
    last = Fraction(watch(HOUR), vault.divisor)
    assert abs(last - rate) * vault.price().lo <= WEI, "one hour, not days"


@given(plan=plans(), falls=st.integers(9_700, 9_999), days=st.integers(3, 6))
def test_high_water__a_loss_made_good__is_not_charged_again(plan, falls, days):
    stage = staged(plan, Fees(0, 2_000, TREASURER))
    charged(stage, 1)
    prices = [market.price for market in stage.markets]
    for market in stage.markets:
        market.price = market.price * falls // BPS
    for _ in range(days):
        assert charged(stage, DAY).shares == 0
    for market, price in zip(stage.markets, prices, strict=True):
        market.price = price
    for _ in range(days):
        assert charged(stage, DAY).shares == 0


@pytest.mark.parametrize("fees", [Fees(0, 2_000, TREASURER), Fees(200, 0, TREASURER)])
def test_first_poke__of_a_fee_that_begins__takes_nothing_of_the_past(fees):
    stage = Stage(Plan())
    for market in stage.markets:
        market.price = market.price * 101 // 100
    for _ in range(4):
        charged(stage, 7 * DAY)
    stage.vault.set_fees(fees)
    assert charged(stage, 0).shares == 0
    assert (charged(stage, DAY).shares > 0) == bool(fees.management)


def test_mark__after_a_pause_of_the_performance_fee__is_taken_anew():
    stage = staged(Plan(), FULL)
    charged(stage, HOUR)
    mark = stage.vault.fee_mark
    stage.vault.set_fees(Fees(200, 1_000, TREASURER))
    assert stage.vault.fee_mark == mark > 0
    stage.vault.set_fees(Fees(200, 0, TREASURER))
    stage.vault.set_fees(FULL)
    assert stage.vault.fee_mark == 0


def test_shares__of_fees__are_free_at_once_and_season_nobody():
    stage = staged(Plan(), FULL)
    stage.vault.limits = stage.vault.limits.__class__(hold=7 * DAY)
    charged(stage, DAY)
    assert stage.vault.shares[TREASURER] > 0
    assert stage.vault.unlock_time(TREASURER) == stage.vault.now
    undo = Undo(stage.parts())
    assert stage.vault.redeem_slice(TREASURER, stage.vault.shares[TREASURER], TREASURER, TREASURER, 0) > 0
    undo.restore()
    assert stage.markets[0].price == WAD
