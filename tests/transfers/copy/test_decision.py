"""What is decided about an object that exists; parts and checksums: SAME needs evidence."""

import asyncio
import os
from itertools import pairwise, product
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.stores.listed_keys import ListedKeys
from tests.stores.refusals import problem_of
from tests.tables import problem_in
from tests.transfers.journal import samples
from tui.core.location import Location
from tui.core.naming import GIB, MAX_OBJECT_SIZE, MAX_PART_SIZE, MAX_PARTS, MAX_SINGLE_COPY, MIB, MIN_PART_SIZE
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import PlannedAction, VerificationOutcome
from tui.stores.base import Store
from tui.stores.digests import checksum_of, digests_of, multipart_etag
from tui.stores.store_values import (
    ANYTHING,
    ONLY_NEW,
    Capabilities,
    Checksum,
    CompletedPart,
    ObjectAttributes,
    ObjectHead,
)
from tui.transfers.bucket_owner import Owners
from tui.transfers.copy.annotations import EVERY, UNTAGGED, TagCounts
from tui.transfers.copy.checksums import (
    Relayed,
    RunningMd5,
    SourceMatch,
    SourceReading,
    VerificationResult,
    algorithm_for,
    compare,
    compare_unseen,
)
from tui.transfers.copy.decision import Decider, acts_unseen, looks_at_target, may_keep_existing, on_existing
from tui.transfers.copy.delivery import Delivery, SourceSnapshot
from tui.transfers.copy.listed_copies import Websites
from tui.transfers.copy.multipart_upload import MultipartUpload
from tui.transfers.copy.parts import (
    RELAY_GROWN_PART_MAX,
    RELAY_PART_MAX,
    RELAY_PART_SIZE,
    SERVER_SIDE_PART_SIZE,
    PartLayout,
    cut_of,
    plan_parts,
    relay_sizing,
    server_side_sizing,
)
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import Journal
from tui.transfers.selection import SelectedObject
from tui.transfers.sides import Sides
from tui.transfers.target_keys import Existing

ASK, OVERWRITE, SKIP = ConflictPolicy.ASK, ConflictPolicy.OVERWRITE, ConflictPolicy.SKIP
NEWER, DIFFERENT, RENAME = ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT, ConflictPolicy.RENAME


def head_of(content: str, modified: float) -> ObjectHead:
    return ObjectHead(1, f'"{content * 32}"', modified, {}, {})


def test_the_source_of_a_move_stays_for_every_policy_that_skips_an_object() -> None:
    targets = [head_of(content, modified) for content in "ab" for modified in (0.0, 1.0, 2.0)]
    for policy in ConflictPolicy:
        actions = {on_existing(policy, head_of("a", 1), Existing(target))[0] for target in targets}
        assert may_keep_existing(policy) is (PlannedAction.SKIP in actions), policy


def test_what_each_policy_does() -> None:
    """A file of the second of the target is newer."""
    expected = [
        (ASK, head_of("a", 1), PlannedAction.ASK),
        (SKIP, head_of("b", 0), PlannedAction.SKIP),
        (OVERWRITE, head_of("a", 1), PlannedAction.OVERWRITE),
        (RENAME, head_of("a", 1), PlannedAction.RENAME),
        (NEWER, head_of("a", 0), PlannedAction.OVERWRITE),
        (NEWER, head_of("b", 1), PlannedAction.SKIP),
        (DIFFERENT, head_of("a", 0), PlannedAction.SKIP),
        (DIFFERENT, head_of("b", 1), PlannedAction.OVERWRITE),
    ]
    assert [
        (policy, target, on_existing(policy, head_of("a", 1), Existing(target))[0]) for policy, target, _ in expected
    ] == expected
    target = head_of("b", 1)
    for seconds, action in ((1.2, PlannedAction.OVERWRITE), (1.0, PlannedAction.SKIP), (0.9, PlannedAction.SKIP)):
        file = replace(head_of("a", seconds), etag='"4768ed00-4768ed00-1-7"')
        assert on_existing(NEWER, file, Existing(target))[0] is action
        assert on_existing(NEWER, target, Existing(replace(file, modified=1.2)))[0] is PlannedAction.SKIP
    in_its_second = on_existing(NEWER, head_of("a", 1.9), Existing(head_of("b", 1.2)))
    assert in_its_second[0] is PlannedAction.SKIP, "objects have whole seconds"


