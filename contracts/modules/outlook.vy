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
from interfaces import ILens
from contracts.modules import caps
from contracts.modules import guarded_call
from contracts.modules import ledger
from contracts.modules import outside
from contracts.modules import positions
from contracts.modules import scenes

uses: outside
uses: scenes


@internal
@view
def _allocated(
    scene: scenes.Scene, index: uint256, id: uint256, assets: uint256, least: uint256, flow: uint256
) -> (scenes.Scene, ILens.Verdict):
    """
    @dev An allocation, asked of the strategy, the Vault and the caps.
    @param scene The treasury before it.
    @param index Its place in the intent.
    @param id The strategy.
    @param assets Asset wei.
    @param least Units that must come.
    @param flow What the agent may still allocate, asset wei.
    @return The treasury after it, and the verdict.
    """
    target: scenes.Target = scenes._target(id)
    entered: uint256 = 0
    left: uint256 = 0
    entered, left = scenes._flows(scene, id)
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
    booked: uint256 = 0
    counted: uint256 = 0
    booked, counted = self._worth(target, assets)
    verdict: ILens.Verdict = self._unfit(scene, target, id, assets, least, book + booked, counted)
    verdict = self._under_vault(verdict, scene, id, assets, max(mark, book), booked)
    verdict = self._under_caps(verdict, scene, id, assets, max(mark, book), booked)
    verdict.largest = min(verdict.largest, flow)
    if book + verdict.largest < positions.MIN_POSITION:
        verdict.largest = 0
    after: scenes.Scene = scene
    after.ids[index] = id
    after.inflows[index] = assets
    after.idle -= min(assets, after.idle)
    after.lo -= min(assets - booked, after.lo)
    after.allocated += assets
    after.lost += assets - counted
    if target.held != 0 and target.mark % target.held != 0:
        after.lost += 1  # units are whole: the last one rounds
    return after, verdict


