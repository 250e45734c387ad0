"""``xs3-tui transfers`` says what is: of all engines of the user, of a damaged journal, and of none at all."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Run
from tests.cli.test_changing import Bench, bench
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.waiting import until_true
from tui.protocol.process import EngineProcess

__all__ = ["bench"]

MIB = 1 << 20


@pytest.fixture
def begun(demo_environment: S3Server, bucket_pair: BucketPair, run: Run) -> Iterator[str]:
    """The id of a paused copy, begun in the surroundings as they are."""
    server = demo_environment
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key="large", Body=os.urandom(8 * MIB))
    ended = run(
        "cp", "--background", "--json", "--from", server.a.profile, "--to", server.b.profile, "--limit-rate", "1M",
        "--route", "relay", f"s3://{bucket_pair.a}/large", f"s3://{bucket_pair.b}/large",
    )  # fmt: skip
    name = ended.objects[0]["transfer"]
    assert run("transfers", name, "--pause").code == 0
    yield name
    run("transfers", "--cancel", "--all")
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)


def test_without_transfers_no_engine_is_started(run: Run, surroundings: object) -> None:
    ended = run("transfers")
    assert (ended.code, ended.out, ended.err) == (0, "no transfers\n", "")
    assert not EngineProcess().journal.exists()
    assert not EngineProcess().running


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize("variable", ["AWS_PAGER", "AWS_VAULT", "AWS_REGION", "AWS_ACCESS_KEY_ID"])
def test_no_variable_hides_a_transfer(begun: str, run: Run, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with monkeypatch.context() as other:
        other.setenv(variable, "eu-west-3")
        shown = run("transfers")
        assert (shown.code, begun in shown.out, "paused" in shown.out) == (0, True, True), shown
        own = variable in ("AWS_PAGER", "AWS_VAULT")
        assert ("belongs to an engine with other AWS settings" in shown.out) is not own
        cancelled = run("transfers", begun, "--cancel", "--json")
        assert (cancelled.code, cancelled.objects[0]["state"]) == (0, "cancelled"), cancelled
        assert own or not EngineProcess().running, "none was started that has nothing to tell"


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_what_an_engine_that_cannot_be_started_has_left_is_said(
    begun: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = EngineProcess()
    until_true(lambda: not mine.running, "nobody needs the engine of a paused transfer", 30)
    mine.places.settings.write_text('{"HTTPS_PROXY": null}')
    with monkeypatch.context() as other:
        other.setenv("AWS_REGION", "eu-west-3")
        shown = run("transfers")
    assert (shown.code, shown.out) == (0, "no transfers\n")
    assert "1 unfinished transfer of an engine that is not running" in shown.err
    assert "(HTTPS_PROXY=…)" in shown.err


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_ended_transfers_that_were_made_with_other_settings_are_said(
    begun: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("transfers", begun, "--cancel").code == 0
    mine = EngineProcess()
    until_true(lambda: not mine.running, "nobody needs the engine", 30)
    with monkeypatch.context() as other:
        other.setenv("AWS_REGION", "eu-west-3")
        shown = run("transfers")
    assert (shown.code, shown.out) == (0, "no transfers\n")
    assert "1 ended transfer made with other AWS settings" in shown.err


def test_a_damaged_journal_is_said_until_it_is_removed(run: Run, surroundings: object) -> None:
    journal = EngineProcess().journal
    journal.write_bytes(b"this was a journal" * 1000)
    for ended in (run("transfers"), run("transfers")):
        assert (ended.code, "the journal was damaged" in ended.err) == (1, True), ended
    (aside,) = journal.parent.glob("*.damaged-*")
    assert str(aside) in ended.err
    aside.unlink()
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)
    assert run("transfers").code == 0


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_a_watch_is_about_what_runs_and_not_about_what_had_failed(bench: Bench) -> None:
    bench.put("p/1", "p/2", "p/3")
    bench.put("large", body=os.urandom(2 * MIB))
    denied = bench.across("cp", "-r", "--route", "push", f"s3://{bench.a}/p/", f"s3://{bench.b}/p/")
    assert denied.code == 3, denied
    assert len([line for line in denied.out.splitlines() if line.startswith("failed s3://")]) == 3
    assert denied.err.count("next step:") == denied.err.count("request id:") == 1, denied.err
    assert "the same for 2 more objects: access denied: s3:PutObject" in denied.err
    where = ("--route", "relay", f"s3://{bench.a}/large", f"s3://{bench.b}/large")
    begun = bench.across("cp", "--background", "--json", "--limit-rate", "1M", *where)
    assert begun.code == 0, begun
    watched = bench.run("transfers", "--watch")
    assert (watched.code, "failed" in watched.out, "done" in watched.out) == (0, True, True), watched
    again = bench.run("transfers", "--retry", "--all", "--watch")
    assert again.code == 1, again
    named = bench.run(
        "transfers", *[line.split()[0] for line in watched.out.splitlines() if "failed" in line], "--watch"
    )
    assert named.code == 1, named


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_what_has_failed_is_listed_and_retried_alone(bench: Bench) -> None:
    bench.put("p/1", "p/2")
    failed = ("transfers", "--failed")
    assert (bench.run(*failed).code, bench.run(*failed).out) == (0, "no failed transfers\n")
    where = (f"s3://{bench.a}/p/", f"s3://{bench.b}/p/")
    assert bench.across("cp", "-r", "--route", "push", *where).code == 3
    assert bench.across("cp", "-r", "--route", "relay", where[0], f"{where[1]}again/").code == 0
    every, listed = bench.run("transfers", "--json").objects, bench.run(*failed, "--json").objects
    assert (len(every), [each["objects_failed"] for each in listed]) == (2, [2])
    (name,) = (each["id"] for each in listed)
    assert name in bench.run(*failed).out
    done = next(each["id"] for each in every if each["id"] != name)
    assert bench.run("transfers", done, "--failed").out == "no failed transfers\n"
    assert bench.run(*failed, "--watch").code == 2
    retried = bench.run("transfers", "--retry", "--all", "--failed", "--json")
    assert [each["id"] for each in retried.objects] == [name], retried
    assert bench.run("transfers", name, "--watch").code == 1


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize("command", ["cp", "mv", "rm"])
def test_a_dry_run_that_finds_nothing_names_the_place(bench: Bench, command: str) -> None:
    place, words = f"s3://{bench.a}/no/", ("-r", "--dry-run")
    if command == "rm":
        ended = bench.as_a(command, *words, place)
    else:
        ended = bench.across(command, *words, place, f"s3://{bench.b}/in/")
    assert (ended.code, ended.err) == (4, f"nothing found at {place}\n"), ended
