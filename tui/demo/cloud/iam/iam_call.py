"""A request to IAM: what it names, in the caller's own account.

AWS Identity and Access Management API reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.iam.identities import Identities, Identity, Role
from tui.demo.cloud.iam.policies import Policy, PolicyError, require_principals

BEGAN: Final = "2026-01-01T00:00:00Z"
"""When everything was made."""

_LONGEST: Final = {"user": 2_048, "role": 10_240, "trust": 2_048}
"""Characters without blanks (IAM user guide, "IAM and AWS STS quotas")."""


@dataclass(frozen=True, slots=True)
class IamCall:
    """One request: its parameters, the caller, and what there is."""

    parameters: Mapping[str, str]
    caller: Identity
    identities: Identities

    def given(self, name: str) -> str:
        """A parameter. Raises `CloudError` if it is missing."""
        if not self.parameters.get(name):
            raise CloudError("ValidationError", f"1 validation error detected: {name} is required")
        return self.parameters[name]

    @property
    def user(self) -> str:
        """The ARN of the user that is meant."""
        name = self.parameters.get("UserName") or self.caller.arn.rpartition("/")[2]
        return f"arn:aws:iam::{self.caller.account}:user/{name}"

    @property
    def role_arn(self) -> str:
        """The ARN of the role that is meant."""
        return f"arn:aws:iam::{self.caller.account}:role/{self.given('RoleName')}"

    @property
    def resource(self) -> str:
        """What policies of the caller have to allow the operation on: the user or the role that it names, if any."""
        if self.parameters.get("UserName"):
            return self.user
        return self.role_arn if self.parameters.get("RoleName") else "*"

    def inline(self) -> Mapping[str, Policy]:
        """The inline policies of the user that is meant. Raises `CloudError` if there is no such user."""
        found = self.identities.inline_policies(self.user)
        if found is None:
            name = self.user.rpartition("/")[2]
            raise CloudError("NoSuchEntity", f"The user with name {name} cannot be found.")
        return found

    def role(self) -> Role:
        """The role that is meant. Raises `CloudError` if there is none."""
        found = self.identities.role(self.role_arn)
        if found is None:
            raise CloudError("NoSuchEntity", f"The role with name {self.given('RoleName')} cannot be found.")
        return found

    def document(self, name: str, kind: str) -> Policy:
        """A policy that is put. Raises `CloudError` for one that is none, or too long."""
        text = self.given(name)
        if len("".join(text.split())) > _LONGEST[kind]:
            raise CloudError("LimitExceeded", f"Maximum policy size of {_LONGEST[kind]} bytes exceeded")
        try:
            policy = Policy.parse(text)
            if kind == "trust":
                require_principals(policy)
        except PolicyError as error:
            raise CloudError("MalformedPolicyDocument", str(error)) from error
        return policy
