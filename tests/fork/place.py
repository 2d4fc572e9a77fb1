"""A treasury on a fork of the local mainnet, over Morpho Blue's adapter, solmate's and snekmate's vaults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from ganglion import devnet
from ganglion.devnet import Devnet
from ganglion.devnet.abi import actor, call_data
from ganglion.devnet.funding import fund_eth, fund_token
from ganglion.devnet.market import LIQUIDATOR, WHALE
from tests import treasury as chain
from tests.stateful.reader import FAILED, Field, Item, item, reader_code

USDC = 10**6
HOLDERS = tuple(actor(name) for name in ("depositor", "leaver", "holder"))
WORLD = actor("world")  # who makes donations
READER = actor("reader")
FUNDS = 1_000_000 * USDC
START = 300_000 * USDC  # what the first two holders have in before the first step
TERMS = chain.Terms(read_gas=400_000, write_gas=1_000_000, tolerance=100, band=500)
COLLATERAL = 20_000 * 10**18  # WETH wei of the whale, enough to borrow all there is


class ForkTreasury(chain.Treasury):
    """A treasury whose asset nobody can simply mint."""

    def mint(self, account: str, amount: int) -> None:
        """Give asset to an account, by whatever way the chain has, and approve the Vault for it."""
        fund_token(self.rpc, self.asset, account, amount)
        self.rpc.transact(account, self.asset, "approve(address,uint256)", self.vault, chain.MAX_UINT)


@dataclass
class Place:
    """The fork, the treasury on it, and what a step can act on."""

    net: Devnet
    treasury: ForkTreasury

    @classmethod
    def create(cls, net: Devnet) -> Place:
        """Deploy, pay in, put most to work and open petty cash."""
        for account in (*HOLDERS, WORLD):
            fund_eth(net.rpc, account, chain.ETHER)
        limits = chain.Limits(petty_share=500)
        place = cls(net, ForkTreasury.create(net.rpc, net.addresses.usdc, limits=limits))
        place._arm_the_market()
        place._list()
        place._start()
        net.rpc.call("anvil_setCode", READER, reader_code(place.items))
        return place

    @property
    def strategies(self) -> tuple[str, str, str]:
        """Addresses of the strategies; ids are 1 to 3."""
        at = self.net.addresses
        return at.morpho_strategy, at.solmate_vault, at.snekmate_vault

    def _arm_the_market(self) -> None:
        """Give whale and liquidator what their steps need."""
        rpc, at, params = self.net.rpc, self.net.addresses, self.net.market_params
        for account in (WHALE, LIQUIDATOR):
            fund_eth(rpc, account, chain.ETHER)
            fund_token(rpc, at.usdc, account, 30_000_000 * USDC)
            rpc.transact(account, at.usdc, "approve(address,uint256)", at.morpho, chain.MAX_UINT)
        fund_token(rpc, at.weth, WHALE, COLLATERAL)
        rpc.transact(WHALE, at.weth, "approve(address,uint256)", at.morpho, chain.MAX_UINT)
        signature = f"supplyCollateral({params.TYPE},uint256,address,bytes)"
        rpc.transact(WHALE, at.morpho, signature, params.as_tuple(), COLLATERAL, WHALE, b"")
        fund_token(rpc, at.usdc, WORLD, 10_000_000 * USDC)

    def _list(self) -> None:
        treasury, rpc = self.treasury, self.net.rpc
        for strategy in self.strategies:
            number = treasury.list(strategy, TERMS)
            signature = "set_cap(uint256,uint256,uint256)"
            rpc.transact(chain.GOVERNOR, treasury.executor, signature, number, 2**100, 10_000)
        treasury.seal()
        mandate = chain.mandate_of(3, 0b1110, 10 * FUNDS, FUNDS // 100, FUNDS // 200)
        signature = f"set_mandate(address,{chain.MANDATE})"
        rpc.transact(chain.GOVERNOR, treasury.executor, signature, chain.AGENT, mandate)
        rpc.transact(chain.GOVERNOR, treasury.executor, "set_guardian(address,bool)", chain.GUARDIAN, True)

    def _start(self) -> None:
        treasury, rpc = self.treasury, self.net.rpc
        for holder in HOLDERS:
            treasury.mint(holder, FUNDS)
        for holder in HOLDERS[:2]:
            rpc.transact(holder, treasury.vault, "deposit(uint256,address)", START, holder)
        rpc.warp(chain.DAY)
        treasury.execute([(number, START // 2, 0) for number in (1, 2, 3)], max_loss=START)
        for _ in range(2):
            rpc.warp(chain.DAY)
            treasury.poke()

    @cached_property
    def items(self) -> list[Item]:
        """The views that a state of the place is made of, in the order of ``State``."""
        vault, asset = self.treasury.vault, self.treasury.asset
        items = [
            item(vault, "totals()", words=3),
            item(vault, "word(uint256,uint256)", chain.HOT, 0, bits=112),
            item(asset, "balanceOf(address)", vault),
            item(vault, "totalSupply()"),
        ]
        items += [item(asset, "balanceOf(address)", holder) for holder in HOLDERS]
        items += [item(vault, "balanceOf(address)", holder) for holder in HOLDERS]
        for number, strategy in enumerate(self.strategies, 1):
            word = call_data("word(uint256,uint256)", chain.POSITION, number)
            items.append(Item(vault, word, (Field(0, 0, 112), Field(0, 112, 112))))
            items.append(item(strategy, "balanceOf(address)", vault))
        return items


@dataclass(frozen=True)
class Position:
    """Units and book of the Vault's ledger, and the Vault's balance of units."""

    units: int
    book: int
    owned: int


@dataclass(frozen=True)
class State:
    """What the reader tells: asset wei, share wei, units."""

    lo: int
    hi: int
    veto: int
    idle: int
    cash: int
    supply: int
    wallets: tuple[int, ...]
    shares: tuple[int, ...]
    positions: tuple[Position, ...]

    @classmethod
    def parse(cls, data: str) -> State:
        """Read the answer of the reader, 0x-hex; a view that failed is an AssertionError."""
        words = [int(data[at : at + 64], 16) for at in range(2, len(data), 64)]
        assert FAILED not in words, "a view of the Vault failed"
        positions = tuple(Position(*words[at : at + 3]) for at in range(12, len(words), 3))
        return cls(*words[:6], tuple(words[6:9]), tuple(words[9:12]), positions)


@contextmanager
def place(upstream: str) -> Iterator[Place]:
    """Fork ``upstream`` and set everything up on the fork, for the duration of the block."""
    with devnet.start(fork_url=upstream) as net:
        yield Place.create(net)
