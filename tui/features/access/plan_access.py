"""The documents of each method of a grant, before and after; see `GrantMethod`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from msgspec.structs import replace as replace_struct

from tui.aws.connection import is_aws
from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.aws.ids import is_arn
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.facts import ObjectOwnership
from tui.core.identity import Identity
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.documents.changing import DocumentChanger, Edit
from tui.documents.document import Services, meaning, with_statements, without_statements
from tui.documents.iam_documents import NOT_THERE
from tui.features.access import access_statements
from tui.features.access.values import AccessPlan, Allow, GrantMethod, GrantOrder
from tui.policies.access import MANAGED_KEY
from tui.policies.request_context import Caller, caller_of
from tui.stores.base import Store

POLICY_NAME = "xs3-tui-{}"
"""The name of our inline policies; `{}` is the bucket's name."""

_LONGEST_NAME = 128
_LONGEST_ROLE = 64
_NO_PART = "this plan leaves the policies of {} alone: {}"
_NOT_ITS_OWN = "{} does not belong to the bucket's account"
_SAME_ACCOUNT = "{} belongs to the bucket's account: the bucket policy alone is enough"


class Planner:
    """Plans the changes of an order. `owner`, `other` and `applier` are the identities of its connections."""

    def __init__(
        self,
        order: GrantOrder,
        owner: Identity,
        other: Identity,
        applier: Identity,
        services: Services,
        changes: DocumentChanger,
    ) -> None:
        self._order, self._services, self._changes = order, services, changes
        self._owner, self._other, self._applier = owner, other, applier
        self._notes: list[str] = []
        self._earlier: list[str] = []
        """Documents before our changes. A revocation that restores the meaning also restores the text."""

    async def grant(self) -> AccessPlan:
        """The changes that grant access. Raises `ProblemError`, also if they might grant more than the order."""
        self._notes += special_characters(self._order, is_aws(self._owner.endpoint))
        return await self._plan(lambda statements, _: partial(with_statements, statements=statements))

    async def revoke(self) -> AccessPlan:
        with suppress(ProblemError):  # then only the documents' layout is lost
            self._earlier = [each.before for each in await self._changes.saved.all() if each.before]
        plan = await self._plan(self._revoked)
        return AccessPlan(plan.grantee, plan.changes[::-1], plan.role_arn, notes=plan.notes)

    async def _plan(self, edit: Callable[[list[access_statements.StatementJson], str], Edit]) -> AccessPlan:
        """`edit` returns the edit of a document, by its statements and the grantee's ARN."""
        control_plane = self._services.control_plane
        whom = await grantee_of(self._order, self._other, control_plane)
        store = await self._services.store(self._order.owner)
        same_account = bool(whom.account) and whom.account == self._owner.account
        keys, notes = await keys_of(self._order, store, control_plane, same_account=same_account)
        self._order = replace_struct(self._order, kms_keys=keys)
        self._notes += notes
        parts = await self._parts(whom)
        changes = [await self._change(ref, edit(statements, whom.arn)) for ref, statements in parts]
        role = self._role_arn(whom) if self._order.way is GrantMethod.ROLE else ""
        lines = profile_lines(self._order, self._other, role) if role else ""
        return AccessPlan(f"{self._other.label} ({short(whom.arn)})", changes, role, lines, self._notes)

    async def _change(self, ref: DocumentRef, edit: Edit) -> PlannedChange:
        identity = self._owner if ref.connection == self._order.owner else self._applier
        change = await self._changes.plan(ref, edit, identity)
        if change.unread and ref.kind is DocumentKind.BUCKET_POLICY:
            return await self._by_its_owner(change)
        return change

    async def _by_its_owner(self, change: PlannedChange) -> PlannedChange:
        """If the bucket policy cannot be read, another account may own the bucket: the bucket's ACL names the owner."""
        sides = {self._order.owner: self._owner, self._order.other: self._other}
        owner = ""
        for connection in sides:
            store = await self._services.store(connection)
            with suppress(ProblemError):
                owner = owner or (await store.settings.bucket_acl(change.ref.location.bucket)).owner.id
        entry = self._services.book().entries.get(owner)
        known = [each.account for each in sides.values() if owner and each.canonical_id == owner]
        account = known[0] if known else entry.account if entry else ""
        if not account or account == self._owner.account:
            return change
        note = _NOT_ITS_OWN.format(self._owner.label)
        return replace_struct(change, ref=replace_struct(change.ref, account=account), notes=[*change.notes, note])

    async def _parts(self, whom: Grantee) -> list[access_statements.DocumentStatements]:
        acls = await self._has_acls()
        match self._order.way:
            case GrantMethod.USER:
                return self._user(whom, acls)
            case GrantMethod.POLICY:
                return [*self._bucket(whom, acls), *self._keys(whom), *self._own(whom, acls)]
            case GrantMethod.ROLE:
                return self._role(whom, acls)

    def _user(self, whom: Grantee, acls: bool) -> list[access_statements.DocumentStatements]:
        if whom.document is None:
            raise ProblemError(self._not_by_user(f"xs3-tui cannot change the policies of {short(whom.arn)}", whom.why))
        if self._owner.account and whom.account != self._owner.account:
            cause = f"its ARN is {whom.arn}, and account {self._owner.account} owns the bucket"
            raise ProblemError(self._not_by_user(_NOT_ITS_OWN.format(self._other.label), cause))
        statements = access_statements.bucket_statements(self._order, whom.arn, whom.partition, acls=acls)
        ref = self._iam(whom.document, whom.name, self._owner, self._order.owner)
        return [(ref, [*statements, *self._key_statements(whom)]), *self._keys(whom)]

    def _not_by_user(self, title: str, cause: str) -> Problem:
        remedy = "choose an IAM user of the bucket's account, or another method: policy or role"
        return Problem(ProblemKind.INVALID, title, cause, remedy, identity=self._other.label)

    def _bucket(self, whom: Grantee, acls: bool) -> list[access_statements.DocumentStatements]:
        statements = [
            access_statements.for_principal(each, whom.principal, whom.conditions)
            for each in access_statements.bucket_statements(self._order, whom.arn, whom.partition, acls=acls)
        ]
        ref = DocumentRef(
            DocumentKind.BUCKET_POLICY,
            location=Location(self._order.location.bucket),
            account=self._owner.account,
            connection=self._order.owner,
        )
        return [(ref, statements)]

    def _keys(self, whom: Grantee) -> list[access_statements.DocumentStatements]:
        """The policies of the KMS keys, each in the key's account."""
        parts: list[access_statements.DocumentStatements] = []
        for statement in self._key_statements(whom):
            named = access_statements.for_principal({**statement, "Resource": "*"}, whom.principal, whom.conditions)
            for arn in self._order.kms_keys:
                account = (arn.split(":") + [""] * 5)[4]
                other_side = self._other_side if account == self._other.account else ""
                connection = self._order.owner if account == self._owner.account else other_side
                ref = DocumentRef(DocumentKind.KEY_POLICY, resource=arn, account=account, connection=connection)
                parts.append((ref, [named]))
        return parts

    def _own(self, whom: Grantee, acls: bool) -> list[access_statements.DocumentStatements]:
        """The identity's own policy: across accounts, both policies must allow the request.

        Within one account the bucket policy suffices, unless it names the account, which delegates to the policies of
        its identities (IAM user guide, "AWS JSON policy elements: Principal", AWS account principals).
        """
        inside = bool(whom.account) and whom.account == self._owner.account
        if inside and not whom.is_delegated:
            self._notes.append(_SAME_ACCOUNT.format(self._other.label))
            return []
        if whom.document is None:
            self._notes.append(_NO_PART.format(self._other.label, whom.why))
            return []
        statements = access_statements.bucket_statements(self._order, whom.arn, whom.partition, acls=acls, bare=True)
        applier, connection = self._applier, self._other_side
        if inside and not self._order.applier:
            applier, connection = self._owner, self._order.owner
        ref = self._iam(whom.document, whom.name, applier, connection)
        return [(ref, [*statements, *self._key_statements(whom)])]

    def _role(self, whom: Grantee, acls: bool) -> list[access_statements.DocumentStatements]:
        permissions = self._iam(DocumentKind.ROLE_POLICY, self.role_name, self._owner, self._order.owner)
        trust = replace_struct(permissions, kind=DocumentKind.ROLE_TRUST, name="")
        statements = access_statements.bucket_statements(self._order, whom.arn, whom.partition, acls=acls)
        parts = [
            (trust, [access_statements.trust_statement(self._order, whom.arn, whom.principal, whom.conditions)]),
            (permissions, [*statements, *self._key_statements(whom)]),
        ]
        if whom.document is None:
            self._notes.append(_NO_PART.format(self._other.label, whom.why))
        else:
            own = self._iam(whom.document, whom.name, self._applier, self._other_side)
            parts.append((own, [access_statements.assume_statement(self._order, whom.arn, self._role_arn(whom))]))
        return parts

    def _key_statements(self, whom: Grantee) -> list[access_statements.StatementJson]:
        statement = access_statements.key_statement(self._order, whom.arn)
        return [statement] if statement else []

    @property
    def role_name(self) -> str:
        name = self._order.role or f"{POLICY_NAME.format(self._order.location.bucket)}-{self._order.allow.value}"
        return name[:_LONGEST_ROLE]

    def _role_arn(self, whom: Grantee) -> str:
        if not self._owner.account:
            remedy = "a role needs IAM and STS: use the bucket policy instead (--way policy)"
            raise ProblemError(no_account(self._owner, remedy))
        return f"arn:{whom.partition}:iam::{self._owner.account}:role/{self.role_name}"

    @property
    def _other_side(self) -> str:
        return self._order.applier or self._order.other

    def _iam(self, kind: DocumentKind, resource: str, identity: Identity, connection: str) -> DocumentRef:
        name = POLICY_NAME.format(self._order.location.bucket)[:_LONGEST_NAME]
        return DocumentRef(kind, resource=resource, name=name, account=identity.account, connection=connection)

    async def _has_acls(self) -> bool:
        if self._order.allow not in (Allow.WRITE, Allow.READ_WRITE):
            return False
        store = await self._services.store(self._order.owner)
        try:
            setting = await store.settings.ownership(self._order.location.bucket)
        except ProblemError:
            self._notes.append("Object Ownership cannot be read: the plan allows s3:PutObjectAcl in case ACLs are on")
            return True
        return setting is not ObjectOwnership.BUCKET_OWNER_ENFORCED

    def _revoked(self, _statements: list[access_statements.StatementJson], whom: str) -> Edit:
        def edit(before: str | None) -> str | None:
            left = without_statements(before, access_statements.own_sids(self._order, whom))
            if left is None or left == before:
                return left
            return next((each for each in self._earlier if meaning(each) == meaning(left)), left)

        return edit


