"""The engine is killed: in a relay, in a synchronisation, while it reads the report of a job; the next one goes on."""

import asyncio
import hashlib
import json
import os
import random
import secrets
import signal
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.engines import killed, results_of, transfer_once
from tests.features.batch.world import job_role
from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import S3Server
from tests.waiting import until
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.core.jobs import JobSnapshot
from tui.core.location import Location
from tui.core.orders import (
    BatchCopy,
    BatchOptions,
    BatchOrder,
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    CopyRoute,
    Destination,
    ManifestSource,
    Selection,
    SyncOrder,
)
from tui.core.transfer import Limits, Outcome, Transfer, TransferState, VerificationOutcome
from tui.features.sync.values import (
    Compare,
    ComparedPlace,
    Comparison,
    ComparisonState,
    ComparisonUpdate,
    PlanSync,
    SubmitSync,
    different,
)
from tui.features.uploads.values import ListUploads
from tui.link.process import EngineProcess
from tui.link.request import Hello
from tui.link.session import EngineSession
from tui.messages.order_requests import BeginUpload, ListJobs, SendPiece, SetLimits, SubmitCopy, SubmitJob

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

        def put_small(number: int) -> None:
            key = f"p/{number:05}"
            self.etags[key] = self.a.put_object(Bucket=self.buckets.a, Key=key, Body=secrets.token_bytes(SMALL))["ETag"]

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
            CopyOptions(route=CopyRoute.RELAY, multipart_threshold=PART, part_size=PART),
        )

    def assert_all_is_equal(self) -> None:
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
    objects = transfer.objects_done / (load.objects + 1)
    return (objects + transfer.bytes_done / (load.objects * SMALL + load.large)) / 2


async def reached(session: EngineSession, load: Load, moment: float) -> Transfer:
    return await transfer_once(session, lambda now: now.state.ended or done(now, load) >= moment)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    return made


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("s3_server", "load"),
    [
        ("demo", Load(300, 64 * MIB)),
        pytest.param("ceph", Load(1_000, 512 * MIB), marks=[pytest.mark.server, pytest.mark.timeout(600)]),
        pytest.param("ceph", Load(5_000, 2 * GIB), marks=[pytest.mark.bench, pytest.mark.timeout(1800)]),
    ],
    indirect=["s3_server"],
)
async def test_three_times(bucket_pair: BucketPair, server_environment: S3Server, home: Path, load: Load) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    moments = sorted(chance.uniform(0.02, 0.6) for _ in range(KILLS))
    print(f"seed {seed}: killed when {', '.join(f'{moment:.0%}' for moment in moments)} were done")  # noqa: T201  # reason: read when it fails
    fill, server = Fill(bucket_pair, load), bucket_pair.server
    await asyncio.to_thread(fill.put)
    process = EngineProcess(home=home)
    async with fault_proxy(server.endpoint) as proxy:
        ids = [connection_id(IdentitySpec(each.profile, proxy.endpoint)) for each in (server.a, server.b)]
        session = EngineSession(process)
        await session.ask(SetLimits(load.limits))
        name = (await session.ask(SubmitCopy(fill.order(*ids)))).transfer
        for moment in moments:
            transfer = await reached(session, load, moment)
            assert not transfer.state.ended, "it was over before it was killed"
            session = await killed(session, process)
            await session.ask(SetLimits(load.limits))
        transfer = await reached(session, load, 2.0)
        results = await results_of(session, name)
        await session.close()
        await asyncio.to_thread(process.wait_until_gone)
        sent_twice = {part: count for part, count in proxy.made.items() if count > 1}
    assert (transfer.id, transfer.state, transfer.problem) == (name, TransferState.DONE, None)
    assert transfer.objects_done == transfer.objects_total == load.objects + 1
    assert transfer.bytes_done == transfer.bytes_total == load.objects * SMALL + load.large
    assert len({result.source for result in results}) == len(results) == load.objects + 1
    assert {(result.outcome, result.verification) for result in results} == {(Outcome.COPIED, VerificationOutcome.SAME)}
    await asyncio.to_thread(fill.assert_all_is_equal)
    assert len(proxy.made) == -(-load.large // PART)
    assert sent_twice == {}


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_what_was_begun_from_a_stream_is_aborted_by_the_next_engine(
    bucket_pair: BucketPair, server_environment: S3Server, home: Path
) -> None:
    server, process = bucket_pair.server, EngineProcess(home=home)
    client: Any = server.client(server.a)

    def left() -> list[Any]:
        found: list[Any] = client.list_multipart_uploads(Bucket=bucket_pair.a).get("Uploads", [])
        return found

    session, connection = EngineSession(process), connection_id(IdentitySpec(server.a.profile))
    async with aclosing(session.follow(BeginUpload(connection, Location(bucket_pair.a, "k")))) as uploads:
        upload = (await anext(uploads)).upload
        for _ in range(2):  # the first is written when the second comes
            await session.ask(SendPiece(upload, bytes(PART)))
        [begun] = left()
        async with aclosing(session.follow(ListUploads(connection, Location(bucket_pair.a)))) as found:
            [shown] = (await anext(found)).uploads
        assert (shown.upload, shown.ours, shown.active) == (begun["UploadId"], True, True)
        session = await killed(session, process)
    await session.ask(Hello())
    await until(lambda: asyncio.to_thread(lambda: not left()), "the upload is aborted")
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)


