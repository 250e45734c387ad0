"""Who is who: the identities of both panes and the accounts behind canonical ids."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tui.core.identity import AddressBook, AuthMethod, Identity, Owner
from tui.inspection.callers import Caller, caller_of

_CUT = 8


@dataclass(frozen=True, slots=True)
class Context:
    """What the rules need besides the facts.

    `mine` is the identity of the pane that is inspected, `other` that of the other pane (None: there is none, or it
    is the same connection). `book` is the address book at this moment. `now`, in seconds since the epoch, is what
    date conditions of policies are compared with; None leaves them open.
    """

    mine: Identity
    other: Identity | None = None
    book: AddressBook = field(default_factory=AddressBook)
    now: float | None = None

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The panes' identities, the inspected pane's first."""
        return (self.mine, self.other) if self.other else (self.mine,)

    def identity(self, label: str) -> Identity | None:
        """The identity with that label."""
        return next((one for one in self.identities if one.label == label), None)

    def seen_by(self, identity: Identity) -> Context:
        """The same with one of both as the inspected pane's identity."""
        return self if identity == self.mine else replace(self, mine=identity, other=self.mine)

    def caller(self, identity: Identity) -> Caller:
        """The identity as policies see it; its canonical id may come from the address book."""
        caller = caller_of(identity)
        if caller.canonical_id or not caller.account:
            return caller
        known = (entry.canonical_id for entry in self.book.entries.values() if entry.account == caller.account)
        return replace(caller, canonical_id=next(known, ""))

    def belongs(self, identity: Identity, owner: Owner) -> bool:
        """Whether the identity acts for the account that is this owner."""
        if identity.canonical_id and identity.canonical_id == owner.id:
            return True
        entry = self.book.entries.get(owner.id)
        return entry is not None and bool(entry.account) and entry.account == identity.account

    def may_belong(self, identity: Identity, owner: Owner) -> bool:
        """Whether it is not known that an identity is of another account than that owner.

        A role without ``s3:ListAllMyBuckets`` does not learn its canonical id, and the owner's account number may not
        be known either.
        """
        if self.belongs(identity, owner):
            return True
        if identity.method is AuthMethod.ANONYMOUS or self.caller(identity).canonical_id:
            return False
        account = self.account(owner)
        return not (account and identity.account) or account == identity.account

    def acting_for(self, owner: Owner) -> Identity | None:
        """A connected identity of that account, the inspected pane's first."""
        return next((one for one in self.identities if self.belongs(one, owner)), None)

    def account(self, owner: Owner) -> str:
        """The account number of an owner, empty if it is not known."""
        entry = self.book.entries.get(owner.id)
        if entry and entry.account:
            return entry.account
        return next((one.account for one in self.identities if one.canonical_id == owner.id), "")

    def name(self, owner: Owner) -> str:
        """An account's label, else its number, else the name the server gave, else a cut form of the id."""
        entry = self.book.entries.get(owner.id)
        if entry and entry.label:
            return entry.label
        acting = self.acting_for(owner)
        if acting:
            return acting.label
        if entry and entry.account:
            return f"account {entry.account}"
        return owner.name or (f"an unknown account ({owner.id[:_CUT]}…)" if len(owner.id) > _CUT else owner.id)

    def account_name(self, account: str) -> str:
        """The label of an account number, else the number itself."""
        acting = next((one.label for one in self.identities if one.account == account), "")
        return self.book.account_label(account) or acting or f"account {account}"

    def as_whom(self, owner: Owner) -> str:
        """How a remedy names who has to act: ``As analytics (user/bob)``, or ``An identity of account …``."""
        acting = self.acting_for(owner)
        if acting is None:
            unsure = [one.label for one in self.identities if self.may_belong(one, owner)]
            here = f"it is not known whether {' or '.join(unsure)} is one" if unsure else "not connected here"
            return f"An identity of {self.name(owner)} ({here})"
        detail = f" ({acting.principal})" if acting.principal else ""
        return f"As {acting.label}{detail}"
