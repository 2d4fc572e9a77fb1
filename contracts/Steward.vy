# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Steward
@custom:contract-name Steward
@license AGPL-3.0-only
@notice Governance of one Vault: who may change which parameter, inside which bounds. It checks and packs; the Vault stores.
@dev Roles. Governor (the Timelock): everything here, after its delay. Before `seal` the deployer too, while no deposit is
     possible. Guardian: lowers ceilings and pauses entry at once, nothing else, and cannot appoint or remove a guardian.
@dev Worst case. A stolen guardian stops entry and allocations, and has positions trimmed, until the Timelock replaces
     it. A hostile governor can list a hostile strategy and raise its ceiling, after the delay, in plain sight; it cannot stop or price a slice.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC4626
from interfaces import IExitQueue
from interfaces import ISentinel
from interfaces import ISteward
from interfaces import IVault
from contracts.modules import authority
from contracts.modules import guarded_call
from contracts.modules import ledger

implements: ISteward

initializes: authority

exports: (authority.governor, authority.is_guardian, authority.is_sealed, authority.set_guardian)

MAX_ENTRY_FEE: constant(uint256) = 50  # bps
MAX_PETTY: constant(uint256) = 1_000  # bps of the total that petty cash may pay, and of its fee
MAX_MANAGEMENT: constant(uint256) = 200  # bps a year
MAX_PERFORMANCE: constant(uint256) = 2_000  # bps of what stands above the highest price charged before
MAX_HOLD: constant(uint256) = 604_800  # seconds
GAS_BUDGET: constant(uint256) = 14_000_000  # of the 2**24 that EIP-7825 allows a transaction
GAS_FIXED: constant(uint256) = 1_500_000
DAY: constant(uint256) = 86_400

vault: public(address)


@deploy
def __init__(governor: address):
    """
    @param governor The Timelock.
    """
    authority.__init__(governor)


@external
def bind(vault: address):
    """
    @notice Governor, once. Names the Vault that answers to this contract.
    @param vault A Vault made with this Steward.
    """
    authority._only_governor()
    assert self.vault == empty(address), "steward: already bound"
    self.vault = vault
    assert self._word(ledger.WORD_STEWARD, 0) == convert(self, uint256), "steward: not its steward"
    log ISteward.VaultBound(vault=vault)


@external
def seal():
    """
    @notice Governor, once, after `Vault.seed`. Opens entry and ends the deployer's right: the Timelock alone governs.
    """
    authority._only_governor()
    assert staticcall IERC20(self.vault).totalSupply() != 0, "steward: not seeded"
    queue: address = convert(convert(self._word(ledger.WORD_QUEUE, 0), uint160), address)
    assert staticcall IExitQueue(queue).vault() == self.vault, "steward: queue not bound"
    authority._seal()
    self._set_flags(self._flags() | ledger.SEALED)
    log ISteward.Sealed(vault=self.vault)


# ------------------------------------------------------------------ strategies


@external
def list_strategy(strategy: address, terms: IVault.Terms, ceiling: uint256) -> uint256:
    """
    @notice Governor. Lists a strategy; capital may enter it one epoch later. At worst a hostile strategy loses what is
            allocated to it, which its ceiling bounds.
    @param strategy An ERC-4626 vault over the same asset, its price at least 2**-88 and below 2**32 asset wei a unit.
    @param terms Its gas caps, rate, tolerance and band.
    @param ceiling The most it may hold, asset wei.
    @return The id of the strategy, 1 to 255, never used twice.
    """
    authority._only_governor()
    asset: address = staticcall IERC4626(self.vault).asset()
    assert staticcall IERC4626(strategy).asset() == asset, "steward: another asset"
    packed: uint256 = self._packed(strategy, terms)
    book: uint256 = self._first_price(packed)
    id: uint256 = extcall IVault(self.vault).install(packed, book, self._first_memory(book))
    self._check_gas()
    self._set_ceiling(id, ceiling)
    log ISteward.StrategyListed(id=id, strategy=strategy, terms=terms)
    return id


@external
def set_terms(id: uint256, terms: IVault.Terms):
    """
    @notice Governor. Changes the terms of a live strategy. At worst moves may lose up to 100% of what they move.
    @param id The strategy.
    @param terms The new terms.
    """
    authority._only_governor()
    self._configure(ledger.SET_TERMS, id, self._packed(empty(address), terms))
    self._check_gas()
    log ISteward.TermsSet(id=id, terms=terms)


