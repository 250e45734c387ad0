"""A directory that another process exchanges for a symbolic link, again and again."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tui.model.problem import ProblemError
from tui.stores.local import LocalStore
from tui.stores.values import ObjectAttributes

ROOT = "/"

FLIPPER = """
    import ctypes, os, sys

    AT_FDCWD, RENAME_EXCHANGE = -100, 2
    exchange = ctypes.CDLL(None, use_errno=True).renameat2
    one, other = (os.fsencode(path) for path in sys.argv[1:])
    parent = os.getppid()
    count = 0
    while os.getppid() == parent:
        if exchange(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE):
            sys.exit(os.strerror(ctypes.get_errno()))
        count += 1
        if count == 2:
            print("flips", flush=True)
"""


def exchanges() -> bool:
    """Whether this system can exchange two names in one step (renameat2: Linux)."""
    return sys.platform == "linux"


@contextmanager
def flipping(directory: Path, link: Path) -> Iterator[None]:
    """Exchange the two for one another as fast as another process can, while the block runs."""
    command = [sys.executable, "-c", textwrap.dedent(FLIPPER), str(directory), str(link)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flipper:
        try:
            assert flipper.stdout
            assert flipper.stdout.readline() == "flips\n"
            yield
            assert flipper.poll() is None, "it flipped to the end"
        finally:
            flipper.kill()


@dataclass(frozen=True)
class Figures:
    """How many of the calls were made, and how many files of the directory outside they touched."""

    done: int
    refused: int
    outside: int

    def __str__(self) -> str:
        return f"{self.done:,} done, {self.refused:,} refused, {self.outside:,} outside"


class Arena:
    """`chosen/flips` is a directory at one moment, and a link to `outside` at the next."""

    def __init__(self, top: Path) -> None:
        self.outside, self.chosen = top / "outside", top / "chosen"
        self.flips, self.link = self.chosen / "flips", self.chosen / "other"
        self.outside.mkdir()
        self.flips.mkdir(parents=True)
        self.link.symlink_to("../outside")
        self.store = LocalStore()

    @property
    def prefix(self) -> str:
        return f"{self.chosen}/".removeprefix("/")

    async def write(self, count: int) -> Figures:
        """Files written whole and in parts, by turns."""
        attributes, done = ObjectAttributes(below=self.prefix), 0
        with flipping(self.flips, self.link):
            for number in range(count):
                key = f"{self.prefix}flips/{number:05}"
                try:
                    await (self._in_parts(key, attributes) if number % 2 else self._whole(key, attributes))
                    done += 1
                except ProblemError:
                    pass
        return Figures(done, count - done, len(list(self.outside.iterdir())))

    async def _whole(self, key: str, attributes: ObjectAttributes) -> None:
        await self.store.put(ROOT, key, b"x", attributes)

    async def _in_parts(self, key: str, attributes: ObjectAttributes) -> None:
        upload = await self.store.create_upload(ROOT, key, attributes)
        part = await self.store.upload_part(ROOT, key, upload, 1, b"x", start=0)
        await self.store.complete_upload(ROOT, key, upload, [part])

    async def delete(self, count: int) -> Figures:
        """Files of one name inside and outside are deleted, alone and together by turns."""
        names = [f"{number:05}" for number in range(count)]
        for name in names:
            (self.flips / name).touch()
            (self.outside / name).touch()
        store, failed = self.store.within(self.prefix), 0
        with flipping(self.flips, self.link):
            for name in names:
                failed += len(await store.delete_many(ROOT, [f"{self.prefix}flips/{name}"]))
        return Figures(count - failed, failed, count - len(list(self.outside.iterdir())))
