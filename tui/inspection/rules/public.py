"""What the whole world gets, and what keeps it out.

Rules: Amazon S3 user guide, "Blocking public access to your Amazon S3 storage" and "Access control list (ACL)
overview".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.inspection.callers import Caller
from tui.inspection.circumstances import Surroundings, circumstances_of
from tui.inspection.evidence import Evidence
from tui.inspection.policies import PolicyRequest, read_policy
from tui.model.facts import Applies, Effect, FactName, Finding, Grant, Grants, Pairs, Severity

_GROUPS = {"AllUsers": "everybody", "AuthenticatedUsers": "everybody with any AWS account"}
_OPENS = {
    FactName.GRANTS: {"READ": "read this object", "FULL_CONTROL": "read this object and change its ACL"},
    FactName.BUCKET_GRANTS: {
        "READ": "list this bucket",
        "WRITE": "write into this bucket",
        "FULL_CONTROL": "list this bucket, write into it and change its ACL",
    },
}


def blocked(evidence: Evidence, setting: str) -> bool | None:
    """Whether a setting of the bucket's public access block is on; None if it is not known."""
    if evidence.absent(FactName.PUBLIC_ACCESS):
        return False
    pairs = evidence.value(FactName.PUBLIC_ACCESS, Pairs)
    return dict(pairs.pairs).get(setting, "false").lower() == "true" if pairs else None


def public_acl(evidence: Evidence) -> Iterator[Finding]:
    """An ACL gives something to a group that anybody belongs to."""
    if evidence.acls_are_off:
        return
    ignored = blocked(evidence, "IgnorePublicAcls")
    for name, opens in _OPENS.items():
        grants = evidence.value(name, Grants)
        for grant in grants.grants if grants else []:
            group, permission = _GROUPS.get(grant.grantee.id), opens.get(grant.permission)
            if grant.is_group and group and permission:
                yield _public_grant(evidence, name, grant, f"lets {group} {permission}", bool(ignored))


def _public_grant(evidence: Evidence, name: FactName, grant: Grant, what: str, ignored: bool) -> Finding:
    subject = "object" if name is FactName.GRANTS else "bucket"
    owner = evidence.object_owner if name is FactName.GRANTS else evidence.bucket_owner
    whom = evidence.context.as_whom(owner) if owner else f"As the {subject}'s owner"
    if ignored:
        return Finding(
            "public-acl-ignored",
            Severity.NOTE,
            f"The {subject}'s ACL {what}, but the bucket's public access block ignores public ACLs.",
            [name, FactName.PUBLIC_ACCESS],
        )
    return Finding(
        "public-acl",
        Severity.WARNING,
        f"The {subject}'s ACL {what}.",
        [name, FactName.PUBLIC_ACCESS],
        f"{whom}: take {grant.grantee.id} out of the {subject}'s ACL, or turn on IgnorePublicAcls for the bucket.",
    )


def public_policy(evidence: Evidence) -> Iterator[Finding]:
    """The bucket policy lets anybody in, or would if it were not for the public access block."""
    sid = _public_statement(evidence)
    restricted = blocked(evidence, "RestrictPublicBuckets")
    if not sid:
        return
    if restricted:
        yield Finding(
            "public-policy-restricted",
            Severity.WARNING,
            f"Statement {sid} is public, so RestrictPublicBuckets keeps all accounts but {evidence.bucket_owner_name} "
            "out, those that the policy names as well.",
            [FactName.POLICY, FactName.PUBLIC_ACCESS],
            f"{evidence.as_bucket_owner}: name the accounts in {sid} instead of everybody.",
        )
        return
    open_ = "and nothing blocks it" if restricted is False else "and whether it is blocked is not known"
    yield Finding(
        "public-policy",
        Severity.WARNING,
        f"Statement {sid} of the bucket policy lets everybody in, without signing, {open_}.",
        [FactName.POLICY, FactName.PUBLIC_ACCESS],
        f"{evidence.as_bucket_owner}: name the accounts in {sid}, or turn on RestrictPublicBuckets.",
    )


def _public_statement(evidence: Evidence) -> str:
    """The Sid of a statement that lets an anonymous caller read this, whatever its way, or the empty string."""
    policy = evidence.policy
    if policy is None:
        return ""
    anonymous = Caller(anonymous=True)
    resource = evidence.request(evidence.context.mine).resource
    # Only what holds for every anonymous caller counts: this machine's own address must not decide.
    request = PolicyRequest(anonymous, evidence.action, resource, circumstances_of(anonymous, Surroundings()))
    found = read_policy(policy.document, request, covers_object=not evidence.is_foreign).statements
    if any(one.effect is Effect.DENY and one.applies is Applies.YES for one in found):
        return ""
    return next((one.sid for one in found if one.effect is Effect.ALLOW and one.applies is Applies.YES), "")
