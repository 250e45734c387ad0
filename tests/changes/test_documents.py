"""Every kind of document on every server: read, changed as it was shown, taken back; never over what others wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.changes.world import ALL, BODY, KEY, UNSUPPORTED, World
from tests.stores.refusals import problem_of
from tui.engine.answers.changes import list_changes
from tui.model.change import Change, DocumentKind
from tui.model.problem import ProblemKind
from tui.protocol.messages.changes import ListChanges

KINDS = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.value)


async def planned(world: World, kind: DocumentKind) -> Change:
    """A change that can be applied, as far as anybody knows."""
    change = await world.plan(world.ref(kind), world.wanted(kind, await world.read(kind)))
    assert change.can_be_applied, (change.stops, change.unread)
    return change


def takes(world: World, kind: DocumentKind) -> bool:
    return (world.server.name, kind) not in UNSUPPORTED


@KINDS
async def test_it_is_changed_as_it_was_shown_and_taken_back(world: World, kind: DocumentKind) -> None:
    change = await planned(world, kind)
    if not takes(world, kind):
        problem = await problem_of(world.apply(change))
        assert problem.kind in (ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
        assert UNSUPPORTED[world.server.name, kind] in problem.sentence() or problem.status == 501
        assert await world.read(kind) == change.before
        assert (await list_changes(world.rooms, ListChanges())).changes == []
        return
    applied = await world.apply(change)
    assert await world.read(kind) == applied.after
    assert applied.after == change.after
    undo = await world.plan_undo(applied)
    undone = await world.apply(undo, applied.id)
    gone = '{\n  "Status": "Suspended"\n}' if kind is DocumentKind.VERSIONING else None
    assert undone.after == await world.read(kind) == (change.before if change.before is not None else gone)
    assert undone.undoes == applied.id


@KINDS
async def test_nothing_is_written_before_it_is_confirmed(world: World, kind: DocumentKind) -> None:
    change = await planned(world, kind)
    assert world.proxy.seen
    assert world.proxy.writes == []
    if takes(world, kind):
        applied = await world.apply(change)
        written = len(world.proxy.writes)
        assert written >= 1
        await world.plan_undo(applied)
        assert len(world.proxy.writes) == written


@KINDS
async def test_what_was_changed_since_is_not_overwritten(world: World, kind: DocumentKind) -> None:
    if not takes(world, kind):
        return  # nobody can change it here
    change = await planned(world, kind)
    world.change_in_between(kind)
    theirs = await world.read(kind)
    assert theirs != change.before
    problem = await problem_of(world.apply(change))
    assert problem.kind is ProblemKind.CHANGED
    assert await world.read(kind) == theirs
    assert world.proxy.writes == []


@KINDS
async def test_what_was_changed_since_is_not_taken_back(world: World, kind: DocumentKind) -> None:
    if not takes(world, kind):
        return  # nobody can change it here
    applied = await world.apply(await planned(world, kind))
    world.change_in_between(kind)
    theirs = await world.read(kind)
    assert (await problem_of(world.plan_undo(applied))).kind is ProblemKind.CHANGED
    assert await world.read(kind) == theirs


@KINDS
async def test_a_read_only_identity_changes_nothing(world: World, kind: DocumentKind) -> None:
    before = await world.read(kind)
    change = await world.plan(world.ref(kind, read_only=True), world.wanted(kind, before))
    problem = await problem_of(world.apply(change))
    assert problem.kind is ProblemKind.READ_ONLY
    assert world.proxy.writes == []
    assert (await list_changes(world.rooms, ListChanges())).changes == []


@KINDS
async def test_a_document_that_stays_needs_no_change(world: World, kind: DocumentKind) -> None:
    before = await world.read(kind)
    if before is None:
        return
    spread = json.dumps(json.loads(before), indent=7)
    change = await world.plan(world.ref(kind), spread)
    assert (change.before, change.after, change.is_needed) == (before, before, False)


def head(world: World) -> dict[str, Any]:
    return dict(world.a.head_object(Bucket=world.bucket, Key=KEY))


async def test_a_copy_in_place_keeps_all_that_it_does_not_change(world: World) -> None:
    """Content, tags, grants, class; and headers and metadata when the class changes."""
    acl = await world.plan(
        world.ref(DocumentKind.OBJECT_ACL), world.with_grant(await world.read(DocumentKind.OBJECT_ACL))
    )
    await world.apply(acl)
    acl_before = await world.read(DocumentKind.OBJECT_ACL)
    kinds = [DocumentKind.HEADERS, DocumentKind.STORAGE_CLASS]
    for kind in (each for each in kinds if takes(world, each)):
        before = head(world)
        await world.apply(await planned(world, kind))
        after = head(world)
        if kind is DocumentKind.HEADERS:
            assert (after.get("StorageClass"), after["Metadata"]) == (before.get("StorageClass"), {"reviewed": "yes"})
            assert after["CacheControl"] == "max-age=60"
        else:
            assert after["StorageClass"] == "STANDARD_IA"
            assert (after["Metadata"], after.get("CacheControl")) == (before["Metadata"], before.get("CacheControl"))
        for name in ("ETag", "ServerSideEncryption", "ContentType"):
            assert after.get(name) == before.get(name)
    assert world.a.get_object(Bucket=world.bucket, Key=KEY)["Body"].read() == BODY
    assert json.loads(await world.read(DocumentKind.OBJECT_TAGS) or "") == {"kept": "1"}
    if world.server.name != "ministack":  # which drops the grants of a copy
        assert await world.read(DocumentKind.OBJECT_ACL) == acl_before


async def test_an_object_that_is_replaced_while_it_is_copied_in_place_stays(world: World) -> None:
    change = await planned(world, DocumentKind.HEADERS)
    world.change_in_between(DocumentKind.HEADERS)
    problem = await problem_of(world.apply(change))
    assert problem.kind is ProblemKind.CHANGED
    assert world.a.get_object(Bucket=world.bucket, Key=KEY)["Body"].read() == b"other"
