"""How each kind of document is read, written and removed, and how large it may be."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tui.accounts.control_plane import ControlPlane, Service
from tui.model.change import DocumentKind, DocumentRef
from tui.model.facts import ObjectOwnership
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store

NOT_THERE = ("NoSuchEntity",)
"""IAM's code for a policy, user or role that does not exist."""


@dataclass(frozen=True, slots=True)
class Services:
    """What documents are read and written by: the stores of connections, and the control plane."""

    store: Callable[[str], Awaitable[Store]]
    control_plane: ControlPlane


class Document(ABC):
    """One kind of document. Every method raises `ProblemError`."""

    limit = 0
    """Bytes it may have; 0: no quota is known."""
    counts_blanks = True
    """Whether blanks between the tokens of its JSON count for the quota."""

    @abstractmethod
    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """The document as the service returns it; None: there is none."""

    @abstractmethod
    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """Put the document in the place of what is there."""

    @abstractmethod
    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """Remove the document."""


class BucketPolicy(Document):
    """Amazon S3 user guide, "Bucket policies": at most 20 KB."""

    limit = 20_480

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetBucketPolicy."""
        return await (await services.store(ref.connection)).settings.policy(ref.location.bucket)

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutBucketPolicy."""
        await (await services.store(ref.connection)).settings.put_policy(ref.location.bucket, text)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteBucketPolicy."""
        await (await services.store(ref.connection)).settings.delete_policy(ref.location.bucket)


class UserPolicy(Document):
    """An inline policy of an IAM user. IAM user guide, "IAM and AWS STS quotas": 2,048 characters, all of a user's."""

    limit = 2_048
    counts_blanks = False

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetUserPolicy."""
        names = {"UserName": ref.resource, "PolicyName": ref.name}
        return _text(await _iam(services, ref, "GetUserPolicy", absent=NOT_THERE, **names), "PolicyDocument")

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutUserPolicy."""
        names = {"UserName": ref.resource, "PolicyName": ref.name}
        await _change_iam(services, ref, "PutUserPolicy", PolicyDocument=text, **names)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteUserPolicy."""
        await _change_iam(services, ref, "DeleteUserPolicy", UserName=ref.resource, PolicyName=ref.name)


class RolePolicy(Document):
    """An inline policy of a role. IAM user guide, "IAM and AWS STS quotas": 10,240 characters, all of a role's."""

    limit = 10_240
    counts_blanks = False

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetRolePolicy."""
        names = {"RoleName": ref.resource, "PolicyName": ref.name}
        return _text(await _iam(services, ref, "GetRolePolicy", absent=NOT_THERE, **names), "PolicyDocument")

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutRolePolicy."""
        names = {"RoleName": ref.resource, "PolicyName": ref.name}
        await _change_iam(services, ref, "PutRolePolicy", PolicyDocument=text, **names)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteRolePolicy."""
        await _change_iam(services, ref, "DeleteRolePolicy", RoleName=ref.resource, PolicyName=ref.name)


class RoleTrust(Document):
    """A role by its trust policy: a role is made with the document and deleted with it.

    IAM user guide, "IAM and AWS STS quotas": 2,048 characters, which AWS raises to 4,096 on request.
    """

    limit = 2_048
    counts_blanks = False

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetRole."""
        answer = await _iam(services, ref, "GetRole", absent=NOT_THERE, RoleName=ref.resource)
        return _text(answer["Role"] if answer else None, "AssumeRolePolicyDocument")

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """UpdateAssumeRolePolicy, or CreateRole where there is no such role yet."""
        if await self.read(services, ref) is None:
            await _change_iam(
                services,
                ref,
                "CreateRole",
                RoleName=ref.resource,
                AssumeRolePolicyDocument=text,
                Description="Access to S3 across accounts, made by xs3-tui",
            )
        else:
            await _change_iam(services, ref, "UpdateAssumeRolePolicy", RoleName=ref.resource, PolicyDocument=text)

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteRole; IAM refuses it while the role has policies."""
        await _change_iam(services, ref, "DeleteRole", RoleName=ref.resource)


class KeyPolicy(Document):
    """The policy of a KMS key. AWS KMS developer guide, "Resource quotas": 32,768 bytes."""

    limit = 32_768

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetKeyPolicy."""
        answer = await services.control_plane.read(
            ref.connection,
            Service.KMS,
            "GetKeyPolicy",
            region=_region(ref.resource),
            KeyId=ref.resource,
            PolicyName="default",
        )
        return str(answer["Policy"]) if answer else None

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutKeyPolicy."""
        await services.control_plane.write(
            ref.connection,
            Service.KMS,
            "PutKeyPolicy",
            region=_region(ref.resource),
            KeyId=ref.resource,
            PolicyName="default",
            Policy=text,
        )

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """Every key has a policy: there is no request that removes it."""
        raise NotImplementedError(f"{services}: no plan removes the policy of {ref.resource}")


class OwnershipControls(Document):
    """The Object Ownership of a bucket. The store writes it only where the server answers a GET of it as AWS does."""

    async def read(self, services: Services, ref: DocumentRef) -> str | None:
        """GetBucketOwnershipControls."""
        setting = await (await services.store(ref.connection)).settings.ownership(ref.location.bucket)
        return ownership_document(setting) if setting else None

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutBucketOwnershipControls."""
        settings = (await services.store(ref.connection)).settings
        await settings.set_ownership(ref.location.bucket, ownership_of(text))

    async def remove(self, services: Services, ref: DocumentRef) -> None:
        """DeleteBucketOwnershipControls."""
        await (await services.store(ref.connection)).settings.set_ownership(ref.location.bucket, None)


def ownership_document(setting: ObjectOwnership) -> str:
    """The document of a setting."""
    return json.dumps({"Rules": [{"ObjectOwnership": setting.value}]})


def ownership_of(text: str) -> ObjectOwnership:
    """The setting that such a document has; raises `ProblemError` for any other text."""
    try:
        return ObjectOwnership(json.loads(text)["Rules"][0]["ObjectOwnership"])
    except (ValueError, LookupError, TypeError) as error:
        title = "this is no Object Ownership setting"
        raise ProblemError(Problem(kind=ProblemKind.INVALID, title=title, cause=str(error))) from error


DOCUMENTS: Mapping[DocumentKind, Document] = {
    DocumentKind.BUCKET_POLICY: BucketPolicy(),
    DocumentKind.USER_POLICY: UserPolicy(),
    DocumentKind.ROLE_TRUST: RoleTrust(),
    DocumentKind.ROLE_POLICY: RolePolicy(),
    DocumentKind.KEY_POLICY: KeyPolicy(),
    DocumentKind.OBJECT_OWNERSHIP: OwnershipControls(),
}
"""Every kind of document."""


async def _iam(
    services: Services, ref: DocumentRef, operation: str, *, absent: tuple[str, ...] = (), **parameters: str
) -> dict[str, Any] | None:
    return await services.control_plane.read(ref.connection, Service.IAM, operation, absent=absent, **parameters)


async def _change_iam(services: Services, ref: DocumentRef, operation: str, **parameters: str) -> None:
    await services.control_plane.write(ref.connection, Service.IAM, operation, **parameters)


def _text(answer: Mapping[str, Any] | None, name: str) -> str | None:
    return str(answer[name].text) if answer else None


def _region(arn: str) -> str:
    fields = arn.split(":")
    return fields[3] if len(fields) > 5 else ""
