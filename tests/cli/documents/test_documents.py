"""``policy``, ``tags`` and ``acl``: what they print, what they apply, when they ask, and how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ended, Run
from tests.e2e.terminal import Terminal
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server

KEY = "video/a.txt"


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket of account A with one object."""

    server: S3Server
    bucket: str
    run: Run

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}"

    @property
    def key(self) -> str:
        return f"{self.uri}/{KEY}"

    @property
    def a(self) -> Any:
        return self.server.client(self.server.a)

    def __call__(self, *arguments: str) -> Ended:
        """Run a command as account A."""
        return self.run(*arguments, "--profile", self.server.a.profile)

    def policy(self, **changed: Any) -> str:
        statement = {
            "Sid": "Read",
            "Effect": "Allow",
            "Principal": {"AWS": self.server.b.principal},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.bucket}/*",
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **changed}]})

    def tags(self) -> dict[str, str]:
        found = self.a.get_object_tagging(Bucket=self.bucket, Key=KEY)["TagSet"]
        return {each["Key"]: each["Value"] for each in found}


@pytest.fixture(
    params=[
        "demo",
        pytest.param("ceph", marks=pytest.mark.server),
        pytest.param("ministack", marks=pytest.mark.server),
    ]
)
def place(request: pytest.FixtureRequest, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    server = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(server, S3Server)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with fresh_bucket(server, server.a) as bucket:
        server.client(server.a).put_object(Bucket=bucket, Key=KEY, Body=b"content")
        yield Place(server, bucket, run)


@pytest.fixture
def demo_place(demo_environment: S3Server, run: Run) -> Iterator[Place]:
    with fresh_bucket(demo_environment, demo_environment.a) as bucket:
        demo_environment.client(demo_environment.a).put_object(Bucket=bucket, Key=KEY, Body=b"content")
        yield Place(demo_environment, bucket, run)


def test_a_policy_is_put_read_compared_and_deleted(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(place.policy())
    assert place("policy", "get", place.uri).code == 4
    put = place("policy", "put", "--yes", place.uri, str(file))
    assert put.code == 0, put.out + put.err
    assert '+       "Sid": "Read",' in put.out
    assert "takes it back" in put.err
    assert json.loads(place("policy", "get", place.uri).out) == json.loads(file.read_text())
    again = place("policy", "put", "--yes", place.uri, str(file))
    assert (again.code, again.out.count("stays as it is")) == (0, 1)
    file.write_text(place.policy(Action="s3:GetObjectTagging"))
    compared = place("policy", "diff", place.uri, str(file))
    assert compared.code == 0
    assert '-       "Action": "s3:GetObject",' in compared.out
    assert "GetObjectTagging" not in place("policy", "get", place.uri).out
    assert place("policy", "delete", "--yes", place.uri).code == 0
    assert place("policy", "get", place.uri).code == 4
    assert place.run("access", "undo", "--yes").code == 0
    assert "s3:GetObject" in place("policy", "get", place.uri).out


def test_tags_are_set_replaced_and_removed(place: Place) -> None:
    for where in (place.key, place.uri):
        assert place("tags", "set", "--yes", where, "team=video", "env=prod=1").code == 0
        assert json.loads(place("tags", "get", where).out) == {"env": "prod=1", "team": "video"}
        assert place("tags", "remove", "--yes", where, "env", "none").code == 0
        assert place("tags", "set", "--yes", "--replace", where, "owner=").code == 0
        [read] = place("tags", "get", "--json", where).objects
        assert read["document"] == {"owner": ""}
        assert read["uri"].startswith(place.uri)
        assert place("tags", "set", "--yes", "--replace", where).code == 0
        assert json.loads(place("tags", "get", where).out) == {}


def test_an_acl_is_read_changed_and_put_back_by_its_name(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "acl.json"
    for where in (place.key, place.uri):
        before = json.loads(place("acl", "get", where).out)
        grant = {"grantee": place.server.b.canonical_id, "permission": "READ"}
        file.write_text(json.dumps({**before, "grants": [*before["grants"], grant]}))
        put = place("acl", "put", "--yes", where, str(file))
        assert put.code == 0, put.out + put.err
        assert grant in json.loads(place("acl", "get", where).out)["grants"]
        assert place("acl", "put", "--yes", "--canned", "private", where).code == 0
        assert json.loads(place("acl", "get", where).out) == before


def test_words_follow_the_number_of_what_is_not_changed(demo_place: Place) -> None:
    many = [f"tag{number}=x" for number in range(11)]
    stopped = demo_place("tags", "set", "--yes", demo_place.key, *many)
    assert (stopped.code, f"object tags of {demo_place.key} were not changed" in stopped.err) == (2, True), stopped


STOPPED = {
    "public": ({"Principal": "*"}, "everyone"),
    "lock-out": ({"Effect": "Deny", "Principal": "*", "Action": "s3:*Policy", "Resource": "arn:aws:s3:::{}"}, "deny"),
    "no policy": ({"Effect": "Permit"}, "Effect"),
}


@pytest.mark.parametrize(("changed", "says"), STOPPED.values(), ids=STOPPED)
@pytest.mark.parametrize("how", [("put", "--yes"), ("put", "--dry-run"), ("diff",)], ids=" ".join)
def test_a_policy_that_must_not_be_is_stopped_with_words(
    demo_place: Place, tmp_path: Path, changed: dict[str, str], says: str, how: tuple[str, ...]
) -> None:
    place, file = demo_place, tmp_path / "policy.json"
    file.write_text(place.policy(**{name: value.replace("{}", place.bucket) for name, value in changed.items()}))
    command, *options = how
    ended = place("policy", command, *options, place.uri, str(file))
    assert ended.code == 2
    assert says in ended.err
    assert place("policy", "get", place.uri).code == 4


@pytest.mark.parametrize("flag", [(), ("--dry-run", "--yes"), ("--json",)], ids=["no terminal", "dry run", "json"])
def test_without_consent_nothing_is_written(demo_place: Place, flag: tuple[str, ...]) -> None:
    ended = demo_place("tags", "set", *flag, demo_place.key, "team=video")
    assert demo_place.tags() == {}
    if "--dry-run" in flag:
        assert (ended.code, '+   "team": "video"' in ended.out) == (0, True)
    else:
        assert ended.code == 2
        assert "add --yes" in ended.err


def test_json_has_the_change_and_what_was_applied(demo_place: Place) -> None:
    [planned] = demo_place("tags", "set", "--json", "--dry-run", demo_place.key, "team=video").objects
    assert planned["change"]["before"] == "{}"
    assert json.loads(planned["change"]["after"]) == {"team": "video"}
    [applied] = demo_place("tags", "set", "--json", "--yes", demo_place.key, "team=video").objects
    assert applied["applied"]["ref"]["kind"] == "object tags"
    refused = demo_place("tags", "set", "--json", "--yes", demo_place.key, "aws:team=video")
    assert refused.code == 2
    assert [next(iter(each)) for each in refused.objects] == ["change", "problem"]


@pytest.mark.parametrize(("answer", "code", "tags"), [("y", 0, {"team": "video"}), ("n", 1, {}), ("", 1, {})])
def test_a_terminal_is_asked(demo_place: Place, answer: str, code: int, tags: dict[str, str]) -> None:
    arguments = ["tags", "set", "--profile", demo_place.server.a.profile, demo_place.key, "team=video"]
    with Terminal(arguments, os.environ, columns=120) as terminal:
        terminal.until_shown("apply? [y/N]")
        assert '+   "team": "video"' in terminal.text
        terminal.send(answer + "\n")
        assert terminal.until_ended() == code
    assert demo_place.tags() == tags


def test_read_only_writes_nothing(demo_place: Place) -> None:
    ended = demo_place("tags", "set", "--yes", "--read-only", demo_place.key, "team=video")
    assert ended.code == 3
    assert "blocked" in ended.err
    assert demo_place.tags() == {}


def test_grantees_are_named_beside_the_acl(demo_place: Place) -> None:
    demo_place.run("ls", "--profile", demo_place.server.b.profile, "s3://")
    demo_place.a.put_object_acl(Bucket=demo_place.bucket, Key=KEY, GrantRead=f'id="{demo_place.server.b.canonical_id}"')
    ended = demo_place("acl", "get", demo_place.key)
    assert {each["permission"] for each in json.loads(ended.out)["grants"]} >= {"READ"}
    assert "is media-prod" in ended.err


def test_who_may_not_read_it_is_told_so(demo_place: Place) -> None:
    ended = demo_place.run("policy", "get", "--profile", demo_place.server.b.profile, demo_place.uri)
    assert ended.code == 3
    assert "s3:GetBucketPolicy" in ended.err


USAGE = {
    "a policy of an object": (("policy", "get", "s3://b/k"), "belongs to a bucket"),
    "a local path": (("tags", "get", "/tmp"), "s3://bucket/key"),
    "no tags": (("tags", "set", "s3://b/k"), "NAME=VALUE"),
    "no value": (("tags", "set", "s3://b/k", "team"), "'team' is not a tag: write NAME=VALUE"),
    "no names": (("tags", "remove", "s3://b/k"), "NAME"),
    "neither file nor name": (("acl", "put", "s3://b/k"), "--canned"),
    "no file": (("policy", "put", "s3://b", "/nowhere/policy.json"), "does not exist"),
}


@pytest.mark.parametrize(("arguments", "says"), USAGE.values(), ids=USAGE)
def test_bad_input_is_named(run: Run, demo_environment: S3Server, arguments: tuple[str, ...], says: str) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert says in ended.err


def test_a_file_that_is_no_document_is_refused(demo_place: Place, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    for content, says in ((b"\xff", "cannot be read"), (b" " * ((1 << 20) + 1), "longer"), (b"{", "line 1")):
        file.write_bytes(content)
        ended = demo_place("policy", "put", "--yes", demo_place.uri, str(file))
        assert ended.code == 2
        assert says in ended.err


def test_a_policy_is_read_from_the_standard_input(demo_place: Place) -> None:
    program = Path(sys.executable).with_name("xs3-tui")
    arguments = ["policy", "put", "--yes", "--profile", demo_place.server.a.profile, demo_place.uri]
    ended = subprocess.run(
        [program, *arguments], input=demo_place.policy(), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(demo_place("policy", "get", demo_place.uri).out) == json.loads(demo_place.policy())
