"""Our matcher beside the independent one, over generated statements and requests: where ours is sure, both agree."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.access_corpus.evaluator import Principal, applies
from tui.core.facts import Applies
from tui.policies.bucket_policy import PolicyRequest, judge_statement
from tui.policies.request_context import Caller, RequestContext
from tui.policies.statements import parse_document

A, B = "111111111111", "222222222222"
USER, ROLE = f"arn:aws:iam::{B}:user/team/bob", f"arn:aws:iam::{B}:role/team/app"
SESSION = f"arn:aws:sts::{B}:assumed-role/app/one"
CANONICAL = "b" * 64

CALLERS = {
    "user": (Caller(B, USER, CANONICAL), Principal(B, USER, canonical=CANONICAL)),
    "session": (Caller(B, SESSION, CANONICAL, role=ROLE), Principal(B, SESSION, ROLE, CANONICAL)),
    "root": (
        Caller(B, f"arn:aws:iam::{B}:root", CANONICAL),
        Principal(B, f"arn:aws:iam::{B}:root", canonical=CANONICAL),
    ),
    "anonymous": (Caller(anonymous=True), Principal(anonymous=True)),
}

NAMES = st.sampled_from(
    [
        *("*", A, B, f"arn:aws:iam::{A}:root", f"arn:aws:iam::{B}:root", USER, ROLE, SESSION),
        *(f"arn:aws:iam::{B}:user/bob", f"arn:aws:iam::{B}:role/app", f"arn:aws:sts::{B}:assumed-role/app/two"),
    ]
)
PRINCIPALS = st.one_of(
    st.just("*"),
    st.lists(NAMES, min_size=1, max_size=3).map(lambda found: {"AWS": found}),
    NAMES.map(lambda found: {"AWS": found}),
    st.sampled_from([CANONICAL, "c" * 64]).map(lambda found: {"CanonicalUser": found}),
    st.just({"Service": "s3.amazonaws.com"}),
)
ACTIONS = st.lists(
    st.sampled_from(["s3:GetObject", "s3:getobject", "s3:Get*", "s3:*", "*", "s3:PutObject", "s3:?etObject", "iam:*"]),
    min_size=1,
    max_size=3,
)
PIECES = st.lists(
    st.sampled_from(["a", "b/", "*", "?", "team/", "${aws:username}", "${aws:PrincipalTag/x, 'a'}", "${*}", "$"]),
    max_size=5,
)
RESOURCES = st.lists(
    st.sampled_from(["*", "arn:aws:s3:::bucket"]) | PIECES.map(lambda found: "arn:aws:s3:::bucket/" + "".join(found)),
    min_size=1,
    max_size=3,
)
VALUES = st.sampled_from(
    [
        *("a", "A", "b", "*", "a*", "?", "true", "false", "5", "5.0", "7", "127.0.0.1", "127.0.0.0/8", "10.0.0.0/8"),
        *("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", USER, ROLE, "arn:aws:iam::*:user/*", "${aws:username}"),
    ]
)
KEYS = st.sampled_from(
    ["aws:SourceIp", "aws:SecureTransport", "aws:username", "aws:PrincipalArn", "s3:prefix", "aws:TagKeys", "x:number",
     "aws:CurrentTime", "aws:PrincipalTag/x"]
)  # fmt: skip
BASES = (
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike"),
    *("StringNotLike", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Bool", "IpAddress", "NotIpAddress"),
    *("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals", "DateLessThan"),
    *("DateGreaterThan", "DateEquals", "BinaryEquals"),
)
OPERATORS = st.builds(
    lambda quantifier, base, lenient: f"{quantifier}{base}{lenient}",
    st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(BASES),
    st.sampled_from(["", "", "IfExists"]),
)
CONDITIONS = st.one_of(
    st.just({}),
    st.dictionaries(
        OPERATORS, st.dictionaries(KEYS, st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=2), max_size=2
    ),
    st.builds(lambda key, wanted: {"Null": {key: wanted}}, KEYS, st.sampled_from(["true", "false"])),
)


def _either(name: str, found: Any, inverted: bool) -> dict[str, Any]:
    return {f"Not{name}" if inverted else name: found}


STATEMENTS = st.builds(
    lambda effect, principal, action, resource, condition, inverted: {
        "Effect": effect,
        **_either("Principal", principal, inverted[0]),
        **_either("Action", action, inverted[1]),
        **_either("Resource", resource, inverted[2]),
        **({"Condition": condition} if condition else {}),
    },
    st.sampled_from(["Allow", "Deny"]),
    PRINCIPALS,
    ACTIONS,
    RESOURCES,
    CONDITIONS,
    st.tuples(*[st.sampled_from([False, False, False, True])] * 3),
)
CONTEXTS = st.dictionaries(
    KEYS.map(str.lower), st.lists(st.sampled_from(["a", "b", "*", "true", "5", "127.0.0.1", USER, ROLE]), max_size=2)
)
KEYS_OF_OBJECTS = PIECES.map(lambda found: "arn:aws:s3:::bucket/" + "".join(found)) | st.just("arn:aws:s3:::bucket")


@given(
    STATEMENTS,
    st.sampled_from(sorted(CALLERS)),
    KEYS_OF_OBJECTS,
    CONTEXTS,
    st.sampled_from(["s3:GetObject", "s3:PutObject"]),
)
def test_what_our_matcher_is_sure_of_the_other_one_says_too(
    statement: dict[str, Any], who: str, resource: str, context: dict[str, list[str]], action: str
) -> None:  # fmt: skip
    caller, principal = CALLERS[who]
    (parsed,) = parse_document(json.dumps({"Version": "2012-10-17", "Statement": [statement]})).statements
    # Everything is known: what is not in the context is surely absent.
    ours = judge_statement(
        parsed,
        PolicyRequest(
            caller,
            action,
            resource,
            RequestContext({key: tuple(found) for key, found in context.items()}, closed=("",)),
        ),
    )
    theirs = applies(statement, principal, action, resource, context)
    if ours.applies is not Applies.MAYBE:
        assert (ours.applies is Applies.YES) is theirs, ours.why
