"""Storage classes of objects."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from tui.changes.documents.base import Consequences, Intended, Services
from tui.changes.documents.in_place import InPlace
from tui.changes.json_objects import read_members, unknown_members, written
from tui.core.changes import DocumentRef
from tui.core.identity import AddressBook
from tui.core.naming import counted
from tui.core.problem import ProblemError
from tui.stores.store_values import ARCHIVES, ObjectAttributes, ObjectHead

CLASSES = (
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
)
"""Classes that an object may be given (Amazon S3 API Reference, CopyObject)."""

_DAYS = {"STANDARD_IA": 30, "ONEZONE_IA": 30, "GLACIER_IR": 90, "GLACIER": 90, "DEEP_ARCHIVE": 180}
"""Days that are paid at least (Amazon S3 User Guide, "Understanding and managing Amazon S3 storage classes")."""
_REFUSALS = ("InvalidStorageClass", "InvalidArgument", "NotImplemented")
"""What servers answer to a class that they do not have."""


class StorageClass(InPlace):
    """The storage class of an object."""

    def text(self, head: ObjectHead) -> str:
        """``{"StorageClass": "STANDARD"}``."""
        return written({"StorageClass": head.storage_class})

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # names no account
        """In the form of `read`."""
        try:
            return written(read_members(text))
        except ValueError:
            return text

    def changed(self, attributes: ObjectAttributes, text: str) -> ObjectAttributes:
        """In this class; STANDARD is sent, too, or S3 refuses a copy onto itself that changes nothing else."""
        return replace(attributes, storage_class=str(read_members(text)["StorageClass"]))

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:
        """Classes that an object cannot be given."""
        try:
            members = read_members(after)
        except ValueError as error:
            yield str(error)
            return
        yield from unknown_members(members, ("StorageClass",))
        if members.get("StorageClass") not in CLASSES and after != before:
            yield f"there is no storage class {members.get('StorageClass')}: {', '.join(CLASSES)}"

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """As every copy in place; servers that do not have a class say so in many ways, or do not say it."""
        try:
            await super().write(services, ref, text)
        except ProblemError as error:
            problem = error.problem
            if problem.code not in _REFUSALS:
                raise
            title = f"the storage class cannot be {read_members(text)['StorageClass']} here"
            cause = f"{problem.cause}: the server may not have it"
            raise ProblemError(replace(problem, title=title, cause=cause)) from error

    async def consequences(self, services: Services, intended: Intended) -> Consequences:
        """As for all copies in place, and what the class costs."""
        found = await super().consequences(services, intended)
        wanted = read_members(intended.after or "{}").get("StorageClass", "")
        if days := _DAYS.get(wanted):
            found.notes.append(f"AWS bills {wanted} for at least {counted(days, 'day')}")
        if wanted in ARCHIVES:
            found.notes.append("it cannot be read before it is restored, and not be changed back before that")
        return found