def profile_lines(order: GrantOrder, other: Identity, role: str) -> str:
    lines = [f"[profile {order.location.bucket}]", f"role_arn = {role}"]
    lines.append(f"source_profile = {other.spec.profile or 'default'}")
    if order.external_id:
        lines.append(f"external_id = {order.external_id}")
    if order.session_name and "*" not in order.session_name:
        lines.append(f"role_session_name = {order.session_name}")
    if order.mfa:
        lines.append("mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE")
    if other.region:
        lines.append(f"region = {other.region}")
    return "\n".join(lines) + "\n"


def short(arn: str) -> str:
    return arn.split(":", 5)[-1]


def no_account(identity: Identity, remedy: str) -> Problem:
    return _unknown(identity, f"the account number of {identity.label} is not known", remedy)


def _unknown(identity: Identity, title: str, remedy: str) -> Problem:
    cause = identity.problem.sentence() if identity.problem else "GetCallerIdentity did not return it"
    return Problem(ProblemKind.INVALID, title, cause, remedy, identity=identity.label)


# Names that other servers may match more widely than AWS: other wildcards, and invalid bucket names.
#
# AWS has ``*``, ``?`` and ``${…}`` alone, which `literal` escapes (IAM user guide, "Policy variables"). Ceph's gateway
# matches with `fnmatch`: ``[br]`` is one of two letters, a backslash escapes, and ``${*}`` is not supported.

