"""Annotations come along by every route, or it is said that they do not, and the source of a move stays."""

from typing import Any

import pytest

from tests.servers.policies import allow_on_objects, deny_on_objects, grant_read, grant_write
from tests.transfers.world import World
from tui.model.orders import Route
from tui.model.plan import PlannedAction
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Outcome, TransferState
from tui.stores.s3 import S3Store
from tui.stores.values import Annotation
from tui.transfers.plan.dry_run import dry_run

MIB = 1 << 20
ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
NOTES = {"summary": "Ein Panther, müde".encode(), "größe/∆ & more": b"x" * MIB}
READING = ("s3:GetObject", "s3:GetObjectTagging", "s3:ListObjectAnnotations", "s3:GetObjectAnnotation")


def annotate(world: World, key: str, notes: dict[str, bytes] = NOTES) -> None:
    for name, payload in notes.items():
        world.a.put_object_annotation(Bucket=world.buckets.a, Key=key, AnnotationName=name, AnnotationPayload=payload)


def annotations_at(client: Any, bucket: str, key: str) -> dict[str, bytes]:
    listed = client.list_object_annotations(Bucket=bucket, Key=key)["Annotations"]
    return {
        name: client.get_object_annotation(Bucket=bucket, Key=key, AnnotationName=name)["AnnotationPayload"].read()
        for name in (entry["AnnotationName"] for entry in listed)
    }


def let_everything(world: World) -> None:
    """B may read and list annotations of A's, A may write to B's."""
    server = world.buckets.server
    world.buckets.set_policy_of_a(
        *grant_read(world.buckets.a, server.b.principal),
        allow_on_objects(world.buckets.a, server.b.principal, *READING),
    )
    world.buckets.set_policy_of_b(
        *grant_write(world.buckets.b, server.a.principal),
        allow_on_objects(world.buckets.b, server.a.principal, "s3:ListObjectAnnotations", "s3:PutObjectAnnotation"),
    )


@ONLY_DEMO
@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
@pytest.mark.parametrize("route", list(Route))
async def test_annotations_survive(world: World, route: Route, size: int) -> None:
    world.put_random("k", size)
    annotate(world, "k")
    let_everything(world)
    order = world.order("k", route=route, multipart_threshold=5 * MIB, part_size=5 * MIB)
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.route, transfer.notes) == (TransferState.DONE, route, [])
    client = world.a if route is Route.PUSH else world.b
    assert annotations_at(client, world.buckets.b, "k") == NOTES
    if route is Route.RELAY or size > MIB:
        assert result.annotations == "2 of 2"


@ONLY_DEMO
@pytest.mark.parametrize("denied", ["s3:GetObjectAnnotation", "s3:PutObjectAnnotation"])
async def test_what_copy_object_is_denied_is_written_by_the_identities_that_may(world: World, denied: str) -> None:
    """B may not read (or A not write) annotations, so that CopyObject is refused for them alone."""
    world.put("k")
    annotate(world, "k")
    server, reads = world.buckets.server, denied == "s3:GetObjectAnnotation"
    let_everything(world)
    if reads:
        world.let_b_read()
    else:
        world.let_a_write()
    transfer, [result] = await world.copy(world.order("k", route=Route.PULL if reads else Route.PUSH))
    assert (result.outcome, result.annotations) == (Outcome.COPIED, "2 of 2")
    assert transfer.notes == []
    bucket = world.buckets.b
    client = world.b if reads else server.client(server.a)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
    if reads:
        assert annotations_at(world.b, bucket, "k") == NOTES


@ONLY_DEMO
async def test_a_denied_write_is_reported_and_the_source_of_a_move_stays(world: World) -> None:
    world.put("k")
    annotate(world, "k")
    world.buckets.set_policy_of_b(deny_on_objects(world.buckets.b, "*", "s3:PutObjectAnnotation"))
    transfer, [result] = await world.copy(world.order("k", move=True))
    assert (result.outcome, result.annotations) == (Outcome.COPIED, "0 of 2")
    assert any("without 2 of its 2 annotations" in note for note in result.notes)
    assert any("needs s3:PutObjectAnnotation" in note for note in transfer.notes)
    assert "the source is kept: not all of its annotations could be copied" in result.notes
    assert annotations_at(world.a, world.buckets.a, "k") == NOTES


