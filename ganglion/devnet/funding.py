"""Money from nowhere: ETH, WETH and USDC for any address of an anvil chain."""

from __future__ import annotations

from .abi import actor, call_data
from .addresses import USDC, WETH
from .errors import DevnetError, Reverted
from .rpc import Rpc, quantity

_FAUCET = actor("faucet")
_GAS_MONEY = 10**21  # wei


def fund_eth(rpc: Rpc, address: str, amount: int) -> None:
    """Add ``amount`` wei to the balance of ``address``."""
    balance = int(rpc.call("eth_getBalance", address, "latest"), 16)
    rpc.call("anvil_setBalance", address, quantity(balance + amount))


def fund_token(rpc: Rpc, token: str, address: str, amount: int) -> None:
    """Add ``amount`` (smallest units) of WETH or USDC to the balance of ``address``.

    WETH is wrapped ETH. USDC is minted where anyone may mint it (the local token); on a fork of the real
    chain the balance is written into storage, and the total supply stays as it was.

    Raises:
        DevnetError: ``token`` is neither.
    """
    if token.lower() == WETH.lower():
        rpc.call("anvil_setBalance", _FAUCET, quantity(amount + _GAS_MONEY))
        rpc.transact(_FAUCET, WETH, "deposit()", value=amount)
        rpc.transact(_FAUCET, WETH, "transfer(address,uint256)", address, amount)
    elif token.lower() == USDC.lower():
        _fund_usdc(rpc, address, amount)
    else:
        raise DevnetError(f"no faucet for token {token}; fund WETH ({WETH}) or USDC ({USDC})")


def _fund_usdc(rpc: Rpc, address: str, amount: int) -> None:
    mint = {"from": _FAUCET, "to": USDC, "data": call_data("mint(address,uint256)", address, amount)}
    rpc.call("anvil_setBalance", _FAUCET, quantity(_GAS_MONEY))
    try:
        rpc.eth_call(mint)
    except Reverted:
        balance = rpc.read(USDC, "balanceOf(address)", address)
        rpc.call("anvil_dealERC20", address, USDC, quantity(balance + amount))
    else:
        rpc.send(mint)
