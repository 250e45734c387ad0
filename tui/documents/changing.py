"""Changes of documents: plan, apply only as shown, save, undo.

AWS has no condition for these writes: a document is read again just before, and must be the one that was shown.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.core.changes import AppliedChange, ChangeLog, DocumentKind, DocumentRef, PlannedChange
from tui.core.facts import Applies, Effect
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.policy import PolicyEdit, PolicyKind
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.documents.acls import BucketAcl, ObjectAcl
from tui.documents.bucket_documents import (
    BucketPolicy,
    Encryption,
    OwnershipControls,
    PublicAccessBlock,
    VersioningDocument,
)
from tui.documents.document import (
    Consequences,
    Document,
    Intended,
    Services,
    edited_statements,
    meaning,
    public_sids,
    size_of,
)
from tui.documents.iam_documents import KeyPolicy, RolePolicy, RoleTrust, UserPolicy
from tui.documents.object_documents import BucketTags, HeadersAndMetadata, ObjectTags, StorageClassDocument
from tui.link.private_files import make_directories, open_private, read_private, replace_private
from tui.policies.bucket_policy import PolicyRequest, read_policy, resource_arn
from tui.policies.request_context import Caller, KnownRequest, caller_of, request_context_of
from tui.policies.statements import PolicyForm, parse_document

DOCUMENTS: Mapping[DocumentKind, Document] = {
    DocumentKind.BUCKET_POLICY: BucketPolicy(),
    DocumentKind.USER_POLICY: UserPolicy(),
    DocumentKind.ROLE_TRUST: RoleTrust(),
    DocumentKind.ROLE_POLICY: RolePolicy(),
    DocumentKind.KEY_POLICY: KeyPolicy(),
    DocumentKind.OBJECT_TAGS: ObjectTags(),
    DocumentKind.OBJECT_ACL: ObjectAcl(),
    DocumentKind.HEADERS: HeadersAndMetadata(),
    DocumentKind.STORAGE_CLASS: StorageClassDocument(),
    DocumentKind.BUCKET_TAGS: BucketTags(),
    DocumentKind.BUCKET_ACL: BucketAcl(),
    DocumentKind.VERSIONING: VersioningDocument(),
    DocumentKind.ENCRYPTION: Encryption(),
    DocumentKind.PUBLIC_ACCESS_BLOCK: PublicAccessBlock(),
    DocumentKind.OBJECT_OWNERSHIP: OwnershipControls(),
}


Edit = Callable[[str | None], str | None]
"""From the present document (None: there is none) to the wanted one (None: none)."""


class DocumentChanger:
    """Plans and applies changes; `saved` keeps them for `undo`."""

    def __init__(self, services: Services, saved: SavedChanges) -> None:
        self._services, self.saved = services, saved

    async def plan(self, ref: DocumentRef, edit: Edit, identity: Identity) -> PlannedChange:
        """The change that `edit` makes to a document that `identity` reads and writes, and the reasons against it.

        A document that cannot be read is planned as if there were none: the plan shows the additions, for somebody else
        to apply. Raises `ProblemError` only for a document that cannot be edited.
        """
        if not ref.connection:
            return PlannedChange(ref, None, edit(None))
        try:
            before = await DOCUMENTS[ref.kind].read(self._services, ref)
        except ProblemError as error:
            return PlannedChange(ref, None, edit(None), unread=error.problem)
        after = edit(before)
        if after is not None:
            after = DOCUMENTS[ref.kind].settled(after, before, self._services.book())
        return await self._planned(Intended(ref, before, after, caller_of(identity)))

    async def _planned(self, intended: Intended) -> PlannedChange:
        ref, before, after = intended.ref, intended.before, intended.after
        limit, size = quota(ref, after)
        found = await self._consequences(intended)
        notes = await findings(self._services.control_plane, ref, after) if after and after != before else []
        return PlannedChange(
            ref, before, after, stops=found.stops, notes=[*found.notes, *notes], limit=limit, size=size
        )

    async def _consequences(self, intended: Intended) -> Consequences:
        """The reasons against it, by the texts; without any, those of the service. Raises `ProblemError`."""
        found = stops(intended.ref, intended.before, intended.after, intended.caller)
        document = DOCUMENTS[intended.ref.kind]
        if intended.before == intended.after:
            return Consequences(found, list(document.remarks(intended.after or "", self._services.book())))
        return Consequences(found) if found else await document.consequences(self._services, intended)

    async def apply(
        self, change: PlannedChange, identity: Identity, undoes: str = "", group: str = ""
    ) -> AppliedChange:
        """Apply a change that was shown. Raises `ProblemError`: of kind CHANGED if the document has changed since.

        Saves the change first, so that it can be undone whatever happens. `group` is the unit of changes that are
        applied together. Writes nothing if the document needs no change.
        """
        document = DOCUMENTS[change.ref.kind]
        intended = Intended(change.ref, change.before, change.after, caller_of(identity))
        if found := (await self._consequences(intended)).stops:
            title = f"the {change.ref.title} {change.ref.was} not changed"
            remedy = "correct this in the document, then try again"
            raise ProblemError(Problem(ProblemKind.INVALID, title, "; ".join(found), remedy))
        if await document.read(self._services, change.ref) != change.before:
            raise ProblemError(_changed(change.ref))
        applied = AppliedChange(
            id=secrets.token_hex(4),
            at=time.time(),
            identity=identity.label,
            ref=change.ref,
            before=change.before,
            after=change.after,
            undoes=undoes,
            group=group,
            unsure=True,
        )
        await self.saved.keep(applied)
        try:
            if change.before == change.after:
                pass  # already restored by somebody else: only save the undo
            elif change.after is None:
                await document.remove(self._services, change.ref)
            else:
                await document.write(self._services, change.ref, change.after)
        except ProblemError:
            with suppress(ProblemError):  # drop a refused change; keep any other one, which may have been applied
                if await document.read(self._services, change.ref) == change.before:
                    await self.saved.drop(applied.id)
            raise
        after = await document.read(self._services, change.ref)
        ours = meaning(after, principals=False) == meaning(change.after, principals=False)
        if change.ref.kind in POLICIES and not ours:
            after = change.after  # read too early, or changed by somebody else: an undo must not undo that
        applied = replace(applied, after=after, unsure=False)
        await self.saved.keep(applied)
        return applied

    async def plan_undo(self, applied: AppliedChange, identity: Identity) -> PlannedChange:
        """The change that undoes another. Raises `ProblemError` (CHANGED) if the document has changed again since."""
        ref = applied.ref
        document = DOCUMENTS[ref.kind]
        now = await document.read(self._services, ref)
        if now not in (applied.after, applied.before):
            raise ProblemError(_changed(ref))
        return await self._planned(Intended(ref, now, document.restored(applied.before), caller_of(identity)))


def _changed(ref: DocumentRef) -> Problem:
    changed = "has changed since it was shown" if ref.was == "was" else "have changed since they were shown"
    cause = "somebody else has written it in the meantime; nothing was written"
    remedy = "review the new difference and confirm it again"
    return Problem(ProblemKind.CHANGED, f"the {ref.title} {changed}", cause, remedy)


# The reasons against a change of a document: it would be public, lock its author out, or be too long.
#
# Decided by the two texts and the identity that applies the change, without a request.

POLICY_ACTIONS = ("s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy")
"""The actions that a change of a bucket policy must leave to its author."""
_KEY_ACTION = "kms:PutKeyPolicy"

_FORMS = {
    DocumentKind.USER_POLICY: PolicyForm.IDENTITY,
    DocumentKind.ROLE_POLICY: PolicyForm.IDENTITY,
    DocumentKind.ROLE_TRUST: PolicyForm.TRUST,
}


ChangeCheck = Callable[[DocumentRef, str | None, str, Caller], Iterator[str]]


def stops(ref: DocumentRef, before: str | None, after: str | None, caller: Caller) -> list[str]:
    """Why the document must not become `after`, each a clause; `caller` applies the change."""
    document = DOCUMENTS[ref.kind]
    if after == before:
        return []
    if after is None:
        return [] if document.removable else [f"there is always a {ref.kind}: it cannot be removed"]
    if ref.kind not in _CHECKS:
        return list(document.mistakes(before, after))
    form = _FORMS.get(ref.kind, PolicyForm.RESOURCE)
    read = parse_document(after, form)
    if read.problem and not (before and read.statements and read.problem == parse_document(before, form).problem):
        return [read.problem]
    return [stop for check in _CHECKS[ref.kind] for stop in check(ref, before, after, caller)]


def quota(ref: DocumentRef, after: str | None) -> tuple[int, int]:
    """The maximum bytes of the document and its bytes, as AWS counts them; 0: there is no quota."""
    document = DOCUMENTS[ref.kind]
    return document.limit, size_of(after, counts_blanks=document.counts_blanks)


def _too_long(ref: DocumentRef, before: str | None, after: str, _caller: Caller) -> Iterator[str]:
    limit, size = quota(ref, after)
    if limit and size > limit and size > quota(ref, before)[1]:
        yield f"it would have {counted(size, 'byte')}, and AWS accepts {limit:,}"


def _public(ref: DocumentRef, before: str | None, after: str, _caller: Caller) -> Iterator[str]:
    form = _FORMS.get(ref.kind, PolicyForm.RESOURCE)
    known = public_sids(before, form)
    for sid in public_sids(after, form):
        if sid in known:
            known.remove(sid)
        else:
            yield f"statement {sid} would allow public access"


def _locks_out(ref: DocumentRef, before: str | None, after: str, caller: Caller) -> Iterator[str]:
    """Whether a Deny keeps the author from changing the policy again."""
    for action in POLICY_ACTIONS:
        denying = _denying(ref, after, caller, action)
        if denying and not (before and _denying(ref, before, caller, action)):
            yield f"statement {denying} would deny {action} to this identity, which then could not change the policy"
            return


def _denying(ref: DocumentRef, document: str, caller: Caller, action: str) -> str:
    context = request_context_of(caller, KnownRequest(writes=True))
    request = PolicyRequest(caller, action, resource_arn(ref.location, caller.partition), context)
    found = read_policy(document, request).statements
    denies = (one.sid for one in found if one.effect is Effect.DENY and one.applies is not Applies.NO)
    return next(denies, "")


def _locks_key(_ref: DocumentRef, _before: str | None, after: str, caller: Caller) -> Iterator[str]:
    """A key is lost when nobody can change its policy. KMS checks this, too, but only for the caller."""
    request = PolicyRequest(caller, _KEY_ACTION, "*", request_context_of(caller, KnownRequest(writes=True)))
    found = read_policy(after, request).statements
    if not any(one.effect is Effect.ALLOW and one.applies is not Applies.NO for one in found):
        yield f"no statement would allow {_KEY_ACTION} to this identity, which then could not change the policy"


_CHECKS: Mapping[DocumentKind, tuple[ChangeCheck, ...]] = {
    DocumentKind.BUCKET_POLICY: (_too_long, _public, _locks_out),
    DocumentKind.USER_POLICY: (_too_long,),
    DocumentKind.ROLE_POLICY: (_too_long,),
    DocumentKind.ROLE_TRUST: (_too_long, _public),
    DocumentKind.KEY_POLICY: (_too_long, _public, _locks_key),
}

POLICIES = _CHECKS.keys()


MOST_SAVED = 500


class SavedChanges:
    """The file of all engines of a user: one line of JSON for each change. The last line with an ID counts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def keep(self, change: AppliedChange) -> None:
        """Add a change, or its new state, and sync it to disk. Raises `ProblemError`."""
        await asyncio.to_thread(self._keep, change)

    async def drop(self, change: str) -> None:
        """Remove a change that was not applied, by its ID. Raises `ProblemError`."""
        await asyncio.to_thread(self._drop, change)

    async def all(self) -> list[AppliedChange]:
        """All changes, latest first. Raises `ProblemError`."""
        return await asyncio.to_thread(self._all)

    async def find(self, change: str) -> AppliedChange:
        """The change with this id. Raises `ProblemError` if there is none."""
        return ChangeLog(await self.all()).find(change)

    def _keep(self, change: AppliedChange) -> None:
        with self._locked("written"):
            lines = [line for line in self._content().split(b"\n") if line]
            lines.append(msgspec.json.encode(change))
            replace_private(self._path, b"\n".join(lines[-MOST_SAVED:]) + b"\n")

    def _drop(self, change: str) -> None:
        with self._locked("written"):
            begins = b'{"id":' + msgspec.json.encode(change)  # the first member, as in `AppliedChange`
            lines = [line for line in self._content().split(b"\n") if line and not line.startswith(begins)]
            replace_private(self._path, b"".join(line + b"\n" for line in lines))

    def _all(self) -> list[AppliedChange]:
        with self._locked("read"):
            lines = self._content().split(b"\n")
        found: dict[str, AppliedChange] = {}
        for line in filter(None, lines):
            try:
                change = msgspec.json.decode(line, type=AppliedChange)
            except (msgspec.MsgspecError, RecursionError) as error:
                raise ProblemError(self._problem("read", str(error))) from error
            found.pop(change.id, None)
            found[change.id] = change
        return list(reversed(found.values()))

    def _content(self) -> bytes:
        try:
            return read_private(self._path)
        except FileNotFoundError:
            return b""

    @contextmanager
    def _locked(self, what: str) -> Iterator[None]:
        """Lock the file: one engine at a time."""
        try:
            make_directories(self._path.parent)
            with open_private(self._path.with_suffix(".lock")) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise ProblemError(self._problem(what, str(error))) from error

    def _problem(self, what: str, cause: str) -> Problem:
        title, remedy = f"the file of changes cannot be {what}", f"repair or remove {self._path}"
        return Problem(ProblemKind.JOURNAL, title, cause, remedy)


