"""Files that are read so that nothing has to be asked for: small ones always, all of them with checksums."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest

from tests.transfers.comparison.test_compare import DIFFERS, SAME, UNKNOWN, Said, between, compared, upload
from tests.transfers.comparison.test_times import Tree
from tests.transfers.world import World
from tui.model.comparing.comparison import Comparison, Evidence
from tui.model.comparing.mode import CompareMode
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.s3_limits import MIB
from tui.stores.base import Store
from tui.stores.local import LocalStore
from tui.transfers.comparison.settling import READ_UNASKED

LONG_AGO = 1_600_000_000


class Watched:
    """A store that notes what is asked of single objects, and refuses to read them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.heads: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def head(self, bucket: str, key: str, **how: Any) -> Any:
        self.heads.append(key.rpartition("/")[2])
        return await self._store.head(bucket, key, **how)

    async def read(self, *_: Any, **__: Any) -> NoReturn:
        raise AssertionError("no object is read")


@pytest.fixture
def tree(world: World, tmp_path: Path) -> Tree:
    return Tree(world, tmp_path / "tree")


async def said(tree: Tree, by: CompareMode, store: Watched | None = None) -> Said:
    remote = cast("Store", store or Watched(tree.world.source))
    return (await compared(Comparison(tree.here, tree.there, by=by), LocalStore(), remote))[0]


async def test_small_files_that_were_just_uploaded_are_settled_without_a_request(tree: Tree) -> None:
    for name in ("equal", "other"):
        tree.world.put(f"in/{name}", b"one")
        tree.write(name, b"one" if name == "equal" else b"two", LONG_AGO)
    tree.world.put("in/large", bytes(READ_UNASKED + 1))
    tree.write("large", bytes(READ_UNASKED + 1), LONG_AGO)
    store = Watched(tree.world.source)
    assert await said(tree, CompareMode.AUTO, store) == {
        "equal": (SAME, Evidence.CHECKSUM),
        "large": (UNKNOWN, Evidence.TIME),
        "other": (DIFFERS, Evidence.CHECKSUM),
    }
    assert store.heads == ["other"], "how it is encrypted"
    store.heads.clear()
    await said(tree, CompareMode.TIME, store)
    assert not store.heads


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_an_etag_of_an_object_with_a_key_of_kms_proves_nothing(tree: Tree) -> None:
    tree.world.put("in/x", b"one", ServerSideEncryption="aws:kms")
    tree.write("x", b"two", LONG_AGO)
    assert await said(tree, CompareMode.AUTO) == {"x": (UNKNOWN, Evidence.TIME)}


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_checksums_of_files_are_computed_and_objects_are_not_read(tree: Tree) -> None:
    body = os.urandom(11 * MIB)
    other = body[:-1] + bytes([body[-1] ^ 1])
    tree.world.put("in/kms", b"one", ServerSideEncryption="aws:kms", ChecksumAlgorithm="SHA256")
    tree.write("kms", b"two", LONG_AGO)
    upload(tree.world.a, tree.world.buckets.a, "in/parts", body, 5 * MIB)
    tree.write("parts", body, LONG_AGO)
    assert await said(tree, CompareMode.CHECKSUM) == {
        "kms": (DIFFERS, Evidence.CHECKSUM),
        "parts": (SAME, Evidence.CHECKSUM),
    }
    tree.write("parts", other, LONG_AGO)
    found, _ = await compared(
        Comparison(tree.here, tree.there, by=CompareMode.CHECKSUM), LocalStore(), tree.world.source
    )
    assert found["parts"][0] is DIFFERS, "by whatever the server keeps of parts"


def in_parts(world: World, key: str, body: bytes, **checksum: str) -> None:
    """In B's bucket, in two parts."""
    b, bucket = world.b, world.buckets.b
    upload = b.create_multipart_upload(Bucket=bucket, Key=key, **checksum)["UploadId"]
    parts = []
    for number, part in enumerate((body[: 5 * MIB], body[5 * MIB :]), 1):
        algorithm = {"ChecksumAlgorithm": checksum["ChecksumAlgorithm"]} if checksum else {}
        sent = b.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part, **algorithm)
        parts.append({"PartNumber": number, **{name: sent[name] for name in ("ETag", "ChecksumCRC32") if name in sent}})
    ended = {"ChecksumType": checksum["ChecksumType"]} if checksum else {}
    b.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **ended)


class Undescribed(Watched):
    """Refuses to describe objects, as S3 does of those with a key of the user's."""

    async def head(self, *_: Any, **__: Any) -> NoReturn:
        raise ProblemError(Problem(kind=ProblemKind.INVALID, title="the object has a key of the user's"))


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_large_objects_are_compared_by_the_checksums_that_are_kept(world: World) -> None:
    """A copy in parts has another ETag than its source; the checksum of the whole is the same."""
    whole = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}
    body = os.urandom(6 * MIB)
    for name in ("equal", "other", "bare"):
        world.put(f"in/{name}", body, ChecksumAlgorithm="CRC32")
        world.put(f"in/small-{name}", b"x", ServerSideEncryption="aws:kms")
        world.b.put_object(Bucket=world.buckets.b, Key=f"out/small-{name}", Body=b"y", ServerSideEncryption="aws:kms")
    in_parts(world, "out/equal", body, **whole)
    in_parts(world, "out/other", body[:-1] + bytes([body[-1] ^ 1]), **whole)
    in_parts(world, "out/bare", body)
    left, right = Watched(world.source), Watched(world.target)
    said, _ = await compared(between(world, "in/", "out/"), cast("Store", left), cast("Store", right))
    large = {name: each for name, each in said.items() if not name.startswith("small-")}
    assert large.pop("bare")[0] is UNKNOWN, "no checksum of the whole is kept"
    assert large == {"equal": (SAME, Evidence.CHECKSUM), "other": (DIFFERS, Evidence.CHECKSUM)}
    assert sorted(left.heads)[:3] == ["bare", "equal", "other"]
    assert len([name for name in left.heads if name.startswith("small-")]) <= 1, "small ones are not asked for"
    silent = cast("Store", Undescribed(world.target))
    said, _ = await compared(between(world, "in/", "out/"), world.source, silent)
    assert {said[name][0] for name in large} == {UNKNOWN}
