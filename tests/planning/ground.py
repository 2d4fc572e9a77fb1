"""A real treasury for the planner: what is drawn is done on chain, plans are previewed and executed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ganglion.agent.abi import LENS
from ganglion.agent.intent import Move
from ganglion.agent.snapshot import Snapshot
from tests.modes import Group, Mode
from tests.treasury import AGENT, GUARDIAN, MANDATE, deploy_vyper
from tests.unit.bed import BPS, CURATOR, HOSTILE_AGENT, M112
from tests.unit.desk import EXECUTE, M100, Desk, Mandate, draft

PLANNER = HOSTILE_AGENT  # the agent that plans; AGENT builds what it finds
COUNT = 6
EVERY_STRATEGY = 2 ** (COUNT + 1) - 2


@dataclass
class Ground(Desk):
    """A Desk with six strategies, a Lens and an agent without bounds that lays it out."""

    lens: str = ""

    def laid(self) -> Ground:
        """List, fund, appoint and deploy."""
        self.list_hostile(COUNT)
        self.fund()
        self.command("set_guardian(address,bool)", GUARDIAN, True)
        self.command("set_curator(address)", CURATOR)
        for identifier in range(1, COUNT + 1):
            self.cap(identifier, M112, BPS)
        wide = replace(Mandate(), strategies=EVERY_STRATEGY, flow=M100, loss=M100, max_loss=M100)
        self.command(f"set_mandate(address,{MANDATE})", AGENT, wide.tuple())
        self.lens = deploy_vyper(self.rpc, "contracts/Lens.vy", ["address"], (self.vault,))
        return self

    def tokens(self, amount: float) -> int:
        """Asset wei of whole tokens."""
        return int(amount * self.unit)

    def limit_liquidity(self, identifier: int, assets: int) -> None:
        """Let a strategy pay no more than ``assets`` wei."""
        self.dial(identifier, Group.LIQUIDITY, Mode.LIMITED, assets)

    def observe(self) -> Snapshot:
        """What the Lens answers for the planner."""
        data = "0x" + LENS.encode("observe", PLANNER).hex()
        return Snapshot.of_answer(self.rpc.eth_call({"to": self.lens, "data": data}, "pending"))

    def preview(self, moves: tuple[Move, ...], max_loss: int) -> Any:
        """What the Lens says of an intent of the planner: reason, move, limit, largest."""
        data = "0x" + LENS.encode("preview", self._intent(moves, max_loss)).hex()
        return LENS.decode("preview", self.rpc.eth_call({"to": self.lens, "data": data}, "pending"))

    def carry_out(self, moves: tuple[Move, ...], max_loss: int) -> dict[str, Any]:
        """Execute moves as the planner."""
        return self.command(EXECUTE, self._intent(moves, max_loss), sender=PLANNER)

    @staticmethod
    def _intent(moves: tuple[Move, ...], max_loss: int) -> tuple[Any, ...]:
        return draft(*(move.as_tuple() for move in moves), agent=PLANNER, max_loss=max_loss)
