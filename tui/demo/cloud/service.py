"""The whole: a request goes in, an answer comes out."""

import secrets
import sys
import traceback
from datetime import UTC, datetime

from tui.demo.cloud.call import Call
from tui.demo.cloud.chunked import decoded
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.iam import control, sts
from tui.demo.cloud.iam.identities import Identities
from tui.demo.cloud.iam.signatures import authenticate, claim_of
from tui.demo.cloud.messages import Request, Response
from tui.demo.cloud.routing import operation_for
from tui.demo.cloud.store import Store


class Cloud:
    """S3, STS and IAM on one endpoint; the service is the one that the request was signed for."""

    def __init__(self, store: Store, identities: Identities) -> None:
        self.store = store
        self.identities = identities

    def answer(self, request: Request) -> Response:
        """Answer a request; never raises."""
        request_id = secrets.token_hex(8).upper()
        service = ""
        try:
            claim = claim_of(request)
            service = claim.service if claim else ""
            response = self._answer(request, service)
        except CloudError as error:
            response = _refusal(error, request, request_id, service)
        except Exception:  # noqa: BLE001  the outermost boundary of a request: the next one must be served
            traceback.print_exc(file=sys.stderr)
            failure = CloudError("InternalError", "We encountered an internal error. Please try again.")
            response = _refusal(failure, request, request_id, service)
        response.headers |= self._region(request)
        response.headers.setdefault("x-amz-request-id", request_id)
        response.headers.setdefault("x-amz-id-2", f"demo/{request_id}")
        return response

    def _region(self, request: Request) -> dict[str, str]:
        """HeadBucket returns a bucket's region even in a denial: that is how clients find it."""
        asks = request.method == "HEAD" and not request.key
        bucket = self.store.find(request.bucket) if asks else None
        return {"x-amz-bucket-region": bucket.region_name} if bucket is not None else {}

    def _answer(self, request: Request, service: str) -> Response:
        caller = authenticate(request, self.identities, datetime.now(UTC))
        if service in _SERVICES:
            return _SERVICES[service](request, caller, self.identities)
        operation = operation_for(request)
        return operation(Call(decoded(request), caller, self.store, self.identities))


_SERVICES = {"sts": sts.answer, "iam": control.answer}
"""What answers requests to the services beside S3."""


def _refusal(error: CloudError, request: Request, request_id: str, service: str) -> Response:
    queried = service in _SERVICES
    body = error.as_sts(request_id) if queried else error.as_s3(request.path, request_id)
    kind = "text/xml" if queried else "application/xml"
    return Response(error.status, {**error.headers, "content-type": kind}, body)