@external
def set_ceiling(id: uint256, ceiling: uint256):
    """
    @notice Governor: any ceiling. Guardian: a lower one, at once; at worst nothing can be allocated, and trims bring home what
            stands above it.
    @param id The strategy.
    @param ceiling The most it may hold, asset wei.
    """
    authority._only_guardian()
    if ceiling > self._word(ledger.WORD_LISTING, id) & ledger.M112:
        authority._only_governor()
    self._set_ceiling(id, ceiling)


@external
def retire(id: uint256):
    """
    @notice Governor. Drops an empty strategy from the price. Its address may be listed again under a new id.
    @param id The strategy.
    """
    authority._only_governor()
    self._configure(ledger.RETIRE, id, 0)
    log ISteward.StrategyRetired(id=id)


@external
def write_down(id: uint256):
    """
    @notice Governor. Takes the book of a quarantined strategy to 0, so that a dead one does not price entry. The units
            stay the holders'. At worst new depositors share in what the strategy pays later.
    @param id The strategy.
    """
    authority._only_governor()
    self._configure(ledger.WRITE_DOWN, id, 0)
    log ISteward.WrittenDown(id=id)


# ------------------------------------------------------------------ the whole Vault


@external
def set_limits(limits: IVault.Limits):
    """
    @notice Governor. Sets the limits of the whole Vault. At worst entry closes, or petty cash pays a tenth of the total
            an epoch at NAV.
    @param limits The new limits; the deposit cap keeps six significant digits, rounded down.
    """
    authority._only_governor()
    assert limits.deposit_cap <= ledger.M112, "steward: deposit_cap too large"
    assert limits.entry_fee <= MAX_ENTRY_FEE, "steward: entry_fee over 50"
    assert limits.hold <= MAX_HOLD, "steward: hold over 7 days"
    assert max(limits.petty_share, limits.petty_fee) <= MAX_PETTY, "steward: petty over 1000"
    assert limits.petty_fee != 0 or limits.petty_share == 0, "steward: petty_fee is 0"
    assert limits.idle_floor <= ledger.BPS, "steward: idle_floor over 10000"
    mantissa: uint256 = limits.deposit_cap
    exponent: uint256 = 0
    for i: uint256 in range(34):
        if mantissa < 1_000_000:
            break
        mantissa //= 10
        exponent += 1
    self._configure(
        ledger.SET_LIMITS,
        limits.petty_share | (limits.petty_fee << 16),
        limits.entry_fee | (limits.hold << 8) | (mantissa << 28) | (exponent << 48),
    )
    self._configure(ledger.SET_IDLE_FLOOR, 0, limits.idle_floor)
    log ISteward.LimitsSet(limits=limits)


@external
def set_entry_paused(paused: bool):
    """
    @notice Guardian: pauses entry at once. Governor: also resumes it. Exits are not touched.
    @param paused Whether deposits and mints are refused.
    """
    authority._only_guardian()
    flags: uint256 = self._flags() | ledger.PAUSED
    if not paused:
        authority._only_governor()
        flags -= ledger.PAUSED
    self._set_flags(flags)
    log ISteward.EntryPaused(paused=paused, by=msg.sender)


@external
def set_sentinel(sentinel: address):
    """
    @notice Governor. Names the contract that moves the Vault between CALM and STRESS and into WINDDOWN. At worst it winds the
            Vault down, or keeps entry, petty cash and allocations closed until it is replaced; slices go on.
    @param sentinel A Sentinel of this Vault.
    """
    authority._only_governor()
    assert staticcall ISentinel(sentinel).vault() == self.vault, "steward: sentinel not bound"
    self._configure(ledger.SET_SENTINEL, 0, convert(sentinel, uint256))
    log ISteward.SentinelSet(sentinel=sentinel)


@external
def set_fees(fees: IVault.Fees):
    """
    @notice Governor. Sets the fees that pokes charge the stayers in new shares while the Vault is calm. At worst they take a
            fiftieth of the total a year and a fifth of every new high.
    @param fees The rates and who gets them; a performance fee that begins counts from the next poke.
    """
    authority._only_governor()
    assert fees.management <= MAX_MANAGEMENT, "steward: management over 200"
    assert fees.performance <= MAX_PERFORMANCE, "steward: performance over 2000"
    rates: uint256 = fees.management | (fees.performance << 16)
    assert rates == 0 or fees.receiver != empty(address), "steward: no fee receiver"
    self._configure(ledger.SET_FEES, rates, convert(fees.receiver, uint256))
    log ISteward.FeesSet(fees=fees)