@internal
@pure
def _worth(target: scenes.Target, assets: uint256) -> (uint256, uint256):
    """
    @dev What an allocation adds to the book, at most at the remembered price, and what it is charged against, at most at the
         book's. Asset wei.
    """
    if not target.answers or target.mark == 0:
        return assets, assets
    booked: uint256 = assets
    if target.mark > target.reference:
        booked = assets * target.reference // target.mark
    if target.mark > target.book:
        return booked, min(booked, assets * (target.book + 1) // target.mark)
    return booked, booked


@internal
@view
def _unfit(
    scene: scenes.Scene,
    target: scenes.Target,
    id: uint256,
    assets: uint256,
    least: uint256,
    book: uint256,
    counted: uint256,
) -> ILens.Verdict:
    """
    @dev What keeps any amount out of a strategy, and the idle that is there.
    @param scene The treasury before the move.
    @param target The strategy.
    @param id Its id.
    @param assets Asset wei.
    @param least Units that must come.
    @param book Its book after the move, asset wei.
    @param counted What the move is charged against, asset wei.
    """
    if target.held != 0:
        if target.most > guarded_call.LARGEST:
            return scenes._refused("executor: target silent")
        if target.most * ledger.BPS < target.held * caps.LEAST_LIQUID:
            return scenes._refused("executor: target illiquid", caps.LEAST_LIQUID)
        if target.position & ledger.SHORT != 0:
            return scenes._refused("executor: target short")
    if (target.position >> 224) & ledger.M8 != ledger.OK:
        return scenes._refused("vault: 19")
    opens_at: uint256 = outside._word(ledger.WORD_LISTING, id) >> 112
    if block.timestamp < opens_at:
        return scenes._refused("vault: 25", opens_at)
    verdict: ILens.Verdict = ILens.Verdict(reason="", move=0, limit=0, largest=assets)
    verdict = scenes._bound(verdict, assets, scene.idle, scene.idle, "vault: 14")
    if verdict.reason != "":
        return verdict
    if not target.answers:
        return scenes._refused("vault: 17")
    if target.mark != 0 and assets * target.per // target.mark < least:
        return scenes._refused("vault: 16", least)
    band: uint256 = (target.terms >> 232) & ledger.M16
    low: uint256 = target.reference * (ledger.BPS - band) // ledger.BPS
    high: uint256 = target.reference * (ledger.BPS + band) // ledger.BPS + 1
    if target.mark < low or target.mark > high or target.mark == 0:
        return scenes._refused("vault: 23", band)
    if book < positions.MIN_POSITION:
        return scenes._refused("vault: 3", positions.MIN_POSITION)
    tolerance: uint256 = (target.terms >> 216) & ledger.M16
    if counted * ledger.BPS + ledger.BPS < assets * (ledger.BPS - tolerance):
        return scenes._refused("vault: 22", tolerance)
    return verdict


@internal
@view
def _under_vault(
    verdict: ILens.Verdict, scene: scenes.Scene, id: uint256, assets: uint256, exposure: uint256, booked: uint256
) -> ILens.Verdict:
    """
    @dev An allocation under the Vault's ceiling, state, veto and idle floor.
    @param verdict The verdict so far.
    @param scene The treasury before the move.
    @param id The strategy.
    @param assets Asset wei.
    @param exposure What the strategy holds before it, asset wei.
    @param booked What the move adds to the book, asset wei.
    """
    ceiling: uint256 = outside._word(ledger.WORD_LISTING, id) & ledger.M112
    bound: ILens.Verdict = scenes._bound(
        verdict, assets, max(ceiling, exposure) - exposure, ceiling, "vault: 20"
    )
    if scene.closed != "":
        bound.largest = 0
        if bound.reason == "":
            bound.reason = scene.closed
    least: uint256 = (self._lo_after(scene, assets, booked) * scene.floor + ledger.BPS - 1) // ledger.BPS
    return scenes._bound(bound, assets, max(scene.idle, least) - least, scene.floor, "vault: 21")


@internal
@view
def _under_caps(
    verdict: ILens.Verdict, scene: scenes.Scene, id: uint256, assets: uint256, exposure: uint256, booked: uint256
) -> ILens.Verdict:
    """
    @dev An allocation under the caps of its strategy, of its groups, and the inflow limit; parameters as `_under_vault`.
    """
    lo: uint256 = self._lo_after(scene, assets, booked)
    cap: IExecutor.Cap = staticcall scene.executor.cap(id)
    bound: ILens.Verdict = verdict
    closed_until: uint256 = staticcall scene.executor.closed_until(id)
    if block.timestamp < closed_until:
        bound = scenes._bound(verdict, assets, 0, closed_until, "executor: strategy closed")
    bound = self._under_cap(
        bound, cap, lo, assets, exposure, "executor: over absolute cap", "executor: over relative cap"
    )
    bound = self._under_groups(bound, scene, id, assets, exposure, lo)
    bucket: IExecutor.Inflow = staticcall scene.executor.inflow(id)
    if bucket.window == 0:
        return bound
    entered: uint256 = bucket.spent + scenes._flows(scene, id)[0]
    left: uint256 = max(bucket.limit, entered) - entered
    return scenes._bound(bound, assets, left, bucket.limit, "executor: over inflow limit")


@internal
@view
def _under_groups(
    verdict: ILens.Verdict, scene: scenes.Scene, id: uint256, assets: uint256, exposure: uint256, lo: uint256
) -> ILens.Verdict:
    """
    @dev An allocation under the caps of the strategy's groups.
    @param verdict The verdict so far.
    @param scene The treasury before the move.
    @param id The strategy.
    @param assets Asset wei.
    @param exposure What the strategy holds before it, asset wei.
    @param lo Total at the lower prices after it, asset wei.
    """
    bound: ILens.Verdict = verdict
    hot: uint256 = outside._word(ledger.WORD_HOT, 0)
    left: uint256 = staticcall scene.executor.groups_of(id)
    for number: uint256 in range(32):
        if left == 0:
            break
        if left & 1 == 1:
            group: IExecutor.Group = staticcall scene.executor.group(number)
            others: uint256 = group.members & ~(1 << id)
            held: uint256 = outside._books_of(hot, others)
            for i: uint256 in range(10):
                if (others >> scene.ids[i]) & 1 == 1:
                    held = max(held + scene.inflows[i], scene.released[i]) - scene.released[i]
            cap: IExecutor.Cap = IExecutor.Cap(absolute=group.absolute, relative=group.relative, cut_until=0)
            bound = self._under_cap(
                bound, cap, lo, assets, exposure + held, "executor: over group cap", "executor: over group share"
            )
        left >>= 1
    return bound


@internal
@pure
def _under_cap(
    verdict: ILens.Verdict,
    cap: IExecutor.Cap,
    lo: uint256,
    assets: uint256,
    exposure: uint256,
    over_absolute: String[32],
    over_relative: String[32],
) -> ILens.Verdict:
    """
    @dev An allocation under one cap.
    @param verdict The verdict so far.
    @param cap The cap.
    @param lo Total at the lower prices after it, asset wei.
    @param assets Asset wei.
    @param exposure What the cap covers before it, asset wei.
    @param over_absolute Reason of the one part of the cap.
    @param over_relative Reason of the other.
    """
    share: uint256 = lo * cap.relative // ledger.BPS
    bound: ILens.Verdict = scenes._bound(
        verdict, assets, max(cap.absolute, exposure) - exposure, cap.absolute, over_absolute
    )
    return scenes._bound(bound, assets, max(share, exposure) - exposure, cap.relative, over_relative)


@internal
@pure
def _lo_after(scene: scenes.Scene, assets: uint256, booked: uint256) -> uint256:
    """
    @dev Total at the lower prices after an allocation, asset wei.
    """
    return max(scene.lo, assets - booked) - (assets - booked)


@internal
@view
def _deallocated(
    scene: scenes.Scene, index: uint256, id: uint256, assets: uint256, least: uint256
) -> (scenes.Scene, ILens.Verdict):
    """
    @dev A deallocation, asked of the strategy and the Vault; parameters as `_allocated`.
    """
    after: scenes.Scene = scene
    target: scenes.Target = scenes._target(id)
    entered: uint256 = 0
    left: uint256 = 0
    entered, left = scenes._flows(scene, id)
    mark: uint256 = target.mark
    if not target.answers or mark == 0:
        mark = max(target.book, 1)
    held: uint256 = max(mark + entered, left) - left
    if target.held == 0:
        held = entered
    if held == 0:
        return after, scenes._refused("vault: 3")
    wanted: uint256 = min(assets, held)
    liquid: uint256 = held
    if target.held != 0:
        liquid = 0
        if target.most <= guarded_call.LARGEST:
            liquid = max(mark * min(target.most, target.held) // target.held + entered, left) - left
    verdict: ILens.Verdict = ILens.Verdict(reason="", move=0, limit=0, largest=assets)
    if wanted > liquid:
        verdict = ILens.Verdict(reason="vault: 17", move=0, limit=liquid, largest=liquid)
    elif wanted < least:
        verdict = scenes._refused("vault: 16", least)
    owed: uint256 = max(wanted, wanted * target.guard // max(target.mark, 1))
    tolerance: uint256 = (target.terms >> 216) & ledger.M16
    if verdict.reason == "" and wanted * ledger.BPS + ledger.BPS < owed * (ledger.BPS - tolerance):
        verdict = scenes._refused("vault: 22", tolerance)
    released: uint256 = wanted
    if target.held != 0:
        released = (target.book * wanted + mark - 1) // mark
    after = scenes._without(after, index, id, wanted, released)
    after.lost += owed - wanted
    if mark > target.book and target.held != 0:
        after.lo += wanted - wanted * target.book // mark
    return after, verdict
