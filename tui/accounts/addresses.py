"""Learns the accounts behind canonical ids from every identity and listing, of this engine and of earlier ones."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable

from msgspec import Struct

from tui.core.identity import Address, AddressBook, Owner

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
