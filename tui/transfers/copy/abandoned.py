"""Abort uploads that will not be continued; a note names each that cannot be aborted, with its id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from msgspec.structs import replace

from tui.core.identity import Owner
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.store_values import IncompleteUpload
from tui.transfers.copy.multipart import abort
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import UploadRecord

SKEW_SECONDS = 5.0
"""So much earlier than it was intended an upload may seem to have been begun: two clocks are compared."""

Open = Callable[[str], Awaitable[Store]]
"""Opens the store of a connection; raises `ProblemError`."""


class AbandonedUploads:
    """Aborts what one transfer leaves behind. `owner_of` gives the owner of a connection's uploads, None if unknown."""

    def __init__(
        self, open_store: Open, owner_of: Callable[[str], Awaitable[Owner | None]], uploads: TransferUploads
    ) -> None:
        self._open, self._owner_of, self._uploads = open_store, owner_of, uploads

    async def clear(self, records: Iterable[UploadRecord]) -> list[str]:
        """Abort these uploads, of which some may be known by half; returns a note for each that may stay behind.

        What stays behind stays in the journal.
        """
        notes = []
        for record in records:
            try:
                note = await self._clear(await self._open(record.connection), record)
            except ProblemError as error:
                note = _unknown(record, error)
            if note:
                notes.append(note)
            else:
                self._uploads.ended(record)
        return notes

    async def _clear(self, store: Store, record: UploadRecord) -> str:
        if record.upload:
            return await abort(store, record)
        try:
            found = await store.uploads(record.bucket, record.key)
        except ProblemError as error:
            if error.problem.kind is ProblemKind.NO_SUCH_BUCKET:
                return ""
            raise
        known, owner = await self._uploads.known_ids(record.bucket), await self._owner_of(record.connection)
        for each in found:
            ours = each.upload not in known and may_be(each, record, owner)
            if ours and (note := await abort(store, replace(record, upload=each.upload))):
                return note
        return ""


def may_be(found: IncompleteUpload, record: UploadRecord, owner: Owner | None) -> bool:
    """Whether an upload that the server has is the one whose id this machine never heard.

    It is at exactly that key, was begun since it was intended, and not by another account.
    """
    others = owner is not None and not found.initiator.startswith("arn:") and found.initiator not in ("", owner.id)
    return found.key == record.key and found.started >= record.began - SKEW_SECONDS and not others


def _unknown(record: UploadRecord, error: ProblemError) -> str:
    what = f"the multipart upload {record.upload}" if record.upload else "a multipart upload that may have been started"
    return f"{what} at {record.key!r} could not be checked ({error.problem.title}): it may still exist"
