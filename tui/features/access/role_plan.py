"""The changes that make a role for a job, or let an existing one do what the job needs; and those that take it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import partial

from tui.aws.control_plane import ControlPlaneService
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.identity import Identity
from tui.core.jobs import BATCH_SERVICE, JobAccess
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.documents.changing import DocumentChanger, Edit
from tui.documents.document import Services, with_statements, without_statements
from tui.documents.iam_documents import NOT_THERE
from tui.features.access.access_statements import StatementJson
from tui.features.access.role_facts import with_facts
from tui.features.access.role_needs import JobNeed, needs_of, refusals
from tui.features.access.values import AccessPlan

POLICY_NAME = "xs3-tui-batch"
"""Of our inline policy, one for all jobs of a role."""

_UNSEEN_ACCOUNT = "whose account the bucket {} belongs to is not known: it is taken for one of the role's own"
_GUESSED_KEYS = (
    "the objects of {} are taken to be encrypted with the key of the bucket's default encryption: those with other "
    "keys will fail"
)
_UNREAD_KEYS = "which key the objects of {} are encrypted with is not known, and none is allowed: {}"
_UNREAD_ALIAS = "the key {} cannot be found, and none is allowed: {}: name the key by its ARN"
_SHARED_TRUST = "the role is used by other jobs, too: its trust in the service stays"

DocumentStatements = tuple[DocumentRef, list[StatementJson]]


class BatchRolePlanner:
    """Plans what a role needs for a job. `identities` apply it, the first one is of the job's account."""

    def __init__(
        self, job: JobAccess, identities: Sequence[Identity], services: Services, changes: DocumentChanger
    ) -> None:
        self._job, self._identities = job, list(identities)
        self._services, self._changes = services, changes

    async def grant(self) -> AccessPlan:
        """The changes that allow it: the role first, since other policies can name only what exists.

        Raises `ProblemError`, too, for a job that cannot be at all (`tui.features.access.role_needs`).
        """
        await self._find_out()
        if found := refusals(self._job):
            raise ProblemError(found[0])
        changes = [
            await self._change(ref, partial(with_statements, statements=statements))
            for ref, statements in self._parts()
        ]
        return self._plan(changes)

    async def revoke(self) -> AccessPlan:
        """The changes that take it back, in the opposite order: the role goes with its last statement."""
        await self._find_out()
        trust, permissions, *others = self._parts()
        taken = permission_sids(self._job)
        changes = [await self._change(ref, partial(_without, sids=taken)) for ref, _ in reversed(others)]
        own = await self._change(permissions[0], partial(_without, sids=taken))
        last = own.after is None and not await self._has_other_policies()
        changes += [own, await self._change(trust[0], partial(_without, sids=(TRUST_SID,) if last else ()))]
        return self._plan(changes, [] if last else [_SHARED_TRUST])

    async def _find_out(self) -> None:
        self._job = await with_facts(self._job, self._services, self._identities)
        if not self._job.role_account:
            raise ProblemError(_no_account(self._identities[0]))

    def _plan(self, changes: list[PlannedChange], notes: Sequence[str] = ()) -> AccessPlan:
        return AccessPlan(
            f"S3 Batch Operations as {self._job.role_name}", changes, self._job.role_arn, notes=[*notes, *self._notes()]
        )

    def _notes(self) -> list[str]:
        """What was assumed about the places."""
        job = self._job
        unseen = [_UNSEEN_ACCOUNT.format(each.location.bucket) for each in job.places.values() if not each.account]
        guessed = [_GUESSED_KEYS.format(job.source.location.bucket)] if job.source.kms_keys else []
        unread = [
            _UNREAD_ALIAS.format(each.kms_key, each.unread_key)
            if each.kms_key
            else _UNREAD_KEYS.format(each.location.bucket, each.unread_key)
            for each in job.places.values()
            if each.unread_key
        ]
        return list(dict.fromkeys([*unseen, *guessed, *unread]))

    def _parts(self) -> list[DocumentStatements]:
        """The documents, and what has to be in them."""
        job = self._job
        role, owner = job.role_name, self._connection(job.role_account)
        trust = DocumentRef(DocumentKind.ROLE_TRUST, resource=role, account=job.role_account, connection=owner)
        permissions = DocumentRef(
            DocumentKind.ROLE_POLICY, resource=role, name=POLICY_NAME, account=job.role_account, connection=owner
        )
        return [
            (trust, [trust_statement(job)]),
            (permissions, role_statements(job)),
            *(
                (self._bucket(each, account), bucket_statements(job, each))
                for each, account in _sorted(foreign_buckets(job))
            ),
            *((self._key(each, account), key_statements(job, each)) for each, account in _sorted(foreign_keys(job))),
        ]

    def _bucket(self, bucket: str, account: str) -> DocumentRef:
        return DocumentRef(
            DocumentKind.BUCKET_POLICY, location=Location(bucket), account=account, connection=self._connection(account)
        )

    def _key(self, key: str, account: str) -> DocumentRef:
        return DocumentRef(DocumentKind.KEY_POLICY, resource=key, account=account, connection=self._connection(account))

    def _connection(self, account: str) -> str:
        """The identity that reads and writes documents of an account; empty: none is connected."""
        return next((each.connection for each in self._identities if account and each.account == account), "")

    async def _change(self, ref: DocumentRef, edit: Edit) -> PlannedChange:
        identity = next((each for each in self._identities if each.connection == ref.connection), self._identities[0])
        return await self._changes.plan(ref, edit, identity)

    async def _has_other_policies(self) -> bool:
        """Whether the role has other inline policies than ours, which keep IAM from deleting it; yes if not known."""
        owner = self._connection(self._job.role_account)
        try:
            answer = await self._services.control_plane.read(
                owner, ControlPlaneService.IAM, "ListRolePolicies", absent=NOT_THERE, RoleName=self._job.role_name
            )
        except ProblemError:
            return True
        return any(name != POLICY_NAME for name in (answer or {}).get("PolicyNames", []))


