"""What was read is the source only if something of the source says so, and which checksum goes from end to end."""

import asyncio
import os

import pytest

from tui.model.s3_limits import MIB
from tui.stores.digests import digests_of, multipart_etag
from tui.stores.values import Checksum, ObjectHead, Part
from tui.transfers.copy.checksums import Reading, RunningMd5, Verdict, algorithm_for
from tui.transfers.copy.inferred.whole import relayed_whole, verdict_of_whole
from tui.transfers.copy.part_sizes import Cut, cut_of

BODY = os.urandom(1000)
LAST_DAMAGED = BODY[:-1] + bytes([BODY[-1] ^ 1])
MD5 = digests_of(BODY).md5


def head(
    etag: str, parts: int = 0, size: int = 1000, encryption: str = "", checksums: dict[str, str] | None = None
) -> ObjectHead:
    kept = [Checksum(name, value, full_object="-" not in value) for name, value in (checksums or {}).items()]
    return ObjectHead(size, etag, 0, {}, {}, encryption=encryption, parts=parts, checksums=kept)


async def read(source: ObjectHead, cut: Cut, part_size: int, algorithm: str = "", body: bytes = BODY) -> Verdict:
    reading = Reading(source, algorithm, cut, part_size)
    pieces = [(start, body[start : start + part_size]) for start in range(0, len(body), part_size)]
    await asyncio.gather(*(reading.take(number, *piece) for number, piece in reversed([*enumerate(pieces, start=1)])))
    return reading.verdict()


def etag_of(part_size: int) -> str:
    return multipart_etag([digests_of(BODY[at : at + part_size]).md5 for at in range(0, 1000, part_size)])


@pytest.mark.parametrize(
    ("source", "cut", "part_size", "verdict"),
    [
        (head(f'"{MD5}"'), Cut(1000, certain=True), 1000, (True, False)),
        (head(f'"{MD5}"'), Cut(1000, certain=True), 300, (True, False)),
        (head(f'"{MD5}"', encryption="aws:kms"), Cut(1000, certain=True), 1000, (None, None)),
        (head(etag_of(400), parts=3), Cut(400, certain=True), 400, (True, False)),
        (head(etag_of(400), parts=3), Cut(400, certain=True), 300, (True, False)),
        (head(etag_of(400), parts=3), Cut(400), 400, (True, None)),
        (head(etag_of(400), parts=3), Cut(400), 300, (True, None)),
        (head(etag_of(400), parts=3), Cut(350), 350, (None, None)),
        (head(etag_of(400), parts=3), Cut(), 400, (True, None)),
        (head(etag_of(400), parts=3), Cut(), 300, (None, None)),
        (head(etag_of(1000), parts=1), Cut(1000, certain=True), 1000, (True, False)),
    ],
)
async def test_what_the_etag_tells(
    source: ObjectHead, cut: Cut, part_size: int, verdict: tuple[bool | None, bool | None]
) -> None:
    right, damaged = await read(source, cut, part_size), await read(source, cut, part_size, body=LAST_DAMAGED)
    assert (right.same, damaged.same) == verdict


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
async def test_a_crc_is_combined_from_parts(algorithm: str) -> None:
    checksum = digests_of(BODY, algorithm).checksum
    assert checksum
    source = head('"x-3"', parts=3, checksums={algorithm: checksum.value})
    assert await read(source, Cut(), 300, algorithm) == Verdict(same=True, by=algorithm)
    assert await read(source, Cut(), 300, algorithm, LAST_DAMAGED) == Verdict(same=False, by=algorithm)


