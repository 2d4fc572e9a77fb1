"""How long a bot leaves alone what has failed on chain, for every such failure has cost gas."""

from __future__ import annotations

_MOST = 8  # doublings: at most 2**8 blocks


class Rests:
    """Blocks of rest by name: 2 after the first failure on chain, 4 after the second, at most 256."""

    def __init__(self) -> None:
        self._failures: dict[str, tuple[int, int]] = {}  # how often in a row, and the block to try again

    def failed(self, what: str, block: int) -> None:
        """Something failed on chain in a transaction that was begun in ``block``."""
        times = self._failures.get(what, (0, 0))[0] + 1
        self._failures[what] = times, block + 2 ** min(times, _MOST)

    def done(self, what: str) -> None:
        """Something went through."""
        self._failures.pop(what, None)

    def why(self, what: str, block: int) -> str:
        """Return why something is left alone in a block; empty if it is not."""
        times, until = self._failures.get(what, (0, 0))
        return f"failed on chain {times} times; rests until block {until}" if block < until else ""