def test_only_overwriting_does_not_look_and_only_it_and_asking_act_unseen() -> None:
    assert [policy for policy in ConflictPolicy if not looks_at_target(policy)] == [OVERWRITE]
    assert {policy for policy in ConflictPolicy if acts_unseen(policy)} == {ASK, OVERWRITE}
    unseen = Existing(unseen=Problem(kind=ProblemKind.DENIED, title="access denied"))
    actions = [on_existing(policy, head_of("a", 1), unseen)[0] for policy in (ASK, OVERWRITE)]
    assert actions == [PlannedAction.ASK, PlannedAction.OVERWRITE]


# A key is held while an object is written there, and no longer; who awaited it is told.
LISTED = SelectedObject("k", 10, 1.0, etag='"e"')
UPLOADS: Any = SimpleNamespace(held=None)


def decider_of(policy: ConflictPolicy, *, trusted: bool = True) -> Decider:
    async def look(key: str) -> SourceSnapshot:
        raise AssertionError(f"nobody needs to look at {key}")

    target = ListedKeys([], capabilities=Capabilities(honors_conditions=trusted))
    selection, options = Selection("a", Location("from")), CopyOptions(conflict=policy)
    order = CopyOrder(selection, Destination("b", Location("target")), options)
    listed = SourceSnapshot("k", ObjectHead(10, '"e"', 1.0, listed=True), [], ())
    sides = Sides(order, ListedKeys([]).as_store, target.as_store, Owners())
    return Decider(sides, look, lambda picked: listed if picked.size else None)


def test_a_key_is_taken_while_an_object_is_written_there_and_free_afterwards() -> None:
    """An object notices that another was written at the place it awaits."""
    decider = decider_of(ASK)
    with decider.keys.holding("k"):
        assert decider.keys.is_taken("k")
        assert not decider.keys.is_taken("another")
    assert not decider.keys.is_taken("k")
    with pytest.raises(OSError, match="cut"), decider.keys.holding("k"):
        raise OSError("cut")
    assert not decider.keys.is_taken("k"), "it could not be written"
    decider = decider_of(ASK)
    with decider.keys.awaiting("k"):
        with decider.keys.holding("k"):
            assert decider.keys.is_taken("k")
        assert decider.keys.is_taken("k"), "what was seen there before is out of date"
    assert not decider.keys.is_taken("k"), "the next look sees what was written"


@pytest.mark.parametrize(("status", "unsettled"), [(500, 1), (403, 0)])
async def test_an_upload_that_may_have_been_begun_is_settled_with_its_object(
    journal: Journal, status: int, unsettled: int
) -> None:
    async def refuse(*_: object, **__: object) -> str:
        raise ProblemError(Problem(kind=ProblemKind.SERVER, title="refused", status=status))

    uploads = TransferUploads("t", journal).of(1, "p/k")
    to = cast(Delivery, SimpleNamespace(uploads=uploads, bucket="to", key="q/k"))
    upload = MultipartUpload(cast(Store, SimpleNamespace(create_upload=refuse)), to, samples.upload())
    await problem_of(upload.begin(ObjectAttributes()))
    assert len(uploads.unsettled) == unsettled


def test_an_object_is_copied_at_once_where_nothing_has_to_be_found_out() -> None:
    overwriting, asking = decider_of(OVERWRITE), decider_of(ASK)
    assert overwriting.at_once(LISTED, "k", UPLOADS) == (overwriting._as_listed(LISTED), ANYTHING)
    new = replace(LISTED, beside=SelectedObject("target"))
    assert asking.at_once(new, "k", UPLOADS) == (asking._as_listed(new), ONLY_NEW), (
        "nothing that comes since is replaced"
    )


