"""The stand-in's program, compiled once per state of its sources and machine."""

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.daemon import ServerError

SOURCES = Path(__file__).parent
COMPILE = ("cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror")
LIBRARIES = ("-lssl", "-lcrypto")


def compiled() -> Path:
    """Return the program, compiling it first when this state of its sources has not been compiled here.

    Raises `ServerError`, naming what is to be installed, without a C compiler.
    """
    sources = sorted(path for path in SOURCES.iterdir() if path.suffix in {".c", ".h"})
    state = hashlib.sha256(platform.machine().encode())
    for source in sources:
        state.update(source.read_bytes())
    program = _private_directory() / f"standin-{state.hexdigest()[:16]}"
    if not program.exists():
        _compile([source for source in sources if source.suffix == ".c"], program)
    return program


def _private_directory() -> Path:
    """A directory that outlives the session and that nobody else can put a program into."""
    directory = Path(tempfile.gettempdir()) / f"xs3-tui-tests-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise ServerError(f"{directory} belongs to somebody else or is open to others; remove it")
    return directory


def _compile(sources: list[Path], program: Path) -> None:
    if shutil.which(COMPILE[0]) is None:
        raise ServerError(
            "The S3 stand-in needs a C compiler. Run `make test-servers`, which installs one, "
            "or leave these tests out: pytest -m 'not server and not bench'"
        )
    # Its own name until it is whole: test processes compile side by side.
    unfinished = program.with_name(f"{program.name}.{os.getpid()}")
    command = [*COMPILE, "-o", str(unfinished), *map(str, sources), *LIBRARIES]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ServerError(
            f"The S3 stand-in does not compile (`make test-servers` installs OpenSSL's headers):\n{result.stderr}"
        )
    unfinished.rename(program)
