"""Workers in child processes of this engine, in place of a cluster's: started, asked, and given credentials."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from tui.aws.connections import Connections
from tui.aws.ids import spec_of
from tui.aws.renewal import own_keys
from tui.core.engines import LOCAL, ClusterOptions, read_engine
from tui.core.identity import Identity, IdentitySpec
from tui.core.problem import Problem
from tui.features.cluster.client.client_messages import Install, SchedulerWorker, SeeWorkers, SendLetter
from tui.features.cluster.scheduler_connection import SchedulerClient, client_environment
from tui.features.cluster.worker_admission import Admission, ClusterIdentities
from tui.link.priority import put_behind
from tui.link.request import Done, Request

A = TypeVar("A")

SOCKET = 3
"""The descriptor of a child's socket."""
_FAILURES = 2
"""So many for each worker, and no other is started."""

_SETTINGS = frozenset(
    {
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
        *("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
_LESS_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""For glibc: a worker has hardly more than one thread."""
_CREDENTIALS = (
    *("AWS_ACCESS_KEY", "AWS_SECRET", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_BEARER"),
    *("AWS_WEB_IDENTITY", "AWS_CONTAINER", "AWS_ROLE"),
)


@dataclass(frozen=True, slots=True)
class Child:
    """A started worker."""

    pid: int
    client: SchedulerClient

    async def end(self) -> None:
        """It has certainly ended when this returns."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            await asyncio.to_thread(os.waitpid, self.pid, 0)
        await self.client.close()


class LocalWorkers:
    """A `Scheduler` whose workers are child processes. They end with the engine, too."""

    def __init__(self, count: int) -> None:
        self._count, self._started = count, 0
        self._children = dict[str, Child]()
        self._starting = asyncio.Lock()

    async def aclose(self) -> None:
        """End all of them."""
        for name in list(self._children):
            await self.ended(name)

    async def ask(self, request: Request[A], /) -> A:
        answer: Any = Done()
        match request:
            case SeeWorkers():
                answer = await self._present()
            case SendLetter():
                if request.worker not in self._children:
                    raise OSError("the process has ended")
                answer = await self._children[request.worker].client.ask(request)
            case Install():
                pass
        return cast("A", answer)

    def tell(self, request: Request[Done], /) -> None:
        """Its ranges are known to a worker by their numbers; one that it was not told to begin waits in it."""
        if (worker := getattr(request, "worker", "")) in self._children:
            self._children[worker].client.tell(request)

    async def ended(self, worker: str, /) -> bool:
        if child := self._children.pop(worker, None):
            await child.end()
        return True

    async def _present(self) -> dict[str, SchedulerWorker]:
        async with self._starting:  # who asks meanwhile would start one too many
            alive = [name for name, child in self._children.items() if not child.client.gone]
            while len(alive) < self._count and self._started < self._count * (1 + _FAILURES):
                self._started += 1
                if child := await _start():
                    alive.append(f"local-{self._started}")
                    self._children[alive[-1]] = child
            return {name: SchedulerWorker(name, 1) for name in alive}


async def _start() -> Child | None:
    """None: no process or memory is left, and the engine goes on alone."""
    ours, theirs = socket.socketpair()
    with theirs:
        client = SchedulerClient(*await asyncio.open_connection(sock=ours))
        try:
            return Child(spawn(theirs.fileno()), client)
        except OSError:
            await client.close()
            return None


def spawn(descriptor: int) -> int:
    """Start a child with that socket; returns its id. It gets settings, but no credentials, and no other descriptor.

    Raises `OSError`.
    """
    pid = os.posix_spawn(
        sys.executable,
        (sys.executable, "-P", "-m", "tui.features.cluster.local_worker"),
        worker_environment(os.environ),
        file_actions=[
            *((os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(SOCKET)),
            (os.POSIX_SPAWN_DUP2, descriptor, SOCKET),
        ],
    )
    put_behind(pid)
    return pid


def worker_environment(whole: Mapping[str, str]) -> dict[str, str]:
    """The settings of AWS and of the way to it, without credentials: these go over the socket."""
    settings = {
        name: value
        for name, value in whole.items()
        if name in _SETTINGS or (name.startswith("AWS_") and not name.startswith(_CREDENTIALS))
    }
    return client_environment(whole) | settings | _LESS_MEMORY


class LocalAdmission(Admission):
    """Gives workers on this machine the engine's own credentials; programs and identities are the engine's."""

    def __init__(self, connections: Connections, workers: LocalWorkers, names: Mapping[str, None]) -> None:
        own = ClusterIdentities(connections.identity, lambda name, _: own_keys(connections, name))
        specs = {each: spec_of(each) for each in names}
        super().__init__(read_engine(LOCAL), workers, ClusterOptions(), own, specs)
        self._connections = connections

    async def given(self) -> dict[str, IdentitySpec]:
        """Profiles stay in the specs, for their settings."""
        made = dict[str, IdentitySpec]()
        for name, spec in (await super().given()).items():
            label = (await self._connections.get(name)).settings.label
            made[name] = replace(
                spec_of(name),
                access_key=spec.access_key,
                endpoint=spec.endpoint,
                region=spec.region,
                roles=(),
                name=label,
            )
        return made

    async def why_not(self, address: str, name: str) -> Problem | None:  # noqa: ARG002  # every one will do
        return None

    async def stranger(self, name: str, identities: Mapping[str, Identity]) -> Problem | None:  # noqa: ARG002  # none is
        return None
