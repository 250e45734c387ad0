"""Which key an object gets at the target, and what must not be copied where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.core.location import DELIMITER, MAX_KEY_BYTES
from tui.core.naming import counted
from tui.core.orders import CopyOrder, Destination, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.wildcards import ANYTHING
from tui.stores.base import Store
from tui.stores.store_values import ObjectHead
from tui.transfers.shown_list import NewNames

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".br", ".z")
"""Suffixes that follow the real extension: ``events.json.gz`` becomes ``events (1).json.gz``."""


def target_key(selection: Selection, destination: Destination, key: str) -> str:
    """The key that `key` gets: its part below the selection's base, below the destination; or the one asked for.

    Raises `ProblemError` when the key is not below the base, or the new key would be empty or too long for S3.
    """
    most = destination.location.kind.longest_key
    if selection.renamed:
        return _checked(NewNames(Path(selection.renamed)).new_key(key), most)
    if destination.name:
        return _checked(destination.name, most)
    if not key.startswith(selection.base.key):
        raise _invalid(f"{key!r} is not below {selection.base.uri!r}", "select it again in its listing")
    return _checked(_below(selection, destination, key), most)


def _below(selection: Selection, destination: Destination, key: str) -> str:
    return destination.location.key + key[len(selection.base.key) :]


def renamed(key: str, number: int, most: int = MAX_KEY_BYTES) -> str:
    """``dir/name.ext`` becomes ``dir/name (1).ext``; the key must have no more than `most` bytes (`ProblemError`)."""
    cut = key.rfind(DELIMITER, 0, len(key) - 1) + 1
    directory, name = key[:cut], key[cut:]
    if name.endswith(DELIMITER):
        return _checked(f"{directory}{name[:-1]} ({number}){DELIMITER}", most)
    stem, extension = _split_extension(name)
    return _checked(f"{directory}{stem} ({number}){extension}", most)


def refuse_copy_into_itself(order: CopyOrder, *, same_service: bool) -> None:
    """Raise `ProblemError` for a copy onto itself, or of a prefix into itself (which would never end by itself).

    `same_service`: both sides reach the same S3, so that equal bucket names mean the same bucket.
    """
    selection, destination = order.selection, order.destination
    if destination.name and (len(selection.keys) != 1 or selection.prefixes):
        raise _invalid("a name for the copy needs exactly one selected object", "select one object")
    if selection.renamed or not same_service or selection.base.bucket != destination.location.bucket:
        return
    for prefix in [selection.base.key] if selection.listed else selection.prefixes:
        if _below(selection, destination, prefix) == prefix:
            if restores(order):
                continue
            raise _invalid(f"{selection.base.uri} would be copied onto itself", "choose another target", SAME_PLACE)
        within = any(ANYTHING in each for each in selection.match) if selection.match else not selection.listed
        if within and destination.location.key.startswith(prefix):
            what = f"prefix {prefix}" if prefix else "bucket"
            raise _invalid(f"the target is inside the selected {what}", "choose another target")
    for key in selection.keys:
        if not restores(order):
            refuse_same_key(key, target_key(selection, destination, key))


def restores(order: CopyOrder) -> bool:
    """Whether an object may be put on top of its own key: a version, which is how S3 restores one, or new headers.

    Amazon S3 User Guide, "Restoring previous versions". A move would then delete the version.
    """
    return bool(order.selection.version or order.options.headers or order.options.metadata) and not order.options.move


def refuse_same_key(key: str, target: str) -> None:
    """Raise `ProblemError` if an object would be copied onto itself (same bucket of the same S3 is presumed)."""
    if key == target:
        raise _invalid(
            "source and target are the same object",
            f"choose another target than {key!r}; --content-type and such, or F9 in a pane, set its headers",
        )


def _split_extension(name: str) -> tuple[str, str]:
    stem, extension = _split_last(name)
    if extension.lower() in _COMPRESSED:
        inner, second = _split_last(stem)
        return inner, second + extension
    return stem, extension


def _split_last(name: str) -> tuple[str, str]:
    dot = name.rfind(".")
    return (name[:dot], name[dot:]) if dot > 0 else (name, "")


def _checked(key: str, most: int) -> str:
    size = len(key.encode(errors="surrogatepass"))
    if not key:
        raise _invalid("the copy would have an empty name", "choose a target name")
    if size > most:
        raise _invalid(
            f"the new key would have {counted(size, 'byte')}, the limit is {most:,}", "choose a shorter target"
        )
    return key


def _invalid(cause: str, remedy: str, title: str = "this cannot be copied there") -> ProblemError:
    return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))


SAME_PLACE = "source and target are the same place"

MAX_NUMBER = 1000
"""So many names are tried: ``name (1)`` to ``name (1000)``."""


async def free_name(
    key: str, look: Callable[[str], Awaitable[Existing]], taken: set[str], most: int = MAX_KEY_BYTES
) -> str:
    """The first of ``name (1)``, ``name (2)``, … that is neither at the target nor in `taken`; it is added to them.

    `most` is how many bytes a key may have. Raises `ProblemError` if it cannot be seen what is at the target, or no
    name is free.
    """
    for number in range(1, MAX_NUMBER + 1):
        candidate = renamed(key, number, most)
        if candidate in taken:
            continue
        taken.add(candidate)  # before looking: another object of the transfer may look for a name at the same time
        try:
            found = await look(candidate)
        except BaseException:
            taken.discard(candidate)
            raise
        if found.unseen:
            taken.discard(candidate)
            raise ProblemError(cannot_see(found.unseen))
        if found.head is None:
            return candidate
        taken.discard(candidate)
    title = "no unused name found"
    cause = f"{MAX_NUMBER:,} copies of that name exist"
    raise ProblemError(Problem(ProblemKind.INVALID, title, cause, "copy to another prefix", resource=key))


def cannot_see(unseen: Problem) -> Problem:
    """The problem of an object that is not copied because it might replace one that no identity can see."""
    return Problem(
        kind=ProblemKind.DENIED,
        title="cannot check whether it exists at the target",
        cause=unseen.sentence(),
        remedy="grant s3:ListBucket and s3:GetObject on the target, or choose overwrite",
        operation=unseen.operation,
        resource=unseen.resource,
        identity=unseen.identity,
        permission=unseen.permission or "s3:ListBucket",
        request_id=unseen.request_id,
        status=unseen.status,
        code=unseen.code,
    )


@dataclass(frozen=True, slots=True)
class Existing:
    """The object at a key of the target: its head, none, or (with `unseen`) unknown: no identity may look."""

    head: ObjectHead | None = None
    unseen: Problem | None = None
    looked: bool = True
    refused: bool = False
    """What is unseen is there: a write that must not replace anything was refused."""

    @property
    def seen_absent(self) -> bool:
        return self.looked and self.head is None and self.unseen is None


NOT_LOOKED = Existing(looked=False)
"""Not looked up, because it makes no difference."""


async def look_for(askers: Sequence[Store], bucket: str, key: str) -> Existing:
    """HeadObject by the first identity that may.

    S3 answers 403 for a missing key to an identity that may not list the bucket: that is `unseen`. Any
    other failure is raised (`ProblemError`).
    """
    unseen: Problem | None = None
    for store in askers:
        try:
            return Existing(await store.head(bucket, key))
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_SUCH_KEY:
                return Existing()
            if error.problem.kind is not ProblemKind.DENIED:
                raise
            unseen = unseen or error.problem
    return Existing(unseen=unseen)


class KeysUnderWay:
    """Which keys are taken, by objects that run side by side."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        """Keys that objects under way were given or have found free."""
        self._awaited: Counter[str] = Counter()
        """The places of objects that are not decided about yet, or not ended."""
        self._overtaken: set[str] = set()
        """Those of them that another object was renamed to and written at: what was seen there is out of date."""

    def is_taken(self, key: str) -> bool:
        """Whether another object is being written at the key, or was since it was looked at."""
        return key in self.held or key in self._overtaken

    def awaiting(self, key: str) -> _KeyBlock:
        """A block from before the look at an object's place to its result: a sibling that is written there is noticed.

        It is a class, as `holding` is: a generator costs more than all else that is done for it.
        """
        return _KeyBlock(self.await_key, self.leave, key)

    def holding(self, key: str) -> _KeyBlock:
        """A block that writes an object at the key: no other is renamed to it, and whoever awaits it notices."""
        return _KeyBlock(self.hold, self.release, key)

    def hold(self, key: str) -> None:
        """No object is renamed to this key until it is released or free."""
        self.held.add(key)

    def free(self, key: str) -> None:
        self.held.discard(key)

    def release(self, key: str) -> None:
        """What was to be written at the key has been, or will not be."""
        self.held.discard(key)
        if key in self._awaited:
            self._overtaken.add(key)

    def not_written(self, key: str) -> None:
        """The write that held the key has failed: what was seen there is as true as before."""
        self._overtaken.discard(key)

    def await_key(self, key: str) -> None:
        """An object that has its place there is not decided about yet."""
        self._awaited[key] += 1

    def leave(self, key: str) -> None:
        self._awaited[key] -= 1
        if not self._awaited[key]:
            del self._awaited[key]
            self._overtaken.discard(key)


class _KeyBlock:
    __slots__ = ("_begin", "_end", "_key")

    def __init__(self, begin: Callable[[str], None], end: Callable[[str], None], key: str) -> None:
        self._begin, self._end, self._key = begin, end, key

    def __enter__(self) -> None:
        self._begin(self._key)

    def __exit__(self, *_: object) -> None:
        self._end(self._key)
