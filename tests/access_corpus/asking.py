"""Sends the request of a case, and what came back."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.access_corpus.case import Answer, Asked


class CannotArrangeError(Exception):
    """This server has no such thing; the argument says what."""


def parameters_of(asked: Asked, bucket: str) -> dict[str, Any]:
    """The parameters of an operation."""
    on_object = {"Bucket": bucket, "Key": asked.key}
    acl = {"ACL": asked.acl} if asked.acl else {}
    match asked.operation:
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
    operation = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in asked.operation).strip("_")
    method = getattr(client, {"list_objects_v2": "list_objects_v2"}.get(operation, operation))
    try:
        method(**parameters_of(asked, bucket))
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        said = error.response.get("Error", {})
        if status == 403:
            return Answer(False, str(said.get("Code", "")), str(said.get("Message", "")))
        return Answer(True, str(said.get("Code", "")))
    return Answer(True)
