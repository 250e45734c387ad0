"""ACLs of objects and buckets: owner and grants, or the name of a canned ACL.

Rules: Amazon S3 User Guide, "Access control list (ACL) overview".
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import suppress

from tui.core.changes import DocumentRef
from tui.core.facts import Grant, ObjectOwnership
from tui.core.identity import AddressBook, Owner
from tui.core.naming import counted
from tui.core.problem import ProblemError
from tui.documents import document
from tui.stores.store_values import Acl

GROUPS = ("AllUsers", "AuthenticatedUsers", "LogDelivery")
EVERYBODY = ("AllUsers", "AuthenticatedUsers")
"""Public groups: everyone, and everyone with an AWS account."""

PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
OBJECT_ACLS = ("private", "bucket-owner-read", "bucket-owner-full-control", "aws-exec-read")
BUCKET_ACLS = ("private", "log-delivery-write")

OBJECT_PERMISSIONS = ("READ", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")
BUCKET_PERMISSIONS = ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")
_WRITES_ACL = ("WRITE_ACP", "FULL_CONTROL")

MOST_GRANTS = 100

_AWS_ID = re.compile(r"[0-9a-f]{64}")
_ACCOUNT = re.compile(r"[0-9]{12}")

NO_EMAILS = "{} is an email address: AWS refuses those since 2025-10-01, use the account's canonical user ID"
UNKNOWN = "no canonical user ID is known for {}: connect an identity of that account once, or write the ID"


class AclDocument(document.JsonDocument):
    """The base of the ACLs of objects and of buckets."""

    members = ("owner", "grants", "canned")
    removable = False
    permissions: tuple[str, ...] = ()
    canned: tuple[str, ...] = ()

    @abstractmethod
    async def acl(self, services: document.Services, ref: DocumentRef) -> Acl:
        """The present ACL."""

    async def read(self, services: document.Services, ref: DocumentRef) -> str:
        acl = await self.acl(services, ref)
        return _written(acl.owner.id, [_member(each) for each in acl.grants])

    def usual(self, members: document.JsonMembers, before: str | None, book: AddressBook) -> str | None:
        """The ACL with canonical IDs as grantees; the owner is the present one if none is named."""
        if members.keys() - {"owner", "grants"} or not _has_grants(members):
            return None
        owner = members.get("owner") or (document.read_members(before)["owner"] if before else "")
        return _written(str(_known(owner, book)), [{**each, **_resolved(each, book)} for each in members["grants"]])

    def of_members(self, members: document.JsonMembers, had: document.JsonMembers) -> Iterator[str]:
        if "canned" in members:
            yield from self._of_canned(members)
        elif _has_grants(members):
            yield from self._of_grants(members, _read(had) if had else None)
        else:
            yield 'it has no grants: "grants": [{"grantee": "…", "permission": "READ"}], or "canned": "private"'

    def _of_canned(self, members: document.JsonMembers) -> Iterator[str]:
        name = members["canned"]
        if len(members) > 1:
            yield "a canned ACL replaces owner and grants: write only one of them"
        if name in PUBLIC_ACLS:
            yield f"the canned ACL {name} would allow public access"
        elif name not in self.canned:
            yield f"there is no canned ACL {name} here: {', '.join(self.canned)}"

    def _of_grants(self, members: document.JsonMembers, before: Acl | None) -> Iterator[str]:
        grants: list[document.JsonMembers] = members["grants"]
        owner = members.get("owner")
        if before and owner != before.owner.id:
            yield f"the owner is always {before.owner.id}: an ACL cannot change it"
        if len(grants) > MOST_GRANTS:
            yield f"it has {counted(len(grants), 'grant')}, and S3 accepts {MOST_GRANTS}"
        known = {_key(_member(each)) for each in before.grants} if before else set()
        for each in grants:
            yield from self._of_grant(each, str(owner or ""), new=_key(each) not in known)

    def _of_grant(self, grant: document.JsonMembers, owner: str, *, new: bool) -> Iterator[str]:
        yield from document.unknown_members(grant, ("grantee", "group", "permission"))
        permission, group, grantee = grant.get("permission"), grant.get("group"), grant.get("grantee")
        if permission not in self.permissions:
            yield f"there is no permission {permission} here: {', '.join(self.permissions)}"
        if (group is None) == (grantee is None):
            yield "each grant has either a grantee or a group"
        elif group is not None and group not in GROUPS:
            yield f"there is no group {group}: {', '.join(GROUPS)}"
        elif group in EVERYBODY and new:
            yield f"the grant of {permission} to {group} would allow public access"
        elif grantee is not None and new and (why := _not_an_id(str(grantee), owner)):
            yield why

    def remarks(self, text: str, book: AddressBook) -> Iterator[str]:
        members = document.read_members(text)
        ids = [each.get("grantee") for each in members.get("grants", [])]
        for name in dict.fromkeys(each for each in (members.get("owner"), *ids) if isinstance(each, str)):
            entry = book.entries.get(name)
            known = " ".join(filter(None, (entry.label, entry.account))) if entry else ""
            if known and known != name:
                yield f"{name if len(name) <= 12 else name[:8] + '…'} is {known}"

    async def consequences(self, services: document.Services, intended: document.Intended) -> document.Consequences:
        found, settings = document.Consequences(), await services.settings(intended.ref)
        with suppress(ProblemError):  # without this answer, S3 itself refuses the ACL if it must
            if await settings.ownership(intended.ref.location.bucket) is ObjectOwnership.BUCKET_OWNER_ENFORCED:
                found.stops.append("ACLs are disabled in this bucket: its Object Ownership is BucketOwnerEnforced")
        if intended.after is not None:
            found.notes += self.remarks(intended.after, services.book())
            found.notes += _takes_away(intended)
        return found


class ObjectAcl(AclDocument):
    """The ACL of an object."""

    permissions = OBJECT_PERMISSIONS
    canned = OBJECT_ACLS

    async def acl(self, services: document.Services, ref: DocumentRef) -> Acl:
        return await (await services.store(ref.connection)).object_acl(ref.location.bucket, ref.location.key)

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        store = await services.store(ref.connection)
        canned, acl = _to_write(text)
        await store.put_object_acl(ref.location.bucket, ref.location.key, canned=canned, acl=acl)


class BucketAcl(AclDocument):
    """The ACL of a bucket."""

    permissions = BUCKET_PERMISSIONS
    canned = BUCKET_ACLS

    async def acl(self, services: document.Services, ref: DocumentRef) -> Acl:
        return await (await services.settings(ref)).bucket_acl(ref.location.bucket)

    async def write(self, services: document.Services, ref: DocumentRef, text: str) -> None:
        canned, acl = _to_write(text)
        await (await services.settings(ref)).put_bucket_acl(ref.location.bucket, canned=canned, acl=acl)


def _written(owner: str, grants: list[document.JsonMembers]) -> str:
    """Sorted and without duplicates: servers return grants in any order."""
    distinct = {_key(each): each for each in grants}
    return document.written({"owner": owner, "grants": [distinct[key] for key in sorted(distinct)]})


def _key(grant: document.JsonMembers) -> tuple[str, str, str]:
    return str(grant.get("group", "")), str(grant.get("grantee", "")), str(grant.get("permission", ""))


def _member(grant: Grant) -> document.JsonMembers:
    return {"group" if grant.is_group else "grantee": grant.grantee.id, "permission": grant.permission}


def _has_grants(members: document.JsonMembers) -> bool:
    grants = members.get("grants")
    return isinstance(grants, list) and all(isinstance(each, dict) for each in grants)


def _read(members: document.JsonMembers) -> Acl:
    """An ACL in the form of `_written`."""
    grants = [
        Grant(Owner(str(each.get("group", each.get("grantee", "")))), str(each["permission"]), "group" in each)
        for each in members["grants"]
    ]
    return Acl(Owner(str(members["owner"])), grants)


def _to_write(text: str) -> tuple[str, Acl | None]:
    members = document.read_members(text)
    canned = members.get("canned")
    return (str(canned), None) if canned else ("", _read(members))


def _resolved(grant: document.JsonMembers, book: AddressBook) -> document.JsonMembers:
    grantee = grant.get("grantee")
    return {"grantee": _known(grantee, book)} if isinstance(grantee, str) else {}


def _known(name: object, book: AddressBook) -> object:
    """The canonical ID of an account with this label or number, if one ID is known; else the name itself."""
    if not isinstance(name, str) or name in book.entries:
        return name
    named = [each for each in book.entries.values() if name in (each.account, each.label)]
    numbers = {number for number, label in book.accounts.items() if label == name}
    named += [each for each in book.entries.values() if each.account in numbers]
    ids = {each.canonical_id for each in named}
    return ids.pop() if len(ids) == 1 else name


def _not_an_id(grantee: str, owner: str) -> str:
    """Why this name is not a grantee, as a clause. Servers other than AWS have IDs of other forms."""
    if "@" in grantee:
        return NO_EMAILS.format(grantee)
    if _ACCOUNT.fullmatch(grantee) or not grantee or (_AWS_ID.fullmatch(owner) and not _AWS_ID.fullmatch(grantee)):
        return UNKNOWN.format(grantee or "an empty name")
    return ""


def _takes_away(intended: document.Intended) -> Iterator[str]:
    """Why the author can no longer write the ACL after the change, as a clause. The owner always can."""
    had, members = (document.read_members(each or "{}") for each in (intended.before, intended.after))
    mine = intended.caller.canonical_id
    if not mine or not had or "grants" not in members:
        return
    before, after = _read(had), _read(members)
    if mine != before.owner.id and _may_write(before, mine) and not _may_write(after, mine):
        yield "this identity can then no longer write the ACL, unless a policy allows it"


def _may_write(acl: Acl, canonical_id: str) -> bool:
    return any(each.grantee.id == canonical_id and each.permission in _WRITES_ACL for each in acl.grants)
