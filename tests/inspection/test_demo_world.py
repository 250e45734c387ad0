"""The whole truth about what the demo lays out."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from tests.inspection.panes import Panes
from tui.accounts.control_plane import ControlPlane
from tui.demo.profiles import ANALYTICS, MEDIA_PROD, ROLE_PROFILE
from tui.inspection.context import Context
from tui.inspection.inspect import Means, inspect
from tui.model.facts import (
    Absent,
    Applies,
    Denied,
    FactName,
    Grant,
    Grants,
    OwnedBy,
    Ownership,
    Pairs,
    PolicyReading,
    Severity,
    Size,
    Text,
    Unknown,
)
from tui.model.identity import EndpointSource, Owner
from tui.model.inspection.sections import Section
from tui.model.location import parse_location
from tui.model.network.endpoint import EffectiveEndpoint, Reach
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3.bucket_settings import S3Settings
from tui.stores.s3.store import S3Store

A, B = MEDIA_PROD.label, ANALYTICS.label
FOREIGN = "s3://media-prod-assets/incoming/heatmap.png"
HEAD = (FactName.SIZE, FactName.CONTENT_TYPE, FactName.ETAG, FactName.ENCRYPTION)


async def test_a_foreign_object_seen_by_both(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect(FOREIGN, A, B)
    assert seen.value(FactName.OBJECT_OWNER) == OwnedBy(Owner(ANALYTICS.canonical_id))
    assert seen.value(FactName.BUCKET_OWNER) == OwnedBy(Owner(MEDIA_PROD.canonical_id))
    assert seen.value(FactName.OWNERSHIP) == Ownership("ObjectWriter")  # type: ignore[arg-type]  # equal to its member
    assert seen.value(FactName.GRANTS) == Grants([Grant(Owner(ANALYTICS.canonical_id), "FULL_CONTROL")])
    assert {seen.fact(name).identity for name in HEAD} == {B}
    assert seen.fact(FactName.OBJECT_OWNER).operation == "GetObjectAcl"
    assert seen.fact(FactName.BUCKET_OWNER).identity == A
    assert {"s3:GetObject", "s3:GetObjectAcl"} <= seen.denied_to(A)


async def test_why_a_cannot_read_the_foreign_object(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect(FOREIGN, A, B)
    finding = seen.findings[0]
    assert (finding.rule, finding.severity) == ("foreign-owned", Severity.ERROR)
    assert finding.sentence.startswith("analytics owns this object; media-prod owns the bucket")
    assert "1. As analytics (user/bob): PutObjectAcl" in finding.remedy
    assert "2. As media-prod (user/deploy): CopyObject" in finding.remedy
    policy = seen.value(FactName.POLICY)
    assert isinstance(policy, PolicyReading)
    assert not policy.covers_object


async def test_the_owner_alone_sees_its_object_and_learns_the_rest_from_the_listing(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect(FOREIGN, A)
    assert seen.fact(FactName.OBJECT_OWNER).operation == "ListObjectsV2 FetchOwner"
    assert seen.value(FactName.OBJECT_OWNER) == OwnedBy(Owner(ANALYTICS.canonical_id))
    assert seen.fact(FactName.GRANTS).state == Denied("s3:GetObjectAcl")
    assert seen.fact(FactName.SIZE).state == Denied("s3:GetObject")
    assert seen.finding("foreign-owned").severity is Severity.ERROR


async def test_an_object_that_was_handed_over(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect("s3://media-prod-assets/incoming/handed-over.csv", A, B)
    assert seen.finding("foreign-owned-readable").severity is Severity.WARNING
    assert seen.denied_to(A) <= {"s3:GetObjectTagging"}


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
    seen = await demo_panes.inspect("s3://media-prod-assets", B, A, Section.ACCESS, Section.BUCKET, means=means)
    for name in (FactName.ACCOUNT_PUBLIC_ACCESS, FactName.ACCESS_POINTS):
        assert (seen.fact(name).state, seen.fact(name).identity) == (Absent(), A)
    assert seen.value(FactName.PAYER) == Text("bucket owner")


async def test_nobody_foreign_uploads_where_only_reading_is_allowed(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect("s3://media-prod-assets/video/", A, B)
    assert "foreign-writers" not in seen.rules


async def test_the_bucket_list_has_no_facts(demo_panes: Panes) -> None:
    assert (await demo_panes.inspect("s3://", A, B)).arrived == []


async def test_the_role_learns_the_bucket_owner_only_from_the_other_pane(demo_panes: Panes) -> None:
    uri = "s3://media-prod-private/unreleased/cover.png"
    seen = await demo_panes.inspect(uri, ROLE_PROFILE, A)
    assert seen.fact(FactName.SIZE).identity == ROLE_PROFILE
    assert seen.fact(FactName.BUCKET_OWNER).identity == A
    assert "s3:GetBucketPolicy" in seen.denied_to(ROLE_PROFILE)


async def test_a_refused_partner_and_the_closed_bucket(demo_panes: Panes) -> None:
    uri = "s3://media-prod-private/unreleased/cover.png"
    seen = await demo_panes.inspect(uri, B, A)
    assert seen.finding("not-allowed").sentence.endswith("the bucket has no policy.")
    assert "acls-off" in seen.rules
    alone = await demo_panes.inspect(uri, B)
    assert {"denied-policy-unknown", "permission-missing"} <= alone.rules
    assert alone.denied_to(B) >= {"s3:GetObject", "s3:GetBucketPolicy", "s3:GetBucketAcl"}


async def test_the_office_s_addresses(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect("s3://media-prod-office/minutes/2026-01.txt", B, A)
    assert "needs aws:SourceIp 203.0.113.0/24; here it is 127.0.0.1" in seen.finding("not-allowed").sentence
    assert "Statement PartnerFromTheOffice" in seen.finding("source-ip").sentence


async def test_an_archived_object(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect("s3://media-prod-archive/reels/2015/reel-1.mov", A, B)
    assert "DEEP_ARCHIVE" in seen.finding("archived").sentence
    assert seen.fact(FactName.POLICY).state == Absent()
    assert seen.finding("no-way-in").sentence.startswith("The bucket has no policy: analytics")


async def test_preferred_ownership_without_the_acl(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect("s3://media-prod-preferred/delivered-without-acl.txt", A, B)
    assert "was uploaded without the ACL bucket-owner-full-control" in seen.finding("foreign-owned").sentence


@pytest.mark.parametrize(
    ("uri", "rule"), [("s3://media-prod-assets/nothing", "no-object"), ("s3://media-prod-nothing", "no-bucket")]
)
async def test_what_does_not_exist(demo_panes: Panes, uri: str, rule: str) -> None:
    assert (await demo_panes.inspect(uri, A, B)).findings[0].rule == rule


async def test_the_endpoint(demo_panes: Panes, demo_server: object) -> None:
    seen = await demo_panes.inspect("s3://media-prod-assets", A)
    endpoint = seen.value(FactName.ENDPOINT)
    assert isinstance(endpoint, EffectiveEndpoint)
    assert (endpoint.reach, endpoint.source) == (Reach.LOOPBACK, EndpointSource.PROFILE)
    assert "endpoint_url of the profile" in seen.finding("endpoint-configured").sentence


async def test_the_same_connection_beside_itself_is_asked_once(demo_panes: Panes) -> None:
    seen = await demo_panes.inspect(FOREIGN, A, A)
    refusals = [fact for fact in seen.arrived if fact.name is FactName.SIZE]
    assert len(refusals) == 1


class EndedSettings(S3Settings):
    """The credentials end just before the way is looked at: no server can be made to time that."""

    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """Never sent."""
        raise ProblemError(Problem(ProblemKind.EXPIRED, "the credentials have expired", resource=bucket))


class Ended(S3Store):
    """The store of such credentials."""

    @property
    def settings(self) -> S3Settings:
        return EndedSettings(self._calls)


async def test_the_endpoint_is_never_the_other_identity_s(demo_panes: Panes) -> None:
    """Where the other pane's requests go says nothing about the way of one that sends none."""
    ended = Ended(await demo_panes.connections.get(demo_panes.identities[A].connection))
    context = Context(demo_panes.identities[A], demo_panes.identities[B])
    async with aclosing(inspect(parse_location(FOREIGN), ended, await demo_panes.store(B), context)) as updates:
        arrived = [fact async for facts, _ in updates for fact in facts]
    assert {fact.identity for fact in arrived} == {A, B}
    endpoints = [fact for fact in arrived if fact.name is FactName.ENDPOINT]
    assert [fact.identity for fact in endpoints] == [A]
    assert isinstance(endpoints[0].state, Unknown)
