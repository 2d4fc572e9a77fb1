# pragma version 0.4.3
"""
@title Leaky bucket
@custom:contract-name leaky_bucket
@license AGPL-3.0-only
@notice A budget in one word: limit 112 | spent 112 | time 32. What is spent refills evenly, the whole limit in one window,
        so at most limit x (1 + t / window) is spent in any time t.
"""

M112: constant(uint256) = 2**112 - 1


@internal
@pure
def _limit(bucket: uint256) -> uint256:
    return bucket & M112


@internal
@view
def _spent(bucket: uint256, window: uint256) -> uint256:
    """
    @dev What is still spent now.
    @param bucket The packed bucket.
    @param window Seconds in which the whole limit refills, not 0.
    @return Asset wei; the refill rounds down.
    """
    spent: uint256 = (bucket >> 112) & M112
    refilled: uint256 = self._limit(bucket) * (block.timestamp - (bucket >> 224)) // window
    return spent - min(spent, refilled)


@internal
@view
def _filled(limit: uint256, spent: uint256) -> uint256:
    """
    @dev A bucket as of now; an overdraft beyond 112 bits saturates.
    """
    return limit | (min(spent, M112) << 112) | (block.timestamp << 224)
