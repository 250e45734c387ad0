"""Facts, their sections and findings, on every server: what one does not know is unknown with its reason."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from botocore.loaders import JSONFileLoader

from tests.features.inspect.conftest import Panes
from tests.servers.buckets import BucketPair
from tests.servers.loopback import loopback
from tests.servers.policies import allow_on_objects, grant_read, grant_write
from tests.servers.server import Feature
from tests.waiting import until
from tui.aws.connections import Connections
from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.aws.ids import connection_id
from tui.core.facts import (
    LATER,
    AbsentFact,
    AccessVerdict,
    Applies,
    DeniedFact,
    FactName,
    FactSection,
    Finding,
    FindingSeverity,
    Lifecycle,
    OwnedBy,
    Pairs,
    PolicyReading,
    Size,
    Text,
    UnknownFact,
    facts_awaited,
)
from tui.core.identity import AuthMethod, Identity, IdentitySpec
from tui.core.location import Location, parse_location
from tui.core.network import EffectiveEndpoint
from tui.core.policy import Evaluation, LayerKind, LayerVerdict
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD, ROLE_PROFILE
from tui.features.inspect.fact_requests import requests_about
from tui.features.inspect.inspection import AT_ONCE, Gathering, Means, gather, inspect
from tui.network.paths import NetworkPaths
from tui.policies.asking import Asker, KeptReplies
from tui.policies.evidence import EvidenceContext
from tui.stores.operations import DefaultEncryption
from tui.stores.s3.buckets import S3Settings
from tui.stores.s3.s3_store import S3Store

KEY = "incoming/[a] b.txt"


def put_as_b(pair: BucketPair) -> str:
    server = pair.server
    pair.set_policy_of_a(*grant_write(pair.a, server.b.principal))
    server.client(server.b).put_object(
        Bucket=pair.a, Key=KEY, Body=b"12345", ContentType="text/plain", Metadata={"color": "red"}
    )
    return f"s3://{pair.a}/{KEY}"


def owner_id(value: object) -> str:
    assert isinstance(value, OwnedBy)
    return value.owner.id


async def test_a_foreign_object(panes: Panes, bucket_pair: BucketPair) -> None:
    server, uri = bucket_pair.server, put_as_b(bucket_pair)
    seen = await panes.inspect(uri, server.a.profile, server.b.profile)
    assert owner_id(seen.value(FactName.OBJECT_OWNER)) == server.b.canonical_id
    assert owner_id(seen.value(FactName.BUCKET_OWNER)) == server.a.canonical_id
    assert seen.fact(FactName.GRANTS).identity == server.b.profile
    assert seen.value(FactName.SIZE) == Size(5)
    assert seen.value(FactName.METADATA) == Pairs([("color", "red")])
    assert seen.fact(FactName.TAGS).state == AbsentFact()
    finding = seen.findings[0]
    assert finding.rule == "foreign-owned"
    assert finding.sentence.startswith(f"{server.b.profile} owns this object; {server.a.profile} owns the bucket")
    assert f"1. As {server.b.profile}" in finding.remedy
    assert f"2. As {server.a.profile}" in finding.remedy
    alone = await panes.inspect(uri, server.a.profile)
    assert owner_id(alone.value(FactName.OBJECT_OWNER)) == server.b.canonical_id
    assert alone.fact(FactName.OBJECT_OWNER).operation == "ListObjectsV2 FetchOwner"
    assert "s3:GetObjectAcl" in alone.denied_to(server.a.profile)
    # The live answer counts where a server lets policies reach foreign objects.
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, server.a.principal))
    finding = (await panes.inspect(uri, server.a.profile, server.b.profile)).finding("foreign-owned")
    spares = Feature.POLICY_SPARES_FOREIGN_OBJECTS in server.features
    assert finding.severity is (FindingSeverity.ERROR if spares else FindingSeverity.WARNING)
    assert ("itself cannot read it" in finding.sentence) is spares
    assert ("was still able to read it just now" in finding.sentence) is not spares


async def test_ones_own_object_by_what_the_policy_says(panes: Panes, bucket_pair: BucketPair) -> None:
    server, uri = bucket_pair.server, f"s3://{bucket_pair.a}/{KEY}"
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key=KEY, Body=b"12345")
    without = await panes.inspect(uri, server.b.profile, server.a.profile)
    assert without.value(FactName.SIZE) == Size(5)
    assert "s3:GetObject" in without.denied_to(server.b.profile)
    assert without.finding("not-allowed").sentence.endswith("the bucket has no policy.")
    allow = allow_on_objects(bucket_pair.a, "*", "s3:GetObject")
    bucket_pair.set_policy_of_a(allow.given("IpAddress", "aws:SourceIp", "203.0.113.0/24"))
    elsewhere = await panes.inspect(uri, server.b.profile, server.a.profile)
    assert "needs aws:SourceIp 203.0.113.0/24; here it is 127.0.0.1" in elsewhere.finding("not-allowed").sentence
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, server.b.principal))
    shared = await panes.inspect(uri, server.b.profile, server.a.profile)
    assert shared.fact(FactName.SIZE).identity == server.b.profile
    assert shared.fact(FactName.POLICY).identity == server.a.profile
    policy = shared.value(FactName.POLICY)
    assert isinstance(policy, PolicyReading)
    assert (policy.problem, policy.covers_object, len(policy.statements)) == ("", True, 2)
    # Where GetCallerIdentity does not answer, nobody knows the ARN that a statement names; that B reads is seen.
    assert ("just now" in shared.finding("let-in").sentence) is (Feature.CALLER_IDENTITY not in server.features)
    assert "one-owner" in shared.rules


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)  # where nobody knows the caller's ARN
async def test_a_denied_read_is_explained(panes: Panes, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key=KEY, Body=b"12345")
    bucket_pair.set_policy_of_a(allow_on_objects(bucket_pair.a, server.b.principal, "s3:PutObject"))
    told = await panes.explain(f"s3://{bucket_pair.a}/{KEY}", server.b.profile, server.a.profile)
    assert (told.verdict, told.live) == (AccessVerdict.DENIED, True)
    assert told.cause is not None
    assert (LayerKind.BUCKET_POLICY in told.cause.layers, told.cause.certain) == (True, True)
    assert "Sign the request" not in " ".join(one.sentence for one in told.remedies)


A, B = MEDIA_PROD.label, ANALYTICS.label
FOREIGN = "s3://media-prod-assets/incoming/heatmap.png"


async def test_what_the_other_places_of_the_demo_show(demo_panes: Panes) -> None:
    handed_over = await demo_panes.inspect("s3://media-prod-assets/incoming/handed-over.csv", A, B)
    assert handed_over.finding("foreign-owned-readable").severity is FindingSeverity.WARNING
    assert handed_over.denied_to(A) <= {"s3:GetObjectTagging"}
    assert "foreign-writers" not in (await demo_panes.inspect("s3://media-prod-assets/video/", A, B)).rules
    assert (await demo_panes.inspect("s3://", A, B)).arrived == [], "the list of buckets has no facts"
    preferred = await demo_panes.inspect("s3://media-prod-preferred/delivered-without-acl.txt", A, B)
    assert "was uploaded without the ACL bucket-owner-full-control" in preferred.finding("foreign-owned").sentence
    for uri, rule in (("s3://media-prod-assets/nothing", "no-object"), ("s3://media-prod-nothing", "no-bucket")):
        assert (await demo_panes.inspect(uri, A, B)).findings[0].rule == rule


async def test_an_own_object_that_the_policy_shares(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect("s3://media-prod-assets/video.mp4", B, A)
    assert seen.value(FactName.SIZE) == Size(12 * 1024 * 1024 + 345_678)
    assert seen.value(FactName.CONTENT_TYPE) == Text("video/mp4")
    assert seen.value(FactName.HEADERS) == Pairs([("Cache-Control", "public, max-age=86400")])
    assert seen.value(FactName.METADATA) == Pairs(
        [("camera", "FX6"), ("frame-rate", "23.976"), ("title", "Launch film")]
    )
    assert sorted(seen.value(FactName.TAGS).pairs) == [  # type: ignore[attr-defined]  # Pairs
        ("project", "launch-2026"),
        ("rights", "cleared"),
    ]
    assert seen.fact(FactName.TAGS).identity == B
    assert seen.fact(FactName.POLICY).identity == A
    assert {"let-in", "one-owner"} <= seen.rules
    assert "Statement PartnerMayRead" in seen.finding("let-in").sentence
    policy = seen.value(FactName.POLICY)
    assert isinstance(policy, PolicyReading)
    applying = {one.sid: one.applies for one in policy.statements}
    assert applying == {"PartnerMayList": Applies.NO, "PartnerMayRead": Applies.YES, "PartnerMayDeliver": Applies.NO}


async def test_a_bucket_has_the_bucket_s_facts_only(demo_panes: Panes) -> None:
    for uri in ("s3://media-prod-assets", "s3://media-prod-assets/incoming/"):
        seen = await demo_panes.inspect(uri, A, B)
        assert {fact.name for fact in seen.arrived} == {
            FactName.BUCKET_OWNER,
            FactName.BUCKET_GRANTS,
            FactName.OWNERSHIP,
            FactName.POLICY,
            FactName.PUBLIC_ACCESS,
            FactName.ENDPOINT,
        }
        assert "Objects that analytics can upload here" in seen.finding("foreign-writers").sentence


async def test_the_account_of_a_bucket_is_asked_as_its_owner(demo_panes: Panes) -> None:
    means = Means(ControlPlane(demo_panes.connections))
    seen = await demo_panes.inspect("s3://media-prod-assets", B, A, FactSection.ACCESS, FactSection.BUCKET, means=means)
    for name in (FactName.ACCOUNT_PUBLIC_ACCESS, FactName.ACCESS_POINTS):
        assert (seen.fact(name).state, seen.fact(name).identity) == (AbsentFact(), A)
    assert seen.value(FactName.PAYER) == Text("bucket owner")


async def test_the_same_connection_beside_itself_is_asked_once(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect(FOREIGN, A, A)
    assert len([fact for fact in seen.arrived if fact.name is FactName.SIZE]) == 1


class EndedSettings(S3Settings):
    """The credentials end just before the way is looked at: no server can be made to time that."""

    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        raise ProblemError(Problem(ProblemKind.EXPIRED, "the credentials have expired", resource=bucket))


class Ended(S3Store):
    """The store of such credentials."""

    @property
    def settings(self) -> S3Settings:
        return EndedSettings(self._calls)


async def test_the_endpoint_is_never_the_other_identity_s(demo_panes: Panes) -> None:
    """Where the other pane's requests go says nothing about the way of one that sends none."""
    ended = Ended(await demo_panes.connections.get(demo_panes.identities[A].connection))
    context = EvidenceContext(demo_panes.identities[A], demo_panes.identities[B])
    async with aclosing(inspect(parse_location(FOREIGN), ended, await demo_panes.store(B), context)) as updates:
        arrived = [fact async for facts, _ in updates for fact in facts]
    assert {fact.identity for fact in arrived} == {A, B}
    endpoints = [fact for fact in arrived if fact.name is FactName.ENDPOINT]
    assert [fact.identity for fact in endpoints] == [A]
    assert isinstance(endpoints[0].state, UnknownFact)


