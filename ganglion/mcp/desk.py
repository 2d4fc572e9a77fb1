"""What the server's tools do: read a treasury and its journal, and work out what could be proposed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ganglion import journal as library
from ganglion.agent import Intent, Invalid, Move, allocate, deallocate, withdraw_all
from ganglion.agent.denials import Unexplained, Unlisted, from_reason
from ganglion.agent.intent import digest, typed_data
from ganglion.agent.snapshot import Snapshot
from ganglion.agent.steps import run
from ganglion.agent.wire import hexed
from ganglion.cli import values
from ganglion.cli.connection import Connection
from ganglion.journal import Anchor, Finding, Journal
from ganglion.planning import Goal, Problem, plan

from .quoting import quoted, token_texts

MOST_ENTRIES = 50
MOST_FINDINGS = 50
_EXACT = 2**53  # JSON's readers make floats of integers from here on

Answer = dict[str, Any]


class Desk:
    """One treasury and one agent, without a key. Every method may raise an AgentError.

    Args:
        connection: node and treasury.
        agent: whose mandate and budgets count.
        cache: file that keeps the journal's events; None for none.
    """

    def __init__(self, connection: Connection, agent: str, cache: Path | None = None) -> None:
        self._connection = connection
        self._client = connection.client
        self._agent = agent
        self._cache = cache

    def observe(self) -> Answer:
        """The treasury as the Lens tells it now."""
        return {"ok": True, "snapshot": values.plain(self._seen())}

    def describe(self) -> Answer:
        """The tokens: what asset and strategies call themselves, quoted."""
        snapshot = self._seen()
        asset = {"address": snapshot.asset, "decimals": snapshot.decimals, **self._texts(snapshot.asset)}
        strategies = [
            {"id": each.id, "address": each.strategy, **self._texts(each.strategy)}
            for each in snapshot.strategies
        ]
        return {"ok": True, "asset": asset, "strategies": strategies}

    def _texts(self, address: str) -> dict[str, Any]:
        return run(self._client.w3, token_texts(address))

    def explain_error(self, code: str) -> Answer:
        """What a reason of the contracts means, and what to do."""
        denial = from_reason(code)
        if isinstance(denial, Unlisted | Unexplained):
            return {
                "ok": False,
                "code": quoted(code),
                "meaning": "no reason that this treasury's contracts give",
            }
        told = {name: getattr(denial, name) for name in ("code", "meaning", "remedy", "unit")}
        return {"ok": True, **told}

    def journal_tail(self, count: int) -> Answer:
        """The last entries of the journal, oldest first, and whether all of it is the chain's own."""
        told, findings = self._audited()
        last = [values.entry_of(each) for each in told.entries[-min(count, MOST_ENTRIES) :]]
        return {"ok": True, "genuine": not findings, "journal": values.journal_of(told), "entries": last}

    def journal_verify(self) -> Answer:
        """Whether every entry is the chain's own, and what is wrong where it is not."""
        told, findings = self._audited()
        found = [_finding(each) for each in findings[:MOST_FINDINGS]]
        counted = {"findings": found, "findings_in_all": len(findings)}
        return {"ok": not findings, "journal": values.journal_of(told), **counted}

    def journal_report(self) -> Answer:
        """What every agent did under every mandate; only of a journal that is the chain's own."""
        told, findings = self._audited()
        if findings:
            return self.journal_verify()
        made = library.report(self._client.w3, told)
        return {"ok": True, "journal": values.journal_of(told), **values.report_of(made)}

    def plan(self, goal: Goal) -> Answer:
        """The fewest moves to a goal inside every limit."""
        snapshot = self._seen()
        return {"ok": True, "plan": values.planned(plan(Problem.of(snapshot), goal))}

    def simulate(self, moves: Sequence[Move], max_loss: int | None) -> Answer:
        """What moves would do as the agent's next intent."""
        intent = self._drafted(moves, max_loss, "", self._seen())
        told = values.simulated(self._client.simulate(intent))
        denial = told["denial"]
        if denial is not None and denial["type"] in ("Unlisted", "Unexplained"):
            told["denial"] = {"type": denial["type"], "code": quoted(denial["code"])}
        return {"ok": told["passes"], "simulation": told}

    def draft(self, moves: Sequence[Move], max_loss: int | None, reason: str, valid_for: int) -> Answer:
        """An intent as typed data for somebody else to sign."""
        snapshot = self._seen()
        intent = self._drafted(moves, max_loss, reason, snapshot, valid_for)
        domain, mandate = self._client.treasury.domain, snapshot.agent.standing.mandate
        return {
            "ok": True,
            "signed": False,
            **values.intent_file(intent, domain.chain_id, domain.executor),
            "reason": reason,
            "typed_data": _json(typed_data(intent, domain, mandate)),
            "digest": hexed(digest(intent, domain, mandate)),
        }

    def _seen(self) -> Snapshot:
        return self._client.observe(self._agent)

    def _drafted(
        self,
        moves: Sequence[Move],
        max_loss: int | None,
        reason: str,
        snapshot: Snapshot,
        valid_for: int = 600,
    ) -> Intent:
        if not moves:
            raise Invalid("moves: none; give at least one")
        return self._client.intent(
            moves,
            snapshot=snapshot,
            max_loss=max_loss,
            reason=reason,
            valid_for=valid_for,
            agent=self._agent,
        )

    def _audited(self) -> tuple[Journal, tuple[Finding, ...]]:
        request = library.Request(
            self._client.treasury.executor,
            self._connection.first_block,
            base=Anchor() if self._connection.known_start else None,
            cache=self._cache,
        )
        told = library.fetch(self._client.w3, request)
        return told, library.audit(self._client.w3, told)


def move(kind: str, identifier: int, assets: int, least: int) -> Move:
    """Return the move that a tool's argument means; raises Invalid."""
    if kind == "withdraw_all":
        return withdraw_all(identifier, least)
    make = allocate if kind == "allocate" else deallocate
    return make(identifier, assets, least)


def _finding(finding: Finding) -> Answer:
    told = values.finding_of(finding)
    return told | {"detail": quoted(finding.detail, 300)}


def _json(value: Any) -> Any:
    """Return typed data as wallets take it: hashes in hex, large integers as digits."""
    if isinstance(value, dict):
        return {key: _json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json(each) for each in value]
    if isinstance(value, bytes):
        return hexed(value)
    return str(value) if isinstance(value, int) and abs(value) >= _EXACT else value
