"""P4 to P6: a slice takes its part of everything, whoever else takes one, in whatever order or pieces."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.exits.histories import attempt, entitled, events, lived, plans
from tests.exits.stage import WAD, WHOLE, Stage
from tests.model.arithmetic import Undo, up

PARTS = st.lists(st.integers(0, WHOLE), min_size=4, max_size=4)
AROUND = ("arrive", "drain", "request", "exit", "exit untried", "settle", "unwind", "deposit", "price")


def dear(stage):
    """The highest price of a unit in wei, rounded up."""
    return max(up(market.price, WAD) for market in stage.markets)


@given(
    plan=plans(),
    parts=PARTS,
    history=events(*AROUND, "allocate", "deallocate", most=10),
    part=st.integers(1, WHOLE),
    which=st.integers(0, 3),
    tries=st.integers(0, 31),
)
def test_p4__exit_now__leaves_idle_units_and_coverage_per_share(plan, parts, history, part, which, tries):
    stage = lived(plan, parts, history)
    holder = stage.holders[which % len(stage.holders)]
    shares = stage.vault.shares[holder] * part // WHOLE
    assume(shares > 0)
    stage.unwind_all()

    def per_vault():
        numbers = range(stage.size)
        units = [stage.positions[number].units for number in numbers]
        return [stage.vault.idle, *units, *(stage.covered(number) for number in numbers)]

    before, divisor = per_vault(), stage.vault.divisor
    assume(all(units == 0 or units > 10**4 * stage.dust(i) for i, units in enumerate(before[1 : stage.size])))
    stage.exit(holder, shares, tries)
    for old, new in zip(before, per_vault(), strict=True):
        # new / (divisor - shares) against old / divisor, both times divisor * (divisor - shares)
        assert (new + 1) * divisor >= old * (divisor - shares)
        assert (new - 2) * divisor <= old * (divisor - shares)


@given(plan=plans(), parts=PARTS, history=events("arrive", "exit", "settle", "unwind", "deposit", "price"))
def test_p5__two_leavers__wait_for_the_same_fraction(plan, parts, history):
    stage = Stage(plan)
    base = stage.scarce(parts)
    left = []  # record and units of everything that each leaver took
    for event in history:
        holder = stage.holders[event.which % len(stage.holders)]
        shares = stage.vault.shares[holder] * event.part // WHOLE
        units = [position.units * shares // stage.vault.divisor for position in stage.positions]
        answer = attempt(stage, base, event)
        if event.kind == "exit" and isinstance(answer, tuple) and answer[0]:
            left.append((holder, answer[0], units))
    stage.unwind_all()
    for number, position in enumerate(stage.positions):
        tolerance = len(history) + 3 + 2 * stage.dust(number)
        waits = [(_waiting(stage, record, position.id), units[number]) for _, record, units in left]
        for one, of_one in waits:
            for other, of_other in waits:
                if 0 < of_one <= of_other:
                    assert abs(one * of_other - other * of_one) <= tolerance * of_other


@given(plan=plans(), parts=PARTS, history=events("arrive", "exit", "allocate", "deallocate", "unwind"))
def test_p5__agents_move_between__leavers_wait_for_the_same_per_share(plan, parts, history):
    stage = Stage(plan)
    base = stage.scarce(parts)
    left = []
    for event in history:
        holder = stage.holders[event.which % len(stage.holders)]
        shares = stage.vault.shares[holder] * event.part // WHOLE
        answer = attempt(stage, base, event)
        if event.kind == "exit" and isinstance(answer, tuple) and answer[0]:
            left.append((answer[0], shares))
    stage.unwind_all()
    for number, position in enumerate(stage.positions):
        tolerance = len(history) + 3 + 2 * stage.dust(number)
        waits = [(_waiting(stage, record, position.id), shares) for record, shares in left]
        for one, of_one in waits:
            for other, of_other in waits:
                if of_one <= of_other:
                    assert abs(one * of_other - other * of_one) <= tolerance * of_other


def _waiting(stage, record, strategy):
    slices = stage.queue.records[record].slices
    return sum(stage.queue.walked(part).waiting for part in slices if part.strategy == strategy)


@given(
    plan=plans(),
    parts=PARTS,
    history=events(*AROUND, most=8),
    asked=st.lists(st.integers(1, WHOLE), min_size=4, max_size=4),
    data=st.data(),
)
def test_p6__same_exits_in_another_order__same_payoffs(plan, parts, history, asked, data):
    stage = lived(plan, parts, history)
    shares = {
        holder: max(1, stage.vault.shares[holder] * part // WHOLE)
        for holder, part in zip(stage.holders, asked, strict=False)
        if stage.vault.shares[holder]
    }
    order = data.draw(st.permutations(list(shares)))
    n, start = stage.size, Undo(stage.parts())
    tolerance = (8 * n + 4_000 * n) * dear(stage)
    results = []
    for names in (list(shares), order):
        start.restore()
        for name in names:
            stage.exit(name, shares[name])
        now = [entitled(stage, name) for name in shares]
        stage.pay_out()
        results.append((now, [stage.cash(name) for name in shares]))
    for first, second in zip(*results, strict=True):
        assert all(abs(one - other) <= tolerance for one, other in zip(first, second, strict=True))


@given(
    plan=plans(),
    parts=PARTS,
    history=events(*AROUND, most=8),
    pieces=st.lists(st.integers(1, WHOLE), min_size=2, max_size=12),
)
def test_p6__split_into_pieces__gains_nothing(plan, parts, history, pieces):
    stage = lived(plan, parts, history)
    leaver, others = stage.holders[0], stage.holders[1:]
    shares = stage.vault.shares[leaver]
    parts_of = [max(1, shares * piece // sum(pieces)) for piece in pieces]
    assume(0 < sum(parts_of) <= shares)
    start, results = Undo(stage.parts()), []
    for asked in ([sum(parts_of)], parts_of):
        start.restore()
        for part in asked:
            stage.exit(leaver, part)
        now = entitled(stage, leaver)
        for other in others:
            if stage.vault.shares[other]:
                stage.exit(other, stage.vault.shares[other])
        stage.pay_out()
        results.append((now, stage.cash(leaver)))
    most = 2 * stage.size * len(pieces) * dear(stage) + 1
    (once_now, once), (split_now, split) = results
    assert split_now - once_now <= most
    assert split - once <= most
