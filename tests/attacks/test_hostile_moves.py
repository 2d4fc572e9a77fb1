"""Stolen keys against what a move may do: its order, its size, caps, trims, standing orders, own shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import treasury as t
from tests.attacks.stage import (
    AMOUNT,
    DEPOSIT,
    EVERYTHING,
    HEALTHY,
    HOSTILE,
    SLICE,
    SOLMATE,
    STAKE,
    UNIT,
    Stage,
)
from tests.attacks.stress_orders import ALWAYS, FIRE, MOST, Orders
from tests.attacks.thieves import (
    CURATOR,
    LOSS,
    MOVE,
    SET_CAP,
    TOLERANCE,
    Theft,
    drained,
    inside,
    robbed,
)
from tests.modes import Group, Mode

SHARE = 10**12
SET_GROUP = "set_group(uint256,uint256,uint256,uint256)"
TOO_MUCH = 30_000 * UNIT  # of which the tolerance is more than the loss budget


@pytest.fixture(scope="module")
def vault(attacked_node, shared_stage) -> Iterator[Stage]:
    with robbed(attacked_node) as stage:
        yield stage


ORDERS_OF_MOVES = {
    "in, out": ((HOSTILE, TOO_MUCH), (HOSTILE, -TOO_MUCH)),
    "out, in": ((HOSTILE, -TOO_MUCH), (HOSTILE, TOO_MUCH)),
    "out, in elsewhere": ((HOSTILE, -TOO_MUCH), (SOLMATE, 10 * UNIT)),
    "in elsewhere, out": ((SOLMATE, 10 * UNIT), (HOSTILE, -TOO_MUCH)),
    "out, in, out": ((HOSTILE, -TOO_MUCH), (SOLMATE, 10 * UNIT), (HEALTHY, EVERYTHING)),
    "everything, and a crumb back": ((HOSTILE, EVERYTHING), (HOSTILE, 10 * UNIT)),
}


@pytest.mark.parametrize("moves", ORDERS_OF_MOVES.values(), ids=ORDERS_OF_MOVES)
def test_order__of_moves_that_take_and_allocate__fits_the_budget_or_reverts_whole(vault, moves):
    """Whatever else an intent does: once it allocates, all that it loses must fit."""
    theft = Theft(vault)
    before, tried, after = theft.stolen(), theft.steal(*moves), theft.stolen()
    outcomes = theft.run()
    assert inside(outcomes[tried]) == "executor: over max loss"
    assert outcomes[after].word == outcomes[before].word


@pytest.mark.parametrize("amount", [EVERYTHING, EVERYTHING + 1, -(2**112), -STAKE * 2])
def test_everything__in_any_size_that_covers_it__comes_home_once(vault, amount):
    theft = Theft(vault)
    first = theft.play.execute((HEALTHY, amount))
    position = theft.play.position(HEALTHY)
    again = theft.play.execute((HEALTHY, amount))
    outcomes = theft.run()
    assert outcomes[first].ok, outcomes[first].reason
    assert outcomes[position].word & (2**112 - 1) == 0
    assert outcomes[again].reason == "vault: 3"


def test_group__member_joins_when_it_is_full__closes_both_ways_in_and_neither_way_out(vault):
    """Membership that changes between two intents counts for the next one, also through another member."""
    theft, executor = Theft(vault), vault.executor
    theft.play.call(t.GOVERNOR, executor, SET_GROUP, 5, 1 << HOSTILE, STAKE + AMOUNT, 10_000)
    fills = theft.play.execute((HOSTILE, AMOUNT // 2))
    theft.play.call(t.GOVERNOR, executor, SET_GROUP, 5, 1 << HOSTILE | 1 << HEALTHY, STAKE + AMOUNT, 10_000)
    moves = {
        "in": ((HEALTHY, 10 * UNIT),),
        "from one to the other": ((HOSTILE, -AMOUNT), (HEALTHY, AMOUNT)),
        "through a third": ((SOLMATE, 10 * UNIT), (HOSTILE, 10 * UNIT)),
    }
    refused = [theft.play.execute(*each) for each in moves.values()]
    out = [theft.play.execute((identifier, -AMOUNT)) for identifier in (HOSTILE, HEALTHY)]
    theft.play.call(t.GOVERNOR, executor, SET_GROUP, 5, 1 << HEALTHY, STAKE + AMOUNT, 10_000)
    leaves = theft.play.execute((HOSTILE, AMOUNT))
    outcomes = theft.run()
    assert outcomes[fills].ok, outcomes[fills].reason
    assert [outcomes[place].reason for place in refused] == ["executor: over group cap"] * 3
    assert all(outcomes[place].ok for place in out)
    assert outcomes[leaves].ok, outcomes[leaves].reason


def test_group__room_made_by_one_move__is_used_by_the_next_and_no_more(vault):
    """Within an intent the books that count are those of the moment."""
    theft = Theft(vault)
    theft.play.call(t.GOVERNOR, vault.executor, SET_GROUP, 5, 0b110, 2 * STAKE, 10_000)
    fits = theft.play.execute((HOSTILE, -AMOUNT), (HEALTHY, AMOUNT - 10))
    over = theft.play.execute((HOSTILE, -AMOUNT), (HEALTHY, AMOUNT + 1_000))
    reverse = theft.play.execute((HEALTHY, AMOUNT), (HOSTILE, -AMOUNT))
    outcomes = theft.run()
    assert outcomes[fits].ok, outcomes[fits].reason
    assert outcomes[over].reason == outcomes[reverse].reason == "executor: over group cap"


@pytest.mark.parametrize("part", [TOLERANCE // 4 - 1, TOLERANCE - 1])
def test_trims__by_the_thief_every_hour__take_a_quarter_of_the_tolerance_once(vault, part):
    """What stands over a cap is trimmed once; the thief cannot put it back over the cap."""
    theft = Theft(vault)
    theft.play.call(CURATOR, vault.executor, SET_CAP, HOSTILE, STAKE // 2, 10_000)
    before, tried = theft.stolen(), []
    for _ in range(6):
        theft.play.mode(Group.REDEEM, Mode.SHORT, part)
        tried.append(theft.play.call(t.STRANGER, vault.executor, "trim(uint256)", HOSTILE))
        theft.play.mode(Group.REDEEM, Mode.HONEST)
        refused = theft.play.execute((HOSTILE, 10 * UNIT), agent=vault.caller)
        theft.wait(t.HOUR)
    after = theft.stolen()
    outcomes = theft.run()
    stolen = outcomes[after].word - outcomes[before].word
    if part > TOLERANCE // 4:
        assert stolen == 0
        assert outcomes[tried[1]].reason == "executor: trim loses too much"
    else:
        assert 0 < stolen <= STAKE // 2 * TOLERANCE // 40_000 + MOVE
        assert outcomes[tried[1]].ok
    assert outcomes[refused].reason == "executor: over absolute cap"


def test_orders__fired_after_own_allocations__lose_their_most_once(vault):
    """The thief fills what a standing order empties; the order's loss closes the strategy to the thief."""
    with vault.undone():
        orders = Orders.standing(vault)
        theft = Theft(vault)
        before, filled, fired = theft.stolen(), [], []
        for _ in range(8):
            theft.play.mode(Group.REDEEM, Mode.SHORT, 19)
            fired.append(theft.play.call(t.STRANGER, orders.reflexes, FIRE, ALWAYS))
            theft.play.mode(Group.REDEEM, Mode.HONEST)
            filled.append(theft.play.execute((HOSTILE, MOST), agent=vault.caller))
            theft.wait(t.HOUR)
        after = theft.stolen()
        outcomes = theft.run()
    assert outcomes[fired[0]].ok, outcomes[fired[0]].reason
    assert {outcomes[place].reason for place in filled} == {"executor: strategy closed"}
    most = STAKE * 19 // 10_000  # what stood there, emptied by firings and put back by nobody
    assert 0 < outcomes[after].word - outcomes[before].word <= most + 8 * MOVE


