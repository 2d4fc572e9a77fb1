"""The Vault's numbered reasons, as `contracts/modules/refusal.vy` declares them; see test_support."""

from __future__ import annotations

from enum import IntEnum


class Refusal(IntEnum):
    """Why the Vault said no; the number in ``vault: <number>``."""

    UNAUTHORISED = 1
    WRONG_PHASE = 2
    ZERO_AMOUNT = 3
    BAD_PARAMETER = 4
    NOT_CALM = 5
    ENTRY_PAUSED = 6
    VETO = 7
    OVER_DEPOSIT_CAP = 8
    NEAR_TOTAL_LOSS = 9
    TRANSFER_MISMATCH = 10
    SEASONING = 11
    PRICE_GAP = 12
    PETTY_CASH_SPENT = 13
    IDLE_SHORT = 14
    NOT_LIQUID = 15
    BELOW_LIMIT = 16
    STRATEGY_CALL_FAILED = 17
    NOT_LISTED = 18
    STRATEGY_NOT_OK = 19
    OVER_CEILING = 20
    IDLE_FLOOR = 21
    SLIPPAGE = 22
    PRICE_BAND = 23
    TOO_MANY = 24
    TOO_EARLY = 25
    STRATEGY_UNFIT = 26
    GAS_SHORT = 27
    TOO_LARGE = 28
    STILL_HOLDING = 29
    NOT_EXCESS = 30
    LOCKED_IN = 31
    NOT_WAITING = 32
