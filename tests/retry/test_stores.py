"""What retrying stores do about failures that a proxy causes."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.retry.proxied import PLAIN, SHORT, ProxiedBuckets, proxied_buckets
from tests.servers.buckets import BucketPair
from tests.servers.proxy.faults import (
    SLOW_DOWN,
    Answer,
    DamageRequest,
    Fault,
    LoseAnswer,
    ResetAnswer,
    ResetRequest,
    StallAnswer,
    StallRequest,
    TruncateAnswer,
)
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of
from tests.waiting import PATIENCE, until
from tui.accounts.clients.connection import Timeouts
from tui.model.problem import ProblemKind
from tui.model.s3_limits import MIB
from tui.transfers.retry import Allowance, Budget, Interrupted, budget

LARGE = 5 * MIB
LONGER = Timeouts(connect=1.0 * PATIENCE, read=1.0 * PATIENCE)
"""A server may take a second for so large a body."""


@pytest.fixture
async def proxied(bucket_pair: BucketPair, server_environment: S3Server) -> AsyncIterator[ProxiedBuckets]:
    async with proxied_buckets(bucket_pair, SHORT) as proxied:
        yield proxied


@pytest.mark.parametrize(
    "fault", [ResetAnswer(100), ResetAnswer(LARGE // 2), StallAnswer(LARGE // 2), TruncateAnswer(LARGE // 2)]
)
async def test_a_body_that_is_cut_is_read_again(proxied: ProxiedBuckets, fault: Fault) -> None:
    body = os.urandom(LARGE)
    etag = proxied.put("k", body)
    rule = proxied.befall(fault, "GetObject", times=2)
    own = Budget()
    budget.set(own)
    store = await proxied.open(proxied.connection_a)
    assert await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=LARGE) == body
    assert (rule.taken, own.used, proxied.proxy.count("GetObject")) == (2, 2, 3)


@pytest.mark.parametrize("fault", [ResetRequest(LARGE // 2), StallRequest(1000), StallRequest(LARGE), LoseAnswer()])
async def test_a_request_that_is_cut_is_sent_again(proxied: ProxiedBuckets, fault: Fault) -> None:
    body = os.urandom(LARGE)
    proxied.befall(fault, "PutObject", times=1)
    own = Budget()
    budget.set(own)
    store = await proxied.open(proxied.connection_b)
    await store.put(proxied.buckets.b, "k", body, PLAIN, only_new=True)
    assert proxied.content("k") == body
    assert own.used == 1


async def test_a_server_that_takes_no_more_bytes_is_given_up(
    bucket_pair: BucketPair, server_environment: S3Server
) -> None:
    """More bytes than the kernel holds for it: no answer is waited for yet, so that no timeout of answers runs."""
    body = bytes(16 * MIB)
    async with proxied_buckets(bucket_pair, LONGER) as proxied:
        proxied.befall(StallRequest(1000), "PutObject", times=1)
        store = await proxied.open(proxied.connection_b)
        await store.put(proxied.buckets.b, "k", body, PLAIN)
        assert proxied.b.head_object(Bucket=proxied.buckets.b, Key="k")["ContentLength"] == len(body)


async def test_damaged_bytes_are_neither_read_nor_written(proxied: ProxiedBuckets) -> None:
    body = os.urandom(LARGE)
    store = await proxied.open(proxied.connection_b)
    proxied.befall(DamageRequest(), "PutObject", "UploadPart", times=2)
    await store.put(proxied.buckets.b, "k", body, PLAIN)
    assert proxied.content("k") == body
    upload = await store.create_upload(proxied.buckets.b, "parts", PLAIN)
    proxied.befall(DamageRequest(), "UploadPart", times=2)
    part = await store.upload_part(proxied.buckets.b, "parts", upload, 1, body, start=0)
    await store.complete_upload(proxied.buckets.b, "parts", upload, [part])
    assert proxied.content("parts") == body


async def test_a_slow_server_is_asked_by_fewer_at_once(proxied: ProxiedBuckets) -> None:
    store = await proxied.open(proxied.connection_b)
    limit = proxied.retries.limit(store.endpoint)
    width = limit.width
    rule = proxied.befall(SLOW_DOWN, share=0.2)
    await asyncio.gather(*(store.put(proxied.buckets.b, f"k{i}", str(i).encode(), PLAIN) for i in range(100)))
    assert rule.taken > 5
    assert 1 <= limit.width < width / 2
    pages = [page async for page in store.pages(proxied.buckets.b, "", recursive=True)]
    assert sorted(name for page in pages for name in page.names) == sorted(f"k{i}" for i in range(100))
    assert {proxied.content(f"k{i}") for i in range(100)} == {str(i).encode() for i in range(100)}


@pytest.mark.parametrize(
    ("status", "code", "kind", "remedy"),
    [
        (403, "AccessDenied", ProblemKind.DENIED, "s3:GetObject"),
        (404, "NoSuchKey", ProblemKind.NO_SUCH_KEY, "check the key"),
        (412, "PreconditionFailed", ProblemKind.CHANGED, "copy it again"),
        (403, "InvalidObjectState", ProblemKind.ARCHIVED, "restore"),
        (400, "KMS.DisabledException", ProblemKind.INVALID, "enable the KMS key"),
        (403, "SignatureDoesNotMatch", ProblemKind.BAD_CREDENTIALS, "secret"),
    ],
)
async def test_what_is_permanent_is_not_tried_again(
    proxied: ProxiedBuckets, status: int, code: str, kind: ProblemKind, remedy: str
) -> None:
    store = await proxied.open(proxied.connection_a)
    proxied.befall(Answer(status, code), "GetObject")
    problem = await problem_of(store.read(proxied.buckets.a, "k", etag='"x"', start=0, length=7))
    assert (problem.kind, problem.request_id) == (kind, "PROXY")
    assert remedy in problem.remedy
    assert proxied.proxy.count("GetObject") == 1


async def test_a_wrong_clock_is_said_after_one_more_try(proxied: ProxiedBuckets) -> None:
    store = await proxied.open(proxied.connection_a)
    rule = proxied.befall(Answer(403, "RequestTimeTooSkewed", ahead=timedelta(hours=1)), "GetObject", "HeadObject")
    for request in (
        store.read(proxied.buckets.a, "k", etag='"x"', start=0, length=7),
        store.head(proxied.buckets.a, "k"),  # whose answer has no words
    ):
        rule.taken = 0
        problem = await problem_of(request)
        assert (problem.kind, problem.remedy) == (ProblemKind.BAD_CREDENTIALS, "set the clock, then try again")
        assert rule.taken == 2


async def test_a_server_that_always_fails_uses_the_budget_up(
    bucket_pair: BucketPair, server_environment: S3Server
) -> None:
    async with proxied_buckets(bucket_pair, SHORT, Allowance(each=3, whole=5)) as proxied:
        etag = proxied.put("k")
        proxied.befall(Answer(500, "InternalError"), "GetObject")
        own = proxied.retries.budget()
        budget.set(own)
        store = await proxied.open(proxied.connection_a)
        for used in (3, 5):
            problem = await problem_of(store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7))
            assert (problem.kind, problem.code) == (ProblemKind.SERVER, "InternalError")
            assert own.used == used
        assert proxied.proxy.count("GetObject") == 4 + 3


async def test_a_server_that_answers_nothing_else_interrupts(
    bucket_pair: BucketPair, server_environment: S3Server
) -> None:
    async with proxied_buckets(bucket_pair, SHORT, Allowance(each=3)) as proxied:
        etag = proxied.put("k")
        rule = proxied.befall(Answer(503, "ServiceUnavailable"))
        store = await proxied.open(proxied.connection_a)
        with pytest.raises(Interrupted) as caught:
            await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7)
        assert caught.value.problem.kind is ProblemKind.THROTTLED
        assert (proxied.proxy.count("GetObject"), proxied.proxy.count("ListBuckets")) == (4, 1)
        proxied.proxy.rules.remove(rule)
        await proxied.retries.wait_until_usable(caught.value)
        assert await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7) == b"content"


async def test_a_new_object_whose_answer_was_lost_is_found_to_be_ours(proxied: ProxiedBuckets) -> None:
    proxied.befall(LoseAnswer(), "PutObject", times=1)
    store = await proxied.open(proxied.connection_b)
    stored = await store.put(proxied.buckets.b, "k", b"content", PLAIN, only_new=True)
    assert stored.etag == proxied.b.head_object(Bucket=proxied.buckets.b, Key="k")["ETag"]
    assert proxied.proxy.count("PutObject") == 2


@pytest.mark.parametrize("only_new", [True, False])
async def test_a_completion_whose_answer_was_lost(proxied: ProxiedBuckets, only_new: bool) -> None:
    store = await proxied.open(proxied.connection_b)
    upload = await store.create_upload(proxied.buckets.b, "k", PLAIN)
    part = await store.upload_part(proxied.buckets.b, "k", upload, 1, b"content", start=0)
    proxied.befall(LoseAnswer(), "CompleteMultipartUpload", times=1)
    await store.complete_upload(proxied.buckets.b, "k", upload, [part], only_new=only_new)
    assert proxied.content("k") == b"content"
    assert proxied.proxy.count("CompleteMultipartUpload") == 2


async def test_an_upload_that_may_exist_twice_is_reported(proxied: ProxiedBuckets) -> None:
    own = Budget()
    budget.set(own)
    store = await proxied.open(proxied.connection_b)
    proxied.befall(SLOW_DOWN, "CreateMultipartUpload", times=1)
    first = await store.create_upload(proxied.buckets.b, "refused", PLAIN)
    assert not own.was_recreated(proxied.buckets.b, "refused")  # it was refused: nothing was begun
    proxied.befall(LoseAnswer(), "CreateMultipartUpload", times=1)
    second = await store.create_upload(proxied.buckets.b, "k", PLAIN)
    assert own.was_recreated(proxied.buckets.b, "k")
    [unknown] = set(proxied.uploads()) - {first, second}
    found = await store.uploads(proxied.buckets.b, "k")
    assert {each.upload for each in found} == {second, unknown}


@pytest.mark.parametrize("prefix", ["", "p/"], ids=["all", "below a prefix"])
async def test_a_listing_resumes_where_it_was_interrupted(proxied: ProxiedBuckets, prefix: str) -> None:
    names_put = sorted(f"{i:04}" for i in range(1100))
    await asyncio.gather(*(asyncio.to_thread(proxied.put, prefix + name) for name in names_put))
    store = await proxied.open(proxied.connection_a)
    names: list[str] = []
    async for page in store.pages(proxied.buckets.a, prefix, recursive=True):
        if not names:
            proxied.befall(ResetAnswer(1000), "ListObjectsV2", times=1)
        names += page.names
    assert names == names_put
    assert proxied.proxy.count("ListObjectsV2") == 3


async def test_expired_credentials_interrupt_until_there_are_others(proxied: ProxiedBuckets) -> None:
    etag = proxied.put("k")
    store = await proxied.open(proxied.connection_a)
    rule = proxied.befall(Answer(400, "ExpiredToken", "The provided token has expired."))
    with pytest.raises(Interrupted) as caught:
        await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7)
    assert (caught.value.problem.kind, caught.value.connection) == (ProblemKind.EXPIRED, proxied.connection_a)
    assert proxied.proxy.count("GetObject") == 1
    with pytest.raises(Interrupted):  # known already: nobody is asked
        await store.head(proxied.buckets.a, "k")
    assert proxied.proxy.count("HeadObject") == 0
    waiting = [asyncio.create_task(proxied.retries.wait_until_usable(caught.value)) for _ in range(5)]
    await until(lambda: proxied.proxy.count("ListBuckets") > 2, "several looks found nothing better")
    assert not any(task.done() for task in waiting)
    proxied.proxy.rules.remove(rule)
    await asyncio.gather(*waiting)
    store = await proxied.open(proxied.connection_a)
    assert await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7) == b"content"


async def test_a_head_without_words_interrupts_too(proxied: ProxiedBuckets) -> None:
    store = await proxied.open(proxied.connection_a)
    proxied.befall(Answer(400, "ExpiredToken", "The provided token has expired."))
    with pytest.raises(Interrupted) as caught:
        await store.head(proxied.buckets.a, "k")
    assert caught.value.problem.kind is ProblemKind.EXPIRED


async def test_a_network_that_is_away_interrupts_until_it_is_back(
    bucket_pair: BucketPair, server_environment: S3Server
) -> None:
    async with proxied_buckets(bucket_pair, SHORT, Allowance(each=3)) as proxied:
        etag = proxied.put("k")
        store = await proxied.open(proxied.connection_a)
        await proxied.proxy.away()
        own = proxied.retries.budget()
        budget.set(own)
        with pytest.raises(Interrupted) as caught:
            await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7)
        assert caught.value.problem.kind is ProblemKind.UNREACHABLE
        assert own.used == 3
        waiting = asyncio.create_task(proxied.retries.wait_until_usable(caught.value))
        await asyncio.sleep(0)
        assert not waiting.done()
        await proxied.proxy.open()
        await waiting
        store = await proxied.open(proxied.connection_a)
        assert await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7) == b"content"


async def test_a_short_absence_is_bridged_by_the_budget(proxied: ProxiedBuckets) -> None:
    etag = proxied.put("k")
    store = await proxied.open(proxied.connection_a)
    await store.head(proxied.buckets.a, "k")
    rule = proxied.befall(ResetRequest(), times=4)
    assert await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7) == b"content"
    assert rule.taken == 4


async def test_one_object_that_is_always_cut_fails_alone(bucket_pair: BucketPair, server_environment: S3Server) -> None:
    async with proxied_buckets(bucket_pair, SHORT, Allowance(each=2)) as proxied:
        etag = proxied.put("k")
        store = await proxied.open(proxied.connection_a)
        proxied.befall(ResetAnswer(3), "GetObject", key="k")
        problem = await problem_of(store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7))
        assert problem.kind in (ProblemKind.UNREACHABLE, ProblemKind.SERVER)
        assert (await store.head(proxied.buckets.a, "k")).etag == etag
