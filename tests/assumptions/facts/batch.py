"""S3 Batch Operations. AWS takes 0.25 USD for a job: all of these look at the same one."""

import csv
import io
import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from tests.assumptions.registry import assumption, s3_guide
from tests.assumptions.scene import Need, Scene, answer, one_of, same

API: Final = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_{}.html"
REPORT: Final = s3_guide("batch-ops-examples-reports")
NEEDS: Final = {Need.BATCH, Need.IAM}
ALL_OF_S3: Final = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
SECONDS: Final = 900.0
"""A job of AWS mostly takes a minute or two."""
ENDED: Final = ("Complete", "Failed", "Cancelled")


@dataclass(frozen=True, slots=True)
class RunJob:
    """A job that has tagged one object and failed at one that does not exist; what S3 says of it at the end."""

    bucket: str
    id: str
    said: Any
    again: str
    """What the same CreateJob answers a second time."""

    def read(self, scene: Scene, key: str) -> bytes:
        return bytes(scene.s3("a").get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def rows(self, scene: Scene) -> list[list[str]]:
        results = json.loads(self.read(scene, f"reports/job-{self.id}/manifest.json"))["Results"]
        return [row for each in results for row in csv.reader(io.StringIO(self.read(scene, each["Key"]).decode()))]


@cache
def the_job(scene: Scene) -> RunJob:
    bucket, control = scene.shared(), scene.client("a", "s3control")
    scene.put(bucket, Key="job/there")
    listed = f"{bucket},job/there\n{bucket},job/missing%20one\n".encode()
    etag = scene.s3("a").put_object(Bucket=bucket, Key="job/manifest.csv", Body=listed)["ETag"]
    role = scene.role("a", "batchoperations.s3.amazonaws.com", ALL_OF_S3)
    spec = {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]}
    where = {"ObjectArn": f"arn:aws:s3:::{bucket}/job/manifest.csv", "ETag": etag}
    report = {"Bucket": f"arn:aws:s3:::{bucket}", "Prefix": "reports", "Format": "Report_CSV_20180820"}
    asked = {
        "AccountId": scene.a.account,
        "ConfirmationRequired": False,
        "Operation": {"S3PutObjectTagging": {"TagSet": [{"Key": "by", "Value": "job"}]}},
        "Report": {**report, "Enabled": True, "ReportScope": "AllTasks"},
        "Manifest": {"Spec": spec, "Location": where},
        "ClientRequestToken": scene.name,
        "Priority": 1,
        "RoleArn": role,
    }
    scene.soon(lambda: False, True)  # a role that is new fails the job, and nothing else tells when it is not
    made = control.create_job(**asked)["JobId"]

    def described() -> Any:
        return control.describe_job(AccountId=scene.a.account, JobId=made)["Job"]

    scene.soon(lambda: described()["Status"] in ENDED, True, SECONDS)
    return RunJob(bucket, made, described(), control.create_job(**asked)["JobId"])


@assumption(source=API.format("DescribeJob"), used="tui/features/batch/batch_work.py", needs=NEEDS)
def a_job_is_complete_though_tasks_failed(scene: Scene) -> None:
    """A job ends as Complete, and its progress counts the tasks that succeeded and that failed."""
    said = the_job(scene).said
    counts = said["ProgressSummary"]
    got = (counts["TotalNumberOfTasks"], counts["NumberOfTasksSucceeded"], counts["NumberOfTasksFailed"])
    same((said["Status"], *got), ("Complete", 2, 1, 1))


@assumption(source=API.format("CreateJob"), used="tui/features/batch/kept_job.py", needs=NEEDS)
def a_job_that_is_created_again_is_the_same(scene: Scene) -> None:
    """CreateJob with the same token and parameters answers with the ID of the job that is there."""
    job = the_job(scene)
    same(job.again == job.id, True)


