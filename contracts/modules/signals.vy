# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Signals
@custom:contract-name signals
@license AGPL-3.0-only
@notice What counts as bad and as good, and what is remembered of it: a signal is held against the Vault from its first bad
        observation until two good ones an hour or more apart.
@dev Clearing. One good observation clears nothing, so nobody resets a signal by a moment of calm; one bad observation
     confirms nothing, so nobody latches one by a moment of trouble.
"""

from interfaces import ISentinel
from interfaces import IVault

BPS: constant(uint256) = 10_000
M16: constant(uint256) = 2**16 - 1
M40: constant(uint256) = 2**40 - 1
HOUR: constant(uint256) = 3_600
SIGNALS: constant(uint256) = 5
LIQUID: constant(uint256) = 1  # the one signal that is bad when it is low
NOTHING: constant(uint256) = 8
TIMES: constant(uint256) = 2**200 - 1
# Bad and good of fall, liquid, age, dark and short, as ISentinel.Limits names them
LEAST: constant(uint256[10]) = [50, 10, 100, 200, 10_000, 1_000, 50, 1, 50, 1]
MOST: constant(uint256[10]) = [2_000, 1_000, 5_000, 9_000, 60_000, 30_000, 3_000, 1_000, 3_000, 1_000]

# The upper bits of the first two words are the composing contract's: it reads them with the same access.
settings: uint256  # bad 16 and good 16 of each signal
pulse: uint256  # since when each signal is bad, 5 x 40
relief: uint256  # first good observation after the last bad one, 5 x 40


@internal
@pure
def _at(times: uint256, signal: uint256) -> uint256:
    return (times >> (signal * 40)) & M40


@internal
def _observe(settings: uint256, pulse: uint256, seen: IVault.Observation, epoch: uint256) -> (uint256, bool):
    """
    @dev Judges every signal and remembers what is bad and what has cleared.
    @param settings The packed limits.
    @param pulse The packed times of bad observations.
    @param seen What the poke saw.
    @param epoch Length of an epoch, seconds.
    @return The signal that was bad an hour or more ago and is again, the longest bad of them; NOTHING if there is none.
    @return Whether all signals are good.
    """
    age: uint256 = (seen.age * BPS + epoch - 1) // epoch
    is_good: bool = self._is_good(settings, seen, age)
    if is_good and pulse & TIMES == 0:
        return NOTHING, True
    levels: uint256[SIGNALS] = [seen.fall, seen.liquid, age, seen.dark, seen.short]
    cause: uint256 = NOTHING
    since: uint256 = block.timestamp
    left: uint256 = pulse
    for i: uint256 in range(SIGNALS):
        bad: uint256 = (settings >> (i * 32)) & M16
        good: uint256 = (settings >> (i * 32 + 16)) & M16
        is_bad: bool = levels[i] > bad
        is_fine: bool = levels[i] < good
        if i == LIQUID:
            is_bad = levels[i] < bad
            is_fine = levels[i] > good
        bad_at: uint256 = (pulse >> (i * 40)) & M40
        if is_bad:
            left = self._note_bad(left, i, bad_at, levels[i])
            if bad_at != 0 and block.timestamp - bad_at >= HOUR and bad_at < since:
                cause = i
                since = bad_at
        elif is_fine and bad_at != 0:
            left = self._note_good(left, i, bad_at)
    if left != pulse:
        self.pulse = left
    return cause, is_good


@internal
@pure
def _is_good(settings: uint256, seen: IVault.Observation, age: uint256) -> bool:
    """
    @dev Whether every signal is good: what a poke asks first, for it is so most of the time.
    """
    return (
        seen.fall < (settings >> 16) & M16
        and seen.liquid > (settings >> 48) & M16
        and age < (settings >> 80) & M16
        and seen.dark < (settings >> 112) & M16
        and seen.short < (settings >> 144) & M16
    )


@internal
def _note_bad(pulse: uint256, signal: uint256, bad_at: uint256, level: uint256) -> uint256:
    """
    @dev A bad observation: whatever good one came before counts for nothing.
    @return The packed times of bad observations.
    """
    if bad_at == 0:
        log ISentinel.SignalBad(signal=signal, level=level)
        return pulse | (block.timestamp << (signal * 40))
    relief: uint256 = self.relief
    if self._at(relief, signal) != 0:
        self.relief = relief & ~(M40 << (signal * 40))
    return pulse


@internal
def _note_good(pulse: uint256, signal: uint256, bad_at: uint256) -> uint256:
    """
    @dev A good observation of a signal that is still held against the Vault. The second one, an hour on, clears it.
    @return The packed times of bad observations.
    """
    relief: uint256 = self.relief
    good_at: uint256 = self._at(relief, signal)
    if good_at == 0:
        self.relief = relief | (block.timestamp << (signal * 40))
    elif block.timestamp - good_at >= HOUR:
        self.relief = relief & ~(M40 << (signal * 40))
        log ISentinel.SignalCleared(signal=signal, bad_at=bad_at)
        return pulse & ~(M40 << (signal * 40))
    return pulse


@internal
@pure
def _flat(limits: ISentinel.Limits) -> uint256[10]:
    """
    @dev Limits in order, each inside its bounds; bad and good must leave something between them.
    """
    flat: uint256[10] = abi_decode(abi_encode(limits), uint256[10])
    for i: uint256 in range(10):
        assert flat[i] >= LEAST[i] and flat[i] <= MOST[i], "sentinel: limit out of range"
    for i: uint256 in range(SIGNALS):
        if i == LIQUID:
            assert flat[2 * i] < flat[2 * i + 1], "sentinel: good not beyond bad"
        else:
            assert flat[2 * i] > flat[2 * i + 1], "sentinel: good not beyond bad"
    return flat


@internal
@pure
def _packed(flat: uint256[10]) -> uint256:
    word: uint256 = 0
    for i: uint256 in range(10):
        word |= flat[i] << (i * 16)
    return word


@internal
@view
def _is_looser(limits: ISentinel.Limits) -> bool:
    """
    @dev Whether any new limit is looser than the one that is set.
    """
    flat: uint256[10] = self._flat(limits)
    settings: uint256 = self.settings
    for i: uint256 in range(10):
        before: uint256 = (settings >> (i * 16)) & M16
        if i // 2 == LIQUID:
            if flat[i] < before:
                return True
        elif flat[i] > before:
            return True
    return False


@internal
def _set(limits: ISentinel.Limits):
    """
    @dev Checks limits and stores them.
    """
    self.settings = (self.settings >> 160 << 160) | self._packed(self._flat(limits))


@view
@external
def limits() -> ISentinel.Limits:
    """
    @notice From where on each signal is bad, and good.
    @return Bps; see ISentinel.
    """
    words: uint256[10] = empty(uint256[10])
    settings: uint256 = self.settings
    for i: uint256 in range(10):
        words[i] = (settings >> (i * 16)) & M16
    return abi_decode(abi_encode(words), ISentinel.Limits)


@view
@external
def memory(signal: uint256) -> ISentinel.Memory:
    """
    @notice What is remembered of a signal.
    @param signal 0 to 4, see ISentinel.
    @return Since when it is bad and has not been cleared, and its first good observation since; unix seconds, 0 for never.
    """
    assert signal < SIGNALS, "sentinel: no such signal"
    return ISentinel.Memory(bad_at=self._at(self.pulse, signal), good_at=self._at(self.relief, signal))
