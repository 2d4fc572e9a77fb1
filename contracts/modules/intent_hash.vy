# pragma version 0.4.3
"""
@title Intent hash
@custom:contract-name intent_hash
@license AGPL-3.0-only
@notice The EIP-712 hash of an intent under a mandate: what the agent signs, and what the journal names.
@dev The mandate is part of the message and not of the intent: what was signed under one that was replaced or revoked is void.
"""

from interfaces import IExecutor

MOVE_TYPE: constant(bytes32) = keccak256("Move(uint256 id,int256 assets,uint256 limit)")
INTENT_TYPE: constant(bytes32) = keccak256(
    "Intent(address agent,bytes32 mandate,Move[] moves,uint256 max_loss,uint256 deadline,uint256 nonce,uint256 sequence,address relayer,bytes32 reason)Move(uint256 id,int256 assets,uint256 limit)"
)


@internal
@pure
def _hash(intent: IExecutor.Intent, mandate: bytes32) -> bytes32:
    """
    @dev EIP-712 hash of an intent under a mandate.
    """
    hashes: bytes32[10] = empty(bytes32[10])
    count: uint256 = 0
    for move: IExecutor.Move in intent.moves:
        hashes[count] = keccak256(abi_encode(MOVE_TYPE, move.id, move.assets, move.limit))
        count += 1
    return keccak256(
        abi_encode(
            INTENT_TYPE,
            intent.agent,
            mandate,
            keccak256(slice(abi_encode(hashes), 0, 32 * count)),
            intent.max_loss,
            intent.deadline,
            intent.nonce,
            intent.sequence,
            intent.relayer,
            intent.reason,
        )
    )
