"""Canonical ids as names a person knows."""

from __future__ import annotations

from tui.core.identity import AddressBook, Owner
from tui.text.format import visible


def short_name(owner: Owner, book: AddressBook) -> str:
    """The label of an account, or what else there is to know it by."""
    entry = book.entries.get(owner.id)
    return visible(entry.label) if entry and entry.label else owner_name(owner, book)


def owner_name(owner: Owner, book: AddressBook) -> str:
    """The label of an account with its number, else the name the server gave, else the id, cut when it is long."""
    entry = book.entries.get(owner.id)
    if entry and entry.label:
        return visible(f"{entry.label} ({entry.account})" if entry.account else entry.label)
    if entry and entry.account:
        return visible(entry.account)
    return visible(owner.name or book.name(owner.id))
