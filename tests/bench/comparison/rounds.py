"""Interleaved rounds of one workload: ours, peer, peer, then peer, peer, ours; each run is measured, and looked at."""

import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from tests.bench.comparison.clients import Before, Client, Kind, Place, Task, client
from tests.bench.comparison.workloads import Workload
from tests.servers.standin.standin import GeneratedBucket, Line, Standin, Statistics, running_standin
from tests.servers.surroundings import scratch_variables
from tests.stores.faults import certificate

LAUNCHER = Path(__file__).parent / "programs" / "launcher.py"

MOST_SECONDS = 600.0
"""A command that takes longer is killed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run cost: wall seconds until the command ended; CPU seconds and peak memory of its processes.

    `memory_mb` is that of all its processes together, `largest_mb` that of the largest of them.
    """

    seconds: float
    cpu_seconds: float
    memory_mb: float
    largest_mb: float


class RunError(Exception):
    """The command failed, took too long, or did not do what it should have done."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A command that is run before the one that is measured; `stays`: what it leaves running, too."""

    command: Sequence[str]
    stays: bool


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    earlier: Earlier | None = None,
    begin: Callable[[], None] = lambda: None,
) -> tuple[Cost, Path]:
    """Run a command and what it starts; return the cost and the file with its output.

    `directory` takes the output. `begin` is called when the earlier command has ended. Raises `RunError`, with the end
    of what the command said, unless both end with 0.
    """
    report, output, errors = (directory / name for name in ("report.json", "output", "errors"))
    first = json.dumps(asdict(earlier) if earlier else None)
    launched = [sys.executable, "-ISE", str(LAUNCHER), str(report), str(output), str(MOST_SECONDS), first, *command]
    with errors.open("wb") as stderr:
        # In a session of its own, as the engine is: Linux shares the processor between sessions first.
        with subprocess.Popen(
            launched,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=directory,
            start_new_session=True,
        ) as launcher:
            try:
                if launcher.stdout and launcher.stdout.readline():
                    begin()
                launcher.communicate(b"\n")
            finally:
                launcher.terminate()  # it ends what it has started
        status = launcher.returncode
    said = errors.read_bytes()[-2000:].decode(errors="replace")
    if status != 0:
        raise RunError(f"the launcher ended with {status}: {said}")
    reported = json.loads(report.read_text())
    if reported["status"] != 0:
        raise RunError(f"{command[0]} ended with {reported['status']}: {said}")
    together, largest = (reported[peak] * 1024 / 1e6 for peak in ("together", "largest"))
    return Cost(reported["seconds"], reported["cpu_seconds"], together, largest), output


def bare_environment() -> dict[str, str]:
    """What every command needs of this process's environment."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}


S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"
SAMPLES = 16
NUMBER = re.compile(rb"event-(\d{8})")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads buckets of a stand-in, over TLS when there is a certificate."""

    certificate: Path | None = None

    def listed(self, place: Place) -> Iterator[tuple[str, int]]:
        """Every key and size of a bucket, in order."""
        query = {"list-type": "2"}
        while True:
            page = ElementTree.fromstring(self._get(f"{place.endpoint}/{place.bucket}?{urlencode(query)}"))
            for entry in page.iterfind(f"{S3}Contents"):
                yield entry.findtext(f"{S3}Key", ""), int(entry.findtext(f"{S3}Size", ""))
            token = page.findtext(f"{S3}NextContinuationToken")
            if token is None:
                return
            query["continuation-token"] = token

    def content(self, place: Place, key: str) -> bytes:
        return self._get(f"{place.endpoint}/{place.bucket}/{quote(key)}")

    def _get(self, url: str) -> bytes:
        context = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        with urllib.request.urlopen(url, timeout=60, context=context) as answer:
            body: bytes = answer.read()
        return body


