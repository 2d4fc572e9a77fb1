"""A treasury on an anvil and the model of it, brought to the same state by the same calls."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from ganglion.devnet.abi import actor, selector
from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests import treasury as chain
from tests.model.arithmetic import Undo
from tests.model.executor import Cap, Executor, Mandate, Move
from tests.model.position import Terms
from tests.model.strategy import Strategy, Token
from tests.model.vault import VAULT, Limits, Vault
from tests.modes import SINK, Group, Mode
from tests.stateful.reader import Field, Item, item, reader_code
from tests.stateful.setups import SETUPS, Setup, StrategySetup

HOLDERS = ("depositor", "leaver", "holder")
AGENTS = ("agent", "tight_agent")
WORLD = "world"  # who pays gains and makes donations
CURATOR = "curator"
STRANGER = "stranger"
FUNDS = 10**6  # whole units of the asset that each holder starts with
FOREVER = 2**40 - 1
EXPIRY_DAYS = 20

_numbers = itertools.count(1)


def forwarder_code(vault: str) -> str:
    """Code that calls ``vault.poke()`` whatever it is called with, and fails as that fails."""
    call = "63" + selector("poke()").hex() + "5f52" + "5f5f6004601c5f73" + vault[2:] + "5af1"
    refuse = "3d5f5f3e3d5ffd"
    # JUMPI over the refusal: the destination is the last byte but one.
    return "0x" + call + f"60{len(call) // 2 + 3 + len(refuse) // 2:02x}57" + refuse + "5b00"


@dataclass(repr=False)
class World:
    """A treasury, its model, and how names of the model are addresses of the chain."""

    rpc: Rpc
    setup: Setup
    treasury: chain.Treasury
    vault: Vault
    executor: Executor
    strategies: list[Strategy]
    addresses: dict[str, str]

    @classmethod
    def create(cls, rpc: Rpc, setup: Setup) -> World:
        """Deploy, and run everything that comes before a campaign's first step on both sides."""
        for name in (*HOLDERS, *AGENTS, WORLD, CURATOR, STRANGER, "governor", "guardian", "deployer"):
            rpc.call("anvil_setBalance", actor(name), hex(10**24))
        asset = chain.deploy_token(rpc, setup.decimals, setup.flags)
        treasury = chain.Treasury.create(rpc, asset, epoch=setup.epoch, limits=setup.limits)
        token = Token()
        token.balances["deployer"] = 10**6
        limits = Limits(*setup.limits.tuple()).rounded()
        vault = Vault(token, setup.decimals, setup.epoch, rpc.timestamp(), limits)
        vault.seed("deployer", 10**6)
        addresses = {name: actor(name) for name in (*HOLDERS, *AGENTS, WORLD, CURATOR, STRANGER)}
        addresses |= {VAULT: treasury.vault, "sink": SINK, "asset": asset, "steward": treasury.steward}
        addresses["forwarder"] = actor(f"forwarder {next(_numbers)}")
        addresses |= {"governor": chain.GOVERNOR, "guardian": chain.GUARDIAN, "executor": treasury.executor}
        world = cls(rpc, setup, treasury, vault, Executor(vault), [], addresses)
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
        self._mandate("agent", self.unit * FUNDS, self.unit * 1_000, self.unit * 500, chain.DAY, FOREVER)
        expiry = self.rpc.timestamp() + EXPIRY_DAYS * chain.DAY
        self._mandate("tight_agent", self.unit * 10_000, self.unit * 5, self.unit * 4, chain.HOUR, expiry)
        self.send("governor", "executor", "set_curator(address)", self.addresses[CURATOR])
        self.send("governor", "executor", "set_guardian(address,bool)", chain.GUARDIAN, True)
        self.rpc.call("anvil_setCode", self.addresses["forwarder"], forwarder_code(self.treasury.vault))
        if self.setup.started:
            self._start()

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
        absolute = setup.absolute * self.unit
        cap = (number, absolute, setup.relative)
        self.send("governor", "executor", "set_cap(uint256,uint256,uint256)", *cap)
        self.executor.caps[number] = Cap(absolute, setup.relative)

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

    def _mandate(self, agent: str, flow: int, loss: int, max_loss: int, window: int, expiry: int) -> None:
        ids = frozenset(range(1, len(self.strategies) + 1))
        mandate = Mandate(True, True, ids, flow, loss, max_loss, window, expiry)
        arguments = (self.addresses[agent], mandate_tuple(mandate))
        self.send("governor", "executor", f"set_mandate(address,{chain.MANDATE})", *arguments)
        self.executor.set_mandate(agent, mandate)

    def _start(self) -> None:
        """Pay in, put half to work, and let two epochs pass, each with a poke."""
        amount = FUNDS // 4 * self.unit
        for holder in HOLDERS[:2]:
            self.send(holder, VAULT, "deposit(uint256,address)", amount, self.addresses[holder])
            self.vault.deposit(holder, amount, holder)
        self.rpc.warp(self.setup.epoch)
        for number in range(1, len(self.vault.positions) + 1):
            part = amount // len(self.strategies) // 2
            intent = ([(number, part, 0)], part, FOREVER, bytes(32))
            self.send("agent", "executor", f"execute({chain.INTENT})", intent)
            self.executor.execute("agent", [Move(number, part, 0)], part, FOREVER)
        for _ in range(2):
            self.rpc.warp(self.setup.epoch)
            self.send(STRANGER, VAULT, "poke()")
            self.vault.poke()

    def send(self, sender: str, target: str, signature: str, *arguments: object) -> None:
        """Mine a call and set the model's clock to the block it is in."""
        self.rpc.transact(self.addresses[sender], self.addresses[target], signature, *arguments)
        self.vault.now = self.rpc.timestamp()

    # -- during a campaign -----------------------------------------------------

    @property
    def unit(self) -> int:
        """One whole unit of the asset, in wei."""
        return 10**self.setup.decimals

    def parts(self) -> list[object]:
        """Everything that a step may change in the model."""
        return [*self.vault.parts(), *self.strategies, *self.executor.parts()]

    @cached_property
    def begins(self) -> int:
        """Timestamp of a list's first step, unless time passes before it."""
        return self.rpc.timestamp() + 1

    @cached_property
    def start(self) -> Undo:
        """The model as it was before the first step."""
        self.vault.now = self.begins
        return Undo(self.parts())

    @cached_property
    def reader(self) -> str:
        """Address of the contract that reads the whole world; put on the chain at first use."""
        address = actor(f"reader {next(_numbers)}")
        self.rpc.call("anvil_setCode", address, reader_code(self.items))
        return address

    @cached_property
    def items(self) -> list[Item]:
        """The views that make up a world."""
        vault, asset = self.addresses[VAULT], self.addresses["asset"]
        holder = self.addresses[HOLDERS[0]]
        items = [
            item(vault, "totals()", words=3),
            item(vault, "word(uint256,uint256)", chain.HOT, 0, bits=112),
            item(vault, "totalSupply()"),
            item(vault, "maxDeposit(address)", holder),
            item(vault, "maxMint(address)", holder),
            item(vault, "maxWithdraw(address)", holder),
            item(vault, "maxRedeem(address)", holder),
            item(asset, "balanceOf(address)", vault),
        ]
        for name in HOLDERS:
            items.append(item(vault, "balanceOf(address)", self.addresses[name]))
            items.append(item(vault, "unlock_time(address)", self.addresses[name]))
            items.append(item(asset, "balanceOf(address)", self.addresses[name]))
        for number, strategy in enumerate(self.strategies, 1):
            items += self._strategy_items(number, self.addresses[strategy.name], vault, asset)
        for name in AGENTS:
            for view in ("flow_budget(address)", "loss_budget(address)"):
                items.append(item(self.addresses["executor"], view, self.addresses[name], words=2))
        return items

    def _strategy_items(self, number: int, address: str, vault: str, asset: str) -> list[Item]:
        word = item(vault, "word(uint256,uint256)", chain.POSITION, number).data
        fields = (Field(0, 0, 112), Field(0, 112, 112), Field(0, 224, 8), Field(0, 240, 16))
        return [
            Item(vault, word, fields),
            item(address, "held()"),
            item(address, "units_of(address)", vault),
            item(asset, "balanceOf(address)", address),
            item(self.addresses["executor"], "cap(uint256)", number, words=3),
        ]

    @cached_property
    def labels(self) -> list[str]:
        """Names of the words that ``expected`` gives, in order."""
        names = [
            "lo",
            "hi",
            "veto",
            "idle",
            "totalSupply",
            "maxDeposit",
            "maxMint",
            "maxWithdraw",
            "maxRedeem",
        ]
        names.append("asset of vault")
        for holder in HOLDERS:
            names += [f"{kind} of {holder}" for kind in ("shares", "unlock", "asset")]
        for strategy in self.strategies:
            fields = (
                "units",
                "book",
                "status",
                "above",
                "held",
                "vault's units",
                "asset",
                "absolute",
                "relative",
            )
            names += [f"{field} of {strategy.name}" for field in (*fields, "cut until")]
        for agent in AGENTS:
            names += [
                f"{kind} of {agent}" for kind in ("flow limit", "flow spent", "loss limit", "loss spent")
            ]
        return names

    def expected(self) -> list[int]:
        """What the reader must answer now, by the model."""
        vault, balances = self.vault, self.vault.token.balances
        price, holder = vault.price(), HOLDERS[0]
        words = [price.lo, price.hi, int(price.veto), vault.idle, vault.supply]
        words += [vault.max_deposit(price), vault.max_mint(price)]
        words += [vault.max_withdraw(holder, price), vault.max_redeem(holder, price)]
        words.append(balances[VAULT])
        for name in HOLDERS:
            words += [vault.shares[name], vault.unlock_time(name), balances[name]]
        for number, strategy in enumerate(self.strategies, 1):
            position, cap = vault.find(number), self.executor.caps[number]
            if position is None:
                words += (0, 0, 0, 0)
            else:
                words += (position.units, position.book, position.status, position.above)
            words += [strategy.held, strategy.units_of[VAULT], balances[strategy.name]]
            words += [cap.absolute, cap.relative, cap.cut_until]
        for agent in AGENTS:
            words += self.executor.budgets(agent)
        return words


def mandate_tuple(mandate: Mandate) -> tuple[object, ...]:
    """A mandate as the ABI encodes it."""
    return (
        mandate.may_allocate | mandate.may_deallocate << 1,
        sum(1 << number for number in mandate.strategies),
        mandate.flow,
        mandate.loss,
        mandate.max_loss,
        mandate.window,
        mandate.expiry,
        mandate.document,
    )


@contextmanager
def worlds() -> Iterator[list[World]]:
    """Run an anvil that holds every world until the block ends."""
    with run_anvil() as url, Rpc(url) as rpc:
        # One second a block: a failing list of operations replays in the same seconds.
        rpc.call("anvil_setBlockTimestampInterval", 1)
        built = [World.create(rpc, setup) for setup in SETUPS]
        for world in built:
            assert world.reader
            assert world.start
        yield built
