"""Changes that create or extend the role of a job, and changes that undo this."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from tui.aws.control_plane import ControlPlaneService
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.identity import Identity
from tui.core.jobs import BATCH_SERVICE, JobAccess
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.documents.changing import DocumentChanger, Edit
from tui.documents.document import Services, with_statements, without_statements
from tui.documents.iam_documents import NOT_THERE
from tui.features.access.access_statements import (
    DocumentStatements,
    StatementJson,
    for_principal,
    one_or_list,
    statement,
)
from tui.features.access.plan_access import no_account
from tui.features.access.role_facts import with_facts
from tui.features.access.role_needs import JobNeed, needs_of, refusals
from tui.features.access.values import AccessPlan

POLICY_NAME = "xs3-tui-batch"
"""The name of our inline policy, one for all jobs of a role."""

_UNSEEN_ACCOUNT = "the owner of bucket {} is not known: the plan assumes that the role's account owns it"
_GUESSED_KEYS = (
    "the plan assumes that the objects of {} use the bucket's default encryption key: objects that use other keys fail"
)
_UNREAD_KEYS = "the KMS key of the objects of {} is not known ({}): the plan allows no key"
_UNREAD_ALIAS = "KMS key {} cannot be found ({}): the plan allows no key; give the key's ARN instead"
_SHARED_TRUST = "other jobs use the role too: its trust policy stays as it is"


class BatchRolePlanner:
    """Plans what a role needs for a job. `identities` apply it; the first one belongs to the job's account."""

    def __init__(
        self, job: JobAccess, identities: Sequence[Identity], services: Services, changes: DocumentChanger
    ) -> None:
        self._job, self._identities = job, list(identities)
        self._services, self._changes = services, changes

    async def grant(self) -> AccessPlan:
        """The changes that grant the permissions, the role first: other policies can only name an existing role.

        Also raises `ProblemError` for a job that cannot exist (`tui.features.access.role_needs`).
        """
        await self._find_out()
        if found := refusals(self._job):
            raise ProblemError(found[0])
        parts = self._parts()
        return self._plan([await self._change(ref, partial(with_statements, statements=new)) for ref, new in parts])

    async def revoke(self) -> AccessPlan:
        """The changes that revoke them, in reverse order. The role is deleted with its last statement."""
        await self._find_out()
        trust, permissions, *others = (ref for ref, _ in self._parts())
        taken = permission_sids(self._job)
        changes = [await self._change(ref, partial(without_statements, dropped=taken)) for ref in reversed(others)]
        own = await self._change(permissions, partial(without_statements, dropped=taken))
        last = own.after is None and not await self._has_other_policies()
        trusted = partial(without_statements, dropped=(TRUST_SID,) if last else ())
        changes += [own, await self._change(trust, trusted)]
        return self._plan(changes, [] if last else [_SHARED_TRUST])

    async def _find_out(self) -> None:
        self._job = await with_facts(self._job, self._services, self._identities)
        if not self._job.role_account:
            remedy = "S3 Batch Operations needs an AWS account: use an identity for which STS returns one"
            raise ProblemError(no_account(self._identities[0], remedy))

    def _plan(self, changes: list[PlannedChange], notes: Sequence[str] = ()) -> AccessPlan:
        job, places = self._job, self._job.places.values()
        unseen = [_UNSEEN_ACCOUNT.format(each.location.bucket) for each in places if not each.account]
        guessed = [_GUESSED_KEYS.format(job.source.location.bucket)] if job.source.kms_keys else []
        unread = [
            (_UNREAD_ALIAS if each.kms_key else _UNREAD_KEYS).format(each.kms_key or each.location.bucket, why)
            for each in places
            if (why := each.unread_key)
        ]
        notes = [*notes, *dict.fromkeys([*unseen, *guessed, *unread])]
        return AccessPlan(f"S3 Batch Operations as {job.role_name}", changes, job.role_arn, notes=notes)

    def _parts(self) -> list[DocumentStatements]:
        job, buckets, keys = self._job, foreign_buckets(self._job), foreign_keys(self._job)
        trust = self._ref(DocumentKind.ROLE_TRUST, job.role_account, resource=job.role_name)
        permissions = replace(trust, kind=DocumentKind.ROLE_POLICY, name=POLICY_NAME)
        parts = [(trust, [trust_statement(job)]), (permissions, role_statements(job))]
        for bucket, account in sorted(buckets.items()):
            ref = self._ref(DocumentKind.BUCKET_POLICY, account, location=Location(bucket))
            parts.append((ref, bucket_statements(job, bucket)))
        for key, account in sorted(keys.items()):
            parts.append((self._ref(DocumentKind.KEY_POLICY, account, resource=key), key_statements(job, key)))
        return parts

    def _ref(self, kind: DocumentKind, account: str, **named: Any) -> DocumentRef:
        return DocumentRef(kind, **named, account=account, connection=self._connection(account))

    def _connection(self, account: str) -> str:
        """The identity that reads and writes documents of an account; empty if none is connected."""
        return next((each.connection for each in self._identities if account and each.account == account), "")

    async def _change(self, ref: DocumentRef, edit: Edit) -> PlannedChange:
        identity = next((each for each in self._identities if each.connection == ref.connection), self._identities[0])
        return await self._changes.plan(ref, edit, identity)

    async def _has_other_policies(self) -> bool:
        """Whether the role has other inline policies, because of which IAM refuses to delete it; True if unknown."""
        owner = self._connection(self._job.role_account)
        try:
            answer = await self._services.control_plane.read(
                owner, ControlPlaneService.IAM, "ListRolePolicies", absent=NOT_THERE, RoleName=self._job.role_name
            )
        except ProblemError:
            return True
        return any(name != POLICY_NAME for name in (answer or {}).get("PolicyNames", []))


