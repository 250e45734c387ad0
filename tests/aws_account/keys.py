"""Prints the keys of a name for the product, which runs it as its `credential_process`."""

import os
import socket
import sys
from pathlib import Path

if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(Path(os.environ["XS3_TUI_TEST_AWS"]) / "keys.sock"))
        asking.sendall(f"{sys.argv[1]}\n".encode())
        with asking.makefile() as answer:
            sys.stdout.write(answer.read())
