"""The Timelock under the Safe: delay, execution by anyone, what guardians may and may not cancel."""

from __future__ import annotations

import pytest

from ganglion.deployment import (
    Call,
    OperationRefused,
    TransactionFailed,
    actions,
    governance,
    record,
    standing,
    verify,
)
from ganglion.deployment.governance import Operation
from ganglion.deployment.site import PAUSED
from ganglion.deployment.steps import GUARDED
from ganglion.devnet import Reverted
from tests.treasury import mandate_of

from .world import DELAY, SALT, World, account, events

MISSING_ROLE = "access_control: account is missing role"


def pause(world: World) -> Call:
    return world.site.call("Steward", "set_entry_paused", True)


def guardian_change(world: World, active: bool, guardian: str | None = None) -> list[Call]:
    """What removes (or appoints) a guardian in all four contracts."""
    content = {
        "action": "set_guardian",
        "guardian": guardian or str(world.guardian.address),
        "active": str(active).lower(),
    }
    return actions.parse(world.site, content).calls(world.site)


def cancel(world: World, operation: Operation, by: int) -> None:
    call = world.site.call("Timelock", "cancel", operation.id)
    world.send(account(by), call)


def test_schedule__by_anyone_but_the_safe__refused(world: World) -> None:
    operation = Operation((pause(world),), SALT)
    for index in (0, 1, 4, 5, 6, 9):
        with pytest.raises(Reverted, match=MISSING_ROLE):
            world.send(account(index), operation.schedule(world.site, DELAY))


def test_schedule__shorter_than_the_delay__refused(world: World) -> None:
    operation = Operation((pause(world),), SALT)
    with pytest.raises(TransactionFailed, match="timelock_controller: insufficient delay"):
        world.two_owners().execute([operation.schedule(world.site, DELAY - 1)], account(9))
    assert world.phase(operation) == "UNSCHEDULED"


def test_execute__a_second_too_early__refused_then_anyone(world: World) -> None:
    operation = world.schedule(pause(world))
    ready_at = governance.status(world.site, operation.id).ready_at
    assert ready_at == world.net.rpc.timestamp() + DELAY
    with pytest.raises(
        OperationRefused, match=r"set_entry_paused.*: waiting, .*; only a ready operation executes"
    ):
        governance.executing(world.site, operation)
    world.net.rpc.call("evm_setNextBlockTimestamp", hex(ready_at - 1))
    with pytest.raises(Reverted, match="timelock_controller: operation is not ready"):
        world.send(account(9), operation.execute(world.site))
    world.net.rpc.call("evm_setNextBlockTimestamp", hex(ready_at))
    world.net.rpc.mine()
    world.send(account(9), governance.executing(world.site, operation))
    assert world.site.flags() & PAUSED
    assert world.phase(operation) == "DONE"


def test_execute__twice__refused(world: World) -> None:
    operation = world.schedule(pause(world))
    world.wait(DELAY)
    world.send(account(9), governance.executing(world.site, operation))
    with pytest.raises(Reverted, match="timelock_controller: operation is not ready"):
        world.send(account(9), operation.execute(world.site))


def test_scheduling__same_operation_again__refused(world: World) -> None:
    operation = world.schedule(pause(world))
    with pytest.raises(OperationRefused, match=r"set_entry_paused.*: already waiting"):
        governance.scheduling(world.site, [operation])


def test_execute__call_fails_later__nothing_of_the_batch_happens(world: World) -> None:
    revoke = world.site.call("Executor", "set_curator", str(account(9).address))
    cut = world.site.call("Steward", "set_ceiling", 3, 5)
    operation = Operation((revoke, cut, world.site.call("Steward", "retire", 3)), SALT)
    world.two_owners().execute(governance.scheduling(world.site, [operation]), account(9))
    world.wait(DELAY)
    # Meanwhile the strategy is gone: the last call reverts, and with it the first two.
    world.net.fund_eth(world.at("Timelock"), 10**18)
    world.net.rpc.transact(world.at("Timelock"), world.at("Steward"), "retire(uint256)", 3)
    with pytest.raises(Reverted, match="vault: 18"):
        world.send(account(9), operation.execute(world.site))
    assert world.site.read("Executor", "curator") == world.manifest.treasury.curator


