"""Numbers as operators write them, read exactly: every quantity carries its unit, and nothing is rounded.

1_000_000 USDC    0.5 USDC    12 wei        asset wei
2 days            3600 seconds              seconds
50 bps            0.5 %                     bps
2027-01-01T00:00:00Z                        seconds since 1970, UTC
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction

MAX_AMOUNT = 2**112 - 1
MAX_INSTANT = 2**32 - 1

_QUANTITY = re.compile(r"(?P<number>\d[\d_]*(?:\.\d+)?)\s*(?P<unit>[^\s\d._]\S*)")
_COUNT = re.compile(r"\d[\d_]*")
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_BPS = {"bps": 1, "%": 100}


def _split(text: str, example: str) -> tuple[Fraction, str]:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a number with its unit; write it like {example}")
    return Fraction(match["number"].replace("_", "")), match["unit"]


def _whole(value: Fraction, text: str, unit: str) -> int:
    if value.denominator != 1:
        raise ValueError(f"{text!r} is not a whole number of {unit}; use fewer decimals")
    return value.numerator


def parse_amount(text: str, symbol: str, decimals: int) -> int:
    """Return asset wei of ``1_000.5 USDC`` (the asset's symbol) or ``12 wei``; raises ValueError."""
    number, unit = _split(text, f"'1_000_000 {symbol}' or '12 wei'")
    if unit not in (symbol, "wei"):
        raise ValueError(f"{text!r} is not in {symbol}; write the amount in {symbol} or in wei")
    wei = _whole(number * (10**decimals if unit == symbol else 1), text, f"wei ({decimals} decimals)")
    if wei > MAX_AMOUNT:
        raise ValueError(f"{text!r} is {wei} wei, over 2**112 - 1; use a smaller amount")
    return wei


def parse_duration(text: str) -> int:
    """Return seconds of ``2 days``, ``1 hour`` and the like; raises ValueError."""
    number, unit = _split(text, "'2 days' or '3600 seconds'")
    scale = _SECONDS.get(unit.removesuffix("s"))
    if scale is None:
        raise ValueError(f"{text!r} has no unit of time; use seconds, minutes, hours, days or weeks")
    return _whole(number * scale, text, "seconds")


def parse_bps(text: str) -> int:
    """Return bps of ``50 bps`` or ``0.5 %``; raises ValueError."""
    number, unit = _split(text, "'50 bps' or '0.5 %'")
    if unit not in _BPS:
        raise ValueError(f"{text!r} is neither in bps nor in %; write '50 bps' or '0.5 %'")
    return _whole(number * _BPS[unit], text, "bps")


def parse_count(text: str) -> int:
    """Return a plain whole number such as ``150_000``; raises ValueError."""
    if _COUNT.fullmatch(text.strip()) is None:
        raise ValueError(f"{text!r} is not a whole number; write it like 150_000, without a unit")
    return int(text)


def parse_instant(text: str) -> int:
    """Return the Unix time of an ISO 8601 instant, ``2027-01-01T00:00:00Z``; raises ValueError."""
    remedy = "write it like 2027-01-01T00:00:00Z"
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a date and time; {remedy}") from None
    if moment.utcoffset() is None or moment.utcoffset() or moment.microsecond:
        raise ValueError(f"{text!r} is not a whole second in UTC; {remedy}")
    seconds = int(moment.timestamp())
    if not 0 < seconds <= MAX_INSTANT:
        raise ValueError(f"{text!r} lies outside what the contracts store; choose a date from 1970 to 2106")
    return seconds


def show_instant(seconds: int) -> str:
    """Return the ISO 8601 text of a Unix time; inverse of ``parse_instant``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def show_amount(wei: int, symbol: str, decimals: int) -> str:
    """Return an amount for people, exact: ``1,000.5 USDC``."""
    whole, rest = divmod(wei, 10**decimals)
    fraction = f".{rest:0{decimals}d}".rstrip("0") if rest else ""
    return f"{whole:,}{fraction} {symbol}"


def show_seconds(seconds: int) -> str:
    """Return a time span for people, exact: ``1 d 2 h 3 s``; ``0 s`` for none."""
    parts, left = [], seconds
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"
