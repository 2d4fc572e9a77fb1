"""The bots as they are run: ``silverback run`` against a node, side by side on one treasury."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from ganglion.bots import RebalancerSettings, SentinelSettings, SettlerSettings
from ganglion.devnet.artifacts import ROOT
from soak.ground import BOTS, ground
from tests.bots.company import START, Company, ape_accounts
from tests.bots.scenes import SCENES, nothing

MOST_LINES = 119


@pytest.mark.slow
def test_silverback_run__three_bots_on_one_treasury__each_does_its_job(tmp_path):
    with ground(ape_accounts()) as place, ExitStack() as stack:
        company = Company(place, tmp_path, {})
        running = {bot: stack.enter_context(company.running(bot, "run")) for bot in BOTS}
        company.ready(list(running.values()))
        for bot in BOTS:
            for scene in SCENES[bot]:
                scene.prepare(place)
                assert not scene.done(place) or scene.prepare is nothing, scene.title
                company.drive([running[bot]], lambda scene=scene: scene.done(place), scene.spacing)
        told = "\n".join(process.told() for process in running.values())
    assert "this is a bug" not in told
    assert "Traceback" not in told


@pytest.mark.slow
def test_silverback_run__nothing_is_configured__says_what_is_missing_and_ends(tmp_path, place):
    company = Company(place, tmp_path, {})
    environment = company.environment("settler")
    for name in ("GANGLION_VAULT", "GANGLION_EXECUTOR", "GANGLION_LENS"):
        del environment[name]
    with company.running("settler", "run", environment=environment) as process:
        process.process.wait(START)
    assert process.process.returncode != 0
    assert "GANGLION_VAULT, GANGLION_EXECUTOR, GANGLION_LENS: not set" in process.told()


@pytest.mark.parametrize("bot", BOTS)
def test_bots__each__is_short_and_documents_every_setting(bot):
    text = (Path(ROOT) / "bots" / f"{bot}.py").read_text()
    assert len(text.splitlines()) <= MOST_LINES
    kinds = {"rebalancer": RebalancerSettings, "settler": SettlerSettings, "sentinel": SentinelSettings}
    for name in kinds[bot].model_fields:
        assert f"GANGLION_{name.upper()}" in text, name
