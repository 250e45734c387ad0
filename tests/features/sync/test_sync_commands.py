"""Two places compared: ``sync``, ``diff`` and ``verify``, what they find, copy and delete, and what they ask before."""

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

import pytest

from tests.cli.conftest import MIB, Bench, Ended, Run, answered, one_engine, only_demo
from tests.e2e.terminal import Terminal
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.transfers.world import put_in_parts
from tui.core.problem import ProblemError, ProblemKind
from tui.features.verify.command import ResultFile

LONG_AGO = 1_600_000_000


@pytest.fixture
def site(tmp_path: Path) -> Path:
    tree = tmp_path / "site"
    (tree / "css").mkdir(parents=True)
    for name in ("index.html", "css/a.css", "draft.tmp"):
        (tree / name).write_bytes(name.encode())
        os.utime(tree / name, (LONG_AGO, LONG_AGO))
    return tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two files that were written long ago, one of them large enough for an upload in parts."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for name, body in (("small", b"one"), ("large", os.urandom(20 * MIB))):
        (tree / name).write_bytes(body)
        os.utime(tree / name, (LONG_AGO, LONG_AGO))
    return tree


@pytest.fixture
def here(tmp_path: Path) -> Path:
    directory = tmp_path / "here"
    directory.mkdir()
    return directory


def write_bad_name(directory: Path, name: bytes = b"bad\xff.txt") -> None:
    Path(os.fsdecode(os.fsencode(directory) + b"/" + name)).write_bytes(b"bad")


@only_demo
def test_sync_deletes_after_the_number_was_typed(bench: Bench, site: Path) -> None:
    bench.put(*(f"old/{number}" for number in range(12)))
    command = ["sync", str(site), f"s3://{bench.a}", "--profile", bench.server.a.profile, "--delete"]
    actions = [line["action"] for line in bench.run(*command, "--dry-run", "--json").planned]
    assert (actions.count("copy"), actions.count("delete"), len(actions)) == (3, 12, 15)
    with Terminal(command, dict(os.environ), 120, 40) as terminal:
        terminal.until_shown("type 12:")
        assert "old/11" in terminal.text
        bench.put("old/later")
        terminal.send("12\r")
        assert terminal.until_ended() == 0
    answered(command, ("delete 1 object (7 B)? [y/N]", "y\r"))
    assert bench.keys(bench.mine, bench.a) == ["css/a.css", "draft.tmp", "index.html"]


@only_demo
def test_nothing_is_deleted_before_all_is_copied_and_undo_brings_it_back(bench: Bench, site: Path) -> None:
    bench.keep_versions()
    bench.put("a/old")
    bench.theirs.put_object(Bucket=bench.b, Key="s/cold", Body=b"cold", StorageClass="GLACIER")
    ends = ("--from", bench.server.b.profile, "--to", bench.server.a.profile)
    failed = bench.run("sync", f"s3://{bench.b}/s/", f"s3://{bench.a}/a/", *ends, "--delete", "--yes", "--json")
    assert failed.code != 0
    assert bench.keys(bench.mine, bench.a) == ["a/old"], "the copy failed: nothing is deleted"
    kept = next(each for each in failed.results if each["source"].endswith("a/old"))
    assert (kept["outcome"], kept["notes"]) == ("skipped", ["kept: not everything could be copied"])

    (site / "large").write_bytes(os.urandom(2 * MIB))
    upload = (str(site), f"s3://{bench.a}/a/", "--delete", "--yes", "--json", "--limit-rate", "2M")
    done = bench.as_a("sync", *upload).succeeded()
    assert (done.outcomes[-1], len(done.results), done.total["kind"]) == ("deleted", 5, "sync")
    assert bench.run("undo", done.total["id"], "--yes", "--json").code == 0
    assert bench.keys(bench.mine, bench.a) == ["a/old"]


