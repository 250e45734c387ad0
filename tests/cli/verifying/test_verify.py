"""``verify``: of receipts and of two places, by what servers say and by reading."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ended, Run
from tests.e2e.terminal import Terminal
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server

OBJECTS = {"a": b"alpha", "b/c": b"bravo", "b/d": b"delta"}


@dataclass(frozen=True, slots=True)
class Copied:
    """Objects of A, copied to B by a relay, with a receipt."""

    run: Run
    server: S3Server
    pair: BucketPair
    receipt: Path

    @property
    def who(self) -> tuple[str, ...]:
        return "--from", self.server.a.profile, "--to", self.server.b.profile

    @property
    def places(self) -> tuple[str, str]:
        return f"s3://{self.pair.a}/in/", f"s3://{self.pair.b}/out/"

    @property
    def ours(self) -> Any:
        return self.server.client(self.server.a)

    @property
    def theirs(self) -> Any:
        return self.server.client(self.server.b)

    def put(self, name: str, body: bytes) -> None:
        """Put another object at a copy's key."""
        self.theirs.put_object(Bucket=self.pair.b, Key=f"out/{name}", Body=body)

    def verify(self, *words: str) -> Ended:
        return self.run("verify", *words, *self.who)


@pytest.fixture
def copied(run: Run, server_environment: S3Server, bucket_pair: BucketPair, tmp_path: Path) -> Copied:
    made = Copied(run, server_environment, bucket_pair, tmp_path / "receipt.jsonl")
    for name, body in OBJECTS.items():
        made.ours.put_object(Bucket=bucket_pair.a, Key=f"in/{name}", Body=body)
    ended = run("cp", "-r", "--receipt", str(made.receipt), *made.who, *made.places)
    assert ended.code == 0, ended
    return made


def states(ended: Ended) -> dict[str, str]:
    """The state of each object, by the end of its key."""
    results = [line["result"] for line in ended.objects if line["type"] == "object"]
    return {result["target"].partition("/out/")[2]: result["state"] for result in results}


def test_copies_are_proven_without_reading_a_byte(copied: Copied, tmp_path: Path) -> None:
    kept = tmp_path / "verified.jsonl"
    for words in ((str(copied.receipt),), copied.places):
        ended = copied.verify(*words)
        assert (ended.code, ended.out) == (0, "3 same; no content was read\n"), ended
    ended = copied.verify(*copied.places, "--json", "--receipt", str(kept))
    assert states(ended) == dict.fromkeys(OBJECTS, "same")
    assert ended.objects[-1]["total"]["bytes_read"] == 0
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line)["type"] for line in kept.read_text().splitlines()] == ["object"] * 3 + ["total"]
    again = copied.verify(*copied.places, "--receipt", str(kept))
    assert (again.code, "exists" in again.err) == (2, True)


def test_what_was_changed_deleted_or_added_is_found(copied: Copied) -> None:
    copied.put("a", b"ALPHA")
    copied.put("new", b"new")
    copied.theirs.delete_object(Bucket=copied.pair.b, Key="out/b/c")
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
        copied.ours.delete_object(Bucket=copied.pair.a, Key=f"in/{name}")
    copied.put("a", b"ALPHA")
    ended = copied.verify(str(copied.receipt), "--json")
    assert ended.code == 1
    assert states(ended) | {"a": ""} == {"a": "", "b/c": "same", "b/d": "same"}
    assert states(ended)["a"] in ("differs", "unknown")


def test_a_move_is_verified_by_its_receipt(copied: Copied, tmp_path: Path) -> None:
    receipt = tmp_path / "moved.jsonl"
    target = f"s3://{copied.pair.b}/moved/"
    assert copied.run("mv", "-r", "--receipt", str(receipt), *copied.who, copied.places[0], target).code == 0
    ended = copied.verify(str(receipt))
    assert (ended.code, ended.out) == (0, "3 same; no content was read\n"), ended


def test_everything_is_read_on_request_and_nothing_unless_it_is_allowed(copied: Copied, tmp_path: Path) -> None:
    always = copied.verify(*copied.places, "--read", "always", "--json")
    assert (always.code, set(states(always).values())) == (0, {"same"})
    assert always.objects[-1]["total"]["bytes_read"] == sum(map(len, OBJECTS.values()))
    here = tmp_path / "here"
    (here / "b").mkdir(parents=True)
    for name, body in OBJECTS.items():
        (here / name).write_bytes(body if name != "b/d" else b"DELTA")
    local = (f"{here}/", copied.places[1], "--to", copied.server.b.profile)
    unread = copied.run("verify", *local)
    assert unread.code == 1
    assert "0 same without reading a byte; 3 objects left, 15 B to read" in unread.err
    assert "3 unknown; no content was read" in unread.out
    read = copied.run("verify", *local, "--read", "needed", "--json")
    assert (read.code, states(read)) == (1, {"a": "same", "b/c": "same", "b/d": "differs"})


def test_two_directories_are_read_on_both_sides(run: Run, surroundings: object, tmp_path: Path) -> None:
    big = os.urandom(9 << 20)
    for side, last in (("one", b"!"), ("two", b"?")):
        (tmp_path / side).mkdir()
        (tmp_path / side / "same").write_bytes(big)
        (tmp_path / side / "other").write_bytes(big + last)
    ended = run("verify", f"{tmp_path}/one/", f"{tmp_path}/two/", "--read", "needed", "--json")
    assert ended.code == 1, ended
    results = {line["result"]["source"][-5:]: line["result"] for line in ended.objects if line["type"] == "object"}
    assert (results["/same"]["state"], results["/same"]["read"]) == ("same", 2 * len(big))
    assert (results["other"]["state"], results["other"]["evidence"]) == ("differs", "content, both read")


