"""A treasury whose capital moves through the real Executor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.modes import Group, Mode
from tests.treasury import AGENT, DAY, GOVERNOR, GUARDIAN, INTENT, MANDATE, NOBODY, STRANGER, intent_of
from tests.unit.bed import BPS, CURATOR, M112, Bed
from tests.unit.events import Event, event
from tests.unit.journal import Domain, Entry, Kind, digest, message, number_of

ALLOCATES, DEALLOCATES = 1, 2
ALL = -(2**255)  # a move that deallocates everything
FOREVER = 2**32 - 1
M100 = 2**100 - 1  # the largest budget, asset wei
REASON = b"\x01" * 32
EXECUTE = f"execute({INTENT})"
EXECUTE_SIGNED = f"execute_signed({INTENT},bytes)"


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
    heartbeat: int = 0
    policy: str = NOBODY
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
            self.heartbeat,
            self.policy,
            self.document,
        )


@dataclass(frozen=True)
class Standing:
    """IExecutor.Standing."""

    mandate: bytes
    sequence: int
    seen: int
    silent: bool


def draft(*moves: tuple[int, int, int], agent: str = AGENT, **terms: Any) -> tuple[Any, ...]:
    """The intent to make moves (strategy, ±assets, limit); ``terms`` are the other fields of it."""
    return intent_of(agent, moves, **{"max_loss": M112, "deadline": FOREVER, "reason": REASON} | terms)


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

    def intent(self, *moves: tuple[int, int, int], agent: str = AGENT, **terms: Any) -> dict[str, Any]:
        """Execute moves (strategy, ±assets, limit) as an agent; see `draft`."""
        return self.command(EXECUTE, draft(*moves, agent=agent, **terms), sender=agent)

    def relay(self, intent: tuple[Any, ...], signed: bytes, sender: str = STRANGER) -> dict[str, Any]:
        """Send an intent with its agent's signature, as a stranger."""
        return self.command(EXECUTE_SIGNED, intent, signed, sender=sender)

    def digest(self, intent: tuple[Any, ...], **domain: Any) -> bytes:
        """What the agent of an intent signs under its mandate in force; ``domain`` is the Executor's own."""
        return digest(
            Domain(**{"executor": self.executor} | domain), intent, self.standing(intent[0]).mandate
        )

    def group(self, number: int, members: int, absolute: int = M112, relative: int = BPS) -> Any:
        """Set a risk group, as governor."""
        return self.command("set_group(uint256,uint256,uint256,uint256)", number, members, absolute, relative)

    def inflow(self, identifier: int, limit: int, window: int = DAY, sender: str = GOVERNOR) -> Any:
        """Limit what may enter a strategy."""
        return self.command("set_inflow(uint256,uint256,uint256)", identifier, limit, window, sender=sender)

    def leak(self, identifier: int, bps: int, group: Group = Group.DEPOSIT) -> None:
        """Make a strategy keep ``bps`` of each deposit, or each redemption."""
        self.dial(identifier, group, Mode.SHORT, bps)

    def flow(self) -> tuple[int, int]:
        """Limit and what is spent of the agent's flow."""
        return self.rpc.read(self.executor, "flow_budget(address)", AGENT, returns=("uint256",) * 2)

    def loss(self) -> tuple[int, int]:
        """Limit and what is spent of the agent's loss."""
        return self.rpc.read(self.executor, "loss_budget(address)", AGENT, returns=("uint256",) * 2)

    # -- the journal ----------------------------------------------------------
    def head(self, block: str = "latest") -> tuple[bytes, int]:
        """Head and number of entries."""
        return self.rpc.read(self.executor, "journal()", returns=("bytes32", "uint256"), block=block)

    def standing(self, agent: str = AGENT, block: str = "latest") -> Standing:
        """What the Executor remembers of an agent."""
        types = ("bytes32", "uint256", "uint256", "bool")
        return Standing(*self.rpc.read(self.executor, "standing(address)", agent, returns=types, block=block))

    def entered(self, entry: Entry) -> Event:
        """The event of an entry that is the first of the latest block; its head is computed here."""
        head = entry.head(self.head(self.block_before())[0], self.now())
        fields = {**vars(entry), "sequence": number_of(head), "head": head}
        return event(self.executor, "Journaled", **fields)

    def executed(self, intent: tuple[Any, ...], *done: tuple[int, int, int, int]) -> Event:
        """The journal's event of an intent that did (strategy, ±assets, units, loss) in the latest block."""
        agent, reason = intent[0], intent[-1]
        mandate = self.standing(agent, self.block_before()).mandate
        subject = message(Domain(self.executor), intent, mandate).body
        return self.entered(Entry(Kind.INTENT, agent, mandate, subject, reason, done))

    def block_before(self) -> str:
        """The block before the latest."""
        return hex(int(self.rpc.call("eth_blockNumber"), 16) - 1)
