# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Journaling
@custom:contract-name journaling
@license AGPL-3.0-only
@notice What was done with the treasury's capital, by whom and why, as a chain of hashes. Replaying the events gives the head
        that stands here, or they are not the events.
@dev The head carries its own number: its lowest 40 bits are how many entries there are, the 216 above them are of keccak256.
     So an entry costs one slot.
@dev The Vault keeps a chain of its own over changes of state and health, and calls nobody. `note` enters it here.
"""

from interfaces import IExecutor
from contracts.modules import outside

uses: outside

INTENT: constant(uint256) = 1
GRANT: constant(uint256) = 2
REVOCATION: constant(uint256) = 3
REVIVAL: constant(uint256) = 4
TRIM: constant(uint256) = 5
NOTE: constant(uint256) = 6

M40: constant(uint256) = 2**40 - 1

head: uint256
noted: bytes32  # the Vault's changes at the last note


@external
def note():
    """
    @notice Anyone. Enters the Vault's changes of state and health since the last note. At worst a caller pays for an entry
            that says what is so.
    """
    changes: bytes32 = outside._changes()
    assert changes != self.noted, "executor: nothing to note"
    self.noted = changes
    self._append(NOTE, msg.sender, empty(bytes32), changes, empty(bytes32), [])


@view
@external
def journal() -> (bytes32, uint256):
    """
    @notice The head of the journal; see docs/JOURNAL.md.
    @return The head; 0 without entries.
    @return How many entries there are, which is the number of the last one.
    """
    return convert(self.head, bytes32), self.head & M40


@internal
@view
def _next() -> uint256:
    """
    @dev Number of the entry that comes next.
    """
    return (self.head & M40) + 1


@internal
def _append(
    kind: uint256,
    agent: address,
    mandate: bytes32,
    subject: bytes32,
    reason: bytes32,
    moves: DynArray[IExecutor.Done, 10],
):
    """
    @dev Adds an entry and logs it.
    @param kind Of what; see IExecutor.
    @param agent Who did it.
    @param mandate Hash of the mandate it was done under; empty where it needs none.
    @param subject What it is about.
    @param reason Hash of why.
    @param moves What was moved.
    """
    before: uint256 = self.head
    number: uint256 = (before & M40) + 1
    hashed: bytes32 = keccak256(
        abi_encode(
            before,
            number,
            block.timestamp,
            kind,
            agent,
            mandate,
            subject,
            reason,
            keccak256(abi_encode(moves)),
        )
    )
    after: uint256 = ((convert(hashed, uint256) >> 40) << 40) | number
    self.head = after
    log IExecutor.Journaled(
        sequence=number,
        kind=kind,
        agent=agent,
        mandate=mandate,
        subject=subject,
        reason=reason,
        moves=moves,
        head=convert(after, bytes32),
    )