@pytest.mark.parametrize("late", [False, True])
def test_sandwich__thief_holds_shares_around_its_own_theft__others_lose_no_more_than_was_taken(vault, late):
    """Shares bought before or after a drain, and sliced: the price of both is what is there."""
    theft, thief = Theft(vault), t.LEAVER
    paid = 50_000 * UNIT
    theft.play.call(t.STRANGER, vault.asset, "mint(address,uint256)", thief, paid)
    theft.play.call(thief, vault.asset, "approve(address,uint256)", vault.vault, t.MAX_UINT)
    totals = [theft.play.totals(), theft.play.view("totalSupply()")]
    before = theft.stolen()
    buys = (thief, vault.vault, DEPOSIT, paid, thief)
    bought = None if late else theft.play.call(*buys)
    theft.steal(*drained(-TOO_MUCH))
    bought = theft.play.call(*buys) if late else bought
    taken = theft.stolen()
    theft.wait(t.HOUR + 1)
    sold = theft.play.call(thief, vault.vault, SLICE, paid * SHARE // 2, thief, thief, 0)
    left = [theft.play.totals(), theft.play.view("totalSupply()")]
    outcomes = theft.run()
    assert outcomes[bought].ok, outcomes[bought].reason
    assert outcomes[sold].ok, outcomes[sold].reason
    prices = []
    for lo, supply in (totals, left):
        assets = outcomes[lo].decoded("uint256", "uint256", "bool")[0]
        prices.append((assets + 1) * 10**18 // (outcomes[supply].word + 10**12))
    stolen = outcomes[taken].word - outcomes[before].word
    total = outcomes[totals[0]].decoded("uint256", "uint256", "bool")[0]
    assert LOSS < stolen <= 2 * TOO_MUCH * TOLERANCE // 10_000 + MOVE
    assert (prices[0] - prices[1]) * total // prices[0] <= stolen + MOVE


WAYS_IN_AND_OUT = {
    "in": ((HOSTILE, 20_000 * UNIT),),
    "out": ((HOSTILE, EVERYTHING),),
    "in, out": ((HOSTILE, 20_000 * UNIT), (HOSTILE, EVERYTHING)),
    "out, in": ((HOSTILE, EVERYTHING), (HOSTILE, 20_000 * UNIT)),
}


def _still_waiting(vault: Stage, moves: tuple[tuple[int, int], ...]) -> int:
    """Units that wait once a tenth left a dry strategy, a little returned, and thief and others acted."""
    theft, queue = Theft(vault), vault.treasury.queue
    leave = "exit_now(uint256,address,address,uint256,uint256)"
    theft.play.mode(Group.LIQUIDITY, Mode.LIMITED, 0)
    left = theft.play.call(t.LEAVER, queue, leave, 100_000 * UNIT * SHARE, t.LEAVER, t.LEAVER, 0, t.MAX_UINT)
    theft.play.mode(Group.LIQUIDITY, Mode.LIMITED, 10_000 * UNIT)
    for move in moves:
        theft.steal(move, part=0)
    theft.play.call(t.STRANGER, queue, "unwind(uint256,uint256)", HOSTILE, 2**112)
    waits = theft.play.view("word(uint256,uint256)", t.RUNOFF, HOSTILE)
    outcomes = theft.run()
    assert outcomes[left].ok, outcomes[left].reason
    return outcomes[waits].word & (2**112 - 1)


@pytest.mark.parametrize("moves", WAYS_IN_AND_OUT.values(), ids=WAYS_IN_AND_OUT)
def test_covered__thief_moves_while_leavers_wait__outruns_none_of_them(vault, moves):
    """What returns is shared with those who wait before the thief takes any of it."""
    without = _still_waiting(vault, ())
    assert 0 < _still_waiting(vault, moves) <= without + 2
