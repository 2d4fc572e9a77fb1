"""redeem_slice: the same fraction of everything, in every state, all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode, TokenFlag
from tests.treasury import (
    DAY,
    DEPOSITOR,
    GUARDIAN,
    HOUR,
    LEAVER,
    MAX_UINT,
    STRANGER,
    deploy_solmate,
)
from tests.unit.bed import APPROVE, SLICE, STRESS, WINDDOWN, ZERO, Bed, ceil_div
from tests.unit.events import event
from tests.unit.refusals import Refusal

DUST = 1_000  # asset wei


def leave(bed: Bed, shares: int, least: int = 0, sender: str = DEPOSITOR) -> Any:
    """Slice the depositor's shares to the leaver."""
    return bed.act(sender, SLICE, shares, LEAVER, DEPOSITOR, least)


# ------------------------------------------------------------------ what it pays


@pytest.mark.parametrize("part", [7, 2, 1])
def test_slice__any_asset__is_pro_rata_to_the_wei(any_invested: Bed, part: int) -> None:
    bed = any_invested
    bed.gain(1, 3 * bed.unit + 1)
    bed.lose(2, 5 * bed.unit + 1)
    held, supply, idle = bed.shares(DEPOSITOR), bed.supply(), bed.idle()
    shares = held // part
    before = [bed.position(i) for i in (1, 2, 3)]
    expected = idle * shares // supply
    for (units, *_), strategy in zip(before, bed.strategies, strict=True):
        expected += bed.rpc.read(strategy, "previewRedeem(uint256)", units * shares // supply)
    assert bed.foreseen(DEPOSITOR, SLICE, shares, LEAVER, DEPOSITOR, expected) == expected
    receipt = leave(bed, shares, expected)
    assert bed.assets(LEAVER) == expected
    assert bed.shares(DEPOSITOR) == held - shares
    assert bed.idle() == idle - idle * shares // supply
    for identifier, (units, book, status, _) in enumerate(before, 1):
        gone = units * shares // supply
        left = book - ceil_div(book * gone, units)
        assert bed.position(identifier)[:3] == (units - gone, left, status)
    assert bed.events(receipt) == [
        event(bed.vault, "Transfer", sender=DEPOSITOR, receiver=ZERO, value=shares),
        event(
            bed.vault,
            "SliceRedeemed",
            caller=DEPOSITOR,
            receiver=LEAVER,
            owner=DEPOSITOR,
            assets=expected,
            shares=shares,
        ),
    ]


def test_slice__third_party_vault__pays_in_full(rpc: Rpc) -> None:
    bed = Bed.make(rpc, 18, TokenFlag.PLAIN)
    bed.list(deploy_solmate(rpc, bed.asset))
    bed.fund().invest()
    rpc.transact(STRANGER, bed.asset, "mint(address,uint256)", bed.strategies[0], 10_000 * bed.unit)
    held, supply = bed.shares(DEPOSITOR), bed.supply()
    units, idle = bed.position(1)[0], bed.idle()
    worth = rpc.read(bed.strategies[0], "previewRedeem(uint256)", units * held // supply)
    leave(bed, held)
    assert bed.assets(LEAVER) == idle * held // supply + worth
    assert worth > 200_000 * bed.unit


def test_slice__unbooked_gain__goes_with_the_slice(invested: Bed) -> None:
    invested.gain(1, 100_000 * invested.unit)
    leave(invested, invested.shares(DEPOSITOR))
    assert invested.assets(LEAVER) == pytest.approx(1_100_000 * invested.unit, rel=1e-5)


def test_slice__somebody_left_before__pays_the_same(invested: Bed) -> None:
    bed = invested
    bed.act(DEPOSITOR, "transfer(address,uint256)", STRANGER, bed.shares(DEPOSITOR) // 3)
    shares = bed.shares(STRANGER)
    alone = bed.foreseen(STRANGER, SLICE, shares, STRANGER, STRANGER, 0)
    leave(bed, bed.shares(DEPOSITOR))
    after = bed.foreseen(STRANGER, SLICE, shares, STRANGER, STRANGER, 0)
    assert abs(after - alone) <= 8


def test_slice__everyone_leaves__only_the_dead_shares_stay(invested: Bed) -> None:
    leave(invested, invested.shares(DEPOSITOR))
    assert invested.supply() == 10**6 * invested.virtual + invested.virtual
    assert invested.totals()[0] == pytest.approx(10**6, abs=10)


def test_slice__strategy_pays_short__leaver_bears_it(invested: Bed) -> None:
    shares, supply = invested.shares(DEPOSITOR) // 4, invested.supply()
    fair = invested.foreseen(DEPOSITOR, SLICE, shares, LEAVER, DEPOSITOR, 0)
    part = invested.position(2)[0] * shares // supply
    invested.dial(2, Group.REDEEM, Mode.SHORT, 500)
    leave(invested, shares)
    assert invested.assets(LEAVER) == fair - ceil_div(part * 500, 10_000)


# ------------------------------------------------------------------ states and trouble elsewhere


TROUBLE = {
    "stress": lambda bed: bed.latch(STRESS),
    "winddown": lambda bed: bed.latch(WINDDOWN),
    "paused": lambda bed: bed.rpc.transact(GUARDIAN, bed.steward, "set_entry_paused(bool)", True),
    "cap": lambda bed: bed.limits(deposit_cap=0, petty_share=0, petty_fee=0, idle_floor=10_000),
    "ceiling": lambda bed: bed.rpc.transact(GUARDIAN, bed.steward, "set_ceiling(uint256,uint256)", 1, 0),
    "no executor": lambda bed: bed.govern("set_executor(address)", ZERO),
    "read reverts": lambda bed: bed.fail(1),
    "read burns gas": lambda bed: bed.dial(1, Group.READ, Mode.BURN_LOOP),
    "read bombs": lambda bed: bed.dial(1, Group.READ, Mode.RETURN_BOMB),
    "read is absurd": lambda bed: bed.dial(1, Group.READ, Mode.RETURN_MAX),
    "deposits closed": lambda bed: bed.dial(1, Group.DEPOSIT, Mode.REVERT_REASON),
    "answer bombs": lambda bed: bed.dial(1, Group.REDEEM, Mode.RETURN_BOMB),
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
def test_slice__trouble_that_holds_nothing_back__pays_the_same(invested: Bed, trouble: Any) -> None:
    shares = invested.shares(DEPOSITOR)
    fair = invested.foreseen(DEPOSITOR, SLICE, shares, LEAVER, DEPOSITOR, 0)
    trouble(invested)
    leave(invested, shares, fair)
    assert invested.assets(LEAVER) == fair


def test_slice__suspect_strategy__pays(invested: Bed) -> None:
    invested.fail(1)
    invested.poke()
    leave(invested, invested.shares(DEPOSITOR))
    assert invested.assets(LEAVER) == pytest.approx(1_000_000 * invested.unit, abs=10)


# ------------------------------------------------------------------ not liquid


@pytest.mark.parametrize(
    ("group", "mode", "param"),
    [
        (Group.REDEEM, Mode.REVERT_REASON, 0),
        (Group.REDEEM, Mode.REVERT_BOMB, 0),
        (Group.REDEEM, Mode.BURN_LOOP, 0),
        (Group.MAX, Mode.REVERT_REASON, 0),
        (Group.MAX, Mode.RETURN_NOTHING, 0),
        (Group.MAX, Mode.RETURN_31, 0),
        (Group.MAX, Mode.RETURN_64, 0),
        (Group.MAX, Mode.RETURN_MAX, 0),
        (Group.MAX, Mode.BURN_INVALID, 0),
        (Group.MAX, Mode.LIE_DOWN, 10_000),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_slice__strategy_cannot_pay__is_refused(invested: Bed, group: Group, mode: Mode, param: int) -> None:
    invested.dial(3, group, mode, param)
    with invested.refused(Refusal.NOT_LIQUID):
        leave(invested, invested.shares(DEPOSITOR))
    invested.dial(3, group, Mode.HONEST)
    leave(invested, invested.shares(DEPOSITOR))


def test_slice__one_unit_short_of_all__is_refused(invested: Bed) -> None:
    units = invested.position(2)[0]
    shares = invested.shares(DEPOSITOR) // 100
    invested.dial(2, Group.MAX, Mode.RETURN_VALUE, units - 1)
    with invested.refused(Refusal.NOT_LIQUID):
        leave(invested, shares)
    invested.dial(2, Group.MAX, Mode.RETURN_VALUE, units)
    leave(invested, shares)


def test_slice__liquidity_hidden__is_refused_by_the_redeem(invested: Bed) -> None:
    invested.dial(1, Group.LIQUIDITY, Mode.LIMITED, 10 * invested.unit)
    invested.dial(1, Group.MAX, Mode.IGNORE_LIMIT)
    with invested.refused(Refusal.NOT_LIQUID):
        leave(invested, invested.shares(DEPOSITOR))


def test_slice__quarantined__is_refused_though_it_would_pay(invested: Bed) -> None:
    invested.quarantine(1)
    with invested.refused(Refusal.NOT_LIQUID):
        leave(invested, invested.shares(DEPOSITOR))
    invested.fail(1, False)
    with invested.refused(Refusal.NOT_LIQUID):
        leave(invested, invested.shares(DEPOSITOR))


# ------------------------------------------------------------------ dust


def dusty_shares(bed: Bed) -> int:
    """The fewest shares whose part of the first strategy's book is worth a call."""
    return ceil_div(DUST * bed.supply(), bed.position(1)[1])


def test_slice__part_below_dust__stays_behind(invested: Bed) -> None:
    shares, supply = dusty_shares(invested) - 1, invested.supply()
    before = [invested.position(i) for i in (1, 2, 3)]
    idle = invested.idle()
    leave(invested, shares)
    assert [invested.position(i) for i in (1, 2, 3)] == before
    assert invested.assets(LEAVER) == idle * shares // supply > 0


def test_slice__part_at_dust__is_redeemed(invested: Bed) -> None:
    shares, supply = dusty_shares(invested), invested.supply()
    units, idle = invested.position(1)[0], invested.idle()
    leave(invested, shares)
    gone = units * shares // supply
    assert [invested.position(i)[0] for i in (1, 2, 3)] == [units - gone] * 3
    assert invested.assets(LEAVER) == idle * shares // supply + 3 * gone


def test_slice__part_below_dust_of_a_dead_strategy__does_not_block(invested: Bed) -> None:
    invested.dial(2, Group.REDEEM, Mode.REVERT_REASON)
    leave(invested, dusty_shares(invested) - 1)
    with invested.refused(Refusal.NOT_LIQUID):
        leave(invested, dusty_shares(invested))


def test_slice__written_down_strategy__stays_behind(invested: Bed) -> None:
    invested.quarantine(1)
    invested.govern("write_down(uint256)", 1)
    units = invested.position(1)[0]
    leave(invested, invested.shares(DEPOSITOR))
    assert invested.position(1)[:2] == (units, 0)
    assert invested.assets(LEAVER) == pytest.approx(800_000 * invested.unit, rel=1e-6)


def test_slice__book_pushed_down__leaves_the_rest_in_the_ledger(invested: Bed) -> None:
    bed = invested
    bed.mark(1, 3 * DUST // 2)
    bed.poke()
    units, shares, supply = bed.position(1)[0], bed.shares(DEPOSITOR), bed.supply()
    leave(bed, shares)
    assert bed.position(1)[0] == units - units * shares // supply > DUST


# ------------------------------------------------------------------ limit, owner, caller


def test_slice__payout_answers_false__burns_nothing(rpc: Rpc) -> None:
    bed = Bed.make(rpc, flags=TokenFlag.FALSE_ON_FAILURE | TokenFlag.BLACKLIST).fund()
    rpc.transact(STRANGER, bed.asset, "set_blacklisted(address,bool)", LEAVER, True)
    with bed.refused(Refusal.TRANSFER_MISMATCH):
        leave(bed, bed.shares(DEPOSITOR))
    bed.act(DEPOSITOR, SLICE, bed.shares(DEPOSITOR), STRANGER, DEPOSITOR, 0)


def test_slice__below_the_caller_s_limit__is_refused(invested: Bed) -> None:
    shares = invested.shares(DEPOSITOR) // 3
    fair = invested.foreseen(DEPOSITOR, SLICE, shares, LEAVER, DEPOSITOR, 0)
    with invested.refused(Refusal.BELOW_LIMIT):
        leave(invested, shares, fair + 1)
    leave(invested, shares, fair)


def test_slice__zero_shares__is_refused(invested: Bed) -> None:
    with invested.refused(Refusal.ZERO_AMOUNT):
        leave(invested, 0)


def test_slice__seasoning__is_refused(invested: Bed) -> None:
    shares = invested.deposit(LEAVER, invested.unit)
    with invested.refused(Refusal.SEASONING):
        invested.act(LEAVER, SLICE, shares, LEAVER, LEAVER, 0)
    invested.rpc.warp(HOUR)
    invested.act(LEAVER, SLICE, shares, LEAVER, LEAVER, 0)


def test_slice__more_than_the_owner_has__is_refused(invested: Bed) -> None:
    with invested.refused("erc20: burn amount exceeds balance"):
        leave(invested, invested.shares(DEPOSITOR) + 1)


def test_slice__without_allowance__is_refused(invested: Bed) -> None:
    invested.act(DEPOSITOR, APPROVE, STRANGER, 10**6 - 1)
    with invested.refused("erc20: insufficient allowance"):
        leave(invested, 10**6, sender=STRANGER)


def test_slice__allowance__is_spent(invested: Bed) -> None:
    shares = invested.shares(DEPOSITOR)
    invested.act(DEPOSITOR, APPROVE, STRANGER, shares)
    receipt = leave(invested, shares, sender=STRANGER)
    approval, _, redeemed = invested.events(receipt)
    assert approval == event(invested.vault, "Approval", owner=DEPOSITOR, spender=STRANGER, value=0)
    assert redeemed.fields["caller"] == STRANGER.lower()
    assert redeemed.fields["owner"] == DEPOSITOR.lower()


def test_slice__endless_allowance__stays(invested: Bed) -> None:
    invested.act(DEPOSITOR, APPROVE, STRANGER, MAX_UINT)
    leave(invested, 10**18, sender=STRANGER)
    assert invested.view("allowance(address,address)", DEPOSITOR, STRANGER) == MAX_UINT


# ------------------------------------------------------------------ what stays


def test_slice__rest_below_dust__is_let_go_and_keeps_its_price(bed: Bed) -> None:
    bed.allocate(1, 500 * bed.unit)
    bed.gain(1, 5 * bed.unit)
    bed.rpc.warp(DAY)
    bed.poke()
    units, book = bed.position(1)[:2]
    assert book > units
    leave(bed, bed.shares(DEPOSITOR))
    assert bed.position(1)[:2] == (0, book * 10**18 // units)


def test_slice__of_several__leaves_the_price_to_the_stayers(invested: Bed) -> None:
    invested.gain(1, 7)
    price = invested.view("convertToAssets(uint256)", 10**30)
    leave(invested, invested.shares(DEPOSITOR) // 3)
    assert invested.view("convertToAssets(uint256)", 10**30) >= price