def test_a_name_that_is_not_utf_8_is_named_and_the_rest_is_copied_and_nothing_deleted(bench: Bench, site: Path) -> None:
    write_bad_name(site / "css")
    bench.put("aaa", "zzz")
    words = ("sync", str(site), f"s3://{bench.a}")
    quiet = bench.as_a(*words, "--dry-run", "--quiet")
    dry = bench.as_a(*words, "--dry-run")
    refused = [line for line in dry.out.splitlines() if line.startswith("refuse")]
    assert [line for line in quiet.out.splitlines() if " → " in line or line in refused] == refused
    assert (dry.code, re.search(r"dry run: 3 copy \([^)]*\), 1 refuse;", dry.out) is not None) == (1, True), dry
    assert r"bad\xff.txt is left out: its name is not UTF-8" in dry.out
    dry = bench.as_a(*words, "--delete", "--dry-run")
    assert (dry.code, dry.out.count("kept because the listing is incomplete")) == (1, 2), dry
    assert "delete " not in dry.out

    assert r"bad\xff.txt" in bench.as_a(*words, "--delete", "--yes").ended(1, err="nothing is deleted").err
    assert bench.keys(bench.mine, bench.a) == ["aaa", "css/a.css", "draft.tmp", "index.html", "zzz"]


def test_a_name_at_the_target_that_is_not_utf_8_hides_none_that_comes_behind_it(bench: Bench, here: Path) -> None:
    bench.put("a", "z")
    write_bad_name(here)
    bench.as_a("sync", f"s3://{bench.a}", str(here)).ended(1)
    assert (here / "a").read_bytes() == (here / "z").read_bytes() == b"content"


@pytest.mark.thorough
@only_demo
def test_what_is_no_object_is_said_beside_a_name_that_is_not_utf_8(bench: Bench, site: Path) -> None:
    (site / "link").symlink_to(site / "css")
    (site / "dangling").symlink_to("/nowhere/at/all")
    os.mkfifo(site / "pipe")
    write_bad_name(site, b"bad\xff")
    words = ("left out because they are not objects: a broken symbolic link (1)", "a named pipe (1)", r"bad\xff")

    comparing: list[tuple[str, ...]] = [("sync",), ("sync", "--dry-run"), ("diff",)]
    for what in comparing:
        done = bench.as_a(*what, f"{site}/", f"s3://{bench.a}/")
        assert (done.code, [word for word in words if word not in done.out + done.err]) == (1, []), done
    links = {f"s3://{bench.a}/in/{name}" for name in ("dangling", "link", "pipe")}
    copying = ("cp", "-r", f"{site}/", f"s3://{bench.a}/in/", "--json")
    planned, copied = bench.as_a(*copying, "--dry-run"), bench.as_a(*copying)
    assert {each["target"] for each in planned.planned if each["action"] == "skip"} == links
    assert {each["target"] for each in copied.results if each["outcome"] == "skipped"} == links
    for done in (planned, copied):
        assert (done.code, r"bad\\xff" in done.out + done.err) == (1, True), done


@pytest.mark.thorough
@only_demo
def test_a_directory_that_was_just_uploaded_is_the_same_by_size_and_time(bench: Bench, tree: Path) -> None:
    there = f"s3://{bench.a}/t/"
    by_time = ("--compare", "time")
    dry = bench.as_a("sync", *by_time, str(tree), there, "--dry-run", "--json").objects
    assert next(line for line in dry if line["type"] == "plan")["compare"] == "time"
    assert len(bench.as_a("sync", *by_time, "--part-size", "8M", str(tree), there, "--json").results) == 2
    again = bench.as_a("sync", *by_time, str(tree), there, "--json")
    assert (again.code, again.results) == (0, [])
    assert again.total["notes"][-1].startswith("already the same, by size and time or by ETag: 2")

    careful = bench.as_a("diff", "--only", "same", str(tree), there, "--json")
    rows = {(row["name"], row["evidence"]) for row in careful.objects[:-1]}
    assert (careful.code, rows) == (0, {("small", "checksum"), ("large", "checksum")})
    found = bench.as_a("diff", *by_time, "--only", "same", str(tree), there, "--json")
    rows = {(row["name"], row["evidence"]) for row in found.objects[:-1]}
    assert (found.code, rows) == (0, {("small", "size-time"), ("large", "size-time")})
    assert (found.objects[-1]["compare"], found.objects[-1]["counts"]["same"]["objects"]) == ("time", 2)
    words = bench.as_a("diff", *by_time, "--only", "same", str(tree), there)
    assert words.out.count("(by size and time)") == 2
    assert "compared by size and time: 'same' is not proven by content" in words.err

    (tree / "small").write_bytes(b"two")
    os.utime(tree / "small", (4_000_000_000, 4_000_000_000))
    assert bench.as_a("diff", *by_time, str(tree), there).code == 1
    assert bench.as_a("diff", "--compare", "size", str(tree), there).code == 0
    copied = bench.as_a("sync", *by_time, str(tree), there, "--json").results
    assert [each["source"].rpartition("/")[2] for each in copied] == ["small"]


