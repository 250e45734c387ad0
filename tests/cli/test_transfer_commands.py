"""``cp``, ``mv``, ``rm``, ``mb`` and ``uploads``; and transfers as commands follow, control and stop them."""

import asyncio
import json
import os
import re
import signal
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from msgspec.structs import replace

from tests.cli.conftest import MIB, Bench, Run, answered, ask_engine, only_demo, umask, until_engine_has_ended
from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.policies import deny_on_objects, grant_read, grant_write
from tests.servers.server import S3Server
from tests.waiting import PATIENCE, until_true
from tui.cli.prompts import decide
from tui.cli.transfer_run import CopyRun
from tui.core.problem import Exit, Problem, ProblemKind
from tui.core.transfer import Conflict, Transfer, TransferList, TransferState
from tui.link.process import EngineProcess
from tui.link.request import Feed, Hello, Request
from tui.messages.order_requests import AnswerConflict, WaitingConflicts, WatchConflicts, WatchTransfers

DRY: tuple[tuple[str, ...], ...] = ((), ("--dry-run",))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "here"
    (made / "dir/sub").mkdir(parents=True)
    (made / "dir/a.json").write_bytes(b"{}")
    (made / "dir/sub/b c.txt").write_bytes(b"content")
    monkeypatch.chdir(made)
    return made


def test_a_move_that_keeps_the_source_says_so(bench: Bench, tmp_path: Path) -> None:
    bench.put("k")
    bench.buckets.set_policy_of_a(deny_on_objects(bench.a, bench.server.a.principal, "s3:DeleteObject"))
    done = bench.as_a("mv", f"s3://{bench.a}/k", f"{tmp_path}/k")
    done.ended(1, out="done: 1 copied (7 B)", err="1 copied, with the source kept")
    assert bench.keys(bench.mine, bench.a) == ["k"]


def test_filters_and_a_dry_run(bench: Bench) -> None:
    bench.put("p/a.txt", "p/b.bin", "p/deep/c.txt")
    arguments = ("-r", "--include", "*.txt", "--exclude", "deep/*", f"s3://{bench.a}/p/", f"s3://{bench.b}/")
    planned = bench.across("cp", "--dry-run", "--json", *arguments).succeeded()
    assert [line["source"] for line in planned.planned] == [f"s3://{bench.a}/p/a.txt"]
    assert planned.planned[0]["action"] == "copy"
    assert [line["type"] for line in planned.objects] == ["planned", "estimates", "plan"]
    assert bench.keys(bench.theirs, bench.b) == []
    bench.across("cp", *arguments).succeeded()
    assert bench.keys(bench.theirs, bench.b) == ["a.txt"]


@only_demo
def test_the_sum_of_a_dry_run_has_the_bytes_of_what_is_copied(bench: Bench) -> None:
    bench.put("p/new", "p/there", "t/there")
    words = ("cp", "-r", "--on-conflict", "skip", f"s3://{bench.a}/p/", f"s3://{bench.a}/t/")
    sums = [line for line in bench.as_a(*words, "--dry-run", "--json").objects if line["type"] == "plan"]
    amounts = {"copy": 7, "skip": 7}
    assert sums == [{"type": "plan", "actions": {"copy": 1, "skip": 1}, "bytes": 7, "bytes_by_action": amounts}]
    assert bench.as_a(*words, "--json").total["bytes_done"] == 7


@pytest.mark.thorough
def test_a_prefix_of_a_thousand_objects(bench: Bench) -> None:
    """The other way round: B's objects, which A may read."""
    for number in range(1000):
        bench.theirs.put_object(Bucket=bench.b, Key=f"out/{number:04}", Body=f"{number:04}".encode())
    bench.buckets.set_policy_of_b(*grant_read(bench.b, bench.server.a.principal))
    ends = ("--from", bench.server.b.profile, "--to", bench.server.a.profile)
    ended = bench.run("cp", "-r", *ends, f"s3://{bench.b}/out/", f"s3://{bench.a}/in/", "--json").succeeded()
    assert {(result["outcome"], result["route"]) for result in ended.results} == {("copied", "pull")}
    progress = [line["transfer"]["objects_done"] for line in ended.objects if line["type"] == "progress"]
    assert [*progress, ended.total["objects_done"]] == [*sorted(progress), 1000]
    assert bench.keys(bench.mine, bench.a) == [f"in/{number:04}" for number in range(1000)]
    assert bench.mine.get_object(Bucket=bench.a, Key="in/0500")["Body"].read() == b"0500"


