"""What the role of an order needs is what its job will do: its list of objects, its ACL, the folder of its reports."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tui.access.batch.needs import needs_of
from tui.access.batch.of_order import access_of
from tui.model.batch.operations import BatchAcl, BatchOptions, BatchTags, ManifestSource
from tui.model.location import Location
from tui.model.orders import (
    AclChoice,
    BatchCopy,
    BatchOrder,
    ConflictPolicy,
    CopyOptions,
    Destination,
    Selection,
)
from tui.transfers.batch.requests import folder_of, operation_of

ROLE = "arn:aws:iam::123456789012:role/batch"
FULL_CONTROL = "bucket-owner-full-control"
REPORT = Location("lists", "from/all/2026-11-28T00-00Z/manifest.json")
COPY = BatchOrder(
    Selection("a", Location("from", "data/"), prefixes=["data/"]),
    "b",
    BatchCopy(Destination("b", Location("to", "data/")), CopyOptions(conflict=ConflictPolicy.OVERWRITE)),
    BatchOptions(ROLE, Location("jobs", "r/")),
)
TAGS = replace(COPY, operation=BatchTags([("kind", "test")]))


def needed(order: BatchOrder, acl: str = "") -> set[tuple[str, str]]:
    return {(need.action, need.resource) for need in needs_of(access_of(order, "123456789012", "us-east-1", acl))}


def by_list(order: BatchOrder) -> BatchOrder:
    return replace(order, options=replace(order.options, manifest=ManifestSource.LIST))


def test_a_list_that_s3_generates_takes_an_inventory_and_a_place_to_keep_it() -> None:
    inventory = ("s3:PutInventoryConfiguration", "arn:aws:s3:::from")
    for generated in (COPY, TAGS):
        assert {inventory, ("s3:PutObject", "arn:aws:s3:::jobs/r/*")} <= needed(generated)
        assert inventory not in needed(by_list(generated))
    skipping = replace(COPY, operation=replace(COPY.operation, options=CopyOptions(conflict=ConflictPolicy.SKIP)))
    assert inventory not in needed(skipping), "S3 does not look at the target: the list is written here"


def test_a_prefix_alone_is_all_that_the_role_gets() -> None:
    """In the panes a prefix is marked in the listing of the one above it."""
    marked = Selection("a", Location("from"), prefixes=["data/"])
    copy = replace(COPY.operation, destination=Destination("b", Location("to", "in/")))
    found = needed(replace(COPY, selection=marked, operation=copy))
    assert {("s3:GetObject", "arn:aws:s3:::from/data/*"), ("s3:PutObject", "arn:aws:s3:::to/in/data/*")} <= found
    both = needed(replace(COPY, selection=replace(marked, prefixes=["data/", "more/"]), operation=copy))
    assert {("s3:GetObject", "arn:aws:s3:::from/*"), ("s3:PutObject", "arn:aws:s3:::to/in/*")} <= both


@pytest.mark.parametrize(
    ("choice", "automatic", "sent"),
    [
        (AclChoice.AUTO, FULL_CONTROL, FULL_CONTROL),
        (AclChoice.AUTO, "", ""),
        (AclChoice.NONE, FULL_CONTROL, ""),
        (AclChoice.PRIVATE, FULL_CONTROL, "private"),
    ],
)
def test_the_acl_is_the_one_that_the_job_sends(choice: AclChoice, automatic: str, sent: str) -> None:
    options = CopyOptions(conflict=ConflictPolicy.OVERWRITE, acl=choice)
    order = replace(COPY, operation=replace(COPY.operation, options=options))
    assert access_of(order, "", "", automatic).acl == sent
    assert operation_of(order, automatic)["S3PutObjectCopy"].get("CannedAccessControlList", "") == sent
    assert (("s3:PutObjectAcl", "arn:aws:s3:::to/data/*") in needed(order, automatic)) is bool(sent)


@pytest.mark.parametrize(("encryption", "key"), [("AES256", ""), ("aws:kms", ""), ("aws:kms", "alias/ours"), ("", "")])
def test_the_encryption_of_the_copies_is_the_one_that_the_job_asks_for(encryption: str, key: str) -> None:
    options = CopyOptions(conflict=ConflictPolicy.OVERWRITE, encryption=encryption, kms_key=key)
    target = access_of(replace(COPY, operation=replace(COPY.operation, options=options)), "", "", "").target
    assert target is not None
    assert (target.encryption, target.kms_key) == (encryption, key)


def test_another_operation_sends_the_acl_it_is_about() -> None:
    assert access_of(replace(COPY, operation=BatchAcl("private")), "", "", FULL_CONTROL).acl == "private"


def test_copies_get_the_tags_of_their_sources() -> None:
    assert access_of(COPY, "", "", "").tags
    assert "NewObjectTagging" not in operation_of(COPY)["S3PutObjectCopy"]


@pytest.mark.parametrize("taken", [True, False])
def test_the_role_reads_an_inventory_report_only_where_the_job_takes_it(taken: bool) -> None:
    options = replace(TAGS.options, manifest=ManifestSource.INVENTORY, inventory=REPORT)
    job = access_of(replace(TAGS, options=options), "123456789012", "", "", REPORT if taken else None)
    resources = {need.resource for need in needs_of(job) if need.action == "s3:GetObject"}
    assert ("arn:aws:s3:::lists/from/all/data/*" in resources) is taken
    assert ("arn:aws:s3:::jobs/r/xs3-tui/*" in resources) is not taken


def test_what_belongs_to_a_transfer_is_where_the_role_may_write() -> None:
    report = access_of(COPY, "", "", "").report
    assert report is not None
    assert folder_of(COPY, "t1") == f"{report.location.key}t1/"
