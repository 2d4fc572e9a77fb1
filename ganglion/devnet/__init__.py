"""A local Ethereum mainnet with the real Safe 1.4.1, a live Morpho Blue market and ERC-4626 vaults.

    with devnet.start() as net:
        net.fund(net.actor("depositor"), 1_000 * 10**6)
        net.market.set_utilisation(10_000)

``python -m ganglion.devnet`` keeps one running.
"""

from .addresses import Addresses, MarketParams
from .devnet import Devnet, attach, start
from .errors import DevnetError, Reverted, RpcError
from .market import Liquidation, Market, MarketState, Position
from .rpc import Rpc

__all__ = [
    "Addresses",
    "Devnet",
    "DevnetError",
    "Liquidation",
    "Market",
    "MarketParams",
    "MarketState",
    "Position",
    "Reverted",
    "Rpc",
    "RpcError",
    "attach",
    "start",
]
