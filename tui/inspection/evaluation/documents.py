"""The policy documents around one request, as far as somebody here may read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.core.policy import Layer, PolicyKind


@dataclass(frozen=True, slots=True)
class PolicyText:
    """One document and where it comes from.

    `resource` is what it is attached to, as `PolicyEdit.resource`; `name` that of an inline policy.
    """

    kind: PolicyKind
    account: str
    resource: str
    text: str
    name: str = ""
    operation: str = ""
    identity: str = ""

    @property
    def title(self) -> str:
        """The document in a sentence: ``user policy read-only of bob``."""
        match self.kind:
            case PolicyKind.USER_POLICY | PolicyKind.ROLE_POLICY | PolicyKind.GROUP_POLICY:
                return f"{self.kind.value} {self.name} of {self.resource}"
            case PolicyKind.BUCKET_POLICY:
                return "the bucket policy"
            case PolicyKind.TRUST_POLICY:
                return f"the trust policy of {self.resource}"
            case PolicyKind.SESSION_POLICY:
                return "the session policy"
            case _:
                return f"{self.kind.value} {self.resource}"


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why something cannot be seen, in one clause, and the request that was refused."""

    why: str
    operation: str = ""
    identity: str = ""


NOT_ASKED = Unseen("it was not asked for")


@dataclass(frozen=True, slots=True)
class Policies:
    """Documents that count together: an Allow in one of them suffices. `unseen` are those that could not be read."""

    seen: tuple[PolicyText, ...] = ()
    unseen: tuple[Unseen, ...] = ()


@dataclass(frozen=True, slots=True)
class Documents:
    """What was read beside the facts. A limit that is None does not exist."""

    identity: Policies = field(default_factory=lambda: Policies(unseen=(NOT_ASKED,)))
    boundary: PolicyText | Unseen | None = NOT_ASKED
    session: PolicyText | Unseen | None = None
    endpoint: PolicyText | Unseen | None = NOT_ASKED
    key: PolicyText | Unseen | None = NOT_ASKED
    """The policy of the key that the object is encrypted with; its `resource` is the key's ARN."""
    managed_key: bool = False
    """Whether KMS says that AWS manages that key: its policy is read-only, and no other account can use it."""
    account_block: Mapping[str, bool] | Unseen | None = NOT_ASKED
    """The public access block of the bucket owner's account; None: it has none."""
    role: str = ""
    """The ARN of the session's role, with its path."""
    principal_tags: Mapping[str, str] | None = None
    """The tags of a user; None: not known."""
    simulated: Layer | None = None
    told: tuple[Layer, ...] = ()
    """What AWS itself told of this denial: in its message, and by its authorization id."""
