"""A job without a role: the command that is printed makes one that is enough for exactly that job."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.cli.conftest import Run
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server


@pytest.fixture
def buckets(demo_environment: S3Server) -> Iterator[tuple[str, str]]:
    """A source of one account with an object, and a target of the other, which gets reports, too."""
    with ExitStack() as stack:
        source, target = (
            stack.enter_context(fresh_bucket(demo_environment, account))
            for account in (demo_environment.a, demo_environment.b)
        )
        demo_environment.client(demo_environment.a).put_object(Bucket=source, Key="data/a b", Body=b"content")
        yield source, target


def test_the_printed_command_makes_a_role_for_the_copy(
    run: Run, demo_environment: S3Server, buckets: tuple[str, str]
) -> None:
    source, target = buckets
    copy = (
        *("cp", "--recursive", "--engine", "batch", "--from", "media-prod", "--to", "analytics"),
        *("--on-conflict", "overwrite", "--batch-reports", f"s3://{target}/jobs/"),
        *(f"s3://{source}/data/", f"s3://{target}/in/data/"),
    )
    refused = run(*copy)
    assert refused.code == 2, refused.out + refused.err
    assert "a job of S3 Batch Operations needs an IAM role" in refused.err
    role = f"arn:aws:iam::222222222222:role/xs3-tui-batch-{target}"[: len("arn:aws:iam::222222222222:role/") + 64]
    said, _, command = refused.err.partition("once this has made it: ")
    assert f"add --batch-role {role}, or batch_role in [scale]" in said
    words = shlex.split(command.splitlines()[0])
    assert words[:8] == ["xs3-tui", "access", "batch", "grant", "--profile", "analytics", "--other", "media-prod"]
    granted = run(*words[1:], "--yes")
    assert granted.code == 0, granted.out + granted.err
    try:
        copied = run(*copy, "--batch-role", role)
        assert copied.code == 0, copied.out + copied.err
        there = demo_environment.client(demo_environment.b).get_object(Bucket=target, Key="in/data/a b")
        assert there["Body"].read() == b"content"
    finally:
        assert run("access", "batch", "revoke", *words[4:], "--yes").code == 0


def test_what_no_job_can_do_is_said_before_a_role_is_asked_for(
    run: Run, demo_environment: S3Server, buckets: tuple[str, str]
) -> None:
    source, target = buckets
    asked = ("cp", "-r", "--engine", "batch", "--profile", "media-prod", f"s3://{source}/data/", f"s3://{target}/")
    no_place = run(*asked)
    assert (no_place.code, "add --batch-reports s3://BUCKET/PREFIX/" in no_place.err) == (2, True)
    relayed = run(*asked, "--batch-reports", f"s3://{source}/jobs/", "--on-conflict", "overwrite", "--route", "relay")
    assert (relayed.code, "it cannot do this: relay" in relayed.err) == (2, True)
