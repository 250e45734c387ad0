"""Requests of the short way, compared with what botocore makes of the same parameters, byte for byte."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.accounts import connection_id
from tui.accounts.clients.connection import Connection
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.stores.s3 import S3Store
from tui.stores.s3.requests import SMALL_BODY, UNMODIFIED_SINCE, UploadBody
from tui.stores.s3.wire.operations import NAMES, operation_of
from tui.stores.s3.wire.replaying import listen, prepared_by
from tui.stores.s3.wire.signer import UNSIGNED
from tui.stores.s3.wire.template import Moment, Template, template_of

BUCKET = "some-bucket"
TERRIBLE = [
    *("..", ".", "/", "//", "a/../b", "a//b/", "/a", "a/", " ", "a b", "a+b", "a%41", "%2F", "~", "a~b", "?x=1", "#f"),
    *("a&b=c", "\u00e9", "\U0001f600", "a\u00a0b", "\x00", "\n", "\r\n", "\x7f", "\u2028", "'\"<>&", "a;b,c:d@e!$*()"),
]
KEYS = st.sampled_from(TERRIBLE) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=20)
NAMES_OF_METADATA = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=10)
METADATA = st.dictionaries(NAMES_OF_METADATA.map(str.lower), TEXTS, max_size=4)
BODIES = st.binary(max_size=40) | st.sampled_from([b"x" * SMALL_BODY, b"x" * (SMALL_BODY + 1)])
ETAGS = st.sampled_from(['"e"', '"d41d8cd98f00b204e9800998ecf8427e-12"', "e"])
SOURCES = st.fixed_dictionaries({"Bucket": st.just("source"), "Key": KEYS}, optional={"VersionId": st.just("v.1-2_3")})
OWNED = {"ExpectedBucketOwner": st.just("111122223333")}
DESCRIBED = {
    "ContentType": TEXTS,
    "CacheControl": TEXTS,
    "Expires": TEXTS,
    "Metadata": METADATA,
    "Tagging": st.just("a=b%20c&d=%C3%A9"),
    "StorageClass": st.just("STANDARD_IA"),
    "ACL": st.just("bucket-owner-full-control"),
    "ServerSideEncryption": st.just("aws:kms"),
    "SSEKMSKeyId": st.just("alias/key"),
    "ObjectLockLegalHoldStatus": st.just("ON"),
}
CONDITIONS = {"IfNoneMatch": st.just("*"), "IfMatch": ETAGS}
SENT = {"Bucket": st.just(BUCKET), "Key": KEYS}

PARAMETERS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "get_object": st.fixed_dictionaries(
        {**SENT, "Range": st.just("bytes=5-9"), "IfMatch": ETAGS, "ChecksumMode": st.just("ENABLED")},
        optional={"VersionId": TEXTS, **OWNED},
    ),
    "head_object": st.fixed_dictionaries(
        {**SENT, "ChecksumMode": st.just("ENABLED")},
        optional={"VersionId": TEXTS, "PartNumber": st.integers(1, 10_000), **OWNED},
    ),
    "put_object": st.fixed_dictionaries(
        {**SENT, "Body": BODIES, "ChecksumCRC32": st.just("AAAAAA==")},
        optional={**DESCRIBED, **CONDITIONS, **OWNED, "ContentMD5": st.just("1B2M2Y8AsgTpgAmY7PhCfg==")},
    ),
    "upload_part": st.fixed_dictionaries(
        {**SENT, "UploadId": TEXTS, "PartNumber": st.integers(1, 10_000), "Body": BODIES},
        optional=OWNED,
    ).map(lambda given: {**given, "ChecksumCRC32": "AAAAAA=="}),
    "copy_object": st.fixed_dictionaries(
        {**SENT, "CopySource": SOURCES, "CopySourceIfMatch": ETAGS},
        optional={
            **DESCRIBED,
            **CONDITIONS,
            "MetadataDirective": st.just("REPLACE"),
            "TaggingDirective": st.just("REPLACE"),
            "ExpectedSourceBucketOwner": st.just("444455556666"),
        },
    ),
    "upload_part_copy": st.fixed_dictionaries(
        {**SENT, "UploadId": TEXTS, "PartNumber": st.integers(1, 10_000), "CopySource": SOURCES},
        optional={"CopySourceRange": st.just("bytes=0-9"), **OWNED},
    ),
    "delete_object": st.fixed_dictionaries(
        SENT, optional={"VersionId": TEXTS, "IfMatch": ETAGS, UNMODIFIED_SINCE: st.floats(0, 4e9), **OWNED}
    ),
    "list_objects_v2": st.fixed_dictionaries(
        {
            "Bucket": st.just(BUCKET),
            "Prefix": KEYS | st.just(""),
            "FetchOwner": st.booleans(),
            "EncodingType": st.just("url"),
        },
        optional={"Delimiter": st.just("/"), "StartAfter": KEYS},
    ),
    "get_public_access_block": st.fixed_dictionaries({"Bucket": st.just(BUCKET)}, optional=OWNED),
}

CALLS = st.one_of([st.tuples(st.just(method), parameters) for method, parameters in PARAMETERS.items()])

SAMPLE: dict[str, Any] = {"Key": "k", "Metadata": {}, "Body": b"", "CopySource": {"Bucket": "source", "Key": "k"}}
"""Values that no example has to have, for the template."""


@dataclass(frozen=True)
class Setting:
    """What the user may have set that shows in a request."""

    endpoint: str | None = None
    path_style: bool = False
    paid: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


SETTINGS = {
    "plain": Setting("http://127.0.0.1:9000"),
    "a path in the endpoint": Setting("http://127.0.0.1:9000/s3", path_style=True),
    "TLS, virtual hosts": Setting("https://objects.example.com"),
    "TLS, path style": Setting("https://objects.example.com:8443", path_style=True),
    "AWS": Setting(environment=(("AWS_SESSION_TOKEN", "t0k/en=="),)),
    "requester pays": Setting(paid=(BUCKET,)),
    "dual stack": Setting(environment=(("AWS_USE_DUALSTACK_ENDPOINT", "true"),)),
    "FIPS": Setting(environment=(("AWS_USE_FIPS_ENDPOINT", "true"),)),
    "required checksums": Setting(environment=(("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"),)),
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_each_request_is_the_one_that_botocore_makes(
    monkeypatch: pytest.MonkeyPatch, surroundings: object, setting: Setting
) -> None:
    for name, value in (("AWS_ACCESS_KEY_ID", "AKIAX"), ("AWS_SECRET_ACCESS_KEY", "s/ecret"), *setting.environment):
        monkeypatch.setenv(name, value)
    with asyncio.Runner() as runner:
        connections = Connections()
        spec = IdentitySpec(
            endpoint=setting.endpoint,
            path_style=setting.path_style,
            requester_pays=setting.paid,
            region="us-west-2",
        )
        connection = runner.run(_ready(connections, spec))

        @given(call=CALLS)
        def compare(call: tuple[str, dict[str, Any]]) -> None:
            method, parameters = call
            runner.run(_compare(connection, method, parameters, paid=bool(setting.paid)))

        compare()
        runner.run(connections.close())


async def _ready(connections: Connections, spec: IdentitySpec) -> Connection:
    connection = await connections.get(connection_id(spec))
    S3Store(connection)  # adapts the requests of the client
    listen(connection.client)
    return connection


async def _compare(connection: Connection, method: str, parameters: dict[str, Any], *, paid: bool) -> None:
    if paid and method != "get_public_access_block":  # which nobody pays for
        parameters["RequestPayer"] = "requester"
    sample = {name: SAMPLE.get(name, value) for name, value in parameters.items()}
    template, secrets = await _template(connection, method, sample)
    prepared = await _prepared(connection, method, parameters)
    theirs = {name.lower(): _text(value) for name, value in prepared.headers.items()}
    payload = hashlib.sha256(parameters.get("Body", b"")).hexdigest() if template.signs_payload else UNSIGNED
    moment = Moment(theirs["x-amz-date"], theirs["amz-sdk-invocation-id"], payload)
    ours = template.request(parameters, secrets, moment)
    assert (ours.method, ours.url) == (prepared.method, prepared.url)
    assert ours.headers() == {**theirs, "host": template.host, "accept": "*/*", "accept-encoding": "identity"}
    assert ours.body == parameters.get("Body", b"")
    assert ours.waits == ("expect" in theirs)


async def _template(connection: Connection, method: str, sample: Mapping[str, Any]) -> tuple[Template, Any]:
    operation = operation_of(NAMES[method], connection.client.meta.service_model)
    prepared = await _prepared(connection, method, sample)
    secrets = await connection.credentials.get_frozen_credentials()
    payload = hashlib.sha256(sample.get("Body", b"")).hexdigest()
    template = template_of(operation, sample, prepared, secrets, payload)
    assert template is not None, "the short way is taken"
    return template, secrets


async def _prepared(connection: Connection, method: str, parameters: Mapping[str, Any]) -> Any:
    given = dict(parameters)
    if "Body" in given:
        given["Body"] = UploadBody(given["Body"])
    return await prepared_by(getattr(connection.client, method), given)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def test_what_the_short_way_cannot_know_is_left_to_botocore(
    monkeypatch: pytest.MonkeyPatch, surroundings: object
) -> None:
    """Here the key of an encryption, which botocore writes otherwise, and a checksum that it computes."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAX")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    key = base64.b64encode(b"k" * 32).decode()
    unknown = [
        {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key, "ChecksumCRC32": "AAAAAA=="},
        {"ChecksumAlgorithm": "SHA1"},
        {},
    ]

    async def templates() -> list[Template | None]:
        connections = Connections()
        connection = await _ready(connections, IdentitySpec(endpoint="http://127.0.0.1:9000"))
        operation = operation_of("PutObject", connection.client.meta.service_model)
        secrets = await connection.credentials.get_frozen_credentials()
        found = []
        for each in unknown:
            parameters = {"Bucket": BUCKET, "Key": "k", "Body": b"x", **each}
            prepared = await _prepared(connection, "put_object", parameters)
            found.append(template_of(operation, parameters, prepared, secrets, hashlib.sha256(b"x").hexdigest()))
        await connections.close()
        return found

    assert asyncio.run(templates()) == [None] * 3
