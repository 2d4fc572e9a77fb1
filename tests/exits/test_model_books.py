"""P7: cash is conserved, records only ripen, and everybody's shares add up; P16: strategies written off."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.exits.histories import Event, attempt, events, plans
from tests.exits.stage import WHOLE, Plan, Stage
from tests.model import capital
from tests.model.arithmetic import HOUR, up
from tests.model.exit_records import standing
from tests.model.position import Status
from tests.model.vault import VAULT

PARTS = st.lists(st.integers(0, WHOLE), min_size=4, max_size=4)
ALL_KINDS = (
    *("arrive", "drain", "exit", "exit untried", "request", "cancel", "settle", "unwind", "deposit"),
    *(
        "price",
        "allocate",
        "deallocate",
        "evacuate",
        "claim",
        "detach",
        "in kind",
        "write off",
        "fail",
        "mend",
    ),
)


class Books:
    """A stage on which everything happens, and what must never change back."""

    def __init__(self, plan: Plan, parts: list[int]) -> None:
        self.stage = Stage(plan)
        self.base = self.stage.scarce(parts)
        self.before: dict[int, tuple[int, int]] = {}
        self.private = 0  # records that were cut out of others, or paid in kind
        self.asked = 0  # requests and exits

    def happen(self, event: Event) -> None:
        stage, queue = self.stage, self.stage.queue
        number, keys = event.which % stage.size, list(queue.requests)
        self.asked += event.kind in ("request", "exit", "exit untried", "detach", "in kind")
        if event.kind in ("fail", "mend"):
            stage.markets[number].pays = event.kind == "mend"
        elif event.kind == "evacuate":
            assets = stage.markets[number].to_assets(self.base[number]) * event.part // WHOLE
            stage.attempt(lambda: capital.evacuate(stage.vault, number + 1, assets))
        elif event.kind == "write off":
            self._write_off(number, event.part)
        elif event.kind in ("claim", "detach", "in kind"):
            if keys:
                self._act_on(event, number, *keys[event.part % len(keys)])
        else:
            attempt(stage, self.base, event)

    def _act_on(self, event: Event, number: int, holder: str, record: int) -> None:
        stage, queue = self.stage, self.stage.queue
        self.private += event.kind != "claim"
        if event.kind == "claim" and record in queue.records:
            queue.claim(holder, record, holder, holder)
        elif event.kind == "detach":
            stage.attempt(lambda: queue.detach(holder, record, holder))
        elif event.kind == "in kind":
            stage.attempt(lambda: queue.in_kind(holder, record, holder, number + 1, holder))

    def _write_off(self, number: int, part: int) -> None:
        """Quarantine a strategy, write it down, write it off, and sometimes let it come back."""
        stage, market = self.stage, self.stage.markets[number]
        market.reads = False
        for _ in range(2):
            stage.pass_time(HOUR)
        assert stage.positions[number].status is Status.QUARANTINED
        stage.vault.write_down(number + 1)
        stage.attempt(lambda: stage.queue.write_off(number + 1))
        if part % 2:
            market.reads = True
            for _ in range(4):
                stage.pass_time(HOUR)

    def check(self) -> None:
        """P7's statements that hold at any time."""
        stage, vault, queue = self.stage, self.stage.vault, self.stage.queue
        assert stage.token.balances[VAULT] == vault.idle + vault.owed
        claims = {key: queue.claimable(*key) for key in queue.requests}
        assert sum(assets for _, assets in claims.values()) <= vault.owed
        assert vault.shares["queue"] == queue.open_shares
        for key, (shares, _) in claims.items():
            asked = queue.requests[key]
            assert queue.pending(*key) + shares + asked.claimed == asked.shares
            assert queue.pending(*key) >= 0
        lines = queue.lines()
        for number, record in queue.records.items():
            converted, cash, _ = standing(record, lines)
            then = self.before.get(number, (0, 0))
            assert converted >= then[0]
            assert cash >= then[1]
            assert 0 <= converted <= record.shares
            self.before[number] = converted, cash
        for market, position in zip(stage.markets, stage.positions, strict=True):
            assert position.units + position.runoff <= market.units_of[VAULT]


