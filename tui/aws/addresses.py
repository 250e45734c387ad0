"""Learns the accounts behind canonical ids from every identity and listing, of this engine and of earlier ones."""

from __future__ import annotations

import asyncio
import fcntl
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.core.identity import Address, AddressBook, Owner
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.private_files import make_directories, open_private, read_private, replace_private

_ACCOUNT = re.compile(r"[0-9]{12}")


class SavedAddresses(Struct, frozen=True, omit_defaults=True):
    """The lines of the address book that outlive an engine: what was learned, and what was entered by hand.

    A line by hand without a canonical id names the account of its number.
    """

    learned: list[Address] = []
    by_hand: list[Address] = []


def line_key(address: Address) -> tuple[str, str]:
    """What a line by hand is about: a canonical id, else an account number."""
    return address.canonical_id, "" if address.canonical_id else address.account


class LiveAddressBook:
    """The engine's one address book, in memory. What is entered by hand is stronger than what is learned."""

    def __init__(self) -> None:
        self._learned: dict[str, Address] = {}
        self._weak: set[str] = set()
        """Ids whose label gives way to any other."""
        self._told: dict[str, str] = {}
        """The account numbers that GetCallerIdentity has returned to this engine, by canonical id."""
        self._by_hand: dict[tuple[str, str], Address] = {}
        self._bucket_owners: dict[tuple[str, str], str] = {}
        self._watchers: set[asyncio.Event] = set()
        self._book: AddressBook | None = AddressBook()

    @property
    def book(self) -> AddressBook:
        """What is known now."""
        if self._book is None:
            accounts = {line.account: line.label for line in self._by_hand.values() if not line.canonical_id}
            ids = [*self._learned, *(line.canonical_id for line in self._by_hand.values() if line.canonical_id)]
            self._book = AddressBook({each: self._line(each, accounts) for each in ids}, accounts)
        return self._book

    @property
    def kept(self) -> SavedAddresses:
        """What is worth keeping; an id of which nothing is known is not."""
        learned = [line for line in self._learned.values() if line.account or line.label]
        return SavedAddresses(learned, list(self._by_hand.values()))

    def learn(self, address: Address, *, weak: bool = False) -> None:
        """Add what is new in `address`; what was known before stays, so that a name on screen never flips.

        A `weak` label (a role's profile, a name that a server gave) fills a gap only, and gives way to any other.
        """
        if not address.canonical_id:
            return
        if address.account:
            self._told.setdefault(address.canonical_id, address.account)
        known = self._learned.get(address.canonical_id, Address(address.canonical_id))
        replaces = not known.label or (address.canonical_id in self._weak and not weak)
        label = address.label if replaces and address.label else known.label
        if replaces and address.label:
            (self._weak.add if weak else self._weak.discard)(address.canonical_id)
        account = self._told.get(address.canonical_id) or known.account
        self._put(Address(address.canonical_id, account, label))

    def learn_bucket(self, service: str, bucket: str, canonical_id: str) -> None:
        """Learn the owner of a bucket, as the object store has just returned it."""
        if canonical_id:
            self._bucket_owners[service, bucket] = canonical_id
            self.learn(Address(canonical_id))

    def owner_of(self, service: str, bucket: str) -> str:
        """The canonical id of a bucket's owner; empty if no store has returned it."""
        return self._bucket_owners.get((service, bucket), "")

    def account_of(self, service: str, bucket: str) -> str:
        """The number of the account that owns a bucket, where it is certain; empty where it is not.

        Only GetCallerIdentity returns numbers, and only AWS and compatible servers have twelve digits there. What was
        kept, or entered by hand, may be wrong, or of another server with the same ids.
        """
        account = self._told.get(self.owner_of(service, bucket), "")
        return account if _ACCOUNT.fullmatch(account) else ""

    def learn_names(self, owners: Iterable[Owner]) -> None:
        """Take the display names that some servers send along with owner ids."""
        for owner in owners:
            if owner.name:
                self.learn(Address(owner.id, label=owner.name), weak=True)

    def see(self, owners: Iterable[Owner]) -> None:
        """Take the owners and grantees of an ACL, known or not, so that they can be named by hand."""
        for owner in owners:
            self.learn(Address(owner.id, label=owner.name), weak=True)

    def take_up(self, kept: SavedAddresses) -> None:
        """Go by what is kept: the lines by hand are these, and what was learned before fills gaps."""
        for line in kept.learned:
            known = self._learned.get(line.canonical_id, Address(line.canonical_id))
            if not known.label:
                self._weak.add(line.canonical_id)
            self._put(Address(line.canonical_id, known.account or line.account, known.label or line.label))
        by_hand = {line_key(line): line for line in kept.by_hand}
        if by_hand != self._by_hand:
            self._by_hand = by_hand
            self._changed()

    async def watch(self) -> AsyncGenerator[AddressBook, None]:
        """The book now, and again whenever it has learned."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            while True:
                changed.clear()
                yield self.book
                await changed.wait()
        finally:
            self._watchers.discard(changed)

    def _line(self, canonical_id: str, accounts: dict[str, str]) -> Address:
        """By hand for this id, else by hand for its account, else as learned."""
        learned = self._learned.get(canonical_id, Address(canonical_id))
        by_hand = self._by_hand.get((canonical_id, ""), Address(canonical_id))
        account = by_hand.account or learned.account
        return Address(canonical_id, account, by_hand.label or accounts.get(account, "") or learned.label)

    def _put(self, line: Address) -> None:
        if line != self._learned.get(line.canonical_id):
            self._learned[line.canonical_id] = line
            self._changed()

    def _changed(self) -> None:
        self._book = None
        for watcher in self._watchers:
            watcher.set()


# The address book on disk: read when the engine begins, merged into whenever it has learned something.

_NOBODY = Problem(
    kind=ProblemKind.INVALID,
    title="the entry has no canonical ID and no account number",
    cause="an address book entry needs a canonical ID or an account number",
    remedy="enter one of them",
)

UpdateAddresses = Callable[[SavedAddresses], SavedAddresses]


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

    def _merge(self, change: UpdateAddresses) -> SavedAddresses:
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
