# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Generations
@custom:contract-name generations
@license AGPL-3.0-only
@notice Who owns the runoff of a strategy: points, and the cash that each point has earned.
@dev Those who join get points at the going number of units for a point, which never rises, so that nobody's waiting part
     grows. Proceeds are credited to all points alike. When nothing waits any more, or a point stands for less than 2**-28
     units, the next to join start a new generation; what waited is carried into it.
@dev Units that wait are counted by the Vault alone; they arrive here as an argument.
@dev Packed points: points 140 | carry 112 | written off 1. The carry are the units that the whole generation took along
     into the next one.
"""

from interfaces import IExitQueue

M112: constant(uint256) = 2**112 - 1
POINTS: constant(uint256) = 2**140 - 1
WRITTEN_OFF: constant(uint256) = 1 << 252
DILUTION: constant(uint256) = 28  # binary digits
CARRIES: constant(uint256) = 3  # generations that a slice is followed through

current: uint256[256]  # generation of each strategy, from 1
points: HashMap[uint256, uint256]
earned: HashMap[uint256, uint256]  # asset wei of one point, scaled by 2**120


@internal
@pure
def _key(strategy: uint256, generation: uint256) -> uint256:
    return (strategy << 32) | generation


@internal
def _credit(strategy: uint256, assets: uint256):
    """
    @dev Credits proceeds to all points of the current generation.
    @param strategy The strategy.
    @param assets Asset wei; each point's part rounds down.
    """
    if assets == 0:
        return
    generation: uint256 = self.current[strategy]
    key: uint256 = self._key(strategy, generation)
    self.earned[key] += (assets << 120) // max(self.points[key] & POINTS, 1)
    log IExitQueue.Credited(strategy=strategy, generation=generation, assets=assets)


@internal
def _join(strategy: uint256, waiting: uint256, joined: uint256) -> (uint256, uint256, uint256, uint256):
    """
    @dev Gives points for units that join.
    @param strategy The strategy.
    @param waiting Units that wait already.
    @param joined Units that join, not 0.
    @return Generation, points, units they stand for and cash of a point at the start. Of the units at most one is lost by
            rounding: it is the stayers'. No points where that leaves none.
    """
    generation: uint256 = self.current[strategy]
    key: uint256 = self._key(strategy, generation)
    packed: uint256 = self.points[key]
    all: uint256 = packed & POINTS
    if all == 0 or waiting == 0 or waiting << DILUTION < all:
        self.points[key] = packed | (waiting << 140)
        generation += 1
        self.current[strategy] = generation
        key = self._key(strategy, generation)
        packed = waiting
        all = waiting
    got: uint256 = joined
    kept: uint256 = joined
    if all != 0:
        got = joined * all // waiting
        kept = got * waiting // all
    if kept == 0:
        got = 0
    self.points[key] = packed + got
    return generation, got, kept, self.earned[key]


@internal
@view
def _walk(
    strategy: uint256, generation: uint256, points: uint256, start: uint256, waiting: uint256, unsynced: uint256
) -> (uint256, uint256, uint256, bool):
    """
    @dev Follows a slice through the generations.
    @param strategy The strategy.
    @param generation Where the slice began.
    @param points Its points there.
    @param start Cash of a point when it joined.
    @param waiting Units that wait in the strategy now.
    @param unsynced Proceeds not yet credited to the current generation, asset wei.
    @return Cash, asset wei rounded down; its points in the current generation; units, rounded down; whether they are
            written off.
    """
    cash: uint256 = 0
    left: uint256 = points
    since: uint256 = start
    written_off: bool = False
    for i: uint256 in range(CARRIES + 1):
        key: uint256 = self._key(strategy, generation + i)
        packed: uint256 = self.points[key]
        all: uint256 = packed & POINTS
        earned: uint256 = self.earned[key]
        written_off = written_off or packed & WRITTEN_OFF != 0
        if generation + i == self.current[strategy]:
            if all == 0:
                return cash + (left * (earned - since) >> 120), 0, 0, False
            earned += (unsynced << 120) // all
            cash += left * (earned - since) >> 120
            return cash, left, left * waiting // all, written_off
        cash += left * (earned - since) >> 120
        left = left * ((packed >> 140) & M112) // max(all, 1)
        since = 0
        if left == 0:
            break
    return cash, 0, 0, False


@internal
def _remove(strategy: uint256, units: uint256, waiting: uint256):
    """
    @dev Takes points out of the current generation for units that are handed out. Rounded down, so that what a point
         stands for does not rise.
    @param strategy The strategy.
    @param units Units handed out.
    @param waiting Units that waited before.
    """
    key: uint256 = self._key(strategy, self.current[strategy])
    packed: uint256 = self.points[key]
    self.points[key] = packed - units * (packed & POINTS) // waiting


@internal
def _write_off(strategy: uint256):
    """
    @dev Lets the records of the current generation close. What the units still pay goes to them all the same.
    """
    generation: uint256 = self.current[strategy]
    self.points[self._key(strategy, generation)] |= WRITTEN_OFF
    log IExitQueue.WrittenOff(strategy=strategy, generation=generation)
