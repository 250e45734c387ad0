"""Buckets for jobs of S3 Batch Operations, a role of their own, and the commands that name them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.conftest import Ended, Run
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tests.waiting import PATIENCE, until_true

SECONDS = 60 * PATIENCE


@dataclass(frozen=True, slots=True)
class Jobs:
    """Source, target and reports are buckets of media-prod; the role is not there before `grant`."""

    run: Run
    server: S3Server
    source: str
    target: str
    reports: str
    role: str

    @property
    def client(self) -> Any:
        return self.server.client(self.server.a)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::111111111111:role/{self.role}"

    @property
    def ends(self) -> tuple[str, str]:
        return f"s3://{self.source}/data/", f"s3://{self.target}/data/"

    @property
    def made(self) -> tuple[str, ...]:
        """What `access batch` is told of the copy."""
        where = ("--reports", f"s3://{self.reports}/jobs/", *self.ends)
        return ("--profile", "media-prod", "--job-role", self.role, "--generated", *where)

    @property
    def job(self) -> tuple[str, ...]:
        """The options of every job."""
        reports = ("--batch-reports", f"s3://{self.reports}/jobs/")
        return ("--profile", "media-prod", "--batch-role", self.arn, *reports)

    def put(self, *names: str, **more: str) -> None:
        for name in names:
            self.client.put_object(Bucket=self.source, Key=f"data/{name}", Body=f"content of {name}".encode(), **more)

    def copy(self, *options: str, ends: Sequence[str] = ()) -> Ended:
        copied = ("cp", "-r", "--engine", "batch", "--on-conflict", "overwrite", *self.job)
        return self.run(*copied, *options, *(ends or self.ends), timeout=SECONDS)

    def background(self, *options: str) -> str:
        """A copy that is not waited for: its transfer."""
        begun = self.copy("--background", "--json", *options)
        assert begun.code == 0, begun
        return str(begun.objects[0]["transfer"])

    def transfer(self, name: str) -> dict[str, Any]:
        [shown] = [each for each in self.run("transfers", "--json").objects if each["id"] == name]
        return dict(shown)

    def until_waiting(self, name: str) -> dict[str, Any]:
        until_true(lambda: "Suspended" in self.transfer(name)["elsewhere"], "the job waits", 30)
        return self.transfer(name)

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs that this test has made, the newest first."""
        listed = self.run("batch", "jobs", "--profile", "media-prod", "--json").objects
        return [each for each in listed if self.source in each["description"]]

    def copied(self) -> list[str]:
        listed = self.client.list_objects_v2(Bucket=self.target).get("Contents", [])
        return [entry["Key"] for entry in listed]

    def make_role(self, trusted: str = "batchoperations.s3.amazonaws.com") -> None:
        """As a user would by hand: a role without permissions."""
        statement = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=document)

    def allow(self, *resources: str) -> None:
        """The role may do everything there, and nothing elsewhere."""
        named = [f"arn:aws:s3:::{each}" for each in resources]
        statement = {"Effect": "Allow", "Action": "s3:*", "Resource": named}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=self.role, PolicyName="by-hand", PolicyDocument=document)

    @property
    def iam(self) -> Any:
        return self.server.client(self.server.a, "iam")


@pytest.fixture
def jobs(run: Run, demo_environment: S3Server) -> Iterator[Jobs]:
    with ExitStack() as stack:
        server = demo_environment
        source, target, reports = (stack.enter_context(fresh_bucket(server, server.a)) for _ in range(3))
        yield Jobs(run, server, source, target, reports, f"jobs-{secrets.token_hex(4)}")


@pytest.fixture
def granted(jobs: Jobs) -> Jobs:
    """The role is made by command."""
    made = jobs.run("access", "batch", "grant", "--yes", *jobs.made)
    assert made.code == 0, made
    return jobs
