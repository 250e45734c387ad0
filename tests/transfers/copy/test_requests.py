"""How many requests an object costs, by what is copied and how: see docs/requests.md."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.servers.policies import Statement, allow_on_objects
from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.world import World
from tui.model.orders import AclChoice, ConflictPolicy, Route
from tui.model.transfer import ObjectResult, Outcome, Verification
from tui.transfers.copy.routes import TAGS_UNREAD

MIB = 1 << 20
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)

WHOLE = 40
"""Objects of a prefix: more than are under way at once."""


class Asked:
    """The requests for the objects of one copy, besides what a transfer asks once."""

    def __init__(self, world: World, proxy: FaultProxy) -> None:
        self._world, self._proxy = world, proxy

    async def copy(self, **options: Any) -> tuple[Counter[str], list[ObjectResult]]:
        before = len(self._proxy.seen)
        options = {"conflict": ConflictPolicy.OVERWRITE, **options}
        _, results = await self._world.copy(self._world.order(prefixes=("p/",), **options))
        counts = Counter(each.operation for each in self._proxy.seen[before:] if each.key)
        counts.pop("ListObjectAnnotations", 0)  # each relayed object's, where the server has annotations
        return counts, results


@pytest.fixture
def asked(proxied: World, proxy: FaultProxy) -> Asked:
    return Asked(proxied, proxy)


def put_many(world: World, number: int = WHOLE, **parameters: Any) -> None:
    for each in range(number):
        world.put(f"p/{each:03}", b"content", **parameters)


def tags_of(world: World, key: str) -> dict[str, str]:
    tags = world.b.get_object_tagging(Bucket=world.buckets.b, Key=key)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in tags}


def about(count: int, most: int = 32) -> range:
    """So many, and those of the objects that are under way at once before anything is learned."""
    return range(count, count + most + 1)


def assert_same(results: list[ObjectResult], number: int = WHOLE) -> None:
    assert Counter(result.verification for result in results) == {Verification.SAME: number}
    assert {result.outcome for result in results} <= {Outcome.COPIED, Outcome.MOVED}


async def test_a_relayed_object_costs_two(proxied: World, asked: Asked) -> None:
    put_many(proxied, Metadata={"m": "1"}, ContentType="text/x")
    counts, results = await asked.copy(route=Route.RELAY)
    assert_same(results)
    assert counts.pop("GetObjectTagging") in about(3, 29)
    assert counts == {"GetObject": WHOLE, "PutObject": WHOLE, "GetAcl": 2}
    copy = proxied.b.head_object(Bucket=proxied.buckets.b, Key="p/000")
    assert (copy["Metadata"], copy["ContentType"]) == ({"m": "1"}, "text/x")
    assert sum(result.owner_inferred for result in results) == WHOLE - 1


async def test_one_with_tags_costs_three(proxied: World, asked: Asked) -> None:
    put_many(proxied, Tagging="a=b")
    counts, results = await asked.copy(route=Route.RELAY)
    assert_same(results)
    assert counts == {"GetObject": WHOLE, "PutObject": WHOLE, "GetObjectTagging": WHOLE, "GetAcl": 2}
    assert all(tags_of(proxied, each) == {"a": "b"} for each in proxied.target_keys())


@ONLY_DEMO  # Ceph 18 lets all read tags that may read the object
async def test_tags_that_may_not_be_read_are_asked_for_each_and_said(proxied: World, asked: Asked) -> None:
    """Their number is not sent: that it is missing proves nothing."""
    put_many(proxied, Tagging="a=b")
    server, bucket = proxied.buckets.server, proxied.buckets.a
    arn = f"arn:aws:s3:::{bucket}/*"
    proxied.buckets.set_policy_of_a(Statement("Deny", server.a.principal, ("s3:GetObjectTagging",), arn))
    counts, results = await asked.copy(route=Route.RELAY)
    assert_same(results)
    assert counts["GetObjectTagging"] >= WHOLE
    assert all(TAGS_UNREAD in result.notes for result in results)


async def test_a_copy_by_the_server_costs_one(proxied: World, asked: Asked) -> None:
    proxied.let_b_read()
    put_many(proxied, Metadata={"m": "1"}, ContentType="text/x", Tagging="a=b")
    await asked.copy(to="before/", route=Route.PULL)  # Ceph is recognised by what it says of an object
    counts, results = await asked.copy(to="after/", route=Route.PULL)
    assert_same(results)
    assert counts == {"CopyObject": WHOLE, "GetAcl": 2}
    copy = proxied.b.head_object(Bucket=proxied.buckets.b, Key="after/p/000")
    assert (copy["Metadata"], copy["ContentType"], copy["TagCount"]) == ({"m": "1"}, "text/x", 1)
    assert tags_of(proxied, "after/p/000") == {"a": "b"}
    assert {result.evidence for result in results} == {"ETag"}


@ONLY_DEMO  # Ceph 18 has no other class
async def test_another_storage_class_and_acl_cost_nothing_more(proxied: World, asked: Asked) -> None:
    proxied.let_b_read()
    put_many(proxied, StorageClass="ONEZONE_IA")
    counts, results = await asked.copy(route=Route.PULL, to="same/")
    assert_same(results)
    assert counts == {"CopyObject": WHOLE, "GetAcl": 2}
    assert proxied.b.head_object(Bucket=proxied.buckets.b, Key="same/p/000")["StorageClass"] == "ONEZONE_IA"
    counts, results = await asked.copy(
        route=Route.PULL, to="other/", storage_class="STANDARD_IA", acl=AclChoice.PUBLIC_READ, encryption="AES256"
    )
    assert_same(results)
    assert counts == {"CopyObject": WHOLE, "GetAcl": 2}
    assert proxied.b.head_object(Bucket=proxied.buckets.b, Key="other/p/000")["StorageClass"] == "STANDARD_IA"


@ONLY_DEMO
async def test_tags_that_the_writer_may_not_read_are_left_out_and_said(proxied: World, asked: Asked) -> None:
    """The one request is denied, as S3 denies it; then all is as it is for an object that is looked at."""
    proxied.buckets.set_policy_of_a(
        allow_on_objects(proxied.buckets.a, proxied.buckets.server.b.principal, "s3:GetObject"),
        Statement("Deny", "*", ("s3:GetObjectTagging",), f"arn:aws:s3:::{proxied.buckets.a}/*"),
    )
    put_many(proxied, Tagging="a=b")
    counts, results = await asked.copy(route=Route.PULL)
    assert_same(results)
    assert WHOLE < counts["CopyObject"] < 2 * WHOLE, "it is not tried for ever"
    assert all(TAGS_UNREAD in result.notes for result in results)


@pytest.mark.parametrize(("route", "writes"), [(Route.RELAY, ["GetObject", "PutObject"]), (Route.PULL, ["CopyObject"])])
async def test_a_move_looks_at_the_source_before_it_is_deleted(
    proxied: World, asked: Asked, route: Route, writes: list[str]
) -> None:
    proxied.let_b_read()
    put_many(proxied)
    await asked.copy(to="before/", route=Route.PULL)
    counts, results = await asked.copy(route=route, move=True)
    assert_same(results)
    assert {result.outcome for result in results} == {Outcome.MOVED}
    counts.pop("GetObjectTagging", 0)
    assert counts.pop("DeleteObject") >= WHOLE  # Ceph is shown first what it makes of the condition
    assert counts.pop("HeadObject") in range(WHOLE, WHOLE + 4)
    assert counts == {**dict.fromkeys(writes, WHOLE), "GetAcl": 2}


@pytest.mark.parametrize("route", [Route.RELAY, Route.PULL])
async def test_parts_cost_what_they_did_but_for_tags_and_owner(proxied: World, asked: Asked, route: Route) -> None:
    proxied.let_b_read()
    for number in range(2):
        proxied.put_random(f"p/{number}", 11 * MIB)
    counts, results = await asked.copy(route=route, multipart_threshold=5 * MIB, part_size=5 * MIB)
    assert {result.outcome for result in results} == {Outcome.COPIED}
    made = ["GetObject", "UploadPart"] if route is Route.RELAY else ["UploadPartCopy"]
    expected = {"CreateMultipartUpload": 2, **dict.fromkeys(made, 6), "CompleteMultipartUpload": 2}
    assert {name: counts[name] for name in expected} == expected
    assert counts["HeadObject"] == (4 if route is Route.RELAY else 6)  # source, copy; and the source again


@pytest.mark.parametrize("policy", list(ConflictPolicy))
async def test_a_policy_that_looks_costs_a_look(proxied: World, asked: Asked, policy: ConflictPolicy) -> None:
    put_many(proxied, 5)
    counts, results = await asked.copy(route=Route.RELAY, conflict=policy)
    assert_same(results, 5)
    assert counts["HeadObject"] == (0 if policy is ConflictPolicy.OVERWRITE else 5)
    assert (counts["GetObject"], counts["PutObject"]) == (5, 5)


async def test_what_exists_is_skipped_by_both_listings_alone(proxied: World, asked: Asked) -> None:
    put_many(proxied, 5)
    await asked.copy(route=Route.RELAY)
    counts, results = await asked.copy(route=Route.RELAY, conflict=ConflictPolicy.SKIP)
    assert {result.outcome for result in results} == {Outcome.SKIPPED}
    assert counts == {}


@pytest.mark.parametrize("route", [Route.RELAY, Route.PULL])
async def test_an_object_that_has_changed_since_it_was_listed_is_copied_as_it_is_now(
    proxied: World, proxy: FaultProxy, asked: Asked, route: Route
) -> None:
    proxied.let_b_read()
    put_many(proxied, 3)
    await asked.copy(to="before/", route=Route.PULL)
    proxied.put("p/001", b"before the listing")

    async def write(_: object) -> None:
        await asyncio.to_thread(proxied.put, "p/001", b"another content, and longer", Tagging="a=b")

    first = "GetObject" if route is Route.RELAY else "CopyObject"
    proxy.rules.append(Rule(Meanwhile(before=write), (first,), key="p/001", times=1))
    counts, results = await asked.copy(route=route)
    assert_same(results, 3)
    assert proxied.content("p/001") == b"another content, and longer"
    assert tags_of(proxied, "p/001") == {"a": "b"}
    assert (counts[first], counts["HeadObject"]) == (4, 1)


@pytest.mark.parametrize("route", [Route.RELAY, Route.PULL])
async def test_an_object_that_is_gone_since_it_was_listed_fails_alone(
    proxied: World, proxy: FaultProxy, asked: Asked, route: Route
) -> None:
    proxied.let_b_read()
    put_many(proxied, 3)
    await asked.copy(to="before/", route=Route.PULL)

    async def delete(_: object) -> None:
        await asyncio.to_thread(proxied.a.delete_object, Bucket=proxied.buckets.a, Key="p/001")

    first = ("GetObject", "GetObjectTagging", "CopyObject")
    proxy.rules.append(Rule(Meanwhile(before=delete), first, key="p/001", times=1))
    _, results = await asked.copy(route=route)
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert [result.source[-3:] for result in failed] == ["001"]


@ONLY_DEMO
@pytest.mark.parametrize("body", [b"", b"content"], ids=["empty", "of a website"])
async def test_a_website_redirect_is_kept(proxied: World, asked: Asked, body: bytes) -> None:
    """CopyObject does not copy it by itself."""
    proxied.let_b_read()
    proxied.put("p/k", body, WebsiteRedirectLocation="/elsewhere")
    if body:
        website = {"IndexDocument": {"Suffix": "index.html"}}
        proxied.a.put_bucket_website(Bucket=proxied.buckets.a, WebsiteConfiguration=website)
    _, results = await asked.copy(route=Route.PULL)
    assert_same(results, 1)
    copy = proxied.b.head_object(Bucket=proxied.buckets.b, Key="p/k")
    assert copy["WebsiteRedirectLocation"] == "/elsewhere"


@ONLY_DEMO
async def test_an_etag_that_proves_nothing_is_no_evidence(proxied: World, asked: Asked) -> None:
    """Encrypted by a key of KMS, a copy has an ETag of its own: then both are looked at, and compared by checksum."""
    proxied.let_b_read()
    put_many(proxied, 3)
    counts, results = await asked.copy(route=Route.PULL, encryption="aws:kms")
    assert_same(results, 3)
    assert {result.evidence for result in results} == {"CRC32"}
    assert counts["CopyObject"] == 3
    counts, results = await asked.copy(route=Route.RELAY, encryption="aws:kms", to="relayed/")
    assert_same(results, 3)
    assert counts["PutObject"] == 3
    assert counts["HeadObject"] == 0, "its checksum was echoed"