class UnsavedChanges(SavedChanges):
    """Keeps nothing, for more changes than there is room for: they would push out all that can be undone."""

    def _keep(self, change: AppliedChange) -> None:
        pass

    def _drop(self, change: str) -> None:
        pass


# The findings of IAM Access Analyzer on a policy before it is written.
#
# IAM Access Analyzer API reference, "ValidatePolicy"; user guide, "Access Analyzer policy check reference".

MOST_FINDINGS = 5

_TYPES: Mapping[DocumentKind, Mapping[str, str]] = {
    DocumentKind.BUCKET_POLICY: {"policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::S3::Bucket"},
    DocumentKind.USER_POLICY: {"policyType": "IDENTITY_POLICY"},
    DocumentKind.ROLE_POLICY: {"policyType": "IDENTITY_POLICY"},
    DocumentKind.ROLE_TRUST: {
        "policyType": "RESOURCE_POLICY",
        "validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument",
    },
    DocumentKind.KEY_POLICY: {"policyType": "RESOURCE_POLICY"},
}
_GRAVE = ("ERROR", "SECURITY_WARNING", "WARNING")
"""The types of findings that are shown, most severe first; the other types are about style."""


async def findings(control_plane: ControlPlane, ref: DocumentRef, document: str) -> list[str]:
    """The findings, most severe first, each a clause; none without Access Analyzer or without access to it."""
    kind = _TYPES.get(ref.kind)
    if kind is None:
        return []
    try:
        if not await control_plane.has_own_endpoint(ref.connection, ControlPlaneService.ACCESS_ANALYZER):
            return []
        answer = await control_plane.read(
            ref.connection, ControlPlaneService.ACCESS_ANALYZER, "ValidatePolicy", policyDocument=document, **kind
        )
    except ProblemError:
        return []  # our own checks do not depend on it
    found: list[Mapping[str, Any]] = answer.get("findings", []) if answer else []
    grave = sorted(
        (each for each in found if each.get("findingType") in _GRAVE),
        key=lambda each: _GRAVE.index(each["findingType"]),
    )
    return [f"IAM Access Analyzer: {each.get('findingDetails', '')}" for each in grave[:MOST_FINDINGS]]


