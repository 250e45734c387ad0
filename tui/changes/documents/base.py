"""What every kind of settings document has: how it is read, written and removed, and what speaks against a change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from tui.aws.control_plane import ControlPlane
from tui.core.changes import DocumentRef
from tui.core.identity import AddressBook
from tui.policies.request_context import Caller
from tui.stores.base import Store


@dataclass(frozen=True, slots=True)
class Services:
    """What documents are read and written by: the stores of connections, and the control plane.

    `book` returns the accounts that are known by now.
    """

    store: Callable[[str], Awaitable[Store]]
    control_plane: ControlPlane
    book: Callable[[], AddressBook] = AddressBook


@dataclass(frozen=True, slots=True)
class Intended:
    """A change that is wanted: of which document, from which text to which (None: none), by whom."""

    ref: DocumentRef
    before: str | None
    after: str | None
    caller: Caller


@dataclass(slots=True)
class Consequences:
    """What follows from a change, by what the service says: what stops it, and what the user should know."""

    stops: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Document(ABC):
    """One kind of document. `read`, `write`, `remove` and `consequences` raise `ProblemError`."""

    limit = 0
    """Bytes it may have; 0: no quota is known."""
    counts_blanks = True
    """Whether blanks between the tokens of its JSON count for the quota."""
    removable = True
    """Whether there can be none."""

    @abstractmethod
    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """The document as the service returns it; None: there is none."""

    @abstractmethod
    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """Put the document in the place of what is there."""

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """Remove the document, if it is `removable`."""
        raise NotImplementedError(f"{services}: no plan removes the {ref.title}")

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # what others need
        """What the user has written, as `read` would return it; unchanged where it makes no sense."""
        return text

    def restored(self, text: str | None) -> str | None:
        """What takes the place of a document when it is to become what it was; None: it is removed."""
        return text

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:  # noqa: ARG002  # what others need
        """Why the document must not become `after`, each a clause, by the two texts alone."""
        yield from ()

    def remarks(self, text: str, book: AddressBook) -> Iterator[str]:  # noqa: ARG002  # what others need
        """What the names in a document mean, each a clause."""
        yield from ()

    async def consequences(self, services: Services, intended: Intended) -> Consequences:  # noqa: ARG002  # what others need
        """What follows from the change, by what the service says."""
        return Consequences()
