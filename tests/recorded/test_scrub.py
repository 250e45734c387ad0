"""Nothing that says whose an answer is may be in a file that somebody sends."""

import base64
import binascii
import io
import json
import re
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from botocore.awsrequest import HeadersDict
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from tests.recorded.recorder import ANSWERS, RecordedAnswer, Recorder, distinct, read, write
from tests.recorded.scrub import RUN, Scrubber

NAME = "xs3-tui-test-0a1b2c3d"
ACCOUNT, OTHER_ACCOUNT = "493817265048", "907856341290"
CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
KEY, TOKEN = "ASIAXY2Q7ZLMN4TUV5WX", "IQoJb3JpZ2luX2VjEJr" * 12
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQWERTYUIO"
SECRETS = (
    ACCOUNT,
    OTHER_ACCOUNT,
    CANONICAL,
    KEY,
    TOKEN,
    SECRET,
    "jane.roe",
    "acme-payroll",
    "10.1.2.3",
    "acme.example",
)


def scrubbed(text: str) -> str:
    return Scrubber(NAME, {ACCOUNT: "1" * 12}).text(text)


def everything_in(text: str, depth: int = 3) -> str:
    """The text and all that is encoded in it."""
    found = [text]
    if depth:
        found += [everything_in(unquote(part), depth - 1) for part in re.findall(r"\S*%[0-9A-Fa-f]{2}\S*", text)]
        for part in re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", text):
            try:
                inner = base64.b64decode(part + "=" * (-len(part) % 4)).decode()
            except (binascii.Error, UnicodeDecodeError):
                continue
            found.append(everything_in(inner, depth - 1))
    return "\n".join(found)


POLICY = json.dumps(
    {
        "Statement": [
            {
                "Principal": {
                    "AWS": [f"arn:aws:iam::{ACCOUNT}:user/jane.roe", OTHER_ACCOUNT],
                    "CanonicalUser": CANONICAL,
                },
                "Resource": ["arn:aws:s3:::acme-payroll/*", f"arn:aws:s3:::{NAME}-1/*"],
                "Condition": {"IpAddress": {"aws:SourceIp": "10.1.2.3/32"}},
            }
        ]
    }
)