def _sorted(owners: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(owners.items())


def _without(before: str | None, sids: Sequence[str]) -> str | None:
    return None if before is None else without_statements(before, sids)


def _no_account(identity: Identity) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"the account number of {identity.label} is not known",
        cause=identity.problem.sentence() if identity.problem else "GetCallerIdentity did not return it",
        remedy="a job is created in an account: use an identity of which STS returns it",
        identity=identity.label,
    )


# The statements of a role for jobs: trust in the service, permissions, and what other accounts let it do. Pure.

_PLACES = ("Source", "Target", "Manifest", "Report")
_LISTING = "s3:PutInventoryConfiguration"
_PARTS = ("Inventory", *_PLACES, *(f"{place}Keys" for place in _PLACES))
TRUST_SID = "Xs3BatchTrust"
"""Of the trust in the service, which all jobs of a role share."""


def trust_statement(job: JobAccess) -> StatementJson:
    """The service may assume the role, for jobs of the role's own account.

    The user guide's trust policy has no condition, and AWS documents nowhere that S3 names the job when it assumes the
    role. So the conditions that the IAM user guide recommends ("The confused deputy problem") end in ``IfExists``:
    they keep out jobs of others wherever S3 names them, and let no job fail where it does not. That nobody of another
    account can pass this role to a job is ensured by iam:PassRole in any case.
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
    """The permissions of the role: everything that the job needs."""
    return _statements(job, needs_of(job))


def bucket_statements(job: JobAccess, bucket: str) -> list[StatementJson]:
    """What the policy of a bucket of another account has to allow the role."""
    found = _statements(job, [need for need in needs_of(job) if need.bucket == bucket])
    return [_for_role(each, job) for each in found]


def key_statements(job: JobAccess, key: str) -> list[StatementJson]:
    """What the policy of a KMS key of another account has to allow the role."""
    found = _statements(job, [need for need in needs_of(job) if not need.bucket and need.resource == key])
    return [_for_role({**each, "Resource": "*"}, job) for each in found]


def foreign_buckets(job: JobAccess) -> dict[str, str]:
    """The buckets of other accounts than the role's, with their account numbers."""
    return {each.bucket: each.owner for each in needs_of(job) if each.bucket and each.owner != job.role_account}


def foreign_keys(job: JobAccess) -> dict[str, str]:
    """The KMS keys of other accounts than the role's, with their account numbers."""
    return {each.resource: each.owner for each in needs_of(job) if not each.bucket and each.owner != job.role_account}


def permission_sids(job: JobAccess) -> tuple[str, ...]:
    """All Sids that the permissions of this job may have: what is removed when they are taken back."""
    return tuple(f"{_stem(job)}{part}" for part in _PARTS)


def _statements(job: JobAccess, needs: Sequence[JobNeed]) -> list[StatementJson]:
    """One statement for each place, and one for the keys of each."""
    found: list[StatementJson] = []
    for part in _PARTS:
        wanted = [need for need in needs if _part(need) == part]
        if wanted:
            found.append(_statement(f"{_stem(job)}{part}", wanted))
    return found


def _part(need: JobNeed) -> str:
    if need.action == _LISTING:
        return "Inventory"
    return need.place.capitalize() + ("" if need.bucket else "Keys")


def _statement(sid: str, needs: Sequence[JobNeed]) -> StatementJson:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": _one_or_list(need.action for need in needs),
        "Resource": _one_or_list(need.resource for need in needs),
    }


def _one_or_list(values: Iterable[str]) -> str | list[str]:
    found = list(dict.fromkeys(values))
    return found if len(found) > 1 else found[0]


def _for_role(statement: StatementJson, job: JobAccess) -> StatementJson:
    made: StatementJson = {"Sid": statement["Sid"], "Effect": "Allow", "Principal": {"AWS": job.role_arn}}
    return made | statement


def _stem(job: JobAccess) -> str:
    """Equal for jobs that need the same of the same role: letters and digits alone, as IAM takes a Sid."""
    words = "\n".join((job.role_arn, *(f"{each.action} {each.resource}" for each in needs_of(job))))
    return f"Xs3Batch{hashlib.sha256(words.encode()).hexdigest()[:8]}"
