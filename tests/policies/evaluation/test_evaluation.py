"""How a request is evaluated, which cause it names, what remedies change; findings that do not disagree; requests."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from tests.features.inspect.consistency import against, disagreements
from tests.policies.people import (
    A_ACCOUNT,
    A_OWNER,
    A_ROOT,
    ANALYTICS,
    B_ACCOUNT,
    B_OWNER,
    B_ROOT,
    BOOK,
    BUCKET,
    BUCKET_ARN,
    FROM_A,
    FROM_B,
    GATEWAY,
    MEDIA,
    OBJECT,
    OBJECTS_ARN,
    ONLY_A,
    ONLY_B,
    PATHLESS,
    ROLE,
    ROLE_ARN,
    S3_PREFIXES,
    STRANGER,
    TO_GATEWAY,
    TO_INTERNET,
    Answering,
    absent,
    answers,
    denied,
    document,
    endpoint,
    evaluated,
    found,
    grants,
    group,
    identity,
    known,
    owners,
    ownership,
    path_of,
    policy,
    statement,
    table,
    text,
    unknown,
)
from tui.aws.control_plane import ControlPlaneService
from tui.aws.problems import problem_of
from tui.aws.refusals import Attempt, read_authorization_id, read_denial
from tui.core.facts import (
    LATER,
    ORDER,
    AccessVerdict,
    Applies,
    Fact,
    FactName,
    FactSection,
    KnownFact,
    Pairs,
    Size,
    Text,
    facts_awaited,
    sections_to_ask,
)
from tui.core.identity import AddressBook, AuthMethod, IdentitySpec, RoleSpec
from tui.core.location import Location
from tui.core.network import AddressScope, Certainty, EffectiveEndpoint
from tui.core.policy import Cause, Evaluation, Layer, LayerKind, LayerVerdict, PolicyEdit, PolicyKind, Remedy
from tui.core.problem import Problem, ProblemKind
from tui.features.inspect.fact_requests import requests_about, requests_of
from tui.features.inspect.inspection import diagnose
from tui.policies.access import access
from tui.policies.asking import FactRequest
from tui.policies.bucket_policy import PolicyRequest, read_policy
from tui.policies.evaluation.evaluate import evaluate, notes_on, told_by
from tui.policies.evaluation.explain import action_of
from tui.policies.evaluation.gather_documents import authorization_details, gather_documents, session_policy, simulate
from tui.policies.evaluation.policy_documents import Documents, Policies, PolicyText, UnseenPolicy
from tui.policies.evaluation.reading_iam import IamReader
from tui.policies.evidence import Evidence, EvidenceContext
from tui.policies.head_facts import head_facts
from tui.policies.request_context import Caller, KnownRequest, request_context_of
from tui.stores.store_values import ObjectHead

KEY = f"arn:aws:kms:us-east-1:{A_ACCOUNT}:key/one"
ENCRYPTED = text(FactName.ENCRYPTION, f"aws:kms {KEY}")
OWN = [*owners(A_OWNER), ownership("BucketOwnerEnforced"), absent(FactName.PUBLIC_ACCESS)]
OPEN = [*OWN, policy(statement())]
OF_KEY = [*OPEN, ENCRYPTED]

AT_AWS = endpoint("https://assets.s3.us-east-1.amazonaws.com")
LOOPBACK = endpoint("http://127.0.0.1:80", AddressScope.LOOPBACK)


def mine(*statements: dict[str, Any], account: str = B_ACCOUNT) -> Policies:
    return Policies((PolicyText(PolicyKind.USER_POLICY, account, "bob", document(*statements), "mine"),))


def own(**elements: Any) -> dict[str, Any]:
    return statement(Sid="Mine", Principal=None, **elements)


def key_policy(*statements: dict[str, Any]) -> PolicyText:
    return PolicyText(PolicyKind.KEY_POLICY, A_ACCOUNT, KEY, document(*statements), "", "GetKeyPolicy", "media-prod")


READING = Documents(
    identity=mine(own(Action=["s3:GetObject", "kms:Decrypt"], Resource="*")),
    boundary=None,
    endpoint=None,
    key=None,
    account_block=None,
)
NONE = replace(READING, identity=Policies())
READING_OWN = READING.identity

UNREAD = Policies(unseen=(UnseenPolicy("iam:GetUserPolicy is not allowed", "GetUserPolicy", "analytics"),))
DECRYPT = {"Sid": "Use", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}


def verdicts(seen: Evaluation) -> dict[LayerKind, LayerVerdict]:
    return {one.kind: one.verdict for one in seen.layers}


def refused(facts: list[Fact], documents: Documents = READING) -> tuple[Evaluation, Cause]:
    seen = evaluated("s3:GetObject", facts, documents=documents)
    assert seen.cause is not None
    return seen, seen.cause


def edit_of(seen: Evaluation) -> tuple[PolicyEdit, dict[str, Any]]:
    (remedy,) = seen.remedies
    assert remedy.edit is not None
    return remedy.edit, json.loads(remedy.edit.statement_json)


def test_an_encrypted_object_takes_its_key_too() -> None:
    lets_in = key_policy({**DECRYPT, "Principal": {"AWS": B_ROOT}})
    for encryption, documents in (
        (ENCRYPTED, replace(READING, key=key_policy({**DECRYPT, "Principal": {"AWS": "3"}}))),
        (ENCRYPTED, replace(READING, identity=mine(own()), key=lets_in)),
        (text(FactName.ENCRYPTION, "aws:kms alias/aws/s3"), READING),
    ):
        seen, cause = refused([*OPEN, encryption], documents)
        assert (cause.layers, cause.certain) == ([LayerKind.KEY], True)
        assert verdicts(seen)[LayerKind.BUCKET_POLICY] is LayerVerdict.ALLOWS
        assert seen.remedies


def test_why_a_caller_has_no_boundary() -> None:
    root = structs.replace(ANALYTICS, arn=f"arn:aws:iam::{B_ACCOUNT}:root")
    for caller, why in ((ANALYTICS, "there is none"), (root, "it limits users and roles only")):
        seen = evaluated(
            "s3:GetObject", OPEN, EvidenceContext(caller, MEDIA, BOOK), Documents(identity=mine(own()), boundary=None)
        )
        [boundary] = [layer for layer in seen.layers if layer.kind is LayerKind.BOUNDARY]
        assert (boundary.verdict, boundary.why) == (LayerVerdict.NOT_APPLICABLE, why)


def test_a_key_whose_policy_is_not_seen_is_what_remains_possible() -> None:
    unseen = UnseenPolicy("kms:GetKeyPolicy is not allowed", "GetKeyPolicy", "analytics")
    seen, cause = refused(OF_KEY, replace(READING, key=unseen))
    assert (LayerKind.KEY, LayerVerdict.NOT_SEEN) in [(one.kind, one.verdict) for one in seen.layers]
    assert (cause.layers, cause.certain) == ([LayerKind.KEY], False)
    documents = replace(READING, key=key_policy({**DECRYPT, "Principal": {"AWS": "333333333333"}}))
    edit, added = edit_of(refused(OF_KEY, documents)[0])
    assert (edit.kind, edit.resource, edit.account) == (PolicyKind.KEY_POLICY, KEY, A_ACCOUNT)
    assert (added["Action"], added["Principal"]) == ("kms:Decrypt", {"AWS": f"arn:aws:iam::{B_ACCOUNT}:user/bob"})


def test_an_endpoint_policy_limits_all_requests_through_it() -> None:
    narrow = document(statement(Sid="OwnBuckets", Principal="*", Action="s3:*", Resource="arn:aws:s3:::other/*"))
    through = PolicyText(PolicyKind.ENDPOINT_POLICY, B_ACCOUNT, "vpce-0aaa", narrow, "", "DescribeVpcEndpoints")
    seen, cause = refused(OPEN, replace(READING, endpoint=through))
    assert (cause.layers, cause.sid) == ([LayerKind.ENDPOINT], "OwnBuckets")
    edit, _ = edit_of(seen)
    assert (edit.kind, edit.resource) == (PolicyKind.ENDPOINT_POLICY, "vpce-0aaa")
    unseen = UnseenPolicy("not known from here", "DescribeVpcEndpoints")
    seen, cause = refused([*OPEN, AT_AWS], replace(READING, endpoint=unseen))
    assert verdicts(seen)[LayerKind.ENDPOINT] is LayerVerdict.NOT_SEEN
    assert cause.certain is False
    assert "although everything that can be seen allows it" in cause.sentence


def test_the_public_access_block_of_the_account_counts_as_the_bucket_s() -> None:
    documents = replace(READING, account_block={"RestrictPublicBuckets": True, "BlockPublicAcls": False})
    world = policy(statement(Sid="World", Principal="*"))
    unread = [*owners(A_OWNER), ownership("BucketOwnerEnforced"), world]
    assert refused(unread, documents)[1].layers == [LayerKind.PUBLIC_ACCESS], "the bucket's own was not read"
    seen, cause = refused([*OWN, world], documents)
    assert cause.layers == [LayerKind.PUBLIC_ACCESS]
    assert "name arn:aws:iam::222222222222:user/bob instead of *" in seen.remedies[0].sentence
    assert verdicts(seen)[LayerKind.ACCOUNT_PUBLIC_ACCESS] is LayerVerdict.NOT_APPLICABLE


def test_what_makes_a_policy_public() -> None:
    """Amazon S3 user guide, "The meaning of 'public'": fixed values alone, and no very broad networks."""
    arn = "arn:aws:s3:us-east-1:{}:accesspoint/*"
    documents = replace(READING, account_block={"RestrictPublicBuckets": True})
    rows: list[tuple[str, str, str, bool]] = [
        ("IpAddress", "aws:SourceIp", "0.0.0.0/1", True),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", False),
        ("StringEquals", "aws:PrincipalOrgID", "${aws:PrincipalOrgID}", True),
        ("StringLike", "aws:SourceVpc", "vpc-?", True),
        ("Null", "aws:SourceVpc", "false", True),
        ("StringEquals", "aws:SourceVpc", "vpc-1", False),
        ("ArnLike", "s3:DataAccessPointArn", arn.format(A_ACCOUNT), False),
        ("ArnLike", "s3:DataAccessPointArn", arn.format("*"), True),
    ]
    for operator, key, wanted, is_public in rows:
        condition = {operator: {key: wanted}}
        world = statement(Sid="World", Principal="*", Resource="arn:aws:s3:::assets/site/*", Condition=condition)
        _, cause = refused([*OWN, policy(statement(), world)], documents)
        assert (cause.layers == [LayerKind.PUBLIC_ACCESS]) is is_public, condition


def simulated(verdict: LayerVerdict, identity: Policies = READING_OWN, **more: Any) -> Documents:
    answer = Layer(LayerKind.SIMULATOR, verdict, "it answers so", "SimulatePrincipalPolicy", "analytics")
    return replace(READING, identity=identity, simulated=answer, **more)


def test_the_simulator_stands_for_policies_that_cannot_be_read() -> None:
    for verdict, layers in ((LayerVerdict.DOES_NOT_ALLOW, [LayerKind.IDENTITY]), (LayerVerdict.ALLOWS, [])):
        seen, cause = refused(OPEN, simulated(verdict, UNREAD))
        assert [one for one in cause.layers if one is LayerKind.IDENTITY] == layers
        assert verdicts(seen)[LayerKind.IDENTITY] is LayerVerdict.NOT_SEEN


async def test_the_simulator_says_which_values_it_lacked() -> None:
    request = PolicyRequest(Caller(B_ACCOUNT, ANALYTICS.arn), "s3:GetObject", OBJECTS_ARN)
    for missing, words in ((["aws:SourceVpce"], ", without a value for aws:SourceVpce"), ([], "")):
        result = {"EvalDecision": "allowed", "MissingContextValues": missing}
        iam = Answering(lambda *_, result=result: {"EvaluationResults": [result]})
        layer = await simulate(IamReader(iam, [ANALYTICS]), request)
        told = f"it answers allowed{words}", "SimulatePrincipalPolicy", "analytics", ANALYTICS.arn
        assert layer == Layer(LayerKind.SIMULATOR, LayerVerdict.ALLOWS, *told)


ALLOWS = LayerVerdict.ALLOWS
NAMED = policy(statement(Principal={"AWS": f"arn:aws:iam::{A_ACCOUNT}:user/deploy"}))
SIMULATED = {
    "the own policies are all that is not read": (OPEN, simulated(ALLOWS, UNREAD), AccessVerdict.ALLOWED),
    "a bucket policy that is not read may deny": (OWN, simulated(ALLOWS), AccessVerdict.UNKNOWN),
    "it was not asked": (OWN, simulated(LayerVerdict.NOT_SEEN), AccessVerdict.UNKNOWN),
    "it knows no session policy": (
        OPEN,
        simulated(ALLOWS, session=UnseenPolicy("made elsewhere")),
        AccessVerdict.UNKNOWN,
    ),
    "its explicit Deny is stronger": ([*OWN, NAMED], simulated(LayerVerdict.DENIES, UNREAD), AccessVerdict.DENIED),
}


def test_the_simulator_stands_for_nothing_else() -> None:
    seen = {
        name: evaluate(Evidence(OBJECT, facts, FROM_A), FROM_A.mine, "s3:GetObject", documents).verdict
        for name, (facts, documents, _) in SIMULATED.items()
    }
    assert seen == {name: verdict for name, (_, _, verdict) in SIMULATED.items()}


def test_a_statement_nearly_of_another_service_is_not_near() -> None:
    documents = replace(READING, identity=mine(own(Action="iam:Get*", Resource="*"), account=A_ACCOUNT))
    seen = evaluated("s3:GetObject", [*OWN, absent(FactName.POLICY)], FROM_A, documents)
    assert seen.cause is not None
    assert (seen.cause.layers, seen.cause.sid) == ([LayerKind.IDENTITY], "")


def test_of_two_statements_with_one_sid_the_right_one_is_changed() -> None:
    twice = [statement(Sid="Same", Action="s3:PutObject"), statement(Sid="Same", Resource="arn:aws:s3:::assets")]
    edit, changed = edit_of(refused([*OWN, policy(*twice)])[0])
    assert edit.replaces_sid == "#2"
    assert changed["Resource"] == ["arn:aws:s3:::assets", "arn:aws:s3:::assets/*"]


def test_a_remedy_opens_the_object_of_that_name_and_no_other() -> None:
    """Its ``*`` is no wildcard: in a new statement, in one more resource, in what a Deny leaves out."""
    odd = Location("assets", "a*/${x}?")
    spared = statement(Effect="Deny", Principal=None, Resource=None, NotResource="arn:aws:s3:::other/*")
    situations = {
        "new": ([*OWN, absent(FactName.POLICY)], READING),
        "one more": ([*OWN, policy(statement(Resource=f"{BUCKET_ARN}/b"))], READING),
        "left out": ([*OWN, policy(statement())], replace(READING, identity=mine(own(), spared))),
        "of its own": ([*OWN, policy(statement())], NONE),
    }
    name = f"{BUCKET_ARN}/a${{*}}/${{$}}{{x}}${{?}}"
    found = {
        situation: [
            one.edit.statement_json
            for one in evaluated("s3:GetObject", facts, FROM_B, documents, odd).remedies
            if one.edit and name not in json.dumps(json.loads(one.edit.statement_json))
        ]
        for situation, (facts, documents) in situations.items()
    }
    assert found == {situation: [] for situation in situations}
    seen = [evaluated("s3:GetObject", facts, FROM_B, documents, odd) for facts, documents in situations.values()]
    assert sum(one.edit is not None for each in seen for one in each.remedies) >= len(situations) - 1


def test_each_remedy_of_a_caller_of_another_account_says_who_acts() -> None:
    seen, _ = refused([*OWN, absent(FactName.POLICY)], NONE)
    words = [one.sentence.partition(":")[0] for one in seen.remedies]
    assert words == ["As media-prod (user/deploy)", "In analytics's account"]
    assert seen.verdict is AccessVerdict.DENIED


def test_which_action_was_refused() -> None:
    actions = {
        ("GetObject", "s3:GetObject"): "s3:GetObject",
        ("GetObject", "kms:Decrypt"): "s3:GetObject",
        ("AssumeRole", "sts:AssumeRole"): "",
        ("ListBuckets", ""): "",
    }
    denied = Problem(ProblemKind.DENIED, "denied")
    assert {
        each: action_of(structs.replace(denied, operation=each[0], permission=each[1])) for each in actions
    } == actions


def from_here(*statements: dict[str, Any]) -> Evaluation:
    """A read from 127.0.0.1 that was refused."""
    return refused([*OWN, LOOPBACK, policy(*statements)])[0]


def test_a_deny_of_a_network_spares_one_address() -> None:
    network = {"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "203.0.113.0/24"]}}
    one_more: dict[str, Any] = {"NotIpAddress": {"aws:SourceIp": "127.0.0.9/32"}}
    for before, spared in (({}, "127.0.0.1/32"), (one_more, ["127.0.0.9/32", "127.0.0.1/32"])):
        seen = from_here(statement(), statement(Sid="Never", Effect="Deny", Condition=network | before))
        assert "exclude 127.0.0.1 (NotIpAddress) from aws:SourceIp in statement Never" in seen.remedies[0].sentence
        assert edit_of(seen)[1]["Condition"] == network | {"NotIpAddress": {"aws:SourceIp": spared}}
    networks = {"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "203.0.113.0/24"]}}
    (remedy,) = from_here(statement(Condition=networks)).remedies
    assert "remove 127.0.0.0/8 from aws:SourceIp in statement Partner" in remedy.sentence
    never = statement(Sid="Never", Effect="Deny", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
    finding = found([*owners(A_OWNER), LOOPBACK, policy(statement(), never)], FROM_B)["policy-denies"]
    assert "exclude 127.0.0.1 (NotIpAddress) from aws:SourceIp in Never" in finding.remedy


def test_a_request_through_an_endpoint_is_let_in_by_its_id() -> None:
    via = endpoint("https://b.vpce-0bbb-1a2b.s3.us-east-1.vpce.amazonaws.com", AddressScope.PRIVATE)
    never = statement(Sid="Never", Effect="Deny", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    spared, _ = refused([*OWN, via, policy(statement(), never)])
    (step,), wanted = spared.remedies, {"aws:SourceVpce": "vpce-0bbb"}
    assert step.sentence.endswith(f": add StringNotEquals {json.dumps(wanted)} to the condition of Never.")
    assert edit_of(spared)[1]["Condition"] == {**never["Condition"], "StringNotEquals": wanted}
    account = from_here(statement(Condition={"StringEquals": {"aws:PrincipalAccount": A_ACCOUNT}}))
    other, _ = refused([*OWN, via, policy(statement(Condition={"StringEquals": {"aws:SourceVpce": "vpce-0aaa"}}))])
    ends = [each.remedies[0].sentence.partition("bucket policy.")[2] for each in (account, other)]
    assert ends == ["", " Or send the requests through vpce-0aaa."]


def test_a_header_that_a_deny_is_about_is_left_out() -> None:
    never = statement(
        Sid="Never", Effect="Deny", Action="s3:PutObject", Condition={"StringEquals": {"s3:x-amz-acl": "public-read"}}
    )
    facts, documents = [*OWN, policy(statement(Action="s3:*"), never)], replace(NONE, identity=mine(own(Action="s3:*")))
    sent = {"s3:x-amz-acl": ("public-read",)}
    seen = evaluate(Evidence(OBJECT, facts, FROM_B), ANALYTICS, "s3:PutObject", documents, given=sent)
    assert [each.sentence for each in seen.remedies] == ["Send the request without x-amz-acl: public-read."]


READ_ALL = document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
BOUNDARY = PolicyText(PolicyKind.MANAGED_POLICY, B_ACCOUNT, f"arn:aws:iam::{B_ACCOUNT}:policy/edge", READ_ALL)
SPARED = statement(Sid="Others", Effect="Deny", Principal=None, NotPrincipal={"AWS": [ANALYTICS.arn, B_ROOT]})
SPARING = [*OWN, policy(statement(), SPARED)]


def test_the_remedy_is_a_condition_and_not_one_more_name() -> None:
    """A Deny with NotPrincipal denies everyone who has a permissions boundary, whatever it names."""
    seen, cause = refused(SPARING, replace(READING, boundary=BOUNDARY))
    assert (cause.layers, cause.sid) == ([LayerKind.BUCKET_POLICY], "Others")
    _, changed = edit_of(seen)
    assert changed["NotPrincipal"] == SPARED["NotPrincipal"]
    assert changed["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": ANALYTICS.arn}}
    assert refused(SPARING)[1].sid != "Others", "without a boundary those who are named are spared"


# An object encrypted with aws/s3, which S3 names by its id as any other key: KMS tells that AWS manages it.
THROUGH_S3 = {
    "Sid": "Allow access through S3",
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
    "Resource": "*",
    "Condition": {"StringEquals": {"kms:CallerAccount": A_ACCOUNT}},
}
OF_AWS = key_policy(THROUGH_S3)


def test_nobody_can_change_the_policy_of_a_key_that_aws_manages() -> None:
    seen, cause = refused(OF_KEY, replace(READING, key=OF_AWS, managed_key=True))
    assert (seen.verdict, cause.layers) == (AccessVerdict.DENIED, [LayerKind.KEY])
    (remedy,) = seen.remedies
    assert remedy.edit is None
    assert remedy.sentence.endswith("encrypt the object with a customer managed KMS key.")


@pytest.mark.parametrize("manager", ["AWS", "CUSTOMER"])
async def test_kms_tells_who_manages_a_key(manager: str) -> None:
    metadata = {"Arn": KEY, "KeyManager": manager}
    answers = {"GetKeyPolicy": {"Policy": OF_AWS.text}, "DescribeKey": {"KeyMetadata": metadata}}
    kms = Answering(lambda _connection, operation, _parameters: answers.get(operation))
    gathered = await gather_documents(kms, Evidence(OBJECT, OF_KEY, FROM_B), FROM_B.mine, "s3:GetObject")
    assert isinstance(gathered.key, PolicyText)
    assert gathered.managed_key is (manager == "AWS")


async def test_a_list_of_iam_is_read_to_its_end() -> None:
    first, last = {"PolicyNames": ["a"], "IsTruncated": True, "Marker": "next"}, {"PolicyNames": ["b"]}
    iam = Answering(lambda _connection, _operation, parameters: last if "Marker" in parameters else first)
    assert await IamReader(iam, [MEDIA]).listed("ListUserPolicies", "PolicyNames", UserName="bob") == ["a", "b"]
    assert [asked for *_, asked in iam.asked] == [{"UserName": "bob"}, {"UserName": "bob", "Marker": "next"}]


def test_of_several_roles_the_last_one_has_the_session_policy() -> None:
    session = Caller(B_ACCOUNT, f"arn:aws:sts::{B_ACCOUNT}:assumed-role/last/s")
    first, last = (RoleSpec(f"arn:aws:iam::{B_ACCOUNT}:role/{name}") for name in ("first", "last"))
    limited = structs.replace(last, policy=document(own()))
    roles = structs.replace(ANALYTICS, spec=IdentitySpec("b", roles=(first, limited)))
    found = session_policy(roles, session)
    assert isinstance(found, PolicyText)
    assert (found.resource, found.text) == (last.arn, limited.policy)
    other = structs.replace(ANALYTICS, spec=IdentitySpec("b", roles=(structs.replace(first, policy="{}"), last)))
    assert session_policy(other, session) is None
    for method, made_here in (
        (AuthMethod.ROLE, True),
        (AuthMethod.SSO, True),
        (AuthMethod.INSTANCE, True),
        (AuthMethod.KEYS, False),
        (AuthMethod.PROCESS, False),
    ):
        profile = structs.replace(ANALYTICS, spec=IdentitySpec("b"), method=method)
        assert (session_policy(profile, session) is None) is made_here, "sessions made elsewhere may have one"


def test_a_layer_that_was_read_in_part_says_so() -> None:
    broken = statement(Effect="Perhaps")
    shown = evaluated("s3:GetObject", [*OWN, policy(statement(Action="s3:PutObject"), broken)], ONLY_B)
    [layer] = [one for one in shown.layers if one.kind is LayerKind.BUCKET_POLICY]
    assert layer.why.startswith("no statement allows s3:GetObject; the bucket policy: statement #2 has an Effect")


def test_a_grant_may_allow_what_a_key_policy_does_not() -> None:
    for managed, verdict in ((False, AccessVerdict.UNKNOWN), (True, AccessVerdict.DENIED)):
        documents = replace(READING, key=OF_AWS, managed_key=managed)
        seen = evaluate(Evidence(OBJECT, OF_KEY, FROM_B), FROM_B.mine, "s3:GetObject", documents)
        assert seen.cause is not None
        assert (seen.verdict, seen.cause.certain) == (verdict, managed)
        assert [one for one in seen.notes if "Grants on the key are not read" in one] == seen.notes
        assert bool(seen.notes) is not managed


# Remedies for a session of a role whose path nobody here knows: no ARN names it, a condition does.
NAME = "AWSReservedSSO_Readers_0a1b2c"
SSO = identity("analytics", B_ACCOUNT, f"assumed-role/{NAME}/ann@example.com", B_OWNER, "sts")
CONTEXT = EvidenceContext(SSO, MEDIA, BOOK)
RESERVED = f"arn:aws:iam::{B_ACCOUNT}:role/aws-reserved/sso.amazonaws.com"


def of_bucket(facts: list[Fact]) -> PolicyEdit:
    edits = [one.edit for one in evaluated("s3:GetObject", facts, CONTEXT, NONE).remedies]
    (found,) = [one for one in edits if one and one.kind is PolicyKind.BUCKET_POLICY]
    return found


def allows(edit: PolicyEdit, arn: str) -> bool:
    """Whether the statement of a remedy lets a role with that ARN in, once it is known."""
    caller = CONTEXT.caller(SSO)
    context = request_context_of(caller, KnownRequest())
    context.values["aws:principalarn"] = (arn,)  # type: ignore[index]  # a dict, as it was made
    text = json.dumps({"Version": "2012-10-17", "Statement": json.loads(edit.statement_json)})
    request = PolicyRequest(caller, "s3:GetObject", "arn:aws:s3:::assets/incoming/report.csv", context)
    return read_policy(text, request).statements[0].applies is Applies.YES


def test_a_permission_set_is_named_by_a_condition() -> None:
    for of_policy in (absent(FactName.POLICY), policy(statement(Principal={"AWS": "333333333333"}))):
        edit = of_bucket([*OWN, of_policy])
        made: dict[str, Any] = json.loads(edit.statement_json)
        assert made["Principal"] == {"AWS": B_ROOT}
        assert (edit.replaces_sid, list(made["Condition"])) == ("", ["ArnLike"])
        assert allows(edit, f"{RESERVED}/{NAME}")
        assert allows(edit, f"{RESERVED}/eu-west-1/{NAME}")
        assert not allows(edit, f"{RESERVED}/eu-west-1/AWSReservedSSO_Admins_0a1b2c")
        assert not allows(edit, f"arn:aws:iam::{B_ACCOUNT}:role/other")


# Requests through an access point: other condition keys, other resources, and one more policy.
ARN = f"arn:aws:s3:us-east-1:{A_ACCOUNT}:accesspoint/partners"
THROUGH = Location(ARN, "incoming/report.csv")
ALIAS = Location("partners-abc-s3alias", "incoming/report.csv")
BY_ACCOUNT = {"StringEquals": {"s3:DataAccessPointAccount": A_ACCOUNT}}
BY_ARN = {"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:*:{A_ACCOUNT}:accesspoint/*"}}


def applies(location: Location, **elements: Any) -> Applies:
    reading = Evidence(location, [*OWN, policy(statement(**elements))], FROM_B).reading(FROM_B.mine)
    assert reading is not None
    return reading.statements[0].applies


def test_the_keys_of_access_points() -> None:
    """A bucket policy that names the bucket may be about the access point."""
    expected = {THROUGH: Applies.YES, ALIAS: Applies.MAYBE, Location("assets", "k"): Applies.NO}
    for condition in (BY_ACCOUNT, BY_ARN):
        assert {one: applies(one, Resource="*", Condition=condition) for one in expected} == expected
    for location in (THROUGH, ALIAS):
        assert applies(location, Resource="arn:aws:s3:::assets/incoming/*") is Applies.MAYBE
        assert applies(location, Resource="arn:aws:s3:::assets/other/*") is Applies.NO
        assert applies(location, Resource="arn:aws:s3:::assets") is Applies.NO


def test_the_policy_of_the_access_point_is_not_read() -> None:
    through = Evidence(THROUGH, [*OWN, policy(statement(Resource="*"))], FROM_B)
    seen = evaluate(through, FROM_B.mine, "s3:GetObject", READING)
    assert seen.verdict is AccessVerdict.UNKNOWN
    assert "its own policy must allow them too" in seen.notes[-1]
    direct = evaluate(replace(through, location=OBJECT), FROM_B.mine, "s3:GetObject", READING)
    assert (direct.verdict, direct.notes) == (AccessVerdict.ALLOWED, [])


# What AWS itself tells of a denial: in its message, by the message's terseness, and by its authorization id.
WHO = "User: arn:aws:iam::222222222222:user/bob is not authorized to perform: s3:GetObject on resource: "
SENTENCE = WHO + '"arn:aws:s3:::assets/incoming/report.csv" with an explicit deny in a service control policy'


def problem(message: str) -> Problem:
    answer: Any = {"Error": {"Code": "AccessDenied", "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    return problem_of(ClientError(answer, "GetObject"), Attempt("analytics", "GetObject", permission="s3:GetObject"))


def test_an_authorization_id_is_read_and_is_no_part_of_the_reason() -> None:
    ways = ["Authorization ID: 4k2v9qx7m1", "(authorizationId=4k2v9qx7m1)", "The authorization-id is 4k2v9qx7m1."]
    for message in (f"{SENTENCE}. {told}" for told in ways):
        seen, denial = problem(message), read_denial(message)
        assert seen.authorization_id == "4k2v9qx7m1"
        assert seen.cause == "with an explicit deny in a service control policy"
        assert denial is not None
        assert (denial.explicit, denial.policy) == (True, "service control")
    assert read_authorization_id(SENTENCE) == problem("Access Denied").authorization_id == "", "a message without one"


def test_the_message_is_a_layer_and_the_cause_where_nothing_that_can_be_seen_denies() -> None:
    seen = problem(SENTENCE)
    (layer,) = told_by(seen, "s3:GetObject")
    assert (layer.kind, layer.verdict) == (LayerKind.SCP, LayerVerdict.DENIES)
    assert told_by(seen, "s3:ListBucket") == ()
    facts = [*owners(A_OWNER), policy(statement(Principal={"AWS": ANALYTICS.arn}))]
    _, cause = refused(facts, replace(NONE, told=(layer,)))
    assert cause.layers == [LayerKind.IDENTITY], "what can be seen goes before what the message names"


def test_terseness_tells_of_different_organizations() -> None:
    at_aws = Evidence(OBJECT, [AT_AWS], FROM_B)
    (note,) = notes_on(problem("Access Denied"), "s3:GetObject", at_aws)
    assert "different organizations" in note
    (note,) = notes_on(problem(SENTENCE), "s3:GetObject", at_aws)
    assert "one account or one organization" in note
    elsewhere = Evidence(OBJECT, [endpoint("http://127.0.0.1:80")], FROM_B)
    assert notes_on(problem("Access Denied"), "s3:GetObject", elsewhere) == []


def details(connection: str, _operation: str, _parameters: object) -> object:
    """IAM Toolbox, which no server here has: one account sees the details, the other one must not."""
    if connection == MEDIA.connection:
        return None
    matched = {"uri": "arn:aws:organizations::9:policy/o-1/p-1", "matchedStatements": [{"sid": "OnlyEurope"}]}
    evaluation = {"action": "s3:GetObject", "resource": "arn:aws:s3:::assets/incoming/report.csv"}
    return {
        "policies": [{"uri": matched["uri"], "type": "SERVICE_CONTROL_POLICY", "inline": False}],
        "evaluations": [{**evaluation, "evaluatedEffect": "EXPLICIT_DENY", "matchedPolicies": [matched]}],
    }


async def test_both_halves_of_the_details_are_asked_for_and_joined() -> None:
    toolbox = Answering(details)
    layers = await authorization_details(toolbox, (ANALYTICS, MEDIA), "4k2v9qx7m1", "us-east-1")
    assert [(one.kind, one.verdict) for one in layers] == [
        (LayerKind.TROUBLESHOOTER, LayerVerdict.DENIES),
        (LayerKind.SCP, LayerVerdict.DENIES),
        (LayerKind.TROUBLESHOOTER, LayerVerdict.NOT_SEEN),
    ]
    assert "statement OnlyEurope of the service control policy" in layers[0].why
    assert [asked[0] for asked in toolbox.asked] == ["analytics", "media-prod"]
    assert all(asked[1] is ControlPlaneService.IAM_TOOLBOX for asked in toolbox.asked)
    assert toolbox.asked[0][3] == {"region": "us-east-1", "authorizationId": "4k2v9qx7m1"}
    assert await authorization_details(toolbox, (ANALYTICS,), "", "") == ()


async def test_a_control_policy_that_the_details_name_is_the_cause() -> None:
    told = await authorization_details(Answering(details), (ANALYTICS,), "4k2v9qx7m1", "")
    seen, cause = refused([*owners(A_OWNER), policy(statement())], replace(READING, told=told))
    assert "OnlyEurope" in cause.sentence
    assert [one.kind for one in seen.layers if one.kind is LayerKind.SCP] == [LayerKind.SCP]


# No two findings of one identity and action disagree, and none contradicts an answer, whatever the facts are.
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
UNREAD_POLICIES = [
    absent(FactName.POLICY),
    denied(FactName.POLICY, "s3:GetBucketPolicy", "GetBucketPolicy", "analytics"),
    unknown(FactName.POLICY, "down"),
]
POLICIES = st.lists(STATEMENTS, max_size=4).map(lambda found: policy(*found)) | st.sampled_from(UNREAD_POLICIES)
OWNERS = st.sampled_from([A_OWNER, B_OWNER, STRANGER])
PERMISSIONS = st.sampled_from(["READ", "WRITE", "FULL_CONTROL", "READ_ACP"])
ACLS = st.sampled_from([FactName.GRANTS, FactName.BUCKET_GRANTS])


def _head(label: str, answer: bool) -> Fact:
    if answer:
        return Fact(FactName.SIZE, KnownFact(Size(1)), "HeadObject", label)
    return denied(FactName.SIZE, "s3:GetObject", "HeadObject", label)


def _way(url: str, reach: AddressScope, listed: bool | None) -> Fact:
    fact = endpoint(url, reach)
    assert isinstance(fact.state, KnownFact)
    assert isinstance(fact.state.value, EffectiveEndpoint)
    return structs.replace(fact, state=KnownFact(structs.replace(fact.state.value, listed=listed)))


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


URLS = ["http://127.0.0.1:80", "https://s3.us-east-1.amazonaws.com"]
URLS.append("https://b.vpce-0bbb-1a2b.s3.us-east-1.vpce.amazonaws.com")


def _block(ignore: str, restrict: str) -> Fact:
    return known(FactName.PUBLIC_ACCESS, Pairs([("IgnorePublicAcls", ignore), ("RestrictPublicBuckets", restrict)]))


FACTS = st.one_of(
    POLICIES,
    st.builds(owners, OWNERS, OWNERS).flatmap(st.sampled_from),
    st.builds(lambda owner, permission, name: grants((owner, permission), name=name), OWNERS, PERMISSIONS, ACLS),
    st.builds(group, st.sampled_from(["AllUsers", "AuthenticatedUsers", "LogDelivery"]), PERMISSIONS, ACLS),
    st.sampled_from(["ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"]).map(ownership),
    st.just(absent(FactName.OWNERSHIP)),
    st.builds(_block, *[st.sampled_from(["true", "false"])] * 2),
    st.just(absent(FactName.PUBLIC_ACCESS)),
    st.builds(text, st.just(FactName.ENCRYPTION), st.sampled_from(["AES256", "aws:kms", f"aws:kms {KEY}"])),
    st.builds(_way, st.sampled_from(URLS), st.sampled_from(AddressScope), st.sampled_from([None, True, False])),
    st.builds(_path, st.sampled_from(ENDPOINT_POLICIES), st.booleans()),
    st.builds(_head, st.sampled_from(["media-prod", "analytics", "media-reader"]), st.booleans()),
)
CONTEXTS = st.sampled_from(
    [
        FROM_A,
        FROM_B,
        ONLY_A,
        ONLY_B,
        EvidenceContext(ROLE, ANALYTICS, BOOK),
        EvidenceContext(PATHLESS, MEDIA, BOOK),
        EvidenceContext(structs.replace(PATHLESS, canonical_id=""), None, AddressBook()),
        EvidenceContext(structs.replace(ANALYTICS, account="", arn=""), MEDIA, AddressBook()),
    ]
)
PLACES = st.sampled_from([OBJECT, BUCKET, Location("assets", "incoming/")])


def _one_answer_each(facts: list[Fact]) -> list[Fact]:
    """A server does not let an identity in and refuse it in one inspection."""
    heads = {fact.identity: fact for fact in reversed(facts) if fact.operation == "HeadObject"}
    return [fact for fact in facts if fact.operation != "HeadObject" or heads[fact.identity] is fact]


def answered(evidence: Evidence) -> dict[str, bool]:
    known_now = {one.label: access(evidence, one) for one in evidence.context.identities}
    return {label: one.verdict is AccessVerdict.ALLOWED for label, one in known_now.items() if one.live}


@given(st.lists(FACTS, max_size=12).map(_one_answer_each), PLACES, CONTEXTS)
def test_no_two_findings_disagree_and_none_contradicts_an_answer(
    facts: list[Fact], place: Location, context: EvidenceContext
) -> None:
    evidence = Evidence(place, facts, context)
    findings = diagnose(facts, place, context)
    assert disagreements(findings) == []
    assert against(answered(evidence), findings, evidence.action) == []


@given(st.lists(FACTS, max_size=12).map(_one_answer_each), CONTEXTS, st.sampled_from(ACTIONS[:3]))
def test_the_evaluation_of_a_refusal_says_denied_and_names_one_cause(
    facts: list[Fact], context: EvidenceContext, action: str
) -> None:
    seen = evaluated(action, facts, context)
    assert (seen.verdict, seen.live) == (AccessVerdict.DENIED, True)
    assert seen.cause is not None
    denying = [one for one in seen.layers if one.verdict is LayerVerdict.DENIES]
    assert not denying or denying[0].kind in seen.cause.layers
    for remedy in seen.remedies:
        assert remedy.edit is None or not remedy.edit.statement_json or json.loads(remedy.edit.statement_json)


@given(st.lists(FACTS, max_size=12).map(_one_answer_each), CONTEXTS, PLACES)
@example([*OWN, policy()], ONLY_A, OBJECT)
def test_the_evaluation_agrees_with_every_finding(facts: list[Fact], context: EvidenceContext, place: Location) -> None:
    evidence = Evidence(place, facts, context)
    seen = evaluate(evidence, context.mine, evidence.action, Documents())
    answer = {AccessVerdict.ALLOWED: {context.mine.label: True}, AccessVerdict.DENIED: {context.mine.label: False}}
    said = [one for one in diagnose(facts, place, context) if one.verdict is not AccessVerdict.UNKNOWN]
    mine = [one for one in said if one.identity == context.mine.label]
    if seen.verdict is AccessVerdict.UNKNOWN and seen.cause:
        assert " is not allowed to " not in seen.cause.sentence, "what is not known is not said as a refusal"
    assert against(answer.get(seen.verdict, {}), mine, evidence.action) == []


@given(st.lists(STATEMENTS, min_size=1, max_size=4), CONTEXTS)
def test_a_deny_that_applies_is_never_beside_being_let_in(
    statements: list[dict[str, Any]], context: EvidenceContext
) -> None:
    always = statement(Sid="Always", Effect="Deny", Principal="*", Resource="*", Action="*")
    rules = {one.rule for one in diagnose([*owners(A_OWNER), policy(*statements, always)], OBJECT, context)}
    assert "policy-denies" in rules
    assert rules.isdisjoint({"let-in", "may-be-let-in", "public-policy", "public-acl", "no-way-in"})


# The requests of an inspection and the facts that a screen waits for are the same.
REQUESTS = (*requests_about(OBJECT), *requests_of(OBJECT, tuple(FactSection)))

AFTER_THE_ENDPOINT = FactName.NETWORK_PATH
"""Asked once the endpoint is known."""


def names(requests: tuple[FactRequest, ...]) -> list[FactName]:
    return [name for request in requests for name in request.names]


def test_every_fact_that_is_waited_for_has_its_request() -> None:
    """Every fact stands in one section."""
    assert sorted(ORDER) == sorted(FactName)
    for location in (OBJECT, BUCKET):
        first, later = names(requests_about(location)), names(requests_of(location, tuple(FactSection)))
        assert sorted([*first, *later, AFTER_THE_ENDPOINT]) == sorted(facts_awaited(location))
        assert set(later) == LATER & set(facts_awaited(location))


def test_the_requests_of_a_section_are_sent_for_that_section_only() -> None:
    each = [names(requests_of(OBJECT, [section])) for section in FactSection]
    assert sorted(name for one in each for name in one) == sorted(LATER)
    assert [section for section, one in zip(FactSection, each, strict=True) if one] == list(sections_to_ask(OBJECT))


HEAD = ObjectHead(1, '"e"', 0.0, {}, {})


def test_the_headers_of_a_head_that_most_objects_do_not_have_are_read() -> None:
    date = 'expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"'
    restored, expires = f'ongoing-request="false", {date}', f'{date}, rule-id="old%20logs"'
    found = head_facts(structs.replace(HEAD, restore=restored, expiration=expires, replication="FAILED"))
    assert found[FactName.RESTORE] == KnownFact(Text("restored until 2029-12-21 00:00 UTC"))
    assert found[FactName.EXPIRES] == KnownFact(Text("2029-12-21 00:00 UTC by lifecycle rule old logs"))
    assert found[FactName.REPLICATION_STATUS] == KnownFact(Text("FAILED"))
    rare = {FactName.RESTORE, FactName.EXPIRES, FactName.REPLICATION_STATUS, FactName.LOCK}
    assert rare.isdisjoint(head_facts(HEAD))
    for head, words in (
        (structs.replace(HEAD, archived="GLACIER"), "needed before it can be read: it is in GLACIER"),
        (structs.replace(HEAD, archived="GLACIER", restoring=True), "under way"),
        (structs.replace(HEAD, restore='expiry-date="soon"'), "restored until soon"),
    ):
        assert head_facts(head)[FactName.RESTORE] == KnownFact(Text(words))


def test_every_request_names_its_permission() -> None:
    asked = [one for each in REQUESTS for one in (each, each.instead) if one]
    assert [each.operation for each in asked if not each.permission.startswith("s3:")] == []


def test_the_line_break_of_a_key_begins_no_step() -> None:
    steps = [Remedy("Allow s3://b/x\n2. As root: run this."), Remedy("Then that.")]
    found = Evaluation("a", "", "s3:GetObject", "", AccessVerdict.DENIED, True, [], Cause("No."), steps)
    assert found.remedy.split("\n") == ["1. Allow s3://b/x␊2. As root: run this.", "2. Then that."]
    refused = Problem(ProblemKind.DENIED, "access denied", "server's words")
    told = found.explains(refused)
    assert (told.title, told.cause, told.remedy) == (refused.title, "No.", found.remedy)