@external
def set_executor(executor: address):
    """
    @notice Governor. Names the contract that moves capital. At worst it loses the tolerance of each strategy per move,
            inside the ceilings; it cannot take assets out.
    @param executor The Executor.
    """
    authority._only_governor()
    self._configure(ledger.SET_EXECUTOR, 0, convert(executor, uint256))
    log ISteward.ExecutorSet(executor=executor)


@external
def recover(token: address, receiver: address, amount: uint256):
    """
    @notice Governor. Sends away tokens that reached the Vault without being anyone's. At worst it takes donations.
    @param token The token; the asset, a strategy's share or any other.
    @param receiver Who gets it.
    @param amount Wei or units.
    """
    authority._only_governor()
    extcall IVault(self.vault).recover(token, receiver, amount)
    log ISteward.Recovered(token=token, receiver=receiver, amount=amount)


# ------------------------------------------------------------------ internals


@internal
@view
def _word(key: uint256, id: uint256) -> uint256:
    return staticcall IVault(self.vault).word(key, id)


@internal
def _configure(key: uint256, id: uint256, word: uint256):
    extcall IVault(self.vault).configure(key, id, word)


@internal
@view
def _flags() -> uint256:
    return ledger._flags(self._word(ledger.WORD_HOT, 0))


@internal
def _set_flags(flags: uint256):
    self._configure(ledger.SET_FLAGS, 0, flags)


@internal
def _set_ceiling(id: uint256, ceiling: uint256):
    assert ceiling <= ledger.M112, "steward: ceiling too large"
    self._configure(ledger.SET_CEILING, id, ceiling)
    log ISteward.CeilingSet(id=id, ceiling=ceiling, by=msg.sender)


@internal
@pure
def _packed(strategy: address, terms: IVault.Terms) -> uint256:
    """
    @dev Checks terms and packs them as modules/ledger.vy says.
    """
    assert terms.read_gas % 1_000 == 0 and terms.read_gas != 0, "steward: read_gas not thousands"
    assert terms.write_gas % 1_000 == 0 and terms.write_gas != 0, "steward: write_gas not thousands"
    assert max(terms.read_gas, terms.write_gas) <= GAS_BUDGET, "steward: gas too large"
    assert terms.max_rate <= ledger.M16, "steward: max_rate too large"
    assert terms.tolerance <= ledger.BPS, "steward: tolerance over 10000"
    assert terms.band <= ledger.BPS, "steward: band over 10000"
    return (
        convert(strategy, uint256)
        | (terms.read_gas // 1_000 << 160)
        | (terms.write_gas // 1_000 << 176)
        | (convert(terms.charges_on_exit, uint256) << 192)
        | (terms.max_rate << 200)
        | (terms.tolerance << 216)
        | (terms.band << 232)
    )


@internal
@view
def _check_gas():
    """
    @dev Three reads and one write of every live strategy must fit a transaction, 63/64 rule and our own work included.
    """
    total: uint256 = 0
    ids: uint256 = ledger._ids(self._word(ledger.WORD_HOT, 0))
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        terms: uint256 = self._word(ledger.WORD_TERMS, ids & ledger.M8)
        total += 3 * ledger._read_gas(terms) + ledger._write_gas(terms)
        ids >>= 8
    assert total * 65 // 64 + GAS_FIXED <= GAS_BUDGET, "steward: gas caps too large"


@internal
@view
def _first_price(terms: uint256) -> uint256:
    """
    @dev Value of 10**18 units as the strategy of these packed terms tells it now, asset wei.
    """
    book: uint256 = guarded_call._read(terms, guarded_call.VALUE, ledger.PROBE)
    assert book <= guarded_call.LARGEST and book != 0, "steward: no price"
    assert book // ledger.PROBE < 2**32, "steward: price too high"
    return book


@internal
@view
def _first_memory(book: uint256) -> uint256:
    """
    @dev Memory of a price just listed: every price in it is this one. The scale gives it at least 31 binary digits.
    """
    scale: uint256 = 0
    for i: uint256 in range(120):
        if (book << scale) // ledger.PROBE >= 2**31:
            break
        scale += 1
    price: uint256 = (book << scale) // ledger.PROBE
    prices: uint256 = price | (price << 48) | (price << 96) | (price << 144)
    today: uint256 = (block.timestamp // DAY) & ledger.M16
    return prices | (today << 192) | (block.timestamp << 208) | (scale << 248)