@only_demo
def test_what_nothing_proves_names_the_way_to_go_by_time(bench: Bench, tree: Path) -> None:
    assert bench.as_a("cp", "-r", "--encryption", "aws:kms", str(tree), f"s3://{bench.a}/t/").code == 0
    (tree / "small").write_bytes(b"two")
    os.utime(tree / "small", (LONG_AGO, LONG_AGO))
    bench.as_a("diff", str(tree), f"s3://{bench.a}/t/").ended(1, out="small", err="--compare time")


@pytest.mark.thorough
@only_demo
def test_sync_refuses_a_source_that_is_missing_or_no_directory(bench: Bench, here: Path) -> None:
    bench.put("one", "t/kept", "p/x")
    (here / "file").write_bytes(b"x")
    target = f"s3://{bench.a}/t/"
    for options in ((), ("--dry-run",), ("--delete", "--yes"), ("--dry-run", "--json")):
        for source, to, code, words in (
            (f"{here}/missing", target, 4, "nothing found at"),
            (f"s3://{bench.a}/missing/", target, 4, "nothing found at"),
            (f"s3://{bench.a}/missing", target, 4, "nothing found at"),
            ("s3://no-such-bucket-anywhere", target, 4, "bucket"),
            (f"{here}/file", target, 2, "is a single file"),
            (f"s3://{bench.a}/one", target, 2, "is a single object"),
            (f"s3://{bench.a}/p/", f"{here}/file", 2, "is a single file"),
        ):
            bench.as_a("sync", *options, source, to).ended(code, said=words)
    assert bench.keys(bench.mine, bench.a) == ["one", "p/x", "t/kept"]


@only_demo
def test_sync_from_what_is_empty_is_done(bench: Bench, here: Path) -> None:
    bench.put("t/kept")
    profiles = bench.server.a.profile, bench.server.b.profile
    for source, ends in ((str(here), ()), (f"s3://{bench.b}", ("--from", profiles[1]))):
        for options in ((), ("--dry-run",)):
            bench.run("sync", *ends, "--to", profiles[0], *options, source, f"s3://{bench.a}/t/").succeeded()


@pytest.mark.thorough
@only_demo
def test_an_empty_source_deletes_nothing_and_says_so(bench: Bench, here: Path) -> None:
    bench.put("t/kept")
    target = f"s3://{bench.a}/t/"
    for options in (("--yes",), ("--dry-run",), ("--dry-run", "--json")):
        done = bench.as_a("sync", "--delete", *options, str(here), target)
        done.ended(1, err=f"{here}/ has no objects; 'xs3-tui rm -r' deletes those of {target}").printed(1, "")
        (here / "a.tmp").write_bytes(b"x")
        filtered = bench.as_a("sync", "--delete", *options, "--exclude", "*.tmp", str(here), target)
        filtered.ended(1, err=f"{here}/ has no objects that match the filters; ")
        (here / "a.tmp").unlink()
        bench.as_a("sync", "--delete", *options, str(here), f"s3://{bench.a}/other/").succeeded()
    assert bench.keys(bench.mine, bench.a) == ["t/kept"]


@only_demo
def test_a_dry_run_with_nothing_to_do_is_done_and_has_its_sums(bench: Bench, here: Path) -> None:
    bench.put("p/x")
    ends = (f"s3://{bench.a}/p/", f"{here}/new")
    planned = bench.as_a("sync", "--dry-run", "--json", *ends)
    sums = [line for line in planned.objects if line["type"] == "plan"]
    copying = {"type": "plan", "actions": {"copy": 1}, "bytes": 7, "bytes_by_action": {"copy": 7}, "compare": "auto"}
    assert (planned.code, sums) == (0, [copying])
    assert bench.as_a("sync", *ends).code == 0, "a missing target is made"
    again = bench.as_a("sync", "--dry-run", "--json", *ends)
    nothing = {"type": "plan", "actions": {}, "bytes": 0, "bytes_by_action": {}, "compare": "auto"}
    assert (again.code, again.objects) == (0, [nothing])
    assert "nothing to do" in again.err