async def test_a_part_of_an_earlier_attempt_counts_by_what_was_journalled() -> None:
    parts = [digests_of(BODY[:400], "CRC32"), digests_of(BODY[400:], "CRC32")]
    whole = digests_of(BODY, "CRC32").checksum
    assert whole
    reading = Reading(head('"x-9"', parts=9, checksums={"CRC32": whole.value}), "CRC32", Cut(), 400)
    for number, (size, digests) in enumerate([(400, parts[0]), (600, parts[1])], start=1):
        reading.keep(Part(number, f'"{digests.md5}"', size=size), digests)
    relayed = reading.relayed(reads_back=False)
    assert (relayed.read, relayed.sent, relayed.checksum) == (True, True, whole)
    reading.keep(Part(2, f'"{parts[1].md5}"', size=600), digests_of(b"", md5=False))
    relayed = reading.relayed(reads_back=False)
    assert (relayed.read, relayed.sent, relayed.checksum) == (None, None, None)


@pytest.mark.parametrize(
    ("again", "same"), [(BODY[:400], True), (BODY[:399] + bytes([BODY[399] ^ 1]), None)], ids=["the same", "changed"]
)
async def test_where_only_the_whole_tells_a_kept_part_is_read_again(again: bytes, same: bool | None) -> None:
    """Another content than was sent proves nothing, even where it is what the source has."""
    sent = digests_of(BODY[:400], "")
    source = BODY[:400] + BODY[400:] if same else again + BODY[400:]
    reading = Reading(head(f'"{digests_of(source).md5}"', size=len(BODY)), "", Cut(len(BODY), certain=True), 400)
    assert reading.rereads
    reading.keep(Part(1, f'"{sent.md5}"', size=400), sent)
    await reading.reread(1, 0, again)
    await reading.take(2, 400, BODY[400:])
    assert reading.relayed(reads_back=False).read is same


@pytest.mark.parametrize(
    ("checksums", "whole", "algorithm"),
    [
        ({}, True, "CRC64NVME"),
        ({"CRC32": "a"}, False, "CRC32"),
        ({"CRC32C": "a-3"}, False, "CRC32C"),
        ({"SHA256": "a"}, True, "SHA256"),
        ({"SHA256": "a"}, False, "CRC64NVME"),
        ({"SHA1": "a-3"}, False, "SHA1"),
        ({"SHA1": "a-3"}, True, "CRC64NVME"),
        ({"SHA1": "a-3", "CRC32": "b"}, False, "CRC32"),
        ({"XXHASH64": "a"}, True, "CRC64NVME"),
    ],
)
def test_one_algorithm_for_source_and_target(checksums: dict[str, str], whole: bool, algorithm: str) -> None:
    assert algorithm_for(head('"x"', checksums=checksums), "CRC64NVME", whole=whole) == algorithm


@pytest.mark.parametrize(
    ("size", "parts", "first", "cut"),
    [
        (100, 0, 0, Cut(100, certain=True)),
        (100, 1, 0, Cut(100, certain=True)),
        (20 * MIB, 3, 8 * MIB, Cut(8 * MIB, certain=True)),
        (20 * MIB, 3, 9 * MIB, Cut(9 * MIB, certain=True)),
        (20 * MIB, 3, 6 * MIB, Cut()),
        (20 * MIB, 3, 0, Cut(8 * MIB)),
        (11 * MIB, 3, 0, Cut(5 * MIB)),
        (2048 * MIB, 256, 0, Cut(8 * MIB)),
        (70 * MIB, 10, 0, Cut(7 * MIB)),
        (12 * MIB, 4, 0, Cut()),
    ],
)
def test_how_a_source_was_cut(size: int, parts: int, first: int, cut: Cut) -> None:
    assert cut_of(head('"x"', parts=parts, size=size), first) == cut


@pytest.mark.parametrize(
    ("size", "parts", "part_size"),
    [
        *((9, 2, 8), (6, 2, 5), (17, 2, 16), (25, 3, 10), (31, 3, 15), (33, 2, 20), (41, 2, 25), (51, 2, 32)),
        *((65, 2, 50), (101, 2, 64), (129, 2, 100), (201, 2, 128), (257, 2, 256), (513, 2, 512)),
    ],
)
def test_a_usual_part_size_is_guessed_before_any_other(size: int, parts: int, part_size: int) -> None:
    """In MiB. In each case no more usual one fits, and equal parts would be smaller."""
    assert cut_of(head('"x"', parts=parts, size=size * MIB)) == Cut(part_size * MIB)


