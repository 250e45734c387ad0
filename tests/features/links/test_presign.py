import asyncio
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from yarl import URL

from tests.cli.conftest import Bench, only_demo
from tests.e2e.test_secrets import holding

KEY = "in/a + b=&?#%41 ü.txt"


def get(url: str) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(url) as answer:
        return answer.read(), {name.lower(): value for name, value in answer.headers.items()}


def link(bench: Bench, *arguments: str) -> str:
    return bench.as_a("presign", *arguments).succeeded().out.strip()


def status(url: str, method: str = "GET", body: bytes | None = None) -> int:
    try:
        urllib.request.urlopen(urllib.request.Request(url, body, method=method))
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def test_a_link_downloads_with_the_headers_that_were_asked_for(bench: Bench, surroundings: Path) -> None:
    bench.put(KEY, body=b"0123456789")
    disposition = 'attachment; filename="x.txt"'
    url = link(
        bench,
        f"s3://{bench.a}/{KEY}",
        f"--response-content-disposition={disposition}",
        "--response-content-type=text/plain",
    )
    content, headers = get(url)
    assert (content, headers["content-type"], headers["content-disposition"]) == (
        b"0123456789",
        "text/plain",
        disposition,
    )
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert status(url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200")) == 403
    assert not list(holding(surroundings, [query["X-Amz-Signature"][0]]))


async def put(url: str, content: bytes) -> int:
    async with aiohttp.ClientSession() as session, session.put(URL(url, encoded=True), data=content) as answer:
        return answer.status


def test_a_link_uploads_by_aiohttp_and_curl(bench: Bench, tmp_path: Path) -> None:
    assert asyncio.run(put(link(bench, "--put", f"s3://{bench.a}/by aiohttp"), b"content")) == 200
    url = link(bench, "--put", "--content-type=text/csv", f"s3://{bench.a}/by-curl")
    assert status(url, "PUT", b"content") == 403  # urllib sends another type
    if curl := shutil.which("curl"):
        (tmp_path / "f").write_bytes(b"a,b")
        subprocess.run([curl, "-sf", "-T", str(tmp_path / "f"), "-H", "Content-Type: text/csv", url], check=True)
        assert bench.mine.head_object(Bucket=bench.a, Key="by-curl")["ContentType"] == "text/csv"
    assert bench.mine.get_object(Bucket=bench.a, Key="by aiohttp")["Body"].read() == b"content"


def test_a_link_of_a_version_stays_with_it(bench: Bench) -> None:
    bench.keep_versions()
    old = bench.mine.put_object(Bucket=bench.a, Key="k", Body=b"old")["VersionId"]
    bench.put("k", body=b"new")
    assert get(link(bench, f"s3://{bench.a}/k", "--version-id", old))[0] == b"old"


@only_demo
def test_several_links_say_what_to_know(bench: Bench) -> None:
    bench.put("k")
    done = bench.as_a("presign", f"s3://{bench.a}/k", f"s3://{bench.a}/missing", "--expires", "7d", "--json")
    first, second = done.objects
    assert (first["method"], first["identity"]) == ("GET", "media-prod")
    assert not first["ends_with_credentials"]
    assert first["arn"].endswith("user/deploy")
    assert get(first["url"])[0] == b"content"
    assert "the object does not exist" in second["warnings"][0]


@only_demo
def test_a_link_of_a_role_ends_with_its_session(bench: Bench) -> None:
    uri = "s3://media-prod-private/clients/acme/contract.pdf"
    done = bench.run("presign", uri, "--profile", "analytics-as-media-reader", "--expires", "7d").succeeded()
    assert "it expires with the session that signs it, before the requested time" in done.err
    (told,) = bench.run("presign", uri, "--profile", "analytics-as-media-reader", "--expires=7d", "--json").objects
    assert told["ends_with_credentials"]
    assert told["until"] < told["asked_until"]


@only_demo
def test_a_link_is_a_qr_code_on_request(bench: Bench) -> None:
    pytest.importorskip("segno")
    bench.put("k")
    url, *rows = bench.as_a("presign", f"s3://{bench.a}/k", "--qr").out.splitlines()
    assert get(url)[0] == b"content"
    assert len(rows) > 20
    assert len({len(row) for row in rows}) == 1
