"""Start the engine on a listening Unix socket that is inherited: ``python -m tui.engine --fd N``."""

from __future__ import annotations

import argparse
import os
import socket

import uvloop

from tui.engine.lifetime import run_engine
from tui.engine.log import start_logging
from tui.protocol.process import log_file


def main() -> None:
    """Read the descriptor's number and run until the last client has left."""
    parser = argparse.ArgumentParser(prog="xs3-tui engine")
    parser.add_argument("--fd", type=int, required=True, help="descriptor of a listening Unix socket")
    arguments = parser.parse_args()
    os.umask(0o077)
    start_logging(log_file())
    uvloop.run(run_engine(socket.socket(fileno=arguments.fd)))


if __name__ == "__main__":
    main()
