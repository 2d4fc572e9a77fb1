"""The rebalancer: an agent that brings a treasury towards target weights, inside every limit."""

from __future__ import annotations

from dataclasses import replace

from ganglion.agent import explain
from ganglion.agent.client import Client
from ganglion.agent.denials import Denial
from ganglion.agent.errors import AgentError, NotSettled
from ganglion.agent.intent import Intent, canonical
from ganglion.agent.outcome import Executed
from ganglion.agent.snapshot import Snapshot
from ganglion.agent.structs import BPS
from ganglion.planning import Plan, Problem, Targets, plan

from .deeds import Deed, Outcome, Report, failed, told
from .rests import Rests
from .settings import RebalancerSettings

BEAT_PART = 3  # a beat is due when a third of the mandate's heartbeat has passed


class Rebalancer:
    """A rebalancer of one treasury.

    Args:
        client: the treasury, with the agent's account.
        settings: the weights, and how near is near enough.
    """

    def __init__(self, client: Client, settings: RebalancerSettings) -> None:
        self._client, self._settings = client, settings
        self._rests = Rests()
        self._goal = Targets(dict(settings.targets), min_idle=settings.min_idle)

    def step(self) -> Report:
        """Do what is due in the latest block: one intent towards the weights, or a sign of life.

        Raises:
            AgentError: the treasury cannot be read, or the weights do not fit it.
        """
        deeds = self._resumed()
        snapshot = self._client.observe()
        report = Report(snapshot.number, deeds)
        if any(deed.outcome is Outcome.WAITING for deed in deeds):
            return report
        report.idle = self._hindrance(snapshot)
        if report.idle:
            return report
        acted = self._rebalance(snapshot, report)
        if not acted and self._beat_is_due(snapshot):
            report.deeds.append(self._sent("beat", snapshot.number, None))
        return report

    def _resumed(self) -> list[Deed]:
        """Settle what an earlier block, or an earlier life, has sent."""
        try:
            ended = self._client.resume()
        except NotSettled as late:
            return [Deed("resume", Outcome.WAITING, told(late))]
        return [
            _executed("resume", each) if isinstance(each, Executed) else failed("resume", each)
            for each in ended
        ]

    @staticmethod
    def _hindrance(snapshot: Snapshot) -> str:
        """Why the agent can do nothing at all; empty if it can."""
        agent = snapshot.agent
        if not agent.mandate.permissions:
            return f"{agent.agent} has no mandate; the Timelock grants one"
        if snapshot.time > agent.mandate.expiry:
            return f"the mandate of {agent.agent} has expired; the Timelock grants another"
        return ""

    # -- intents --------------------------------------------------------------

    def _rebalance(self, snapshot: Snapshot, report: Report) -> bool:
        """Make one intent towards the weights; returns whether it was executed.

        A strategy whose moves would be refused is left out and the rest is planned anew: one that is broken
        does not hold up the others.
        """
        problem = Problem.of(snapshot, slippage=self._settings.slippage)
        aim = self._goal.aim(problem)
        lacks, gap = aim.measure(problem.values, problem.idle)
        if not lacks and gap * BPS <= problem.total * self._settings.band:
            report.idle = f"{gap} asset wei from the weights, inside the band"
            return False
        for _ in problem.positions:
            found = plan(problem, self._goal)
            if not found.moves:
                limits = ", ".join(map(str, found.limits)) or "moves too small to make"
                report.idle = f"{gap} asset wei from the weights, held by {limits}"
                return False
            if not self._is_worth_it(found, problem):
                report.idle = f"{gap} asset wei from the weights; the next step is smaller than the band"
                return False
            intent = self._intent(found, snapshot)
            simulated = self._client.simulate(intent)
            if simulated.denial is None:
                lines = [*str(explain(simulated, snapshot)).splitlines(), self._reason(found, snapshot)]
                deed = self._sent("rebalance", snapshot.number, intent, "; ".join(lines))
                report.deeds.append(deed)
                return deed.outcome is Outcome.DONE
            culprit = self._culprit(found, snapshot)
            detail = f"{told(simulated.denial)}; planned without strategy {culprit} for this block"
            report.deeds.append(Deed(f"rebalance {culprit}", Outcome.REFUSED, detail))
            problem = _without(problem, culprit)
        return False

    def _is_worth_it(self, found: Plan, problem: Problem) -> bool:
        """Whether a plan comes nearer by the band at least: what refills must not be spent in crumbs."""
        nearer = found.before.gap - found.after.gap
        return found.after.lacks < found.before.lacks or nearer * BPS > problem.total * self._settings.band

    def _intent(self, found: Plan, snapshot: Snapshot) -> Intent:
        reason = self._reason(found, snapshot)
        intent = self._client.intent(found.moves, snapshot=snapshot, max_loss=found.loss, reason=reason)
        # Planned for this state: if any other intent of the agent comes first, this one must not follow it.
        return replace(intent, sequence=snapshot.agent.standing.sequence + 1)

    def _reason(self, found: Plan, snapshot: Snapshot) -> str:
        """The text whose hash the journal gets; the log keeps the text."""
        weights = {str(identifier): weight for identifier, weight in self._settings.targets.items()}
        return canonical({"targets": weights, "block": snapshot.number, "plan": found.as_dict()})

    def _culprit(self, found: Plan, snapshot: Snapshot) -> int:
        """The strategy of the first move with which the moves so far are refused."""
        for count in range(1, len(found.moves)):
            part = replace(found, moves=found.moves[:count])
            if self._client.simulate(self._intent(part, snapshot)).denial is not None:
                return found.moves[count - 1].id
        return found.moves[-1].id

    # -- signs of life -----------------------------------------------------------

    @staticmethod
    def _beat_is_due(snapshot: Snapshot) -> bool:
        heartbeat, standing = snapshot.agent.mandate.heartbeat, snapshot.agent.standing
        due = BEAT_PART * (snapshot.time - standing.seen) >= heartbeat
        return bool(heartbeat) and not standing.silent and due

    def _sent(self, what: str, number: int, intent: Intent | None, detail: str = "") -> Deed:
        if why := self._rests.why(what, number):
            return Deed(what, Outcome.WAITING, why)
        try:
            done = self._client.beat() if intent is None else self._client.submit(intent)
        except NotSettled as late:
            return Deed(what, Outcome.WAITING, told(late))
        except AgentError as error:
            if isinstance(error, Denial) and error.transaction is not None:
                self._rests.failed(what, number)
            return failed(what, error)
        self._rests.done(what)
        return _executed(what, done, detail)


def _executed(what: str, done: Executed, detail: str = "") -> Deed:
    place = f"transaction {done.transaction}"
    return Deed(what, Outcome.DONE, f"{detail}; {place}" if detail else place, done.gas)


def _without(problem: Problem, identifier: int) -> Problem:
    """The same treasury with a strategy that nothing may enter or leave."""
    kept = (
        replace(each, liquid=0, ceiling=0) if each.id == identifier else each for each in problem.positions
    )
    return replace(problem, positions=tuple(kept))
