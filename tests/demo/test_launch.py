import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.waiting import PATIENCE, until_true
from tui.demo.launch import PortInUseError, start

DEADLINE = 20.0 * PATIENCE


def is_alive(pid: int) -> bool:
    """A zombie has ended; only its parent has not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_server_answers_at_once_and_is_gone_after_stop(elsewhere: Path) -> None:
    server = start(elsewhere)
    try:
        with pytest.raises(HTTPError) as refused:
            urlopen(f"http://127.0.0.1:{server.port}/", timeout=DEADLINE)
        refused.value.close()
        assert refused.value.code == 403
        assert os.getpriority(os.PRIO_PROCESS, server.pid) >= 10
        assert os.getsid(server.pid) != os.getsid(0)
        assert stat.S_IMODE(server.log.stat().st_mode) == 0o600
        assert server.exit_status is None
    finally:
        server.stop()
        server.stop()
    assert not is_alive(server.pid)
    assert server.log.read_text() == ""


def test_a_port_in_use_is_said_with_a_remedy(elsewhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"{port} on 127.0.0.1 is already in use.*--port"):
            start(elsewhere, port)
    assert not elsewhere.exists()


def test_without_moto_the_message_says_how_to_get_it(elsewhere: Path) -> None:
    script = (
        "import sys; sys.modules['moto'] = None\n"
        "from pathlib import Path; from tui.demo.launch import DemoNotInstalledError, start\n"
        f"try: start(Path({str(elsewhere)!r}))\n"
        "except DemoNotInstalledError as error: print(error.remedy)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'xs3-tui[demo]'" in done.stdout


@pytest.mark.parametrize("ready", [True, False], ids=["serving", "still importing"])
def test_kill_9_of_the_parent_leaves_no_server(elsewhere: Path, ready: bool) -> None:
    script = (
        "import sys, socket; from pathlib import Path; from tui.demo.launch import start\n"
        f"server = start(Path({str(elsewhere)!r}))\n"
        f"if {ready}:\n"
        "    client = socket.create_connection(('127.0.0.1', server.port))\n"
        "    client.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); client.recv(1)\n"
        "print(server.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(DEADLINE)
        until_true(lambda: not is_alive(child), "the server is gone", DEADLINE)
