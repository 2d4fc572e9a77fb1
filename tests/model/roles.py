"""Who may do what at the Executor, and how it refuses."""

from __future__ import annotations

from tests.model.arithmetic import Refused

GOVERNOR, CURATOR, GUARDIAN = "governor", "curator", "guardian"


def insist(condition: bool, reason: str) -> None:
    """Refuse with the Executor's reason unless ``condition``."""
    if not condition:
        raise Refused(f"executor: {reason}")


def only_governor(caller: str) -> None:
    """Refuse everybody but the Timelock."""
    if caller != GOVERNOR:
        raise Refused("authority: not the governor")


def only_guardian(caller: str) -> None:
    """Refuse everybody but guardians and the Timelock."""
    if caller not in (GUARDIAN, GOVERNOR):
        raise Refused("authority: not a guardian")


def only_curator(caller: str) -> None:
    """Refuse everybody but the curator and the Timelock."""
    insist(caller in (GOVERNOR, CURATOR), "not the curator")
