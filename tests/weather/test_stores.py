"""What sheltered stores make of failures, seen through a proxy that causes them."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.proxy_faults import (
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
from tests.waiting import until
from tests.weather.sky import PLAIN, SHORT, BucketSky, sky_over
from tui.model.problem import ProblemKind
from tui.stores.limits import MIB
from tui.transfers.weather import Allowance, Budget, Interrupted, budget

LARGE = 5 * MIB


@pytest.fixture
async def sky(bucket_pair: BucketPair, server_environment: S3Server) -> AsyncIterator[BucketSky]:
    async with sky_over(bucket_pair, SHORT) as sky:
        yield sky


@pytest.mark.parametrize(
    "fault", [ResetAnswer(100), ResetAnswer(LARGE // 2), StallAnswer(LARGE // 2), TruncateAnswer(LARGE // 2)]
)
async def test_a_body_that_is_cut_is_read_again(sky: BucketSky, fault: Fault) -> None:
    body = os.urandom(LARGE)
    etag = sky.put("k", body)
    rule = sky.befall(fault, "GetObject", times=2)
    own = Budget()
    budget.set(own)
    store = await sky.open(sky.connection_a)
    assert await store.read(sky.buckets.a, "k", etag=etag, start=0, length=LARGE) == body
    assert (rule.taken, own.used, sky.proxy.count("GetObject")) == (2, 2, 3)


@pytest.mark.parametrize("fault", [ResetRequest(LARGE // 2), StallRequest(1000), StallRequest(LARGE), LoseAnswer()])
async def test_a_request_that_is_cut_is_sent_again(sky: BucketSky, fault: Fault) -> None:
    body = os.urandom(LARGE)
    sky.befall(fault, "PutObject", times=1)
    own = Budget()
    budget.set(own)
    store = await sky.open(sky.connection_b)
    await store.put(sky.buckets.b, "k", body, PLAIN, only_new=True)
    assert sky.content("k") == body
    assert own.used == 1


async def test_a_server_that_takes_no_more_bytes_is_given_up(sky: BucketSky) -> None:
    """More bytes than the kernel holds for it: no answer is waited for yet, so that no timeout of answers runs."""
    body = bytes(32 * MIB)
    sky.befall(StallRequest(1000), "PutObject", times=1)
    store = await sky.open(sky.connection_b)
    await store.put(sky.buckets.b, "k", body, PLAIN)
    assert sky.b.head_object(Bucket=sky.buckets.b, Key="k")["ContentLength"] == len(body)


async def test_damaged_bytes_are_neither_read_nor_written(sky: BucketSky) -> None:
    body = os.urandom(LARGE)
    store = await sky.open(sky.connection_b)
    sky.befall(DamageRequest(), "PutObject", "UploadPart", times=2)
    await store.put(sky.buckets.b, "k", body, PLAIN)
    assert sky.content("k") == body
    upload = await store.create_upload(sky.buckets.b, "parts", PLAIN)
    sky.befall(DamageRequest(), "UploadPart", times=2)
    part = await store.upload_part(sky.buckets.b, "parts", upload, 1, body, start=0)
    await store.complete_upload(sky.buckets.b, "parts", upload, [part])
    assert sky.content("parts") == body


async def test_a_slow_server_is_asked_by_fewer_at_once(sky: BucketSky) -> None:
    store = await sky.open(sky.connection_b)
    lane = sky.weather.lane(store.endpoint)
    width = lane.width
    rule = sky.befall(SLOW_DOWN, share=0.2)
    await asyncio.gather(*(store.put(sky.buckets.b, f"k{i}", str(i).encode(), PLAIN) for i in range(100)))
    assert rule.taken > 5
    assert 1 <= lane.width < width / 2
    pages = [page async for page in store.pages(sky.buckets.b, "", recursive=True)]
    assert sorted(name for page in pages for name in page.names) == sorted(f"k{i}" for i in range(100))
    assert {sky.content(f"k{i}") for i in range(100)} == {str(i).encode() for i in range(100)}


@pytest.mark.parametrize(
    ("status", "code", "kind", "remedy"),
    [
        (403, "AccessDenied", ProblemKind.DENIED, "s3:GetObject"),
        (404, "NoSuchKey", ProblemKind.NO_SUCH_KEY, "refresh"),
        (412, "PreconditionFailed", ProblemKind.CHANGED, "start again"),
        (403, "InvalidObjectState", ProblemKind.ARCHIVED, "restore"),
        (400, "KMS.DisabledException", ProblemKind.INVALID, "enable the KMS key"),
        (403, "SignatureDoesNotMatch", ProblemKind.BAD_CREDENTIALS, "secret"),
    ],
)
async def test_what_is_permanent_is_not_tried_again(
    sky: BucketSky, status: int, code: str, kind: ProblemKind, remedy: str
) -> None:
    store = await sky.open(sky.connection_a)
    sky.befall(Answer(status, code), "GetObject")
    problem = await problem_of(store.read(sky.buckets.a, "k", etag='"x"', start=0, length=7))
    assert (problem.kind, problem.request_id) == (kind, "PROXY")
    assert remedy in problem.remedy
    assert sky.proxy.count("GetObject") == 1


async def test_a_wrong_clock_is_said_after_one_more_try(sky: BucketSky) -> None:
    store = await sky.open(sky.connection_a)
    rule = sky.befall(Answer(403, "RequestTimeTooSkewed", ahead=timedelta(hours=1)), "GetObject", "HeadObject")
    for request in (
        store.read(sky.buckets.a, "k", etag='"x"', start=0, length=7),
        store.head(sky.buckets.a, "k"),  # whose answer has no words
    ):
        rule.taken = 0
        problem = await problem_of(request)
        assert (problem.kind, problem.remedy) == (ProblemKind.BAD_CREDENTIALS, "set the clock, then try again")
        assert rule.taken == 2


async def test_a_server_that_always_fails_uses_the_budget_up(
    bucket_pair: BucketPair, server_environment: S3Server
) -> None:
    async with sky_over(bucket_pair, SHORT, Allowance(each=3, whole=5)) as sky:
        etag = sky.put("k")
        sky.befall(Answer(500, "InternalError"), "GetObject")
        own = sky.weather.budget()
        budget.set(own)
        store = await sky.open(sky.connection_a)
        for used in (3, 5):
            problem = await problem_of(store.read(sky.buckets.a, "k", etag=etag, start=0, length=7))
            assert (problem.kind, problem.code) == (ProblemKind.SERVER, "InternalError")
            assert own.used == used
        assert sky.proxy.count("GetObject") == 4 + 3


async def test_a_server_that_answers_nothing_else_interrupts(
    bucket_pair: BucketPair, server_environment: S3Server
) -> None:
    async with sky_over(bucket_pair, SHORT, Allowance(each=3)) as sky:
        etag = sky.put("k")
        rule = sky.befall(Answer(503, "ServiceUnavailable"))
        store = await sky.open(sky.connection_a)
        with pytest.raises(Interrupted) as caught:
            await store.read(sky.buckets.a, "k", etag=etag, start=0, length=7)
        assert caught.value.problem.kind is ProblemKind.THROTTLED
        assert (sky.proxy.count("GetObject"), sky.proxy.count("ListBuckets")) == (4, 1)
        sky.proxy.rules.remove(rule)
        await sky.weather.better(caught.value)
        assert await store.read(sky.buckets.a, "k", etag=etag, start=0, length=7) == b"content"


async def test_a_new_object_whose_answer_was_lost_is_found_to_be_ours(sky: BucketSky) -> None:
    sky.befall(LoseAnswer(), "PutObject", times=1)
    store = await sky.open(sky.connection_b)
    etag = await store.put(sky.buckets.b, "k", b"content", PLAIN, only_new=True)
    assert etag == sky.b.head_object(Bucket=sky.buckets.b, Key="k")["ETag"]
    assert sky.proxy.count("PutObject") == 2


@pytest.mark.parametrize("only_new", [True, False])
async def test_a_completion_whose_answer_was_lost(sky: BucketSky, only_new: bool) -> None:
    store = await sky.open(sky.connection_b)
    upload = await store.create_upload(sky.buckets.b, "k", PLAIN)
    part = await store.upload_part(sky.buckets.b, "k", upload, 1, b"content", start=0)
    sky.befall(LoseAnswer(), "CompleteMultipartUpload", times=1)
    await store.complete_upload(sky.buckets.b, "k", upload, [part], only_new=only_new)
    assert sky.content("k") == b"content"
    assert sky.proxy.count("CompleteMultipartUpload") == 2


async def test_an_upload_that_may_have_been_begun_twice_is_told(sky: BucketSky) -> None:
    own = Budget()
    budget.set(own)
    store = await sky.open(sky.connection_b)
    sky.befall(SLOW_DOWN, "CreateMultipartUpload", times=1)
    first = await store.create_upload(sky.buckets.b, "refused", PLAIN)
    assert not own.was_recreated(sky.buckets.b, "refused")  # it was refused: nothing was begun
    sky.befall(LoseAnswer(), "CreateMultipartUpload", times=1)
    second = await store.create_upload(sky.buckets.b, "k", PLAIN)
    assert own.was_recreated(sky.buckets.b, "k")
    [unknown] = set(sky.uploads()) - {first, second}
    found = await store.uploads(sky.buckets.b, "k")
    assert {each.upload for each in found} == {second, unknown}


async def test_a_listing_goes_on_where_it_broke_off(sky: BucketSky) -> None:
    keys = sorted(f"{i:04}" for i in range(1100))
    await asyncio.gather(*(asyncio.to_thread(sky.put, key) for key in keys))
    store = await sky.open(sky.connection_a)
    names: list[str] = []
    async for page in store.pages(sky.buckets.a, "", recursive=True):
        if not names:
            sky.befall(ResetAnswer(1000), "ListObjectsV2", times=1)
        names += page.names
    assert names == keys
    assert sky.proxy.count("ListObjectsV2") == 3


async def test_expired_credentials_interrupt_until_there_are_others(sky: BucketSky) -> None:
    etag = sky.put("k")
    store = await sky.open(sky.connection_a)
    rule = sky.befall(Answer(400, "ExpiredToken", "The provided token has expired."))
    with pytest.raises(Interrupted) as caught:
        await store.read(sky.buckets.a, "k", etag=etag, start=0, length=7)
    assert (caught.value.problem.kind, caught.value.connection) == (ProblemKind.EXPIRED, sky.connection_a)
    assert sky.proxy.count("GetObject") == 1
    with pytest.raises(Interrupted):  # known already: nobody is asked
        await store.head(sky.buckets.a, "k")
    assert sky.proxy.count("HeadObject") == 0
    waiting = [asyncio.create_task(sky.weather.better(caught.value)) for _ in range(5)]
    await until(lambda: sky.proxy.count("ListBuckets") > 2, "several looks found nothing better")
    assert not any(task.done() for task in waiting)
    sky.proxy.rules.remove(rule)
    await asyncio.gather(*waiting)
    store = await sky.open(sky.connection_a)
    assert await store.read(sky.buckets.a, "k", etag=etag, start=0, length=7) == b"content"


async def test_a_head_without_words_interrupts_too(sky: BucketSky) -> None:
    store = await sky.open(sky.connection_a)
    sky.befall(Answer(400, "ExpiredToken", "The provided token has expired."))
    with pytest.raises(Interrupted) as caught:
        await store.head(sky.buckets.a, "k")
    assert caught.value.problem.kind is ProblemKind.EXPIRED


async def test_a_network_that_is_away_interrupts_until_it_is_back(
    bucket_pair: BucketPair, server_environment: S3Server
) -> None:
    async with sky_over(bucket_pair, SHORT, Allowance(each=3)) as sky:
        etag = sky.put("k")
        store = await sky.open(sky.connection_a)
        await sky.proxy.away()
        own = sky.weather.budget()
        budget.set(own)
        with pytest.raises(Interrupted) as caught:
            await store.read(sky.buckets.a, "k", etag=etag, start=0, length=7)
        assert caught.value.problem.kind is ProblemKind.UNREACHABLE
        assert own.used == 3
        waiting = asyncio.create_task(sky.weather.better(caught.value))
        await asyncio.sleep(0)
        assert not waiting.done()
        await sky.proxy.open()
        await waiting
        store = await sky.open(sky.connection_a)
        assert await store.read(sky.buckets.a, "k", etag=etag, start=0, length=7) == b"content"


async def test_a_short_absence_is_bridged_by_the_budget(sky: BucketSky) -> None:
    etag = sky.put("k")
    store = await sky.open(sky.connection_a)
    await store.head(sky.buckets.a, "k")
    rule = sky.befall(ResetRequest(), times=4)
    assert await store.read(sky.buckets.a, "k", etag=etag, start=0, length=7) == b"content"
    assert rule.taken == 4


async def test_one_object_that_is_always_cut_fails_alone(bucket_pair: BucketPair, server_environment: S3Server) -> None:
    async with sky_over(bucket_pair, SHORT, Allowance(each=2)) as sky:
        etag = sky.put("k")
        store = await sky.open(sky.connection_a)
        sky.befall(ResetAnswer(3), "GetObject", key="k")
        problem = await problem_of(store.read(sky.buckets.a, "k", etag=etag, start=0, length=7))
        assert problem.kind in (ProblemKind.UNREACHABLE, ProblemKind.SERVER)
        assert (await store.head(sky.buckets.a, "k")).etag == etag
