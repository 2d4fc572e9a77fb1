"""The Timelock: delay, roles, execution by anyone, and its own administration."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests.treasury import DEPLOYER, STRANGER, deploy_vyper
from tests.unit.bed import EVERYONE, ZERO, payload, reverts
from tests.unit.clockwork import (
    CANCELLER_ROLE,
    DELAY,
    DONE,
    EXECUTOR_ROLE,
    FIRST_GUARDIAN,
    MANY,
    NONE,
    PROPOSER,
    PROPOSER_ROLE,
    READY,
    SALT,
    SECOND_GUARDIAN,
    UNSET,
    WAITING,
    Call,
    Clockwork,
)
from tests.unit.events import event

MISSING_ROLE = "access_control: account is missing role"
NOT_READY = "timelock_controller: operation is not ready"
TYPES = ["uint256", "address", "address[]"]


@pytest.fixture
def clock(rpc: Rpc) -> Clockwork:
    """A Timelock over a Steward."""
    return Clockwork.make(rpc)


def scheduled(clock: Clockwork, index: int, call: Call, operation: bytes, **changes: Any) -> Any:
    """The event of one scheduled call."""
    fields = {"predecessor": NONE, "delay": DELAY} | changes
    return event(
        clock.timelock,
        "CallScheduled",
        id=operation,
        index=index,
        target=call.target,
        amount=call.amount,
        payload=call.data,
        **fields,
    )


def executed(clock: Clockwork, index: int, call: Call, operation: bytes) -> Any:
    """The event of one executed call."""
    return event(
        clock.timelock,
        "CallExecuted",
        id=operation,
        index=index,
        target=call.target,
        amount=call.amount,
        payload=call.data,
    )


# ------------------------------------------------------------------ constructor


@pytest.mark.parametrize(
    ("values", "reason"),
    [((DELAY, ZERO, []), "timelock: no proposer"), ((0, PROPOSER, []), "timelock: no delay")],
)
def test_constructor__bad_value__is_refused(clock: Clockwork, values: tuple, reason: str) -> None:
    with reverts(reason):
        deploy_vyper(clock.rpc, "contracts/Timelock.vy", TYPES, values)


def test_constructor__roles__are_these_and_no_more(clock: Clockwork) -> None:
    granted = {
        (role, name)
        for role in (NONE, PROPOSER_ROLE, EXECUTOR_ROLE, CANCELLER_ROLE)
        for name in (clock.timelock, PROPOSER, FIRST_GUARDIAN, SECOND_GUARDIAN, DEPLOYER, STRANGER, ZERO)
        if clock.has_role(role, name)
    }
    assert granted == {
        (NONE, clock.timelock),
        (PROPOSER_ROLE, PROPOSER),
        (CANCELLER_ROLE, PROPOSER),
        (CANCELLER_ROLE, FIRST_GUARDIAN),
        (CANCELLER_ROLE, SECOND_GUARDIAN),
        (EXECUTOR_ROLE, ZERO),
    }
    assert clock.view("get_minimum_delay()") == DELAY


@pytest.mark.parametrize("role", [NONE, PROPOSER_ROLE, EXECUTOR_ROLE, CANCELLER_ROLE])
def test_roles__administrator__is_the_timelock_s(clock: Clockwork, role: bytes) -> None:
    assert clock.view("getRoleAdmin(bytes32)", role, returns="bytes32") == NONE


@pytest.mark.parametrize("delay", [1, 2**40])
def test_constructor__any_other_delay__reads_back(clock: Clockwork, delay: int) -> None:
    timelock = deploy_vyper(clock.rpc, "contracts/Timelock.vy", TYPES, (delay, PROPOSER, []))
    assert clock.rpc.read(timelock, "get_minimum_delay()") == delay


# ------------------------------------------------------------------ schedule


def test_schedule__proposer__waits_and_is_told(clock: Clockwork) -> None:
    call = clock.set_guardian()
    operation = clock.operation(call)
    assert clock.state(operation) == UNSET
    receipt = clock.schedule(call)
    assert clock.events(receipt) == [scheduled(clock, 0, call, operation)]
    assert clock.state(operation) == WAITING
    assert clock.view("get_timestamp(bytes32)", operation) == clock.rpc.timestamp() + DELAY


def test_schedule__salt__is_told_too(clock: Clockwork) -> None:
    call = clock.set_guardian()
    operation = clock.operation(call, salt=SALT)
    receipt = clock.schedule(call, salt=SALT, delay=DELAY + 5)
    assert clock.events(receipt) == [
        scheduled(clock, 0, call, operation, delay=DELAY + 5),
        event(clock.timelock, "CallSalt", id=operation, salt=SALT),
    ]


def test_schedule_batch__proposer__waits_and_is_told(clock: Clockwork) -> None:
    calls = [clock.set_guardian(), clock.update_delay(5)]
    operation = clock.operation(*calls, salt=SALT)
    receipt = clock.schedule(*calls, salt=SALT)
    assert clock.events(receipt) == [
        *(scheduled(clock, index, call, operation) for index, call in enumerate(calls)),
        event(clock.timelock, "CallSalt", id=operation, salt=SALT),
    ]
    assert clock.state(operation) == WAITING


@pytest.mark.parametrize("batch", [False, True])
def test_schedule__any_other_role__is_refused(clock: Clockwork, batch: bool) -> None:
    for sender in (*EVERYONE.values(), FIRST_GUARDIAN):
        with reverts(MISSING_ROLE):
            clock.schedule(clock.set_guardian(), batch=batch, sender=sender)


@pytest.mark.parametrize("batch", [False, True])
def test_schedule__shorter_than_the_delay__is_refused(clock: Clockwork, batch: bool) -> None:
    with reverts("timelock_controller: insufficient delay"):
        clock.schedule(clock.set_guardian(), batch=batch, delay=DELAY - 1)


@pytest.mark.parametrize("batch", [False, True])
def test_schedule__twice__is_refused(clock: Clockwork, batch: bool) -> None:
    clock.schedule(clock.set_guardian(), batch=batch)
    with reverts("timelock_controller: operation already scheduled"):
        clock.schedule(clock.set_guardian(), batch=batch)


@pytest.mark.parametrize("columns", [(1, 2, 2), (2, 1, 2), (2, 2, 1)])
def test_schedule_batch__lengths_differ__is_refused(clock: Clockwork, columns: tuple[int, ...]) -> None:
    targets, amounts, payloads = columns
    values = ([clock.steward] * targets, [0] * amounts, [b""] * payloads, NONE, NONE)
    with reverts("timelock: lengths differ"):
        clock.act(PROPOSER, f"schedule_batch({MANY},uint256)", *values, DELAY)
    with reverts("timelock_controller: length mismatch"):
        clock.act(PROPOSER, f"execute_batch({MANY})", *values)


# ------------------------------------------------------------------ execute


@pytest.mark.parametrize("sender", [STRANGER, PROPOSER, FIRST_GUARDIAN])
def test_execute__anyone__when_the_delay_is_over(clock: Clockwork, sender: str) -> None:
    call = clock.set_guardian()
    operation = clock.operation(call)
    clock.schedule(call)
    ready = clock.rpc.timestamp() + DELAY
    clock.rpc.call("evm_setNextBlockTimestamp", hex(ready - 1))
    with reverts(NOT_READY):
        clock.execute(call, sender=sender)
    clock.rpc.call("evm_setNextBlockTimestamp", hex(ready))
    receipt = clock.execute(call, sender=sender)
    assert clock.events(receipt) == [
        event(clock.steward, "GuardianSet", guardian=FIRST_GUARDIAN, active=True),
        executed(clock, 0, call, operation),
    ]
    assert clock.state(operation) == DONE
    assert clock.rpc.read(clock.steward, "is_guardian(address)", FIRST_GUARDIAN, returns=("bool",))


def test_execute_batch__anyone__runs_in_order(clock: Clockwork) -> None:
    calls = [clock.set_guardian(), clock.set_guardian(active=False)]
    operation = clock.operation(*calls)
    clock.schedule(*calls)
    clock.rpc.warp(DELAY)
    assert clock.state(operation) == READY
    receipt = clock.execute(*calls, sender=STRANGER)
    assert clock.events(receipt) == [
        event(clock.steward, "GuardianSet", guardian=FIRST_GUARDIAN, active=True),
        executed(clock, 0, calls[0], operation),
        event(clock.steward, "GuardianSet", guardian=FIRST_GUARDIAN, active=False),
        executed(clock, 1, calls[1], operation),
    ]
    assert clock.state(operation) == DONE


def test_execute__twice__is_refused(clock: Clockwork) -> None:
    clock.schedule(clock.set_guardian())
    clock.rpc.warp(DELAY)
    clock.execute(clock.set_guardian())
    with reverts(NOT_READY):
        clock.execute(clock.set_guardian())


def test_execute__never_scheduled__is_refused(clock: Clockwork) -> None:
    with reverts(NOT_READY):
        clock.execute(clock.set_guardian())


def test_execute__predecessor__comes_first(clock: Clockwork) -> None:
    first, second = clock.set_guardian(), clock.set_guardian(active=False)
    before = clock.operation(first)
    clock.schedule(first)
    clock.schedule(second, predecessor=before)
    clock.rpc.warp(DELAY)
    with reverts("timelock_controller: missing dependency"):
        clock.execute(second, predecessor=before)
    clock.execute(first)
    clock.execute(second, predecessor=before)


def test_execute__call_reverts__passes_its_reason_on(clock: Clockwork) -> None:
    call = Call(clock.steward, payload("set_fees((uint256,uint256,address))", (201, 0, STRANGER)))
    clock.schedule(call)
    clock.rpc.warp(DELAY)
    with reverts("steward: management over 200"):
        clock.execute(call)
    assert clock.state(clock.operation(call)) == READY


def test_execute__call_reverts_without_reason__says_so(clock: Clockwork) -> None:
    call = Call(clock.steward, b"\xde\xad\xbe\xef")
    clock.schedule(call)
    clock.rpc.warp(DELAY)
    with reverts("timelock_controller: underlying transaction reverted"):
        clock.execute(call)


def test_execute__native_token__is_sent(clock: Clockwork) -> None:
    clock.rpc.send({"from": STRANGER, "to": clock.timelock, "value": 77})
    receiver = "0x00000000000000000000000000000000000000Aa"
    clock.schedule(Call(receiver, b"", 77))
    clock.rpc.warp(DELAY)
    clock.execute(Call(receiver, b"", 77))
    assert int(clock.rpc.call("eth_getBalance", receiver, "latest"), 16) == 77


def test_execute__only_through_it__the_steward_obeys(clock: Clockwork) -> None:
    clock.rpc.transact(DEPLOYER, clock.steward, "set_guardian(address,bool)", STRANGER, True)
    for sender in (PROPOSER, FIRST_GUARDIAN, STRANGER):
        with reverts("authority: not the governor"):
            clock.rpc.transact(sender, clock.steward, "set_guardian(address,bool)", STRANGER, True)


# ------------------------------------------------------------------ its own administration


@pytest.mark.parametrize("sender", [PROPOSER, FIRST_GUARDIAN, DEPLOYER, STRANGER])
def test_update_delay__anyone__is_refused(clock: Clockwork, sender: str) -> None:
    with reverts("timelock_controller: caller must be timelock"):
        clock.act(sender, "update_delay(uint256)", 1)


def test_update_delay__scheduled__changes_it(clock: Clockwork) -> None:
    call = clock.update_delay(5)
    clock.schedule(call)
    clock.rpc.warp(DELAY)
    receipt = clock.execute(call)
    assert clock.events(receipt) == [
        event(clock.timelock, "MinimumDelayChange", old_duration=DELAY, new_duration=5),
        executed(clock, 0, call, clock.operation(call)),
    ]
    clock.schedule(clock.set_guardian(), delay=5)


@pytest.mark.parametrize("verb", ["grantRole", "revokeRole"])
@pytest.mark.parametrize("sender", [PROPOSER, FIRST_GUARDIAN, DEPLOYER, STRANGER])
def test_roles__anyone__cannot_change_them(clock: Clockwork, verb: str, sender: str) -> None:
    with reverts(MISSING_ROLE):
        clock.act(sender, f"{verb}(bytes32,address)", CANCELLER_ROLE, sender)


@pytest.mark.parametrize("grant", [True, False])
def test_roles__scheduled__change(clock: Clockwork, grant: bool) -> None:
    if grant:
        clock.act(FIRST_GUARDIAN, "renounceRole(bytes32,address)", CANCELLER_ROLE, FIRST_GUARDIAN)
    call = clock.change_role(grant)
    clock.schedule(call)
    clock.rpc.warp(DELAY)
    receipt = clock.execute(call)
    name = "RoleGranted" if grant else "RoleRevoked"
    fields = {"role": CANCELLER_ROLE, "account": FIRST_GUARDIAN, "sender": clock.timelock}
    told = event(clock.timelock, name, **fields)
    assert clock.events(receipt) == [told, executed(clock, 0, call, clock.operation(call))]
    assert clock.has_role(CANCELLER_ROLE, FIRST_GUARDIAN) is grant


def test_renounce_role__own__is_given_up(clock: Clockwork) -> None:
    receipt = clock.act(FIRST_GUARDIAN, "renounceRole(bytes32,address)", CANCELLER_ROLE, FIRST_GUARDIAN)
    fields = {"role": CANCELLER_ROLE, "account": FIRST_GUARDIAN, "sender": FIRST_GUARDIAN}
    assert clock.events(receipt) == [event(clock.timelock, "RoleRevoked", **fields)]
    with reverts("access_control: can only renounce roles for itself"):
        clock.act(PROPOSER, "renounceRole(bytes32,address)", CANCELLER_ROLE, SECOND_GUARDIAN)


@pytest.mark.parametrize("signature", ["set_role_admin(bytes32,bytes32)"])
def test_roles__left_out__fall_through_to_nothing(clock: Clockwork, signature: str) -> None:
    assert not clock.act(STRANGER, signature, PROPOSER_ROLE, CANCELLER_ROLE)["logs"]
    assert clock.view("getRoleAdmin(bytes32)", PROPOSER_ROLE, returns="bytes32") == NONE