LEAKS = {
    "an account in an ARN": f"<Arn>arn:aws:iam::{ACCOUNT}:role/admin</Arn>",
    "an account in a URL": f"https://{ACCOUNT}.s3-control.eu-west-1.amazonaws.com/v20180820/jobs",
    "an account in a queue's URL": f"https://sqs.eu-west-1.amazonaws.com/{OTHER_ACCOUNT}/queue",
    "the name of a user": f"User: arn:aws:iam::{ACCOUNT}:user/dept/jane.roe is not authorized to perform: s3:GetObject",
    "the name of a session": f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_0a1b/jane.roe@acme.example",
    "an access key": f"<AWSAccessKeyId>{KEY}</AWSAccessKeyId>",
    "keys of a session": (
        f"<AccessKeyId>{KEY}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>"
    ),
    "keys in JSON": json.dumps({"AccessKeyId": KEY, "SecretAccessKey": SECRET, "SessionToken": TOKEN}),
    "an email": "<EmailAddress>jane.roe@acme.example</EmailAddress>",
    "an email elsewhere": "contact jane.roe+s3@mail.acme.example please",
    "a canonical ID": f"<Owner><ID>{CANONICAL}</ID><DisplayName>jane.roe</DisplayName></Owner>",
    "the names of other buckets": "<Buckets><Bucket><Name>acme-payroll</Name></Bucket></Buckets>",
    "a bucket in an error": "<Error><BucketName>acme-payroll</BucketName></Error>",
    "a bucket in an ARN": "arn:aws:s3:::acme-payroll/jane.roe/2026.csv",
    "a policy": POLICY,
    "a policy in an answer of IAM": f"<PolicyDocument>{quote(POLICY, safe='')}</PolicyDocument>",
    "a policy in a policy's URL": quote(quote(POLICY, safe=""), safe=""),
    "a policy as Base64": f"<Document>{base64.b64encode(POLICY.encode()).decode()}</Document>",
    "a policy as Base64 in Base64": base64.b64encode(base64.b64encode(POLICY.encode())).decode(),
    "a presigned link": (
        f"https://s3.amazonaws.com/{NAME}-1/k?X-Amz-Credential={KEY}%2F20261202%2Feu-west-1%2Fs3%2Faws4_request"
        f"&X-Amz-Security-Token={quote(TOKEN)}&X-Amz-Signature={'ab' * 32}"
    ),
    "what was to be signed": (
        f"<StringToSign>AWS4-HMAC-SHA256 {KEY}</StringToSign><SignatureProvided>{'ab' * 32}</SignatureProvided>"
        f"<CanonicalRequest>GET /acme-payroll host:10.1.2.3</CanonicalRequest>"
    ),
    "a private address": "<SourceIp>10.1.2.3</SourceIp>",
    "an id of a request": "<RequestId>4442587FB7D0A2F9</RequestId><HostId>vlR7PnpV2Ce81l0PRw6j</HostId>",
    "a host": "<Location>http://s3.acme.example:9000/key</Location>",
    "a bucket in a host": "<Location>https://acme-payroll.s3.eu-west-1.amazonaws.com/key</Location>",
}


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS)
def test_what_names_somebody_is_taken_out(text: str) -> None:
    left = everything_in(scrubbed(text))
    assert [secret for secret in (*SECRETS, "4442587FB7D0A2F9", "vlR7PnpV2Ce81", "ab" * 32) if secret in left] == []


def test_what_a_run_made_stays_readable() -> None:
    said = f'<Resource>/{NAME}-7/key</Resource><Code>NoSuchKey</Code><ETag>"5d41402abc4b2a76b9719d911017c592"</ETag>'
    assert scrubbed(said) == said.replace(NAME, RUN)
    assert scrubbed("<LastModified>2026-12-02T01:02:03.000Z</LastModified><Size>4</Size>").endswith("<Size>4</Size>")
    assert RUN in unquote(scrubbed(quote(POLICY, safe="")))
    assert "ChecksumSHA256>LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=<" in scrubbed(
        "<ChecksumSHA256>LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=</ChecksumSHA256>"
    )


def test_the_same_id_becomes_the_same_stand_in() -> None:
    scrubber = Scrubber(NAME, {})
    one, other = scrubber.text(f"<ID>{CANONICAL}</ID>"), scrubber.text(f"<ID>{'ab' * 32}</ID>")
    assert one != other
    assert scrubber.text(f"<ID>{CANONICAL}</ID>") == one


def test_headers_that_say_nothing_are_left_out() -> None:
    sent = {
        "X-Amz-Request-Id": "4442587FB7D0A2F9",
        "x-amz-id-2": "vlR7PnpV2Ce81",
        "Date": "today",
        "Server": "AmazonS3",
        "Set-Cookie": SECRET,
        "Authorization": KEY,
        "ETag": '"1"',
        "x-amz-expiration": 'expiry-date="…", rule-id="jane.roe@acme.example"',
        "Location": f"https://{NAME}-1.s3.amazonaws.com/",
    }
    kept = Scrubber(NAME, {}).headers(sent)
    assert kept.keys() == {"etag", "location", "x-amz-expiration"}
    assert kept["location"] == f"https://{RUN}-1.s3.amazonaws.com/"
    assert "jane" not in str(kept)