POLICY_NAME = "xs3-tui"
"""The name of an inline policy that a remedy creates."""

_KINDS: Mapping[PolicyKind, DocumentKind] = {
    PolicyKind.BUCKET_POLICY: DocumentKind.BUCKET_POLICY,
    PolicyKind.USER_POLICY: DocumentKind.USER_POLICY,
    PolicyKind.ROLE_POLICY: DocumentKind.ROLE_POLICY,
    PolicyKind.TRUST_POLICY: DocumentKind.ROLE_TRUST,
    PolicyKind.KEY_POLICY: DocumentKind.KEY_POLICY,
}
_INLINE = (PolicyKind.USER_POLICY, PolicyKind.ROLE_POLICY)


def document_of(edit: PolicyEdit, identity: Identity | None) -> DocumentRef:
    """`identity` belongs to the account of the edit; None: no identity here does. Raises `ProblemError`."""
    kind = _KINDS.get(edit.kind)
    if kind is None:
        title = f"xs3-tui cannot change the {edit.kind.value} of {edit.resource}"
        cause = "it is attached to more than one user or role, or belongs to another service"
        remedy = "change it where it is managed; you can copy the statement"
        raise ProblemError(Problem(ProblemKind.UNSUPPORTED, title, cause, remedy))
    of_bucket = kind is DocumentKind.BUCKET_POLICY
    return DocumentRef(
        kind,
        location=Location(edit.resource) if of_bucket else Location(""),
        resource="" if of_bucket else edit.resource,
        name=(edit.policy_name or POLICY_NAME) if edit.kind in _INLINE else "",
        account=edit.account,
        connection=identity.connection if identity else "",
    )


