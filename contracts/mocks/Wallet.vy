# pragma version 0.4.3
"""
@title Wallet
@license AGPL-3.0-only
@notice An agent with code (ERC-1271) that takes the signatures of its owner until a dial is turned (see
        modules/hostility.vy). For tests only: everything is open to anyone.
@dev Dial: READ. Without an owner it takes every signature.
     ABI: `isValidSignature` can answer malformed data and is `@raw_return`, which the ABI shows as `bytes`.
"""

from contracts.mocks.modules import hostility
from snekmate.utils import ecdsa

initializes: hostility

exports: (hostility.set_reentry, hostility.dial, hostility.revert_bomb)

WORDS: constant(uint256) = hostility.BOMB_BYTES // 32
REFUSED: constant(uint256) = max_value(uint256)

owner: public(address)
answer: bytes32  # empty for the selector


@deploy
def __init__(owner_: address):
    self.owner = owner_


@external
def set_mode(group: uint8, mode: uint8, param: uint256):
    """
    @notice Turns one dial.
    @param group hostility.READ.
    @param mode One of the modes that the group acts on.
    @param param As the mode says.
    """
    hostility._set_mode(group, mode, param)


@external
def set_answer(word: bytes32):
    """
    @notice Answers a word in place of the selector.
    @param word The word; empty for the selector.
    """
    self.answer = word


@external
@view
@raw_return
def isValidSignature(hash: bytes32, signature: Bytes[1_024]) -> Bytes[hostility.BOMB_BYTES]:
    dial: uint256 = hostility._open(hostility.READ)
    if hostility._bombs(dial):
        return abi_encode(empty(uint256[WORDS]))
    word: uint256 = convert(self.answer, uint256)
    if word == 0:
        word = convert(slice(msg.data, 0, 4), uint256) << 224
    if not self._takes(hash, signature):
        word = REFUSED
    return hostility._answer(dial, word)


@internal
@view
def _takes(hash: bytes32, signature: Bytes[1_024]) -> bool:
    if self.owner == empty(address):
        return True
    return len(signature) == 65 and ecdsa._recover_sig(hash, slice(signature, 0, 65)) == self.owner
