"""What a failure means."""

import pytest

from tui.model.problem import Problem, ProblemKind, RetryAdvice
from tui.transfers.retry.classify import advice_for


@pytest.mark.parametrize(
    ("kind", "code", "operation", "verdict"),
    [
        (ProblemKind.SERVER, "InternalError", "PutObject", RetryAdvice.PASSING),
        (ProblemKind.SERVER, "BadDigest", "UploadPart", RetryAdvice.PASSING),
        (ProblemKind.SERVER, "BadDigest", "CompleteMultipartUpload", RetryAdvice.PERMANENT),
        (ProblemKind.MISMATCH, "", "GetObject", RetryAdvice.PASSING),
        (ProblemKind.THROTTLED, "SlowDown", "PutObject", RetryAdvice.THROTTLED),
        (ProblemKind.UNREACHABLE, "", "PutObject", RetryAdvice.NETWORK),
        (ProblemKind.INVALID, "OperationAborted", "PutObject", RetryAdvice.PASSING),
        (ProblemKind.INVALID, "ConditionalRequestConflict", "PutObject", RetryAdvice.PASSING),
        (ProblemKind.EXPIRED, "ExpiredToken", "PutObject", RetryAdvice.IDENTITY),
        (ProblemKind.NO_CREDENTIALS, "", "PutObject", RetryAdvice.IDENTITY),
        (ProblemKind.BAD_CREDENTIALS, "InvalidAccessKeyId", "PutObject", RetryAdvice.IDENTITY),
        (ProblemKind.BAD_CREDENTIALS, "SignatureDoesNotMatch", "PutObject", RetryAdvice.PERMANENT),
        (ProblemKind.BAD_CREDENTIALS, "RequestTimeTooSkewed", "PutObject", RetryAdvice.ONCE),
        (ProblemKind.DENIED, "AccessDenied", "AssumeRole", RetryAdvice.IDENTITY),
        (ProblemKind.SERVER, "InternalError", "AssumeRole", RetryAdvice.PASSING),
        (ProblemKind.DENIED, "AccessDenied", "PutObject", RetryAdvice.PERMANENT),
        (ProblemKind.NO_SUCH_KEY, "NoSuchKey", "GetObject", RetryAdvice.PERMANENT),
        (ProblemKind.CHANGED, "PreconditionFailed", "GetObject", RetryAdvice.PERMANENT),
        (ProblemKind.ARCHIVED, "InvalidObjectState", "GetObject", RetryAdvice.PERMANENT),
        (ProblemKind.INVALID, "KMS.DisabledException", "PutObject", RetryAdvice.PERMANENT),
    ],
)
def test_verdict(kind: ProblemKind, code: str, operation: str, verdict: RetryAdvice) -> None:
    assert advice_for(Problem(kind=kind, title="", code=code, operation=operation)) is verdict
