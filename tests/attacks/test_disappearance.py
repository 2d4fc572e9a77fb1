"""One strategy of three is gone: the other two and idle stay movable, and slices return once it is written
down."""

from __future__ import annotations

import pytest

from tests import treasury as t
from tests.attacks.stage import AMOUNT, EVERYTHING, HEALTHY, HOSTILE, SOLMATE, STAKE, UNIT, Play, Stage
from tests.modes import Group, Mode

M112 = 2**112 - 1
TOTALS = ("uint256", "uint256", "bool")
SUSPECT, QUARANTINED = 2, 3
CLOSED = ("deposit", "mint", "withdraw", "redeem", "allocate_healthy")


def _status(word: int) -> int:
    return (word >> 224) & 255


def _written_down(stage: Stage, play: Play) -> None:
    """Two failed pokes an hour apart, and the governor's write-down."""
    play.poke()
    play.wait(t.HOUR)
    play.poke()
    play.call(t.GOVERNOR, stage.treasury.steward, "write_down(uint256)", HOSTILE)


def test_disappeared__every_path__refuses_or_leaves_it_out(shared_stage):
    refusals = dict.fromkeys(CLOSED, "vault: 7") | {
        "allocate_hostile": "executor: target silent",
        "deallocate_hostile": "vault: 22",
        "empty_hostile": "vault: 22",
        "slice": "vault: 15",
    }
    for action in shared_stage.actions():
        play = shared_stage.play()
        play.timeline.erase(shared_stage.hostile)
        before, acted, after = play.books(), play.act(action), play.books()
        outcomes = play.run()
        if action in refusals:
            assert outcomes[acted].reason == refusals[action], action
            assert before(outcomes) == after(outcomes), action
        else:
            assert outcomes[acted].ok, (action, outcomes[acted].reason)


def test_disappeared__views__answer_with_the_book(shared_stage):
    play = shared_stage.play()
    before = play.totals()
    play.timeline.erase(shared_stage.hostile)
    places = {name: play.view(*view) for name, view in shared_stage.views().items()}
    outcomes = play.run()
    assert all(outcomes[place].ok for place in places.values())
    lo, hi, _ = outcomes[before].decoded(*TOTALS)
    assert outcomes[places["totals"]].decoded(*TOTALS) == (lo, hi, True)


def test_disappeared__healthy_ones__come_home_whole(shared_stage):
    play = shared_stage.play()
    play.timeline.erase(shared_stage.hostile)
    before = play.books()
    moved, after = play.execute((HEALTHY, EVERYTHING), (SOLMATE, EVERYTHING)), play.books()
    outcomes = play.run()
    assert outcomes[moved].ok
    gained = (after(outcomes)["hot"] & M112) - (before(outcomes)["hot"] & M112)
    assert 2 * STAKE - 4 <= gained <= 2 * STAKE


def test_disappeared__an_hour_of_failures_and_a_write_down__open_everything_again(shared_stage):
    stage, play = shared_stage, shared_stage.play()
    play.timeline.erase(stage.hostile)
    statuses = []
    play.poke()
    statuses.append(play.position())
    play.wait(t.HOUR - 1)
    play.poke()
    statuses.append(play.position())
    play.wait(1)
    play.poke()
    statuses.append(play.position())
    quarantined, blocked = play.totals(), play.act("slice")
    play.call(t.GOVERNOR, stage.treasury.steward, "write_down(uint256)", HOSTILE)
    written, retired = (
        play.totals(),
        play.call(t.GOVERNOR, stage.treasury.steward, "retire(uint256)", HOSTILE),
    )
    outcomes = play.run()
    assert [_status(outcomes[place].word) for place in statuses] == [SUSPECT, SUSPECT, QUARANTINED]
    total = 1_000_001 * UNIT
    lo, hi, veto = outcomes[quarantined].decoded(*TOTALS)
    assert (abs(total - STAKE - lo) <= 4, abs(total - hi) <= 4, veto) == (True, True, True)
    assert outcomes[blocked].reason == "vault: 15"
    lo, hi, veto = outcomes[written].decoded(*TOTALS)
    assert (lo == hi, abs(total - STAKE - hi) <= 4, veto) == (True, True, False)
    assert outcomes[retired].reason == "vault: 29"


