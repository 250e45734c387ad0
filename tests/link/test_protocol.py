"""Messages, who answers each; the table of a store's operations, heads, and errors of requests."""

import asyncio
import inspect
import re
import struct
from collections.abc import AsyncGenerator
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.stores.refusals import problem_of
from tui.answering.handlers import Handlers
from tui.aws.connection import LIST_BUCKETS
from tui.aws.refusals import Attempt
from tui.core.changes import AppliedChange, DocumentKind, DocumentRef, PlannedChange
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.engine import answers
from tui.features.transfer_list.engines_session import Counted, count_transfers
from tui.link.frames import MAX_FRAME, StopFrame, decode_to_engine, decode_to_screen, frame, read_message
from tui.link.request import Feed, Request
from tui.link.session import EngineLostError
from tui.messages.document_requests import ApplyChange, PlanUndo
from tui.saved.taking_back import UndoPart, take_back
from tui.stores.base import ACTIONS, OPERATIONS, PROPERTIES, Annotations, Multipart, Store, WrappedStore
from tui.stores.operations import BucketConfiguration, Retry, StoreOperation, operations_of, writes
from tui.stores.s3.calls import Mapped
from tui.stores.s3.headers import attribute_parameters, read_head
from tui.stores.store_values import ObjectAttributes
from tui.transfers.retries import RetryingStore

NESTED = b"\x91" * 100_000 + b"\xc0"
"""MessagePack lists in one another, far deeper than any message."""


