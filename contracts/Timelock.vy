# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Timelock
@custom:contract-name Timelock
@license AGPL-3.0-only
@notice Governance delay on snekmate's timelock controller: the Safe proposes, anyone executes when the delay is over.
@dev Roles. PROPOSER_ROLE: the Safe. EXECUTOR_ROLE: everyone (granted to the zero address), so that nobody can hold back
     what was decided. CANCELLER_ROLE: the Safe and the guardians; a guardian cannot cancel an operation that does nothing
     but replace guardians. The timelock administers its own roles.
@dev Locks. What schedules and cancels is locked; `execute` and what comes from snekmate is not, because the timelock
     calls itself to change its delay and roles. Operations are single-use, see `_after_call` in snekmate.
"""

from snekmate.auth import access_control
from snekmate.governance import timelock_controller
from interfaces import ITimelock

implements: ITimelock

initializes: access_control
initializes: timelock_controller[access_control := access_control]

# Left out: schedule, schedule_batch and cancel, which stand below with the rule about guardians; set_role_admin, so that
# no role can be given another administrator.
exports: (
    access_control.hasRole,
    access_control.getRoleAdmin,
    access_control.grantRole,
    access_control.revokeRole,
    access_control.renounceRole,
    access_control.DEFAULT_ADMIN_ROLE,
    timelock_controller.PROPOSER_ROLE,
    timelock_controller.EXECUTOR_ROLE,
    timelock_controller.CANCELLER_ROLE,
    timelock_controller.supportsInterface,
    timelock_controller.__default__,
    timelock_controller.is_operation,
    timelock_controller.is_operation_pending,
    timelock_controller.is_operation_ready,
    timelock_controller.is_operation_done,
    timelock_controller.get_timestamp,
    timelock_controller.get_minimum_delay,
    timelock_controller.get_operation_state,
    timelock_controller.hash_operation,
    timelock_controller.hash_operation_batch,
    timelock_controller.execute,
    timelock_controller.execute_batch,
    timelock_controller.update_delay,
)

SET_GUARDIAN: constant(bytes4) = method_id("set_guardian(address,bool)", output_type=bytes4)
GRANT_ROLE: constant(bytes4) = method_id("grantRole(bytes32,address)", output_type=bytes4)
REVOKE_ROLE: constant(bytes4) = method_id("revokeRole(bytes32,address)", output_type=bytes4)

replaces_guardians: public(HashMap[bytes32, bool])  # operations that only the proposer may cancel


@deploy
def __init__(minimum_delay: uint256, proposer: address, guardians: DynArray[address, 8]):
    """
    @param minimum_delay Seconds between proposal and execution.
    @param proposer The Safe.
    @param guardians Accounts that may cancel.
    """
    assert proposer != empty(address), "timelock: no proposer"
    assert minimum_delay != 0, "timelock: no delay"
    access_control.__init__()
    timelock_controller.__init__(minimum_delay, [proposer], [empty(address)], empty(address))
    for guardian: address in guardians:
        access_control._grant_role(timelock_controller.CANCELLER_ROLE, guardian)


@external
def schedule(
    target: address, amount: uint256, payload: Bytes[1_024], predecessor: bytes32, salt: bytes32, delay: uint256
):
    """
    @notice Proposer. Schedules one call.
    @param target Contract to call.
    @param amount Wei of the native token to send.
    @param payload Calldata.
    @param predecessor Operation that must be done before; empty for none.
    @param salt Tells equal operations apart.
    @param delay Seconds to wait, at least the minimum.
    """
    access_control._check_role(timelock_controller.PROPOSER_ROLE, msg.sender)
    id: bytes32 = timelock_controller._hash_operation(target, amount, payload, predecessor, salt)
    timelock_controller._schedule(id, delay)
    self.replaces_guardians[id] = self._is_replacement(target, payload)
    log timelock_controller.CallScheduled(
        id=id, index=0, target=target, amount=amount, payload=payload, predecessor=predecessor, delay=delay
    )
    if salt != empty(bytes32):
        log timelock_controller.CallSalt(id=id, salt=salt)


@external
def schedule_batch(
    targets: DynArray[address, 255],
    amounts: DynArray[uint256, 255],
    payloads: DynArray[Bytes[1_024], 255],
    predecessor: bytes32,
    salt: bytes32,
    delay: uint256,
):
    """
    @notice Proposer. Schedules calls that execute together.
    @param targets Contracts to call.
    @param amounts Wei of the native token to send with each.
    @param payloads Calldata of each.
    @param predecessor Operation that must be done before; empty for none.
    @param salt Tells equal operations apart.
    @param delay Seconds to wait, at least the minimum.
    """
    access_control._check_role(timelock_controller.PROPOSER_ROLE, msg.sender)
    assert len(targets) == len(amounts) and len(targets) == len(payloads), "timelock: lengths differ"
    id: bytes32 = timelock_controller._hash_operation_batch(targets, amounts, payloads, predecessor, salt)
    timelock_controller._schedule(id, delay)
    replacement: bool = len(targets) != 0
    index: uint256 = 0
    for target: address in targets:
        replacement = replacement and self._is_replacement(target, payloads[index])
        log timelock_controller.CallScheduled(
            id=id,
            index=index,
            target=target,
            amount=amounts[index],
            payload=payloads[index],
            predecessor=predecessor,
            delay=delay,
        )
        index += 1
    self.replaces_guardians[id] = replacement
    if salt != empty(bytes32):
        log timelock_controller.CallSalt(id=id, salt=salt)


@external
def cancel(id: bytes32):
    """
    @notice Proposer: any pending operation. Guardian: any but its own replacement. At worst a guardian stops every
            change of parameters until it is replaced, which it cannot stop.
    @param id The operation.
    """
    access_control._check_role(timelock_controller.CANCELLER_ROLE, msg.sender)
    if self.replaces_guardians[id]:
        access_control._check_role(timelock_controller.PROPOSER_ROLE, msg.sender)
    assert timelock_controller._is_operation_pending(id), "timelock: not pending"
    timelock_controller.get_timestamp[id] = 0
    log timelock_controller.Cancelled(id=id)


@internal
@view
def _is_replacement(target: address, payload: Bytes[1_024]) -> bool:
    """
    @dev Whether a call does nothing but appoint or remove a guardian.
    """
    if len(payload) != 68:
        return False
    selector: bytes4 = convert(slice(payload, 0, 4), bytes4)
    if selector == SET_GUARDIAN:
        return True
    canceller: bool = slice(payload, 4, 32) == slice(abi_encode(timelock_controller.CANCELLER_ROLE), 0, 32)
    return target == self and canceller and (selector == GRANT_ROLE or selector == REVOKE_ROLE)
