"""What the whole world gets, and what keeps it out.

Rules: Amazon S3 user guide, "Blocking public access to your Amazon S3 storage" and "Access control list (ACL)
overview".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.facts import Applies, Effect, FactName, Finding, Grant, Grants, Severity, Verdict
from tui.policies.access import (
    EVERYBODY,
    GROUPS,
    allowed_now,
    blocked,
    public_sids,
    public_statement,
    refused_now,
    restricted,
    statements,
)
from tui.policies.bucket_policy import LIST_BUCKET, PUT_OBJECT, READ_OBJECT
from tui.policies.evidence import Evidence

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
"""The action that a permission opens, and what that is in a sentence."""


_BY_BUCKET = ", and no setting of the bucket blocks it"
"""S3 applies the stricter one of the settings of bucket and account, and the account's are asked for by `explain`."""


def public_acl(evidence: Evidence) -> Iterator[Finding]:
    """An ACL gives something to a group that anybody belongs to; a Deny for everybody is stronger."""
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
        return Finding(
            "public-acl-ignored",
            Severity.NOTE,
            f"The {subject}'s ACL {what}, but the bucket's Block Public Access settings ignore public ACLs.",
            [name, FactName.PUBLIC_ACCESS],
        )
    doubts = _doubts(evidence, action, blocked(evidence, "IgnorePublicAcls"))
    return Finding(
        "public-acl",
        Severity.WARNING,
        f"The {subject}'s ACL {what}{doubts}.",
        [name, FactName.PUBLIC_ACCESS],
        f"{whom}: remove {grant.grantee.id} from the {subject}'s ACL, or turn on IgnorePublicAcls for the bucket.",
        GROUPS[grant.grantee.id],
        action,
        Verdict.UNKNOWN if doubts else Verdict.ALLOWED,
    )


def _doubts(evidence: Evidence, action: str, is_blocked: bool | None) -> str:
    """What speaks against it that everybody gets in, as the end of a sentence; empty: nothing that is known."""
    found = [] if is_blocked is not None else ["Block Public Access is not known"]
    denies = statements(evidence.reading_of_everybody(action), Effect.DENY, Applies.MAYBE)
    found += [f"statement {one.sid} may deny it" for one in denies]
    found += [f"{label} was denied just now" for label in refused_now(evidence, action)]
    if evidence.policy and evidence.policy.problem:
        found.append("a part of the bucket policy cannot be read")
    return f", but {' and '.join(found)}" if found else ""


def public_policy(evidence: Evidence) -> Iterator[Finding]:
    """The bucket policy lets anybody in, or would if it were not for the public access block."""
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
        Severity.WARNING,
        f"Statement {sid} of the bucket policy allows public access, unsigned requests included{open_}.",
        [FactName.POLICY, FactName.PUBLIC_ACCESS],
        f"{evidence.as_bucket_owner}: name the accounts in {sid}, or turn on RestrictPublicBuckets.",
        EVERYBODY,
        evidence.action,
        Verdict.UNKNOWN if doubts else Verdict.ALLOWED,
    )


def _restricted(evidence: Evidence, sid: str) -> Finding:
    inside = [one.label for one in allowed_now(evidence) if evidence.belongs_to_bucket(one) is False]
    seen = f" But {' and '.join(inside)} had access just now." if inside else ""
    return Finding(
        "public-policy-restricted",
        Severity.WARNING,
        f"Statement {sid} is public, so RestrictPublicBuckets blocks every account except "
        f"{evidence.bucket_owner_name}, even accounts that the policy names.{seen}",
        [FactName.POLICY, FactName.PUBLIC_ACCESS],
        f"{evidence.as_bucket_owner}: name the accounts in {sid} instead of *.",
        "" if seen else EVERYBODY,
        "" if seen else evidence.action,
        None if seen else Verdict.DENIED,
    )
