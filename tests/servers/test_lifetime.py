"""A server ends with the test that started it, whatever happens to that test; and says why it did not start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.ceph.cluster import CephCluster
from tests.servers.daemon import Daemon, ServerError, await_server, runs
from tests.servers.ministack import server
from tests.servers.ministack.server import running_ministack
from tests.waiting import until_true

ROOT = Path(__file__).parents[2]
OWNER_OF_A_DAEMON = """
import sys, time
from pathlib import Path
from tests.servers.daemon import Daemon
print(Daemon("sleeper", ["sleep", "600"], Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


@pytest.mark.server
def test_stopping_a_cluster_leaves_no_daemon(tmp_path: Path) -> None:
    cluster = CephCluster.start(tmp_path)
    pids = cluster.pids
    assert len(pids) == 3
    assert all(runs(pid) for pid in pids)
    cluster.stop()
    assert not any(runs(pid) for pid in pids)


@pytest.mark.server
def test_a_cluster_that_cannot_boot_shows_the_end_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "radosgw").write_text("#!/bin/sh\necho the gateway has a bad day\nexit 7\n")
    (broken / "radosgw").chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken}:{os.environ['PATH']}")
    with pytest.raises(ServerError, match=r"(?s)status 7.*the gateway has a bad day"):
        CephCluster.start(tmp_path / "cluster")
    assert sorted(path.name for path in (tmp_path / "cluster").iterdir()) == ["first", "second"]


def test_without_a_server_the_failure_names_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError, match=r"make test-servers"):
        CephCluster.start(tmp_path)
    monkeypatch.setattr(server, "INSTALLED", tmp_path)
    with pytest.raises(ServerError, match=r"ministack==.* is not installed.*make test-servers"):
        server.ministack()


@pytest.mark.server
def test_stopping_ministack_leaves_no_process(tmp_path: Path) -> None:
    with running_ministack(tmp_path) as (_, daemon):
        assert runs(daemon.pid)
    assert not runs(daemon.pid)


def test_a_daemon_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER_OF_A_DAEMON, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert runs(pid)
        owner.send_signal(signal.SIGKILL)
    until_true(lambda: not runs(pid), "the daemon is gone")


def test_a_daemon_that_ends_early_is_reported_with_its_log(tmp_path: Path) -> None:
    daemon = Daemon("short", ["sh", "-c", "echo no such luck; exit 3"], tmp_path / "log")
    with pytest.raises(ServerError, match=r"(?s)short ended with status 3.*no such luck"):
        await_server("short", lambda: False, [daemon], 10)


@pytest.mark.thorough
def test_a_daemon_that_never_answers_is_reported_with_its_log(tmp_path: Path) -> None:
    daemon = Daemon("mute", ["sh", "-c", "echo still thinking; exec sleep 600"], tmp_path / "log")
    try:
        until_true(lambda: "thinking" in (tmp_path / "log").read_text(), "the daemon has spoken")
        with pytest.raises(ServerError, match=r"(?s)did not answer within 0 s.*still thinking"):
            await_server("mute", lambda: False, [daemon], 0)
    finally:
        daemon.kill()
