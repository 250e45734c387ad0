"""Who owns the object, who owns the bucket, and what comes of it when they are not the same.

Rules: Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket" and "How Amazon S3
authorizes a request for an object operation".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.facts import Applies, FactName, Finding, ObjectOwnership, Severity, Verdict
from tui.core.identity import AuthMethod, Identity, IdentitySpec, Owner
from tui.core.location import Location
from tui.policies.access import HAND_OVER, access, acl_lets, allowed_now, handing_over, taking_over, why_foreign
from tui.policies.bucket_policy import PUT_OBJECT, READ_OBJECT, allowed_accounts, resource_arn
from tui.policies.evidence import Evidence
from tui.policies.statements import EVERYBODY


def foreign_owned(evidence: Evidence) -> Iterator[Finding]:
    """The object belongs to another account than its bucket."""
    owner, bucket_owner = evidence.object_owner, evidence.bucket_owner
    if owner is None or bucket_owner is None or not evidence.is_foreign:
        return
    granted, acting = _granted(evidence, bucket_owner), evidence.context.acting_for(bucket_owner)
    uploader, keeper = evidence.context.name(owner), evidence.context.name(bucket_owner)
    sentence = f"{uploader} owns this object; {keeper} owns the bucket: "
    if granted and granted & {"FULL_CONTROL", "READ"}:
        yield Finding(
            "foreign-owned-readable",
            Severity.WARNING,
            f"{sentence}the object's ACL grants {keeper} {_strongest(granted)}, but {keeper}'s bucket policy does not "
            f"apply to it{_others(evidence, owner, bucket_owner)}.{why_foreign(evidence)}",
            _evidence(),
            _readable_remedy(evidence, granted),
        )
        return
    itself, shut_out, about = _own_reading(evidence, bucket_owner, keeper, acting)
    yield Finding(
        "foreign-owned",
        Severity.ERROR if shut_out else Severity.WARNING,
        f"{sentence}{keeper}'s bucket policy does not apply to it.{itself}{why_foreign(evidence)}",
        _evidence(),
        f"1. {handing_over(evidence)}\n2. {taking_over(evidence)}",
        about.label if about else "",
        READ_OBJECT if about else "",
        (Verdict.DENIED if shut_out else Verdict.ALLOWED) if about else None,
    )


def _own_reading(
    evidence: Evidence, owner: Owner, name: str, acting: Identity | None
) -> tuple[str, bool, Identity | None]:
    """Whether the bucket's owner can read the object, as a sentence; whether it surely cannot; of whom that is known.

    An answer that was seen goes before the rule: not every server keeps to it, and a group's grant may let it in.
    """
    mine = [one for one in evidence.context.identities if evidence.context.belongs(one, owner)]
    known = {one.label: access(evidence, one, READ_OBJECT) for one in mine}
    for identity in mine:
        if known[identity.label].live and known[identity.label].verdict is Verdict.ALLOWED:
            return f" {name} was still able to read it just now.", False, identity
    refused = next((one for one in mine if known[one.label].verdict is Verdict.DENIED), None)
    by_acl = Identity("", name, AuthMethod.UNKNOWN, IdentitySpec(), canonical_id=owner.id)
    shut_out = refused is not None or (acting is None and acl_lets(evidence, by_acl, READ_OBJECT) is Applies.NO)
    return (f" {name} itself cannot read it." if shut_out else ""), shut_out, refused


def _strongest(granted: set[str]) -> str:
    return "FULL_CONTROL" if "FULL_CONTROL" in granted else "READ"


def _others(evidence: Evidence, owner: Owner, bucket_owner: Owner) -> str:
    """What that means for those who own neither; nothing where one of them was let in just now."""
    neither = [
        one
        for one in allowed_now(evidence)
        if not any(evidence.context.belongs(one, each) for each in (owner, bucket_owner))
    ]
    return "" if neither else ", so the policy gives no one else access"


def _evidence() -> list[FactName]:
    return [FactName.OBJECT_OWNER, FactName.BUCKET_OWNER, FactName.OWNERSHIP, FactName.GRANTS, FactName.POLICY]


def _granted(evidence: Evidence, owner: Owner) -> set[str] | None:
    """What the object's ACL gives an account; None if the ACL is not known."""
    if evidence.grants is None:
        return None
    return {grant.permission for grant in evidence.grants if not grant.is_group and grant.grantee.id == owner.id}


def _readable_remedy(evidence: Evidence, granted: set[str]) -> str:
    taking = taking_over(evidence)
    if "FULL_CONTROL" in granted:
        return taking
    return f"{taking} To control its ACL too: {handing_over(evidence)}"


def one_owner(evidence: Evidence) -> Iterator[Finding]:
    """Object and bucket belong to the same account."""
    owner, bucket_owner = evidence.object_owner, evidence.bucket_owner
    if owner is None or bucket_owner is None or evidence.is_foreign or evidence.acls_are_off:
        return
    yield Finding(
        "one-owner",
        Severity.GOOD,
        f"{evidence.context.name(owner)} owns both the object and the bucket: the bucket policy applies to the object.",
        [FactName.OBJECT_OWNER, FactName.BUCKET_OWNER],
    )


def acls_off(evidence: Evidence) -> Iterator[Finding]:
    """ACLs are disabled in the bucket."""
    if evidence.acls_are_off and not evidence.is_foreign:
        yield Finding(
            "acls-off",
            Severity.GOOD,
            f"ACLs are off in this bucket (BucketOwnerEnforced): {evidence.bucket_owner_name} owns every object, and "
            "the bucket policy applies to all of them.",
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
        f"Objects that {' and '.join(writers)} can upload here{without} will belong to the uploader, not to "
        f"{evidence.bucket_owner_name}: {setting}.",
        [FactName.OWNERSHIP, FactName.POLICY, FactName.BUCKET_OWNER],
        _writers_remedy(evidence, preferred),
    )


def _writers_remedy(evidence: Evidence, preferred: bool) -> str:
    enforce = f"{evidence.as_bucket_owner}: set Object Ownership to BucketOwnerEnforced, which disables ACLs"
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
    return ["everyone" if one == EVERYBODY else evidence.context.account_name(one) for one in named if one != account]