OFFICE = "media-prod-office"
OBJECTS = {
    "media-prod-archive": "reels/2015/reel-1.mov",
    "media-prod-assets": "video.mp4",
    OFFICE: "minutes/2026-01.txt",
    "media-prod-preferred": "",
    "media-prod-private": "unreleased/cover.png",
    "analytics-dropbox": "",
    "analytics-landing": "",
    "analytics-reports": "2026/11/summary.csv",
}
PLACES = [
    *(f"s3://{bucket}" for bucket in OBJECTS),
    *(f"s3://{bucket}/{key}" for bucket, key in OBJECTS.items() if key),
    "s3://media-prod-assets/incoming/",
    "s3://media-prod-assets/incoming/heatmap.png",
]
_DECIDED = (LayerVerdict.ALLOWS, LayerVerdict.DOES_NOT_ALLOW, LayerVerdict.DENIES)


def opposites(found: list[Finding], explained: Evaluation, label: str) -> list[str]:
    opposite = {AccessVerdict.ALLOWED: AccessVerdict.DENIED, AccessVerdict.DENIED: AccessVerdict.ALLOWED}.get(
        explained.verdict
    )
    about = [one for one in found if (one.identity, one.action) == (label, explained.action)]
    return [one.sentence for one in about if one.verdict is not None and one.verdict is opposite]