def test_cancel__ordinary_operation__guardian_may(world: World) -> None:
    operation = world.schedule(pause(world))
    call = governance.cancelling(world.site, operation.id, str(world.guardian.address))
    world.send(world.guardian, call)
    assert world.phase(operation) == "UNSCHEDULED"
    world.wait(DELAY)
    with pytest.raises(Reverted, match="timelock_controller: operation is not ready"):
        world.send(account(9), operation.execute(world.site))


def test_cancel__ready_operation__guardian_still_may(world: World) -> None:
    operation = world.schedule(pause(world))
    world.wait(2 * DELAY)
    cancel(world, operation, by=4)
    assert world.phase(operation) == "UNSCHEDULED"


@pytest.mark.parametrize("index", [0, 1, 5, 6, 9], ids=["deployer", "owner", "curator", "agent", "stranger"])
def test_cancel__by_anyone_else__refused(world: World, index: int) -> None:
    operation = world.schedule(pause(world))
    with pytest.raises(Reverted, match=MISSING_ROLE):
        cancel(world, operation, by=index)
    with pytest.raises(OperationRefused, match=f"may not cancel it: {MISSING_ROLE}"):
        governance.cancelling(world.site, operation.id, str(account(index).address))


def test_cancel__by_the_safe__even_a_replacement(world: World) -> None:
    operation = world.schedule(*guardian_change(world, active=False))
    call = governance.cancelling(world.site, operation.id, world.at("Safe"))
    receipt = world.two_owners().execute([call], account(9))
    assert events(receipt, world.site, "Timelock", "Cancelled") == [{"id": operation.id}]


def test_cancel__own_replacement__guardian_cannot(world: World) -> None:
    new = str(account(7).address)
    calls = [*guardian_change(world, False), *guardian_change(world, True, new)]
    operation = world.schedule(*calls)
    with pytest.raises(Reverted, match=MISSING_ROLE):
        cancel(world, operation, by=4)
    with pytest.raises(OperationRefused, match="may not cancel it"):
        governance.cancelling(world.site, operation.id, str(world.guardian.address))
    world.wait(DELAY)
    world.send(account(9), governance.executing(world.site, operation))
    found = {check.name: check.actual for check in verify(world.manifest, world.chain).differences}
    assert found == {
        "Timelock.CANCELLER_ROLE": sorted([world.at("Safe"), new]),
    } | {f"{name}.guardians": [new] for name in GUARDED}
    ordinary = world.schedule(pause(world), salt=b"\x01" * 32)
    with pytest.raises(Reverted, match=MISSING_ROLE):
        cancel(world, ordinary, by=4)
    cancel(world, ordinary, by=7)


@pytest.mark.parametrize("place", range(4))
def test_cancel__each_part_of_a_replacement_alone__guardian_cannot(world: World, place: int) -> None:
    operation = world.schedule(guardian_change(world, active=False)[place])
    with pytest.raises(Reverted, match=MISSING_ROLE):
        cancel(world, operation, by=4)


@pytest.mark.parametrize("place", [0, 4], ids=["first", "last"])
def test_cancel__replacement_mixed_with_something_else__guardian_may(world: World, place: int) -> None:
    calls = guardian_change(world, active=False)
    calls.insert(place, pause(world))
    operation = world.schedule(*calls)
    cancel(world, operation, by=4)
    assert world.phase(operation) == "UNSCHEDULED"


def test_cancel__proposer_role_dressed_as_replacement__guardian_may(world: World) -> None:
    role = world.site.read("Timelock", "PROPOSER_ROLE")
    grant = world.site.call("Timelock", "grantRole", role, str(account(9).address))
    operation = world.schedule(grant)
    cancel(world, operation, by=4)


