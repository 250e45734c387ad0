"""The demo as a process of its own, its profiles, and what there is to see."""

import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest

from tests.demo.conftest import Client
from tests.servers.buckets import refused
from tests.servers.daemon import runs
from tests.servers.surroundings import use
from tests.waiting import PATIENCE, until_true
from tui.demo.cloud import content_bytes
from tui.demo.cloud.content_bytes import MEBIBYTE, DemoContentRange, Joined, MemoryContent, whole
from tui.demo.demo_profiles import MEDIA_PROD, ROLE_PROFILE, write_profiles
from tui.demo.demo_world import EVENT_KEYS, MASTER_BYTES, MASTER_CRC32, MASTER_ETAG, MASTER_KEY, MASTER_SEED
from tui.demo.launch import DemoServer, PortInUseError, start
from tui.demo.world_build import BASE, PART, media, multipart_etag

DEADLINE = 20.0 * PATIENCE


def test_a_server_answers_at_once_and_is_gone_after_stop(elsewhere: Path) -> None:
    server = start(elsewhere)
    try:
        with pytest.raises(HTTPError) as refused:
            urlopen(f"http://127.0.0.1:{server.port}/", timeout=DEADLINE)
        refused.value.close()
        assert refused.value.code == 403
        assert os.getpriority(os.PRIO_PROCESS, server.pid) >= 10
        assert os.getsid(server.pid) != os.getsid(0)
        assert stat.S_IMODE(server.log.stat().st_mode) == 0o600
        assert server.exit_status is None
    finally:
        server.stop()
        server.stop()
    assert not runs(server.pid)
    assert server.log.read_text() == ""


def test_a_port_in_use_is_said_with_a_remedy(elsewhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"{port} on 127.0.0.1 is already in use.*--port"):
            start(elsewhere, port)
    assert not elsewhere.exists()


