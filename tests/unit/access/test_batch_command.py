"""The command of a job's role is one that our own command line reads back as the same job."""

from __future__ import annotations

import shlex

import click
import pytest
from msgspec.structs import replace

from tui.cli.commands.access import batch as module
from tui.model.access.batch_command import grant_command
from tui.model.access.batch_jobs import BatchOperation, JobAccess, JobPlace
from tui.model.location import Location

OURS = JobPlace(Location("jobs", "a b/xs3-tui/"))
COPY = JobAccess(
    BatchOperation.COPY, "", JobPlace(Location("from", "it's/")), JobPlace(Location("to", "in/")), OURS, OURS, role="r"
)


@pytest.mark.parametrize(
    "job",
    [
        COPY,
        replace(COPY, tags=False, annotations=True, object_lock=True, versions=True, acl="bucket-owner-full-control"),
        replace(COPY, operation=BatchOperation.RESTORE, target=None),
        replace(COPY, inventory=True, manifest=JobPlace(Location("lists", "x/2026/manifest.json"))),
        replace(COPY, generated=True, manifest=JobPlace(Location("jobs", "a b/"))),
    ],
)
def test_it_is_read_back(job: JobAccess, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(grant_command(job, "analytics", "prod"))
    assert words[:4] == ["xs3-tui", "access", "batch", "grant"]
    read: list[JobAccess] = []
    monkeypatch.setattr(module, "run_command", lambda work, **_: read.append(work.keywords["command"].job))
    with click.Context(module.grant) as context:
        module.grant.invoke(module.grant.make_context("grant", words[4:], parent=context))
    assert read == [job]