def stream(*pieces: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    for piece in pieces:
        reader.feed_data(piece)
    reader.feed_eof()
    return reader


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


RUBBISH = {
    "nothing": b"",
    "nil": b"\xc0",
    "nested": NESTED,
    "nested inside": b"\x82\xa4type\xa4stop\xa1x" + NESTED,
    "no text": b"\x81\xa4type\xa2\xff\xff",
    "more than one": b"\x82\xa4type\xa4stop\xa2id\xcf" + b"\xff" * 8 + b"\x00",
    "huge list": b"\xdd\xff\xff\xff\xff",
    "huge map": b"\xdf\xff\xff\xff\xff\xa4type",
}


async def test_rubbish_is_a_problem() -> None:
    for (name, body), decode in product(RUBBISH.items(), (decode_to_engine, decode_to_screen)):
        assert (await problem_of(read_message(stream(framed(body)), decode))).kind is ProblemKind.ENGINE, name


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_problem(body: bytes) -> None:
    async def read() -> None:
        try:
            await read_message(stream(framed(body)), decode_to_engine)
        except ProblemError as error:
            assert error.problem.kind is ProblemKind.ENGINE  # noqa: PT017  # reason: it need not be raised

    asyncio.run(read())


async def test_the_end_in_the_middle_of_a_frame_is_the_end() -> None:
    whole = frame(StopFrame(7))
    for cut in range(len(whole)):
        assert await read_message(stream(whole[:cut]), decode_to_engine) is None
    assert await read_message(stream(whole), decode_to_engine) == StopFrame(7)
    with pytest.raises(ProblemError, match="different protocols"):
        await read_message(stream(struct.pack(">I", MAX_FRAME + 1)), decode_to_engine)


# Every message of the protocol is answered.


def test_what_a_client_may_send_is_answered() -> None:
    every = {each for kind in (Request, Feed) for each in kind.__subclasses__()}
    every = {each for each in every if not each.__module__.startswith(("tests.", "tui.features.cluster.client"))}
    assert every == answers.HANDLERS.kinds


def test_two_answers_to_one_message_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two functions answer .*Hello"):
        Handlers([answers.GREETING, answers.GREETING])


# Changes are taken back although the engine is lost on the way, and nothing is said that is not known.
REF = DocumentRef(DocumentKind.BUCKET_TAGS, Location("b"))
MADE = AppliedChange("c1", 1.0, "alice", REF, before="old", after="new")
PART = UndoPart(MADE, PlannedChange(REF, before="new", after="old"))


class Engines:
    """One after the other: each of the first `lost` writes the document, and is lost before it says so."""

    def __init__(self, lost: int, *, writes: bool = True) -> None:
        self.document = "new"
        self.written = 0
        self._lost, self._writes = lost, writes

    async def ask(self, request: Any) -> Any:
        if isinstance(request, PlanUndo):
            return PlannedChange(REF, before=self.document, after="old")
        assert isinstance(request, ApplyChange)
        self._lost -= 1
        if self.document != request.change.after and (self._lost < 0 or self._writes):
            self.document = request.change.after or ""
            self.written += 1
        if self._lost >= 0:
            raise EngineLostError
        return replace(MADE, id="c2", before=request.change.before, after=request.change.after, undoes=request.undoes)

    def follow(self, feed: Any) -> AsyncGenerator[Any, None]:
        raise AssertionError(f"nobody follows {feed}")

    async def other_has_ended(self) -> None:
        """There is no other one."""


async def taken_back(engine: Any) -> tuple[list[UndoPart], list[str]]:
    done = list[AppliedChange]()
    return await take_back(engine, [PART], done.append), [each.undoes for each in done]


async def test_an_engine_that_is_lost() -> None:
    """When it had written, and before it wrote."""
    for wrote in (True, False):
        engines = Engines(1, writes=wrote)
        assert await taken_back(engines) == ([], ["c1"])
        assert (engines.document, engines.written) == ("old", 1)


async def test_a_change_that_is_refused_stays() -> None:
    """Where two engines are lost it is not said to stay: it does not."""
    [part], done = await taken_back(Engines(2))
    assert (part.stays, done) == ("perhaps stays", [])

    class Refuses(Engines):
        async def ask(self, _request: Any) -> Any:
            raise ProblemError(Problem(kind=ProblemKind.DENIED, title="denied"))

    [part], _ = await taken_back(Refuses(0))
    assert part.stays == "stays"


# The table of a store's operations agrees with S3's API and the protocols; heads, and errors of requests.


READING_METHODS = {"GET", "HEAD"}

YOUNGER = {
    "ListObjectAnnotations": "GET",
    "GetObjectAnnotation": "GET",
    "PutObjectAnnotation": "PUT",
    "DeleteObjectAnnotation": "DELETE",
}
"""Operations that this botocore does not know yet."""


def test_an_operation_that_reads_sends_nothing_but_get_and_head() -> None:
    model = botocore.session.get_session().get_service_model("s3")
    methods = YOUNGER | {name: model.operation_model(name).http["method"] for name in model.operation_names}
    for operation in OPERATIONS.values():
        assert operation.actions.keys() <= methods.keys(), f"S3 has no such operation: {operation.name}"
        reads_only = {methods[request] for request in operation.actions} <= READING_METHODS
        assert operation.writes is not reads_only, operation.name


def test_an_action_is_of_one_request_each() -> None:
    told = [(request, action) for each in OPERATIONS.values() for request, action in each.actions.items()]
    assert dict(told) == ACTIONS
    assert set(told) == set(ACTIONS.items())
    assert ACTIONS["HeadObject"] == "s3:GetObject"
    assert LIST_BUCKETS in ACTIONS.items(), "identities are tried with it"


def test_a_method_that_is_not_marked_is_no_operation() -> None:
    class Marked(Protocol):
        @writes(retry=Retry.OWN, PutObject="s3:PutObject")
        async def write(self, bucket: str) -> None: ...

    found = operations_of(Marked)["write"]
    assert (found.writes, found.retry, found.actions) == (True, Retry.OWN, {"PutObject": "s3:PutObject"})

    class Forgotten(Marked, Protocol):
        def forgotten(self, bucket: str) -> None: ...

    with pytest.raises(TypeError, match=r"Forgotten\.forgotten"):
        operations_of(Forgotten)
    put, copy = OPERATIONS["put"], OPERATIONS["copy"]
    assert put.bucket(("b", "k", b"", None), {}) == "b"
    assert copy.bucket(("source",), {"key": "k", "bucket": "b", "attributes": None}) == "b"
    assert OPERATIONS["buckets"].bucket((), {}) == ""


def test_a_wrapper_has_every_property_of_a_store() -> None:
    properties = {name for name, each in inspect.getmembers(Store) if isinstance(each, property)}
    assert properties - {"settings"} == PROPERTIES


def of_names(signature: inspect.Signature) -> str:
    """Its text; a type may be written with its module or without."""
    return re.sub(r"\b[a-z_]+\.(?=[A-Z])", "", str(signature))


def test_what_is_retried_in_a_way_of_its_own_has_a_method() -> None:
    """With the parameters of the protocol, and nothing else has one."""
    own = {name for name in vars(RetryingStore) if name in OPERATIONS}
    assert own == {name for name, each in OPERATIONS.items() if each.retry is Retry.OWN}
    for name in own:
        assert of_names(inspect.signature(getattr(RetryingStore, name))) == of_names(OPERATIONS[name].signature), name
    for protocol in (Store, Annotations, Multipart, BucketConfiguration):
        asynchronous = {name for name, each in inspect.getmembers(protocol) if inspect.iscoroutinefunction(each)}
        assert asynchronous <= OPERATIONS.keys()


class Recorded:
    label = "media"
    settings: Any = None

    async def head(self, *arguments: object) -> tuple[object, ...]:
        return arguments

    def leak(self) -> str:
        return "leaked"


async def test_a_wrapper_passes_operations_through_its_function_and_nothing_besides() -> None:
    seen: list[str] = []

    def wrap(operation: StoreOperation, call: Any) -> Any:
        seen.append(operation.name)
        return call

    inner: Any = Recorded()
    inner.settings = Recorded()
    wrapped: Any = WrappedStore(inner, wrap)
    assert (await wrapped.head("b", "k"), wrapped.label) == (("b", "k"), "media")
    assert await wrapped.settings.head("b") == ("b",)
    with pytest.raises(AttributeError, match="leak"):
        wrapped.leak()
    assert seen == ["head", "head"]


# What heads say, and what writes send: what no server of the tests has.


def test_a_bucket_key_is_read_and_sent_again() -> None:
    head = read_head({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:key", "BucketKeyEnabled": True})
    assert (head.encryption, head.kms_key, head.bucket_key) == ("aws:kms", "arn:key", True)
    sent = ObjectAttributes(encryption=head.encryption, kms_key=head.kms_key, bucket_key=head.bucket_key)
    assert attribute_parameters(sent) == {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "arn:key",
        "BucketKeyEnabled": True,
    }
    assert "BucketKeyEnabled" not in attribute_parameters(ObjectAttributes(encryption="aws:kms"))


# Errors of requests become problems of the attempt that was made, and an attempt is made for them alone.


def learn_nothing(operation: str, *, has: bool) -> None:
    raise AssertionError(f"{operation}: the answer was not another operation's ({has})")


def test_what_is_no_error_of_a_request_passes_as_it_is() -> None:
    def no_attempt() -> Attempt:
        raise AssertionError("nothing went wrong with the request")

    with Mapped(no_attempt, learn_nothing):
        pass
    for defect in (ZeroDivisionError("a defect"), ProblemError(Problem(kind=ProblemKind.CHANGED, title="x"))):
        with pytest.raises(type(defect)) as raised, Mapped(no_attempt, learn_nothing):
            raise defect
        assert raised.value is defect


def test_an_error_is_a_problem_of_the_attempt() -> None:
    attempt = Attempt("a", operation="GetObject", resource="s3://b/k")
    for error in (KeyError("ETag"), ValueError("no date"), ConnectionResetError()):
        with pytest.raises(ProblemError) as raised, Mapped(lambda: attempt, learn_nothing):
            raise error
        assert raised.value.__cause__ is error
        assert (raised.value.problem.operation, raised.value.problem.resource) == ("GetObject", "s3://b/k")


def test_a_journal_that_cannot_be_read_is_counted_by_an_engine_alone(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    assert count_transfers(journal) == Counted()
    journal.write_bytes(b"no database" * 100)
    assert count_transfers(journal) is None
