# pragma version 0.4.3
"""
@title Refusal
@custom:contract-name refusal
@license AGPL-3.0-only
@notice The one way in which the Vault says no. Error strings would cost the Vault about 2,600 bytes of runtime code,
        so each reason is a number, reverted as `Error("vault: <number>")`. docs/ERRORS.md lists every number with its
        meaning and remedy; `ganglion.agent.denials` maps it to a class.
"""

UNAUTHORISED: constant(uint256) = 1
WRONG_PHASE: constant(uint256) = 2
ZERO_AMOUNT: constant(uint256) = 3
BAD_PARAMETER: constant(uint256) = 4
NOT_CALM: constant(uint256) = 5
ENTRY_PAUSED: constant(uint256) = 6
VETO: constant(uint256) = 7
OVER_DEPOSIT_CAP: constant(uint256) = 8
NEAR_TOTAL_LOSS: constant(uint256) = 9
TRANSFER_MISMATCH: constant(uint256) = 10
SEASONING: constant(uint256) = 11
PRICE_GAP: constant(uint256) = 12
PETTY_CASH_SPENT: constant(uint256) = 13
IDLE_SHORT: constant(uint256) = 14
NOT_LIQUID: constant(uint256) = 15
BELOW_LIMIT: constant(uint256) = 16
STRATEGY_CALL_FAILED: constant(uint256) = 17
NOT_LISTED: constant(uint256) = 18
STRATEGY_NOT_OK: constant(uint256) = 19
OVER_CEILING: constant(uint256) = 20
IDLE_FLOOR: constant(uint256) = 21
SLIPPAGE: constant(uint256) = 22
PRICE_BAND: constant(uint256) = 23
TOO_MANY: constant(uint256) = 24
TOO_EARLY: constant(uint256) = 25
STRATEGY_UNFIT: constant(uint256) = 26
GAS_SHORT: constant(uint256) = 27
TOO_LARGE: constant(uint256) = 28
STILL_HOLDING: constant(uint256) = 29
NOT_EXCESS: constant(uint256) = 30
LOCKED_IN: constant(uint256) = 31
NOT_WAITING: constant(uint256) = 32


@internal
@pure
def _req(ok: bool, code: uint256):
    """
    @dev Reverts with the numbered reason unless `ok`.
    @param ok What must hold.
    @param code The number of the reason.
    """
    if not ok:
        self._refuse(code)


@internal
@pure
def _refuse(code: uint256):
    """
    @dev Reverts with the numbered reason.
    @param code The number of the reason.
    """
    text: uint256 = 33_321_204_210_481_696 << 200  # "vault: " at the front of a word
    length: uint256 = 8
    digits: uint256 = unsafe_add(code, 48) << 192  # unsafe: a code has at most two digits; 48 is the digit 0
    if code > 9:
        length = 9
        digits = (unsafe_add(unsafe_div(code, 10), 48) << 192) | (unsafe_add(code % 10, 48) << 184)  # unsafe: as above
    raw_revert(abi_encode(convert(32, uint256), length, text | digits, method_id=method_id("Error(string)")))
