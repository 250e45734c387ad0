"""The command of a job's role is one that our own command line reads back as the same job."""

from __future__ import annotations

import shlex

import click
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from tui.access.batch.needs import needs_of
from tui.access.batch.of_order import access_of
from tui.cli.commands.access import batch as module
from tui.model.access.batch_command import grant_command
from tui.model.access.batch_jobs import AUTO_ACL, BatchOperation, JobAccess, JobPlace
from tui.model.batch.operations import BatchOptions, ManifestSource
from tui.model.identity import IdentitySpec, RoleSpec
from tui.model.location import Location
from tui.model.orders import BatchCopy, BatchOrder, ConflictPolicy, CopyOptions, Destination, Selection

ROLE = "arn:aws:iam::123456789012:role/own"
OURS = JobPlace(Location("jobs", "a b/xs3-tui/"))
COPY = JobAccess(
    BatchOperation.COPY,
    "",
    JobPlace(Location("from", "it's/")),
    JobPlace(Location("to", "in/")),
    OURS,
    OURS,
    role="r",
    acl=AUTO_ACL,
)


def read_back(words: list[str], monkeypatch: pytest.MonkeyPatch) -> module.BatchCommand:
    """What ``access batch grant`` makes of its words."""
    read: list[module.BatchCommand] = []
    monkeypatch.setattr(module, "run_command", lambda work, **_: read.append(work.keywords["command"]))
    with click.Context(module.grant) as context:
        module.grant.invoke(module.grant.make_context("grant", words, parent=context))
    [command] = read
    return command


@pytest.mark.parametrize("manifest", [ManifestSource.LIST, ManifestSource.GENERATOR])
def test_without_options_it_asks_for_what_a_copy_needs(
    manifest: ManifestSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--profile", "a", "--job-role", ROLE, "--reports", "s3://jobs/r/", "s3://from/data/", "s3://to/in/"]
    words += ["--generated"] if manifest is ManifestSource.GENERATOR else []
    typed = replace(read_back(words, monkeypatch).job, account="123456789012")
    copied = BatchCopy(Destination("b", Location("to", "in/")), CopyOptions(conflict=ConflictPolicy.OVERWRITE))
    selection = Selection("a", Location("from", "data/"), prefixes=["data/"])
    options = BatchOptions(ROLE, Location("jobs", "r/"), manifest)
    ordered = access_of(BatchOrder(selection, "b", copied, options), "123456789012", "", "")
    assert needs_of(replace(typed, acl="")) == needs_of(ordered), "the ACL is chosen when the buckets are known"


@pytest.mark.parametrize(
    "job",
    [
        COPY,
        replace(COPY, tags=False, annotations=False, object_lock=True, versions=True, acl="bucket-owner-full-control"),
        replace(COPY, operation=BatchOperation.RESTORE, target=None, acl=""),
        replace(COPY, region="eu-west-1"),
        replace(COPY, target=JobPlace(Location("to", "in/"), encryption="AES256")),
        replace(COPY, target=JobPlace(Location("to", "in/"), encryption="aws:kms", kms_key="alias/ours")),
        replace(COPY, inventory=True, manifest=JobPlace(Location("lists", "x/2026/manifest.json"))),
        replace(COPY, generated=True, manifest=JobPlace(Location("jobs", "a b/"))),
    ],
)
def test_it_is_read_back(job: JobAccess, monkeypatch: pytest.MonkeyPatch) -> None:
    own = IdentitySpec("analytics", endpoint="http://127.0.0.1:9", roles=(RoleSpec(ROLE),))
    words = shlex.split(grant_command(job, own, IdentitySpec("prod", endpoint="http://127.0.0.1:8")))
    assert words[:4] == ["xs3-tui", "access", "batch", "grant"]
    command = read_back(words[4:], monkeypatch)
    assert command.job == job
    owner, other = command.owner, command.other
    assert (owner.profile, owner.endpoint, [each.arn for each in owner.roles]) == ("analytics", own.endpoint, [ROLE])
    assert other is not None
    assert (other.profile, other.endpoint) == ("prod", "http://127.0.0.1:8")


@pytest.mark.parametrize(
    ("of_job", "of_bucket", "of_identity", "named"),
    [
        ("eu-west-1", "eu-west-1", None, []),
        ("eu-west-1", "", None, ["--region", "eu-west-1"]),
        ("eu-west-1", "eu-west-1", "us-east-1", ["--region", "eu-west-1"]),
        ("", "", "us-east-1", ["--region", "us-east-1"]),
    ],
)
def test_the_region_is_named_where_it_does_not_follow_from_the_bucket(
    of_job: str, of_bucket: str, of_identity: str | None, named: list[str]
) -> None:
    assert COPY.target is not None
    job = replace(COPY, region=of_job, target=replace(COPY.target, region=of_bucket))
    words = shlex.split(grant_command(job, IdentitySpec("analytics", region=of_identity), None))
    assert words[words.index("--job-role") - len(named) : words.index("--job-role")] == named or not named
    assert ("--region" in words) is bool(named)


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--kms-key", "k"], "needs --encryption aws:kms"), (["--encryption", "AES256"], "needs a TARGET")],
)
def test_an_encryption_that_no_job_asks_for_is_refused(options: list[str], words: str) -> None:
    operation = ["--operation", "restore"] if "TARGET" in words else []
    places = ["s3://from/"] if operation else ["s3://from/", "s3://to/"]
    done = CliRunner().invoke(module.check, [*operation, *options, "--reports", "s3://jobs/", *places])
    assert done.exit_code == 2
    assert words in done.output
