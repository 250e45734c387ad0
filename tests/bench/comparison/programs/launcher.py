"""Run one command and say what it cost: `launcher.py REPORT OUTPUT SECONDS EARLIER PROGRAM [ARGUMENT...]`.

EARLIER is JSON: null, or the `command` to run first, and whether what it leaves running (the engine) `stays` for the
other one. Then "ready" is printed, and a line of the input awaited. Whatever still runs at the end is adopted, ended
and counted, too. The report is JSON: `status` and `seconds` of the command, `cpu_seconds` of all processes, in kB the
peak of the `largest`, and that of all `together`. It is a script of its own, without imports of ours, because a process
inherits the peak of the one that starts it.
"""

import ctypes
import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def main() -> None:
    report, output, limit = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 or prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("the measurement was given up"))
    try:
        before = _prepare(json.loads(sys.argv[4]), output, limit)
        print("ready", flush=True)
        sys.stdin.readline()
        reported = _measured(sys.argv[5:], output, limit, before)
    finally:
        while _end(signal.SIGKILL):
            pass
    report.write_text(json.dumps(reported))


def _prepare(earlier: dict[str, Any] | None, output: str, limit: float) -> float:
    """Run the earlier command; return the CPU seconds until now of what stays."""
    if not earlier:
        return 0.0
    if status := _run(earlier["command"], output, limit)[0]:
        sys.exit(f"the earlier command ended with {status}")
    while not earlier["stays"] and _end(signal.SIGTERM):
        pass
    ticks = 0
    for pid in _below(os.getpid()):
        with suppress(OSError):
            ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # its peak starts again; of the engine only root may
    return ticks / os.sysconf("SC_CLK_TCK")


def _measured(command: list[str], output: str, limit: float, before: float) -> dict[str, object]:
    ended, sampled = threading.Event(), [0]
    sampler = threading.Thread(target=_sample, args=(ended, sampled), daemon=True)
    start = time.perf_counter()
    sampler.start()
    status, spent = _run(command, output, limit)
    seconds = time.perf_counter() - start
    ended.set()
    sampler.join()
    sampled.append(_together())
    usages = [spent]
    while usage := _end(signal.SIGTERM):
        usages.append(usage)
    largest = max(peak for *_, peak in usages)
    return {
        "seconds": seconds,
        "status": status,
        "cpu_seconds": sum(user + system for user, system, _ in usages) - before,
        "largest": largest,
        "together": max(*sampled, largest),
    }


def _run(command: list[str], output: str, limit: float) -> tuple[int, tuple[float, float, int]]:
    """The status and the usage of a command."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    timer = threading.Timer(limit, os.kill, (pid, signal.SIGKILL))
    timer.daemon = True
    timer.start()
    _, status, usage = os.wait4(pid, 0)
    timer.cancel()
    return os.waitstatus_to_exitcode(status), usage[:3]


def _sample(ended: threading.Event, sampled: list[int]) -> None:
    """The memory of all processes together, now and then: looking costs at most a fiftieth of a core.

    A page that several share counts once; where nobody may see that (the engine's, unless root looks), for each.
    """
    pause = 0.0
    while not ended.wait(pause):
        began = time.thread_time()
        sampled.append(_together())
        pause = max(0.1, 50 * (time.thread_time() - began))


def _together() -> int:
    return sum(map(_resident, _below(os.getpid())))


def _resident(pid: int) -> int:
    for name, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/{name}").read_text().splitlines()
            return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)
    return 0


def _end(number: int) -> tuple[float, float, int] | None:
    """End the children; the usage of one of them, and of all it has waited for."""
    children = _children(os.getpid())
    for child in children:
        os.kill(child, number)
    return os.wait4(-1, 0)[2][:3] if children else None


def _below(pid: int) -> list[int]:
    return [each for child in _children(pid) for each in (child, *_below(child))]


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # the thread, or the process, has just ended
            found += map(int, children.read_text().split())
    return found


if __name__ == "__main__":
    main()
