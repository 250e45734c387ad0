"""Run a program that must not outlive the process that started it: `tether.py PARENT_PID PROGRAM [ARGUMENT...]`.

The kernel ends the program when its parent is gone, even by `kill -9`. A script of its own, because the alternative
(`preexec_fn`) runs Python between fork and exec, which is unsafe once the test process has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for the signal, make sure that the parent did not die before that, and become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        sys.exit("the parent is gone")
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
