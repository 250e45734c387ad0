"""Jobs from CreateJob to the completion report, asked for by boto3's own client."""

import csv
import io
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from tests.demo.conftest import Client, client_of
from tests.waiting import until_true
from tui.demo.profiles import MEDIA_PROD

SOURCE, TARGET, REPORTS = "batch-source", "batch-target", "batch-reports"
ROLE = "batch-copies"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "batchoperations.s3.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
Describe = Callable[[str], dict[str, Any]]


def _policy(*statements: tuple[list[str], list[str]]) -> str:
    allowed = [{"Effect": "Allow", "Action": actions, "Resource": resources} for actions, resources in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


@pytest.fixture(scope="module")
def control(endpoint: str) -> Iterator[Client]:
    """S3 Control as media-prod. Its host has the account in front, which loopback has not."""
    with closing(client_of(MEDIA_PROD, endpoint, "s3control")) as client:
        client.meta.events.register("before-call.s3-control", _without_account)
        yield client


def _without_account(params: dict[str, Any], **_: object) -> None:
    params["url"] = params["url"].replace(f"//{MEDIA_PROD.number}.", "//")


@pytest.fixture(scope="module")
def role(a: Client, endpoint: str) -> Iterator[str]:
    """Buckets, and a role that may copy between them; the server is one for all tests, so they are removed."""
    for bucket in (SOURCE, TARGET, REPORTS):
        a.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": MEDIA_PROD.region})
    with closing(client_of(MEDIA_PROD, endpoint, "iam")) as iam:
        arn: str = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        document = _policy(
            (
                ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:PutObjectTagging"],
                [f"arn:aws:s3:::{SOURCE}/*"],
            ),
            (["s3:PutObject", "s3:PutObjectTagging"], [f"arn:aws:s3:::{TARGET}/*"]),
            (["s3:GetObject", "s3:PutObject"], [f"arn:aws:s3:::{REPORTS}/*"]),
            (["s3:ListBucket", "s3:PutInventoryConfiguration"], [f"arn:aws:s3:::{SOURCE}"]),
        )
        iam.put_role_policy(RoleName=ROLE, PolicyName="copies", PolicyDocument=document)
    yield arn
    for bucket in (SOURCE, TARGET, REPORTS):
        for each in a.list_objects_v2(Bucket=bucket).get("Contents", []):
            a.delete_object(Bucket=bucket, Key=each["Key"])
        a.delete_bucket(Bucket=bucket)


@pytest.fixture
def describe(control: Client) -> Describe:
    def described(job: str) -> dict[str, Any]:
        found: dict[str, Any] = control.describe_job(AccountId=MEDIA_PROD.number, JobId=job)["Job"]
        return found

    return described


def _fill(a: Client, keys: list[str]) -> dict[str, Any]:
    """Put the objects and their manifest; the job's ``Manifest``."""
    for key in keys:
        a.put_object(Bucket=SOURCE, Key=key, Body=key.encode())
    return _manifest(a, keys)


def _manifest(a: Client, keys: list[str]) -> dict[str, Any]:
    lines = "".join(f"{SOURCE},{quote(key)}\n" for key in keys)
    name = f"manifests/{uuid.uuid4()}.csv"
    etag = a.put_object(Bucket=REPORTS, Key=name, Body=lines.encode())["ETag"]
    return {
        "Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},
        "Location": {"ObjectArn": f"arn:aws:s3:::{REPORTS}/{name}", "ETag": etag.strip('"')},
    }


def _create(control: Client, role: str, manifest: dict[str, Any] | None = None, **more: Any) -> str:
    asked = {
        "AccountId": MEDIA_PROD.number,
        "Operation": {"S3PutObjectCopy": {"TargetResource": f"arn:aws:s3:::{TARGET}"}},
        "Report": {
            "Enabled": True,
            "Bucket": f"arn:aws:s3:::{REPORTS}",
            "Prefix": "reports",
            "Format": "Report_CSV_20180820",
            "ReportScope": "AllTasks",
        },
        "ClientRequestToken": str(uuid.uuid4()),
        "Priority": 10,
        "RoleArn": role,
        "ConfirmationRequired": False,
        **({"Manifest": manifest} if manifest else {}),
        **more,
    }
    made: str = control.create_job(**asked)["JobId"]
    return made


def _ended(describe: Describe, job: str) -> dict[str, Any]:
    until_true(lambda: describe(job)["Status"] in ("Complete", "Failed", "Cancelled"), "the state of the job")
    return describe(job)


def _report(a: Client, job: str) -> list[list[str]]:
    """The rows of the completion report."""
    manifest = json.loads(a.get_object(Bucket=REPORTS, Key=f"reports/job-{job}/manifest.json")["Body"].read())
    rows: list[list[str]] = []
    for file in manifest["Results"]:
        text = a.get_object(Bucket=file["Bucket"], Key=file["Key"])["Body"].read().decode()
        rows += csv.reader(io.StringIO(text, newline=""))
    return rows


def test_a_copy_is_confirmed_carried_out_and_reported(
    control: Client, role: str, describe: Describe, a: Client
) -> None:
    keys = ["plain", "with space", "com,ma", "ü/ä", 'quo"te', "line\nbreak"]
    job = _create(control, role, _fill(a, keys), ConfirmationRequired=True, Description="six names")
    until_true(lambda: describe(job)["Status"] == "Suspended", "the state of the job")
    assert describe(job)["SuspendedCause"]
    control.update_job_status(AccountId=MEDIA_PROD.number, JobId=job, RequestedJobStatus="Ready")
    found = _ended(describe, job)
    assert (found["Status"], found["ProgressSummary"]["NumberOfTasksSucceeded"]) == ("Complete", len(keys))
    for key in keys:
        assert a.get_object(Bucket=TARGET, Key=key)["Body"].read() == key.encode()
    rows = _report(a, job)
    assert sorted(row[1] for row in rows) == sorted(quote(key) for key in keys)
    assert {row[3] for row in rows} == {"succeeded"}
    listed = control.list_jobs(AccountId=MEDIA_PROD.number, JobStatuses=["Complete"])["Jobs"]
    assert any(each["JobId"] == job and each["Description"] == "six names" for each in listed)


def test_a_failing_tenth_is_in_the_report(control: Client, role: str, describe: Describe, a: Client) -> None:
    keys = [f"tenth/{number}" for number in range(20)]
    manifest = _fill(a, keys)
    for key in keys[::10]:
        a.delete_object(Bucket=SOURCE, Key=key)
    found = _ended(describe, _create(control, role, manifest))
    assert found["Status"] == "Complete"
    assert found["ProgressSummary"]["NumberOfTasksFailed"] == 2
    failed = [row for row in _report(a, found["JobId"]) if row[3] == "failed"]
    assert sorted(row[1] for row in failed) == sorted(keys[::10])
    assert {(row[4], row[5]) for row in failed} == {("404", "NoSuchKey")}


def test_the_same_token_is_the_same_job(control: Client, role: str, describe: Describe, a: Client) -> None:
    manifest, token = _fill(a, ["token"]), str(uuid.uuid4())
    first = _create(control, role, manifest, ClientRequestToken=token)
    assert _create(control, role, manifest, ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="IdempotencyException"):
        _create(control, role, manifest, ClientRequestToken=token, Priority=11)
    assert _ended(describe, first)["Status"] == "Complete"


def test_a_role_that_the_service_may_not_assume_fails_the_job(
    control: Client, describe: Describe, a: Client, endpoint: str, role: str
) -> None:
    with closing(client_of(MEDIA_PROD, endpoint, "iam")) as iam:
        other = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}]}  # type: ignore[dict-item]  # a list of mappings
        arn = iam.create_role(RoleName="not-for-batch", AssumeRolePolicyDocument=json.dumps(other))["Role"]["Arn"]
    found = _ended(describe, _create(control, arn, _fill(a, ["trust"])))
    assert found["Status"] == "Failed"
    assert "not authorized to assume" in found["FailureReasons"][0]["FailureReason"]
    changed = _manifest(a, ["trust"])
    changed["Location"]["ETag"] = "0" * 32
    assert _ended(describe, _create(control, role, changed))["FailureReasons"][0]["FailureCode"] == "ManifestInvalid"


