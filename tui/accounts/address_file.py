"""The address book on disk: read when the engine begins, merged into whenever it has learned something."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path

import msgspec

from tui.accounts.addresses import AddressKeeper, KeptAddresses, line_key
from tui.model.identity import Address
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.places import open_private, replace_private

_NOBODY = Problem(
    kind=ProblemKind.INVALID,
    title="this names nobody",
    cause="a line of the address book is about a canonical id or an account number",
    remedy="give one of them",
)

Change = Callable[[KeptAddresses], KeptAddresses]


class AddressFile:
    """A file that several engines of a user write, each into what the others have left there. Its methods block.

    `report` is told of a file that cannot be understood; it is set aside.
    """

    def __init__(self, path: Path, report: Callable[[Problem], None]) -> None:
        self._path, self._report = path, report

    def read(self) -> KeptAddresses:
        """What is kept; nothing, where nothing was yet. Raises `ProblemError` for a file that may not be read."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return KeptAddresses()
        except OSError as error:
            raise self._unusable("read", error) from error
        try:
            return msgspec.json.decode(content, type=KeptAddresses)
        except msgspec.MsgspecError as error:
            self._set_aside(str(error))
            return KeptAddresses()

    def learn(self, lines: Iterable[Address]) -> KeptAddresses:
        """Keep what was learned; returns all that is kept now. Raises `ProblemError` if it cannot be."""
        return self._merge(lambda kept: _with_learned(kept, lines))

    def enter(self, line: Address) -> KeptAddresses:
        """Keep a line by hand, or remove it if it says nothing; returns and raises as `learn` does."""
        return self._merge(lambda kept: with_line(kept, line))

    def _merge(self, change: Change) -> KeptAddresses:
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
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
                title=f"the address book {self._path} cannot be understood",
                cause=cause,
                remedy=f"a new one is begun; what was there is in {aside}",
            )
        )

    def _unusable(self, what: str, error: OSError) -> ProblemError:
        return ProblemError(
            Problem(
                kind=ProblemKind.INVALID,
                title=f"the address book {self._path} cannot be {what}",
                cause=error.strerror or str(error),
                remedy="names of accounts are forgotten with the engine until it can",
            )
        )


class AddressKeeping:
    """Keeps what a keeper knows in a file. What goes wrong is told to `report`, and everything else goes on."""

    def __init__(self, keeper: AddressKeeper, path: Path, report: Callable[[Problem], None]) -> None:
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

        Raises `ProblemError` if it is about nobody, and if it cannot be kept; it then holds as long as the engine.
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

    def _adopt(self, kept: KeptAddresses) -> None:
        for line in self._unkept:
            kept = with_line(kept, line)
        self._keeper.take_up(kept)


def with_line(kept: KeptAddresses, line: Address) -> KeptAddresses:
    """What is kept, with a line by hand entered; without it if the line says nothing."""
    others = [each for each in kept.by_hand if line_key(each) != line_key(line)]
    says = line.label or (line.canonical_id and line.account)
    return KeptAddresses(kept.learned, [*others, line] if says else others)


def _with_learned(kept: KeptAddresses, lines: Iterable[Address]) -> KeptAddresses:
    merged = {line.canonical_id: line for line in kept.learned}
    for line in lines:
        there = merged.get(line.canonical_id, Address(line.canonical_id))
        merged[line.canonical_id] = Address(line.canonical_id, line.account or there.account, line.label or there.label)
    return KeptAddresses(list(merged.values()), kept.by_hand)
