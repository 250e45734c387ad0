"""What retrying stores do about failures that a proxy causes and sessions that end, and whole transfers under them."""

import asyncio
import gc
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.results import ended_in
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
    Rule,
    StallAnswer,
    StallRequest,
    TruncateAnswer,
)
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import Account, Feature, S3Server
from tests.servers.sign_in.oidc import RoleKeys
from tests.stores.refusals import problem_of
from tests.transfers.world import TwoBuckets, until_it, why
from tests.waiting import PATIENCE, until
from tui.aws.connection import ONE_ATTEMPT, Timeouts
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.renewal import probe
from tui.core.identity import IdentitySpec, Owner
from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, CopyRoute, Destination, Selection
from tui.core.problem import ProblemKind
from tui.core.transfer import ObjectResult, Outcome, Transfer, TransferState, VerificationOutcome
from tui.demo.demo_profiles import ROLE_ARN
from tui.engine.prepare import WORKS
from tui.queue.queue import TransferQueue
from tui.stores.base import Store
from tui.stores.opening import open_store
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import ONLY_NEW, ObjectAttributes
from tui.transfers.backoff import Backoff, Budget, Interrupted, RetryLimits, budget
from tui.transfers.journal import Journal
from tui.transfers.retries import Retries

PLAIN = ObjectAttributes()
QUICK = Backoff(first=0.001, longest=0.02)
OFTEN = Backoff(first=0.01, longest=0.05)
SHORT = Timeouts(connect=1.0, read=1.0)
"""For stalls: a second without a byte is one. The servers answer within it, on a slow machine, too."""


@dataclass
class ProxiedServer:
    server: S3Server
    proxy: FaultProxy
    connections: Connections
    retries: Retries
    probes: int = 0
    """How often it was looked whether a connection works."""

    def connection(self, account: Account) -> str:
        return connection_id(IdentitySpec(profile=account.profile, endpoint=self.proxy.endpoint))

    async def open(self, connection: str) -> Store:
        made = await self.connections.get(connection, attempts=ONE_ATTEMPT)
        return self.retries.retrying(S3Store(made), connection)

    def befall(self, fault: Fault, *operations: str, **how: Any) -> Rule:
        rule = Rule(fault, operations, **how)
        self.proxy.rules.append(rule)
        return rule


@dataclass
class ProxiedBuckets(ProxiedServer, TwoBuckets):
    @property
    def connection_a(self) -> str:
        return self.connection(self.server.a)

    @property
    def connection_b(self) -> str:
        return self.connection(self.server.b)

    def stored(self, key: str, body: bytes = b"content", **parameters: Any) -> str:
        answer: dict[str, str] = self.a.put_object(Bucket=self.buckets.a, Key=key, Body=body, **parameters)
        return answer["ETag"]

    def uploads(self) -> list[str]:
        found = self.b.list_multipart_uploads(Bucket=self.buckets.b).get("Uploads", [])
        return [each["UploadId"] for each in found]


@asynccontextmanager
async def proxied_server(
    server: S3Server, timeouts: Timeouts, allowance: RetryLimits | None = None
) -> AsyncIterator[ProxiedServer]:
    async with fault_proxy(server.endpoint) as proxy:
        connections = Connections(timeouts=timeouts)

        async def look(connection: str) -> None:
            made.probes += 1
            await probe(connections, connection)

        retries = Retries(look, retries=QUICK, probes=OFTEN, allowance=allowance)
        made = ProxiedServer(server, proxy, connections, retries)
        try:
            yield made
        finally:
            await retries.health.close()
            await connections.close()


@asynccontextmanager
async def proxied_buckets(
    buckets: BucketPair, timeouts: Timeouts, allowance: RetryLimits | None = None
) -> AsyncIterator[ProxiedBuckets]:
    async with proxied_server(buckets.server, timeouts, allowance) as proxied:
        yield ProxiedBuckets(buckets, proxied.server, proxied.proxy, proxied.connections, proxied.retries)


LONGER = Timeouts(connect=1.0 * PATIENCE, read=1.0 * PATIENCE)
"""A server may take a second for so large a body."""


@pytest.fixture
async def proxied(bucket_pair: BucketPair, server_environment: S3Server) -> AsyncIterator[ProxiedBuckets]:
    async with proxied_buckets(bucket_pair, SHORT) as proxied:
        yield proxied


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


