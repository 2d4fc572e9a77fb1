# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Fees
@custom:contract-name fees
@license AGPL-3.0-only
@notice Management and performance fees, charged by `poke` and nowhere else, in new shares: those who stay pay them, those who
        have left do not.
@dev Frozen in STRESS, in WINDDOWN and at a poke that sees a reason for the veto: the time that ends with such a poke is never
     charged. At most one day is charged at a time, so that whoever earns fees has a reason to poke. Gains are charged
     when they are a new high at a poke in CALM, whenever they were booked.
@dev The price of a share is `(lo + 1) * V0 / D`, so only booked gains are charged, and only above the highest price that was
     charged before.
"""

from interfaces import IVault
from contracts.modules import annex
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import shares as share_token

uses: annex
uses: ledger
uses: share_token

DAY: constant(uint256) = 86_400
YEAR: constant(uint256) = 31_536_000
SCALE: constant(uint256) = 48  # binary digits of a share price after the point
M96: constant(uint256) = 2**96 - 1


@external
def poke() -> IVault.Observation:
    """
    @notice Any account without code, directly or through the Sentinel. Moves books and references to what the strategies
            answer, notes failures and recoveries, renews the base of petty cash and charges fees. At worst a caller
            chooses the moment.
    @return What was seen.
    """
    seen: IVault.Observation = abi_decode(guarded_call._poke_in_half(annex.ANNEX), IVault.Observation)
    rates: uint256 = ledger.clock >> 224
    if rates != 0 and seen.state == ledger.CALM and not seen.veto:
        self._charge(rates, seen)
    return seen


@internal
def _charge(rates: uint256, seen: IVault.Observation):
    """
    @dev Mints what the fees are worth. The performance fee is taken from what remains after the management fee.
    @param rates Management, bps a year 16 | performance, bps 16.
    @param seen What the poke saw.
    """
    supply: uint256 = share_token._supply()
    management: uint256 = seen.lo * (rates & ledger.M16) * min(seen.age, DAY) // (ledger.BPS * YEAR)
    word: uint256 = ledger.fees
    mark: uint256 = word >> 160
    left: uint256 = seen.lo - management
    performance: uint256 = 0
    if rates >> 16 != 0 and mark != 0:
        performance = self._gain(left, supply, mark) * (rates >> 16) // ledger.BPS
    assets: uint256 = management + performance
    left_over: uint256 = seen.lo + 1 - assets
    # The product of assets and supply may not fit: whole shares for each wei first, then the rest.
    shares: uint256 = supply // left_over * assets + supply % left_over * assets // left_over
    if rates >> 16 != 0 and (mark != 0 or seen.fall <= 1):  # a first mark is not taken at a price held down
        mark = max(mark, min(self._price(seen.lo, supply + shares, supply + shares - 1), M96))
        ledger.fees = (word & ledger.M160) | (mark << 160)
    if shares == 0:
        return
    receiver: address = convert(word & ledger.M160, address)
    share_token._mint(receiver, shares, 0)
    log IVault.FeesCharged(receiver=receiver, management=management, performance=performance, shares=shares)


@internal
@view
def _price(lo: uint256, supply: uint256, more: uint256) -> uint256:
    """
    @dev Price of V0 shares, asset wei scaled by 2**48.
    @param lo Total at the lower prices, asset wei.
    @param supply Shares outstanding with the virtual ones.
    @param more What is added before rounding down: 0, or `supply - 1` to round up.
    """
    return (((lo + 1) * ledger.VIRTUAL_SHARES << SCALE) + more) // supply


@internal
@view
def _gain(lo: uint256, supply: uint256, mark: uint256) -> uint256:
    """
    @dev By how much all shares together stand above the mark, asset wei rounded down. A price above the mark is what `lo`
         pays for, so nothing here overflows.
    """
    price: uint256 = self._price(lo, supply, 0)
    if price <= mark:
        return 0
    return (price - mark) * supply // ledger.VIRTUAL_SHARES >> SCALE