@pytest.mark.thorough
def test_diff_of_two_accounts(bench: Bench) -> None:
    bench.put("logs/1", "logs/2", "logs/3")
    for name in ("logs/1", "logs/2", "logs/3"):
        bench.theirs.put_object(Bucket=bench.b, Key=name, Body=b"content")
    places = (f"s3://{bench.a}/logs", f"s3://{bench.b}/logs/")
    bench.across("diff", *places).printed(0, "0 only left, 0 only right, 0 differs, 0 unknown, 3 same (21 B)\n")

    bench.put("logs/2", "logs/\x1b[31m", body=b"more than that")
    bench.theirs.put_object(Bucket=bench.b, Key="logs/4", Body=b"x")
    found = bench.across("diff", *places).ended(1)
    assert "\x1b" not in found.out
    assert [line.split()[0] for line in found.out.splitlines()] == ["only", "differs", "only", "1"]

    lines = bench.across("diff", *places, "--json", "--only", "differs,right").objects
    assert [(line["name"], line["state"], line["evidence"]) for line in lines[:-1]] == [
        ("2", "differs", "size"),
        ("4", "right", "listed"),
    ]
    assert lines[-1]["counts"]["same"]["objects"] == 2
    assert bench.across("diff", *places, "--only", "odd").code == 2
    assert bench.across("diff", places[0] + "/none", places[1] + "none").code == 4


def test_a_name_that_is_not_utf_8_is_named_and_the_rest_is_compared(bench: Bench, here: Path) -> None:
    write_bad_name(here)
    words = ("diff", str(here), f"s3://{bench.a}")
    assert bench.as_a(*words).code == 1
    for number in range(1100):  # more than one page
        (here / f"{number:04}").write_bytes(b"")
    bench.put("z")
    done = bench.as_a(*words)
    *rows, last = done.out.splitlines()
    assert (done.code, len(rows), last.startswith("1,100 only left")) == (1, 1101, True), done
    (line,) = done.err.splitlines()
    assert line.startswith(f"not compared: {here}/bad\\xff.txt is left out: its name is not UTF-8")
    told = bench.as_a(*words, "--json")
    assert (told.code, [line.get("type") for line in told.objects]) == (1, ["compared"] * 1101 + [None, "comparison"])


@pytest.mark.thorough
@only_demo
def test_diff_of_two_objects(bench: Bench, here: Path) -> None:
    bench.put("a.json", "same.json", "p/x")
    bench.put("other.json", body=b"changed")
    (here / "file").write_bytes(b"content")

    def diff(left: str, right: str, *options: str) -> tuple[int, str]:
        done = bench.as_a("diff", *options, left, right)
        return done.code, done.out + done.err

    uri = f"s3://{bench.a}/"
    assert diff(uri + "a.json", uri + "same.json")[0] == 0
    code, said = diff(uri + "a.json", uri + "other.json")
    assert (code, said.startswith("differs"), "a.json (by ETag)" in said) == (1, True, True), said
    assert diff(f"{here}/file", uri + "a.json", "--checksum")[0] == 0
    for left, right in ((f"{here}/file", uri + "p/"), (uri + "a.json", f"{here}/"), (uri + "p", uri + "a.json")):
        code, said = diff(left, right)
        assert (code, "is a" in said) == (2, True), said
    for left, right in ((uri + "none/", uri + "p/"), (uri + "p/", f"{here}/none")):
        code, said = diff(left, right)
        assert (code, "nothing found at" in said) == (1, True), said
    assert diff(uri + "none.json", f"{here}/none")[0] == 4
    code, said = diff(uri + "a.json", uri + "a.json")
    assert (code, "LEFT and RIGHT are the same place" in said) == (2, True), said


OBJECTS = {"a": b"alpha", "b/c": b"bravo", "b/d": b"delta"}


class Copied(Bench):
    def __init__(self, buckets: BucketPair, run: Run, receipt: Path) -> None:
        super().__init__(buckets, run)
        self.receipt = receipt
        self.places = f"s3://{self.a}/in/", f"s3://{self.b}/out/"

    def put_copy(self, name: str, body: bytes) -> None:
        self.theirs.put_object(Bucket=self.b, Key=f"out/{name}", Body=body)

    def verify(self, *words: str) -> Ended:
        return self.across("verify", *words)


@pytest.fixture
def copied(run: Run, server_environment: S3Server, bucket_pair: BucketPair, tmp_path: Path) -> Iterator[Copied]:
    made = Copied(bucket_pair, run, tmp_path / "receipt.jsonl")
    for name, body in OBJECTS.items():
        made.put(f"in/{name}", body=body)
    with one_engine():
        made.across("cp", "-r", "--receipt", str(made.receipt), *made.places).succeeded()
        yield made


