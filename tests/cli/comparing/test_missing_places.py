"""``sync`` and ``diff`` of what is missing, is a single object, or is empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_changing import Bench, bench

__all__ = ["bench"]

ALWAYS = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
WAYS = pytest.mark.parametrize("options", [(), ("--dry-run",), ("--delete", "--yes"), ("--dry-run", "--json")])


@pytest.fixture
def here(tmp_path: Path) -> Path:
    directory = tmp_path / "here"
    directory.mkdir()
    return directory


@ALWAYS
@WAYS
def test_sync_refuses_a_source_that_is_missing_or_no_directory(
    bench: Bench, here: Path, options: tuple[str, ...]
) -> None:
    bench.put("one", "t/kept", "p/x")
    (here / "file").write_bytes(b"x")
    target = f"s3://{bench.a}/t/"
    for source, code, words in (
        (f"{here}/missing", 4, "nothing found at"),
        (f"s3://{bench.a}/missing/", 4, "nothing found at"),
        (f"s3://{bench.a}/missing", 4, "nothing found at"),
        ("s3://no-such-bucket-anywhere", 4, "bucket"),
        (f"{here}/file", 2, "is a file"),
        (f"s3://{bench.a}/one", 2, "is a single object"),
    ):
        done = bench.as_a("sync", *options, source, target)
        assert done.code == code, (source, done)
        assert words in done.out + done.err
    onto_file = bench.as_a("sync", *options, f"s3://{bench.a}/p/", f"{here}/file")
    assert (onto_file.code, "is a file" in onto_file.out + onto_file.err) == (2, True), onto_file
    assert bench.keys(bench.mine, bench.a) == ["one", "p/x", "t/kept"]


@ALWAYS
@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_sync_from_what_is_empty_is_done(bench: Bench, here: Path, options: tuple[str, ...]) -> None:
    bench.put("t/kept")
    profiles = bench.server.a.profile, bench.server.b.profile
    for source, ends in ((str(here), ()), (f"s3://{bench.b}", ("--from", profiles[1]))):
        done = bench.run("sync", *ends, "--to", profiles[0], *options, source, f"s3://{bench.a}/t/")
        assert done.code == 0, (source, done)


@ALWAYS
@pytest.mark.parametrize("options", [("--yes",), ("--dry-run",), ("--dry-run", "--json")])
def test_an_empty_source_deletes_nothing_and_says_so(bench: Bench, here: Path, options: tuple[str, ...]) -> None:
    bench.put("t/kept")
    target = f"s3://{bench.a}/t/"
    done = bench.as_a("sync", "--delete", *options, str(here), target)
    assert (done.code, done.out) == (1, ""), done
    assert f"{here}/ has no objects; 'xs3-tui rm -r' deletes those of {target}" in done.err
    assert bench.keys(bench.mine, bench.a) == ["t/kept"]
    (here / "a.tmp").write_bytes(b"x")
    filtered = bench.as_a("sync", "--delete", *options, "--exclude", "*.tmp", str(here), target)
    assert (filtered.code, f"{here}/ has no objects that the filters take; " in filtered.err) == (1, True), filtered
    (here / "a.tmp").unlink()
    nothing_there = bench.as_a("sync", "--delete", *options, str(here), f"s3://{bench.a}/other/")
    assert nothing_there.code == 0, nothing_there


@ALWAYS
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


@ALWAYS
def test_a_dry_run_refuses_names_that_cannot_be_paths_as_the_run_does(bench: Bench, here: Path) -> None:
    for key in ("p/fine", "p/x//y", "p/../up"):
        bench.put(key)
    words = ("sync", f"s3://{bench.a}/p/", str(here))
    planned = bench.as_a(*words, "--dry-run", "--json")
    assert planned.code == 1, planned
    refused = {line["source"] for line in planned.planned if line["action"] == "refuse"}
    assert refused == {f"s3://{bench.a}/p/x//y", f"s3://{bench.a}/p/../up"}
    done = bench.as_a(*words, "--json")
    assert (done.code, {each["source"] for each in done.results if each["outcome"] == "failed"}) == (1, refused)


@ALWAYS
def test_the_sum_of_a_dry_run_has_the_bytes_of_what_is_copied(bench: Bench) -> None:
    for key in ("p/new", "p/there", "t/there"):
        bench.put(key)
    words = ("cp", "-r", "--on-conflict", "skip", f"s3://{bench.a}/p/", f"s3://{bench.a}/t/")
    planned = bench.as_a(*words, "--dry-run", "--json").objects
    sums = [line for line in planned if line["type"] == "plan"]
    amounts = {"copy": 7, "skip": 7}
    assert sums == [{"type": "plan", "actions": {"copy": 1, "skip": 1}, "bytes": 7, "bytes_by_action": amounts}]
    assert bench.as_a(*words, "--json").total["bytes_done"] == 7


@ALWAYS
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
