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
from contracts.modules import mandates
from contracts.modules import outlook

uses: mandates
uses: outlook


@view
@external
def preview(intent: IExecutor.Intent) -> IExecutor.Verdict:
    """
    @notice Anyone. What would come of an intent if its agent sent it now. Policies, relayers and signatures are not asked.
    @param intent The intent.
    @return The reason that `execute` would give, empty if it would pass; the move it refuses, the limit that binds it, and the
            most of it that would pass.
    """
    verdict: IExecutor.Verdict = outlook._refused(self._admission(intent))
    if verdict.reason != "":
        return verdict
    scene: outlook.Scene = outlook._scene()
    last: IExecutor.Verdict = empty(IExecutor.Verdict)  # of the last allocation
    for i: uint256 in range(len(intent.moves), bound=10):
        move: IExecutor.Move = intent.moves[i]
        verdict = outlook._refused(self._permitted(intent.agent, move))
        if verdict.reason == "":
            scene, verdict = self._made(scene, i, move, self._flow_room(intent.agent))
        verdict.move = i
        if verdict.reason != "":
            return verdict
        if move.assets > 0:
            last = verdict
    if scene.allocated != 0:
        verdict = last
    verdict.reason, verdict.limit = self._overspent(intent, scene)
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
    scene: outlook.Scene = empty(outlook.Scene)
    verdict: IExecutor.Verdict = empty(IExecutor.Verdict)
    scene = outlook._scene()
    scene, verdict = outlook._allocated(scene, id, scene.idle, 0)
    return verdict.largest


@internal
@view
def _made(
    before: outlook.Scene, index: uint256, move: IExecutor.Move, flow: uint256
) -> (outlook.Scene, IExecutor.Verdict):
    """
    @dev The treasury after one more move of an intent.
    @param before The treasury before it.
    @param index Its place in the intent.
    @param move The move.
    @param flow What the agent may still allocate with the whole intent, asset wei.
    @return The treasury after it, and the verdict.
    """
    scene: outlook.Scene = before
    verdict: IExecutor.Verdict = empty(IExecutor.Verdict)
    if move.assets > 0:
        assets: uint256 = convert(move.assets, uint256)
        room: uint256 = max(flow, before.allocated) - before.allocated
        scene, verdict = outlook._allocated(before, move.id, assets, move.limit)
        verdict.largest = min(verdict.largest, room)
        scene.inflows[index] = assets
    else:
        wanted: uint256 = convert(-(move.assets + 1), uint256) + 1
        scene, verdict = outlook._deallocated(before, move.id, wanted, move.limit)
        scene.outflows[index] = scene.idle - before.idle
    scene.ids[index] = move.id
    return scene, verdict


@internal
@view
def _admission(intent: IExecutor.Intent) -> String[32]:
    """
    @dev What keeps an intent out before anything is moved.
    @return The reason, or nothing.
    """
    terms: uint256 = mandates.terms[intent.agent]
    used: uint256 = mandates.used[intent.agent]
    if block.timestamp > intent.deadline:
        return "executor: deadline passed"
    if terms & 255 == 0:
        return "executor: no mandate"
    if block.timestamp > (terms >> 8) & mandates.M32:
        return "executor: mandate expired"
    if len(intent.moves) == 0:
        return "executor: no moves"
    if intent.sequence != 0 and intent.sequence != (used >> 232) + 1:
        return "executor: wrong sequence"
    if intent.nonce != 0 and mandates._is_used(intent.agent, intent.nonce):
        return "executor: nonce used"
    if mandates._raises(intent.moves) and mandates._is_silent(terms, used):
        return "executor: agent silent"
    return ""


@internal
@view
def _permitted(agent: address, move: IExecutor.Move) -> String[32]:
    """
    @dev Whether a mandate covers a move.
    @return The reason, or nothing.
    """
    permissions: uint256 = mandates.terms[agent] & 255
    if move.id > 255 or (mandates.strategies[agent] >> move.id) & 1 == 0:
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
def _flow_room(agent: address) -> uint256:
    """
    @dev What is left of an agent's flow budget, asset wei.
    """
    limit: uint256 = mandates.limits[agent] & mandates.M100
    spent: uint256 = mandates._spent_now(agent)[0]
    return max(limit, spent) - spent


@internal
@view
def _overspent(intent: IExecutor.Intent, scene: outlook.Scene) -> (String[32], uint256):
    """
    @dev Which limit an intent as a whole is over.
    @return The reason, or nothing, and the limit in asset wei.
    """
    if scene.lost > intent.max_loss:
        return "executor: over own max loss", intent.max_loss
    if scene.allocated == 0:
        return "", 0
    most: uint256 = (mandates.terms[intent.agent] >> 90) & mandates.M100
    if scene.lost > most:
        return "executor: over max loss", most
    limits: uint256 = mandates.limits[intent.agent]
    if scene.allocated > self._flow_room(intent.agent):
        return "executor: over flow budget", limits & mandates.M100
    if mandates._spent_now(intent.agent)[1] + scene.lost > limits >> 100:
        return "executor: over loss budget", limits >> 100
    return "", 0
