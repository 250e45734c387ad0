"""Policy documents of one layer, read for one request. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tui.core.facts import Applies, Effect, StatementReading
from tui.core.policy import Layer, PolicyKind
from tui.policies.bucket_policy import PolicyRequest, judge_scope, read_statement
from tui.policies.statements import Judgement, PolicyForm, PolicyStatement, parse_document

_FORMS = {
    PolicyKind.BUCKET_POLICY: PolicyForm.RESOURCE,
    PolicyKind.KEY_POLICY: PolicyForm.RESOURCE,
    PolicyKind.ENDPOINT_POLICY: PolicyForm.RESOURCE,
    PolicyKind.TRUST_POLICY: PolicyForm.TRUST,
}
"""All others are identity policies."""


def every(*answers: Applies) -> Applies:
    return next((one for one in (Applies.NO, Applies.MAYBE) if one in answers), Applies.YES)


def either(*answers: Applies) -> Applies:
    return next((one for one in (Applies.YES, Applies.MAYBE) if one in answers), Applies.NO)


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """One statement, its document, and its meaning for the request."""

    policy: PolicyText
    statement: PolicyStatement
    reading: StatementReading
    scope: dict[str, Judgement]
    """Whether principal, action and resource match, by the name of the element."""


@dataclass(frozen=True, slots=True)
class LayerReading:
    """The policies of one layer. `unseen` ones cannot be read; `problem` names the invalid statements."""

    statements: tuple[ReadStatement, ...] = ()
    unseen: tuple[UnseenPolicy, ...] = ()
    problem: str = ""
    policies: tuple[PolicyText, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.unseen and not self.problem

    def of(self, effect: Effect, *applies: Applies) -> list[ReadStatement]:
        return [one for one in self.statements if one.reading.effect is effect and one.reading.applies in applies]

    @property
    def allowed(self) -> Applies:
        return self._found(Effect.ALLOW)

    @property
    def denied(self) -> Applies:
        return self._found(Effect.DENY)

    def _found(self, effect: Effect) -> Applies:
        if self.of(effect, Applies.YES):
            return Applies.YES
        return Applies.MAYBE if self.of(effect, Applies.MAYBE) or not self.is_whole else Applies.NO


def read(policies: Iterable[PolicyText], request: PolicyRequest, *, covers_object: bool = True) -> LayerReading:
    """Read documents for a request; `covers_object` as for `read_policy`."""
    statements: list[ReadStatement] = []
    texts, problems = tuple(policies), []
    for policy in texts:
        document = parse_document(policy.text, _FORMS.get(policy.kind, PolicyForm.IDENTITY))
        problems += [f"{policy.title}: {document.problem}"] if document.problem else []
        statements += [
            ReadStatement(policy, one, read_statement(one, request, covers_object), judge_scope(one, request))
            for one in document.statements
        ]
    return LayerReading(tuple(statements), (), "; ".join(problems), texts)


def read_all(policies: Policies, request: PolicyRequest) -> LayerReading:
    found = read(policies.seen, request)
    return LayerReading(found.statements, policies.unseen, found.problem, found.policies)


def read_limit(policy: PolicyText | UnseenPolicy | None, request: PolicyRequest) -> LayerReading | None:
    """Read a boundary, session or endpoint policy; None: there is none, and so no limit."""
    if policy is None:
        return None
    return LayerReading(unseen=(policy,)) if isinstance(policy, UnseenPolicy) else read([policy], request)


@dataclass(frozen=True, slots=True)
class PolicyText:
    """One document and its source.

    `resource` is what it is attached to, as `PolicyEdit.resource`; `name` is the name of an inline policy.
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
        """The document in words: ``user policy read-only of bob``."""
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
class UnseenPolicy:
    """Why a policy cannot be seen, as a clause, and the request that was denied."""

    why: str
    operation: str = ""
    identity: str = ""


NOT_ASKED = UnseenPolicy("it was not asked for")


@dataclass(frozen=True, slots=True)
class Policies:
    """Documents of one layer: an Allow in one of them suffices. `unseen` could not be read."""

    seen: tuple[PolicyText, ...] = ()
    unseen: tuple[UnseenPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents beside the facts; None: there is no such limit."""

    identity: Policies = field(default_factory=lambda: Policies(unseen=(NOT_ASKED,)))
    boundary: PolicyText | UnseenPolicy | None = NOT_ASKED
    session: PolicyText | UnseenPolicy | None = None
    endpoint: PolicyText | UnseenPolicy | None = NOT_ASKED
    key: PolicyText | UnseenPolicy | None = NOT_ASKED
    """The policy of the object's KMS key; its `resource` is the key's ARN."""
    managed_key: bool = False
    """Whether KMS says that AWS manages the key: its policy is read-only, and no other account can use it."""
    account_block: Mapping[str, bool] | UnseenPolicy | None = NOT_ASKED
    """The public access block of the bucket owner's account; None: it has none."""
    role: str = ""
    """The ARN of the session's role, with its path."""
    principal_tags: Mapping[str, str] | None = None
    simulated: Layer | None = None
    told: tuple[Layer, ...] = ()
    """What AWS says about this denial: in its message, and by its authorization ID."""
