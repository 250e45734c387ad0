"""Policies of IAM users and roles, role trust policies, and KMS key policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.aws.control_plane import ControlPlaneService
from tui.core.changes import DocumentRef
from tui.documents.document import Document, Services

NOT_THERE = ("NoSuchEntity",)
"""IAM's error code for a policy, user or role that does not exist."""


class InlinePolicy(Document):
    """An inline policy of an IAM user or a role: GetUserPolicy, PutRolePolicy, DeleteRolePolicy and the like."""

    counts_blanks = False
    owner = ""
    """``User`` or ``Role``, as operations and parameters name it."""

    def _names(self, ref: DocumentRef) -> dict[str, str]:
        return {f"{self.owner}Name": ref.resource, "PolicyName": ref.name}

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        answer = await _iam(services, ref, f"Get{self.owner}Policy", absent=NOT_THERE, **self._names(ref))
        return _text(answer, "PolicyDocument")

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        await _change_iam(services, ref, f"Put{self.owner}Policy", PolicyDocument=text, **self._names(ref))

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        await _change_iam(services, ref, f"Delete{self.owner}Policy", **self._names(ref))


class UserPolicy(InlinePolicy):
    """IAM user guide, "IAM and AWS STS quotas": 2,048 characters for all inline policies of a user."""

    limit = 2_048
    owner = "User"


class RolePolicy(InlinePolicy):
    """IAM user guide, "IAM and AWS STS quotas": 10,240 characters for all inline policies of a role."""

    limit = 10_240
    owner = "Role"


class RoleTrust(Document):
    """A role as its trust policy: created with the document, and deleted with it.

    IAM user guide, "IAM and AWS STS quotas": 2,048 characters, which AWS raises to 4,096 on request.
    """

    limit = 2_048
    counts_blanks = False

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        answer = await _iam(services, ref, "GetRole", absent=NOT_THERE, RoleName=ref.resource)
        return _text(answer["Role"] if answer else None, "AssumeRolePolicyDocument")

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """UpdateAssumeRolePolicy, or CreateRole if the role does not exist."""
        if await self.read(services, ref) is None:
            made = {"AssumeRolePolicyDocument": text, "Description": "Access to S3 across accounts, made by xs3-tui"}
            await _change_iam(services, ref, "CreateRole", RoleName=ref.resource, **made)
        else:
            await _change_iam(services, ref, "UpdateAssumeRolePolicy", RoleName=ref.resource, PolicyDocument=text)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteRole; IAM refuses it while the role has policies."""
        await _change_iam(services, ref, "DeleteRole", RoleName=ref.resource)


async def _iam(
    services: Services, ref: DocumentRef, operation: str, *, absent: tuple[str, ...] = (), **parameters: str
) -> dict[str, Any] | None:
    return await services.control_plane.read(
        ref.connection, ControlPlaneService.IAM, operation, absent=absent, **parameters
    )


async def _change_iam(services: Services, ref: DocumentRef, operation: str, **parameters: str) -> None:
    await services.control_plane.write(ref.connection, ControlPlaneService.IAM, operation, **parameters)


def _text(answer: Mapping[str, Any] | None, name: str) -> str | None:
    return str(answer[name].text) if answer else None


class KeyPolicy(Document):
    """The policy of a KMS key. AWS KMS developer guide, "Resource quotas": 32,768 bytes."""

    limit = 32_768
    removable = False

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        answer = await services.control_plane.read(
            ref.connection, ControlPlaneService.KMS, "GetKeyPolicy", **_key(ref.resource)
        )
        return str(answer["Policy"]) if answer else None

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        await services.control_plane.write(
            ref.connection, ControlPlaneService.KMS, "PutKeyPolicy", **_key(ref.resource), Policy=text
        )


def _key(arn: str) -> dict[str, str]:
    fields = arn.split(":")
    return {"region": fields[3] if len(fields) > 5 else "", "KeyId": arn, "PolicyName": "default"}
