"""What ends ``xs3-tui cp`` on purpose leaves nothing; what only takes its terminal away leaves it to the engine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.waiting import PATIENCE, until_true
from tui.protocol.messages.greeting import Hello
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

MIB = 1 << 20
SECONDS = 30 * PATIENCE


class Copying:
    """A copy of one object from A's bucket to B's, by the command, that takes three seconds."""

    def __init__(self, buckets: BucketPair) -> None:
        server = buckets.server
        self._theirs = server.client(server.b)
        self._bucket = buckets.b
        server.client(server.a).put_object(Bucket=buckets.a, Key="large", Body=os.urandom(12 * MIB))
        self.arguments = (
            "cp", "--from", server.a.profile, "--to", server.b.profile, "--route", "relay",
            "--multipart-threshold", "5M", "--part-size", "5M", "--limit-rate", "4M", f"s3://{buckets.a}/large", f"s3://{buckets.b}/large",
        )  # fmt: skip

    def uploads(self) -> list[Any]:
        found: list[Any] = self._theirs.list_multipart_uploads(Bucket=self._bucket).get("Uploads", [])
        return found

    def keys(self) -> list[str]:
        return [entry["Key"] for entry in self._theirs.list_objects_v2(Bucket=self._bucket).get("Contents", [])]


@pytest.fixture
def copying(server_environment: S3Server, bucket_pair: BucketPair) -> Copying:
    return Copying(bucket_pair)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [str(COMMAND), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_stop_leaves_nothing(copying: Copying, number: signal.Signals) -> None:
    with started(*copying.arguments) as process:
        until_true(lambda: bool(copying.uploads()), "the upload has begun", 30)
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
        assert copying.uploads() == [], "it returns when all is aborted, not before"
        assert process.returncode == -number, "a shell reports 130 and 143"
        assert out.splitlines()[-1].startswith("cancelled: 0 copied (0 B"), out
        assert err == ("interrupted\n" if number is signal.SIGINT else "")
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)
    assert copying.keys() == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_what_takes_only_the_terminal_away_leaves_the_copy_to_the_engine(
    copying: Copying, number: signal.Signals
) -> None:
    with started(*copying.arguments) as process:
        until_true(lambda: bool(copying.uploads()), "the upload has begun", 30)
        process.send_signal(number)
        process.communicate(timeout=SECONDS)
        assert process.returncode == -number
    until_true(lambda: copying.keys() == ["large"], "the copy is complete", 60)
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)
    assert copying.uploads() == []


def test_the_reader_leaves_and_the_copy_goes_on(copying: Copying) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write) as nobody:
        done = subprocess.run(
            [str(COMMAND), *copying.arguments, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            timeout=2 * SECONDS,
        )
    said = re.fullmatch(r"the output was closed; transfer (\S+) continues: xs3-tui transfers\n", done.stderr)
    assert (done.returncode, bool(said)) == (0, True), done
    assert copying.keys() == ["large"]


@pytest.fixture
def conflicting(demo_environment: S3Server) -> Iterator[tuple[str, ...]]:
    """The arguments of a copy onto an object that exists."""
    theirs = demo_environment.client(demo_environment.b)
    theirs.put_object(Bucket="analytics-landing", Key="asked/report.csv", Body=b"old")
    yield (
        "cp", "--from", "media-prod", "--to", "analytics",
        "s3://media-prod-assets/video.mp4", "s3://analytics-landing/asked/report.csv",
    )  # fmt: skip
    theirs.delete_object(Bucket="analytics-landing", Key="asked/report.csv")


def asked(arguments: tuple[str, ...]) -> Terminal:
    return Terminal(arguments, dict(os.environ), 120, 24)


def content(server: S3Server) -> bytes:
    got: bytes = server.client(server.b).get_object(Bucket="analytics-landing", Key="asked/report.csv")["Body"].read(9)
    return got


def test_ctrl_c_at_a_question_ends_it(conflicting: tuple[str, ...], demo_environment: S3Server) -> None:
    with asked(conflicting) as terminal:
        terminal.until_shown("a capital letter applies to all:")
        terminal.send(b"\x03")
        assert terminal.until_ended(20) == -signal.SIGINT
        assert "interrupted" in terminal.text
    assert content(demo_environment) == b"old"


def test_ctrl_d_at_a_question_leaves_the_object_alone(conflicting: tuple[str, ...], demo_environment: S3Server) -> None:
    with asked(conflicting) as terminal:
        terminal.until_shown("a capital letter applies to all:")
        terminal.send(b"\x04")
        assert terminal.until_ended(20) == 1
        assert "1 undecided" in terminal.text
    assert content(demo_environment) == b"old"


def test_an_answer_is_asked_for_until_it_is_one(conflicting: tuple[str, ...], demo_environment: S3Server) -> None:
    with asked(conflicting) as terminal:
        terminal.until_shown("a capital letter applies to all:")
        terminal.send("what?\r")
        terminal.until(lambda: terminal.text.count("a capital letter applies to all:") == 2, "the question again")
        terminal.send("o\r")
        assert terminal.until_ended(60) == 0
    assert content(demo_environment) != b"old"


def test_nothing_to_copy_is_not_found(demo_environment: S3Server) -> None:
    with started(
        "cp", "-r", "--from", "media-prod", "--to", "analytics", "--json",
        "s3://media-prod-assets/no/such/prefix/", "s3://analytics-landing/",
    ) as process:  # fmt: skip
        out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 4
    assert "no/such/prefix/" in err
    assert json.loads(out.splitlines()[-1])["transfer"]["objects_done"] == 0


async def _engine_pid() -> int:
    session = EngineSession(EngineProcess())
    try:
        return (await session.ask(Hello())).pid
    finally:
        await session.close()


def test_a_killed_engine_is_restarted_and_the_copy_continues(copying: Copying) -> None:
    with started(*copying.arguments, "--json") as process:
        until_true(lambda: bool(copying.uploads()), "the upload has begun", 30)
        os.kill(asyncio.run(_engine_pid()), signal.SIGKILL)
        out, err = process.communicate(timeout=3 * SECONDS)
    assert process.returncode == 0, (out, err)
    assert err.count("the engine stopped unexpectedly") == 1
    assert "restarting it" in err
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["result"]["outcome"] for line in lines if line["type"] == "object"] == ["copied"]
    assert lines[-1]["transfer"]["state"] == "done"
    assert (copying.keys(), copying.uploads()) == (["large"], [])
