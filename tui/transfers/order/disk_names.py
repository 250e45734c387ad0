"""Names that a local disk cannot take, found by a dry run as the copy would find them."""

from __future__ import annotations

from tui.core.location import DELIMITER
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.base import Store
from tui.transfers.order.local_disk import is_disk

BOTH = "its name needs a directory where the file {} is written"
FILE_THERE = "its name needs a directory where the file {} is: move or delete that file first"
DIRECTORY_THERE = "a directory is where the file is to be written: move or delete it first"
WITH_CONTENT = "its key ends in “/” and it is not empty: a directory has no content"


class DiskNames:
    """The keys of one dry run at its target, in key order."""

    def __init__(self, target: Store, bucket: str) -> None:
        self._target, self._bucket = target, bucket
        self._parent, self._in_the_way = "", ""
        """The directory of the last key, and the file where it, or one above it, would have to be."""
        self._files: list[str] = []
        """Files to be written that the last key begins with: no others can be in the way of later keys."""

    async def why_not(self, key: str, size: int) -> str:
        """Why an object of `size` bytes cannot be written to the key, as a sentence; empty if it can be."""
        if not is_disk(self._target):
            return ""
        directory = key.endswith(DELIMITER)
        if directory and size:
            return WITH_CONTENT
        while self._files and not key.startswith(self._files[-1]):
            self._files.pop()
        if file := next((each for each in self._files if key.startswith(each + DELIMITER)), ""):
            return BOTH.format(file.rpartition(DELIMITER)[2])
        try:
            there = await self._is_there(key + "x" if directory else key)  # "x": a name in the directory
            if not there and (file := await self._file_above(key.removesuffix(DELIMITER))):
                return FILE_THERE.format(file)
            if not (there or directory) and await self._is_there(key + DELIMITER):
                return DIRECTORY_THERE
        except ProblemError as error:
            return error.problem.sentence()
        if not directory:
            self._files.append(key)
        return ""

    async def _file_above(self, key: str) -> str:
        """The path of a file that is where a directory of the key would have to be; empty if there is none."""
        parent = key.rpartition(DELIMITER)[0]
        if parent != self._parent:
            self._parent, self._in_the_way = parent, ""
            while parent and not await self._is_there(parent + DELIMITER):
                if await self._is_there(parent):
                    self._in_the_way = f"/{parent}"
                    break
                parent = parent.rpartition(DELIMITER)[0]
        return self._in_the_way

    async def _is_there(self, key: str) -> bool:
        try:
            await self._target.head(self._bucket, key)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
                raise
            return False
        return True
