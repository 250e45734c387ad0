"""Every CreateJob that an order can lead to is one that botocore's model of S3 Control takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from msgspec.structs import replace

from tests.unit.transfers.batch.model import objections
from tests.unit.transfers.batch.sink import Sink
from tui.model.batch.operations import (
    BatchAcl,
    BatchChecksum,
    BatchOptions,
    BatchRestore,
    BatchTags,
    ManifestSource,
)
from tui.model.location import Location
from tui.model.orders import (
    AclChoice,
    BatchCopy,
    BatchOperation,
    BatchOrder,
    ConflictPolicy,
    CopyOptions,
    Destination,
    Filters,
    Selection,
)
from tui.stores.base import Store
from tui.transfers.batch.choosing import Chosen
from tui.transfers.batch.generator import generator_of, why_not
from tui.transfers.batch.inventory import report_manifest
from tui.transfers.batch.manifest import ManifestWriter
from tui.transfers.batch.refusals import ALGORITHMS, CANNED_ACLS, CLASSES
from tui.transfers.batch.requests import create_job
from tui.transfers.order.selection import Picked

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"
OVERWRITE = CopyOptions(conflict=ConflictPolicy.OVERWRITE)
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
COPIES = [
    OVERWRITE,
    *(replace(OVERWRITE, storage_class=each) for each in CLASSES),
    *(replace(OVERWRITE, acl=each) for each in AclChoice if each is not AclChoice.COPY),
    replace(OVERWRITE, annotations=False),
    replace(OVERWRITE, encryption="AES256"),
    replace(OVERWRITE, encryption="aws:kms"),
    replace(OVERWRITE, encryption="aws:kms", kms_key=KEY),
]


def operations() -> Iterator[BatchOperation]:
    for options in COPIES:
        for to in ("data/", "backup/data/"):
            yield BatchCopy(Destination("", Location("target", to)), options)
    yield BatchTags([("kind", "log"), ("empty", "")])
    yield BatchTags()
    yield from (BatchAcl(each) for each in CANNED_ACLS)
    yield from (BatchRestore(days, bulk) for days in (7, None) for bulk in (False, True))
    yield from (BatchChecksum(each) for each in ALGORITHMS)


async def csv(role: str, *, versions: bool) -> dict[str, Any]:
    """A manifest as we write one."""
    writer = ManifestWriter(
        cast(Store, Sink(version="v" if versions else "")), Location("reports", "x/m.csv"), "s", role
    )
    await writer.write(Chosen(1, [Picked("data/a", 1)], versions={"data/a": "1"} if versions else {}))
    return (await writer.finish()).parameters


def order(operation: BatchOperation, **more: Any) -> BatchOrder:
    selection = Selection("", Location("source", "data/"), prefixes=["data/"])
    options = BatchOptions(ROLE, Location("reports", "x/"), ManifestSource.LIST)
    return replace(BatchOrder(selection, "", operation, options), **more)


@pytest.mark.parametrize("operation", operations(), ids=lambda each: type(each).__name__)
async def test_every_operation_with_every_kind_of_list(operation: BatchOperation) -> None:
    asked = order(operation)
    lists = [
        await csv(ROLE, versions=False),
        await csv(ROLE, versions=True),
        report_manifest(ROLE, Location("lists", "s/all/2026-11-28T01-00Z/manifest.json"), '"e"', "v"),
        {"ManifestGenerator": generator_of(asked, ACCOUNT, ACCOUNT)},
    ]
    found = [objections("CreateJob", create_job(asked, "t1", ACCOUNT, "token", each, "private")) for each in lists]
    assert found == [[]] * len(lists)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(include=["*.csv", "*"]),
        Filters(include=["*.csv"], min_size=1, max_size=5, newer_than=1.5, older_than=2.5),
        Filters(min_size=0, max_size=2**40),
    ],
)
def test_the_generator_says_all_filters_as_the_model_has_them(filters: Filters) -> None:
    for operation in (BatchCopy(Destination("", Location("target", "data/")), OVERWRITE), BatchTags()):
        selection = Selection("", Location("source"), prefixes=["", "data/"] if filters == Filters() else ["data/"])
        asked = order(operation, selection=replace(selection, filters=filters))
        assert not why_not(asked)
        manifest = {"ManifestGenerator": generator_of(asked, "", "")}
        assert objections("CreateJob", create_job(asked, "t1", ACCOUNT, "token", manifest)) == []


async def test_the_longest_and_the_oddest_names_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    base = "ü\x1b\r&<" * 100
    asked = order(BatchTags(), selection=Selection("", Location("source", base), prefixes=[base]))
    job = create_job(asked, "t1", ACCOUNT, "token", await csv(ROLE, versions=False))
    assert objections("CreateJob", job) == []
    assert len(job["Description"]) == 256
    assert "XML" in why_not(asked)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
async def test_all_arns_are_of_the_partition_of_the_role(partition: str) -> None:
    role = ROLE.replace("arn:aws:", f"arn:{partition}:")
    asked = order(BatchCopy(Destination("", Location("target", "data/")), OVERWRITE))
    asked = replace(asked, options=replace(asked.options, role=role))
    lists = [
        await csv(role, versions=False),
        report_manifest(role, Location("lists", "manifest.json"), '"e"', ""),
        {"ManifestGenerator": generator_of(asked, "", "")},
    ]
    for each in lists:
        arns = list(_arns(create_job(asked, "t1", ACCOUNT, "token", each)))
        assert len(arns) >= 4
        assert [arn for arn in arns if not arn.startswith(f"arn:{partition}:")] == []


def _arns(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for each in value.values():
                yield from _arns(each)
        case list():
            for each in value:
                yield from _arns(each)
        case str() if value.startswith("arn:"):
            yield value


@pytest.mark.parametrize(
    ("role", "key", "sent"),
    [
        (ROLE, KEY, KEY),
        (ROLE, "1234abcd", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd"),
        (ROLE, "alias/media", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/media"),
        (f"arn:aws-cn:iam::{ACCOUNT}:role/jobs", "1", f"arn:aws-cn:kms:eu-west-1:{ACCOUNT}:key/1"),
    ],
)
def test_a_key_is_sent_by_its_arn(role: str, key: str, sent: str) -> None:
    copy = BatchCopy(Destination("", Location("t", "data/")), replace(OVERWRITE, encryption="aws:kms", kms_key=key))
    asked = order(copy, options=BatchOptions(role, Location("reports", "x/")))
    job = create_job(asked, "t1", ACCOUNT, "token", {}, region="eu-west-1")
    assert job["Operation"]["S3PutObjectCopy"]["SSEAwsKmsKeyId"] == sent
