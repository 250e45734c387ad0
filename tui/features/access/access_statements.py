"""The statements of a grant: bucket actions on the bucket's ARN, object actions on the objects'.

The actions are those that copies, panes and the inspector send (`tui.stores`), by the Service Authorization Reference,
"Actions, resources, and condition keys for Amazon S3".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from tui.core.changes import DocumentRef
from tui.core.location import Location
from tui.features.access.values import TYPED_CONDITIONS, Allow, GrantConditions, GrantOrder
from tui.policies.request_context import literal

StatementJson = dict[str, Any]
DocumentStatements = tuple[DocumentRef, list[StatementJson]]

READ = ("s3:GetObject", "s3:GetObjectTagging")
WRITE = ("s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
WRITE_ACL = "s3:PutObjectAcl"
DELETE = ("s3:DeleteObject",)
LIST = ("s3:ListBucket",)
LOCATE = ("s3:GetBucketLocation",)

_OBJECTS = {Allow.READ: READ, Allow.WRITE: WRITE, Allow.READ_WRITE: READ + WRITE, Allow.LIST: (), Allow.DELETE: DELETE}
LISTS = {Allow.READ, Allow.READ_WRITE, Allow.LIST, Allow.DELETE}
"""Each of these includes listing: else nothing can be found, and a missing key is a 403."""

_KEY_ACTIONS = {
    Allow.READ: ("kms:Decrypt",),
    Allow.WRITE: ("kms:Decrypt", "kms:GenerateDataKey"),
    Allow.READ_WRITE: ("kms:Decrypt", "kms:GenerateDataKey"),
}
"""A multipart upload decrypts, too (AWS KMS developer guide, "How Amazon S3 uses AWS KMS")."""

_MARK = "Xs3"


def sid(order: GrantOrder, whom: str, part: str = "") -> str:
    """The Sid of a statement of ours: only letters and digits, as IAM requires; equal for equal grants."""
    return f"{_stem(order, whom)}{part}"


def own_sids(order: GrantOrder, whom: str) -> tuple[str, ...]:
    """All Sids that a grant of this order may have. A revocation removes these."""
    stem = _stem(order, whom)
    needs = [f"Need{at}" for at in range(1, len(order.needs) + 1)]
    return tuple(stem + part for part in ("List", "Locate", "Objects", "Acl", "Keys", "Assume", "Trust", *needs))


def _stem(order: GrantOrder, whom: str) -> str:
    needed = (word for need in order.needs for word in (*need.actions, *need.keys, *need.prefixes))
    words = "\n".join((order.way, order.role, whom, order.location.bucket, order.location.key, *needed))
    name = "".join(word.capitalize() for word in order.allow.value.split("-"))
    return f"{_MARK}{name}{hashlib.sha256(words.encode()).hexdigest()[:8]}"


def bucket_statements(
    order: GrantOrder, whom: str, partition: str, *, acls: bool, bare: bool = False
) -> list[StatementJson]:
    """The statements on the bucket and its objects, without principals.

    `acls`: uploads may carry an ACL, because ACLs are enabled. `bare` leaves out the order's conditions: if two
    documents must both allow, it is enough that one has them.
    """
    conditions = GrantConditions() if bare else order.conditions
    arn = f"arn:{partition}:s3:::{order.location.bucket}"
    common = common_conditions(conditions)
    if order.needs:
        return _needed(order, whom, arn, common)
    statements: list[StatementJson] = []
    if order.allow in LISTS:
        listing = with_condition(common, "StringLike", "s3:prefix", _listed(order.location))
        statements.append(statement(sid(order, whom, "List"), LIST, arn, listing))
        statements.append(statement(sid(order, whom, "Locate"), LOCATE, arn, common))
    objects = f"{arn}/{literal(order.location.key)}*"
    actions = _OBJECTS[order.allow]
    if "s3:PutObject" in actions and acls:
        uploads = common
        if conditions.owner_full_control:
            uploads = with_condition(common, "StringEquals", "s3:x-amz-acl", ["bucket-owner-full-control"])
        statements.append(statement(sid(order, whom, "Acl"), ("s3:PutObject", WRITE_ACL), objects, uploads))
        actions = tuple(each for each in actions if each != "s3:PutObject")
    if actions:
        statements.append(statement(sid(order, whom, "Objects"), actions, objects, common))
    return statements


def _needed(order: GrantOrder, whom: str, arn: str, common: Mapping[str, Mapping[str, Any]]) -> list[StatementJson]:
    statements = []
    for at, need in enumerate(order.needs, start=1):
        conditions: Mapping[str, Mapping[str, Any]] = common
        resources = [f"{arn}/{literal(key)}" for key in need.keys]
        resources += [f"{arn}/{literal(prefix)}*" for prefix in need.prefixes]
        if need.on_bucket:
            resources = [arn]
            listed = [each for prefix in need.prefixes for each in _listed(Location(order.location.bucket, prefix))]
            conditions = with_condition(common, "StringLike", "s3:prefix", listed)
        statements.append(statement(sid(order, whom, f"Need{at}"), need.actions, one_or_list(resources), conditions))
    return statements


def key_statement(order: GrantOrder, whom: str) -> StatementJson | None:
    """The statement on the objects' KMS keys; None if there are none, or no allowed action uses them."""
    actions = _KEY_ACTIONS.get(order.allow, ())
    if not order.kms_keys or not actions:
        return None
    return statement(sid(order, whom, "Keys"), actions, list(order.kms_keys), {})


