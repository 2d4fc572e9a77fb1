# pragma version 0.4.3
"""
@title Coverage
@custom:contract-name coverage
@license AGPL-3.0-only
@notice Who owns the liquidity of a strategy in which holders who have left still wait: arithmetic alone.
@dev Coverage R are units of the stayers that liquidity was already offered for. Liquidity up to R is theirs; what appears
     above it is shared equally by the uncovered units of both sides. So neither those who wait nor those who stay can be
     outrun, and no price is asked.
@dev Dips. Liquidity can be drained for a moment with borrowed money. An observation below R opens a challenge window and
     lowers nothing; one at or above R closes it. Only a dip seen for a whole epoch lowers R, to the most seen meanwhile.
@dev Packed coverage: R 112 | most seen in the window 112 | start of the window 32 (0: none). Meaningless while nothing waits.
"""

M112: constant(uint256) = 2**112 - 1


@internal
@pure
def _covered(coverage: uint256, waiting: uint256, liquid: uint256, now: uint256, epoch: uint256) -> uint256:
    """
    @dev Coverage after an observation.
    @param coverage The packed coverage before it.
    @param waiting Units that wait.
    @param liquid Units that the strategy can redeem now, at most all of them.
    @param now Unix seconds.
    @param epoch How long a dip must last, seconds.
    @return The packed coverage.
    """
    if waiting == 0:
        return liquid
    covered: uint256 = coverage & M112
    if liquid >= covered:
        return coverage & (2**224 - 1)
    most: uint256 = (coverage >> 112) & M112
    since: uint256 = coverage >> 224
    if since == 0:
        return covered | (liquid << 112) | (now << 224)
    most = max(most, liquid)
    if now - since >= epoch:
        since = 0
        if liquid < most:
            since = now
        covered = most
        most = liquid
    return covered | (most << 112) | (since << 224)


@internal
@pure
def _runoff_part(coverage: uint256, units: uint256, waiting: uint256, liquid: uint256) -> uint256:
    """
    @dev Units of the runoff that may be redeemed now: its equal part of the liquidity above coverage.
    @param coverage The packed coverage after this observation.
    @param units Units of the stayers.
    @param waiting Units that wait.
    @param liquid Units that the strategy can redeem now, at most all of them.
    @return Units, rounded up, so that the last one can leave.
    """
    covered: uint256 = coverage & M112
    if waiting == 0 or liquid <= covered:
        return 0
    uncovered: uint256 = units + waiting - covered
    return ((liquid - covered) * waiting + uncovered - 1) // uncovered


@internal
@pure
def _with(coverage: uint256, covered: uint256) -> uint256:
    """
    @dev The same window with other covered units.
    """
    return (coverage & ~M112) | covered


@internal
@pure
def _scaled(coverage: uint256, shares: uint256, supply: uint256, most: uint256) -> uint256:
    """
    @dev Coverage after a part of the holders has left and taken its part of it along.
    @param coverage The packed coverage.
    @param shares Shares that leave.
    @param supply Shares outstanding with the virtual ones, before they leave.
    @param most Units of those who stay.
    @return The packed coverage.
    """
    covered: uint256 = coverage & M112
    low: uint256 = (coverage >> 112) & M112
    covered = min(covered - covered * shares // supply, most)
    low -= low * shares // supply
    return covered | (low << 112) | ((coverage >> 224) << 224)


@internal
@pure
def _raised(coverage: uint256, units: uint256, most: uint256) -> uint256:
    """
    @dev Coverage after the stayers brought units with liquidity of their own.
    """
    low: uint256 = min(((coverage >> 112) & M112) + units, M112)
    return min((coverage & M112) + units, most) | (low << 112) | ((coverage >> 224) << 224)


@internal
@pure
def _lowered(coverage: uint256, units: uint256, most: uint256) -> uint256:
    """
    @dev Coverage after the stayers redeemed units against it.
    """
    covered: uint256 = min((coverage & M112) - units, most)
    low: uint256 = (coverage >> 112) & M112
    return covered | ((low - min(low, units)) << 112) | ((coverage >> 224) << 224)
