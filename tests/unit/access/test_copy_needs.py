"""What a copy needs by its order, its card and its route: nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tui.access.copy_needs import CopyFacts, copy_needs
from tui.access.statements import bucket_statements, own_sids
from tui.model.access.grants import AccessNeed, GrantOrder
from tui.model.location import Location
from tui.model.orders import AclChoice, ConflictPolicy, CopyOptions, CopyOrder, Destination, Route, Selection
from tui.model.plan import Access, Check, RouteCard, Tally
from tui.model.problem import Problem, ProblemKind

SOURCE, TARGET = Location("media", "video/"), Location("landing", "in/")
WHOM = "arn:aws:iam::222222222222:user/bob"
WRITE = ["s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"]
NOT_LISTED = Problem(ProblemKind.DENIED, "access denied", permission="s3:ListBucket")


def denied(identity: str, operation: str, bucket: str) -> Check:
    return Check(identity, operation, f"s3://{bucket}/video/a", Access.DENIED)


def order(*keys: str, prefixes: Sequence[str] = (), version: str = "", **options: Any) -> CopyOrder:
    selection = Selection("A", SOURCE, list(keys), list(prefixes), version=version)
    return CopyOrder(selection, Destination("B", TARGET), CopyOptions(**options))


def card(*checks: Check, **more: Any) -> RouteCard:
    return RouteCard(Tally(complete=True), checks=list(checks), complete=True, **more)


def facts(*routes: Route, **more: Any) -> CopyFacts:
    return CopyFacts(routes or tuple(Route), "alice", "bob", **more)


READS = denied("bob", "HeadObject", "media")
"""B may not read the source: no pull."""
WRITES = denied("alice", "CreateMultipartUpload", "landing")
"""A may not write the target: no push."""
OWN_WRITES = denied("bob", "CreateMultipartUpload", "landing")
"""B may not write its own bucket."""


def only(grants: list[GrantOrder]) -> GrantOrder:
    (grant,) = grants
    return grant


@pytest.mark.parametrize(
    ("options", "actions"),
    [
        ({}, ["s3:GetObject", "s3:GetObjectTagging"]),
        ({"acl": AclChoice.COPY}, ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectAcl"]),
        (
            {"object_lock": True},
            ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectRetention", "s3:GetObjectLegalHold"],
        ),
    ],
    ids=["plain", "with ACL", "with locks"],
)
def test_what_reading_takes_follows_the_options(options: dict[str, Any], actions: list[str]) -> None:
    grant = only(copy_needs(order("video/a", **options), card(READS), facts(Route.PULL)))
    assert (grant.owner, grant.other, grant.location) == ("A", "B", SOURCE)
    assert grant.needs == [AccessNeed(actions, keys=["video/a"])]


def test_a_version_is_read_and_deleted_as_a_version() -> None:
    moved = order("video/a", version="v1", move=True)
    grant = only(copy_needs(moved, card(denied("alice", "HeadObject", "media")), facts(Route.RELAY)))
    assert [need.actions for need in grant.needs] == [
        ["s3:GetObjectVersion", "s3:GetObjectVersionTagging"],
        ["s3:DeleteObjectVersion"],
    ]


def test_tags_that_the_sources_identity_reads_need_no_grant() -> None:
    reads_tags = Check("alice", "GetObjectTagging", "s3://media/video/a", Access.ALLOWED)
    grant = only(copy_needs(order("video/a"), card(READS, reads_tags), facts(Route.PULL, annotations=True)))
    assert grant.needs == [AccessNeed(["s3:GetObject"], keys=["video/a"])]


def test_writing_is_granted_where_the_copies_go() -> None:
    pushed = facts(Route.PUSH, acl_sent={Route.PUSH: True}, multipart={Route.PUSH: True})
    grant = only(copy_needs(order("video/a", prefixes=["video/raw/"]), card(WRITES), pushed))
    assert (grant.owner, grant.other, grant.location) == ("B", "A", TARGET)
    actions = [*WRITE, "s3:ListMultipartUploadParts", "s3:PutObjectAcl"]
    assert grant.needs == [AccessNeed(actions, keys=["in/a"], prefixes=["in/raw/"])]


def test_a_renamed_copy_may_get_any_name_below_the_target() -> None:
    renaming = order("video/a", conflict=ConflictPolicy.RENAME)
    assert only(copy_needs(renaming, card(WRITES), facts(Route.PUSH))).needs[0].prefixes == ["in/"]


def test_looking_at_the_target_is_granted_only_where_neither_identity_may() -> None:
    grant = only(copy_needs(order("video/a"), card(unseen="access denied"), facts(Route.RELAY)))
    assert [need.actions for need in grant.needs] == [[*WRITE, "s3:GetObject"], ["s3:ListBucket"]]
    assert (grant.owner, grant.other) == ("A", "B")


def test_annotations_are_read_and_written_by_a_relay() -> None:
    grants = copy_needs(
        order("video/a"),
        card(denied("alice", "HeadObject", "media"), OWN_WRITES),
        facts(Route.RELAY, annotations=True),
    )
    assert [grant.needs[0].actions[-1] for grant in grants] == ["s3:GetObjectAnnotation", "s3:PutObjectAnnotation"]


def test_a_listing_that_is_denied_needs_no_more_than_to_list() -> None:
    grant = only(copy_needs(order(prefixes=["video/raw/"]), card(problem=NOT_LISTED), facts(Route.PULL)))
    assert grant.needs == [AccessNeed(["s3:ListBucket"], prefixes=["video/raw/"], on_bucket=True)]
    assert (grant.owner, grant.other) == ("B", "A")


def test_the_server_side_route_with_the_fewest_grants_is_opened() -> None:
    missing = copy_needs(order("video/a"), card(READS, WRITES, chosen=Route.RELAY), facts())
    assert [grant.other for grant in missing] == ["B"]
    both = copy_needs(order("video/a"), card(READS, OWN_WRITES, WRITES), facts(Route.PULL, Route.PUSH))
    assert [grant.other for grant in both] == ["A"]


def test_a_server_side_copy_that_works_is_missing_nothing() -> None:
    assert copy_needs(order("video/a"), card(WRITES, chosen=Route.PULL), facts()) == []


def test_the_key_that_encrypts_the_copies_is_named() -> None:
    key = "arn:aws:kms:eu-west-1:222222222222:key/k"
    encrypted = order("video/a", encryption="aws:kms", kms_key=key)
    assert only(copy_needs(encrypted, card(WRITES), facts(Route.PUSH))).kms_keys == [key]


def test_each_need_is_a_statement_on_just_its_objects() -> None:
    starred = order("video/*", prefixes=["video/raw/"])
    grant = only(copy_needs(starred, card(READS), facts(Route.PULL)))
    (statement,) = bucket_statements(grant, WHOM, "aws", acls=True)
    assert statement["Resource"] == ["arn:aws:s3:::media/video/${*}", "arn:aws:s3:::media/video/raw/*"]
    assert statement["Sid"] in own_sids(grant, WHOM)


def test_grants_of_other_objects_have_other_names() -> None:
    one, other = (only(copy_needs(order(key), card(READS), facts(Route.PULL))) for key in ("video/a", "video/b"))
    assert not set(own_sids(one, WHOM)) & set(own_sids(other, WHOM))
