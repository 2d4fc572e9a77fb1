"""``make bots-redis`` before anything is started: what it needs, and what silverback is told."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from ganglion.devnet.errors import ToolMissing
from soak.ground import BOTS
from tests.bots.company import Company
from tools.bots_redis import broker, main, run_redis


def test_run_redis__no_server__says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="apt-get install redis-server"), run_redis(tmp_path):
        pass


def test_main__no_server__ends_with_1_and_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = CliRunner().invoke(main)
    assert ended.exit_code == 1
    assert "apt-get install redis-server" in " ".join(ended.output.split())


def test_broker__every_bot__has_a_queue_of_its_own(place, tmp_path):
    company = Company(place, tmp_path, broker("redis://127.0.0.1:1"))
    told = [json.loads(company.environment(bot)["SILVERBACK_BROKER_KWARGS"]) for bot in BOTS]
    assert [each["queue_name"] for each in told] == [f"ganglion-{bot}" for bot in BOTS]
    assert all(each["socket_timeout"] is None for each in told)
