"""Read a treasury back from the chain, every role and parameter of it, and say what differs.

Code is compared with what these sources give, immutables included; where the sources have moved on since, it
is compared with the hashes in the manifest. Sets of accounts are rebuilt from all events, so that an account
too many is found as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from eth_utils import keccak

from . import opening, safe
from .build import RECORDED, build
from .chain import Chain
from .config import Treasury
from .errors import DeploymentError
from .governance import Phase
from .manifest import Manifest
from .report import Check, Report
from .site import DEAD, NO_STATE, PAUSED, SEALED, STATUS_OK, Site
from .steps import GUARDED
from .verify_executor import caps, groups, mandates
from .verify_reactions import reactions

ROLES = ("DEFAULT_ADMIN_ROLE", "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE")


def site_of(manifest: Manifest, chain: Chain, treasury: Treasury | None = None) -> Site:
    """Return the contracts of a manifest; ``treasury`` replaces the configuration to compare with."""
    wanted = manifest.treasury if treasury is None else treasury
    return Site(chain, wanted, build(), manifest.deployer, dict(manifest.addresses))


def verify(manifest: Manifest, chain: Chain, treasury: Treasury | None = None) -> Report:
    """Read a treasury back and compare it.

    Args:
        manifest: addresses, and the configuration that was deployed.
        chain: where it stands.
        treasury: what it should be now, if governance has changed it since; else the manifest's.

    Raises:
        DeploymentError: a contract does not answer at all.
    """
    site = site_of(manifest, chain, treasury)
    deployed = site_of(manifest, chain)
    statuses = tuple(opening.statuses(deployed, manifest))
    done = [status.phase is Phase.DONE for _, status in statuses]
    rebuilt = manifest.sources == site.built.sources
    checks = [*_code(deployed, manifest, rebuilt), *_safe(site), *_timelock(site, manifest.first_block)]
    checks += [*_steward(site, manifest.first_block), *_vault(site, done[0]), *_queue(site)]
    checks += _strategies(site)
    checks += [*_executor(site, manifest.first_block), *groups(site, manifest.first_block)]
    checks += mandates(site, manifest, done[1:])
    checks += [*reactions(site, manifest.first_block), _guardians(site, "Sentinel", manifest.first_block)]
    checks += [Check("Lens.vault", site.addresses["Vault"], site.read("Lens", "vault")), *_deployer(site)]
    return Report(tuple(checks), statuses, rebuilt)


def _code(site: Site, manifest: Manifest, rebuilt: bool) -> Iterator[Check]:
    for name in RECORDED:
        actual = _hash(site.chain.code(site.addresses[name]))
        yield Check(f"{name}.code", manifest.contracts[name].runtime_hash, actual)
        if rebuilt:
            yield Check(f"{name}.sources", _expected(site, name), actual)


def _expected(site: Site, name: str) -> str:
    """Hash of what the sources give; a contract whose constructor asks one that is not itself gives none."""
    try:
        return _hash(site.expected_code(name))
    except DeploymentError as error:
        return str(error)


def _hash(code: bytes) -> str:
    return "0x" + keccak(code).hex()


def _safe(site: Site) -> Iterator[Check]:
    section, state = site.treasury.safe, safe.read(site.chain, site.addresses["Safe"])
    yield Check("Safe.modules", [], list(state.modules))
    if section.address is None:
        yield Check("Safe.version", safe.VERSION, state.version)
        yield Check("Safe.singleton", safe.singleton(site.treasury.chain_id).address, state.singleton)
        yield Check("Safe.owners", sorted(section.owners), sorted(state.owners))
        yield Check("Safe.threshold", section.threshold, state.threshold)
        yield Check("Safe.guard", safe.ZERO, state.guard)
    else:
        yield Check("Safe.address", section.address, site.addresses["Safe"])


def _holders(site: Site, contract: str, event: str, key: str, first: int) -> set[str]:
    """Accounts that an event with an ``active`` flag last left active."""
    active: dict[str, bool] = {}
    for entry in site.chain.logs(site.contract(contract), event, first):
        active[entry[key]] = entry["active"]
    return {account for account, is_active in active.items() if is_active}


def _timelock(site: Site, first: int) -> Iterator[Check]:
    yield Check("Timelock.delay", site.treasury.timelock.delay, site.read("Timelock", "get_minimum_delay"))
    owner = site.addresses["Safe"]
    expected = {
        "DEFAULT_ADMIN_ROLE": {site.addresses["Timelock"]},
        "PROPOSER_ROLE": {owner},
        "EXECUTOR_ROLE": {safe.ZERO},
        "CANCELLER_ROLE": {owner, *site.treasury.guardians},
    }
    held = _timelock_roles(site, first)
    for name in ROLES:
        role = site.read("Timelock", name)
        admin = "0x" + site.read("Timelock", "getRoleAdmin", role).hex()
        yield Check(f"Timelock.{name}.admin", "0x" + bytes(32).hex(), admin)
        accounts = held.pop(role, set()) | expected[name]
        actual = {account for account in accounts if site.read("Timelock", "hasRole", role, account)}
        yield Check(f"Timelock.{name}", sorted(expected[name]), sorted(actual))
    yield Check(
        "Timelock.other roles", [], [f"0x{role.hex()}" for role, accounts in held.items() if accounts]
    )


def _timelock_roles(site: Site, first: int) -> dict[bytes, set[str]]:
    """Accounts that were ever granted a role, by role."""
    granted: dict[bytes, set[str]] = {}
    for entry in site.chain.logs(site.contract("Timelock"), "RoleGranted", first):
        granted.setdefault(entry["role"], set()).add(entry["account"])
    return granted


def _steward(site: Site, first: int) -> Iterator[Check]:
    yield Check("Steward.governor", site.addresses["Timelock"], site.read("Steward", "governor"))
    yield Check("Steward.vault", site.addresses["Vault"], site.read("Steward", "vault"))
    yield Check("Steward.is_sealed", True, site.read("Steward", "is_sealed"))
    yield _guardians(site, "Steward", first)


def _guardians(site: Site, contract: str, first: int) -> Check:
    seen = _holders(site, contract, "GuardianSet", "guardian", first) | set(site.treasury.guardians)
    actual = sorted(account for account in seen if site.read(contract, "is_guardian", account))
    return Check(f"{contract}.guardians", sorted(site.treasury.guardians), actual)


def _vault(site: Site, limits_open: bool) -> Iterator[Check]:
    treasury, flags = site.treasury, site.flags()
    yield Check("Vault.asset", treasury.asset.address, site.read("Vault", "asset"))
    yield Check("Vault.name", treasury.vault.name, site.read("Vault", "name"))
    yield Check("Vault.symbol", treasury.vault.symbol, site.read("Vault", "symbol"))
    decimals = treasury.asset.decimals
    yield Check("Vault.decimals", decimals + max(3, 18 - decimals), site.read("Vault", "decimals"))
    yield Check("Vault.steward", site.addresses["Steward"], site.steward())
    yield Check("Vault.queue", site.addresses["ExitQueue"], site.queue())
    yield Check("Vault.half", site.addresses["VaultAnnex"], site.read("Vault", "half"))
    yield Check("Vault.executor", site.addresses["Executor"], site.executor())
    yield Check("Vault.state", 0, flags & NO_STATE)
    yield Check("Vault.sealed", True, bool(flags & SEALED))
    yield Check("Vault.entry paused", False, bool(flags & PAUSED))
    expected = treasury.limits.words() if limits_open else treasury.limits.words(deposit_cap=0)
    for name, wanted, actual in zip(type(treasury.limits).model_fields, expected, site.limits(), strict=True):
        yield Check(f"Vault.limits.{name}", wanted, actual)
    enough = site.dead_shares() >= site.wanted_dead_shares
    yield Check("Vault.dead shares", f">= {site.wanted_dead_shares} at {DEAD}", _seed(site, enough))


def _seed(site: Site, enough: bool) -> str:
    shown = f">= {site.wanted_dead_shares}" if enough else str(site.dead_shares())
    return f"{shown} at {DEAD}"


def _queue(site: Site) -> Iterator[Check]:
    yield Check("ExitQueue.vault", site.addresses["Vault"], site.read("ExitQueue", "vault"))
    yield Check("ExitQueue.share", site.addresses["Vault"], site.read("ExitQueue", "share"))
    yield Check("ExitQueue.asset", site.treasury.asset.address, site.read("ExitQueue", "asset"))


def _strategies(site: Site) -> Iterator[Check]:
    wanted = site.treasury.strategies
    yield Check("Vault.strategies", list(range(1, len(wanted) + 1)), site.live())
    for identifier, strategy in enumerate(wanted, 1):
        path = f"strategy {strategy.name}"
        yield Check(f"{path}.address", strategy.address, site.strategy(identifier))
        names = type(strategy.terms).model_fields
        for name, expected, actual in zip(names, strategy.terms.words(), site.terms(identifier), strict=True):
            yield Check(f"{path}.terms.{name}", expected, actual)
        yield Check(f"{path}.ceiling", strategy.ceiling, site.ceiling(identifier))
        yield Check(f"{path}.status", STATUS_OK, site.status(identifier))
        yield from caps(site, path, identifier, strategy)


def _executor(site: Site, first: int) -> Iterator[Check]:
    yield Check("Executor.governor", site.addresses["Timelock"], site.read("Executor", "governor"))
    yield Check("Executor.vault", site.addresses["Vault"], site.read("Executor", "vault"))
    yield Check("Executor.is_sealed", True, site.read("Executor", "is_sealed"))
    yield Check("Executor.curator", site.treasury.curator, site.read("Executor", "curator"))
    yield _guardians(site, "Executor", first)


def _deployer(site: Site) -> Iterator[Check]:
    """What the deployer must not be; its passing right ends with the seals above."""
    deployer = site.deployer
    roles = [
        name for name in ROLES if site.read("Timelock", "hasRole", site.read("Timelock", name), deployer)
    ]
    roles += [f"{name} guardian" for name in GUARDED if site.read(name, "is_guardian", deployer)]
    if site.read("Executor", "curator") == deployer:
        roles.append("curator")
    if site.read("Executor", "mandate", deployer)[0] != 0:
        roles.append("agent")
    if deployer in safe.read(site.chain, site.addresses["Safe"]).owners:
        roles.append("owner of the Safe")
    if site.fees()[2] == deployer:
        roles.append("receiver of the fees")
    yield Check("deployer.roles", [], roles)
