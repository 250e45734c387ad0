"""Learns who is behind canonical ids, from every identity and listing of the engine's life."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable

from tui.model.identity import Address, AddressBook, Owner

_ACCOUNT = re.compile(r"[0-9]{12}")


class AddressKeeper:
    """The engine's one address book, in memory."""

    def __init__(self) -> None:
        self._entries: dict[str, Address] = {}
        self._weak: set[str] = set()
        self._bucket_owners: dict[tuple[str, str], str] = {}
        self._watchers: set[asyncio.Event] = set()

    @property
    def book(self) -> AddressBook:
        """What is known now."""
        return AddressBook(dict(self._entries))

    def learn(self, address: Address, *, weak: bool = False) -> None:
        """Add what is new in `address`; what was known before stays, so that a name on screen never flips.

        A `weak` label (a role's profile, a name that a server gave) fills a gap only, and gives way to any other.
        """
        if not address.canonical_id:
            return
        known = self._entries.get(address.canonical_id, Address(address.canonical_id))
        replaces = not known.label or (address.canonical_id in self._weak and not weak)
        label = address.label if replaces and address.label else known.label
        if replaces and address.label:
            (self._weak.add if weak else self._weak.discard)(address.canonical_id)
        merged = Address(address.canonical_id, known.account or address.account, label)
        if merged != self._entries.get(address.canonical_id):
            self._entries[address.canonical_id] = merged
            for watcher in self._watchers:
                watcher.set()

    def learn_bucket(self, service: str, bucket: str, canonical_id: str) -> None:
        """Take who owns a bucket of an object store, as the store itself has just said."""
        if canonical_id:
            self._bucket_owners[service, bucket] = canonical_id

    def account_of(self, service: str, bucket: str) -> str:
        """The number of the account that owns a bucket, where it is certain; empty where it is not.

        Only GetCallerIdentity tells numbers, and only AWS and what does as AWS does has twelve digits there.
        """
        owner = self._entries.get(self._bucket_owners.get((service, bucket), ""))
        return owner.account if owner and _ACCOUNT.fullmatch(owner.account) else ""

    def learn_names(self, owners: Iterable[Owner]) -> None:
        """Take the display names that some servers send along with owner ids."""
        for owner in owners:
            if owner.name:
                self.learn(Address(owner.id, label=owner.name), weak=True)

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