async def test_what_is_permanent_is_not_tried_again(proxied: ProxiedBuckets) -> None:
    store = await proxied.open(proxied.connection_a)
    for times, (status, code, kind, remedy) in enumerate(
        (
            (403, "AccessDenied", ProblemKind.DENIED, "s3:GetObject"),
            (404, "NoSuchKey", ProblemKind.NO_SUCH_KEY, "check the key"),
            (412, "PreconditionFailed", ProblemKind.CHANGED, "copy it again"),
            (403, "InvalidObjectState", ProblemKind.ARCHIVED, "restore"),
            (400, "KMS.DisabledException", ProblemKind.INVALID, "enable the KMS key"),
            (403, "SignatureDoesNotMatch", ProblemKind.BAD_CREDENTIALS, "secret"),
        ),
        1,
    ):
        proxied.befall(Answer(status, code), "GetObject", times=1)
        problem = await problem_of(store.read(proxied.buckets.a, "k", etag='"x"', start=0, length=7))
        assert (problem.kind, problem.request_id) == (kind, "PROXY")
        assert remedy in problem.sentence()
        assert proxied.proxy.count("GetObject") == times


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
    async with proxied_buckets(bucket_pair, SHORT, RetryLimits(each=3, whole=5)) as proxied:
        etag = proxied.stored("k")
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
    async with proxied_buckets(bucket_pair, SHORT, RetryLimits(each=3)) as proxied:
        etag = proxied.stored("k")
        rule = proxied.befall(Answer(503, "ServiceUnavailable"))
        store = await proxied.open(proxied.connection_a)
        with pytest.raises(Interrupted) as caught:
            await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7)
        assert caught.value.problem.kind is ProblemKind.THROTTLED
        assert (proxied.proxy.count("GetObject"), proxied.proxy.count("ListBuckets")) == (4, 1)
        proxied.proxy.rules.remove(rule)
        await proxied.retries.health.wait_until_usable(caught.value.connection)
        assert await store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7) == b"content"


async def test_the_completion_of_a_new_object_whose_answer_was_lost(proxied: ProxiedBuckets) -> None:
    store = await proxied.open(proxied.connection_b)
    upload = await store.create_upload(proxied.buckets.b, "k", PLAIN)
    part = await store.upload_part(proxied.buckets.b, "k", upload, 1, b"content", start=0)
    proxied.befall(LoseAnswer(), "CompleteMultipartUpload", times=1)
    await store.complete_upload(proxied.buckets.b, "k", upload, [part], when=ONLY_NEW)
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


@pytest.mark.thorough
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


async def test_one_object_that_is_always_cut_fails_alone(bucket_pair: BucketPair, server_environment: S3Server) -> None:
    async with proxied_buckets(bucket_pair, SHORT, RetryLimits(each=2)) as proxied:
        etag = proxied.stored("k")
        store = await proxied.open(proxied.connection_a)
        proxied.befall(ResetAnswer(3), "GetObject", key="k")
        problem = await problem_of(store.read(proxied.buckets.a, "k", etag=etag, start=0, length=7))
        assert problem.kind in (ProblemKind.UNREACHABLE, ProblemKind.SERVER)
        assert (await store.head(proxied.buckets.a, "k")).etag == etag


PART = 5 * MIB
EXPIRED = Answer(400, "ExpiredToken", "The provided token has expired.")
READING = ("GetObject",)
WRITING = ("PutObject", "UploadPart")


class Copying:
    def __init__(self, proxied: ProxiedBuckets, journal: Journal) -> None:
        self.proxied = proxied
        self.queue = TransferQueue(
            partial(open_store, proxied.connections, attempts=1), self._owner_of, journal, WORKS, proxied.retries
        )

    async def _owner_of(self, connection: str) -> Owner | None:
        server = self.proxied.server
        return Owner((server.a if connection == self.proxied.connection_a else server.b).canonical_id)

    async def submit(self, prefix: str = "", **options: object) -> str:
        proxied = self.proxied
        settings = {"conflict": ConflictPolicy.OVERWRITE, "route": CopyRoute.RELAY, **options}
        return await self.queue.submit(
            CopyOrder(
                Selection(proxied.connection_a, Location(proxied.buckets.a, ""), prefixes=[prefix]),
                Destination(proxied.connection_b, Location(proxied.buckets.b, "")),
                CopyOptions(part_size=PART, multipart_threshold=PART, **settings),  # type: ignore[arg-type]  # a test's
            )
        )

    async def ended(self, transfer: str) -> tuple[Transfer, list[ObjectResult]]:
        return await ended_in(self.queue, transfer)

    async def waiting(self, transfer: str) -> Transfer:
        return await until_it(
            self.queue, transfer, "the transfer waits", lambda now: now.state is TransferState.WAITING
        )