@given(plan=plans(), parts=PARTS, history=events(*ALL_KINDS, most=25))
def test_p7__any_history__cash_and_shares_add_up_and_records_ripen(plan, parts, history):
    books = Books(plan, parts)
    for event in history:
        books.happen(event)
        books.check()


@given(plan=plans(), parts=PARTS, history=events(*ALL_KINDS, most=12))
def test_p7__unwound_twice__the_second_moves_a_unit_at_most(plan, parts, history):
    books = Books(plan, parts)
    for event in history:
        books.happen(event)
        for number, position in enumerate(books.stage.positions):
            books.stage.unwind(number)
            before = position.runoff
            books.stage.unwind(number)
            assert before - position.runoff <= 1


@given(plan=plans(), parts=PARTS, history=events(*ALL_KINDS, most=20))
def test_p7__everything_is_paid__claimed_is_what_was_asked_and_dust_is_left(plan, parts, history):
    books = Books(plan, parts)
    stage, queue = books.stage, books.stage.queue
    for event in history:
        books.happen(event)
    stage.mend()
    stage.pay_out()
    for key, asked in queue.requests.items():
        assert asked.claimed == asked.shares
        assert queue.claimable(*key) == (0, 0)
    # A wei for each rounding: each request, each slice in each generation it went through, each payment.
    slices = sum(len(record.slices) for record in queue.records.values())
    generations = sum(len(line) for line in queue.generations.values())
    dear = max(up(market.price, 10**18) for market in stage.markets)
    roundings = books.asked + slices * (1 + dear) + generations * (len(history) + 4)
    orphans = 2 * books.private * stage.size * (1 + dear)
    assert 0 <= stage.vault.owed <= roundings + orphans


# -- P16 ---------------------------------------------------------------------------


@given(
    parts=st.integers(0, 900_000),
    leaving=st.lists(st.integers(1, WHOLE), min_size=2, max_size=2),
    back=st.integers(0, 10**18),
    late=st.booleans(),
)
def test_p16__written_off__records_close_and_a_recovery_is_still_theirs(parts, leaving, back, late):
    stage = Stage(Plan(6, (10**5, 10**5, 10**5), (600_000, 300_000)))
    stage.scarce([parts, WHOLE])
    for holder, part in zip(stage.holders, leaving, strict=False):
        stage.request(holder, max(10**16, stage.vault.shares[holder] * part // WHOLE))
    stage.settle()
    stage.unwind_all()
    queue, market, position = stage.queue, stage.markets[0], stage.positions[0]
    waits, holder = position.runoff, stage.holders[0]
    assert waits
    assert queue.pending(holder, 1) > 0
    market.reads = market.pays = False
    for _ in range(2):
        stage.pass_time(HOUR)
    assert stage.attempt(lambda: queue.write_off(1)) == "queue: not worthless"
    stage.vault.write_down(1)
    queue.write_off(1)
    claims = [queue.claimable(name, 1) for name in stage.holders[:2]]
    for name, (shares, _) in zip(stage.holders, claims, strict=False):
        asked = queue.requests[name, 1]
        assert asked.claimed + shares == asked.shares
        if late:
            queue.claim(name, 1, name, name)
    paid = [stage.cash(name) for name in stage.holders[:2]]
    market.price = back
    stage.mend()
    stage.flood()
    proceeds = stage.unwind(0)
    gained = [stage.cash(name) - old for name, old in zip(stage.holders, paid, strict=False)]
    assert proceeds == waits * back // 10**18
    assert proceeds - 4 <= sum(gained) <= proceeds
    for name in stage.holders[:2]:
        queue.claim(name, 1, name, name)
    assert all(asked.claimed == asked.shares for asked in queue.requests.values())
    assert stage.vault.owed <= 4
