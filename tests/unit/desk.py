"""A treasury whose capital moves through the real Executor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.modes import Group, Mode
from tests.treasury import AGENT, DAY, GOVERNOR, GUARDIAN, INTENT, MANDATE
from tests.unit.bed import BPS, CURATOR, M112, Bed

ALLOCATES, DEALLOCATES = 1, 2
ALL = -(2**255)  # a move that deallocates everything
FOREVER = 2**40 - 1
REASON = b"\x01" * 32


@dataclass(frozen=True)
class Mandate:
    """IExecutor.Mandate; amounts in whole tokens of six decimals unless said otherwise."""

    permissions: int = ALLOCATES | DEALLOCATES
    strategies: int = 0b1110
    flow: int = 500_000 * 10**6
    loss: int = 1_000 * 10**6
    max_loss: int = 600 * 10**6
    window: int = DAY
    expiry: int = FOREVER
    document: bytes = b"\x02" * 32

    def tuple(self) -> tuple[Any, ...]:
        """Return the ABI tuple."""
        return (
            self.permissions,
            self.strategies,
            self.flow,
            self.loss,
            self.max_loss,
            self.window,
            self.expiry,
            self.document,
        )


@dataclass
class Desk(Bed):
    """A Bed with a mandate for AGENT and wide caps."""

    def open(self) -> Desk:
        """List three strategies, fund, appoint everyone, grant the mandate and seal."""
        self.list_hostile(3)
        self.fund()
        self.command("set_guardian(address,bool)", GUARDIAN, True)
        self.command("set_curator(address)", CURATOR)
        for identifier in (1, 2, 3):
            self.cap(identifier, M112, BPS)
        self.grant()
        self.command("seal()")
        return self

    def command(self, signature: str, *arguments: Any, sender: str = GOVERNOR) -> dict[str, Any]:
        """Call the Executor, as governor unless told otherwise."""
        return self.rpc.transact(sender, self.executor, signature, *arguments)

    def cap(self, identifier: int, absolute: int, relative: int = BPS, sender: str = GOVERNOR) -> Any:
        """Set an operating cap."""
        return self.command("set_cap(uint256,uint256,uint256)", identifier, absolute, relative, sender=sender)

    def cut(self, identifier: int, absolute: int, relative: int, sender: str = GUARDIAN) -> Any:
        """Cut an operating cap."""
        return self.command("cut(uint256,uint256,uint256)", identifier, absolute, relative, sender=sender)

    def grant(self, agent: str = AGENT, sender: str = GOVERNOR, **changes: Any) -> Any:
        """Grant the default mandate with ``changes``."""
        mandate = replace(Mandate(), **changes).tuple()
        return self.command(f"set_mandate(address,{MANDATE})", agent, mandate, sender=sender)

    def intent(
        self, *moves: tuple[int, int, int], agent: str = AGENT, max_loss: int = M112, deadline: int = FOREVER
    ) -> dict[str, Any]:
        """Execute moves (strategy, ±assets, limit) as an agent."""
        arguments = (list(moves), max_loss, deadline, REASON)
        return self.command(f"execute({INTENT})", arguments, sender=agent)

    def leak(self, identifier: int, bps: int, group: Group = Group.DEPOSIT) -> None:
        """Make a strategy keep ``bps`` of each deposit, or each redemption."""
        self.dial(identifier, group, Mode.SHORT, bps)

    def flow(self) -> tuple[int, int]:
        """Limit and what is spent of the agent's flow."""
        return self.rpc.read(self.executor, "flow_budget(address)", AGENT, returns=("uint256",) * 2)

    def loss(self) -> tuple[int, int]:
        """Limit and what is spent of the agent's loss."""
        return self.rpc.read(self.executor, "loss_budget(address)", AGENT, returns=("uint256",) * 2)
