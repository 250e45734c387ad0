"""``--compare`` of ``diff`` and ``sync``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.test_changing import Bench, bench

__all__ = ["bench"]

ALWAYS = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
LONG_AGO = 1_600_000_000


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two files that were written long ago, one of them large enough for an upload in parts."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for name, body in (("small", b"one"), ("large", os.urandom(20 << 20))):
        (tree / name).write_bytes(body)
        os.utime(tree / name, (LONG_AGO, LONG_AGO))
    return tree


@ALWAYS
def test_a_directory_that_was_just_uploaded_is_the_same_by_size_and_time(bench: Bench, tree: Path) -> None:
    there = f"s3://{bench.a}/t/"
    by_time = ("--compare", "time")
    dry = bench.as_a("sync", *by_time, str(tree), there, "--dry-run", "--json").objects
    assert next(line for line in dry if line["type"] == "plan")["compare"] == "time"
    assert len(bench.as_a("sync", *by_time, "--part-size", "8M", str(tree), there, "--json").results) == 2
    again = bench.as_a("sync", *by_time, str(tree), there, "--json")
    assert (again.code, again.results) == (0, [])
    assert again.total["notes"][-1].startswith("objects that were the same already, by size and time or by ETag: 2")

    careful = bench.as_a("diff", "--only", "same", str(tree), there, "--json")
    assert (careful.code, {(row["name"], row["evidence"]) for row in careful.objects[:-1]}) == (
        0,
        {("small", "checksum"), ("large", "checksum")},
    )

    found = bench.as_a("diff", *by_time, "--only", "same", str(tree), there, "--json")
    *rows, last = found.objects
    assert (found.code, {(row["name"], row["evidence"]) for row in rows}) == (
        0,
        {("small", "size-time"), ("large", "size-time")},
    )
    assert (last["compare"], last["counts"]["same"]["objects"]) == ("time", 2)
    words = bench.as_a("diff", *by_time, "--only", "same", str(tree), there)
    assert words.out.count("(by size and time)") == 2
    assert "compared by size and time: the same is not proven by content" in words.err

    (tree / "small").write_bytes(b"two")
    os.utime(tree / "small", (4_000_000_000, 4_000_000_000))
    assert bench.as_a("diff", *by_time, str(tree), there).code == 1
    assert bench.as_a("diff", "--compare", "size", str(tree), there).code == 0
    planned = bench.as_a("sync", *by_time, str(tree), there, "--dry-run", "--json").planned
    assert [(line["action"], line["why"]) for line in planned] == [("overwrite", "one size, and the source is newer")]
    copied = bench.as_a("sync", *by_time, str(tree), there, "--json").results
    assert [each["source"].rpartition("/")[2] for each in copied] == ["small"]


@ALWAYS
def test_what_nothing_proves_names_the_way_to_go_by_time(bench: Bench, tree: Path) -> None:
    kms = ("--encryption", "aws:kms")
    assert bench.as_a("cp", "-r", *kms, str(tree), f"s3://{bench.a}/t/").code == 0
    (tree / "small").write_bytes(b"two")
    os.utime(tree / "small", (LONG_AGO, LONG_AGO))
    said = bench.as_a("diff", str(tree), f"s3://{bench.a}/t/")
    assert (said.code, "small" in said.out, "--compare time" in said.err) == (1, True, True)


@ALWAYS
@pytest.mark.parametrize("command", ["diff", "sync"])
def test_options_that_contradict_one_another_are_refused(bench: Bench, tree: Path, command: str) -> None:
    places = (str(tree), f"s3://{bench.a}/t/")
    for mode in ("auto", "time", "size"):
        refused = bench.as_a(command, "--checksum", "--compare", mode, *places)
        assert (refused.code, f"--checksum and --compare {mode} contradict" in refused.err) == (2, True), refused
    assert bench.as_a(command, "--compare", "odd", *places).code == 2
    assert bench.keys(bench.mine, bench.a) == []
    assert bench.as_a(command, "--checksum", "--compare", "checksum", *places).code == (1 if command == "diff" else 0)
