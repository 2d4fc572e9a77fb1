# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title Sentinel
@custom:contract-name Sentinel
@license AGPL-3.0-only
@notice Latches stress. Anyone pokes it; it has the Vault poked, judges what was seen and moves the Vault between CALM and
        STRESS, and into WINDDOWN when governance says so or has fallen silent.
@dev Edges. CALM -> STRESS: a signal bad twice, an hour or more apart, and not cleared between. STRESS -> CALM: three good
     observations of all signals, an hour or more apart, over an epoch, and nothing left to clear. Either -> WINDDOWN: the
     governor, or a heartbeat that lapsed. There is no other edge, and none leaves WINDDOWN.
@dev Callers. Only accounts without code may poke, directly: money borrowed within a transaction reaches the veto, never the
     latch.
@dev Worst case. Nothing here can stop, delay or price a slice, move capital or reach a share. A stolen guardian can make
     limits tight enough for STRESS until the Timelock loosens them; it cannot wind down or touch the heartbeat.
"""

from interfaces import ISentinel
from interfaces import IVault
from contracts.modules import authority
from contracts.modules import ledger
from contracts.modules import signals

implements: ISentinel

initializes: authority
initializes: signals

exports: (authority.governor, authority.is_guardian, authority.is_sealed, authority.set_guardian, authority.seal)
exports: (signals.limits, signals.memory)

M40: constant(uint256) = 2**40 - 1
HOUR: constant(uint256) = 3_600
DAY: constant(uint256) = 86_400
GOODS: constant(uint256) = 3  # good observations that end STRESS
LAPSED: constant(uint256) = 5
RECOVERED: constant(uint256) = 6
GOVERNED: constant(uint256) = 7
MIN_SILENCE: constant(uint256) = 604_800  # seconds
MAX_SILENCE: constant(uint256) = 31_536_000

VAULT: immutable(IVault)
EPOCH: immutable(uint256)

# Above the limits in `signals.settings` stands the silence allowed, above the times in `signals.pulse` the last heartbeat.
safe: public(address)
recovering: uint256  # first good observation 40 | last 40 | how many 8
changes: public(uint256)
packed_changes: HashMap[uint256, uint256]  # before 8 | state 8 | cause 8 | since 40 | at 40


@deploy
def __init__(vault_: address, governor: address, safe: address, limits: ISentinel.Limits, silence: uint256):
    """
    @param vault_ The Vault to watch.
    @param governor The Timelock.
    @param safe Whose heartbeat it is: the Safe that proposes to the Timelock.
    @param limits From where on each signal is bad, and good.
    @param silence Seconds without a heartbeat after which the Vault may be wound down.
    """
    authority.__init__(governor)
    VAULT = IVault(vault_)
    EPOCH = staticcall VAULT.word(ledger.WORD_EPOCH, 0)
    signals.pulse = block.timestamp << 200
    self._set_safe(safe)
    signals._set(limits)
    log ISentinel.LimitsSet(limits=limits, by=msg.sender)
    self._set_silence(silence)


# ------------------------------------------------------------------ anyone


@external
def poke() -> uint256:
    """
    @notice Any account without code, directly. Has the Vault poked and judges what was seen. At worst a caller chooses the
            moment.
    @return The state of the Vault afterwards.
    """
    assert msg.sender == tx.origin and not msg.sender.is_contract, "sentinel: not an account"
    seen: IVault.Observation = extcall VAULT.poke()
    if seen.state == ledger.WINDDOWN:
        return ledger.WINDDOWN
    settings: uint256 = signals.settings
    pulse: uint256 = signals.pulse
    if self._is_lapsed(settings, pulse):
        self._change(seen.state, ledger.WINDDOWN, LAPSED, (pulse >> 200) + (settings >> 160))
        return ledger.WINDDOWN
    cause: uint256 = signals.NOTHING
    is_good: bool = False
    cause, is_good = signals._observe(settings, pulse, seen, EPOCH)
    if seen.state == ledger.CALM:
        if cause == signals.NOTHING:
            return ledger.CALM
        self.recovering = 0
        self._change(ledger.CALM, ledger.STRESS, cause, signals._at(signals.pulse, cause))
        return ledger.STRESS
    if cause != signals.NOTHING:
        self.recovering = 0
    elif is_good and self._has_recovered():
        self._change(ledger.STRESS, ledger.CALM, RECOVERED, self.recovering & M40)
        self.recovering = 0
        return ledger.CALM
    return ledger.STRESS


# ------------------------------------------------------------------ governance


@external
def beat():
    """
    @notice The Safe, directly, or the governor. Shows that governance is alive. Too late is too late: what the heartbeat
            means for holders must not hang on who is first.
    """
    assert msg.sender == self.safe or authority._is_governor(), "sentinel: not the Safe"
    pulse: uint256 = signals.pulse
    assert not self._is_lapsed(signals.settings, pulse), "sentinel: lapsed"
    signals.pulse = (pulse & signals.TIMES) | (block.timestamp << 200)
    log ISentinel.Beat(by=msg.sender)


@external
def wind_down():
    """
    @notice Governor. Moves the Vault into WINDDOWN for good. At worst the treasury ends: agents bring capital home, holders
            leave by slices and in kind at once.
    """
    authority._only_governor()
    state: uint256 = (staticcall VAULT.word(ledger.WORD_HOT, 0) >> 192) & 3
    self._change(state, ledger.WINDDOWN, GOVERNED, block.timestamp)


@external
def set_limits(limits: ISentinel.Limits):
    """
    @notice Guardian: tighter ones, at once. Governor: any. At worst the Vault is in STRESS until they are loosened.
    @param limits From where on each signal is bad, and good.
    """
    authority._only_guardian()
    if signals._is_looser(limits):
        authority._only_governor()
    signals._set(limits)
    log ISentinel.LimitsSet(limits=limits, by=msg.sender)


@external
def set_silence(silence: uint256):
    """
    @notice Governor, while the heartbeat has not lapsed and has a day left after it. How long governance may be silent. At worst
            the Vault is wound down a day later, or outlives its governance by a year.
    @param silence Seconds, 7 to 365 days.
    """
    authority._only_governor()
    assert not self._is_lapsed(signals.settings, signals.pulse), "sentinel: lapsed"
    assert block.timestamp + DAY <= (signals.pulse >> 200) + silence, "sentinel: would lapse"
    self._set_silence(silence)


@external
def set_safe(safe: address):
    """
    @notice Governor. Names whose heartbeat it is.
    @param safe The Safe that proposes to the Timelock.
    """
    authority._only_governor()
    self._set_safe(safe)


# ------------------------------------------------------------------ views


@view
@external
def vault() -> address:
    """
    @notice The Vault that is watched.
    @return Its address.
    """
    return VAULT.address


@view
@external
def recovery() -> ISentinel.Recovery:
    """
    @notice How far recovery from STRESS has come.
    @return Good observations, and the times of the first and the last; unix seconds.
    """
    word: uint256 = self.recovering
    return ISentinel.Recovery(good=word >> 80, first_at=word & M40, last_at=(word >> 40) & M40)


@view
@external
def heartbeat() -> (uint256, uint256):
    """
    @notice The last heartbeat, and the last second in which the next one counts.
    @return Unix seconds.
    @return Unix seconds.
    """
    last: uint256 = signals.pulse >> 200
    return last, last + (signals.settings >> 160)


@view
@external
def change(number: uint256) -> ISentinel.Change:
    """
    @notice A change of state, with what caused it and when that was first seen.
    @param number 1 to `changes`.
    @return The change.
    """
    assert number != 0 and number <= self.changes, "sentinel: no such change"
    word: uint256 = self.packed_changes[number]
    return ISentinel.Change(
        before=word & 255, state=(word >> 8) & 255, cause=(word >> 16) & 255, since=(word >> 24) & M40, at=word >> 64
    )


# ------------------------------------------------------------------ internals


@internal
@view
def _is_lapsed(settings: uint256, pulse: uint256) -> bool:
    return block.timestamp > (pulse >> 200) + (settings >> 160)


@internal
def _has_recovered() -> bool:
    """
    @dev Counts a good observation of all signals.
    @return Whether it ends STRESS.
    """
    word: uint256 = self.recovering
    count: uint256 = word >> 80
    first: uint256 = word & M40
    if count == 0:
        first = block.timestamp
    elif block.timestamp - ((word >> 40) & M40) < HOUR:
        return False
    count = min(count + 1, GOODS)
    self.recovering = first | (block.timestamp << 40) | (count << 80)
    cleared: bool = signals.pulse & signals.TIMES == 0
    return cleared and count == GOODS and block.timestamp - first >= EPOCH


@internal
def _change(before: uint256, state: uint256, cause: uint256, since: uint256):
    """
    @dev Moves the Vault and keeps the record of it.
    """
    extcall VAULT.latch(state)
    number: uint256 = self.changes + 1
    self.changes = number
    self.packed_changes[number] = before | (state << 8) | (cause << 16) | (since << 24) | (block.timestamp << 64)
    log ISentinel.StateChanged(
        number=number,
        change=ISentinel.Change(before=before, state=state, cause=cause, since=since, at=block.timestamp),
    )


@internal
def _set_silence(silence: uint256):
    assert silence >= MIN_SILENCE and silence <= MAX_SILENCE, "sentinel: silence out of range"
    signals.settings = (signals.settings & (2**160 - 1)) | (silence << 160)
    log ISentinel.SilenceSet(silence=silence)


@internal
def _set_safe(safe: address):
    assert safe != empty(address), "sentinel: no safe"
    self.safe = safe
    log ISentinel.SafeSet(safe=safe)
