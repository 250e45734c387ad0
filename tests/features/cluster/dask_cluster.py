"""A Dask scheduler and workers as processes on loopback, over TLS with certificates of their own."""

import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.leaks import lasting
from tests.servers.daemon import Daemon, await_server, free_ports, tail
from tests.stores.faults import certificate
from tui.core.engines import ClusterOptions, WorkerCredentials

START_SECONDS = 60.0


@dataclass
class DaskCluster:
    """A scheduler and its workers; each can be killed and started again, and all are as at first after `repair`."""

    directory: Path
    environment: Mapping[str, str]
    certificate: Path | None
    port: int
    dashboard: int
    daemons: list[Daemon] = field(default_factory=list)
    scheduler: Daemon | None = None
    workers: list[Daemon] = field(default_factory=list)
    _lost: list[Daemon] = field(default_factory=list)
    """Workers of an earlier scheduler."""
    preload: Path | None = None
    """A module that scheduler and workers run before they begin."""

    @property
    def address(self) -> str:
        return f"{'tls' if self.certificate else 'dask'}://127.0.0.1:{self.port}"

    def options(self, credentials: WorkerCredentials = WorkerCredentials.PROFILES) -> ClusterOptions:
        file = str(self.certificate or "")
        return ClusterOptions(credentials, ca=file, certificate=file, key=file)

    def start_scheduler(self) -> None:
        self._lost = [*self.workers]
        log = self._log("scheduler")
        self.scheduler = self._start(
            "scheduler",
            log,
            f"scheduler --host {self._host} --port {self.port} --dashboard-address 127.0.0.1:{self.dashboard}",
        )
        await_server("the scheduler", lambda: "Scheduler at:" in tail(log), [self.scheduler], START_SECONDS)

    def start_worker(self, environment: Mapping[str, str] | None = None, *, threads: int = 1) -> Daemon:
        log = self._log(f"worker-{len(self.daemons)}")
        scheduler = self.address.replace("dask://", "tcp://")
        daemon = self._start(
            log.stem,
            log,
            f"worker {scheduler} --nthreads {threads} --no-nanny --host {self._host} --name {log.stem} "
            f"--local-directory {self.directory} --no-dashboard --death-timeout 60",
            environment,
        )
        await_server(log.stem, lambda: bool(re.search(r"Registered to", log.read_text())), [daemon], START_SECONDS)
        self.workers.append(daemon)
        return daemon

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Any]:
        import distributed  # a second, which no other test needs

        library: Any = distributed
        file, tls = str(self.certificate), {}
        if self.certificate:
            tls = {"tls_ca_file": file, "tls_client_cert": file, "tls_client_key": file}
        address = self.address.replace("dask://", "tcp://")
        async with library.Client(
            address, security=library.Security(**tls), asynchronous=True, set_as_default=False
        ) as client:
            yield client

    def repair(self, workers: int) -> None:
        if not (self.scheduler and self.scheduler.alive()):
            self.start_scheduler()
        kept = [each for each in self.workers if each.alive() and each not in self._lost][:workers]
        for each in self.workers:
            if each not in kept:
                each.kill()
        self.workers = kept
        while len(self.workers) < workers:
            self.start_worker()

    def logs(self) -> str:
        return "".join(log.read_text(errors="replace") for log in sorted(self.directory.glob("*.log")))

    def close(self) -> None:
        for daemon in reversed(self.daemons):
            daemon.kill()

    @property
    def _host(self) -> str:
        return f"{'tls' if self.certificate else 'tcp'}://127.0.0.1"

    def _log(self, name: str) -> Path:
        return self.directory / f"{name}-{len(self.daemons)}.log"

    def _start(self, name: str, log: Path, words: str, environment: Mapping[str, str] | None = None) -> Daemon:
        command = [sys.executable, "-m", "dask", *words.split()]
        if file := self.certificate:
            command += ["--tls-ca-file", str(file), "--tls-cert", str(file), "--tls-key", str(file)]
        if self.preload:
            command += ["--preload", str(self.preload)]
        log.touch()
        whole = {**(self.environment if environment is None else environment)}
        with lasting():  # other tests go on with it
            daemon = Daemon(name, command, log, {"DASK_TEMPORARY_DIRECTORY": str(self.directory), **whole})
        self.daemons.append(daemon)
        return daemon


@contextmanager
def running_cluster(
    directory: Path,
    environment: Mapping[str, str],
    *,
    workers: int = 2,
    threads: int = 1,
    tls: bool = True,
    preload: Path | None = None,
) -> Iterator[DaskCluster]:
    directory.mkdir(parents=True, exist_ok=True)
    port, dashboard = free_ports(2)
    file = certificate(directory)[0] if tls else None
    cluster = DaskCluster(directory, environment, file, port, dashboard, preload=preload)
    try:
        cluster.start_scheduler()
        for _ in range(workers):
            cluster.start_worker(threads=threads)
        yield cluster
    finally:
        cluster.close()
