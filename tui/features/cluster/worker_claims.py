"""Checks workers' statements about objects and uploads: they must fit the order and the worker's ranges."""

from __future__ import annotations

import msgspec

from tui.core.location import Location
from tui.core.naming import MAX_OBJECT_SIZE, MAX_PARTS
from tui.core.orders import CopyOrder
from tui.core.problem import ProblemError
from tui.core.transfer import ObjectResult, Outcome
from tui.features.cluster import worker_messages
from tui.features.cluster.scheduler_connection import FalseReport
from tui.features.cluster.worker_contact import Contact
from tui.transfers.journal import UploadRecord
from tui.transfers.journal.records import unpack_key, unpack_result
from tui.transfers.selection import lone_keys, outermost
from tui.transfers.target_keys import target_key

_OUTCOMES = (Outcome.COPIED, Outcome.SKIPPED, Outcome.UNDECIDED, Outcome.FAILED, Outcome.CANCELLED)
_MOST_BYTES = 1 << 53
_MOST_ASKED = 2_000


class Claims:
    """Checks the statements of one transfer's workers; a wrong one raises `FalseReport`."""

    def __init__(self, order: CopyOrder, transfer: str) -> None:
        self._order, self._transfer = order, transfer
        self.connections = (order.selection.connection, order.destination.connection)
        self._keys, self._prefixes = frozenset(lone_keys(order.selection)), outermost(order.selection.prefixes)

    def of_object(
        self, contact: Contact, each: worker_messages.PackedResult | worker_messages.Corrected
    ) -> tuple[str, ObjectResult]:
        """Key and result of an object: it must belong to the order, and have the key of its copy."""
        key = unpack_key(each.key)
        if not self._ordered(each.section, key):
            raise FalseReport(contact.name, f"{key!r} is not an object of this transfer")
        try:
            result = unpack_result(each.packed)
        except msgspec.MsgspecError as error:
            raise FalseReport(contact.name, f"its result for {key!r} cannot be read") from error
        source = Location(self._order.selection.base.bucket, key).uri
        targets = ("", self._target_uri(key)) if result.outcome is not Outcome.COPIED else (self._target_uri(key),)
        sizes = result.size is None or 0 <= result.size <= MAX_OBJECT_SIZE
        same = (result.transfer, result.source) == (self._transfer, source) and result.target in targets
        if not (same and sizes and result.outcome in _OUTCOMES and result.retries >= 0):
            raise FalseReport(contact.name, f"its result for {key!r} is one of another object, or of other work")
        return key, result

    def of_range(
        self,
        contact: Contact,
        each: worker_messages.PackedResult | worker_messages.Corrected | worker_messages.Finished,
    ) -> None:
        """Only for ranges that it has; corrections also for ranges that it had."""
        keys = each.keys if isinstance(each, worker_messages.Finished) else [unpack_key(each.key)]
        own = contact.had if isinstance(each, worker_messages.Corrected) else contact.has
        if len(keys) > _MOST_ASKED or not all(own(each.section, key) for key in keys):
            raise FalseReport(contact.name, f"it speaks of {keys[0]!r}, which is in none of its ranges")

    def of_end(self, contact: Contact, left: worker_messages.Left | worker_messages.Shortened) -> None:
        """Only for its own ranges, and only for ends within them."""
        name, number, assigned = contact.name, left.number, contact.assigned.get(left.number)
        rest = left.rest if isinstance(left, worker_messages.Left) else None
        says = isinstance(left, worker_messages.Shortened) or left.whole or rest is not None or left.problem
        if says and not contact.was_given(number):  # an empty statement may be about a task of an earlier run
            raise FalseReport(name, f"it never had the range {number}")
        if assigned and not all(assigned.span.reaches(end) for end in (left.upto, rest) if end is not None):
            raise FalseReport(name, f"it ends outside of its range {number}")
        if isinstance(left, worker_messages.Shortened):
            return
        if rest is not None and (left.whole or (assigned and rest == assigned.span.after)):
            raise FalseReport(name, f"it has not begun the range {number} that it ends")
        if left.connection not in ("", *self.connections):
            raise FalseReport(name, f"it speaks of a connection {left.connection!r}")

    def of_bytes(self, contact: Contact, each: worker_messages.Arrived) -> None:
        if each.moved < 0 or max(map(abs, (each.moved, each.found, each.more))) > _MOST_BYTES:
            raise FalseReport(contact.name, "it counts bytes that cannot be")

    def of_upload(self, contact: Contact, each: UploadRecord) -> None:
        """Only for its own objects, with the key of their copy."""
        target = self._order.destination.location.bucket
        fits = (each.bucket, f"s3://{each.bucket}/{each.key}") == (target, self._target_uri(each.source_key))
        sizes = 0 <= each.size <= MAX_OBJECT_SIZE and 0 < each.part_size <= MAX_OBJECT_SIZE and not each.upload
        if not (fits and sizes and each.connection in self.connections and not each.parts):
            raise FalseReport(contact.name, f"it would upload to {each.key!r}, which is not one of its copies")
        self.of_own_upload(contact, each)

    def of_own_upload(self, contact: Contact, record: UploadRecord) -> None:
        """Only for an object that it has, or had."""
        if not contact.had(record.section, record.source_key):
            raise FalseReport(contact.name, f"it speaks of an upload for {record.source_key!r}, which is not its own")

    def of_part(self, contact: Contact, each: worker_messages.UploadedPart, record: UploadRecord) -> None:
        if not (1 <= each.part.number <= MAX_PARTS and 0 <= each.part.size <= record.size):
            raise FalseReport(contact.name, f"it speaks of a part that {record.source_key!r} cannot have")

    def of_question(
        self, contact: Contact, each: worker_messages.KnownUploadsQuestion | worker_messages.Intend
    ) -> None:
        """Only for the target's bucket, and for its own uploads."""
        if isinstance(each, worker_messages.Intend):
            self.of_upload(contact, each.record)
        elif each.bucket != self._order.destination.location.bucket:
            raise FalseReport(contact.name, f"it asks for the uploads of {each.bucket!r}, which is not the target")

    def _ordered(self, section: int, key: str) -> bool:
        if section == 0:
            return key in self._keys
        return 0 < section <= len(self._prefixes) and key.startswith(self._prefixes[section - 1])

    def _target_uri(self, key: str) -> str:
        """Empty if the key has no valid target."""
        try:
            bucket = self._order.destination.location.bucket
            return Location(bucket, target_key(self._order.selection, self._order.destination, key)).uri
        except ProblemError:
            return ""