_BUCKET = re.compile(r"[\w.:-]{1,255}", re.ASCII)
_WIDER = re.compile(r"[\[\]\\]")
_ESCAPED = re.compile(r"[*?$]")
_NOTE = "{} contains {}, which this server may read as a wildcard: check the result of the test"


def special_characters(order: GrantOrder, aws: bool) -> list[str]:
    """Notes on names that a server other than AWS may match differently.

    Raises `ProblemError` for names that would match more there, and for invalid bucket names.
    """
    if not _BUCKET.fullmatch(bucket := order.location.bucket):
        cause, remedy = "a policy could match other buckets by it", "name one bucket: s3://bucket/prefix/"
        raise ProblemError(Problem(ProblemKind.INVALID, f"{bucket} is not a bucket name", cause, remedy))
    names = [order.location.key, *(name for need in order.needs for name in (*need.keys, *need.prefixes))]
    if aws:
        return []
    for name in names:
        if found := _WIDER.search(name):
            title = f"this server cannot grant access to {name}"
            cause = f"it contains {found[0]}, which servers other than AWS may read as a wildcard for other names"
            remedy = "grant a prefix without [ ] \\, or copy the objects to one"
            raise ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))
    marked = [(name, found[0]) for name in names if (found := _ESCAPED.search(name))]
    return [_NOTE.format(name, mark) for name, mark in marked[:1]]


