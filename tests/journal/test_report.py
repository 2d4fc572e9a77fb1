"""What agents gained over doing nothing, by hand and on a real treasury; DataFrames and files of it."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion import journal
from ganglion.agent.structs import Done
from ganglion.journal import Price, frames
from ganglion.journal.report import gain_of, outcomes
from tests.journal.campaign import AGENTS, EVERYTHING
from tests.journal.forge import Book, dones
from tests.treasury import AGENT, INTENT

HUGE = 10**38 - 1


@pytest.fixture
def rpc(campaign):
    with campaign.bed.rpc.undone():
        yield campaign.bed.rpc
    campaign.bed.rpc.mine()


def moved(campaign, identifier, assets):
    campaign.command(f"execute({INTENT})", campaign.intent(AGENT, [(identifier, assets, 0)]), sender=AGENT)


def outcome_of_last(w3, told, block=None):
    """What was made of the last entry's mandate by intents."""
    made = journal.report(w3, told, block)
    mandate = told.entries[-1].mandate
    (found,) = (each for each in made.outcomes if each.mandate == mandate and "intent" in each.kinds)
    return found


# -- by hand ------------------------------------------------------------------


def test_outcomes__by_hand():
    book = Book()
    book.entry(5, (Done(1, 1_000, 500, 1), Done(2, -300, 100, 0)))
    book.entry(5, (Done(1, -600, 250, 2),))
    book.entry(6, (Done(2, 50, 10, 0),))
    prices = {1: Price(2_400, 1_000), 2: Price(3_500, 1_000)}
    first, second = outcomes(book.journal().entries, prices, 10**9)
    assert (first.allocated, first.deallocated, first.turnover, first.loss) == (1_000, 900, 1_900, 3)
    assert first.units == {1: 250, 2: -100}
    assert first.worth == 250 * 24 // 10 - 350
    assert first.gain == 900 - 1_000 + 600 - 350
    assert (second.units, second.gain) == ({2: 10}, 35 - 50)


def test_outcomes__strategy_without_a_price__is_named_and_nothing_is_claimed():
    book = Book()
    book.entry(5, (Done(1, 1_000, 500, 1), Done(2, 300, 100, 0), Done(2, -310, 100, 0)))
    (told,) = outcomes(book.journal().entries, {1: None, 2: None}, 10**9)
    assert (told.worth, told.gain, told.unpriced) == (None, None, (1,))


def test_outcomes__until_a_block__leaves_later_entries_out():
    book = Book()
    book.entry(5, (Done(1, 10, 10, 0),))
    book.entry(5, (Done(1, 20, 20, 0),))
    (told,) = outcomes(book.journal().entries, {1: Price(1, 1)}, 1)
    assert (told.moves, told.allocated) == (1, 10)


@given(st.lists(dones, max_size=8), st.integers(1, 10**30), st.integers(1, 10**30))
def test_outcomes__sum_of_moves_gains__is_the_gain_but_for_rounding(moves, assets, units):
    book = Book()
    for done in moves:
        book.entry(5, (done,))
    prices = {done.id: Price(assets, units) for done in moves}
    told = outcomes(book.journal().entries, prices, 10**9)
    total = sum(gain_of(done, prices) for done in moves)
    assert all(0 <= each.gain - total <= len(moves) for each in told)


# -- on a real treasury -------------------------------------------------------


def test_report__round_trip_at_one_price__gains_nothing_but_its_loss(w3, campaign, rpc):
    size = 10_000 * campaign.bed.unit
    campaign.grant(AGENT)
    moved(campaign, 1, size)
    moved(campaign, 1, -size)
    mine = outcome_of_last(w3, journal.fetch(w3, journal.Request(campaign.bed.executor)))
    assert mine.turnover == pytest.approx(2 * size, abs=2)
    assert -4 <= mine.gain <= 1


