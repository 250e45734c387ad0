"""The evaluation of one request of one principal: the verdict of each kind of policy, the cause and the remedy.

The terms are AWS's (IAM user guide, "Policy evaluation logic").
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, structs

from tui.core.facts import AccessVerdict, StatementReading
from tui.core.problem import Problem


class LayerKind(StrEnum):
    """What can decide a request, in display order."""

    IDENTITY = "identity policies"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    BUCKET_POLICY = "bucket policy"
    TRUST = "role trust policy"
    OWNER = "object owner"
    OWNERSHIP = "Object Ownership"
    ACL = "ACL"
    PUBLIC_ACCESS = "public access block"
    ACCOUNT_PUBLIC_ACCESS = "account public access block"
    KEY = "KMS key"
    ENDPOINT = "VPC endpoint policy"
    SIMULATOR = "IAM policy simulator"
    TROUBLESHOOTER = "authorization details"
    SCP = "service control policies"
    RCP = "resource control policies"


class LayerVerdict(StrEnum):
    """What a layer says about a request."""

    ALLOWS = "allows"
    DENIES = "denies"
    """By an explicit Deny, which overrides every Allow."""
    DOES_NOT_ALLOW = "does not allow"
    """An implicit deny: nothing in it allows the request."""
    NOT_APPLICABLE = "does not apply"
    NOT_SEEN = "not seen"
    """Nobody here may read it, or nobody can."""
    NOT_KNOWN = "not known"
    """It was read, but its result depends on something that is not known here."""


class Layer(Struct, frozen=True):
    """One layer: its verdict, the reason as one clause, and its source."""

    kind: LayerKind
    verdict: LayerVerdict
    why: str
    operation: str = ""
    """The request that returned it or was denied."""
    identity: str = ""
    """The label of the identity that asked."""
    name: str = ""
    """Which document, if there can be several: the name of an inline policy, an ARN."""
    statements: list[StatementReading] = []
    """For policies: the statements as read for this request."""


class Cause(Struct, frozen=True):
    """The one reason for the verdict. `layers` that deny together share it."""

    sentence: str
    layers: list[LayerKind] = []
    sid: str = ""
    """The statement that denies, or that nearly allows."""
    certain: bool = True
    """False: only the possibility that remains."""

    @property
    def words(self) -> str:
        return self.sentence if self.certain else f"{self.sentence} This is what remains possible."


class Remedy(Struct, frozen=True):
    """One step: a sentence that says who changes what, and the change to the policy if there is one."""

    sentence: str
    edit: PolicyEdit | None = None


class ResourceType(StrEnum):
    """The type of a request's resource."""

    BUCKET = "bucket"
    OBJECT = "object"


class Evaluation(Struct, frozen=True):
    """Everything known about one request: ``identity`` does ``action`` on ``resource``."""

    identity: str
    """A label."""
    principal: str
    """An ARN; empty if unknown or anonymous."""
    action: str
    resource: str
    """An ARN."""
    verdict: AccessVerdict
    live: bool
    """Whether the server itself just gave this verdict."""
    layers: list[Layer]
    cause: Cause | None = None
    """None: the request is allowed."""
    remedies: list[Remedy] = []
    """Steps that are all needed, in this order."""
    notes: list[str] = []
    """Details from the response and limits of this evaluation, one sentence each."""
    authorization_id: str = ""
    """AWS's ID of the denial, for its details."""
    missing: ResourceType | None = None
    """The resource that does not exist; then no policy decides."""

    @property
    def remedy(self) -> str:
        """All steps, one a line and numbered if several. A line break in a key does not start a step."""
        steps = [one.sentence.replace("\n", "␊") for one in self.remedies]
        return "\n".join(steps if len(steps) < 2 else (f"{number}. {step}" for number, step in enumerate(steps, 1)))

    def explains(self, problem: Problem) -> Problem:
        """The denial with this cause and remedy instead of the server's text."""
        return structs.replace(problem, cause=self.cause.words, remedy=self.remedy) if self.cause else problem


class PolicyKind(StrEnum):
    """The kinds of policy documents, by the resource they are attached to."""

    BUCKET_POLICY = "bucket policy"
    USER_POLICY = "user policy"
    ROLE_POLICY = "role policy"
    GROUP_POLICY = "group policy"
    MANAGED_POLICY = "managed policy"
    KEY_POLICY = "key policy"
    TRUST_POLICY = "trust policy"
    SESSION_POLICY = "session policy"
    ENDPOINT_POLICY = "VPC endpoint policy"


class PolicyEdit(Struct, frozen=True):
    """One statement to add to a document, change, or remove."""

    kind: PolicyKind
    account: str
    """The document's account number; empty if unknown."""
    resource: str
    """The resource with the document: a bucket, the name of a user, role or group, else an ARN."""
    statement_json: str
    """The new or changed statement; empty: the statement is removed."""
    replaces_sid: str = ""
    """The statement to change or remove: its Sid, or ``#2`` for the second; empty: a statement is added."""
    policy_name: str = ""
    """The name of an inline policy of a user, role or group; empty: a new policy."""
