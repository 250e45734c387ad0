"""Settings files and typed values of any content: a value or a mistake that says where, never another exception."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.location import LocationError
from tui.model.paths import typed_location
from tui.settings import checks
from tui.settings.parsing import parse
from tui.text.typed import instant
from tui.text.typed_account import duration
from tui.text.typed_limits import rate

TEXTS = st.text(st.characters(exclude_categories=[]), max_size=60)
TOML_VALUES = st.one_of(
    st.sampled_from(["true", "1e400", "-1", "9999999999999999999999", "[]", "{}", "[[1]]", "1979-05-27", '"x"', "nan"]),
    TEXTS.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'),
)
KEYS = st.sampled_from(
    ["safety.read_only", "theme", "left_accent", "part_size", "identities.a.profile", "identities.a.roles", "restore",
     "accounts.1.colour", "buckets.b.requester_pays", "identities", "accounts", "safety", "no.such"]
)  # fmt: skip


@given(st.one_of(TEXTS, st.lists(st.tuples(KEYS, TOML_VALUES), max_size=6).map(
    lambda lines: "\n".join(f"{key} = {value}" for key, value in lines))))  # fmt: skip
def test_every_settings_file_is_read_or_says_its_mistakes(text: str) -> None:
    settings, mistakes = parse(text)
    assert settings is not None
    assert all(str(mistake) for mistake in mistakes)


CHECKS: list[Callable[[str], object]] = [
    checks.size, checks.part_size, checks.account_number, checks.glob, checks.name, checks.label, checks.one_word,
    checks.region, checks.access_key, checks.colour, checks.theme, checks.endpoint, checks.role_arn,
    checks.external_id, checks.session_name, checks.policy, duration, rate, lambda text: instant(text, 1e9),
]  # fmt: skip


@pytest.mark.parametrize("check", CHECKS)
@given(TEXTS)
def test_a_typed_value_is_taken_or_refused_with_words(check: Callable[[str], object], text: str) -> None:
    with suppress(ValueError):
        check(text)


STARTS = st.sampled_from(["s3://", "https://", "http://[", "arn:aws:s3:", "file://", "./"])


@given(st.one_of(TEXTS, st.tuples(STARTS, TEXTS).map("".join)))
def test_a_typed_location_is_one_or_is_refused(text: str) -> None:
    with suppress(LocationError):
        assert typed_location(text).uri
