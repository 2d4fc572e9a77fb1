# pragma version 0.4.3
"""
@title Leaky bucket
@custom:contract-name leaky_bucket
@license AGPL-3.0-only
@notice The rule of every budget: what is spent refills evenly, the whole limit in one window, so at most
        limit x (1 + t / window) is spent in any time t.
"""

M100: constant(uint256) = 2**100 - 1  # asset wei: the largest limit


@internal
@view
def _spent(limit: uint256, spent: uint256, since: uint256, window: uint256) -> uint256:
    """
    @dev What is still spent now.
    @param limit Asset wei, at most M100.
    @param spent What was spent at `since`, asset wei.
    @param since Unix seconds, not in the future.
    @param window Seconds in which the whole limit refills, not 0.
    @return Asset wei; the refill rounds down.
    """
    refilled: uint256 = limit * (block.timestamp - since) // window
    return spent - min(spent, refilled)
