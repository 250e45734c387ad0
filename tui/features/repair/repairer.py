"""The repair of one object: it is recorded (`rollback`), granted, copied onto itself, and compared with the record."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tui.core.facts import Grant, Half
from tui.core.identity import Owner
from tui.core.orders import CopyOptions, CopyRoute
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, VerificationOutcome
from tui.features.repair.object_before import RepairCandidate, acl_as_owner, look, tags_of
from tui.features.repair.repair_forecast import commands
from tui.features.repair.repair_parties import ARCHIVED, OWN, Parties
from tui.features.repair.rollback import ObjectBefore, Rollback
from tui.stores.base import Store
from tui.stores.store_values import Acl, CopySource, ObjectAttributes, ObjectHead, WriteCondition
from tui.transfers.attributes import TargetRefusals, archived, attributes_of
from tui.transfers.bucket_owner import BUCKET_OWNER_FULL_CONTROL, FULL_CONTROL
from tui.transfers.copy.attempt import CopyAttempt
from tui.transfers.copy.checksums import VerificationResult, compare
from tui.transfers.copy.delivery import Delivery, SourceSnapshot
from tui.transfers.copy.parts import Sizing, server_side_sizing
from tui.transfers.limits import SharedLimits
from tui.transfers.selection import SelectedObject
from tui.transfers.sides import ResolvedRoute
from tui.transfers.tasks import together

ANNOTATED = "its annotations would be lost: it is too large for one CopyObject"
DONE_BEFORE = "it was repaired before the transfer was interrupted"
MADE_AGAIN = "copied again: the copy before the interruption was not complete"
ANOTHER = "the bucket owner owns it, but it is another object than before"
ACL_UNREAD = "its grants could not be read: grants to others, if any, are lost"
GRANTED = "the grant was read back"
KEPT_GRANTS = "grants to others were kept"

_OWNER_MAY_DIFFER = (ProblemKind.DENIED, ProblemKind.CHANGED, ProblemKind.EXISTS)
"""After these the bucket owner may own the object: S3 may have carried out a request of an engine that was killed."""


class Repairer:
    """Repairs the objects of one transfer, any number side by side."""

    def __init__(self, transfer: str, parties: Parties, rollback: Rollback, shared: SharedLimits) -> None:
        """Raises `ProblemError` for a size outside S3's limits."""
        self._transfer, self._parties, self._rollback = transfer, parties, rollback
        self._copier = InPlaceCopier(parties, parties.owner, shared) if parties.owner else None

    async def deliver(self, picked: SelectedObject, delivery: Delivery, *, again: bool = False) -> ObjectResult:
        """Repair one object; raise `ProblemError` if it cannot be.

        `again`: it may have been repaired before an interruption that kept its result from being written down.
        """
        began, delivery.key = time.time(), picked.key
        return replace(await self._outcome(picked, delivery, again=again), began=began, ended=time.time())

    async def _outcome(self, picked: SelectedObject, delivery: Delivery, *, again: bool) -> ObjectResult:
        if not picked.owner or self._parties.order.inventory:
            picked = await look(self._parties, picked)
        before = await self._rollback.recorded(picked.key) if again else None
        if before and self._parties.owns(picked.owner):
            return await self._done_before(picked, before, delivery)
        if why := self._parties.why_not(picked):
            return self._skipped(picked, why, delivery)
        try:
            return await self._deliver(picked, before, delivery)
        except ProblemError as error:
            if before is None or error.problem.kind not in _OWNER_MAY_DIFFER:
                raise
            acl = await acl_as_owner(self._parties, picked.key)
            if acl is None or not self._parties.owns(acl.owner.id):
                raise
        return await self._done_before(picked, before, delivery)

    async def _deliver(self, picked: SelectedObject, before: ObjectBefore | None, delivery: Delivery) -> ObjectResult:
        looked = await RepairCandidate.at(self._parties, picked, before)
        if why := self._left(looked):
            return self._skipped(picked, why, delivery)
        if before is None:
            await self._rollback.record(looked.was)
        if self._parties.uploader:
            await self._grant(self._parties.uploader, looked, delivery)
        if self._copier is None or self._parties.owner is None:
            return await self._granted(looked, delivery)
        return await self._repaired(self._copier, self._parties.owner, looked, delivery)

    def _left(self, looked: RepairCandidate) -> str:
        if looked.acl and self._parties.owns(looked.acl.owner.id):
            return OWN
        return left(looked.head) if self._parties.owner and looked.head else ""

    async def _grant(self, uploader: Store, looked: RepairCandidate, delivery: Delivery) -> None:
        """Give the bucket's owner full control. A canned ACL replaces all grants: where others have any, they stay."""
        acl, bucket = looked.acl, self._parties.name
        if acl is None:
            delivery.note(ACL_UNREAD)
        elif any(self._parties.owns(each.grantee.id) and each.permission == FULL_CONTROL for each in acl.grants):
            return
        others, owner = looked.others(self._parties.bucket_owner), self._parties.bucket_owner
        if acl and others and owner:
            acl = Acl(acl.owner, [*acl.grants, Grant(owner, FULL_CONTROL)])
            await uploader.put_object_acl(bucket, looked.key, acl=acl)
            return
        await uploader.put_object_acl(bucket, looked.key, canned=BUCKET_OWNER_FULL_CONTROL)
        if acl and others:  # now its ACL names the bucket's owner
            acl = await uploader.object_acl(bucket, looked.key)
            await uploader.put_object_acl(bucket, looked.key, acl=Acl(acl.owner, [*acl.grants, *others]))

    async def _granted(self, looked: RepairCandidate, delivery: Delivery) -> ObjectResult:
        acl: Acl | None = None
        if self._parties.uploader and looked.acl:
            acl = await self._parties.uploader.object_acl(self._parties.name, looked.key)
        delivery.add(looked.picked.size or 0)
        result = self._result(looked.picked, Outcome.GRANTED, delivery)
        return replace(result, owner=acl.owner, evidence=GRANTED) if acl else result

    async def _repaired(
        self, copier: InPlaceCopier, owner: Store, looked: RepairCandidate, delivery: Delivery
    ) -> ObjectResult:
        head, tags = await self._seen(owner, looked)
        closed = await archived(owner, self._parties.name, looked.key, head)
        if why := closed.title if closed else left(head):
            return self._skipped(looked.picked, why, delivery)
        sizing = await copier.sizing(looked.key, head)
        if sizing is None:
            return self._skipped(looked.picked, ANNOTATED, delivery)
        if looked.was.head is None or looked.was.tags is None:
            await self._rollback.record(replace(looked.was, head=head, tags=tags))
        acl = looked.acl or await owner.object_acl(self._parties.name, looked.key)
        kept = PreservedAttributes(head, tags, self._grants(replace(looked, acl=acl), delivery))
        await copier.copy(looked.key, head, kept, sizing, delivery)
        return self._compared(looked.picked, kept, await copier.read_back(looked.key), delivery)

    async def _seen(self, owner: Store, looked: RepairCandidate) -> tuple[ObjectHead, list[tuple[str, str]]]:
        """The object as the bucket's owner sees it, and its tags, which a copy without them would lose.

        Raises `ProblemError` where they are not known, or it is another object by now.
        """
        try:
            head = await owner.head(self._parties.name, looked.key)
        except ProblemError as error:
            raise ProblemError(self._not_granted(error.problem, looked.picked)) from error
        if looked.head and looked.head.etag != head.etag:
            uri = self._parties.uri(looked.key)
            texts = f"{uri} has changed", "its ETag is another one than a moment ago", "repair it again", "HeadObject"
            raise ProblemError(Problem(ProblemKind.CHANGED, *texts, resource=uri, identity=owner.label))
        readers = [owner, *([self._parties.uploader] if self._parties.uploader else [])]
        return head, await tags_of(readers, self._parties.name, looked.key)

    def _not_granted(self, problem: Problem, picked: SelectedObject) -> Problem:
        """A denial says what the uploader has to do first, unless it was done here."""
        if problem.kind is not ProblemKind.DENIED or self._parties.uploader:
            return problem
        first = commands(Half.GRANT, self._parties, [picked], 1)[0]
        return replace(problem, remedy=f"its owner has to grant access first: {first}")

    def _grants(self, looked: RepairCandidate, delivery: Delivery) -> Sequence[Grant]:
        """The grants of the copy, if others than the two accounts have any; else the owner alone has all rights."""
        others, mine = looked.others(self._parties.bucket_owner), self._parties.bucket_owner
        if not others or mine is None:
            return ()
        delivery.note(KEPT_GRANTS)
        return [Grant(mine, FULL_CONTROL), *others]

    def _compared(
        self, picked: SelectedObject, kept: PreservedAttributes, there: ReadBack, delivery: Delivery
    ) -> ObjectResult:
        found = differences(kept.head, kept.tags, there.head, there.tags, there.acl, self._parties.bucket_owner)
        compared, crc = content(kept.head, there.head), there.head.full_object_crc
        problem = differs(found, compared, self._parties.uri(picked.key))
        return replace(
            self._result(picked, Outcome.FAILED if problem else Outcome.REPAIRED, delivery),
            route=CopyRoute.PULL,
            verification=VerificationOutcome.DIFFERS if problem else compared.verification,
            evidence=compared.evidence,
            owner=there.acl.owner,
            problem=problem,
            version=kept.head.version,
            etag=there.head.etag,
            checksum=crc.text if crc else "",
        )

    async def _done_before(self, picked: SelectedObject, was: ObjectBefore, delivery: Delivery) -> ObjectResult:
        """The bucket owner owns the object by now: through this transfer, if it is the recorded one.

        An incomplete copy is made again: a server other than AWS's sets the tags of a copy by a later request.
        """
        copier = self._copier
        if copier is None or was.head is None or was.tags is None:
            return self._skipped(picked, OWN, delivery)
        there = await copier.read_back(picked.key)
        if content(was.head, there.head).verification is VerificationOutcome.DIFFERS:
            return self._skipped(picked, ANOTHER, delivery)
        grants = self._grants(RepairCandidate(picked, was, was.acl, was.head), delivery)
        kept = PreservedAttributes(was.head, was.tags, grants)
        result = self._compared(picked, kept, there, delivery)
        if result.problem is None:
            delivery.note(DONE_BEFORE)
            delivery.withdraw()
            delivery.found(there.head.size)
            return result
        sizing = await copier.sizing(picked.key, there.head)
        if sizing is None:
            return self._skipped(picked, ANNOTATED, delivery)
        delivery.note(MADE_AGAIN)
        await copier.copy(picked.key, there.head, kept, sizing, delivery)
        return self._compared(picked, kept, await copier.read_back(picked.key), delivery)

    def _skipped(self, picked: SelectedObject, why: str, delivery: Delivery) -> ObjectResult:
        delivery.note(f"skipped: {why}")
        return self._result(picked, Outcome.SKIPPED, delivery)

    def _result(self, picked: SelectedObject, outcome: Outcome, delivery: Delivery) -> ObjectResult:
        uri, size = self._parties.uri(picked.key), picked.size or 0
        return ObjectResult(self._transfer, uri, "", outcome, size, notes=delivery.notes)