def test_else_it_is_looked_at() -> None:
    beside, new = (
        replace(LISTED, beside=SelectedObject("target", 10, 1.0, etag='"e"')),
        replace(LISTED, beside=SelectedObject("target")),
    )
    for policy, picked, key in (
        (ASK, LISTED, "k"),
        (ASK, beside, "k"),
        (RENAME, new, "k (1)"),
        (OVERWRITE, LISTED, ""),
        (OVERWRITE, replace(LISTED, unfit="a socket"), "k"),
        (OVERWRITE, SelectedObject("k"), "k"),
    ):
        assert decider_of(policy).at_once(picked, key, UPLOADS) is None, (policy, picked)
    decider = decider_of(OVERWRITE)
    with decider.keys.holding("k"):
        assert decider.at_once(LISTED, "k", UPLOADS) is None
    held: Any = SimpleNamespace(held=object())
    assert decider.at_once(LISTED, "k", held) is None
    assert decider_of(ASK, trusted=False).at_once(new, "k", UPLOADS) is None


# Parts and checksums: what was read is the source only if something of the source says so; SAME needs evidence.
BODY = os.urandom(1000)
LAST_DAMAGED = BODY[:-1] + bytes([BODY[-1] ^ 1])
MD5 = digests_of(BODY).md5


def head(
    etag: str, checksums: dict[str, str] | None = None, *, size: int = 1000, encryption: str = "", parts: int = 0
) -> ObjectHead:
    """With checksums of the whole, or of its parts where their number is behind the value."""
    kept = [Checksum(name, value, full_object="-" not in value) for name, value in (checksums or {}).items()]
    return ObjectHead(size, etag, 0, {}, {}, encryption=encryption, parts=parts, checksums=kept)


async def read(
    source: ObjectHead, cut: PartLayout, part_size: int, algorithm: str = "", body: bytes = BODY
) -> SourceMatch:
    reading = SourceReading(source, algorithm, cut, part_size)
    pieces = [(start, body[start : start + part_size]) for start in range(0, len(body), part_size)]
    await asyncio.gather(*(reading.take(number, *piece) for number, piece in reversed([*enumerate(pieces, start=1)])))
    return reading.verdict()


def etag_of(part_size: int) -> str:
    return multipart_etag([digests_of(BODY[at : at + part_size]).md5 for at in range(0, 1000, part_size)])


async def test_what_the_etag_tells() -> None:
    """Of the content as it is, and of a damaged one."""
    plain, parts, whole = head(f'"{MD5}"'), head(etag_of(400), parts=3), PartLayout(1000, certain=True)
    expected = [
        (plain, whole, 1000, (True, False)),
        (plain, whole, 300, (True, False)),
        (head(f'"{MD5}"', encryption="aws:kms"), whole, 1000, (None, None)),
        (parts, PartLayout(400, certain=True), 400, (True, False)),
        (parts, PartLayout(400, certain=True), 300, (True, False)),
        (parts, PartLayout(400), 400, (True, None)),
        (parts, PartLayout(400), 300, (True, None)),
        (parts, PartLayout(350), 350, (None, None)),
        (parts, PartLayout(), 400, (True, None)),
        (parts, PartLayout(), 300, (None, None)),
        (head(etag_of(1000), parts=1), whole, 1000, (True, False)),
    ]
    for source, cut, part_size, verdict in expected:
        right, damaged = [await read(source, cut, part_size, body=body) for body in (BODY, LAST_DAMAGED)]
        assert (right.same, damaged.same) == verdict, (source, cut, part_size)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
