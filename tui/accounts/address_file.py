"""The address book on disk: read when the engine begins, merged into whenever it has learned something."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path

import msgspec

from tui.accounts.addresses import LiveAddressBook, SavedAddresses, line_key
from tui.core.identity import Address
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.private_files import make_directories, open_private, read_private, replace_private

_NOBODY = Problem(
    kind=ProblemKind.INVALID,
    title="the entry has no canonical ID and no account number",
    cause="an address book entry needs a canonical ID or an account number",
    remedy="enter one of them",
)

Change = Callable[[SavedAddresses], SavedAddresses]


class AddressFile:
    """A file that several engines of a user write, each into what the others have left there. Its methods block.

    `report` gets the problem of a file that cannot be read; the file is set aside.
    """

    def __init__(self, path: Path, report: Callable[[Problem], None]) -> None:
        self._path, self._report = path, report

    def read(self) -> SavedAddresses:
        """What is kept; nothing, where nothing was yet. Raises `ProblemError` for a file that may not be read."""
        try:
            content = read_private(self._path)
        except FileNotFoundError:
            return SavedAddresses()
        except OSError as error:
            raise self._unusable("read", error) from error
        try:
            return msgspec.json.decode(content, type=SavedAddresses)
        except (msgspec.MsgspecError, RecursionError) as error:
            self._set_aside(str(error))
            return SavedAddresses()

    def learn(self, lines: Iterable[Address]) -> SavedAddresses:
        """Keep what was learned; returns all that is kept now. Raises `ProblemError` if it cannot be."""
        return self._merge(lambda kept: _with_learned(kept, lines))

    def enter(self, line: Address) -> SavedAddresses:
        """Keep a line by hand, or remove it if it says nothing; returns and raises as `learn` does."""
        return self._merge(lambda kept: with_line(kept, line))

    def _merge(self, change: Change) -> SavedAddresses:
        try:
            with self._lock():
                before = self.read()
                after = change(before)
                if after != before:
                    replace_private(self._path, msgspec.json.format(msgspec.json.encode(after)))
        except OSError as error:
            raise self._unusable("written", error) from error
        return after

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One engine at a time; the lock is let go by closing its file."""
        make_directories(self._path.parent)
        with open_private(self._path.with_suffix(".lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _set_aside(self, cause: str) -> None:
        aside = self._path.with_suffix(".broken")
        with suppress(OSError):
            self._path.replace(aside)
        self._report(
            Problem(
                kind=ProblemKind.INVALID,
                title=f"the address book {self._path} is not valid",
                cause=cause,
                remedy=f"a new one was started; the old file is now {aside}",
            )
        )

    def _unusable(self, what: str, error: OSError) -> ProblemError:
        return ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title=f"the address book {self._path} cannot be {what}",
                cause=error.strerror or str(error),
                remedy="until this is fixed, account names are lost when the engine stops",
            )
        )


class AddressFileSync:
    """Keeps what a keeper knows in a file. `report` gets what goes wrong; everything else continues."""

    def __init__(self, keeper: LiveAddressBook, path: Path, report: Callable[[Problem], None]) -> None:
        self._keeper, self._file, self._report = keeper, AddressFile(path, report), report
        self._written: list[Address] = []
        self._unkept: list[Address] = []
        """Lines by hand that could not be written down."""
        self._trouble: Problem | None = None
        self._one_at_a_time = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what is kept, and follow what is learned from now on."""
        try:
            self._keeper.take_up(await asyncio.to_thread(self._file.read))
        except ProblemError as error:
            self._report(error.problem)
        self._written = self._keeper.kept.learned
        self._following = asyncio.create_task(self._follow(), name="address-book")

    async def enter(self, line: Address) -> None:
        """Take a line by hand.

        Raises `ProblemError` if it names no account, or cannot be saved; it is then valid until the engine stops.
        """
        line = Address(line.canonical_id.strip(), line.account.strip(), line.label.strip())
        if not (line.canonical_id or line.account):
            raise ProblemError(_NOBODY)
        async with self._one_at_a_time:
            try:
                self._adopt(await asyncio.to_thread(self._file.enter, line))
            except ProblemError:
                self._unkept.append(line)
                self._adopt(self._keeper.kept)
                raise

    async def close(self) -> None:
        """Write down what was learned last."""
        if self._following:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
            await self._save()

    async def _follow(self) -> None:
        async with aclosing(self._keeper.watch()) as books:
            async for _ in books:
                await self._save()

    async def _save(self) -> None:
        async with self._one_at_a_time:
            learned = self._keeper.kept.learned
            if learned == self._written:
                return
            try:
                self._adopt(await asyncio.to_thread(self._file.learn, learned))
            except ProblemError as error:
                if error.problem != self._trouble:
                    self._report(error.problem)
                self._trouble = error.problem
            else:
                self._written, self._trouble = learned, None

    def _adopt(self, kept: SavedAddresses) -> None:
        for line in self._unkept:
            kept = with_line(kept, line)
        self._keeper.take_up(kept)


def with_line(kept: SavedAddresses, line: Address) -> SavedAddresses:
    """What is kept, with a line by hand entered; without it if the line says nothing."""
    others = [each for each in kept.by_hand if line_key(each) != line_key(line)]
    says = line.label or (line.canonical_id and line.account)
    return SavedAddresses(kept.learned, [*others, line] if says else others)


def _with_learned(kept: SavedAddresses, lines: Iterable[Address]) -> SavedAddresses:
    merged = {line.canonical_id: line for line in kept.learned}
    for line in lines:
        there = merged.get(line.canonical_id, Address(line.canonical_id))
        merged[line.canonical_id] = Address(line.canonical_id, line.account or there.account, line.label or there.label)
    return SavedAddresses(list(merged.values()), kept.by_hand)
