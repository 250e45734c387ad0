"""Access control lists: canned ACLs, grant headers, XML, and the permissions they give.

Rules: Amazon S3 user guide, "Access control list (ACL) overview".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tui.demo.cloud.messages import CloudError, Element, leaf, node, parsed

ALL_USERS: Final = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS: Final = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY: Final = "http://acs.amazonaws.com/groups/s3/LogDelivery"
PERMISSIONS: Final = ("FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP")
BUCKET_OWNER_FULL_CONTROL: Final = "bucket-owner-full-control"

_GRANT_HEADERS: Final = {f"x-amz-grant-{name.lower().replace('_', '-')}": name for name in PERMISSIONS}
_GRANTEE: Final = re.compile(r'\s*(?P<kind>id|uri|emailAddress)\s*=\s*"?(?P<value>[^",]+)"?\s*')


@dataclass(frozen=True, slots=True)
class DemoGrant:
    """One permission of one grantee: a canonical user ID or a group's URI."""

    grantee: str
    permission: str

    @property
    def is_group(self) -> bool:
        return self.grantee.startswith("http")

    @property
    def is_public(self) -> bool:
        return self.grantee in (ALL_USERS, AUTHENTICATED_USERS)

    def reaches(self, canonical_id: str) -> bool:
        """The empty ID is an anonymous caller."""
        if self.grantee == ALL_USERS:
            return True
        return bool(canonical_id) and self.grantee in (canonical_id, AUTHENTICATED_USERS)


DemoGrants = tuple[DemoGrant, ...]


def permits(grants: DemoGrants, canonical_id: str, permission: str) -> bool:
    return any(grant.permission in ("FULL_CONTROL", permission) and grant.reaches(canonical_id) for grant in grants)


def canned(name: str, owner: str, bucket_owner: str) -> DemoGrants:
    """The grants of a canned ACL. Raises `CloudError` (InvalidArgument) for an unknown name."""
    extra: dict[str, DemoGrants] = {
        "private": (),
        "public-read": (DemoGrant(ALL_USERS, "READ"),),
        "public-read-write": (DemoGrant(ALL_USERS, "READ"), DemoGrant(ALL_USERS, "WRITE")),
        "authenticated-read": (DemoGrant(AUTHENTICATED_USERS, "READ"),),
        "bucket-owner-read": (DemoGrant(bucket_owner, "READ"),),
        BUCKET_OWNER_FULL_CONTROL: (DemoGrant(bucket_owner, "FULL_CONTROL"),),
        "log-delivery-write": (DemoGrant(LOG_DELIVERY, "WRITE"), DemoGrant(LOG_DELIVERY, "READ_ACP")),
    }
    if name not in extra:
        raise CloudError("InvalidArgument", "", ArgumentName="x-amz-acl", ArgumentValue=name)
    more = tuple(grant for grant in extra[name] if grant.grantee != owner)
    return (DemoGrant(owner, "FULL_CONTROL"), *more)


def mentions_acl(headers: Mapping[str, str]) -> bool:
    """Whether a request has an ACL in its headers."""
    return "x-amz-acl" in headers or any(name in headers for name in _GRANT_HEADERS)


def only_full_control_for(headers: Mapping[str, str], bucket_owner: str) -> bool:
    """Whether the ACL in the headers is the only one that a bucket without ACLs accepts.

    That is `bucket-owner-full-control`, canned or as an equivalent grant.
    """
    granted = _from_grant_headers(headers)
    if granted:
        return granted == (DemoGrant(bucket_owner, "FULL_CONTROL"),)
    return headers.get("x-amz-acl", BUCKET_OWNER_FULL_CONTROL) == BUCKET_OWNER_FULL_CONTROL


def from_headers(headers: Mapping[str, str], owner: str, bucket_owner: str) -> DemoGrants:
    """The grants in a request's headers; `private` if it has none. Raises `CloudError`."""
    granted = _from_grant_headers(headers)
    name = headers.get("x-amz-acl", "")
    if granted and name:
        raise CloudError("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
    return granted or canned(name or "private", owner, bucket_owner)


def _from_grant_headers(headers: Mapping[str, str]) -> DemoGrants:
    found = [
        (grantee, permission)
        for header, permission in _GRANT_HEADERS.items()
        for grantee in _GRANTEE.finditer(headers.get(header, ""))
    ]
    if any(grantee["kind"] == "emailAddress" for grantee, _ in found):
        raise _by_email()
    return tuple(DemoGrant(grantee["value"].strip(), permission) for grantee, permission in found)


def _by_email() -> CloudError:
    """S3 has not accepted email addresses as grantees since October 2025."""
    return CloudError("MethodNotAllowed", "Email grantee ACLs are no longer supported.")


def from_xml(body: bytes) -> DemoGrants:
    """The grants of an `AccessControlPolicy`. Raises `CloudError` (MalformedACLError)."""
    policy = parsed(body, "MalformedACLError")
    try:
        entries = policy.first("AccessControlList")
        if entries is None or policy.first("Owner") is None:
            raise ValueError("AccessControlPolicy needs Owner and AccessControlList")
        return tuple(_grant(entry) for entry in entries.all("Grant"))
    except ValueError as error:
        raise CloudError("MalformedACLError", "The XML you provided was not well-formed or did not validate") from error


def _grant(entry: Element) -> DemoGrant:
    grantee, permission = entry.first("Grantee"), entry.value("Permission")
    if grantee is None or permission not in PERMISSIONS:
        raise ValueError("Grant needs Grantee and Permission")
    if grantee.value("EmailAddress"):
        raise _by_email()
    return DemoGrant(grantee.value("URI") or grantee.value("ID"), permission)


def to_xml(owner: str, grants: Iterable[DemoGrant]) -> list[str]:
    """The children of an `AccessControlPolicy`. Since late 2025, owners have only an ID."""
    return [node("Owner", leaf(ID=owner)), node("AccessControlList", *(_grant_to_xml(grant) for grant in grants))]


def _grant_to_xml(grant: DemoGrant) -> str:
    kind, name = ("Group", "URI") if grant.is_group else ("CanonicalUser", "ID")
    return node(
        "Grant",
        f'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="{kind}">'
        f"{leaf(**{name: grant.grantee})}</Grantee>",
        leaf(Permission=grant.permission),
    )
