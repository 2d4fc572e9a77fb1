"""What an agent wants done, what a move did, and what a signature is made over (EIP-712)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from eth_utils import keccak

from tests.model.arithmetic import Refused
from tests.model.exit_queue import NOBODY
from tests.model.hashing import hashed
from tests.model.roles import insist

NAME, VERSION = "Ganglion Executor", "1"
MOVE = "Move(uint256 id,int256 assets,uint256 limit)"
INTENT = (
    "Intent(address agent,bytes32 mandate,Move[] moves,uint256 max_loss,uint256 deadline,uint256 nonce,"
    "uint256 sequence,address relayer,bytes32 reason)"
)
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
MOVE_TYPE, INTENT_TYPE, DOMAIN_TYPE = (keccak(text=text) for text in (MOVE, INTENT + MOVE, DOMAIN))


class Move(NamedTuple):
    """Assets above 0 allocate; below deallocate; the least number of 256 bits takes everything out."""

    id: int
    assets: int
    limit: int


class Done(NamedTuple):
    """What a move did: above 0 assets that entered the strategy, below those that came home; asset wei."""

    id: int
    assets: int
    units: int
    loss: int


@dataclass(frozen=True)
class Intent:
    """Moves, and when they may be made: asset wei, seconds; 0 and NOBODY are no condition."""

    agent: str
    moves: tuple[Move, ...]
    max_loss: int
    deadline: int
    nonce: int = 0
    sequence: int = 0
    relayer: str = NOBODY
    reason: bytes = b"\x01" * 32

    @property
    def allocates(self) -> bool:
        """Whether any move puts capital to work."""
        return any(move.assets > 0 for move in self.moves)

    def hash(self, mandate: bytes, at: Mapping[str, str]) -> bytes:
        """EIP-712 hash under a mandate; ``at``: addresses (0x-hex) of accounts by name."""
        moves = hashed(*(hashed(MOVE_TYPE, *move) for move in self.moves))
        agent, relayer = int(at[self.agent], 16), int(at[self.relayer], 16)
        terms = (self.max_loss, self.deadline, self.nonce, self.sequence)
        return hashed(INTENT_TYPE, agent, mandate, moves, *terms, relayer, self.reason)


def digest(executor: str, chain: int, hash_: bytes) -> bytes:
    """What is signed of an intent's hash for the Executor at an address (0x-hex) of a chain."""
    domain = hashed(DOMAIN_TYPE, keccak(text=NAME), keccak(text=VERSION), chain, int(executor, 16))
    return keccak(b"\x19\x01" + domain + hash_)


class Form(Enum):
    """How the bytes of a signature are laid out."""

    PROPER = "proper"
    UPPER = "with the upper s"
    SHORT = "a byte short"


class Signature(NamedTuple):
    """Whose key signed what; nobody's key signs for a contract."""

    signer: str
    digest: bytes
    form: Form = Form.PROPER

    def check(self, agent: str, signed: bytes) -> None:
        """Refuse unless the agent signed just this."""
        insist(self.form is not Form.SHORT, "bad signature")
        if self.form is Form.UPPER:
            raise Refused("ecdsa: invalid signature `s` value")
        insist((self.signer, self.digest) == (agent, signed), "bad signature")