LOCKED = "locked ({}): its new version would be without the lock"


class PreservedAttributes(Struct, frozen=True):
    """The attributes and grants that the copy must have; no grants: those of an object without an ACL."""

    head: ObjectHead
    tags: Sequence[tuple[str, str]]
    grants: Sequence[Grant] = ()

    @property
    def attributes(self) -> ObjectAttributes:
        head = self.head
        return replace(
            attributes_of(head, list(self.tags), "", grants=self.grants),
            encryption=head.encryption,
            kms_key=head.kms_key,
            bucket_key=head.bucket_key,
        )


class ReadBack(Struct, frozen=True):
    """An object as the bucket's owner sees it."""

    head: ObjectHead
    acl: Acl
    tags: list[tuple[str, str]]


class InPlaceCopier:
    """Copies objects onto themselves as the bucket's owner."""

    def __init__(self, parties: Parties, owner: Store, shared: SharedLimits) -> None:
        """Raises `ProblemError` for a size outside S3's limits."""
        self._bucket, self._owner, self._shared = parties.name, owner, shared
        connection = parties.order.selection.connection
        self._way = ResolvedRoute(CopyRoute.PULL, owner, owner, parties.bucket_owner, connection)
        self._learned = TargetRefusals(exact=True)
        self._whole = server_side_sizing(CopyOptions(multipart_threshold=parties.order.multipart_threshold))

    async def sizing(self, key: str, head: ObjectHead) -> Sizing | None:
        """The sizing that gives the copy the object's parts, and so its ETag; None where annotations would be lost.

        CopyObject alone takes annotations along.
        """
        large = self._whole.in_parts(head.size)
        follows = head.parts > 1 and self._whole.follow is not None
        if not large and not follows:
            return self._whole
        if not await self._owner.annotations(self._bucket, key):
            return dataclasses.replace(self._whole, follow=0) if follows else self._whole
        return None if large else self._whole

    async def copy(
        self, key: str, there: ObjectHead, kept: PreservedAttributes, sizing: Sizing, delivery: Delivery
    ) -> None:
        """Copy the object that is there, if it is still that one. Raises `ProblemError`."""
        delivery.when = WriteCondition(replaces=there.etag)
        source = CopySource(self._bucket, key, there.etag)
        try:
            await self._attempt(source, there, delivery, kept, sizing)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.UNSUPPORTED or sizing is self._whole:
                raise  # else the server cannot copy it in the parts it has, but perhaps at once
            await self._attempt(source, there, delivery, kept, self._whole)

    async def _attempt(
        self, source: CopySource, there: ObjectHead, delivery: Delivery, kept: PreservedAttributes, sizing: Sizing
    ) -> None:
        attempt = CopyAttempt(self._way, source, SourceSnapshot(source.key, there, [], ()), delivery, self._shared)
        await attempt.run(kept.attributes, sizing, self._learned, foreign=False)

    async def read_back(self, key: str) -> ReadBack:
        """The object as it is now. Raises `ProblemError`."""
        owner, bucket = self._owner, self._bucket
        (head, acl), tags = await together(
            together(owner.head(bucket, key), owner.object_acl(bucket, key)), owner.tags(bucket, key)
        )
        return ReadBack(head, acl, tags)


