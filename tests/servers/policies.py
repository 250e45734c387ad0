"""Bucket policies for a test's world: bucket actions name the bucket, object actions what is below it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

READ_BUCKET = ("s3:ListBucket", "s3:GetBucketLocation")
READ_OBJECTS = ("s3:GetObject", "s3:GetObjectTagging")
WRITE_BUCKET = ("s3:ListBucketMultipartUploads",)
WRITE_OBJECTS = (
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `conditions` are (operator, key, value) triples, all of which must hold."""

    effect: str
    principal: str
    actions: tuple[str, ...]
    resource: str
    conditions: tuple[tuple[str, str, str], ...] = ()

    def given(self, operator: str, key: str, value: str) -> "Statement":
        return replace(self, conditions=(*self.conditions, (operator, key, value)))

    def as_json(self) -> dict[str, Any]:
        condition: dict[str, dict[str, str]] = {}
        for operator, key, value in self.conditions:
            condition.setdefault(operator, {})[key] = value
        return {
            "Effect": self.effect,
            "Principal": "*" if self.principal == "*" else {"AWS": [self.principal]},
            "Action": list(self.actions),
            "Resource": [self.resource],
            **({"Condition": condition} if condition else {}),
        }


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def bucket_policy(*statements: Statement) -> str:
    return document(*(each.as_json() for each in statements))


def grant_read(bucket: str, principal: str) -> tuple[Statement, Statement]:
    return (allow_on_bucket(bucket, principal, *READ_BUCKET), allow_on_objects(bucket, principal, *READ_OBJECTS))


def grant_write(bucket: str, principal: str) -> tuple[Statement, Statement]:
    """Let `principal` put objects with tags and ACLs, in parts too; neither list keys nor read."""
    return (allow_on_bucket(bucket, principal, *WRITE_BUCKET), allow_on_objects(bucket, principal, *WRITE_OBJECTS))


def allow_on_bucket(bucket: str, principal: str, *actions: str) -> Statement:
    return Statement("Allow", principal, actions, f"arn:aws:s3:::{bucket}")


def allow_on_objects(bucket: str, principal: str, *actions: str) -> Statement:
    return Statement("Allow", principal, actions, f"arn:aws:s3:::{bucket}/*")


def deny_on_objects(bucket: str, principal: str, *actions: str) -> Statement:
    return Statement("Deny", principal, actions, f"arn:aws:s3:::{bucket}/*")
