"""CreateJob, DescribeJob, ListJobs, UpdateJobStatus, UpdateJobPriority and the tags of jobs (S3 Control)."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator
from moto.core.model import OperationModel
from moto.core.parse import RestXMLParser
from moto.core.serialize import RestXMLSerializer
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict

from tui.demo.cloud.batch.batch_jobs import DemoJob
from tui.demo.cloud.batch.runner import SERVICE, TASKS, Find, Runner
from tui.demo.cloud.call import AuthenticatedRequest, require_of_identity
from tui.demo.cloud.messages import CloudError, DemoResponse

_MOST_LISTED: Final = 1000


def operate(call: AuthenticatedRequest, find: Find) -> DemoResponse:
    """Answer a request to ``/v20180820/jobs…``. Raises `CloudError`."""
    _, job, subject = (*call.key.split("/", 2), "", "")[:3]
    method = call.request.method
    if not job:
        return _create(call, find) if method == "POST" else _list(call)
    if (method, subject) not in _OF_JOB:
        raise CloudError("MethodNotAllowed", "The specified method is not allowed against this resource.")
    operation, do = _OF_JOB[method, subject]
    asked = _asked(call, operation, job)
    return answer(operation, do(call.store.jobs.get(call.account, job), asked))


def _update_status(job: DemoJob, asked: dict[str, Any]) -> dict[str, Any]:
    job.ask_for(asked["RequestedJobStatus"], asked.get("StatusUpdateReason", ""))
    return {"JobId": job.id, "Status": job.status.value, "StatusUpdateReason": job.update_reason}


def _update_priority(job: DemoJob, asked: dict[str, Any]) -> dict[str, Any]:
    job.asked["Priority"] = asked["Priority"]
    return {"JobId": job.id, "Priority": asked["Priority"]}


def _put_tags(job: DemoJob, asked: dict[str, Any]) -> dict[str, Any]:
    job.tags = asked.get("Tags", [])
    return {}


_OF_JOB: Final[Mapping[tuple[str, str], tuple[str, Callable[[DemoJob, dict[str, Any]], dict[str, Any]]]]] = {
    ("GET", ""): ("DescribeJob", lambda job, _asked: {"Job": job.description()}),
    ("POST", "status"): ("UpdateJobStatus", _update_status),
    ("POST", "priority"): ("UpdateJobPriority", _update_priority),
    ("GET", "tagging"): ("GetJobTagging", lambda job, _asked: {"Tags": job.tags}),
    ("PUT", "tagging"): ("PutJobTagging", _put_tags),
    ("DELETE", "tagging"): ("DeleteJobTagging", _put_tags),
}
"""The operations on a job, by method and by what follows the job's ID in the path."""


def _asked(call: AuthenticatedRequest, operation: str, job: str = "") -> dict[str, Any]:
    """The parameters, if the caller may send the request and it names the caller's own account."""
    resource = f"arn:aws:s3:us-east-1:{call.account}:job/{job}" if job else "*"
    caller = call.require_of_identity(f"s3:{operation}", resource)
    asked = parameters(call, operation, **({"id": job} if job else {}))
    if asked.get("AccountId") != caller.account:
        raise CloudError("AccessDenied", "Access Denied")
    return asked


def _create(call: AuthenticatedRequest, find: Find) -> DemoResponse:
    asked = _asked(call, "CreateJob")
    role = asked["RoleArn"]
    # IAM user guide, "Grant a user permissions to pass a role to an AWS service": no role of another account.
    require_of_identity(call.caller, "iam:PassRole", role, {**call.context, "iam:passedtoservice": SERVICE})
    if role.split(":")[4] != call.account:
        raise CloudError("AccessDenied", f"Cross-account pass role is not allowed: {role}")
    chosen = [name for name, value in asked["Operation"].items() if value is not None]
    if len(chosen) != 1 or chosen[0] not in TASKS:
        raise CloudError("BadRequestException", "Exactly one operation must be given, of those that are known here")
    if ("Manifest" in asked) == ("ManifestGenerator" in asked):
        raise CloudError("BadRequestException", "Either Manifest or ManifestGenerator must be given")
    if asked["Report"]["Enabled"] and not asked["Report"].get("Bucket"):
        raise CloudError("BadRequestException", "A report that is enabled needs a bucket")
    job, is_new = call.store.jobs.add(DemoJob(call.account, asked))
    if is_new:
        Runner(call.store, call.identities, find, job).start()
    return answer("CreateJob", {"JobId": job.id})


def _list(call: AuthenticatedRequest) -> DemoResponse:
    asked = _asked(call, "ListJobs")
    wanted = asked.get("JobStatuses") or []
    found = [job for job in call.store.jobs.of(call.account) if not wanted or job.status.value in wanted]
    token = asked.get("NextToken") or "0"
    if not token.isdecimal():
        raise CloudError("InvalidNextTokenException", "The token is not one that ListJobs gave")
    first = int(token)
    most = min(int(asked.get("MaxResults") or _MOST_LISTED), _MOST_LISTED)
    page = found[first : first + most]
    more = str(first + most) if first + most < len(found) else None
    return answer("ListJobs", {"Jobs": [job.summary() for job in page], "NextToken": more})


@cache
def operation_model(name: str) -> OperationModel:
    model: OperationModel = get_service_model("s3control").operation_model(name)
    return model


def parameters(call: AuthenticatedRequest, operation: str, **in_path: str) -> dict[str, Any]:
    """The request's parameters, in the shape of the service model. Raises `CloudError` (BadRequestException)."""
    model, request = operation_model(operation), call.request
    source: Any = {
        "body": request.body,
        "headers": request.headers,
        "method": request.method,
        "url_params": in_path,
        "url_path": request.path,
        "values": MultiDict(request.query),
    }
    try:
        found: dict[str, Any] = RestXMLParser(model).parse(source)
    except Exception as error:  # moto's parser raises whatever its readers do
        raise CloudError("MalformedXML", "The XML you provided was not well-formed") from error
    shown = {name: value for name, value in found.items() if value is not None}
    if model.input_shape is None:
        return shown
    report = ParamValidator().validate(shown, model.input_shape)
    if report.has_errors():
        raise CloudError("BadRequestException", str(ParamValidationError(report=report.generate_report())))
    return shown


def answer(operation: str, result: Mapping[str, Any]) -> DemoResponse:
    written = RestXMLSerializer(operation_model(operation)).serialize(result)
    body = written["body"]
    headers = {name.lower(): str(value) for name, value in written["headers"].items()}
    return DemoResponse(written["status_code"], headers, body.encode() if isinstance(body, str) else bytes(body))
