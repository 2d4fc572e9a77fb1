"""The journal of an Executor: fetched, verified against the chain, accounted for, exported.

    from ganglion import journal
    told = journal.fetch(w3, journal.Request(executor))
    for finding in journal.audit(w3, told):
        print(finding.sequence, finding.problem, finding.detail)

Nothing here is trusted but what the contracts answer to views: ``journal()`` and ``word(18, 0)``. Functions
with ``_async`` take an AsyncWeb3. DataFrames and files are in ``ganglion.journal.frames`` (pandas, pyarrow).
The format is in docs/JOURNAL.md.
"""

from .audit import audit, audit_async
from .entry import Anchor, Change, Entry, Finding, Journal, Kind, Position, change_name, kind_name
from .errors import (
    CacheInvalid,
    ChainMoved,
    ExportFailed,
    HistoryMissing,
    JournalError,
    NotAnExecutor,
)
from .fetch import Request, fetch, fetch_async
from .follow import Follower, News, follow
from .prices import Price
from .report import Outcome, Report, report, report_async
from .verify import verify

__all__ = [
    "Anchor",
    "CacheInvalid",
    "ChainMoved",
    "Change",
    "Entry",
    "ExportFailed",
    "Finding",
    "Follower",
    "HistoryMissing",
    "Journal",
    "JournalError",
    "Kind",
    "News",
    "NotAnExecutor",
    "Outcome",
    "Position",
    "Price",
    "Report",
    "Request",
    "audit",
    "audit_async",
    "change_name",
    "fetch",
    "fetch_async",
    "follow",
    "kind_name",
    "report",
    "report_async",
    "verify",
]
