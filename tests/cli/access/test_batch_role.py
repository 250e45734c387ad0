"""``xs3-tui access batch``: the role of a job between two accounts, made, checked and taken back by commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.cli.conftest import Run
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server

NAME = "batch-by-command"


@dataclass(frozen=True, slots=True)
class Places:
    server: S3Server
    source: str
    target: str

    @property
    def words(self) -> tuple[str, ...]:
        """The job: a copy from media-prod to analytics, created in the account of analytics."""
        return (
            *("--profile", "analytics", "--other", "media-prod", "--job-role", NAME),
            *("--reports", f"s3://{self.target}/reports/", f"s3://{self.source}/data/", f"s3://{self.target}/in/"),
        )


@pytest.fixture
def places(demo_environment: S3Server) -> Iterator[Places]:
    with ExitStack() as stack:
        source, target = (
            stack.enter_context(fresh_bucket(demo_environment, account))
            for account in (demo_environment.a, demo_environment.b)
        )
        yield Places(demo_environment, source, target)


def test_a_role_is_made_checked_and_taken_back(run: Run, places: Places) -> None:
    missing = run("access", "batch", "check", *places.words)
    assert missing.code == 1
    assert f"✗ there is no role {NAME} in account 222222222222" in missing.out
    command = f"xs3-tui access batch grant --profile analytics --other media-prod --job-role {NAME} --reports"
    assert command in missing.out
    granted = run("access", "batch", "grant", "--yes", *places.words)
    assert granted.code == 0, granted.out + granted.err
    assert "account 222222222222 applies: role trust policy of role batch-by-command" in granted.out
    assert f"account 111111111111 applies: bucket policy of {places.source}" in granted.out
    assert "✓ arn:aws:iam::222222222222:role/batch-by-command has all that the job needs" in granted.out
    iam = places.server.client(places.server.b, "iam")
    policy = iam.get_role_policy(RoleName=NAME, PolicyName="xs3-tui-batch")["PolicyDocument"]
    assert {tuple(each["Resource"].split(":::")) for each in policy["Statement"]} == {
        ("arn:aws:s3", f"{places.source}/data/*"),
        ("arn:aws:s3", f"{places.target}/in/*"),
        ("arn:aws:s3", f"{places.target}/reports/xs3-tui/*"),
    }
    again = run("access", "batch", "grant", "--yes", *places.words)
    assert again.out.count("stays as it is") == 3
    revoked = run("access", "batch", "revoke", "--yes", *places.words)
    assert revoked.code == 0, revoked.out + revoked.err
    assert run("access", "batch", "check", *places.words).code == 1
    assert run("access", "undo", "--yes").code == 0
    assert run("access", "batch", "check", *places.words).code == 0, "all of the revocation is taken back"
    assert run("access", "batch", "revoke", "--yes", *places.words).code == 0


def test_nothing_is_written_without_consent(run: Run, places: Places) -> None:
    shown = run("access", "batch", "grant", "--json", *places.words)
    assert (shown.code, "add --yes" in shown.err) == (2, True)
    [plan] = shown.objects
    assert [each["ref"]["kind"] for each in plan["changes"]] == ["role trust policy", "role policy", "bucket policy"]
    trust = json.loads(plan["changes"][0]["after"])["Statement"][0]
    assert trust["Principal"] == {"Service": "batchoperations.s3.amazonaws.com"}
    terraform = run("access", "batch", "grant", "--format", "terraform", *places.words).out
    assert 'resource "aws_iam_role" "batch_by_command"' in terraform
    assert run("access", "batch", "check", "--json", *places.words).objects[0]["missing"][0]["operation"] == "GetRole"


def test_what_cannot_be_is_refused_in_words(run: Run, places: Places) -> None:
    nowhere = run("access", "batch", "check", "--profile", "analytics", "--reports", "s3://r/", f"s3://{places.source}")
    assert (nowhere.code, "name the target of the copy" in nowhere.err) == (2, True)
    elsewhere = run("access", "batch", "grant", "--yes", "--region", "eu-west-1", *places.words)
    assert elsewhere.code == 2
    assert "the job is created in eu-west-1" in elsewhere.err
    local = run("access", "batch", "check", "--reports", "./r", f"s3://{places.source}", f"s3://{places.target}")
    assert local.code == 2
