"""The Executor: mandates, operating caps, budgets and intents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.model import capital
from tests.model.arithmetic import BPS, Refused
from tests.model.vault import VAULT, Vault

CUT_STANDS = 604_800  # seconds
LEAST_LIQUID = 800  # bps of a position that must be redeemable for more to enter
GOVERNOR, CURATOR, GUARDIAN = "governor", "curator", "guardian"


def insist(condition: bool, reason: str) -> None:
    """Refuse with the Executor's reason unless ``condition``."""
    if not condition:
        raise Refused(f"executor: {reason}")


@dataclass(frozen=True)
class Mandate:
    """What an agent may do; amounts in asset wei, times in seconds."""

    may_allocate: bool
    may_deallocate: bool
    strategies: frozenset[int]
    flow: int
    loss: int
    max_loss: int
    window: int
    expiry: int
    document: bytes = bytes(32)


@dataclass(eq=False)
class Budget:
    """A bucket that refills its whole limit evenly over one window."""

    limit: int = 0
    spent: int = 0
    since: int = 0

    def spent_now(self, window: int, now: int) -> int:
        """What is still spent."""
        return max(self.spent - self.limit * (now - self.since) // window, 0)


@dataclass(eq=False)
class Agent:
    """One agent's mandate and budgets."""

    mandate: Mandate
    flow: Budget
    loss: Budget
    revoked: bool = False


@dataclass(eq=False)
class Cap:
    """Operating cap of one strategy: asset wei, bps of the total, and seconds."""

    absolute: int = 0
    relative: int = 0
    cut_until: int = 0
    noted_at: int = 0  # when the position was first seen above it; 0 while it was not


@dataclass(frozen=True)
class Move:
    """Assets above 0 allocate; below deallocate; the least number of 256 bits takes everything out."""

    id: int
    assets: int
    limit: int


@dataclass(frozen=True)
class Executed:
    """What an intent did: each move, and sums in asset wei."""

    moves: tuple[capital.Moved, ...]
    allocated: int
    deallocated: int
    loss: int


@dataclass(eq=False)
class Executor:
    """The one account that may move the Vault's capital."""

    vault: Vault
    agents: dict[str, Agent] = field(default_factory=dict)
    caps: dict[int, Cap] = field(default_factory=dict)

    def parts(self) -> list[object]:
        """What a call may change, for ``Undo``; agents and caps are added while nothing is being undone."""
        budgets = [b for agent in self.agents.values() for b in (agent.flow, agent.loss)]
        return [*self.agents.values(), *budgets, *self.caps.values()]

    def execute(self, agent: str, moves: Sequence[Move], max_loss: int, deadline: int) -> Executed:
        """Make all moves or none."""
        holder = self.agents.get(agent)
        insist(self.vault.now <= deadline, "deadline passed")
        insist(holder is not None and not holder.revoked, "no mandate")
        insist(self.vault.now <= holder.mandate.expiry, "mandate expired")
        insist(len(moves) > 0, "no moves")
        done = tuple(self._make(holder.mandate, move) for move in moves)
        paired = list(zip(moves, done, strict=True))
        allocated = sum(moved.assets for move, moved in paired if move.assets > 0)
        deallocated = sum(moved.assets for move, moved in paired if move.assets < 0)
        lost = sum(moved.loss for moved in done)
        insist(lost <= max_loss, "over own max loss")
        self._charge(holder, allocated, lost)
        return Executed(done, allocated, deallocated, lost)

    def _make(self, mandate: Mandate, move: Move) -> capital.Moved:
        insist(move.id in mandate.strategies, "strategy not allowed")
        if move.assets > 0:
            insist(mandate.may_allocate, "may not allocate")
            self._require_liquid(move.id)
            moved = capital.allocate(self.vault, move.id, move.assets, move.limit)
            cap = self.caps.get(move.id, Cap())
            insist(moved.exposure <= cap.absolute, "over absolute cap")
            insist(moved.exposure * BPS <= moved.lo * cap.relative, "over relative cap")
            return moved
        insist(mandate.may_deallocate, "may not deallocate")
        insist(move.assets != 0, "empty move")
        return capital.deallocate(self.vault, move.id, -move.assets, move.limit)

    def _require_liquid(self, identifier: int) -> None:
        """Nothing is added to a position that its strategy could hardly redeem any of."""
        position = self.vault.ever_listed(identifier)
        if position is None or position.units == 0:
            return
        payable = position.world.max_redeem(VAULT)
        insist(payable is not None, "target silent")
        insist(payable * BPS >= position.units * LEAST_LIQUID, "target illiquid")

    def _charge(self, agent: Agent, allocated: int, lost: int) -> None:
        mandate, now = agent.mandate, self.vault.now
        flow = agent.flow.spent_now(mandate.window, now) + allocated
        loss = agent.loss.spent_now(mandate.window, now) + lost
        if allocated:
            insist(lost <= mandate.max_loss, "over max loss")
            insist(flow <= agent.flow.limit, "over flow budget")
            insist(loss <= agent.loss.limit, "over loss budget")
            agent.flow.spent, agent.flow.since = flow, now
        if lost:
            agent.loss.spent, agent.loss.since = loss, now

    def set_mandate(self, agent: str, mandate: Mandate) -> None:
        """Grant or replace a mandate; what is spent stays spent."""
        old, now = self.agents.get(agent), self.vault.now
        flow = old.flow.spent_now(old.mandate.window, now) if old else 0
        loss = old.loss.spent_now(old.mandate.window, now) if old else 0
        if old is None:
            self.agents[agent] = old = Agent(mandate, Budget(), Budget())
        old.mandate, old.revoked = mandate, False
        old.flow.limit, old.flow.spent, old.flow.since = mandate.flow, flow, now
        old.loss.limit, old.loss.spent, old.loss.since = mandate.loss, loss, now

    def budgets(self, agent: str) -> tuple[int, int, int, int]:
        """Limit and spent of the flow, limit and spent of the loss budget, asset wei."""
        holder = self.agents[agent]
        window, now = holder.mandate.window, self.vault.now
        flow, loss = holder.flow, holder.loss
        return flow.limit, flow.spent_now(window, now), loss.limit, loss.spent_now(window, now)

    def revoke(self, agent: str) -> None:
        """End a mandate."""
        holder = self.agents.get(agent)
        insist(holder is not None and not holder.revoked, "no mandate")
        holder.revoked = True

    def set_cap(self, caller: str, identifier: int, absolute: int, relative: int) -> None:
        """Set a cap as governor or curator."""
        cap = self.caps[identifier]
        if caller == GOVERNOR:
            cap.cut_until = 0
        else:
            insist(caller == CURATOR, "not the curator")
            lower = absolute <= cap.absolute and relative <= cap.relative
            insist(lower or self.vault.now >= cap.cut_until, "cut stands")
        cap.absolute, cap.relative = absolute, relative

    def cut(self, identifier: int, absolute: int, relative: int) -> None:
        """Lower a cap as guardian."""
        cap = self.caps[identifier]
        insist(absolute <= cap.absolute, "cut raises absolute")
        insist(relative <= cap.relative, "cut raises relative")
        cap.absolute, cap.relative, cap.cut_until = absolute, relative, self.vault.now + CUT_STANDS
