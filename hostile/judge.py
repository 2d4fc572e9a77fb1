"""Judges what a list did: every property after every call, and the extraction against its closed form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hostile import logs, wire
from hostile.families import Exposure, Family
from hostile.logs import INTENT, Done, Entry
from hostile.meters import SCALE, Bucket, Meter
from hostile.steps import Plan, Step
from hostile.view import View
from hostile.world import CEILING, FLOOR, FLOW, LOSS, TOLERANCES, TREASURY, WINDOW, World

BPS = 10_000
MOVE = 4  # wei that whole numbers make of one move
PRECISE = 2**31  # the remembered price of a unit is exact to one part in this
TRADE = 40  # wei that whole numbers make of a deposit or an exit over all strategies
DUST = 1_000  # wei of debt that close nothing
ASIDE = 1_002  # wei of each position that a slice leaves behind, or rounds
ALLOWED = frozenset(
    f"executor: {reason}"
    for reason in (
        *("no mandate", "mandate expired", "strategy not allowed", "may not deallocate", "deadline passed"),
        *("over own max loss", "nonce used", "not the relayer", "wrong sequence", "bad signature"),
    )
)


class Broken(AssertionError):
    """A property does not hold; carries its name."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name


def require(holds: bool, name: str, detail: object = "") -> None:
    """Raise Broken unless a property holds."""
    if not holds:
        raise Broken(name, str(detail))


@dataclass
class Verdict:
    """What a list came to.

    Attributes:
        extracted: asset wei, at the lower of fair price and guard reference.
        worst, bound: what was extracted between the two moments at which it came nearest to its bound.
        share: the nearest it came.
        flow, inflow: the largest parts of their bounds that were reached.
        slice: asset wei that an honest holder got at the end; None where it was refused.
    """

    extracted: int = 0
    worst: int = 0
    bound: int = 0
    share: float = 0.0
    flow: float = 0.0
    inflow: float = 0.0
    calls: int = 0
    passed: int = 0
    moves: int = 0
    slice: int | None = None
    refused: Counter[str] = field(default_factory=Counter)


