"""Who owns the object, who owns the bucket, and what comes of it when they are not the same.

Rules: Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket" and "How Amazon S3
authorizes a request for an object operation".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.inspection.evidence import Evidence
from tui.inspection.policies import PUT_OBJECT, allowed_accounts, resource_arn
from tui.inspection.statements import EVERYBODY
from tui.model.facts import FactName, Finding, ObjectOwnership, Severity
from tui.model.identity import Owner
from tui.model.location import Location

HAND_OVER = "bucket-owner-full-control"
"""The canned ACL by which an uploader gives the bucket's owner full control."""


def foreign_owned(evidence: Evidence) -> Iterator[Finding]:
    """The object belongs to another account than its bucket."""
    owner, bucket_owner = evidence.object_owner, evidence.bucket_owner
    if owner is None or bucket_owner is None or not evidence.is_foreign:
        return
    granted = _granted(evidence, bucket_owner)
    uploader, keeper = evidence.context.name(owner), evidence.context.name(bucket_owner)
    sentence = f"{uploader} owns this object, not {keeper}, who owns the bucket: "
    if granted and granted & {"FULL_CONTROL", "READ"}:
        yield Finding(
            "foreign-owned-readable",
            Severity.WARNING,
            f"{sentence}the object's ACL lets {keeper} read it, but {keeper}'s bucket policy still does not cover it, "
            f"so nobody else gets in by the policy.{_cause(evidence)}",
            _evidence(),
            _readable_remedy(evidence, owner, bucket_owner, granted),
        )
        return
    itself, shut_out = _own_reading(evidence, bucket_owner, keeper, granted)
    yield Finding(
        "foreign-owned",
        Severity.ERROR if shut_out else Severity.WARNING,
        f"{sentence}{keeper}'s bucket policy does not reach it.{itself}{_cause(evidence)}",
        _evidence(),
        f"1. {_handing_over(evidence, owner)}\n2. {_taking_over(evidence, bucket_owner)}",
    )


def _own_reading(evidence: Evidence, owner: Owner, name: str, granted: set[str] | None) -> tuple[str, bool]:
    """Whether the bucket's owner can read the object, as a sentence, and whether it surely cannot.

    An answer that was seen goes before the rule: not every server keeps to it, and a group's grant may let it in.
    """
    if any(evidence.context.belongs(identity, owner) for identity in evidence.readers):
        return f" {name} could read it just now all the same.", False
    refused = any(evidence.context.belongs(identity, owner) for identity, _ in evidence.refused("HeadObject"))
    shut_out = refused or granted is not None
    return (f" {name} itself cannot read it." if shut_out else ""), shut_out


def _evidence() -> list[FactName]:
    return [FactName.OBJECT_OWNER, FactName.BUCKET_OWNER, FactName.OWNERSHIP, FactName.GRANTS, FactName.POLICY]


def _granted(evidence: Evidence, owner: Owner) -> set[str] | None:
    """What the object's ACL gives an account; None if the ACL is not known."""
    if evidence.grants is None:
        return None
    return {grant.permission for grant in evidence.grants if not grant.is_group and grant.grantee.id == owner.id}


def _cause(evidence: Evidence) -> str:
    """Which setting of the bucket allowed it."""
    if evidence.absent(FactName.OWNERSHIP):
        return " The bucket has no Object Ownership setting, so the uploader became the owner."
    if evidence.ownership is ObjectOwnership.OBJECT_WRITER:
        return " Object Ownership is ObjectWriter, so the uploader became the owner."
    if evidence.ownership is ObjectOwnership.BUCKET_OWNER_PREFERRED:
        return f" Object Ownership is BucketOwnerPreferred, but the upload came without the ACL {HAND_OVER}."
    return ""


def _handing_over(evidence: Evidence, owner: Owner) -> str:
    return f"{evidence.context.as_whom(owner)}: PutObjectAcl with {HAND_OVER} on this object."


def _taking_over(evidence: Evidence, bucket_owner: Owner) -> str:
    name = evidence.context.name(bucket_owner)
    return (
        f"{evidence.context.as_whom(bucket_owner)}: CopyObject onto itself with MetadataDirective=REPLACE and the same "
        f"metadata; {name} then owns it."
    )


def _readable_remedy(evidence: Evidence, owner: Owner, bucket_owner: Owner, granted: set[str]) -> str:
    taking = _taking_over(evidence, bucket_owner)
    if "FULL_CONTROL" in granted:
        return taking
    return f"{taking} For its ACL as well: {_handing_over(evidence, owner)}"


def one_owner(evidence: Evidence) -> Iterator[Finding]:
    """Object and bucket belong to the same account."""
    owner, bucket_owner = evidence.object_owner, evidence.bucket_owner
    if owner is None or bucket_owner is None or evidence.is_foreign or evidence.acls_are_off:
        return
    yield Finding(
        "one-owner",
        Severity.GOOD,
        f"{evidence.context.name(owner)} owns both the object and the bucket: the bucket policy covers the object.",
        [FactName.OBJECT_OWNER, FactName.BUCKET_OWNER],
    )


def acls_off(evidence: Evidence) -> Iterator[Finding]:
    """The bucket heeds no ACL."""
    if evidence.acls_are_off:
        yield Finding(
            "acls-off",
            Severity.GOOD,
            f"ACLs are off in this bucket (BucketOwnerEnforced): {evidence.bucket_owner_name} owns every object, "
            "whoever uploads it, and the bucket policy covers them all.",
            [FactName.OWNERSHIP, FactName.BUCKET_OWNER],
        )


def foreign_writers(evidence: Evidence) -> Iterator[Finding]:
    """Another account may upload here and would own what it uploads."""
    if evidence.ownership is None or evidence.acls_are_off or evidence.is_foreign:
        return
    writers = _foreign_writers(evidence)
    if not writers:
        return
    preferred = evidence.ownership is ObjectOwnership.BUCKET_OWNER_PREFERRED
    without = f" without the ACL {HAND_OVER}" if preferred else ""
    setting = f"Object Ownership is {evidence.ownership.value}"
    if evidence.absent(FactName.OWNERSHIP):
        setting = "the bucket has no Object Ownership setting"
    yield Finding(
        "foreign-writers",
        Severity.NOTE,
        f"What {' and '.join(writers)} may upload here{without} will belong to the uploader, not to "
        f"{evidence.bucket_owner_name}: {setting}.",
        [FactName.OWNERSHIP, FactName.POLICY, FactName.BUCKET_OWNER],
        _writers_remedy(evidence, preferred),
    )


def _writers_remedy(evidence: Evidence, preferred: bool) -> str:
    enforce = f"{evidence.as_bucket_owner}: set Object Ownership to BucketOwnerEnforced, which turns all ACLs off"
    return f"Upload with {HAND_OVER}, or {enforce[0].lower()}{enforce[1:]}." if preferred else f"{enforce}."


def _foreign_writers(evidence: Evidence) -> list[str]:
    """The accounts other than the bucket owner's that the policy lets upload below this location."""
    owner, policy = evidence.bucket_owner, evidence.policy
    account = evidence.context.account(owner) if owner else ""
    if policy is None or not account:
        return []
    partition = evidence.context.caller(evidence.context.mine).partition
    below = resource_arn(evidence.location, partition)
    if evidence.location == Location(evidence.location.bucket):
        below += "/"
    named = allowed_accounts(policy.document, PUT_OBJECT, below)
    return ["everybody" if one == EVERYBODY else evidence.context.account_name(one) for one in named if one != account]
