"""Text that strangers wrote: names of tokens, reasons of their contracts, messages of a node.

It is data. It is cut to a length, and loses whatever could steer a terminal, hide or turn text around; what
it says changes nothing.
"""

from __future__ import annotations

import unicodedata

# Control, format (bidirectional marks among them), surrogate, private, unassigned; line and paragraph breaks.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
CUT = "…"


def clean(text: str, most: int = 200) -> str:
    """Return at most ``most`` visible characters of a text; what is hidden becomes a space."""
    head = str(text)[: 4 * most]
    visible = "".join(" " if unicodedata.category(each) in _HIDDEN else each for each in head)
    squeezed = " ".join(visible.split())
    return squeezed if len(squeezed) <= most else squeezed[: most - 1] + CUT
