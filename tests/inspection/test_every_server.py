"""Facts and findings on every server that runs here, by what each of them can do."""

from __future__ import annotations

import json

from tests.inspection.panes import Panes
from tests.servers.buckets import BucketPair
from tests.servers.policies import allow_on_objects, grant_read, grant_write
from tests.servers.server import Feature
from tui.model.access.evaluation import LayerKind
from tui.model.facts import (
    Absent,
    FactName,
    Grants,
    Known,
    OwnedBy,
    Pairs,
    PolicyReading,
    Severity,
    Size,
    Verdict,
)
from tui.model.network.endpoint import EffectiveEndpoint, Reach

KEY = "incoming/[a] b.txt"


def put_as_b(pair: BucketPair, **parameters: str) -> str:
    """Let B put an object into A's bucket; return its URI."""
    server = pair.server
    pair.set_policy_of_a(*grant_write(pair.a, server.b.principal))
    server.client(server.b).put_object(
        Bucket=pair.a, Key=KEY, Body=b"12345", ContentType="text/plain", Metadata={"color": "red"}, **parameters
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
    assert seen.fact(FactName.TAGS).state == Absent()
    finding = seen.findings[0]
    assert finding.rule == "foreign-owned"
    assert finding.sentence.startswith(f"{server.b.profile} owns this object; {server.a.profile} owns the bucket")
    assert f"1. As {server.b.profile}" in finding.remedy
    assert f"2. As {server.a.profile}" in finding.remedy


async def test_the_owner_by_the_listing_where_the_acl_is_denied(panes: Panes, bucket_pair: BucketPair) -> None:
    server, uri = bucket_pair.server, put_as_b(bucket_pair)
    seen = await panes.inspect(uri, server.a.profile)
    assert owner_id(seen.value(FactName.OBJECT_OWNER)) == server.b.canonical_id
    assert seen.fact(FactName.OBJECT_OWNER).operation == "ListObjectsV2 FetchOwner"
    assert "s3:GetObjectAcl" in seen.denied_to(server.a.profile)


async def test_an_object_that_was_handed_over(panes: Panes, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    uri = put_as_b(bucket_pair, ACL="bucket-owner-full-control")
    seen = await panes.inspect(uri, server.a.profile, server.b.profile)
    grants = seen.value(FactName.GRANTS)
    assert isinstance(grants, Grants)
    assert {(one.grantee.id, one.permission) for one in grants.grants} == {
        (server.a.canonical_id, "FULL_CONTROL"),
        (server.b.canonical_id, "FULL_CONTROL"),
    }
    assert "foreign-owned-readable" in seen.rules


async def test_ones_own_object_shared_by_policy(panes: Panes, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key=KEY, Body=b"12345")
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, server.b.principal))
    seen = await panes.inspect(f"s3://{bucket_pair.a}/{KEY}", server.b.profile, server.a.profile)
    assert seen.fact(FactName.SIZE).identity == server.b.profile
    assert seen.fact(FactName.POLICY).identity == server.a.profile
    policy = seen.value(FactName.POLICY)
    assert isinstance(policy, PolicyReading)
    assert (policy.problem, policy.covers_object, len(policy.statements)) == ("", True, 2)
    # Where GetCallerIdentity does not answer, nobody knows the ARN that a statement names; that B reads is seen.
    knows = Feature.CALLER_IDENTITY in server.features
    assert ("just now" in seen.finding("let-in").sentence) is not knows
    assert "one-owner" in seen.rules


async def test_a_partner_who_is_not_let_in(panes: Panes, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key=KEY, Body=b"12345")
    seen = await panes.inspect(f"s3://{bucket_pair.a}/{KEY}", server.b.profile, server.a.profile)
    assert seen.value(FactName.SIZE) == Size(5)
    assert "s3:GetObject" in seen.denied_to(server.b.profile)
    assert seen.finding("not-allowed").sentence.endswith("the bucket has no policy.")


