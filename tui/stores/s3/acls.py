"""GetObjectAcl and PutObjectAcl, and how S3 writes an ACL."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from tui.aws.transport import no_object
from tui.core.facts import Grant
from tui.core.identity import Owner
from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.headers import GROUPS, of_version
from tui.stores.values import Acl

ACL = "GetObjectAcl"


async def object_acl(calls: Calls, bucket: str, key: str, version: str) -> Acl:
    """GetObjectAcl."""
    async with calls.first_alone(ACL):
        with calls.asking(ACL, bucket, key), no_object():
            answer = await calls.client.get_object_acl(Bucket=bucket, Key=key, **of_version(version))
        calls.learn(ACL, has=True)
    return read_acl(calls, answer)


async def put_object_acl(
    calls: Calls, bucket: str, key: str, version: str, *, canned: str = "", acl: Acl | None = None
) -> None:
    """PutObjectAcl."""
    await calls.require(ACL, partial(object_acl, calls, bucket, key, version))
    parameters = {**acl_parameters(canned, acl), **of_version(version), **expected_owner(calls, bucket)}
    with calls.asking("PutObjectAcl", bucket, key):
        await calls.client.put_object_acl(Bucket=bucket, Key=key, **parameters)


def acl_parameters(canned: str, acl: Acl | None) -> dict[str, Any]:
    """S3 takes a canned ACL in a header, or grants in the body; the body names the owner, too."""
    return {"AccessControlPolicy": _document(acl)} if acl else {"ACL": canned}


def _document(acl: Acl) -> dict[str, Any]:
    """An ACL as the body of a request has it (Amazon S3 API Reference, AccessControlPolicy)."""
    grants = [{"Grantee": _named(grant), "Permission": grant.permission} for grant in acl.grants]
    return {"Owner": {"ID": acl.owner.id}, "Grants": grants}


def _named(grant: Grant) -> dict[str, str]:
    name = grant.grantee.id
    if grant.is_group:
        return {"Type": "Group", "URI": GROUPS.get(name, name)}
    if "@" in name:
        return {"Type": "AmazonCustomerByEmail", "EmailAddress": name}
    return {"Type": "CanonicalUser", "ID": name}


def read_acl(calls: Calls, answer: Mapping[str, Any]) -> Acl:
    """The ACL of a response; its owners go into the address book."""
    owner = _owner(answer.get("Owner", {}))
    grants = [_grant(entry) for entry in answer.get("Grants", [])]
    calls.connection.addresses.see([owner, *(grant.grantee for grant in grants if not grant.is_group)])
    return Acl(owner, grants)


def _grant(entry: Mapping[str, Any]) -> Grant:
    grantee, permission = entry.get("Grantee", {}), entry.get("Permission", "")
    if uri := grantee.get("URI"):
        return Grant(Owner(str(uri).rpartition("/")[2]), permission, is_group=True)
    return Grant(_owner(grantee) if grantee.get("ID") else Owner(grantee.get("EmailAddress", "")), permission)


def _owner(said: Mapping[str, Any]) -> Owner:
    return Owner(said.get("ID", ""), said.get("DisplayName", ""))
