"""Sends the request of a case, and what came back."""

from __future__ import annotations

from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from tests.access_corpus.case import SESSION, Answer, Asked


class CannotArrangeError(Exception):
    """This server has no such thing; the argument says what."""


def parameters_of(asked: Asked, bucket: str) -> dict[str, Any]:
    """The parameters of an operation; of AssumeRole `bucket` is the role's ARN."""
    on_object = {"Bucket": bucket, "Key": asked.key}
    acl = {"ACL": asked.acl} if asked.acl else {}
    match asked.operation:
        case "AssumeRole":
            given = {"ExternalId": asked.external_id} if asked.external_id else {}
            return {"RoleArn": bucket, "RoleSessionName": SESSION, **given}
        case "ListObjectsV2":
            return {"Bucket": bucket, "Prefix": asked.prefix, "Delimiter": "/"}
        case "PutObject":
            return {**on_object, "Body": b"12345", **acl}
        case "PutObjectTagging":
            return {**on_object, "Tagging": {"TagSet": [{"Key": "rights", "Value": "cleared"}]}}
        case "GetObject" | "DeleteObject" | "GetObjectTagging" | "GetObjectAcl":
            return on_object
        case _:
            return {"Bucket": bucket}


def ask(client: Any, asked: Asked, bucket: str) -> Answer:
    """What the server answers; a failure that is no denial is allowed to be asked."""
    method = getattr(client, xform_name(asked.operation))
    try:
        method(**parameters_of(asked, bucket))
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        said = error.response.get("Error", {})
        if status == 403:
            return Answer(False, str(said.get("Code", "")), str(said.get("Message", "")))
        return Answer(True, str(said.get("Code", "")))
    return Answer(True)
