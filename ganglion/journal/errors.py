"""What can go wrong while a journal is read. What is wrong *in* a journal is a Finding, not an error."""

from __future__ import annotations

from ganglion.agent.errors import AgentError


class JournalError(AgentError):
    """Base of the errors of this package: one line that names what failed and the remedy."""


class ChainMoved(JournalError):
    """The chain was reorganised while the journal was read."""


class NotAnExecutor(JournalError):
    """There is no Executor, or no Vault, at the address."""


class HistoryMissing(JournalError):
    """The node does not keep the state of an old block."""


class CacheInvalid(JournalError):
    """The cache file belongs to another journal, or is no cache."""


class ExportFailed(JournalError):
    """A journal cannot be written as asked."""
