"""How one request of one principal is evaluated: each kind of policy with its verdict, the cause and the remedy.

The words are AWS's (IAM user guide, "Policy evaluation logic").
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, structs

from tui.core.facts import AccessVerdict, StatementReading
from tui.core.problem import Problem


class LayerKind(StrEnum):
    """What may decide about a request, in the order it is shown."""

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
    """It was read, but what it says depends on something that is not known here."""


class Layer(Struct, frozen=True):
    """One layer: its verdict, one clause that says why, and where it comes from."""

    kind: LayerKind
    verdict: LayerVerdict
    why: str
    operation: str = ""
    """The request that returned it, or was refused."""
    identity: str = ""
    """The label of the identity that asked."""
    name: str = ""
    """Which document, if there may be several: the name of an inline policy, an ARN."""
    statements: list[StatementReading] = []
    """Its statements, as read for this request; only of policies."""


class Cause(Struct, frozen=True):
    """The one reason for the verdict. `layers` that are closed together share it."""

    sentence: str
    layers: list[LayerKind] = []
    sid: str = ""
    """The statement that denies, or that nearly allows."""
    certain: bool = True
    """False: it is what remains possible."""

    @property
    def words(self) -> str:
        """The sentence, and how sure it is."""
        return self.sentence if self.certain else f"{self.sentence} This is what remains possible."


class Remedy(Struct, frozen=True):
    """One step: a sentence that says who changes what, and the same as a change to a policy, where it is one."""

    sentence: str
    edit: PolicyEdit | None = None


class ResourceType(StrEnum):
    """What a request is on."""

    BUCKET = "bucket"
    OBJECT = "object"


class Evaluation(Struct, frozen=True):
    """All that is known about one request: ``identity`` does ``action`` on ``resource``."""

    identity: str
    """A label."""
    principal: str
    """An ARN; empty: not known, or anonymous."""
    action: str
    resource: str
    """An ARN."""
    verdict: AccessVerdict
    live: bool
    """Whether the server has just answered so."""
    layers: list[Layer]
    cause: Cause | None = None
    """None: the request is allowed."""
    remedies: list[Remedy] = []
    """Steps that are needed together, in this order."""
    notes: list[str] = []
    """What the answer itself tells, and what limits this reading: one sentence each."""
    authorization_id: str = ""
    """The id that AWS gave to the denial, by which its details can be asked for."""
    missing: ResourceType | None = None
    """What does not exist; then no policy decides."""

    @property
    def remedy(self) -> str:
        """All steps, one a line; several are numbered. The line break of a key begins no step."""
        steps = [one.sentence.replace("\n", "␊") for one in self.remedies]
        return "\n".join(steps if len(steps) < 2 else (f"{number}. {step}" for number, step in enumerate(steps, 1)))

    def explains(self, problem: Problem) -> Problem:
        """The refusal with this cause and remedy in the place of what the server wrote."""
        return structs.replace(problem, cause=self.cause.words, remedy=self.remedy) if self.cause else problem


class PolicyKind(StrEnum):
    """The kinds of policy documents, by what they are attached to."""

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
    """One statement to add to a document, to change in it, or to remove from it."""

    kind: PolicyKind
    account: str
    """The number of the account that the document belongs to; empty: not known."""
    resource: str
    """What the document is attached to: a bucket, the name of a user, role or group, else an ARN."""
    statement_json: str
    """The statement to add, or as it is to be after the change; empty: the statement is removed."""
    replaces_sid: str = ""
    """The statement that is changed or removed: its Sid, or ``#2`` (the second one); empty: it is added."""
    policy_name: str = ""
    """The name of an inline policy of a user, role or group; empty: a new one."""