def steps(found: list[Finding], explained: Evaluation, label: str) -> list[str]:
    own = {layer.verdict for layer in explained.layers if layer.kind is LayerKind.IDENTITY}
    wrong = []
    for one in found:
        for step in one.remedy.split("\n") if one.remedy else ():
            if f"In {label}'s account: allow {explained.action}" in step and own & {LayerVerdict.ALLOWS}:
                wrong.append(step)
            if explained.verdict is AccessVerdict.ALLOWED and (one.identity, one.action) == (label, explained.action):
                wrong.append(step)
    return wrong


def unnamed(found: list[Finding], explained: Evaluation) -> list[str]:
    """The statement of the bucket policy that `explain` names as the cause, if no error names it."""
    cause = explained.cause
    if cause is None or not cause.sid or cause.layers != [LayerKind.BUCKET_POLICY]:
        return []
    return (
        []
        if any(cause.sid in one.sentence for one in found if one.severity is FindingSeverity.ERROR)
        else [cause.sentence]
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("mine", "other"),
    [(B, A), pytest.param(A, B, marks=pytest.mark.thorough), pytest.param(ROLE_PROFILE, A, marks=pytest.mark.thorough)],
)
async def test_no_step_asks_for_what_is_there(demo_panes: Panes, mine: str, other: str) -> None:
    means, wrong, decided = Means(ControlPlane(demo_panes.connections)), {}, 0
    for uri in PLACES:
        seen = await demo_panes.inspect(uri, mine, other, means=means)
        explained = await demo_panes.explain(uri, mine, other)
        decided += any(layer.verdict in _DECIDED for layer in explained.layers)
        found = seen.findings
        wrong[uri] = opposites(found, explained, mine) + steps(found, explained, mine) + unnamed(found, explained)
    assert decided == len(PLACES)
    assert {uri: each for uri, each in wrong.items() if each} == {}


