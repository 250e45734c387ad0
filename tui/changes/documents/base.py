"""What every kind of settings document has: how it is read, written and removed, and how large it may be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tui.accounts.control_plane import ControlPlane
from tui.model.change import DocumentRef
from tui.stores.base import Store


@dataclass(frozen=True, slots=True)
class Services:
    """What documents are read and written by: the stores of connections, and the control plane."""

    store: Callable[[str], Awaitable[Store]]
    control_plane: ControlPlane


class Document(ABC):
    """One kind of document. Every method raises `ProblemError`."""

    limit = 0
    """Bytes it may have; 0: no quota is known."""
    counts_blanks = True
    """Whether blanks between the tokens of its JSON count for the quota."""

    @abstractmethod
    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """The document as the service returns it; None: there is none."""

    @abstractmethod
    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """Put the document in the place of what is there."""

    @abstractmethod
    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """Remove the document."""
