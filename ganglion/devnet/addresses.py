"""Where things stand: canonical mainnet addresses, and those that the seed's deployer creates.

All of them are known before a chain exists, so that a program can attach to a running node by its URL alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import rlp
from eth_utils import keccak, to_canonical_address, to_checksum_address

from .abi import actor, encode

WETH = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
MORPHO = "0xBBBBBbbBBb9cC5e90e3b3Af64bdAF62C37EEFFCb"
SAFE = "0x41675C099F32341bf84BFc5382aF534df5C7461a"
SAFE_L2 = "0x29fcB43b46531BcA003ddC8FCB67FFE91900C762"
SAFE_PROXY_FACTORY = "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"
MULTISEND_CALL_ONLY = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2"
FALLBACK_HANDLER = "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"

LLTV = 86 * 10**16  # WAD: a loan may reach 86% of its collateral's value

DEPLOYER = actor("deployer")


def created_by(creator: str, nonce: int) -> str:
    """Return the address of the contract that ``creator`` deploys with its ``nonce``-th transaction."""
    return to_checksum_address(keccak(rlp.encode([to_canonical_address(creator), nonce]))[-20:])


@dataclass(frozen=True)
class MarketParams:
    """What identifies a market of Morpho Blue; ``lltv`` in WAD."""

    loan_token: str
    collateral_token: str
    oracle: str
    irm: str
    lltv: int

    TYPE = "(address,address,address,address,uint256)"

    def as_tuple(self) -> tuple[str, str, str, str, int]:
        """Return the parameters as Morpho's ABI encodes them."""
        return (self.loan_token, self.collateral_token, self.oracle, self.irm, self.lltv)

    @property
    def id(self) -> bytes:
        """Market id: keccak256 of the ABI encoding."""
        return keccak(encode([self.TYPE], [self.as_tuple()]))


@dataclass(frozen=True)
class Addresses:
    """Every contract of the local mainnet, by role.

    The last five are deployed by the seed in this order, on an empty chain and on a fork alike. ``usdc`` is
    solmate's ERC-20 with 6 decimals on an empty chain, and the real token on a fork.
    """

    weth: str = WETH
    usdc: str = USDC
    morpho: str = MORPHO
    safe: str = SAFE
    safe_l2: str = SAFE_L2
    safe_proxy_factory: str = SAFE_PROXY_FACTORY
    multisend_call_only: str = MULTISEND_CALL_ONLY
    fallback_handler: str = FALLBACK_HANDLER
    irm: str = created_by(DEPLOYER, 0)
    oracle: str = created_by(DEPLOYER, 1)
    solmate_vault: str = created_by(DEPLOYER, 2)
    snekmate_vault: str = created_by(DEPLOYER, 3)
    morpho_strategy: str = created_by(DEPLOYER, 4)

    def market_params(self) -> MarketParams:
        """Return the parameters of the seeded market: USDC lent against WETH."""
        return MarketParams(self.usdc, self.weth, self.oracle, self.irm, LLTV)

    def canonical(self) -> dict[str, str]:
        """Return the contracts that every Ethereum mainnet has."""
        ours = {"irm", "oracle", "solmate_vault", "snekmate_vault", "morpho_strategy"}
        return {name: address for name, address in self.as_dict().items() if name not in ours}

    def as_dict(self) -> dict[str, Any]:
        """Return role to checksum address."""
        return asdict(self)
