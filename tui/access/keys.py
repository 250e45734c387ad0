"""The KMS keys that a grant needs, by the bucket's default encryption.

Rules: Amazon S3 user guide, "Protecting data with server-side encryption with AWS KMS keys": the key ``aws/s3`` is used
where none is named, and its policy cannot be changed.
"""

from __future__ import annotations

from tui.aws.control_plane import ControlPlane, Service
from tui.aws.ids import is_arn
from tui.core.problem import ProblemError
from tui.model.access.grants import Allow, GrantOrder
from tui.policies.access import MANAGED_KEY
from tui.stores.base import Store

SHARED_WITH_NOBODY = (
    "new objects of the bucket are encrypted with the key aws/s3, which no other account can use: choose another key "
    "for the bucket's default encryption"
)
_UNREAD = "the bucket's default encryption cannot be read: if it uses a KMS key, name that key"
_UNNAMED = "the ARN of the bucket's KMS key {} cannot be found out: name it"


async def keys_of(
    order: GrantOrder, store: Store, control_plane: ControlPlane, *, same_account: bool
) -> tuple[list[str], list[str]]:
    """The ARNs of the keys that an order needs, and notes on what could not be found out.

    Keys that the order names are taken as they are. `same_account`: the grant is for the bucket's own account.
    """
    if order.kms_keys or order.allow in (Allow.LIST, Allow.DELETE):
        return list(order.kms_keys), []
    try:
        default = await store.settings.default_encryption(order.location.bucket)
    except ProblemError as error:
        return [], [_UNREAD] if error.problem.kind.meaning.refusal else []
    if default is None or not default.algorithm.startswith("aws:kms"):
        return [], []
    if not default.key or default.key.endswith(MANAGED_KEY):
        return [], [] if same_account else [SHARED_WITH_NOBODY]
    if ":key/" in default.key and is_arn(default.key):
        return [default.key], []
    return await _named(order, default.key, control_plane)


async def _named(order: GrantOrder, key: str, control_plane: ControlPlane) -> tuple[list[str], list[str]]:
    """The ARN of a key that is named by its id or alias: policies take nothing else."""
    region = key.split(":")[3] if key.startswith("arn:") else ""
    try:
        answer = await control_plane.read(order.owner, Service.KMS, "DescribeKey", region=region, KeyId=key)
    except ProblemError:
        return [], [_UNNAMED.format(key)]
    return ([str(answer["KeyMetadata"]["Arn"])], []) if answer else ([], [_UNNAMED.format(key)])