LOG_KEY = "logs/[a] b.txt"
ALL = tuple(FactSection)
ARN = "arn:aws:kms:us-east-1:222222222222:key/1234"


def put(pair: BucketPair, key: str = LOG_KEY) -> str:
    pair.server.client(pair.server.a).put_object(Bucket=pair.a, Key=key, Body=b"12345", Tagging="keep=no")
    return f"s3://{pair.a}/{key}"


@pytest.mark.parametrize("key", [LOG_KEY, ""], ids=["object", "bucket"])
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
    assert not [fact for fact in later.values() if isinstance(fact.state, DeniedFact)]
    assert {name for name, fact in later.items() if isinstance(fact.state, UnknownFact)} <= NOT_EVERYWHERE
    assert seen.fact(FactName.VERSIONING).state == AbsentFact()
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


async def test_which_lifecycle_rule_applies_and_when(panes: Panes, bucket_pair: BucketPair) -> None:
    """What was known is not asked again with a section, and still decides what a rule says."""
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
    first = await panes.inspect(uri, server.a.profile)
    seen = await panes.inspect(uri, server.a.profile, None, FactSection.PROTECTION, known=first.arrived)
    assert {fact.name for fact in seen.arrived} <= LATER
    found = seen.value(FactName.LIFECYCLE)
    assert isinstance(found, Lifecycle)
    assert {one.rule.id: (one.applies, one.why) for one in found.readings} == {
        "logs": (Applies.YES, ""),
        "other": (Applies.NO, "only keys that begin with other/"),
        "off": (Applies.NO, "turned off"),
        "kept": (Applies.NO, "only objects tagged keep=yes"),
    }
    (step,) = next(one.steps for one in found.readings if one.rule.id == "logs")
    assert step.startswith("expires on 20")
    assert step.endswith("(3,650 days after it was written)")


