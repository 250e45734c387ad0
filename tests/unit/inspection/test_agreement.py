"""No two findings of one identity and action disagree, and none contradicts an answer, whatever the facts are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.inspection.consistency import against, disagreements
from tests.unit.inspection.network.paths import GATEWAY, S3_PREFIXES, TO_GATEWAY, TO_INTERNET, answers, path_of, table
from tests.unit.inspection.people import (
    A_ACCOUNT,
    A_OWNER,
    A_ROOT,
    ANALYTICS,
    B_OWNER,
    B_ROOT,
    BOOK,
    BUCKET,
    BUCKET_ARN,
    FROM_A,
    FROM_B,
    MEDIA,
    OBJECT,
    OBJECTS_ARN,
    ONLY_A,
    ONLY_B,
    PATHLESS,
    ROLE,
    ROLE_ARN,
    STRANGER,
    absent,
    denied,
    document,
    endpoint,
    evaluated,
    found,
    grants,
    group,
    known,
    owners,
    ownership,
    policy,
    statement,
    text,
    unknown,
)
from tui.inspection.access import access
from tui.inspection.context import Context
from tui.inspection.diagnosis import diagnose
from tui.inspection.evaluation.documents import Documents
from tui.inspection.evaluation.evaluate import evaluate
from tui.inspection.evidence import Evidence
from tui.model.access.evaluation import LayerVerdict
from tui.model.facts import (
    Fact,
    FactName,
    Known,
    Pairs,
    PolicyReading,
    Size,
    Verdict,
)
from tui.model.identity import AddressBook
from tui.model.location import Location
from tui.model.network.endpoint import EffectiveEndpoint, Reach
from tui.model.network.path import Certainty

ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:*", "s3:Get*", "*")
PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": "*"},
    {"AWS": [A_ROOT, B_ROOT]},
    {"AWS": B_ROOT},
    {"AWS": ANALYTICS.arn},
    {"AWS": ROLE_ARN},
    {"CanonicalUser": B_OWNER.id},
    {"Service": "logging.s3.amazonaws.com"},
)
RESOURCES = (BUCKET_ARN, OBJECTS_ARN, f"{BUCKET_ARN}/other/*", f"{BUCKET_ARN}/${{aws:username}}/*", "*")
CONDITIONS = (
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "203.0.113.0/24"]}},
    {"StringNotEquals": {"aws:SourceVpce": "vpce-0aaa"}},
    {"StringEquals": {"aws:SourceVpce": "vpce-0bbb"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::111111111111:role/team/*", ANALYTICS.arn]}},
    {"StringEquals": {"aws:PrincipalAccount": A_ACCOUNT}},
    {"StringLike": {"s3:prefix": "incoming/*"}},
    {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
    {"Null": {"aws:SourceVpce": "true"}},
    {"Unheard": {"of": "it"}},
)


def _either(name: str, values: Sequence[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(st.booleans(), st.sampled_from(values)).map(
        lambda one: {name: None, f"Not{name}": one[1]} if one[0] else {name: one[1]}
    )


STATEMENTS = st.builds(
    lambda sid, effect, principal, action, resource, condition: statement(
        Sid=sid, Effect=effect, **principal, **action, **resource, Condition=condition
    ),
    st.sampled_from(["One", "Two", "Three", None]),
    st.sampled_from(["Allow", "Allow", "Deny", "Perhaps"]),
    _either("Principal", PRINCIPALS),
    _either("Action", ACTIONS) | st.just({"Action": "s3:GetObject"}),
    _either("Resource", RESOURCES) | st.just({"Resource": OBJECTS_ARN}),
    st.none() | st.sampled_from(CONDITIONS),
)
POLICIES = st.lists(STATEMENTS, max_size=4).map(lambda found: policy(*found)) | st.sampled_from(
    [
        absent(FactName.POLICY),
        denied(FactName.POLICY, "s3:GetBucketPolicy", "GetBucketPolicy", "analytics"),
        unknown(FactName.POLICY, "down"),
    ]
)
OWNERS = st.sampled_from([A_OWNER, B_OWNER, STRANGER])
PERMISSIONS = st.sampled_from(["READ", "WRITE", "FULL_CONTROL", "READ_ACP"])
ACLS = st.sampled_from([FactName.GRANTS, FactName.BUCKET_GRANTS])


def _head(label: str, answer: bool) -> Fact:
    if answer:
        return Fact(FactName.SIZE, Known(Size(1)), "HeadObject", label)
    return denied(FactName.SIZE, "s3:GetObject", "HeadObject", label)


def _way(url: str, reach: Reach, listed: bool | None) -> Fact:
    fact = endpoint(url, reach)
    assert isinstance(fact.state, Known)
    assert isinstance(fact.state.value, EffectiveEndpoint)
    return structs.replace(fact, state=Known(structs.replace(fact.state.value, listed=listed)))


ENDPOINT_POLICIES = [
    "",
    "no policy",
    document(statement(Principal="*", Action="*", Resource="*")),
    document(statement(Principal="*", Action="*", Resource="arn:aws:s3:::other/*")),
    document(statement(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
    document(statement(Sid="Closed", Effect="Deny", Principal="*", Action="s3:*", Resource=OBJECTS_ARN)),
]


def _path(endpoint_policy: str, certain: bool) -> Fact:
    gateway = structs.replace(GATEWAY, policy=endpoint_policy)
    routes = answers([gateway], table(TO_INTERNET, TO_GATEWAY), S3_PREFIXES)
    path = path_of(vpc=routes)
    certainty = Certainty.CERTAIN if certain else Certainty.INFERRED
    keys = [structs.replace(one, certainty=certainty) for one in path.keys]
    return known(FactName.NETWORK_PATH, structs.replace(path, certainty=certainty, keys=keys))


FACTS = st.one_of(
    POLICIES,
    st.builds(owners, OWNERS, OWNERS).flatmap(st.sampled_from),
    st.builds(lambda owner, permission, name: grants((owner, permission), name=name), OWNERS, PERMISSIONS, ACLS),
    st.builds(group, st.sampled_from(["AllUsers", "AuthenticatedUsers", "LogDelivery"]), PERMISSIONS, ACLS),
    st.sampled_from(["ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"]).map(ownership),
    st.just(absent(FactName.OWNERSHIP)),
    st.builds(
        lambda ignore, restrict: known(
            FactName.PUBLIC_ACCESS, Pairs([("IgnorePublicAcls", ignore), ("RestrictPublicBuckets", restrict)])
        ),
        *[st.sampled_from(["true", "false"])] * 2,
    ),
    st.just(absent(FactName.PUBLIC_ACCESS)),
    st.sampled_from(["AES256", "aws:kms", f"aws:kms arn:aws:kms:us-east-1:{A_ACCOUNT}:key/k"]).map(
        lambda words: text(FactName.ENCRYPTION, words)
    ),
    st.builds(
        _way,
        st.sampled_from(
            [
                "http://127.0.0.1:80",
                "https://s3.us-east-1.amazonaws.com",
                "https://b.vpce-0bbb-1a2b.s3.us-east-1.vpce.amazonaws.com",
            ]
        ),
        st.sampled_from(Reach),
        st.sampled_from([None, True, False]),
    ),
    st.builds(_path, st.sampled_from(ENDPOINT_POLICIES), st.booleans()),
    st.builds(_head, st.sampled_from(["media-prod", "analytics", "media-reader"]), st.booleans()),
)
CONTEXTS = st.sampled_from(
    [
        FROM_A,
        FROM_B,
        ONLY_A,
        ONLY_B,
        Context(ROLE, ANALYTICS, BOOK),
        Context(PATHLESS, MEDIA, BOOK),
        Context(structs.replace(PATHLESS, canonical_id=""), None, AddressBook()),
        Context(structs.replace(ANALYTICS, account="", arn=""), MEDIA, AddressBook()),
    ]
)
PLACES = st.sampled_from([OBJECT, BUCKET, Location("assets", "incoming/")])


def _one_answer_each(facts: list[Fact]) -> list[Fact]:
    """A server does not let an identity in and refuse it in one inspection."""
    heads = {fact.identity: fact for fact in reversed(facts) if fact.operation == "HeadObject"}
    return [fact for fact in facts if fact.operation != "HeadObject" or heads[fact.identity] is fact]


def answered(evidence: Evidence) -> dict[str, bool]:
    known_now = {one.label: access(evidence, one) for one in evidence.context.identities}
    return {label: one.verdict is Verdict.ALLOWED for label, one in known_now.items() if one.live}


@given(st.lists(FACTS, max_size=12).map(_one_answer_each), PLACES, CONTEXTS)
def test_no_two_findings_disagree_and_none_contradicts_an_answer(
    facts: list[Fact], place: Location, context: Context
) -> None:
    evidence = Evidence(place, facts, context)
    findings = diagnose(facts, place, context)
    assert disagreements(findings) == []
    assert against(answered(evidence), findings, evidence.action) == []


@given(st.lists(FACTS, max_size=12).map(_one_answer_each), CONTEXTS, st.sampled_from(ACTIONS[:3]))
def test_the_evaluation_of_a_refusal_says_denied_and_names_one_cause(
    facts: list[Fact], context: Context, action: str
) -> None:
    seen = evaluated(action, facts, context)
    assert (seen.verdict, seen.live) == (Verdict.DENIED, True)
    assert seen.cause is not None
    denying = [one for one in seen.layers if one.verdict is LayerVerdict.DENIES]
    assert not denying or denying[0].kind in seen.cause.layers
    for remedy in seen.remedies:
        assert remedy.edit is None or not remedy.edit.statement_json or json.loads(remedy.edit.statement_json)


@given(st.lists(FACTS, max_size=12).map(_one_answer_each), CONTEXTS, PLACES)
def test_the_evaluation_agrees_with_every_finding(facts: list[Fact], context: Context, place: Location) -> None:
    evidence = Evidence(place, facts, context)
    seen = evaluate(evidence, context.mine, evidence.action, Documents())
    answer = {Verdict.ALLOWED: {context.mine.label: True}, Verdict.DENIED: {context.mine.label: False}}
    said = [one for one in diagnose(facts, place, context) if one.verdict is not Verdict.UNKNOWN]
    mine = [one for one in said if one.identity == context.mine.label]
    assert against(answer.get(seen.verdict, {}), mine, evidence.action) == []


@given(st.lists(STATEMENTS, min_size=1, max_size=4), CONTEXTS)
def test_a_deny_that_applies_is_never_beside_being_let_in(statements: list[dict[str, Any]], context: Context) -> None:
    always = statement(Sid="Always", Effect="Deny", Principal="*", Resource="*", Action="*")
    facts = [*owners(A_OWNER), policy(*statements, always)]
    rules = {one.rule for one in diagnose(facts, OBJECT, context)}
    assert "policy-denies" in rules
    assert rules.isdisjoint({"let-in", "may-be-let-in", "public-policy", "public-acl", "no-way-in"})


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_no_policy_text_makes_the_diagnosis_raise(odd: str) -> None:
    for each in (odd, json.dumps({"Statement": odd}), json.dumps({"Statement": [{"Effect": odd, "Sid": odd}]})):
        found([*owners(A_OWNER), known(FactName.POLICY, PolicyReading(each, [], True))])
