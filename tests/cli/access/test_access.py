"""``xs3-tui access``: what it prints, what it applies, when it asks, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.world import World, fresh_world
from tests.cli.conftest import Run
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tui.engine.rooms import Rooms

POLICY = ("--way", "policy", "--whole-account")


@pytest.fixture
def ministack_world(ministack_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with fresh_world(ministack_server, Rooms(), tmp_path) as world:
        yield world


def outside(world: World) -> tuple[str, ...]:
    return ("--profile", "alice", "--other", "outside", "--applier", "bob", f"s3://{world.bucket}/video/")


@pytest.mark.server
def test_it_grants_tests_shows_revokes_and_undoes(run: Run, ministack_world: World) -> None:
    world = ministack_world
    where = (*POLICY, "--allow", "read", *outside(world))
    granted = run("access", "grant", "--yes", *where)
    assert granted.code == 0, granted.out + granted.err
    assert "account 111111111111 applies: bucket policy of" in granted.out
    assert "account 222222222222 applies: user policy" in granted.out
    assert "✓ allowed   s3:GetObject" in granted.out
    assert "✓ refused   s3:PutObject" in granted.out
    assert "✗" not in granted.out
    assert run("access", "show", *where).out.count("✓ with this grant") == 2
    assert run("access", "test", *where).code == 0
    again = run("access", "grant", "--yes", "--no-test", *where)
    assert again.out.count("stays as it is") == 2
    revoked = run("access", "revoke", "--yes", *where)
    assert revoked.code == 0
    assert world.policy() is None
    closed = run("access", "test", "--json", *where)
    assert closed.code == 1
    assert {line["probe"]["answer"] for line in closed.objects} == {"refused"}
    assert run("access", "undo", "--yes").code == 0
    assert "222222222222" in (world.policy() or "")
    log = run("access", "log", "--json").objects
    assert [line["applied"]["undoes"] != "" for line in log] == [True, True, False, False, False, False]


@pytest.mark.server
@pytest.mark.parametrize("flag", [(), ("--dry-run", "--yes"), ("--json",)], ids=["no terminal", "dry run", "json"])
def test_without_consent_it_prints_the_documents_and_writes_nothing(
    run: Run, ministack_world: World, flag: tuple[str, ...]
) -> None:
    world = ministack_world
    ended = run("access", "grant", *flag, *POLICY, "--allow", "read-write", *outside(world))
    assert ended.code == (0 if "--dry-run" in flag else 2)
    assert "Xs3ReadWrite" in ended.out
    assert world.policy() is None
    if flag == ("--json",):
        [plan] = ended.objects
        assert [each["ref"]["kind"] for each in plan["changes"]] == ["bucket policy", "user policy"]
        assert json.loads(plan["changes"][0]["after"])["Statement"]


@pytest.mark.server
def test_half_of_a_grant_is_not_applied(run: Run, ministack_world: World) -> None:
    world = ministack_world
    where = ("--profile", "alice", "--other", "outside", f"s3://{world.bucket}")  # who may not read its own policies
    ended = run("access", "grant", "--yes", *POLICY, "--allow", "read", *where)
    assert ended.code == 3
    assert "--applier" in ended.err
    assert world.policy() is None


@pytest.mark.server
def test_documents_are_saved_for_this_user_only(run: Run, ministack_world: World, tmp_path: Path) -> None:
    world, directory = ministack_world, tmp_path / "saved"
    run("access", "grant", "--way", "role", "--allow", "read", "--save", str(directory), *outside(world))
    files = sorted(directory.iterdir())
    assert [each.name.split("-")[0] for each in files] == ["1", "2", "3"]
    assert all(each.stat().st_mode & 0o777 == 0o600 and json.loads(each.read_text()) for each in files)


@pytest.mark.server
def test_the_boto3_script_does_what_the_plan_says(run: Run, ministack_world: World, tmp_path: Path) -> None:
    """Each part by the profile of its account, as a user would run it."""
    world = ministack_world
    where = (*POLICY, "--allow", "read", *outside(world))
    script = run("access", "grant", "--format", "boto3", *where).out
    parts = script.split("# account ")[1:]
    assert [part.split(":")[0] for part in parts] == ["111111111111", "222222222222"]
    for part, profile in zip(parts, ("alice", "bob"), strict=True):
        file = tmp_path / f"{profile}.py"
        file.write_text(
            f"import boto3\n# {part}".replace("boto3.Session()", f"boto3.Session(profile_name={profile!r})")
        )
        subprocess.run([sys.executable, str(file)], check=True, timeout=60)
    assert run("access", "test", *where).code == 0


@pytest.mark.server
def test_the_bucket_policy_way_on_ceph(run: Run, ceph_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ceph has no GetCallerIdentity, and no policies of identities in this way: the other part is for others."""
    server = ceph_server
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with fresh_bucket(server, server.a) as bucket:
        server.client(server.a).put_object(Bucket=bucket, Key="video/a", Body=b"content")
        where = ("--profile", server.a.profile, "--other", server.b.profile, f"s3://{bucket}/video/")
        grant = ("--way", "policy", "--allow", "read-write", *where)
        nameless = run("access", "grant", "--yes", *grant)
        assert nameless.code == 2
        assert "--principal" in nameless.err
        named = ("--principal", server.b.principal, *grant)
        granted = run("access", "grant", "--yes", "--partial", *named)
        assert granted.code == 0, granted.out + granted.err
        assert "✓ allowed   s3:PutObject" in granted.out
        assert "✗" not in granted.out
        assert run("access", "revoke", "--yes", "--partial", *named).code == 0
        closed = run("access", "test", "--json", *named)
        assert {line["probe"]["answer"] for line in closed.objects} == {"refused"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("grant", "--allow", "read", "--other", "x", "s3://b"), "--way"),
        (("grant", "--way", "magic", "--allow", "read", "--other", "x", "s3://b"), "policy"),
        (("grant", "--way", "policy", "--allow", "all", "--other", "x", "s3://b"), "read-write"),
        (("grant", "--way", "policy", "--allow", "read", "--other", "x", "/tmp"), "s3://"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    run: Run, demo_environment: S3Server, arguments: tuple[str, ...], says: str
) -> None:
    ended = run("access", *arguments)
    assert ended.code == 2
    assert says in ended.err


