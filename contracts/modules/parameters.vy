# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Parameters
@custom:contract-name parameters
@license AGPL-3.0-only
@notice The Vault's side of governance: words that the Steward has checked and packed are stored here. Nothing in this
        file can change units, idle or a book upwards, or stop an exit.
@dev The Steward speaks for the Timelock and, downwards only, for guardians. See Steward.vy for who may do what.
"""

from ethereum.ercs import IERC20
from interfaces import IVault
from contracts.modules import ledger
from contracts.modules import refusal

uses: ledger

SETTABLE: constant(uint256) = ledger.SEALED | ledger.PAUSED  # the flags that governance owns


@internal
def _install(terms: uint256, book: uint256, remembered: uint256) -> uint256:
    """
    @dev Steward. Adds a strategy to the price; capital may enter it one epoch later.
    @param terms Packed terms, the strategy's address in the low 160 bits.
    @param book Value of 10**18 units, asset wei.
    @param remembered Packed memory of its price.
    @return The id of the strategy, 1 to 255, never used twice.
    """
    ledger._only_steward()
    strategy: address = convert(terms & ledger.M160, address)
    clock: uint256 = ledger.clock
    id: uint256 = ((clock >> 216) & ledger.M8) + 1
    hot: uint256 = ledger.hot
    ids: uint256 = (hot >> 112) & ledger.M80
    refusal._req(ids >> 72 == 0 and id < 256, refusal.TOO_MANY)
    refusal._req(ledger._is_free(ledger.id_of[strategy]), refusal.STRATEGY_UNFIT)
    if (clock >> 160) & ledger.M40 == 0:
        clock |= block.timestamp << 160  # the age of the books counts from the first listing
    ledger.clock = clock + (1 << 216)
    ledger._set_ids(hot, (ids << 8) | id)
    ledger.id_of[strategy] = id
    ledger.terms[id] = terms
    ledger.memory[id] = remembered
    ledger.positions[id] = (book << 112) | (ledger.OK << 224)
    ledger.listing[id] = (block.timestamp + ledger.EPOCH) << 112
    log IVault.StrategyListed(id=id, strategy=strategy)
    return id


@internal
def _configure(key: uint256, id: uint256, word: uint256):
    """
    @dev Steward. Stores one parameter word.
    @param key Which: one of the keys of modules/ledger.vy.
    @param id The strategy, for keys that are per strategy; the petty-cash word for LIMITS; the rates for FEES.
    @param word The packed value.
    """
    ledger._only_steward()
    if key == ledger.SET_FLAGS:
        ledger.hot = (ledger.hot & ~(SETTABLE << 192)) | ((word & SETTABLE) << 192)
    elif key == ledger.SET_LIMITS:
        ledger.hot = ((ledger.hot << 56) >> 56) | (word << 200)
        ledger.petty = ((ledger.petty << 32) >> 32) | (id << 224)
    elif key == ledger.SET_IDLE_FLOOR:
        ledger.clock = (ledger.clock & ~(ledger.M16 << 200)) | ((word & ledger.M16) << 200)
    elif key == ledger.SET_EXECUTOR:
        ledger.clock = ((ledger.clock >> 160) << 160) | (word & ledger.M160)
    elif key == ledger.SET_SENTINEL:
        ledger.sentinel = convert(word & ledger.M160, address)
    elif key == ledger.SET_FEES:
        self._set_fees(id, word)
    else:
        self._configure_strategy(key, id, word)
    log IVault.Configured(key=key, id=id, word=word)


@internal
def _set_fees(rates: uint256, receiver: uint256):
    """
    @dev Stores fees. A performance fee that begins is measured from the next poke; one that goes on, from the same mark.
    @param rates Management 16 | performance 16.
    @param receiver Who gets them.
    """
    mark: uint256 = ledger.fees >> 160
    if ledger.clock >> 240 == 0:
        mark = 0
    ledger.fees = (receiver & ledger.M160) | (mark << 160)
    ledger.clock = ((ledger.clock << 32) >> 32) | (rates << 224)


@internal
def _latch(state: uint256):
    """
    @dev Sentinel. Moves the Vault between CALM and STRESS or into WINDDOWN, which nothing leaves.
    @param state The new state.
    """
    refusal._req(msg.sender == ledger.sentinel, refusal.UNAUTHORISED)
    hot: uint256 = ledger.hot
    before: uint256 = (hot >> 192) & 3
    refusal._req(before != ledger.WINDDOWN and state <= ledger.WINDDOWN, refusal.BAD_PARAMETER)
    ledger.hot = hot ^ ((before ^ state) << 192)
    ledger._note(0, state)
    log IVault.StateChanged(before=before, state=state)


@internal
def _configure_strategy(key: uint256, id: uint256, word: uint256):
    """
    @dev The keys that are per strategy.
    """
    position: uint256 = ledger.positions[id]
    refusal._req(((position >> 224) & ledger.M8) != 0, refusal.NOT_LISTED)
    if key == ledger.SET_TERMS:
        ledger.terms[id] = (word >> 160 << 160) | (ledger.terms[id] & ledger.M160)
    elif key == ledger.SET_CEILING:
        ledger.listing[id] = ((ledger.listing[id] >> 112) << 112) | (word & ledger.M112)
    elif key == ledger.WRITE_DOWN:
        refusal._req(((position >> 224) & ledger.M8) == ledger.QUARANTINED, refusal.STRATEGY_NOT_OK)
        ledger.positions[id] = ledger._repacked(position, (position & ledger.M112), 0)
    else:
        refusal._req(key == ledger.RETIRE, refusal.BAD_PARAMETER)
        refusal._req((position & ledger.M112) == 0, refusal.STILL_HOLDING)
        self._drop(id)


@internal
def _drop(id: uint256):
    """
    @dev Takes an empty strategy out of the price loop. What waits in it stays, with its terms and its price; once nothing
         does, its address may be listed again under a new id.
    """
    hot: uint256 = ledger.hot
    ids: uint256 = (hot >> 112) & ledger.M80
    kept: uint256 = 0
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        lowest: uint256 = ids & ledger.M8
        ids >>= 8
        if lowest != id:
            kept = (kept << 8) | lowest
    ledger._set_ids(hot, kept)
    ledger.positions[id] = ledger._with_status(ledger.positions[id], 0)


@internal
def _recover(token: address, receiver: address, amount: uint256):
    """
    @dev Steward. Sends away tokens that arrived without being anyone's: whatever exceeds the cash, or the units of the
            strategy whose share the token is, of stayers and leavers.
    @param token The token; the asset, a strategy's share or any other.
    @param receiver Who gets it.
    @param amount Wei or units.
    """
    ledger._only_steward()
    id: uint256 = ledger.id_of[token]
    kept: uint256 = (ledger.positions[id] & ledger.M112) + (ledger.runoff[id] & ledger.M112)
    if token == ledger.ASSET:
        kept = (ledger.hot & ledger.M112) + ledger._owed()
    sent: bool = extcall IERC20(token).transfer(receiver, amount, default_return_value=True)
    refusal._req(sent and staticcall IERC20(token).balanceOf(self) >= kept, refusal.NOT_EXCESS)
    log IVault.Recovered(token=token, receiver=receiver, amount=amount)


@view
@external
def word(key: uint256, id: uint256) -> uint256:
    """
    @notice A packed word of the ledger, as modules/ledger.vy lays it out.
    @param key Which: one of the WORD keys of modules/ledger.vy.
    @param id The strategy, for words that are per strategy.
    @return The word.
    """
    if key == ledger.WORD_HOT:
        return ledger.hot
    if key == ledger.WORD_POSITION:
        return ledger.positions[id]
    if key == ledger.WORD_TERMS:
        return ledger.terms[id]
    if key == ledger.WORD_CHANGES:
        return convert(ledger.changes, uint256)
    if key == ledger.WORD_MEMORY:
        return ledger.memory[id]
    if key == ledger.WORD_LISTING:
        return ledger.listing[id]
    if key == ledger.WORD_HEALTH:
        return ledger.health[id]
    if key == ledger.WORD_PETTY:
        return ledger.petty
    if key == ledger.WORD_SNAPSHOT:
        return ledger.snapshot
    if key == ledger.WORD_CLOCK:
        return ledger.clock
    if key == ledger.WORD_RUNOFF:
        return ledger.runoff[id]
    if key == ledger.WORD_COVERAGE:
        return ledger.coverage[id]
    if key == ledger.WORD_OWED:
        return ledger._owed()
    if key == ledger.WORD_QUEUE:
        return convert(ledger.QUEUE, uint256)
    if key == ledger.WORD_EPOCH:
        return ledger.EPOCH
    if key == ledger.WORD_SENTINEL:
        return convert(ledger.sentinel, uint256)
    if key == ledger.WORD_FEES:
        return ledger.fees
    refusal._req(key == ledger.WORD_STEWARD, refusal.BAD_PARAMETER)
    return convert(ledger.STEWARD, uint256)
