"""totals, totalAssets, convertTo*: two sides, the veto, and answers that do not count."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.abi import call_data
from ganglion.devnet.errors import Reverted
from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode, TokenFlag
from tests.treasury import DAY, DEPOSITOR, LEAVER, STRANGER
from tests.unit.bed import BPS, M112, PLACED, POSITION, Bed, ceil_div
from tests.unit.refusals import Refusal

FALL_VETO, DARK_VETO = 300, 500  # bps


def placed(bed: Bed) -> int:
    """What stands in each strategy."""
    return PLACED * bed.unit


# ------------------------------------------------------------------ two sides


@pytest.mark.parametrize("change", [-7, 0, 7])
def test_totals__mark_off_the_book__takes_the_lower_and_the_higher(any_invested: Bed, change: int) -> None:
    bed = any_invested
    total = bed.totals()[0]
    mark = placed(bed) + change * bed.unit
    bed.mark(2, mark)
    lo, hi = total + min(change, 0) * bed.unit, total + max(change, 0) * bed.unit
    assert bed.totals() == (lo, hi, False)
    assert bed.view("totalAssets()") == lo
    assert bed.view("convertToAssets(uint256)", 10**20) == 10**20 * (lo + 1) // bed.supply()
    assert bed.view("convertToShares(uint256)", 12_345) == 12_345 * bed.supply() // (lo + 1)


def test_totals__gains_and_losses__do_not_offset(invested: Bed) -> None:
    total = invested.totals()[0]
    invested.mark(1, placed(invested) + 10)
    invested.mark(2, placed(invested) - 3)
    assert invested.totals() == (total - 3, total + 10, False)


def test_totals__charges_on_exit__is_the_preview(invested: Bed) -> None:
    total = invested.totals()[0]
    invested.dial(1, Group.FEE, Mode.EXIT_FEE, 40)
    assert invested.totals()[0] == total
    invested.terms(1, charges_on_exit=True)
    assert invested.totals() == (total - placed(invested) * 40 // BPS, total, False)


def test_totals__no_shares__is_idle_alone(rpc: Rpc) -> None:
    bed = Bed.make(rpc, 18, TokenFlag.PLAIN, seed=5)
    assert bed.totals() == (5, 5, False)
    assert bed.view("convertToAssets(uint256)", bed.virtual) == 1


DONATIONS = {
    "asset": lambda bed: bed.rpc.transact(
        STRANGER, bed.asset, "mint(address,uint256)", bed.vault, 10**6 * bed.unit
    ),
    "units": lambda bed: bed.rpc.transact(
        STRANGER, bed.strategies[0], "transfer(address,uint256)", bed.vault, 500 * bed.unit
    ),
    "asset to a strategy": lambda bed: bed.rpc.transact(
        STRANGER, bed.asset, "mint(address,uint256)", bed.strategies[0], 10**6 * bed.unit
    ),
}


@pytest.mark.parametrize("donate", DONATIONS.values(), ids=DONATIONS.keys())
def test_totals__donation__changes_nothing(invested: Bed, donate: Any) -> None:
    invested.share_strategy(1)
    views = ("totals()", "maxDeposit(address)", "previewDeposit(uint256)", "convertToAssets(uint256)")
    arguments = ((), (LEAVER,), (10**9,), (10**20,))

    def seen() -> list[int]:
        return [invested.view(view, *given) for view, given in zip(views, arguments, strict=True)]

    before, words = seen(), invested.word(POSITION, 1)
    donate(invested)
    assert seen() == before
    invested.poke()
    assert (seen(), invested.word(POSITION, 1)) == (before, words)


# ------------------------------------------------------------------ veto


def test_veto__fall_of_three_percent__passes_and_more_closes(invested: Bed) -> None:
    total = invested.totals()[0]
    least = ceil_div(total * (BPS - FALL_VETO), BPS) - (total - placed(invested))
    invested.mark(1, least)
    assert not invested.totals()[2]
    invested.mark(1, least - 1)
    assert invested.totals()[2]


@pytest.mark.parametrize("lie", [PLACED * 11 * 10**5, 2**111])
def test_veto__strategy_lies_up__hides_no_fall(invested: Bed, lie: int) -> None:
    total = invested.totals()[0]
    invested.mark(2, lie)
    assert not invested.totals()[2]
    least = ceil_div(total * (BPS - FALL_VETO), BPS) - (total - placed(invested))
    invested.mark(1, least)
    assert not invested.totals()[2]
    invested.mark(1, least - 1)
    assert invested.totals()[2]
    invested.mark(1, placed(invested) * 8 // 10)
    for _ in range(3):
        invested.poke()
        assert invested.totals()[2]


def test_veto__strategy_lies_up__hides_no_quarantine(invested: Bed) -> None:
    invested.quarantine(1)
    invested.mark(2, 2**111)
    assert invested.totals()[2]
    invested.poke()
    assert invested.totals()[2]


def test_veto__gain_elsewhere__counts_when_it_is_booked(invested: Bed) -> None:
    """What was paid in time by one strategy is there, whatever another loses after."""
    invested.poke()
    gained, before = 100 * invested.unit, invested.totals()[0]
    invested.gain(2, gained)
    invested.rpc.warp(DAY)
    invested.poke()
    total = invested.totals()[0]
    assert total == pytest.approx(before + gained, abs=2)
    least = ceil_div(total * (BPS - FALL_VETO), BPS) - (total - placed(invested))
    invested.mark(1, least + 2)
    assert not invested.totals()[2]
    invested.mark(1, least - 2)
    assert invested.totals()[2]


def test_veto__book_follows_the_fall__stays_closed(invested: Bed) -> None:
    invested.mark(1, placed(invested) * 8 // 10)
    invested.poke()
    lo, hi, veto = invested.totals()
    assert lo == hi
    assert veto


@pytest.mark.parametrize("over", [0, 1])
def test_veto__five_percent_in_quarantine__passes_and_more_closes(bed: Bed, over: int) -> None:
    total = bed.totals()[0]
    assert total * DARK_VETO % BPS == 0
    bed.allocate(1, total * DARK_VETO // BPS + over)
    bed.quarantine(1)
    assert bed.totals() == (total - total * DARK_VETO // BPS - over, total, bool(over))


def test_veto__empty_strategy_fails__is_not_asked(bed: Bed) -> None:
    before = bed.totals()
    bed.fail(1)
    assert bed.totals() == before


# ------------------------------------------------------------------ answers


@pytest.mark.parametrize(
    ("mode", "param"),
    [
        (Mode.REVERT_REASON, 0),
        (Mode.REVERT_EMPTY, 0),
        (Mode.REVERT_BOMB, 0),
        (Mode.BURN_INVALID, 0),
        (Mode.BURN_LOOP, 0),
        (Mode.BURN_SOME, 200_000),
        (Mode.RETURN_NOTHING, 0),
        (Mode.RETURN_31, 0),
        (Mode.RETURN_64, 0),
        (Mode.RETURN_BOMB, 0),
        (Mode.RETURN_MAX, 0),
        (Mode.RETURN_VALUE, M112 + 1),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_totals__answer_that_does_not_count__is_the_book_and_a_veto(
    invested: Bed, mode: Mode, param: int
) -> None:
    lo, hi, _ = invested.totals()
    invested.dial(2, Group.READ, mode, param)
    assert invested.totals() == (lo, hi, True)
    assert invested.view("totalAssets()") == lo


def test_totals__greatest_answer__counts(invested: Bed) -> None:
    lo, hi, _ = invested.totals()
    invested.mark(2, M112)
    assert invested.totals() == (lo, hi - placed(invested) + M112, False)


def test_totals__strategy_without_code__is_the_book_and_a_veto(invested: Bed) -> None:
    lo, hi, _ = invested.totals()
    invested.rpc.call("anvil_setCode", invested.strategies[1], "0x")
    assert invested.totals() == (lo, hi, True)


def test_totals__asked_by_a_strategy__is_locked(invested: Bed) -> None:
    data = bytes.fromhex(call_data("totalAssets()")[2:])
    invested.rpc.transact(
        STRANGER, invested.strategies[0], "set_reentry(address,bytes)", invested.vault, data
    )
    invested.dial(1, Group.DEPOSIT, Mode.REENTER)
    invested.allocate(1, invested.unit)
    assert invested.rpc.read(invested.strategies[0], "reentry_attempts()") == 1
    assert not invested.rpc.read(invested.strategies[0], "reentry_succeeded()", returns=("bool",))


# ------------------------------------------------------------------ gas


def outcome(bed: Bed, signature: str, gas: int) -> str | bytes:
    """What a view answers with so much gas, or why it does not."""
    try:
        return bed.rpc.eth_call({"to": bed.vault, "data": call_data(signature), "gas": gas})
    except Reverted as refusal:
        return refusal.reason or "reverted"


@pytest.mark.parametrize("signature", ["totals()", "totalAssets()"])
def test_views__any_gas__are_right_or_refused(invested: Bed, signature: str) -> None:
    """A caller who starves the Vault gets no failed read out of it."""
    right = outcome(invested, signature, 10**7)
    steps = range(30_000, 700_000, 5_000)
    seen = [outcome(invested, signature, gas) for gas in steps]
    refused = f"vault: {Refusal.GAS_SHORT.value}"
    assert set(seen) == {refused, right}
    assert seen == sorted(seen, key=[refused, right].index)


def test_redeem_slice__too_little_gas_for_a_redeem__is_refused(invested: Bed) -> None:
    arguments = (invested.shares(DEPOSITOR), LEAVER, DEPOSITOR, 0)
    data = call_data("redeem_slice(uint256,address,address,uint256)", *arguments)
    with invested.refused(Refusal.GAS_SHORT):
        invested.rpc.send({"from": DEPOSITOR, "to": invested.vault, "data": data, "gas": 600_000})


def test_poke__too_little_gas_for_a_read__records_nothing(invested: Bed) -> None:
    data = call_data("poke()")
    with invested.refused(Refusal.GAS_SHORT):
        invested.rpc.send({"from": STRANGER, "to": invested.vault, "data": data, "gas": 220_000})
