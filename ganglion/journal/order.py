"""Which entries stand in order: the most that can, so that one entry out of place is one finding."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any


def out_of_order(keys: Sequence[Any]) -> list[int]:
    """Return the indices that a longest strictly increasing subsequence of ``keys`` leaves out."""
    tails: list[Any] = []  # least key that ends an increasing run of each length
    ends: list[int] = []  # its index
    before: list[int] = []  # index that precedes each in its run; -1 for none
    for index, key in enumerate(keys):
        length = bisect_left(tails, key)
        before.append(ends[length - 1] if length else -1)
        if length == len(tails):
            tails.append(key)
            ends.append(index)
        else:
            tails[length], ends[length] = key, index
    kept = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        kept.add(at)
        at = before[at]
    return [index for index in range(len(keys)) if index not in kept]
