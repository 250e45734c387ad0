"""Whole transfers in bad weather: each ends complete and compared, or says what it could not do and why."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read
from tests.servers.proxy_faults import (
    SLOW_DOWN,
    Answer,
    DamageAnswer,
    DamageRequest,
    Fault,
    LoseAnswer,
    ResetAnswer,
    ResetRequest,
    StallAnswer,
    StallRequest,
    TruncateAnswer,
)
from tests.servers.server import Feature, S3Server
from tests.waiting import until
from tests.weather.sky import SHORT, BucketSky, sky_over
from tui.model.identity import Owner
from tui.model.location import Location
from tui.model.plan import ConflictPolicy, CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.problem import ProblemKind
from tui.model.transfer import ObjectResult, Outcome, Transfer, TransferState, Verification
from tui.stores.limits import MIB
from tui.stores.opening import open_store
from tui.transfers.journal import Journal
from tui.transfers.queue import TransferQueue

PART = 5 * MIB
READING = ("GetObject",)
WRITING = ("PutObject", "UploadPart")


class Copying:
    """A queue under the sky."""

    def __init__(self, sky: BucketSky, journal: Journal) -> None:
        self.sky = sky
        self.queue = TransferQueue(
            partial(open_store, sky.connections, attempts=1), self._owner_of, journal, sky.weather
        )

    async def _owner_of(self, connection: str) -> Owner | None:
        server = self.sky.server
        return Owner((server.a if connection == self.sky.connection_a else server.b).canonical_id)

    async def submit(self, prefix: str = "", **options: object) -> str:
        """Relay everything below a prefix of A's bucket to B's."""
        sky = self.sky
        settings = {"conflict": ConflictPolicy.OVERWRITE, "route": Route.RELAY, **options}
        return await self.queue.submit(
            CopyOrder(
                Selection(sky.connection_a, Location(sky.buckets.a, ""), prefixes=[prefix]),
                Destination(sky.connection_b, Location(sky.buckets.b, "")),
                CopyOptions(part_size=PART, multipart_threshold=PART, **settings),  # type: ignore[arg-type]  # a test's
            )
        )

    async def ended(self, transfer: str) -> tuple[Transfer, list[ObjectResult]]:
        """The transfer when it has ended, and all its results."""
        async with aclosing(self.queue.results(transfer)) as following:
            results = [result async for result in following]
        return await self.snapshot(transfer), results

    async def snapshot(self, transfer: str) -> Transfer:
        """The transfer as it stands."""
        async with aclosing(self.queue.watch()) as snapshots:
            async for snapshot in snapshots:
                return next(each for each in snapshot.transfers if each.id == transfer)
        raise AssertionError("the queue was closed")

    async def is_waiting(self, transfer: str) -> bool:
        """Whether the transfer waits."""
        return (await self.snapshot(transfer)).state is TransferState.WAITING


@pytest.fixture
async def copying(bucket_pair: BucketPair, server_environment: S3Server, tmp_path: Path) -> AsyncIterator[Copying]:
    async with sky_over(bucket_pair, SHORT) as sky:
        journal = await Journal.open(tmp_path / "journal" / "journal.sqlite", lambda _: None)
        copying = Copying(sky, journal)
        yield copying
        await copying.queue.close()
        assert sky.uploads() == []


def arrange(sky: BucketSky) -> dict[str, bytes]:
    """Small objects and one of three parts; their contents by key."""
    contents = {f"small/{i:02}": os.urandom(2000) for i in range(20)} | {"large": os.urandom(2 * PART + 1000)}
    for key, body in contents.items():
        sky.put(key, body)
    return contents


def assert_complete(sky: BucketSky, contents: dict[str, bytes], results: list[ObjectResult]) -> None:
    assert {result.source for result in results} == {f"s3://{sky.buckets.a}/{key}" for key in contents}
    assert Counter(result.outcome for result in results) == {Outcome.COPIED: len(contents)}
    assert {key: sky.content(key) for key in contents} == contents
    assert {result.verification for result in results} == {Verification.SAME}


@pytest.mark.parametrize(
    ("fault", "operations", "share"),
    [
        (SLOW_DOWN, (), 0.2),
        (Answer(500, "InternalError"), (), 0.2),
        (ResetAnswer(700), READING, 0.3),
        (ResetRequest(700), WRITING, 0.3),
        (LoseAnswer(), (*WRITING, "CompleteMultipartUpload"), 0.3),
        (TruncateAnswer(700), READING, 0.3),
        (StallAnswer(700), READING, 0.1),
        (StallRequest(700), WRITING, 0.1),
        (DamageRequest(), WRITING, 0.2),
    ],
)
async def test_a_copy_ends_complete_and_the_same(
    copying: Copying, fault: Fault, operations: tuple[str, ...], share: float
) -> None:
    sky = copying.sky
    contents = arrange(sky)
    sky.befall(fault, *operations, share=share)
    sky.befall(fault, *(operations or ("PutObject",)), times=1)  # at least once, whatever the dice say
    transfer, results = await copying.ended(await copying.submit())
    assert transfer.state is TransferState.DONE
    assert_complete(sky, contents, results)
    assert sum(result.retries for result in results) >= 1


@pytest.mark.parametrize("fault", [SLOW_DOWN, Answer(500, "InternalError"), LoseAnswer()])
async def test_a_copy_of_the_servers_own_ends_complete_and_the_same(copying: Copying, fault: Fault) -> None:
    sky = copying.sky
    sky.buckets.set_policy_of_a(*grant_read(sky.buckets.a, sky.server.b.principal))
    contents = arrange(sky)
    operations = ("CopyObject", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload")
    sky.befall(fault, *operations, share=0.3)
    sky.befall(fault, "CopyObject", times=1)  # at least once, whatever the dice say
    transfer, results = await copying.ended(await copying.submit(route=Route.PULL))
    assert transfer.state is TransferState.DONE
    assert {result.route for result in results} == {Route.PULL}
    assert Counter(result.outcome for result in results) == {Outcome.COPIED: len(contents)}
    assert {key: sky.content(key) for key in contents} == contents
    assert sum(result.retries for result in results) >= 1


async def test_wrong_bytes_are_never_called_a_copy(copying: Copying) -> None:
    """One byte of what is read is another one, always: no checksum of the network tells."""
    sky = copying.sky
    contents = arrange(sky)
    sky.befall(DamageAnswer(), "GetObject")
    transfer, results = await copying.ended(await copying.submit())
    assert transfer.state is TransferState.FAILED
    assert len(results) == len(contents)
    for result in results:
        assert result.outcome is Outcome.FAILED
        assert result.verification is not Verification.SAME
        assert result.problem
        assert result.problem.kind is ProblemKind.MISMATCH


async def test_wrong_bytes_now_and_then_are_read_again(copying: Copying) -> None:
    sky = copying.sky
    contents = arrange(sky)
    rules = [sky.befall(DamageAnswer(), "GetObject", key=key, times=1) for key in ("large", "small/03", "small/17")]
    transfer, results = await copying.ended(await copying.submit())
    assert transfer.state is TransferState.DONE
    assert [rule.taken for rule in rules] == [1, 1, 1]
    assert_complete(sky, contents, results)


async def test_a_denial_in_the_middle_fails_those_objects_and_is_not_tried_again(copying: Copying) -> None:
    sky = copying.sky
    contents = arrange(sky)
    denied = Answer(403, "AccessDenied", "Access Denied")
    rule = sky.befall(denied, "PutObject", times=5)
    transfer, results = await copying.ended(await copying.submit("small/"))
    assert transfer.state is TransferState.FAILED
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert len(failed) == rule.taken == 5
    for result in failed:
        assert result.problem
        assert (result.problem.kind, result.problem.request_id) == (ProblemKind.DENIED, "PROXY")
        assert "s3:PutObject" in result.problem.remedy
        assert result.retries == 0
    assert Counter(each.key for each in sky.proxy.seen if each.status == 403).most_common(1)[0][1] == 1
    copied = {result.source for result in results if result.outcome is Outcome.COPIED}
    assert len(copied) == len(contents) - 1 - 5


async def test_expired_credentials_pause_it_until_the_login(copying: Copying) -> None:
    sky = copying.sky
    contents = arrange(sky)
    rule = sky.befall(
        Answer(400, "ExpiredToken", "The provided token has expired."),
        when=lambda _: sky.proxy.count("PutObject", status=200) >= 3,
    )
    name = await copying.submit()
    await until(lambda: copying.is_waiting(name), "the transfer waits")
    waiting = await copying.snapshot(name)
    assert waiting.waits_for
    assert waiting.waits_for.kind is ProblemKind.EXPIRED
    assert waiting.objects_failed == 0
    sky.proxy.rules.remove(rule)
    transfer, results = await copying.ended(name)
    assert (transfer.state, transfer.waits_for) == (TransferState.DONE, None)
    assert_complete(sky, contents, results)


async def test_a_missing_network_pauses_it_until_it_is_back(copying: Copying) -> None:
    sky = copying.sky
    contents = arrange(sky)
    gone = asyncio.Event()

    async def cut() -> None:
        await until(lambda: sky.proxy.count("UploadPart", status=200) >= 1, "a part has arrived")
        await sky.proxy.away()
        gone.set()

    cutting = asyncio.create_task(cut())
    name = await copying.submit()
    await gone.wait()
    await cutting
    await until(lambda: copying.is_waiting(name), "the transfer waits")
    waiting = await copying.snapshot(name)
    assert waiting.waits_for
    assert waiting.waits_for.kind is ProblemKind.UNREACHABLE
    await sky.proxy.open()
    transfer, results = await copying.ended(name)
    assert transfer.state is TransferState.DONE
    [large] = [result for result in results if result.source.endswith("/large")]
    if Feature.CHECKSUMS not in sky.server.features and large.verification is Verification.UNKNOWN:
        # Nobody has read all of it in one go, and no checksum of its parts leads to that of the whole.
        del contents["large"]
        results.remove(large)
    assert_complete(sky, contents, results)
    assert max(sky.proxy.parts("UploadPart").values()) == 1  # no part that had arrived was sent again


async def test_what_is_gone_on_with_has_its_tags_too(copying: Copying) -> None:
    """Ceph forgets those that an upload is begun with: they are set when it is complete, by whoever completes it."""
    sky = copying.sky
    sky.put("large", os.urandom(2 * PART + 1000), Tagging="a=b")

    async def cut() -> None:
        await until(lambda: sky.proxy.count("UploadPart", status=200) >= 1, "a part has arrived")
        await sky.proxy.away()

    cutting = asyncio.create_task(cut())
    name = await copying.submit()
    await cutting
    await until(lambda: copying.is_waiting(name), "the transfer waits")
    sky.befall(SLOW_DOWN, "PutObjectTagging", times=2)
    await sky.proxy.open()
    transfer, [result] = await copying.ended(name)
    assert (transfer.state, result.notes) == (TransferState.DONE, [])
    assert sky.b.get_object_tagging(Bucket=sky.buckets.b, Key="large")["TagSet"] == [{"Key": "a", "Value": "b"}]


async def test_a_wrong_clock_is_said(copying: Copying) -> None:
    sky = copying.sky
    arrange(sky)
    sky.befall(Answer(403, "RequestTimeTooSkewed", "The difference between the request time and ..."), "PutObject")
    _, results = await copying.ended(await copying.submit("small/"))
    assert {result.problem.remedy for result in results if result.problem} == {"set the clock, then try again"}


async def test_an_upload_that_was_begun_twice_leaves_nothing_behind(copying: Copying) -> None:
    sky = copying.sky
    contents = {"large": os.urandom(PART + 1000)}
    sky.put("large", contents["large"])
    rule = sky.befall(LoseAnswer(), "CreateMultipartUpload", times=2)
    transfer, results = await copying.ended(await copying.submit())
    assert (transfer.state, rule.taken) == (TransferState.DONE, 2)
    assert_complete(sky, contents, results)
    assert sky.uploads() == []
