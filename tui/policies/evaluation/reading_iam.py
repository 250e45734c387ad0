"""Reads the policies of a user or a role from IAM: inline, attached, of its groups, and the permissions boundary.

IAM user guide, "Managed policies and inline policies". A denied request is an `UnseenPolicy`; the others still count.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui.aws.control_plane import ControlPlane, ControlPlaneService, PolicyDocument
from tui.core.identity import Identity
from tui.core.policy import PolicyKind
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.policies.evaluation.policy_documents import Policies, PolicyText, UnseenPolicy

MOST_PAGES = 20
"""A user has at most 20 attached policies and 10 groups."""

IamResponse = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IamReader:
    """Sends each request as one identity after the other, until one is allowed."""

    control_plane: ControlPlane
    identities: Sequence[Identity]

    async def ask(
        self, service: ControlPlaneService, operation: str, **parameters: Any
    ) -> tuple[IamResponse, str] | UnseenPolicy:
        """The response (empty: does not exist), and the label of the identity that was allowed."""
        refused = UnseenPolicy("no identity here belongs to that account", operation)
        for identity in self.identities:
            try:
                answer = await self.control_plane.read(
                    identity.connection, service, operation, absent=("NoSuchEntity", *_ABSENT), **parameters
                )
            except ProblemError as error:
                refused = refusal(error, service, operation, identity) if refused.identity == "" else refused
                continue
            return answer or {}, identity.label
        return refused

    async def listed(self, operation: str, member: str, **parameters: Any) -> list[Any] | UnseenPolicy:
        found: list[Any] = []
        for _ in range(MOST_PAGES):
            answer = await self.ask(ControlPlaneService.IAM, operation, **parameters)
            if isinstance(answer, UnseenPolicy):
                return answer
            found += answer[0].get(member, [])
            if not answer[0].get("IsTruncated"):
                break
            parameters["Marker"] = answer[0]["Marker"]
        return found


_ABSENT = ("NoSuchPublicAccessBlockConfiguration", "NotFoundException")


def refusal(error: ProblemError, service: ControlPlaneService, operation: str, identity: Identity) -> UnseenPolicy:
    """The missing permission, or the reason why the operation failed."""
    problem = error.problem
    why = refusal_words(problem)
    if problem.kind is ProblemKind.UNSUPPORTED:
        why = f"this server has no {service.value.upper()}, or not all of it"
    return UnseenPolicy(why, operation, identity.label)


def refusal_words(problem: Problem) -> str:
    return f"{problem.permission} is not allowed" if problem.permission else problem.title


@dataclass(frozen=True, slots=True)
class Entity:
    """A user, role or group; `noun` is its name in operations: ``User``."""

    reader: IamReader
    noun: str
    name: str
    account: str

    @property
    def named(self) -> dict[str, str]:
        return {f"{self.noun}Name": self.name}

    @property
    def kind(self) -> PolicyKind:
        return PolicyKind(f"{self.noun.lower()} policy")

    async def policies(self) -> Policies:
        inline, attached = await asyncio.gather(
            self._each(f"List{self.noun}Policies", "PolicyNames", self._inline),
            self._each(
                f"ListAttached{self.noun}Policies",
                "AttachedPolicies",
                lambda one: managed(self.reader, str(one["PolicyArn"]), self.account),
            ),
        )
        return joined([inline, attached])

    async def _each(
        self, operation: str, member: str, read: Callable[[Any], Awaitable[PolicyText | UnseenPolicy]]
    ) -> Policies:
        names = await self.reader.listed(operation, member, **self.named)
        if isinstance(names, UnseenPolicy):
            return Policies(unseen=(names,))
        found = await asyncio.gather(*(read(one) for one in names))
        return Policies(
            tuple(one for one in found if isinstance(one, PolicyText)),
            tuple(one for one in found if isinstance(one, UnseenPolicy)),
        )

    async def _inline(self, name: Any) -> PolicyText | UnseenPolicy:
        operation = f"Get{self.noun}Policy"
        answer = await self.reader.ask(ControlPlaneService.IAM, operation, **self.named, PolicyName=name)
        if isinstance(answer, UnseenPolicy):
            return answer
        text = as_text(answer[0].get("PolicyDocument"))
        return PolicyText(self.kind, self.account, self.name, text, str(name), operation, answer[1])


async def managed(reader: IamReader, arn: str, account: str) -> PolicyText | UnseenPolicy:
    policy = await reader.ask(ControlPlaneService.IAM, "GetPolicy", PolicyArn=arn)
    if isinstance(policy, UnseenPolicy):
        return policy
    version = str((policy[0].get("Policy") or {}).get("DefaultVersionId") or "v1")
    answer = await reader.ask(ControlPlaneService.IAM, "GetPolicyVersion", PolicyArn=arn, VersionId=version)
    if isinstance(answer, UnseenPolicy):
        return answer
    text = as_text((answer[0].get("PolicyVersion") or {}).get("Document"))
    return PolicyText(PolicyKind.MANAGED_POLICY, account, arn, text, "", "GetPolicyVersion", answer[1])


def as_text(document: object) -> str:
    """The control plane returns documents of IAM decoded."""
    if isinstance(document, PolicyDocument):
        return document.text
    return document if isinstance(document, str) else json.dumps(document or {})


def joined(found: Sequence[Policies]) -> Policies:
    return Policies(
        tuple(one for policies in found for one in policies.seen),
        tuple(dict.fromkeys(one for policies in found for one in policies.unseen)),
    )


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller in IAM; `role` is the ARN of a role, `tags` are those of a user."""

    policies: Policies
    boundary: PolicyText | UnseenPolicy | None
    role: str = ""
    tags: Mapping[str, str] | None = None


async def read_user(reader: IamReader, name: str, account: str) -> Principal:
    entity = Entity(reader, "User", name, account)
    own, groups, user = await asyncio.gather(
        entity.policies(),
        reader.listed("ListGroupsForUser", "Groups", UserName=name),
        reader.ask(ControlPlaneService.IAM, "GetUser", UserName=name),
    )
    if isinstance(groups, UnseenPolicy):
        of_groups = [Policies(unseen=(groups,))]
    else:
        entities = [Entity(reader, "Group", str(one["GroupName"]), account) for one in groups]
        of_groups = list(await asyncio.gather(*(one.policies() for one in entities)))
    if isinstance(user, UnseenPolicy):
        return Principal(joined([own, *of_groups]), user)
    found = user[0].get("User") or {}
    tags = {str(one["Key"]): str(one["Value"]) for one in found.get("Tags", [])}
    return Principal(joined([own, *of_groups]), await _boundary(reader, found, account), tags=tags)


async def read_role(reader: IamReader, name: str, account: str) -> Principal:
    """Read a role. The tags of a session are unknown: they can be set when the role is assumed."""
    own, role = await asyncio.gather(
        Entity(reader, "Role", name, account).policies(), reader.ask(ControlPlaneService.IAM, "GetRole", RoleName=name)
    )
    if isinstance(role, UnseenPolicy):
        return Principal(own, role)
    found = role[0].get("Role") or {}
    return Principal(own, await _boundary(reader, found, account), str(found.get("Arn") or ""))


async def _boundary(reader: IamReader, found: IamResponse, account: str) -> PolicyText | UnseenPolicy | None:
    arn = (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return await managed(reader, str(arn), account) if arn else None
