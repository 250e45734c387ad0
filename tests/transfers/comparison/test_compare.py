"""What is compared, and by which evidence: buckets of two accounts, prefixes, a local directory."""

from __future__ import annotations

import os
import time
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.transfers.world import World
from tests.waiting import until
from tui.model.comparing.comparison import Comparison, ComparisonState, Counts, Evidence, Place
from tui.model.comparing.mode import CompareMode
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.orders import Filters
from tui.model.problem import ProblemError
from tui.model.s3_limits import MIB
from tui.stores.base import Store
from tui.stores.local import LocalStore
from tui.transfers.comparison.compare import Comparer

LEFT, RIGHT, DIFFERS, UNKNOWN, SAME = (
    ComparisonState.LEFT,
    ComparisonState.RIGHT,
    ComparisonState.DIFFERS,
    ComparisonState.UNKNOWN,
    ComparisonState.SAME,
)

Said = dict[str, tuple[ComparisonState, Evidence]]


async def compared(comparison: Comparison, left: Store, right: Store) -> tuple[Said, Counts]:
    said: Said = {}
    counts: Counts = {}
    async with aclosing(Comparer(comparison, left, right).run(every=True)) as steps:
        async for step in steps:
            said |= {row.name: (row.state, row.evidence) for row in step.rows}
            counts = step.counter.counts
    return said, counts


def between(world: World, left: str = "", right: str = "") -> Comparison:
    return Comparison(Place("a", Location(world.buckets.a, left)), Place("b", Location(world.buckets.b, right)))


def put_right(world: World, key: str, body: bytes) -> None:
    world.b.put_object(Bucket=world.buckets.b, Key=key, Body=body)


async def test_two_accounts_by_size_and_etag(world: World) -> None:
    for name, left, right in (("same", b"one", b"one"), ("longer", b"three", b"one"), ("other", b"one", b"two")):
        world.put(f"in/{name}", left)
        put_right(world, f"out/{name}", right)
    world.put("in/gone", b"x")
    world.put("in/", b"")
    put_right(world, "out/new", b"xy")
    said, counts = await compared(between(world, "in/", "out/"), world.source, world.target)
    assert said == {
        "": (LEFT, Evidence.LISTED),
        "gone": (LEFT, Evidence.LISTED),
        "longer": (DIFFERS, Evidence.SIZE),
        "new": (RIGHT, Evidence.LISTED),
        "other": (DIFFERS, Evidence.ETAG),
        "same": (SAME, Evidence.ETAG),
    }
    assert (counts[DIFFERS].objects, counts[DIFFERS].left_bytes, counts[DIFFERS].right_bytes) == (2, 8, 6)


async def test_filters_leave_out_a_name_on_both_sides(world: World) -> None:
    world.put("small.csv", b"1")
    world.put("large.csv", b"1" * 100)
    world.put("note.txt", b"1")
    put_right(world, "large.csv", b"2")
    put_right(world, "tiny.csv", b"2")
    named = replace(between(world), filters=Filters(include=["*.csv"]))
    assert set((await compared(named, world.source, world.target))[0]) == {"small.csv", "large.csv", "tiny.csv"}
    bounded = replace(between(world), filters=Filters(include=["*.csv"], max_size=10))
    said, counts = await compared(bounded, world.source, world.target)
    assert said == {"small.csv": (LEFT, Evidence.LISTED), "tiny.csv": (RIGHT, Evidence.LISTED)}, (
        "large.csv is too large"
    )
    assert sum(count.objects for count in counts.values()) == 2


async def test_other_parts_prove_nothing_until_checksums_are_asked_for(world: World) -> None:
    body = os.urandom(11 * MIB)
    other = body[:-1] + bytes([body[-1] ^ 1])
    upload(world.a, world.buckets.a, "parts", body, 5 * MIB)
    upload(world.b, world.buckets.b, "parts", body, 6 * MIB)
    upload(world.a, world.buckets.a, "whole", body, 5 * MIB)
    put_right(world, "whole", body)
    upload(world.a, world.buckets.a, "changed", body, 5 * MIB)
    upload(world.b, world.buckets.b, "changed", other, 5 * MIB)
    said, _ = await compared(between(world), world.source, world.target)
    assert (said["parts"][0], said["whole"][0]) == (UNKNOWN, UNKNOWN)
    assert said["changed"][0] in (DIFFERS, UNKNOWN), "not every server says how large parts are"
    said, _ = await compared(replace(between(world), by=CompareMode.CHECKSUM), world.source, world.target)
    assert {name: state for name, (state, _) in said.items()} == {"changed": DIFFERS, "parts": SAME, "whole": SAME}


def upload(client: object, bucket: str, key: str, body: bytes, part: int) -> None:
    made = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]  # type: ignore[attr-defined]  # boto3 makes it
    parts = []
    for number, start in enumerate(range(0, len(body), part), 1):
        sent = client.upload_part(  # type: ignore[attr-defined]  # boto3 makes it
            Bucket=bucket, Key=key, UploadId=made, PartNumber=number, Body=body[start : start + part]
        )
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    client.complete_multipart_upload(  # type: ignore[attr-defined]  # boto3 makes it
        Bucket=bucket, Key=key, UploadId=made, MultipartUpload={"Parts": parts}
    )


async def test_a_directory_in_the_order_of_keys_with_times_as_evidence(world: World, tmp_path: Path) -> None:
    for name in ("a", "a-b", "a.d/x", "é", "z"):
        world.put(f"d/{name}", b"one")
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"one")
    world.put("d/a.d/", b"")
    (tmp_path / "d" / "empty").mkdir()
    listed = world.a.head_object(Bucket=world.buckets.a, Key="d/z")["LastModified"].timestamp()
    await until(lambda: time.time() > listed + 3, "the second of the objects is long over")
    os.utime(tmp_path / "d" / "z", (listed, listed))
    os.utime(tmp_path / "d" / "a", (listed - 500, listed - 500))
    (tmp_path / "d" / "é").write_bytes(b"two")
    os.utime(tmp_path / "d" / "é", (listed + 500, listed + 500))
    comparison = Comparison(
        Place("", Location(LOCAL_BUCKET, f"{tmp_path}/d/".removeprefix("/"))),
        Place("a", Location(world.buckets.a, "d/")),
    )
    local = LocalStore()
    said, _ = await compared(comparison, local, world.source)
    assert set(said) == {"a", "a-b", "a.d/x", "é", "z"}, "directories are no objects"
    assert said["z"] == (SAME, Evidence.TIME)
    assert (said["a"], said["é"]) == ((SAME, Evidence.CHECKSUM), (DIFFERS, Evidence.CHECKSUM)), "small files are read"
    said, _ = await compared(replace(comparison, by=CompareMode.CHECKSUM), local, world.source)
    assert {name: state for name, (state, _) in said.items()} == {
        **dict.fromkeys(("a", "a-b", "a.d/x", "z"), SAME),
        "é": DIFFERS,
    }


async def test_what_makes_no_sense_is_refused(world: World) -> None:
    here = Place("a", Location(world.buckets.a))
    with pytest.raises(ProblemError, match="the same"):
        Comparer(Comparison(here, here), world.source, world.source)
    with pytest.raises(ProblemError, match="buckets"):
        Comparer(Comparison(here, Place("b", Location())), world.source, world.target)
