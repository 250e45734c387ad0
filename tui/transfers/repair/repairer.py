"""The repair of one object: what it is, its grant, its copy onto itself, and what it is then.

Nothing is changed before it was written down (`rollback`). The copy is pinned to the ETag that was seen, as its source
and as what it replaces, and has all of the object's attributes or is not made.
"""

from __future__ import annotations

import dataclasses
import time

from msgspec.structs import replace

from tui.model.facts import Grant
from tui.model.ownership import Half
from tui.model.plan import CopyOptions, Route
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import ObjectResult, Outcome, Verification
from tui.stores.base import Store
from tui.stores.values import Acl, ObjectHead, Source
from tui.transfers.copy.attempt import CopyAttempt
from tui.transfers.copy.delivery import Delivery
from tui.transfers.copy.part_sizes import Sizing, server_side_sizing
from tui.transfers.limits.shared import SharedLimits
from tui.transfers.order.archived import archived
from tui.transfers.order.attributes import Learned, attributes_of
from tui.transfers.order.ownership import BUCKET_OWNER_FULL_CONTROL, FULL_CONTROL
from tui.transfers.order.selection import Picked
from tui.transfers.order.sides import Way
from tui.transfers.repair.commands import commands
from tui.transfers.repair.look import Looked, look, tags_of
from tui.transfers.repair.parties import ARCHIVED, OWN, Parties
from tui.transfers.repair.read_back import content, differences, differs
from tui.transfers.repair.rollback import Rollback, Was

LOCKED = "locked ({}): its new version would be without the lock"
ANNOTATED = "its annotations would be lost: it is larger than one CopyObject takes"
DONE_BEFORE = "it was repaired before the transfer was interrupted"
ANOTHER = "the bucket's owner owns it, and it is another object than before"
ACL_UNREAD = "its grants could not be read: those to others, if any, are gone"
GRANTED = "the grant was read back"
REPAIRED_GRANTS = "the grants to others were kept"


