"""What stands now, in words and numbers, on a treasury that nobody has used yet."""

from __future__ import annotations

import pytest

from ganglion.deployment import standing
from ganglion.deployment.quantities import show_seconds
from ganglion.deployment.reactions import NOBODY
from ganglion.deployment.standing import Signal

from .stage import Deployed


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            (1, 1, 300, 1, 2, 5, 10**6, 1, 3_600, 0),
            "morpho over 300 bps below its reference: 0.000005 USDC to 1 USDC",
        ),
        (
            (2, 3, 900, 1, 3, 10**6, 2**112 - 1, 1, 3_600, 0),
            "under 900 bps of snekmate can be redeemed: at least 1 USDC",
        ),
        (
            (4, 0, 200, 1, 9, 10**6, 2**112 - 1, 1, 3_600, 0),
            "idle under 200 bps: at least 1 USDC home from 9",
        ),
        (
            (16, 2, 6_200, 1, 3, 10**6, 2**112 - 1, 1, 3_600, 0),
            "group same_liquidity over 6200 bps of the whole: at least 1 USDC home from snekmate",
        ),
        ((16, 9, 1, 2, 2, 1, 1, 0, 3_600, 0), "group 9 over 1 bps of the whole: solmate back to its cap"),
        ((8, 0, 1, 2, 2, 1, 1, 0, 3_600, 0), "state at least stress: solmate back to its cap"),
        ((8, 0, 2, 2, 2, 1, 1, 0, 3_600, 0), "state at least winddown: solmate back to its cap"),
    ],
)
def test_told__each_condition__in_words(deployed: Deployed, words: tuple[int, ...], expected: str) -> None:
    assert standing.told(deployed.site, words).startswith(expected)


@pytest.mark.parametrize(
    ("name", "level", "verdict"),
    [
        ("fall", 301, "bad"),
        ("fall", 300, "neither"),
        ("fall", 50, "neither"),
        ("fall", 49, "good"),
        ("liquid", 299, "bad"),
        ("liquid", 300, "neither"),
        ("liquid", 50, "bad"),
    ],
)
def test_verdict__at_each_limit__as_the_sentinel_judges(name: str, level: int, verdict: str) -> None:
    bad, good = (300, 2_000) if name == "liquid" else (300, 50)
    assert Signal(name, level, bad, good, None, None).verdict == verdict


def test_verdict__liquid_at_its_good_limit__neither_and_above_it_good() -> None:
    assert Signal("liquid", 2_000, 800, 2_000, None, None).verdict == "neither"
    assert Signal("liquid", 2_001, 800, 2_000, None, None).verdict == "good"


def test_charged__fees_and_none__in_words() -> None:
    assert standing.charged((0, 0, NOBODY)) == "none"
    assert standing.charged((5, 7, "0xAb")) == "5 bps a year, 7 bps of a new high, to 0xAb"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0 s"), (59, "59 s"), (3_600, "1 h"), (90_061, "1 d 1 h 1 min 1 s")]
)
def test_show_seconds__spans__exact(seconds: int, expected: str) -> None:
    assert show_seconds(seconds) == expected


def test_standing__fresh_treasury__calm_and_nothing_held(deployed: Deployed) -> None:
    before = deployed.stage.net.rpc.call("eth_blockNumber")
    now = standing.standing(deployed.site, deployed.manifest.first_block)
    assert deployed.stage.net.rpc.call("eth_blockNumber") == before
    assert (now.state, now.veto, now.budget, now.fees) == ("calm", False, 0, (0, 0, NOBODY))
    assert [(signal.bad_at, signal.good_at) for signal in now.signals] == [(None, None)] * 5
    assert (now.recovery.good, now.recovery.first_at, now.recovery.last_at) == (0, 0, 0)
    assert now.heartbeat.until - now.heartbeat.last == 5_184_000
    assert not now.heartbeat.lapsed
    assert len(now.orders) == 19
    assert {(order.fired_at, order.armed_at, order.ready_at) for order in now.orders} == {(None,) * 3}


def test_standing__age__as_part_of_an_epoch_rounded_up(deployed: Deployed) -> None:
    rpc = deployed.stage.net.rpc
    rpc.warp(3 * 86_400)
    age = standing.standing(deployed.site, deployed.manifest.first_block).signals[2]
    assert (age.name, age.verdict) == ("age", "bad")
    assert age.level >= 30_000
