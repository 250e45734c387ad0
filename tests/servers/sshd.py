"""An SSH server on loopback for this user alone, whose connections a test may cut."""

import getpass
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.daemon import Daemon, ServerError, await_server, free_ports

SBIN = "/usr/sbin"
PRIVILEGE_SEPARATION = Path("/run/sshd")
"""The directory sshd insists on when it runs as root (sshd(8), FILES)."""


@dataclass(frozen=True, slots=True)
class SshServer:
    port: int
    key: Path
    known_hosts: Path

    def login(self, command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """The arguments of ``ssh`` that run `command` in a terminal of the server's."""
        options = {
            "IdentityFile": str(self.key),
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": str(self.known_hosts),
            "StrictHostKeyChecking": "yes",
            "LogLevel": "ERROR",
        }
        words = ["-F", "none", "-tt", "-p", str(self.port)]
        for name, value in options.items():
            words += ["-o", f"{name}={value}"]
        variables = [f"{name}={value}" for name, value in environment.items()]
        return [*words, f"{getpass.getuser()}@127.0.0.1", shlex.join(["env", *variables, *command])]


@contextmanager
def running_sshd(directory: Path) -> Iterator[SshServer]:
    sshd = shutil.which("sshd") or shutil.which("sshd", path=SBIN)
    if not sshd or not shutil.which("ssh-keygen"):
        raise ServerError("OpenSSH is not installed: run tests/servers/install.sh")
    (port,) = free_ports(1)
    host_key, key = _key(directory / "host"), _key(directory / "user")
    allowed = directory / "authorized_keys"
    allowed.write_text(key.with_suffix(".pub").read_text())
    kind, text, *_ = host_key.with_suffix(".pub").read_text().split()
    known_hosts = directory / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{port} {kind} {text}\n")
    configuration = directory / "sshd_config"
    configuration.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {host_key}\nAuthorizedKeysFile {allowed}\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n"
    )
    if getpass.getuser() == "root":
        PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    daemon = Daemon("sshd", [sshd, "-D", "-e", "-f", str(configuration)], directory / "sshd.log")
    try:
        await_server("sshd", lambda: "Server listening" in daemon.logged(), [daemon], 10)
        yield SshServer(port, key, known_hosts)
    finally:
        daemon.kill()


def _key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path