def test_what_was_not_copied_is_not_verified_and_what_was_skipped_does_not_count(
    copied: Copied, tmp_path: Path
) -> None:
    """Decided in turn: nobody decides, the user skips."""
    copied.ours.put_object(Bucket=copied.pair.a, Key="in/new", Body=b"new")
    copied.put("a", b"ALPHA")
    for decided, code, words in (("ask", 1, "1 same, 3 not copied"), ("skip", 0, "0 same, 4 skipped")):
        receipt = tmp_path / f"{decided}.jsonl"
        options = ("--on-conflict", decided, "--receipt", str(receipt))
        copied.run("cp", "-r", *options, *copied.who, *copied.places)
        ended = copied.verify(str(receipt))
        assert (ended.code, ended.out) == (code, f"{words}; no content was read\n"), ended


def test_what_a_receipt_only_counts_was_not_copied_either(copied: Copied) -> None:
    """A cancelled transfer has no results of objects that it did not come to."""
    first, *rest = copied.receipt.read_text().splitlines()
    header = json.loads(first)
    header["transfer"] |= {"state": "cancelled", "objects_total": 10}
    copied.receipt.write_text("\n".join([json.dumps(header), *rest, ""]))
    ended = copied.verify(str(copied.receipt))
    assert (ended.code, ended.out) == (1, "3 same, 7 not copied; no content was read\n"), ended
    nothing = {"objects": 0, "transfer": header["transfer"] | {"objects_done": 0}}
    copied.receipt.write_text(json.dumps(header | nothing) + "\n")
    none = copied.verify(str(copied.receipt))
    assert (none.code, none.out) == (1, "0 same, 10 not copied; no content was read\n"), none


@pytest.mark.parametrize("words", [["cp", "-r"], ["mv", "-r"], ["sync", "--delete", "--yes"]])
def test_a_receipt_that_was_cut_between_lines_is_not_the_whole_one(
    copied: Copied, tmp_path: Path, words: list[str]
) -> None:
    """The copies that it names still are the same; of the others nothing is known."""
    receipt, target = tmp_path / "whole.jsonl", f"s3://{copied.pair.b}/again/"
    copied.theirs.put_object(Bucket=copied.pair.b, Key="again/too", Body=b"much")
    assert copied.run(*words, "--receipt", str(receipt), *copied.who, copied.places[0], target).code == 0
    head, *lines = receipt.read_text().splitlines(keepends=True)
    assert copied.verify(str(receipt)).code == 0
    for name, kept in (("behind", lines[:-1]), ("in front", lines[1:]), ("all", [])):
        cut = tmp_path / name
        cut.write_text("".join([head, *kept]))
        ended = copied.verify(str(cut))
        says = f"; the receipt has {len(kept)} of its {len(lines)} objects\n"
        assert (ended.code, ended.out.endswith(says)) == (1, True), ended
        total = copied.verify(str(cut), "--json").objects[-1]["total"]
        assert (total["named"], total["promised"]) == (len(kept), len(lines))


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
        head = json.dumps({"type": "transfer", "transfer": transfer | change})
        path.write_text("\n".join([head, *kept, ""]))
        assert copied.verify(str(path)).code == code, change


def test_receipts_in_one_file_are_whole_each_by_itself(copied: Copied, tmp_path: Path) -> None:
    lines, path = copied.receipt.read_text().splitlines(keepends=True), tmp_path / "both.jsonl"
    path.write_text("".join([*lines, *lines]))
    assert copied.verify(str(path)).out == "6 same; no content was read\n"
    path.write_text("".join([*lines[:-1], *lines]))
    ended = copied.verify(str(path))
    assert (ended.code, "; the receipt has 5 of its 6 objects" in ended.out) == (1, True), ended


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text("no receipt\n"), "is not a receipt of a copy"),
        (
            lambda path: path.write_text('{"type":"transfer","transfer":{"source":"s3://a/","target":""}}\n'),
            "not a receipt",
        ),
        (lambda path: path.write_bytes(b""), "is not a receipt of a copy"),
        (lambda path: path.mkdir(), "is not a file"),
        (lambda _: None, "is not a file"),
    ],
)
def test_what_is_no_receipt_is_a_usage_error(
    run: Run, surroundings: object, tmp_path: Path, make: Callable[[Path], object], says: str
) -> None:
    make(tmp_path / "it")
    ended = run("verify", str(tmp_path / "it"))
    assert (ended.code, says in " ".join(ended.err.split())) == (2, True), ended


def test_a_damaged_line_of_a_receipt_is_named(copied: Copied) -> None:
    with copied.receipt.open("a") as file:
        file.write('{"type":"object","result":{"source":\n')
    ended = copied.verify(str(copied.receipt))
    assert (ended.code, "line 5 is not one of a receipt" in ended.err) == (2, True), ended


def test_nothing_to_verify_is_not_found(copied: Copied) -> None:
    ended = copied.verify(f"{copied.places[0]}none/", f"{copied.places[1]}none/")
    assert (ended.code, "nothing found at" in ended.err) == (4, True)


def test_on_a_terminal_it_asks_before_it_reads(copied: Copied, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(OBJECTS["a"])
    words = ["verify", f"{tmp_path}/a", f"{copied.places[1]}a", "--to", copied.server.b.profile]
    with Terminal(words, os.environ, columns=100) as terminal:
        terminal.until_shown("read them? [y/N]")
        terminal.send(b"y\r")
        assert terminal.until_ended(20) == 0
