"""Bodies that arrive as they were sent, and are refused if not; parts and checksums as the servers tell them."""

import base64
import secrets

import pytest

from tests.servers.buckets import BucketPair, remove_bucket
from tests.servers.server import Feature
from tests.stores.refusals import problem_of
from tui.accounts.problems.error_codes import DAMAGED
from tui.model.problem import ProblemKind
from tui.model.s3_limits import MIN_PART_SIZE
from tui.stores.digests import ALGORITHMS, CRC_OCTETS, combined, composite, digests_of, multipart_etag
from tui.stores.s3 import S3Store
from tui.stores.values import Checksum, Digests, ObjectAttributes

PLAIN = ObjectAttributes()
BODIES = [secrets.token_bytes(MIN_PART_SIZE), b"tail"]
KEY = "dir/ü + [x]\n"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_the_checksum_that_is_sent_is_kept(a: S3Store, bucket_pair: BucketPair, algorithm: str) -> None:
    digests = digests_of(BODIES[0], algorithm)
    etag = (await a.put(bucket_pair.a, KEY, BODIES[0], PLAIN, digests=digests)).etag
    head = await a.head(bucket_pair.a, KEY)
    assert head.etag == etag == f'"{digests.md5}"'
    assert head.checksums == ([digests.checksum] if Feature.CHECKSUMS in bucket_pair.server.features else [])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_the_checksums_of_parts_make_that_of_the_whole(
    a: S3Store, bucket_pair: BucketPair, algorithm: str
) -> None:
    digests = [digests_of(body, algorithm) for body in BODIES]
    checksums = [each.checksum for each in digests if each.checksum]
    whole = composite(checksums)
    if algorithm in CRC_OCTETS:
        whole = combined([(each, len(body)) for each, body in zip(checksums, BODIES, strict=True)])
        assert whole == digests_of(b"".join(BODIES), algorithm).checksum
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN, checksum=algorithm)
    parts = [
        await a.upload_part(
            bucket_pair.a, KEY, upload, number, BODIES[number - 1], start=0, digests=digests[number - 1]
        )
        for number in (2, 1)
    ][::-1]
    keeps = Feature.CHECKSUMS in bucket_pair.server.features
    assert [part.checksum for part in parts] == [each.text if keeps else "" for each in checksums]
    assert await a.parts(bucket_pair.a, KEY, upload) == parts
    done = await a.complete_upload(bucket_pair.a, KEY, upload, parts, checksum=whole if whole.full_object else None)
    head = await a.head(bucket_pair.a, KEY)
    assert head.etag == done.etag == multipart_etag([each.md5 for each in digests])
    assert head.checksums == ([whole] if keeps else [])


async def test_other_bytes_than_were_meant_are_refused(a: S3Store, bucket_pair: BucketPair) -> None:
    """By the checksum where the server knows it, by Content-MD5 everywhere."""
    meant, sent = digests_of(b"meant", "CRC32"), b"other"
    problem = await problem_of(a.put(bucket_pair.a, KEY, sent, PLAIN, digests=meant))
    assert (problem.kind, problem.operation) == (ProblemKind.SERVER, "PutObject")
    assert problem.code in DAMAGED
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN, checksum="CRC32")
    problem = await problem_of(a.upload_part(bucket_pair.a, KEY, upload, 1, sent, start=0, digests=meant))
    assert problem.code in DAMAGED
    assert await a.parts(bucket_pair.a, KEY, upload) == []
    await a.abort_upload(bucket_pair.a, KEY, upload)
    assert (await problem_of(a.head(bucket_pair.a, KEY))).kind is ProblemKind.NO_SUCH_KEY


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)  # Ceph 18 keeps no checksums
async def test_a_whole_that_is_not_what_was_said_is_refused(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN, checksum="CRC64NVME")
    digests = digests_of(b"part", "CRC64NVME")
    part = await a.upload_part(bucket_pair.a, KEY, upload, 1, b"part", start=0, digests=digests)
    other = Checksum("CRC64NVME", base64.b64encode(bytes(8)).decode(), full_object=True)
    problem = await problem_of(a.complete_upload(bucket_pair.a, KEY, upload, [part], checksum=other))
    assert problem.code in DAMAGED
    await a.abort_upload(bucket_pair.a, KEY, upload)


async def test_the_size_of_the_first_part_is_returned_or_zero(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    parts = [await a.upload_part(bucket_pair.a, KEY, upload, n, body, start=0) for n, body in enumerate(BODIES, 1)]
    etag = (await a.complete_upload(bucket_pair.a, KEY, upload, parts)).etag
    size = await a.part_size(bucket_pair.a, KEY, etag=etag)
    assert size in (MIN_PART_SIZE, 0)
    assert bucket_pair.server.name != "demo" or size == MIN_PART_SIZE
    assert (await problem_of(a.part_size(bucket_pair.a, KEY, etag='"other"'))).kind is ProblemKind.CHANGED


async def test_all_parts_are_listed_page_by_page(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    for number in range(1, 1006):
        await a.upload_part(bucket_pair.a, KEY, upload, number, b"%d" % number, start=0)
    parts = await a.parts(bucket_pair.a, KEY, upload)
    assert [part.number for part in parts] == list(range(1, 1006))
    assert [part.size for part in parts] == [len(str(number)) for number in range(1, 1006)]
    await a.abort_upload(bucket_pair.a, KEY, upload)


async def test_an_upload_that_is_gone_has_no_parts(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    await a.abort_upload(bucket_pair.a, KEY, upload)
    problem = await problem_of(a.parts(bucket_pair.a, KEY, upload))
    assert (problem.kind, problem.operation) == (ProblemKind.NO_SUCH_KEY, "ListParts")
    assert "upload" in problem.title


async def test_an_upload_says_who_began_it(a: S3Store, bucket_pair: BucketPair) -> None:
    upload = await a.create_upload(bucket_pair.a, KEY, PLAIN)
    [listed] = await a.uploads(bucket_pair.a)
    account = bucket_pair.server.a
    known_as = (account.canonical_id, account.principal.removesuffix("root"))  # AWS names the user of the account
    assert listed.initiator.startswith(known_as)
    await a.abort_upload(bucket_pair.a, KEY, upload)


async def test_a_bucket_is_made_once(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    name = f"made-{secrets.token_hex(6)}"
    await a.create_bucket(name)
    try:
        assert name in [bucket.name for bucket in (await a.buckets()).buckets]
        await a.put(name, "k", b"x", PLAIN)
        problem = await problem_of(b.create_bucket(name))
        assert (problem.kind, problem.code) == (ProblemKind.EXISTS, "BucketAlreadyExists")
        assert name in problem.title
    finally:
        remove_bucket(bucket_pair.server.client(bucket_pair.server.a), name)


def test_evidence_is_read_as_it_was_written() -> None:
    for digests in (Digests(), Digests("0" * 32), digests_of(b"x", "CRC64NVME"), digests_of(b"x", "SHA256", md5=False)):
        assert Digests.read(digests.evidence) == digests
    assert Digests.read("what else") == Digests()


@pytest.mark.parametrize(
    ("algorithm", "value"), [("CRC32", "cbf43926"), ("CRC32C", "e3069283"), ("CRC64NVME", "ae8b14860a799888")]
)
def test_the_crcs_are_those_of_the_catalogue(algorithm: str, value: str) -> None:
    checksum = digests_of(b"123456789", algorithm).checksum
    assert checksum
    assert base64.b64decode(checksum.value).hex() == value
