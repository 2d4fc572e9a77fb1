"""Strangers' text: cut, and rid of whatever is not seen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.untrusted import clean


@given(st.text(), st.integers(1, 50))
def test_clean__any_text__is_short_and_visible(text, most):
    cleaned = clean(text, most)
    assert len(cleaned) <= most
    assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in cleaned)
    assert clean(cleaned, most) == cleaned


@given(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20))
def test_clean__visible_text__stays_as_it_is(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x1b[2Jb", "a [2Jb"),
        ("USD\u202eC", "USD C"),
        ("two\nlines\ttab", "two lines tab"),
        ("\u200bhidden\ufeff", "hidden"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_clean__text_that_would_act__is_inert(text, cleaned):
    assert clean(text) == cleaned
