"""What clients ask of a real engine and how it serves them; what an identity needs while a transfer is under way."""

import asyncio
import json
import os
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import platformdirs
import pytest
import pytest_asyncio
from msgspec import Raw
from msgspec.msgpack import decode

from tests.aws.demo import OPERATOR, present_code
from tests.engines import session_in, transfer_once
from tests.link.conftest import connected
from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.policies import bucket_policy, grant_read
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import Account, S3Server
from tests.stores.refusals import problem_of
from tests.transfers.journal.samples import silent, transfer
from tests.waiting import until
from tui.answering.rooms import Rooms
from tui.aws.ids import connection_id
from tui.core.facts import FactSection
from tui.core.identity import Address, AddressBook, IdentitySpec, RoleSpec, Safety
from tui.core.location import Location, parse_location
from tui.core.orders import CopyOptions, CopyOrder, CopyRoute, DeleteOrder, Destination, Filters, Selection
from tui.core.problem import Need, ProblemKind
from tui.core.transfer import Limits, ObjectResult, Outcome, Transfer, TransferState
from tui.engine.answers import HANDLERS
from tui.engine.run_engine import ClientConnection
from tui.engine.service import EngineService
from tui.link.engine_paths import engine_paths, log_file
from tui.link.frames import (
    WINDOW,
    AnswerBatchFrame,
    AnswerFrame,
    CallFrame,
    FailedFrame,
    StopFrame,
    TookFrame,
    decode_to_screen,
    encode,
    frame,
    read_message,
)
from tui.link.process import EngineProcess
from tui.link.request import Feed, Hello, Request, Stay
from tui.link.session import EngineSession, connect
from tui.messages.identity_requests import (
    Connect,
    GiveCode,
    GiveKeys,
    NameAccount,
    Secret,
    WatchAddresses,
    WatchIdentity,
)
from tui.messages.inspect_requests import Inspect
from tui.messages.listing_requests import CreatePrefix, ListBuckets, ListObjects
from tui.messages.order_requests import (
    DryRun,
    PauseTransfers,
    PlanDelete,
    ResumeTransfers,
    SetLimits,
    SubmitCopy,
    SubmitDelete,
    WaitingConflicts,
    WatchConflicts,
    WatchResults,
)
from tui.transfers.journal import Journal


async def test_what_makes_no_sense_is_refused_at_once(session: EngineSession) -> None:
    connection = (await connected(session, "media-prod")).connection
    bad = DeleteOrder(Selection(connection, Location("media-prod-assets"), prefixes=["x/"], filters=Filters(["a[b"])))
    asked = session.ask(SubmitDelete(bad)), anext(session.follow(PlanDelete(bad))), anext(session.follow(DryRun(bad)))
    for each in asked:
        assert "a[b" in (await problem_of(each)).title


A, B = "111111111111", "222222222222"


async def run_engine(environment: Mapping[str, str], *requests: NameAccount, home: Path | None = None) -> AddressBook:
    async with session_in(environment, home) as session:
        for request in requests:
            await session.ask(request)
        async with aclosing(session.follow(WatchAddresses())) as books:
            return await anext(books)


async def test_names_outlive_the_engine(demo_server: S3Server, surroundings: Path) -> None:
    """Those of a demo are in its home."""
    demo, own = surroundings / "demo", platformdirs.user_data_path("xs3-tui")
    demo.mkdir()
    for home, places in ((demo, [demo]), (None, [demo, own])):
        await run_engine(demo_server.environment, NameAccount(Address("", A, "Ours")), home=home)
        assert (await run_engine(demo_server.environment, home=home)).account_label(A) == "Ours"
        assert [place for place in (demo, own) if (place / "addresses.json").exists()] == places


async def test_a_name_may_be_what_a_pattern_means(session: EngineSession) -> None:
    """Whoever watches the identity hears of it."""
    spec = IdentitySpec("analytics", safety=Safety(patterns=("*prod*",)))
    *_, identity = [each async for each in session.follow(Connect(spec))]
    assert identity.read_only == ""
    async with aclosing(session.follow(WatchIdentity(identity.connection))) as watching:
        assert (await anext(watching)).read_only == ""
        await session.ask(NameAccount(Address("", B, "Production")))
        assert "Production" in (await anext(watching)).read_only