class Repairer:
    """Repairs the objects of one transfer, any number side by side."""

    def __init__(self, transfer: str, parties: Parties, rollback: Rollback, shared: SharedLimits) -> None:
        """Raises `ProblemError` for a size outside S3's limits."""
        self._transfer, self._parties, self._rollback, self._shared = transfer, parties, rollback, shared
        self._learned = Learned(exact=True)
        chosen = parties.order.multipart_threshold
        self._sizing = server_side_sizing(CopyOptions(multipart_threshold=chosen))

    async def deliver(self, picked: Picked, delivery: Delivery, *, again: bool = False) -> ObjectResult:
        """Repair one object; raise `ProblemError` if it cannot be.

        `again`: it may have been repaired before an interruption that kept its result from being written down.
        """
        began, delivery.key = time.time(), picked.key
        if not picked.owner or self._parties.order.inventory:
            picked = await look(self._parties, picked)
        before = await self._rollback.recorded(picked.key) if again else None
        if before and self._parties.owns(picked.owner):
            return await self._done_before(picked, before, delivery, began)
        if why := self._parties.why_not(picked):
            return self._skipped(picked, why, delivery, began)
        looked = await Looked.at(self._parties, picked, before)
        if why := self._left(looked):
            return self._skipped(picked, why, delivery, began)
        if before is None:
            await self._rollback.record(looked.was)
        if self._parties.uploader:
            await self._grant(self._parties.uploader, looked, delivery)
        if self._parties.owner is None:
            return await self._granted(looked, delivery, began)
        return await self._repaired(self._parties.owner, looked, delivery, began)

    def _left(self, looked: Looked) -> str:
        """Why an object that was looked at stays as it is."""
        if looked.acl and self._parties.owns(looked.acl.owner.id):
            return OWN
        if self._parties.owner is None or looked.head is None:
            return ""
        return left(looked.head)

    async def _grant(self, uploader: Store, looked: Looked, delivery: Delivery) -> None:
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

    async def _granted(self, looked: Looked, delivery: Delivery, began: float) -> ObjectResult:
        acl: Acl | None = None
        if self._parties.uploader and looked.acl:
            acl = await self._parties.uploader.object_acl(self._parties.name, looked.key)
        delivery.add(looked.picked.size or 0)
        result = self._result(looked.picked, Outcome.GRANTED, delivery, began)
        return replace(result, owner=acl.owner, evidence=GRANTED) if acl else result

    async def _repaired(self, owner: Store, looked: Looked, delivery: Delivery, began: float) -> ObjectResult:
        head, tags = await self._seen(owner, looked)
        if problem := await archived(owner, self._parties.name, looked.key, head):
            return self._skipped(looked.picked, problem.title, delivery, began)
        if why := left(head):
            return self._skipped(looked.picked, why, delivery, began)
        sizing = await self._fitting(owner, looked.key, head)
        if sizing is None:
            return self._skipped(looked.picked, ANNOTATED, delivery, began)
        if looked.head is None:
            await self._rollback.record(replace(looked.was, head=head, tags=tags))
        delivery.replaces = head.etag
        source = Source(self._parties.name, looked.key, head.etag)
        attempt = CopyAttempt(self._way(owner), source, head, delivery, self._shared)
        grants = await self._grants(owner, looked, delivery)
        attributes = replace(
            attributes_of(head, tags, "", grants=grants), encryption=head.encryption, kms_key=head.kms_key
        )
        await attempt.run(attributes, sizing, self._learned, foreign=False)
        return await self._compared(owner, looked.picked, head, tags, delivery, began)

    async def _seen(self, owner: Store, looked: Looked) -> tuple[ObjectHead, list[tuple[str, str]]]:
        """The object as the bucket's owner sees it; raise `ProblemError` if it is another one, or its tags are not
        known: they would be lost."""
        try:
            head = await owner.head(self._parties.name, looked.key)
        except ProblemError as error:
            raise ProblemError(self._not_granted(error.problem, looked.picked)) from error
        if looked.head and looked.head.etag != head.etag:
            raise ProblemError(_changed(self._parties.uri(looked.key), owner.label))
        readers = [owner, *([self._parties.uploader] if self._parties.uploader else [])]
        return head, await tags_of(readers, self._parties.name, looked.key)

    def _not_granted(self, problem: Problem, picked: Picked) -> Problem:
        """A denial says what the uploader has to do first, where nobody here has done it."""
        if problem.kind is not ProblemKind.DENIED or self._parties.uploader:
            return problem
        first = commands(Half.GRANT, self._parties, [picked], 1)[0]
        return replace(problem, remedy=f"its owner has to grant access first: {first}")

    async def _fitting(self, owner: Store, key: str, head: ObjectHead) -> Sizing | None:
        """The sizing that gives the copy the object's parts, and so its ETag; None where annotations would be lost.

        CopyObject alone takes annotations along.
        """
        large = self._sizing.in_parts(head.size)
        follows = head.parts > 1 and self._sizing.follow is not None
        cut = dataclasses.replace(self._sizing, follow=0) if follows else self._sizing
        if not large and not follows:
            return self._sizing
        if not await owner.annotations(self._parties.name, key):
            return cut
        return None if large else self._sizing

    async def _grants(self, owner: Store, looked: Looked, delivery: Delivery) -> list[Grant]:
        """The grants of the copy, if others than the two accounts have any; else the owner alone has all rights."""
        acl = looked.acl or await owner.object_acl(self._parties.name, looked.key)
        others, mine = replace(looked, acl=acl).others(self._parties.bucket_owner), self._parties.bucket_owner
        if not others or mine is None:
            return []
        delivery.note(REPAIRED_GRANTS)
        return [Grant(mine, FULL_CONTROL), *others]

    async def _compared(
        self,
        owner: Store,
        picked: Picked,
        before: ObjectHead,
        tags: list[tuple[str, str]],
        delivery: Delivery,
        began: float,
        outcome: Outcome = Outcome.REPAIRED,
    ) -> ObjectResult:
        bucket, uri = self._parties.name, self._parties.uri(picked.key)
        after = await owner.head(bucket, picked.key)
        acl = await owner.object_acl(bucket, picked.key)
        tags_after = await owner.tags(bucket, picked.key)
        found = differences(before, tags, after, tags_after, acl, self._parties.bucket_owner)
        compared = content(before, after)
        problem = differs(found, compared, uri)
        return replace(
            self._result(picked, Outcome.FAILED if problem else outcome, delivery, began),
            route=Route.PULL,
            verification=Verification.DIFFERS if problem else compared.verification,
            evidence=compared.evidence,
            owner=acl.owner,
            problem=problem,
            version=before.version,
            etag=after.etag,
            checksum=after.full_object_crc.text if after.full_object_crc else "",
        )

    async def _done_before(self, picked: Picked, was: Was, delivery: Delivery, began: float) -> ObjectResult:
        """An object that belongs to the bucket's owner by now: by this transfer, if it is the one that was recorded."""
        owner = self._parties.owner
        if owner is None or was.head is None:
            return self._skipped(picked, OWN, delivery, began)
        after = await owner.head(self._parties.name, picked.key)
        if content(was.head, after).verification is Verification.DIFFERS:
            return self._skipped(picked, ANOTHER, delivery, began)
        delivery.note(DONE_BEFORE)
        delivery.withdraw()
        delivery.found(after.size)
        tags = was.tags if was.tags is not None else await owner.tags(self._parties.name, picked.key)
        return await self._compared(owner, picked, was.head, tags, delivery, began)

    def _way(self, owner: Store) -> Way:
        order = self._parties.order
        return Way(Route.PULL, owner, owner, self._parties.bucket_owner, order.selection.connection)

    def _skipped(self, picked: Picked, why: str, delivery: Delivery, began: float) -> ObjectResult:
        delivery.note(f"skipped: {why}")
        return self._result(picked, Outcome.SKIPPED, delivery, began)

    def _result(self, picked: Picked, outcome: Outcome, delivery: Delivery, began: float) -> ObjectResult:
        return ObjectResult(
            transfer=self._transfer,
            source=self._parties.uri(picked.key),
            target="",
            outcome=outcome,
            size=picked.size or 0,
            notes=delivery.notes,
            began=began,
            ended=time.time(),
        )


def left(head: ObjectHead) -> str:
    """Why an object with this head is not copied onto itself, as a clause; empty if it is."""
    if head.archived and head.size:
        return ARCHIVED.format(head.archived)
    return LOCKED.format(head.lock.words) if head.lock else ""


def _changed(uri: str, label: str) -> Problem:
    return Problem(
        kind=ProblemKind.CHANGED,
        title=f"{uri} has changed",
        cause="its ETag is another one than a moment ago",
        remedy="repair it again",
        operation="HeadObject",
        resource=uri,
        identity=label,
    )
