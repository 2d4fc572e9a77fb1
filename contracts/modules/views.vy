# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Views
@custom:contract-name views
@license AGPL-3.0-only
@notice The parts of a snapshot: each strategy, each risk group, totals, stress and exits.
"""

from ethereum.ercs import IERC20
from interfaces import IExecutor
from interfaces import IExitQueue
from interfaces import ILens
from interfaces import ISentinel
from interfaces import IVault
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import outside
from contracts.modules import positions
from contracts.modules import previews
from contracts.modules import scenes

uses: outside
uses: previews
uses: scenes

SIGNALS: constant(uint256) = 5


@internal
@view
def _strategies(scene: scenes.Scene, books: uint256) -> DynArray[ILens.Strategy, 10]:
    """
    @dev All live strategies, in the order of the Vault's list.
    @param scene The treasury.
    @param books Idle and all books, asset wei.
    """
    found: DynArray[ILens.Strategy, 10] = []
    ids: uint256 = ledger._ids(outside._word(ledger.WORD_HOT, 0))
    for i: uint256 in range(ledger.MAX_LIVE):
        if ids == 0:
            break
        found.append(self._strategy(scene, ids & ledger.M8, books))
        ids >>= 8
    return found


@internal
@view
def _strategy(scene: scenes.Scene, id: uint256, books: uint256) -> ILens.Strategy:
    """
    @dev One strategy.
    """
    target: scenes.Target = scenes._target(id)
    listing: uint256 = outside._word(ledger.WORD_LISTING, id)
    seen: ILens.Strategy = empty(ILens.Strategy)
    seen.id = id
    seen.strategy = convert(target.terms & ledger.M160, address)
    seen.status = (target.position >> 224) & ledger.M8
    seen.units = target.held
    seen.answers = target.answers
    seen.price = guarded_call._read(target.terms, guarded_call.VALUE, ledger.PROBE)
    if seen.price > guarded_call.LARGEST:
        seen.price = 0
    seen.reference = target.reference
    if target.held != 0:
        seen.book = target.book
        seen.mark = target.mark
        seen.liquid = scenes._liquid(target)
    seen.waiting = outside._word(ledger.WORD_RUNOFF, id) & ledger.M112
    seen.ceiling = listing & ledger.M112
    seen.opens_at = listing >> 112
    if books != 0:
        seen.concentration = seen.book * ledger.BPS // books
    seen.owes_unwinds = (target.position >> 234) & 3
    seen.terms = self._terms(target.terms)
    seen.cap = staticcall scene.executor.cap(id)
    seen.groups = staticcall scene.executor.groups_of(id)
    seen.inflow = staticcall scene.executor.inflow(id)
    seen.over_since = staticcall scene.executor.over_since(id)
    seen.closed_until = staticcall scene.executor.closed_until(id)
    seen.room = previews._room(scene, id)
    return seen


@internal
@pure
def _terms(packed: uint256) -> IVault.Terms:
    """
    @dev Terms as modules/ledger.vy packs them.
    """
    return IVault.Terms(
        read_gas=ledger._read_gas(packed),
        write_gas=((packed >> 176) & ledger.M16) * 1_000,
        charges_on_exit=packed & guarded_call.CHARGES_ON_EXIT != 0,
        max_rate=(packed >> 200) & ledger.M16,
        tolerance=(packed >> 216) & ledger.M16,
        band=(packed >> 232) & ledger.M16,
    )


@internal
@view
def _groups(scene: scenes.Scene) -> DynArray[ILens.Risk, 32]:
    """
    @dev All groups with members.
    """
    found: DynArray[ILens.Risk, 32] = []
    hot: uint256 = outside._word(ledger.WORD_HOT, 0)
    for number: uint256 in range(1, 32):
        group: IExecutor.Group = staticcall scene.executor.group(number)
        if group.members == 0:
            continue
        exposure: uint256 = outside._books_of(hot, group.members)
        most: uint256 = min(group.absolute, scene.lo * group.relative // ledger.BPS)
        found.append(
            ILens.Risk(id=number, group=group, exposure=exposure, room=max(most, exposure) - exposure)
        )
    return found


@internal
@view
def _agent(executor: IExecutor, agent: address) -> ILens.Agent:
    """
    @dev What an agent may do and has used.
    """
    return ILens.Agent(
        agent=agent,
        mandate=staticcall executor.mandate(agent),
        standing=staticcall executor.standing(agent),
        flow=staticcall executor.flow_budget(agent),
        loss=staticcall executor.loss_budget(agent),
    )


@internal
@view
def _totals(scene: scenes.Scene, books: uint256, strategies: DynArray[ILens.Strategy, 10]) -> ILens.Totals:
    """
    @dev Sums over the treasury.
    """
    totals: IVault.Totals = staticcall outside.VAULT.totals()
    poked_at: uint256 = (outside._word(ledger.WORD_CLOCK, 0) >> 160) & ledger.M40
    liquid: uint256 = scene.idle
    for each: ILens.Strategy in strategies:
        if each.status != ledger.QUARANTINED:
            liquid += min(each.liquid, each.book)
    part: uint256 = ledger.BPS
    if liquid < totals.lo:
        part = liquid * ledger.BPS // totals.lo
    return ILens.Totals(
        idle=scene.idle,
        owed=outside._word(ledger.WORD_OWED, 0),
        books=books,
        lo=totals.lo,
        hi=totals.hi,
        supply=staticcall IERC20(outside.VAULT.address).totalSupply(),
        liquid=liquid,
        liquid_part=part,
        veto=totals.veto,
        stale=block.timestamp - poked_at > positions.STALE * outside._word(ledger.WORD_EPOCH, 0),
        poked_at=poked_at,
    )


@internal
@view
def _stress(sentinel: address) -> ILens.Stress:
    """
    @dev State and signals; without a Sentinel the state alone.
    """
    stress: ILens.Stress = empty(ILens.Stress)
    stress.state = (outside._word(ledger.WORD_HOT, 0) >> 192) & 3
    if sentinel == empty(address):
        return stress
    for signal: uint256 in range(SIGNALS):
        memory: ISentinel.Memory = staticcall ISentinel(sentinel).memory(signal)
        if memory.bad_at != 0:
            stress.bad |= 1 << signal
    stress.beat_at, stress.lapses_at = staticcall ISentinel(sentinel).heartbeat()
    return stress


@internal
@view
def _exits(queue: address) -> ILens.Exits:
    """
    @dev The open epoch.
    """
    exits: ILens.Exits = empty(ILens.Exits)
    exits.epoch, exits.requested, exits.due_at = staticcall IExitQueue(queue).open_epoch()
    return exits
