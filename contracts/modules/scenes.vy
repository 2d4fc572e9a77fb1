# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Scenes
@custom:contract-name scenes
@license AGPL-3.0-only
@notice The treasury and its strategies as they stand now and after the moves so far, and verdicts over one more move.
"""

from interfaces import IExecutor
from interfaces import ILens
from interfaces import IVault
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import outside
from contracts.modules import positions
from contracts.modules import pricing

uses: outside

# The treasury after the moves so far, asset wei.
struct Scene:
    executor: IExecutor
    idle: uint256
    lo: uint256
    closed: String[32]  # why the Vault allocates nothing; empty if it does
    floor: uint256  # bps of the total that stay idle
    allocated: uint256
    lost: uint256
    inflows: uint256[10]  # what each move has put into its strategy
    outflows: uint256[10]  # what each has taken out
    released: uint256[10]  # the part of the book that went with it
    ids: uint256[10]

# A strategy as it stands. Values are of `per` units.
struct Target:
    held: uint256  # units
    per: uint256  # those units, or 10**18 where there are none
    mark: uint256  # the book where it does not answer
    book: uint256
    reference: uint256
    guard: uint256
    most: uint256  # units that it says it can redeem for the Vault; above LARGEST if it does not answer
    answers: bool
    position: uint256  # the packed word
    terms: uint256  # the packed word


@internal
@view
def _scene() -> Scene:
    """
    @dev The treasury now.
    """
    hot: uint256 = outside._word(ledger.WORD_HOT, 0)
    clock: uint256 = outside._word(ledger.WORD_CLOCK, 0)
    totals: IVault.Totals = staticcall outside.VAULT.totals()
    epoch: uint256 = outside._word(ledger.WORD_EPOCH, 0)
    scene: Scene = empty(Scene)
    scene.executor = IExecutor(convert(clock & ledger.M160, address))
    scene.idle = hot & ledger.M112
    scene.lo = totals.lo
    scene.floor = (clock >> 200) & ledger.M16
    if (hot >> 192) & 3 != ledger.CALM:
        scene.closed = "vault: 5"
    elif totals.veto or block.timestamp - ((clock >> 160) & ledger.M40) > positions.STALE * epoch:
        scene.closed = "vault: 7"
    return scene


@internal
@view
def _target(id: uint256) -> Target:
    """
    @dev A strategy as it stands.
    """
    target: Target = empty(Target)
    target.position = outside._word(ledger.WORD_POSITION, id)
    target.terms = outside._word(ledger.WORD_TERMS, id)
    target.held = target.position & ledger.M112
    target.per = target.held
    if target.held == 0:
        target.per = ledger.PROBE
    target.book = (target.position >> 112) & ledger.M112
    target.mark = guarded_call._read(target.terms, guarded_call.VALUE, target.per)
    target.answers = target.mark <= guarded_call.LARGEST
    if not target.answers:
        target.mark = target.book
    target.most = outside._redeemable(target.terms)
    memory: uint256 = outside._word(ledger.WORD_MEMORY, id)
    target.reference = (target.per * pricing._highest(memory)) >> (memory >> 248)
    target.guard = pricing._guarded(memory, target.per)
    return target


@internal
@pure
def _liquid(target: Target) -> uint256:
    """
    @dev What a strategy says it can pay the stayers now, as `outside._liquid`, from what was read of it already.
    @param target The strategy, with units.
    @return Asset wei, rounded down; nothing where it does not tell what it can redeem.
    """
    if target.most > guarded_call.LARGEST:
        return 0
    return target.mark * min(target.most, target.held) // target.held


@internal
@pure
def _flows(scene: Scene, id: uint256) -> (uint256, uint256):
    """
    @dev What the moves so far have put into a strategy and taken out, asset wei.
    """
    entered: uint256 = 0
    left: uint256 = 0
    for i: uint256 in range(10):
        if scene.ids[i] == id:
            entered += scene.inflows[i]
            left += scene.outflows[i]
    return entered, left


@internal
@pure
def _without(scene: Scene, index: uint256, id: uint256, assets: uint256, released: uint256) -> Scene:
    """
    @dev The treasury after assets came home.
    @param scene The treasury before.
    @param index Place of the move in the intent.
    @param id The strategy.
    @param assets Asset wei.
    @param released The part of its book that went with them, asset wei.
    """
    after: Scene = scene
    after.ids[index] = id
    after.outflows[index] = assets
    after.released[index] = released
    after.idle += assets
    return after


@internal
@pure
def _refused(reason: String[32], limit: uint256 = 0) -> ILens.Verdict:
    """
    @dev A refusal that no smaller amount would escape.
    """
    return ILens.Verdict(reason=reason, move=0, limit=limit, largest=0)


@internal
@pure
def _bound(
    verdict: ILens.Verdict, assets: uint256, room: uint256, limit: uint256, reason: String[32]
) -> ILens.Verdict:
    """
    @dev A verdict under one more limit.
    @param verdict The verdict so far.
    @param assets What is asked for, asset wei.
    @param room What the limit leaves, asset wei.
    @param limit The limit itself.
    @param reason What it refuses with.
    """
    bound: ILens.Verdict = verdict
    bound.largest = min(bound.largest, room)
    if assets > room and bound.reason == "":
        bound.reason = reason
        bound.limit = limit
    return bound