async def test_a_crc_is_combined_from_parts(algorithm: str) -> None:
    source = head('"x-3"', {algorithm: checksum_of(BODY, algorithm).value}, parts=3)
    assert await read(source, PartLayout(), 300, algorithm) == SourceMatch(same=True, by=algorithm)
    assert await read(source, PartLayout(), 300, algorithm, LAST_DAMAGED) == SourceMatch(same=False, by=algorithm)


async def test_a_part_of_an_earlier_attempt_counts_by_what_was_journalled() -> None:
    parts = [digests_of(BODY[:400], "CRC32"), digests_of(BODY[400:], "CRC32")]
    whole = checksum_of(BODY, "CRC32")
    reading = SourceReading(head('"x-9"', {"CRC32": whole.value}, parts=9), "CRC32", PartLayout(), 400)
    for number, (size, digests) in enumerate([(400, parts[0]), (600, parts[1])], start=1):
        reading.keep(CompletedPart(number, f'"{digests.md5}"', size=size), digests)
    relayed = reading.relayed(reads_back=False)
    assert (relayed.read, relayed.sent, relayed.checksum) == (True, True, whole)
    reading.keep(CompletedPart(2, f'"{parts[1].md5}"', size=600), digests_of(b"", md5=False))
    relayed = reading.relayed(reads_back=False)
    assert (relayed.read, relayed.sent, relayed.checksum) == (None, None, None)


@pytest.mark.parametrize(
    ("again", "same"), [(BODY[:400], True), (BODY[:399] + bytes([BODY[399] ^ 1]), None)], ids=["the same", "changed"]
)
async def test_where_only_the_whole_tells_a_kept_part_is_read_again(again: bytes, same: bool | None) -> None:
    """Another content than was sent proves nothing, even where it is what the source has."""
    sent = digests_of(BODY[:400], "")
    source = BODY[:400] + BODY[400:] if same else again + BODY[400:]
    reading = SourceReading(
        head(f'"{digests_of(source).md5}"', size=len(BODY)), "", PartLayout(len(BODY), certain=True), 400
    )
    assert reading.rereads
    reading.keep(CompletedPart(1, f'"{sent.md5}"', size=400), sent)
    await reading.reread(1, 0, again)
    await reading.take(2, 400, BODY[400:])
    assert reading.relayed(reads_back=False).read is same


def test_one_algorithm_for_source_and_target() -> None:
    expected: list[tuple[dict[str, str], bool, str]] = [
        ({}, True, "CRC64NVME"),
        ({"CRC32": "a"}, False, "CRC32"),
        ({"CRC32C": "a-3"}, False, "CRC32C"),
        ({"SHA256": "a"}, True, "SHA256"),
        ({"SHA256": "a"}, False, "CRC64NVME"),
        ({"SHA1": "a-3"}, False, "SHA1"),
        ({"SHA1": "a-3"}, True, "CRC64NVME"),
        ({"SHA1": "a-3", "CRC32": "b"}, False, "CRC32"),
        ({"XXHASH64": "a"}, True, "CRC64NVME"),
    ]
    assert [
        (checksums, whole, algorithm_for(head('"x"', checksums), "CRC64NVME", whole=whole))
        for checksums, whole, _ in expected
    ] == expected


def test_how_a_source_was_cut() -> None:
    """A usual part size is guessed first: in each case no more usual one fits, and equal parts would be smaller."""
    expected = {
        (100, 0, 0): PartLayout(100, certain=True),
        (100, 1, 0): PartLayout(100, certain=True),
        (20 * MIB, 3, 8 * MIB): PartLayout(8 * MIB, certain=True),
        (20 * MIB, 3, 9 * MIB): PartLayout(9 * MIB, certain=True),
        (20 * MIB, 3, 6 * MIB): PartLayout(),
        (20 * MIB, 3, 0): PartLayout(8 * MIB),
        (11 * MIB, 3, 0): PartLayout(5 * MIB),
        (2048 * MIB, 256, 0): PartLayout(8 * MIB),
        (70 * MIB, 10, 0): PartLayout(7 * MIB),
        (12 * MIB, 4, 0): PartLayout(),
    }
    assert {
        (size, parts, first): cut_of(head('"x"', parts=parts, size=size), first) for size, parts, first in expected
    } == expected
    for size, parts, part_size in (
        *((9, 2, 8), (6, 2, 5), (17, 2, 16), (25, 3, 10), (31, 3, 15), (33, 2, 20), (41, 2, 25), (51, 2, 32)),
        *((65, 2, 50), (101, 2, 64), (129, 2, 100), (201, 2, 128), (257, 2, 256), (513, 2, 512)),
    ):
        assert cut_of(head('"x"', parts=parts, size=size * MIB)) == PartLayout(part_size * MIB), size