def test_cancelling__unknown_operation__refused(world: World) -> None:
    with pytest.raises(OperationRefused, match="not scheduled; only a pending one is cancelled"):
        governance.cancelling(world.site, b"\x09" * 32, str(world.guardian.address))


def test_scheduled__single_and_batch__rebuilt_from_events(world: World) -> None:
    single = world.schedule(pause(world))
    batch = world.schedule(*guardian_change(world, active=False), salt=b"\x02" * 32)
    unsalted = world.schedule(pause(world), salt=bytes(32))
    found = governance.scheduled(world.site, world.manifest.first_block)
    assert [operation.id for operation in found] == [single.id, batch.id, unsalted.id]
    assert [operation.salt for operation in found] == [single.salt, batch.salt, bytes(32)]
    assert found[0].what == "Steward.set_entry_paused(paused=True)"
    assert [call.data for call in found[1].calls] == [call.data for call in batch.calls]
    assert governance.find(world.site, batch.id).calls == found[1].calls
    with pytest.raises(OperationRefused, match="was never scheduled"):
        governance.find(world.site, b"\x09" * 32)


def test_scheduled__batch_of_one_with_a_predecessor__executes_in_order(world: World) -> None:
    first = world.schedule(pause(world))
    second = Operation((world.site.call("Steward", "set_entry_paused", False),), SALT, True, first.id)
    world.two_owners().execute([second.schedule(world.site, DELAY)], account(9))
    world.wait(DELAY)
    found = governance.find(world.site, second.id)
    assert (found.batch, found.predecessor) == (True, first.id)
    with pytest.raises(Reverted, match="timelock_controller: missing dependency"):
        world.send(account(9), found.execute(world.site))
    world.send(account(9), first.execute(world.site))
    world.send(account(9), found.execute(world.site))
    assert not world.site.flags() & PAUSED


def test_wind_down__through_the_timelock__nothing_leaves_it(world: World) -> None:
    site, winding = world.site, actions.parse(world.site, {"action": "wind_down"}).calls(world.site)
    operation = world.schedule(*winding)
    world.wait(DELAY)
    world.send(account(9), governance.executing(site, operation))
    assert site.flags() & 3 == 2
    (change,) = record(site, world.manifest.first_block).changes
    assert (change.before, change.state, change.cause, change.age) == ("calm", "winddown", "governance", 0)
    with pytest.raises(OperationRefused, match=r"wind_down.* would fail: vault: 4"):
        governance.scheduling(site, [Operation(tuple(winding), bytes(32))])
    with pytest.raises(OperationRefused, match="wound down for good; no heartbeat counts any more"):
        standing.beating(site)


def test_guardian_cuts_and_revokes__safe_restores_through_the_timelock(world: World) -> None:
    site, agent, guardian = world.site, str(account(6).address), world.guardian
    mandate = mandate_of(strategies=14, flow=10, loss=10, max_loss=10)
    grant = site.call("Executor", "set_mandate", agent, mandate)
    operation = world.schedule(grant, salt=b"\x03" * 32)
    world.wait(DELAY)
    world.send(account(9), operation.execute(site))
    cut = actions.parse(
        site, {"action": "cut", "strategy": "morpho", "absolute": "1 USDC", "relative": "1 bps"}
    )
    revoke = actions.parse(site, {"action": "revoke", "agent": agent})
    for action in (cut, revoke):
        world.send(guardian, action.calls(site)[0])
    assert site.read("Executor", "cap", 1)[:2] == (10**6, 1)
    assert site.read("Executor", "mandate", agent)[0] == 0
    raised = site.call("Executor", "set_cap", 1, 4 * 10**12, 4_000)
    with pytest.raises(Reverted, match="executor: cut stands"):
        world.send(account(5), raised)
    restored = world.schedule(raised, grant, salt=b"\x04" * 32)
    world.wait(DELAY)
    world.send(account(9), governance.executing(site, restored))
    assert tuple(site.read("Executor", "cap", 1)) == (4 * 10**12, 4_000, 0)
    assert site.read("Executor", "mandate", agent)[0] == 3
