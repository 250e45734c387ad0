"""The start of ``xs3-tui.pyz``: unpacks the product below the user's cache, verifies it there, and runs it.

`make dist` copies this module into the archive, where it has the standard library alone. The archive also holds
``names``, a line for each file (SHA-256, size, path), and ``files``, their contents one after the other (xz).

The directory is a virtual environment, so that the engine, the demo and workers, which are `sys.executable -m …`, find
the product with any environment. Its files are bytecode: Python writes none beside them. shiv and pex verify no
bytecode and no native library that they find in their caches.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from zipimport import zipimporter

SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
PYTHON, SETTINGS = "bin/python", "pyvenv.cfg"
LEFT = "unpacking-"
RUN = "import sys; from tui.app.main import main; sys.exit(main())"


class Unpacked:
    """The product below the user's cache; each archive and each Python has a directory of its own."""

    def __init__(self, cache: Path, names: bytes, python: str) -> None:
        """`python` is the real path of the interpreter."""
        self._cache, self._python = cache, python
        settings = f"home = {Path(python).parent}\ninclude-system-site-packages = false\n".encode()
        self._own = {SETTINGS: settings}
        lines = [line.split(" ", 2) for line in names.decode().splitlines()]
        self._sizes = {f"{SITE}/{name}": int(size) for _, size, name in lines}
        self._sums = {f"{SITE}/{name}": digest for digest, _, name in lines}
        self._sums[SETTINGS] = hashlib.sha256(settings).hexdigest()
        self.directory = cache / hashlib.sha256(names + os.fsencode(python)).hexdigest()[:20]

    def ready(self, contents: Callable[[], bytes]) -> Path:
        """The Python of the verified directory; `contents` are unpacked if it is missing or different.

        Raises `OSError`.
        """
        if self._difference() is not None:
            with self._alone():
                difference = self._difference()  # another start may have unpacked it
                if difference:
                    told = f"xs3-tui: {self.directory / difference} is not as it was unpacked; it is unpacked again"
                    sys.stderr.write(f"{told}\n")
                if difference is not None:
                    self._unpack(contents())
        return self.directory / PYTHON

    def _difference(self) -> str | None:
        """The first name that is missing, foreign, writable by others, not expected, or of other content.

        Empty if the whole directory is missing.
        """
        try:
            top = self.directory.lstat()
        except FileNotFoundError:
            return ""
        missing = {PYTHON: "", **self._sums}
        if not stat.S_ISDIR(top.st_mode) or _shared(top):
            return "."
        folders = [str(self.directory)]
        start = len(folders[0]) + 1
        for folder in folders:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name, found = entry.path[start:], entry.stat(follow_symlinks=False)
                    if stat.S_ISLNK(found.st_mode):
                        same = missing.pop(name, None) == "" and os.readlink(entry.path) == self._python  # noqa: PTH115  # as it is written
                    elif stat.S_ISDIR(found.st_mode):
                        same = not _shared(found)
                        folders.append(entry.path)
                    else:
                        same = stat.S_ISREG(found.st_mode) and not _shared(found)
                        same = same and missing.pop(name, None) == _sum(entry.path)
                    if not same:
                        return name
        return next(iter(missing), None)

    def _unpack(self, contents: bytes) -> None:
        for left in self._cache.glob(f"{LEFT}*"):  # of starts that were killed
            shutil.rmtree(left)
        place = Path(tempfile.mkdtemp(prefix=LEFT, dir=self._cache))
        try:
            self._write(place / "new", contents)
            if os.path.lexists(self.directory):  # a link that leads nowhere counts
                self.directory.rename(place / "old")
            (place / "new").rename(self.directory)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _write(self, place: Path, contents: bytes) -> None:
        import lzma  # only the first start needs it, and a Python that somebody compiled may have none

        (place / PYTHON).parent.mkdir(parents=True)
        (place / PYTHON).symlink_to(self._python)
        for name, text in self._own.items():
            (place / name).write_bytes(text)
        with lzma.open(BytesIO(contents)) as content:
            for name, size in self._sizes.items():
                path = place / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read(size))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of the cache. The kernel frees that of a killed process."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._cache / "lock", flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _shared(found: os.stat_result) -> bool:
    return found.st_uid != os.geteuid() or bool(found.st_mode & 0o022)


def _sum(path: str) -> str:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache() -> Path:
    """The directory of all unpacked archives, for this user alone. Raises `OSError` if it is another user's."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    found = (Path(named) if named.startswith("/") else Path("~/.cache").expanduser()) / "xs3-tui"
    found.mkdir(parents=True, exist_ok=True)
    is_link_or_file = not stat.S_ISDIR(found.lstat().st_mode)
    if is_link_or_file or found.lstat().st_uid != os.geteuid():
        raise PermissionError(1, "it is a link, or belongs to another user", str(found))
    found.chmod(0o700)
    return found


def main() -> None:
    """Runs in the archive, as its ``__main__``."""
    read = zipimporter(str(Path(__file__).parent)).get_data
    base: str = getattr(sys, "_base_executable", "") or sys.executable
    mask = os.umask(0o077)
    try:
        unpacked = Unpacked(cache(), read("names"), str(Path(base).resolve()))
        python = str(unpacked.ready(lambda: read("files")))
    except (OSError, ImportError, RuntimeError) as error:  # no lzma; no home
        sys.exit(f"xs3-tui cannot be unpacked: {error}; XDG_CACHE_HOME may name another directory")
    os.umask(mask)
    # -P: a directory with a package `tui` in the current directory must not be imported
    os.execv(python, [python, "-P", "-c", RUN, *sys.argv[1:]])  # noqa: S606  this Python, without a shell
