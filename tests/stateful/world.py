"""A treasury on an anvil and the model of it, brought to the same state by the same calls."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from ganglion.devnet.abi import actor
from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests import treasury as chain
from tests.model.arithmetic import Undo
from tests.model.executor import Executor
from tests.model.exit_queue import NOBODY, ExitQueue
from tests.model.intents import Intent, Move
from tests.model.mandates import Mandate
from tests.model.position import Terms
from tests.model.reflexes import REFLEXES, Reflexes
from tests.model.roles import GOVERNOR
from tests.model.sentinel import Sentinel
from tests.model.strategy import Strategy, Token
from tests.model.vault import QUEUE, VAULT, Limits, Vault
from tests.modes import SINK, Group, Mode
from tests.stateful.executor_view import GROUPS
from tests.stateful.policy import POLICY, Frugal, policy_code
from tests.stateful.reactions import SAFE, TREASURER, deploy_reflexes, prepare, wake
from tests.stateful.reader import Item, reader_code
from tests.stateful.scenes import play
from tests.stateful.setups import SETUPS, Scene, Setup, StrategySetup
from tests.stateful.signing import KEYS, SIGNER
from tests.stateful.view import View, world_size

HOLDERS = ("depositor", "leaver", "holder")
AGENTS = ("agent", "tight_agent", SIGNER)
WORLD = "world"  # who pays gains and makes donations
CURATOR = "curator"
STRANGER = "stranger"
OPERATOR = "operator"  # of holders, in the queue
ACTORS = (*HOLDERS, *AGENTS, WORLD, CURATOR, STRANGER, OPERATOR, SAFE, TREASURER)
FUNDS = 10**6  # whole units of the asset that each holder starts with
FOREVER = 2**32 - 1
EXPIRY_DAYS = 20
SET_GROUP = "set_group(uint256,uint256,uint256,uint256)"

_numbers = itertools.count(1)


@dataclass(repr=False)
class World:
    """A treasury, its model, and how names of the model are addresses of the chain."""

    rpc: Rpc
    setup: Setup
    treasury: chain.Treasury
    vault: Vault
    queue: ExitQueue
    executor: Executor
    strategies: list[Strategy]
    addresses: dict[str, str]
    sentinel: Sentinel
    reflexes: Reflexes

    @classmethod
    def create(cls, rpc: Rpc, setup: Setup) -> World:
        """Deploy, and run everything that comes before a campaign's first step on both sides."""
        addresses = {name: actor(name) for name in (*ACTORS, "governor", "guardian", "deployer", POLICY)}
        addresses[SIGNER] = KEYS[SIGNER].address
        for address in addresses.values():
            rpc.call("anvil_setBalance", address, hex(10**24))
        rpc.call("anvil_setCode", addresses[POLICY], policy_code())
        asset = chain.deploy_token(rpc, setup.decimals, setup.flags)
        treasury = chain.Treasury.create(rpc, asset, epoch=setup.epoch, limits=setup.limits)
        token = Token()
        token.balances["deployer"] = 10**6
        limits = Limits(*setup.limits.tuple()).rounded()
        vault = Vault(token, setup.decimals, setup.epoch, rpc.timestamp(), limits)
        vault.seed("deployer", 10**6)
        addresses |= {
            VAULT: treasury.vault,
            QUEUE: treasury.queue,
            "sink": SINK,
            NOBODY: "0x" + "00" * 20,
            "asset": asset,
            "steward": treasury.steward,
            "executor": treasury.executor,
        }
        addresses |= {"sentinel": treasury.sentinel, REFLEXES: deploy_reflexes(rpc, treasury.executor)}
        executor = Executor(vault, addresses, int(rpc.call("eth_chainId"), 16), {POLICY: Frugal()})
        reactions = Sentinel(vault, vault.now), Reflexes(executor)
        world = cls(rpc, setup, treasury, vault, ExitQueue(vault), executor, [], addresses, *reactions)
        world._prepare()
        return world

    def __repr__(self) -> str:
        return f"World({self.setup.name!r})"

    # -- before the first step -------------------------------------------------

    def _prepare(self) -> None:
        for number, setup in enumerate((*self.setup.strategies, StrategySetup()), 1):
            self._strategy(number, setup)
            if number <= len(self.setup.strategies):
                self._list(number, setup)
        for holder in (*HOLDERS, WORLD):
            self._fund(holder, FUNDS * (10 if holder == WORLD else 1))
        self.treasury.seal()
        self.vault.sealed = True
        self.grant_all()
        self._limit()
        self.send("governor", "executor", "set_curator(address)", self.addresses[CURATOR])
        self.send("governor", "executor", "set_guardian(address,bool)", chain.GUARDIAN, True)
        self._spare_cap()
        prepare(self)
        if self.setup.scene is not Scene.EMPTY:
            self._start()
            play(self)

    def _strategy(self, number: int, setup: StrategySetup) -> None:
        """Deploy a strategy that the world has put something into; the last one stays unlisted."""
        address = chain.deploy_hostile(self.rpc, self.treasury.asset, setup.offset)
        strategy = Strategy(f"strategy {number}", self.vault.token, 10**setup.offset)
        self.addresses[strategy.name] = address
        self.strategies.append(strategy)
        amount = 5_000 * self.unit
        self._mint(WORLD, amount)
        self.send(WORLD, "asset", "approve(address,uint256)", address, chain.MAX_UINT)
        self.send(WORLD, strategy.name, "deposit(uint256,address)", amount, self.addresses[WORLD])
        strategy.deposit(WORLD, amount)
        if setup.exit_fee:
            dial = (Group.FEE, Mode.EXIT_FEE, setup.exit_fee)
            self.send(WORLD, strategy.name, "set_mode(uint8,uint8,uint256)", *dial)
            strategy.exit_fee = setup.exit_fee
        self._cap(number, setup.absolute * self.unit, setup.relative)

    def _cap(self, *arguments: int) -> None:
        self.send("governor", "executor", "set_cap(uint256,uint256,uint256)", *arguments)
        self.executor.caps.set(GOVERNOR, *arguments)

    def _spare_cap(self) -> None:
        """A cap for what is listed again after it was retired."""
        self._cap(world_size(self), 10**6 * self.unit, 8_000)

    def _limit(self) -> None:
        """Two groups, of the first two strategies and of all, and an inflow limit; none binds yet."""
        everything = frozenset(range(1, world_size(self) + 1))
        for number, members in ((GROUPS[0], everything & {1, 2}), (GROUPS[-1], everything)):
            most = (10**8 * self.unit, 10_000)
            bitmap = sum(1 << member for member in members)
            self.send("governor", "executor", SET_GROUP, number, bitmap, *most)
            self.executor.groups.set(GOVERNOR, number, members, *most)
        inflow = (1, FUNDS * self.unit, chain.DAY)
        self.send("governor", "executor", "set_inflow(uint256,uint256,uint256)", *inflow)
        self.executor.inflows.set(GOVERNOR, *inflow)

    def _list(self, number: int, setup: StrategySetup) -> None:
        strategy, ceiling = self.strategies[-1], setup.ceiling * self.unit
        identifier = self.treasury.list(self.addresses[strategy.name], setup.terms, ceiling)
        terms = Terms(*setup.terms.tuple()[2:])
        self.vault.now = self.rpc.timestamp()
        assert self.vault.list(strategy, terms, ceiling) == identifier

    def _mint(self, name: str, amount: int) -> None:
        self.send(WORLD, "asset", "mint(address,uint256)", self.addresses[name], amount)
        self.vault.token.balances[name] += amount

    def _fund(self, name: str, whole: int) -> None:
        self._mint(name, whole * self.unit)
        self.send(name, "asset", "approve(address,uint256)", self.treasury.vault, chain.MAX_UINT)

    def grant_all(self) -> None:
        """Grant to each agent: one hardly binds, one does, and the holder of a key has a policy."""
        ids, unit = frozenset(range(1, world_size(self) + 1)), self.unit
        expiry = self.rpc.timestamp() + EXPIRY_DAYS * chain.DAY
        terms = (
            (unit * FUNDS, unit * 1_000, unit * 500, chain.DAY, FOREVER),
            (unit * 10_000, unit * 5, unit * 4, chain.HOUR, expiry, 3 * chain.DAY),
            (unit * 200_000, unit * 100, unit * 50, chain.DAY, FOREVER, chain.DAY, POLICY),
        )
        for agent, term in zip(AGENTS, terms, strict=True):
            self.grant(agent, Mandate(True, True, ids, *term))

    def grant(self, agent: str, mandate: Mandate) -> None:
        """Grant a mandate on both sides."""
        arguments = (self.addresses[agent], mandate_tuple(mandate, self.addresses.__getitem__))
        self.send("governor", "executor", f"set_mandate(address,{chain.MANDATE})", *arguments)
        self.executor.mandates.grant(GOVERNOR, agent, mandate)

    def _start(self) -> None:
        """Pay in, put half to work, and let two epochs pass, each with a poke."""
        amount = FUNDS // 4 * self.unit
        for holder in HOLDERS[:2]:
            self.send(holder, VAULT, "deposit(uint256,address)", amount, self.addresses[holder])
            self.vault.deposit(holder, amount, holder)
        self._poke_after(max(self.setup.epoch, self.setup.limits.hold))
        for number in range(1, len(self.vault.positions) + 1):
            part = amount // len(self.strategies) // 2
            intent = Intent("agent", (Move(number, part, 0),), part, FOREVER)
            data = chain.intent_of(self.addresses["agent"], intent.moves, part, FOREVER, reason=intent.reason)
            self.send("agent", "executor", f"execute({chain.INTENT})", data)
            self.executor.execute("agent", intent)
        for _ in range(2):
            self._poke_after(self.setup.epoch)

    def _poke_after(self, seconds: int) -> None:
        self.rpc.warp(seconds)
        self.send(STRANGER, VAULT, "poke()")
        self.vault.poke()

    def send(self, sender: str, target: str, signature: str, *arguments: object) -> None:
        """Mine a call and set the model's clock to the block it is in."""
        self.rpc.transact(self.addresses[sender], self.addresses[target], signature, *arguments)
        self.vault.now = self.rpc.timestamp()

    def both(self, sender: str, signature: str, *arguments: object, by: Callable[[], object]) -> None:
        """Mine a call of the queue and do the same to the model; a text among the arguments is a name."""
        raw = [self.addresses[a] if isinstance(a, str) else a for a in arguments]
        self.send(sender, QUEUE, signature, *raw)
        by()

    # -- during a campaign -----------------------------------------------------

    @property
    def unit(self) -> int:
        """One whole unit of the asset, in wei."""
        return 10**self.setup.decimals

    def parts(self) -> list[object]:
        """Everything that a step may change in the model."""
        models = (self.vault, self.executor, self.queue, self.sentinel, self.reflexes)
        return [*self.strategies, *(part for model in models for part in model.parts())]

    @cached_property
    def begins(self) -> int:
        """Timestamp of a list's first step, unless time passes before it."""
        return self.rpc.timestamp() + 1

    @cached_property
    def start(self) -> Undo:
        """The model as it was before the first step."""
        self.vault.now = self.begins
        self.vault.told = []
        return Undo(self.parts())

    @cached_property
    def reader(self) -> str:
        """Address of the contract that reads the whole world; put on the chain at first use."""
        address = actor(f"reader {next(_numbers)}")
        self.rpc.call("anvil_setCode", address, reader_code(self.items, self.view.question))
        return address

    @cached_property
    def view(self) -> View:
        """All that a step may change, as chain and model tell it."""
        return View(self, HOLDERS)

    @property
    def lively(self) -> list[str]:
        """Agents that must not be silent for long."""
        agents = self.executor.mandates.agents
        return [name for name in AGENTS if agents[name].mandate.heartbeat]

    @property
    def items(self) -> list[Item]:
        """The views that make up a world, but for stakes."""
        return self.view.items

    @property
    def labels(self) -> list[str]:
        """Names of the words that ``expected`` gives, in order."""
        return self.view.labels

    def expected(self) -> list[int]:
        """What the reader must answer now, by the model, when it is asked nothing."""
        return self.view.expected()


def mandate_tuple(mandate: Mandate, at: Callable[[str], str]) -> tuple[object, ...]:
    """A mandate as the ABI encodes it; ``at`` gives the address of a name."""
    amounts = (mandate.flow, mandate.loss, mandate.max_loss)
    times = (mandate.window, mandate.expiry, mandate.heartbeat)
    return (mandate.permissions, mandate.bitmap, *amounts, *times, at(mandate.policy), mandate.document)


@contextmanager
def worlds() -> Iterator[list[World]]:
    """Run an anvil that holds every world until the block ends."""
    with run_anvil() as url, Rpc(url) as rpc:
        # One second a block: a failing list of operations replays in the same seconds.
        rpc.call("anvil_setBlockTimestampInterval", 1)
        built = [World.create(rpc, setup) for setup in SETUPS]
        for world in built:
            # The clock is everybody's, and days have passed while the other worlds were built.
            wake(world)
        for world in built:
            assert world.reader
            assert world.start
        yield built
