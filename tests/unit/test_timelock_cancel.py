"""cancel: the proposer any operation, a guardian any but its own replacement."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests.unit.bed import EVERYONE, STRANGER, payload, reverts
from tests.unit.clockwork import (
    CANCELLER_ROLE,
    DELAY,
    FIRST_GUARDIAN,
    PROPOSER,
    PROPOSER_ROLE,
    SECOND_GUARDIAN,
    UNSET,
    WAITING,
    Call,
    Clockwork,
)
from tests.unit.events import event

MISSING_ROLE = "access_control: account is missing role"
NOT_PENDING = "timelock: not pending"


@pytest.fixture
def clock(rpc: Rpc) -> Clockwork:
    """A Timelock over a Steward."""
    return Clockwork.make(rpc)


def scheduled(clock: Clockwork, *calls: Call, **terms: Any) -> bytes:
    """Schedule, and return the id."""
    clock.schedule(*calls, **terms)
    return clock.operation(*calls, **terms)


ORDINARY = {
    "delay": lambda clock: clock.update_delay(5),
    "another role": lambda clock: clock.change_role(True, PROPOSER_ROLE),
    "taking another role": lambda clock: clock.change_role(False, PROPOSER_ROLE),
    "role of another contract": lambda clock: clock.change_role(True, target=clock.steward),
    "sentinel": lambda clock: Call(clock.steward, payload("set_sentinel(address)", STRANGER)),
    "nothing": lambda clock: Call(clock.steward, b""),
    "longer payload": lambda clock: Call(clock.steward, clock.set_guardian().data + b"\x00"),
    "shorter payload": lambda clock: Call(clock.steward, clock.set_guardian().data[:-1]),
    "two calls in one payload": lambda clock: Call(clock.timelock, clock.change_role(True).data * 2),
    "native token": lambda clock: Call(STRANGER, b"", 5),
}
REPLACING = {
    "appoints": lambda clock: clock.set_guardian(),
    "removes": lambda clock: clock.set_guardian(active=False),
    "of another contract": lambda clock: clock.set_guardian(target=STRANGER),
    "grants cancelling": lambda clock: clock.change_role(True),
    "revokes cancelling": lambda clock: clock.change_role(False),
}
ANY = ORDINARY | REPLACING


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("make", ANY.values(), ids=ANY.keys())
def test_cancel__proposer__any(clock: Clockwork, make: Any, batch: bool) -> None:
    operation = scheduled(clock, make(clock), batch=batch)
    receipt = clock.cancel(operation, PROPOSER)
    assert clock.events(receipt) == [event(clock.timelock, "Cancelled", id=operation)]
    assert clock.state(operation) == UNSET


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("make", ORDINARY.values(), ids=ORDINARY.keys())
def test_cancel__guardian__any_that_changes_more(clock: Clockwork, make: Any, batch: bool) -> None:
    operation = scheduled(clock, make(clock), batch=batch)
    assert not clock.view("replaces_guardians(bytes32)", operation, returns="bool")
    receipt = clock.cancel(operation, FIRST_GUARDIAN)
    assert clock.events(receipt) == [event(clock.timelock, "Cancelled", id=operation)]


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("make", REPLACING.values(), ids=REPLACING.keys())
def test_cancel__guardian__not_its_replacement(clock: Clockwork, make: Any, batch: bool) -> None:
    operation = scheduled(clock, make(clock), batch=batch)
    assert clock.view("replaces_guardians(bytes32)", operation, returns="bool")
    for guardian in (FIRST_GUARDIAN, SECOND_GUARDIAN):
        with reverts(MISSING_ROLE):
            clock.cancel(operation, guardian)
    assert clock.state(operation) == WAITING


def test_cancel__batch_of_replacements__is_not_a_guardian_s(clock: Clockwork) -> None:
    operation = scheduled(clock, *(make(clock) for make in REPLACING.values()))
    with reverts(MISSING_ROLE):
        clock.cancel(operation, FIRST_GUARDIAN)


@pytest.mark.parametrize("place", [0, 2, 5])
@pytest.mark.parametrize("make", ORDINARY.values(), ids=ORDINARY.keys())
def test_cancel__batch_with_anything_else__is_a_guardian_s(clock: Clockwork, make: Any, place: int) -> None:
    calls = [replacing(clock) for replacing in REPLACING.values()]
    calls.insert(place, make(clock))
    operation = scheduled(clock, *calls)
    clock.cancel(operation, FIRST_GUARDIAN)
    assert clock.state(operation) == UNSET


def test_cancel__empty_batch__is_a_guardian_s(clock: Clockwork) -> None:
    operation = scheduled(clock)
    clock.cancel(operation, FIRST_GUARDIAN)


def test_cancel__any_other_role__is_refused(clock: Clockwork) -> None:
    operation = scheduled(clock, clock.update_delay(5))
    for sender in EVERYONE.values():
        with reverts(MISSING_ROLE):
            clock.cancel(operation, sender)


def test_cancel__unknown_done_or_cancelled__is_refused(clock: Clockwork) -> None:
    call = clock.update_delay(5)
    for sender in (PROPOSER, FIRST_GUARDIAN):
        with reverts(NOT_PENDING):
            clock.cancel(clock.operation(call), sender)
    operation = scheduled(clock, call)
    clock.cancel(operation, PROPOSER)
    with reverts(NOT_PENDING):
        clock.cancel(operation, PROPOSER)
    clock.schedule(call)
    clock.rpc.warp(DELAY)
    clock.execute(call)
    with reverts(NOT_PENDING):
        clock.cancel(operation, PROPOSER)


def test_cancel__ready__is_still_possible(clock: Clockwork) -> None:
    call = clock.update_delay(5)
    operation = scheduled(clock, call)
    clock.rpc.warp(DELAY)
    clock.cancel(operation, FIRST_GUARDIAN)
    with reverts("timelock_controller: operation is not ready"):
        clock.execute(call)


def test_cancel__removed_guardian__is_refused(clock: Clockwork) -> None:
    removal = clock.change_role(False)
    clock.schedule(removal)
    clock.rpc.warp(DELAY)
    clock.execute(removal)
    assert not clock.has_role(CANCELLER_ROLE, FIRST_GUARDIAN)
    operation = scheduled(clock, clock.update_delay(5))
    with reverts(MISSING_ROLE):
        clock.cancel(operation, FIRST_GUARDIAN)
    clock.cancel(operation, SECOND_GUARDIAN)
