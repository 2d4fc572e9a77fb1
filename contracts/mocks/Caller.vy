# pragma version 0.4.3
"""
@title Caller
@license AGPL-3.0-only
@notice An attacker's contract: calls anything, with as much gas as it likes, many times in one
        transaction, with borrowed money, and from inside a token transfer. For tests only.
@dev No lock: attackers have none. Every call is the contract's own, so allowances and balances
     are too.
"""

interface FreeToken:
    def mint(receiver: address, amount: uint256): nonpayable
    def burn(owner: address, amount: uint256): nonpayable

struct Call:
    target: address
    data: Bytes[2048]
    gas_limit: uint256  # 0: all there is
    must_succeed: bool

struct Result:
    ok: bool
    data: Bytes[1024]

event Forwarded:
    target: indexed(address)
    ok: bool
    gas_used: uint256
    data: Bytes[1024]


MAX_CALLS: constant(uint256) = 32

_hook_call: Call
_in_hook: transient(bool)
# The hook's last call. A frame that reverts takes the record with it.
hook_attempts: public(uint256)
hook_succeeded: public(bool)
hook_word: public(bytes32)


@external
@payable
def __default__():
    """
    @notice Takes ether, so that value can be passed through.
    """
    pass


@external
def forward(target: address, data: Bytes[4096], gas_limit: uint256) -> Result:
    """
    @notice One call; a failure of the target is an answer and not a revert.
    @param target Contract to call.
    @param data Calldata.
    @param gas_limit Gas that the target gets, exactly; 0 for all there is. Reverts if the
           transaction has too little to give it.
    @return Whether the call succeeded and the first 1,024 bytes it returned or reverted with.
    """
    self._spare(gas_limit)
    ok: bool = False
    answer: Bytes[1024] = b""
    before: uint256 = msg.gas
    ok, answer = raw_call(
        target,
        data,
        max_outsize=1024,
        gas=msg.gas if gas_limit == 0 else gas_limit,
        revert_on_failure=False,
    )
    log Forwarded(target=target, ok=ok, gas_used=before - msg.gas, data=answer)
    return Result(ok=ok, data=answer)


@external
@view
def forward_static(target: address, data: Bytes[4096], gas_limit: uint256) -> Result:
    """
    @notice As `forward`, by staticcall.
    @param target Contract to read.
    @param data Calldata.
    @param gas_limit Gas that the target gets, exactly; 0 for all there is.
    @return As `forward`.
    """
    self._spare(gas_limit)
    ok: bool = False
    answer: Bytes[1024] = b""
    ok, answer = raw_call(
        target,
        data,
        max_outsize=1024,
        gas=msg.gas if gas_limit == 0 else gas_limit,
        is_static_call=True,
        revert_on_failure=False,
    )
    return Result(ok=ok, data=answer)


@external
def multi(calls: DynArray[Call, MAX_CALLS]) -> DynArray[Result, MAX_CALLS]:
    """
    @notice Many calls in one transaction.
    @param calls In order; one with `must_succeed` that fails reverts all with its own reason.
    @return One result per call.
    """
    results: DynArray[Result, MAX_CALLS] = []
    for call: Call in calls:
        results.append(self._run(call))
    return results


@external
def flash(token: FreeToken, amount: uint256, calls: DynArray[Call, MAX_CALLS]) -> DynArray[Result, MAX_CALLS]:
    """
    @notice Borrows freshly minted tokens, acts, and destroys them again.
    @param token A token that anyone mints and burns.
    @param amount Wei; what is missing at the end reverts with the token's reason.
    @param calls As in `multi`.
    @return One result per call.
    """
    extcall token.mint(self, amount)
    results: DynArray[Result, MAX_CALLS] = []
    for call: Call in calls:
        results.append(self._run(call))
    extcall token.burn(self, amount)
    return results


@external
def set_hook_call(call: Call):
    """
    @notice Stores what to do when a token calls back.
    @param call The call; `must_succeed` makes the token's transfer fail with it.
    """
    self._hook_call = call


@external
def token_hook(sender: address, receiver: address, amount: uint256):
    """
    @notice Called by a WeirdToken with hooks; makes the stored call, once per outer call.
    @param sender Ignored.
    @param receiver Ignored.
    @param amount Ignored.
    """
    if self._in_hook:
        return
    self._in_hook = True
    result: Result = self._run(self._hook_call)
    self.hook_attempts += 1
    self.hook_succeeded = result.ok
    self.hook_word = empty(bytes32)
    if len(result.data) >= 32:
        self.hook_word = convert(slice(result.data, 0, 32), bytes32)
    self._in_hook = False


@internal
@view
def _spare(gas_limit: uint256):
    """
    @dev The 63/64 rule would silently give less; 30,000 covers an account's first touch and the copies.
    """
    assert msg.gas >= gas_limit + gas_limit // 63 + 30_000, "caller: too little gas to give"


@internal
def _run(call: Call) -> Result:
    self._spare(call.gas_limit)
    ok: bool = False
    answer: Bytes[1024] = b""
    ok, answer = raw_call(
        call.target,
        call.data,
        max_outsize=1024,
        gas=msg.gas if call.gas_limit == 0 else call.gas_limit,
        revert_on_failure=False,
    )
    if call.must_succeed and not ok:
        raw_revert(answer)
    return Result(ok=ok, data=answer)
