# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Outside
@custom:contract-name outside
@license AGPL-3.0-only
@notice What contracts beside the Vault read of its ledger.
"""

from interfaces import IVault
from contracts.modules import ledger


@internal
@view
def _books(vault: IVault) -> (uint256, uint256):
    """
    @dev Idle, and idle with all books: neither moves with a price within a transaction.
    @param vault The Vault.
    @return Asset wei, asset wei.
    """
    hot: uint256 = staticcall vault.word(ledger.WORD_HOT, 0)
    total: uint256 = hot & ledger.M112
    ids: uint256 = ledger._ids(hot)
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        position: uint256 = staticcall vault.word(ledger.WORD_POSITION, ids & ledger.M8)
        ids >>= 8
        if position & ledger.M112 != 0:
            total += (position >> 112) & ledger.M112
    return hot & ledger.M112, total
