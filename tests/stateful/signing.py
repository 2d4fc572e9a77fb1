"""Keys of a campaign, and the bytes of what they sign."""

from __future__ import annotations

from functools import lru_cache

from eth_account import Account
from eth_utils import keccak

from tests.model.intents import Form, Signature

SIGNER, FORGER = "signer", "forger"
KEYS = {name: Account.from_key(keccak(text=f"ganglion.stateful:{name}")) for name in (SIGNER, FORGER)}
ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141  # of secp256k1


@lru_cache(maxsize=4096)
def signed_bytes(signature: Signature) -> bytes:
    """r, s and v as the Executor takes them, or as it does not."""
    signed = KEYS[signature.signer].unsafe_sign_hash(signature.digest)
    s, v = signed.s, signed.v
    if signature.form is Form.UPPER:
        s, v = ORDER - s, 55 - v
    data = signed.r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])
    return data[:-1] if signature.form is Form.SHORT else data
