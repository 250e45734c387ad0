"""What is typed as with ``aws s3``: headers and metadata, its options, its patterns, lists in another order."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import MIB, Bench, answered, ask_engine, only_demo
from tests.e2e.terminal import COMMAND
from tests.waiting import until_true
from tui.cli import listing_rows
from tui.cli.listing_rows import SortedRows
from tui.core.listing import ObjectSummary, make_page
from tui.core.problem import ProblemError
from tui.link.request import Hello
from tui.settings import settings_file

ASKED = {
    **{"ContentType": "text/x-mine", "CacheControl": "max-age=60", "ContentEncoding": "gzip"},
    **{"ContentDisposition": "attachment", "ContentLanguage": "de", "ExpiresString": "Sun, 31 Jan 2027 00:00:00 GMT"},
}
OPTIONS = (
    *("--content-type", "text/x-mine", "--cache-control", "max-age=60", "--content-encoding", "gzip"),
    *("--content-disposition", "attachment", "--content-language", "de", "--expires", "2027-01-31"),
    *("--metadata", "Owner=anna,team=a,b", "--metadata", '{"note": "x"}'),
)
METADATA = {"owner": "anna", "team": "a,b", "note": "x"}


def attributes(client: Any, bucket: str, key: str) -> tuple[dict[str, str], dict[str, str]]:
    head = client.head_object(Bucket=bucket, Key=key)
    return {name: head.get(name, "") for name in ASKED}, head["Metadata"]


def test_a_file_becomes_an_object_of_the_type_that_its_name_says(bench: Bench, tmp_path: Path) -> None:
    types = {
        **{"p.html": "text/html", "t.parquet": "application/vnd.apache.parquet", "README.md": "text/markdown"},
        **{"a.mjs": "text/javascript", "l.jsonl": "application/x-ndjson", "x.json.gz": "application/gzip"},
        **{"i.webp": "image/webp", "data:,x.7z": "application/x-7z-compressed", "f.woff2": "font/woff2"},
        **{"none": "binary/octet-stream", "y.YAML": "application/yaml", "z.zst": "application/zstd"},
    }
    for name in types:
        (tmp_path / name).write_bytes(b"x")
    bench.run("cp", "-r", "--to", bench.server.a.profile, f"{tmp_path}/", f"s3://{bench.a}/").succeeded()
    found = {name: bench.mine.head_object(Bucket=bench.a, Key=name)["ContentType"] for name in types}
    assert found == types
    piped = [str(COMMAND), "cp", "--to", bench.server.a.profile, "-", f"s3://{bench.a}/piped.css"]
    subprocess.run(piped, input=b"p {}", check=True)
    assert bench.mine.head_object(Bucket=bench.a, Key="piped.css")["ContentType"] == "text/css"


@pytest.mark.parametrize("size", [10, 6 * MIB], ids=["whole", "parts"])
def test_headers_and_metadata_are_those_that_were_given(bench: Bench, tmp_path: Path, size: int) -> None:
    (tmp_path / "f.txt").write_bytes(os.urandom(size))
    parts = ("--multipart-threshold", "5M", "--part-size", "5M")
    bench.run("cp", "--to", bench.server.a.profile, *parts, *OPTIONS, f"{tmp_path}/f.txt", f"s3://{bench.a}/f")
    assert attributes(bench.mine, bench.a, "f") == (ASKED, METADATA)
    bench.put("p/k", body=os.urandom(size), ContentType="text/plain", ContentLanguage="fr", Metadata={"kept": "1"})
    some = ("--cache-control", "no-store", "--metadata", "owner=x")
    for number, how in enumerate((("mv", "--route", "relay"), ("cp",), ("cp", "-r", "--route", "pull"))):
        bench.put("p/k", body=os.urandom(size), ContentType="text/plain", ContentLanguage="fr", Metadata={"kept": "1"})
        target = f"s3://{bench.a}/{number}/"
        ended = bench.run(*how, *bench.as_one, *parts, *some, f"s3://{bench.a}/p/{'' if '-r' in how else 'k'}", target)
        assert "note" not in ended.succeeded().out
        headers, metadata = attributes(bench.mine, bench.a, f"{number}/k")
        kept = {"ContentType": "text/plain", "ContentLanguage": "fr", "CacheControl": "no-store"}
        assert {name: value for name, value in headers.items() if value} == kept
        assert metadata == {"kept": "1", "owner": "x"}
    bench.as_a("sync", *parts, *OPTIONS, f"s3://{bench.a}/2/", f"s3://{bench.a}/synced/").succeeded()
    assert attributes(bench.mine, bench.a, "synced/k") == (ASKED, {"kept": "1"} | METADATA)
    again = ("cp", "--content-type", "text/css", "--metadata", "new=2", *bench.as_one)
    for quiet in ("--quiet", "--only-show-errors"):
        undecided = bench.run(*again, quiet, f"s3://{bench.a}/2/k", f"s3://{bench.a}/2/k")
        undecided.ended(1, err="1 undecided", out=f"undecided s3://{bench.a}/2/k → ")
    for route in ("pull", "relay"):
        bench.run(*again, "-f", "--route", route, f"s3://{bench.a}/2/k", f"s3://{bench.a}/2/k").ended(0, out="1 copied")
    assert attributes(bench.mine, bench.a, "2/k")[1] == {"kept": "1", "owner": "x", "new": "2"}
    head = bench.mine.head_object(Bucket=bench.a, Key="2/k")
    assert (head["ContentType"], head["CacheControl"], head["ContentLength"]) == ("text/css", "no-store", size)
    moving = ("mv", *again[1:], "-f", f"s3://{bench.a}/2/k", f"s3://{bench.a}/2/k")
    bench.run(*moving).ended(2, err="source and target are the same object")


@pytest.mark.thorough
def test_headers_outlive_a_killed_engine(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(os.urandom(12 * MIB))
    slow = ("--multipart-threshold", "5M", "--part-size", "5M", "--limit-rate", "4M", "--to", bench.server.a.profile)
    words = [str(COMMAND), "cp", *slow, *OPTIONS, f"{tmp_path}/f", f"s3://{bench.a}/f"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        uploads = bench.mine.list_multipart_uploads
        until_true(lambda: bool(uploads(Bucket=bench.a).get("Uploads")), "the upload has begun", 30)
        os.kill(ask_engine(Hello()).pid, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, b"restarting it" in err) == (0, True), (out, err)
    assert attributes(bench.mine, bench.a, "f") == (ASKED, METADATA)


@only_demo
def test_headers_that_make_no_sense_are_refused(bench: Bench, tmp_path: Path) -> None:
    place = f"s3://{bench.a}/k"
    bench.put("k")
    for words, said in (
        (("--content-type", "a\nb", place, f"{place}2"), "printable ASCII"),
        (("--metadata", "owner", place, f"{place}2"), "write name=value"),
        (("--metadata", '{"a": 1}', place, f"{place}2"), "write name=value"),
        (("--metadata", "a=" + 2048 * "x", place, f"{place}2"), "more than 2,048 bytes"),
        (("--metadata", "a=ü", place, f"{place}2"), "printable ASCII"),
        (("--expires", "soon", place, f"{place}2"), "write 2027-01-31"),
        (("--cache-control", "no-store", place, f"{tmp_path}/k"), "--cache-control: for objects in S3"),
        (("--content-type", "a/b", place, "-"), "leave out --json, headers and metadata"),
    ):
        bench.as_a("cp", *words).ended(2, said=said)


@only_demo
def test_sizes_are_bytes_unless_somebody_looks(bench: Bench) -> None:
    bench.put("p/k", body=bytes(1_234_567))
    place = f"s3://{bench.a}/p/"
    listings: list[tuple[str, ...]] = [("ls", "-l"), ("ls",), ("ls", "--versions"), ("find", "-l"), ("versions",)]
    for words in (*listings, ("du", "-s")):
        at = 0 if "-s" in words else 2
        assert bench.as_a(*words, place).succeeded().out.split()[at] == "1234567", words
        assert bench.as_a(*words, "-h", place).succeeded().out.split()[at] == "1.18", words
        assert "1.18 MiB" in answered([*words, "--profile", bench.server.a.profile, place])
        assert "1234567" in answered([*words, "--bytes", "--profile", bench.server.a.profile, place])
    bench.as_a("ls", "--summarize", place).ended(0, out="Total Objects: 1\n   Total Size: 1234567\n")
    [line] = bench.as_a("du", "-sh", place).succeeded().out.splitlines()
    assert line.endswith(f"{place} in all")


@only_demo
def test_what_exists_is_overwritten_by_force_and_kept_by_no_clobber(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(b"new")
    place, to_a = f"s3://{bench.a}/k", ("--to", bench.server.a.profile)
    content = ("cat", "--profile", bench.server.a.profile, place)
    settings = settings_file()
    settings.parent.mkdir(parents=True, exist_ok=True)
    for words, kept, code, left in (
        ((), "ask", 1, "content"),
        (("-n",), "ask", 0, "content"),
        (("--no-overwrite",), "overwrite", 0, "content"),
        (("-f", "--on-conflict", "skip"), "ask", 0, "content"),
        (("--on-conflict", "ask"), "overwrite", 1, "content"),
        (("--force",), "skip", 0, "new"),
        ((), "overwrite", 0, "new"),
    ):
        bench.put("k")
        settings.write_text(f'[transfers]\non_conflict = "{kept}"\n')
        done = bench.run("cp", *to_a, *words, f"{tmp_path}/k", place)
        assert (done.code, bench.run(*content).out, "1 undecided" in done.err) == (code, left, code == 1), words
        assert ("-f overwrites; or choose with --on-conflict: skip, " in done.err) == (code == 1)
    settings.write_text('[transfers]\non_conflict = "force"\n')
    bench.run(*content).ended(2, err="'force' is not one of: ask, skip, overwrite")


@only_demo
def test_the_words_of_aws_s3_are_taken_and_no_help_shows_them(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/f.txt").write_bytes(b"content")
    (tmp_path / "log:1").write_bytes(b"content")
    monkeypatch.chdir(tmp_path)
    place = f"s3://{bench.a}"
    bench.as_a("cp", "--dryrun", "dir/f.txt", place).ended(0, out="dry run: 1 copy")
    assert bench.keys(bench.mine, bench.a) == []
    quiet = ("--only-show-errors", "--no-progress", "--page-size", "10", "--endpoint-url", bench.server.endpoint)
    bench.as_a("cp", *quiet, "--recursive", "dir", place).printed(0, "", "")
    bench.as_a("cp", *quiet, "--dryrun", "--recursive", "dir", place).printed(0, "", "")
    bench.as_a("cp", "--sse", "--region", "us-east-1", f"{place}/f.txt", "back.txt").succeeded()
    assert (tmp_path / "back.txt").read_bytes() == b"content"
    bench.as_a("cp", "--metadata-directive", "REPLACE", "log:1", place).succeeded()
    (tmp_path / "dir/f.txt").write_bytes(b"CONTENT")
    bench.as_a("sync", "--size-only", "--exact-timestamps", "dir", place).ended(0, out="0 copied")
    bench.as_a("cp", "--sse", "AES256", "--source-region", "us-east-1", f"{place}/f.txt", f"{place}/g").succeeded()
    assert bench.mine.head_object(Bucket=bench.a, Key="g")["ServerSideEncryption"] == "AES256"
    bench.as_a("presign", "--expires-in", "60", f"{place}/g").ended(0, out="X-Amz-Expires=60")
    bench.as_a("presign", "--expires-in", "x", place).ended(2, err="Invalid value for '--expires-in': 'x' is not")
    bench.as_a("presign", "--expires", "x", place).ended(2, err="Invalid value for '--expires': 'x' is not")
    bench.as_a("cp", "--sse-kms-key-id=K", "dir/f.txt", place).ended(2, err="--sse-kms-key-id needs --encryption")
    bench.as_a("mv", "--dryrun", "dir/f.txt", f"{place}/new").ended(0, out="\ndry run: 1 move (7 B)")
    assert bench.as_a("mv", "--dryrun", "dir/f.txt", f"{place}/new").out.startswith("move ")
    lines = f"cp --dryrun dir/f.txt {place}/new\npresign --expires-in x {place}/g\n"
    (tmp_path / "lines").write_text(lines)
    bench.run("run", "lines").ended(2, err="line 2: Invalid value for '--expires-in'")
    bench.as_a("rm", "--quiet", "-y", f"{place}/g").printed(0, "done: 1 deleted (7 B), 0 skipped, 0 failed\n")
    bench.as_a("ls", "dir").ended(4, err="the path exists here: write ./dir to name it")
    assert "write ./dir" not in bench.as_a("rm", "-y", "dir/f.txt").ended(4).err
    unsigned = ("--no-sign-request", "--endpoint-url", bench.server.endpoint)
    bench.run("ls", *unsigned, "--human-readable", place).ended(3)
    bench.run("cp", *unsigned, f"{place}/f.txt", "x").ended(3, err="identity: anonymous")
    for command in ("ls", "cp", "mv", "sync", "rm", "presign", "find"):
        shown = bench.run(command, "--help").out
        words = ("dryrun", "no-sign", "endpoint-url", "sse", "expires-in", "size-only", "page-size", "no-progress")
        assert [word for word in words if word in shown] == []


@only_demo
def test_headers_of_a_whole_prefix_are_set_where_it_is(bench: Bench, tmp_path: Path) -> None:
    """As ``aws s3 cp --recursive`` onto the same prefix does; without new headers it is refused."""
    bench.put("p/a.css", "p/b.css", "p/c.txt", "p/q/d.css", "q/e.css", Metadata={"m": "1"}, CacheControl="no-store")
    place = f"s3://{bench.a}/p/"
    onto = ("cp", "--recursive", place, place)
    bench.as_a(*onto, "-f").ended(2, err=f"{place} would be copied onto itself")
    bench.as_a("mv", "--recursive", place, place, "-f", "--content-type", "text/x").ended(2)
    bench.as_a(*onto, "-f", "--content-type", "text/x", place + "q/").ended(2)
    replace = ("--metadata-directive", "REPLACE", "--content-type", "text/css", "--exclude", "*", "--include", "*.css")
    bench.as_a(*onto, *replace).ended(1, err="3 undecided")
    bench.as_a(*onto, *replace, "-f", "--dryrun").ended(0, out="dry run: 3 ")
    bench.as_a(*onto, *replace, "-f").ended(0, out="done: 3 copied")
    heads = {key: bench.mine.head_object(Bucket=bench.a, Key=key) for key in bench.keys(bench.mine, bench.a)}
    changed = {key for key, head in heads.items() if head["ContentType"] == "text/css"}
    assert changed == {"p/a.css", "p/b.css", "p/q/d.css"}
    assert {(head["Metadata"]["m"], head["CacheControl"]) for head in heads.values()} == {("1", "no-store")}
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f").write_bytes(b"content")
    for each in (f"{tmp_path}/d/f", f"{tmp_path}/d"):
        bench.as_a("cp", "-r", "-f", "--content-type", "text/x", each, each).ended(2)
    assert (tmp_path / "d/f").read_bytes() == b"content"


def test_patterns_count_in_their_order_where_both_kinds_are_given(bench: Bench) -> None:
    bench.put("p/a.log", "p/b.jpg", "p/tmp/c.log", "p/tmp/d.gz", "p/tmp/keep")
    every: list[str] = ["p/a.log", "p/b.jpg", "p/tmp/c.log", "p/tmp/d.gz", "p/tmp/keep"]
    for words, found in (
        (("--exclude", "*", "--include", "*.log"), ["p/a.log", "p/tmp/c.log"]),  # as in the AWS CLI's documentation
        (("--exclude=*", "--include=*.log", "--exclude=tmp/*"), ["p/a.log"]),
        (("--include", "*.log", "--exclude", "tmp/*"), ["p/a.log"]),
        (("--exclude", "tmp/*", "--include", "*/keep"), ["p/a.log", "p/b.jpg", "p/tmp/keep"]),
        (("--exclude", "--include", "--include", "--exclude"), every),  # they are values, too
        (("--exclude", "tmp/*"), ["p/a.log", "p/b.jpg"]),
    ):
        lines = bench.as_a("find", *words, f"s3://{bench.a}/p/").succeeded().out.split()
        assert [line.removeprefix(f"s3://{bench.a}/") for line in lines] == found, words
    patterns = ("--exclude", "*", "--include", "tmp/*", "--exclude", "*.gz", "--min-size", "1")
    planned = bench.as_a("rm", "-r", "--dry-run", *patterns, f"s3://{bench.a}/p/").succeeded().out
    assert planned.splitlines() == [
        f"delete          7 B  s3://{bench.a}/p/tmp/c.log (selected; its name matches tmp/*; within --min-size)",
        f"delete          7 B  s3://{bench.a}/p/tmp/keep (selected; its name matches tmp/*; within --min-size)",
        f"skip                 s3://{bench.a}/p/ (2 objects left out: --exclude *)",
        f"skip                 s3://{bench.a}/p/ (1 object left out: --exclude *.gz)",
        "dry run: 2 delete (14 B); nothing was written",
    ]
    bench.as_a("rm", "-r", "-y", *patterns, f"s3://{bench.a}/p/").ended(0, out="2 deleted")
    assert bench.keys(bench.mine, bench.a) == ["p/a.log", "p/b.jpg", "p/tmp/d.gz"]


def test_lists_in_another_order_and_as_names_alone(bench: Bench) -> None:
    for number, key in enumerate(("p/middle", "p/large", "p/small", "p/dir/x", "p/new\nline")):
        bench.put(key, body=(50, 100, 1, 70, 60)[number] * b"x")
    place = f"s3://{bench.a}/p/"
    listed: list[tuple[tuple[str, ...], list[str]]] = [
        ((), ["dir/", "large", "middle", "new␊line", "small"]),
        (("--reverse",), ["dir/", "small", "new␊line", "middle", "large"]),
        (("--sort", "size"), ["dir/", "large", "new␊line", "middle", "small"]),
        (("--sort", "size", "--reverse", "-r"), ["p/small", "p/middle", "p/new␊line", "p/dir/x", "p/large"]),
    ]
    for words, names in listed:
        assert bench.as_a("ls", "-1", *words, place).succeeded().out.splitlines() == names, words
    shown = bench.as_a("ls", "-lh", "--summarize", place).ended(0, out="\nTotal Objects: 4\n   Total Size: 211 B\n")
    assert "large" in shown.out
    assert bench.as_a("ls", "-h", place).out.startswith(" ")
    summed = bench.as_a("ls", "--json", "--summarize", "--sort", "size", place).objects
    assert [line["key"] for line in summed[:-1]] == ["p/dir/", "p/large", "p/new\nline", "p/middle", "p/small"]
    assert summed[-1] == {"type": "sum", "uri": place, "objects": 4, "bytes": 211}
    sorted_finds: list[tuple[tuple[str, ...], list[str]]] = [
        (("--sort", "size", "--limit", "2"), ["large", "dir/x"]),
        (("--sort", "time", "--reverse"), ["middle", "large", "small", "dir/x", "new␊line"]),
        (("--sort", "name", "--limit", "1", "--reverse"), ["small"]),
        (("--sort", "size", "--max-size", "0"), []),
    ]
    for words, names in sorted_finds:
        found = bench.as_a("find", *words, place)
        lines = [line.removeprefix(place) for line in found.out.splitlines()]
        same = sorted(lines) == sorted(names) if "time" in words else lines == names  # all may be of one second
        assert (same, found.code) == (True, 0 if names else 4), found
    assert len(bench.as_a("find", "--limit", "3", place).succeeded().out.splitlines()) == 3
    assert bench.a in bench.as_a("ls", "-1", "--sort", "time").succeeded().out.split()
    for wrong in (("ls", "-1", "-l"), ("ls", "--versions", "--sort", "size"), ("find", "--limit", "0")):
        bench.as_a(*wrong, place).ended(2)


def test_more_rows_than_memory_has_room_for_are_not_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing_rows, "MOST_ROWS", 3000)
    pages = [
        make_page("", [], [ObjectSummary(f"{number:04}", number % 997, 0) for number in range(start, start + 1000)])
        for start in range(0, 4000, 1000)
    ]
    every, three = SortedRows("size", None, reverse=False), SortedRows("size", 3, reverse=True)
    for page in pages[:3]:
        three.add(page)
        every.add(page)
    with pytest.raises(ProblemError, match="more than 3,000 rows to sort"):
        every.add(pages[3])
    assert three.page().names == ["0000", "0997", "1994"]
