"""A throw-away Ceph with two users, alice and bob, behind one RADOS Gateway on a free loopback port."""

import secrets
import shutil
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.daemon import Daemon, ServerError, await_server, free_ports

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool")
INSTALL = "tests/servers/install.sh"
BOOT_SECONDS = 60.0
STORE_BYTES = 8 << 30

TEMPLATE = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port}]
mon initial members = a
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {directory}/keyring
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind msgr1 = false
run dir = {directory}
admin socket =
crash dir = {directory}
log file = {directory}/$name.log
mon cluster log file = {directory}/cluster.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 0
mon warn on insecure global id reclaim = false
# An empty cluster decides many small things one after another while it boots.
paxos propose interval = 0.05
paxos min wait = 0.01

[mon]
mon data = {directory}/mon

[osd]
osd data = {directory}/osd
osd objectstore = memstore
memstore device bytes = {store_bytes}
osd crush initial weight = 1
osd op num shards = 2
osd max object size = 1073741824
osd class load list = *
osd class default list = *

[client.rgw]
rgw data = {directory}/rgw
# Without tcp_nodelay every answer waits up to 40 ms for an acknowledgement.
rgw frontends = beast endpoint=127.0.0.1:{s3_port} tcp_nodelay=1
rgw dns name = localhost
rgw thread pool size = 64
rgw s3 auth use sts = true
rgw sts key = throw-away-key-1
rgw num rados handles = 1
rgw enable usage log = false
rgw enable quota threads = false
# What is deleted would stay in memory for two hours, and fill it.
rgw gc obj min wait = 1
rgw gc processor period = 2
rgw gc processor max time = 2
"""


@dataclass(frozen=True, slots=True)
class CephUser:
    """A user of the gateway. Its canonical id is its name: Ceph's ids are not hex."""

    name: str
    access_key: str
    secret_key: str = field(repr=False)

    @property
    def principal(self) -> str:
        """The user in a policy's `Principal`; the account part is Ceph's (empty) tenant."""
        return f"arn:aws:iam:::user/{self.name}"


def require_ceph() -> None:
    """Raise `ServerError`, naming the command that installs it, when a program of Ceph is not on PATH."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise ServerError(
            f"Ceph is not installed (missing: {', '.join(missing)}). Run `make test-servers`, which calls "
            f"`{INSTALL}`; or leave these tests out: pytest -m 'not server'"
        )


class CephCluster:
    """A running cluster; `start` makes one."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        mon_port, self.s3_port = free_ports(2)
        self._fsid = str(uuid.uuid4())
        self._configuration = _write_configuration(directory, self._fsid, mon_port, self.s3_port)
        self._mon_address = f"[v2:127.0.0.1:{mon_port}]"
        self._daemons: list[Daemon] = []
        self.alice = CephUser("alice", "ALICE" + secrets.token_hex(8).upper(), secrets.token_hex(20))
        self.bob = CephUser("bob", "BOB" + secrets.token_hex(8).upper(), secrets.token_hex(20))

    @classmethod
    def start(cls, directory: Path) -> "CephCluster":
        """Boot a cluster below the empty `directory`; a second try, on other ports, when the first fails.

        Raises `ServerError` with the end of the daemons' logs.
        """
        require_ceph()
        try:
            return cls._boot(directory / "first")
        except ServerError:
            return cls._boot(directory / "second")

    @classmethod
    def _boot(cls, directory: Path) -> "CephCluster":
        directory.mkdir(mode=0o700, parents=True)
        cluster = cls(directory)
        try:
            cluster._start_monitor()
            cluster._start_osd()
            cluster._start_gateway()
            cluster._create_users()
        except BaseException:
            cluster.stop()
            raise
        return cluster

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.s3_port}"

    @property
    def pids(self) -> list[int]:
        return [daemon.pid for daemon in self._daemons]

    def stop(self) -> None:
        """End the daemons that this object started, the gateway first."""
        while self._daemons:
            self._daemons.pop().kill()

    def _start_monitor(self) -> None:
        keyring, monmap = self._directory / "keyring", self._directory / "monmap"
        self._run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        everything = [word for service in ("mon", "osd", "mgr") for word in ("--cap", service, "allow *")]
        for name in ("client.admin", "client.rgw", "osd.0"):
            self._run("ceph-authtool", keyring, "--gen-key", "-n", name, *everything)
        self._run("monmaptool", "--create", "--addv", "a", self._mon_address, "--fsid", self._fsid, monmap)
        self._run_here("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap, "--keyring", keyring)
        self._spawn("mon.a", "ceph-mon", "-i", "a")

    def _start_osd(self) -> None:
        osd_id = str(uuid.uuid4())
        self._run_here("ceph", "--connect-timeout", "20", "osd", "new", osd_id, "0")
        self._run_here("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd_id)
        self._spawn("osd.0", "ceph-osd", "-i", "0")

    def _start_gateway(self) -> None:
        self._spawn("client.rgw", "radosgw", "-n", "client.rgw")
        await_server("radosgw", self._answers, self._daemons, BOOT_SECONDS)

    def _create_users(self) -> None:
        for user in (self.alice, self.bob):
            self._run_here(
                *("radosgw-admin", "-n", "client.rgw", "user", "create"),
                *(f"--uid={user.name}", f"--display-name={user.name}", "--caps=roles=*;user-policy=*"),
                *(f"--access-key={user.access_key}", f"--secret-key={user.secret_key}"),
            )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.endpoint, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _spawn(self, name: str, program: str, *arguments: str) -> None:
        command = [program, "-c", str(self._configuration), *arguments, "-f"]
        log = self._directory / f"{name}.out"
        self._daemons.append(Daemon(name, command, log, extra_logs=[self._directory / f"{name}.log"]))

    def _run_here(self, program: str, *arguments: str | Path) -> None:
        self._run(program, "-c", self._configuration, *arguments)

    def _run(self, *command: str | Path) -> None:
        words: Sequence[str] = [str(word) for word in command]
        try:
            subprocess.run(words, check=True, capture_output=True, text=True, timeout=BOOT_SECONDS, cwd="/")
        except subprocess.CalledProcessError as error:
            raise ServerError(f"{words[0]} ended with status {error.returncode}\n{error.stderr[-2000:]}") from None
        except subprocess.TimeoutExpired:
            logs = "\n".join(daemon.logged() for daemon in self._daemons)
            raise ServerError(f"{words[0]} did not end within {BOOT_SECONDS:.0f} s\n{logs}") from None


def _write_configuration(directory: Path, fsid: str, mon_port: int, s3_port: int) -> Path:
    """Write `ceph.conf` and the daemons' directories below `directory`; return the file."""
    for name in ("mon", "osd", "rgw"):
        (directory / name).mkdir()
    path = directory / "ceph.conf"
    path.write_text(
        TEMPLATE.format(fsid=fsid, directory=directory, mon_port=mon_port, s3_port=s3_port, store_bytes=STORE_BYTES)
    )
    return path
