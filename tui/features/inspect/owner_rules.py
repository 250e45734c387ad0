"""The owners of object and bucket, who else has access, and the consequences."""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.facts import (
    AccessVerdict,
    Applies,
    Effect,
    FactName,
    Finding,
    FindingSeverity,
    Grant,
    Grants,
    ObjectOwnership,
)
from tui.core.identity import AuthMethod, Identity, IdentitySpec, Owner, RoleSpec
from tui.core.location import Location
from tui.policies.access import (
    EVERYBODY,
    GROUPS,
    HAND_OVER,
    access,
    acl_lets,
    allowed_now,
    blocked,
    handing_over,
    public_sids,
    public_statement,
    refused_now,
    restricted,
    statements,
    taking_over,
    why_foreign,
)
from tui.policies.bucket_policy import LIST_BUCKET, PUT_OBJECT, READ_OBJECT, allowed_accounts, resource_arn
from tui.policies.evidence import Evidence, EvidenceContext
from tui.policies.principals import named_account
from tui.policies.statements import EVERYBODY as EVERY_PRINCIPAL

# The owners of object and bucket, and the consequences if they differ.
#
# Rules: Amazon S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket" and "How Amazon S3
# authorizes a request for an object operation".


_OWNED = [FactName.OBJECT_OWNER, FactName.BUCKET_OWNER, FactName.OWNERSHIP, FactName.GRANTS, FactName.POLICY]


def foreign_owned(evidence: Evidence) -> Iterator[Finding]:
    owner, bucket_owner = evidence.object_owner, evidence.bucket_owner
    if owner is None or bucket_owner is None or not evidence.is_foreign:
        return
    acting, grants = evidence.context.acting_for(bucket_owner), evidence.grants or []
    granted = {one.permission for one in grants if not one.is_group and one.grantee.id == bucket_owner.id}
    uploader, keeper = evidence.context.name(owner), evidence.context.name(bucket_owner)
    sentence = f"{uploader} owns this object; {keeper} owns the bucket: "
    if granted & {"FULL_CONTROL", "READ"}:
        strongest = "FULL_CONTROL" if "FULL_CONTROL" in granted else "READ"
        control = "" if "FULL_CONTROL" in granted else f" To control its ACL too: {handing_over(evidence)}"
        yield Finding(
            "foreign-owned-readable",
            FindingSeverity.WARNING,
            f"{sentence}the object's ACL grants {keeper} {strongest}, but {keeper}'s bucket policy does not "
            f"apply to it{_others(evidence, owner, bucket_owner)}.{why_foreign(evidence)}",
            _OWNED,
            f"{taking_over(evidence)}{control}",
        )
        return
    itself, shut_out, about = _own_reading(evidence, bucket_owner, keeper, acting)
    yield Finding(
        "foreign-owned",
        FindingSeverity.ERROR if shut_out else FindingSeverity.WARNING,
        f"{sentence}{keeper}'s bucket policy does not apply to it.{itself}{why_foreign(evidence)}",
        _OWNED,
        f"1. {handing_over(evidence)}\n2. {taking_over(evidence)}",
        about.label if about else "",
        READ_OBJECT if about else "",
        (AccessVerdict.DENIED if shut_out else AccessVerdict.ALLOWED) if about else None,
    )


def _own_reading(
    evidence: Evidence, owner: Owner, name: str, acting: Identity | None
) -> tuple[str, bool, Identity | None]:
    """Whether the bucket owner can read the object, as a sentence; whether it surely cannot; which identity showed it.

    A response overrides the rule: some servers do not follow it, and a grant to a group may allow access.
    """
    mine = [one for one in evidence.context.identities if evidence.context.belongs(one, owner)]
    known = {one.label: access(evidence, one, READ_OBJECT) for one in mine}
    for identity in mine:
        if known[identity.label].live and known[identity.label].verdict is AccessVerdict.ALLOWED:
            return f" {name} was still able to read it just now.", False, identity
    refused = next((one for one in mine if known[one.label].verdict is AccessVerdict.DENIED), None)
    by_acl = Identity("", name, AuthMethod.UNKNOWN, IdentitySpec(), canonical_id=owner.id)
    shut_out = refused is not None or (acting is None and acl_lets(evidence, by_acl, READ_OBJECT) is Applies.NO)
    return (f" {name} itself cannot read it." if shut_out else ""), shut_out, refused


def _others(evidence: Evidence, owner: Owner, bucket_owner: Owner) -> str:
    """The consequences for accounts that own neither; empty if one of them was allowed just now."""
    neither = [
        one
        for one in allowed_now(evidence)
        if not any(evidence.context.belongs(one, each) for each in (owner, bucket_owner))
    ]
    return "" if neither else ", so the policy gives no one else access"


