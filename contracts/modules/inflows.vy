# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Inflows
@custom:contract-name inflows
@license AGPL-3.0-only
@notice How fast capital may enter each strategy, whoever sends it: all agents share the bucket of a strategy.
@dev Roles. Governor and curator: the limits. Deallocations are neither charged nor credited.
"""

from interfaces import IExecutor
from contracts.modules import caps
from contracts.modules import leaky_bucket

uses: caps

MAX_WINDOW: constant(uint256) = 2**24 - 1  # seconds
M32: constant(uint256) = 2**32 - 1
M100: constant(uint256) = 2**100 - 1

# limit 100 | spent 100 | time 32 | window 24
buckets: HashMap[uint256, uint256]


@external
def set_inflow(id: uint256, limit: uint256, window: uint256):
    """
    @notice Governor and curator. Limits what may enter a strategy; what is spent stays spent while there is a window. At worst inflow is bound by
            the agents' own budgets alone.
    @param id The strategy.
    @param limit Asset wei; refills evenly over one window.
    @param window Seconds; 0 for no limit.
    """
    caps._only_curator()
    caps._check_id(id)
    assert limit <= M100, "executor: inflow too large"
    assert window <= MAX_WINDOW, "executor: window out of range"
    spent: uint256 = self._spent(self.buckets[id])
    self.buckets[id] = limit | (spent << 100) | (block.timestamp << 200) | (window << 232)
    word: uint256 = caps.words[id] | caps.LIMITED
    if window == 0:
        word -= caps.LIMITED
    caps.words[id] = word
    log IExecutor.InflowSet(id=id, limit=limit, window=window, by=msg.sender)


@view
@external
def inflow(id: uint256) -> IExecutor.Inflow:
    """
    @notice What may enter a strategy.
    @param id The strategy.
    @return Limit, window, and what is spent now; without a window nothing is limited.
    """
    bucket: uint256 = self.buckets[id]
    return IExecutor.Inflow(limit=bucket & M100, window=bucket >> 232, spent=self._spent(bucket))


@internal
def _charge(id: uint256, assets: uint256):
    """
    @dev Books what has entered a strategy.
    @param id The strategy, with a limit.
    @param assets Asset wei.
    """
    bucket: uint256 = self.buckets[id]
    spent: uint256 = self._spent(bucket) + assets
    assert spent <= bucket & M100, "executor: over inflow limit"
    self.buckets[id] = (bucket & M100) | (spent << 100) | (block.timestamp << 200) | ((bucket >> 232) << 232)


@internal
@view
def _spent(bucket: uint256) -> uint256:
    """
    @dev What is still spent now, asset wei; nothing where nothing is limited.
    """
    window: uint256 = bucket >> 232
    if window == 0:
        return 0
    return leaky_bucket._spent(bucket & M100, (bucket >> 100) & M100, (bucket >> 200) & M32, window)
