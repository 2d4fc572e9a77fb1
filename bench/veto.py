"""What of the Vault is its veto, to measure what the veto adds to a deposit."""

from __future__ import annotations

from functools import partial

from bench import less

ENTRY, PRICING = "contracts/modules/entry.vy", "contracts/modules/pricing.vy"

VETO = less.Part(
    "veto",
    "Vault",
    "veto.py",
    (
        (ENTRY, "    if totals.veto:\n        refusal._refuse(refusal.VETO)\n", ""),
        (ENTRY, "    refusal._req(flags & ledger.DRY == 0, refusal.VETO)\n", ""),
        (PRICING, "    lost: uint256 = 0  # books over marks\n", ""),
        (PRICING, "    lifted: uint256 = 0  # references over books\n", ""),
        (PRICING, "            lifted += book * (position >> 240) // ledger.BPS\n", ""),
        (PRICING, "            totals.veto = totals.veto or position >> 240 == ledger.M16\n", ""),
        (PRICING, "                totals.veto = True\n", ""),
        (
            PRICING,
            "            lost = unsafe_add(lost, unsafe_sub(book, mark))"
            "  # unsafe: as above, and mark is lower\n",
            "",
        ),
        (
            PRICING,
            "    if unsafe_add(unsafe_add(lost, lifted), dark) != 0:  # unsafe: below 2**120\n",
            "    if dark != 0:\n",
        ),
        (
            PRICING,
            "        totals.veto = totals.veto"
            " or self._is_distress(totals.lo, totals.lo + lost + lifted, dark)\n",
            "",
        ),
    ),
)
take_out = partial(less.take_out, VETO)