def left(head: ObjectHead) -> str:
    """Why an object with this head is not copied onto itself, as a clause; empty if it is."""
    if head.archived and head.size:
        return ARCHIVED.format(head.archived)
    return LOCKED.format(head.lock.words) if head.lock else ""


READ_BACK = "owner, type, headers, metadata, tags and class read back"


def differences(
    before: ObjectHead,
    tags: Sequence[tuple[str, str]],
    after: ObjectHead,
    tags_after: Sequence[tuple[str, str]],
    acl: Acl,
    bucket_owner: Owner | None,
) -> list[str]:
    """Each difference as a clause, and the owner if it is not the bucket's."""
    found = []
    if bucket_owner is None or acl.owner.id != bucket_owner.id:
        found.append(f"owner {acl.owner.id}")
    found += _changed_since("header", before.headers, after.headers)
    found += _changed_since("metadata", before.metadata, after.metadata)
    found += _changed_since("tag", dict(tags), dict(tags_after))
    if after.storage_class != before.storage_class:
        found.append(f"class {after.storage_class} instead of {before.storage_class}")
    if before.encryption and _encryption(before) != _encryption(after):
        found.append(f"encryption {_encryption(after)} instead of {_encryption(before)}")
    return found


def _encryption(head: ObjectHead) -> str:
    parts = (head.encryption, head.kms_key, "with a Bucket Key" if head.bucket_key else "")
    return " ".join(filter(None, parts)) or "none"


def content(before: ObjectHead, after: ObjectHead) -> VerificationResult:
    """The verdict on the content, with what else was read back as evidence."""
    compared = compare(before, after)
    return VerificationResult(compared.verification, f"{compared.evidence}; {READ_BACK}")


def differs(found: Sequence[str], compared: VerificationResult, uri: str) -> Problem | None:
    """The problem of an object that differs from its record; None: it does not."""
    wrong = [*found, *([compared.evidence] if compared.verification is VerificationOutcome.DIFFERS else [])]
    title, remedy = "the repaired object differs from before", "compare it with its line in the rollback list"
    return Problem(ProblemKind.MISMATCH, title, "; ".join(wrong), remedy, resource=uri) if wrong else None


def _changed_since(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return [f"{what} {name}: {after.get(name, 'none')!r} instead of {before.get(name, 'none')!r}" for name in names]
