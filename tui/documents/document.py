"""The base of settings documents; policies with statements replaced, added or removed."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.aws.control_plane import ControlPlane
from tui.core.changes import DocumentRef
from tui.core.identity import AddressBook
from tui.core.json_text import read_json
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.policies.bucket_policy import is_public
from tui.policies.request_context import Caller
from tui.policies.statements import PolicyForm, parse_document
from tui.stores.base import Store
from tui.stores.operations import BucketConfiguration

WrittenStatement = Mapping[str, Any]

VERSION, OLD_VERSION = "2012-10-17", "2008-10-17"
"""The version that supports ``${…}``, and the default version."""


def with_statements(before: str | None, statements: Sequence[WrittenStatement]) -> str:
    """Replace the statements with the same Sids, or append. Raises `ProblemError` for a document that is no policy."""
    if before is None:
        return _dumped({"Version": VERSION, "Statement": list(statements)}, None)
    document = _read(before)
    _require_variables(document, statements)
    new = {str(each["Sid"]): each for each in statements}
    kept = [new.pop(_sid(each), each) for each in _listed(document)]
    document["Statement"] = [*kept, *new.values()]
    return _dumped(document, before)


def edited_statements(before: str | None, edit: Callable[[list[Any]], list[Any]]) -> str | None:
    """The document with the statements that `edit` returns; None if none is left. Raises as `with_statements`."""
    document = _read(before) if before is not None else {"Version": VERSION, "Statement": []}
    listed = _listed(document)
    wanted = edit(listed)
    if wanted == listed:
        return before
    _require_variables(document, [each for each in wanted if each not in listed])
    return _dumped({**document, "Statement": wanted}, before) if wanted else None


def without_statements(before: str | None, dropped: Collection[str]) -> str | None:
    """The document without the statements of these Sids; None if no statement is left. Raises as `with_statements`."""
    if before is None:
        return None
    document = _read(before)
    listed = _listed(document)
    kept = [each for each in listed if _sid(each) not in dropped]
    if len(kept) == len(listed):
        return before
    if not kept:
        return None
    document["Statement"] = kept
    return _dumped(document, before)


def _sid(statement: object) -> str:
    """The Sid of a statement; empty if it has none, because IAM allows no empty Sid."""
    sid = statement.get("Sid") if isinstance(statement, dict) else None
    return sid if isinstance(sid, str) else ""


def size_of(document: str | None, *, counts_blanks: bool) -> int:
    if document is None:
        return 0
    if counts_blanks:
        return len(document.encode())
    return len("".join(document.split()).encode())


def meaning(document: str | None, *, principals: bool = True) -> object:
    """The content of a policy, without its layout; equal policies mean the same. None: there is none.

    Ignore `principals` if one document comes from AWS, which rewrites them: an account number becomes the ARN of its
    root, a canonical ID an ARN.
    """
    if document is None:
        return None
    try:
        return _unlisted(read_json(document), () if principals else ("Principal", "NotPrincipal"))
    except ValueError:
        return document


def _unlisted(value: object, without: Collection[str]) -> object:
    """A list of one counts as its element (IAM user guide, "Grammar of the IAM JSON policy language")."""
    if isinstance(value, dict):
        return {name: _unlisted(each, without) for name, each in value.items() if name not in without}
    if isinstance(value, list):
        return _unlisted(value[0], without) if len(value) == 1 else [_unlisted(each, without) for each in value]
    return value


def _read(document: str) -> dict[str, Any]:
    try:
        content = read_json(document)
    except ValueError as error:
        raise ProblemError(_unreadable(str(error))) from error
    if not isinstance(content, dict):
        raise ProblemError(_unreadable("it is not a JSON object"))
    return content


def _listed(document: Mapping[str, Any]) -> list[Any]:
    statements = document.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _require_variables(document: Mapping[str, Any], added: Sequence[Any]) -> None:
    """Raise `ProblemError` if ``${*}`` is no literal ``*``: in a document of an older version it is a wildcard.

    IAM user guide, "AWS JSON policy elements: Version".
    """
    version = str(document.get("Version", OLD_VERSION))
    if version < VERSION and any("${" in json.dumps(each) for each in added):
        title = f"the policy has version {version}, which does not support ${{*}}"
        cause = "its special characters would be wildcards there, and allow more than you asked for"
        remedy = f"review its statements and set its version to {VERSION} first: xs3-tui policy put"
        raise ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))


def _dumped(document: Mapping[str, Any], before: str | None) -> str:
    """Compact or indented, as the document was before."""
    if before and "\n" in before.strip():
        return json.dumps(document, indent=2, ensure_ascii=False)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _unreadable(cause: str) -> Problem:
    title, remedy = "the policy cannot be read", "correct it first: xs3-tui policy put"
    return Problem(ProblemKind.INVALID, title, cause, remedy)


@dataclass(frozen=True, slots=True)
class Services:
    """Read and write documents. `book` returns the accounts known so far."""

    store: Callable[[str], Awaitable[Store]]
    control_plane: ControlPlane
    book: Callable[[], AddressBook] = AddressBook

    async def settings(self, ref: DocumentRef) -> BucketConfiguration:
        return (await self.store(ref.connection)).settings


@dataclass(frozen=True, slots=True)
class Intended:
    """A wanted change: the document, its text before and after (None: none), and who wants it."""

    ref: DocumentRef
    before: str | None
    after: str | None
    caller: Caller


@dataclass(slots=True)
class Consequences:
    """The consequences of a change, by the service: what prevents it, and what the user should know."""

    stops: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Document(ABC):
    """One kind of document. `read`, `write`, `remove` and `consequences` raise `ProblemError`."""

    limit = 0
    """Maximum bytes; 0: no quota is known."""
    counts_blanks = True
    """Whether whitespace in its JSON counts for the quota."""
    removable = True
    """Whether the document can be removed."""

    @abstractmethod
    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """The document as the service returns it; None: there is none."""

    @abstractmethod
    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """Replace the document."""

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """Remove the document, if it is `removable`."""
        raise NotImplementedError(f"{services}: no plan removes the {ref.title}")

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # what others need
        """The user's text in the form that `read` returns; unchanged if it is invalid."""
        return text

    def restored(self, text: str | None) -> str | None:
        """The document that restores this earlier one; None: remove it."""
        return text

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:  # noqa: ARG002  # what others need
        """Why the document must not become `after`, each a clause, by the two texts alone."""
        yield from ()

    def remarks(self, text: str, book: AddressBook) -> Iterator[str]:  # noqa: ARG002  # what others need
        """Explanations of the names in a document, each a clause."""
        yield from ()

    async def consequences(self, services: Services, intended: Intended) -> Consequences:  # noqa: ARG002  # what others need
        return Consequences()