@pytest.fixture
async def copying(bucket_pair: BucketPair, server_environment: S3Server, tmp_path: Path) -> AsyncIterator[Copying]:
    async with proxied_buckets(bucket_pair, SHORT) as proxied:
        journal = await Journal.open(tmp_path / "journal" / "journal.sqlite", lambda _: None)
        copying = Copying(proxied, journal)
        yield copying
        await copying.queue.close()
        assert proxied.uploads() == []


def arrange(proxied: ProxiedBuckets) -> dict[str, bytes]:
    contents = {f"small/{i:02}": os.urandom(2000) for i in range(20)} | {"large": os.urandom(2 * PART + 1000)}
    for key, body in contents.items():
        proxied.stored(key, body)
    return contents


def assert_complete(proxied: ProxiedBuckets, contents: dict[str, bytes], results: list[ObjectResult]) -> None:
    assert {result.source for result in results} == {f"s3://{proxied.buckets.a}/{key}" for key in contents}
    assert Counter(result.outcome for result in results) == {Outcome.COPIED: len(contents)}
    assert {key: proxied.content(key) for key in contents} == contents
    assert {result.verification for result in results} == {VerificationOutcome.SAME}


FAULTS: list[tuple[Fault, tuple[str, ...]]] = [
    (SLOW_DOWN, (*READING, *WRITING)),
    (Answer(500, "InternalError"), (*READING, *WRITING)),
    (ResetAnswer(700), READING),
    (ResetRequest(700), WRITING),
    (LoseAnswer(), (*WRITING, "CompleteMultipartUpload")),
    (TruncateAnswer(700), READING),
    (StallAnswer(700), READING),
    (StallRequest(700), WRITING),
    (DamageRequest(), WRITING),
    (DamageAnswer(), READING),
]
"""What may happen to a relay, and at which operations."""


async def test_a_copy_ends_complete_and_the_same(copying: Copying) -> None:
    """Each fault befalls a small object, and all of them the large one."""
    proxied = copying.proxied
    contents = arrange(proxied)
    rules = [
        proxied.befall(fault, *operations, key=key, times=1)
        for number, (fault, operations) in enumerate(FAULTS)
        for key in (f"small/{number:02}", "large")
    ]
    transfer, results = await copying.ended(await copying.submit())
    assert transfer.state is TransferState.DONE
    assert [rule.taken for rule in rules] == [1] * len(rules)
    assert_complete(proxied, contents, results)
    assert sum(result.retries for result in results) >= len(FAULTS)


