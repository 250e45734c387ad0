"""cat and head: exact bytes to a pipe, nothing that acts to a terminal."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.content.conftest import AS_A, Put
from tests.e2e.terminal import COMMAND, Terminal

ESCAPES = b"\x1b[2J\x1b]52;c;QUJD\x07 bell and title \x9b31m\r\nlast"


def piped(*arguments: str, read: int = -1) -> tuple[bytes, int]:
    """What the command writes to a pipe, up to so many bytes, and how it ends."""
    with subprocess.Popen([COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        out = process.stdout.read(read)
        process.stdout.close()
        assert process.stderr.read() == b""
        return out, process.wait()


def test_a_pipe_gets_the_exact_bytes_and_may_be_closed_early(run: Run, put: Put) -> None:
    body = ESCAPES + bytes(range(256)) * 20_000
    uri = put("dir/k", body)
    assert piped("cat", *AS_A, uri, uri) == (body + body, 0)
    assert piped("cat", *AS_A, uri, read=5)[0] == body[:5]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--range", "2-4"), b"234"),
        (("--range", "8-"), b"89"),
        (("--range", "-3"), b"789"),
        (("--range", "-30"), b"0123456789"),
        (("--offset", "3", "--length", "2"), b"34"),
        (("--length", "0"), b""),
    ],
)
def test_ranges(run: Run, put: Put, options: tuple[str, ...], expected: bytes) -> None:
    ended = run("cat", *AS_A, *options, put("k", b"0123456789"))
    assert (ended.code, ended.out.encode()) == (0, expected)


def test_an_empty_object_is_nothing_and_one_that_is_not_there_an_error(run: Run, put: Put) -> None:
    uri = put("empty", b"")
    assert (run("cat", *AS_A, uri).code, run("cat", *AS_A, uri).out) == (0, "")
    ended = run("cat", *AS_A, f"{uri}-not")
    assert ended.code == 4
    assert "check the key" in ended.err


def test_what_is_inside_and_the_first_lines(run: Run, put: Put, tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(1, 30))
    uri = put("a.txt.gz", gzip.compress(text.encode()))
    assert run("cat", "-z", *AS_A, uri).out == text
    assert run("cat", "-z", "--offset", "5", "--length", "3", *AS_A, uri).out == text[5:8]
    assert run("head", "-z", *AS_A, uri).out == "".join(text.splitlines(keepends=True)[:10])
    (tmp_path / "here.txt").write_text(text)
    assert run("head", "-n", "2", str(tmp_path / "here.txt")).out == "line 1\nline 2\n"
    assert run("head", "-c", "6", str(tmp_path / "here.txt")).out == "line 1"


def test_head_names_each_of_several_objects_and_nothing_acts(run: Run, put: Put) -> None:
    uris = [put("a\x1b[2J", b"one\n"), put("empty", b""), put("last", b"two")]
    shown = ["==> " + uris[0].replace("\x1b", "␛") + " <==", "one", "", f"==> {uris[1]} <==", ""]
    assert run("head", *AS_A, *uris).out.splitlines() == [*shown, f"==> {uris[2]} <==", "two"]
    assert run("head", *AS_A, uris[2]).out == "two", "one alone is not named"
    assert run("cat", *AS_A, *uris).out == "one\ntwo"
    assert {line["type"] for line in run("head", "--json", *AS_A, *uris).objects} == {"content", "bytes"}
    missing = run("head", *AS_A, f"{uris[0]}-not", uris[2])
    assert (missing.code, missing.out) == (4, ""), "what is not there is not named"


def test_json_says_what_is_known_then_the_bytes(run: Run, put: Put) -> None:
    first, *pieces = run("cat", "--json", "--range", "-4", *AS_A, put("k", b"0123456789")).objects
    assert (first["type"], first["size"], first["content_type"]) == ("content", 10, "binary/octet-stream")
    assert [(each["offset"], base64.b64decode(each["base64"])) for each in pieces] == [(6, b"6789")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("cat", "s3://bucket/"), "name an object"),
        (("cat", "--range", "3-1", "s3://b/k"), "last byte is before"),
        (("cat", "--range", "x", "s3://b/k"), "is no range"),
        (("cat", "--range", "1-2", "--offset", "1", "s3://b/k"), "one of --range"),
        (("cat", "-z", "--range", "-2", "s3://b/k"), "reads from the start"),
        (("head", "-n", "1", "-c", "1", "s3://b/k"), "one of --lines"),
        (("head", "--version-id", "v", "s3://b/k", "s3://b/l"), "single S3 object"),
    ],
)
def test_usage(run: Run, arguments: tuple[str, ...], says: str) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert says in ended.err


def test_a_terminal_gets_text_and_is_asked_before_it_gets_anything_else(put: Put) -> None:
    with Terminal(["cat", *AS_A, put("k", ESCAPES)], dict(os.environ)) as terminal:
        terminal.until_shown("last")
        assert "␛[2J␛]52;c;QUJD␇ bell and title" in terminal.text
        assert b"\x1b[2J" not in terminal.output
        assert b"\x1b]" not in terminal.output
    with Terminal(["cat", *AS_A, put("k", b"\x7fELF\0\0\0rest")], dict(os.environ)) as terminal:
        terminal.until_shown("is not text. Print it here")
        terminal.send("y\r")
        terminal.until_shown("␡ELF␀␀␀rest")
    with Terminal(["cat", *AS_A, put("k", b"\x7fELF\0\0\0rest")], dict(os.environ)) as terminal:
        terminal.until_shown("is not text. Print it here")
        terminal.send("\r")
        terminal.until_shown("was not printed")
