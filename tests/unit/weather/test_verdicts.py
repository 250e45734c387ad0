"""What a failure means."""

import pytest

from tui.model.problem import Problem, ProblemKind
from tui.transfers.weather.verdicts import Verdict, verdict_of


@pytest.mark.parametrize(
    ("kind", "code", "operation", "verdict"),
    [
        (ProblemKind.SERVER, "InternalError", "PutObject", Verdict.PASSING),
        (ProblemKind.SERVER, "BadDigest", "UploadPart", Verdict.PASSING),
        (ProblemKind.SERVER, "BadDigest", "CompleteMultipartUpload", Verdict.PERMANENT),
        (ProblemKind.MISMATCH, "", "GetObject", Verdict.PASSING),
        (ProblemKind.THROTTLED, "SlowDown", "PutObject", Verdict.THROTTLED),
        (ProblemKind.UNREACHABLE, "", "PutObject", Verdict.NETWORK),
        (ProblemKind.INVALID, "OperationAborted", "PutObject", Verdict.PASSING),
        (ProblemKind.INVALID, "ConditionalRequestConflict", "PutObject", Verdict.PASSING),
        (ProblemKind.EXPIRED, "ExpiredToken", "PutObject", Verdict.IDENTITY),
        (ProblemKind.NO_CREDENTIALS, "", "PutObject", Verdict.IDENTITY),
        (ProblemKind.BAD_CREDENTIALS, "InvalidAccessKeyId", "PutObject", Verdict.IDENTITY),
        (ProblemKind.BAD_CREDENTIALS, "SignatureDoesNotMatch", "PutObject", Verdict.PERMANENT),
        (ProblemKind.BAD_CREDENTIALS, "RequestTimeTooSkewed", "PutObject", Verdict.ONCE),
        (ProblemKind.DENIED, "AccessDenied", "AssumeRole", Verdict.IDENTITY),
        (ProblemKind.SERVER, "InternalError", "AssumeRole", Verdict.PASSING),
        (ProblemKind.DENIED, "AccessDenied", "PutObject", Verdict.PERMANENT),
        (ProblemKind.NO_SUCH_KEY, "NoSuchKey", "GetObject", Verdict.PERMANENT),
        (ProblemKind.CHANGED, "PreconditionFailed", "GetObject", Verdict.PERMANENT),
        (ProblemKind.ARCHIVED, "InvalidObjectState", "GetObject", Verdict.PERMANENT),
        (ProblemKind.INVALID, "KMS.DisabledException", "PutObject", Verdict.PERMANENT),
    ],
)
def test_verdict(kind: ProblemKind, code: str, operation: str, verdict: Verdict) -> None:
    assert verdict_of(Problem(kind=kind, title="", code=code, operation=operation)) is verdict
