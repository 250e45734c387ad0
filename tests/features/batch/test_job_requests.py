"""Jobs of S3 Batch Operations: requests that botocore's model takes, what is written for jobs, what reports say."""

import asyncio
import dataclasses
import hashlib
import json
import re
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime
from functools import cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import botocore.session
import msgspec
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.features.cluster.crews import Transfer
from tests.stores.listed_keys import ListedKeys
from tests.stores.refusals import problem_of
from tests.tables import problem_in
from tests.transfers.journal.samples import PROBLEM, result, transfer
from tui.core.identity import AuthMethod, Identity, IdentitySpec, Owner
from tui.core.jobs import JobSnapshot, JobState
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.orders import (
    AclChoice,
    BatchAcl,
    BatchChecksum,
    BatchCopy,
    BatchOptions,
    BatchOrder,
    BatchRestore,
    BatchTags,
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    Destination,
    Filters,
    JobOperation,
    ManifestSource,
    Selection,
)
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Outcome, Tally
from tui.features.batch import completion_report as reports
from tui.features.batch.batch_work import ReportReader
from tui.features.batch.completion_report import (
    CompletionReportFile,
    ReportManifest,
    ReportRow,
    read_report_manifest,
    report_rows,
)
from tui.features.batch.copy_sample import Sample, SampleSides, verify_sample
from tui.features.batch.job_objects import Chooser, ChosenObjects
from tui.features.batch.job_refusals import (
    ALGORITHMS,
    CANNED_ACLS,
    CLASSES,
    job_refusal,
    refuse_impossible_job,
    refuse_senseless_job,
)
from tui.features.batch.job_requests import create_job
from tui.features.batch.job_sources import generator_of, report_manifest, why_not
from tui.features.batch.kept_job import KeptReading, KeptValues, read_order
from tui.features.batch.manifest import ManifestWriter, write_manifest
from tui.features.batch.manifest_keys import decoded, encoded, manifest_lines, target_prefix
from tui.queue import job_control
from tui.queue.job_control import NO_SUCH_JOB, JobControl, snapshot_of
from tui.stores.base import Store
from tui.stores.store_values import Acl, Capabilities, Completed, ObjectHead
from tui.transfers.journal import Journal
from tui.transfers.selection import SelectedObject


@cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("s3control")


def objections(operation: str, parameters: dict[str, Any]) -> list[str]:
    """Each objection; none: S3 can read the request."""
    shape = _model().operation_model(operation).input_shape
    report = ParamValidator().validate(parameters, shape)
    return [*([report.generate_report()] if report.has_errors() else []), *_values(shape, parameters, operation)]


def members(operation: str) -> set[str]:
    return set(_model().operation_model(operation).input_shape.members)


def _values(shape: Any, value: Any, where: str) -> Iterator[str]:
    """Values that are none of an enum, and that do not match a pattern. The validator does not look at these."""
    match value:
        case dict() if shape.type_name == "structure":
            for name, each in value.items():
                if name in shape.members:
                    yield from _values(shape.members[name], each, f"{where}.{name}")
        case list():
            for each in value:
                yield from _values(shape.member, each, f"{where}[]")
        case str():
            enum, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
            if enum and value not in enum:
                yield f"{where}: {value!r} is none of {enum}"
            if pattern and not re.fullmatch(_of_python(pattern), value):
                yield f"{where}: {value!r} does not match {pattern}"
            if re.search("[\0-\x08\x0b-\x1f\ufffe\uffff]", value):
                yield f"{where}: {value!r} has a character that XML does not have"


def _of_python(pattern: str) -> str:
    for name, same in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d")):
        pattern = pattern.replace(name, same)
    return pattern.removeprefix("^").removesuffix("$")


# A store that takes a manifest and forgets it.


