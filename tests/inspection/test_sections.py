"""The facts of each section, on every server: what one does not know is unknown with its reason, never a failure."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import aclosing, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.inspection.panes import Panes
from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read
from tests.servers.server import S3Server
from tui.accounts.control_plane import ControlPlane, Service
from tui.inspection.context import Context
from tui.inspection.inspect import Means, inspect
from tui.inspection.network.paths import NetworkPaths
from tui.inspection.requests.kept import KeptReplies
from tui.model.facts import Absent, Applies, Denied, FactName, Known, Lifecycle, Pairs, Unknown
from tui.model.inspection.sections import LATER, Section, facts_awaited
from tui.model.location import parse_location
from tui.stores.bucket_facts import DefaultEncryption
from tui.stores.s3.bucket_settings import S3Settings
from tui.stores.s3.store import S3Store

KEY = "logs/[a] b.txt"
ALL = tuple(Section)
ARN = "arn:aws:kms:us-east-1:222222222222:key/1234"


def put(pair: BucketPair, key: str = KEY) -> str:
    client = pair.server.client(pair.server.a)
    client.put_object(Bucket=pair.a, Key=key, Body=b"12345", Tagging="keep=no")
    return f"s3://{pair.a}/{key}"


@pytest.mark.parametrize("key", [KEY, ""], ids=["object", "bucket"])
async def test_each_fact_is_answered_by_every_server(panes: Panes, bucket_pair: BucketPair, key: str) -> None:
    server, uri = bucket_pair.server, put(bucket_pair)
    where = uri if key else f"s3://{bucket_pair.a}"
    control = ControlPlane(panes.connections)
    paths = NetworkPaths(panes.connections, control)
    means = Means(control, find_path=partial(paths.find, identities=[panes.identities[server.a.profile]]))
    seen = await panes.inspect(where, server.a.profile, server.b.profile, *ALL, means=means)
    found = {fact.name for fact in seen.arrived}
    assert found == set(facts_awaited(parse_location(where)))
    later = {name: seen.fact(name) for name in LATER & found}
    assert not [fact for fact in later.values() if isinstance(fact.state, Denied)]
    unknown = {name for name, fact in later.items() if isinstance(fact.state, Unknown)}
    assert unknown <= NOT_EVERYWHERE
    assert seen.fact(FactName.VERSIONING).state == Absent()
    assert all(fact.operation for fact in later.values())


NOT_EVERYWHERE = {
    FactName.POLICY_STATUS,
    FactName.ACCOUNT_PUBLIC_ACCESS,
    FactName.ACCESS_POINTS,
    FactName.PAYER,
    FactName.LOGGING,
    FactName.WEBSITE,
    FactName.DEFAULT_ENCRYPTION,
}
"""What one of the servers does not know."""


KEPT = {"Key": "keep", "Value": "yes"}


async def test_which_lifecycle_rule_applies_and_when(panes: Panes, bucket_pair: BucketPair) -> None:
    server, uri = bucket_pair.server, put(bucket_pair)
    rules = [
        {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3650}},
        {"ID": "other", "Status": "Enabled", "Filter": {"Prefix": "other/"}, "Expiration": {"Days": 1}},
        {"ID": "off", "Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 2}},
        {
            "ID": "kept",
            "Status": "Enabled",
            "Filter": {"Tag": {"Key": "keep", "Value": "yes"}},
            "Expiration": {"Days": 3},
        },
    ]
    client = server.client(server.a)
    client.put_bucket_lifecycle_configuration(Bucket=bucket_pair.a, LifecycleConfiguration={"Rules": rules})
    seen = await panes.inspect(uri, server.a.profile, None, Section.PROTECTION)
    found = seen.value(FactName.LIFECYCLE)
    assert isinstance(found, Lifecycle)
    said = {one.rule.id: (one.applies, one.why) for one in found.readings}
    assert said == {
        "logs": (Applies.YES, ""),
        "other": (Applies.NO, "only keys that begin with other/"),
        "off": (Applies.NO, "turned off"),
        "kept": (Applies.NO, "only objects tagged keep=yes"),
    }
    (step,) = next(one.steps for one in found.readings if one.rule.id == "logs")
    assert step.startswith("expires on 20")
    assert step.endswith("(3650 days after it was written)")


async def test_what_was_known_is_not_asked_again_with_a_section(panes: Panes, bucket_pair: BucketPair) -> None:
    """And still decides what a rule says."""
    server, uri = bucket_pair.server, put(bucket_pair)
    rule = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3650}}
    client = server.client(server.a)
    client.put_bucket_lifecycle_configuration(Bucket=bucket_pair.a, LifecycleConfiguration={"Rules": [rule]})
    first = await panes.inspect(uri, server.a.profile)
    later = await panes.inspect(uri, server.a.profile, None, Section.PROTECTION, known=first.arrived)
    assert {fact.name for fact in later.arrived} <= LATER
    found = later.value(FactName.LIFECYCLE)
    assert isinstance(found, Lifecycle)
    assert found.readings[0].steps[0].startswith("expires on 20")


async def test_the_other_identity_is_asked_where_the_first_is_denied(panes: Panes, bucket_pair: BucketPair) -> None:
    server, uri = bucket_pair.server, put(bucket_pair)
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, server.b.principal))
    server.client(server.a).put_bucket_tagging(
        Bucket=bucket_pair.a, Tagging={"TagSet": [{"Key": "team", "Value": "media"}]}
    )
    seen = await panes.inspect(uri, server.b.profile, server.a.profile, Section.BUCKET)
    assert seen.value(FactName.BUCKET_TAGS) == Pairs([("team", "media")])
    assert seen.fact(FactName.BUCKET_TAGS).identity == server.a.profile
    assert "s3:GetBucketTagging" in seen.denied_to(server.b.profile)


async def test_facts_of_a_bucket_are_used_again_for_its_other_rows_until_they_are_forgotten(
    panes: Panes, bucket_pair: BucketPair
) -> None:
    server, uri, other = bucket_pair.server, put(bucket_pair), put(bucket_pair, "other")
    clock = Clock()
    means = Means(kept=KeptReplies(clock))
    profile = server.a.profile
    first = await panes.inspect(uri, profile, None, Section.BUCKET, means=means)
    tags = [{"Key": "team", "Value": "media"}]
    server.client(server.a).put_bucket_tagging(Bucket=bucket_pair.a, Tagging={"TagSet": tags})
    again = await panes.inspect(other, profile, None, Section.BUCKET, means=means)
    for name in (FactName.BUCKET_OWNER, FactName.POLICY, FactName.BUCKET_TAGS):
        assert again.fact(name) == first.fact(name)
        assert again.fact(name).asked > 0
    assert again.fact(FactName.SIZE).asked > first.fact(FactName.SIZE).asked
    clock.now += 61
    late = await panes.inspect(other, profile, None, Section.BUCKET, means=means)
    assert late.value(FactName.BUCKET_TAGS) == Pairs([("team", "media")])
    assert late.fact(FactName.BUCKET_OWNER).asked > first.fact(FactName.BUCKET_OWNER).asked


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ministack"], indirect=True)
async def test_access_points_are_asked_as_an_identity_of_the_bucket_s_account(
    panes: Panes, bucket_pair: BucketPair
) -> None:
    server, uri = bucket_pair.server, put(bucket_pair)
    control = ControlPlane(panes.connections)
    mine, point = panes.identities[server.a.profile], f"point-{secrets.token_hex(4)}"
    about = {"AccountId": mine.account, "Name": point}
    await control.write(mine.connection, Service.S3_CONTROL, "CreateAccessPoint", Bucket=bucket_pair.a, **about)
    try:
        seen = await panes.inspect(uri, server.b.profile, server.a.profile, Section.ACCESS, means=Means(control))
    finally:
        await control.write(mine.connection, Service.S3_CONTROL, "DeleteAccessPoint", **about)
    assert seen.value(FactName.ACCESS_POINTS) == Pairs([(point, "from the internet")])
    assert seen.fact(FactName.ACCESS_POINTS).identity == server.a.profile
    alone = await panes.inspect(uri, server.b.profile, None, Section.ACCESS, means=Means(control))
    assert isinstance(alone.fact(FactName.ACCESS_POINTS).state, Unknown)


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ministack"], indirect=True)
@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ({}, [("key", "aws/s3 of the bucket's account, which no other account can use")]),
        ({"KMSMasterKeyID": ARN}, [("key", ARN), ("key account", "222222222222")]),
    ],
    ids=["no key named", "a key's ARN"],
)
async def test_the_key_of_a_bucket_s_default_encryption(
    panes: Panes, bucket_pair: BucketPair, key: dict[str, str], rows: list[tuple[str, str]]
) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", **key}}
    bucket_pair.server.client(bucket_pair.server.a).put_bucket_encryption(
        Bucket=bucket_pair.a, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    seen = await panes.inspect(f"s3://{bucket_pair.a}", bucket_pair.server.a.profile, None, Section.PROTECTION)
    assert seen.value(FactName.DEFAULT_ENCRYPTION) == Pairs([("method", "SSE-KMS"), *rows])


async def test_account_settings_and_the_key_of_an_alias(
    demo_panes: Panes, demo_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a control plane that says what no server here can be made to say."""
    with answering(ANSWERS) as (endpoint, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3_CONTROL", endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", endpoint)
        means = Means(ControlPlane(demo_panes.connections))
        store = Aliased(await demo_panes.connections.get(demo_panes.identities[demo_server.a.profile].connection))
        context = Context(demo_panes.identities[demo_server.a.profile])
        where = parse_location("s3://media-prod-assets")
        async with aclosing(inspect(where, store, None, context, means, sections=ALL)) as updates:
            facts = {fact.name: fact async for arrived, _ in updates for fact in arrived}
    assert facts[FactName.ACCOUNT_PUBLIC_ACCESS].state == Known(Pairs([("BlockPublicAcls", "true")]))
    assert facts[FactName.ACCESS_POINTS].state == Known(Pairs([("inside", "only from vpc-0aaa")]))
    assert facts[FactName.DEFAULT_ENCRYPTION].state == Known(
        Pairs([("method", "SSE-KMS"), ("key", "alias/media"), ("key account", "333333333333")])
    )
    assert ("111111111111", "/v20180820/configuration/publicAccessBlock") in asked


