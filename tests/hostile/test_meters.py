"""The bound itself: what a bucket lets through never passes it, and one wei more does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hostile.meters import Bucket, Meter

LIMIT, WINDOW = 1_000, 86_400
steps = st.lists(st.tuples(st.integers(0, 3 * WINDOW), st.integers(0, 1_200)), max_size=12)


@given(steps)
def test_meter__whatever_a_bucket_lets_through__is_within_the_bound(drawn):
    bucket, meter, time = Bucket(LIMIT, WINDOW, 0), Meter(LIMIT, WINDOW, 0), 0
    for wait, amount in drawn:
        time += wait
        if bucket.now(time) + amount <= LIMIT:
            bucket.touch(time, amount)
            assert meter.add(time, amount) <= 0
    assert meter.share <= 1


def test_meter__one_wei_over_the_bound__is_noticed():
    meter = Meter(LIMIT, WINDOW, 0)
    assert meter.add(0, LIMIT) == 0
    assert meter.add(WINDOW // 2, LIMIT // 2) == 0
    assert meter.add(WINDOW // 2, 1) == 1


def test_meter__pair_in_the_middle__counts_too():
    meter = Meter(LIMIT, WINDOW, 0)
    assert meter.add(10 * WINDOW, LIMIT) == 0
    assert meter.add(10 * WINDOW + 1, 1) == 1


def test_meter__terms_change__old_terms_count_for_the_old_time():
    meter = Meter(LIMIT, WINDOW, 0)
    assert meter.add(0, LIMIT) == 0
    meter.change(WINDOW, 2 * LIMIT, WINDOW)
    assert meter.add(WINDOW, 2 * LIMIT) == 0
    assert meter.add(WINDOW, 1) == 1


def test_bucket__terms_change__keeps_what_is_spent():
    bucket = Bucket(LIMIT, WINDOW, 0)
    bucket.touch(0, LIMIT)
    bucket.replace(WINDOW // 4, 10 * LIMIT, WINDOW)
    assert bucket.now(WINDOW // 4) == LIMIT * 3 // 4
