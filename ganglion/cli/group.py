"""The command ``ganglion``."""

from __future__ import annotations

import click

from ganglion import __version__

from .acting import observe, plan, simulate
from .journaling import journal
from .submitting import submit
from .watching import watch


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="ganglion")
def main() -> None:
    """Act as an agent of a treasury, and audit what agents did.

    A treasury is named by --rpc and --lens, or by --rpc and the --manifest of its deployment, on each
    command or in the environment. Keys come from a keystore file or from GANGLION_PRIVATE_KEY, never from an
    argument.

    \b
    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the contracts refuse,
                4 the journal is not the chain's, 5 sent and not settled yet, 130 interrupted.

    With --json a command prints one JSON object on stdout, `watch` one a line, and nothing else there. `ok`
    says whether it did what it was asked; where not, `error` has `type` and `message`, and for a refusal
    `code`, `meaning`, `remedy`, `unit`, `move`, `limit`, `largest`. Amounts, units, nonces and bit masks are
    strings of digits; ids, blocks, times (unix seconds), bps and gas are numbers; hashes are 0x-hex. Keys are
    only ever added:

    \b
    observe         snapshot (fields of ILens.Snapshot)
    plan            plan (moves, before, after, allocated, loss, reached, limits), intent
    simulate        intent, simulation (passes, method, gas, entry, after, denial)
    submit          intent, simulation (null if executed before), executed (transaction, block, gas, entry)
    journal verify  journal (executor, vault, first_block, last_block, head, entries), findings
    journal report  journal, block, time, prices, outcomes, changes
    watch           event (entry, change, finding, undone, end) and its fields
    """


for _command in (observe, plan, simulate, submit, journal, watch):
    main.add_command(_command)