def states(ended: Ended) -> dict[str, str]:
    results = [line["result"] for line in ended.objects if line["type"] == "object"]
    return {result["target"].partition("/out/")[2]: result["state"] for result in results}


@pytest.mark.thorough
def test_copies_are_proven_without_reading_a_byte(copied: Copied, tmp_path: Path) -> None:
    kept = tmp_path / "verified.jsonl"
    for words in ((str(copied.receipt),), copied.places):
        copied.verify(*words).printed(0, "3 same; no content was read\n")
    ended = copied.verify(*copied.places, "--json", "--receipt", str(kept))
    assert states(ended) == dict.fromkeys(OBJECTS, "same")
    assert ended.objects[-1]["total"]["bytes_read"] == 0
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line)["type"] for line in kept.read_text().splitlines()] == ["object"] * 3 + ["total"]
    copied.verify(*copied.places, "--receipt", str(kept)).ended(2, err="exists")


@pytest.mark.thorough
def test_what_was_changed_deleted_or_added_is_found(copied: Copied) -> None:
    copied.put_copy("a", b"ALPHA")
    copied.put_copy("new", b"new")
    copied.theirs.delete_object(Bucket=copied.b, Key="out/b/c")
    expected = {"a": "differs", "b/c": "missing", "b/d": "same"}
    of_receipt = copied.verify(str(copied.receipt), "--json")
    assert (of_receipt.code, states(of_receipt)) == (1, expected)
    of_places = copied.verify(*copied.places, "--json")
    assert (of_places.code, states(of_places)) == (1, {**expected, "new": "extra"})
    assert states(copied.verify(*copied.places, "--one-way", "--json")) == expected
    filtered = copied.verify(*copied.places, "--include", "b/d", "--json")
    assert (filtered.code, states(filtered)) == (0, {"b/d": "same"})
    text = copied.verify(*copied.places).out.splitlines()
    assert [line.split()[0] for line in text] == ["differs", "missing", "extra", "1"]


def test_a_source_that_is_gone_leaves_what_was_recorded(copied: Copied) -> None:
    for name in OBJECTS:
        copied.mine.delete_object(Bucket=copied.a, Key=f"in/{name}")
    copied.put_copy("a", b"ALPHA")
    ended = copied.verify(str(copied.receipt), "--json").ended(1)
    assert states(ended) | {"a": ""} == {"a": "", "b/c": "same", "b/d": "same"}
    assert states(ended)["a"] in ("differs", "unknown")


def test_a_source_that_was_written_again_is_told_from_a_copy_that_differs(copied: Copied) -> None:
    copied.put("in/a", body=b"AGAIN")
    changed = f"same     s3://{copied.a}/in/a → s3://{copied.b}/out/a ("
    for policy, read in (("never", "no content was read"), ("needed", "no content was read"), ("always", "15 B read")):
        ended = copied.verify(str(copied.receipt), "--read", policy)
        first, total = ended.out.splitlines()
        assert (ended.code, first.startswith(changed), total) == (0, True, f"3 same; {read}"), ended
        assert first.endswith("; the source has changed since)"), first


def test_a_copy_in_parts_is_known_by_the_etag_that_was_recorded(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, tmp_path: Path
) -> None:
    """Its source is gone, and the server keeps no checksum of the whole."""
    copied = Copied(bucket_pair, run, tmp_path / "receipt.jsonl")
    body = os.urandom(13 * MIB)
    copied.put("in/large", body=body)
    tells_parts = server_environment.name != "ceph"
    with one_engine():
        options = ("--part-size", "6M", "--route", "relay", "--receipt", str(copied.receipt))
        copied.across("mv", "-r", *options, *copied.places).succeeded()
        [line] = [json.loads(line) for line in copied.receipt.read_text().splitlines()][1:]
        line["result"]["checksum"] = ""
        copied.receipt.write_text("\n".join([copied.receipt.read_text().splitlines()[0], json.dumps(line), ""]))
        damaged = body[:-1] + bytes([body[-1] ^ 1])
        for again, cut, state, evidence in (
            (body, 6, "same", "unchanged since it was verified by"),
            (damaged, 6, "differs", "ETag is not the recorded one" if tells_parts else "ETag as recorded, target read"),
            (body, 5, "same", "ETag as recorded, target read"),
            (damaged, 5, "differs", "ETag as recorded, target read"),
            (damaged, 20, "differs", "ETag as recorded, target read"),
        ):
            put_in_parts(copied.theirs, copied.b, "out/large", again, cut * MIB)
            ended = copied.verify(str(copied.receipt), "--read", "needed", "--json")
            [result] = [found["result"] for found in ended.objects if found["type"] == "object"]
            assert (result["state"], evidence in result["evidence"]) == (state, True), result


