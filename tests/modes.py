"""Names for the dials of ``contracts/mocks``: groups, modes, stages, token flags, and ABIs for callers.

``HostileStrategy.set_mode(group, mode, param)`` turns one dial; the strategy refuses a mode that its group
does not act on. The meaning of every mode stands beside its constant in
``contracts/mocks/modules/hostility.vy``.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any

SINK = "0x000000000000000000000000000000000000dEaD"
"""Where stolen and lost assets go."""

BOMB_BYTES = 65_536
BOMB_GAS = 100_000
"""Gas with which a bomb surely goes off; with less it may run out of gas instead."""

SKIP_ACT = 1
"""Parameter of RETURN_NOTHING to RETURN_MAX in DEPOSIT, REDEEM and TRANSFER: answer without acting."""


class Group(IntEnum):
    """Functions that one dial governs."""

    READ = 0  # convertTo*, preview*, totalAssets
    DEPOSIT = 1  # deposit, mint
    REDEEM = 2  # redeem, withdraw
    MAX = 3  # maxDeposit, maxMint, maxRedeem, maxWithdraw
    BALANCE = 4  # balanceOf, totalSupply
    TRANSFER = 5  # transfer, transferFrom, approve
    META = 6  # asset, decimals
    FEE = 7
    LIQUIDITY = 8
    CUSTODY = 9


class Mode(IntEnum):
    """What a dial does; the parameter's meaning in the comment."""

    HONEST = 0
    REVERT_REASON = 1
    REVERT_EMPTY = 2
    REVERT_BOMB = 3
    BURN_INVALID = 4
    BURN_LOOP = 5
    BURN_SOME = 6  # gas
    RETURN_NOTHING = 7
    RETURN_31 = 8
    RETURN_64 = 9
    RETURN_BOMB = 10
    RETURN_MAX = 11
    RETURN_VALUE = 12  # the word
    LIE_UP = 13  # bps
    LIE_DOWN = 14  # bps
    NO_OP = 15
    SHORT = 16  # bps
    OVERTAKE = 17  # bps
    FREE_MINT = 18  # bps of the assets that are taken
    REENTER = 19  # Stage
    REENTER_STATIC = 20  # Stage
    REENTER_VIEW = 21  # answer when the re-entry is refused; 0 for the truth
    EXIT_FEE = 22  # bps
    LIMITED = 23  # asset wei
    PARTIAL = 24  # asset wei
    IGNORE_LIMIT = 25
    COUNT_DONATIONS = 26


class Stage(IntEnum):
    """When REENTER and REENTER_STATIC call."""

    HALFWAY = 0
    BEFORE = 1
    AFTER = 2


class TokenFlag(IntFlag):
    """Habits of a WeirdToken, the constructor's last argument."""

    PLAIN = 0
    NO_RETURN = 1
    FEE_ON_TRANSFER = 2
    BLACKLIST = 4
    FALSE_ON_FAILURE = 8
    PAUSABLE = 16
    REBASING = 32
    HOOKS = 64


_ANY = frozenset(Mode(value) for value in range(Mode.RETURN_VALUE + 1))
_LIES = frozenset({Mode.LIE_UP, Mode.LIE_DOWN})
_ACTS = frozenset({Mode.NO_OP, Mode.SHORT, Mode.REENTER, Mode.REENTER_STATIC})

MODES_OF: dict[Group, frozenset[Mode]] = {
    Group.READ: _ANY | _LIES | {Mode.REENTER_VIEW},
    Group.DEPOSIT: _ANY | _LIES | _ACTS | {Mode.OVERTAKE, Mode.FREE_MINT},
    Group.REDEEM: _ANY | _LIES | _ACTS | {Mode.OVERTAKE},
    Group.MAX: _ANY | _LIES | {Mode.REENTER_VIEW, Mode.IGNORE_LIMIT},
    Group.BALANCE: _ANY | _LIES | {Mode.REENTER_VIEW},
    Group.TRANSFER: _ANY | _ACTS,
    Group.META: _ANY,
    Group.FEE: frozenset({Mode.HONEST, Mode.EXIT_FEE}),
    Group.LIQUIDITY: frozenset({Mode.HONEST, Mode.LIMITED, Mode.PARTIAL}),
    Group.CUSTODY: frozenset({Mode.HONEST, Mode.COUNT_DONATIONS}),
}
"""The modes that each group acts on."""