_PLACES = ("Source", "Target", "Manifest", "Report")
_LISTING = "s3:PutInventoryConfiguration"
_PARTS = ("Inventory", *_PLACES, *(f"{place}Keys" for place in _PLACES))
TRUST_SID = "Xs3BatchTrust"
"""The Sid of the trust statement, which all jobs of a role share."""


def trust_statement(job: JobAccess) -> StatementJson:
    """The service may assume the role, for jobs of the role's own account.

    The user guide's trust policy has no condition, and AWS does not document whether S3 names the job when it assumes
    the role. So the conditions that the IAM user guide recommends ("The confused deputy problem") end in ``IfExists``:
    they exclude other accounts' jobs if S3 names them, and no job fails if it does not. In any case, iam:PassRole keeps
    other accounts from passing this role to a job.
    """
    account = job.role_account
    return {
        "Sid": TRUST_SID,
        "Effect": "Allow",
        "Principal": {"Service": BATCH_SERVICE},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEqualsIfExists": {"aws:SourceAccount": account},
            "ArnLikeIfExists": {"aws:SourceArn": f"arn:{job.partition}:s3:*:{account}:job/*"},
        },
    }


def role_statements(job: JobAccess) -> list[StatementJson]:
    return _statements(job, needs_of(job))


def bucket_statements(job: JobAccess, bucket: str) -> list[StatementJson]:
    found = _statements(job, [need for need in needs_of(job) if need.bucket == bucket])
    return [for_principal(each, job.role_arn, {}) for each in found]


def key_statements(job: JobAccess, key: str) -> list[StatementJson]:
    found = _statements(job, [need for need in needs_of(job) if not need.bucket and need.resource == key])
    return [for_principal({**each, "Resource": "*"}, job.role_arn, {}) for each in found]


def foreign_buckets(job: JobAccess) -> dict[str, str]:
    return {each.bucket: each.owner for each in needs_of(job) if each.bucket and each.owner != job.role_account}


def foreign_keys(job: JobAccess) -> dict[str, str]:
    return {each.resource: each.owner for each in needs_of(job) if not each.bucket and each.owner != job.role_account}


def permission_sids(job: JobAccess) -> tuple[str, ...]:
    """All Sids that this job's permissions may have. A revocation removes these."""
    return tuple(f"{_stem(job)}{part}" for part in _PARTS)


def _statements(job: JobAccess, needs: Sequence[JobNeed]) -> list[StatementJson]:
    """One statement for each place, and one for the KMS keys of each place."""
    wanted: dict[str, list[JobNeed]] = {part: [] for part in _PARTS}
    for need in needs:
        place = need.place.capitalize() + ("" if need.bucket else "Keys")
        wanted["Inventory" if need.action == _LISTING else place].append(need)
    return [_statement(f"{_stem(job)}{part}", found) for part, found in wanted.items() if found]


def _statement(sid: str, needs: Sequence[JobNeed]) -> StatementJson:
    actions = list(dict.fromkeys(need.action for need in needs))
    resources = list(dict.fromkeys(need.resource for need in needs))
    return statement(sid, actions, one_or_list(resources), {})


def _stem(job: JobAccess) -> str:
    """Equal for jobs with equal needs and roles. Only letters and digits, as IAM requires for a Sid."""
    words = "\n".join((job.role_arn, *(f"{each.action} {each.resource}" for each in needs_of(job))))
    return f"Xs3Batch{hashlib.sha256(words.encode()).hexdigest()[:8]}"