accounts = st.from_regex(r"[1-9][0-9]{11}", fullmatch=True)
canonical_ids = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
access_keys = st.from_regex(r"(AKIA|ASIA)[A-Z0-9]{16}", fullmatch=True)
emails = st.from_regex(r"[a-z]{3,12}\.[a-z]{3,12}@[a-z]{3,12}\.(com|org)", fullmatch=True)
tokens = st.from_regex(r"[A-Za-z0-9+/]{100,300}", fullmatch=True)
around = st.sampled_from(
    ["{}", "<a>{}</a>", '"{}"', " {} ", "arn:aws:iam::{}:root", "?x={}&y=1", "({}).", "/{}/x", "[{}, 1]"]
)
encodings = st.lists(st.sampled_from(["url", "base64"]), max_size=2)


@given(st.one_of(accounts, canonical_ids, access_keys, emails, tokens), around, encodings)
def test_no_secret_is_left_however_it_is_written(secret: str, form: str, encoded: list[str]) -> None:
    text = form.format(secret)
    for each in encoded:
        text = quote(text, safe="") if each == "url" else base64.b64encode(text.encode()).decode()
    assert secret not in everything_in(scrubbed(f"<Body>{text}</Body>"))


@given(st.text())
def test_any_text_can_be_scrubbed_and_what_was_scrubbed_stays(text: str) -> None:
    scrubber = Scrubber(NAME, {})
    once = scrubber.text(text)
    assert scrubber.text(once) == once


def test_a_recorder_keeps_no_content_and_no_id() -> None:
    session = Session()
    session.set_credentials(KEY, SECRET, TOKEN)
    client = session.create_client("s3", region_name="us-east-1")
    recorder = Recorder(Scrubber(NAME, {}))
    recorder.listen(client)
    recorder.listen(client)
    recorder.during = "an_assumption"
    for operation, body in (("GetObject", io.BytesIO(b"of jane.roe")), ("ListObjectsV2", b"<Name>acme-payroll</Name>")):
        client.meta.events.emit(
            f"response-received.s3.{operation}",
            response_dict={"status_code": 200, "headers": HeadersDict({"x-amz-id-2": "x", "ETag": "1"}), "body": body},
            parsed_response={},
            context={},
            exception=None,
        )
    client.meta.events.emit("response-received.s3.GetObject", response_dict=None, parsed_response=None)
    got = [(each.operation, each.body, each.headers, each.assumption) for each in recorder.answers]
    assert got == [
        ("GetObject", "", {"etag": "1"}, "an_assumption"),
        ("ListObjectsV2", "<Name>other</Name>", {"etag": "1"}, "an_assumption"),
    ]


RECORDED = [pytest.param(path, id=path.stem) for path in sorted(ANSWERS.glob("*.json"))]


@pytest.mark.parametrize("path", RECORDED)
def test_the_files_here_name_nobody(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text) < 200_000
    for each in read(path):
        said = everything_in(each.body + json.dumps(each.headers))
        assert not re.search(r"(?:AKIA|ASIA)[A-Z0-9]{12}", said), each
        assert not re.search(r"(?<!\d)(?!1{12}|2{12}|0{9}|9{12})\d{12}(?!\d)", said), each
        assert not re.search(r"(?<![0-9a-f])(?!0{60})[0-9a-f]{64}(?![0-9a-f])", said), each
        assert not re.search(r"127\.0\.0\.1", said), each
        assert "x-amz-request-id" not in each.headers


def test_a_file_holds_each_shape_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    answers = [RecordedAnswer("s3", "HeadObject", 200, {"etag": str(at)}, "", f"a{at}") for at in range(3)]
    answers += [RecordedAnswer("s3", "HeadObject", 404, {}, ""), RecordedAnswer("s3", "GetObject", 200, {}, "x" * 5000)]
    path = tmp_path / "aws.json"
    write(path, "AWS", answers)
    assert [(each.operation, each.status) for each in read(path)] == [("HeadObject", 200), ("HeadObject", 404)]
    assert path.stat().st_mode & 0o777 == 0o600
    assert distinct(read(path)) == read(path)
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(ValueError, match="version 2"):
        read(path)