async def test_bodies_wait_for_those_before_them() -> None:
    running = RunningMd5(1000, 400)
    last = asyncio.create_task(running.take(600, BODY[600:]))
    await asyncio.sleep(0)
    assert running.md5s() == []
    await running.take(0, BODY[:600])
    await last
    assert multipart_etag(running.md5s()) == etag_of(400)


CRC, CRC_VALUE = digests_of(BODY, "CRC64NVME", md5=False), checksum_of(BODY, "CRC64NVME")


def reading_of(source: ObjectHead) -> SourceReading:
    reading = SourceReading(source, "CRC64NVME", PartLayout(1000, certain=True), 1000)
    reading.took(1, 1000, CRC)
    return reading


def test_an_md5_is_needed_unless_something_else_proves_the_source_or_nothing_does() -> None:
    assert not reading_of(head(etag_of(1000), {"CRC64NVME": "x"})).needs_md5
    for checksums in ({"CRC32": "x"}, {"CRC64NVME": "x-3"}, {}):
        assert reading_of(head(etag_of(1000), checksums)).needs_md5
    assert not reading_of(head('"opaque"')).needs_md5
    assert not reading_of(head(f'"{"0" * 32}-3"', parts=3)).needs_md5, "it is of other parts"


def test_a_part_has_arrived_if_the_server_names_its_checksum() -> None:
    for answered, arrived in (
        (CRC_VALUE.text, True),
        ("CRC64NVME:AAAAAAAAAAA=", None),
        ("CRC32:AAAA", None),
        ("", None),
    ):
        reading = reading_of(head('"opaque"', {"CRC64NVME": CRC_VALUE.value}))
        reading.sent(CRC, f'"{MD5}"', answered)
        relayed = reading.relayed(reads_back=False)
        assert (relayed.read, relayed.read_by, relayed.sent) == (True, "CRC64NVME", arrived), answered
        assert relayed.sent_by == ("CRC64NVME" if arrived else "MD5"), answered


def test_one_part_without_proof_leaves_all_without() -> None:
    reading = SourceReading(head('"opaque"'), "CRC64NVME", PartLayout(1000, certain=True), 500)
    reading.sent(CRC, '"opaque"', CRC_VALUE.text)
    reading.keep(CompletedPart(2, '"opaque"', size=500), CRC)
    assert reading.relayed(reads_back=False).sent is None


# SAME needs evidence; size alone never is; a difference is always said.
MD5_1, MD5_2 = f'"{"1" * 32}"', f'"{"2" * 32}"'
PLAIN = head(MD5_1)
SAME, DIFFERS, UNKNOWN = VerificationOutcome.SAME, VerificationOutcome.DIFFERS, VerificationOutcome.UNKNOWN


