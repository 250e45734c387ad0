"""Every command that prints: to a disk that is full, to a reader that leaves, and to nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.terminal import COMMAND
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tests.waiting import PATIENCE

ASSETS = "s3://media-prod-assets/"
AS_A = ("--profile", "media-prod")

PRINTING: list[tuple[str, ...]] = [
    ("--help",),
    ("cat", *AS_A, f"{ASSETS}video.mp4"),
    ("head", *AS_A, f"{ASSETS}video.mp4"),
    ("cat", "--json", *AS_A, f"{ASSETS}video.mp4"),
    ("cp", *AS_A, f"{ASSETS}video.mp4", "-"),
    ("cp", "-r", "--dry-run", *AS_A, f"{ASSETS}video/", f"{ASSETS}copy/"),
    ("ls", "-r", *AS_A, ASSETS),
    ("ls", "-r", "--json", *AS_A, ASSETS),
    ("ls", "--json", *AS_A, "s3://no-such-bucket-anywhere"),
    ("find", *AS_A, ASSETS),
    ("du", *AS_A, ASSETS),
    ("diff", *AS_A, ASSETS, f"{ASSETS}video/"),
    ("versions", "-r", *AS_A, ASSETS),
    ("owners", *AS_A, ASSETS),
    ("inspect", *AS_A, f"{ASSETS}video.mp4"),
    ("policy", "get", *AS_A, ASSETS),
    ("presign", *AS_A, f"{ASSETS}video.mp4"),
    ("config",),
    ("completion", "bash"),
]


def ended(arguments: tuple[str, ...], out: int | None, redirection: str = "") -> tuple[int, str]:
    """The exit code and stderr of a command that prints there."""
    script = f'exec "$0" "$@" {redirection}'
    done = subprocess.run(
        ["/bin/sh", "-c", script, str(COMMAND), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60 * PATIENCE,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_what_cannot_be_printed_is_said_in_a_line(demo_environment: S3Server, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        code, said = ended(arguments, full.fileno())
    assert (code, said.splitlines()[-1]) == (1, "xs3-tui: stdout cannot be written: No space left on device"), said
    assert "Traceback" not in said


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_reader_that_has_left_is_no_error(demo_environment: S3Server, arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        code, said = ended(arguments, writing)
    finally:
        os.close(writing)
    assert code == 1, said
    assert not {"Traceback", "Broken pipe", "Exception", "stdout"} & set(said.replace(":", " ").split()), said


def test_a_closed_stdout_is_said_before_anything_is_done(demo_environment: S3Server) -> None:
    assert ended(("cat", *AS_A, f"{ASSETS}video.mp4"), None, ">&-") == (
        1,
        "xs3-tui: stdout cannot be written: it is closed\n",
    )


def test_a_transfer_goes_on_when_its_reader_has_left_and_says_how_it_went(
    demo_environment: S3Server, tmp_path: Path
) -> None:
    client = demo_environment.client(demo_environment.a)

    def keys(bucket: str) -> list[str]:
        return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]

    for number in range(3):
        (tmp_path / str(number)).write_text("x")
    with fresh_bucket(demo_environment, demo_environment.a) as bucket:
        place = f"s3://{bucket}/"
        steps: list[tuple[tuple[str, ...], list[str]]] = [
            (("cp", "-r", f"{tmp_path}/", f"{place}a/"), ["a/0", "a/1", "a/2"]),
            (("mv", "-r", f"{place}a/", f"{place}b/"), ["b/0", "b/1", "b/2"]),
            (("sync", "--json", f"{place}b/", f"{place}c/"), ["b/0", "b/1", "b/2", "c/0", "c/1", "c/2"]),
            (("rm", "-r", "--yes", place), []),
        ]
        for words, left in steps:
            reading, writing = os.pipe()
            os.close(reading)
            try:
                code, said = ended((words[0], *AS_A, *words[1:]), writing)
            finally:
                os.close(writing)
            assert (code, keys(bucket)) == (0, left), words
            assert said.startswith("the output was closed; transfer "), words
            assert len(said.splitlines()) == 1, words
