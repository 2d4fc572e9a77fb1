"""poke: books up slowly and down at once, the reference's two days, and what is remembered."""

from __future__ import annotations

from math import ceil, log
from typing import Any

import pytest

from ganglion.devnet.abi import call_data, decode, decode_revert
from tests.modes import Group, Mode
from tests.treasury import DAY, HOUR, LEAVER, MEMORY, STRANGER
from tests.unit.bed import BPS, EVERYONE, M112, PLACED, PROBE, YEAR, Bed, ceil_div, deploy_caller, payload
from tests.unit.events import event
from tests.unit.refusals import Refusal

RATE = 5_000  # bps a year, of the default terms
M48 = 2**48 - 1
PAR = 2**31  # a scaled price of one asset wei per unit


def placed(bed: Bed) -> int:
    """What stands in each strategy."""
    return PLACED * bed.unit


def accrued(book: int, seconds: int, rate: int = RATE) -> int:
    """The most that a book may rise to."""
    return book + ceil_div(book * rate * seconds, BPS * YEAR)


def memory(bed: Bed, identifier: int = 1) -> dict[str, int]:
    """What a strategy's prices were."""
    word = bed.word(MEMORY, identifier)
    names = ("today", "before", "last", "previous")
    prices = {name: (word >> 48 * i) & M48 for i, name in enumerate(names)}
    tail = {"day": (word >> 192) & 0xFFFF, "marked_at": (word >> 208) & (2**40 - 1), "scale": word >> 248}
    return prices | tail


