"""write_off: records close where nothing is expected any more, and late cash is theirs all the same."""

from __future__ import annotations

import pytest

from tests.treasury import LEAVER, STRANGER
from tests.unit.bed import OK, QUARANTINED
from tests.unit.events import event
from tests.unit.leavers import SECOND, WRITE_OFF, Leavers


@pytest.fixture
def dead(dry: Leavers) -> Leavers:
    """As ``dry``, and the strategy is in quarantine and written down to nothing."""
    dry.quarantine(1)
    dry.govern("write_down(uint256)", 1)
    assert dry.position(1)[1:3] == (0, QUARANTINED)
    return dry


def test_write_off__worthless__closes_the_records(dead: Leavers) -> None:
    before = dead.of(1, LEAVER)
    assert before.pending > 0
    receipt = dead.line(STRANGER, WRITE_OFF, 1)
    assert dead.events(receipt) == [event(dead.queue, "WrittenOff", strategy=1, generation=1)]
    after = dead.of(1, LEAVER)
    assert (after.pending, after.claimable, after.assets) == (0, after.shares, before.assets)


def test_write_off__what_comes_later__is_paid_to_the_same(dead: Leavers) -> None:
    dead.line(STRANGER, WRITE_OFF, 1)
    dead.claim(LEAVER, 1)
    paid, waiting = dead.assets(LEAVER), dead.waiting(1)
    assert dead.ask("requests_of(address)", LEAVER, returns="uint256[]") == ()
    dead.revive(1)
    dead.unwind(1)
    late = dead.of(1, LEAVER)
    assert (late.claimable, late.assets, late.claimed) == (0, waiting, late.shares)
    assert dead.ask("maxWithdraw(address)", LEAVER) == 0
    receipt = dead.claim(LEAVER, 1)
    assert dead.events(receipt) == [dead.claimed(LEAVER, waiting, 0)]
    assert dead.assets(LEAVER) == paid + waiting
    assert dead.stake(1, LEAVER) == (0,) * 6


def test_write_off__twice__changes_nothing(dead: Leavers) -> None:
    dead.line(STRANGER, WRITE_OFF, 1)
    before = dead.fingerprint()
    dead.line(STRANGER, WRITE_OFF, 1)
    assert dead.fingerprint() == before


def test_write_off__another_joins_the_same_generation__is_written_off_too(dead: Leavers) -> None:
    dead.line(STRANGER, WRITE_OFF, 1)
    dead.settled(SECOND)
    assert dead.of(2, SECOND).pending == 0


def test_write_off__new_generation__is_not(dead: Leavers) -> None:
    dead.line(STRANGER, WRITE_OFF, 1)
    dead.revive(1)
    dead.unwind(1)
    assert dead.waiting(1) == 0
    dead.drain(1)
    dead.settled(SECOND)
    assert dead.of(2, SECOND).pending > 0


@pytest.mark.parametrize("status", ["ok", "quarantined"])
def test_write_off__worth_something__is_refused(dry: Leavers, status: str) -> None:
    if status == "quarantined":
        dry.quarantine(1)
    assert dry.position(1)[1] > 0
    with dry.refused("queue: not worthless"):
        dry.line(STRANGER, WRITE_OFF, 1)


def test_write_off__marked_at_nothing_alone__is_refused(dry: Leavers) -> None:
    dry.mark(1, 0)
    dry.poke()
    assert dry.position(1)[1:3] == (0, OK)
    with dry.refused("queue: not worthless"):
        dry.line(STRANGER, WRITE_OFF, 1)


def test_write_off__nothing_waits__is_refused(leavers: Leavers) -> None:
    leavers.quarantine(1)
    leavers.govern("write_down(uint256)", 1)
    with leavers.refused("queue: nothing waits"):
        leavers.line(STRANGER, WRITE_OFF, 1)


@pytest.mark.parametrize("identifier", [0, 4, 255])
def test_write_off__never_listed__is_refused(leavers: Leavers, identifier: int) -> None:
    with leavers.refused("queue: nothing waits"):
        leavers.line(STRANGER, WRITE_OFF, identifier)
