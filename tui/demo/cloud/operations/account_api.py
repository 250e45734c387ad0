"""S3 Control requests about an account. The demo's accounts block nothing and have no access points."""

from typing import Any, Final

from moto.core.request import Request as MotoRequest
from moto.s3.responses import S3Response

from tui.demo.cloud.call import AuthenticatedRequest, RequestResource
from tui.demo.cloud.messages import CloudError, DemoResponse, document, node

ROOT: Final = "v20180820"
"""The first part of every S3 Control path; no bucket has this name."""


def get_public_access_block(call: AuthenticatedRequest) -> DemoResponse:
    _of_own_account(call, "s3:GetAccountPublicAccessBlock")
    raise CloudError("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")


def list_access_points(call: AuthenticatedRequest) -> DemoResponse:
    _of_own_account(call, "s3:ListAccessPoints")
    return DemoResponse(body=document("ListAccessPointsResult", [node("AccessPointList")]))


def _of_own_account(call: AuthenticatedRequest, action: str) -> None:
    caller = call.require_of_identity(action, "*")
    if call.request.header("x-amz-account-id") != caller.account:
        raise CloudError("AccessDenied", "Access Denied")


_DROPPED = frozenset({"content-length", "date", "server", "connection"})


def ask_moto(call: AuthenticatedRequest, action: str) -> DemoResponse:
    """Pass the request to moto as the bucket's own account. Raises `CloudError` (AccessDenied)."""
    item = call.bucket.find(call.key, call.version) if call.key else None
    call.require(action, RequestResource(call.bucket, call.key, item))
    dispatch = S3Response.key_dispatch if call.key else S3Response.bucket_dispatch
    asked = call.request
    # moto reads the account from this header before the signature, which is already verified.
    headers = {"authorization": "checked", **asked.headers, "x-moto-account-id": call.bucket.account}
    query = f"?{asked.raw_query}" if asked.raw_query else ""
    url = f"http://{asked.header('host', '127.0.0.1')}{asked.raw_path}{query}"
    request: Any = MotoRequest.from_primitives(asked.method, url, headers, asked.body)
    status, answered, body = dispatch(request, request.raw_url, request.headers)
    kept = {name.lower(): str(value) for name, value in answered.items() if name.lower() not in _DROPPED}
    return DemoResponse(status, kept, body.encode() if isinstance(body, str) else body)