def _function(signature: str, returns: str = "", view: bool = False) -> dict[str, Any]:
    name, _, types = signature.rstrip(")").partition("(")
    return {
        "type": "function",
        "name": name,
        "stateMutability": "view" if view else "nonpayable",
        "inputs": [{"name": f"arg{i}", "type": kind} for i, kind in enumerate(types.split(",")) if kind],
        "outputs": [{"name": "", "type": kind} for kind in returns.split(",") if kind],
    }


def _event(name: str, **fields: str) -> dict[str, Any]:
    inputs = [
        {"name": field, "type": kind.removesuffix(" indexed"), "indexed": kind.endswith(" indexed")}
        for field, kind in fields.items()
    ]
    return {"type": "event", "name": name, "anonymous": False, "inputs": inputs}


_ERC20 = [
    _function("balanceOf(address)", "uint256", view=True),
    _function("totalSupply()", "uint256", view=True),
    _function("allowance(address,address)", "uint256", view=True),
    _function("decimals()", "uint8", view=True),
    _function("name()", "string", view=True),
    _function("symbol()", "string", view=True),
    _function("transfer(address,uint256)", "bool"),
    _function("transferFrom(address,address,uint256)", "bool"),
    _function("approve(address,uint256)", "bool"),
    _event("Transfer", sender="address indexed", receiver="address indexed", value="uint256"),
    _event("Approval", owner="address indexed", spender="address indexed", value="uint256"),
]

_NUMBER_VIEWS = ("convertToAssets", "convertToShares", "previewDeposit", "previewMint", "previewRedeem")

STRATEGY_ABI: list[dict[str, Any]] = [
    *_ERC20,
    *(_function(f"{name}(uint256)", "uint256", view=True) for name in (*_NUMBER_VIEWS, "previewWithdraw")),
    *(
        _function(f"{name}(address)", "uint256", view=True)
        for name in ("maxDeposit", "maxMint", "maxRedeem", "maxWithdraw", "units_of", "worth")
    ),
    *(_function(f"{name}()", "uint256", view=True) for name in ("totalAssets", "held", "supply")),
    _function("asset()", "address", view=True),
    _function("deposit(uint256,address)", "uint256"),
    _function("mint(uint256,address)", "uint256"),
    _function("redeem(uint256,address,address)", "uint256"),
    _function("withdraw(uint256,address,address)", "uint256"),
    _function("gain(uint256)"),
    _function("lose(uint256)"),
    _function("set_mode(uint8,uint8,uint256)"),
    _function("set_reentry(address,bytes)"),
    _function("dial(uint8)", "uint8,uint256", view=True),
    _function("SINK()", "address", view=True),
    _function("reentry_attempts()", "uint256", view=True),
    _function("reentry_succeeded()", "bool", view=True),
    _function("reentry_word()", "bytes32", view=True),
    _event("Deposit", sender="address indexed", owner="address indexed", assets="uint256", shares="uint256"),
    _event(
        "Withdraw",
        sender="address indexed",
        receiver="address indexed",
        owner="address indexed",
        assets="uint256",
        shares="uint256",
    ),
    _event("Gained", amount="uint256"),
    _event("Lost", amount="uint256"),
    _event("ModeSet", group="uint8", mode="uint8", param="uint256"),
]
"""HostileStrategy as an honest ERC-4626 caller sees it: ``ape.Contract(address, abi=STRATEGY_ABI)``.

The compiler's own ABI shows ``bytes`` for the functions that may answer malformed data.
"""

TOKEN_ABI: list[dict[str, Any]] = [
    *_ERC20,
    _function("mint(address,uint256)"),
    _function("burn(address,uint256)"),
    _function("set_fee(uint256)"),
    _function("set_index(uint256)"),
    _function("set_paused(bool)"),
    _function("set_blacklisted(address,bool)"),
    _function("set_hook(address,address)"),
    _function("FLAGS()", "uint256", view=True),
    _function("fee()", "uint256", view=True),
    _function("index()", "uint256", view=True),
    _function("paused()", "bool", view=True),
    _function("blacklisted(address)", "bool", view=True),
    _function("hook_of(address)", "address", view=True),
]
"""WeirdToken as a caller of a plain ERC-20 sees it."""
