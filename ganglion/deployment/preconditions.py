"""What must hold on the chain before anything is sent; every problem is named, not only the first."""

from __future__ import annotations

from eth_utils import to_checksum_address

from . import safe
from .config import Strategy
from .errors import DeploymentError
from .quantities import show_amount, show_instant
from .site import Site

PROBE = 10**18  # units whose price the Vault stores at listing
CALL_OVERHEAD = 22_000  # intrinsic gas of the call that reads a strategy's price


def network(site: Site) -> list[str]:
    """Return a line if the network is not the configured one."""
    wanted, actual = site.treasury.chain_id, site.chain.chain_id
    if actual == wanted:
        return []
    return [f"chain_id: {wanted}, but the network has {actual}; choose the right --network"]


def problems(site: Site) -> list[str]:
    """Return one line per precondition that does not hold: field, what the chain says, remedy."""
    found = _roles(site) + _asset(site) + _safe(site)
    for place, strategy in enumerate(site.treasury.strategies):
        found += [f"strategies[{place}].{line}" for line in _strategy(site, strategy)]
    return found + _mandates(site) + _reflexes(site)


def _roles(site: Site) -> list[str]:
    path = site.treasury.holders().get(site.deployer)
    if path is None:
        return []
    return [f"{path}: {site.deployer} is the deployer, who ends without a role; deploy from another account"]


def _asset(site: Site) -> list[str]:
    asset, chain = site.treasury.asset, site.chain
    if not chain.code(asset.address):
        return [f"asset.address: no contract at {asset.address}; check the address and the network"]
    found = []
    try:
        decimals = chain.ask(asset.address, "decimals()", returns=("uint8",))
        if decimals != asset.decimals:
            found.append(f"asset.decimals: {asset.decimals}, but the token says {decimals}; correct it")
        symbol = chain.ask(asset.address, "symbol()", returns=("string",))
        if symbol != asset.symbol:
            found.append(f"asset.symbol: {asset.symbol}, but the token says {symbol}; correct it")
        return found or _seed(site)
    except DeploymentError as error:
        return [*found, f"asset.address: {error}; name an ERC-20 with decimals and symbol"]


def _seed(site: Site) -> list[str]:
    asset, seed = site.treasury.asset, site.treasury.vault.seed
    if "Vault" in site.addresses and site.dead_shares() >= site.wanted_dead_shares:
        return []
    held = site.chain.ask(asset.address, "balanceOf(address)", site.deployer)
    if held >= seed:
        return []
    have, need = (show_amount(value, asset.symbol, asset.decimals) for value in (held, seed))
    return [f"vault.seed: needs {need}, the deployer {site.deployer} holds {have}; send it the rest"]


def _safe(site: Site) -> list[str]:
    section, chain = site.treasury.safe, site.chain
    if section.address is not None:
        return _existing_safe(site, section.address)
    template = safe.singleton(site.treasury.chain_id)
    lacking = safe.missing(chain, template, safe.FACTORY, safe.FALLBACK_HANDLER)
    if lacking:
        return lacking
    address, _ = safe.creation(chain, section, site.treasury.chain_id)
    if not chain.code(address):
        return []
    state = safe.read(chain, address)
    as_made = (set(section.owners), section.threshold, (), safe.ZERO)
    if (set(state.owners), state.threshold, state.modules, state.guard) == as_made:
        return []
    return [f"safe.salt: the Safe {address} exists and was changed since; choose another salt"]


def _existing_safe(site: Site, address: str) -> list[str]:
    try:
        state = safe.read(site.chain, address)
    except DeploymentError as error:
        return [f"safe.address: {error}"]
    found = []
    if state.version not in safe.SUPPORTED:
        found.append(f"safe.address: Safe {state.version}; use {' or '.join(safe.SUPPORTED)}")
    if state.threshold < 2:
        found.append("safe.address: one owner decides alone; raise its threshold to 2 or more")
    if state.modules:
        listed = ", ".join(state.modules)
        found.append(f"safe.address: modules {listed} act without signatures; disable them first")
    if site.deployer in state.owners:
        found.append(f"safe.address: the deployer {site.deployer} owns it; deploy from another account")
    return found


def _strategy(site: Site, strategy: Strategy) -> list[str]:
    chain, address, asset = site.chain, strategy.address, site.treasury.asset.address
    if not chain.code(address):
        return [f"address: no contract at {address} ({strategy.name}); check the address and the network"]
    try:
        other = to_checksum_address(chain.ask(address, "asset()", returns=("address",)))
        if other != asset:
            return [f"address: {strategy.name} holds {other}, not the asset {asset}; choose another"]
        view = "previewRedeem" if strategy.terms.charges_on_exit else "convertToAssets"
        gas = strategy.terms.read_gas + CALL_OVERHEAD
        price = chain.ask(address, f"{view}(uint256)", PROBE, gas=gas)
    except DeploymentError as error:
        return [f"address: {strategy.name}: {error}; name an ERC-4626 vault, or raise terms.read_gas"]
    if not 0 < price < PROBE * 2**32:
        return [f"address: {strategy.name} prices 10**18 units at {price} wei, outside what a Vault stores"]
    return []


def _mandates(site: Site) -> list[str]:
    granted = site.chain.timestamp() + site.treasury.timelock.delay
    found = []
    for place, mandate in enumerate(site.treasury.mandates):
        if mandate.expires <= granted:
            found.append(
                f"mandates[{place}].expires: {show_instant(mandate.expires)} is before the timelock could "
                f"grant it ({show_instant(granted)}); choose a later time"
            )
        if mandate.policy is not None and not site.chain.code(mandate.policy):
            found.append(f"mandates[{place}].policy: {no_policy(mandate.policy)}")
    return found


def no_policy(address: str) -> str:
    """Return what is wrong with a policy without code."""
    return f"no contract at {address}, so every allocation would be refused; deploy it first, or leave it out"


def _reflexes(site: Site) -> list[str]:
    expires = site.treasury.reflexes.expires
    if expires > site.chain.timestamp():
        return []
    return [f"reflexes.expires: {show_instant(expires)} is past; choose a later time, or leave it out"]
