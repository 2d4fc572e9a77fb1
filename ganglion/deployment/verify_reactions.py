"""Read back how a treasury reacts by itself: Sentinel, Reflexes with their mandate and orders, fees."""

from __future__ import annotations

from collections.abc import Iterator

from .reactions import SIGNALS, Fees
from .report import Check
from .site import Site
from .verify_executor import mandate_checks

_ORDER = (
    "condition",
    "watched",
    "threshold",
    "action",
    "target",
    "least",
    "most",
    "max_loss",
    "cooldown",
    "bounty",
)


def reactions(site: Site, first: int) -> Iterator[Check]:
    """Everything that happens without a decision; ``first`` is the block from which events are read."""
    yield from _sentinel(site)
    yield from _reflexes(site, first)
    yield from _orders(site, first)
    for name, expected, actual in zip(
        Fees.model_fields, site.treasury.fees.words(), site.fees(), strict=True
    ):
        yield Check(f"Vault.fees.{name}", expected, actual)


def _sentinel(site: Site) -> Iterator[Check]:
    section = site.treasury.sentinel
    yield Check("Vault.sentinel", site.addresses["Sentinel"], site.sentinel())
    yield Check("Sentinel.governor", site.addresses["Timelock"], site.read("Sentinel", "governor"))
    yield Check("Sentinel.vault", site.addresses["Vault"], site.read("Sentinel", "vault"))
    yield Check("Sentinel.safe", site.addresses["Safe"], site.read("Sentinel", "safe"))
    yield Check("Sentinel.is_sealed", True, site.read("Sentinel", "is_sealed"))
    limits = zip(SIGNALS, section.limits(), site.read("Sentinel", "limits"), strict=True)
    for signal, wanted, found in limits:
        for side, expected, actual in zip(("bad", "good"), wanted, found, strict=True):
            yield Check(f"Sentinel.{signal}.{side}", expected, actual)
    last, until = site.read("Sentinel", "heartbeat")
    yield Check("Sentinel.silence", section.silence, until - last)
    yield Check("Sentinel.heartbeat", "not lapsed", _lapsed(site, until))


def _lapsed(site: Site, until: int) -> str:
    return "lapsed" if site.chain.timestamp() > until else "not lapsed"


def _reflexes(site: Site, first: int) -> Iterator[Check]:
    yield Check("Reflexes.governor", site.addresses["Timelock"], site.read("Reflexes", "governor"))
    yield Check("Reflexes.executor", site.addresses["Executor"], site.read("Reflexes", "executor"))
    yield Check("Reflexes.is_sealed", True, site.read("Reflexes", "is_sealed"))
    expected = site.treasury.reflexes.mandate(site.treasury.identifiers)
    yield from mandate_checks(site, "Reflexes.mandate", site.addresses["Reflexes"], expected, first)


def _orders(site: Site, first: int) -> Iterator[Check]:
    """Orders of the configuration field by field, and ids of those that nobody configured."""
    orders = site.treasury.orders
    for identifier, order in enumerate(orders, 1):
        expected, actual = site.treasury.order_words(order), site.read("Reflexes", "order", identifier)
        for name, wanted, found in zip(_ORDER, expected, actual, strict=True):
            yield Check(f"order {order.name}.{name}", wanted, found)
    logs = site.chain.logs(site.contract("Reflexes"), "OrderSet", first)
    others = sorted({entry["id"] for entry in logs} - set(range(1, len(orders) + 1)))
    standing = [identifier for identifier in others if site.read("Reflexes", "order", identifier)[4] != 0]
    yield Check("Reflexes.other orders", [], standing)