def test_a_job_is_cancelled_and_its_priority_changed(control: Client, role: str, describe: Describe, a: Client) -> None:
    job = _create(control, role, _fill(a, ["cancel"]), ConfirmationRequired=True)
    until_true(lambda: describe(job)["Status"] == "Suspended", "the state of the job")
    control.update_job_priority(AccountId=MEDIA_PROD.number, JobId=job, Priority=99)
    assert describe(job)["Priority"] == 99
    control.update_job_status(AccountId=MEDIA_PROD.number, JobId=job, RequestedJobStatus="Cancelled")
    assert _ended(describe, job)["Status"] == "Cancelled"
    with pytest.raises(ClientError, match="JobStatusException"):
        control.update_job_status(AccountId=MEDIA_PROD.number, JobId=job, RequestedJobStatus="Ready")


def test_tags_and_a_generated_manifest(control: Client, role: str, describe: Describe, a: Client) -> None:
    _fill(a, ["generated/a.log", "generated/b.txt"])
    generator = {
        "S3JobManifestGenerator": {
            "SourceBucket": f"arn:aws:s3:::{SOURCE}",
            "EnableManifestOutput": False,
            "Filter": {"KeyNameConstraint": {"MatchAnyPrefix": ["generated/"], "MatchAnySuffix": [".log"]}},
        }
    }
    tagging = {"S3PutObjectTagging": {"TagSet": [{"Key": "kind", "Value": "log"}]}}
    job = _create(control, role, ManifestGenerator=generator, Operation=tagging, Tags=[{"Key": "by", "Value": "us"}])
    assert _ended(describe, job)["ProgressSummary"]["NumberOfTasksSucceeded"] == 1
    tags = a.get_object_tagging(Bucket=SOURCE, Key="generated/a.log")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "log"}]
    assert control.get_job_tagging(AccountId=MEDIA_PROD.number, JobId=job)["Tags"] == [{"Key": "by", "Value": "us"}]


def test_what_the_model_forbids_is_refused(control: Client, role: str) -> None:
    with pytest.raises(ClientError, match="Either Manifest or ManifestGenerator"):
        _create(control, role)
    with pytest.raises(ClientError, match="NotFoundException"):
        control.describe_job(AccountId=MEDIA_PROD.number, JobId=str(uuid.uuid4()))
