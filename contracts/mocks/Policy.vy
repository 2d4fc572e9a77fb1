# pragma version 0.4.3
"""
@title Policy
@license AGPL-3.0-only
@notice A policy of a mandate that agrees to everything until a dial is turned (see modules/hostility.vy), and tells what
        it was asked. For tests only: everything is open to anyone.
@dev Dials: DEPOSIT is for `before_intent`, REDEEM for `after_intent`.
     ABI: both can answer malformed data and are `@raw_return`, which the ABI shows as `bytes`.
     No lock: re-entrancy is the point.
"""

from contracts.mocks.modules import hostility
from interfaces import IExecutor

initializes: hostility

exports: (
    hostility.set_reentry,
    hostility.dial,
    hostility.revert_bomb,
    hostility.reentry_attempts,
    hostility.reentry_succeeded,
    hostility.reentry_word,
)

WORDS: constant(uint256) = hostility.BOMB_BYTES // 32

event AskedBefore:
    sender: indexed(address)
    agent: indexed(address)
    intent: indexed(bytes32)
    moves: DynArray[IExecutor.Move, 10]

event AskedAfter:
    sender: indexed(address)
    agent: indexed(address)
    intent: indexed(bytes32)
    moves: DynArray[IExecutor.Done, 10]
    loss: uint256

answer_of: HashMap[uint8, bytes32]  # by dial; empty for the selector


@external
def set_mode(group: uint8, mode: uint8, param: uint256):
    """
    @notice Turns one dial.
    @param group hostility.DEPOSIT or hostility.REDEEM.
    @param mode One of the modes that the group acts on.
    @param param As the mode says.
    """
    hostility._set_mode(group, mode, param)


@external
def set_answer(group: uint8, word: bytes32):
    """
    @notice Answers a word in place of the selector.
    @param group As in `set_mode`.
    @param word The word; empty for the selector.
    """
    self.answer_of[group] = word


@external
@raw_return
def before_intent(
    agent: address, intent: bytes32, moves: DynArray[IExecutor.Move, 10]
) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.DEPOSIT)
    log AskedBefore(sender=msg.sender, agent=agent, intent=intent, moves=moves)
    return self._answer(hostility.DEPOSIT, dial)


@external
@raw_return
def after_intent(
    agent: address, intent: bytes32, moves: DynArray[IExecutor.Done, 10], loss: uint256
) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.REDEEM)
    log AskedAfter(sender=msg.sender, agent=agent, intent=intent, moves=moves, loss=loss)
    return self._answer(hostility.REDEEM, dial)


@internal
def _answer(group: uint8, dial: uint256) -> Bytes[hostility.BOMB_BYTES]:
    hostility._reenter(dial, hostility.HALFWAY)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    word: bytes32 = self.answer_of[group]
    if word == empty(bytes32):
        word = convert(slice(msg.data, 0, 4), bytes32)
    return hostility._answer(dial, convert(word, uint256))
