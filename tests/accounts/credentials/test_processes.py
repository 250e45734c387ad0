"""Credentials that a program gives: had, refused, and never waited for."""

import asyncio
import fcntl
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.accounts.conftest import WriteSettings
from tests.accounts.having import had, key_of, lacking
from tests.waiting import until, until_true
from tui.accounts.clients.connection import Timeouts, identity_of
from tui.accounts.connections import Connections
from tui.accounts.credentials.processes import bounded
from tui.accounts.credentials.properties import method_used
from tui.accounts.overrides.credentials import expiry_of
from tui.model.identity import AuthMethod, IdentitySpec
from tui.model.problem import ProblemKind

SOON = Timeouts(process=0.5)
PATIENT = Timeouts(process=30)
GIVEN = {"Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "s3cr3t", "SessionToken": "session"}
KEYS = "[profile keys]\naws_access_key_id = AKIAKEYS\naws_secret_access_key = s3cr3t\n"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    made = Connections(timeouts=PATIENT)
    yield made
    await made.close()


def _runs(pid: str) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"  # which only waits to be collected


class Program:
    """A credential process of the profile `process`."""

    spec = IdentitySpec("process")

    def __init__(self, directory: Path, write_settings: WriteSettings) -> None:
        self.file, self.pid_file = directory / "process.py", directory / "pid"
        self._write_settings = write_settings

    def does(self, *lines: str, arguments: str = "") -> None:
        """Say what it does; it can use `os`, `sys` and `time`."""
        self.file.write_text("\n".join(("import os, sys, time", *lines)))
        command = f"{sys.executable} -S -E {self.file} {arguments}"
        chain = f"[profile role]\nrole_arn = arn:aws:iam::{'1' * 12}:role/x\nsource_profile = process\n"
        self._write_settings(f"[profile process]\ncredential_process = {command}\n{chain}{KEYS}", "")

    def prints(self, text: str) -> None:
        """Let it print this text."""
        self.does(f"print({text!r})")

    def hangs(self) -> None:
        """Let it start another program, and wait for that."""
        self.does(
            "child = os.spawnlp(os.P_NOWAIT, 'sleep', 'sleep', '600')",
            f"open({str(self.pid_file)!r}, 'w').write(f'{{os.getpid()}} {{child}}')",
            "os.waitpid(child, 0)",
        )

    @property
    def lives(self) -> bool:
        """Whether it, or what it has started, still runs."""
        return any(_runs(pid) for pid in self.pid_file.read_text().split())

    @property
    def collected(self) -> bool:
        """Whether nothing is left of it, not even what waits to be collected."""
        return not Path("/proc", self.pid_file.read_text().split()[0]).exists()

    @property
    def started(self) -> bool:
        """Whether it has come to the point where it hangs."""
        return self.pid_file.exists() and bool(self.pid_file.read_text())


@pytest.fixture
def program(tmp_path: Path, write_settings: WriteSettings) -> Program:
    return Program(tmp_path, write_settings)


async def test_a_program_that_gives_keys(connections: Connections, program: Program) -> None:
    program.prints(json.dumps(GIVEN))
    made = await had(connections, program.spec)
    assert await key_of(made) == "ASIAPROCESS"
    assert method_used(made.credentials) is AuthMethod.PROCESS
    assert identity_of(made.settings).method is AuthMethod.PROCESS
    assert identity_of(made.settings).detail == sys.executable
    assert expiry_of(made.credentials) is None


async def test_a_program_runs_again_before_its_keys_expire(
    connections: Connections, program: Program, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.json"

    def give(key: str, minutes: int) -> float:
        end = datetime.now(UTC) + timedelta(minutes=minutes)
        answer.write_text(json.dumps(GIVEN | {"AccessKeyId": key, "Expiration": end.isoformat()}))
        return end.timestamp()

    program.does(f"print(open({str(answer)!r}).read())")
    end = give("ASIAFIRST", 5)
    made = await had(connections, program.spec)
    assert expiry_of(made.credentials) == pytest.approx(end)
    end = give("ASIASECOND", 60)
    assert await key_of(made) == "ASIASECOND"
    assert expiry_of(made.credentials) == pytest.approx(end)


async def test_what_a_program_says_is_shown(connections: Connections, program: Program) -> None:
    program.does("sys.stderr.write('the vault is locked\\n')", "sys.exit(3)")
    problem = await lacking(connections, program.spec)
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "it exited with status 3: the vault is locked" in problem.cause


async def test_no_secret_of_a_program_is_shown(connections: Connections, program: Program) -> None:
    program.does(
        "sys.stdout.write('s3cr3t')",
        f"sys.stderr.buffer.write(b'\\xff' + ('key {SECRET} of ' + ' '.join(sys.argv[1:])).encode())",
        'sys.stderr.write(\' SECRET=hunter2 with "password": "letmein"\')',
        "sys.exit(1)",
        arguments="--token s3cr3t --password=0pensesame --verbose",
    )
    problem = await lacking(connections, program.spec)
    assert problem.cause.endswith('key … of --token … --password=… --verbose SECRET=… with "password": …')
    assert not any(secret in repr(problem) for secret in ("sesame", "hunter2", "letmein"))
    assert SECRET not in repr(problem)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("", "not JSON"),
        ("s3cr3t", "not JSON"),
        ('{"Version": 1, "SecretAccessKey": "s3cr3t', "not JSON"),
        ('["s3cr3t"]', "not a JSON object"),
        ("7", "not a JSON object"),
        (json.dumps({"Version": 1, "SecretAccessKey": "s3cr3t"}), "has no AccessKeyId"),
        (json.dumps(GIVEN | {"SecretAccessKey": None}), "has no SecretAccessKey"),
        (json.dumps(GIVEN | {"SessionToken": ["s3cr3t"]}), "SessionToken is not a string"),
        (json.dumps(GIVEN | {"Version": 2}), "Unsupported version '2'"),
        (json.dumps(GIVEN | {"Expiration": "soon"}), "Expiration is not a time"),
        (json.dumps(GIVEN | {"Expiration": 7}), "Expiration is not a time"),
        (json.dumps(GIVEN | {"Expiration": "2030-01-01T00:00:00"}), "time zone"),
    ],
)
async def test_a_program_that_prints_rubbish(
    connections: Connections, program: Program, printed: str, said: str
) -> None:
    program.prints(printed)
    problem = await lacking(connections, program.spec)
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert said in problem.cause