def as_edit(edit: PolicyEdit) -> Edit:
    """The edit as a function of the document's text, which raises `ProblemError` if the statement no longer exists."""

    def change(before: str | None) -> str | None:
        statement = json.loads(edit.statement_json) if edit.statement_json else None
        if before is None:  # also for a document that cannot be read here
            return edited_statements(None, lambda _: [statement] if statement else [])
        return edited_statements(before, lambda statements: _changed_statement(statements, edit, statement))

    return change


def _changed_statement(statements: list[Any], edit: PolicyEdit, statement: Any) -> list[Any]:
    if not edit.replaces_sid:
        return statements if statement is None or statement in statements else [*statements, statement]
    place = _place(statements, edit.replaces_sid)
    if place is None:
        title = f"statement {edit.replaces_sid} is no longer in the {edit.kind.value} of {edit.resource}"
        cause = "somebody else has changed it since it was read"
        raise ProblemError(Problem(ProblemKind.CHANGED, title, cause, "explain the denial again"))
    return [*statements[:place], *([statement] if statement is not None else []), *statements[place + 1 :]]


def _place(statements: list[Any], sid: str) -> int | None:
    """The position of a statement, by its Sid, or by its number (``#2``) if it has none."""
    for place, each in enumerate(statements):
        if isinstance(each, dict) and (each.get("Sid") or f"#{place + 1}") == sid:
            return place
    return None
