"""Random campaigns on a real treasury: a journal with every kind of entry, many of them in one block."""

from __future__ import annotations

from random import Random

from ganglion.devnet.abi import actor, call_data
from ganglion.devnet.errors import Reverted
from tests.modes import Group, Mode
from tests.treasury import (
    AGENT,
    DAY,
    ETHER,
    GOVERNOR,
    GUARDIAN,
    HOUR,
    INTENT,
    MANDATE,
    STRANGER,
    intent_of,
    mandate_of,
)
from tests.unit.bed import BPS, CALM, M112, STRESS, Bed

AGENTS = (AGENT, actor("agent two"), actor("agent three"))
EVERYTHING = -(2**255)
GAS = 5_000_000


class Campaign:
    """A treasury over three strategies, three agents with mandates, and a dice.

    Strategies let other holders in, so that what the Vault leaves keeps a price.
    """

    def __init__(self, bed: Bed, seed: int) -> None:
        self.bed = bed
        self.dice = Random(seed)
        self.refused: list[str] = []
        self.state = CALM

    @classmethod
    def open(cls, rpc, seed: int) -> Campaign:
        """Deploy everything, list, fund, appoint and grant."""
        bed = Bed.make(rpc, executor=None)
        for agent in AGENTS:
            rpc.call("anvil_setBalance", agent, hex(10**6 * ETHER))
        bed.list_hostile(3)
        bed.fund()
        for identifier in (1, 2, 3):
            bed.share_strategy(identifier)
        self = cls(bed, seed)
        self.command("set_guardian(address,bool)", GUARDIAN, True)
        for identifier in (1, 2, 3):
            self.command("set_cap(uint256,uint256,uint256)", identifier, M112, BPS)
        for agent in AGENTS:
            self.grant(agent)
        return self

    def command(self, signature: str, *arguments, sender: str = GOVERNOR):
        return self.bed.rpc.transact(sender, self.bed.executor, signature, *arguments)

    def grant(self, agent: str) -> None:
        document = self.dice.randbytes(32)
        self.command(f"set_mandate(address,{MANDATE})", agent, mandate_of(document=document))

    def run(self, steps: int) -> None:
        """Take random steps; one that the contracts refuse is counted and changes nothing."""
        for _ in range(steps):
            (act,) = self.dice.choices(list(ACTS), list(ACTS.values()))
            try:
                act(self)
            except Reverted as error:
                self.refused.append(f"{act.__name__}: {error.reason}")

    def heal(self) -> None:
        """Have every strategy answer, and found well again; the last moves may have closed allocation."""
        for identifier in (1, 2, 3):
            self.bed.fail(identifier, False)
            self.bed.dial(identifier, Group.DEPOSIT, Mode.HONEST)
        for _ in range(5):
            self.bed.rpc.warp(DAY // 2)
            self.bed.poke()

    def every_kind(self) -> None:
        """Make sure that each kind of entry stands in the journal."""
        self.heal()
        self.grant(AGENT)
        self.bed.latch(CALM)
        self.allocate(AGENT, 1, 50_000)
        self.trim()
        self.command("revive(address)", AGENT)
        self.command("revoke(address)", AGENTS[2], sender=GUARDIAN)
        self.bed.latch(STRESS)
        self.command("note()", sender=STRANGER)
        self.bed.latch(CALM)

    def intent(self, agent: str, moves: list[tuple[int, int, int]]) -> tuple:
        return intent_of(agent, moves, reason=self.dice.randbytes(32))

    def allocate(self, agent: str, identifier: int, whole: int) -> None:
        moves = [(identifier, whole * self.bed.unit, 0)]
        self.command(f"execute({INTENT})", self.intent(agent, moves), sender=agent)

    # -- acts -----------------------------------------------------------------
    def move(self) -> None:
        agent = self.dice.choice(AGENTS)
        self.command(f"execute({INTENT})", self.intent(agent, self._moves()), sender=agent)

    def _moves(self) -> list[tuple[int, int, int]]:
        moves = []
        for _ in range(self.dice.randint(1, 4)):
            identifier, amount = self.dice.randint(1, 3), self.dice.randint(1, 60_000) * self.bed.unit
            amount += self.dice.randrange(self.bed.unit)
            held = self.bed.position(identifier)[0]
            ways = (amount, amount, -amount, EVERYTHING) if held else (amount,)
            moves.append((identifier, self.dice.choice(ways), 0))
        return moves

    def crowd(self) -> None:
        """Several intents in one block."""
        rpc = self.bed.rpc
        rpc.call("evm_setAutomine", False)
        try:
            for agent in AGENTS:
                data = call_data(f"execute({INTENT})", self.intent(agent, self._moves()[:1]))
                transaction = {"from": agent, "to": self.bed.executor, "data": data, "gas": hex(GAS)}
                rpc.call("eth_sendTransaction", transaction)
            rpc.call("evm_mine")
        finally:
            rpc.call("evm_setAutomine", True)

    def regrant(self) -> None:
        self.grant(self.dice.choice(AGENTS))

    def revoke(self) -> None:
        agent = self.dice.choice(AGENTS)
        self.command("revoke(address)", agent, sender=GUARDIAN)
        if self.dice.random() < 0.9:
            self.grant(agent)

    def revive(self) -> None:
        self.command("revive(address)", self.dice.choice(AGENTS))

    def latch(self) -> None:
        self.state = STRESS if self.state == CALM else CALM
        self.bed.latch(self.state)

    def note(self) -> None:
        self.command("note()", sender=STRANGER)

    def health(self) -> None:
        """A strategy stops answering for some pokes, and answers again."""
        identifier = self.dice.randint(1, 3)
        for fails in (True, False):
            self.bed.fail(identifier, fails)
            for _ in range(self.dice.randint(1, 4)):
                self.bed.poke()
                self.bed.rpc.warp(HOUR)

    def market(self) -> None:
        identifier, amount = self.dice.randint(1, 3), self.dice.randint(1, 2 * self.bed.unit)
        (self.bed.gain if self.dice.random() < 0.6 else self.bed.lose)(identifier, amount)
        self.bed.poke()

    def leak(self) -> None:
        """A strategy keeps a little of every deposit."""
        self.bed.dial(self.dice.randint(1, 3), Group.DEPOSIT, Mode.SHORT, self.dice.choice((0, 5, 20)))

    def trim(self) -> None:
        identifier = max((1, 2, 3), key=lambda each: self.bed.position(each)[0])
        book = self.bed.position(identifier)[1]
        cap = "set_cap(uint256,uint256,uint256)"
        self.command(cap, identifier, book * 9 // 10, BPS)
        try:
            self.command("trim(uint256)", identifier, sender=STRANGER)
            self.bed.rpc.warp(HOUR)
            self.command("trim(uint256)", identifier, sender=STRANGER)
        finally:
            self.command(cap, identifier, M112, BPS)

    def wait(self) -> None:
        self.bed.rpc.warp(self.dice.randint(1, DAY // 4))
        self.bed.poke()


ACTS = {
    Campaign.move: 40,
    Campaign.crowd: 8,
    Campaign.regrant: 4,
    Campaign.revoke: 4,
    Campaign.revive: 3,
    Campaign.latch: 5,
    Campaign.note: 4,
    Campaign.health: 4,
    Campaign.market: 8,
    Campaign.leak: 3,
    Campaign.trim: 3,
    Campaign.wait: 6,
}
