"""Start the engine on what it inherits, a listening Unix socket and a lock: ``python -m tui.engine``."""

from __future__ import annotations

import argparse
import os
import socket
from functools import partial
from pathlib import Path

import uvloop

from tui.engine.lifetime import run_engine
from tui.engine.log import start_logging
from tui.protocol.places import log_file, places_of
from tui.protocol.process import LISTENER_FD, LOCK_FD
from tui.stores.local.modes import keep_umask


def main() -> None:
    """Read the places and run until there is nothing more to do. The lock is let go by the process's end."""
    parser = argparse.ArgumentParser(prog="xs3-tui engine")
    parser.add_argument("--home", type=Path, help="keep all files there, and end with the last client: for the demo")
    arguments = parser.parse_args()
    keep_umask(os.umask(0o077))  # what it keeps for itself is nobody's business; what it downloads is the user's
    os.chdir("/")  # the directory it was started in may be unmounted while it works
    for inherited in (LISTENER_FD, LOCK_FD):
        os.set_inheritable(inherited, False)  # a credential process must not hold them
    start_logging(log_file())
    places = partial(places_of, os.environ, arguments.home)
    uvloop.run(run_engine(socket.socket(fileno=LISTENER_FD), places, tied=arguments.home is not None))


if __name__ == "__main__":
    main()
