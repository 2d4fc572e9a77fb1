"""After the seals the deployer can do nothing that a stranger cannot."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.deployment.build import build
from ganglion.devnet.abi import actor
from tests.treasury import intent_of, mandate_of

from .stage import Deployed, example_treasury

ACCOUNT = actor("somebody")
LIMITS = example_treasury().limits.words()
TERMS = example_treasury().strategies[0].terms.words()
MANDATE = mandate_of()
INTENT = intent_of(ACCOUNT, [(1, 1, 0)])
STRATEGY = example_treasury().strategies[0].address
NOT_GOVERNOR, NOT_GUARDIAN = "authority: not the governor", "authority: not a guardian"
SIGNALS = example_treasury().sentinel.limits()
ORDER = example_treasury().order_words(example_treasury().orders[0])
MISSING_ROLE = "access_control: account is missing role"
ROLE = b"\x01" * 32

REFUSED: list[tuple[str, str, list[Any], str]] = [
    ("Steward", "bind", [ACCOUNT], NOT_GOVERNOR),
    ("Steward", "seal", [], NOT_GOVERNOR),
    ("Steward", "list_strategy", [STRATEGY, TERMS, 1], NOT_GOVERNOR),
    ("Steward", "set_terms", [1, TERMS], NOT_GOVERNOR),
    ("Steward", "set_ceiling", [1, 1], NOT_GUARDIAN),
    ("Steward", "retire", [1], NOT_GOVERNOR),
    ("Steward", "write_down", [1], NOT_GOVERNOR),
    ("Steward", "set_limits", [LIMITS], NOT_GOVERNOR),
    ("Steward", "set_entry_paused", [True], NOT_GUARDIAN),
    ("Steward", "set_sentinel", [ACCOUNT], NOT_GOVERNOR),
    ("Steward", "set_fees", [(0, 0, ACCOUNT)], NOT_GOVERNOR),
    ("Steward", "set_guardian", [ACCOUNT, True], NOT_GOVERNOR),
    ("Steward", "set_executor", [ACCOUNT], NOT_GOVERNOR),
    ("Steward", "recover", [ACCOUNT, ACCOUNT, 1], NOT_GOVERNOR),
    ("Executor", "execute", [INTENT], "executor: not the agent"),
    ("Executor", "execute_signed", [INTENT, b""], "executor: no nonce"),
    ("Executor", "beat", [], "executor: no mandate"),
    ("Executor", "set_mandate", [ACCOUNT, MANDATE], NOT_GOVERNOR),
    ("Executor", "revoke", [ACCOUNT], NOT_GUARDIAN),
    ("Executor", "set_cap", [1, 1, 1], "executor: not the curator"),
    ("Executor", "cut", [1, 1, 1], NOT_GUARDIAN),
    ("Executor", "set_group", [1, 2, 1, 1], NOT_GOVERNOR),
    ("Executor", "set_group_cap", [1, 1, 1], "executor: not the curator"),
    ("Executor", "cut_group", [1, 1, 1], NOT_GUARDIAN),
    ("Executor", "set_inflow", [1, 1, 1], "executor: not the curator"),
    ("Executor", "revive", [ACCOUNT], "executor: not the curator"),
    ("Executor", "set_curator", [ACCOUNT], NOT_GOVERNOR),
    ("Executor", "set_guardian", [ACCOUNT, True], NOT_GOVERNOR),
    ("Executor", "seal", [], NOT_GOVERNOR),
    ("Sentinel", "beat", [], "sentinel: not the Safe"),
    ("Sentinel", "wind_down", [], NOT_GOVERNOR),
    ("Sentinel", "set_limits", [SIGNALS], NOT_GUARDIAN),
    ("Sentinel", "set_silence", [2_592_000], NOT_GOVERNOR),
    ("Sentinel", "set_safe", [ACCOUNT], NOT_GOVERNOR),
    ("Sentinel", "set_guardian", [ACCOUNT, True], NOT_GOVERNOR),
    ("Sentinel", "seal", [], NOT_GOVERNOR),
    ("Reflexes", "set_order", [1, ORDER], NOT_GOVERNOR),
    ("Reflexes", "remove_order", [1], NOT_GOVERNOR),
    ("Reflexes", "defund", [ACCOUNT, 0], NOT_GOVERNOR),
    ("Reflexes", "seal", [], NOT_GOVERNOR),
    ("Reflexes", "fire", [1], "reflexes: condition not met"),
    ("Reflexes", "collect", [ACCOUNT], "reflexes: no bounty"),
    ("Timelock", "schedule", [ACCOUNT, 0, b"", bytes(32), bytes(32), 172_800], MISSING_ROLE),
    ("Timelock", "schedule_batch", [[ACCOUNT], [0], [b""], bytes(32), bytes(32), 172_800], MISSING_ROLE),
    ("Timelock", "cancel", [ROLE], MISSING_ROLE),
    ("Timelock", "grantRole", [ROLE, ACCOUNT], MISSING_ROLE),
    ("Timelock", "revokeRole", [ROLE, ACCOUNT], MISSING_ROLE),
    ("Timelock", "update_delay", [1], "timelock_controller: caller must be timelock"),
    ("Vault", "install", [1, 1, 1], "vault: 1"),
    ("Vault", "configure", [1, 1, 1], "vault: 1"),
    ("Vault", "recover", [ACCOUNT, ACCOUNT, 1], "vault: 1"),
    ("Vault", "allocate", [1, 1, 1], "vault: 1"),
    ("Vault", "deallocate", [1, 1, 1], "vault: 1"),
    ("Vault", "latch", [1], "vault: 1"),
    ("Vault", "seed", [1], "vault: 2"),
    ("Vault", "escrow", [ACCOUNT, ACCOUNT, 1], "vault: 1"),
    ("Vault", "leave", [ACCOUNT, ACCOUNT, 1, 1], "vault: 1"),
    ("Vault", "unwind", [1, 1, True], "vault: 1"),
    ("Vault", "give_back", [1], "vault: 1"),
    ("Vault", "pay", [ACCOUNT, 1], "vault: 1"),
    ("Vault", "hand_out", [1, 1, ACCOUNT], "vault: 1"),
    ("Vault", "redeem_in_frame", [1, 1, 1, 1, 1], "vault: 1"),
    ("VaultAnnex", "allocate", [1, 1, 1], "vault: 1"),
    ("VaultAnnex", "deallocate", [1, 1, 1], "vault: 1"),
    ("VaultAnnex", "evacuate", [1, 1], "vault: 1"),
    ("VaultAnnex", "poke", [], "vault: 1"),
    ("VaultAnnex", "leave", [1, 1, 1], "vault: 1"),
    ("VaultAnnex", "latch", [1], "vault: 1"),
    ("VaultAnnex", "unwind", [1, 1, True], "vault: 1"),
    ("VaultAnnex", "give_back", [1], "vault: 1"),
    ("VaultAnnex", "hand_out", [1, 1, ACCOUNT], "vault: 1"),
    ("VaultAnnex", "install", [1, 1, 1], "vault: 1"),
    ("VaultAnnex", "configure", [1, 1, 1], "vault: 1"),
    ("VaultAnnex", "recover", [ACCOUNT, ACCOUNT, 1], "vault: 1"),
    ("ExitQueue", "deposit", [1, ACCOUNT], "queue: deposit at the vault"),
    ("ExitQueue", "mint", [1, ACCOUNT], "queue: deposit at the vault"),
]

# Externals that ask for no role of governance: everybody's, a holder's own, or bound by their own conditions.
OPEN = {
    "Steward": set[str](),
    "Executor": {"cancel_nonces", "note", "trim"},
    "Lens": set[str](),
    "Sentinel": {"poke"},
    "Reflexes": {"fund"},
    "Timelock": {"execute", "execute_batch", "renounceRole"},
    "VaultAnnex": set[str](),
    "ExitQueue": {
        "cancel",
        "claim",
        "detach",
        "exit_now",
        "in_kind",
        "redeem",
        "requestRedeem",
        "setOperator",
        "settle",
        "unwind",
        "withdraw",
        "write_off",
    },
    "Vault": {
        "approve",
        "deposit",
        "evacuate",
        "mint",
        "permit",
        "poke",
        "redeem",
        "redeem_slice",
        "transfer",
        "transferFrom",
        "withdraw",
    },
}


@pytest.mark.parametrize(("contract", "function", "arguments", "reason"), REFUSED)
def test_deployer__governed_function__refused(
    deployed: Deployed, contract: str, function: str, arguments: list[Any], reason: str
) -> None:
    call = deployed.site.call(contract, function, *arguments)
    outcomes = deployed.stage.chain.rehearse(deployed.stage.deployer, [call])
    assert outcomes is not None
    assert outcomes[0].reason == reason


@pytest.mark.parametrize("contract", sorted(OPEN))
def test_deployer__every_external_that_changes_state__tried_above_or_open(contract: str) -> None:
    externals = {
        entry["name"]
        for entry in build().abi(contract)
        if entry["type"] == "function" and entry["stateMutability"] in ("nonpayable", "payable")
    }
    tried = {function for name, function, _, _ in REFUSED if name == contract}
    assert externals == tried | OPEN[contract]
