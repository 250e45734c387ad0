"""A case as the product sees it, as the independent evaluator does, and after the changes of a remedy."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import structs

from tests.access_corpus.case import ACCOUNTS, BUCKET, CANONICAL, NOW, ROLE, TARGET, USER, Case, Statements
from tests.access_corpus.evaluator import Principal, Question
from tui.core.facts import (
    AbsentFact,
    Fact,
    FactName,
    FactValue,
    Grant,
    Grants,
    KnownFact,
    ObjectOwnership,
    OwnedBy,
    OwnershipSetting,
    Pairs,
    PolicyReading,
    Size,
)
from tui.core.identity import Address, AddressBook, AuthMethod, EndpointSource, Identity, IdentitySpec, Owner, RoleSpec
from tui.core.location import Location
from tui.core.network import AddressScope, EffectiveEndpoint
from tui.core.policy import Evaluation, PolicyEdit, PolicyKind
from tui.policies.evaluation.evaluate import evaluate
from tui.policies.evaluation.explain import evaluate_role
from tui.policies.evaluation.policy_documents import Documents, Policies, PolicyText
from tui.policies.evidence import Evidence, EvidenceContext

GROUPS = ("AllUsers", "AuthenticatedUsers")
BOUNDARY_ARN, GROUP = "arn:aws:iam::{account}:policy/boundary", "callers"
BOOK = AddressBook({CANONICAL[one]: Address(CANONICAL[one], ACCOUNTS[one], one.upper()) for one in ACCOUNTS})
OWNER = Identity(
    "owner",
    "owner",
    AuthMethod.KEYS,
    IdentitySpec("owner"),
    account=ACCOUNTS["a"],
    arn=f"arn:aws:iam::{ACCOUNTS['a']}:user/admin",
    canonical_id=CANONICAL["a"],
)


def document(statements: Statements) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def explained(case: Case, *, denied: bool = False) -> Evaluation:
    """How the product evaluates a case; `denied`: it also knows that the server has just denied the request."""
    identity = identity_of(case)
    if case.world.trust is not None:
        return _explained_role(case, identity, denied=denied)
    refusals = [(identity.label, case.asked.action)] if denied else []
    evidence = Evidence(location_of(case), facts_of(case), EvidenceContext(identity, OWNER, BOOK, NOW), refusals)
    return evaluate(evidence, identity, case.asked.action, documents_of(case), given=given_of(case))


def _explained_role(case: Case, identity: Identity, *, denied: bool) -> Evaluation:
    text = document(case.filled(case.world.trust))
    trust = PolicyText(PolicyKind.TRUST_POLICY, ACCOUNTS["a"], TARGET, text, "", "GetRole", "owner")
    role = RoleSpec(case.names["target"], external_id=case.asked.external_id)
    return evaluate_role(EvidenceContext(identity, OWNER, BOOK, NOW), role, trust, documents_of(case), refused=denied)


def identity_of(case: Case) -> Identity:
    caller = case.caller
    if caller.kind == "anonymous":
        return Identity("caller", "caller", AuthMethod.ANONYMOUS, IdentitySpec(anonymous=True))
    roles = (RoleSpec(case.names["role"]),) if caller.kind == "role" else ()
    return Identity(
        "caller",
        "caller",
        AuthMethod.ROLE if roles else AuthMethod.KEYS,
        IdentitySpec("caller", roles=roles),
        account=case.account,
        arn=case.arn,
        canonical_id=CANONICAL[caller.account],
    )


def location_of(case: Case) -> Location:
    on_bucket = "Bucket" in case.asked.action
    return Location(BUCKET, case.asked.prefix if on_bucket else case.asked.key)


def _known(name: FactName, value: FactValue) -> Fact:
    return Fact(name, KnownFact(value), "asked", "owner")


def facts_of(case: Case) -> list[Fact]:
    """What the inspector finds out about bucket and object, as the bucket's owner."""
    world, url = case.world, "http://127.0.0.1:9000"
    policy = case.filled(world.policy) if world.policy is not None else None
    block = [(name, str(name in world.block).lower()) for name in ("BlockPublicAcls", "IgnorePublicAcls")]
    off = world.ownership == "BucketOwnerEnforced"
    bucket_grants = [] if off else _grants(world.bucket_grants)
    block += [(name, str(name in world.block).lower()) for name in ("BlockPublicPolicy", "RestrictPublicBuckets")]
    return [
        _known(FactName.POLICY, PolicyReading(document(policy), [], True))
        if policy is not None
        else Fact(FactName.POLICY, AbsentFact(), "GetBucketPolicy", "owner"),
        _known(FactName.BUCKET_OWNER, OwnedBy(Owner(CANONICAL["a"]))),
        _known(FactName.OWNERSHIP, OwnershipSetting(ObjectOwnership(world.ownership))),
        _known(FactName.PUBLIC_ACCESS, Pairs(block)),
        _known(
            FactName.ENDPOINT,
            EffectiveEndpoint(url, "us-east-1", EndpointSource.PROFILE, "127.0.0.1:9000", AddressScope.LOOPBACK),
        ),
        _known(FactName.BUCKET_GRANTS, Grants([_grant("a", "FULL_CONTROL"), *bucket_grants])),
        *([] if location_of(case).is_prefix else _of_object(case)),
    ]


