"""The facts about a location that the rules look up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tui.core.facts import (
    AbsentFact,
    DeniedFact,
    Fact,
    FactName,
    Grant,
    Grants,
    KnownFact,
    ObjectOwnership,
    OwnedBy,
    OwnershipSetting,
    Pairs,
    PolicyReading,
    Text,
)
from tui.core.identity import AddressBook, AuthMethod, Identity, Owner
from tui.core.location import Location
from tui.core.naming import is_access_point
from tui.core.network import EffectiveEndpoint, NetworkPath
from tui.policies.bucket_policy import LIST_BUCKET, READ_OBJECT, PolicyRequest, is_of_bucket, read_policy, resource_arn
from tui.policies.request_context import Caller, KnownRequest, RequestContext, caller_of, request_context_of

V = TypeVar("V")
_READS = ("s3:Get", "s3:List")
_OF_BUCKET = ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload")
"""Actions on keys that only the bucket owner allows, whoever owns the object (Amazon S3 user guide, "How Amazon S3
authorizes a request for an object operation")."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Facts about one location, in order of arrival.

    If a name comes twice (denied to one identity, known to the other), the last fact that is not a denial counts.
    """

    location: Location
    facts: Sequence[Fact]
    context: EvidenceContext
    refusals: Sequence[tuple[str, str]] = ()
    """Labels of identities with the actions that they were just denied. No fact has these."""
    _readings: dict[tuple[str, str], PolicyReading] = field(default_factory=dict, compare=False, repr=False)
    """By connection (empty: everyone) and action, because many rules need the same reading."""

    def fact(self, name: FactName) -> Fact | None:
        found = [one for one in self.facts if one.name is name]
        told = [one for one in found if not isinstance(one.state, DeniedFact)]
        return (told or found)[-1] if found else None

    def value(self, name: FactName, kind: type[V]) -> V | None:
        fact = self.fact(name)
        state = fact.state if fact else None
        return state.value if isinstance(state, KnownFact) and isinstance(state.value, kind) else None

    def absent(self, name: FactName) -> bool:
        fact = self.fact(name)
        return fact is not None and isinstance(fact.state, AbsentFact)

    @property
    def policy_is_known(self) -> bool:
        return self.policy is not None or self.absent(FactName.POLICY)

    @property
    def object_owner(self) -> Owner | None:
        owned = self.value(FactName.OBJECT_OWNER, OwnedBy)
        return owned.owner if owned else None

    @property
    def bucket_owner(self) -> Owner | None:
        owned = self.value(FactName.BUCKET_OWNER, OwnedBy)
        return owned.owner if owned else None

    @property
    def is_foreign(self) -> bool:
        """Whether another account than the bucket owner's surely owns the object."""
        mine, bucket = self.object_owner, self.bucket_owner
        return mine is not None and bucket is not None and mine.id != bucket.id

    @property
    def bucket_owner_name(self) -> str:
        return self.context.name(self.bucket_owner) if self.bucket_owner else "the bucket's owner"

    @property
    def as_bucket_owner(self) -> str:
        """The start of a remedy that only the bucket owner can apply."""
        return self.context.as_whom(self.bucket_owner) if self.bucket_owner else "As the bucket's owner"

    @property
    def grants(self) -> list[Grant] | None:
        found = self.value(FactName.GRANTS, Grants)
        return found.grants if found else None

    @property
    def ownership(self) -> ObjectOwnership | None:
        """None: unknown. A bucket without the setting counts as `OBJECT_WRITER`."""
        found = self.value(FactName.OWNERSHIP, OwnershipSetting)
        if found:
            return found.setting
        return ObjectOwnership.OBJECT_WRITER if self.absent(FactName.OWNERSHIP) else None

    @property
    def acls_are_off(self) -> bool:
        return self.ownership is ObjectOwnership.BUCKET_OWNER_ENFORCED

    @property
    def by_access_point(self) -> bool:
        """Whether requests use an access point. Its policy must allow them, too, and is not read."""
        return is_access_point(self.location.bucket)

    @property
    def endpoint(self) -> EffectiveEndpoint | None:
        return self.value(FactName.ENDPOINT, EffectiveEndpoint)

    @property
    def policy(self) -> PolicyReading | None:
        return self.value(FactName.POLICY, PolicyReading)

    @property
    def action(self) -> str:
        return LIST_BUCKET if self.location.is_prefix else READ_OBJECT

    def text(self, name: FactName) -> str:
        found = self.value(name, Text)
        return found.text if found else ""

    def belongs_to_bucket(self, identity: Identity) -> bool | None:
        owner = self.bucket_owner
        if owner is None or not (identity.canonical_id or (identity.account and self.context.account(owner))):
            return None
        return self.context.belongs(identity, owner)

    def request(self, identity: Identity, action: str = "", role: str = "") -> PolicyRequest:
        """The request of an identity for `action`, or to read this location. `role`: the ARN of its session's role."""
        caller, wanted = self.context.caller(identity), action or self.action
        caller = replace(caller, role=role) if role else caller
        where = Location(self.location.bucket) if is_of_bucket(wanted) else self.location
        request_context = self._request_context(caller, wanted)
        return PolicyRequest(caller, wanted, resource_arn(where, caller.partition), request_context)

    def _request_context(self, caller: Caller, action: str) -> RequestContext:
        tags = self.value(FactName.TAGS, Pairs)
        return request_context_of(
            caller,
            KnownRequest(
                endpoint=self.endpoint,
                path=self.value(FactName.NETWORK_PATH, NetworkPath),
                tags=tags.pairs if tags else [] if self.absent(FactName.TAGS) else None,
                resource_account=self.context.account(self.bucket_owner) if self.bucket_owner else "",
                listed_prefix=self.location.key if self.location.is_prefix else None,
                now=self.context.now,
                writes=not action.startswith(_READS),
                of_version="ObjectVersion" in action,
                lists=action.startswith("s3:List"),
                access_point=self.location.bucket if self.by_access_point else "",
            ),
        )

    def reading(self, identity: Identity, action: str = "") -> PolicyReading | None:
        """The bucket policy, read for a request of an identity; None: the policy is unknown."""
        policy = self.policy
        if policy is None:
            return None
        request = self.request(identity, action)
        return self.read(identity.connection, policy.document, request, covers_object=self.covers(request.action))

    def read(self, who: str, document: str, request: PolicyRequest, *, covers_object: bool = True) -> PolicyReading:
        """Read a policy for a request, once for each action and `who`."""
        key = who, request.action
        if key not in self._readings:
            self._readings[key] = read_policy(document, request, covers_object=covers_object)
        return self._readings[key]

    def covers(self, action: str = "") -> bool:
        """Whether an Allow of the bucket policy has an effect on this location."""
        wanted = action or self.action
        return not self.is_foreign or wanted in _OF_BUCKET or is_of_bucket(wanted)

    def reading_of_everybody(self, action: str = "") -> PolicyReading | None:
        """The bucket policy, read for an unsigned request from anywhere, so without this machine's address."""
        policy, wanted = self.policy, action or self.action
        if policy is None:
            return None
        anonymous = Caller(anonymous=True)
        request_context = request_context_of(anonymous, KnownRequest(writes=not wanted.startswith(_READS)))
        resource = self.request(self.context.mine, wanted).resource
        request = PolicyRequest(anonymous, wanted, resource, request_context)
        return self.read("", policy.document, request, covers_object=self.covers(wanted))


_CUT = 8


@dataclass(frozen=True, slots=True)
class EvidenceContext:
    """The identities of the panes, and what else the rules need besides the facts.

    `mine` is the identity of the inspected pane, `other` that of the other pane (None: no identity, or the same
    connection). `now`, in seconds since the epoch, is for date conditions; None: these are not judged.
    """

    mine: Identity
    other: Identity | None = None
    book: AddressBook = field(default_factory=AddressBook)
    now: float | None = None

    @property
    def identities(self) -> tuple[Identity, ...]:
        return (self.mine, self.other) if self.other else (self.mine,)

    def identity(self, label: str) -> Identity | None:
        return next((one for one in self.identities if one.label == label), None)

    def seen_by(self, identity: Identity) -> EvidenceContext:
        return self if identity == self.mine else replace(self, mine=identity, other=self.mine)

    def caller(self, identity: Identity) -> Caller:
        """The identity as policies see it, with the canonical id of its account from the address book."""
        caller = caller_of(identity)
        if caller.canonical_id or not caller.account:
            return caller
        known = (entry.canonical_id for entry in self.book.entries.values() if entry.account == caller.account)
        return replace(caller, canonical_id=next(known, ""))

    def belongs(self, identity: Identity, owner: Owner) -> bool:
        if identity.canonical_id and identity.canonical_id == owner.id:
            return True
        entry = self.book.entries.get(owner.id)
        return entry is not None and bool(entry.account) and entry.account == identity.account

    def may_belong(self, identity: Identity, owner: Owner) -> bool:
        """Whether an identity belongs to the owner's account, or may.

        A role without ``s3:ListAllMyBuckets`` does not learn its canonical ID.
        """
        if self.belongs(identity, owner):
            return True
        if identity.method is AuthMethod.ANONYMOUS or self.caller(identity).canonical_id:
            return False
        account = self.account(owner)
        return not (account and identity.account) or account == identity.account

    def acting_for(self, owner: Owner) -> Identity | None:
        return next((one for one in self.identities if self.belongs(one, owner)), None)

    def account(self, owner: Owner) -> str:
        entry = self.book.entries.get(owner.id)
        if entry and entry.account:
            return entry.account
        return next((one.account for one in self.identities if one.canonical_id == owner.id), "")

    def name(self, owner: Owner) -> str:
        """The account's label, else its number, else the name from the server, else the start of its canonical id."""
        entry = self.book.entries.get(owner.id)
        if entry and entry.label:
            return entry.label
        acting = self.acting_for(owner)
        if acting:
            return acting.label
        if entry and entry.account:
            return f"account {entry.account}"
        return owner.name or (f"an unknown account ({owner.id[:_CUT]}…)" if len(owner.id) > _CUT else owner.id)

    def account_name(self, account: str) -> str:
        acting = next((one.label for one in self.identities if one.account == account), "")
        return self.book.account_label(account) or acting or f"account {account}"

    def as_whom(self, owner: Owner) -> str:
        """The start of a remedy: ``As analytics (user/bob)``, or ``An identity of account …``."""
        acting = self.acting_for(owner)
        if acting is None:
            unsure = [one.label for one in self.identities if self.may_belong(one, owner)]
            here = f"it is not known whether {' or '.join(unsure)} is one" if unsure else "not connected here"
            return f"An identity of {self.name(owner)} ({here})"
        detail = f" ({acting.principal})" if acting.principal else ""
        return f"As {acting.label}{detail}"
