"""The operations that go over the wire: where botocore's model of S3 puts each parameter and finds each answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

NAMES = {
    "get_object": "GetObject",
    "head_object": "HeadObject",
    "put_object": "PutObject",
    "upload_part": "UploadPart",
    "copy_object": "CopyObject",
    "upload_part_copy": "UploadPartCopy",
    "delete_object": "DeleteObject",
    "list_objects_v2": "ListObjectsV2",
    "get_public_access_block": "GetPublicAccessBlock",
}
"""By the names of the client's methods."""

OURS = MappingProxyType({"XS3DeleteIfUnmodifiedSince": "x-amz-delete-if-unmodified-since"})
"""Parameters that the model does not have (see `tui.stores.s3.requests`), and their headers."""

IN_PLACE = ("Bucket", "Key", "Body", "Metadata", "CopySource")
"""Parameters that are no header and no part of the query as they stand."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as the model has it."""

    name: str
    method: str
    query: tuple[tuple[str, str], ...]
    """What its query begins with, whatever the parameters: names and values."""
    headers: Mapping[str, tuple[str, str]]
    """Parameters that are headers, and the headers' names, as they are sent and in lower case."""
    queries: Mapping[str, str]
    """Parameters that are in the query, and their names there."""
    answer: Mapping[str, tuple[str, str]]
    """Headers of an answer in lower case, with member and type."""
    payload: str
    """The member that the body of an answer is, if it is one."""
    elements: Mapping[str, tuple[str, str]]
    """Elements of that body, with member and type."""

    @property
    def streams(self) -> bool:
        """Whether the body of an answer is an object's."""
        return self.name == "GetObject"

    @property
    def lists(self) -> bool:
        """Whether the body of an answer is a list, which is handed on as it came."""
        return self.name == "ListObjectsV2"


def operation_of(name: str, model: Any) -> Operation:
    """The operation of this name, from botocore's model of the service."""
    found = model.operation_model(name)
    headers, queries = _inputs(found.input_shape)
    payload = found.output_shape.serialization.get("payload", "")
    inner = found.output_shape.members[payload] if payload else None
    return Operation(
        name=name,
        method=found.http["method"],
        query=_pairs(found.http["requestUri"].partition("?")[2]),
        headers={member: (header, header.lower()) for member, header in (headers | dict(OURS)).items()},
        queries=queries,
        answer={
            shape.serialization.get("name", member).lower(): (member, shape.type_name)
            for member, shape in found.output_shape.members.items()
            if shape.serialization.get("location") == "header"
        },
        payload=payload,
        elements={
            shape.serialization.get("name", member): (member, shape.type_name)
            for member, shape in getattr(inner, "members", {}).items()
        },
    )


def _inputs(shape: Any) -> tuple[dict[str, str], dict[str, str]]:
    headers, queries = dict[str, str](), dict[str, str]()
    for member, inner in shape.members.items():
        name = inner.serialization.get("name", member)
        match inner.serialization.get("location"):
            case "header" if member not in IN_PLACE:
                headers[member] = name
            case "querystring":
                queries[member] = name
    return headers, queries


def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, _, value in (pair.partition("=") for pair in query.split("&")) if name)