async def test_facts_of_a_bucket_are_used_again_for_its_other_rows_until_they_are_forgotten(
    panes: Panes, bucket_pair: BucketPair
) -> None:
    server, uri, other = bucket_pair.server, put(bucket_pair), put(bucket_pair, "other")
    clock = Clock()
    means = Means(kept=KeptReplies(clock))
    profile = server.a.profile
    first = await panes.inspect(uri, profile, None, FactSection.BUCKET, means=means)
    tags = [{"Key": "team", "Value": "media"}]
    server.client(server.a).put_bucket_tagging(Bucket=bucket_pair.a, Tagging={"TagSet": tags})
    again = await panes.inspect(other, profile, None, FactSection.BUCKET, means=means)
    for name in (FactName.BUCKET_OWNER, FactName.POLICY, FactName.BUCKET_TAGS):
        assert again.fact(name) == first.fact(name)
        assert again.fact(name).asked > 0
    assert again.fact(FactName.SIZE).asked > first.fact(FactName.SIZE).asked
    clock.now += 61
    late = await panes.inspect(other, profile, None, FactSection.BUCKET, means=means)
    assert late.value(FactName.BUCKET_TAGS) == Pairs([("team", "media")])
    assert late.fact(FactName.BUCKET_OWNER).asked > first.fact(FactName.BUCKET_OWNER).asked


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def test_the_control_plane_has_its_models_as_s3_has_them(
    demo_panes: Panes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JSONFileLoader, "load_file", lambda *_: pytest.fail("botocore's own way takes 50 ms"))
    connection, user = demo_panes.identities[MEDIA_PROD.label].connection, MEDIA_PROD.user
    control = ControlPlane(demo_panes.connections)
    found = await control.read(
        connection, ControlPlaneService.IAM, "GetUserPolicy", UserName=user, PolicyName="no", absent=["NoSuchEntity"]
    )
    assert found is None


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ministack"], indirect=True)
async def test_access_points_are_asked_as_an_identity_of_the_bucket_s_account(
    panes: Panes, bucket_pair: BucketPair
) -> None:
    server, uri = bucket_pair.server, put(bucket_pair)
    control = ControlPlane(panes.connections)
    mine, point = panes.identities[server.a.profile], f"point-{secrets.token_hex(4)}"
    about = {"AccountId": mine.account, "Name": point}
    await control.write(
        mine.connection, ControlPlaneService.S3_CONTROL, "CreateAccessPoint", Bucket=bucket_pair.a, **about
    )
    try:
        seen = await panes.inspect(uri, server.b.profile, server.a.profile, FactSection.ACCESS, means=Means(control))
    finally:
        await control.write(mine.connection, ControlPlaneService.S3_CONTROL, "DeleteAccessPoint", **about)
    assert seen.value(FactName.ACCESS_POINTS) == Pairs([(point, "from the internet")])
    assert seen.fact(FactName.ACCESS_POINTS).identity == server.a.profile
    alone = await panes.inspect(uri, server.b.profile, None, FactSection.ACCESS, means=Means(control))
    assert isinstance(alone.fact(FactName.ACCESS_POINTS).state, UnknownFact)


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
    seen = await panes.inspect(f"s3://{bucket_pair.a}", bucket_pair.server.a.profile, None, FactSection.PROTECTION)
    assert seen.value(FactName.DEFAULT_ENCRYPTION) == Pairs([("method", "SSE-KMS"), *rows])