def test_without_moto_the_message_says_how_to_get_it(elsewhere: Path) -> None:
    script = (
        "import sys; sys.modules['moto'] = None\n"
        "from pathlib import Path; from tui.demo.launch import DemoNotInstalledError, start\n"
        f"try: start(Path({str(elsewhere)!r}))\n"
        "except DemoNotInstalledError as error: print(error.remedy)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'xs3-tui[demo]'" in done.stdout


@pytest.mark.parametrize("ready", [True, False], ids=["serving", "still importing"])
def test_kill_9_of_the_parent_leaves_no_server(elsewhere: Path, ready: bool) -> None:
    script = (
        "import sys, socket; from pathlib import Path; from tui.demo.launch import start\n"
        f"server = start(Path({str(elsewhere)!r}))\n"
        f"if {ready}:\n"
        "    client = socket.create_connection(('127.0.0.1', server.port))\n"
        "    client.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); client.recv(1)\n"
        "print(server.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert runs(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(DEADLINE)
        until_true(lambda: not runs(child), "the server is gone", DEADLINE)


SCRIPT = (
    "import sys; from pathlib import Path; from tui.app.demo_serve import serve_demo as serve; sys.exit(serve({}, 0))"
)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("number", "named"),
    [(signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGHUP, False)],
    ids=["--dir", "own directory", "hung up"],
)
def test_serves_until_a_signal(tmp_path: Path, number: signal.Signals, named: bool) -> None:
    directory = tmp_path / "it's named"
    script = SCRIPT.format(f"Path({str(directory)!r})" if named else None)
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as serving:
        assert serving.stdout is not None
        lines: list[str] = []
        while "xs3-tui --left" not in (lines or [""])[-1]:
            line = serving.stdout.readline()
            assert line, "it ended early"
            lines.append(line)
        shown = "".join(lines)
        port = re.search(r"http://127\.0\.0\.1:(\d+)", shown)
        assert port is not None
        with pytest.raises(HTTPError) as refused:
            urlopen(port[0], timeout=DEADLINE)
        refused.value.close()
        config = re.search(r"export AWS_CONFIG_FILE=(.*)", shown)
        assert config is not None
        assert Path(*shlex.split(config[1])).is_file()
        assert "export AWS_SHARED_CREDENTIALS_FILE=" in shown
        assert "aws --profile analytics s3 ls s3://media-prod-assets" in shown
        serving.send_signal(number)
        assert serving.wait(DEADLINE) == 0
    assert list(tmp_path.glob("xs3-tui-demo-*")) == []
    assert directory.exists() == named


def test_files_are_private_even_over_files_that_were_not(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "profiles"
    directory.mkdir(parents=True, mode=0o755)
    (directory / "credentials").write_text("old")
    (directory / "credentials").chmod(0o644)
    environment = write_profiles(directory, 4711)
    assert environment == {
        "AWS_CONFIG_FILE": str(directory / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"),
    }
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_profiles_work_as_they_are_written(demo: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, demo.environment)
    for profile, arn in (
        ("media-prod", "arn:aws:iam::111111111111:user/deploy"),
        ("analytics", "arn:aws:iam::222222222222:user/bob"),
        (ROLE_PROFILE, "arn:aws:sts::111111111111:assumed-role/partner-read/xs3-tui-demo"),
    ):
        session: Any = boto3.Session(profile_name=profile)  # its stubs know each service by a literal
        with closing(session.client("sts")) as sts, closing(session.client("s3")) as s3:
            assert sts.get_caller_identity()["Arn"] == arn
            assert s3.list_objects_v2(Bucket="media-prod-assets", MaxKeys=1)["KeyCount"] == 1


def test_what_runs_before_first_paint_imports_no_server() -> None:
    script = (
        "import sys, tui.demo.demo_profiles, tui.demo.launch, tui.app.demo_serve\n"
        "heavy = {'moto', 'boto3', 'botocore', 'flask', 'werkzeug', 'textual'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


A_BUCKETS = [f"media-prod-{name}" for name in ("archive", "assets", "office", "preferred", "private")]


def test_what_each_may_in_the_buckets_of_the_other(a: Client, b: Client) -> None:
    own = MEDIA_PROD.canonical_id
    for name, lists, reads in (
        ("assets", True, True),
        ("private", False, False),
        ("archive", False, False),
        ("office", False, False),
        ("preferred", True, False),
    ):
        bucket = f"media-prod-{name}"
        listed = a.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
        key = next(one["Key"] for one in listed if one["Owner"]["ID"] == own and one["StorageClass"] == "STANDARD")
        assert refused(b.list_objects_v2, Bucket=bucket) == ("" if lists else "AccessDenied"), name
        assert refused(b.head_object, Bucket=bucket, Key=key) == ("" if reads else "403"), name
    a.list_objects_v2(Bucket="analytics-dropbox")
    for bucket in ("analytics-landing", "analytics-reports"):
        assert refused(a.list_objects_v2, Bucket=bucket) == "AccessDenied"


def test_some_thousands_of_keys(b: Client) -> None:
    pages = b.get_paginator("list_objects_v2").paginate(Bucket="analytics-landing", Prefix="events/")
    assert sum(len(page["Contents"]) for page in pages) == EVENT_KEYS


def test_nothing_is_younger_than_the_worlds_present(a: Client, b: Client) -> None:
    asked = [*((a, bucket) for bucket in A_BUCKETS), (b, "analytics-reports")]
    listed = [client.list_objects_v2(Bucket=bucket)["Contents"] for client, bucket in asked]
    youngest = [max(one["LastModified"] for one in each) for each in listed]
    assert len(youngest) == len(A_BUCKETS) + 1
    assert max(youngest) <= BASE


def test_the_master_has_the_etag_and_checksum_it_claims(b: Client) -> None:
    content = media(MASTER_SEED, MASTER_BYTES)
    assert multipart_etag(content, (PART,) * (MASTER_BYTES // PART)) == MASTER_ETAG
    assert content_bytes.compute("CRC32", content) == MASTER_CRC32
    head = b.head_object(Bucket="media-prod-assets", Key=MASTER_KEY, ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ETag"]) == (200 * MEBIBYTE, f'"{MASTER_ETAG}"')
    assert head["ChecksumCRC32"] == MASTER_CRC32


def test_every_mebibyte_of_generated_content_is_another_one() -> None:
    content = media(1, 64 * MEBIBYTE)
    assert len({whole(DemoContentRange(content, start, MEBIBYTE)) for start in range(0, content.size, MEBIBYTE)}) == 64
    assert whole(media(1, MEBIBYTE)) != whole(media(2, MEBIBYTE))


def test_joined_and_section_are_slices() -> None:
    octets = b"abcdefghi"
    joined = Joined(
        (MemoryContent(octets[:3]), DemoContentRange(MemoryContent(b"xxdefgxx"), 2, 4), MemoryContent(octets[7:]))
    )
    for begin, stop in ((0, 9), (2, 7), (3, 3), (0, 3), (4, 5)):
        assert b"".join(joined.read(begin, stop)) == octets[begin:stop]


def test_the_world_is_the_same_in_every_process(a: Client) -> None:
    script = (
        "from tui.demo.server import make_world\n"
        "bucket = make_world().store.bucket('media-prod-assets')\n"
        "for key in bucket.keys.in_order(): print(ascii(key), bucket.find(key).etag, bucket.find(key).last_modified)"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    served = {ascii(one["Key"]): one["ETag"] for one in a.list_objects_v2(Bucket="media-prod-assets")["Contents"]}
    lines = dict(line.rsplit(" ", 3)[:2] for line in made.splitlines())
    assert lines == served
