"""requestRedeem and cancel: what joins the open epoch, what it costs, and how it is taken back."""

from __future__ import annotations

import pytest

from tests.treasury import DAY, GUARDIAN, HOUR, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import APPROVE, DEPOSIT, STRESS, TRANSFER, WINDDOWN, ZERO
from tests.unit.events import event
from tests.unit.leavers import CANCEL, EXIT_NOW, OPERATOR, PART, REQUEST, SECOND, THIRD, Leavers, Stake
from tests.unit.refusals import Refusal

WAITING = Stake(0, 0, 0, 0, 0, 0)


def pending(shares: int) -> Stake:
    return Stake(shares, shares, 0, 0, 0, 0)


# ------------------------------------------------------------------ what a request does


def test_request__first__opens_an_epoch_and_takes_the_shares(any_leavers: Leavers) -> None:
    bed = any_leavers
    shares = bed.shares(LEAVER)
    assert bed.open_epoch() == (0, 0, 0)
    assert bed.promised(LEAVER, REQUEST, shares, LEAVER, LEAVER) == 1
    receipt = bed.line(LEAVER, REQUEST, shares, LEAVER, LEAVER)
    assert bed.open_epoch() == (1, shares, bed.now() + DAY)
    assert (bed.shares(LEAVER), bed.shares(bed.queue)) == (0, shares)
    assert bed.of(1, LEAVER) == pending(shares)
    assert bed.events(receipt) == [
        bed.handed(LEAVER, bed.queue, shares),
        event(
            bed.queue,
            "RedeemRequest",
            controller=LEAVER,
            owner=LEAVER,
            requestId=1,
            sender=LEAVER,
            shares=shares,
        ),
    ]


def test_request__later__joins_the_open_epoch_and_does_not_delay_it(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.shares(LEAVER))
    due = leavers.open_epoch()[2]
    leavers.rpc.warp(HOUR)
    assert leavers.request(SECOND, leavers.shares(SECOND)) == 1
    assert leavers.open_epoch() == (1, leavers.shares(leavers.queue), due)


def test_request__twice__adds_up(leavers: Leavers) -> None:
    for _ in range(3):
        leavers.request(LEAVER, leavers.least)
    assert leavers.of(1, LEAVER) == pending(3 * leavers.least)
    assert leavers.ask("requests_of(address)", LEAVER, returns="uint256[]") == (1,)


