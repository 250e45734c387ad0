"""Jobs that wait, are confirmed, get another priority, are cancelled, or are taken over by another machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.batch.conftest import SECONDS, Jobs
from tests.servers.surroundings import scratch_variables


def test_a_job_waits_gets_a_priority_and_is_confirmed(granted: Jobs) -> None:
    jobs = granted
    jobs.put("a", "b")
    name = jobs.background("--batch-confirm", "--batch-priority", "7", "--batch-tag", "team=media")
    waiting = jobs.until_waiting(name)
    assert waiting["state"] == "waiting"
    assert f"xs3-tui batch confirm {name}" in waiting["waits_for"]["remedy"]
    shown = jobs.run("transfers").out
    assert f"{name}  waiting    copy    batch    0 %  0 of 2 objects" in shown
    watched = jobs.run("transfers", name, "--watch")
    assert (watched.code, "waits for your confirmation" in watched.out) == (1, True), "it waits for an answer"
    assert jobs.run("batch", "priority", name, "44").out == f"the job of {name} has priority 44\n"
    assert [each["priority"] for each in jobs.jobs()] == [44]
    assert jobs.run("batch", "priority", name, "45", "--json").objects == [{"transfer": name, "priority": 45}]
    paused = jobs.run("transfers", name, "--pause")
    assert (paused.code, "has no pause" in paused.err) == (2, True), paused
    assert jobs.run("batch", "confirm", name, "--json").objects == [{"transfer": name, "confirmed": True}]
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 0
    assert jobs.copied() == ["data/a", "data/b"]
    for late in (("confirm", name), ("priority", name, "1")):
        refused = jobs.run("batch", *late)
        assert (refused.code, "its job has ended" in refused.err) == (2, True), refused


def test_a_cancelled_transfer_cancels_its_job(granted: Jobs) -> None:
    jobs = granted
    jobs.put("a")
    name = jobs.background("--batch-confirm")
    jobs.until_waiting(name)
    assert jobs.run("transfers", name, "--cancel").code == 0
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 1
    assert [each["state"] for each in jobs.jobs()] == ["Cancelled"]
    assert (jobs.transfer(name)["state"], jobs.copied()) == ("cancelled", [])


def test_what_is_no_transfer_or_no_job_is_said(granted: Jobs) -> None:
    for command in (("confirm", "00000000"), ("priority", "00000000", "1")):
        refused = granted.run("batch", *command)
        assert refused.code == 4, refused
        assert "00000000" in refused.err
    nobodys = "00000000-1111-2222-3333-444444444444"
    adopted = granted.run("batch", "adopt", nobodys, "--profile", "media-prod")
    assert adopted.code == 4, adopted
    assert nobodys in adopted.err
    for text in ("zzz", "none-of-ours", f"{nobodys}0"):
        refused = granted.run("batch", "adopt", text, "--profile", "media-prod")
        assert (refused.code, f"{text} is no id of a job" in " ".join(refused.err.split())) == (2, True), refused


@pytest.fixture
def another_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A home without transfers; the AWS settings are the same."""
    with tempfile.TemporaryDirectory(prefix="xs3-") as directory:
        aws = {name: os.environ[name] for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**scratch_variables(Path(directory)), **aws}.items():
                patch.setenv(name, value)
            yield patch


def test_another_machine_finds_the_job_and_takes_it_over(
    granted: Jobs, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    jobs, receipt = granted, tmp_path / "receipt.jsonl"
    jobs.put("a", "b")
    name = jobs.background("--batch-confirm", "--receipt", str(receipt))
    jobs.until_waiting(name)
    request.getfixturevalue("another_machine")
    assert jobs.run("transfers").out == "no transfers\n"
    [job] = jobs.jobs()
    assert (job["state"], job["transfer"]) == ("Suspended", name)
    taken = jobs.run("batch", "adopt", job["id"], "--profile", "media-prod", "--background", "--json")
    assert (taken.code, taken.objects[0]["transfer"]) == (0, name), taken
    jobs.until_waiting(name)
    assert jobs.run("batch", "confirm", name).code == 0
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 0
    assert (jobs.transfer(name)["objects_done"], jobs.copied()) == (2, ["data/a", "data/b"])
    assert len(jobs.jobs()) == 1
