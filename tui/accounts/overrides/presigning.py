"""Presigned URLs by Signature Version 4: botocore signs those of S3 by version 2 unless a setting says otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

_IN_QUERY = ("x-amz-request-payer",)
"""Headers that S3 reads from the query as well: whoever uses the link then need not know of them."""


async def presigned_url(
    client: Any, operation: str, params: dict[str, Any], seconds: int
) -> tuple[str, dict[str, str]]:
    """The URL of a request, and the headers that it must be sent with. Nothing is sent.

    This is `generate_presigned_url` of aiobotocore, with other words of the query. Raises what signing raises.
    """
    client.meta.events.register_first("choose-signer.s3", _version_4, unique_id="presigned-version-4")
    model = client.meta.service_model.operation_model(operation)
    context = {"is_presign_request": True, "use_global_endpoint": False}
    params = await client._emit_api_params(api_params=params, operation_model=model, context=context)
    of_arn = str(params.get("Bucket", "")).startswith("arn:")
    endpoint, headers, _ = await client._resolve_endpoint_ruleset(
        model, params, context, ignore_signing_region=not of_arn
    )
    request = await client._convert_to_request_dict(
        api_params=params,
        operation_model=model,
        endpoint_url=endpoint,
        context=context,
        headers=headers,
        set_user_agent_header=False,
    )
    to_send = request["headers"]
    query = {name: to_send.pop(name) for name in list(to_send) if name.lower() in _IN_QUERY}
    if query:
        request["url"] += ("&" if "?" in request["url"] else "?") + urlencode(query)
    needed = {str(name): str(value) for name, value in to_send.items()}
    url = await client._request_signer.generate_presigned_url(
        request_dict=request, operation_name=operation, expires_in=seconds
    )
    return url, needed


def _version_4(signature_version: str, **_: Any) -> str | None:
    """Of the versions that S3 itself has, the newer one; those of directory buckets and access points stay."""
    others = signature_version.startswith(("v4a", "v4-s3express"))
    return "s3v4-query" if signature_version.endswith("-query") and not others else None
