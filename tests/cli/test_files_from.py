"""``--files-from``: objects that a file or stdin names."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Bench, Ended, answered, ask_engine, only_demo
from tests.cli.test_transfer_commands import started
from tests.e2e.terminal import COMMAND
from tests.waiting import until_true
from tui.link.request import Hello
from tui.messages.order_requests import KeepKeys, NamedKey


def names(tmp_path: Path, *lines: str | bytes, end: bytes = b"\n") -> str:
    path = tmp_path / "names"
    path.write_bytes(end.join(line if isinstance(line, bytes) else line.encode() for line in lines))
    return str(path)


def piped(content: bytes, *arguments: str) -> Ended:
    done = subprocess.run([str(COMMAND), *arguments], input=content, capture_output=True)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@only_demo
def test_what_is_named_is_copied_and_what_is_missing_is_said(bench: Bench, tmp_path: Path) -> None:
    odd = ["a*b", "[x]", "#1", " spaced ", "ä€", "cr\r", "d//e", "../up", "t\tab"]
    bench.put(*(f"p/{name}" for name in odd), "p/other", "q/1")
    here, there = f"s3://{bench.a}/p/", f"s3://{bench.a}/to/"
    lines = names(tmp_path, *odd[:-1], "", f"{here}a*b", "gone", "missing")
    words = (*bench.as_one, "--files-from", lines, here, there)
    planned = bench.run("cp", *words, "--dry-run", "--json").ended(1).planned
    assert [line["action"] for line in planned].count("copy") == 8, "and none is under the bucket alone"
    done = bench.run("cp", *words).ended(1, out=f"failed {here}gone", err="repeated names: 1")
    done.ended(1, out="8 copied", err="the same for 1 more object: object … does not exist")
    assert bench.keys(bench.mine, bench.a)[-8:] == sorted(f"to/{name}" for name in odd[:-1])
    nul = names(tmp_path, "t\tab", "other", end=b"\0")
    bench.run("mv", *bench.as_one, "--files-from", nul, "--nul", here, there).ended(0, out="2 moved")
    left = {*bench.keys(bench.mine, bench.a)}
    assert ({"to/t\tab", "to/other"} < left, "p/other" in left) == (True, False)


@only_demo
def test_files_are_named_by_paths_too_but_none_outside_of_the_directory(bench: Bench, tmp_path: Path) -> None:
    here = tmp_path / "files"
    (here / "deep").mkdir(parents=True)
    for name in ("a", "deep/b", "left"):
        (here / name).write_text(name)
    lines = names(tmp_path, "./a", str(here / "deep/../deep/b"), "none")
    words = ("cp", "--to", bench.server.a.profile, "--files-from")
    bench.run(*words, lines, str(here), f"s3://{bench.a}/to/").ended(1, out="2 copied", err="does not exist")
    assert bench.keys(bench.mine, bench.a) == ["to/a", "to/deep/b"]
    for name in ("../files", "a/../../names", "/etc/passwd", ".", str(here)):
        bench.run(*words, names(tmp_path, "a", name), str(here), f"s3://{bench.a}/x/").ended(2, err="line 2 of ")
    assert bench.keys(bench.mine, bench.a) == ["to/a", "to/deep/b"]


@only_demo
def test_a_changed_object_is_kept_and_a_size_saves_the_look(bench: Bench) -> None:
    bench.put("a", "b", "c", "d", "keep")
    etag = bench.mine.head_object(Bucket=bench.a, Key="a")["ETag"]
    rows = f"a\t7\t{etag}\nb\t7\t{'0' * 32}\nc\t7\nd\t\t{etag.strip(chr(34))}\nnone\n".encode()
    words = ("rm", "--profile", bench.server.a.profile, "--files-from", "-", f"s3://{bench.a}")
    changed = "it has changed since it was listed"
    piped(rows, *words, "--dry-run").ended(1, out="3 delete (21 B), 2 refuse", said=changed)
    piped(rows, *words).ended(2, err="add --yes")
    done = piped(rows, *words, "-y").ended(1, out="3 deleted (21 B), 0 skipped, 2 failed", said=changed)
    assert (f"failed s3://{bench.a}/none" in done.out, bench.keys(bench.mine, bench.a)) == (True, ["b", "keep"])
    copy = ("cp", *bench.as_one, "--files-from", "-", f"s3://{bench.a}", f"s3://{bench.a}/to/")
    failed = piped(f"b\t7\t{'0' * 32}\nkeep\t\t{etag}".encode(), *copy)
    failed.ended(1, out="1 copied (7 B)", said=changed)
    bench.run("transfers", "--retry", "--all", "--watch").ended(1, said=changed)
    assert bench.keys(bench.mine, bench.a) == ["b", "keep", "to/keep"], "another try compares again"


@only_demo
def test_a_list_that_is_none_is_refused_by_line_and_nothing_is_done(bench: Bench, tmp_path: Path) -> None:
    bench.put("p/a", "p/b")
    wrong = {
        b"p\xff": "it is not UTF-8: p\\xff",
        b"x" * 1030: "its key is longer than 1,024 bytes",
        b"x" * 9000: "longer than",
        b"a\tmuch": "add --nul for names with tabs",
        b"a\t1\te\tf": "add --nul for names with tabs",
        b"a\t" + b"9" * 30: "a size in bytes",
        b"s3://other/p/a": "it names nothing below",
        f"s3://{bench.a}/q".encode(): "it names nothing below",
        f"s3://{bench.a}/p/".encode(): "it names nothing below",
    }
    here = f"s3://{bench.a}/p"
    for line, why in wrong.items():
        done = bench.as_a("rm", "-y", "--files-from", names(tmp_path, "a", "", line, "b"), here)
        done.ended(2, err="line 3 of ", said=why)
    bench.as_a("rm", "-y", "--files-from", names(tmp_path, "", ""), here).ended(4, err="has no names")
    crlf = names(tmp_path, "a\r", "b\r")
    bench.as_a("rm", "-y", "--files-from", crlf, here).ended(2, err="line 1 of", said="as lines of Windows files do")
    listed = names(tmp_path, "a")
    for words, why in {
        ("rm", "-y", "-r", here): "leave out --recursive",
        ("rm", "-y", here, here): "name one place",
        ("rm", "-y", "--version-id", "v", here): "leave out --version-id",
        ("rm", here): "there is no terminal",
    }.items():
        bench.as_a(*words, "--files-from", listed).ended(2, said=why)
    bench.as_a("rm", "-y", "--nul", f"{here}/a").ended(2, err="--nul is for --files-from")
    bench.as_a("rm", "-y", "--files-from", str(tmp_path), here).ended(2, err="is a directory")
    copy = ("cp", *bench.as_one, "--files-from", listed, here)
    bench.run(*copy, f"s3://{bench.a}/x").ended(2, err="names of --files-from need a TARGET that ends in /")
    bench.run(*copy, f"s3://{bench.a}/p/").ended(2, err="would be copied onto itself")
    bench.run(*copy, f"s3://{bench.a}/x/", "--engine", "batch").ended(2, err="takes no names of --files-from")
    closed = f"{COMMAND} rm -y --profile {bench.server.a.profile} --files-from - {here} <&-"
    refused = subprocess.run(["sh", "-c", closed], capture_output=True, text=True)
    assert (refused.returncode, "stdin is closed" in refused.stderr) == (2, True), refused
    assert bench.keys(bench.mine, bench.a) == ["p/a", "p/b"]


@only_demo
def test_rm_and_restore_ask_for_the_number_of_names(bench: Bench, tmp_path: Path) -> None:
    bench.put("a", "b")
    bench.put("cold", StorageClass="GLACIER")
    here, listed = f"s3://{bench.a}", names(tmp_path, "a\t7", "cold\t7", "none")
    as_a = ("--profile", bench.server.a.profile, "--files-from", listed)
    asked = answered(("restore", *as_a, here), ("request the restore of 3 objects?", "y\r"), code=1)
    assert "1 requested" in asked
    bench.as_a("restore", "-y", "--files-from", listed, here).ended(4, out="/cold (")
    bench.as_a("restore", "--dry-run", "--files-from", names(tmp_path, "a\t7"), here).ended(0, out="not archived")
    names(tmp_path, "a", "none")
    assert "1 deleted" in answered(("rm", *as_a, here), ("delete 2 objects? [y/N]", "y\r"), code=1)
    assert bench.keys(bench.mine, bench.a) == ["b", "cold"]


@only_demo
def test_tags_and_links_of_what_is_named(bench: Bench, tmp_path: Path) -> None:
    bench.put("p/a", "p/b", Tagging="old=1")
    here, before = f"s3://{bench.a}/p/", bench.run("access", "log", "--json").out
    listed = names(tmp_path, "b", f"{here}a", "none")

    def tags(name: str) -> dict[str, str]:
        found = bench.mine.get_object_tagging(Bucket=bench.a, Key=f"p/{name}")["TagSet"]
        return {each["Key"]: each["Value"] for each in found}

    words = ("--profile", bench.server.a.profile, "--files-from", listed, here)
    bench.run("tags", "set", *words, "team=x", "--dry-run").ended(1, out="2 changed, 1 failed; nothing was written")
    assert tags("a") == {"old": "1"}
    done = bench.run("tags", "set", *words, "team=x", "-y").ended(1, out="done: 2 changed, 1 failed")
    done.ended(1, out='{"old": "1"} → {"old": "1", "team": "x"}', err="does not exist")
    assert [tags(name) for name in "ab"] == [{"old": "1", "team": "x"}] * 2
    again = bench.run("tags", "remove", *words, "old", "-y", "--json").ended(1)
    assert [each["result"]["outcome"] for each in again.objects] == ["changed", "changed", "failed"]
    assert [tags(name) for name in "ab"] == [{"team": "x"}] * 2
    assert bench.run("access", "log", "--json").out == before, "what can be undone is not pushed out"
    links = bench.run("presign", *words, "--json").succeeded().objects
    assert [link["uri"] for link in links] == [f"{here}{name}" for name in ("b", "a", "none")]
    refused = bench.run("tags", "set", *words[:-2], names(tmp_path, "a", b"\xff"), here, "team=y", "-y")
    refused.ended(2, err="line 2 of ")
    assert tags("a") == {"team": "x"}


@only_demo
def test_a_list_stays_as_long_as_its_transfer_is_kept(bench: Bench, tmp_path: Path) -> None:
    bench.put("a", "b")
    here = f"s3://{bench.a}"
    bench.as_a("rm", "-y", "--files-from", names(tmp_path, "a"), here).succeeded()
    directory = Path(ask_engine(KeepKeys([NamedKey("b")])).path).parent
    named, unnamed = sorted(directory.iterdir(), key=lambda path: path.stat().st_mtime)
    assert {path.stat().st_mode & 0o777 for path in (named, unnamed)} == {0o600}
    for path in (named, unnamed):
        os.utime(path, (0, 0))
    bench.as_a("rm", "-y", "--files-from", names(tmp_path, "b"), here).succeeded()
    assert (named.exists(), unnamed.exists()) == (True, False)


@pytest.mark.thorough
@only_demo
def test_each_is_copied_once_though_the_engine_was_killed(bench: Bench, tmp_path: Path) -> None:
    bench.keep_versions()
    bench.put(*(f"p/{number}" for number in range(240)), "p/unnamed")
    listed = names(tmp_path, *map(str, range(240)))
    here, there = f"s3://{bench.a}/p/", f"s3://{bench.a}/to/"
    with started("cp", *bench.as_one, "--at-once", "2", "--files-from", listed, here, there) as process:
        until_true(lambda: str(bench.keys(bench.mine, bench.a)).count("to/") > 5, "some are copied", 30)
        os.kill(ask_engine(Hello()).pid, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "restarting" in err) == (0, True), (out, err)
    copied = re.findall(r"^copied .*/p/(\d+) →", out, re.MULTILINE)
    versions = bench.mine.list_object_versions(Bucket=bench.a, Prefix="to/")["Versions"]
    assert sorted(copied) == sorted(map(str, range(240)))
    assert sorted(each["Key"] for each in versions) == sorted(f"to/{number}" for number in range(240))
