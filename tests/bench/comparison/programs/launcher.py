"""Run one command and say what it cost: `launcher.py REPORT OUTPUT SECONDS PROGRAM [ARGUMENT...]`.

Whatever the command leaves running (the engine) is adopted, ended and counted, too. The report is JSON: `seconds` until
the command ended, its `status`, and for each process `cpu_seconds` and `peak_kb` (resident). It is a script of its own,
without imports of ours, because a process inherits the peak of the one that starts it.
"""

import ctypes
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def main() -> None:
    report, output, limit, command = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4:]
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 or prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("the measurement was given up"))
    try:
        reported = _measured(command, output, limit)
    finally:
        while _end(signal.SIGKILL):
            pass
    report.write_text(json.dumps(reported))


def _measured(command: list[str], output: str, limit: float) -> dict[str, object]:
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    timer = threading.Timer(limit, os.kill, (pid, signal.SIGKILL))
    timer.daemon = True
    timer.start()
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    timer.cancel()
    processes = [_cost(usage)]
    while ended := _end(signal.SIGTERM):
        processes.append(ended)
    return {"seconds": seconds, "status": os.waitstatus_to_exitcode(status), "processes": processes}


def _end(number: int) -> dict[str, float] | None:
    children = _children()
    for child in children:
        os.kill(child, number)
    return _cost(os.wait4(-1, 0)[2]) if children else None


def _children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def _cost(usage: object) -> dict[str, float]:
    """`usage` is the resource usage of `wait4`: that of the process and of all it has waited for."""
    user, system, peak = usage[0], usage[1], usage[2]  # type: ignore[index]  # reason: a structseq; typeshed names it privately
    return {"cpu_seconds": user + system, "peak_kb": peak}


if __name__ == "__main__":
    main()