def assume_statement(order: GrantOrder, whom: str, role: str) -> StatementJson:
    return statement(sid(order, whom, "Assume"), ("sts:AssumeRole",), role, {})


def trust_statement(order: GrantOrder, whom: str, principal: str, conditions: Mapping[str, Any]) -> StatementJson:
    wanted = {operator: dict(keys) for operator, keys in conditions.items()}
    if order.external_id:
        wanted = with_condition(wanted, "StringEquals", "sts:ExternalId", order.external_id)
    if order.session_name:
        wanted = with_condition(wanted, "StringLike", "sts:RoleSessionName", order.session_name)
    if order.mfa:
        wanted = with_condition(wanted, "Bool", "aws:MultiFactorAuthPresent", "true")
    return for_principal(statement(sid(order, whom, "Trust"), ("sts:AssumeRole",), "", wanted), principal, {})


def for_principal(bare: StatementJson, principal: str, conditions: Mapping[str, Mapping[str, Any]]) -> StatementJson:
    """The statement for one principal, with the elements in AWS's order."""
    made: StatementJson = {"Sid": bare["Sid"], "Effect": bare["Effect"], "Principal": {"AWS": principal}} | bare
    merged = made.pop("Condition", {})
    for operator, keys in conditions.items():
        merged = {**merged, operator: {**merged.get(operator, {}), **keys}}
    return made | ({"Condition": merged} if merged else {})


def common_conditions(conditions: GrantConditions) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for each in sorted(TYPED_CONDITIONS, key=lambda one: one.operator != "StringEquals"):
        found = with_condition(found, each.operator, each.key, getattr(conditions, each.field))
    if conditions.secure_transport:
        found = with_condition(found, "Bool", "aws:SecureTransport", "true")
    return found


def with_condition(
    conditions: Mapping[str, Mapping[str, Any]], operator: str, key: str, value: str | list[str]
) -> dict[str, dict[str, Any]]:
    """The conditions with another one; unchanged for an empty list. A list of one is written as a value."""
    found = {name: dict(keys) for name, keys in conditions.items()}
    if value:
        found.setdefault(operator, {})[key] = value if isinstance(value, str) else one_or_list(value)
    return found


def _listed(location: Location) -> list[str]:
    if not location.key:
        return []
    prefix = literal(location.key)
    return [prefix, f"{prefix}*"]


def statement(
    name: str, actions: Sequence[str], resource: str | list[str], conditions: Mapping[str, Any]
) -> StatementJson:
    made: StatementJson = {"Sid": name, "Effect": "Allow", "Action": one_or_list(list(actions))}
    if resource:
        made["Resource"] = resource
    return made | ({"Condition": dict(conditions)} if conditions else {})


def one_or_list(values: list[str]) -> str | list[str]:
    return values if len(values) > 1 else values[0]