async def test_account_settings_and_the_key_of_an_alias(demo_panes: Panes, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a control plane that says what no server here can be made to say, of a key that is known by its alias."""
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.headers.get("x-amz-account-id", ""), request.path))
        return web.Response(text=ANSWERS[request.path])

    async def aliased(_settings: S3Settings, _bucket: str) -> DefaultEncryption:
        return DefaultEncryption("aws:kms", "alias/media")

    monkeypatch.setattr(S3Settings, "default_encryption", aliased)
    async with loopback([web.route("*", "/{path:.*}", answer)]) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3_CONTROL", endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", endpoint)
        means = Means(ControlPlane(demo_panes.connections))
        seen = await demo_panes.inspect("s3://media-prod-assets", A, None, *ALL, means=means)
    assert seen.value(FactName.ACCOUNT_PUBLIC_ACCESS) == Pairs([("BlockPublicAcls", "true")])
    assert seen.value(FactName.ACCESS_POINTS) == Pairs([("inside", "only from vpc-0aaa")])
    rows = [("method", "SSE-KMS"), ("key", "alias/media"), ("key account", "333333333333")]
    assert seen.value(FactName.DEFAULT_ENCRYPTION) == Pairs(rows)
    assert ("111111111111", "/v20180820/configuration/publicAccessBlock") in asked


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


LOCATION = Location("assets", "x")


class SilentServer:
    """Takes connections and requests, and answers none."""

    def __init__(self) -> None:
        self.requests = 0
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            await reader.read()
        finally:
            self.open -= 1
            writer.close()


@pytest_asyncio.fixture
async def silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[SilentServer, Panes]]:
    silent = SilentServer()
    server = await asyncio.start_server(silent.serve, "127.0.0.1", 0)
    endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    spec = IdentitySpec(endpoint=endpoint, region="us-east-1")
    panes = Panes(Connections(), {"mine": Identity(connection_id(spec), "mine", AuthMethod.KEYS, spec)})
    yield silent, panes
    await panes.connections.close()
    server.close()


async def test_closing_cancels_every_request_and_never_more_than_a_few_run(silent: tuple[SilentServer, Panes]) -> None:
    server, panes = silent
    context = EvidenceContext(panes.identities["mine"])
    store: S3Store = await panes.store("mine")
    before = asyncio.all_tasks()
    first = asyncio.create_task(anext(inspect(LOCATION, store, None, context)))
    await until(lambda: server.requests == AT_ONCE, "all that may run at once runs")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await until(lambda: server.open == 0, "every connection is closed")
    assert server.requests == AT_ONCE
    await until(lambda: asyncio.all_tasks() <= before, "no task is left")


async def test_closing_returns_when_nothing_of_it_runs_any_more(silent: tuple[SilentServer, Panes]) -> None:
    """What takes a few turns of the loop to end is waited for, too."""
    _, panes = silent
    begun, ended = asyncio.Event(), False

    class Slow(S3Store):
        async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
            nonlocal ended
            begun.set()
            try:
                return await super().tags(bucket, key, version)
            finally:
                for _ in range(100):
                    await asyncio.sleep(0)
                ended = True

    store = Slow(await panes.connections.get(panes.identities["mine"].connection))
    first = asyncio.create_task(anext(gather(Gathering(LOCATION, Asker("mine", store)), requests_about(LOCATION))))
    await begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert ended
