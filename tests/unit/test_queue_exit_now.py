"""exit_now: the same slice at once, cash now, and a record of one's own for what waits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY, GUARDIAN, HOT, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import APPROVE, SLICE, STRESS, TRANSFER, WINDDOWN, ZERO, ceil_div
from tests.unit.events import event
from tests.unit.leavers import (
    CLAIM,
    EXIT_NOW,
    OPERATOR,
    PART,
    SECOND,
    STRATEGY_DUST,
    THIRD,
    Leavers,
    Stake,
)
from tests.unit.refusals import Refusal

IDS = (1, 2, 3)
BOTH = ("uint256", "uint256")


def told(bed: Leavers, identifier: int, shares: int, cash: int, receiver: str = LEAVER) -> Any:
    """The event of the leaver's exit."""
    return event(
        bed.queue, "ExitedNow", owner=LEAVER, receiver=receiver, id=identifier, shares=shares, cash=cash
    )


# ------------------------------------------------------------------ what it pays


@pytest.mark.parametrize("part", [1, 7])
def test_exit_now__all_liquid__pays_the_slice_and_leaves_no_record(any_leavers: Leavers, part: int) -> None:
    bed = any_leavers
    bed.gain(1, 3 * bed.unit + 1)
    bed.lose(2, 5 * bed.unit + 1)
    shares, supply = bed.shares(LEAVER) // part, bed.supply()
    expected = bed.foreseen(LEAVER, SLICE, shares, LEAVER, LEAVER, 0)
    found = bed.promised(LEAVER, EXIT_NOW, shares, THIRD, LEAVER, expected, MAX_UINT, returns=BOTH)
    assert found == (0, expected)
    receipt = bed.line(LEAVER, EXIT_NOW, shares, THIRD, LEAVER, expected, MAX_UINT)
    assert (bed.assets(THIRD), bed.owed(), bed.supply()) == (expected, 0, supply - shares)
    assert not (bed.word(HOT) >> 192) & 16
    assert bed.ask("requests_of(address)", LEAVER, returns="uint256[]") == ()
    assert bed.events(receipt) == [bed.handed(LEAVER, ZERO, shares), told(bed, 0, shares, expected, THIRD)]


def test_exit_now__as_settled__pays_the_same(leavers: Leavers) -> None:
    leavers.drain(2)
    shares = leavers.shares(LEAVER)
    cash = leavers.promised(LEAVER, EXIT_NOW, shares, LEAVER, LEAVER, 0, MAX_UINT, returns=BOTH)[1]
    waits = leavers.units(2) * shares // leavers.supply()
    leavers.settled()
    assert (leavers.owed(), leavers.waiting(2)) == (cash, waits)


