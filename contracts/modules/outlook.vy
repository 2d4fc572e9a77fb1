# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Outlook
@custom:contract-name outlook
@license AGPL-3.0-only
@notice What a move of capital would come to, and which limit binds it, asked of the Vault, its strategies and the caps as they
        stand now and after the moves before it.
@dev The order of the questions is that of the Vault and the Executor. A strategy pays and prices as it answers; where a rounding
     decides, the answer errs by a few wei towards refusing.
"""

from interfaces import IExecutor
from interfaces import IVault
from contracts.modules import caps
from contracts.modules import groups
from contracts.modules import guarded_call
from contracts.modules import inflows
from contracts.modules import ledger
from contracts.modules import outside
from contracts.modules import pricing

uses: caps
uses: groups
uses: inflows
uses: outside

LEAST_LIQUID: constant(uint256) = 800  # bps of a position that its strategy must be able to redeem for more to enter
MIN_POSITION: constant(uint256) = 10**6  # asset wei, as modules/positions.vy
STALE: constant(uint256) = 2  # epochs, as modules/positions.vy

# The treasury after the moves so far, asset wei.
struct Scene:
    idle: uint256
    lo: uint256
    closed: String[32]  # why the Vault allocates nothing; empty if it does
    floor: uint256  # bps of the total that stay idle
    allocated: uint256
    lost: uint256
    inflows: uint256[10]  # what each move has put into its strategy
    outflows: uint256[10]  # what each has taken out
    ids: uint256[10]

# A strategy as it stands. Values are of `per` units.
struct Target:
    held: uint256  # units
    per: uint256  # those units, or 10**18 where there are none
    mark: uint256
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
    scene.idle = hot & ledger.M112
    scene.lo = totals.lo
    scene.floor = (clock >> 200) & ledger.M16
    if (hot >> 192) & 3 != ledger.CALM:
        scene.closed = "vault: 5"
    elif totals.veto or block.timestamp - ((clock >> 160) & ledger.M40) > STALE * epoch:
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
    target.most = outside._redeemable(target.terms)
    memory: uint256 = outside._word(ledger.WORD_MEMORY, id)
    target.reference = (target.per * pricing._highest(memory)) >> (memory >> 248)
    target.guard = pricing._guarded(memory, target.per)
    return target


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


# ------------------------------------------------------------------ verdicts


@internal
@pure
def _refused(reason: String[32], limit: uint256 = 0) -> IExecutor.Verdict:
    """
    @dev A refusal that no smaller amount would escape.
    """
    return IExecutor.Verdict(reason=reason, move=0, limit=limit, largest=0)


@internal
@pure
def _bound(
    verdict: IExecutor.Verdict, assets: uint256, room: uint256, limit: uint256, reason: String[32]
) -> IExecutor.Verdict:
    """
    @dev A verdict under one more limit.
    @param verdict The verdict so far.
    @param assets What is asked for, asset wei.
    @param room What the limit leaves, asset wei.
    @param limit The limit itself.
    @param reason What it refuses with.
    """
    bound: IExecutor.Verdict = verdict
    bound.largest = min(bound.largest, room)
    if assets > room and bound.reason == "":
        bound.reason = reason
        bound.limit = limit
    return bound


# ------------------------------------------------------------------ moves


@internal
@view
def _allocated(scene: Scene, id: uint256, assets: uint256, least: uint256) -> (Scene, IExecutor.Verdict):
    """
    @dev An allocation, asked of the strategy, the Vault and the caps.
    @param scene The treasury before it.
    @param id The strategy.
    @param assets Asset wei.
    @param least Units that must come.
    @return The treasury after it, and the verdict.
    """
    target: Target = self._target(id)
    entered: uint256 = 0
    left: uint256 = 0
    entered, left = self._flows(scene, id)
    mark: uint256 = 0  # of what is held after the moves so far
    book: uint256 = 0
    if target.held != 0:
        mark = max(target.mark + entered, left) - left
        book = max(target.book + entered, left) - left
        if left != 0 and target.mark != 0:
            book = target.book - min(target.book, (target.book * left + target.mark - 1) // target.mark) + entered
    else:
        mark = entered
        book = entered
    worth: uint256 = self._worth(target, assets)
    verdict: IExecutor.Verdict = self._unfit(scene, target, id, assets, least, book, worth)
    verdict = self._under_vault(verdict, scene, id, assets, max(mark, book), worth)
    verdict = self._under_caps(verdict, scene, id, assets, max(mark, book), worth)
    after: Scene = scene
    after.idle -= min(assets, after.idle)
    after.lo -= min(assets - worth, after.lo)
    after.allocated += assets
    after.lost += assets - worth
    return after, verdict


@internal
@pure
def _worth(target: Target, assets: uint256) -> uint256:
    """
    @dev What an allocation is counted at: at most at the remembered prices. Asset wei.
    """
    if not target.answers or target.mark == 0:
        return assets
    worth: uint256 = assets
    if target.mark > target.reference:
        worth = min(worth, assets * target.reference // target.mark)
    if target.mark > target.book:
        worth = min(worth, assets * (target.book + 1) // target.mark)
    return worth


@internal
@view
def _unfit(
    scene: Scene,
    target: Target,
    id: uint256,
    assets: uint256,
    least: uint256,
    book: uint256,
    worth: uint256,
) -> IExecutor.Verdict:
    """
    @dev What keeps any amount out of a strategy, and the idle that is there.
    """
    if target.held != 0:
        if target.most > guarded_call.LARGEST:
            return self._refused("executor: target silent")
        if target.most * ledger.BPS < target.held * LEAST_LIQUID:
            return self._refused("executor: target illiquid", LEAST_LIQUID)
        if target.position & ledger.SHORT != 0:
            return self._refused("executor: target short")
    if (target.position >> 224) & ledger.M8 != ledger.OK:
        return self._refused("vault: 19")
    opens_at: uint256 = outside._word(ledger.WORD_LISTING, id) >> 112
    if block.timestamp < opens_at:
        return self._refused("vault: 25", opens_at)
    verdict: IExecutor.Verdict = IExecutor.Verdict(reason="", move=0, limit=0, largest=assets)
    verdict = self._bound(verdict, assets, scene.idle, scene.idle, "vault: 14")
    if verdict.reason != "":
        return verdict
    if not target.answers:
        return self._refused("vault: 17")
    if target.mark != 0 and assets * target.per // target.mark < least:
        return self._refused("vault: 16", least)
    band: uint256 = (target.terms >> 232) & ledger.M16
    low: uint256 = target.reference * (ledger.BPS - band) // ledger.BPS
    high: uint256 = target.reference * (ledger.BPS + band) // ledger.BPS + 1
    if target.mark < low or target.mark > high or target.mark == 0:
        return self._refused("vault: 23", band)
    if book + worth < MIN_POSITION:
        return self._refused("vault: 3", MIN_POSITION)
    tolerance: uint256 = (target.terms >> 216) & ledger.M16
    if worth * ledger.BPS + ledger.BPS < assets * (ledger.BPS - tolerance):
        return self._refused("vault: 22", tolerance)
    return verdict


@internal
@view
def _under_vault(
    verdict: IExecutor.Verdict, scene: Scene, id: uint256, assets: uint256, exposure: uint256, worth: uint256
) -> IExecutor.Verdict:
    """
    @dev An allocation under the Vault's ceiling, state, veto and idle floor.
    @param verdict The verdict so far.
    @param scene The treasury before the move.
    @param id The strategy.
    @param assets Asset wei.
    @param exposure What the strategy holds before it, asset wei.
    @param worth What the move is counted at, asset wei.
    """
    ceiling: uint256 = outside._word(ledger.WORD_LISTING, id) & ledger.M112
    bound: IExecutor.Verdict = self._bound(
        verdict, assets, max(ceiling, exposure) - exposure, ceiling, "vault: 20"
    )
    if scene.closed != "":
        bound.largest = 0
        if bound.reason == "":
            bound.reason = scene.closed
    least: uint256 = (self._lo_after(scene, assets, worth) * scene.floor + ledger.BPS - 1) // ledger.BPS
    return self._bound(bound, assets, max(scene.idle, least) - least, scene.floor, "vault: 21")


@internal
@view
def _under_caps(
    verdict: IExecutor.Verdict, scene: Scene, id: uint256, assets: uint256, exposure: uint256, worth: uint256
) -> IExecutor.Verdict:
    """
    @dev An allocation under the caps of its strategy, of its groups, and the inflow limit; parameters as `_under_vault`.
    """
    word: uint256 = caps.words[id]
    lo: uint256 = self._lo_after(scene, assets, worth)
    bound: IExecutor.Verdict = self._under_cap(
        verdict, word, lo, assets, exposure, "executor: over absolute cap", "executor: over relative cap"
    )
    hot: uint256 = outside._word(ledger.WORD_HOT, 0)
    left: uint256 = caps._groups(word)
    for group: uint256 in range(groups.MAX_GROUP + 1):
        if left == 0:
            break
        if left & 1 == 1:
            others: uint256 = groups.members[group] & ~(1 << id)
            held: uint256 = outside._books_of(hot, others)
            for i: uint256 in range(10):
                if (others >> scene.ids[i]) & 1 == 1:
                    held = max(held + scene.inflows[i], scene.outflows[i]) - scene.outflows[i]
            bound = self._under_cap(
                bound,
                groups.operating[group],
                lo,
                assets,
                exposure + held,
                "executor: over group cap",
                "executor: over group share",
            )
        left >>= 1
    if word & caps.LIMITED != 0:
        bucket: uint256 = inflows.buckets[id]
        limit: uint256 = bucket & inflows.M100
        entered: uint256 = inflows._spent(bucket) + self._flows(scene, id)[0]
        bound = self._bound(bound, assets, max(limit, entered) - entered, limit, "executor: over inflow limit")
    return bound


@internal
@pure
def _under_cap(
    verdict: IExecutor.Verdict,
    cap: uint256,
    lo: uint256,
    assets: uint256,
    exposure: uint256,
    over_absolute: String[32],
    over_relative: String[32],
) -> IExecutor.Verdict:
    """
    @dev An allocation under one packed cap.
    """
    absolute: uint256 = cap & caps.MAX_AMOUNT
    relative: uint256 = (cap >> 112) & caps.M16
    share: uint256 = lo * relative // ledger.BPS
    bound: IExecutor.Verdict = self._bound(
        verdict, assets, max(absolute, exposure) - exposure, absolute, over_absolute
    )
    return self._bound(bound, assets, max(share, exposure) - exposure, relative, over_relative)


@internal
@pure
def _lo_after(scene: Scene, assets: uint256, worth: uint256) -> uint256:
    """
    @dev Total at the lower prices after an allocation, asset wei.
    """
    return max(scene.lo, assets - worth) - (assets - worth)


@internal
@view
def _deallocated(scene: Scene, id: uint256, assets: uint256, least: uint256) -> (Scene, IExecutor.Verdict):
    """
    @dev A deallocation, asked of the strategy and the Vault; parameters as `_allocated`.
    """
    after: Scene = scene
    target: Target = self._target(id)
    entered: uint256 = 0
    left: uint256 = 0
    entered, left = self._flows(scene, id)
    mark: uint256 = target.mark
    if not target.answers or mark == 0:
        mark = max(target.book, 1)
    held: uint256 = max(mark + entered, left) - left
    if target.held == 0:
        held = entered
    if held == 0:
        return after, self._refused("vault: 3")
    wanted: uint256 = min(assets, held)
    liquid: uint256 = held
    if target.held != 0:
        liquid = 0
        if target.most <= guarded_call.LARGEST:
            liquid = max(mark * min(target.most, target.held) // target.held + entered, left) - left
    verdict: IExecutor.Verdict = IExecutor.Verdict(reason="", move=0, limit=0, largest=assets)
    if wanted > liquid:
        verdict = IExecutor.Verdict(reason="vault: 17", move=0, limit=liquid, largest=liquid)
    elif wanted < least:
        verdict = self._refused("vault: 16", least)
    owed: uint256 = max(wanted, wanted * target.guard // max(target.mark, 1))
    tolerance: uint256 = (target.terms >> 216) & ledger.M16
    if verdict.reason == "" and wanted * ledger.BPS + ledger.BPS < owed * (ledger.BPS - tolerance):
        verdict = self._refused("vault: 22", tolerance)
    after.idle += wanted
    after.lost += owed - wanted
    if mark > target.book and target.held != 0:
        after.lo += wanted - wanted * target.book // mark
    return after, verdict
