"""Journals and reports as pandas DataFrames, and as CSV and Parquet files.

Amounts are exact: Python integers in a frame (dtype ``object``), digits in CSV, ``decimal128(38, 0)`` in
Parquet, which holds every amount that an Executor can journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from .entry import Journal, change_name, kind_name
from .errors import ExportFailed
from .prices import Prices
from .report import Report, gain_of

AMOUNT = pa.decimal128(38, 0)
_INTEGERS = {"sequence", "kind", "move", "block", "log_index", "moves", "strategy", "value", "entries"}
_AMOUNTS = {"assets", "units", "loss", "gain", "allocated", "deallocated", "turnover", "worth"}


def entries_frame(journal: Journal) -> pd.DataFrame:
    """Return one row for each entry. ``loss`` is asset wei, ``time`` UTC, hashes are 0x-hex."""
    rows = [
        {
            "sequence": entry.sequence,
            "time": entry.time,
            "kind": entry.kind,
            "what": kind_name(entry.kind),
            "agent": entry.agent,
            **{name: _hex(getattr(entry, name)) for name in ("mandate", "subject", "reason")},
            "moves": len(entry.moves),
            "loss": entry.loss,
            "head": _hex(entry.head),
            "block": entry.position.block,
            "log_index": entry.position.log_index,
            "transaction": entry.position.transaction,
        }
        for entry in journal.entries
    ]
    names = "sequence time kind what agent mandate subject reason moves loss head block log_index"
    return _frame(rows, f"{names} transaction")


def moves_frame(journal: Journal, prices: Prices | None = None) -> pd.DataFrame:
    """Return one row for each move: ``assets`` > 0 went to the strategy, < 0 came home.

    ``gain`` is what the move gained over not making it at ``prices`` (see report), None without one.
    """
    rows = [
        {
            "sequence": entry.sequence,
            "move": index,
            "time": entry.time,
            "agent": entry.agent,
            "mandate": _hex(entry.mandate),
            "strategy": done.id,
            "assets": done.assets,
            "units": done.units,
            "loss": done.loss,
            "gain": gain_of(done, prices or {}),
            "block": entry.position.block,
        }
        for entry in journal.entries
        for index, done in enumerate(entry.moves)
    ]
    return _frame(rows, "sequence move time agent mandate strategy assets units loss gain block")


def changes_frame(journal: Journal) -> pd.DataFrame:
    """Return one row for each change of the Vault's state (``strategy`` 0) or of a strategy's health."""
    rows = [
        {
            "time": change.time,
            "strategy": change.id,
            "value": change.value,
            "what": change_name(change),
            "block": change.position.block,
            "log_index": change.position.log_index,
            "transaction": change.position.transaction,
        }
        for change in journal.changes
    ]
    return _frame(rows, "time strategy value what block log_index transaction")


def outcomes_frame(told: Report) -> pd.DataFrame:
    """Return one row for each agent and mandate of a report, amounts in asset wei."""
    amounts = ("allocated", "deallocated", "turnover", "loss", "worth", "gain")
    rows = [
        {
            "time": told.time,
            "agent": each.agent,
            "mandate": _hex(each.mandate),
            "entries": sum(each.kinds.values()),
            "moves": each.moves,
            **{name: getattr(each, name) for name in amounts},
            "block": told.block,
        }
        for each in told.outcomes
    ]
    return _frame(rows, f"time agent mandate entries moves {' '.join(amounts)} block")


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame of this module as its file's name says, ``.csv`` or ``.parquet``, in one rename.

    Raises:
        ExportFailed: another name, an amount beyond 38 digits, or the file cannot be written.
    """
    writer = _WRITERS.get(path.suffix)
    if writer is None:
        raise ExportFailed(f"{path}: the name must end in {' or '.join(_WRITERS)}")
    temporary = path.with_name(f".{path.name}.part")
    try:
        writer(frame, temporary)
        temporary.replace(path)
    except OSError as error:
        raise ExportFailed(f"{path}: {error.strerror or error}; give another file") from None
    except pa.ArrowInvalid as error:
        raise ExportFailed(f"{path}: {error}; no Executor journals that, verify the journal first") from None
    finally:
        temporary.unlink(missing_ok=True)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    arrays = {}
    for name in frame.columns:
        values: list[Any] = [None if value is None else value for value in frame[name].tolist()]
        if name in _AMOUNTS:
            values = [None if value is None else Decimal(value) for value in values]
        arrays[name] = pa.array(values, type=_type(name))
    parquet.write_table(pa.table(arrays), path)


_WRITERS: Mapping[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}


def _type(name: str) -> pa.DataType:
    if name == "time":
        return pa.timestamp("s", tz="UTC")
    if name in _AMOUNTS:
        return AMOUNT
    return pa.int64() if name in _INTEGERS else pa.string()


def _frame(rows: list[dict[str, Any]], names: str) -> pd.DataFrame:
    columns = names.split()
    # Amounts do not fit 64 bits, and a float would be wrong: they stay Python integers.
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    try:
        frame["time"] = pd.to_datetime(frame["time"], unit="s", utc=True)
        for name in _INTEGERS & set(columns):
            frame[name] = frame[name].astype("int64")
    except (OverflowError, ValueError) as error:
        raise ExportFailed(f"{error}; no Executor journals that, verify the journal first") from None
    return frame


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