@ONLY_DEMO
async def test_a_move_without_annotations_leaves_them_behind(world: World) -> None:
    world.put("k")
    annotate(world, "k")
    let_everything(world)
    _, [result] = await world.copy(world.order("k", move=True, annotations=False, route=Route.RELAY))
    assert (result.outcome, result.annotations) == (Outcome.MOVED, "0 of 2")
    assert "without its 2 annotations: not requested" in result.notes
    assert annotations_at(world.b, world.buckets.b, "k") == {}


@ONLY_DEMO
async def test_annotations_that_no_identity_may_list_are_unknown(world: World) -> None:
    world.put("k")
    annotate(world, "k")
    world.buckets.set_policy_of_a(deny_on_objects(world.buckets.a, "*", "s3:ListObjectAnnotations"))
    _, [result] = await world.copy(world.order("k", route=Route.RELAY))
    assert (result.outcome, result.annotations) == (Outcome.COPIED, "unknown")
    assert result.notes == ["without annotations, if it has any: s3:ListObjectAnnotations is missing"]


@ONLY_DEMO
async def test_the_card_and_the_dry_run_name_them(world: World) -> None:
    world.put("k")
    annotate(world, "k")
    let_everything(world)
    card = (await world.plan(world.order("k")))[-1]
    assert "2 annotations (by CopyObject, each billed as a PUT)" in card.keeps
    card = (await world.plan(world.order("k", route=Route.RELAY)))[-1]
    assert "2 annotations (one GET and one PUT for each)" in card.keeps
    order = world.order("k", annotations=False)
    assert "2 annotations (not copied)" in (await world.plan(order))[-1].drops
    [line] = [each async for each in dry_run(order, world.source, world.target, world.owners)]
    assert line.action is PlannedAction.COPY
    assert line.why.endswith("without its 2 annotations")
    order = world.order("k")
    [line] = [each async for each in dry_run(order, world.source, world.target, world.owners)]
    assert line.why.endswith("with its 2 annotations")


@pytest.mark.parametrize("size", [0, 100, 11 * MIB])
async def test_a_server_without_annotations_is_asked_once_and_nothing_is_said(world: World, size: int) -> None:
    """Ceph takes the request for a GetObject of the object itself."""
    for number in range(3):
        world.put_random(f"k{number}", size)
    transfer, results = await world.copy(world.order("k0", "k1", "k2", route=Route.RELAY, move=True))
    assert [result.outcome for result in results] == [Outcome.MOVED] * 3
    assert {result.annotations for result in results} == {""}
    assert transfer.notes == []


@ONLY_DEMO
@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
async def test_a_key_that_xml_cannot_name_is_copied_with_its_annotations_at_once(world: World, size: int) -> None:
    """The answers repeat the key as S3 sends it: with a reference that no parser of XML 1.0 takes."""
    key = "odd/esc\x1b[31mred.txt"
    world.put_random(key, size)
    for name, payload in NOTES.items():
        await S3Store(world.connection_a).annotate(world.buckets.a, key, name, payload, etag="")
    transfer, [result] = await world.copy(
        world.order(key, route=Route.RELAY, multipart_threshold=5 * MIB, part_size=5 * MIB)
    )
    assert (result.outcome, result.route, result.annotations) == (Outcome.COPIED, Route.RELAY, "2 of 2")
    assert (result.retries, transfer.retries, transfer.notes) == (0, 0, [])
    store = S3Store(world.connection_b)
    listed = await store.annotations(world.buckets.b, key) or []
    assert {each.name: await store.annotation(world.buckets.b, key, each.name) for each in listed} == NOTES


class CutList(S3Store):
    """Its list of annotations cannot be read."""

    async def annotations(
        self,
        bucket: str,  # noqa: ARG002  # the store's signature
        key: str,  # noqa: ARG002  # the store's signature
        version: str = "",  # noqa: ARG002  # the store's signature
    ) -> list[Annotation] | None:
        cause = "it is not XML, or is incomplete"
        raise ProblemError(Problem(ProblemKind.INVALID, "the server's response cannot be read", cause))


@ONLY_DEMO
async def test_a_list_that_cannot_be_read_is_not_called_a_missing_permission(world: World) -> None:
    world.put("k")
    world.source, world.target = CutList(world.connection_a), CutList(world.connection_b)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY))
    assert (result.outcome, result.annotations) == (Outcome.COPIED, "unknown")
    assert result.notes == [
        "without annotations, if it has any: they were not listed: "
        "the server's response cannot be read (it is not XML, or is incomplete)"
    ]
