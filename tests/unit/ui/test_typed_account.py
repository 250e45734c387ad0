"""What a user types about an account."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.text import typed_account as typed
from tui.text.typed import TypedError

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("1h", 3600), (" 15 m", 900), ("90min", 5400), ("12H", 43200), ("3600", 3600), ("0.5h", 1800)],
)
def test_durations(text: str, seconds: int | None) -> None:
    assert typed.duration(text) == seconds


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (typed.duration, "soon", "write 1h"),
        (typed.duration, "14m", "15m to 12h"),
        (typed.duration, "13h", "15m to 12h"),
        (typed.access_key, "", "access key ID"),
        (typed.access_key, "AKIA X", "no spaces"),
        (typed.role_arn, "", "role ARN"),
        (typed.role_arn, "arn:aws:iam::111111111111:user/bob", "is not a role"),
        (typed.external_id, "a b", "external ID"),
        (typed.session_name, "x", "session name"),
        (typed.mfa_serial, "a b", "no spaces"),
        (typed.region, "eu central", "is not a region"),
        (typed.region, "https://s3.example.com", "is not a region"),
        (typed.endpoint, "s3.example.com", "https://host"),
        (typed.endpoint, "http://host:99999", "https://host"),
        (typed.endpoint, "https://ann:word@host", "password"),
        (typed.endpoint, "https://host/?x=1", "no ? or # part"),
        (typed.needed_endpoint, " ", "enter the server's URL"),
        (typed.name, "", "letters"),
        (typed.name, "-x", "letters"),
        (typed.name, "two words", "letters"),
        (typed.policy, "{", "not JSON"),
        (typed.policy, "[" * 100_000, "nested deeper"),
        (typed.policy, "{}", "Statement"),
        (typed.policy, '["Statement"]', "Statement"),
        (typed.policy, json.dumps({**POLICY, "Id": "x" * 2048}), "AssumeRole allows 2,048"),
        (typed.policy, "@/no/such/file", "no file"),
        (typed.policy, "@/", "no file"),
        (typed.policy, "@/dev/tty", "no file"),
        (typed.policy, "@/a\0b", "no file"),
    ],
)
def test_what_is_wrong_is_said(read: Callable[[str], object], text: str, says: str) -> None:
    with pytest.raises(TypedError) as wrong:
        read(text)
    assert says in str(wrong.value)


def test_a_secret_is_never_part_of_what_is_wrong_with_it() -> None:
    with pytest.raises(TypedError) as wrong:
        typed.secret("hush hush")
    assert "hush" not in str(wrong.value)
    with pytest.raises(TypedError):
        typed.secret(" ")
    assert typed.secret(" hush/+= ") == "hush/+="


@pytest.mark.parametrize(
    ("key", "says"),
    [("AKIAIOSFODNN7EXAMPLE", ""), ("ASIAIOSFODNN7EXAMPLE", "session token"), ("minio", "other servers")],
)
def test_an_unusual_access_key_is_remarked_upon_only(key: str, says: str) -> None:
    assert typed.access_key(f" {key} ") == key
    remark = typed.access_key_remark(key)
    assert says in remark if says else not remark


@pytest.mark.parametrize(
    ("arn", "account"),
    [("arn:aws:iam::111111111111:role/a/b", "111111111111"), ("arn:aws-cn:iam:::role/x", ""), ("x", "")],
)
def test_the_account_of_a_role(arn: str, account: str) -> None:
    assert typed.role_account(arn) == account


@pytest.mark.parametrize(
    ("url", "warned"),
    [("http://s3.example.com", True), ("https://s3.example.com", False), ("http://127.0.0.1:9000", False)],
)
def test_an_endpoint_without_encryption_is_warned_of(url: str, warned: bool) -> None:
    assert typed.endpoint(url) == url
    assert bool(typed.endpoint_remark(url)) is warned


def test_nothing_typed_is_nothing_asked_for() -> None:
    assert (typed.endpoint(" "), typed.region(""), typed.policy(""), typed.external_id(" ")) == (None, None, "", "")


def test_a_policy_is_compact_and_may_lie_in_a_file(tmp_path: Path) -> None:
    compact = json.dumps(POLICY, separators=(",", ":"))
    assert typed.policy(json.dumps(POLICY, indent=4)) == compact
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(POLICY, indent=4))
    assert typed.policy(f"@{file}") == compact
    file.write_bytes(b"\xff")
    with pytest.raises(TypedError, match="is not a text file"):
        typed.policy(f"@{file}")
    for path in ("~nobody-has-this-name", f"{tmp_path}/{'p' * 300}"):
        with pytest.raises(TypedError):
            typed.policy(f"@{path}")
