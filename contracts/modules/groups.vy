# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Groups
@custom:contract-name groups
@license AGPL-3.0-only
@notice Risk groups: strategies that fail together, by protocol, oracle, collateral or the way to liquidity, and how much all
        members of one may hold.
@dev Roles. Governor: members and the highest caps. Curator: operating caps up to these, but not above a guardian's cut that
     still stands. Guardian: cuts, at once.
@dev A member that is not moved counts at its book: nobody lifts or lowers that within a transaction.
"""

from interfaces import IExecutor
from interfaces import IVault
from contracts.modules import authority
from contracts.modules import caps
from contracts.modules import ledger
from contracts.modules import outside

uses: authority
uses: caps
uses: outside

MAX_GROUP: constant(uint256) = 31

# Packed like a strategy's cap
operating: HashMap[uint256, uint256]
# absolute 112 | relative, bps 16
highest: HashMap[uint256, uint256]
members: HashMap[uint256, uint256]


# ------------------------------------------------------------------ roles


@external
def set_group(group: uint256, members: uint256, absolute: uint256, relative: uint256):
    """
    @notice Governor. Sets who is in a group and how much all may hold, which lifts a cut. At worst exposure rises to the
            strategies' own caps.
    @param group 1 to 31.
    @param members Bit i: strategy i. 0 dissolves the group.
    @param absolute Highest cap, asset wei.
    @param relative Highest cap, bps of the total at the lower prices.
    """
    authority._only_governor()
    self._check_group(group)
    caps._check_values(absolute, relative)
    assert members & 1 == 0, "executor: no such strategy"
    changed: uint256 = (members ^ self.members[group]) >> 1
    for id: uint256 in range(1, 256):
        if changed == 0:
            break
        if changed & 1 == 1:
            caps.words[id] ^= 1 << (168 + group)
        changed >>= 1
    self.members[group] = members
    self.highest[group] = caps._replaced(0, absolute, relative, 0)
    self.operating[group] = self.highest[group]
    log IExecutor.GroupSet(group=group, members=members, absolute=absolute, relative=relative)


@external
def set_group_cap(group: uint256, absolute: uint256, relative: uint256):
    """
    @notice Governor, which also lifts a cut, and curator. Sets the operating cap of a group. At worst exposure rises to what
            the Timelock allows the group, or falls to 0 by `trim`, as `set_cap`.
    @param group The group.
    @param absolute Asset wei, at most the highest.
    @param relative Bps of the total at the lower prices, at most the highest.
    """
    self._check_group(group)
    until: uint256 = caps._cut_kept(self.operating[group], absolute, relative)
    limit: IExecutor.Cap = caps._cap(self.highest[group])
    assert absolute <= limit.absolute and relative <= limit.relative, "executor: over group limit"
    self.operating[group] = caps._replaced(0, absolute, relative, until)
    log IExecutor.GroupCapSet(group=group, absolute=absolute, relative=relative, by=msg.sender)


@external
def cut_group(group: uint256, absolute: uint256, relative: uint256):
    """
    @notice Guardian. Lowers a group's cap at once, for seven days unless the Timelock lifts it. At worst nothing can be
            allocated to its members, and `trim` brings home what they hold.
    @param group The group.
    @param absolute Asset wei, at most the cap now.
    @param relative Bps of the total at the lower prices, at most the cap now.
    """
    authority._only_guardian()
    self._check_group(group)
    caps._check_cut(self.operating[group], absolute, relative)
    until: uint256 = block.timestamp + caps.CUT_STANDS
    self.operating[group] = caps._replaced(0, absolute, relative, until)
    log IExecutor.GroupCut(group=group, absolute=absolute, relative=relative, until=until, by=msg.sender)


# ------------------------------------------------------------------ views


@view
@external
def group(group: uint256) -> IExecutor.Group:
    """
    @notice A risk group.
    @param group 1 to 31.
    @return Members, operating cap, cut, and the highest caps.
    """
    cap: IExecutor.Cap = caps._cap(self.operating[group])
    most: IExecutor.Cap = caps._cap(self.highest[group])
    return IExecutor.Group(
        members=self.members[group],
        absolute=cap.absolute,
        relative=cap.relative,
        cut_until=cap.cut_until,
        most_absolute=most.absolute,
        most_relative=most.relative,
    )


@view
@external
def group_exposure(group: uint256) -> (uint256, uint256):
    """
    @notice What the members of a group hold, by their books.
    @param group 1 to 31.
    @return Asset wei.
    @return Idle and all books, asset wei.
    """
    hot: uint256 = outside._word(ledger.WORD_HOT, 0)
    total: uint256 = (hot & ledger.M112) + outside._books_of(hot, max_value(uint256))
    return outside._books_of(hot, self.members[group]), total


# ------------------------------------------------------------------ internals


@internal
@view
def _check(id: uint256, groups: uint256, moved: IVault.Moved):
    """
    @dev An allocation must leave every group of its strategy within both caps.
    @param id The strategy.
    @param groups Bitmap of its groups.
    @param moved What the Vault measured.
    """
    left: uint256 = groups
    if left == 0:
        return
    hot: uint256 = outside._word(ledger.WORD_HOT, 0)
    for group: uint256 in range(MAX_GROUP + 1):
        if left == 0:
            break
        if left & 1 == 1:
            exposure: uint256 = moved.exposure + outside._books_of(hot, self.members[group] & ~(1 << id))
            cap: uint256 = self.operating[group]
            assert exposure <= cap & caps.MAX_AMOUNT, "executor: over group cap"
            share: uint256 = moved.lo * ((cap >> 112) & caps.M16)
            assert exposure * caps.BPS <= share, "executor: over group share"
        left >>= 1


@internal
@view
def _excess(groups: uint256, total: uint256) -> uint256:
    """
    @dev By how much the books of the fullest of some groups stand over its caps, asset wei.
    @param groups Bitmap of the groups.
    @param total Idle and all books, asset wei.
    """
    most: uint256 = 0
    hot: uint256 = outside._word(ledger.WORD_HOT, 0)
    left: uint256 = groups
    for group: uint256 in range(MAX_GROUP + 1):
        if left == 0:
            break
        if left & 1 == 1:
            inside: uint256 = outside._books_of(hot, self.members[group])
            allowed: uint256 = caps._most(self.operating[group], total)
            most = max(most, max(inside, allowed) - allowed)
        left >>= 1
    return most


@internal
@pure
def _check_group(group: uint256):
    assert group != 0 and group <= MAX_GROUP, "executor: no such group"
