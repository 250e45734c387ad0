"""The table of a store's operations agrees with S3's API, and what is made from it with the protocols."""

from __future__ import annotations

import inspect
from typing import Any, Protocol

import botocore.session
import pytest

from tui.accounts.clients.connection import LIST_BUCKETS
from tui.stores.base import ACTIONS, OPERATIONS, Annotations, Multipart, Store
from tui.stores.bucket_settings import BucketSettings
from tui.stores.operations import Operation, Retry, operations_of, reads, writes
from tui.stores.wrapping import PROPERTIES, WrappedStore
from tui.transfers.retry.store import RetryingStore

READING_METHODS = {"GET", "HEAD"}

YOUNGER = {
    "ListObjectAnnotations": "GET",
    "GetObjectAnnotation": "GET",
    "PutObjectAnnotation": "PUT",
    "DeleteObjectAnnotation": "DELETE",
}
"""Operations that this botocore does not know yet."""


@pytest.fixture(scope="module")
def methods() -> dict[str, str]:
    """The HTTP method of each operation of S3's API, as botocore knows it."""
    model = botocore.session.get_session().get_service_model("s3")
    return {name: model.operation_model(name).http["method"] for name in model.operation_names}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_an_operation_that_reads_sends_nothing_but_get_and_head(operation: Operation, methods: dict[str, str]) -> None:
    known = methods | YOUNGER
    assert operation.actions.keys() <= known.keys(), "S3 has no such operation"
    assert operation.writes is not ({known[request] for request in operation.actions} <= READING_METHODS)


def test_an_action_is_of_one_request_each() -> None:
    told = [(request, action) for each in OPERATIONS.values() for request, action in each.actions.items()]
    assert dict(told) == ACTIONS
    assert set(told) == set(ACTIONS.items())
    assert ACTIONS["HeadObject"] == "s3:GetObject"


def test_a_method_that_is_not_marked_is_no_operation() -> None:
    class Forgotten(Protocol):
        @reads(HeadObject="s3:GetObject")
        async def known(self, bucket: str) -> None: ...

        def forgotten(self, bucket: str) -> None: ...

    with pytest.raises(TypeError, match=r"Forgotten\.forgotten"):
        operations_of(Forgotten)


def test_what_a_call_is_about() -> None:
    put, copy = OPERATIONS["put"], OPERATIONS["copy"]
    assert put.bucket(("b", "k", b"", None), {}) == "b"
    assert copy.bucket(("source",), {"key": "k", "bucket": "b", "attributes": None}) == "b"
    assert OPERATIONS["buckets"].bucket((), {}) == ""


def test_a_wrapper_has_every_property_of_a_store() -> None:
    properties = {name for name, each in inspect.getmembers(Store) if isinstance(each, property)}
    assert properties - {"settings"} == PROPERTIES


@pytest.mark.parametrize("name", [name for name, each in OPERATIONS.items() if each.retry is Retry.OWN])
def test_what_is_retried_in_a_way_of_its_own_has_a_method(name: str) -> None:
    """With the parameters of the protocol."""
    assert inspect.signature(getattr(RetryingStore, name)) == OPERATIONS[name].signature


def test_nothing_else_has_a_method() -> None:
    own = {name for name in vars(RetryingStore) if name in OPERATIONS}
    assert own == {name for name, each in OPERATIONS.items() if each.retry is Retry.OWN}


def test_every_operation_of_the_protocols_is_in_the_table() -> None:
    for protocol in (Store, Annotations, Multipart, BucketSettings):
        asynchronous = {name for name, each in inspect.getmembers(protocol) if inspect.iscoroutinefunction(each)}
        assert asynchronous <= OPERATIONS.keys()


class Recorded:
    """A store that tells what was called."""

    label = "media"
    settings: Any = None

    async def head(self, *arguments: object) -> tuple[object, ...]:
        return arguments

    def leak(self) -> str:
        """No operation."""
        return "leaked"


async def test_a_wrapper_passes_operations_through_its_function_and_nothing_besides() -> None:
    seen: list[str] = []

    def wrap(operation: Operation, call: Any) -> Any:
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


def test_the_marks() -> None:
    class Marked(Protocol):
        @writes(retry=Retry.OWN, PutObject="s3:PutObject")
        async def write(self, bucket: str) -> None: ...

    found = operations_of(Marked)["write"]
    assert (found.writes, found.retry, found.actions) == (True, Retry.OWN, {"PutObject": "s3:PutObject"})


def test_identities_are_tried_with_a_request_of_the_table() -> None:
    assert LIST_BUCKETS in ACTIONS.items()