async def test_a_public_object(panes: Panes, bucket_pair: BucketPair) -> None:
    server, uri = bucket_pair.server, f"s3://{bucket_pair.a}/{KEY}"
    client = server.client(server.a)
    client.put_object(Bucket=bucket_pair.a, Key=KEY, Body=b"1", ACL="public-read")
    seen = await panes.inspect(uri, server.a.profile)
    block = seen.fact(FactName.PUBLIC_ACCESS).state
    assert isinstance(block, Known | Absent), block
    if isinstance(block, Known):
        assert "ignore public ACLs" in seen.finding("public-acl-ignored").sentence
        client.delete_public_access_block(Bucket=bucket_pair.a)
        seen = await panes.inspect(uri, server.a.profile)
    assert seen.finding("public-acl").sentence == "The object's ACL allows everyone to read this object."


async def test_the_live_answer_counts_where_a_server_lets_policies_reach_foreign_objects(
    panes: Panes, bucket_pair: BucketPair
) -> None:
    server, uri = bucket_pair.server, put_as_b(bucket_pair)
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, server.a.principal))
    finding = (await panes.inspect(uri, server.a.profile, server.b.profile)).finding("foreign-owned")
    spares = Feature.POLICY_SPARES_FOREIGN_OBJECTS in server.features
    assert finding.severity is (Severity.ERROR if spares else Severity.WARNING)
    assert ("itself cannot read it" in finding.sentence) is spares
    assert ("was still able to read it just now" in finding.sentence) is not spares


async def test_a_bucket_s_way(panes: Panes, bucket_pair: BucketPair) -> None:
    seen = await panes.inspect(f"s3://{bucket_pair.a}", bucket_pair.server.a.profile)
    endpoint = seen.value(FactName.ENDPOINT)
    assert isinstance(endpoint, EffectiveEndpoint)
    assert endpoint.url.startswith(bucket_pair.server.endpoint)
    assert endpoint.reach is Reach.LOOPBACK
    assert FactName.SIZE not in {fact.name for fact in seen.arrived}


async def test_a_grant_for_other_addresses(panes: Panes, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key=KEY, Body=b"1")
    allow = allow_on_objects(bucket_pair.a, "*", "s3:GetObject")
    bucket_pair.set_policy_of_a(allow.given("IpAddress", "aws:SourceIp", "203.0.113.0/24"))
    seen = await panes.inspect(f"s3://{bucket_pair.a}/{KEY}", server.b.profile, server.a.profile)
    assert "needs aws:SourceIp 203.0.113.0/24; here it is 127.0.0.1" in seen.finding("not-allowed").sentence


async def test_a_denied_read_is_explained_and_the_remedy_opens_it(panes: Panes, bucket_pair: BucketPair) -> None:
    server, uri = bucket_pair.server, f"s3://{bucket_pair.a}/{KEY}"
    client = server.client(server.a)
    client.put_object(Bucket=bucket_pair.a, Key=KEY, Body=b"12345")
    statement = allow_on_objects(bucket_pair.a, server.b.principal, "s3:PutObject")
    bucket_pair.set_policy_of_a(statement)
    before = await panes.explain(uri, server.b.profile, server.a.profile)
    assert (before.verdict, before.live) == (Verdict.DENIED, True)
    assert before.cause is not None
    assert LayerKind.BUCKET_POLICY in before.cause.layers
    knows = Feature.CALLER_IDENTITY in server.features
    assert before.cause.certain
    if knows:
        assert before.remedies[0].edit is not None
        changed = {"Version": "2012-10-17", "Statement": [json.loads(before.remedies[0].edit.statement_json)]}
        client.put_bucket_policy(Bucket=bucket_pair.a, Policy=json.dumps(changed))
        after = await panes.explain(uri, server.b.profile, server.a.profile)
        assert (after.verdict, after.live, after.cause) == (Verdict.ALLOWED, True, None)
    else:
        assert "Sign the request" not in " ".join(one.sentence for one in before.remedies)
