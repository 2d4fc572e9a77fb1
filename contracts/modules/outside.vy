# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Outside
@custom:contract-name outside
@license AGPL-3.0-only
@notice The Vault as contracts beside it see it: what they read of its ledger, and what they ask its strategies as it would.
"""

from interfaces import IVault
from contracts.modules import guarded_call
from contracts.modules import ledger

VAULT: immutable(IVault)


@deploy
def __init__(vault: address):
    """
    @param vault The Vault.
    """
    VAULT = IVault(vault)


@internal
@view
def _word(key: uint256, id: uint256) -> uint256:
    """
    @dev A packed word of the ledger.
    """
    return staticcall VAULT.word(key, id)


@internal
@view
def _changes() -> bytes32:
    """
    @dev The Vault's hash over its changes of state and health so far.
    """
    return convert(staticcall VAULT.word(ledger.WORD_CHANGES, 0), bytes32)


@internal
@view
def _books() -> (uint256, uint256):
    """
    @dev Idle, and idle with all books: neither moves with a price within a transaction.
    @return Asset wei, asset wei.
    """
    hot: uint256 = self._word(ledger.WORD_HOT, 0)
    idle: uint256 = hot & ledger.M112
    return idle, idle + self._books_of(hot, max_value(uint256))


@internal
@view
def _books_of(hot: uint256, members: uint256) -> uint256:
    """
    @dev Books of the live strategies among some.
    @param hot The packed word of the Vault.
    @param members Bitmap of their ids.
    @return Asset wei.
    """
    total: uint256 = 0
    ids: uint256 = ledger._ids(hot)
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        id: uint256 = ids & ledger.M8
        ids >>= 8
        if (members >> id) & 1 == 1:
            position: uint256 = self._word(ledger.WORD_POSITION, id)
            if position & ledger.M112 != 0:
                total += (position >> 112) & ledger.M112
    return total


@internal
@view
def _redeemable(terms: uint256) -> uint256:
    """
    @dev Units that the strategy of these packed terms says it can redeem for the Vault now; above LARGEST if it does not
         answer.
    """
    return guarded_call._read(terms, guarded_call.MOST, convert(VAULT.address, uint256))


@internal
@view
def _liquid(id: uint256) -> uint256:
    """
    @dev What a strategy says it can pay the stayers now. Where it tells no value, its book stands for it; where it does not
         tell what it can redeem, nothing.
    @param id The strategy.
    @return Asset wei, rounded down.
    """
    position: uint256 = self._word(ledger.WORD_POSITION, id)
    units: uint256 = position & ledger.M112
    if units == 0:
        return 0
    terms: uint256 = self._word(ledger.WORD_TERMS, id)
    most: uint256 = self._redeemable(terms)
    if most > guarded_call.LARGEST:
        return 0
    mark: uint256 = guarded_call._read(terms, guarded_call.VALUE, units)
    if mark > guarded_call.LARGEST:
        mark = (position >> 112) & ledger.M112
    return mark * min(most, units) // units