OF_OBJECT = ["GetAcl", "GetObjectTagging", "HeadObject"]
OF_BUCKET = ["GetAcl", "GetBucketOwnershipControls", "GetBucketPolicy", "GetPublicAccessBlock", "HeadBucket"]
ONE, TWO = "one", "two"


@pytest.fixture
def bucket(demo_server: S3Server) -> Iterator[str]:
    with fresh_bucket(demo_server, demo_server.a) as bucket:
        for key in (ONE, TWO):
            demo_server.client(demo_server.a).put_object(Bucket=bucket, Key=key, Body=b"1")
        yield bucket


@pytest_asyncio.fixture
async def proxy(demo_server: S3Server) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(demo_server.endpoint) as proxy:
        yield proxy


class Asking:
    def __init__(self, session: EngineSession, proxy: FaultProxy, connection: str) -> None:
        self.session, self._proxy, self.connection = session, proxy, connection
        self.diagnoses = 0

    async def inspect(self, where: Location, *sections: FactSection, fresh: bool = False) -> None:
        feed = Inspect(self.connection, where, None, sections, (), fresh)
        async with aclosing(self.session.follow(feed)) as updates:
            async for update in updates:
                self.diagnoses += update.findings is not None

    def requests(self) -> list[str]:
        found = sorted(each.operation for each in self._proxy.seen)
        self._proxy.seen.clear()
        return found


@pytest_asyncio.fixture
async def asking(session: EngineSession, proxy: FaultProxy, demo_server: S3Server) -> Asking:
    connection = (await connected(session, demo_server.a.profile, proxy.endpoint)).connection
    proxy.seen.clear()
    return Asking(session, proxy, connection)


async def test_what_is_known_of_a_bucket_is_asked_for_again_afresh_and_after_a_write_of_ours(
    asking: Asking, bucket: str
) -> None:
    """For another row the object alone is asked about."""
    one, two, whole = Location(bucket, ONE), Location(bucket, TWO), Location(bucket)
    everything = sorted(OF_OBJECT + OF_BUCKET)
    for where, fresh, expected in (
        (one, False, everything),
        (two, False, OF_OBJECT),
        (whole, False, []),
        (one, True, everything),
    ):
        await asking.inspect(where, fresh=fresh)
        assert asking.requests() == expected
    await asking.session.ask(CreatePrefix(asking.connection, Location(bucket, "new/")))
    asking.requests()
    await asking.inspect(whole)
    assert asking.requests() == OF_BUCKET


async def test_findings_are_made_once_for_facts_that_come_together(asking: Asking, bucket: str) -> None:
    await asking.inspect(Location(bucket, ONE))
    assert asking.diagnoses <= len(OF_OBJECT + OF_BUCKET)
    asking.diagnoses = 0
    await asking.inspect(Location(bucket, TWO), *FactSection)
    assert asking.diagnoses <= len(OF_OBJECT) + 1


