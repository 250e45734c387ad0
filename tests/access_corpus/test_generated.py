"""Generated requests: no decision is the opposite of the independent evaluator's, and remedies really open them."""

from typing import Any

from hypothesis import event, example, given
from hypothesis import strategies as st

from tests.access_corpus.case import Asked, Caller, Case, Expected, World
from tests.access_corpus.evaluator import allowed
from tests.access_corpus.reading import applied, explained, question_of
from tui.core.facts import AccessVerdict
from tui.core.policy import LayerVerdict

OBJECTS, BUCKET_ARN = "arn:aws:s3:::{bucket}/*", "arn:aws:s3:::{bucket}"
OPERATIONS = [
    Asked(),
    Asked("ListObjectsV2", "s3:ListBucket", prefix="team/"),
    Asked("PutObject", "s3:PutObject", key="team/new.csv"),
    Asked("GetObjectAcl", "s3:GetObjectAcl"),
    Asked("DeleteObject", "s3:DeleteObject"),
]
ACTIONS = st.sampled_from(["s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:*", "s3:Get*", "*", "s3:DeleteObject"])
RESOURCES = st.sampled_from([OBJECTS, BUCKET_ARN, "*", "arn:aws:s3:::{bucket}/team/*", "arn:aws:s3:::{bucket}/other/*"])
PRINCIPALS = st.sampled_from(
    [
        *("*", {"AWS": "*"}, {"AWS": "{a}"}, {"AWS": "{b}"}, {"AWS": ["{a}", "{b}"]}, {"AWS": "{caller}"}),
        *({"AWS": "{role}"}, {"AWS": "{session}"}, {"CanonicalUser": "{canonical_b}"}),
        *({"AWS": "arn:aws:iam::333333333333:root"}, {"Service": "s3.amazonaws.com"}),
    ]
)
CONDITIONS = st.sampled_from(
    [
        *([None] * 5),
        {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
        {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
        {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"StringEquals": {"aws:PrincipalAccount": "222222222222"}},
        {"StringNotEquals": {"aws:PrincipalAccount": "111111111111"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
        {"StringLike": {"s3:prefix": "team/*"}},
        {"StringEqualsIfExists": {"s3:prefix": "other/"}},
        {"Null": {"aws:SourceVpce": "true"}},
        {"Bool": {"aws:SecureTransport": "false"}},
    ]
)


def _statement(number: int, effect: str, elements: tuple[Any, Any, Any, Any], inverted: list[str]) -> dict[str, Any]:
    principal, action, resource, condition = elements
    found = {"Action": action, "Resource": resource, **({"Principal": principal} if principal is not None else {})}
    named = {f"Not{name}" if name in inverted else name: one for name, one in found.items()}
    more = {"Condition": condition} if condition else {}
    return {"Sid": f"S{number}", "Effect": effect, **named, **more}


def documents(principals: st.SearchStrategy[Any], inverted: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.tuples(
        st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
        st.tuples(principals, ACTIONS, RESOURCES, CONDITIONS),
        st.lists(st.sampled_from(inverted), max_size=1) if inverted else st.just([]),
        st.booleans(),
    )
    return st.lists(one, min_size=1, max_size=3).map(
        lambda found: [
            _statement(number, effect, elements, inverted if keep else [])
            for number, (effect, elements, inverted, keep) in enumerate(found, 1)
        ]
    )


OWN = documents(st.none(), ["Action", "Resource"])
CALLERS = st.builds(
    Caller,
    account=st.sampled_from(["a", "b"]),
    kind=st.sampled_from(["user", "user", "role", "root", "anonymous"]),
    policies=st.lists(OWN, max_size=2),
    boundary=st.none() | st.none() | OWN,
)
WORLDS = st.builds(
    World,
    policy=st.none() | documents(PRINCIPALS, ["Action", "Resource", "Principal"]),
    ownership=st.sampled_from(["BucketOwnerEnforced", "ObjectWriter"]),
    block=st.lists(st.sampled_from(["RestrictPublicBuckets", "IgnorePublicAcls"]), unique=True),
    uploader=st.sampled_from(["a", "a", "b"]),
    acl=st.sampled_from(["", "", "public-read", "bucket-owner-full-control", "authenticated-read"]),
    bucket_grants=st.lists(st.sampled_from([("b", "READ"), ("AllUsers", "READ"), ("b", "WRITE")]), max_size=1),
)


def _case(caller: Caller, world: World, asked: Asked) -> Case:
    """A case as there can be one: only users and roles have policies, and names stand for one that exists."""
    if caller.kind in ("root", "anonymous"):
        caller = Caller(caller.account if caller.kind == "root" else "b", caller.kind)
    return Case("generated", Expected(False), caller, world, asked)


CASES = st.builds(_case, CALLERS, WORLDS, st.sampled_from(OPERATIONS))


@given(CASES)
def test_the_decision_is_never_the_opposite_of_the_other_evaluator_s(case: Case) -> None:
    answer, seen = allowed(question_of(case)), explained(case)
    event(f"{'allowed' if answer else 'denied'}, we say {seen.verdict.value}")
    assert seen.verdict is not (AccessVerdict.DENIED if answer else AccessVerdict.ALLOWED), seen


EVERYONE_IN_BUT_THE_CALLER = World(
    policy=[
        _statement(1, "Allow", ("*", "s3:*", "*", None), []),
        _statement(2, "Deny", ({"AWS": "{caller}"}, "s3:GetObject", "*", None), []),
    ]
)
"""The Allow is of the caller's own account, and names everybody: whether a boundary limits it, AWS does not say."""
BOUNDED = Caller("a", "user", boundary=[_statement(1, "Allow", (None, "s3:ListBucket", "*", None), [])])


@given(CASES)
@example(_case(BOUNDED, EVERYONE_IN_BUT_THE_CALLER, Asked()))
def test_a_denied_request_passes_once_every_step_of_its_remedy_is_made(case: Case) -> None:
    if allowed(question_of(case)):
        return
    seen = explained(case, denied=True)
    assert seen.cause is not None
    denying = [one.kind for one in seen.layers if one.verdict is LayerVerdict.DENIES]
    assert not denying or set(denying).intersection(seen.cause.layers)
    edits = [one.edit for one in seen.remedies if one.edit]
    if len(edits) < len(seen.remedies) or not edits or not seen.cause.certain:
        event("a step is no change to a policy")
        return
    event("every step is a change to a policy")
    after = case
    for edit in edits:
        after = applied(after, edit)
    assert allowed(question_of(after)), seen.remedies