def rise(bed: Bed, bps: int) -> None:
    """Poke, so that accrual starts now, and gain ``bps`` in the first strategy."""
    bed.poke()
    bed.gain(1, placed(bed) * bps // BPS)


def book(bed: Bed) -> int:
    """The first strategy's book."""
    return bed.position(1)[1]


# ------------------------------------------------------------------ events


def test_poke__nothing_changed__tells_the_totals_alone(any_invested: Bed) -> None:
    lo, hi, _ = any_invested.totals()
    told = [event(any_invested.vault, "Poked", lo=lo, hi=hi)]
    assert any_invested.events(any_invested.poke()) == told


def test_poke__prices_moved__tells_what_fell_and_the_totals(invested: Bed) -> None:
    invested.lose(1, placed(invested) // 10)
    invested.gain(3, placed(invested) // 10)
    invested.poke()
    total, before, then = invested.totals()[0], invested.position(3)[1], invested.now()
    invested.lose(1, placed(invested) // 10)
    fallen, risen, booked = invested.worth(1), invested.worth(3), accrued(before, HOUR)
    first = book(invested)
    total += fallen - first + booked - before
    invested.at(then + HOUR)
    receipt = invested.poke()
    assert invested.events(receipt) == [
        event(invested.vault, "BookFell", id=1, before=first, book=fallen),
        event(invested.vault, "Poked", lo=total, hi=total + risen - booked),
    ]


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_poke__anyone__may(invested: Bed, role: str) -> None:
    invested.lose(1, 1_000_000)
    invested.act(EVERYONE[role], "poke()")
    assert book(invested) == invested.worth(1) < placed(invested)


def forwarded(bed: Bed) -> Any:
    """What a contract gets that pokes: whether it passed, and the bytes."""
    caller = deploy_caller(bed.rpc)
    arguments = (bed.vault, payload("poke()"), 0)
    data = call_data("forward(address,bytes,uint256)", *arguments)
    answer = bed.rpc.eth_call({"from": STRANGER, "to": caller, "data": data})
    return decode(["(bool,bytes)"], answer)[0]


def test_poke__contract__is_refused(invested: Bed) -> None:
    passed, answer = forwarded(invested)
    assert not passed
    assert decode_revert(answer) == f"vault: {Refusal.UNAUTHORISED.value}"


def test_poke__account_with_code__is_refused(invested: Bed) -> None:
    invested.rpc.call("anvil_setCode", LEAVER, "0x00")
    with invested.refused(Refusal.UNAUTHORISED):
        invested.act(LEAVER, "poke()")


# ------------------------------------------------------------------ up and down


@pytest.mark.parametrize("seconds", [1, 60, HOUR, DAY - 1, DAY])
def test_poke__gain__is_booked_at_the_rate(invested: Bed, seconds: int) -> None:
    rise(invested, 1_000)
    invested.poke()
    before, then = book(invested), invested.now()
    invested.at(then + seconds)
    invested.poke()
    assert book(invested) == accrued(before, seconds)


@pytest.mark.parametrize("seconds", [DAY + 1, 30 * DAY])
def test_poke__long_silence__accrues_one_day(invested: Bed, seconds: int) -> None:
    rise(invested, 1_000)
    before = book(invested)
    invested.rpc.warp(seconds)
    invested.poke()
    assert book(invested) == accrued(before, DAY)


@pytest.mark.parametrize("rate", [0, 1, 65_535])
def test_poke__other_rate__binds(invested: Bed, rate: int) -> None:
    rise(invested, 1_000)
    invested.terms(1, max_rate=rate)
    invested.rpc.warp(DAY)
    before = book(invested)
    invested.poke()
    assert book(invested) == accrued(before, DAY, rate)


def test_poke__small_gain__is_booked_whole(invested: Bed) -> None:
    rise(invested, 1)
    invested.rpc.warp(DAY)
    invested.poke()
    assert book(invested) == invested.worth(1) > placed(invested)


def test_poke__often__cannot_hold_the_book_down(invested: Bed) -> None:
    rise(invested, 1_000)
    start, before = invested.now(), book(invested)
    for _ in range(20):
        invested.poke()
    assert book(invested) >= accrued(before, invested.now() - start)


def test_poke__loss__is_booked_at_once(invested: Bed) -> None:
    invested.lose(1, placed(invested) // 2)
    invested.poke()
    assert book(invested) == invested.worth(1) == pytest.approx(placed(invested) // 2, abs=1)


def test_poke__failing_read__leaves_book_and_memory(invested: Bed) -> None:
    before = invested.position(1)[:2], memory(invested)
    invested.lose(1, placed(invested) // 2)
    invested.fail(1)
    invested.rpc.warp(2 * DAY)
    invested.poke()
    assert (invested.position(1)[:2], memory(invested)) == before


def test_poke__empty_strategy__keeps_its_price_and_adds_nothing(bed: Bed) -> None:
    total = bed.totals()[0]
    bed.mark(1, PROBE // 2)
    told = bed.events(bed.poke())
    assert told == [
        event(bed.vault, "BookFell", id=1, before=PROBE, book=PROBE // 2),
        event(bed.vault, "Poked", lo=total, hi=total),
    ]
    assert bed.position(1)[:2] == (0, PROBE // 2)


# ------------------------------------------------------------------ reference


def start_of_day(bed: Bed, offset: int = 60) -> None:
    """Poke soon after the next midnight."""
    bed.at((bed.now() // DAY + 1) * DAY + offset)
    bed.poke()


@pytest.mark.parametrize("days", [0, 1])
def test_reference__recovery_within_two_days__is_not_limited(invested: Bed, days: int) -> None:
    start_of_day(invested)
    invested.dial(1, Group.READ, Mode.LIE_DOWN, 2_000)
    invested.poke()
    assert book(invested) == placed(invested) * 8 // 10
    for _ in range(days):
        start_of_day(invested)
    invested.dial(1, Group.READ, Mode.HONEST)
    invested.poke()
    assert book(invested) == placed(invested)


@pytest.mark.parametrize("pokes", [True, False])
def test_reference__recovery_after_two_days__is_limited(invested: Bed, pokes: bool) -> None:
    start_of_day(invested)
    invested.dial(1, Group.READ, Mode.LIE_DOWN, 2_000)
    invested.poke()
    if pokes:
        start_of_day(invested)
        start_of_day(invested)
    else:
        invested.rpc.warp(2 * DAY)
        invested.poke()
    before, then = book(invested), invested.now()
    invested.dial(1, Group.READ, Mode.HONEST)
    invested.at(then + HOUR)
    invested.poke()
    assert book(invested) == accrued(before, HOUR) < placed(invested)


def test_reference__above_the_book__is_kept_in_bps(invested: Bed) -> None:
    invested.dial(1, Group.READ, Mode.LIE_DOWN, 1_000)
    invested.poke()
    fallen = placed(invested) * 9 // 10
    assert invested.position(1)[3] == ceil_div((placed(invested) - fallen) * BPS, fallen)


@pytest.mark.parametrize("mark", [0, 1, 100])
def test_reference__far_above_the_book__saturates(invested: Bed, mark: int) -> None:
    invested.mark(1, mark)
    invested.poke()
    assert invested.position(1) == (placed(invested), mark, 1, 65_535)
    assert invested.totals()[2]


def test_reference__new_high__replaces_the_old(invested: Bed) -> None:
    start_of_day(invested)
    invested.gain(1, placed(invested) // 10)
    start_of_day(invested)
    high = book(invested)
    assert high > placed(invested)
    invested.lose(1, placed(invested) // 10)
    invested.poke()
    assert book(invested) < high
    invested.gain(1, placed(invested) // 10)
    invested.poke()
    assert abs(book(invested) - max(high, accrued(book(invested), 4))) <= accrued(high, 9) - high


# ------------------------------------------------------------------ memory


def test_memory__listed__holds_the_first_price(unsealed: Bed) -> None:
    unsealed.list_hostile()
    expected = {"today": PAR, "before": PAR, "last": PAR, "previous": PAR}
    now = unsealed.now()
    assert memory(unsealed) == expected | {"day": now // DAY, "marked_at": now, "scale": 31}


def test_memory__marks__are_an_hour_apart(invested: Bed) -> None:
    start_of_day(invested, HOUR)
    then = memory(invested)["marked_at"]
    assert then == invested.now()
    invested.dial(1, Group.READ, Mode.LIE_DOWN, 5_000)
    invested.at(then + HOUR - 1)
    invested.poke()
    assert memory(invested)["marked_at"] == then
    assert memory(invested)["last"] == PAR
    invested.at(then + HOUR)
    invested.poke()
    seen = memory(invested)
    assert (seen["last"], seen["previous"], seen["marked_at"]) == (PAR // 2, PAR, then + HOUR)


def test_memory__next_day__keeps_yesterday_s_highest(invested: Bed) -> None:
    start_of_day(invested)
    invested.dial(1, Group.READ, Mode.LIE_DOWN, 5_000)
    invested.poke()
    assert memory(invested)["today"] == PAR
    start_of_day(invested)
    seen = memory(invested)
    assert (seen["today"], seen["before"], seen["day"]) == (PAR // 2, PAR, invested.now() // DAY)
    start_of_day(invested)
    assert memory(invested)["before"] == PAR // 2


def test_memory__skipped_day__starts_from_the_book(invested: Bed) -> None:
    start_of_day(invested)
    invested.dial(1, Group.READ, Mode.LIE_DOWN, 5_000)
    invested.poke()
    invested.rpc.warp(2 * DAY)
    invested.poke()
    assert (memory(invested)["today"], memory(invested)["before"]) == (PAR // 2, PAR // 2)


def test_memory__price_beyond_48_bits__saturates(invested: Bed) -> None:
    invested.rpc.warp(HOUR)
    invested.mark(1, placed(invested) << 17)
    invested.poke()
    assert memory(invested)["last"] == M48
    assert invested.totals()[1] > placed(invested) << 17
    invested.dial(1, Group.READ, Mode.HONEST)
    invested.deallocate(1, M112, placed(invested))


def test_memory__book_beyond_48_bits__saturates_the_reference(invested: Bed) -> None:
    invested.terms(1, max_rate=65_535)
    invested.mark(1, placed(invested) << 20)
    days = ceil(17 * log(2) / log(1 + 65_535 / BPS / 365)) + 2
    now = invested.now()
    for day in range(1, days):
        invested.at(now + day * DAY)
        invested.poke()
    assert book(invested) > placed(invested) << 17
    assert memory(invested)["today"] == M48
    assert invested.position(1)[3] == 0