class Judge:
    """Goes through a list once."""

    def __init__(self, world: World, plan: Plan, family: Family) -> None:
        self.world, self.plan, self.family = world, plan, family
        self.verdict = Verdict()
        self.head = world.start.head
        start = plan.world.begins
        agents = range(len(world.agents))
        self.flows = [Bucket(FLOW, WINDOW, start) for _ in agents]
        self.losses = [Bucket(LOSS, WINDOW, start) for _ in agents]
        self.meters = [Meter(FLOW, WINDOW, start) for _ in agents]
        self.inflows = [Bucket(place.inflow[0], place.inflow[1], start) for place in world.start.places]
        self.entering = [Meter(place.inflow[0], place.inflow[1], start) for place in world.start.places]
        self.made = [agent.sequence for agent in world.start.agents]
        self.nonces: set[tuple[int, int]] = set()
        self.grants = {at: (place, window) for at, place, (window, _) in plan.grants}
        self.heartbeats = {at: heartbeat for at, _, (_, heartbeat) in plan.grants}
        self.beats = [0, 0, WINDOW * 2]
        self.lapsed = [False for _ in agents]
        self.refilled, self.clock = 0, start
        self.most_loss = [LOSS for _ in agents]
        self.taken = 0
        self.marks: list[tuple[int, int]] = []
        self.acquired = [place.units for place in world.start.places]
        self.held: list[tuple[int, ...]] = [tuple(self.acquired)]
        self.guards = [(place.guard, place.scale) for place in world.start.places]

    # -- one call --------------------------------------------------------------------

    def step(self, at: int, step: Step, result: Mapping[str, Any], before: View, after: View) -> None:
        """Everything about one call."""
        ok = result["status"] == "0x1"
        found = logs.entries(result["logs"], self.world.treasury.executor)
        self.verdict.calls += 1
        self._journal(step, found, result, after)
        outcomes = self._outcomes(step, ok, result)
        self._refusals(step, outcomes, before)
        self._time(step.time)
        self._charged(at, step, ok, found, after)
        self._remember(found, after)
        if step.agent is not None or step.kind == "trim":
            self._extraction(step, found, before, after)
            self._limits(step, found, after)
        elif step.traded and not step.lied:
            loss = _lost(before, after, min(before.supply, after.supply))
            require(loss <= TRADE, "holders who trade take nothing", loss)

    def _outcomes(self, step: Step, ok: bool, result: Mapping[str, Any]) -> list[tuple[bool, str]]:
        """Of each intent: whether it passed, and why not."""
        if not step.intents:
            return []
        if step.inner:
            require(ok, "the robbery itself runs", result["returnData"])
            inner = wire.results(result["returnData"])
            return [(inner[place][0], wire.reason(inner[place][1])) for place in step.inner]
        return [(ok, "" if ok else wire.reason(result["returnData"][2:]))]

    def _refusals(self, step: Step, outcomes: Sequence[tuple[bool, str]], before: View) -> None:
        place = step.agent
        for allocates, (ok, why) in zip(step.intents, outcomes, strict=True):
            self.verdict.passed += ok
            self.verdict.refused[why] += not ok
            if not ok and not allocates:
                free = why in ALLOWED or why.startswith("vault: ")
                require(free, "reducing risk is never refused", why or "without a reason")
            if ok and place is not None:
                self._permitted(step, place, allocates, before)

    def _permitted(self, step: Step, place: int, allocates: bool, before: View) -> None:
        agent = before.agents[place]
        require(agent.mandate != 0, "no mandate, no intent")
        if step.nonce:
            require((place, step.nonce) not in self.nonces, "a nonce is used once", step.nonce)
            self.nonces.add((place, step.nonce))
        late = self.beats[place] != 0 and step.time - agent.seen > self.beats[place]
        self.lapsed[place] = self.lapsed[place] or late
        require(not (allocates and self.lapsed[place]), "a silent agent only reduces")

    # -- the journal -----------------------------------------------------------------

    def _journal(self, step: Step, found: Sequence[Entry], result: Mapping[str, Any], after: View) -> None:
        for entry in found:
            self.head = entry.follows(self.head, step.time)
            require(self.head == entry.head, "the replayed head is the event's", entry.number)
        require(self.head == after.head, "the replayed head is the chain's", step.kind)
        require(after.entries == after.head & logs.NUMBERED, "the head carries its number")
        told = [done for entry in found for done in entry.moves]
        moved = list(logs.moved(result["logs"], self.world.treasury.vault))
        require(told == moved, "every move has one entry", f"{told} {moved}")

    # -- budgets ---------------------------------------------------------------------

    def _time(self, time: int) -> None:
        for bucket in self.losses[: self.family.agents]:
            self.refilled += bucket.limit * (time - self.clock) * SCALE // bucket.window
        self.clock = time

    def _charged(self, at: int, step: Step, ok: bool, found: Sequence[Entry], after: View) -> None:
        for entry in found:
            if entry.kind == INTENT:
                self._spend(step, entry)
        if ok and at in self.grants:
            self._granted(at, step, after)
        if ok and step.kind in ("beat", "revive"):
            self._touched(step)
        if ok and step.kind == "inflow":
            for place, bucket, meter in zip(after.places, self.inflows, self.entering, strict=True):
                if (place.inflow[0], place.inflow[1]) != (bucket.limit, bucket.window):
                    bucket.replace(step.time, place.inflow[0], place.inflow[1])
                    meter.change(step.time, place.inflow[0], place.inflow[1])
                elif step.data[10:74] == f"{self.inflows.index(bucket) + 1:064x}":
                    bucket.touch(step.time)
        for place, agent in enumerate(after.agents):
            own = (self.flows[place].now(step.time), self.losses[place].now(step.time), self.made[place])
            told = (agent.flow[1], agent.loss[1], agent.sequence)
            require(own == told, "an agent's budgets hold what it did itself", f"{place}: {own} {told}")
        for place, bucket in zip(after.places, self.inflows, strict=True):
            require(place.inflow[2] == bucket.now(step.time), "an inflow bucket holds what entered")

    def _spend(self, step: Step, entry: Entry) -> None:
        place = next(i for i, agent in enumerate(self.world.agents) if agent.lower()[2:] == entry.agent[24:])
        require(place == step.agent, "an entry names who acted")
        flow = sum(max(done.assets, 0) for done in entry.moves)
        self.flows[place].touch(step.time, flow)
        self.losses[place].touch(step.time, sum(done.loss for done in entry.moves))
        self.made[place] += 1
        if flow:
            over = self.meters[place].add(step.time, flow)
            require(over <= 0, "flow in any time", over)
            spent = self.losses[place]
            require(spent.spent <= spent.limit, "an allocating intent fits its loss budget", spent.spent)
        for done in entry.moves:
            if done.assets > 0 and self.inflows[done.id - 1].window:
                self.inflows[done.id - 1].touch(step.time, done.assets)
                over = self.entering[done.id - 1].add(step.time, done.assets)
                require(over <= 0, "inflow in any time", over)

    def _granted(self, at: int, step: Step, after: View) -> None:
        place, window = self.grants[at]
        agent = after.agents[place]
        self.flows[place].replace(step.time, agent.flow[0], window)
        self.losses[place].replace(step.time, agent.loss[0], window)
        self.meters[place].change(step.time, agent.flow[0], window)
        self.most_loss[place] = max(self.most_loss[place], agent.loss[0])
        self.beats[place], self.lapsed[place] = self.heartbeats[at], False

    def _touched(self, step: Step) -> None:
        named = step.sender if step.kind == "beat" else "0x" + step.data[-40:]
        place = next(i for i, agent in enumerate(self.world.agents) if agent.lower() == named.lower())
        self.lapsed[place] = self.lapsed[place] and step.kind == "beat"
        for bucket in (self.flows[place], self.losses[place]):
            bucket.touch(step.time)

    # -- extraction ------------------------------------------------------------------

    def _remember(self, found: Sequence[Entry], after: View) -> None:
        for entry in found:
            for done in entry.moves:
                self.acquired[done.id - 1] += done.units if done.assets > 0 else 0
        if found:
            self.held.append(tuple(place.units for place in after.places))
        for at, place in enumerate(after.places):
            if place.guard << self.guards[at][1] > self.guards[at][0] << place.scale:
                self.guards[at] = (place.guard, place.scale)

    def _extraction(self, step: Step, found: Sequence[Entry], before: View, after: View) -> None:
        """What a call cost the stayers at fair prices; gains that no two pokes have seen are apart."""
        moves = [done for entry in found for done in entry.moves]
        same = before.supply == after.supply
        lost = before.fair - after.fair if same else _lost(before, after, before.supply - sum(before.shares))
        if not step.traded:
            idle = sum(done.assets for done in moves)
            require(after.idle == before.idle - idle, "idle is what was moved", idle)
        rounding = MOVE * len(moves) + (TRADE if step.traded else 0)
        hidden = sum(_dearer(before, done) for done in moves) if step.lied else 0
        rounding += len(moves) * (TREASURY // PRECISE) if step.lied else 0
        unseen = sum(_unseen(before, done) for done in moves)
        charged = sum(done.loss for done in moves)
        apart = hidden + (unseen if step.lied else 0)
        require(lost <= charged + apart + rounding, "what is charged covers what was taken", (lost, charged))
        if step.kind == "trim":
            self._trimmed(moves)
            return
        self.verdict.moves += len(moves)
        self.taken += max(0, lost - hidden - unseen - rounding)
        self._within()

    def _trimmed(self, moves: Sequence[Done]) -> None:
        for done in moves:
            most = (done.loss - done.assets) * TOLERANCES[done.id - 1] // (4 * BPS) + 1
            require(done.loss <= most, "a trim loses a quarter of the tolerance", done.loss)

    def exposed(self) -> int:
        """What tolerances allow of all that can be drained while a debt refills, asset wei."""
        histories = self.held
        if self.family.exposure is Exposure.EACH:
            histories = [tuple(map(max, zip(*self.held, strict=True)))]
        elif self.family.exposure is Exposure.EVER:
            histories = [tuple(self.acquired)]
        return max(sum(map(self._tolerated, range(len(TOLERANCES)), units)) for units in histories)

    def _tolerated(self, at: int, units: int) -> int:
        guard, scale = self.guards[at]
        return -(-((units * (guard + 1)) >> scale) * TOLERANCES[at] // BPS) + 1

    def _within(self) -> None:
        """Λ(1 + t/W) + σ·exposure, for every pair of moments up to now."""
        limit = sum(self.most_loss[: self.family.agents]) + DUST * self.family.agents
        exposed = self.exposed() + self.verdict.moves  # each shortfall may round up
        self.marks.append((self.verdict.extracted, self.refilled))
        self.verdict.extracted = self.taken
        for taken, refilled in self.marks:
            bound = limit + (self.refilled - refilled) // SCALE + exposed
            part = (self.taken - taken) / bound
            require(part <= 1, "extraction in any time", f"{self.taken - taken} {bound}")
            if part > self.verdict.share:
                self.verdict.share, self.verdict.worst, self.verdict.bound = part, self.taken - taken, bound

    # -- limits ----------------------------------------------------------------------

    def _limits(self, step: Step, found: Sequence[Entry], after: View) -> None:
        moves = [done for entry in found if entry.kind == INTENT for done in entry.moves]
        into = {done.id for done in moves if done.assets > 0}
        if not into:
            return
        slack = sum(done.loss for done in moves) + MOVE * len(moves)
        lo = after.lo + slack if not step.lied else None
        if lo is not None and not step.traded:
            require(after.idle * BPS >= after.lo * FLOOR, "the idle floor holds", after.idle)
        for number in into:
            place = after.places[number - 1]
            if not place.units:
                continue
            exposure = max(place.book, 0 if step.lied else place.fair(place.units) - MOVE * len(moves))
            require(exposure <= CEILING, "the ceiling holds", exposure)
            require(exposure <= place.cap[0], "the absolute cap holds", exposure)
            require(lo is None or exposure * BPS <= lo * place.cap[1], "the relative cap holds", exposure)
            self._groups(number, lo, after)

    def _groups(self, number: int, lo: int | None, after: View) -> None:
        for group in after.groups:
            if not group[0] >> number & 1:
                continue
            members = [place for n, place in enumerate(after.places, 1) if group[0] >> n & 1 and place.units]
            inside = sum(place.book for place in members)
            require(inside <= group[1], "the group's cap holds", inside)
            require(lo is None or inside * BPS <= lo * group[2], "the group's share holds", inside)


def _lost(before: View, after: View, shares: int) -> int:
    """What shares that did not move lost at fair prices, asset wei. Supplies count the virtual shares."""
    virtual = 10**12
    held = shares + virtual
    worth = [held * (view.fair + 1) // (view.supply + virtual) for view in (before, after)]
    return worth[0] - worth[1]


def _dearer(before: View, done: Done) -> int:
    """What units that were bought may count above their fair price: a fall that no poke has seen."""
    if done.assets <= 0:
        return 0
    place = before.places[done.id - 1]
    return max(0, place.dearest(done.units) - place.fair(done.units))


def _unseen(before: View, done: Done) -> int:
    """What released units were worth above their guard reference: a rise that no two pokes have seen."""
    if done.assets > 0:
        return 0
    place = before.places[done.id - 1]
    return max(0, place.fair(done.units) - place.guarded(done.units))