def test_comparison() -> None:
    expected = [
        (PLAIN, PLAIN, SAME, "ETag"),
        (PLAIN, head(MD5_2), DIFFERS, "ETag"),
        (PLAIN, head(MD5_1, size=11), DIFFERS, "size 11 instead of 1,000"),
        (head(MD5_1, encryption="AES256"), PLAIN, SAME, "ETag"),
        (head(MD5_1, encryption="aws:kms"), head(MD5_2), UNKNOWN, "size only"),
        (PLAIN, head(MD5_2, encryption="aws:kms"), UNKNOWN, "size only"),
        (PLAIN, head('"x-3"', parts=3), UNKNOWN, "size only"),
        (head('"x-3"', parts=3), head('"x-3"', parts=3), SAME, "ETag of the same parts"),
        (head('"x-3"', parts=3), head('"y-3"', parts=3), UNKNOWN, "size only"),
        (head('"x-3"', parts=3, encryption="aws:kms"), head('"x-3"', parts=3), UNKNOWN, "size only"),
        (head('"no md5"'), head('"no md5"'), UNKNOWN, "size only"),
        (head(MD5_1, {"CRC64NVME": "a"}), head(MD5_2, {"CRC64NVME": "a"}), SAME, "CRC64NVME"),
        (head(MD5_1, {"CRC64NVME": "a"}), head(MD5_1, {"CRC64NVME": "b"}), DIFFERS, "CRC64NVME"),
        (head(MD5_1, {"CRC32": "a"}), head(MD5_1, {"CRC64NVME": "b"}), SAME, "ETag"),
        (head(MD5_1, {"CRC32": "a", "SHA256": "s"}), head(MD5_1, {"SHA256": "s"}), SAME, "SHA256"),
    ]
    found = [compare(source, copy) for source, copy, _, _ in expected]
    assert found == [VerificationResult(verification, evidence) for _, _, verification, evidence in expected]


SEVERAL = head('"x-3"', parts=3)
READ: dict[str, Any] = {"read": True, "read_by": "ETag"}


def test_a_relay_needs_evidence_of_both_its_halves() -> None:
    """A copy that cannot be seen is the same only by both."""
    summed, kms = head('"x-3"', {"CRC32": "a"}, parts=3), head('"x-3"', parts=3, encryption="aws:kms")
    kept, other = (Checksum("CRC32", value, full_object=True) for value in "ab")
    of_upload = "MD5 of the upload only: the source has no checksum to compare"
    expected = [
        (SEVERAL, Relayed(**READ, sent=True), SAME, "ETag on read, MD5 on write"),
        (SEVERAL, Relayed(sent=True), UNKNOWN, of_upload),
        (SEVERAL, Relayed(**READ, sent=None), UNKNOWN, "size only"),
        (SEVERAL, Relayed(**READ, sent=False), DIFFERS, "MD5 of the upload"),
        (kms, Relayed(**READ, sent=False), UNKNOWN, "size only"),
        (head(MD5_1, size=11), Relayed(**READ, sent=True), DIFFERS, "size 11 instead of 1,000"),
        (
            replace(summed, encryption="aws:kms"),
            Relayed(**READ, sent=False, checksum=kept),
            SAME,
            "ETag on read, CRC32 on write",
        ),
        (summed, Relayed(**READ, sent=True, checksum=other), DIFFERS, "CRC32 of the upload"),
    ]
    found = [compare(PLAIN, copy, relayed=relayed) for copy, relayed, *_ in expected]
    assert found == [VerificationResult(verification, evidence) for *_, verification, evidence in expected]
    assert compare_unseen(Relayed(**READ, sent=True)).verification is SAME
    assert [compare_unseen(each).verification for each in (None, Relayed(sent=True), Relayed(**READ))] == [UNKNOWN] * 3


def test_newer_checksums_that_both_have_decide() -> None:
    """One that nothing here computes is named where the other does not have it."""
    for algorithm in ("SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"):
        one, same, other = (head('"x"', {algorithm: value}, encryption="aws:kms") for value in ("a", "a", "b"))
        assert compare(one, same) == VerificationResult(SAME, algorithm)
        assert compare(one, other) == VerificationResult(DIFFERS, algorithm)
    source = head('"x-3"', {"XXHASH128": "a"}, parts=3)
    assert compare(source, head(MD5_2)) == VerificationResult(
        UNKNOWN, "size only: its XXHASH128 cannot be computed by xs3-tui"
    )