SIZE = 2048
SECONDS = 4
"""What an engine copies takes so long, not less."""
CHANGED = 20
"""One of so many objects differs, in one of four ways."""


class Places:
    """Objects in both buckets, 5 % of which are not the same: other content, other size, only left, only right."""

    def __init__(self, buckets: BucketPair, objects: int) -> None:
        self.buckets, self.objects = buckets, objects
        server = buckets.server
        self.ids = [connection_id(IdentitySpec(each.profile)) for each in (server.a, server.b)]
        self.clients: list[Any] = [server.client(each, max_pool_connections=16) for each in (server.a, server.b)]

    def fill(self) -> None:
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(self._put, range(self.objects)))

    def _put(self, number: int) -> None:
        key = f"p/{number // 100:04}/{number:06}"
        body = f"{number:08}".encode() * (SIZE // 8)
        ways = {0: (body, b"x" + body[1:]), 1: (body, body + b"x"), 2: (body, None), 3: (None, body)}
        both = ways[number // CHANGED % 4] if number % CHANGED == 0 else (body, body)
        for client, bucket, each in zip(self.clients, (self.buckets.a, self.buckets.b), both, strict=True):
            if each is None:
                client.delete_object(Bucket=bucket, Key=key)
            else:
                client.put_object(Bucket=bucket, Key=key, Body=each)

    def put_late(self, side: int, key: str) -> None:
        bucket = (self.buckets.a, self.buckets.b)[side]
        self.clients[side].put_object(Bucket=bucket, Key=key, Body=b"came after it was shown")

    def order(self, source: int) -> SyncOrder:
        names = (self.buckets.a, self.buckets.b)
        return SyncOrder(
            Selection(self.ids[source], Location(names[source], "p/"), prefixes=["p/"]),
            Destination(self.ids[1 - source], Location(names[1 - source], "p/")),
            CopyOptions(conflict=ConflictPolicy.OVERWRITE, route=CopyRoute.RELAY),
            delete=True,
        )

    def comparison(self) -> Comparison:
        names = self.buckets.a, self.buckets.b
        left, right = [ComparedPlace(each, Location(name, "p/")) for each, name in zip(self.ids, names, strict=True)]
        return Comparison(left, right)


async def with_results(session: EngineSession, objects: int) -> Transfer:
    """The newest transfer once so many objects of it have their result, or at its end."""
    return await transfer_once(session, lambda now: now.state.ended or now.objects_done >= objects)


async def sync_and_kill(places: Places, source: int, process: EngineProcess) -> None:
    session = EngineSession(process)
    async with aclosing(session.follow(PlanSync(places.order(source)))) as plans:
        plan = [each async for each in plans][-1]
    work = plan.copies + plan.overwrites + plan.deletes
    assert plan.deletes > 0
    late = f"p/late-{source}"
    await asyncio.to_thread(places.put_late, 1 - source, late)
    order = replace(places.order(source), shown=plan.shown)
    name = (await session.ask(SubmitSync(order, Limits(rate=max(1, plan.copied_bytes // SECONDS))))).transfer
    seen = await with_results(session, work // 5)
    assert (seen.id, seen.state.ended) == (name, False), "it was over before it was killed"
    session = await killed(session, process)
    ended = await with_results(session, places.objects * 2)
    assert (ended.id, ended.state, ended.problem, ended.objects_failed) == (name, TransferState.DONE, None, 0)
    found, rows = ComparisonUpdate(), []
    async with aclosing(session.follow(Compare(places.comparison(), list(ComparisonState)[:4]))) as updates:
        async for found in updates:
            rows += found.rows
    assert [row.name for row in rows] == [late.removeprefix("p/")], "equal, but for what came after the plan"
    assert different(found.counts) == 1
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)
    target = (places.buckets.a, places.buckets.b)[1 - source]
    await asyncio.to_thread(places.clients[1 - source].delete_object, Bucket=target, Key=late)


@pytest.mark.thorough
@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_what_was_copied_before_a_kill_has_its_result(
    bucket_pair: BucketPair, server_environment: S3Server, home: Path
) -> None:
    """The last results before a kill are not on disk: the comparison alone would find nothing to do there."""
    places, process = Places(bucket_pair, 0), EngineProcess(home=home)
    names = {f"many/{number:04}" for number in range(1_500)}
    with ThreadPoolExecutor(12) as pool:
        put = partial(places.clients[0].put_object, Bucket=bucket_pair.a, Body=b"content")
        await asyncio.to_thread(list, pool.map(lambda name: put(Key=f"p/{name}"), names))
    session = EngineSession(process)
    name = (await session.ask(SubmitSync(replace(places.order(0), delete=False)))).transfer
    assert not (await with_results(session, 300)).state.ended, "it was over before it was killed"
    session = await killed(session, process)
    ended = await with_results(session, len(names) + 1)
    assert (ended.id, ended.state, ended.objects_done) == (name, TransferState.DONE, len(names))
    assert {each.target.partition("/p/")[2] for each in await results_of(session, name)} == names
    await session.close()
    await asyncio.to_thread(process.wait_until_gone)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("s3_server", "objects"),
    [
        ("demo", 400),
        pytest.param("ceph", 2_000, marks=[pytest.mark.server, pytest.mark.timeout(300)]),
        pytest.param("ceph", 20_000, marks=[pytest.mark.bench, pytest.mark.timeout(1800)]),
    ],
    indirect=["s3_server"],
)
async def test_both_ways(bucket_pair: BucketPair, server_environment: S3Server, home: Path, objects: int) -> None:
    places, process = Places(bucket_pair, objects), EngineProcess(home=home)
    for source in (0, 1):
        began = time.perf_counter()
        await asyncio.to_thread(places.fill)
        filled = time.perf_counter()
        await sync_and_kill(places, source, process)
        took = time.perf_counter() - filled
        print(f"{objects:,} objects written in {filled - began:.0f} s, plan, sync, kill, comparison {took:.0f} s")  # noqa: T201  # reason: read when it is measured


KEYS = [f"data/{number:02}" for number in range(12)]


@dataclass
class Killing:
    """An engine behind a proxy, whose process is killed where a request is held up."""

    server: S3Server
    proxy: FaultProxy
    process: EngineProcess
    source: str
    target: str
    reports: str
    role: str
    receipt: Path
    sessions: list[EngineSession] = field(default_factory=list)

    @property
    def session(self) -> EngineSession:
        return self.sessions[-1]

    @property
    def connection(self) -> str:
        return connection_id(IdentitySpec(profile=self.server.a.profile))

    async def start(self) -> None:
        self.sessions.append(EngineSession(self.process))

    async def submit(self) -> str:
        selection = Selection(self.connection, Location(self.source, "data/"), prefixes=["data/"])
        destination = Destination(self.connection, Location(self.target, "data/"))
        copy = BatchCopy(destination, CopyOptions(conflict=ConflictPolicy.OVERWRITE))
        reports = Location(self.reports, "jobs/")
        options = BatchOptions(role=self.role, reports=reports, manifest=ManifestSource.LIST, confirm=False)
        order = BatchOrder(selection, self.connection, copy, options, str(self.receipt))
        return (await self.session.ask(SubmitJob(order))).transfer

    async def kill(self, pid: int) -> None:
        """With a signal that nobody can hear; the next engine meets no trouble."""
        os.kill(pid, signal.SIGKILL)
        await self.session.close()
        await asyncio.to_thread(self.process.wait_until_gone)
        self.proxy.rules.clear()
        await self.start()

    async def ended(self, name: str) -> Transfer:
        return await transfer_once(self.session, lambda now: now.state.ended, name)

    async def jobs(self) -> list[JobSnapshot]:
        async with aclosing(self.session.follow(ListJobs(self.connection, ""))) as listed:
            return [job async for job in listed if self.source in job.description]

    async def assert_all_went_well(self, name: str) -> None:
        transfer = await self.ended(name)
        assert (transfer.state, transfer.problem) == (TransferState.DONE, None), transfer
        assert (transfer.objects_done, transfer.objects_total) == (len(KEYS), len(KEYS))
        results = await results_of(self.session, name)
        copied = sorted(f"s3://{self.source}/{key}" for key in KEYS)
        assert sorted(each.source for each in results if each.outcome is Outcome.COPIED) == copied
        [job] = await self.jobs()
        assert (job.transfer, job.succeeded, job.failed) == (name, len(KEYS), 0)
        listed = await asyncio.to_thread(self.server.client(self.server.a).list_objects_v2, Bucket=self.target)
        assert sorted(entry["Key"] for entry in listed["Contents"]) == KEYS
        head, *lines = [json.loads(line) for line in self.receipt.read_text(encoding="utf-8").splitlines()]
        assert (head["transfer"]["id"], head["transfer"]["objects_done"]) == (name, len(KEYS))
        assert sorted(line["result"]["source"] for line in lines) == copied


def reads_report(request: Request) -> bool:
    return request.method == "GET" and "/results/" in request.key


@pytest.fixture
def places(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str, str, str]]:
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        source, target, reports = (stack.enter_context(fresh_bucket(demo_server, demo_server.a)) for _ in range(3))
        client = demo_server.client(demo_server.a)
        for key in KEYS:
            client.put_object(Bucket=source, Key=key, Body=key.encode())
        yield source, target, reports, job_role(demo_server, demo_server.a, source, target, reports)


@pytest.fixture
async def killing(
    demo_server: S3Server,
    places: tuple[str, str, str, str],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Killing]:
    async with fault_proxy(demo_server.endpoint) as proxy:
        monkeypatch.setenv("AWS_CONFIG_FILE", str(through(proxy, demo_server, tmp_path)))
        process = EngineProcess(home=home)
        killing = Killing(demo_server, proxy, process, *places, tmp_path / "receipt.jsonl")
        await killing.start()
        yield killing
        await killing.session.close()
        await asyncio.to_thread(process.wait_until_gone)


def through(proxy: FaultProxy, server: S3Server, directory: Path) -> Path:
    """An AWS config file of the server's profiles, which reach it by the proxy."""
    config = directory / "config"
    words = Path(server.environment["AWS_CONFIG_FILE"]).read_text(encoding="utf-8")
    assert server.endpoint in words
    config.write_text(words.replace(server.endpoint, proxy.endpoint), encoding="utf-8")
    return config


async def forever(_: Request) -> None:
    await asyncio.Event().wait()


async def test_while_the_report_is_read(killing: Killing) -> None:
    pid = (await killing.session.ask(Hello())).pid
    rule = Rule(Meanwhile(after=forever), when=reads_report)
    killing.proxy.rules.append(rule)
    name = await killing.submit()
    await until(lambda: rule.taken > 0, "the report is read", 30)
    await killing.kill(pid)
    await killing.assert_all_went_well(name)