def one_owner(evidence: Evidence) -> Iterator[Finding]:
    owner, bucket_owner = evidence.object_owner, evidence.bucket_owner
    if owner is None or bucket_owner is None or evidence.is_foreign or evidence.acls_are_off:
        return
    sentence = (
        f"{evidence.context.name(owner)} owns both the object and the bucket: the bucket policy applies to the object."
    )
    yield Finding("one-owner", FindingSeverity.GOOD, sentence, [FactName.OBJECT_OWNER, FactName.BUCKET_OWNER])


def acls_off(evidence: Evidence) -> Iterator[Finding]:
    if evidence.acls_are_off and not evidence.is_foreign:
        sentence = (
            f"ACLs are off in this bucket (BucketOwnerEnforced): {evidence.bucket_owner_name} owns every object, and "
            "the bucket policy applies to all of them."
        )
        yield Finding("acls-off", FindingSeverity.GOOD, sentence, [FactName.OWNERSHIP, FactName.BUCKET_OWNER])


def foreign_writers(evidence: Evidence) -> Iterator[Finding]:
    """Another account may upload here, and would own the objects."""
    if evidence.ownership is None or evidence.acls_are_off or evidence.is_foreign:
        return
    writers = _foreign_writers(evidence)
    if not writers:
        return
    enforce = f"{evidence.as_bucket_owner}: set Object Ownership to BucketOwnerEnforced, which disables ACLs"
    preferred = evidence.ownership is ObjectOwnership.BUCKET_OWNER_PREFERRED
    without = f" without the ACL {HAND_OVER}" if preferred else ""
    setting = f"Object Ownership is {evidence.ownership.value}"
    if evidence.absent(FactName.OWNERSHIP):
        setting = "the bucket has no Object Ownership setting"
    yield Finding(
        "foreign-writers",
        FindingSeverity.NOTE,
        f"Objects that {' and '.join(writers)} can upload here{without} will belong to the uploader, not to "
        f"{evidence.bucket_owner_name}: {setting}.",
        [FactName.OWNERSHIP, FactName.POLICY, FactName.BUCKET_OWNER],
        f"Upload with {HAND_OVER}, or {enforce[0].lower()}{enforce[1:]}." if preferred else f"{enforce}.",
    )


def _foreign_writers(evidence: Evidence) -> list[str]:
    """Accounts other than the bucket owner's that the policy allows to upload below this location."""
    owner, policy = evidence.bucket_owner, evidence.policy
    account = evidence.context.account(owner) if owner else ""
    if policy is None or not account:
        return []
    partition = evidence.context.caller(evidence.context.mine).partition
    below = resource_arn(evidence.location, partition)
    if evidence.location == Location(evidence.location.bucket):
        below += "/"
    named = allowed_accounts(policy.document, PUT_OBJECT, below)
    return [
        "everyone" if one == EVERY_PRINCIPAL else evidence.context.account_name(one) for one in named if one != account
    ]


# Public access, and what blocks it.
#
# Rules: Amazon S3 user guide, "Blocking public access to your Amazon S3 storage" and "Access control list (ACL)
# overview".

_OPENS = {
    FactName.GRANTS: {
        "READ": (READ_OBJECT, "read this object"),
        "FULL_CONTROL": (READ_OBJECT, "read this object and change its ACL"),
    },
    FactName.BUCKET_GRANTS: {
        "READ": (LIST_BUCKET, "list this bucket"),
        "WRITE": (PUT_OBJECT, "write to this bucket"),
        "FULL_CONTROL": (LIST_BUCKET, "list this bucket, write to it and change its ACL"),
    },
}
"""The action that a permission allows, and its words in a sentence."""


_BY_BUCKET = ", and no setting of the bucket blocks it"
"""S3 applies the stricter setting of bucket and account. `explain` asks for those of the account."""


def public_acl(evidence: Evidence) -> Iterator[Finding]:
    """An ACL grants something to a public group. A Deny for everyone overrides it."""
    if evidence.acls_are_off:
        return
    for name, opens in _OPENS.items():
        grants = evidence.value(name, Grants)
        for grant in grants.grants if grants else []:
            group, found = GROUPS.get(grant.grantee.id), opens.get(grant.permission)
            if not (grant.is_group and group and found):
                continue
            action, permission = found
            if not statements(evidence.reading_of_everybody(action), Effect.DENY, Applies.YES):
                yield _public_grant(evidence, name, grant, action, f"allows {group} to {permission}")


