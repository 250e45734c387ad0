"""A report says nothing about whose accounts these are, whatever servers and programs have said."""

import base64
import html
import json
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.aws_account.report import Line, Scrubber, Verdict, page, written

NUMBER, KEY = "123456789012", "AKIAIOSFODNN7EXAMPLE"
OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
NAMES = ("xs3-tui-test-0123abcd", "corp-admin", "jane.doe+aws", "Département Ventes", "role/with/path", 'quo"ted\\name')
SCRUB = Scrubber(frozenset({*NAMES, NUMBER, OWNER}))

SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.swapcase,
    quote,
    lambda text: quote(text, safe=""),
    lambda text: quote(quote(text, safe=""), safe=""),
    html.escape,
    lambda text: html.escape(html.escape(text)),
    lambda text: json.dumps(text)[1:-1],
    lambda text: "".join(f"%{each:02x}" for each in text.encode()),
    lambda text: "".join(f"&#{ord(each)};" for each in text),
    lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    repr,
    lambda text: repr(f"{text}'"),
    lambda text: json.dumps(repr(text)),
)


@example(NAMES[-1], repr, "", "")
@given(
    st.sampled_from(NAMES), st.sampled_from(SPELLINGS), st.text(" .,:;/'\"<>()[]=-_", max_size=5), st.text(max_size=5)
)
def test_no_name_in_any_spelling(name: str, spelled: Callable[[str], str], before: str, after: str) -> None:
    said = SCRUB(f"{before}{spelled(name)}{after}").casefold()
    assert name.casefold() not in said
    assert spelled(name).casefold() not in said
    assert [word for word in re.findall(r"\w{5,}", name) if word.casefold() in said] == []


@pytest.mark.parametrize(
    "secret",
    [
        *(NUMBER, "1234-5678-9012", "1234 5678 9012", KEY, "ASIAIOSFODNN7EXAMPLE", "AROACLKXSAMPLE3EXAMPLE"),
        *(OWNER, OWNER.upper(), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "IQoJb3JpZ2luX2VjEHoaCXVzLWVhc3QtMSJHMEU"),
        *("jane@example.org", "10.1.2.3", "2001:db8:0:1::1", "vpc-0a1b2c3d4e5f67890", "/home/jane/.aws/config"),
        *(
            "9999" + NUMBER,
            "5ec7e75ec7e75ec7e75e",
            "abcd1234EXAMPLE/+abcdefghijklmnop==",
            "corp.s3.us-east-1.amazonaws.com",
        ),
        *(f"arn:aws:iam::{NUMBER}:user/jane", "arn%3Aaws%3As3%3A%3A%3Asecret-bucket", "s3://secret-bucket/a"),
        "https://secret-bucket.s3.amazonaws.com/a?X-Amz-Signature=5ec7e7",
    ],
)
def test_nothing_that_looks_like_a_key_a_number_or_a_name(secret: str) -> None:
    other = Scrubber(frozenset())  # it knows none of them
    for spelled in SPELLINGS:
        said = other(f"denied: {spelled(secret)} is not allowed")
        assert secret.casefold() not in said.casefold(), said
        assert all(part not in said for part in ("secret-bucket", "jane", "5ec7e7", NUMBER)), said
        assert said.startswith("denied: "), said


def test_what_helps_stays() -> None:
    said = "AssertionError: exit code 3, not 0: access denied: s3:GetObject (403 AccessDenied), 16 MB by relay"
    assert SCRUB(said) == said


def test_a_text_is_short_and_has_no_control_characters() -> None:
    said = SCRUB("\x1b[31mred\x1b[0m\n\u202eleft " + "a b " * 1000)
    assert (len(said), said.isprintable()) == (300, True)


def lines(said: str) -> list[Line]:
    return [Line("copies", "a copy", Verdict.FAILED, said)]


def test_the_files_are_private_and_never_replace_others(tmp_path: Path) -> None:
    facts = {"server": "AWS"}
    paths = written(tmp_path, "report", facts, lines("why"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o600, 0o600]
    assert json.loads(paths[0].read_text())["lines"][0]["verdict"] == "failed"
    with pytest.raises(FileExistsError):
        written(tmp_path, "report", facts, [])
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "planted.json").symlink_to(elsewhere)
    with pytest.raises(FileExistsError):
        written(tmp_path, "planted", facts, [])
    assert not elsewhere.exists()


@pytest.mark.parametrize(
    "said", ["a | b", "<script>alert(1)</script>", "![x](http://x)", "`code`", "one\n\n# two", "&lt;b&gt;"]
)
def test_no_text_is_markup_on_the_page(said: str) -> None:
    text = page({"server": "AWS"}, lines(said))
    [row] = [line for line in text.splitlines() if line.startswith("| copies")]
    assert row.replace("\\|", "").count("|") == 5
    assert "<" not in row
    assert "](" not in row
    assert "\n# two" not in text


@given(st.text(max_size=200))
def test_every_text_makes_a_page_and_a_scrubbed_text_stays_as_it_is(text: str) -> None:
    said = SCRUB(text)
    assert all(
        line.startswith(("|", "#", "-")) or "passed" in line or not line for line in page({}, lines(text)).splitlines()
    )
    assert said.isprintable()
    assert len(said) <= 300


def test_a_name_in_base64_is_replaced_with_all_of_it() -> None:
    token = base64.b64encode(b"owner=jane.doe+aws;account=123456789012").decode()
    assert token[:20] not in replace(SCRUB, names=frozenset())(f"token {token}")
