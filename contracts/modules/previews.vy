# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Previews
@custom:contract-name previews
@license AGPL-3.0-only
@notice What `execute` would say to an intent, which limit binds it, and how much would pass.
@dev It asks in the order in which `execute` does, of what stands now: strategies pay and price as they answer, to the wei
     where their units are fine enough. A policy, a relayer, a signature and units of leavers are not asked.
"""

from interfaces import IExecutor
from interfaces import ILens
from contracts.modules import mandates
from contracts.modules import outlook
from contracts.modules import scenes

uses: outlook
uses: scenes


@view
@external
def preview(intent: IExecutor.Intent) -> ILens.Verdict:
    """
    @notice Anyone. What would come of an intent if its agent sent it now. Policies, relayers and signatures are not asked.
    @param intent The intent.
    @return The reason that `execute` would give, empty if it would pass; the move it refuses, the limit that binds it, and the
            most of it that would pass.
    """
    scene: scenes.Scene = scenes._scene()
    mandate: IExecutor.Mandate = staticcall scene.executor.mandate(intent.agent)
    verdict: ILens.Verdict = scenes._refused(self._admission(scene.executor, intent, mandate))
    if verdict.reason != "":
        return verdict
    flow: IExecutor.Budget = staticcall scene.executor.flow_budget(intent.agent)
    last: ILens.Verdict = empty(ILens.Verdict)  # of the last allocation
    for i: uint256 in range(len(intent.moves), bound=10):
        move: IExecutor.Move = intent.moves[i]
        verdict = scenes._refused(self._permitted(mandate, move))
        if verdict.reason == "":
            scene, verdict = self._made(scene, i, move, max(flow.limit, flow.spent) - flow.spent)
        verdict.move = i
        if verdict.reason != "":
            return verdict
        if move.assets > 0:
            last = verdict
    if scene.allocated != 0:
        verdict = last
    verdict.reason, verdict.limit = self._overspent(scene, intent, mandate, flow)
    if verdict.reason != "" and verdict.reason != "executor: over flow budget":
        verdict.largest = 0
    return verdict


@view
@external
def room(id: uint256) -> uint256:
    """
    @notice The most that one allocation may add to a strategy now, under every limit but an agent's own.
    @param id The strategy.
    @return Asset wei; 0 where nothing may enter.
    """
    return self._room(scenes._scene(), id)


@internal
@view
def _room(scene: scenes.Scene, id: uint256) -> uint256:
    """
    @dev As `room`.
    """
    after: scenes.Scene = scene
    verdict: ILens.Verdict = empty(ILens.Verdict)
    after, verdict = outlook._allocated(scene, 0, id, scene.idle, 0, scene.idle)
    return verdict.largest


@internal
@view
def _made(
    before: scenes.Scene, index: uint256, move: IExecutor.Move, flow: uint256
) -> (scenes.Scene, ILens.Verdict):
    """
    @dev The treasury after one more move of an intent.
    @param before The treasury before it.
    @param index Its place in the intent.
    @param move The move.
    @param flow What the agent may still allocate with the whole intent, asset wei.
    @return The treasury after it, and the verdict.
    """
    scene: scenes.Scene = before
    verdict: ILens.Verdict = empty(ILens.Verdict)
    if move.assets > 0:
        assets: uint256 = convert(move.assets, uint256)
        room: uint256 = max(flow, before.allocated) - before.allocated
        scene, verdict = outlook._allocated(before, index, move.id, assets, move.limit, room)
    else:
        wanted: uint256 = convert(-(move.assets + 1), uint256) + 1
        scene, verdict = outlook._deallocated(before, index, move.id, wanted, move.limit)
    return scene, verdict


@internal
@view
def _admission(executor: IExecutor, intent: IExecutor.Intent, mandate: IExecutor.Mandate) -> String[32]:
    """
    @dev What keeps an intent out before anything is moved.
    @return The reason, or nothing.
    """
    standing: IExecutor.Standing = staticcall executor.standing(intent.agent)
    if block.timestamp > intent.deadline:
        return "executor: deadline passed"
    if convert(mandate.permissions, uint256) == 0:
        return "executor: no mandate"
    if block.timestamp > mandate.expiry:
        return "executor: mandate expired"
    if len(intent.moves) == 0:
        return "executor: no moves"
    if intent.sequence != 0 and intent.sequence != standing.sequence + 1:
        return "executor: wrong sequence"
    used: uint256 = staticcall executor.nonces(intent.agent, intent.nonce >> 8)
    if intent.nonce != 0 and (used >> (intent.nonce & 255)) & 1 == 1:
        return "executor: nonce used"
    if standing.silent and mandates._raises(intent.moves):
        return "executor: agent silent"
    return ""


@internal
@pure
def _permitted(mandate: IExecutor.Mandate, move: IExecutor.Move) -> String[32]:
    """
    @dev Whether a mandate covers a move.
    @return The reason, or nothing.
    """
    permissions: uint256 = convert(mandate.permissions, uint256)
    if move.id > 255 or (mandate.strategies >> move.id) & 1 == 0:
        return "executor: strategy not allowed"
    if move.assets > 0:
        if permissions & mandates.ALLOCATE == 0:
            return "executor: may not allocate"
    elif permissions & mandates.DEALLOCATE == 0:
        return "executor: may not deallocate"
    if move.assets == 0:
        return "executor: empty move"
    return ""


@internal
@view
def _overspent(
    scene: scenes.Scene, intent: IExecutor.Intent, mandate: IExecutor.Mandate, flow: IExecutor.Budget
) -> (String[32], uint256):
    """
    @dev Which limit an intent as a whole is over.
    @return The reason, or nothing, and the limit in asset wei.
    """
    if scene.lost > intent.max_loss:
        return "executor: over own max loss", intent.max_loss
    if scene.allocated == 0:
        return "", 0
    if scene.lost > mandate.max_loss:
        return "executor: over max loss", mandate.max_loss
    if flow.spent + scene.allocated > flow.limit:
        return "executor: over flow budget", flow.limit
    loss: IExecutor.Budget = staticcall scene.executor.loss_budget(intent.agent)
    if loss.spent + scene.lost > loss.limit:
        return "executor: over loss budget", loss.limit
    return "", 0
