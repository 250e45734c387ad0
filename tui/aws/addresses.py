"""Learns the accounts behind canonical IDs from identities and listings, and keeps them for later engines."""

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
    """The address book entries on disk: learned ones, and those entered by hand.

    An entry by hand without a canonical ID names the account with its number.
    """

    learned: list[Address] = []
    by_hand: list[Address] = []


def line_key(address: Address) -> tuple[str, str]:
    """The subject of an entry by hand: a canonical ID, else an account number."""
    return address.canonical_id, "" if address.canonical_id else address.account


class LiveAddressBook:
    """The engine's address book, in memory. Entries by hand take precedence over learned ones."""

    def __init__(self) -> None:
        self._learned: dict[str, Address] = {}
        self._weak: set[str] = set()
        """IDs whose label any other label replaces."""
        self._told: dict[str, str] = {}
        """Account numbers from GetCallerIdentity in this engine, by canonical ID."""
        self._by_hand: dict[tuple[str, str], Address] = {}
        self._bucket_owners: dict[tuple[str, str], str] = {}
        self._watchers: set[asyncio.Event] = set()
        self._book: AddressBook | None = AddressBook()

    @property
    def book(self) -> AddressBook:
        if self._book is None:
            accounts = {line.account: line.label for line in self._by_hand.values() if not line.canonical_id}
            ids = [*self._learned, *(line.canonical_id for line in self._by_hand.values() if line.canonical_id)]
            self._book = AddressBook({each: self._line(each, accounts) for each in ids}, accounts)
        return self._book

    @property
    def kept(self) -> SavedAddresses:
        """The entries to save, without IDs about which nothing is known."""
        learned = [line for line in self._learned.values() if line.account or line.label]
        return SavedAddresses(learned, list(self._by_hand.values()))

    def learn(self, address: Address, *, weak: bool = False) -> None:
        """Add new facts; what is known stays, so that a name on screen never flips.

        A `weak` label (a role's profile, a name from a server) only fills a gap, and any other label replaces it.
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
        """Learn a bucket's owner from the object store's response."""
        if canonical_id:
            self._bucket_owners[service, bucket] = canonical_id
            self.learn(Address(canonical_id))

    def owner_of(self, service: str, bucket: str) -> str:
        """The canonical ID of a bucket's owner; empty if no store returned it."""
        return self._bucket_owners.get((service, bucket), "")

    def account_of(self, service: str, bucket: str) -> str:
        """The account number of a bucket's owner if it is certain, else empty.

        Only GetCallerIdentity returns numbers, and only AWS and compatible servers use twelve digits. Saved entries and
        those by hand may be wrong, or belong to another server with the same IDs.
        """
        account = self._told.get(self.owner_of(service, bucket), "")
        return account if _ACCOUNT.fullmatch(account) else ""

    def learn_names(self, owners: Iterable[Owner]) -> None:
        """Learn the display names that some servers return with owner IDs."""
        for owner in owners:
            if owner.name:
                self.learn(Address(owner.id, label=owner.name), weak=True)

    def see(self, owners: Iterable[Owner]) -> None:
        """Learn the owners and grantees of an ACL, so that users can name them."""
        for owner in owners:
            self.learn(Address(owner.id, label=owner.name), weak=True)

    def take_up(self, kept: SavedAddresses) -> None:
        """Merge saved entries: entries by hand replace the present ones, learned ones fill gaps."""
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
        """The book now, and again after each change."""
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
        """From the entry by hand for this ID, else the one for its account, else as learned."""
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


_NOBODY = Problem(
    kind=ProblemKind.INVALID,
    title="the entry has no canonical ID and no account number",
    cause="an address book entry needs a canonical ID or an account number",
    remedy="enter one of them",
)

UpdateAddresses = Callable[[SavedAddresses], SavedAddresses]


class AddressFile:
    """A file that several engines of a user write, each merging into the others' entries. Its methods block.

    `report` gets the problem of an unreadable file, which is then set aside.
    """

    def __init__(self, path: Path, report: Callable[[Problem], None]) -> None:
        self._path, self._report = path, report

    def read(self) -> SavedAddresses:
        """Empty if there is no file yet. Raises `ProblemError` if the file may not be read."""
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
        """Save learned entries; returns all saved ones. Raises `ProblemError`."""
        return self._merge(lambda kept: _with_learned(kept, lines))

    def enter(self, line: Address) -> SavedAddresses:
        """Save an entry by hand, or remove it if it is empty; returns and raises like `learn`."""
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
        """Only one engine at a time; closing the file releases the lock."""
        make_directories(self._path.parent)
        with open_private(self._path.with_suffix(".lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _set_aside(self, cause: str) -> None:
        aside = self._path.with_suffix(".broken")
        with suppress(OSError):
            self._path.replace(aside)
        remedy = f"a new one was started; the old file is now {aside}"
        self._report(Problem(ProblemKind.INVALID, f"the address book {self._path} is not valid", cause, remedy))

    def _unusable(self, what: str, error: OSError) -> ProblemError:
        title = f"the address book {self._path} cannot be {what}"
        cause = error.strerror or str(error)
        remedy = "until this is fixed, account names are lost when the engine stops"
        return ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))


class AddressFileSync:
    """Keeps an address book in a file. `report` gets every problem; the rest goes on."""

    def __init__(self, keeper: LiveAddressBook, path: Path, report: Callable[[Problem], None]) -> None:
        self._keeper, self._file, self._report = keeper, AddressFile(path, report), report
        self._written: list[Address] = []
        self._unkept: list[Address] = []
        """Entries by hand that could not be saved."""
        self._trouble: Problem | None = None
        self._one_at_a_time = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read the file, then save every change."""
        try:
            self._keeper.take_up(await asyncio.to_thread(self._file.read))
        except ProblemError as error:
            self._report(error.problem)
        self._written = self._keeper.kept.learned
        self._following = asyncio.create_task(self._follow(), name="address-book")

    async def enter(self, line: Address) -> None:
        """Add an entry by hand.

        Raises `ProblemError` if it names no account, or cannot be saved; then it is valid until the engine stops.
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
        """Save the last changes."""
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
    """The saved entries with this one by hand, or without it if it is empty."""
    others = [each for each in kept.by_hand if line_key(each) != line_key(line)]
    says = line.label or (line.canonical_id and line.account)
    return SavedAddresses(kept.learned, [*others, line] if says else others)


def _with_learned(kept: SavedAddresses, lines: Iterable[Address]) -> SavedAddresses:
    merged = {line.canonical_id: line for line in kept.learned}
    for line in lines:
        there = merged.get(line.canonical_id, Address(line.canonical_id))
        merged[line.canonical_id] = Address(line.canonical_id, line.account or there.account, line.label or there.label)
    return SavedAddresses(list(merged.values()), kept.by_hand)
