"""The installed command, run to its end without a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.servers.forks import Forks
from tests.servers.server import S3Server


@dataclass(frozen=True, slots=True)
class Ended:
    """How the command ended."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def planned(self) -> list[dict[str, Any]]:
        """What ``--dry-run --json`` says of each object."""
        return [line["object"] for line in self.objects if line["type"] == "planned"]

    @property
    def results(self) -> list[dict[str, Any]]:
        """What ``cp --json`` says of each object."""
        return [line["result"] for line in self.objects if line["type"] == "object"]

    @property
    def total(self) -> dict[str, Any]:
        """The last line of ``cp --json``: the transfer at its end."""
        last = self.objects[-1]
        assert last["type"] == "transfer"
        transfer: dict[str, Any] = last["transfer"]
        return transfer


Run = Callable[..., Ended]


@pytest.fixture
def run(surroundings: object, forks: Forks) -> Run:
    """Runs ``xs3-tui`` with the given arguments in the test's environment."""

    def run_command(*arguments: str, timeout: float = 60) -> Ended:
        done = forks.run(arguments, timeout)
        assert "Traceback" not in done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    return run_command


@pytest.fixture
def demo_environment(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The demo as the server that AWS's settings name."""
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    return demo_server