# The grantee: its principal in policies, and its own policy document.
#
# Rules: IAM user guide, "AWS JSON policy elements: Principal"; IAM Identity Center user guide, "Referencing permission
# sets in resource policies".

_RESERVED = "AWSReservedSSO_"


@dataclass(frozen=True, slots=True)
class Grantee:
    """An identity as policies name it.

    `conditions` are needed if `principal` names more than the identity. `document` is the kind of the identity's own
    inline policy, of the user or role `name`; None: it has none that can be changed, and `why` says why.
    """

    arn: str
    account: str
    partition: str
    principal: str
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    document: DocumentKind | None = None
    name: str = ""
    why: str = ""

    @property
    def is_delegated(self) -> bool:
        return self.principal != self.arn and self.principal.endswith(":root")


async def grantee_of(order: GrantOrder, identity: Identity, control_plane: ControlPlane) -> Grantee:
    """The identity that an order is for. Raises `ProblemError` if its ARN is unknown."""
    found = await _named(order, identity, control_plane)
    if not order.whole_account or not found.account:
        return found
    return replace(found, principal=f"arn:{found.partition}:iam::{found.account}:root", conditions={})


async def _named(order: GrantOrder, identity: Identity, control_plane: ControlPlane) -> Grantee:
    if order.principal:
        if not is_arn(order.principal):
            title = f"{order.principal} is not the ARN of one identity"
            cause = "an ARN has six parts and no wildcards, spaces or quotation marks"
            remedy = "write it like arn:aws:iam::111122223333:user/NAME"
            raise ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy))
        return _of_arn(order.principal)
    caller = caller_of(identity)
    if not caller.arn:
        remedy = "give the ARN: --principal arn:aws:iam::ACCOUNT:user/NAME"
        raise ProblemError(_unknown(identity, f"the ARN of {identity.label} is not known", remedy))
    session = _session_role(caller.arn)
    if not session:
        return _of_arn(caller.arn)
    if caller.principal_arn:
        return _of_role(caller.principal_arn, caller)
    if session.startswith(_RESERVED):
        return _of_permission_set(caller, session)
    return _of_role(await _role_arn(control_plane, order.applier or order.other, caller, session), caller)


