"""P11, P12 and P14: what nobody can gain, what nothing can stop, and what is left when all have gone."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from tests.exits.stage import WHOLE, Plan, Stage
from tests.model import capital
from tests.model.arithmetic import DAY
from tests.model.exit_queue import LEAST_REQUEST, ExitQueue
from tests.model.position import Terms
from tests.model.strategy import Act, Limit, Read, Strategy, Token
from tests.model.vault import Limits, Vault

WORLD, HOLDER, OTHER = "world", "holder", "other"


@dataclass
class Real:
    """A Vault over strategies that round, charge and break as the mocks on the chain do."""

    vault: Vault
    queue: ExitQueue
    strategies: list[Strategy]


def build(decimals: int, parts: tuple[int, ...], offset: int = 0, fee: int = 0, gain: int = 0) -> Real:
    """Two holders' deposits of a million each, parts of them (of WHOLE) at work."""
    token, unit = Token(), 10**decimals
    token.balances.update({WORLD: 10**40, HOLDER: 10**40, OTHER: 10**40, "deployer": 10**6})
    vault = Vault(token, decimals, DAY, 20_000 * DAY, Limits(hold=0, petty_share=0))
    vault.seed("deployer", 10**6)
    strategies = []
    for number in range(len(parts)):
        strategy = Strategy(f"strategy {number}", token, 10**offset, exit_fee=fee)
        strategy.deposit(WORLD, 5_000 * unit)
        strategy.gain(WORLD, gain % (100 * unit))
        vault.list(strategy, Terms(charges_on_exit=fee > 0), 2**112 - 1)
        strategies.append(strategy)
    vault.sealed = True
    for holder in (HOLDER, OTHER):
        vault.deposit(holder, 10**6 * unit, holder)
    vault.now += DAY
    vault.poke()
    total = vault.idle
    for number, part in enumerate(parts, 1):
        capital.allocate(vault, number, total * part // WHOLE, 0)
    return Real(vault, ExitQueue(vault), strategies)


MIXES = st.lists(st.integers(1, WHOLE // 4), min_size=1, max_size=4).map(tuple)
DECIMALS = st.sampled_from((6, 8, 18))


# -- P11 ---------------------------------------------------------------------------


@given(
    decimals=DECIMALS,
    parts=MIXES,
    offset=st.sampled_from((0, 6)),
    gain=st.integers(0, 10**30),
    assets=st.integers(1, 10**24),
    liquid=st.lists(st.integers(0, WHOLE), min_size=4, max_size=4),
)
def test_p11__deposit_then_exit__is_paid_no_more(decimals, parts, offset, gain, assets, liquid):
    real = build(decimals, parts, offset, gain=gain)
    vault, queue = real.vault, real.queue
    for strategy, part in zip(real.strategies, liquid, strict=False):
        strategy.limit = Limit.LIMITED
        strategy.liquid = strategy.held * part // WHOLE
    shares = vault.deposit("guest", _pay(vault, "guest", assets), "guest")
    identifier, paid = queue.exit_now("guest", shares, "guest", "guest", 0)
    for number, strategy in enumerate(real.strategies, 1):
        strategy.limit = Limit.NONE
        queue.unwind(number)
    if identifier:
        paid += queue.claim("guest", identifier, "guest", "guest")[1]
    assert paid <= assets


def _pay(vault: Vault, name: str, assets: int) -> int:
    vault.token.balances[name] += assets
    return assets


@given(
    decimals=DECIMALS,
    parts=MIXES,
    offset=st.sampled_from((0, 6)),
    gain=st.integers(0, 10**30),
    liquid=st.lists(st.integers(0, WHOLE), min_size=4, max_size=4),
    acts=st.lists(
        st.tuples(st.sampled_from(("deposit", "exit", "settle", "unwind", "claim")), st.integers(1, WHOLE))
    ),
)
def test_p11__any_users_action__lowers_the_price_by_a_wei_a_strategy(
    decimals, parts, offset, gain, liquid, acts
):
    real = build(decimals, parts, offset, gain=gain)
    vault, queue, n = real.vault, real.queue, len(parts)
    for strategy, part in zip(real.strategies, liquid, strict=False):
        strategy.limit, strategy.liquid = Limit.LIMITED, strategy.held * part // WHOLE
    for act, part in acts:
        lo, divisor = vault.price().lo, vault.divisor
        if act == "deposit":
            vault.deposit(HOLDER, 10**decimals * part, HOLDER)
        elif act == "exit":
            queue.exit_now(HOLDER, max(1, vault.shares[HOLDER] * part // (2 * WHOLE)), HOLDER, HOLDER, 0)
        elif act == "settle":
            queue.request_redeem(HOLDER, LEAST_REQUEST * vault.virtual, HOLDER, HOLDER)
            vault.now += DAY
            queue.settle()
        elif act == "unwind":
            queue.unwind(1 + part % n)
        else:
            for key in list(queue.requests):
                queue.claim(HOLDER, key[1], HOLDER, HOLDER)
        assert (vault.price().lo + 1 + n) * divisor >= (lo + 1) * vault.divisor


# -- P12 ---------------------------------------------------------------------------

BREAKS = {
    "reads fail": {"reading": Read.FAIL},
    "reads lie": {"reading": Read.LIE_UP, "lie": 9_000},
    "pays nothing": {"leaving": Act.NO_OP},
    "reverts": {"leaving": Act.FAIL},
    "pays short": {"leaving": Act.SHORT, "leaving_short": 5_000},
    "no maxRedeem": {"answers_max": False},
    "no liquidity": {"limit": Limit.LIMITED, "liquid": 0},
    "pays a part": {"limit": Limit.PARTIAL, "liquid": 10**9},
}


@given(
    decimals=DECIMALS,
    parts=MIXES,
    fee=st.sampled_from((0, 30)),
    breaks=st.lists(st.lists(st.sampled_from(sorted(BREAKS)), max_size=3), min_size=4, max_size=4),
    part=st.integers(1, WHOLE),
    rounds=st.integers(1, 4),
)
def test_p12__strategies_broken__everybody_leaves_and_is_paid_of_idle(
    decimals, parts, fee, breaks, part, rounds
):
    real = build(decimals, parts, fee=fee)
    vault, queue = real.vault, real.queue
    for strategy, broken in zip(real.strategies, breaks, strict=False):
        for name in broken:
            strategy.__dict__.update(BREAKS[name])
    for _ in range(rounds):
        shares = vault.shares[HOLDER] * part // WHOLE
        if shares >= LEAST_REQUEST * vault.virtual:
            queue.request_redeem(HOLDER, shares, HOLDER, HOLDER)
            vault.now += DAY
            vault.poke()
            of_idle = vault.idle * shares // vault.divisor
            identifier = queue.settle()
            paid = queue.claim(HOLDER, identifier, HOLDER, HOLDER)[1]
            assert paid >= of_idle - 1
        shares = vault.shares[OTHER] * part // WHOLE
        if shares:
            of_idle = vault.idle * shares // vault.divisor
            assert queue.exit_now(OTHER, shares, OTHER, OTHER, 0)[1] >= of_idle - 1
        for number in range(1, len(parts) + 1):
            queue.unwind(number)
    assert vault.token.balances["vault"] == vault.idle + vault.owed


@given(fee=st.integers(51, 9_000), day=st.integers(0, 30), least=st.integers(1, WHOLE))
def test_p12__strategy_charges_unannounced__leavers_are_paid_within_thirty_days(fee, day, least):
    stage = Stage(Plan(6, (10**6, 10**6), (WHOLE // 2,)))
    stage.scarce([0])
    leaver, position = stage.holders[0], stage.positions[0]
    stage.exit(leaver, stage.vault.shares[leaver] * least // WHOLE)
    waits = position.runoff
    stage.pass_time(day * DAY)  # nothing was tried: waiting for liquidity widens no tolerance
    stage.flood()
    stage.markets[0].fee = fee
    assert stage.unwind(0) == 0
    first = next(number for number in range(1, 31) if _a_day_later(stage))
    assert first * 9_950 >= (fee - 51) * 30, "too early for such a charge"
    assert position.runoff == 0
    assert stage.cash(leaver) >= stage.vault.token.balances[leaver]
    assert stage.vault.owed >= waits * (10_000 - fee) // 10_000 - 1


def _a_day_later(stage: Stage) -> int:
    stage.pass_time(DAY)
    return stage.unwind(0)


# -- P14 ---------------------------------------------------------------------------


@given(
    decimals=DECIMALS,
    parts=MIXES,
    gain=st.integers(0, 10**30),
    assets=st.integers(10**3, 10**24),
    liquid=st.integers(0, WHOLE),
    first=st.booleans(),
)
def test_p14__everybody_has_left__the_next_depositor_keeps_what_was_paid(
    decimals, parts, gain, assets, liquid, first
):
    real = build(decimals, parts, gain=gain)
    vault, queue = real.vault, real.queue
    for strategy in real.strategies:
        strategy.limit, strategy.liquid = Limit.LIMITED, strategy.held * liquid // WHOLE
    for holder in (HOLDER, OTHER):
        queue.exit_now(holder, vault.shares[holder], holder, holder, 0)
    if first:  # the leavers' runoff is paid before the next one comes
        _make_liquid(real)
    vault.now += DAY
    vault.poke()
    shares = vault.deposit("guest", _pay(vault, "guest", assets), "guest")
    assert assets - 3 <= shares * (vault.price().lo + 1) // vault.divisor <= assets


@given(
    decimals=DECIMALS,
    parts=MIXES,
    assets=st.integers(10**3, 10**24),
    liquid=st.lists(st.integers(0, WHOLE), min_size=4, max_size=4),
    first=st.booleans(),
)
def test_p14__the_next_one_leaves_too__a_wei_for_each_rounding_is_lost(
    decimals, parts, assets, liquid, first
):
    stage = Stage(Plan(decimals, (10**6, 10**6), parts))
    stage.scarce(liquid)
    for holder in stage.holders:
        stage.exit(holder, stage.vault.shares[holder])
    if first:
        stage.flood()
        stage.unwind_all()
    stage.exit("guest", stage.pay_in("guest", assets))
    stage.pay_out()
    # One for the shares, one for idle, and one for the units of each strategy.
    assert assets - 2 - len(parts) <= stage.token.balances["guest"] <= assets


def _make_liquid(real: Real) -> None:
    for number, strategy in enumerate(real.strategies, 1):
        strategy.limit = Limit.NONE
        real.queue.unwind(number)


@given(
    decimals=DECIMALS,
    parts=st.lists(st.integers(WHOLE // 10, WHOLE // 5), min_size=1, max_size=4).map(tuple),
    days=st.integers(0, 10),
    liquid=st.booleans(),
)
def test_p14__everything_is_lost__entry_is_closed_for_good(decimals, parts, days, liquid):
    stage = Stage(Plan(decimals, (10**6, 10**6), parts))
    capital.allocate(stage.vault, 1, stage.vault.idle, 0)
    for market in stage.markets:
        market.price = 0
        market.liquid *= liquid
    for _ in range(days):
        stage.pass_time(DAY)
    for holder in stage.holders:
        stage.exit(holder, stage.vault.shares[holder] // 2)
    assert stage.attempt(lambda: stage.pay_in("guest", 10**decimals)) in {"vault: 7", "vault: 9"}
    for _ in range(3):
        stage.pass_time(DAY)
    assert stage.attempt(lambda: stage.pay_in("guest", 10**decimals)) in {"vault: 7", "vault: 9"}