@pytest.mark.thorough
def test_everything_is_read_on_request_and_nothing_unless_it_is_allowed(copied: Copied, tmp_path: Path) -> None:
    always = copied.verify(*copied.places, "--read", "always", "--json")
    assert (always.code, set(states(always).values())) == (0, {"same"})
    assert always.objects[-1]["total"]["bytes_read"] == sum(map(len, OBJECTS.values()))
    here = tmp_path / "here"
    (here / "b").mkdir(parents=True)
    for name, body in OBJECTS.items():
        (here / name).write_bytes(body if name != "b/d" else b"DELTA")
    local = (f"{here}/", copied.places[1], "--to", copied.server.b.profile)
    left = "0 same without reading content; 3 objects left, 15 B to read"
    copied.run("verify", *local).ended(1, err=left, out="3 unknown; no content was read")
    read = copied.run("verify", *local, "--read", "needed", "--json")
    assert (read.code, states(read)) == (1, {"a": "same", "b/c": "same", "b/d": "differs"})


def test_a_receipt_that_does_not_fit_on_its_disk_is_said_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lines in (1, 1000):  # it fails at its end, or at once
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdopen", partial(_full, os.fdopen))
            with pytest.raises(ProblemError) as refused:
                _write_receipt(tmp_path / "receipt", lines)
        problem = refused.value.problem
        assert (problem.kind, problem.cause) == (ProblemKind.NO_SPACE, "No space left on device")
        assert list(tmp_path.iterdir()) == []


def _write_receipt(path: Path, lines: int) -> None:
    with ResultFile(str(path)) as file:
        for _ in range(lines):
            file.add({"a": "b" * 100})
        file.finish()


def _full(fdopen: Callable[[int, str], IO[bytes]], descriptor: int, mode: str) -> IO[bytes]:
    os.close(descriptor)
    return fdopen(os.open("/dev/full", os.O_WRONLY), mode)


def test_two_directories_are_read_on_both_sides(run: Run, surroundings: object, tmp_path: Path) -> None:
    big = os.urandom(9 * MIB)
    for side, last in (("one", b"!"), ("two", b"?")):
        (tmp_path / side).mkdir()
        (tmp_path / side / "same").write_bytes(big)
        (tmp_path / side / "other").write_bytes(big + last)
    ended = run("verify", f"{tmp_path}/one/", f"{tmp_path}/two/", "--read", "needed", "--json").ended(1)
    results = {line["result"]["source"][-5:]: line["result"] for line in ended.objects if line["type"] == "object"}
    assert (results["/same"]["state"], results["/same"]["read"]) == ("same", 2 * len(big))
    assert (results["other"]["state"], results["other"]["evidence"]) == ("differs", "content, both read")


@pytest.mark.thorough
def test_what_was_not_copied_is_not_verified_and_what_was_skipped_does_not_count(
    copied: Copied, tmp_path: Path
) -> None:
    """Decided in turn: nobody decides, the user skips."""
    copied.put("in/new")
    copied.put_copy("a", b"ALPHA")
    for decided, code, words in (("ask", 1, "1 same, 3 not copied"), ("skip", 0, "0 same, 4 skipped")):
        receipt = tmp_path / f"{decided}.jsonl"
        copied.across("cp", "-r", "--on-conflict", decided, "--receipt", str(receipt), *copied.places)
        copied.verify(str(receipt)).printed(code, f"{words}; no content was read\n")


def test_what_a_receipt_only_counts_was_not_copied_either(copied: Copied) -> None:
    """A cancelled transfer has no results of objects that it did not come to."""
    first, *rest = copied.receipt.read_text().splitlines()
    header = json.loads(first)
    header["transfer"] |= {"state": "cancelled", "objects_total": 10}
    copied.receipt.write_text("\n".join([json.dumps(header), *rest, ""]))
    copied.verify(str(copied.receipt)).printed(1, "3 same, 7 not copied; no content was read\n")
    nothing = {"objects": 0, "transfer": header["transfer"] | {"objects_done": 0}}
    copied.receipt.write_text(json.dumps(header | nothing) + "\n")
    copied.verify(str(copied.receipt)).printed(1, "0 same, 10 not copied; no content was read\n")