def _public_grant(evidence: Evidence, name: FactName, grant: Grant, action: str, what: str) -> Finding:
    subject = "object" if name is FactName.GRANTS else "bucket"
    owner = evidence.object_owner if name is FactName.GRANTS else evidence.bucket_owner
    whom = evidence.context.as_whom(owner) if owner else f"As the {subject}'s owner"
    if blocked(evidence, "IgnorePublicAcls") or restricted(evidence):
        sentence = f"The {subject}'s ACL {what}, but the bucket's Block Public Access settings ignore public ACLs."
        return Finding("public-acl-ignored", FindingSeverity.NOTE, sentence, [name, FactName.PUBLIC_ACCESS])
    doubts = _doubts(evidence, action, blocked(evidence, "IgnorePublicAcls"))
    return Finding(
        "public-acl",
        FindingSeverity.WARNING,
        f"The {subject}'s ACL {what}{doubts}.",
        [name, FactName.PUBLIC_ACCESS],
        f"{whom}: remove {grant.grantee.id} from the {subject}'s ACL, or turn on IgnorePublicAcls for the bucket.",
        GROUPS[grant.grantee.id],
        action,
        AccessVerdict.UNKNOWN if doubts else AccessVerdict.ALLOWED,
    )


def _doubts(evidence: Evidence, action: str, is_blocked: bool | None) -> str:
    """Reasons why access may not be public, as the end of a sentence; empty if none is known."""
    found = [] if is_blocked is not None else ["Block Public Access is not known"]
    denies = statements(evidence.reading_of_everybody(action), Effect.DENY, Applies.MAYBE)
    found += [f"statement {one.sid} may deny it" for one in denies]
    found += [f"{label} was denied just now" for label in refused_now(evidence, action)]
    if evidence.policy and evidence.policy.problem:
        found.append("a part of the bucket policy cannot be read")
    return f", but {' and '.join(found)}" if found else ""


def public_policy(evidence: Evidence) -> Iterator[Finding]:
    """The bucket policy allows everyone, or would without the public access block."""
    sid, closed = public_statement(evidence), restricted(evidence)
    if closed:
        yield _restricted(evidence, sid or public_sids(evidence)[0])
        return
    if not sid:
        return
    doubts = _doubts(evidence, evidence.action, closed)
    open_ = doubts or _BY_BUCKET
    yield Finding(
        "public-policy",
        FindingSeverity.WARNING,
        f"Statement {sid} of the bucket policy allows public access, unsigned requests included{open_}.",
        [FactName.POLICY, FactName.PUBLIC_ACCESS],
        f"{evidence.as_bucket_owner}: name the accounts in {sid}, or turn on RestrictPublicBuckets.",
        EVERYBODY,
        evidence.action,
        AccessVerdict.UNKNOWN if doubts else AccessVerdict.ALLOWED,
    )


def _restricted(evidence: Evidence, sid: str) -> Finding:
    inside = [one.label for one in allowed_now(evidence) if evidence.belongs_to_bucket(one) is False]
    seen = f" But {' and '.join(inside)} had access just now." if inside else ""
    return Finding(
        "public-policy-restricted",
        FindingSeverity.WARNING,
        f"Statement {sid} is public, so RestrictPublicBuckets blocks every account except "
        f"{evidence.bucket_owner_name}, even accounts that the policy names.{seen}",
        [FactName.POLICY, FactName.PUBLIC_ACCESS],
        f"{evidence.as_bucket_owner}: name the accounts in {sid} instead of *.",
        "" if seen else EVERYBODY,
        "" if seen else evidence.action,
        None if seen else AccessVerdict.DENIED,
    )


# How a role was assumed.
#
# Rules: IAM user guide, "Access to AWS accounts owned by third parties" and "The confused deputy problem".


def no_external_id(evidence: Evidence) -> Iterator[Finding]:
    """A role of another account, or possibly of another one, was assumed without an ExternalId."""
    for identity in evidence.context.identities:
        for number, role in enumerate(identity.spec.roles):
            if not role.external_id and _is_of_another(evidence.context, identity, number):
                yield _without(identity, role)


def _is_of_another(context: EvidenceContext, identity: Identity, number: int) -> bool:
    """Whether a role of the chain may belong to another account than the identity that assumes it."""
    roles, account = identity.spec.roles, named_account(identity.spec.roles[number].arn)
    if number:
        return named_account(roles[number - 1].arn) != account
    base = [one for one in context.identities if not one.spec.roles and one.spec.profile == identity.spec.profile]
    return not any(one.account == account for one in base)


def _without(identity: Identity, role: RoleSpec) -> Finding:
    return Finding(
        "no-external-id",
        FindingSeverity.NOTE,
        f"{identity.label} assumes {role.arn} without an ExternalId. That is common within one organization, but a "
        "role for a third party should require one.",
        [FactName.ENDPOINT],
        f"If account {named_account(role.arn)} gives a third party access with this role, require sts:ExternalId in "
        "its trust policy and enter that ExternalId with the role.",
    )
