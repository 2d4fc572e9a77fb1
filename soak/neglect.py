"""What anyone could do for a treasury now, and nobody has done: the bots' measure."""

from __future__ import annotations

from ganglion.devnet.abi import decode
from soak.ground import EPOCH, ORDERS, STRATEGIES, UNIT, Ground

EVERYTHING = 2**112 - 1
# Longer than any of a keeper's own spacings, and than the gap that may pass between two blocks.
OLDEST_BOOKS = EPOCH


class Neglect:
    """How long, in blocks, something that could be done has stood undone.

    Args:
        ground: the treasury.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._since: dict[str, int] = {}
        self.worst: dict[str, int] = {}

    def look(self) -> dict[str, int]:
        """Look after the bots' turn; returns for how many blocks each thing has been left undone."""
        now = self._undone()
        self._since = {each: self._since.get(each, 0) + 1 for each in now}
        for each, blocks in self._since.items():
            kind = each.split()[0]
            self.worst[kind] = max(self.worst.get(kind, 0), blocks)
        return self._since

    def _undone(self) -> set[str]:
        ground, bed = self._ground, self._ground.bed
        found = set()
        if ground.passes(bed.queue, "settle()") is not None:
            found.add("settle")
        for each in STRATEGIES:
            paid = ground.passes(bed.queue, "unwind(uint256,uint256)", each, EVERYTHING)
            if paid is not None and decode(["uint256"], paid)[0] >= UNIT:
                found.add(f"unwind {each}")
            if self._could_trim(each):
                found.add(f"trim {each}")
        for each in ORDERS:
            if ground.passes(ground.reflexes, "fire(uint256)", each) is not None:
                found.add(f"fire {each}")
        if ground.passes(bed.executor, "note()") is not None:
            found.add("note")
        if ground.rpc.timestamp() - self._poked_at() > OLDEST_BOOKS:
            found.add("poke")
        return found

    def _could_trim(self, identifier: int) -> bool:
        answer = self._ground.passes(self._ground.bed.executor, "trim(uint256)", identifier)
        # An answer of nothing notes the position, or forgets it: to forget it late hurts nobody.
        return answer is not None and (
            decode(["uint256"], answer)[0] > 0
            or not self._ground.rpc.read(self._ground.bed.executor, "over_since(uint256)", identifier)
        )

    def _poked_at(self) -> int:
        return self._ground.bed.word(9) >> 160 & (2**40 - 1)
