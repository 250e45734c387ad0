"""What S3 Control is asked about an account: the demo's accounts block nothing and have no access points."""

from typing import Final

from tui.demo.cloud.call import Call
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.messages import Response
from tui.demo.cloud.xml import document, node

ROOT: Final = "v20180820"
"""The first part of every path of S3 Control; no bucket has this name."""


def get_public_access_block(call: Call) -> Response:
    """None of the accounts has one."""
    _of_own_account(call, "s3:GetAccountPublicAccessBlock")
    raise CloudError("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")


def list_access_points(call: Call) -> Response:
    """None of the accounts has one."""
    _of_own_account(call, "s3:ListAccessPoints")
    return Response(body=document("ListAccessPointsResult", [node("AccessPointList")]))


def _of_own_account(call: Call, action: str) -> None:
    caller = call.require_of_identity(action, "*")
    if call.request.header("x-amz-account-id") != caller.account:
        raise CloudError("AccessDenied", "Access Denied")