@pytest.mark.parametrize(("command", "said"), [("", "has no program"), ("'", "No closing quotation")])
async def test_a_command_that_is_none(
    connections: Connections, write_settings: WriteSettings, command: str, said: str
) -> None:
    write_settings(f"[profile process]\ncredential_process = {command}\n", "")
    problem = await lacking(connections, IdentitySpec("process"))
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert said in problem.cause


async def test_a_program_that_prints_without_end(connections: Connections, program: Program) -> None:
    program.does("while True: sys.stdout.write('s3cr3t')")
    assert "more than credentials" in (await lacking(connections, program.spec)).cause


async def test_a_program_that_prints_more_at_once_than_is_kept(connections: Connections, program: Program) -> None:
    program.does(
        "import fcntl",
        f"fcntl.fcntl(1, {fcntl.F_SETPIPE_SZ}, 1 << 20)",  # so that asyncio reads more at once than it keeps
        "while True: os.write(1, b's3cr3t' * 100_000)",
    )
    assert "more than credentials" in (await lacking(connections, program.spec)).cause


async def test_a_program_that_asks_gets_no_answer(connections: Connections, program: Program) -> None:
    program.does("open('/dev/tty') if not sys.stdin.read() else None")
    assert "exited with status 1" in (await lacking(connections, program.spec)).cause


@pytest.mark.parametrize("profile", ["process", "role"])
async def test_a_program_that_hangs_is_ended(program: Program, profile: str) -> None:
    program.hangs()
    connections = Connections(timeouts=SOON)
    problem = await lacking(connections, IdentitySpec(profile))
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "it did not finish within 0.5 seconds" in problem.cause
    if program.started:
        await until(lambda: not program.lives, "the program and what it started are gone")
    await connections.close()


async def test_others_are_had_while_a_program_hangs(connections: Connections, program: Program) -> None:
    program.hangs()
    hanging = asyncio.create_task(had(connections, program.spec))
    await until(lambda: program.started, "the program hangs")
    assert await key_of(await had(connections, IdentitySpec("keys"))) == "AKIAKEYS"
    assert not hanging.done()
    hanging.cancel()  # who waited has left
    with pytest.raises(asyncio.CancelledError):
        await hanging
    assert program.collected, "the loop may end"
    await until(lambda: not program.lives, "the program and what it started are gone")


async def test_who_leaves_while_a_program_is_being_started_leaves_none_behind(program: Program) -> None:
    program.hangs()
    starting = asyncio.create_task(bounded(30)(sys.executable, "-S", "-E", str(program.file)))
    for _ in range(2):  # then it was forked, and its pipes are not connected yet
        await asyncio.sleep(0)
    until_true(lambda: program.started, "it hangs, while the loop does nothing")
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(starting, 10)
    await until(lambda: not program.lives, "the program and what it started are gone")