@assumption(source=s3_guide("batch-ops-put-object-tagging"), used="tui/features/batch/job_requests.py", needs=NEEDS)
def a_job_sets_tags(scene: Scene) -> None:
    """S3PutObjectTagging sets the tags of the objects of the manifest."""
    bucket = the_job(scene).bucket
    same(scene.s3("a").get_object_tagging(Bucket=bucket, Key="job/there")["TagSet"], [{"Key": "by", "Value": "job"}])


@assumption(source=REPORT, used="tui/features/batch/completion_report.py", needs=NEEDS)
def the_report_is_below_its_prefix(scene: Scene) -> None:
    """The report's manifest is PREFIX/job-ID/manifest.json, and names the columns."""
    job = the_job(scene)
    schema = json.loads(job.read(scene, f"reports/job-{job.id}/manifest.json"))["ReportSchema"]
    wanted = ["Bucket", "Key", "VersionId", "TaskStatus", "ErrorCode", "HTTPStatusCode", "ResultMessage"]
    same([each.strip() for each in schema.split(",")], wanted)


@assumption(source=REPORT, used="tui/features/batch/completion_report.py", needs=NEEDS)
def the_report_has_a_row_for_each_task(scene: Scene) -> None:
    """The report says succeeded or failed with a status, and has keys URL-encoded as the manifest.

    In the examples of AWS the status stands below ErrorCode.
    """
    rows = sorted([row[1], row[3], *filter(str.isdecimal, row[4:6])] for row in the_job(scene).rows(scene))
    same(rows, [["job/missing%20one", "failed", "404"], ["job/there", "succeeded", "200"]])


@assumption(source=API.format("ListJobs"), used="tui/queue/job_control.py", needs=NEEDS)
def jobs_are_listed(scene: Scene) -> None:
    """ListJobs has the job with its status and operation."""
    job = the_job(scene)
    found = scene.client("a", "s3control").list_jobs(AccountId=scene.a.account, MaxResults=100)["Jobs"]
    got = [(each["Status"], each["Operation"]) for each in found if each["JobId"] == job.id]
    same(got, [("Complete", "S3PutObjectTagging")])


@assumption(source=API.format("UpdateJobStatus"), used="tui/queue/job_control.py", needs=NEEDS)
def a_job_that_has_ended_is_not_cancelled(scene: Scene) -> None:
    """UpdateJobStatus of a job that has ended is refused with JobStatusException."""
    asked = {"AccountId": scene.a.account, "JobId": the_job(scene).id, "RequestedJobStatus": "Cancelled"}
    got = answer(scene.client("a", "s3control").update_job_status, **asked)
    same(got, "400 JobStatusException")


@assumption(source=API.format("DescribeJob"), used="tui/queue/job_control.py", needs={Need.ACCOUNT_SETTINGS})
def a_missing_job_has_a_code(scene: Scene) -> None:
    """DescribeJob of a job that does not exist is refused with a code of NotFoundException."""
    asked = {"AccountId": scene.a.account, "JobId": "00000000-1111-2222-3333-444444444444"}
    got = answer(scene.client("a", "s3control").describe_job, **asked)
    same(got.partition(" ")[2], "NotFoundException")


@assumption(source=API.format("CreateJob"), used="tui/features/batch/job_refusals.py", needs=NEEDS)
def a_job_takes_no_role_of_another_account(scene: Scene) -> None:
    """CreateJob with a role of another account is refused with AccessDenied."""
    bucket = scene.shared()
    role = f"arn:aws:iam::{scene.b.account}:role/{scene.name}-none"
    spec = {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]}
    asked = {
        "AccountId": scene.a.account,
        "Operation": {"S3DeleteObjectTagging": {}},
        "Report": {"Enabled": False},
        "Manifest": {"Spec": spec, "Location": {"ObjectArn": f"arn:aws:s3:::{bucket}/none.csv", "ETag": "0" * 32}},
        "ClientRequestToken": f"{scene.name}-other",
        "Priority": 1,
        "RoleArn": role,
    }
    got = answer(scene.client("a", "s3control").create_job, **asked)
    one_of(got.partition(" ")[2], "AccessDenied", "AccessDeniedException")
