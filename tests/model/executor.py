"""The Executor: carries out what an agent wants, within its mandate and the operating limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from tests.model import capital
from tests.model.arithmetic import BPS
from tests.model.caps import Caps
from tests.model.exit_queue import NOBODY
from tests.model.groups import Groups
from tests.model.inflows import Inflows
from tests.model.intents import Done, Intent, Move, Signature, digest
from tests.model.journal import Journal, Kind
from tests.model.mandates import Agent, Mandate, Mandates
from tests.model.roles import insist
from tests.model.vault import VAULT, Vault

EXECUTOR = "executor"
LEAST_LIQUID = 800  # bps of a position that must be redeemable for more to enter


class Policy(Protocol):
    """A contract that a mandate names and that may refuse what allocates."""

    def before(self, agent: str, moves: Sequence[Move]) -> bool:
        """Whether it agrees to what is wanted."""

    def after(self, agent: str, moves: Sequence[Done], loss: int) -> bool:
        """Whether it agrees to what was done; asset wei."""


@dataclass(eq=False)
class Executor:
    """The one account that may move the Vault's capital.

    ``addresses``: of accounts by name, 0x-hex, which hashes are made of; ``policies``: by name, too.
    """

    TABLES: ClassVar = ("over_since",)
    vault: Vault
    addresses: Mapping[str, str] = field(repr=False)
    chain: int
    policies: Mapping[str, Policy] = field(default_factory=dict)
    over_since: dict[int, int] = field(default_factory=dict)  # when a position was first seen above its caps

    def __post_init__(self) -> None:
        self.journal = Journal(self.vault, self.addresses)
        self.mandates = Mandates(self.vault, self.journal)
        self.caps, self.groups = Caps(self.vault), Groups(self.vault)
        self.inflows = Inflows(self.vault)

    def parts(self) -> list[object]:
        """What a call may change, for ``Undo``."""
        return [self, self.journal, self.mandates, self.caps, self.groups, self.inflows]

    def digest(self, intent: Intent) -> bytes:
        """What an agent signs of an intent, under its mandate in force."""
        hash_ = intent.hash(self.mandates.find(intent.agent).hash, self.addresses)
        return digest(self.addresses[EXECUTOR], self.chain, hash_)

    def execute(self, caller: str, intent: Intent) -> tuple[capital.Moved, ...]:
        """Make all moves of the caller or none; returns what each did."""
        insist(caller == intent.agent, "not the agent")
        self._admit(caller, intent)
        return self._carry_out(intent)

    def execute_signed(self, caller: str, intent: Intent, signature: Signature) -> tuple[capital.Moved, ...]:
        """Make all moves that an agent has signed or none; returns what each did."""
        insist(intent.nonce != 0, "no nonce")
        self._admit(caller, intent)
        signature.check(intent.agent, self.digest(intent))
        return self._carry_out(intent)

    def _admit(self, caller: str, intent: Intent) -> None:
        insist(self.vault.now <= intent.deadline, "deadline passed")
        agent = self.mandates.open(intent.agent)
        insist(len(intent.moves) > 0, "no moves")
        insist(intent.relayer in (NOBODY, caller), "not the relayer")
        insist(intent.sequence in (0, agent.sequence + 1), "wrong sequence")
        self.mandates.use_nonce(intent.agent, intent.nonce)

    def _carry_out(self, intent: Intent) -> tuple[capital.Moved, ...]:
        agent = self.mandates.find(intent.agent)
        if intent.allocates:
            insist(not agent.silent(self.vault.now), "agent silent")
            self._ask_before(agent.mandate, intent)
        made = tuple(self._make(agent, move) for move in intent.moves)
        pairs = list(zip(intent.moves, made, strict=True))
        done = [Done(w.id, m.assets if w.assets > 0 else -m.assets, m.units, m.loss) for w, m in pairs]
        lost, allocated = sum(d.loss for d in done), sum(m.assets for w, m in pairs if w.assets > 0)
        insist(lost <= intent.max_loss, "over own max loss")
        debt = self.mandates.charge(intent.agent, intent.allocates, allocated, lost)
        for each in done if debt else ():
            if each.loss:
                self.caps.close(each.id, debt)
        if intent.allocates:
            self._ask_after(agent.mandate, intent, done, lost)
        hash_ = intent.hash(agent.hash, self.addresses)
        entry = {"mandate": agent.hash, "subject": hash_, "reason": intent.reason, "moves": done}
        self.journal.append(Kind.INTENT, intent.agent, **entry)
        return made

    def _ask_before(self, mandate: Mandate, intent: Intent) -> None:
        policy = self.policies.get(mandate.policy)
        insist(policy is None or policy.before(intent.agent, intent.moves), "policy refused")

    def _ask_after(self, mandate: Mandate, intent: Intent, done: Sequence[Done], lost: int) -> None:
        policy = self.policies.get(mandate.policy)
        insist(policy is None or policy.after(intent.agent, done, lost), "policy refused")

    def _make(self, agent: Agent, move: Move) -> capital.Moved:
        insist(move.id in agent.mandate.strategies, "strategy not allowed")
        if move.assets > 0:
            insist(agent.mandate.may_allocate, "may not allocate")
            self._check_target(move.id)
            moved = capital.allocate(self.vault, move.id, move.assets, move.limit)
            self.caps.check(move.id, moved)
            self.groups.check(move.id, moved)
            self.inflows.charge(move.id, moved.assets)
            return moved
        insist(agent.mandate.may_deallocate, "may not deallocate")
        insist(move.assets != 0, "empty move")
        return capital.deallocate(self.vault, move.id, -move.assets, move.limit)

    def _check_target(self, identifier: int) -> None:
        """Nothing is added to a position that could hardly be left, or whose last unwinds fell short."""
        position = self.vault.ever_listed(identifier)
        if position is None or position.units == 0:
            return
        payable = position.world.max_redeem(VAULT)
        insist(payable is not None, "target silent")
        insist(payable * BPS >= position.units * LEAST_LIQUID, "target illiquid")
        insist(position.owes == 0, "target short")