NO_LISTS = {"Effect": "Deny", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


@pytest.fixture(params=["ceph", "ministack"])
def server(request: pytest.FixtureRequest) -> S3Server:
    found = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(found, S3Server)
    return found


@contextmanager
def unlisting(server: S3Server, account: Account) -> Iterator[None]:
    """Deny an account's user to list buckets while the block lasts."""
    iam, policy = server.client(account, "iam"), {"UserName": account.profile, "PolicyName": "no-lists"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [NO_LISTS]})
    iam.put_user_policy(**policy, PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_user_policy(**policy)


@pytest.fixture
def foreign(server: S3Server) -> Iterator[str]:
    with fresh_bucket(server, server.a) as name, unlisting(server, server.b):
        a = server.client(server.a)
        a.put_object(Bucket=name, Key="in/k", Body=b"content")
        a.put_bucket_policy(Bucket=name, Policy=bucket_policy(*grant_read(name, server.b.principal)))
        yield name


@pytest_asyncio.fixture
async def engine(server: S3Server, surroundings: object) -> AsyncIterator[EngineSession]:
    async with session_in(server.environment) as session:
        yield session


@pytest.mark.server
async def test_it_opens_by_every_form_of_its_name(engine: EngineSession, server: S3Server, foreign: str) -> None:
    who = await connected(engine, server.b.profile)
    assert who.problem is not None, "who may list no buckets does not learn the canonical id"
    listing = engine.ask(ListBuckets(who.connection))
    assert (await problem_of(listing)).kind is ProblemKind.DENIED
    for form in (foreign, f"s3://{foreign}/", f"arn:aws:s3:::{foreign}"):
        pages = [page async for page in engine.follow(ListObjects(who.connection, parse_location(form)))]
        assert [prefix for page in pages for prefix in page.prefixes] == ["in/"]
    pages = [page async for page in engine.follow(ListObjects(who.connection, Location(foreign, "in/")))]
    assert [name for page in pages for name in page.names] == ["k"]


OBJECTS, SIZE = 12, 256 * 1024
ABOUT_THREE_SECONDS = Limits(rate=OBJECTS * SIZE // 3)


@pytest.fixture
def buckets(demo_server: S3Server) -> Iterator[BucketPair]:
    with fresh_bucket(demo_server, demo_server.a) as a, fresh_bucket(demo_server, demo_server.b) as b:
        pair = BucketPair(demo_server, a, b)
        pair.set_policy_of_a(*grant_read(a, OPERATOR.arn))
        client = demo_server.client(demo_server.a)
        for number in range(OBJECTS):
            client.put_object(Bucket=a, Key=f"object-{number}", Body=os.urandom(SIZE))
        yield pair


@pytest.fixture
def environment(demo_server: S3Server, tmp_path: Path) -> Mapping[str, str]:
    config = tmp_path / "config"
    text = Path(demo_server.environment["AWS_CONFIG_FILE"]).read_text()
    config.write_text(text.replace("[profile analytics]", "[profile analytics]\nparameter_validation = false"))
    return {**demo_server.environment, "AWS_CONFIG_FILE": str(config)}


@pytest.fixture
def process(environment: Mapping[str, str]) -> Iterator[EngineProcess]:
    made = EngineProcess(environment)
    yield made
    made.stop()


@pytest_asyncio.fixture
async def lenient(process: EngineProcess) -> AsyncIterator[EngineSession]:
    made = EngineSession(process)
    yield made
    await made.close()


def copy_of_all(buckets: BucketPair, source: IdentitySpec) -> CopyOrder:
    return CopyOrder(
        Selection(connection_id(source), Location(buckets.a), [f"object-{number}" for number in range(OBJECTS)]),
        Destination(connection_id(IdentitySpec(buckets.server.b.profile)), Location(buckets.b)),
        CopyOptions(route=CopyRoute.RELAY),
    )


async def reached(session: EngineSession, transfer: str, *states: TransferState) -> Transfer:
    return await transfer_once(session, lambda now: now.state in states, transfer)


async def test_a_session_of_seconds_ends_while_it_is_copied_as_it(lenient: EngineSession, buckets: BucketPair) -> None:
    """The transfer waits for a code each time, goes on with it, and copies everything."""
    role = RoleSpec(OPERATOR.arn, mfa_serial=OPERATOR.mfa_serial, duration=2)
    spec = IdentitySpec(buckets.server.b.profile, roles=(role,))
    await lenient.ask(SetLimits(ABOUT_THREE_SECONDS))
    await lenient.ask(GiveCode(connection_id(spec), Secret(present_code())))
    transfer = (await lenient.ask(SubmitCopy(copy_of_all(buckets, spec)))).transfer
    waits = 0
    while True:
        now = await reached(lenient, transfer, TransferState.WAITING, TransferState.DONE, TransferState.FAILED)
        if now.state is not TransferState.WAITING:
            break
        assert now.waits_for is not None
        assert (now.waits_for.needs, now.waits_for.subject) == (Need.MFA_CODE, OPERATOR.mfa_serial)
        assert now.waits_for.connection == connection_id(spec)
        waits += 1
        await lenient.ask(SetLimits(Limits()))  # one end is enough to see
        await lenient.ask(GiveCode(now.waits_for.connection, Secret(present_code())))
        await reached(lenient, transfer, TransferState.RUNNING, TransferState.DONE, TransferState.FAILED)
    assert waits > 0
    assert (now.state, now.objects_done, now.objects_failed) == (TransferState.DONE, OBJECTS, 0)
    log = log_file().read_text()
    assert "needs an MFA code" in log
    assert "Traceback" not in log  # botocore logs one for whatever it cannot renew


async def test_typed_keys_are_wanted_again_by_the_next_engine(
    lenient: EngineSession, process: EngineProcess, environment: Mapping[str, str], buckets: BucketPair
) -> None:
    keys = buckets.server.a
    spec = IdentitySpec(endpoint=buckets.server.endpoint, region=keys.region, access_key=keys.access_key)
    give = GiveKeys(keys.access_key, Secret(keys.secret_key), endpoint=buckets.server.endpoint)
    await lenient.ask(give)
    await lenient.ask(SetLimits(ABOUT_THREE_SECONDS))
    transfer = (await lenient.ask(SubmitCopy(copy_of_all(buckets, spec)))).transfer
    await lenient.ask(PauseTransfers([transfer]))
    process.stop()
    assert keys.secret_key.encode() not in process.journal.read_bytes()
    async with session_in(environment) as after:
        assert (await after.ask(Hello())).unfinished == 1
        await after.ask(ResumeTransfers([transfer]))
        waiting = await reached(after, transfer, TransferState.WAITING)
        assert waiting.waits_for is not None
        assert (waiting.waits_for.needs, waiting.waits_for.subject) == (Need.KEYS, keys.access_key)
        async with aclosing(after.follow(WatchIdentity(connection_id(spec)))) as identities:
            out = await anext(identities)
            assert out.problem is not None
            assert out.problem.needs is Need.KEYS
            await after.ask(give)
            back = await anext(identities)
            assert (back.canonical_id, back.problem) == (keys.canonical_id, None)
        done = await reached(after, transfer, TransferState.DONE, TransferState.FAILED)
        assert (done.state, done.objects_done) == (TransferState.DONE, OBJECTS)


FEED, PING = 1, 100


class Endless:
    """The feed of conflicts always has one more answer; counts those it was asked for."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.given = 0
        self.open = 0
        patch.setitem(HANDLERS.feeds, WatchConflicts, self.feed)

    async def feed(self, _rooms: Rooms, _feed: Feed[Any]) -> AsyncGenerator[object, None]:
        self.open += 1
        try:
            while True:
                self.given += 1
                yield WaitingConflicts([])
        finally:
            self.open -= 1


def call_of(call_id: int, request: Request[Any] | Feed[Any]) -> CallFrame:
    return CallFrame(call_id, Raw(encode(request)))


class RawClient:
    """A client that sends exactly what it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self.answers: Counter[int] = Counter()
        self._pings = PING
        self.latest: object = None

    def send(self, message: CallFrame | StopFrame | TookFrame) -> None:
        self.writer.write(frame(message))

    async def ping(self) -> None:
        self._pings += 1
        self.send(call_of(self._pings, Hello()))
        while not self.answers[self._pings]:
            await self.read()

    async def read(self) -> None:
        self.latest = message = await read_message(self._reader, decode_to_screen)
        if isinstance(message, AnswerFrame | AnswerBatchFrame):
            self.answers[message.id] += 1


@asynccontextmanager
async def served(socket: Path) -> AsyncIterator[RawClient]:
    serving = set[asyncio.Task[Any]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        serving.add(task)
        await ClientConnection(Rooms(), reader, writer).serve()
        with suppress(ConnectionError):  # the client has left with answers unread
            await writer.wait_closed()

    async with await asyncio.start_unix_server(serve, str(socket)):
        reader, writer = await asyncio.open_unix_connection(str(socket))
        try:
            client = RawClient(reader, writer)
            await client.ping()
            yield client
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            await asyncio.wait(serving)


async def test_who_takes_nothing_gets_no_more_than_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Endless(monkeypatch)
    async with served(tmp_path / "socket") as client:
        client.send(call_of(FEED, WatchConflicts()))
        for _ in range(WINDOW):
            await client.read()
        for _ in range(20):
            await client.ping()
        assert client.answers[FEED] == WINDOW
        assert service.given == WINDOW + 1
        client.send(TookFrame(FEED))
        client.send(TookFrame(FEED))
        while client.answers[FEED] < WINDOW + 2:
            await client.read()
        for _ in range(20):
            await client.ping()
        assert client.answers[FEED] == WINDOW + 2


async def test_a_feed_that_is_stopped_or_left_is_closed_in_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Endless(monkeypatch)
    async with served(tmp_path / "socket") as client:
        for call in (1, 2):
            client.send(call_of(call, WatchConflicts()))
        await client.ping()
        await until(lambda: service.open == 2, "both feeds are open")
        client.send(StopFrame(1))
        await until(lambda: service.open == 1, "the stopped feed is closed")
    await until(lambda: service.open == 0, "the feed of the client that left is closed")


async def test_a_reader_that_reads_nothing_at_all_can_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine waits for room in the socket; the client's end must end that, too."""
    service = Endless(monkeypatch)
    async with served(tmp_path / "socket") as client:
        client.send(call_of(FEED, WatchConflicts()))
        for _ in range(100_000):
            client.send(TookFrame(FEED))
        await until(lambda: service.given > WINDOW, "the feed runs")
    await until(lambda: service.open == 0, "the feed is closed")


async def test_answers_that_are_there_at_once_come_in_one_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def bursts(_rooms: Rooms, _feed: Feed[Any]) -> AsyncGenerator[object, None]:
        yield [encode(number) for number in range(1000)]

    monkeypatch.setitem(HANDLERS.feeds, WatchConflicts, bursts)
    async with served(tmp_path / "socket") as client:
        client.send(call_of(FEED, WatchConflicts()))
        await client.read()
        assert isinstance(client.latest, AnswerBatchFrame)
        assert [decode(body) for body in client.latest.bodies] == list(range(1000))


async def test_a_client_hands_them_on_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, results = tmp_path / "socket", [ObjectResult("t", str(n), "", Outcome.COPIED) for n in range(3)]

    async def at_once(_rooms: Rooms, _feed: Feed[Any]) -> AsyncGenerator[object, None]:
        yield [encode(each) for each in results]

    monkeypatch.setitem(HANDLERS.feeds, WatchResults, at_once)
    async with served(path):
        client = await connect(path)
        await client.ask(Hello())
        assert [each async for each in client.follow(WatchResults("t"))] == results
        await client.close()


async def test_a_defect_is_reported_as_one_and_the_next_call_is_answered(
    surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def defective(_rooms: Rooms, _request: Stay) -> object:
        raise KeyError("a defect")

    monkeypatch.setitem(HANDLERS.requests, Stay, defective)
    async with served(surroundings / "socket") as client:
        client.send(call_of(2, Stay(0)))
        await client.read()
        assert isinstance(client.latest, FailedFrame)
        problem = client.latest.problem
        assert (problem.kind, problem.operation) == (ProblemKind.ENGINE, "Stay")
        assert problem.title == "internal error in the engine"
        assert problem.remedy == f"the details are in {log_file()}"
        await client.ping()


async def test_the_journal_is_closed_again(tmp_path: Path) -> None:
    """It is locked and written by a thread otherwise, for nothing."""
    places = engine_paths({}, tmp_path)
    journal = await Journal.open(places.journal, silent)
    await journal.add(transfer())
    await journal.close()
    with closing(sqlite3.connect(places.journal)) as file, file:
        file.execute("UPDATE transfers SET standing = x'00'")
    service = EngineService(lambda: None)
    await service.start(places)
    assert not service.rooms.needed
    await (await Journal.open(places.journal, silent)).close()
    await service.close()