def test_exit_now__not_liquid__pays_the_cash_and_records_what_waits(any_leavers: Leavers) -> None:
    bed = any_leavers.drain(1, 3)
    shares = bed.shares(LEAVER)
    cash, units = bed.fair(shares)
    cash += units[2]
    books = {i: bed.position(i)[1] * units[i] // bed.units(i) for i in (1, 3)}
    assert bed.promised(LEAVER, EXIT_NOW, shares, LEAVER, LEAVER, cash, MAX_UINT, returns=BOTH) == (1, cash)
    receipt = bed.exit_now(LEAVER, shares)
    assert (bed.assets(LEAVER), bed.owed()) == (cash, 0)
    assert [bed.waiting(i) for i in IDS] == [units[1], 0, units[3]]
    joined = [
        event(bed.queue, "Joined", id=1, strategy=i, generation=1, points=units[i], units=units[i])
        for i in (3, 1)
    ]
    assert bed.events(receipt) == [bed.handed(LEAVER, ZERO, shares), *joined, told(bed, 1, shares, cash)]
    standing = sum(shares * book // (cash + sum(books.values())) for book in books.values())
    assert bed.of(1, LEAVER) == Stake(shares, standing, 0, 0, shares - standing, cash)
    assert bed.is_solvent()


def test_exit_now__what_waited_comes__is_claimed_from_the_record(leavers: Leavers) -> None:
    leavers.drain(1)
    leavers.exit_now(LEAVER, leavers.shares(LEAVER))
    paid, waiting = leavers.assets(LEAVER), leavers.waiting(1)
    leavers.refill(1)
    leavers.unwind(1)
    stake = leavers.of(1, LEAVER)
    assert (stake.pending, stake.assets) == (0, waiting)
    assert stake.claimable == stake.shares - stake.claimed
    leavers.line(LEAVER, CLAIM, 1, LEAVER, LEAVER)
    assert leavers.assets(LEAVER) == paid + waiting == pytest.approx(PART * leavers.unit, abs=4)
    assert leavers.stake(1, LEAVER) == (0,) * 6
    assert leavers.owed() == 0


def test_exit_now__while_others_wait__pays_them_their_part_and_leaves_no_record(leavers: Leavers) -> None:
    leavers.drain(1)
    leavers.settled()
    waiting = leavers.waiting(1)
    leavers.refill(1)
    shares = leavers.shares(SECOND)
    cash, units = leavers.fair(shares)
    receipt = leavers.exit_now(SECOND, shares)
    assert leavers.assets(SECOND) == cash + sum(units.values())
    assert leavers.runoff(1) == (0, 0)
    burned, credited, left = leavers.events(receipt)
    assert credited == event(leavers.queue, "Credited", strategy=1, generation=1, assets=waiting)
    assert left.fields["id"] == 0
    assert leavers.of(1, LEAVER).pending == 0
    assert burned.name == "Transfer"


def test_exit_now__one_after_the_other__pays_all_the_same(leavers: Leavers) -> None:
    bed = leavers
    for identifier in IDS:
        bed.liquid(identifier, 60_000 * bed.unit)
    for holder in (LEAVER, SECOND, THIRD):
        bed.exit_now(holder, bed.shares(holder))
    paid = [bed.assets(holder) for holder in (LEAVER, SECOND, THIRD)]
    assert max(paid) - min(paid) <= 60
    waits = [bed.of(i, h).pending for i, h in enumerate((LEAVER, SECOND, THIRD), 1)]
    assert max(waits) == pytest.approx(min(waits), rel=1e-8)


# ------------------------------------------------------------------ what is tried


@pytest.mark.parametrize("tried", [(), (1,), (2, 3), IDS], ids=str)
def test_exit_now__only_some_tried__the_others_wait(leavers: Leavers, tried: tuple[int, ...]) -> None:
    shares = leavers.shares(LEAVER)
    cash, units = leavers.fair(shares)
    for i in set(IDS) - set(tried):
        leavers.dial(i, Group.REDEEM, Mode.BURN_LOOP)
    leavers.exit_now(LEAVER, shares, sum(1 << i for i in tried))
    assert leavers.assets(LEAVER) == cash + sum(units[i] for i in tried)
    assert [leavers.waiting(i) for i in IDS] == [0 if i in tried else units[i] for i in IDS]


def test_exit_now__not_tried__is_paid_by_the_next_unwind(leavers: Leavers) -> None:
    shares = leavers.shares(LEAVER)
    leavers.exit_now(LEAVER, shares, 0)
    for i in IDS:
        leavers.unwind(i)
    assert leavers.of(1, LEAVER).pending == 0
    leavers.claim(LEAVER, 1)
    assert leavers.assets(LEAVER) == pytest.approx(PART * leavers.unit, abs=4)


def test_exit_now__least_cash__is_met_or_everything_stays(leavers: Leavers) -> None:
    leavers.drain(1)
    shares = leavers.shares(LEAVER)
    cash = leavers.promised(LEAVER, EXIT_NOW, shares, LEAVER, LEAVER, 0, MAX_UINT, returns=BOTH)[1]
    with leavers.refused("queue: below min_cash"):
        leavers.line(LEAVER, EXIT_NOW, shares, LEAVER, LEAVER, cash + 1, MAX_UINT)
    leavers.line(LEAVER, EXIT_NOW, shares, LEAVER, LEAVER, cash, MAX_UINT)


# ------------------------------------------------------------------ how much and whose


def test_exit_now__zero__is_refused(leavers: Leavers) -> None:
    with leavers.refused("queue: zero shares"):
        leavers.exit_now(LEAVER, 0)


@pytest.mark.parametrize("shares", [2**128, MAX_UINT])
def test_exit_now__absurd_amounts__are_refused(leavers: Leavers, shares: int) -> None:
    with leavers.refused("queue: too many shares"):
        leavers.exit_now(LEAVER, shares)


def test_exit_now__more_than_the_balance__is_refused(leavers: Leavers) -> None:
    with leavers.refused("erc20: burn amount exceeds balance"):
        leavers.exit_now(LEAVER, leavers.shares(LEAVER) + 1)


def test_exit_now__one_share__pays_nothing_and_leaves_no_record(leavers: Leavers) -> None:
    before = leavers.words(1)
    receipt = leavers.exit_now(LEAVER, 1)
    assert leavers.events(receipt) == [leavers.handed(LEAVER, ZERO, 1), told(leavers, 0, 1, 0)]
    assert leavers.words(1) == before


def test_exit_now__part_worth_less_than_a_call__waits(leavers: Leavers) -> None:
    shares = ceil_div(STRATEGY_DUST * leavers.supply(), leavers.position(1)[1]) - 1
    leavers.exit_now(LEAVER, shares)
    assert [leavers.waiting(i) for i in IDS] == [STRATEGY_DUST - 1] * 3
    stake = leavers.of(1, LEAVER)
    assert stake.pending + stake.claimed == shares
    for i in IDS:
        leavers.unwind(i)
    assert leavers.of(1, LEAVER).assets == 3 * (STRATEGY_DUST - 1)


def test_exit_now__seasoning__is_refused_until_the_end(leavers: Leavers) -> None:
    shares = leavers.deposit(STRANGER, leavers.unit)
    unlocks = leavers.view("unlock_time(address)", STRANGER)
    leavers.at(unlocks - 1)
    with leavers.refused(Refusal.SEASONING):
        leavers.exit_now(STRANGER, shares)
    leavers.at(unlocks)
    leavers.exit_now(STRANGER, shares)


def test_exit_now__without_allowance__is_refused(leavers: Leavers) -> None:
    leavers.act(LEAVER, APPROVE, STRANGER, 99)
    leavers.act(LEAVER, APPROVE, leavers.queue, MAX_UINT)
    with leavers.refused("erc20: insufficient allowance"):
        leavers.line(STRANGER, EXIT_NOW, 100, STRANGER, LEAVER, 0, MAX_UINT)


def test_exit_now__allowance__is_spent_and_the_record_is_the_owner_s(leavers: Leavers) -> None:
    leavers.drain(1)
    shares = leavers.shares(LEAVER)
    leavers.act(LEAVER, APPROVE, STRANGER, shares + 5)
    receipt = leavers.line(STRANGER, EXIT_NOW, shares, STRANGER, LEAVER, 0, MAX_UINT)
    approval = event(leavers.vault, "Approval", owner=LEAVER, spender=STRANGER, value=5)
    assert leavers.events(receipt)[0] == approval
    assert leavers.of(1, LEAVER).shares == shares
    assert leavers.stake(1, STRANGER) == (0,) * 6
    with leavers.refused("queue: not the controller"):
        leavers.line(STRANGER, CLAIM, 1, LEAVER, STRANGER)


def test_exit_now__operator__needs_no_allowance(leavers: Leavers) -> None:
    leavers.operate(LEAVER)
    leavers.line(OPERATOR, EXIT_NOW, leavers.shares(LEAVER), OPERATOR, LEAVER, 0, MAX_UINT)
    assert leavers.assets(OPERATOR) > 0


def test_exit_now__in_the_queue_s_name__is_refused(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.shares(LEAVER))
    with leavers.refused("erc20: insufficient allowance"):
        leavers.line(STRANGER, EXIT_NOW, leavers.shares(leavers.queue), STRANGER, leavers.queue, 0, MAX_UINT)


def test_exit_now__open_epoch__stays_as_it_is(leavers: Leavers) -> None:
    leavers.request(SECOND, leavers.shares(SECOND))
    before = leavers.open_epoch()
    leavers.exit_now(LEAVER, leavers.shares(LEAVER))
    leavers.ripen()
    leavers.exit_now(THIRD, leavers.shares(THIRD))
    assert leavers.open_epoch() == before
    leavers.settle()
    leavers.claim(SECOND, before[0])
    assert leavers.assets(SECOND) == pytest.approx(leavers.assets(LEAVER), abs=12)


# ------------------------------------------------------------------ trouble


@pytest.mark.parametrize("fails", [(1,), (2, 3), IDS], ids=str)
@pytest.mark.parametrize("mode", [Mode.REVERT_REASON, Mode.BURN_LOOP, Mode.RETURN_BOMB])
def test_exit_now__any_of_them_broken__pays_idle_and_the_others(
    leavers: Leavers, fails: tuple[int, ...], mode: Mode
) -> None:
    shares = leavers.shares(LEAVER)
    cash, units = leavers.fair(shares)
    for i in fails:
        for group in (Group.REDEEM, Group.MAX, Group.READ, Group.BALANCE):
            leavers.dial(i, group, mode)
    leavers.exit_now(LEAVER, shares)
    assert leavers.assets(LEAVER) == cash + sum(units[i] for i in IDS if i not in fails)
    assert [leavers.waiting(i) for i in IDS] == [units[i] if i in fails else 0 for i in IDS]


ROLES_DEAD = {
    "calm": lambda bed: None,
    "stress": lambda bed: bed.latch(STRESS),
    "winddown": lambda bed: bed.latch(WINDDOWN),
    "paused": lambda bed: bed.rpc.transact(GUARDIAN, bed.steward, "set_entry_paused(bool)", True),
    "no executor": lambda bed: bed.govern("set_executor(address)", ZERO),
    "nobody for a year": lambda bed: bed.rpc.warp(365 * DAY),
}


@pytest.mark.parametrize("trouble", ROLES_DEAD.values(), ids=ROLES_DEAD.keys())
def test_exit_now__every_state_and_every_role_dead__pays_the_same(leavers: Leavers, trouble: Any) -> None:
    shares = leavers.shares(LEAVER)
    cash, units = leavers.fair(shares)
    trouble(leavers)
    leavers.exit_now(LEAVER, shares)
    assert leavers.assets(LEAVER) == cash + sum(units.values())


@pytest.mark.parametrize("liquid", [0, 10, 99_999, 200_000])
def test_exit_now__those_who_stay__have_no_less_of_anything(leavers: Leavers, liquid: int) -> None:
    bed = leavers
    bed.liquid(1, liquid * bed.unit)
    for holder in (LEAVER, SECOND, THIRD):
        before = bed.supply(), bed.idle(), bed.units(1), bed.coverage(1)[0]
        waited = bed.waiting(1)
        bed.exit_now(holder, bed.shares(holder))
        supply, idle, units, covered = bed.supply(), bed.idle(), bed.units(1), bed.coverage(1)[0]
        for then, now in ((before[1], idle), (before[2], units)):
            assert -1 <= now - then * supply / before[0] <= 2
        if waited:
            assert covered >= before[3] * supply // before[0] - 1


def test_exit_now__of_a_gift_of_dust__is_paid_alike(leavers: Leavers) -> None:
    leavers.act(LEAVER, TRANSFER, STRANGER, 10**15)
    cash, _ = leavers.fair(10**15)
    leavers.exit_now(STRANGER, 10**15)
    assert leavers.assets(STRANGER) == cash
