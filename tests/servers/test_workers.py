"""What runs the tests, run on a project of its own: workers, order, and what a test may not leave behind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LEAVING = """
import asyncio, os, socket, subprocess, threading
import pytest

kept = []

def test_a_process():
    kept.append(subprocess.Popen(["sleep", "600"]))

def test_a_process_of_a_process():
    subprocess.run(["sh", "-c", "sleep 600 &"])

def test_a_descriptor():
    kept.append(socket.socket())

def test_a_socket_that_nobody_has():
    class Holder:
        pass
    holder = Holder()
    holder.itself, holder.used = holder, socket.socket()

def test_a_thread():
    threading.Thread(target=threading.Event().wait, daemon=True).start()

def test_a_task():
    async def main():
        kept.append(asyncio.create_task(asyncio.sleep(600)))
    asyncio.run(main())

@pytest.fixture(scope="module")
def lasting():
    with socket.socket() as used:
        yield used

def test_what_a_module_has(lasting):
    pass

def test_nothing(lasting, tmp_path):
    with socket.socket():
        (tmp_path / "file").touch()
"""

CRASHING = """
import os, signal

def test_before():
    pass

def test_crash():
    os.kill(os.getpid(), signal.SIGKILL)

def test_after():
    print("said")
    assert False, "as it should"
"""

IN_ORDER = """
import pytest

@pytest.mark.parametrize("number", range(30))
def test_order(number):
    pass
"""


SKIPPING = """
import pytest

@pytest.mark.parametrize("server", ["a", "b"])
def test_on_one(server):
    if server == "a":
        pytest.skip("a has none")

@pytest.mark.parametrize("server", ["a", "b"])
def test_on_none(server):
    pytest.skip(f"{server} has none")

@pytest.mark.skipif(True, reason="nobody has it")
def test_nowhere():
    pass

@pytest.mark.xfail(reason="it is wrong")
def test_known():
    assert False
"""


def ran(directory: Path, text: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (directory / "test_it.py").write_text(text)
    settings = ["-c", os.devnull, "-W", "error", "-rA"]
    for plugin in ("tests.leaks", "tests.workers", "tests.skips", "no:cacheprovider"):
        settings += ["-p", plugin]
    places = [f"--rootdir={directory}", f"--basetemp={directory / 'made'}", str(directory)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *settings, *arguments, *places],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        timeout=170,
    )


@pytest.mark.thorough  # it waits for what does not end
def test_whoever_leaves_something_behind_is_the_one_that_fails(tmp_path: Path) -> None:
    said = ran(tmp_path, LEAVING, "--workers", "1", "--leak-seconds", "0.5").stdout
    assert set(re.findall(r"^ERROR \S+::(\w+)", said, re.MULTILINE)) == {
        *("test_a_process", "test_a_process_of_a_process", "test_a_descriptor", "test_a_socket_that_nobody_has"),
        *("test_a_thread", "test_a_task"),
    }
    for left in ("sleep 600", "socket:", "unclosed <socket", "Thread-", "task: "):
        assert left in said


@pytest.mark.thorough
def test_a_crash_fails_the_test_that_ran_and_no_other(tmp_path: Path) -> None:
    ended = ran(tmp_path, CRASHING, "--workers", "2")
    assert ended.returncode == 1
    assert "its process ended with status" in ended.stdout
    assert re.search(r"^FAILED \S+::test_crash", ended.stdout, re.MULTILINE)
    assert re.search(r"^PASSED \S+::test_before", ended.stdout, re.MULTILINE)
    assert "as it should" in ended.stdout
    assert "2 failed, 1 passed" in ended.stdout


@pytest.mark.thorough
def test_a_random_order_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    def order(*arguments: str) -> list[str]:
        return re.findall(r"test_order\[(\d+)\] PASSED", ran(tmp_path, IN_ORDER, "-v", *arguments).stdout)

    mixed = order("--shuffle", "1")
    assert sorted(mixed, key=int) == order()
    assert mixed == order("--shuffle", "1") != order("--shuffle", "2")


@pytest.mark.thorough
def test_the_first_failure_ends_all_where_that_is_wanted(tmp_path: Path) -> None:
    ended = ran(tmp_path, CRASHING.replace("os.kill(os.getpid(), signal.SIGKILL)", "assert 0"), "--workers", "1", "-x")
    assert "1 failed, 1 passed" in ended.stdout


@pytest.mark.thorough
def test_in_ci_a_test_that_is_skipped_everywhere_fails_the_run_by_its_name(tmp_path: Path) -> None:
    ended = ran(tmp_path, SKIPPING, "--workers", "2", CI="true")
    assert (ended.returncode, "1 passed, 4 skipped, 1 xfailed" in ended.stdout) == (1, True), ended.stdout
    assert re.findall(r"^SKIPPED EVERYWHERE \S+::(\w+)", ended.stdout, re.MULTILINE) == ["test_nowhere", "test_on_none"]
    assert ran(tmp_path, SKIPPING, CI="").returncode == 0
