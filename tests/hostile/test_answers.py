"""Answers that are too large, too short, of another kind or without end: a problem in words, and soon."""

from __future__ import annotations

import gzip

import pytest

from tests.hostile.answers import CONTENT, ETAG, Answer, bucket_list, error, listing, row, xml
from tests.hostile.lies import MEGABYTE
from tests.hostile.server import HostileServer
from tui.accounts import connection_id
from tui.accounts.clients.transport import MAX_ANSWER
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.s3.listing import MOST_EMPTY_PAGES
from tui.stores.values import ObjectAttributes, Source


async def listed(store: S3Store, bucket: str) -> Problem:
    """The problem of a listing."""
    with pytest.raises(ProblemError) as caught:
        _ = [page async for page in store.pages(bucket, "")]
    return caught.value.problem


@pytest.mark.parametrize("status", [200, 403, 500])
async def test_a_large_answer_is_not_read_to_its_end(hostile: HostileServer, store: S3Store, status: int) -> None:
    body = error(status, "AccessDenied", "x" * (40 * MEGABYTE)).body
    hostile.lie("large", "ListObjectsV2", Answer(status, body))
    hostile.lie("large", "GetBucketPolicy", Answer(status, body))
    problem = await listed(store, "large")
    assert str(MAX_ANSWER) in problem.cause
    with pytest.raises(ProblemError, match="cannot be read"):
        await store.settings.policy("large")
    assert len(hostile.asked) == 2


async def test_a_large_answer_is_asked_for_once(hostile: HostileServer, connections: Connections) -> None:
    hostile.lie("large", "ListObjectsV2", listing("<a/>" * MEGABYTE))
    patient = S3Store(await connections.get(connection_id(IdentitySpec())))
    assert "tags" in (await listed(patient, "large")).cause
    assert hostile.count("ListObjectsV2") == 1


async def test_an_object_without_length_is_not_read_to_its_end(hostile: HostileServer, store: S3Store) -> None:
    body = b"".join(b"%x\r\n%b\r\n" % (65536, b"x" * 65536) for _ in range(640)) + b"0\r\n\r\n"
    endless = Answer(206, body, (("ETag", ETAG), ("Transfer-Encoding", "chunked")), length=-1)
    hostile.lie("endless", "GetObject", endless)
    with pytest.raises(ProblemError, match="cut short"):
        await store.read("endless", "key", etag=ETAG, start=0, length=5)


async def test_empty_pages_without_end_end(hostile: HostileServer, store: S3Store) -> None:
    assert f"{MOST_EMPTY_PAGES} empty pages" in (await listed(store, "empty-pages")).cause
    assert "continuation token repeats" in (await listed(store, "same-token")).cause


async def test_a_cut_list_is_asked_for_again_and_called_so(hostile: HostileServer, connections: Connections) -> None:
    patient = S3Store(await connections.get(connection_id(IdentitySpec())))
    problem = await listed(patient, "cut-list")
    assert (problem.cause, problem.status) == ("the list is incomplete", 0)
    assert hostile.count("ListObjectsV2") == 4


async def test_a_compressed_list_is_called_so(hostile: HostileServer, store: S3Store) -> None:
    body = gzip.compress(listing(row()).body)
    hostile.lie("gzip", "ListObjectsV2", Answer(200, body, (("Content-Encoding", "gzip"),)))
    problem = await listed(store, "gzip")
    assert "compressed" in problem.cause
    assert problem.status == 0


@pytest.mark.parametrize("body", [b"<CopyObjectResult><ETag>", b"\x1f\x8b\x08\0", b"<html>", b"<!DOCTYPE html><html/>"])
async def test_a_cut_answer_is_not_blamed_on_a_failure(hostile: HostileServer, store: S3Store, body: bytes) -> None:
    hostile.lie("cut", "CopyObject", Answer(200, body))
    with pytest.raises(ProblemError) as caught:
        await store.copy(Source("honest", "a", ETAG), "cut", "key", ObjectAttributes())
    problem = caught.value.problem
    assert (problem.title, problem.status, problem.code) == ("the server's response cannot be read", 0, "")
    assert "500" not in problem.sentence()


async def test_a_short_body_was_reached(hostile: HostileServer, store: S3Store) -> None:
    with pytest.raises(ProblemError) as caught:
        await store.read("short-body", "key", etag=ETAG, start=0, length=len(CONTENT))
    assert caught.value.problem.kind is ProblemKind.SERVER
    assert "cut short" in caught.value.problem.title


async def test_settings_that_are_not_known_are_not_asked_for_again(hostile: HostileServer, store: S3Store) -> None:
    for asked in (store.settings.ownership("new-ownership"), store.tags("many-tags", "key")):
        with pytest.raises(ProblemError) as caught:
            await asked
        assert caught.value.problem.kind is ProblemKind.UNSUPPORTED


@pytest.mark.parametrize("name", ["a/b", "", "arn:aws:s3:::x", "https:", "file:"])
async def test_a_bucket_that_cannot_be_is_a_problem(hostile: HostileServer, store: S3Store, name: str) -> None:
    hostile.lie("", "ListBuckets", bucket_list(["fine", name]))
    with pytest.raises(ProblemError, match="list of buckets"):
        await store.buckets()


async def test_parts_without_end_end(hostile: HostileServer, store: S3Store) -> None:
    part = "<Part><PartNumber>1</PartNumber><Size>1</Size><ETag>e</ETag></Part>"
    answers = iter(range(1, 100))
    hostile.lie(
        "parts",
        "ListParts",
        lambda _: xml(
            f"<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>{next(answers)}"
            f"</NextPartNumberMarker>{part * 1000}</ListPartsResult>"
        ),
    )
    with pytest.raises(ProblemError, match="cannot be read"):
        await store.parts("parts", "key", "upload-1")