def _of_object(case: Case) -> list[Fact]:
    owner = object_owner(case)
    off = case.world.ownership == "BucketOwnerEnforced"  # S3 then returns the bucket owner's full control
    grants = [_grant(owner, "FULL_CONTROL"), *([] if off else _grants(object_grants(case)))]
    return [
        _known(FactName.OBJECT_OWNER, OwnedBy(Owner(CANONICAL[owner]))),
        _known(FactName.GRANTS, Grants(grants)),
        _known(FactName.TAGS, Pairs(sorted(case.world.tags.items()))),
        _known(FactName.SIZE, Size(5)),
        Fact(FactName.ENCRYPTION, AbsentFact(), "HeadObject", "owner"),
    ]


def object_owner(case: Case) -> str:
    """The account that owns the object: with ACLs off the bucket's, else who uploaded it."""
    return "a" if case.world.ownership == "BucketOwnerEnforced" else case.world.uploader


_CANNED = {
    "": [],
    "private": [],
    "public-read": [("AllUsers", "READ")],
    "authenticated-read": [("AuthenticatedUsers", "READ")],
    "bucket-owner-read": [("a", "READ")],
    "bucket-owner-full-control": [("a", "FULL_CONTROL")],
}


def object_grants(case: Case) -> list[tuple[str, str]]:
    return [*_CANNED[case.world.acl], *case.world.grants]


def _grants(pairs: list[tuple[str, str]]) -> list[Grant]:
    return [_grant(grantee, permission) for grantee, permission in pairs]


def _grant(grantee: str, permission: str) -> Grant:
    group = grantee in GROUPS
    return Grant(Owner(grantee if group else CANONICAL[grantee]), permission, is_group=group)


def documents_of(case: Case) -> Documents:
    caller, account = case.caller, case.account
    name, kind = (ROLE, PolicyKind.ROLE_POLICY) if caller.kind == "role" else (USER, PolicyKind.USER_POLICY)
    texts = [
        PolicyText(kind, account, name, document(case.filled(one)), f"policy-{number}")
        for number, one in enumerate(caller.policies, 1)
    ]
    if caller.group is not None:
        group = document(case.filled(caller.group))
        texts.append(PolicyText(PolicyKind.GROUP_POLICY, account, GROUP, group, "group"))
    boundary, session = caller.boundary, caller.session
    arn = BOUNDARY_ARN.format(account=account)
    limit = PolicyText(PolicyKind.MANAGED_POLICY, account, arn, document(case.filled(boundary)))
    passed = PolicyText(PolicyKind.SESSION_POLICY, account, case.names["role"], document(case.filled(session)))
    return Documents(
        identity=Policies(tuple(texts)),
        boundary=limit if boundary is not None else None,
        session=passed if session is not None else None,
        endpoint=None,
        key=None,
        account_block=None,
        principal_tags=caller.tags if caller.kind == "user" else None,
    )


def given_of(case: Case) -> dict[str, tuple[str, ...]]:
    """What is known of the headers of the request."""
    sent = ("s3:x-amz-server-side-encryption", "s3:x-amz-storage-class", "s3:x-amz-copy-source")
    return {**dict.fromkeys(sent, ()), "s3:x-amz-acl": (case.asked.acl,) if case.asked.acl else ()}


def question_of(case: Case) -> Question:
    """The same case for the independent evaluator, which knows everything."""
    caller, world = case.caller, case.world
    anonymous = caller.kind == "anonymous"
    who = (
        Principal(anonymous=True)
        if anonymous
        else Principal(
            case.account, case.arn, case.names["role"] if caller.kind == "role" else "", CANONICAL[caller.account]
        )
    )
    on_bucket = "Bucket" in case.asked.action
    return Question(
        principal=who,
        action=case.asked.action,
        resource=case.resource,
        context=context_of(case),
        bucket_account=ACCOUNTS["a"],
        bucket_canonical=CANONICAL["a"],
        identity=case.filled([*(s for one in caller.policies for s in one), *(caller.group or [])]),
        boundary=case.filled(caller.boundary) if caller.boundary is not None else None,
        session=case.filled(caller.session) if caller.session is not None else None,
        bucket=case.filled(world.policy),
        trust=case.filled(world.trust) if world.trust is not None else None,
        object_canonical="" if on_bucket else CANONICAL[object_owner(case)],
        object_grants=[(CANONICAL.get(grantee, grantee), permission) for grantee, permission in object_grants(case)],
        bucket_grants=[(CANONICAL.get(grantee, grantee), permission) for grantee, permission in world.bucket_grants],
        acls_off=world.ownership == "BucketOwnerEnforced",
        block=frozenset(world.block),
    )


