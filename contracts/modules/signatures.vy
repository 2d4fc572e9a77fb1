# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Signatures
@custom:contract-name signatures
@license AGPL-3.0-only
@notice Whether an agent has signed: the hash of an intent, the chain and this Executor (EIP-712).
"""

from snekmate.utils import ecdsa
from snekmate.utils import eip712_domain_separator as domain
from contracts.modules import guarded_call

uses: domain


@internal
@view
def _check(agent: address, hash: bytes32, signature: Bytes[1_024]):
    """
    @dev An agent signs with its key (65 bytes, v of 27 or 28, the lower s), and if it has code, else by ERC-1271. A
         key goes on speaking for an account that gets code (EIP-7702), as it does in transactions of its own.
    @param agent The agent.
    @param hash EIP-712 hash of the intent.
    @param signature The signature.
    """
    digest: bytes32 = domain._hash_typed_data_v4(hash)
    signed: bool = False
    if len(signature) == 65 and convert(slice(signature, 64, 1), uint256) in [27, 28]:
        signed = ecdsa._recover_sig(digest, slice(signature, 0, 65)) == agent  # which has a mandate: not the zero address
    if not signed and agent.is_contract:
        signed = guarded_call._signs(agent, digest, signature)
    assert signed, "executor: bad signature"
