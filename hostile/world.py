"""The treasury that is attacked: four strategies that obey the attacker, three stolen keys, and holders."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from eth_account import Account
from eth_utils import keccak

from ganglion.agent.intent import Domain, Intent, Move, sign
from ganglion.devnet.abi import actor, call_data
from ganglion.devnet.node import CHAIN_ID, run_anvil
from ganglion.devnet.rpc import Rpc
from hostile.view import View, items
from tests import treasury as t
from tests.modes import SINK
from tests.stateful.reader import reader_code

UNIT = 10**6
TREASURY = 1_000_000 * UNIT
STAKE = 120_000 * UNIT  # in each strategy at the beginning
OTHERS = 5_000_000 * UNIT  # what others hold of each strategy
TOLERANCES = (50, 100, 50, 20)  # bps, by strategy
BAND = 300
FLOW, LOSS, WINDOW = 300_000 * UNIT, 1_000 * UNIT, t.DAY
HEARTBEAT = 2 * t.DAY
FLOOR = 500  # idle floor, bps
CEILING = 420_000 * UNIT
CAP, CAP_SHARE = 400_000 * UNIT, 3_800
GROUPS = {1: (0b00110, 450_000 * UNIT, 6_000), 2: (0b01100, 600_000 * UNIT, 4_500)}
INFLOW = (3, 150_000 * UNIT, t.DAY)  # strategy, limit, window
SIGNATURES, PLAIN = 192, 3  # of them the first bring a little home and may be sent by anybody
EVERYTHING = -(2**255)

THIEF, PARTNER, SIGNER = range(3)  # places of the agents
KEY = Account.from_key(keccak(text="ganglion hostile signer"))
ACCOMPLICE = actor("accomplice")
HONEST = actor("honest holder")
RELAYER = actor("relayer")
CURATOR = actor("curator")
OTHER = actor("others")


def mandate(flow: int = FLOW, loss: int = LOSS, window: int = WINDOW, heartbeat: int = 0) -> tuple:
    """A mandate over all strategies; an intent may lose the whole budget."""
    return t.mandate_of(3, 2**256 - 2, flow, loss, loss, window, heartbeat=heartbeat)


@dataclass(frozen=True)
class Signed:
    """An intent of the signer, ready for any relayer."""

    data: str
    nonce: int
    sequence: int
    relayer: str
    allocates: bool


@dataclass(frozen=True)
class World:
    """Addresses, the node, and what is known before a list begins."""

    rpc: Rpc
    treasury: t.Treasury
    caller: str
    market: str
    reader: str
    question: str
    agents: tuple[str, str, str]
    signed: tuple[Signed, ...]
    begins: int
    start: View

    @property
    def holders(self) -> tuple[str, ...]:
        """Whose shares are read: the party's, with what it has asked to redeem."""
        return party(self.treasury, self.caller)

    def view(self, data: str) -> View:
        """Take an answer of the reader apart."""
        return View.of(data, len(TOLERANCES), len(self.agents), len(GROUPS), len(self.holders))


def party(treasury: t.Treasury, caller: str) -> tuple[str, ...]:
    """Accounts whose shares are the attacker's; nobody else asks the queue."""
    return (ACCOMPLICE, caller, treasury.queue)


def built(rpc: Rpc) -> World:
    """Deploy everything on a node."""
    for account in (*t.ACTORS, KEY.address, ACCOMPLICE, HONEST, RELAYER, CURATOR, OTHER):
        rpc.call("anvil_setBalance", account, hex(10**24))
    asset = t.deploy_token(rpc)
    treasury = t.Treasury.create(rpc, asset, limits=t.Limits(idle_floor=FLOOR, petty_share=1_000))
    caller, market = (t.deploy_vyper(rpc, "contracts/mocks/Caller.vy") for _ in range(2))
    agents = (caller, t.AGENT, KEY.address)
    _listed(rpc, treasury)
    _funded(rpc, treasury, caller)
    _restricted(rpc, treasury, agents)
    reader = actor("hostile reader")
    rpc.call(
        "anvil_setCode", reader, reader_code(items(treasury, agents, len(GROUPS), party(treasury, caller)))
    )
    view = View.of(
        "0x" + rpc.eth_call({"to": reader, "data": "0x"}).hex(),
        len(TOLERANCES),
        len(agents),
        len(GROUPS),
        len(party(treasury, caller)),
    )
    signed = tuple(_signatures(treasury, view))
    begins = rpc.timestamp() + 1
    return World(rpc, treasury, caller, market, reader, "0x", agents, signed, begins, view)