def verify_copies(reader: Reader, source: Place, target: Place, *, count: int, size: int, contents: bool) -> None:
    """Number and sizes of the objects at the target, and some contents; raises `RunError`.

    Without `contents` the target is a bucket that has dropped them.
    """
    copies = list(reader.listed(target))
    if len(copies) != count:
        raise RunError(f"{len(copies)} objects at the target instead of {count}")
    if wrong := [key for key, copied in copies if copied != size]:
        raise RunError(f"{len(wrong)} copies are not {size} bytes, such as {wrong[0]}")
    step = max(1, count // SAMPLES)
    for key, _ in copies[::step] if contents else ():
        if reader.content(source, key) != reader.content(target, key):
            raise RunError(f"the copy of {key} is another one")


def verify_listing(output: Path, count: int) -> None:
    """The output is the number of keys or their names, each once; raises `RunError`."""
    printed = output.read_bytes()
    names = NUMBER.findall(printed)
    listed = len(set(names)) if names else int(printed or 0)
    if listed != count or len(names) not in (0, count):
        raise RunError(f"{listed} keys listed instead of {count}, in {len(names)} lines")


SOURCE, KEPT, DROPPED, FEW = "source", "kept", "null-sink", "few"
PROOF = 64 << 20
"""Bytes of the object by which the contents of large copies are compared, in a bucket that keeps them."""


@dataclass(frozen=True, slots=True)
class Run:
    """One client's run in one round: its requests by kind, the `load` before it, CPU seconds of the stand-ins."""

    client: str
    round: int
    cost: Cost
    requests: dict[str, int]
    server_cpu: float
    load: float


@dataclass
class Result:
    """All runs of a workload; `failed` says which were wrong, and how."""

    workload: str
    date: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    count: int = 0
    runs: list[Run] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def measure(workload: Workload, rounds: int, say: Callable[[str], None]) -> Result:
    result = Result(workload.name, count=workload.count)
    clients = [client(name) for name in workload.clients]
    if workload.kind is Kind.LARGE:
        clients = [each for each in clients if _proved(workload, each, result, say)]
    for number in range(rounds):
        for each in clients if number % 2 == 0 else reversed(clients):
            load = os.getloadavg()[0]
            try:
                measured = _measured(workload, each, number, load)
            except RunError as error:
                result.failed.append(f"{each.name}: {error}")
                say(f"  {each.name:>24}: FAILED: {error}")
                continue
            result.runs.append(measured)
            cost = measured.cost
            say(
                f"  {each.name:>24}: {cost.seconds:7.2f} s, CPU {cost.cpu_seconds:6.2f} s, {cost.memory_mb:5.0f} MB, "
                f"{sum(measured.requests.values()) / workload.count:7.3f} requests an object, load {load:.1f}"
            )
    return result


def _proved(workload: Workload, each: Client, result: Result, say: Callable[[str], None]) -> bool:
    """Whether a client's copy of a smaller object, in a bucket that keeps it, has the source's content."""
    try:
        _measured(replace(workload, size=min(PROOF, workload.size)), each, -1, 0.0, keeps=True)
    except RunError as error:
        result.failed.append(f"{each.name}: {error}")
        say(f"  {each.name:>24}: FAILED: {error}")
        return False
    return True


def _measured(workload: Workload, each: Client, number: int, load: float, *, keeps: bool = False) -> Run:
    with tempfile.TemporaryDirectory(prefix="xs3-") as name:
        directory = Path(name)
        file = certificate(directory)[0] if workload.tls else None
        line = replace(workload.line, certificate=file)
        with _servers(workload, directory, line) as servers:
            source, target = servers
            bucket = KEPT if keeps or workload.kind is not Kind.LARGE else DROPPED
            task = Task(
                workload.kind,
                Place(source.server.endpoint, SOURCE),
                Place(target.server.endpoint, bucket),
                workload.at_once,
                file,
            )
            environment = {
                **bare_environment(),
                **scratch_variables(directory),
                **source.server.environment,
                **({"AWS_CA_BUNDLE": str(file)} if file else {}),
                **each.variables(task),
            }
            command, both = each.kinds[workload.kind], dict.fromkeys(servers)
            few = replace(
                task, source=replace(task.source, bucket=FEW), target=replace(task.target, bucket=f"{bucket}-2")
            )
            earlier = Earlier(command(few), each.before is Before.ENGINE) if each.before is not Before.NOTHING else None
            begun: list[Statistics] = []

            def begin() -> None:
                begun.extend(server.statistics(reset=True) for server in both)

            cost, output = run(command(task), environment, directory, earlier, begin)
            spent = [server.statistics() for server in both]
            _verify(workload, task, output, received=spent[-1].received, keeps=bucket == KEPT)
    requests = sum((Counter(server.requests) for server in spent), Counter[str]())
    server_cpu = sum(server.cpu_seconds for server in spent) - sum(server.cpu_seconds for server in begun)
    return Run(each.name, number, cost, dict(requests), server_cpu, load)


@contextmanager
def _servers(workload: Workload, directory: Path, line: Line) -> Iterator[tuple[Standin, Standin]]:
    count, size = workload.count, workload.size
    made = [
        GeneratedBucket(SOURCE, count, size, workload.layout),
        GeneratedBucket(FEW, min(200, count), min(PROOF, size), workload.layout),
    ]
    places = [directory / "source", directory / "target"]
    for place in places:
        place.mkdir()
    with running_standin(places[0], made, line, workload.traits) as source:
        if workload.kind in (Kind.COPY, Kind.LIST):
            yield source, source
        else:
            with running_standin(places[1], [], line, workload.traits) as target:
                yield source, target


def _verify(workload: Workload, task: Task, output: Path, *, received: int, keeps: bool) -> None:
    if workload.kind is Kind.LIST:
        verify_listing(output, workload.count)
        return
    if workload.kind is not Kind.COPY and received < workload.count * workload.size:
        raise RunError(f"the target received {received} bytes of {workload.count * workload.size}")
    reader = Reader(task.certificate)
    verify_copies(reader, task.source, task.target, count=workload.count, size=workload.size, contents=keeps)