@pytest.mark.parametrize("action", [*CLOSED, "slice"])
def test_written_down__every_closed_path__is_open(shared_stage, action):
    play = shared_stage.play()
    play.timeline.erase(shared_stage.hostile)
    _written_down(shared_stage, play)
    acted = play.act(action)
    outcome = play.run()[acted]
    assert outcome.ok, outcome.reason


def test_written_down__strategy_comes_back__its_value_is_the_holders(shared_stage):
    """Units outlive a write-down: three good reads later the agent brings everything home."""
    stage, play = shared_stage, shared_stage.play()
    play.mode(Group.READ, Mode.REVERT_EMPTY)
    _written_down(stage, play)
    play.mode(Group.READ, Mode.HONEST)
    for _ in range(3):
        play.wait(t.HOUR)
        play.poke()
    status, home, totals = play.position(), play.execute((HOSTILE, EVERYTHING)), play.totals()
    outcomes = play.run()
    assert _status(outcomes[status].word) == 1
    assert outcomes[home].ok, outcomes[home].reason
    lo, hi, _ = outcomes[totals].decoded(*TOTALS)
    assert lo == hi
    assert abs(lo - 1_000_001 * UNIT) <= 5


@pytest.mark.parametrize("pieces", [1, 4])
def test_illiquid__strategy_pays_what_it_has__slices_return_when_it_is_empty(shared_stage, pieces):
    """Illiquid and not broken: slices wait (15) until agents have brought home what comes loose."""
    play = shared_stage.play()
    play.mode(Group.LIQUIDITY, Mode.LIMITED, 0)
    blocked = [play.act("slice")]
    moves = []
    for piece in range(pieces):
        loose = STAKE // pieces + UNIT
        play.mode(Group.LIQUIDITY, Mode.LIMITED, loose)
        asked = EVERYTHING if piece == pieces - 1 else -(STAKE // pieces)
        moves.append(play.execute((HOSTILE, asked)))
        play.mode(Group.LIQUIDITY, Mode.LIMITED, 0)
        if piece < pieces - 1:
            blocked.append(play.act("slice"))
    paid = play.act("slice")
    outcomes = play.run()
    assert {outcomes[place].reason for place in blocked} == {"vault: 15"}
    assert [outcomes[place].reason for place in moves if not outcomes[place].ok] == []
    fair = 1_000_001 * UNIT * 200_000 // 1_000_001
    assert abs(outcomes[paid].word - fair) <= 5


def test_failure__recorded_by_a_contract__does_not_count(shared_stage):
    """Inside a strategy's own lock a read fails for anybody: only an account without code speaks for the
    outside."""
    stage, play = shared_stage, shared_stage.play()
    play.mode(Group.READ, Mode.REVERT_EMPTY)
    for _ in range(4):
        data = bytes.fromhex("18178358")  # poke()
        play.call(t.STRANGER, stage.caller, "forward(address,bytes,uint256)", stage.vault, data, 0)
        play.wait(t.HOUR)
    status = play.position()
    play.poke()
    counted = play.position()
    outcomes = play.run()
    assert _status(outcomes[status].word) == 1
    assert _status(outcomes[counted].word) == SUSPECT


def test_disappeared__mined__code_taken_away(stage):
    """The same on mined blocks, as a check of the simulation: entry closes, the rest comes home."""
    stage.rpc.call("anvil_setCode", stage.hostile, "0x")
    lo, hi, veto = stage.treasury.totals()
    assert (veto, lo) == (True, hi)
    receipt = stage.treasury.execute([(HEALTHY, -AMOUNT, 0), (SOLMATE, EVERYTHING, 0)])
    assert receipt["status"] == "0x1"
    assert stage.treasury.idle() >= 400_000 * UNIT + STAKE + AMOUNT - 4
