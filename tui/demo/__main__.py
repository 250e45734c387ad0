"""The server's own process: `python -m tui.demo --fd N`, started by `launch.DemoServer.spawn`."""

import argparse
import os
import signal
import socket
import sys
import threading


def main() -> None:
    """Serve on the inherited listening socket until standard input ends (its writer is our parent)."""
    parser = argparse.ArgumentParser(prog="python -m tui.demo")
    parser.add_argument("--fd", type=int, required=True, help="an inherited listening socket")
    descriptor: int = parser.parse_args().fd
    # The parent decides when to stop: Ctrl-C in a shared terminal reaches it, and it closes our standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    # Imported late, so that a parent that dies during the imports is noticed.
    from tui.demo.server import serve_forever

    serve_forever(socket.socket(fileno=descriptor))


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    # Not sys.exit: it would wait for threads that write to slow clients.
    os._exit(0)


if __name__ == "__main__":
    main()
