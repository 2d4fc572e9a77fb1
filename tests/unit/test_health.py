"""Health of a strategy: OK, SUSPECT, QUARANTINED and back, each step at its second and one before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modes import Group, Mode
from tests.treasury import HEALTH, HOUR
from tests.unit.bed import BPS, OK, PLACED, QUARANTINED, SUSPECT, Bed, ceil_div, payload
from tests.unit.events import event

STEADY = 300  # bps


def changes(bed: Bed, receipt: dict[str, Any]) -> list[Any]:
    """The changes of health that a poke told."""
    return [e for e in bed.events(receipt) if e.name == "HealthChanged"]


def told(bed: Bed, status: int) -> list[Any]:
    """The one change of the first strategy."""
    return [event(bed.vault, "HealthChanged", id=1, status=status)]


def poke_at(bed: Bed, timestamp: int) -> dict[str, Any]:
    """Poke at a second."""
    bed.at(timestamp)
    return bed.poke()


@pytest.fixture
def suspect(invested: Bed) -> Bed:
    """The first strategy has just failed once."""
    invested.fail(1)
    assert changes(invested, invested.poke()) == told(invested, SUSPECT)
    return invested


@pytest.fixture
def quarantined(suspect: Bed) -> Bed:
    """The first strategy has failed twice and answers again."""
    assert changes(suspect, poke_at(suspect, suspect.now() + HOUR)) == told(suspect, QUARANTINED)
    suspect.fail(1, False)
    return suspect


# ------------------------------------------------------------------ down


def test_health__first_failure__is_suspect(invested: Bed) -> None:
    invested.fail(1)
    lo, hi, _ = invested.totals()
    receipt = invested.poke()
    poked = event(invested.vault, "Poked", lo=lo, hi=hi)
    assert invested.events(receipt) == [*told(invested, SUSPECT), poked]
    assert [invested.status(i) for i in (1, 2, 3)] == [SUSPECT, OK, OK]
    assert invested.word(HEALTH, 1) == invested.now()


def test_health__second_failure_within_the_hour__stays_suspect(suspect: Bed) -> None:
    first = suspect.now()
    assert changes(suspect, poke_at(suspect, first + HOUR - 1)) == []
    assert suspect.status(1) == SUSPECT
    assert changes(suspect, poke_at(suspect, first + HOUR)) == told(suspect, QUARANTINED)


def test_health__suspect__counts_its_book(suspect: Bed) -> None:
    total = suspect.totals()[0]
    assert suspect.totals() == (total, total, True)
    suspect.fail(1, False)
    assert suspect.totals() == (total, total, False)


def test_health__quarantined__counts_nothing_in_lo_and_the_last_book_in_hi(quarantined: Bed) -> None:
    lo, hi, veto = quarantined.totals()
    assert hi - lo == quarantined.position(1)[1] == PLACED * quarantined.unit
    assert veto
    quarantined.mark(1, 10**30)
    assert quarantined.totals() == (lo, hi, veto)


def test_health__quarantined__is_not_asked_for_the_price(quarantined: Bed) -> None:
    quarantined.dial(1, Group.READ, Mode.BURN_LOOP)
    tx = {"to": quarantined.vault, "data": "0x" + payload("totals()").hex(), "gas": 290_000}
    assert quarantined.rpc.eth_call(tx)


@pytest.mark.parametrize("mode", [Mode.REVERT_EMPTY, Mode.BURN_LOOP, Mode.RETURN_MAX])
def test_health__any_failed_read__counts(invested: Bed, mode: Mode) -> None:
    invested.dial(1, Group.READ, mode)
    assert changes(invested, invested.poke()) == told(invested, SUSPECT)


def test_health__empty_strategy__is_watched_too(bed: Bed) -> None:
    bed.quarantine(2)
    assert bed.position(2)[0] == 0


# ------------------------------------------------------------------ back from SUSPECT


def test_health__two_good_reads_an_hour_apart__end_the_suspicion(suspect: Bed) -> None:
    suspect.fail(1, False)
    assert changes(suspect, suspect.poke()) == []
    first = suspect.now()
    assert changes(suspect, poke_at(suspect, first + HOUR - 1)) == []
    assert suspect.status(1) == SUSPECT
    assert changes(suspect, poke_at(suspect, first + HOUR)) == told(suspect, OK)


def test_health__failure_between_good_reads__starts_anew(suspect: Bed) -> None:
    failed = suspect.now()
    suspect.fail(1, False)
    suspect.poke()
    suspect.fail(1)
    suspect.poke()
    suspect.fail(1, False)
    assert changes(suspect, poke_at(suspect, failed + HOUR)) == []
    good = suspect.now()
    assert changes(suspect, poke_at(suspect, good + HOUR - 1)) == []
    assert changes(suspect, poke_at(suspect, good + HOUR)) == told(suspect, OK)


def test_health__failure_an_hour_after_the_first__quarantines_despite_a_good_read(suspect: Bed) -> None:
    failed = suspect.now()
    suspect.fail(1, False)
    suspect.poke()
    suspect.fail(1)
    assert changes(suspect, poke_at(suspect, failed + HOUR)) == told(suspect, QUARANTINED)


def test_health__recovered__needs_two_new_failures(suspect: Bed) -> None:
    suspect.fail(1, False)
    suspect.poke()
    poke_at(suspect, suspect.now() + HOUR)
    assert suspect.status(1) == OK
    suspect.fail(1)
    assert changes(suspect, poke_at(suspect, suspect.now() + HOUR)) == told(suspect, SUSPECT)
    assert suspect.status(1) == SUSPECT


# ------------------------------------------------------------------ back from QUARANTINED


def test_health__three_good_spaced_reads__end_the_quarantine(quarantined: Bed) -> None:
    bed = quarantined
    total = bed.totals()[1]
    bed.poke()
    start = bed.now()
    for seconds in (HOUR - 1, HOUR, 2 * HOUR - 1):
        assert changes(bed, poke_at(bed, start + seconds)) == []
    assert bed.status(1) == QUARANTINED
    receipt = poke_at(bed, start + 2 * HOUR)
    poked = event(bed.vault, "Poked", lo=total, hi=total)
    assert bed.events(receipt) == [*told(bed, OK), poked]
    assert bed.totals() == (total, total, False)


def test_health__failure_in_quarantine__starts_anew(quarantined: Bed) -> None:
    bed = quarantined
    for _ in range(2):
        bed.poke()
        bed.rpc.warp(HOUR)
    bed.fail(1)
    bed.poke()
    bed.fail(1, False)
    for _ in range(2):
        assert changes(bed, bed.poke()) == []
        bed.rpc.warp(HOUR)
    assert changes(bed, bed.poke()) == told(bed, OK)


def test_health__price_moves_at_once__book_follows_when_it_comes_back(quarantined: Bed) -> None:
    bed = quarantined
    bed.mark(1, PLACED * bed.unit * (BPS - STEADY) // BPS)
    for _ in range(2):
        bed.poke()
        assert bed.position(1)[1] == PLACED * bed.unit
        bed.rpc.warp(HOUR)
    receipt = bed.poke()
    assert bed.position(1)[1] == PLACED * bed.unit * (BPS - STEADY) // BPS
    assert [e.name for e in bed.events(receipt)] == ["HealthChanged", "BookFell", "Poked"]


def steps_until_ok(bed: Bed, marks: list[int]) -> int:
    """Poke an hour apart with these marks, the last one repeated; returns how many it took."""
    for count in range(1, 8):
        bed.mark(1, marks[min(count, len(marks)) - 1])
        bed.poke()
        if bed.status(1) == OK:
            return count
        bed.rpc.warp(HOUR)
    raise AssertionError("it never came back")


def test_health__unsteady_price__starts_anew_and_counts_as_the_first(quarantined: Bed) -> None:
    par = PLACED * quarantined.unit
    assert steps_until_ok(quarantined, [par, par, par * 9 // 10]) == 5


@pytest.mark.parametrize(("off", "expected"), [(-1, 3), (1, 4)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_health__second_read_about_three_percent_off__counts_below_and_not_above(
    quarantined: Bed, sign: int, off: int, expected: int
) -> None:
    par = PLACED * quarantined.unit
    least_visible = ceil_div(par, 2**31)  # what one digit of the remembered price stands for
    move = par * STEADY // BPS + off * least_visible
    assert steps_until_ok(quarantined, [par, par + sign * move]) == expected


def test_health__repeated_reads_within_the_hour__do_not_add_up(quarantined: Bed) -> None:
    for _ in range(10):
        quarantined.poke()
    assert quarantined.status(1) == QUARANTINED