JsonMembers = dict[str, Any]


class JsonDocument(Document):
    """A document in our own form: a JSON object with `members` (empty: with any)."""

    members: tuple[str, ...] = ()

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:
        try:
            return self.usual(read_members(text), before, book) or text
        except ValueError:
            return text

    def usual(self, members: JsonMembers, before: str | None, book: AddressBook) -> str | None:  # noqa: ARG002  # what others need
        """The form in which `read` returns these members; None if they are invalid."""
        return written({name: members[name] for name in self.members if name in members} | members)

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:
        try:
            members = read_members(after)
        except ValueError as error:
            yield str(error)
            return
        if self.members:
            yield from unknown_members(members, self.members)
        yield from self.of_members(members, read_members(before) if before else {})

    @abstractmethod
    def of_members(self, members: JsonMembers, had: JsonMembers) -> Iterator[str]:
        """Mistakes in the values, each a clause; `had` are the members before."""


def written(members: Mapping[str, object]) -> str:
    """The canonical form in which a document is compared, shown and edited."""
    return json.dumps(members, indent=2, ensure_ascii=False)


def read_members(text: str) -> JsonMembers:
    """The members of a document. Raises `ValueError` with line and column if it is not a JSON object."""
    try:
        value = read_json(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object: { … }")  # noqa: TRY004  # a text is wrong, not a type
    return value


def unknown_members(members: Mapping[str, object], known: Collection[str]) -> Iterator[str]:
    for name in members:
        if name not in known:
            yield f"it has no {name}: only {', '.join(known)}"


def texts(members: Mapping[str, object], what: str) -> Iterator[str]:
    """Clauses on values that are not strings; `what` names one: ``tag``."""
    for name, value in members.items():
        if not isinstance(value, str):
            yield f'the value of {what} {name} is not a string: "…"'


def public_sids(document: str | None, form: PolicyForm = PolicyForm.RESOURCE) -> list[str]:
    """The Sids (``#2`` without one) of the statements that grant everyone something."""
    if document is None:
        return []
    return [each.sid for each in parse_document(document, form).statements if is_public(each)]