def test_request__of_two_controllers__are_kept_apart(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.request(SECOND, 2 * leavers.least)
    assert (leavers.of(1, LEAVER), leavers.of(1, SECOND)) == (
        pending(leavers.least),
        pending(2 * leavers.least),
    )


def test_request__for_another_controller__is_the_controller_s(leavers: Leavers) -> None:
    bed, shares = leavers, leavers.least
    receipt = bed.line(LEAVER, REQUEST, shares, SECOND, LEAVER)
    assert (bed.of(1, SECOND), bed.of(1, LEAVER)) == (pending(shares), WAITING)
    told = bed.events(receipt)[-1].fields
    assert (told["controller"], told["owner"], told["sender"]) == tuple(
        a.lower() for a in (SECOND, LEAVER, LEAVER)
    )


def test_request__no_price_asked__total_and_price_stay(leavers: Leavers) -> None:
    before = leavers.totals(), leavers.supply(), leavers.idle()
    leavers.request(LEAVER, leavers.shares(LEAVER))
    assert (leavers.totals(), leavers.supply(), leavers.idle()) == before


# ------------------------------------------------------------------ how much


def test_request__least__passes_and_one_less_is_refused(any_leavers: Leavers) -> None:
    bed = any_leavers
    assert bed.least == 10**4 * bed.virtual
    with bed.refused("queue: below the least request"):
        bed.line(LEAVER, REQUEST, bed.least - 1, LEAVER, LEAVER)
    bed.request(LEAVER, bed.least)


@pytest.mark.parametrize("dust", [1, 10**15])
def test_request__whole_balance_below_the_least__is_exempt(leavers: Leavers, dust: int) -> None:
    leavers.act(LEAVER, TRANSFER, STRANGER, dust)
    with leavers.refused("queue: below the least request"):
        leavers.line(STRANGER, REQUEST, dust - 1, STRANGER, STRANGER)
    leavers.request(STRANGER, dust)
    assert leavers.of(1, STRANGER) == pending(dust)


@pytest.mark.parametrize("owner", [LEAVER, STRANGER], ids=["holder", "nobody"])
def test_request__zero__is_refused(leavers: Leavers, owner: str) -> None:
    with leavers.refused("queue: below the least request"):
        leavers.line(owner, REQUEST, 0, owner, owner)


def test_request__more_than_the_balance__is_refused(leavers: Leavers) -> None:
    with leavers.refused("erc20: transfer amount exceeds balance"):
        leavers.line(LEAVER, REQUEST, leavers.shares(LEAVER) + 1, LEAVER, LEAVER)


def test_request__total_beyond_128_bits__is_refused(leavers: Leavers) -> None:
    bed = leavers
    bed.deposit(STRANGER, 2**128 // bed.virtual - PART // 2 * bed.unit)
    bed.rpc.warp(HOUR)
    bed.request(STRANGER, bed.shares(STRANGER))
    room = 2**128 - 1 - bed.shares(bed.queue)
    assert bed.least < room < bed.shares(LEAVER)
    with bed.refused("queue: too many shares"):
        bed.line(LEAVER, REQUEST, room + 1, LEAVER, LEAVER)
    bed.request(LEAVER, room)
    assert bed.open_epoch()[1] == 2**128 - 1
    bed.ripen()
    bed.settle()
    assert bed.of(1, STRANGER).pending == 0


def test_request__no_controller__is_refused(leavers: Leavers) -> None:
    with leavers.refused("queue: no controller"):
        leavers.line(LEAVER, REQUEST, leavers.least, ZERO, LEAVER)


# ------------------------------------------------------------------ whose shares


def test_request__seasoning__is_refused_until_the_end(leavers: Leavers) -> None:
    shares = leavers.deposit(STRANGER, leavers.unit)
    unlocks = leavers.view("unlock_time(address)", STRANGER)
    leavers.at(unlocks - 1)
    with leavers.refused(Refusal.SEASONING):
        leavers.line(STRANGER, REQUEST, shares, STRANGER, STRANGER)
    leavers.at(unlocks)
    leavers.request(STRANGER, shares)


def test_request__without_allowance__is_refused(leavers: Leavers) -> None:
    leavers.act(LEAVER, APPROVE, STRANGER, leavers.least - 1)
    with leavers.refused("erc20: insufficient allowance"):
        leavers.line(STRANGER, REQUEST, leavers.least, STRANGER, LEAVER)


def test_request__allowance_to_the_queue__lets_nobody_in(leavers: Leavers) -> None:
    leavers.act(LEAVER, APPROVE, leavers.queue, MAX_UINT)
    with leavers.refused("erc20: insufficient allowance"):
        leavers.line(STRANGER, REQUEST, leavers.least, STRANGER, LEAVER)


def test_request__allowance__is_spent(leavers: Leavers) -> None:
    bed, shares = leavers, leavers.least
    bed.act(LEAVER, APPROVE, STRANGER, shares + 5)
    receipt = bed.line(STRANGER, REQUEST, shares, THIRD, LEAVER)
    assert bed.events(receipt) == [
        event(bed.vault, "Approval", owner=LEAVER, spender=STRANGER, value=5),
        bed.handed(LEAVER, bed.queue, shares),
        event(
            bed.queue,
            "RedeemRequest",
            controller=THIRD,
            owner=LEAVER,
            requestId=1,
            sender=STRANGER,
            shares=shares,
        ),
    ]


def test_request__endless_allowance__stays(leavers: Leavers) -> None:
    leavers.act(LEAVER, APPROVE, STRANGER, MAX_UINT)
    leavers.line(STRANGER, REQUEST, leavers.least, LEAVER, LEAVER)
    assert leavers.view("allowance(address,address)", LEAVER, STRANGER) == MAX_UINT


def test_request__operator__needs_no_allowance_and_spends_none(leavers: Leavers) -> None:
    leavers.act(LEAVER, APPROVE, OPERATOR, 7)
    leavers.operate(LEAVER)
    leavers.line(OPERATOR, REQUEST, leavers.least, LEAVER, LEAVER)
    assert leavers.view("allowance(address,address)", LEAVER, OPERATOR) == 7


def test_request__operator_of_the_controller_alone__is_refused(leavers: Leavers) -> None:
    leavers.operate(SECOND)
    with leavers.refused("erc20: insufficient allowance"):
        leavers.line(OPERATOR, REQUEST, leavers.least, SECOND, LEAVER)


def test_request__former_operator__is_refused(leavers: Leavers) -> None:
    leavers.operate(LEAVER)
    leavers.operate(LEAVER, approved=False)
    with leavers.refused("erc20: insufficient allowance"):
        leavers.line(OPERATOR, REQUEST, leavers.least, LEAVER, LEAVER)


@pytest.mark.parametrize("signature", [REQUEST, EXIT_NOW])
def test_leaving__in_the_queue_s_own_name__is_refused(leavers: Leavers, signature: str) -> None:
    leavers.request(LEAVER, leavers.shares(LEAVER))
    tail = (0, MAX_UINT) if signature == EXIT_NOW else ()
    with leavers.refused("erc20: insufficient allowance"):
        leavers.line(STRANGER, signature, leavers.least, STRANGER, leavers.queue, *tail)


# ------------------------------------------------------------------ states and roles


@pytest.mark.parametrize("state", [STRESS, WINDDOWN])
def test_request__state_not_calm__passes(leavers: Leavers, state: int) -> None:
    leavers.latch(state)
    leavers.rpc.transact(GUARDIAN, leavers.steward, "set_entry_paused(bool)", True)
    assert leavers.request(LEAVER, leavers.least) == 1


# ------------------------------------------------------------------ lazy settlement


def test_request__open_epoch_due__settles_it_first(leavers: Leavers) -> None:
    bed = leavers
    shares = bed.shares(LEAVER)
    bed.request(LEAVER, shares)
    bed.at(bed.open_epoch()[2])
    receipt = bed.line(SECOND, REQUEST, bed.least, SECOND, SECOND)
    assert [(e.name, e.fields.get("id", e.fields.get("requestId"))) for e in bed.events(receipt)] == [
        ("Transfer", None),
        ("Settled", 1),
        ("Transfer", None),
        ("RedeemRequest", 2),
    ]
    assert bed.open_epoch() == (2, bed.least, bed.now() + DAY)
    assert bed.of(1, LEAVER).claimable == shares
    assert bed.of(2, SECOND) == pending(bed.least)


def test_request__one_second_before_it_is_due__joins(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.at(leavers.open_epoch()[2] - 1)
    assert leavers.request(SECOND, leavers.least) == 1


def test_request__refused__leaves_the_due_epoch_open(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.ripen()
    with leavers.refused("erc20: insufficient allowance"):
        leavers.line(STRANGER, REQUEST, leavers.least, STRANGER, SECOND)
    leavers.settle()


def test_request__of_its_own_due_epoch__has_two_requests(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.ripen()
    assert leavers.request(LEAVER, leavers.least) == 2
    assert leavers.ask("requests_of(address)", LEAVER, returns="uint256[]") == (1, 2)


# ------------------------------------------------------------------ taking back


def test_cancel__open_epoch__returns_the_shares(any_leavers: Leavers) -> None:
    bed = any_leavers
    shares = bed.shares(LEAVER)
    bed.request(LEAVER, shares)
    bed.request(SECOND, bed.least)
    due = bed.open_epoch()[2]
    assert bed.promised(LEAVER, CANCEL, 1, LEAVER, THIRD) == shares
    before = bed.shares(THIRD)
    receipt = bed.line(LEAVER, CANCEL, 1, LEAVER, THIRD)
    assert bed.shares(THIRD) == before + shares
    assert bed.open_epoch() == (1, bed.least, due)
    assert bed.of(1, LEAVER) == WAITING
    assert bed.ask("requests_of(address)", LEAVER, returns="uint256[]") == ()
    assert bed.events(receipt) == [
        bed.handed(bed.queue, THIRD, shares),
        event(bed.queue, "Cancelled", id=1, controller=LEAVER, receiver=THIRD, shares=shares),
    ]


def test_cancel__several_requests__takes_all_of_the_controller_s(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.request(LEAVER, leavers.least)
    before = leavers.shares(LEAVER)
    leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)
    assert leavers.shares(LEAVER) == before + 2 * leavers.least


def test_cancel__due_and_not_settled__passes(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.ripen()
    leavers.ripen()
    leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)
    with leavers.refused("queue: not due"):
        leavers.settle()


def test_cancel__settled__is_refused(leavers: Leavers) -> None:
    leavers.settled()
    with leavers.refused("queue: settled"):
        leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)


def test_cancel__settled_and_another_epoch_open__is_refused(leavers: Leavers) -> None:
    leavers.settled()
    leavers.request(SECOND, leavers.least)
    with leavers.refused("queue: settled"):
        leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)
    with leavers.refused("queue: no such request"):
        leavers.line(LEAVER, CANCEL, 2, LEAVER, LEAVER)


@pytest.mark.parametrize("identifier", [0, 2, 2**32, 2**32 + 1, MAX_UINT])
def test_cancel__no_request_of_that_id__is_refused(leavers: Leavers, identifier: int) -> None:
    leavers.request(LEAVER, leavers.least)
    with leavers.refused("queue: no such request"):
        leavers.line(LEAVER, CANCEL, identifier, LEAVER, LEAVER)


def test_cancel__twice__is_refused(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)
    with leavers.refused("queue: no such request"):
        leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)


def test_cancel__anyone_else__is_refused(leavers: Leavers) -> None:
    leavers.line(LEAVER, REQUEST, leavers.least, SECOND, LEAVER)
    for other in (LEAVER, STRANGER, GUARDIAN, OPERATOR):
        with leavers.refused("queue: not the controller"):
            leavers.line(other, CANCEL, 1, SECOND, other)


def test_cancel__operator__passes(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.operate(LEAVER)
    leavers.line(OPERATOR, CANCEL, 1, LEAVER, OPERATOR)
    assert leavers.shares(OPERATOR) == leavers.least


def test_cancel__to_nobody__is_refused(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    with leavers.refused("erc20: transfer to the zero address"):
        leavers.line(LEAVER, CANCEL, 1, LEAVER, ZERO)


def test_cancel__after_a_deposit_in_the_queue_s_name__passes(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.shares(LEAVER))
    leavers.mint(STRANGER, 10**6 * leavers.unit)
    leavers.act(STRANGER, DEPOSIT, 10**6 * leavers.unit, leavers.queue)
    assert leavers.view("unlock_time(address)", leavers.queue) > leavers.now()
    leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)


def test_epoch__emptied__keeps_its_id_and_starts_its_time_anew(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.rpc.warp(DAY - HOUR)
    leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)
    assert leavers.open_epoch() == (1, 0, 0)
    leavers.rpc.warp(HOUR)
    assert leavers.request(SECOND, leavers.least) == 1
    assert leavers.open_epoch()[2] == leavers.now() + DAY
    with leavers.refused("queue: not due"):
        leavers.settle()


def test_epoch__private_record_while_it_is_open__takes_the_next_id(leavers: Leavers) -> None:
    leavers.drain(1)
    leavers.request(LEAVER, leavers.least)
    leavers.exit_now(SECOND, leavers.least)
    assert leavers.ask("requests_of(address)", SECOND, returns="uint256[]") == (2,)
    leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)
    assert leavers.request(LEAVER, leavers.least) == 1
    leavers.ripen()
    assert leavers.request(THIRD, leavers.least) == 3


def test_cancel__over_and_over__pays_nothing(leavers: Leavers) -> None:
    shares = leavers.shares(LEAVER)
    before = leavers.totals(), leavers.supply(), shares
    for _ in range(5):
        leavers.request(LEAVER, shares)
        leavers.line(LEAVER, CANCEL, 1, LEAVER, LEAVER)
    assert (leavers.totals(), leavers.supply(), leavers.shares(LEAVER)) == before
    assert (leavers.owed(), leavers.assets(LEAVER)) == (0, 0)