def context_of(case: Case) -> dict[str, list[str]]:
    """Every condition key that the request carries."""
    context = {
        "aws:sourceip": ["127.0.0.1"],
        "aws:securetransport": ["false"],
        "aws:requestedregion": ["us-east-1"],
        "aws:currenttime": [datetime.fromtimestamp(NOW, UTC).isoformat()],
        "aws:epochtime": [str(NOW)],
        "aws:resourceaccount": [ACCOUNTS["a"]],
        "s3:resourceaccount": [ACCOUNTS["a"]],
        "aws:viaawsservice": ["false"],
        "aws:principalisawsservice": ["false"],
    }
    context |= {f"s3:existingobjecttag/{name.lower()}": [value] for name, value in case.world.tags.items()}
    if case.asked.action == "s3:ListBucket":
        context |= {"s3:prefix": [case.asked.prefix], "s3:delimiter": ["/"]}
    if case.asked.external_id:
        context["sts:externalid"] = [case.asked.external_id]
    if case.asked.acl:
        context["s3:x-amz-acl"] = [case.asked.acl]
    if case.caller.kind == "anonymous":
        return context | {"aws:principaltype": ["Anonymous"], "aws:principalaccount": ["anonymous"]}
    role = case.caller.kind == "role"
    context |= {
        "aws:principalarn": [case.names["role"] if role else case.arn],
        "aws:principalaccount": [case.account],
        "aws:principaltype": ["AssumedRole" if role else "Account" if case.caller.kind == "root" else "User"],
        "s3:authtype": ["REST-HEADER"],
        "s3:signatureversion": ["AWS4-HMAC-SHA256"],
    }
    if case.caller.kind == "user":
        context["aws:username"] = [USER]
    return context | {f"aws:principaltag/{name.lower()}": [value] for name, value in case.caller.tags.items()}


def applied(case: Case, edit: PolicyEdit) -> Case:
    """The case after the change. Fails where the edit names no document of the case, or no statement of it."""
    caller, world = case.caller, case.world
    match edit.kind:
        case PolicyKind.BUCKET_POLICY:
            return structs.replace(case, world=structs.replace(world, policy=_changed(world.policy, edit, case)))
        case PolicyKind.TRUST_POLICY:
            return structs.replace(case, world=structs.replace(world, trust=_changed(world.trust, edit, case)))
        case PolicyKind.USER_POLICY | PolicyKind.ROLE_POLICY:
            policies = _policies(caller.policies, edit, case)
            return structs.replace(case, caller=structs.replace(caller, policies=policies))
        case PolicyKind.GROUP_POLICY:
            return structs.replace(case, caller=structs.replace(caller, group=_changed(caller.group, edit, case)))
        case PolicyKind.MANAGED_POLICY:
            return structs.replace(case, caller=structs.replace(caller, boundary=_changed(caller.boundary, edit, case)))
        case PolicyKind.SESSION_POLICY:
            return structs.replace(case, caller=structs.replace(caller, session=_changed(caller.session, edit, case)))
        case _:
            raise AssertionError(edit)


def portable(case: Case) -> Case:
    text = msgspec.json.encode(case).decode().replace(f"arn:aws:s3:::{BUCKET}", "arn:aws:s3:::{bucket}")
    for account in CANONICAL:
        text = text.replace(CANONICAL[account], f"{{canonical_{account}}}")
    return msgspec.json.decode(text, type=Case)


def _policies(policies: list[Statements], edit: PolicyEdit, case: Case) -> list[Statements]:
    if not edit.policy_name:
        assert not edit.replaces_sid
        return [*policies, _changed([], edit, case)]
    at = int(edit.policy_name.partition("-")[2]) - 1
    return [*policies[:at], _changed(policies[at], edit, case), *policies[at + 1 :]]


def _changed(statements: Statements | None, edit: PolicyEdit, case: Case) -> Statements:
    before = case.filled(statements)
    after: Any = [json.loads(edit.statement_json)] if edit.statement_json else []
    if not edit.replaces_sid:
        return [*before, *after]
    sids = [one.get("Sid") or f"#{number}" for number, one in enumerate(before, 1)]
    by_number = edit.replaces_sid.startswith("#")
    at = int(edit.replaces_sid[1:]) - 1 if by_number else sids.index(edit.replaces_sid)
    return [*before[:at], *after, *before[at + 1 :]]
