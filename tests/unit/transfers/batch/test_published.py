"""The requests about jobs, beside the examples that AWS publishes: the same members, and values of the same form."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from tests.unit.transfers.batch.model import members, objections
from tests.unit.transfers.batch.sink import Sink
from tui.model.batch.jobs import JobSnapshot, JobState
from tui.model.batch.operations import BatchOptions, BatchTags, ManifestSource
from tui.model.identity import AuthMethod, Identity, IdentitySpec
from tui.model.location import Location
from tui.model.orders import BatchOrder, Selection
from tui.stores.base import Store
from tui.transfers.batch.choosing import Chosen
from tui.transfers.batch.control import JobControl
from tui.transfers.batch.manifest import ManifestWriter
from tui.transfers.batch.requests import create_job
from tui.transfers.order.selection import Picked

PUBLISHED: dict[str, Any] = json.loads(Path(__file__).with_name("published.json").read_text())
EXAMPLE: dict[str, Any] = PUBLISHED["CreateJob"]
ACCOUNT = EXAMPLE["AccountId"]
LOGS = "employee-records-logs"
OF_IDENTITY = Identity("c", "a", AuthMethod.KEYS, IdentitySpec("a"), account=ACCOUNT)


async def tagging(**options: Any) -> dict[str, Any]:
    """The job of the example as we ask for it, with a manifest as we write it."""
    job = BatchOptions(EXAMPLE["RoleArn"], Location(LOGS, "jobs/"), ManifestSource.LIST, priority=42, confirm=False)
    order = BatchOrder(
        Selection("c", Location("employee-records"), prefixes=[""]), "c", BatchTags([("confidential", "true")]), job
    )
    order = replace(order, options=replace(order.options, **options))
    location = EXAMPLE["Manifest"]["Location"]
    store = cast(Store, Sink(f'"{location["ETag"]}"'))
    place = Location(LOGS, location["ObjectArn"].partition("/")[2])
    writer = ManifestWriter(store, place, "employee-records", EXAMPLE["RoleArn"])
    await writer.write(Chosen(1, [Picked("a", 1)]))
    manifest = (await writer.finish()).parameters
    return create_job(order, "transfer-1", ACCOUNT, "token", manifest)


async def test_create_job_is_the_published_one_with_more_that_the_model_has() -> None:
    asked = await tagging()
    more = {name: asked.pop(name) for name in set(asked) - set(EXAMPLE)}
    assert set(more) == {"ConfirmationRequired", "ClientRequestToken", "Description", "Tags"}
    assert set(more) < members("CreateJob")
    prefix = asked["Report"].pop("Prefix")
    report = dict(EXAMPLE["Report"])
    published = report.pop("Prefix")
    assert asked == {**EXAMPLE, "Report": report}
    assert prefix.strip("/") == prefix, f"S3 puts the slash behind it, as behind {published!r}"
    assert objections("CreateJob", EXAMPLE | more) == []


async def test_what_is_chosen_is_what_is_asked_for() -> None:
    asked = await tagging(confirm=True, failed_only=True, priority=7, tags={"department": "Finance"})
    assert (asked["ConfirmationRequired"], asked["Priority"]) == (True, 7)
    assert asked["Report"]["ReportScope"] == "FailedTasksOnly"
    assert {"Key": "department", "Value": "Finance"} in asked["Tags"]


class Plane:
    """Writes down what S3 Control is asked, and gives the answers that are published."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def read(self, _connection: str, _service: str, operation: str, *, region: str, **parameters: Any) -> Any:
        assert region == "us-west-2"
        self.asked.append((operation, parameters))
        return _with_dates(PUBLISHED.get(f"{operation}Answer", {"JobId": "1"}))

    write = read


def _with_dates(answer: Any) -> Any:
    """As boto3 gives an answer: times are no texts."""
    match answer:
        case dict():
            return {
                name: datetime.fromisoformat(value)
                if name in ("CreationTime", "TerminationDate")
                else _with_dates(value)
                for name, value in answer.items()
            }
        case list():
            return [_with_dates(each) for each in answer]
    return answer


@pytest.fixture
def plane() -> Plane:
    return Plane()


@pytest.fixture
def control(plane: Plane) -> JobControl:
    async def identity(_connection: str) -> Identity:
        return OF_IDENTITY

    return JobControl(cast(Any, plane), identity)


async def test_updates_are_the_published_ones(plane: Plane, control: JobControl) -> None:
    priority = PUBLISHED["UpdateJobPriority"]
    await control.set_priority("c", "us-west-2", priority["JobId"], priority["Priority"])
    statuses = PUBLISHED["UpdateJobStatus"]
    for each in statuses:
        state = JobState(each["RequestedJobStatus"])
        await control.update("c", "us-west-2", each["JobId"], state, "asked for by the user")
    (first, *rest) = plane.asked
    assert first == ("UpdateJobPriority", priority)
    reason = {"StatusUpdateReason": "asked for by the user"}
    assert rest == [("UpdateJobStatus", each | reason) for each in statuses]
    assert [objections(operation, asked) for operation, asked in plane.asked] == [[]] * 3


async def test_a_job_is_read_from_the_published_answers(plane: Plane, control: JobControl) -> None:
    asked = PUBLISHED["DescribeJob"]
    job = await control.describe("c", "us-west-2", asked["JobId"])
    assert job == JobSnapshot(
        asked["JobId"],
        JobState.COMPLETE,
        operation="S3PutObjectTagging",
        priority=42,
        role=EXAMPLE["RoleArn"],
        total=8,
        succeeded=8,
        created=datetime.fromisoformat("2019-10-03T21:48:48.048Z").timestamp(),
        ended=datetime.fromisoformat("2019-10-03T21:49:53.944Z").timestamp(),
    )
    listed = [each async for each in control.jobs("c", "us-west-2")]
    assert [(each.id, each.state, each.operation, each.total) for each in listed] == [
        (asked["JobId"], JobState.COMPLETE, "S3PutObjectTagging", 8),
        ("3f3c7619-02d3-4779-97f6-1d98dd313108", JobState.FAILED, "S3PutObjectTagging", 0),
    ]
    assert plane.asked == [("DescribeJob", asked), ("ListJobs", PUBLISHED["ListJobs"])]
    assert [objections(operation, each) for operation, each in plane.asked] == [[], []]


async def test_the_other_requests_are_such_as_the_model_has(plane: Plane, control: JobControl) -> None:
    await control.transfer_of("c", "us-west-2", "00e123a4-c0d8-41f4-a0eb-b46f9ba5b07c")
    await control.reachable("c", "us-west-2")
    await control.create("c", "us-west-2", await tagging())
    assert [operation for operation, _ in plane.asked] == ["GetJobTagging", "ListJobs", "CreateJob"]
    assert [objections(operation, asked) for operation, asked in plane.asked] == [[], [], []]
