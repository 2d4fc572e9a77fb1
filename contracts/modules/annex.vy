# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Annex
@custom:contract-name annex
@license AGPL-3.0-only
@notice The externals of the Vault that its second half, VaultAnnex.vy, answers. Each takes the Vault's lock and runs the
        function of the same name there, on the Vault's storage and for the same caller.
@dev The Vault makes its own annex, which holds no state and cannot be replaced.
"""

from interfaces import IVault
from contracts.modules import guarded_call

ANNEX: immutable(address)


@deploy
def __init__(half: address):
    """
    @param half The VaultAnnex that this Vault has made.
    """
    ANNEX = half


@internal
def _run() -> Bytes[160]:
    """
    @dev Runs the call that the Vault got in its second half. A refusal there is a refusal here.
    @return What it answered.
    """
    return guarded_call._run_half(ANNEX)


@external
def latch(state: uint256):
    """
    @notice Sentinel. Moves the Vault between CALM and STRESS or into WINDDOWN, which nothing leaves. At worst entry, petty
            cash and allocations stop; slices do not.
    @param state 0 CALM, 1 STRESS, 2 WINDDOWN.
    """
    self._run()


@external
def deallocate(id: uint256, assets: uint256, min_assets: uint256) -> IVault.Moved:
    """
    @notice Executor. Redeems about `assets` worth of units into idle, in every state, whatever the strategy's status. Where
            leavers wait they are paid first, and only covered units may go. At worst each call loses the strategy's
            tolerance on what it redeems.
    @param id The strategy.
    @param assets Asset wei wanted; units round up; more than the position redeems all that may go.
    @param min_assets Least asset wei to get.
    @return Measured result.
    """
    return abi_decode(self._run(), IVault.Moved)


@external
def evacuate(id: uint256, assets: uint256) -> IVault.Moved:
    """
    @notice Anyone, while more than a hundredth of a strategy's units waits to leave. Brings covered units to idle, after the
            runoff got its part: neutral to those who left, and a defence of those who stay against drains. At worst a
            caller takes yield from the stayers until an agent allocates again, and loses them the strategy's tolerance.
    @param id The strategy.
    @param assets Asset wei wanted.
    @return Measured result.
    """
    return abi_decode(self._run(), IVault.Moved)


@external
def unwind(id: uint256, limit: uint256, direct: bool) -> (uint256, uint256):
    """
    @notice ExitQueue. Redeems the runoff's part of a strategy's liquidity.
    @param id The strategy; a retired one too.
    @param limit The most units to redeem; 0 only hands over what was unwound before.
    @param direct Whether an account without code asked the queue itself: only then does a failure, or a success, count
           for the signal of short unwinds.
    @return Units that still wait.
    @return Asset wei to credit to the runoff.
    """
    return abi_decode(self._run(), (uint256, uint256))


@external
def give_back(ids: uint256):
    """
    @notice ExitQueue. Returns one waiting unit of each named strategy to the stayers: what is lost by rounding when units
            become points. Where the stayers hold none it is nobody's.
    @param ids Ids of eight bits each, lowest first.
    """
    self._run()


@external
def hand_out(id: uint256, units: uint256, receiver: address):
    """
    @notice ExitQueue. Hands waiting units out in kind.
    @param id The strategy.
    @param units Units, at most those that wait.
    @param receiver Who gets them.
    """
    self._run()


@external
def install(terms: uint256, book: uint256, remembered: uint256) -> uint256:
    """
    @notice Steward. Adds a strategy to the price; capital may enter it one epoch later.
    @param terms Packed terms, the strategy's address in the low 160 bits.
    @param book Value of 10**18 units, asset wei.
    @param remembered Packed memory of its price.
    @return The id of the strategy, 1 to 255, never used twice.
    """
    return abi_decode(self._run(), uint256)


@external
def configure(key: uint256, id: uint256, word: uint256):
    """
    @notice Steward. Stores one parameter word.
    @param key Which: one of the keys of modules/ledger.vy.
    @param id The strategy, for keys that are per strategy; the petty-cash word for LIMITS.
    @param word The packed value.
    """
    self._run()


@external
def recover(token: address, receiver: address, amount: uint256):
    """
    @notice Steward. Sends away tokens that arrived without being anyone's: whatever exceeds the cash, or the units of the
            strategy whose share the token is, of stayers and leavers.
    @param token The token; the asset, a strategy's share or any other.
    @param receiver Who gets it.
    @param amount Wei or units.
    """
    self._run()


@view
@external
def half() -> address:
    """
    @notice The second half of this contract's code.
    @return The VaultAnnex.
    """
    return ANNEX