async def test_a_copy_of_the_servers_own_ends_complete_and_the_same(copying: Copying) -> None:
    proxied = copying.proxied
    proxied.buckets.set_policy_of_a(*grant_read(proxied.buckets.a, proxied.server.b.principal))
    contents = arrange(proxied)
    operations = ("CopyObject", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload")
    faults: list[Fault] = [SLOW_DOWN, Answer(500, "InternalError"), LoseAnswer()]
    for number, fault in enumerate(faults):
        proxied.befall(fault, "CopyObject", key=f"small/{number:02}", times=2)
        for operation in operations:
            proxied.befall(fault, operation, key="large", times=1)
    transfer, results = await copying.ended(await copying.submit(route=CopyRoute.PULL))
    assert transfer.state is TransferState.DONE
    assert {result.route for result in results} == {CopyRoute.PULL}
    assert Counter(result.outcome for result in results) == {Outcome.COPIED: len(contents)}
    assert {key: proxied.content(key) for key in contents} == contents
    assert sum(result.retries for result in results) >= 6


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
        assert result.verification is not VerificationOutcome.SAME
        assert why(result).kind is ProblemKind.MISMATCH


async def test_a_denial_in_the_middle_fails_those_objects_and_is_not_tried_again(copying: Copying) -> None:
    proxied = copying.proxied
    contents = arrange(proxied)
    rule = proxied.befall(Answer(403, "AccessDenied", "Access Denied"), "PutObject", times=5)
    transfer, results = await copying.ended(await copying.submit("small/"))
    assert transfer.state is TransferState.FAILED
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert len(failed) == rule.taken == 5
    for result in failed:
        assert (why(result).kind, why(result).request_id) == (ProblemKind.DENIED, "PROXY")
        assert "s3:PutObject" in why(result).sentence()
        assert result.retries == 0
    assert Counter(each.key for each in proxied.proxy.seen if each.status == 403).most_common(1)[0][1] == 1
    copied = {result.source for result in results if result.outcome is Outcome.COPIED}
    assert len(copied) == len(contents) - 1 - 5


async def test_expired_credentials_pause_it_until_the_login(copying: Copying) -> None:
    proxied = copying.proxied
    contents = arrange(proxied)
    rule = proxied.befall(EXPIRED, when=lambda _: proxied.proxy.count("PutObject", status=200) >= 3)
    name = await copying.submit()
    waiting = await copying.waiting(name)
    assert waiting.waits_for
    assert waiting.waits_for.kind is ProblemKind.EXPIRED
    assert waiting.objects_failed == 0
    proxied.proxy.rules.remove(rule)
    transfer, results = await copying.ended(name)
    assert (transfer.state, transfer.waits_for) == (TransferState.DONE, None)
    assert_complete(proxied, contents, results)


async def cut_off(copying: Copying) -> str:
    """A transfer whose network goes away once a part has arrived."""
    proxy = copying.proxied.proxy

    async def cut() -> None:
        await until(lambda: proxy.count("UploadPart", status=200) >= 1, "a part has arrived")
        await proxy.away()

    name, _ = await asyncio.gather(copying.submit(), cut())
    return name


async def test_a_missing_network_pauses_it_until_it_is_back(copying: Copying) -> None:
    proxied = copying.proxied
    contents = arrange(proxied)
    name = await cut_off(copying)
    waiting = await copying.waiting(name)
    assert waiting.waits_for
    assert waiting.waits_for.kind is ProblemKind.UNREACHABLE
    await proxied.proxy.open()
    transfer, results = await copying.ended(name)
    assert transfer.state is TransferState.DONE
    [large] = [result for result in results if result.source.endswith("/large")]
    if Feature.CHECKSUMS not in proxied.server.features and large.verification is VerificationOutcome.UNKNOWN:
        # Nobody has read all of it in one go, and no checksum of its parts leads to that of the whole.
        del contents["large"]
        results.remove(large)
    assert_complete(proxied, contents, results)
    assert max(proxied.proxy.parts("UploadPart").values()) == 1  # no part that had arrived was sent again


async def test_what_is_gone_on_with_has_its_tags_too(copying: Copying) -> None:
    """Ceph forgets those that an upload is begun with: they are set when it is complete, by whoever completes it."""
    proxied = copying.proxied
    proxied.stored("large", os.urandom(2 * PART + 1000), Tagging="a=b")
    name = await cut_off(copying)
    await copying.waiting(name)
    proxied.befall(SLOW_DOWN, "PutObjectTagging", times=2)
    await proxied.proxy.open()
    transfer, [result] = await copying.ended(name)
    assert (transfer.state, result.notes) == (TransferState.DONE, [])
    assert proxied.b.get_object_tagging(Bucket=proxied.buckets.b, Key="large")["TagSet"] == [{"Key": "a", "Value": "b"}]


@pytest.fixture
async def cloud(demo_server: S3Server) -> AsyncIterator[ProxiedServer]:
    async with proxied_server(demo_server, SHORT) as cloud:
        yield cloud


def sessions(server: S3Server, count: int) -> list[RoleKeys]:
    sts = server.client(server.b, "sts")
    answers = [sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName=f"s{i}")["Credentials"] for i in range(count)]
    return [RoleKeys(each["AccessKeyId"], each["SecretAccessKey"], each["SessionToken"]) for each in answers]