class Sink:
    """Takes what is small enough to be written at once."""

    capabilities = Capabilities()

    def __init__(self, etag: str = '"e"', version: str = "") -> None:
        self._completed = Completed(etag, version=version)

    async def put(self, *_: Any, **__: Any) -> Completed:
        return self._completed

    @property
    def settings(self) -> Any:
        """A bucket that locks nothing."""

        async def object_lock(_bucket: str) -> None:
            return None

        return SimpleNamespace(object_lock=object_lock)


# Every CreateJob that an order can lead to is one that botocore's model of S3 Control takes.
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


def operations() -> Iterator[JobOperation]:
    for options in COPIES:
        for to in ("data/", "backup/data/"):
            yield BatchCopy(Destination("", Location("target", to)), options)
    yield BatchTags([("kind", "log"), ("empty", "")])
    yield BatchTags()
    yield from (BatchAcl(each) for each in CANNED_ACLS)
    yield from (BatchRestore(days, bulk) for days in (7, None) for bulk in (False, True))
    yield from (BatchChecksum(each) for each in ALGORITHMS)


async def csv(role: str, *, versions: bool) -> dict[str, Any]:
    store = cast(Store, Sink(version="v" if versions else ""))
    writer = ManifestWriter(store, Location("reports", "x/m.csv"), "s", role)
    await writer.write(ChosenObjects(1, [SelectedObject("data/a", 1)], versions={"data/a": "1"} if versions else {}))
    return (await writer.finish()).parameters


def order(operation: JobOperation, **more: Any) -> BatchOrder:
    selection = Selection("", Location("source", "data/"), prefixes=["data/"])
    options = BatchOptions(ROLE, Location("reports", "x/"), ManifestSource.LIST)
    return replace(BatchOrder(selection, "", operation, options), **more)


async def test_every_operation_with_every_kind_of_list() -> None:
    written = [await csv(ROLE, versions=versions) for versions in (False, True)]
    listed = report_manifest(ROLE, Location("lists", "s/all/2026-11-28T01-00Z/manifest.json"), '"e"', "v")
    for operation in operations():
        asked = order(operation)
        for each in (*written, listed, {"ManifestGenerator": generator_of(asked, ACCOUNT, ACCOUNT)}):
            job = create_job(asked, "t1", ACCOUNT, "token", each, "private")
            assert objections("CreateJob", job) == [], (operation, each)


def test_the_generator_says_all_filters_as_the_model_has_them() -> None:
    some = Filters(include=["*.csv"], min_size=1, max_size=5, newer_than=1.5, older_than=2.5)
    both = Selection("", Location("source"), prefixes=["", "data/"])
    below = replace(both, prefixes=["data/"])
    filtered = [
        replace(below, filters=each)
        for each in (Filters(include=["*.csv", "*"]), some, Filters(min_size=0, max_size=2**40))
    ]
    for operation in (BatchCopy(Destination("", Location("target", "data/")), OVERWRITE), BatchTags()):
        for selection in (both, *filtered):
            asked = order(operation, selection=selection)
            assert not why_not(asked)
            manifest = {"ManifestGenerator": generator_of(asked, "", "")}
            assert objections("CreateJob", create_job(asked, "t1", ACCOUNT, "token", manifest)) == []


async def test_the_longest_and_the_oddest_names_fit() -> None:
    base = "ü\x1b\r&<" * 100
    asked = order(BatchTags(), selection=Selection("", Location("source", base), prefixes=[base]))
    job = create_job(asked, "t1", ACCOUNT, "token", await csv(ROLE, versions=False))
    assert objections("CreateJob", job) == []
    assert len(job["Description"]) == 256
    assert "XML" in why_not(asked)


