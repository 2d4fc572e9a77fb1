# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title VaultAnnex
@custom:contract-name VaultAnnex
@license AGPL-3.0-only
@notice The second half of the Vault's code: what does not fit into 24,576 bytes beside entry, petty cash, slices and shares.
        It holds nothing and rules nothing; the Vault runs it on its own storage.
@dev Where the cut is. The Vault keeps what holders and agents pay gas for in calm times. Here stand pokes, parameters, and
     everything that has to do with units of holders who have left.
@dev Storage. Both halves compose modules/ledger.vy first, so its slots are the same; no other module here stores anything.
     A test compares the two layouts.
@dev Identity. The Vault makes its own annex when it is made itself, so both know the same asset, Steward, queue and epoch.
     Neither half can be replaced.
@dev Locks. The Vault is locked whenever it runs this code, so the externals here take no lock of their own. Called
     directly they refuse.
"""

from interfaces import IVault
from contracts.modules import covered_moves
from contracts.modules import ledger
from contracts.modules import parameters
from contracts.modules import positions
from contracts.modules import pricing
from contracts.modules import refusal
from contracts.modules import runoff
from contracts.modules import unwinding
from contracts.modules import upkeep

initializes: ledger
initializes: pricing[ledger := ledger]
initializes: positions[ledger := ledger, pricing := pricing]
initializes: runoff[ledger := ledger, positions := positions]
initializes: unwinding[ledger := ledger, positions := positions, pricing := pricing, runoff := runoff]
initializes: covered_moves[ledger := ledger, positions := positions, runoff := runoff, unwinding := unwinding]
initializes: upkeep[ledger := ledger]
initializes: parameters[ledger := ledger]

HERE: immutable(address)


@deploy
def __init__(asset: address, decimals: uint256, steward: address, queue: address, epoch: uint256):
    """
    @param asset The ERC-20 held.
    @param decimals Its decimals.
    @param steward The Steward.
    @param queue The ExitQueue.
    @param epoch Length of an epoch, seconds.
    """
    ledger.__init__(asset, decimals, steward, queue, epoch)
    HERE = self


@internal
@view
def _only_inside():
    refusal._req(self != HERE, refusal.UNAUTHORISED)


@internal
@view
def _only_queue():
    self._only_inside()
    ledger._only_queue()


# ------------------------------------------------------------------ capital


@external
@reentrant
def allocate(id: uint256, assets: uint256, min_units: uint256) -> IVault.Moved:
    """
    @notice Executor. An allocation to a strategy that leavers wait in; see Vault.allocate.
    @param id The strategy.
    @param assets Asset wei to pay.
    @param min_units Least units to get.
    @return Measured result, and the total at the lower prices after the move.
    """
    self._only_inside()
    clock: uint256 = ledger._only_executor()
    moved: IVault.Moved = empty(IVault.Moved)
    mark: uint256 = 0
    moved, mark = covered_moves._allocate(id, assets, min_units)
    moved.lo = positions._req_sound(clock, id, mark)
    return moved


@external
@reentrant
def deallocate(id: uint256, assets: uint256, min_assets: uint256) -> IVault.Moved:
    """
    @notice Executor. See Vault.deallocate.
    @param id The strategy.
    @param assets Asset wei wanted.
    @param min_assets Least asset wei to get.
    @return Measured result.
    """
    self._only_inside()
    ledger._only_executor()
    return covered_moves._deallocate(id, assets, min_assets)


@external
@reentrant
def evacuate(id: uint256, assets: uint256) -> IVault.Moved:
    """
    @notice Anyone. See Vault.evacuate.
    @param id The strategy.
    @param assets Asset wei wanted.
    @return Measured result.
    """
    self._only_inside()
    return covered_moves._evacuate(id, assets)


@external
@reentrant
def poke() -> IVault.Observation:
    """
    @notice Any account without code, directly or through the Sentinel. See Vault.poke.
    @return What was seen.
    """
    self._only_inside()
    return upkeep._poke()


@external
@reentrant
def latch(state: uint256):
    """
    @notice Sentinel. See Vault.latch.
    @param state 0 CALM, 1 STRESS, 2 WINDDOWN.
    """
    self._only_inside()
    parameters._latch(state)


# ------------------------------------------------------------------ leavers


@external
@reentrant
def leave(amount: uint256, supply: uint256, tries: uint256) -> IVault.Departure:
    """
    @notice ExitQueue. See Vault.leave.
    @param amount Shares that leave.
    @param supply Shares outstanding with the virtual ones, before they leave.
    @param tries Bitmap of the strategies to redeem from at once.
    @return Cash of those who leave, and what joined the runoff of each strategy.
    """
    self._only_queue()
    return runoff._leave(amount, supply, tries)


@external
@reentrant
def unwind(id: uint256, limit: uint256, direct: bool) -> (uint256, uint256):
    """
    @notice ExitQueue. See Vault.unwind.
    @param id The strategy.
    @param limit The most units to redeem.
    @param direct Whether an account without code asked the queue itself.
    @return Units that still wait.
    @return Asset wei to credit to them.
    """
    self._only_queue()
    if limit != 0 and ledger.positions[id] & ledger.WAITS != 0:
        unwinding._unwind(id, limit, direct)
    return runoff._sync(id)


@external
@reentrant
def give_back(ids: uint256):
    """
    @notice ExitQueue. See Vault.give_back.
    @param ids Ids of eight bits each, lowest first.
    """
    self._only_queue()
    rest: uint256 = ids
    for i: uint256 in range(ledger.MAX_LIVE):
        if rest == 0:
            break
        runoff._give_back(rest & ledger.M8)
        rest >>= 8


@external
@reentrant
def hand_out(id: uint256, units: uint256, receiver: address):
    """
    @notice ExitQueue. See Vault.hand_out.
    @param id The strategy.
    @param units Units.
    @param receiver Who gets them.
    """
    self._only_queue()
    runoff._hand_out(id, units, receiver)


# ------------------------------------------------------------------ parameters


@external
@reentrant
def install(terms: uint256, book: uint256, remembered: uint256) -> uint256:
    """
    @notice Steward. See Vault.install.
    @param terms Packed terms, the strategy's address in the low 160 bits.
    @param book Value of 10**18 units, asset wei.
    @param remembered Packed memory of its price.
    @return The id of the strategy.
    """
    self._only_inside()
    return parameters._install(terms, book, remembered)


@external
@reentrant
def configure(key: uint256, id: uint256, word: uint256):
    """
    @notice Steward. See Vault.configure.
    @param key Which.
    @param id The strategy, or the petty-cash word.
    @param word The packed value.
    """
    self._only_inside()
    parameters._configure(key, id, word)


@external
@reentrant
def recover(token: address, receiver: address, amount: uint256):
    """
    @notice Steward. See Vault.recover.
    @param token The token.
    @param receiver Who gets it.
    @param amount Wei or units.
    """
    self._only_inside()
    parameters._recover(token, receiver, amount)
