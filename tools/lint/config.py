"""What the rules allow, each exception with its reason.

A key is `<file stem>.<function>`. One that excuses nothing any more is reported (`stale-allowance`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

COMPILER_VERSION = "0.4.3"
MAX_FUNCTION_LINES = 40
MAX_FILE_LINES = 400
MAX_REASON_LENGTH = 32  # characters: one word of returned data
GUARDED_CALL = "contracts/modules/guarded_call.vy"
ERRORS_DOC = "docs/ERRORS.md"

# The module that reverts with `"<prefix>: <number>"`; its constants are the numbers.
CODED_FILE = "contracts/modules/refusal.vy"
CODED_PREFIX = "vault"

# The second half of the Vault's code runs inside externals of the Vault: modules/annex.vy and leaving.vy.
_ANNEXED = (
    "allocate",
    "deallocate",
    "evacuate",
    "poke",
    "latch",
    "leave",
    "unwind",
    "give_back",
    "hand_out",
    "install",
    "configure",
    "recover",
)

# State-changing externals that take no lock, and why that is safe.
_SELF_CALL = "the timelock calls it on itself from `execute`, which a lock would refuse; guarded by role"
UNLOCKED: dict[str, str] = {
    **{f"VaultAnnex.{name}": "refuses unless the Vault runs it, which is locked then" for name in _ANNEXED},
    "Timelock.__default__": "receives the native token for scheduled calls and writes nothing",
    "Timelock.execute": "an operation may call back; it runs once, its state is checked after the call",
    "Timelock.execute_batch": "as execute",
    "Timelock.grantRole": _SELF_CALL,
    "Timelock.renounceRole": "only gives up a role of the caller",
    "Timelock.revokeRole": _SELF_CALL,
    "Timelock.update_delay": _SELF_CALL,
    "Vault.approve": "writes one allowance, calls nobody, and no price or ledger reads it",
    "Vault.redeem_in_frame": "the Vault calls it on itself while it is locked; refuses any other caller",
    "leaving.redeem_in_frame": "as Vault.redeem_in_frame",
    "Vault.permit": "as approve; the signature and its nonce are checked before the write",
}

# State-changing externals that emit nothing themselves, and where the change can be seen instead.
SILENT: dict[str, str] = {
    **{
        f"{file}.{name}": "VaultAnnex, whose function of this name it runs, logs in the Vault's name"
        for file in ("annex", "Vault")
        for name in _ANNEXED
        if name not in ("allocate", "leave", "poke")
    },
    **{
        f"{file}.{name}": "refuses always: deposits are made at the Vault"
        for file in ("exit_view", "ExitQueue")
        for name in ("deposit", "mint")
    },
    **{
        f"{file}.{name}": reason
        for file in ("leaving", "Vault")
        for name, reason in {
            "pay": "the asset logs the transfer, and the queue the claim",
            "redeem_in_frame": "its caller, the Vault itself, logs what came of it",
        }.items()
    },
    "VaultAnnex.give_back": "one unit, lost by rounding where the queue logs how many units joined",
    "Timelock.__default__": "receives the native token; the transfer itself is on chain",
}

# Reason prefixes other than the contract's own name in lower case.
PREFIXES: dict[str, str] = {
    **dict.fromkeys(("ExitQueue", "claims", "exit_preview", "exit_view", "operators"), "queue"),
    "MorphoBlueStrategy": "morpho",
    "caps": "executor",
    "conditions": "reflexes",
    "signals": "sentinel",
}


@dataclass(frozen=True)
class Config:
    """Exceptions that a run uses; tests pass their own."""

    unlocked: Mapping[str, str] = field(default_factory=lambda: UNLOCKED)
    silent: Mapping[str, str] = field(default_factory=lambda: SILENT)
    prefixes: Mapping[str, str] = field(default_factory=lambda: PREFIXES)
