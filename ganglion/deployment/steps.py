"""The steps of a deployment, in order; each can tell from the chain alone whether it is done.

Safe, Timelock, Steward, Vault with its ExitQueue and its annex, Executor, Sentinel, Reflexes, Lens; then
every parameter, risk group and standing order; then the dead shares; the seals come last. The deposit cap
stays 0 and no agent gets its mandate: what opens the treasury is the Safe's (see opening.py). The Reflexes
have theirs, which only lets capital come home, so that no deposit comes before they can act.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ganglion.devnet.abi import call_data

from . import safe
from .build import BLUEPRINTS
from .chain import Call
from .config import Group, Inflow, Strategy, Treasury
from .reactions import NamedOrder
from .site import Site

GUARDED = ("Steward", "Executor", "Sentinel")  # where guardians are appointed, beside the Timelock
GOVERNED = ("Reflexes", "Sentinel", "Executor", "Steward")  # where the deployer's right ends, in this order


@dataclass(frozen=True)
class Step:
    """One transaction of a deployment.

    Attributes:
        name: what it does, unique in a deployment.
        needs: contracts that must exist before.
        call: makes the transaction.
        done: whether the chain is already as the step leaves it; asked only when ``needs`` exist.
        creates: name of the contract that it deploys, or None.
    """

    name: str
    needs: tuple[str, ...]
    call: Callable[[Site], Call]
    done: Callable[[Site], bool]
    creates: str | None = None


def steps(treasury: Treasury) -> list[Step]:
    """Return the steps that deploy a treasury, in order."""
    listed: list[Step] = [] if treasury.safe.address is not None else [_create_safe()]
    listed += _contracts()
    for guardian in treasury.guardians:
        listed += [_guardian(target, guardian) for target in GUARDED]
    listed += [_limits(treasury), *_fees(treasury)]
    for identifier, strategy in enumerate(treasury.strategies, 1):
        listed += _strategy(identifier, strategy)
    listed += [_group(treasury, number, group) for number, group in enumerate(treasury.groups, 1)]
    listed += [_curator(treasury), _reflexes(treasury)]
    listed += [_order(treasury, identifier, order) for identifier, order in enumerate(treasury.orders, 1)]
    return [*listed, *_seed(treasury), *(_seal(target) for target in GOVERNED)]


def _contracts() -> list[Step]:
    """Every contract, each named to those that obey it."""
    return [
        _create("Timelock", "Safe"),
        _create("Steward", "Timelock"),
        *(_create(name) for name in BLUEPRINTS),
        _create("Vault", "Steward", *BLUEPRINTS),
        _govern(
            "bind the Steward to the Vault",
            "Steward",
            lambda site: site.call("Steward", "bind", site.addresses["Vault"]),
            lambda site: site.read("Steward", "vault") == site.addresses["Vault"],
            "Vault",
        ),
        _create("Executor", "Vault", "Timelock"),
        _govern(
            "name the Executor",
            "Steward",
            lambda site: site.call("Steward", "set_executor", site.addresses["Executor"]),
            lambda site: site.executor() == site.addresses["Executor"],
            "Executor",
        ),
        _create("Sentinel", "Vault", "Timelock", "Safe"),
        _govern(
            "name the Sentinel",
            "Steward",
            lambda site: site.call("Steward", "set_sentinel", site.addresses["Sentinel"]),
            lambda site: site.sentinel() == site.addresses["Sentinel"],
            "Sentinel",
        ),
        _create("Reflexes", "Executor", "Timelock"),
        _create("Lens", "Vault"),
    ]


def _create(name: str, *needs: str) -> Step:
    return Step(
        f"deploy {name}",
        needs,
        lambda site: Call(None, site.creation(name), f"deploy {name}"),
        lambda site: name in site.addresses,
        creates=name,
    )


def _create_safe() -> Step:
    def call(site: Site) -> Call:
        return safe.creation(site.chain, site.treasury.safe, site.treasury.chain_id)[1]

    def done(site: Site) -> bool:
        address, _ = safe.creation(site.chain, site.treasury.safe, site.treasury.chain_id)
        return bool(site.chain.code(address))

    return Step("create the Safe", (), call, done, creates="Safe")


def _govern(
    name: str, target: str, call: Callable[[Site], Call], done: Callable[[Site], bool], *needs: str
) -> Step:
    return Step(name, (target, *needs), call, done)


def _guardian(target: str, guardian: str) -> Step:
    return _govern(
        f"appoint guardian {guardian} in the {target}",
        target,
        lambda site: site.call(target, "set_guardian", guardian, True),
        lambda site: site.read(target, "is_guardian", guardian),
    )


def _limits(treasury: Treasury) -> Step:
    closed = treasury.limits.words(deposit_cap=0)
    return _govern(
        "set the limits, deposit cap 0",
        "Steward",
        lambda site: site.call("Steward", "set_limits", closed),
        lambda site: site.limits() == closed,
        "Vault",
    )


def _fees(treasury: Treasury) -> list[Step]:
    fees = treasury.fees.words()
    if treasury.fees == type(treasury.fees)():
        return []
    return [
        _govern(
            "set the fees",
            "Steward",
            lambda site: site.call("Steward", "set_fees", fees),
            lambda site: site.fees() == fees,
            "Vault",
        )
    ]


def _strategy(identifier: int, strategy: Strategy) -> list[Step]:
    terms, cap = strategy.terms.words(), strategy.cap
    inflow = [] if strategy.inflow is None else [_inflow(identifier, strategy.name, strategy.inflow)]

    def is_listed(site: Site) -> bool:
        stands = (site.strategy(identifier), site.terms(identifier), site.ceiling(identifier))
        return stands == (strategy.address, terms, strategy.ceiling)

    return [
        _govern(
            f"list strategy {strategy.name}",
            "Steward",
            lambda site: site.call("Steward", "list_strategy", strategy.address, terms, strategy.ceiling),
            is_listed,
            "Vault",
        ),
        _govern(
            f"cap strategy {strategy.name}",
            "Executor",
            lambda site: site.call("Executor", "set_cap", identifier, cap.absolute, cap.relative),
            lambda site: tuple(site.read("Executor", "cap", identifier)) == (cap.absolute, cap.relative, 0),
        ),
        *inflow,
    ]


def _inflow(identifier: int, name: str, inflow: Inflow) -> Step:
    return _govern(
        f"limit the inflow of {name}",
        "Executor",
        lambda site: site.call("Executor", "set_inflow", identifier, *inflow.words()),
        lambda site: site.read("Executor", "inflow", identifier)[:2] == inflow.words(),
    )


def _group(treasury: Treasury, number: int, group: Group) -> Step:
    words = group.words(treasury.identifiers)
    members, *most = words
    stands = (members, *most, 0, *most)
    return _govern(
        f"risk group {number}: {group.name}",
        "Executor",
        lambda site: site.call("Executor", "set_group", number, *words),
        lambda site: site.read("Executor", "group", number) == stands,
    )


def _curator(treasury: Treasury) -> Step:
    return _govern(
        "appoint the curator",
        "Executor",
        lambda site: site.call("Executor", "set_curator", treasury.curator),
        lambda site: site.read("Executor", "curator") == treasury.curator,
    )


def _reflexes(treasury: Treasury) -> Step:
    mandate = treasury.reflexes.mandate(treasury.identifiers)

    def granted(site: Site) -> bool:
        return site.read("Executor", "mandate", site.addresses["Reflexes"]) == mandate

    return _govern(
        "let the Reflexes bring capital home",
        "Executor",
        lambda site: site.call("Executor", "set_mandate", site.addresses["Reflexes"], mandate),
        granted,
        "Reflexes",
    )


def _order(treasury: Treasury, identifier: int, order: NamedOrder) -> Step:
    words = treasury.order_words(order)
    return _govern(
        f"standing order {identifier}: {order.name}",
        "Reflexes",
        lambda site: site.call("Reflexes", "set_order", identifier, words),
        lambda site: tuple(site.read("Reflexes", "order", identifier)) == words,
    )


def _seed(treasury: Treasury) -> list[Step]:
    asset, amount = treasury.asset.address, treasury.vault.seed

    def seeded(site: Site) -> bool:
        return site.dead_shares() >= site.wanted_dead_shares

    def approve(site: Site) -> Call:
        data = call_data("approve(address,uint256)", site.addresses["Vault"], amount)
        return Call(asset, bytes.fromhex(data[2:]), "approve the seed")

    def approved(site: Site) -> bool:
        spender = site.addresses["Vault"]
        return seeded(site) or amount <= site.chain.ask(
            asset, "allowance(address,address)", site.deployer, spender
        )

    return [
        _govern("approve the seed", "Vault", approve, approved),
        _govern(
            "seed the dead shares",
            "Vault",
            lambda site: site.call("Vault", "seed", amount),
            seeded,
            "Steward",
        ),
    ]


def _seal(target: str) -> Step:
    return _govern(
        f"seal the {target}",
        target,
        lambda site: site.call(target, "seal"),
        lambda site: site.read(target, "is_sealed"),
    )