def test_equal_checksums_of_parts_are_of_the_same_parts() -> None:
    for algorithm in ("XXHASH3", "CRC32"):
        one, other = (head(f'"{each}-2"', {algorithm: f"{each}-2"}, parts=2) for each in "xy")
        assert compare(one, replace(one, etag='"z-2"')) == VerificationResult(SAME, f"{algorithm} of the same parts")
        assert compare(one, other).verification is UNKNOWN
        whole = replace(one, etag='"c"', parts=0, checksums=[Checksum(algorithm, "x-2", full_object=True)])
        assert compare(one, whole).verification is UNKNOWN


# When the head of an object is believed that it has no tags, see `tui.transfers.copy.annotations`.
HEAD, GET = "HeadObject", "GetObject"
ONE = [("a", "b")]
UNCOUNTED = head('"e"')
TAGGED = replace(UNCOUNTED, tag_count=1)


def reader(label: str = "a", *, known: bool = False) -> Store:
    return cast(Store, SimpleNamespace(label=label, capabilities=Capabilities(counts_tags=known)))


def test_a_number_that_was_right_once_is_trusted() -> None:
    counts = TagCounts()
    assert counts.ask(HEAD, reader(), UNCOUNTED)
    counts.learn(HEAD, reader(), TAGGED, ONE)
    for known in (False, True):
        assert counts.ask(HEAD, reader(known=known), replace(TAGGED, tag_count=2))
    assert not counts.ask(HEAD, reader(), UNCOUNTED)
    assert counts.ask(GET, reader(), UNCOUNTED), "of that operation alone"
    assert counts.ask(HEAD, reader("b"), UNCOUNTED), "of that reader alone"


def test_objects_without_tags_show_nothing_of_a_server_that_is_not_known() -> None:
    """Of a known one they show that tags may be read."""
    for known, looks in ((False, 100 * UNTAGGED), (True, UNTAGGED)):
        counts = TagCounts()
        for _ in range(looks):
            assert counts.ask(GET, reader(known=known), UNCOUNTED)
            counts.learn(GET, reader(known=known), UNCOUNTED, [])
        assert not counts.ask(GET, reader(known=True), UNCOUNTED)


def test_what_was_refuted_is_not_trusted_again() -> None:
    for tags in (None, ONE):
        counts = TagCounts()
        for head, found in ((UNCOUNTED, tags), (TAGGED, ONE), *[(UNCOUNTED, [])] * UNTAGGED):
            counts.learn(GET, reader(known=True), head, found)
        assert counts.ask(GET, reader(known=True), UNCOUNTED)


def test_a_sample_is_asked_for_all_the_same() -> None:
    counts = TagCounts()
    counts.learn(GET, reader(), TAGGED, ONE)
    assert [counts.ask(GET, reader(), UNCOUNTED) for _ in range(2 * EVERY)] == ([False] * (EVERY - 1) + [True]) * 2


# A part plan covers the object exactly, within S3's limits, for every size there can be.
part_sizes = st.integers(MIN_PART_SIZE, MAX_PART_SIZE)


@given(st.integers(1, MAX_OBJECT_SIZE), part_sizes)
def test_a_plan_is_within_the_limits(size: int, part_size: int) -> None:
    plan = plan_parts(size, part_size)
    assert 1 <= plan.count <= MAX_PARTS
    assert part_size <= plan.part_size <= MAX_PART_SIZE
    if size <= MAX_PARTS * part_size:
        assert plan.part_size == part_size


@given(st.integers(1, 300 * MIB), st.integers(MIN_PART_SIZE, 32 * MIB))
def test_the_ranges_cover_the_object_without_gap_or_overlap(size: int, part_size: int) -> None:
    ranges = list(plan_parts(size, part_size).ranges())
    assert [each.number for each in ranges] == list(range(1, len(ranges) + 1))
    assert ranges[0].start == 0
    assert all(before.start + before.length == after.start for before, after in pairwise(ranges))
    assert ranges[-1].start + ranges[-1].length == size
    assert all(MIN_PART_SIZE <= each.length <= MAX_PART_SIZE for each in ranges[:-1])
    assert ranges[-1].length >= 1


