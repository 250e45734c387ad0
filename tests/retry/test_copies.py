"""Whole transfers under failures: each ends complete and compared, or says what it could not do and why."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.results import ended_in, transfer_of
from tests.retry.proxied import SHORT, ProxiedBuckets, proxied_buckets
from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read
from tests.servers.proxy.faults import (
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
from tui.model.identity import Owner
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.problem import ProblemKind
from tui.model.s3_limits import MIB
from tui.model.transfer import ObjectResult, Outcome, Transfer, TransferState, Verification
from tui.stores.opening import open_store
from tui.transfers.journal import Journal
from tui.transfers.queue.queue import TransferQueue

PART = 5 * MIB
READING = ("GetObject",)
WRITING = ("PutObject", "UploadPart")


class Copying:
    """A queue under the proxied."""

    def __init__(self, proxied: ProxiedBuckets, journal: Journal) -> None:
        self.proxied = proxied
        self.queue = TransferQueue(
            partial(open_store, proxied.connections, attempts=1), self._owner_of, journal, proxied.retries
        )

    async def _owner_of(self, connection: str) -> Owner | None:
        server = self.proxied.server
        return Owner((server.a if connection == self.proxied.connection_a else server.b).canonical_id)

    async def submit(self, prefix: str = "", **options: object) -> str:
        """Relay everything below a prefix of A's bucket to B's."""
        proxied = self.proxied
        settings = {"conflict": ConflictPolicy.OVERWRITE, "route": Route.RELAY, **options}
        return await self.queue.submit(
            CopyOrder(
                Selection(proxied.connection_a, Location(proxied.buckets.a, ""), prefixes=[prefix]),
                Destination(proxied.connection_b, Location(proxied.buckets.b, "")),
                CopyOptions(part_size=PART, multipart_threshold=PART, **settings),  # type: ignore[arg-type]  # a test's
            )
        )

    async def ended(self, transfer: str) -> tuple[Transfer, list[ObjectResult]]:
        """The transfer when it has ended, and all its results."""
        return await ended_in(self.queue, transfer)

    async def snapshot(self, transfer: str) -> Transfer:
        """The transfer as it stands."""
        return await transfer_of(self.queue, transfer)

    async def is_waiting(self, transfer: str) -> bool:
        """Whether the transfer waits."""
        return (await self.snapshot(transfer)).state is TransferState.WAITING


@pytest.fixture
async def copying(bucket_pair: BucketPair, server_environment: S3Server, tmp_path: Path) -> AsyncIterator[Copying]:
    async with proxied_buckets(bucket_pair, SHORT) as proxied:
        journal = await Journal.open(tmp_path / "journal" / "journal.sqlite", lambda _: None)
        copying = Copying(proxied, journal)
        yield copying
        await copying.queue.close()
        assert proxied.uploads() == []


def arrange(proxied: ProxiedBuckets) -> dict[str, bytes]:
    """Small objects and one of three parts; their contents by key."""
    contents = {f"small/{i:02}": os.urandom(2000) for i in range(20)} | {"large": os.urandom(2 * PART + 1000)}
    for key, body in contents.items():
        proxied.put(key, body)
    return contents


def assert_complete(proxied: ProxiedBuckets, contents: dict[str, bytes], results: list[ObjectResult]) -> None:
    assert {result.source for result in results} == {f"s3://{proxied.buckets.a}/{key}" for key in contents}
    assert Counter(result.outcome for result in results) == {Outcome.COPIED: len(contents)}
    assert {key: proxied.content(key) for key in contents} == contents
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
    proxied = copying.proxied
    contents = arrange(proxied)
    proxied.befall(fault, *operations, share=share)
    proxied.befall(fault, *(operations or ("PutObject",)), times=1)  # at least once, whatever the dice say
    transfer, results = await copying.ended(await copying.submit())
    assert transfer.state is TransferState.DONE
    assert_complete(proxied, contents, results)
    assert sum(result.retries for result in results) >= 1


@pytest.mark.parametrize("fault", [SLOW_DOWN, Answer(500, "InternalError"), LoseAnswer()])
async def test_a_copy_of_the_servers_own_ends_complete_and_the_same(copying: Copying, fault: Fault) -> None:
    proxied = copying.proxied
    proxied.buckets.set_policy_of_a(*grant_read(proxied.buckets.a, proxied.server.b.principal))
    contents = arrange(proxied)
    operations = ("CopyObject", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload")
    proxied.befall(fault, *operations, share=0.3)
    proxied.befall(fault, "CopyObject", times=1)  # at least once, whatever the dice say
    transfer, results = await copying.ended(await copying.submit(route=Route.PULL))
    assert transfer.state is TransferState.DONE
    assert {result.route for result in results} == {Route.PULL}
    assert Counter(result.outcome for result in results) == {Outcome.COPIED: len(contents)}
    assert {key: proxied.content(key) for key in contents} == contents
    assert sum(result.retries for result in results) >= 1


async def test_wrong_bytes_are_never_called_a_copy(copying: Copying) -> None:
    """One byte of what is read is another one, always: no checksum of the network tells."""
    proxied = copying.proxied
    contents = arrange(proxied)
    proxied.befall(DamageAnswer(), "GetObject")
    transfer, results = await copying.ended(await copying.submit())
    assert transfer.state is TransferState.FAILED
    assert len(results) == len(contents)
    for result in results:
        assert result.outcome is Outcome.FAILED
        assert result.verification is not Verification.SAME
        assert result.problem
        assert result.problem.kind is ProblemKind.MISMATCH


async def test_wrong_bytes_now_and_then_are_read_again(copying: Copying) -> None:
    proxied = copying.proxied
    contents = arrange(proxied)
    rules = [proxied.befall(DamageAnswer(), "GetObject", key=key, times=1) for key in ("large", "small/03", "small/17")]
    transfer, results = await copying.ended(await copying.submit())
    assert transfer.state is TransferState.DONE
    assert [rule.taken for rule in rules] == [1, 1, 1]
    assert_complete(proxied, contents, results)


async def test_a_denial_in_the_middle_fails_those_objects_and_is_not_tried_again(copying: Copying) -> None:
    proxied = copying.proxied
    contents = arrange(proxied)
    denied = Answer(403, "AccessDenied", "Access Denied")
    rule = proxied.befall(denied, "PutObject", times=5)
    transfer, results = await copying.ended(await copying.submit("small/"))
    assert transfer.state is TransferState.FAILED
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert len(failed) == rule.taken == 5
    for result in failed:
        assert result.problem
        assert (result.problem.kind, result.problem.request_id) == (ProblemKind.DENIED, "PROXY")
        assert "s3:PutObject" in result.problem.remedy
        assert result.retries == 0
    assert Counter(each.key for each in proxied.proxy.seen if each.status == 403).most_common(1)[0][1] == 1
    copied = {result.source for result in results if result.outcome is Outcome.COPIED}
    assert len(copied) == len(contents) - 1 - 5


async def test_expired_credentials_pause_it_until_the_login(copying: Copying) -> None:
    proxied = copying.proxied
    contents = arrange(proxied)
    rule = proxied.befall(
        Answer(400, "ExpiredToken", "The provided token has expired."),
        when=lambda _: proxied.proxy.count("PutObject", status=200) >= 3,
    )
    name = await copying.submit()
    await until(lambda: copying.is_waiting(name), "the transfer waits")
    waiting = await copying.snapshot(name)
    assert waiting.waits_for
    assert waiting.waits_for.kind is ProblemKind.EXPIRED
    assert waiting.objects_failed == 0
    proxied.proxy.rules.remove(rule)
    transfer, results = await copying.ended(name)
    assert (transfer.state, transfer.waits_for) == (TransferState.DONE, None)
    assert_complete(proxied, contents, results)


async def test_a_missing_network_pauses_it_until_it_is_back(copying: Copying) -> None:
    proxied = copying.proxied
    contents = arrange(proxied)
    gone = asyncio.Event()

    async def cut() -> None:
        await until(lambda: proxied.proxy.count("UploadPart", status=200) >= 1, "a part has arrived")
        await proxied.proxy.away()
        gone.set()

    cutting = asyncio.create_task(cut())
    name = await copying.submit()
    await gone.wait()
    await cutting
    await until(lambda: copying.is_waiting(name), "the transfer waits")
    waiting = await copying.snapshot(name)
    assert waiting.waits_for
    assert waiting.waits_for.kind is ProblemKind.UNREACHABLE
    await proxied.proxy.open()
    transfer, results = await copying.ended(name)
    assert transfer.state is TransferState.DONE
    [large] = [result for result in results if result.source.endswith("/large")]
    if Feature.CHECKSUMS not in proxied.server.features and large.verification is Verification.UNKNOWN:
        # Nobody has read all of it in one go, and no checksum of its parts leads to that of the whole.
        del contents["large"]
        results.remove(large)
    assert_complete(proxied, contents, results)
    assert max(proxied.proxy.parts("UploadPart").values()) == 1  # no part that had arrived was sent again


async def test_what_is_gone_on_with_has_its_tags_too(copying: Copying) -> None:
    """Ceph forgets those that an upload is begun with: they are set when it is complete, by whoever completes it."""
    proxied = copying.proxied
    proxied.put("large", os.urandom(2 * PART + 1000), Tagging="a=b")

    async def cut() -> None:
        await until(lambda: proxied.proxy.count("UploadPart", status=200) >= 1, "a part has arrived")
        await proxied.proxy.away()

    cutting = asyncio.create_task(cut())
    name = await copying.submit()
    await cutting
    await until(lambda: copying.is_waiting(name), "the transfer waits")
    proxied.befall(SLOW_DOWN, "PutObjectTagging", times=2)
    await proxied.proxy.open()
    transfer, [result] = await copying.ended(name)
    assert (transfer.state, result.notes) == (TransferState.DONE, [])
    assert proxied.b.get_object_tagging(Bucket=proxied.buckets.b, Key="large")["TagSet"] == [{"Key": "a", "Value": "b"}]


async def test_a_wrong_clock_is_said(copying: Copying) -> None:
    proxied = copying.proxied
    arrange(proxied)
    proxied.befall(Answer(403, "RequestTimeTooSkewed", "The difference between the request time and ..."), "PutObject")
    _, results = await copying.ended(await copying.submit("small/"))
    assert {result.problem.remedy for result in results if result.problem} == {"set the clock, then try again"}


async def test_an_upload_that_was_begun_twice_leaves_nothing_behind(copying: Copying) -> None:
    proxied = copying.proxied
    contents = {"large": os.urandom(PART + 1000)}
    proxied.put("large", contents["large"])
    rule = proxied.befall(LoseAnswer(), "CreateMultipartUpload", times=2)
    transfer, results = await copying.ended(await copying.submit())
    assert (transfer.state, rule.taken) == (TransferState.DONE, 2)
    assert_complete(proxied, contents, results)
    assert proxied.uploads() == []
