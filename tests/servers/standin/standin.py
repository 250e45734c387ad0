"""An S3 server that is never the bottleneck: made keys without end, and a line as slow as wanted.

It keeps no accounts and reads no signatures: what has to do with owners and grants is for the other servers.
"""

import hashlib
import json
import os
import platform
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.servers.daemon import Daemon, ServerError, await_server
from tests.servers.server import Account, S3Server, write_profiles

REGION = "us-east-1"
LEFT = Account("left", "STANDINLEFT", "unread-secret-left", REGION, canonical_id="standin", principal="")
RIGHT = Account("right", "STANDINRIGHT", "unread-secret-right", REGION, canonical_id="standin", principal="")
START_SECONDS = 10.0

SOURCES = Path(__file__).parent
KEPT = SOURCES.parent / "run"
COMPILE = ("cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror")
LIBRARIES = ("-lssl", "-lcrypto")


class Layout(Enum):
    """How the keys of a made bucket are arranged."""

    FLAT = "flat"
    """All below one prefix: events/event-00000000-7f3a9c.json.gz"""
    TREE = "tree"
    """A hundred to a prefix: logs/0000/00/event-00000000-7f3a9c.json.gz"""


@dataclass(frozen=True, slots=True)
class GeneratedBucket:
    """A read-only bucket of `count` objects of `size` bytes each, of which nothing is stored."""

    name: str
    count: int
    size: int
    layout: Layout = Layout.FLAT


@dataclass(frozen=True, slots=True)
class Line:
    """The line to the server: milliseconds before each answer, megabytes a second of each connection and direction.

    With `certificate` (a PEM file with its key) it is TLS, whose handshake costs the latency once more.
    """

    latency_ms: float = 0
    megabytes_per_second: float | None = None
    certificate: Path | None = None


@dataclass(frozen=True, slots=True)
class Traits:
    """What kind of server it seems to be. `server`: its name in answers.

    `tagged`: every so many made objects have metadata, a content type and a tag, which heads count; 0: none has.
    `unproven`: nothing tells what was written, neither an ETag nor a checksum.
    """

    server: str = "AmazonS3"
    tagged: int = 0
    unproven: bool = False


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the stand-in has done: requests by kind, connections, body and answer bytes, its own CPU seconds.

    `replaced`: objects that were written where there was one already.
    """

    requests: dict[str, int]
    replaced: int
    connections: int
    received: int
    sent: int
    cpu_seconds: float


WIDE = GeneratedBucket("wide", 200_000, 16 << 10)
SMALL = GeneratedBucket("small", 20_000, 16 << 10)
BIG = GeneratedBucket("big", 1, 4 << 30)
MILLION = GeneratedBucket("million", 1_000_000, 16 << 10, Layout.TREE)


class Standin:
    """A running stand-in. Buckets named `null…` drop what is written to them; others keep it in memory."""

    def __init__(self, daemon: Daemon, port: int, directory: Path, certificate: Path | None = None) -> None:
        self._daemon = daemon
        endpoint = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        self._trusted = ssl.create_default_context(cafile=certificate) if certificate else None
        environment = write_profiles(directory, endpoint, LEFT, RIGHT)
        self.server = S3Server("standin", endpoint, LEFT, RIGHT, environment, frozenset())

    @property
    def pid(self) -> int:
        return self._daemon.pid

    def statistics(self, *, reset: bool = False) -> Statistics:
        url = f"{self.server.endpoint}/_stats{'?reset' if reset else ''}"
        with urllib.request.urlopen(url, timeout=10, context=self._trusted) as answer:
            return Statistics(**json.load(answer))


@contextmanager
def running_standin(
    directory: Path,
    buckets: Sequence[GeneratedBucket] = (WIDE, SMALL, BIG, MILLION),
    line: Line | None = None,
    traits: Traits | None = None,
) -> Iterator[Standin]:
    """Run a stand-in, whose log and AWS profiles (`left`, `right`) are put into `directory`, while the block lasts.

    Raises `ServerError` when it cannot be compiled or does not come up.
    """
    log = directory / "standin.log"
    line = line or Line()
    daemon = Daemon("standin", [str(compiled()), *_arguments(buckets, line, traits or Traits())], log)
    try:
        await_server("the stand-in", lambda: _port(log) is not None, [daemon], START_SECONDS)
        port = _port(log)
        if port is None:
            raise ServerError(daemon.logged())
        yield Standin(daemon, port, directory, line.certificate)
    finally:
        daemon.kill()


def _arguments(buckets: Sequence[GeneratedBucket], line: Line, traits: Traits) -> list[str]:
    words = ["--port", "0", "--latency-ms", str(line.latency_ms), "--server", traits.server]
    words += ["--tagged", str(traits.tagged), *(["--unproven", "yes"] if traits.unproven else [])]
    if line.megabytes_per_second is not None:
        words += ["--megabytes-per-second", str(line.megabytes_per_second)]
    if line.certificate is not None:
        words += ["--tls", str(line.certificate)]
    for bucket in buckets:
        words += ["--generate", f"{bucket.name}:{bucket.count}:{bucket.size}:{bucket.layout.value}"]
    return words


def _port(log: Path) -> int | None:
    """The port the stand-in says it listens on, once it has said so in full."""
    text = log.read_text()
    return int(text.split()[-1]) if text.endswith("\n") and text.startswith("listening on ") else None


def compiled() -> Path:
    """Return the program, compiling it first when this state of its sources has not been compiled here.

    Raises `ServerError`, naming what is to be installed, without a C compiler.
    """
    sources = sorted(path for path in SOURCES.iterdir() if path.suffix in {".c", ".h"})
    state = hashlib.sha256(platform.machine().encode())
    for source in sources:
        state.update(source.read_bytes())
    program = KEPT / f"standin-{state.hexdigest()[:16]}"
    if not program.exists():
        _compile([source for source in sources if source.suffix == ".c"], program)
    return program


def _compile(sources: list[Path], program: Path) -> None:
    if shutil.which(COMPILE[0]) is None:
        raise ServerError(
            "The S3 stand-in needs a C compiler. Run `make test-servers`, which installs one, "
            "or leave these tests out: pytest -m 'not server and not bench'"
        )
    program.parent.mkdir(exist_ok=True)
    # Its own name until it is whole: test processes compile side by side.
    unfinished = program.with_name(f"{program.name}.{os.getpid()}")
    command = [*COMPILE, "-o", str(unfinished), *map(str, sources), *LIBRARIES]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ServerError(
            f"The S3 stand-in does not compile (`make test-servers` installs OpenSSL's headers):\n{result.stderr}"
        )
    unfinished.rename(program)
