"""New prefixes and buckets: made where they can be, refused before any request where they cannot."""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.policies import allow_on_bucket, allow_on_objects
from tests.transfers.world import World
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.local import LocalStore
from tui.stores.values import ObjectAttributes
from tui.transfers.plan.create import create_bucket, create_prefix, delete_bucket, refuse_bucket_name


async def test_a_prefix_is_an_empty_object_with_a_slash(world: World) -> None:
    for key in ("new/", "with/out", "new/ünter \x1b/"):
        made = await create_prefix(world.target, Location(world.buckets.b, key), world.owners.target)
        assert made.key.rstrip("/") == key.rstrip("/")
        assert world.content(made.key) == b""
    assert world.target_keys() == ["new/", "new/ünter \x1b/", "with/out/"]


async def test_what_is_there_stays(world: World) -> None:
    world.b.put_object(Bucket=world.buckets.b, Key="p/", Body=b"something")
    with pytest.raises(ProblemError) as caught:
        await create_prefix(world.target, Location(world.buckets.b, "p/"), world.owners.target)
    assert caught.value.problem.kind is ProblemKind.EXISTS
    assert world.content("p/") == b"something"


async def test_in_a_foreign_bucket_its_owner_may_read_it(world: World) -> None:
    a = world.buckets.server.a.principal
    world.buckets.set_policy_of_b(
        allow_on_bucket(world.buckets.b, a, "s3:ListBucket"),
        allow_on_objects(world.buckets.b, a, "s3:PutObject", "s3:PutObjectAcl"),
    )
    await create_prefix(world.source, Location(world.buckets.b, "from-a/"), world.owners.source)
    assert world.content("from-a/") == b""


async def test_nor_does_the_right_to_set_acls_have_to_be_there(world: World) -> None:
    world.buckets.set_policy_of_b(
        allow_on_objects(world.buckets.b, world.buckets.server.a.principal, "s3:PutObject"),
    )
    await create_prefix(world.source, Location(world.buckets.b, "from-a/"), world.owners.source)
    assert world.target_keys() == ["from-a/"]


async def test_on_a_disk_it_is_a_directory(tmp_path: Path) -> None:
    location = Location(LOCAL_BUCKET, f"{tmp_path}/new/deeper".removeprefix("/"))
    made = await create_prefix(LocalStore(), location, None)
    assert Path(made.path) == tmp_path / "new" / "deeper"
    assert (tmp_path / "new" / "deeper").is_dir()
    with pytest.raises(ProblemError) as caught:
        await create_prefix(LocalStore(), location, None)
    assert caught.value.problem.kind is ProblemKind.EXISTS


@pytest.mark.parametrize(
    "location",
    [Location(), Location("", "p/"), Location("b"), Location("b", "//"), Location("b", "x" * 1024)],
)
async def test_a_prefix_that_cannot_be_is_refused(world: World, location: Location) -> None:
    with pytest.raises(ProblemError) as caught:
        await create_prefix(world.target, location, None)
    assert caught.value.problem.kind is ProblemKind.INVALID


@pytest.fixture
def new_bucket(world: World) -> Iterator[str]:
    name = f"made-{secrets.token_hex(6)}"
    yield name
    with contextlib.suppress(world.b.exceptions.NoSuchBucket):
        world.b.delete_bucket(Bucket=name)


async def test_a_bucket_is_its_makers_own(world: World, new_bucket: str) -> None:
    await create_bucket(world.target, new_bucket)
    assert new_bucket in [each.name for each in (await world.target.buckets()).buckets]
    assert new_bucket not in [each.name for each in (await world.source.buckets()).buckets]


async def test_an_empty_bucket_is_deleted_and_one_with_something_in_it_is_refused_with_words(
    world: World, new_bucket: str
) -> None:
    await create_bucket(world.target, new_bucket)
    await world.target.put(new_bucket, "one", b"1", ObjectAttributes())
    with pytest.raises(ProblemError) as caught:
        await delete_bucket(world.target, new_bucket)
    assert caught.value.problem.kind is ProblemKind.INVALID
    assert caught.value.problem.title == "the bucket is not empty"
    assert caught.value.problem.remedy
    await world.target.delete(new_bucket, "one")
    await delete_bucket(world.target, new_bucket)
    assert new_bucket not in [each.name for each in (await world.target.buckets()).buckets]


async def test_a_name_that_is_taken_is_said(world: World) -> None:
    with pytest.raises(ProblemError) as caught:
        await create_bucket(world.target, world.buckets.a)
    assert caught.value.problem.code in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ab", "2 characters"),
        ("", "0 characters"),
        ("x" * 64, "64 characters"),
        ("Upper", "lowercase"),
        ("under_score", "lowercase"),
        ("ümlaut", "lowercase"),
        ("new\nline", "lowercase"),
        ("name\n", "lowercase"),
        ("a/b", "lowercase"),
        ("-begins", "begin and end"),
        ("ends.", "begin and end"),
        ("two..dots", "two dots"),
        ("192.168.5.4", "IP address"),
        ("xn--name", "reserved"),
        ("sthree-name", "reserved"),
        ("name-s3alias", "reserved"),
        ("name--x-s3", "reserved"),
    ],
)
async def test_a_bad_name_is_refused_without_a_request(world: World, name: str, why: str) -> None:
    with pytest.raises(ProblemError) as caught:
        await create_bucket(world.target, name)
    assert caught.value.problem.kind is ProblemKind.INVALID
    assert why in caught.value.problem.cause


@pytest.mark.parametrize("name", ["abc", "x" * 63, "a.b-c", "1a2", "192.168.5.4a"])
def test_a_good_name_is_not_refused(name: str) -> None:
    refuse_bucket_name(name)
