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
    @dev An agent without code signs with its key (65 bytes, the lower s), one with code by ERC-1271.
    @param agent The agent.
    @param hash EIP-712 hash of the intent.
    @param signature The signature.
    """
    digest: bytes32 = domain._hash_typed_data_v4(hash)
    signed: bool = False
    if agent.is_contract:
        signed = guarded_call._signs(agent, digest, signature)
    elif len(signature) == 65:
        signed = ecdsa._recover_sig(digest, slice(signature, 0, 65)) == agent  # which has a mandate: not the zero address
    assert signed, "executor: bad signature"