def _listed(rpc: Rpc, treasury: t.Treasury) -> None:
    executor = treasury.executor
    for tolerance in TOLERANCES:
        strategy = t.deploy_hostile(rpc, treasury.asset)
        rpc.transact(OTHER, treasury.asset, "mint(address,uint256)", OTHER, OTHERS * 13 // 10)
        rpc.transact(OTHER, treasury.asset, "approve(address,uint256)", strategy, t.MAX_UINT)
        rpc.transact(OTHER, strategy, "deposit(uint256,address)", OTHERS, OTHER)
        rpc.transact(OTHER, strategy, "gain(uint256)", OTHERS * 3 // 10)
        terms = t.Terms(max_rate=0, tolerance=tolerance, band=BAND)
        number = treasury.list(strategy, terms, CEILING)
        rpc.transact(t.GOVERNOR, executor, "set_cap(uint256,uint256,uint256)", number, CAP, CAP_SHARE)
    for group, (members, absolute, share) in GROUPS.items():
        signature = "set_group(uint256,uint256,uint256,uint256)"
        rpc.transact(t.GOVERNOR, executor, signature, group, members, absolute, share)


def _restricted(rpc: Rpc, treasury: t.Treasury, agents: tuple[str, str, str]) -> None:
    executor, grant = treasury.executor, f"set_mandate(address,{t.MANDATE})"
    for place, agent in enumerate(agents):
        terms = mandate(heartbeat=HEARTBEAT if place == SIGNER else 0)
        rpc.transact(t.GOVERNOR, executor, grant, agent, terms)
    rpc.transact(t.GOVERNOR, executor, "set_curator(address)", CURATOR)
    rpc.transact(t.GOVERNOR, executor, "set_guardian(address,bool)", t.GUARDIAN, True)
    rpc.transact(CURATOR, executor, "set_inflow(uint256,uint256,uint256)", *INFLOW)
    treasury.poke()


def _funded(rpc: Rpc, treasury: t.Treasury, caller: str) -> None:
    treasury.seal()
    rpc.warp(t.DAY + 1)
    treasury.deposit(HONEST, TREASURY * 9 // 10)
    treasury.deposit(ACCOMPLICE, TREASURY // 10)
    for account in (HONEST, ACCOMPLICE, caller):
        rpc.call("anvil_setBalance", account, hex(10**24))
        treasury.mint(account, TREASURY)
    rpc.transact(t.GOVERNOR, treasury.executor, f"set_mandate(address,{t.MANDATE})", t.AGENT, t.mandate_of())
    treasury.execute([(number, STAKE, 0) for number in range(1, len(TOLERANCES) + 1)])
    for _ in range(3):
        treasury.poke()
        rpc.warp(t.DAY)


def _signatures(treasury: t.Treasury, view: View) -> Iterator[Signed]:
    source, domain = random.Random(5), Domain(CHAIN_ID, treasury.executor)
    mandate_hash = view.agents[SIGNER].mandate.to_bytes(32, "big")
    for nonce in range(1, SIGNATURES + 1):
        sizes = (source.choice((-1, 1)) * source.randrange(1, 120_000) * UNIT for _ in range(3))
        moves = tuple(Move(source.randrange(1, 5), size, 0) for size in sizes)[: source.randrange(1, 4)]
        if nonce % 5 == 0:
            moves = tuple(Move(number, EVERYTHING, 0) for number in range(1, 5))
        numbers = (2**256 - nonce) if nonce % 3 == 0 else nonce  # both ends of the nonces
        sequence = source.choice((0, 0, 0, 1, 2))
        relayer = source.choice((t.NOBODY, t.NOBODY, RELAYER))
        if nonce <= PLAIN:
            moves, sequence, relayer = (Move(nonce, -UNIT, 0),), 0, t.NOBODY
        intent = Intent(KEY.address, moves, 10**18, 2**40, nonce=numbers, sequence=sequence, relayer=relayer)
        signature = sign(intent, domain, mandate_hash, KEY)
        data = call_data(f"execute_signed({t.INTENT},bytes)", intent.as_tuple(), signature)
        yield Signed(data, numbers, sequence, relayer, intent.allocates)


@contextmanager
def world() -> Iterator[World]:
    """A world on a node of its own."""
    with run_anvil() as url, Rpc(url) as rpc:
        yield built(rpc)


__all__ = ["SINK", "World", "built", "world"]