def test_a_change_that_is_not_known_is_not_found(run: Run, demo_environment: S3Server) -> None:
    ended = run("access", "undo", "abcdefgh")
    assert (ended.code, "abcdefgh" in ended.err) == (4, True), ended


def test_a_grant_is_printed_for_others_to_apply(run: Run, demo_environment: S3Server) -> None:
    where = ("--profile", "media-prod", "--other", "analytics", "s3://media-prod-private/")
    said: dict[str, Any] = {}
    for form in ("cli", "boto3", "terraform"):
        ended = run("access", "grant", "--way", "policy", "--allow", "read", "--format", form, *where)
        assert ended.code == 0
        said[form] = ended.out
    assert "aws s3api put-bucket-policy --bucket media-prod-private --policy '{" in said["cli"]
    assert "aws iam put-user-policy --user-name bob" in said["cli"]
    assert 'resource "aws_s3_bucket_policy" "media_prod_private"' in said["terraform"]
    compile(said["boto3"], "script", "exec")


@pytest.mark.parametrize("way", ["policy", "role"])
def test_the_demo_lets_in_and_shuts_out_again(run: Run, demo_environment: S3Server, way: str) -> None:
    grant = ("--way", way, "--allow", "read", "--profile", "media-prod", "--other", "analytics")
    where = (*grant, "s3://media-prod-private/contracts/")
    granted = run("access", "grant", "--yes", *where)
    assert granted.code == 0, granted.out + granted.err
    assert granted.out.count("✓") == 9
    assert run("access", "revoke", "--yes", *where).code == 0
    assert run("access", "show", *where).out.count("✗ without this grant") == {"policy": 2, "role": 3}[way]


def test_only_on_the_path_from_here(run: Run, demo_environment: S3Server) -> None:
    """Trap 2: the bucket lets in whoever comes from the office, and requests from here do not."""
    where = ("--profile", "media-prod", "--other", "analytics", "s3://media-prod-office/")
    grant = ("access", "grant", "--way", "policy", "--allow", "read", "--from-here", "--yes", *where)
    assert run("ls", "--profile", "analytics", "s3://media-prod-office/").code == 3
    granted = run(*grant)
    assert granted.code == 0, granted.out + granted.err
    assert '"aws:SourceIp": "127.0.0.1/32"' in granted.out
    assert "PartnerFromTheOffice" in granted.out or "stay as they are" in granted.out
    assert run("ls", "--profile", "analytics", "s3://media-prod-office/").code == 0
    assert run(*("revoke" if each == "grant" else each for each in grant)).code == 0
    assert run("ls", "--profile", "analytics", "s3://media-prod-office/").code == 3


def test_a_test_reads_no_object_that_a_policy_cannot_reach(run: Run, demo_environment: S3Server) -> None:
    """What is in `incoming/` belongs to the other account; only once it has one of the owner's, reading is tried."""
    s3, key = demo_environment.client(demo_environment.a), "incoming/z-own.txt"
    where = ("--profile", "media-prod", "--other", "analytics", "s3://media-prod-assets/incoming/")
    grant = ("--way", "role", "--allow", "read", *where)
    listed = run("ls", "-r", "--profile", "media-prod", "s3://media-prod-assets/incoming/", "--json").objects
    assert {line["owner"]["id"] for line in listed} == {demo_environment.b.canonical_id}
    granted = run("access", "grant", "--yes", *grant)
    assert granted.code == 0, granted.out + granted.err
    assert "✓ allowed   s3:GetObject" not in granted.out
    s3.put_object(Bucket="media-prod-assets", Key=key, Body=b"own")
    try:
        tested = run("access", "test", *grant)
        assert tested.code == 0, tested.out
        assert f"✓ allowed   s3:GetObject         s3://media-prod-assets/{key}" in tested.out
    finally:
        s3.delete_object(Bucket="media-prod-assets", Key=key)
    assert run("access", "revoke", "--yes", *grant).code == 0