def test_what_no_job_can_do_is_refused_with_the_cause_and_a_remedy() -> None:
    store, disk = [ListedKeys([], capabilities=Capabilities(copies=each)).as_store for each in (True, False)]

    def job(**chosen: Any) -> BatchOrder:
        return order(BatchTags(), options=replace(order(BatchTags()).options, **chosen))

    def copy(to: str = "target", **chosen: Any) -> BatchOrder:
        return order(BatchCopy(Destination("", Location(to, "data/")), replace(OVERWRITE, **chosen)))

    place, directory = "no place for manifest and report · ", Location("x--x-s3")
    nowhere, excluding = Selection("", directory), Selection("", Location("a"), filters=Filters(exclude=["x"]))
    ending, made = replace(excluding, filters=Filters(include=["a*"])), job(manifest=ManifestSource.GENERATOR)
    for asked, words in (
        *((job(reports=each), place) for each in (Location(), Location(LOCAL_BUCKET, "/"))),
        (job(reports=Location("reports", "r")), f"{place}'s3://reports/r' is none · name one: s3://BUCKET/PREFIX/"),
        (job(reports=Location("reports", "\1/")), f"{place}'\\x01/' has a control character · use another"),
        (job(reports=Location("reports", "r" * 450 + "/")), "the prefix of the reports is too long · 451 char"),
        (job(reports=directory), "directory buckets take no completion reports · x--x-s3 is one · use a"),
        (job(priority=-1), "no priority: -1 · use 0 to 2,147,483,647"),
        (job(tags=dict.fromkeys(range(50))), "50 tags · a job has 49 besides ours · leave some out"),
        (replace(job(), selection=nowhere), "S3 Batch Operations only copies objects of directory buckets · x--x-s3"),
        (replace(made, selection=nowhere), "S3 generates no manifest of a directory bucket · use"),
        (order(BatchTags([("a", "")] * 11)), "11 tags · an object has 10 at most · leave some out"),
        (order(BatchAcl("ours")), "'ours' is no canned ACL of a job · use one of private, public-read, "),
        (order(BatchChecksum("CRC16")), "'CRC16' is no checksum algorithm of a job · use one of CRC32, CRC32C, "),
        (replace(made, selection=excluding), "S3 cannot find this · it cannot exclude names · use the manifest list"),
        (replace(made, selection=ending), "S3 cannot find this · it knows names by their ends only: "),
        (copy(move=True), "S3 Batch Operations does not move · a job deletes nothing · copy, verify, then delete"),
        (copy(conflict=ConflictPolicy.RENAME), "conflicts cannot be answered by rename in a job · nobody is asked"),
        (copy("source"), "objects would be copied onto themselves · same bucket, same keys · choose another target"),
    ):
        assert words in problem_in(refuse_senseless_job, asked, store, store).sentence()
    assert "works in S3 only · one side is" in problem_in(refuse_senseless_job, copy(), store, disk).sentence()
    most = job(priority=2**31 - 1, reports=Location("reports", "r" * 449 + "/"), tags=dict.fromkeys(range(49)))
    for asked in (most, order(BatchTags([("a", "")] * 10)), job(priority=0), copy("source", encryption="AES256")):
        refuse_senseless_job(asked, store, store)


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


