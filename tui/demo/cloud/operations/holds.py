"""Object Lock as the objects of the demo have it: retention, legal hold and event hold.

Rules: Amazon S3 user guide, "Locking objects with Object Lock"; a bucket that keeps versions is taken for one that has
it turned on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from tui.demo.cloud.call import Call
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Response
from tui.demo.cloud.objects import StoredObject
from tui.demo.cloud.store import Bucket
from tui.demo.cloud.xml import parsed

PREFIX: Final = "x-amz-object-lock-"
_UNTIL: Final = f"{PREFIX}retain-until-date"


def lock_in(headers: Mapping[str, str], bucket: Bucket) -> dict[str, str]:
    """The lock that a write asks for. Raises `CloudError` (InvalidRequest)."""
    lock = {name: value for name, value in headers.items() if name.startswith(PREFIX)}
    if lock and not bucket.versioned:
        raise CloudError("InvalidRequest", "Bucket is missing Object Lock Configuration")
    if (f"{PREFIX}mode" in lock) != (_UNTIL in lock):
        raise CloudError(
            "InvalidArgument",
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        )
    if _UNTIL in lock and datetime.fromisoformat(lock[_UNTIL]) <= datetime.now(UTC):
        raise CloudError("InvalidArgument", "The retain until date must be in the future!")
    return lock


def require_unlocked(item: StoredObject | None) -> None:
    """Refuse to delete a version that is locked. Raises `CloudError` (AccessDenied)."""
    lock = item.lock_headers if item else {}
    held = "ON" in (lock.get(f"{PREFIX}legal-hold"), lock.get(f"{PREFIX}event-hold"))
    retained = _UNTIL in lock and datetime.fromisoformat(lock[_UNTIL]) > datetime.now(UTC)
    if held or retained:
        raise CloudError("AccessDenied", "Access Denied because object protected by object lock.")


def put_object_legal_hold(call: Call) -> Response:
    """Set the legal hold, or take it off."""
    item = call.existing("s3:PutObjectLegalHold")
    item.lock_headers[f"{PREFIX}legal-hold"] = parsed(call.request.body).value("Status")
    return Response()


def put_object_retention(call: Call) -> Response:
    """Set retention and event hold; who takes either off in GOVERNANCE mode says so by a header, as S3 wants it."""
    item = call.existing("s3:PutObjectRetention")
    if call.request.header("x-amz-bypass-governance-retention") != "true":
        require_unlocked(item)
    asked = parsed(call.request.body)
    values = {"mode": asked.value("Mode"), "event-hold": asked.value("EventHold")}
    until = asked.value("RetainUntilDate")
    kept = {name: value for name, value in item.lock_headers.items() if name == f"{PREFIX}legal-hold"}
    item.lock_headers = kept | {f"{PREFIX}{name}": value for name, value in values.items() if value}
    if until:
        item.lock_headers[_UNTIL] = until
    return Response()
