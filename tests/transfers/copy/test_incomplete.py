"""Incomplete uploads: listed with their sizes, ours marked, aborted unless a transfer needs them."""

from contextlib import aclosing

from tests.transfers.world import World
from tests.waiting import until
from tui.model.location import Location
from tui.model.orders import Route
from tui.model.problem import ProblemKind
from tui.model.transfer import Limits
from tui.model.upload import Upload
from tui.transfers.copy.incomplete import abort_uploads, incomplete_uploads

MIB = 1 << 20


async def found(world: World, prefix: str = "") -> list[Upload]:
    location = Location(world.buckets.b, prefix)
    active = world.queue.active_uploads()
    known = await world.queue.known_uploads(world.buckets.b)
    async with aclosing(incomplete_uploads(world.target, location, known, active)) as lists:
        everything = [each async for each in lists]
    assert [upload.upload for upload in everything[0]] == [upload.upload for upload in everything[-1]]
    return everything[-1]


async def test_a_foreign_one_is_measured_and_aborted(world: World) -> None:
    bucket = world.buckets.b
    upload = world.b.create_multipart_upload(Bucket=bucket, Key="in/ a+b%.bin")["UploadId"]
    for number in (1, 2):
        world.b.upload_part(
            Bucket=bucket, Key="in/ a+b%.bin", UploadId=upload, PartNumber=number, Body=bytes(5 * MIB + number)
        )
    other = world.b.create_multipart_upload(Bucket=bucket, Key="elsewhere")["UploadId"]
    (one,) = await found(world, "in/")
    assert (one.key, one.upload, one.size, one.parts) == ("in/ a+b%.bin", upload, 10 * MIB + 3, 2)
    assert one.started > 0
    assert not one.ours
    assert not one.active
    assert await abort_uploads(world.target, await found(world), world.queue.active_uploads()) == {}
    assert await found(world) == []
    assert other


async def test_one_that_a_transfer_needs_is_ours_and_in_use(world: World) -> None:
    world.put_random("large", 12 * MIB)
    world.queue.set_limits(Limits(rate=MIB))
    name = await world.queue.submit(world.order("large", route=Route.RELAY, part_size=5 * MIB))
    await until(lambda: bool(world.queue.active_uploads()), "its upload has begun")
    await world.queue.pause([name])
    (one,) = await found(world)
    assert one.ours
    assert one.active
    problems = await abort_uploads(world.target, [one], world.queue.active_uploads())
    assert problems[one.upload].kind is ProblemKind.INVALID
    assert "in use" in problems[one.upload].title
    assert len(world.uploads()) == 1
    await world.queue.cancel([name])
    assert world.uploads() == []
