"""Access points: where requests for them go, and how they are named as the source of a copy."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from tests.stores.refusals import problem_of
from tests.stores.sent import sent_by
from tui.accounts import connection_id
from tui.accounts.clients.connection import Connection
from tui.accounts.connections import Connections
from tui.accounts.problems.refusal import Refusal
from tui.model.identity import IdentitySpec
from tui.model.problem import ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.s3.errors import attempt_on, s3_problem
from tui.stores.values import ObjectAttributes, Source

POINT = "arn:aws:s3:eu-west-1:111111111111:accesspoint/readers"
ALIAS = "readers-metadata12345678-s3alias"
MULTI_REGION = "arn:aws:s3::111111111111:accesspoint/mfzwi23gnjvgw.mrap"
HOST = "https://readers-111111111111.s3-accesspoint.eu-west-1.amazonaws.com"
PLAIN = ObjectAttributes()


@pytest.fixture
async def connection(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> Connection:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return await connections.get(connection_id(IdentitySpec(region="eu-central-1")))


async def test_an_arn_leads_to_the_access_point_in_its_region(connection: Connection) -> None:
    sent = await sent_by(connection, S3Store(connection).head(POINT, "video/x"))
    assert sent.url == f"{HOST}/video/x"
    assert sent.signing_region == "eu-west-1"


async def test_an_alias_is_a_name_like_a_buckets(connection: Connection) -> None:
    sent = await sent_by(connection, S3Store(connection).head(ALIAS, "x"))
    assert sent.url == f"https://{ALIAS}.s3.eu-central-1.amazonaws.com/x"


async def test_a_copy_from_an_access_point_names_the_object_by_its_arn(connection: Connection) -> None:
    store, source = S3Store(connection), Source(POINT, "a b/x", '"e"')
    whole = await sent_by(connection, store.copy(source, "target", "k", PLAIN))
    part = await sent_by(connection, store.copy_part(source, 0, 1, "target", "k", "u", 1))
    for sent in (whole, part):
        assert unquote(sent.headers["x-amz-copy-source"]) == f"{POINT}/object/a b/x"


async def test_a_copy_into_an_access_point(connection: Connection) -> None:
    sent = await sent_by(connection, S3Store(connection).copy(Source("source", "x", '"e"'), POINT, "k", PLAIN))
    assert sent.url == f"{HOST}/k"


async def test_a_multi_region_access_point_is_refused_before_a_request(connection: Connection) -> None:
    problem = await problem_of(S3Store(connection).head(MULTI_REGION, "x"))
    assert problem.kind is ProblemKind.UNSUPPORTED
    assert "SigV4A" in problem.cause
    assert "regional access point" in problem.remedy


@pytest.mark.parametrize("bucket", [POINT, ALIAS])
async def test_policies_of_an_access_point_stay_unknown(connection: Connection, bucket: str) -> None:
    assert (await problem_of(S3Store(connection).settings.policy(bucket))).kind is ProblemKind.UNSUPPORTED


def test_a_missing_access_point_is_named_whole() -> None:
    refusal = Refusal("NoSuchBucket", "", 404, "", "HeadObject")
    assert s3_problem(refusal, attempt_on("HeadObject", POINT, "x")).title == f"bucket {POINT} does not exist"


@pytest.mark.parametrize("bucket", ["a bucket", POINT.replace("111111111111", "1")])
async def test_what_cannot_be_a_name_is_said_without_regular_expressions(connection: Connection, bucket: str) -> None:
    problem = await problem_of(S3Store(connection).head(bucket, "k"))
    assert (problem.kind, problem.title) == (ProblemKind.INVALID, f"{bucket} is not a valid bucket name")
    assert "regex" not in problem.sentence()
