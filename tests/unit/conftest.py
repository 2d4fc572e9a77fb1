"""One anvil a session on which a second passes per block; every test starts from a state that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests.modes import TokenFlag
from tests.unit.bed import Bed
from tests.unit.desk import Desk
from tests.unit.layers import Layers, Step
from tests.unit.leavers import Leavers, open_leavers
from tests.unit.standing import Post, open_post
from tests.unit.watch import fall_short

ASSETS = {
    "6 decimals": (6, TokenFlag.PLAIN),
    "8 decimals": (8, TokenFlag.PLAIN),
    "18 decimals": (18, TokenFlag.PLAIN),
    "no return value": (6, TokenFlag.NO_RETURN),
}


def made(name: str) -> Step:
    decimals, flags = ASSETS[name]
    return name, lambda rpc: Bed.make(rpc, decimals, flags)


def _funded(bed: Bed) -> Bed:
    bed.list_hostile(3)
    return bed.fund()


MADE = made("6 decimals")
FUNDED: Step = ("funded", _funded)
INVESTED: Step = ("invested", Bed.invest)


def _desk(rpc: Rpc) -> Desk:
    made = Desk.make(rpc, executor=None)
    assert isinstance(made, Desk)
    return made.open()


@pytest.fixture(scope="session")
def reach() -> Iterator[Callable[..., object]]:
    """Run the chain, and give what brings it to a state."""
    with run_anvil() as url, Rpc(url) as node:
        node.call("anvil_setBlockTimestampInterval", 1)
        yield Layers(node).reach


@pytest.fixture
def rpc(reach: Callable[..., Rpc]) -> Rpc:
    """The chain at genesis; not together with any treasury below."""
    return reach()


@pytest.fixture
def unsealed(reach: Callable[..., Bed]) -> Bed:
    """A seeded treasury without strategies, not open yet."""
    return reach(MADE)


@pytest.fixture
def bed(reach: Callable[..., Bed]) -> Bed:
    """An open treasury over three strategies, its capital idle."""
    return reach(MADE, FUNDED)


@pytest.fixture
def invested(reach: Callable[..., Bed]) -> Bed:
    """An open treasury with a fifth of its capital in each of three strategies."""
    return reach(MADE, FUNDED, INVESTED)


@pytest.fixture(params=ASSETS)
def any_bed(request: pytest.FixtureRequest, reach: Callable[..., Bed]) -> Bed:
    """As ``bed``, over each kind of asset."""
    return reach(made(request.param), FUNDED)


@pytest.fixture(params=ASSETS)
def any_invested(request: pytest.FixtureRequest, reach: Callable[..., Bed]) -> Bed:
    """As ``invested``, over each kind of asset."""
    return reach(made(request.param), FUNDED, INVESTED)


@pytest.fixture
def desk(reach: Callable[..., Desk]) -> Desk:
    """An open treasury with the real Executor, caps and a mandate, its capital idle."""
    return reach(("desk", _desk))


@pytest.fixture
def post(reach: Callable[..., Post]) -> Post:
    """As ``desk``, with a fifth of its capital in each strategy, and standing orders possible."""
    return reach(("post", open_post))


@pytest.fixture
def leavers(reach: Callable[..., Leavers]) -> Leavers:
    """As ``invested``, with a tenth of the shares in the hands of each of three holders."""
    return reach(("leavers", open_leavers))


@pytest.fixture(params=ASSETS)
def any_leavers(request: pytest.FixtureRequest, reach: Callable[..., Leavers]) -> Leavers:
    """As ``leavers``, over each kind of asset."""
    decimals, flags = ASSETS[request.param]
    return reach((f"leavers, {request.param}", lambda rpc: open_leavers(rpc, decimals, flags)))


@pytest.fixture
def listed_asset(reach: Callable[..., Leavers]) -> Leavers:
    """As ``leavers``, over an asset that can refuse accounts."""
    return reach(("leavers, blacklist", lambda rpc: open_leavers(rpc, 6, TokenFlag.BLACKLIST)))


@pytest.fixture
def dry(leavers: Leavers) -> Leavers:
    """A tenth of the first strategy waits, and nothing of it is liquid."""
    leavers.drain(1)
    leavers.settled()
    return leavers


@pytest.fixture
def covered(dry: Leavers) -> Leavers:
    """As ``dry``; liquidity came once, so that some of the stayers' units are covered."""
    dry.liquid(1, 60_000 * dry.unit)
    dry.unwind(1)
    return dry


@pytest.fixture
def liquid(dry: Leavers) -> Leavers:
    """A tenth of the first strategy waits, and it could pay everything."""
    dry.refill(1)
    return dry


@pytest.fixture
def short(dry: Leavers) -> Leavers:
    """A tenth of the first strategy waits; unwinds have failed, and nothing is liquid now."""
    fall_short(dry)
    dry.drain(1)
    return dry