class Settings:
    """The AWS files of a user with one profile, `role`."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.config, self._credentials = directory / "config", directory / "credentials"
        self.config.touch()
        self.log_out()
        monkeypatch.setenv("AWS_CONFIG_FILE", str(self.config))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(self._credentials))

    def log_in(self, session: RoleKeys) -> None:
        self._credentials.write_text(
            f"[role]\naws_access_key_id = {session.access_key}\naws_secret_access_key = {session.secret_key}\n"
            f"aws_session_token = {session.session_token}\n"
        )

    def log_out(self) -> None:
        self._credentials.write_text("[role]\n")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return Settings(tmp_path, monkeypatch)


def connection_of(cloud: ProxiedServer) -> str:
    return connection_id(IdentitySpec(profile="role", endpoint=cloud.proxy.endpoint, region="us-east-1"))


async def test_credentials_that_are_renewed_and_have_expired_all_the_same(
    cloud: ProxiedServer, settings: Settings, tmp_path: Path
) -> None:
    [session] = sessions(cloud.server, 1)
    answer = tmp_path / "answer.json"

    def print_until(end: datetime) -> None:
        said = {"Version": 1, "AccessKeyId": session.access_key, "SecretAccessKey": session.secret_key}
        answer.write_text(json.dumps(said | {"SessionToken": session.session_token, "Expiration": end.isoformat()}))

    now = datetime.now(UTC)
    print_until(now + timedelta(hours=1))
    settings.config.write_text(f"[profile role]\ncredential_process = cat {answer}\n")
    store = await cloud.open(connection_of(cloud))
    await store.buckets()
    made = await cloud.connections.get(connection_of(cloud), attempts=ONE_ATTEMPT)
    made.credentials._expiry_time = now  # as if the hour was over
    print_until(now)
    with pytest.raises(Interrupted) as caught:
        await store.buckets()
    assert caught.value.problem.kind is ProblemKind.EXPIRED
    waiting = asyncio.create_task(cloud.retries.health.wait_until_usable(caught.value.connection))
    await until(lambda: cloud.probes > 2, "it was looked several times")
    print_until(now + timedelta(hours=2))
    await waiting


async def test_a_transfer_resumes_after_the_login(cloud: ProxiedServer, settings: Settings) -> None:
    first, second = sessions(cloud.server, 2)
    settings.log_in(first)
    store = await cloud.open(connection_of(cloud))
    await store.buckets()
    cloud.befall(EXPIRED, when=lambda request: request.token == first.session_token)
    for _ in range(2):
        with pytest.raises(Interrupted) as caught:
            await store.tags("bucket", "k")
        assert (caught.value.problem.kind, caught.value.problem.identity) == (ProblemKind.EXPIRED, "role")
        assert caught.value.connection == connection_of(cloud)
    assert cloud.proxy.count("GetObjectTagging") == 1, "once it is known nobody is asked"
    waiting = asyncio.create_task(cloud.retries.health.wait_until_usable(caught.value.connection))
    await until(lambda: len(cloud.proxy.seen) > 4, "it was looked several times")
    assert not waiting.done()
    settings.log_out()
    probes = cloud.probes
    await until(lambda: cloud.probes > probes + 1, "a look that began before has ended")
    asked = len(cloud.proxy.seen)
    await until(lambda: cloud.probes > probes + 3, "it was looked several times")
    assert len(cloud.proxy.seen) == asked, "no request is sent without credentials"
    settings.log_in(second)
    await waiting
    store = await cloud.open(connection_of(cloud))
    await store.buckets()
    assert cloud.proxy.seen[-1].token == second.session_token


async def test_clients_of_replaced_connections_are_closed(cloud: ProxiedServer, settings: Settings) -> None:
    connection = connection_of(cloud)
    for session in sessions(cloud.server, 5):
        settings.log_in(session)
        await cloud.connections.renew(connection)
    gc.collect()
    await until(lambda: len(cloud.connections.clients) == 1, "the clients that nobody uses are closed")
    kept = await cloud.connections.get(connection, attempts=ONE_ATTEMPT)
    assert kept is await cloud.connections.renew(connection)  # nothing has changed
    await kept.client.list_buckets()


async def test_a_client_at_work_is_left_open(cloud: ProxiedServer, settings: Settings) -> None:
    first, second = sessions(cloud.server, 2)
    settings.log_in(first)
    store = await cloud.open(connection_of(cloud))
    settings.log_in(second)
    await cloud.connections.renew(connection_of(cloud))
    gc.collect()
    await store.buckets()
    assert cloud.proxy.seen[-1].token == first.session_token
    assert len(cloud.connections.clients) == 2


async def test_an_identity_that_was_out_is_asked_again(cloud: ProxiedServer, settings: Settings) -> None:
    [session] = sessions(cloud.server, 1)
    settings.log_in(session)
    rule = cloud.befall(EXPIRED)
    assert (await cloud.connections.identity(connection_of(cloud))).canonical_id == ""
    cloud.proxy.rules.remove(rule)
    found = await cloud.connections.identity(connection_of(cloud))
    assert found.canonical_id == cloud.server.a.canonical_id
    asked = len(cloud.proxy.seen)
    assert await cloud.connections.identity(connection_of(cloud)) == found
    assert len(cloud.proxy.seen) == asked
