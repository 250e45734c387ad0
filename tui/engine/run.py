"""Runs the engine on what it inherits, a listening Unix socket and a lock."""

from __future__ import annotations

import argparse
import os
import socket
from functools import partial
from pathlib import Path

import uvloop

from tui.answering.log import start_logging
from tui.engine.hardening import end_within, keep_memory_private
from tui.engine.lifetime import run_engine
from tui.link.engine_paths import engine_paths, log_file
from tui.link.process import LISTENER_FD, LOCK_FD
from tui.stores.local.disk_errors import keep_umask


def main() -> None:
    """Read the places and run until there is nothing more to do. The lock is let go by the process's end."""
    parser = argparse.ArgumentParser(prog="xs3-tui engine")
    parser.add_argument("--home", type=Path, help="keep all files there, and end with the last client: for the demo")
    arguments = parser.parse_args()
    keep_memory_private()
    keep_umask(os.umask(0o077))  # its own files are private; those it downloads get the user's umask
    os.chdir("/")  # the directory it was started in may be unmounted while it works
    for inherited in (LISTENER_FD, LOCK_FD):
        os.set_inheritable(inherited, False)  # a credential process must not inherit them
    start_logging(log_file())
    places = partial(engine_paths, os.environ, arguments.home)
    listener = socket.socket(fileno=LISTENER_FD)
    uvloop.run(run_engine(listener, places, tied=arguments.home is not None, ending=end_within))