async def _role_arn(control_plane: ControlPlane, connection: str, caller: Caller, role: str) -> str:
    """The role's ARN with its path, which is not in a session's ARN; without the path if the role cannot be read."""
    answer = None
    try:
        answer = await control_plane.read(
            connection, ControlPlaneService.IAM, "GetRole", absent=NOT_THERE, RoleName=role
        )
    except ProblemError as error:
        if error.problem.kind.meaning.unusable:
            raise
    return str(answer["Role"]["Arn"]) if answer else f"arn:{caller.partition}:iam::{caller.account}:role/{role}"


def _of_role(arn: str, caller: Caller) -> Grantee:
    name = arn.rsplit("/", 1)[-1]
    return Grantee(arn, caller.account, caller.partition, arn, document=DocumentKind.ROLE_POLICY, name=name)


def _of_permission_set(caller: Caller, role: str) -> Grantee:
    """A permission set's role has a path with a region, and IAM Identity Center manages its policies."""
    root = f"arn:{caller.partition}:iam::{caller.account}:root"
    pattern = f"arn:{caller.partition}:iam::{caller.account}:role/aws-reserved/sso.amazonaws.com/*{role}"
    why = "they come from a permission set: add the statements to it in IAM Identity Center"
    conditions = {"ArnLike": {"aws:PrincipalArn": pattern}}
    return Grantee(caller.arn, caller.account, caller.partition, root, conditions, why=why)


def _of_arn(arn: str) -> Grantee:
    fields = arn.split(":", 5)
    if len(fields) < 6 or fields[2] != "iam":
        return Grantee(arn, "", "aws", arn, why="xs3-tui cannot change them")
    kind, _, path = fields[5].partition("/")
    kinds, name = {"user": DocumentKind.USER_POLICY, "role": DocumentKind.ROLE_POLICY}, path.rsplit("/", 1)[-1]
    why = "" if kind in kinds else "a root user needs none"
    return Grantee(arn, fields[4], fields[1] or "aws", arn, document=kinds.get(kind), name=name, why=why)


def _session_role(arn: str) -> str:
    fields = arn.split(":", 5)
    tail = fields[5].split("/") if len(fields) > 5 and fields[2] == "sts" else []
    return tail[1] if len(tail) == 3 and tail[0] == "assumed-role" else ""


# The KMS keys that a grant needs, by the bucket's default encryption.
#
# Rules: Amazon S3 user guide, "Protecting data with server-side encryption with AWS KMS keys": S3 uses the key
# ``aws/s3`` if none is named, and nobody can change its policy.

SHARED_WITH_NOBODY = (
    "the bucket encrypts new objects with the AWS managed key aws/s3, which other accounts cannot use: choose a "
    "customer managed key for the bucket's default encryption"
)
_UNREAD = "the bucket's default encryption cannot be read: if it uses a KMS key, give the key's ARN"
_UNNAMED = "the ARN of the bucket's KMS key {} cannot be found: give the key's ARN"


async def keys_of(
    order: GrantOrder, store: Store, control_plane: ControlPlane, *, same_account: bool
) -> tuple[list[str], list[str]]:
    """The ARNs of the keys that an order needs, and notes on keys that were not found.

    Keys in the order are used unchanged. `same_account`: the grant is for the bucket's own account.
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
    return await _named_keys(order, default.key, control_plane)


async def _named_keys(order: GrantOrder, key: str, control_plane: ControlPlane) -> tuple[list[str], list[str]]:
    """The ARN of a key, by ID or alias: policies take only ARNs."""
    region, answer = key.split(":")[3] if key.startswith("arn:") else "", None
    with suppress(ProblemError):
        answer = await control_plane.read(order.owner, ControlPlaneService.KMS, "DescribeKey", region=region, KeyId=key)
    return ([str(answer["KeyMetadata"]["Arn"])], []) if answer else ([], [_UNNAMED.format(key)])