class AliasedSettings(S3Settings):
    """A bucket whose default key is known by its alias: the demo has no KMS."""

    async def default_encryption(self, bucket: str) -> DefaultEncryption | None:
        """Never sent."""
        del bucket
        return DefaultEncryption("aws:kms", "alias/media")


class Aliased(S3Store):
    """The store of such a bucket."""

    @property
    def settings(self) -> S3Settings:
        return AliasedSettings(self._calls)


_BLOCK = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"
_POINT = (
    "<AccessPoint><Name>inside</Name><NetworkOrigin>VPC</NetworkOrigin>"
    "<VpcConfiguration><VpcId>vpc-0aaa</VpcId></VpcConfiguration><Bucket>media-prod-assets</Bucket></AccessPoint>"
)
ANSWERS = {
    "/v20180820/configuration/publicAccessBlock": _BLOCK,
    "/v20180820/accesspoint": (
        f"<ListAccessPointsResult><AccessPointList>{_POINT}</AccessPointList></ListAccessPointsResult>"
    ),
    "/": '{"KeyMetadata": {"KeyId": "1", "Arn": "arn:aws:kms:us-east-1:333333333333:key/1"}}',
}


@contextmanager
def answering(answers: Mapping[str, str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A server that answers each path with a text; its URL, and the accounts and paths that it was asked for."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            asked.append((self.headers.get("x-amz-account-id", ""), path))
            body = answers[path].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # the base class looks for this name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's own name
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()