def test_a_key_is_sent_by_its_arn() -> None:
    for role, key, sent in (
        (ROLE, KEY, KEY),
        (ROLE, "1234abcd", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd"),
        (ROLE, "alias/media", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/media"),
        (f"arn:aws-cn:iam::{ACCOUNT}:role/jobs", "1", f"arn:aws-cn:kms:eu-west-1:{ACCOUNT}:key/1"),
    ):
        copy = BatchCopy(Destination("", Location("t", "data/")), replace(OVERWRITE, encryption="aws:kms", kms_key=key))
        asked = order(copy, options=BatchOptions(role, Location("reports", "x/")))
        job = create_job(asked, "t1", ACCOUNT, "token", {}, region="eu-west-1")
        assert job["Operation"]["S3PutObjectCopy"]["SSEAwsKmsKeyId"] == sent


# The requests about jobs, beside the examples that AWS publishes: the same members, and values of the same form.
PUBLISHED: dict[str, Any] = json.loads(Path(__file__).with_name("published.json").read_text())
EXAMPLE: dict[str, Any] = PUBLISHED["CreateJob"]
LOGS = "employee-records-logs"
OF_IDENTITY = Identity("c", "a", AuthMethod.KEYS, IdentitySpec("a"), account=EXAMPLE["AccountId"])


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
    await writer.write(ChosenObjects(1, [SelectedObject("a", 1)]))
    manifest = (await writer.finish()).parameters
    return create_job(order, "transfer-1", EXAMPLE["AccountId"], "token", manifest)


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
        self.refused: Problem | None = None

    async def read(self, _connection: str, _service: str, operation: str, *, region: str, **parameters: Any) -> Any:
        assert region == "us-west-2"
        self.asked.append((operation, parameters))
        if self.refused:
            raise ProblemError(self.refused)
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


async def test_no_job_is_made_where_there_are_none(plane: Plane, control: JobControl) -> None:
    asked = order(BatchTags(), options=BatchOptions(EXAMPLE["RoleArn"], Location("reports")))
    for kind in (ProblemKind.UNSUPPORTED, ProblemKind.NO_SUCH_BUCKET):
        plane.refused = Problem(kind, "ListJobs is not known")
        problem = await problem_of(refuse_impossible_job(asked, cast(Store, Sink()), control, "us-west-2"))
        assert (problem.title, problem.cause) == ("S3 Batch Operations is not available here", "ListJobs is not known")
    plane.refused = Problem(ProblemKind.DENIED, "ListJobs is denied")
    await refuse_impossible_job(asked, cast(Store, Sink()), control, "us-west-2")  # there may be some all the same
    plane.refused = Problem(ProblemKind.UNREACHABLE, "no answer")
    with pytest.raises(ProblemError, match="no answer"):
        await refuse_impossible_job(asked, cast(Store, Sink()), control, "us-west-2")


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
    plane.refused = replace(PROBLEM, code=NO_SUCH_JOB)
    problem = await problem_of(control.describe("c", "us-west-2", "4711"))
    assert problem.title == f"there is no job 4711 in account {OF_IDENTITY.account}"
    assert (problem.resource, problem.kind) == ("4711", ProblemKind.NO_SUCH_KEY)


async def test_the_other_requests_are_such_as_the_model_has(plane: Plane, control: JobControl) -> None:
    await control.transfer_of("c", "us-west-2", "00e123a4-c0d8-41f4-a0eb-b46f9ba5b07c")
    await control.reachable("c", "us-west-2")
    await control.create("c", "us-west-2", await tagging())
    assert [operation for operation, _ in plane.asked] == ["GetJobTagging", "ListJobs", "CreateJob"]
    assert [objections(operation, asked) for operation, asked in plane.asked] == [[], [], []]


# What is written for jobs, and what their reports say.
ANY_KEYS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.text("\0,%=\n a/é💥", min_size=1)
)


@given(ANY_KEYS)
def test_they_are_encoded_all_at_once_as_one_by_one(keys: list[str]) -> None:
    assert encoded(keys) == [quote(key) for key in keys]
    assert [decoded(each) for each in encoded(keys)] == keys


def test_no_key_makes_two_fields_or_two_lines_of_one() -> None:
    assert manifest_lines("b", ["a,b\nc", "d%2Ce"], None) == "b,a%2Cb%0Ac\nb,d%252Ce\n"
    assert manifest_lines("b", [], None) == ""
    assert manifest_lines("b", ["x", "y"], {"x": "1"}) == "b,x,1\nb,y,\n", "all lines name a version or none does"


# A manifest that is not finished: why is what is raised, whatever aborting it meets.
REFUSED = ProblemError(Problem(kind=ProblemKind.DENIED, title="the listing is denied"))


class Refusing(ManifestWriter):
    async def abort(self) -> None:
        raise ProblemError(Problem(kind=ProblemKind.DENIED, title="s3:AbortMultipartUpload is missing"))


@pytest.mark.parametrize("failure", [REFUSED, asyncio.CancelledError()], ids=["the listing is denied", "cancelled"])
async def test_the_first_failure_counts(failure: BaseException) -> None:
    async def pages() -> AsyncGenerator[ChosenObjects]:
        yield ChosenObjects(1)
        raise failure

    async def take(chosen: ChosenObjects) -> ChosenObjects:
        return chosen

    async def tell(_: Tally) -> None:
        return

    asked_nothing = cast(Store, SimpleNamespace(capabilities=Capabilities()))
    with pytest.raises(type(failure)) as raised:
        await write_manifest(
            Refusing(asked_nothing, Location("reports", "m.csv"), "source", "role"), pages(), take, tell
        )
    assert raised.value is failure


# Jobs as S3 Control describes them.


def test_every_state() -> None:
    assert [snapshot_of({"JobId": "1", "Status": state.value}).state for state in JobState] == [*JobState]
    assert snapshot_of({"Status": "New"}) == JobSnapshot("", JobState.NEW)
    for job, said in (({"Status": "Hibernating"}, "Hibernating"), ({}, "none")):
        assert f"state of job 4711 is not known: {said}" in problem_in(snapshot_of, {"JobId": "4711", **job}).title


async def test_the_waits_grow_and_begin_small_again_when_the_user_changes_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits, watch = list[float](), job_control.Watch()

    async def waited(_soon: asyncio.Event, seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(job_control, "set_within", waited)
    monkeypatch.setattr(job_control, "_SPREAD", 0)
    for _ in range(12):
        await watch.pause(changed=False)
    watch.soon()
    await watch.pause(changed=False)
    assert (waits[:2], waits[-2:]) == ([0.75, 1.125], [job_control.MOST, 0.75])


async def test_no_bucket_that_a_job_writes_to_may_be_forbidden() -> None:
    copying = BatchCopy(Destination("", Location("target", "data/")), OVERWRITE)
    for operation, written in ((copying, {"target", "reports"}), (BatchTags(), {"source", "reports"})):
        for bucket in ("source", "target", "reports"):

            async def refusal(asked: str, forbidden: str = bucket) -> str:
                return forbidden if asked == forbidden else ""

            store = cast(Store, SimpleNamespace(write_refusal=refusal))
            assert bool(await job_refusal(order(operation), store)) is (bucket in written), (operation, bucket)


# Rows of completion reports: S3 writes the HTTP status before the error code, and names the columns the other way.
SCHEMA = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"

DENIED = ReportRow("image_1", "", False, "AccessDenied", 403, "Access Denied")


class Files:
    """A store with the files of a report."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    async def head(self, _bucket: str, key: str, *_: str) -> ObjectHead:
        return ObjectHead(len(self._files[key]) if self._files else 2**40, "e", 0.0, {}, {})

    async def read(self, _bucket: str, key: str, *, start: int, length: int, **_: Any) -> bytes:
        return self._files[key][start : start + length]


async def rows_of(content: bytes, checksum: str = "") -> list[ReportRow]:
    file = CompletionReportFile("b", "k", checksum or hashlib.md5(content, usedforsecurity=False).hexdigest())
    read = report_rows(cast(Store, Files({"k": content})), ReportManifest(SCHEMA), file)
    return [each async for chunk in read for each in chunk]


async def test_status_and_code_are_found_in_either_order() -> None:
    for line, row in (
        ("b,image_1,,failed,403,AccessDenied,Access Denied", DENIED),
        ("b,image_1,,failed,AccessDenied,403,Access Denied", DENIED),
        ("b,a%2Cb,v1,succeeded,200,,Successful", ReportRow("a,b", "v1", True, "", 200, "Successful")),
        ("b,a,,succeeded,,200,", ReportRow("a", "", True, "", 200, "")),
        ("b,a,,failed,,,", ReportRow("a", "", False, "", 0, "")),
    ):
        assert await rows_of(f"\n{line}\n".encode()) == [row]
    assert [each.status for each in await rows_of(f"b,a,,failed,,{'9' * 5000},\n".encode())] == [0]


async def test_rows_that_are_none_are_refused() -> None:
    """And soon: what has quotes that stay open is looked at once."""
    for content, words in (
        ('"' + "b,a,,failed,,,\n" * 100_000, "not CSV"),
        ("b,a,,failed,,," + "x" * 6_000_000, "a row has more than"),
        ("b,a,,failed,,," + "x" * 200_000, "not CSV: field larger than field limit"),
        ("b,a,,failed,,\n", "a row has 6 columns, not 7"),
        ("b,a,,failed,,\ud800,", "not UTF-8"),
    ):
        assert words in (await problem_of(rows_of(content.encode(errors="surrogatepass")))).sentence()
    for files, words in (({"f/order.json": b"{"}, "truncated"), ({}, "it has 1,099,511,627,776 bytes")):
        s3 = cast(Store, Files(cast(Any, files)))
        for request in (read_report_manifest(s3, Location("b", "f/order.json")), read_order(s3, Location("b", "f/"))):
            assert words in (await problem_of(request)).cause
    assert "its MD5 is not the one" in (await problem_of(rows_of(b"b,a,,failed,,,\n", "0" * 32))).sentence()


@pytest.mark.parametrize(("at_once", "longest"), [(40, 45), (37, 37)], ids=["two", "the longest"])
async def test_rows_are_read_whole_wherever_a_read_ends(
    monkeypatch: pytest.MonkeyPatch, at_once: int, longest: int
) -> None:
    """A row that ends with a read is none that the next one begins with: two may be longer than one may be."""
    monkeypatch.setattr(reports, "READ_AT_ONCE", at_once)
    monkeypatch.setattr(reports, "LONGEST_ROW", longest)
    lines = [f'b,{number},,failed,403,AccessDenied,"no\nway"\n' for number in range(9)]
    assert [(each.key, each.message) for each in await rows_of("".join(lines).encode())] == [
        (str(number), "no\nway") for number in range(9)
    ]


class Unseen(ListedKeys):
    async def head(self, *_: str) -> ObjectHead:
        raise ProblemError(PROBLEM)


async def test_below_a_prefix_the_target_is_listed_and_a_marked_key_is_looked_at() -> None:
    copying = BatchCopy(Destination("", Location("target", "data/")), CopyOptions(conflict=ConflictPolicy.SKIP))
    below = Selection("", Location("source", "data/"), prefixes=["data/"], filters=Filters(include=["*.csv"]))
    source, target = ListedKeys(["data/a.csv", "data/b.csv", "data/c"]).as_store, Unseen(["data/b.csv"]).as_store
    [chosen] = [each async for each in Chooser("t", order(copying, selection=below), source, target).pages()]
    assert [each.key for each in chosen.objects] == ["data/a.csv"]
    assert [key for key, _ in chosen.skipped] == ["data/b.csv"]
    marked, known = replace(below, keys=["data/a.csv"], prefixes=[]), cast(Store, Files({"data/a.csv": b""}))
    [there] = [each async for each in Chooser("t", order(copying, selection=marked), known, known).pages()]
    assert [key for key, _ in there.skipped] == ["data/a.csv"]
    choosing = Chooser("t", order(copying, selection=marked), known, target)
    assert (await problem_of(anext(choosing.pages()))).title == "cannot check whether it exists at the target"


def test_a_job_gives_an_object_no_other_name() -> None:
    def prefix_for(name: str) -> str:
        selection = Selection("", Location("source", "data/"), keys=["data/a"])
        return target_prefix(CopyOrder(selection, Destination("", Location("target"), name), OVERWRITE))

    assert (prefix_for("data/a"), prefix_for("backup/data/a")) == ("", "backup")
    for name in ("data/b", "xdata/a", "/data/a", "x//data/a", "x" * 2000 + "/data/a"):
        assert problem_in(prefix_for, name).title == "S3 Batch Operations keeps the whole key"
    assert "cannot be given this prefix · '\\x01' has" in problem_in(prefix_for, "\1/data/a").sentence()


async def test_a_sample_says_what_it_has_found_of_copies_and_their_owners() -> None:
    sizes = {"same": (5, 1, 5), "sized": (9, 1, 9), "no": (5, 1, 0), "gone": (5, 1, -1), "new": (6, 2, 5)}
    sizes |= {"broken": (6, 1, 5), "v1": (6, 2, 5), "v2": (6, 1, 5)}

    class Sides(Files):
        async def head(self, bucket: str, key: str, *_: str) -> ObjectHead:
            *source, copied = sizes[key.removeprefix("in/")]
            size, at = source if bucket == "from" else (copied, 1)
            if size < 1:
                raise ProblemError(replace(PROBLEM, kind=ProblemKind.NO_SUCH_KEY) if size else PROBLEM)
            return ObjectHead(size, "" if size == 9 else f'"{size:032}"', at, {}, {})

        async def object_acl(self, _bucket: str, key: str) -> Acl:
            return Acl(Owner("other" if key == "in/v1" else "own"), [])

    store, samples = cast(Store, Sides({})), [Sample(str(seed), 2 if seed else 9) for seed in range(50)]
    for key, sample in product(sizes, samples):
        sample.offer(key, key if key[0] == "v" else "")
    assert {(len(set(each.keys)), each.seen) for each in samples[1:]} == {(2, 8)}
    assert {key for each in samples[1:] for key in each.keys} == set(samples[0].keys), "each has its chance"
    notes = (await verify_sample(samples[0], SampleSides(store, store, "from", "to", "in", Owner("own")))).notes()
    assert notes[0].endswith("1 of the same size, 1 cannot be read, 1 of sources that have changed since, 4 DIFFER")
    assert notes[1:3] == ["5 of them are owned by the account of the target bucket", "1 of them are owned by other"]
    assert [each.rpartition(" ")[2] for each in notes[3:]] == ["gone", "broken", "v1"]


# A report that an engine was killed in is read on: each object counts once.
JOB = JobSnapshot("j", JobState.COMPLETE, total=3, succeeded=3)
KEYS = ["p/a", "p/b", "p/c"]
FOLDER = Location("reports", "f/")
ORDER = BatchOrder(
    Selection("left", Location("from", "p/"), prefixes=["p/"]),
    "left",
    BatchTags(),
    BatchOptions("arn:aws:iam::123456789012:role/jobs", FOLDER),
)


@pytest.fixture
async def journal(journal: Journal) -> Journal:
    await journal.add(transfer())
    return journal


async def counted(journal: Journal) -> tuple[int, int]:
    copied = Transfer(journal)
    await copied.status.load()
    rows = "".join(f"from,{key},,succeeded,,200,Successful\n" for key in KEYS)
    manifest = ReportManifest(SCHEMA, [CompletionReportFile("reports", "rows.csv")])
    files = {"f/job-j/manifest.json": msgspec.json.encode(manifest), "rows.csv": rows.encode()}
    kept, store = await KeptValues.load(journal, "t"), cast(Store, Files(files))
    reader = ReportReader("t", ORDER, store, copied.state.context)
    await reader.read(dataclasses.replace(copied.state, again=True), kept, JOB, FOLDER, store, store)
    assert kept.reading.done
    counts = await journal.results.counts("t")
    return copied.state.progress.results, sum(counts.objects.values())


async def test_rows_whose_results_were_written_down_and_that_not(journal: Journal) -> None:
    """The results of a chunk come before how far was read, perhaps in another commit."""
    for key in KEYS[:2]:
        journal.results.finish("t", 1, key, result(key, Outcome.CHANGED))
    (await KeptValues.load(journal, "t")).keep_reading(KeptReading(0, 1))
    assert await counted(journal) == (3, 3)


async def test_the_report_of_a_later_job_is_about_objects_that_have_results(journal: Journal) -> None:
    for key in KEYS:
        journal.results.finish("t", 1, key, result(key, Outcome.FAILED, problem=PROBLEM))
    await (await KeptValues.load(journal, "t")).begin_again()
    _, known = await counted(journal)
    assert known == 3
    assert [each.outcome async for each in journal.results.of("t")] == [Outcome.CHANGED] * 3