def test_report__strategy_that_gains__is_the_agents_gain_from_then_on(w3, campaign, rpc):
    bed = campaign.bed
    if bed.position(3)[0]:
        moved(campaign, 3, EVERYTHING)
    campaign.grant(AGENT)
    moved(campaign, 3, 20_000 * bed.unit)
    units = bed.position(3)[0]
    bed.gain(3, 40 * bed.unit)
    told = journal.fetch(w3, journal.Request(bed.executor))
    mine = outcome_of_last(w3, told)
    worth = rpc.read(bed.strategies[2], "convertToAssets(uint256)", units)
    assert mine.units == {3: units}
    assert mine.gain == pytest.approx(worth - 20_000 * bed.unit, abs=1)
    assert mine.gain > 0
    assert -4 <= outcome_of_last(w3, told, told.entries[-1].position.block).gain <= 0


def test_report__campaign__counts_every_entry_and_move_once(w3, told):
    made = journal.report(w3, told)
    assert sum(sum(each.kinds.values()) for each in made.outcomes) == len(told.entries)
    assert sum(each.moves for each in made.outcomes) == sum(len(entry.moves) for entry in told.entries)
    assert sum(each.loss for each in made.outcomes) == sum(entry.loss for entry in told.entries)
    assert set(AGENTS) <= {each.agent for each in made.outcomes}
    assert made.changes == told.changes


def test_report__strategy_that_does_not_answer__has_no_price(w3, campaign, rpc, told):
    identifier = told.entries[-1].moves[0].id if told.entries[-1].moves else 1
    campaign.bed.fail(identifier)
    made = journal.report(w3, journal.fetch(w3, journal.Request(campaign.bed.executor)))
    assert made.prices[identifier] is None
    assert any(each.gain is None and identifier in each.unpriced for each in made.outcomes)


# -- frames and files ---------------------------------------------------------


def test_frames__campaign__holds_every_number_exactly(w3, told):
    made = journal.report(w3, told)
    entries, moves = frames.entries_frame(told), frames.moves_frame(told, made.prices)
    assert list(entries["sequence"]) == [entry.sequence for entry in told.entries]
    assert list(entries["loss"]) == [entry.loss for entry in told.entries]
    assert [moment.timestamp() for moment in entries["time"]] == [entry.time for entry in told.entries]
    assert list(moves["assets"]) == [done.assets for entry in told.entries for done in entry.moves]
    assert moves["assets"].sum() == sum(each.allocated - each.deallocated for each in made.outcomes)
    assert list(frames.changes_frame(told)["value"]) == [change.value for change in told.changes]
    assert list(frames.outcomes_frame(made)["gain"]) == [each.gain for each in made.outcomes]


def test_frames__empty_journal__has_the_same_columns(told):
    empty = Book().journal()
    for make in (frames.entries_frame, frames.moves_frame, frames.changes_frame):
        assert list(make(empty).columns) == list(make(told).columns)
        assert len(make(empty)) == 0


@given(st.lists(dones, min_size=1, max_size=5))
def test_write__csv_and_parquet__give_back_every_number(tmp_path_factory, moves):
    folder = tmp_path_factory.mktemp("export")
    book = Book()
    book.entry(1, tuple(moves))
    frame = frames.moves_frame(book.journal())
    frames.write(frame, folder / "moves.csv")
    frames.write(frame, folder / "moves.parquet")
    read = pd.read_csv(folder / "moves.csv", dtype=str)
    table = parquet.read_table(folder / "moves.parquet")
    for name in ("assets", "units", "loss"):
        wanted = [getattr(done, name) for done in moves]
        assert [int(value) for value in read[name]] == wanted
        assert table.schema.field(name).type == pa.decimal128(38, 0)
        assert table.column(name).to_pylist() == [Decimal(value) for value in wanted]


def test_write__amount_that_no_executor_journals__writes_nothing(tmp_path):
    book = Book()
    book.entry(1, (Done(1, HUGE + 1, 1, 0),))
    frame = frames.moves_frame(book.journal())
    with pytest.raises(journal.ExportFailed, match="verify the journal"):
        frames.write(frame, tmp_path / "moves.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["moves.xlsx", "moves", "missing/moves.csv"])
def test_write__name_that_does_not_serve__is_refused(tmp_path, name):
    book = Book()
    book.entry(1)
    with pytest.raises(journal.ExportFailed, match="moves"):
        frames.write(frames.entries_frame(book.journal()), tmp_path / name)