@only_demo
def test_a_copy_that_belongs_to_another_account_says_so(bench: Bench) -> None:
    bench.put("k")
    bench.buckets.set_policy_of_b(*grant_write(bench.b, bench.server.a.principal))
    done = bench.across("cp", "--route", "push", f"s3://{bench.a}/k", f"s3://{bench.b}/k").succeeded()
    assert f"owned by {bench.server.a.profile}'s account, not by the bucket owner" in done.out


@pytest.mark.thorough
@only_demo
def test_what_exists_at_the_target_takes_one_line_each(bench: Bench) -> None:
    bench.put("p/a", "p/b")
    there = f"s3://{bench.a}/there/"
    assert bench.as_a("cp", "-r", f"s3://{bench.a}/p/", there).code == 0
    cases: list[tuple[tuple[str, ...], int, str, str]] = [
        ((), 1, "undecided", "it exists at the target"),
        (("--on-conflict", "ask"), 1, "undecided", "it exists at the target"),
        (("--on-conflict", "skip"), 0, "skipped", "it exists at the target"),
        (("--on-conflict", "different"), 0, "skipped", "the target is the same"),
    ]
    for told, code, outcome, why in cases:
        done = bench.as_a("cp", "-r", *told, f"s3://{bench.a}/p/", there)
        *lines, _sum = done.out.splitlines()
        assert (done.code, len(lines), done.err.count("--on-conflict")) == (code, 2, code), done
        as_json = bench.as_a("cp", "-r", *told, f"s3://{bench.a}/p/", there, "--json")
        counts = [as_json.total[f"objects_{name}"] for name in ("skipped", "undecided", "failed")]
        assert (as_json.code, counts, set(as_json.outcomes)) == (code, [2, 2 * code, 0], {outcome}), as_json
        assert ("2 undecided" in as_json.err) is bool(code)
        for key, line in zip("ab", sorted(lines), strict=True):
            assert line.startswith(f"{outcome} s3://{bench.a}/p/{key} → {there}{key} ({why}"), line
    undecided = next(line for line in bench.run("transfers").out.splitlines() if "undecided" in line)
    assert ("0 of 2 objects" in undecided, "skipped" in undecided) == (True, False), undecided
    bench.run("transfers", undecided.split()[0], "--watch").ended(1, out="2 undecided")


