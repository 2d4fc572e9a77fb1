# pragma version 0.4.3
"""
@title Guarded calls
@custom:contract-name guarded_call
@license AGPL-3.0-only
@notice Every call that reaches a strategy is made here and nowhere else. A strategy is assumed hostile: it may revert,
        burn all its gas, return nothing, too little, too much or an absurd number, and re-enter.
@dev Gas. The callee gets exactly its cap, never less: 63/64 of what is left must cover it, so a caller cannot forge a
     failure by starving the call. Running short reverts the whole transaction with `GAS_SHORT`, which is equivalent to
     running out of gas.
@dev Return data. At most 33 bytes are copied, so a return bomb costs its maker. An answer counts only if it is
     exactly 32 bytes long and below 2**112.
"""

from contracts.modules import refusal

MAX_ANSWER: constant(uint256) = 2**112 - 1
NO_ANSWER: constant(uint256) = max_value(uint256)
RESERVE: constant(uint256) = 60_000  # gas kept for the frame that made the call


@internal
@view
def _read(target: address, cap: uint256, selector: bytes4, argument: uint256) -> uint256:
    """
    @dev Asks a strategy for one word.
    @param target The strategy.
    @param cap Gas the callee gets.
    @param selector Function of one word.
    @param argument Its argument.
    @return The answer, or NO_ANSWER if it does not count.
    """
    if msg.gas < unsafe_add(cap + (cap >> 5), RESERVE):  # unsafe: gas caps stay below 2**26
        refusal._refuse(refusal.GAS_SHORT)
    success: bool = False
    answer: Bytes[33] = b""
    success, answer = raw_call(
        target,
        concat(selector, convert(argument, bytes32)),
        max_outsize=33,
        gas=cap,
        is_static_call=True,
        revert_on_failure=False,
    )
    if success and len(answer) == 32:
        word: uint256 = extract32(answer, 0, output_type=uint256)
        if word <= MAX_ANSWER:
            return word
    return NO_ANSWER


@internal
def _write(target: address, cap: uint256, payload: Bytes[100]) -> bool:
    """
    @dev Makes a strategy act. What it answers is ignored: the caller measures balances instead.
    @param target The strategy.
    @param cap Gas the callee gets.
    @param payload Selector and arguments.
    @return Whether the call came back without reverting.
    """
    refusal._req(msg.gas >= cap + (cap >> 5) + RESERVE, refusal.GAS_SHORT)
    return raw_call(target, payload, gas=cap, revert_on_failure=False)
