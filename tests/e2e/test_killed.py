"""The engine is killed at random moments in the middle of a relay, and the next one goes on where it was."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import secrets
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.proxy.proxy import fault_proxy
from tests.servers.server import S3Server
from tui.accounts.ids import connection_id
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.transfer import Limits, Outcome, Transfer, TransferState, Verification
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.transfers import SetLimits, SubmitCopy, WatchResults, WatchTransfers
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
KILLS = 3
SMALL = 16 * KIB
PART = 5 * MIB
"""Of the source, and so of the copy."""
LARGE_KEY = "p/!large"
"""The first of the listing, so that it is under way from the beginning to the end."""


@dataclass(frozen=True)
class Load:
    """So many objects of 16 KiB, and one of so many bytes; an engine copies it in seconds, not faster."""

    objects: int
    large: int
    seconds: int = 5

    @property
    def limits(self) -> Limits:
        """Bytes a second, so that a part of it is still to be copied when the engine is killed."""
        return Limits(rate=(self.objects * SMALL + self.large) // self.seconds)


class Fill:
    """A's bucket with the load, and B's to compare with it, by clients of the test's own."""

    def __init__(self, buckets: BucketPair, load: Load) -> None:
        self.buckets, self.load = buckets, load
        server = buckets.server
        self.a: Any = server.client(server.a, max_pool_connections=16)
        self.b: Any = server.client(server.b, max_pool_connections=16)
        self.etags: dict[str, str] = {}
        self.digest = ""

    def put(self) -> None:
        """Write the objects, each of its own content."""

        def put_small(number: int) -> None:
            key = f"p/{number:05}"
            answer = self.a.put_object(Bucket=self.buckets.a, Key=key, Body=secrets.token_bytes(SMALL))
            self.etags[key] = answer["ETag"]

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put_small, range(self.load.objects)))
        self._put_large()

    def _put_large(self) -> None:
        digest, parts = hashlib.sha256(), []
        where = {"Bucket": self.buckets.a, "Key": LARGE_KEY}
        upload = {**where, "UploadId": self.a.create_multipart_upload(**where)["UploadId"]}
        for number, block in enumerate(self._blocks(), start=1):
            digest.update(block)
            answer = self.a.upload_part(**upload, PartNumber=number, Body=block)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        self.a.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        self.digest = digest.hexdigest()

    def _blocks(self) -> Iterator[bytes]:
        for start in range(0, self.load.large, PART):
            yield os.urandom(min(PART, self.load.large - start))

    def order(self, source: str, target: str) -> CopyOrder:
        return CopyOrder(
            Selection(source, Location(self.buckets.a), prefixes=["p/"]),
            Destination(target, Location(self.buckets.b)),
            CopyOptions(route=Route.RELAY, multipart_threshold=PART, part_size=PART),
        )

    def assert_all_is_equal(self) -> None:
        """Every object, and no upload that is not complete."""
        pages = self.b.get_paginator("list_objects_v2").paginate(Bucket=self.buckets.b)
        found = {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", [])}
        found.pop(LARGE_KEY)
        assert found == self.etags  # the MD5 of each content
        digest = hashlib.sha256()
        body = self.b.get_object(Bucket=self.buckets.b, Key=LARGE_KEY)["Body"]
        while block := body.read(4 * MIB):
            digest.update(block)
        assert digest.hexdigest() == self.digest
        assert self.b.list_multipart_uploads(Bucket=self.buckets.b).get("Uploads", []) == []


def done(transfer: Transfer, load: Load) -> float:
    """How much of it is done, from 0 to 1: the objects count as much as the bytes."""
    objects = transfer.objects_done / (load.objects + 1)
    return (objects + transfer.bytes_done / (load.objects * SMALL + load.large)) / 2


async def reached(session: EngineSession, load: Load, moment: float) -> Transfer:
    """The transfer as soon as so much of it is done, or at its end."""
    async with aclosing(session.follow(WatchTransfers())) as lists:
        async for each in lists:
            [transfer] = each.transfers
            if transfer.state.ended or done(transfer, load) >= moment:
                return transfer
    raise AssertionError("the engine stopped unexpectedly")


async def started(process: EngineProcess, load: Load) -> EngineSession:
    """A session with an engine, which copies no faster than the load says."""
    session = EngineSession(process)
    await session.ask(SetLimits(load.limits))
    return session


async def kill(session: EngineSession, process: EngineProcess) -> None:
    """With a signal that nobody can hear."""
    os.kill((await session.ask(Hello())).pid, signal.SIGKILL)
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)


async def relay_and_kill(buckets: BucketPair, home: Path, load: Load) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    moments = sorted(chance.uniform(0.02, 0.6) for _ in range(KILLS))
    print(f"seed {seed}: killed when {', '.join(f'{moment:.0%}' for moment in moments)} were done")  # noqa: T201  # reason: read when it fails
    fill, server = Fill(buckets, load), buckets.server
    await asyncio.to_thread(fill.put)
    process = EngineProcess(home=home)
    async with fault_proxy(server.endpoint) as proxy:
        ids = [
            connection_id(IdentitySpec(profile=each.profile, endpoint=proxy.endpoint)) for each in (server.a, server.b)
        ]
        session = await started(process, load)
        name = (await session.ask(SubmitCopy(fill.order(*ids)))).transfer
        for moment in moments:
            transfer = await reached(session, load, moment)
            assert not transfer.state.ended, "it was over before it was killed"
            await kill(session, process)
            session = await started(process, load)
        transfer = await reached(session, load, 2.0)
        async with aclosing(session.follow(WatchResults(name))) as following:
            results = [result async for result in following]
        await session.close()
        await asyncio.to_thread(process.wait_until_gone)
        sent_twice = {part: count for part, count in proxy.made.items() if count > 1}
    assert (transfer.id, transfer.state, transfer.problem) == (name, TransferState.DONE, None)
    assert transfer.objects_done == transfer.objects_total == load.objects + 1
    assert transfer.bytes_done == transfer.bytes_total == load.objects * SMALL + load.large
    assert len({result.source for result in results}) == len(results) == load.objects + 1
    assert {(result.outcome, result.verification) for result in results} == {(Outcome.COPIED, Verification.SAME)}
    await asyncio.to_thread(fill.assert_all_is_equal)
    assert len(proxy.made) == -(-load.large // PART)
    assert sent_twice == {}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    return made


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_three_times(bucket_pair: BucketPair, server_environment: S3Server, home: Path) -> None:
    await relay_and_kill(bucket_pair, home, Load(300, 64 * MIB))


@pytest.mark.server
@pytest.mark.timeout(600)
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)
async def test_three_times_with_many_and_much(
    bucket_pair: BucketPair, server_environment: S3Server, home: Path
) -> None:
    await relay_and_kill(bucket_pair, home, Load(1_000, 512 * MIB))


@pytest.mark.bench
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)
async def test_three_times_with_very_many_and_very_much(
    bucket_pair: BucketPair, server_environment: S3Server, home: Path
) -> None:
    await relay_and_kill(bucket_pair, home, Load(5_000, 2 * GIB))
