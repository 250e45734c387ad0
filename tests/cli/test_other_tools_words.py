"""What is typed as with ``aws s3``: headers and metadata, its options, its patterns, lists in another order."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import MIB, Bench, ask_engine, only_demo
from tests.e2e.terminal import COMMAND
from tests.waiting import until_true
from tui.link.request import Hello

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
    for number, how in enumerate((("mv",), ("cp", "--route", "relay"), ("cp", "-r", "--route", "pull"))):
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
