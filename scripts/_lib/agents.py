"""How ``ape run status`` shows where agents stand."""

from __future__ import annotations

from rich.console import Console

from ganglion.deployment import Site
from ganglion.deployment.quantities import show_amount, show_instant
from ganglion.deployment.standing_agents import Agents, AgentStanding, Budget, Entering, GroupStanding


def show(agents: Agents, site: Site) -> None:
    """Print agents with what they have used, groups with what they hold, and what may enter each strategy."""
    console = Console()
    lines = [f"Agent {agent.name or agent.agent}: {_agent(agent, site)}" for agent in agents.agents]
    lines += [f"Group {group.number} {group.name}: {_group(group, site)}" for group in agents.groups]
    lines += [f"Strategy {strategy.name}: {_strategy(strategy, site)}" for strategy in agents.strategies]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _amount(assets: int, site: Site) -> str:
    asset = site.treasury.asset
    return show_amount(assets, asset.symbol, asset.decimals)


def _spent(budget: Budget, site: Site) -> str:
    return f"{_amount(budget.spent, site)} of {_amount(budget.limit, site)}"


def _agent(agent: AgentStanding, site: Site) -> str:
    seen = f"{agent.sequence} intents, seen {show_instant(agent.seen)}"
    if agent.silent:
        seen += ", silent: it only reduces until it is revived"
    elif agent.silent_after is not None:
        seen += f", silent after {show_instant(agent.silent_after)}"
    used = f"flow used {_spent(agent.flow, site)}, loss used {_spent(agent.loss, site)}"
    return f"{seen}; mandate until {show_instant(agent.expires)}; {used}"


def _group(group: GroupStanding, site: Site) -> str:
    part = group.exposure * 10_000 // max(group.total, 1)
    cut = "" if group.cut_until is None else f", cut until {show_instant(group.cut_until)}"
    most = f"{_amount(group.absolute, site)} and {group.relative} bps at most{cut}"
    return f"{_amount(group.exposure, site)}, {part} bps of everything; {most}"


def _strategy(strategy: Entering, site: Site) -> str:
    told = ["no limit of inflow" if strategy.inflow is None else f"inflow {_spent(strategy.inflow, site)}"]
    if strategy.closed_until is not None:
        told.append(f"closed until {show_instant(strategy.closed_until)}")
    if strategy.over_since is not None:
        told.append(f"over its caps since {show_instant(strategy.over_since)}")
    return ", ".join(told)
