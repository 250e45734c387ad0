"""What a broken or strange server makes a write say."""

import pytest

from tests.stores.faults import answer, error
from tests.stores.faulty_store import ETAG, PLAIN, store_on
from tests.stores.refusals import problem_of
from tui.accounts.connections import Connections
from tui.model.problem import ProblemKind
from tui.stores.s3.multipart import ABORT_ATTEMPTS, multipart_etag
from tui.stores.values import Part

pytestmark = pytest.mark.usefixtures("keys")


async def test_an_upload_is_aborted_until_no_part_is_left(connections: Connections) -> None:
    left = answer("200 OK", b"<ListPartsResult><Part><PartNumber>1</PartNumber></Part></ListPartsResult>")
    gone = error("404 Not Found", "NoSuchUpload")
    async with store_on(connections, answer("204 No Content"), left, answer("204 No Content"), gone) as (store, server):
        await store.abort_upload("bucket", "k", "upload")
    assert [line.split()[0] for line in server.requests] == ["DELETE", "GET"] * 2


async def test_an_upload_that_keeps_its_parts_is_a_problem(connections: Connections) -> None:
    left = answer("200 OK", b"<ListPartsResult><Part><PartNumber>1</PartNumber></Part></ListPartsResult>")
    async with store_on(connections, left) as (store, server):
        problem = await problem_of(store.abort_upload("bucket", "k", "upload"))
    assert problem.operation == "AbortMultipartUpload"
    assert len(server.requests) == 2 * ABORT_ATTEMPTS


@pytest.mark.parametrize("found", [True, False])
async def test_a_completion_whose_answer_was_lost(connections: Connections, found: bool) -> None:
    parts = [Part(1, ETAG)]
    etag = multipart_etag(parts) if found else ETAG
    gone, there = error("404 Not Found", "NoSuchUpload"), answer("200 OK", b"", f"ETag: {etag}")
    async with store_on(connections, gone, there) as (store, _):
        request = store.complete_upload("bucket", "k", "upload", parts)
        if found:
            assert (await request).etag == etag
        else:
            assert (await problem_of(request)).code == "NoSuchUpload"


async def test_a_new_object_whose_answer_was_lost_is_our_own(connections: Connections) -> None:
    body, taken = b"", error("412 Precondition Failed", "PreconditionFailed")
    lost = answer("500 Internal Server Error")
    async with store_on(connections, lost, taken, answer("200 OK", b"", f"ETag: {ETAG}")) as (store, server):
        assert (await store.put("bucket", "k", body, PLAIN, only_new=True)).etag == ETAG  # the MD5 of nothing
    assert [line.split()[0] for line in server.requests] == ["PUT", "PUT", "HEAD"]
    assert "if-none-match: *" in server.headers[0].lower()


async def test_a_new_object_of_another_writer_is_a_problem(connections: Connections) -> None:
    taken = error("412 Precondition Failed", "PreconditionFailed")
    there = answer("200 OK", b"", 'ETag: "00000000000000000000000000000000"')
    async with store_on(connections, taken, there) as (store, _):
        problem = await problem_of(store.put("bucket", "k", b"x", PLAIN, only_new=True))
    assert problem.kind is ProblemKind.EXISTS
    assert problem.title.startswith("s3://bucket/k was written by someone else")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("501 Not Implemented", "NotImplemented"),
        ("400 Bad Request", "InvalidArgument"),
        ("400 Bad Request", "InvalidRequest"),
    ],
)
async def test_a_server_without_the_condition_is_written_to_without_it(
    connections: Connections, status: str, code: str
) -> None:
    refused = error(status, code, "A header you provided implies functionality")
    async with store_on(connections, refused, answer("200 OK", b"", f"ETag: {ETAG}")) as (store, server):
        assert (await store.put("bucket", "k", b"x", PLAIN, only_new=True)).etag == ETAG
    assert ["if-none-match" in headers.lower() for headers in server.headers] == [True, False]