async def test_bodies_wait_for_those_before_them() -> None:
    running = RunningMd5(1000, 400)
    last = asyncio.create_task(running.take(600, BODY[600:]))
    await asyncio.sleep(0)
    assert running.md5s() == []
    await running.take(0, BODY[:600])
    await last
    assert multipart_etag(running.md5s()) == etag_of(400)


@pytest.mark.parametrize("body", [BODY, LAST_DAMAGED], ids=["whole", "damaged"])
@pytest.mark.parametrize(
    "source",
    [
        head(f'"{MD5}"'),
        head(f'"{MD5.upper()}"'),
        head(f'"{MD5}"', encryption="aws:kms"),
        head('"opaque"'),
        head(etag_of(1000), parts=1),
        head('"opaque"', checksums={"CRC32": digests_of(BODY, "CRC32").checksum.value}),  # type: ignore[union-attr]  # asked for
        head(f'"{MD5}"', checksums={"CRC32": "AAAAAA=="}),
        head(f'"{MD5}"', checksums={"SHA256": "AAAA"}),
        head(f'"{MD5}"', checksums={"CRC32": "AAAAAA==-1"}),
    ],
)
async def test_what_is_read_at_once_is_proven_as_one_part_is(source: ObjectHead, body: bytes) -> None:
    reading = Reading(source, "CRC32", Cut(), 1000)
    digests = await reading.take(1, 0, body)
    verdict, known = verdict_of_whole(source, digests), reading.verdict()
    assert (verdict.same is True) == (known.same is True and not source.parts), "what was in parts is never listed so"
    if verdict.same:
        assert verdict == known
        for answered in (f'"{MD5}"', f'"{digests.md5[::-1]}"', '"opaque"'):
            reading = Reading(source, "CRC32", Cut(), 1000)
            reading.sent(await reading.take(1, 0, body), answered)
            for reads_back in (False, True):
                relayed = relayed_whole(verdict, digests, answered, reads_back=reads_back)
                assert relayed == reading.relayed(reads_back=reads_back)


CRC = digests_of(BODY, "CRC64NVME", md5=False)


def reading_of(source: ObjectHead) -> Reading:
    """A reading of all of the body at once."""
    reading = Reading(source, "CRC64NVME", Cut(1000, certain=True), 1000)
    reading.took(1, 1000, CRC)
    return reading


@pytest.mark.parametrize(
    ("checksums", "needed"),
    [({"CRC64NVME": "x"}, False), ({"CRC32": "x"}, True), ({"CRC64NVME": "x-3"}, True), ({}, True)],
)
def test_an_md5_is_needed_unless_the_source_has_the_checksum_of_the_whole(
    checksums: dict[str, str], needed: bool
) -> None:
    assert reading_of(head('"opaque"', checksums=checksums)).needs_md5 is needed


@pytest.mark.parametrize(
    ("answered", "arrived"),
    [("its own", True), ("CRC64NVME:AAAAAAAAAAA=", None), ("CRC32:AAAA", None), ("", None)],
)
def test_a_part_has_arrived_if_the_server_names_its_checksum(answered: str, arrived: bool | None) -> None:
    assert CRC.checksum
    reading = reading_of(head('"opaque"', checksums={"CRC64NVME": CRC.checksum.value}))
    reading.sent(CRC, f'"{MD5}"', CRC.checksum.text if arrived else answered)
    relayed = reading.relayed(reads_back=False)
    assert (relayed.read, relayed.read_by, relayed.sent) == (True, "CRC64NVME", arrived)
    assert relayed.sent_by == ("CRC64NVME" if arrived else "MD5")


def test_one_part_without_proof_leaves_all_without() -> None:
    reading = Reading(head('"opaque"'), "CRC64NVME", Cut(1000, certain=True), 500)
    assert CRC.checksum
    reading.sent(CRC, '"opaque"', CRC.checksum.text)
    reading.keep(Part(2, '"opaque"', size=500), CRC)
    assert reading.relayed(reads_back=False).sent is None
