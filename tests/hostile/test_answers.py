"""Answers that are too large, too short, of another kind or without end: a problem in words, whoever has asked."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from tests.cli.conftest import Ended, Run
from tests.hostile.answers import ETAG, MEGABYTE, Answer, bucket_list, error, listing, row, xml
from tests.hostile.server import HostileServer
from tests.stores.refusals import problem_of, whole_list
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.transport import MAX_ANSWER
from tui.core.identity import IdentitySpec, RoleSpec
from tui.core.problem import Problem, ProblemKind
from tui.stores.s3.lister import MOST_EMPTY_PAGES
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import CopySource, ObjectAttributes


async def listed(store: S3Store, bucket: str) -> Problem:
    return await problem_of(whole_list(store, bucket))


@pytest.mark.parametrize("status", [200, 403, 500])
async def test_a_large_answer_is_not_read_to_its_end(hostile: HostileServer, store: S3Store, status: int) -> None:
    body = error(status, "AccessDenied", "x" * (40 * MEGABYTE)).body
    hostile.lie("large", "ListObjectsV2", Answer(status, body))
    hostile.lie("large", "GetBucketPolicy", Answer(status, body))
    assert str(MAX_ANSWER) in (await listed(store, "large")).cause
    assert "cannot be read" in (await problem_of(store.settings.policy("large"))).title
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
    assert "cut short" in (await problem_of(store.read("endless", "key", etag=ETAG, start=0, length=5))).title


async def test_an_object_in_the_place_of_its_tags_is_not_read(hostile: HostileServer, store: S3Store) -> None:
    """By a server that knows no ``?tagging``: here its body never ends."""
    head = (("ETag", ETAG), ("Last-Modified", "Tue, 24 Nov 2026 10:11:12 GMT"))
    hostile.lie("endless", "GetObjectTagging", Answer(200, b"x" * 100, head, length=1 << 40))
    assert (await problem_of(store.tags("endless", "key"))).kind is ProblemKind.UNSUPPORTED


@pytest.mark.timeout(60)
async def test_space_in_an_answer_is_read_once(hostile: HostileServer, store: S3Store) -> None:
    """Quadratic in its length, this would take hours, in which the engine does nothing else."""
    space = b" " * (4 << 20)
    hostile.lie("space", "GetObjectTagging", Answer(200, b"<Tagging><TagSet>" + space + b"x</TagSet></Tagging>"))
    assert await store.tags("space", "key") == []
    hostile.lie("space", "CopyObject", Answer(200, b"<CopyObjectResult>" + space + b"x</CopyObjectResult>"))
    assert not (await store.copy(CopySource("b", "k", ETAG), "space", "key", ObjectAttributes())).etag


async def test_empty_pages_without_end_end(hostile: HostileServer, store: S3Store) -> None:
    assert f"{MOST_EMPTY_PAGES:,} empty pages" in (await listed(store, "empty-pages")).cause


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
    problem = await problem_of(store.copy(CopySource("honest", "a", ETAG), "cut", "key", ObjectAttributes()))
    assert (problem.title, problem.status, problem.code) == ("the server's response cannot be read", 0, "")
    assert "500" not in problem.sentence()


@pytest.mark.parametrize("name", ["a/b", "", "arn:aws:s3:::x", "https:", "file:"])
async def test_a_bucket_that_cannot_be_is_a_problem(hostile: HostileServer, store: S3Store, name: str) -> None:
    hostile.lie("", "ListBuckets", bucket_list(["fine", name]))
    assert "list of buckets" in (await problem_of(store.buckets())).title


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
    assert "cannot be read" in (await problem_of(store.parts("parts", "key", "upload-1"))).title


ROLE = IdentitySpec(roles=(RoleSpec("arn:aws:iam::111122223333:role/r"),))
BODIES = ("<html/>", "<a>" * 100_000 + "</a>" * 100_000, "[" * 200_000, "x" * 17_000_000)


@pytest.mark.parametrize("body", BODIES, ids=("another", "deep", "no-xml", "large"))
async def test_a_nonsense_answer_of_sts_is_a_problem(
    hostile: HostileServer, connections: Connections, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    hostile.lie("", "STS", xml(body))
    identity = await connections.identity(connection_id(IdentitySpec()))
    assert identity.problem is not None
    assert identity.problem.kind is ProblemKind.SERVER
    assert not any(said in identity.problem.cause for said in ("<", "\n", "x" * 99, "retries")), "not the answer itself"
    assert (await problem_of(connections.get(connection_id(ROLE)))).kind is ProblemKind.SERVER
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE.roles[0].arn)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", __file__)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    await problem_of(connections.get(connection_id(IdentitySpec(region="eu-west-1"))))


@pytest.mark.parametrize("command", ["ls", "open"])
def test_a_link_that_is_none_is_a_usage_error(run: Run, command: str) -> None:
    ended = run(command, "https://[x")
    assert (ended.code, ended.out) == (2, ""), ended


async def ls(run: Run, *arguments: str) -> Ended:
    return await asyncio.to_thread(run, "ls", *arguments)


async def test_a_time_that_no_calendar_has_is_unknown(run: Run, hostile: HostileServer) -> None:
    text, lines = await ls(run, "s3://year-one/"), await ls(run, "s3://year-one/", "--json")
    assert (text.code, lines.code) == (0, 0), text.err + lines.err
    assert text.out.endswith("  a\n")
    assert json.loads(lines.out)["key"] == "a"
    for refused in (await ls(run, "s3://month-99/"), await ls(run, "s3://month-99/", "--json")):
        assert refused.code == 1
        assert "a time cannot be read" in refused.err + refused.out
        assert "Traceback" not in refused.err