@pytest.mark.thorough
def test_a_receipt_that_was_cut_between_lines_is_not_the_whole_one(copied: Copied, tmp_path: Path) -> None:
    """The copies that it names still are the same; of the others nothing is known."""
    commands: list[tuple[str, ...]] = [("cp", "-r"), ("sync", "--delete", "--yes"), ("mv", "-r")]
    for command in commands:
        receipt, target = tmp_path / f"{command[0]}.jsonl", f"s3://{copied.b}/{command[0]}/"
        copied.theirs.put_object(Bucket=copied.b, Key=f"{command[0]}/too", Body=b"much")
        copied.across(*command, "--receipt", str(receipt), copied.places[0], target).succeeded()
        head, *lines = receipt.read_text().splitlines(keepends=True)
        assert copied.verify(str(receipt)).succeeded().out.endswith(" same; no content was read\n")
        for name, kept in (("behind", lines[:-1]), ("in front", lines[1:]), ("all", [])):
            cut = tmp_path / name
            cut.write_text("".join([head, *kept]))
            says = f"; the receipt has {len(kept)} of its {len(lines)} objects\n"
            assert copied.verify(str(cut)).ended(1).out.endswith(says)
            total = copied.verify(str(cut), "--json").objects[-1]["total"]
            assert (total["named"], total["promised"]) == (len(kept), len(lines))


@pytest.mark.thorough
def test_a_receipt_without_the_number_of_its_lines_is_judged_by_the_numbers_of_its_transfer(
    copied: Copied, tmp_path: Path
) -> None:
    """Where each object of these has a result: not while it runs, and not of an engine that names them not."""
    first, *lines = copied.receipt.read_text().splitlines()
    transfer = json.loads(first)["transfer"]
    path = tmp_path / "earlier.jsonl"
    for change, kept, code in (
        ({}, lines, 0),
        ({}, lines[1:], 1),
        ({"state": "running", "objects_total": 9, "objects_done": 4}, lines, 0),
        ({"engine": "batch", "objects_total": 4, "objects_done": 4}, lines, 0),
    ):
        path.write_text("\n".join([json.dumps({"type": "transfer", "transfer": transfer | change}), *kept, ""]))
        assert copied.verify(str(path)).code == code, change


def test_receipts_in_one_file_are_whole_each_by_itself(copied: Copied, tmp_path: Path) -> None:
    lines, path = copied.receipt.read_text().splitlines(keepends=True), tmp_path / "both.jsonl"
    path.write_text("".join([*lines, *lines]))
    assert copied.verify(str(path)).out == "6 same; no content was read\n"
    path.write_text("".join([*lines[:-1], *lines]))
    copied.verify(str(path)).ended(1, out="; the receipt has 5 of its 6 objects")


def test_what_is_no_receipt_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    for name, content, says in (
        ("words", b"no receipt\n", "is not a receipt of a copy"),
        ("half", b'{"type":"transfer","transfer":{"source":"s3://a/","target":""}}\n', "not a receipt"),
        ("empty", b"", "is not a receipt of a copy"),
        ("directory", None, "is not a file"),
        ("missing", None, "is not a file"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        run("verify", str(tmp_path / name)).ended(2, said=says)


def test_a_damaged_line_of_a_receipt_is_named(copied: Copied) -> None:
    with copied.receipt.open("a") as file:
        file.write('{"type":"object","result":{"source":\n')
    copied.verify(str(copied.receipt)).ended(2, err="line 5 is not a line of a receipt")


def test_nothing_to_verify_is_not_found(copied: Copied, tmp_path: Path) -> None:
    copied.verify(f"{copied.places[0]}none/", f"{copied.places[1]}none/").ended(4, err="nothing found at")
    first = copied.run("verify", f"{tmp_path}/none/", copied.places[1], "--to", copied.server.b.profile)
    first.ended(4, err="nothing found at")


def test_on_a_terminal_it_asks_before_it_reads(copied: Copied, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(OBJECTS["a"])
    words = ["verify", f"{tmp_path}/a", f"{copied.places[1]}a", "--to", copied.server.b.profile]
    answered(words, ("read them? [y/N]", "y\r"))