def test_counts_at_the_edges() -> None:
    for size, count in ((8 * MIB, 1), (8 * MIB + 1, 2), (16 * MIB, 2), (80_000 * MIB, 10_000)):
        assert plan_parts(size, 8 * MIB).count == count
    assert plan_parts(80_000 * MIB + 1, 8 * MIB).part_size == 9 * MIB
    assert plan_parts(MAX_OBJECT_SIZE, 8 * MIB).part_size == MAX_PART_SIZE
    assert problem_in(plan_parts, MAX_OBJECT_SIZE + 1, 8 * MIB).kind is ProblemKind.INVALID
    with pytest.raises(ProblemError, match="too large"):
        plan_parts(MAX_PARTS * GIB + 1, RELAY_PART_SIZE, RELAY_GROWN_PART_MAX)


def test_defaults() -> None:
    server_side, relay = server_side_sizing(CopyOptions()), relay_sizing(CopyOptions())
    assert not server_side.in_parts(MAX_SINGLE_COPY)
    assert server_side.in_parts(MAX_SINGLE_COPY + 1)
    assert server_side.part_size == SERVER_SIDE_PART_SIZE
    assert not relay.in_parts(RELAY_PART_SIZE)
    assert relay.in_parts(RELAY_PART_SIZE + 1)


@given(part_sizes, part_sizes)
def test_options_apply_as_far_as_memory_allows(threshold: int, part_size: int) -> None:
    options = CopyOptions(multipart_threshold=threshold, part_size=part_size)
    server_side, relay = server_side_sizing(options), relay_sizing(options)
    assert (server_side.threshold, server_side.part_size) == (threshold, part_size)
    assert relay.part_size == min(part_size, RELAY_PART_MAX)
    assert relay.threshold <= threshold


def test_sizes_outside_of_s3s_limits_are_refused_in_words() -> None:
    names = {"multipart_threshold": "multipart threshold", "part_size": "part size"}
    sizes, sizings = (0, MIN_PART_SIZE - 1, MAX_PART_SIZE + 1), (server_side_sizing, relay_sizing)
    for name, size, sizing in product(names, sizes, sizings):
        problem = problem_in(sizing, replace(CopyOptions(), **{name: size}))
        assert problem.kind is ProblemKind.INVALID
        assert names[name] in problem.title
        assert "5 MiB to 5,120 MiB" in problem.cause


def test_large_objects_are_relayed_in_larger_parts_unless_a_size_was_chosen() -> None:
    free, chosen = relay_sizing(CopyOptions()), relay_sizing(CopyOptions(part_size=8 * MIB))
    assert [free.plan(size).part_size for size in (GIB - 1, GIB, 100 * GIB)] == [8 * MIB, 16 * MIB, 16 * MIB]
    assert chosen.plan(GIB).part_size == 8 * MIB
    cut_by_others = ObjectHead(2 * GIB, '"x-205"', 0, {}, {}, parts=205)
    assert free.fitted(cut_by_others, PartLayout(10 * MIB, certain=True)).plan(2 * GIB).part_size == 10 * MIB


@pytest.mark.parametrize(("kind", "concerned"), [(ProblemKind.DENIED, True), (ProblemKind.UNSUPPORTED, False)])
async def test_a_bucket_may_be_a_website_unless_the_server_has_none(kind: ProblemKind, concerned: bool) -> None:
    async def website(bucket: str) -> bool:
        raise ProblemError(Problem(kind, bucket))

    stores: Any = [SimpleNamespace(settings=SimpleNamespace(website=website))]
    sides: Any = SimpleNamespace(readers=lambda: stores, writers=lambda: stores, source_bucket="a", target_bucket="b")
    assert await Websites(sides).concerned() is concerned
