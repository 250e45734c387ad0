"""The guard refuses every request that names anything but the run's own buckets, roles and users."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ParamValidationError
from hypothesis import given
from hypothesis import strategies as st

from tests.aws_account.guard import Guard, Outgoing, RefusedError
from tests.aws_account.request_examples import (
    ACCOUNT_WIDE,
    FOREIGN,
    OTHER,
    OWN,
    READS,
    RUN,
    SETTINGS_OF_BUCKETS,
    A,
    B,
    Call,
    calls_about,
    copies_of,
    document,
    identity_calls_about,
    job,
    outgoing,
    trust,
)

GUARD = Guard(frozenset({RUN}), frozenset({A, B}))
LOCAL = "http://127.0.0.1:9000"
ON_SERVER = replace(GUARD, endpoint=LOCAL)


def refuses(guard: Guard, request: Outgoing) -> bool:
    try:
        guard.check(request)
    except RefusedError:
        return True
    return False


def signed(method: str, url: str, service: str = "s3", body: Any = b"", **headers: str) -> Outgoing:
    authorization = f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{service}/aws4_request, Signature=0"
    return Outgoing(method, url, {"authorization": authorization, **headers}, body)


def form(**parameters: str) -> Outgoing:
    body = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    return signed("POST", "https://iam.amazonaws.com/", "iam", body)


@pytest.mark.parametrize("style", ["virtual", "path", "a server"])
def test_own_names_pass_and_all_others_do_not(style: str) -> None:
    guard, endpoint = (ON_SERVER, LOCAL) if style == "a server" else (GUARD, "")
    asked = endpoint, "path" if style == "path" else "auto"
    for call in (*calls_about(OWN), *identity_calls_about(OWN), job(OWN), *READS):
        assert not refuses(guard, at_the_host(outgoing(call, *asked), guard)), call
    for name in FOREIGN:
        for call in (*calls_about(name), *identity_calls_about(name), job(name)):
            assert refuses(guard, at_the_host(outgoing(call, *asked), guard)), (name, call)
    for call in (*ACCOUNT_WIDE, *SETTINGS_OF_BUCKETS):
        assert refuses(guard, at_the_host(outgoing(call, *asked), guard)), call
    for foreign in FOREIGN:
        for call in copies_of(foreign, OWN):
            assert refuses(guard, outgoing(call, *asked)), (foreign, call)


def at_the_host(request: Outgoing, guard: Guard) -> Outgoing:
    """As the clients of a run send it to a server that stands in for AWS."""
    return replace(request, url=request.url.replace(f"://{A}.", "://", 1)) if guard.endpoint else request


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:s3:us-east-1:{A}:accesspoint/{OWN}",
        f"arn:aws:s3:us-east-1:{A}:accesspoint:{OWN}",
        f"arn:aws:s3-object-lambda:us-east-1:{A}:accesspoint/{OWN}",
        f"arn:aws:s3-outposts:us-east-1:{A}:outpost/op-01ac5d28a6a232904/accesspoint/{OWN}",
        f"{OWN}--use1-az4--x-s3",
    ],
)
def test_access_points_and_directory_buckets_are_refused(arn: str) -> None:
    assert refuses(GUARD, outgoing(Call("s3", "get_object", {"Bucket": arn, "Key": "a"})))


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"https://s3.us-east-1.amazonaws.com/{OWN}/../prod-assets/a"),
        ("GET", f"https://s3.us-east-1.amazonaws.com/{OWN}/%2e%2e/prod-assets/a"),
        ("GET", f"https://s3.us-east-1.amazonaws.com/{OWN}/%252e%252e/prod-assets/a"),
        ("GET", f"https://s3.us-east-1.amazonaws.com/{OWN}/a/..%2f..%2f../prod-assets"),
        ("GET", f"https://s3.us-east-1.amazonaws.com/{OWN}/..\\prod-assets"),
        ("GET", f"https://s3.us-east-1.amazonaws.com/%70rod-assets/{OWN}"),
        ("GET", f"https://s3.us-east-1.amazonaws.com/{OWN}%2f..%2fprod-assets"),
        ("GET", f"https://s3.us-east-1.amazonaws.com//{OWN}/a"),
        ("GET", f"https://s3.us-east-1.amazonaws.com/{OWN.upper()}/a"),
        ("GET", f"https://{OWN}.prod-assets.s3.us-east-1.amazonaws.com/a"),
        ("GET", f"https://prod-assets.{OWN}.s3.us-east-1.amazonaws.com/a"),
        ("GET", f"https://{OWN}.s3.us-east-1.amazonaws.com.example.org/a"),
        ("GET", f"https://{OWN}.s3.us-east-1.amazonaws.com@example.org/a"),
        ("GET", f"https://example.org/{OWN}/a"),
        ("GET", f"http://{OWN}.s3.us-east-1.amazonaws.com/a"),
        ("GET", f"https://{OWN}.s3.us-east-1.amazonaws.com:8443/a"),
        ("GET", f"https://{OWN}-{A}.s3-accesspoint.us-east-1.amazonaws.com/a"),
        ("GET", f"https://bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com/{OWN}/a"),
        ("PUT", "https://s3.us-east-1.amazonaws.com/"),
        ("POST", "https://s3.us-east-1.amazonaws.com/?Action=DeleteUser&UserName=boss"),
        ("PATCH", f"https://{OWN}.s3.us-east-1.amazonaws.com/a"),
        ("PUT", f"https://{OWN}.s3.us-east-1.amazonaws.com/?newsetting"),
        ("PUT", f"https://{OWN}.s3.us-east-1.amazonaws.com/a?policy&renameObject"),
        ("GET", f"https://{A}.s3-control.us-east-1.amazonaws.com/v20180820/jobs/../configuration"),
        ("DELETE", f"https://{A}.s3-control.us-east-1.amazonaws.com/v20180820/bucket/{OWN}"),
        ("GET", "http://169.254.169.254.example.org/latest"),
        ("GET", f"https://{OWN}.s3.us-east-1.amazonaws.com/a\r\nx: y"),
    ],
)
def test_unusual_addresses_are_refused(method: str, url: str) -> None:
    assert refuses(GUARD, signed(method, url))


def test_other_ways_of_naming_the_source_of_a_copy_are_refused() -> None:
    url = f"https://{OWN}.s3.us-east-1.amazonaws.com/a"
    for source in (
        *("prod-assets/a", f"//{OWN}/a", f"{OWN}/../prod-assets/a", f"{OWN}%2Fa", "%70rod-assets/a", "", RUN),
        f"arn:aws:s3:us-east-1:{A}:accesspoint/{OWN}/object/a",
        f"{OWN}/%2e%2e/prod-assets/a?versionId=1",
    ):
        assert refuses(GUARD, signed("PUT", url, **{"x-amz-copy-source": source})), source
    assert not refuses(GUARD, signed("PUT", url, **{"x-amz-copy-source": f"{OWN}/a/../b"}))


def test_forms_of_iam_with_tricks_are_refused() -> None:
    refused = [
        signed("GET", "https://iam.amazonaws.com/?Action=DeleteUser&UserName=boss", "iam"),
        signed("POST", "https://iam.amazonaws.com/?Action=DeleteUser", "iam", f"Action=GetUser&UserName={OWN}"),
        signed("POST", "https://iam.amazonaws.com/", "iam", f"Action=DeleteUser&UserName={OWN}&UserName=boss"),
        signed("POST", "https://iam.amazonaws.com/", "iam", f"Action=GetUser&Action=DeleteUser&UserName={OWN}"),
        signed("POST", "https://iam.amazonaws.com/", "iam", f"Action=DeleteUser&UserName={OWN};UserName=boss"),
        signed("POST", "https://iam.amazonaws.com/", "iam", f"Action=DeleteUser&UserName={OWN}%00boss"),
        signed("POST", "https://iam.amazonaws.com/", "iam", f"Action=DeleteUser&UserName={OWN}&SerialNumber=1"),
        signed("POST", "https://iam.amazonaws.com/", "iam", iter([b"Action=GetUser"])),
        signed("POST", "https://iam.amazonaws.com/", "iam", b"\xff\xfeA"),
        signed("POST", "https://s3.us-east-1.amazonaws.com/", "iam", f"Action=DeleteUser&UserName={OWN}"),
        signed("POST", "https://iam.amazonaws.com/", "sts", "Action=GetCallerIdentity"),
        form(Action="CreateUser", UserName=OWN, PermissionsBoundary="arn:aws:iam::aws:policy/X"),
        form(Action="DeleteUser"),
    ]
    assert [each.body for each in refused if not refuses(GUARD, each)] == []


def test_policies_about_anything_else_are_refused() -> None:
    own = f"arn:aws:s3:::{OWN}"
    twice = f'{{"Statement": [{{"Effect": "Allow", "Resource": "{own}", "Resource": "*"}}]}}'
    refused = [
        *(document(f"arn:aws:s3:::{name}") for name in ("*", "prod-assets", f"{RUN}*", f"{RUN}?-x", "xs3-tui-test-*")),
        *(document(name) for name in ("*", f"arn:aws:iam::{OTHER}:role/{OWN}", f"arn:aws:iam::{A}:role/*", "arn:*")),
        document(own, NotAction="s3:GetObject"),
        json.dumps({"Statement": {"Effect": "Allow", "NotResource": own}}),
        *(twice, "{", "[]", "null", json.dumps({"Statement": [[]]}), json.dumps({"Statement": {"Resource": {"a": 1}}})),
        '{"Statement":' + "[" * 100_000,
    ]

    def put(text: str) -> Outgoing:
        return form(Action="PutUserPolicy", UserName=OWN, PolicyName="p", PolicyDocument=text)

    for text in refused:
        assert refuses(GUARD, put(text)), text[:90]
    for text in (document(own), document(f"arn:aws:s3:::{RUN}-*/*"), document(f"arn:aws:iam::{A}:role/{OWN}")):
        assert not refuses(GUARD, put(text)), text
    everybody = (
        trust(AWS="*"),
        trust(AWS=OTHER),
        trust(AWS=f"arn:aws:iam::{OTHER}:root"),
        trust(Service="ec2.amazonaws.com"),
    )
    for text in (*everybody, trust(Federated="cognito"), trust(AWS=f"arn:aws:iam:{A}:{OTHER}:root")):
        assert refuses(GUARD, form(Action="CreateRole", RoleName=OWN, AssumeRolePolicyDocument=text)), text
    for text in (trust(AWS=B), trust(AWS=f"arn:aws:iam::{B}:root"), trust(Service="batchoperations.s3.amazonaws.com")):
        assert not refuses(GUARD, form(Action="CreateRole", RoleName=OWN, AssumeRolePolicyDocument=text)), text


def test_requests_without_a_signature_or_with_two_are_judged_as_requests_to_s3() -> None:
    own, other = (f"https://{name}.s3.us-east-1.amazonaws.com/a" for name in (OWN, "prod-assets"))
    signature = "?X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0"
    for query in ("", signature):
        assert not refuses(GUARD, Outgoing("GET", own + query))
        assert refuses(GUARD, Outgoing("GET", other + query))
    assert refuses(GUARD, signed("GET", own + signature.replace("%2Fs3%2F", "%2Fiam%2F")))
    assert refuses(GUARD, Outgoing("GET", own, {"authorization": "AWS AKIA:signature"}))
    assert refuses(GUARD, Outgoing("GET", own, {"authorization": "AWS4-HMAC-SHA256 nothing"}))


def test_only_jobs_that_are_known_as_own_are_cancelled() -> None:
    call = Call("s3control", "update_job_status", {"AccountId": A, "JobId": "1-2-3", "RequestedJobStatus": "Cancelled"})
    assert not refuses(replace(GUARD, jobs=frozenset({"1-2-3"})), outgoing(call))
    assert refuses(replace(GUARD, jobs=frozenset({"1-2-34"})), outgoing(call))


def test_cleaning_touches_the_names_that_were_found_and_no_others() -> None:
    guard = replace(GUARD, names=frozenset({OWN}))
    assert not refuses(guard, outgoing(Call("s3", "delete_bucket", {"Bucket": OWN})))
    assert refuses(guard, outgoing(Call("s3", "delete_bucket", {"Bucket": f"{OWN}2"})))
    assert refuses(
        replace(GUARD, names=frozenset({"prod-assets"})), outgoing(Call("s3", "head_bucket", {"Bucket": "prod-assets"}))
    )


def test_its_words_hold_no_signature() -> None:
    with pytest.raises(RefusedError) as refused:
        GUARD.check(Outgoing("GET", "https://prod-assets.s3.us-east-1.amazonaws.com/a?X-Amz-Signature=5ec7e7"))
    assert "5ec7e7" not in str(refused.value)


BUCKETS = st.from_regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", fullmatch=True)
ALIKE = st.one_of(
    BUCKETS,
    st.text("0123456789abcdef-", min_size=1, max_size=12).map(lambda tail: f"{RUN}{tail}"),
    st.integers(0, len(OWN) - 1).map(lambda at: OWN[:at] + "z" + OWN[at + 1 :]),
    st.integers(1, len(RUN)).map(lambda size: OWN[size:]),
)


@given(ALIKE, st.text(max_size=20))
def test_no_other_bucket_is_reached_whatever_it_and_the_key_are_called(bucket: str, key: str) -> None:
    is_own = bucket.startswith(f"{RUN}-") and len(bucket) > len(RUN) + 1 and "." not in bucket
    path = quote(key, safe="/~.")
    for url in (
        f"https://s3.us-east-1.amazonaws.com/{bucket}/{path}",
        f"https://{bucket}.s3.us-east-1.amazonaws.com/{path}",
    ):
        for method in ("GET", "PUT", "DELETE"):
            assert is_own or refuses(GUARD, signed(method, url)), url


@given(
    st.text(max_size=60),
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    st.sampled_from(["s3", "iam", "sts", ""]),
)
def test_no_text_makes_it_fail_in_another_way(text: str, method: str, service: str) -> None:
    for url in (text, f"https://{text}", f"https://{OWN}.s3.us-east-1.amazonaws.com/{text}", f"{LOCAL}/{text}"):
        for guard in (GUARD, ON_SERVER):
            refuses(guard, signed(method, url, service, text, **{"x-amz-copy-source": text}))


@given(st.dictionaries(st.sampled_from(["RoleName", "UserName"]), ALIKE, min_size=1))
def test_no_role_or_user_of_another_name_is_written(names: dict[str, str]) -> None:
    own = all(name.startswith(f"{RUN}-") and len(name) > len(RUN) + 1 and "." not in name for name in names.values())
    for action in ("DeleteRole", "DeleteUser", "CreateAccessKey"):
        assert own or refuses(GUARD, form(Action=action, **names))


def test_the_calls_of_these_tests_are_valid() -> None:
    with pytest.raises(ParamValidationError):
        outgoing(Call("s3", "get_object", {"Bucket": OWN}))