def test_a_question_says_whether_it_is_known_that_the_object_exists(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tui.cli.prompts.read_line", AsyncMock(return_value=""))
    conflict = Conflict("1", "t", "s3://a/k", "s3://b/k", 1, 0.0, -1, 0.0)
    for asked, said in (
        (conflict, "it cannot be seen whether s3://b/k exists: source 1 B"),
        (replace(conflict, refused=True), "s3://b/k exists, but cannot be seen: source 1 B"),
        (replace(conflict, target_size=2), "s3://b/k exists: target 2 B, source 1 B; they differ in size"),
    ):
        assert asyncio.run(decide(asked)) is None
        assert capsys.readouterr().err.splitlines()[0] == said


def test_rm_deletes_what_is_below_a_prefix(bench: Bench) -> None:
    bench.put("one", "p/two", "p/three")
    assert bench.as_a("rm", f"s3://{bench.a}/p/").code == 2, "a prefix needs --recursive"
    bench.as_a("rm", "-r", "--yes", f"s3://{bench.a}/p/").ended(0, out="2 deleted")
    assert bench.keys(bench.mine, bench.a) == ["one"]


def test_rm_has_the_number_typed(bench: Bench) -> None:
    bench.put(*(f"p/{number}" for number in range(6)))
    words = ["rm", "-r", "--profile", bench.server.a.profile, f"s3://{bench.a}/p/"]
    for typed, code, left in (("y", 1, 6), ("6", 0, 0)):
        shown = answered(words, ("type 6:", f"{typed}\r"), code=code)
        assert "this cannot be undone: the bucket has no versioning" in shown
        assert len(bench.keys(bench.mine, bench.a)) == left


def test_rm_of_a_few_is_a_yes_or_no_and_enter_is_a_yes_where_it_can_be_undone(bench: Bench) -> None:
    bench.put("k", "l")
    words = ["rm", "--profile", bench.server.a.profile, f"s3://{bench.a}/k"]
    for question, typed, left in (
        (f"delete s3://{bench.a}/k (7 B)? [y/N]", "\r", ["k", "l"]),
        (f"delete s3://{bench.a}/k (7 B)? [y/N]", "y\r", ["l"]),
    ):
        answered(words, (question, typed), code=len(left) - 1)
        assert bench.keys(bench.mine, bench.a) == left
    bench.keep_versions()
    bench.put("k")
    with Terminal(words, os.environ, 120, 24) as terminal:
        terminal.send("\r")
        terminal.until_shown("[Y/n]")
        terminal.send("n\r")
        assert terminal.until_ended() == 1, "an Enter from before the question is no answer"
    for typed, left in (("\x04", ["k", "l"]), ("n\r", ["k", "l"]), ("\r", ["l"])):
        answered(words, (f"delete s3://{bench.a}/k (7 B)? [Y/n]", typed), code=len(left) - 1)
        assert bench.keys(bench.mine, bench.a) == left


@only_demo
def test_rm_of_a_missing_key_is_not_found(bench: Bench) -> None:
    bench.keep_versions()
    for how in ("--yes", "--dry-run"):
        done = bench.as_a("rm", how, f"s3://{bench.a}/missing").ended(4)
        assert f"object s3://{bench.a}/missing" in done.out + done.err
    assert "DeleteMarkers" not in bench.mine.list_object_versions(Bucket=bench.a)


@only_demo
def test_a_folder_marker_is_deleted_alone(bench: Bench) -> None:
    bench.put("d/", "d/x", "e")
    bench.as_a("rm", "--yes", f"s3://{bench.a}/d/").ended(2, err="--marker")
    for wrong in ((f"s3://{bench.a}/e",), ("-r", f"s3://{bench.a}/d/")):
        assert bench.as_a("rm", "--yes", "--marker", *wrong).code == 2
    bench.as_a("rm", "--yes", "--marker", f"s3://{bench.a}/d/").succeeded()
    assert bench.keys(bench.mine, bench.a) == ["d/x", "e"]
    assert bench.as_a("rm", "--yes", "--marker", f"s3://{bench.a}/d/").code == 4


def test_mb_makes_a_bucket(bench: Bench) -> None:
    name = f"{bench.a}-made"
    bench.as_a("mb", f"s3://{name}").succeeded()
    bench.mine.delete_bucket(Bucket=name)


def test_uploads_lists_and_aborts(bench: Bench) -> None:
    upload = bench.mine.create_multipart_upload(Bucket=bench.a, Key="left")["UploadId"]
    bench.mine.upload_part(Bucket=bench.a, Key="left", UploadId=upload, PartNumber=1, Body=bytes(5 * MIB))
    (one,) = bench.as_a("uploads", f"s3://{bench.a}/", "--json").objects
    assert (one["key"], one["size"], one["ours"]) == ("left", 5 * MIB, False)
    bench.as_a("uploads", f"s3://{bench.a}/", "--older-than", "1d", "--abort").ended(0, err="0 uploads aborted")
    assert bench.mine.list_multipart_uploads(Bucket=bench.a).get("Uploads"), "it is younger than that"
    bench.as_a("uploads", f"s3://{bench.a}/", "--abort").ended(0, err="1 upload aborted")
    assert not bench.mine.list_multipart_uploads(Bucket=bench.a).get("Uploads")


def test_a_directory_goes_up_and_comes_down_again(bench: Bench, here: Path) -> None:
    up = bench.as_a("cp", "-r", "./dir", f"s3://{bench.a}/x/", "--json").succeeded()
    assert {(result["route"], result["verification"]) for result in up.results} == {("relay", "same")}
    down = bench.as_a("cp", "-r", f"s3://{bench.a}/x/", "./new", "--json").succeeded()
    assert {result["target"] for result in down.results} == {
        f"file://{here}/new/a.json",
        f"file://{here}/new/sub/b c.txt",
    }
    assert (here / "new/sub/b c.txt").read_bytes() == b"content"
    assert (here / "new/a.json").stat().st_mode & 0o777 == 0o666 & ~umask()
    bench.as_a("cp", f"s3://{bench.a}/x/a.json", ".").succeeded()
    assert (here / "a.json").read_bytes() == b"{}"
    (here / "link").symlink_to("dir")
    followed = bench.as_a("cp", "-r", "./link", f"s3://{bench.a}/by-link/", "--json").succeeded()
    assert len(followed.results) == 2, "a link that is named is followed"


def test_a_bare_name_is_a_path_beside_s3_or_if_it_is_there_and_too_short_for_a_bucket(run: Run, here: Path) -> None:
    source = str(here / "dir/a.json")
    run("cp", source, "dl/odd").ended(2, said="write s3://dl/odd or ./dl/odd")
    (here / "dl").mkdir()
    run("cp", source, "dl/odd").succeeded()
    assert (here / "dl/odd").read_bytes() == b"{}"
    run("cp", source, "dir/odd").ended(2, said="write s3://dir/odd or ./dir/odd")  # a bucket may have this name


def test_a_path_is_printed_as_it_is(bench: Bench, here: Path) -> None:
    (here / "dir/50% off?#.txt").write_bytes(b"x")
    for words in (("./dir/50% off?#.txt", f"s3://{bench.a}/x/"), (f"s3://{bench.a}/x/50% off?#.txt", "./")):
        for dry in reversed(DRY):
            said = bench.as_a("cp", "--literal", *words, *dry).succeeded()
            assert str(here / ("dir" if words[0].startswith(".") else "") / "50% off?#.txt") in said.out
            assert "%25" not in said.out


def test_ls_lists_a_directory(run: Run, here: Path) -> None:
    assert [(line["type"], line["uri"]) for line in run("ls", "./dir", "--json").succeeded().objects] == [
        ("prefix", f"file://{here}/dir/sub/"),
        ("object", f"file://{here}/dir/a.json"),
    ]
    (here / "dir/.x.xs3-tui-0123456789abcdef.part").touch()
    os.mkfifo(here / "dir/pipe")
    everything = run("ls", "-r", str(here / "dir"))
    assert "sub/b c.txt" in everything.out
    assert everything.err.splitlines() == [
        "skipped: .x.xs3-tui-0123456789abcdef.part: a partial file (see xs3-tui uploads)",
        "skipped: pipe: a named pipe",
    ]
    assert run("ls", "./missing/").code == 4


def test_inspect_says_what_the_system_says(run: Run, here: Path) -> None:
    (here / "dir/a.json").chmod(0o600)
    assert "policy" not in run("inspect", "./dir/a.json").ended(0, out="-rw------- (0600)").out
    assert run("inspect", "./missing").code == 4


def test_what_makes_no_sense_is_refused(run: Run, here: Path) -> None:
    for arguments, says in (
        (("cp", "./dir", "s3://b/"), "is a directory: add --recursive"),
        (("rm", "./dir"), "is a directory: add --recursive"),
        (("ls", "./dir", "--profile", "p"), "is a local path"),
        (("cp", "./dir/a.json", "s3://b/", "--from", "p"), "a local path, which needs no identity"),
        (("cp", "./dir/a.json", "s3://b/", "--from", "p"), "with --to"),
        (("ls", "file://server/share"), "not a local path"),
    ):
        run(*arguments).ended(2, said=says)
    for words in (("cp", "./dir/*", "./to/"), ("sync", "./dir/*", "./to"), ("rm", "-y", "./dir/?.json")):
        run(*words).ended(4, err="the shell expands wildcards of local paths: leave out the quotes")
    run("ls", "./dir/none").ended(4, err="nothing found")


def test_rm_of_a_link_removes_the_link_and_nothing_it_leads_to(run: Run, here: Path) -> None:
    (here / "link").symlink_to("dir")
    run("rm", "-r", "--dry-run", "./link").ended(0, out="the symbolic link itself")
    (here / "dir" / "a.tmp").write_text("x")
    by_rule = run("rm", "-r", "--dry-run", "--include", "*.tmp", "--include", "dir/?", ".").out
    assert "dir/a.tmp (" in by_rule
    assert "its name matches *.tmp" in by_rule
    named = run("rm", "-r", "--dry-run", "--include", "a.tmp", ".").ended(
        0, out="the last part of its name matches a.tmp"
    )
    assert named.out.count("its name matches") == 1
    run("rm", "-r", "--yes", "./link").ended(0, out=f"deleted {here / 'link'}")  # each object, not the sum alone
    assert sorted(path.name for path in here.iterdir()) == ["dir"]
    assert (here / "dir/a.json").exists()


def test_names_that_are_no_utf8_count_as_failed(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"x")
    for name in (b"caf\xe9", b"na\xefve"):
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(b"x")
    done = bench.as_a("cp", "-r", str(tmp_path), f"s3://{bench.a}/up/")
    done.ended(1, out="failed: 1 copied (1 B), 0 skipped, 2 failed", err="is left out: its name is not UTF-8")
    listed = bench.run("transfers")
    assert ("1 of 3 objects" in listed.out, "2 failed" in listed.out) == (True, True), listed


@only_demo
def test_a_dry_run_refuses_the_names_that_the_disk_refuses(bench: Bench, tmp_path: Path) -> None:
    bench.put("p/../up", "p//empty", "p/" + "n" * 300, "p/good", "p/a", "p/a b", "p/a/b", "p/c", "p/c-d/x")
    for command, *options in (("sync",), ("cp", "-r")):
        (tmp_path / command / "c-d").mkdir(parents=True)
        ends = (f"s3://{bench.a}/p/", f"{tmp_path}/{command}/")
        dry = bench.as_a(command, *options, "--dry-run", "--json", *ends)
        refused = [line["source"].rpartition("/p/")[2] for line in dry.planned if line["action"] == "refuse"]
        assert (dry.code, refused) == (1, ["../up", "/empty", "a/b", "n" * 300]), dry
        ran = bench.as_a(command, *options, "--json", *ends)
        failed = [result for result in ran.results if result["outcome"] == "failed"]
        assert (ran.code, len(failed), len(ran.results)) == (1, 4, len(dry.planned)), ran


@only_demo
def test_quiet_prints_failures_and_the_last_line(bench: Bench, tmp_path: Path) -> None:
    bench.put("p/good", "p//bad")
    copied = bench.as_a("cp", "-r", "--quiet", f"s3://{bench.a}/p/", f"{tmp_path}/p/").ended(1)
    assert [line.split()[0] for line in copied.out.splitlines()] == ["failed", "failed:"], copied
    bench.put("s/good")
    for command in (("sync", "-q"), ("mv", "-r", "-q")):
        done = bench.as_a(*command, f"s3://{bench.a}/s/", f"{tmp_path}/{command[0]}/")
        assert (done.code, len(done.out.splitlines()), done.err) == (0, 1, ""), done


@pytest.mark.thorough
@only_demo
def test_what_is_missing_is_named(bench: Bench, tmp_path: Path) -> None:
    bench.put("k")
    commands: list[tuple[str, ...]] = [("cp", "-r"), ("sync",), ("mv", "-r")]
    for command, *options in commands:
        done = bench.as_a(command, *options, f"s3://{bench.a}/", "s3://no-such-bucket-of-ours/x/")
        done.printed(4, "failed: nothing was done: bucket no-such-bucket-of-ours does not exist\n")
    missing = "s3://no-such-bucket-at-all/x"
    for dry in DRY:
        for words in (("rm", "--yes", missing), ("cp", missing, f"{tmp_path}/")):
            done = bench.as_a(*words, *dry)
            assert "bucket no-such-bucket-at-all does not exist" in done.out + done.err, done
            assert done.code in (1, 4), done
        done = bench.as_a("cp", *dry, "--version-id", "nope", f"s3://{bench.a}/k", f"{tmp_path}/")
        assert done.code == (1 if dry else 4), done
        said = f"no such version: s3://{bench.a}/k has no version nope"
        assert (said in done.said, f"xs3-tui versions s3://{bench.a}/k" in done.said) == (True, True), done
        assert "check the key" not in done.said
    read = bench.as_a("cat", "--version-id", "nobody", f"s3://{bench.a}/k")
    read.ended(4, err=f"xs3-tui: s3://{bench.a}/k has no such version", said="next step: check the version id")


@pytest.mark.thorough
@only_demo
def test_one_object_needs_no_recursive(bench: Bench) -> None:
    bench.put("w/log")
    commands: list[tuple[str, ...]] = [("cp", "-r"), ("mv", "-r"), ("cp", "-r", "--dry-run")]
    for command, *options in commands:
        done = bench.as_a(command, *options, f"s3://{bench.a}/w/log", f"s3://{bench.a}/there/").ended(4)
        assert done.err.endswith(f"s3://{bench.a}/w/log is an object: leave out --recursive\n"), done
        assert "is an object" not in bench.as_a(command, *options, f"s3://{bench.a}/w/lo", f"s3://{bench.a}/there/").err


@pytest.mark.thorough
@only_demo
def test_filters_that_leave_out_everything_are_said_with_the_number(bench: Bench) -> None:
    bench.put("images/1", "images/2")
    images = f"s3://{bench.a}/images/"
    for more in (("--include", "*.nomatch"), ("--min-size", "1G")):
        for ended in (
            *(bench.across("cp", "-r", *dry, *more, images, f"s3://{bench.b}/none/") for dry in DRY),
            *(bench.as_a("rm", "-r", "-y", *dry, *more, images) for dry in DRY),
            bench.as_a("diff", *more, images, f"s3://{bench.a}/no/such/"),
        ):
            assert (ended.code, ended.err) == (0, "none of 2 objects matches the filters\n"), ended


def test_what_fails_is_in_the_log_with_its_request_id(run: Run, demo_environment: S3Server, surroundings: Path) -> None:
    ends = ("--from", "analytics", "--to", "analytics")
    [result] = run("cp", *ends, "s3://media-prod-private/x", "s3://analytics-landing/", "--json").results
    assert result["problem"]["request_id"]
    (log,) = (surroundings / "state").rglob("*.log")
    assert f"request_id={result['problem']['request_id']!r}" in log.read_text()


SECONDS = 30 * PATIENCE


@pytest.mark.thorough
def test_a_copy_in_the_background_is_found_controlled_and_receipted(bench: Bench, tmp_path: Path) -> None:
    bench.put("large", body=os.urandom(12 * MIB))
    receipt = tmp_path / "receipt.jsonl"
    begun = bench.across(
        "cp", "--background", "--json", "--route", "relay", "--limit-rate", "1M", "--part-size", "5M",
        "--receipt", str(receipt), f"s3://{bench.a}/large", f"s3://{bench.b}/large",
    ).succeeded()  # fmt: skip
    name = begun.objects[0]["transfer"]
    paused = bench.run("transfers", name, "--pause", "--json")
    assert (paused.code, paused.objects[0]["state"]) == (0, "paused"), paused
    assert paused.objects[0]["limits"] == {"rate": MIB, "objects": None}
    bench.run("transfers", name, "--retry").ended(2, err="has not ended (paused): nothing to retry yet")
    assert bench.run("transfers", name, "--resume").code == 0
    bench.run("transfers", "--watch").ended(0, out="done")
    head, only = (json.loads(line) for line in receipt.read_text().splitlines())
    assert head["transfer"]["id"] == name
    assert only["result"]["verification"] == "same"
    bench.run("transfers", name, "--pause").ended(2, err="has ended (done): nothing to pause")
    assert bench.run("transfers", name, "--forget").code == 0
    assert bench.run("transfers").out == "no transfers\n"


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
    until_engine_has_ended()


def test_without_transfers_no_engine_is_started(run: Run, surroundings: object) -> None:
    run("transfers").printed(0, "no transfers\n", "")
    assert not EngineProcess().journal.exists()
    assert not EngineProcess().running


@pytest.mark.thorough
@only_demo
def test_what_an_engine_that_cannot_be_started_has_left_is_said(
    begun: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setenv("AWS_REGION", "eu-west-3")
        shown = run("transfers").ended(0, out=begun)
        for words in ("paused", "belongs to an engine with other AWS settings", "set these variables and start"):
            assert words in shown.out
        assert not EngineProcess().running, "none was started that has nothing to tell"
    until_engine_has_ended()  # a paused transfer does not need it
    settings = EngineProcess().places.settings
    known = settings.read_text()
    settings.write_text('{"HTTPS_PROXY": null}')
    with monkeypatch.context() as other:
        other.setenv("AWS_REGION", "eu-west-3")
        shown = run("transfers").ended(0, err="1 unfinished transfer of an engine that is not running")
        assert (shown.out, "(HTTPS_PROXY=…)" in shown.err) == ("no transfers\n", True)
    settings.write_text(known)
    with monkeypatch.context() as other:
        other.setenv("AWS_REGION", "eu-west-3")
        cancelled = run("transfers", begun, "--cancel", "--json")
        assert (cancelled.code, cancelled.objects[0]["state"]) == (0, "cancelled"), cancelled
    until_engine_has_ended()
    with monkeypatch.context() as other:
        other.setenv("AWS_REGION", "eu-west-3")
        ended = run("transfers")
    ended.ended(0, err="1 ended transfer made with other AWS settings").printed(0, "no transfers\n")


@only_demo
def test_a_damaged_journal_is_said_until_it_is_removed(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair
) -> None:
    journal = EngineProcess().journal
    journal.write_bytes(b"this was a journal" * 1000)
    client = server_environment.client(server_environment.a)
    upload = client.create_multipart_upload(Bucket=bucket_pair.a, Key="k")["UploadId"]
    uploads = run("uploads", "--ours", "--profile", server_environment.a.profile, f"s3://{bucket_pair.a}")
    assert "0 incomplete uploads known to be started by xs3-tui" in uploads.err
    client.abort_multipart_upload(Bucket=bucket_pair.a, Key="k", UploadId=upload)
    (aside,) = journal.parent.glob("*.damaged-*")
    transfers = run("transfers"), run("transfers")
    for ended in (uploads, *transfers):
        assert "the journal was damaged" in ended.err
        assert str(aside) in ended.err
    assert [ended.code for ended in transfers] == [1, 1]
    aside.unlink()
    until_engine_has_ended()
    assert run("transfers").code == 0


@pytest.mark.thorough
@only_demo
def test_what_has_failed_is_listed_and_retried_alone(bench: Bench) -> None:
    bench.put("p/1", "p/2", "p/3")
    bench.put("large", body=os.urandom(2 * MIB))
    failed = ("transfers", "--failed")
    assert (bench.run(*failed).code, bench.run(*failed).out) == (0, "no failed transfers\n")
    where = (f"s3://{bench.a}/p/", f"s3://{bench.b}/p/")
    denied = bench.across("cp", "-r", "--route", "push", *where).ended(3)
    assert len([line for line in denied.out.splitlines() if line.startswith("failed s3://")]) == 3
    assert denied.err.count("next step:") == denied.err.count("request id:") == 1, denied.err
    assert "the same for 2 more objects: access denied: s3:PutObject" in denied.err
    large = ("--route", "relay", f"s3://{bench.a}/large", f"s3://{bench.b}/large")
    bench.across("cp", "--background", "--json", "--limit-rate", "1M", *large).succeeded()
    watched = bench.run("transfers", "--watch")
    assert (watched.code, "failed" in watched.out, "done" in watched.out) == (0, True, True), watched
    every, listed = bench.run("transfers", "--json").objects, bench.run(*failed, "--json").objects
    assert (len(every), [each["objects_failed"] for each in listed]) == (2, [3])
    (name,) = (each["id"] for each in listed)
    assert name in bench.run(*failed).out
    done = next(each["id"] for each in every if each["id"] != name)
    assert bench.run("transfers", done, "--failed").out == "no failed transfers\n"
    assert bench.run(*failed, "--watch").code == 2
    retried = bench.run("transfers", "--retry", "--all", "--failed", "--json")
    assert [each["id"] for each in retried.objects] == [name], retried
    assert bench.run("transfers", name, "--watch").code == 1
    bench.run("transfers", "--retry", "--all", "--watch").ended(1)


EXPIRED = Problem(kind=ProblemKind.EXPIRED, title="the sign-in has expired", remedy="sign in again")
AWAY = Problem(kind=ProblemKind.UNREACHABLE, title="cannot reach the endpoint")


def snapshot(state: TransferState, waits_for: Problem | None = None) -> Transfer:
    return Transfer("t", "s3://a/", "s3://b/", state, None, objects_total=1, waits_for=waits_for)


class Engine:
    """Tells of a transfer in one snapshot after another, more than one of each."""

    def __init__(self, *snapshots: Transfer) -> None:
        self._snapshots = snapshots

    async def ask(self, request: Request[Any]) -> Any:
        raise AssertionError(f"nothing is asked: {request}")

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        if isinstance(feed, WatchTransfers):
            for each in self._snapshots:
                for _ in range(3):
                    yield TransferList([each])
        elif isinstance(feed, WatchConflicts):
            await asyncio.Event().wait()  # until the transfer has ended

    async def other_has_ended(self) -> None:
        raise AssertionError("there is no other engine")


async def test_each_change_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    running, done = snapshot(TransferState.RUNNING), snapshot(TransferState.DONE)
    waiting = snapshot(TransferState.WAITING, EXPIRED), snapshot(TransferState.WAITING, AWAY)
    engine = Engine(running, *waiting, running, snapshot(TransferState.PAUSED), running, done)
    assert await CopyRun(engine, "t", as_json=False).follow() is Exit.DONE
    assert capsys.readouterr().err.splitlines() == [
        f"waiting: {EXPIRED.sentence()}",
        f"waiting: {AWAY.sentence()}",
        "resumed",
        "paused",
        "resumed",
    ]


class Asking(Engine):
    """Tells of what exists at the target, in lists of numbers, and hears the answers."""

    def __init__(self, *lists: str) -> None:
        super().__init__()
        self._lists, self.answered = lists, list[str]()

    async def ask(self, request: Request[Any]) -> Any:
        assert isinstance(request, AnswerConflict)
        self.answered.append(request.answer.conflict)

    async def follow(self, feed: Feed[Any]) -> AsyncGenerator[Any, None]:
        assert isinstance(feed, WatchConflicts)
        for each in self._lists:
            yield WaitingConflicts(
                [Conflict(name, "t", f"s3://a/{name}", f"s3://b/{name}", 1, 0.0, 1, 0.0) for name in each]
            )


async def test_what_a_list_from_before_the_answer_still_has_is_not_asked_again() -> None:
    engine = Asking("12", "123", "23", "3", "")
    await CopyRun(engine, "t", as_json=False)._answer_conflicts()
    assert engine.answered == ["1", "2", "3"]


class Copying(Bench):
    def __init__(self, buckets: BucketPair, run: Run) -> None:
        super().__init__(buckets, run)
        self.put("large", body=os.urandom(12 * MIB))
        sizes = ("--multipart-threshold", "5M", "--part-size", "5M", "--limit-rate", "4M")
        ends = ("--from", self.server.a.profile, "--to", self.server.b.profile)
        self.arguments = ("cp", *ends, "--route", "relay", *sizes, f"s3://{self.a}/large", f"s3://{self.b}/large")

    def uploads(self) -> list[Any]:
        found: list[Any] = self.theirs.list_multipart_uploads(Bucket=self.b).get("Uploads", [])
        return found

    def copied(self) -> list[str]:
        return self.keys(self.theirs, self.b)


@pytest.fixture
def copying(server_environment: S3Server, bucket_pair: BucketPair, run: Run) -> Copying:
    return Copying(bucket_pair, run)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [str(COMMAND), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_stop_leaves_nothing(copying: Copying, number: signal.Signals) -> None:
    with started(*copying.arguments) as process:
        until_true(lambda: bool(copying.uploads()), "the upload has begun", 30)
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
        assert copying.uploads() == [], "it returns when all is aborted, not before"
        assert process.returncode == -number, "a shell reports 130 and 143"
        assert out.splitlines()[-1].startswith("cancelled: 0 copied (0 B"), out
        assert err == ("interrupted\n" if number is signal.SIGINT else "")
    until_engine_has_ended()
    assert copying.copied() == []


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_what_takes_only_the_terminal_away_leaves_the_copy_to_the_engine(
    copying: Copying, number: signal.Signals
) -> None:
    with started(*copying.arguments) as process:
        until_true(lambda: bool(copying.uploads()), "the upload has begun", 30)
        process.send_signal(number)
        process.communicate(timeout=SECONDS)
        assert process.returncode == -number
    until_true(lambda: copying.copied() == ["large"], "the copy is complete", 60)
    until_engine_has_ended()
    assert copying.uploads() == []


@pytest.mark.thorough
def test_a_question_is_ended_by_ctrl_c_left_by_ctrl_d_and_asked_until_it_is_answered(
    demo_environment: S3Server,
) -> None:
    theirs = demo_environment.client(demo_environment.b)
    place = {"Bucket": "analytics-landing", "Key": "asked/report.csv"}
    theirs.put_object(**place, Body=b"old")
    ends = ("--from", "media-prod", "--to", "analytics")
    words = ("cp", *ends, "s3://media-prod-assets/video.mp4", "s3://analytics-landing/asked/report.csv")
    question = "s skip, o overwrite, r rename; a capital letter applies to all:"
    for typed, code, says in (("\x03", -signal.SIGINT, "interrupted"), ("\x04", 1, "1 undecided")):
        assert says in answered(words, (question, typed), code=code)
        assert theirs.get_object(**place)["Body"].read() == b"old"
    with Terminal(words, dict(os.environ), 120, 24) as terminal:
        terminal.until_shown(question)
        terminal.send("what?\r")
        terminal.until(lambda: terminal.text.count(question) == 2, "the question again")
        assert "type one letter: s, o, r, or S, O, R for all" in terminal.text
        terminal.send("overwrite\r")
        assert terminal.until_ended(60) == 0
    assert theirs.get_object(**place)["Body"].read(9) != b"old"
    theirs.delete_object(**place)


def test_each_question_stays_on_the_line_until_it_is_answered(demo_environment: S3Server, tmp_path: Path) -> None:
    """Results of objects that need no question come while one is open."""
    with fresh_bucket(demo_environment, demo_environment.b) as bucket:
        theirs, names = demo_environment.client(demo_environment.b), [f"{number:02}.txt" for number in range(12)]
        for name in names:
            (tmp_path / name).write_text("new")
        for name in names[::4]:
            theirs.put_object(Bucket=bucket, Key=name, Body=b"old")
        words = ("cp", "-r", "--to", "analytics", f"{tmp_path}/", f"s3://{bucket}/")
        question = "a capital letter applies to all:"
        asked = []
        with Terminal(words, dict(os.environ), 120, 40) as terminal:
            for number in range(3):

                def shown(number: int = number) -> bool:
                    lines = [line for line in terminal.text.splitlines() if line]
                    return bool(lines) and lines[-1].endswith(question) and terminal.text.count(question) == number + 1

                terminal.until(shown, f"question {number + 1} is on the last line")
                until_true(lambda: len(theirs.list_objects_v2(Bucket=bucket)["Contents"]) == 12, "the others are there")
                assert shown(), "no result has wiped it off"
                asked += re.findall(r"(\d\d\.txt) exists", terminal.text)[-1:]
                terminal.send("s\r")
            assert terminal.until_ended(60) == 0
            assert terminal.text.count("copied") >= 9
            assert terminal.text.count("skipped /") == 3
        assert sorted(asked) == names[::4], "each was asked about once"


@pytest.mark.thorough
def test_a_killed_engine_is_restarted_and_the_copy_continues(copying: Copying) -> None:
    with started(*copying.arguments, "--json") as process:
        until_true(lambda: bool(copying.uploads()), "the upload has begun", 30)
        os.kill(ask_engine(Hello()).pid, signal.SIGKILL)
        out, err = process.communicate(timeout=3 * SECONDS)
    assert process.returncode == 0, (out, err)
    assert err.count("the engine stopped unexpectedly") == 1
    assert "restarting it" in err
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["result"]["outcome"] for line in lines if line["type"] == "object"] == ["copied"]
    assert lines[-1]["transfer"]["state"] == "done"
    assert (copying.copied(), copying.uploads()) == (["large"], [])
