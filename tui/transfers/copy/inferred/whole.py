"""The evidence for an object that is read and sent at once, without the steps that parts need."""

from __future__ import annotations

import re

from tui.stores.store_values import Digests, ObjectHead
from tui.transfers.copy.checksums import THE_FILE, Verdict
from tui.transfers.copy.verify import Relayed, is_plain

_MD5 = re.compile(r"[0-9a-f]{32}")


def verdict_of_whole(head: ObjectHead, digests: Digests, *, faithful: bool = False) -> Verdict:
    """The evidence for an object that was read at once, as `Reading` finds it for one part; none if it differs."""
    if faithful:
        return Verdict(True, THE_FILE)
    for theirs in head.checksums:
        if digests.checksum and theirs.full_object and theirs.algorithm == digests.checksum.algorithm:
            return Verdict(True, theirs.algorithm) if theirs.value == digests.checksum.value else Verdict()
    if not head.parts and is_plain(head) and head.etag.lower() == f'"{digests.md5}"':
        return Verdict(True, "ETag")
    return Verdict()


def relayed_whole(verdict: Verdict, digests: Digests, etag: str, *, reads_back: bool = False) -> Relayed:
    """What there is to compare the copy with, of an object that was read and sent at once; `etag`: the server's."""
    received = etag.strip('"').lower()
    sent = received == digests.md5 if _MD5.fullmatch(received) else None
    return Relayed(verdict.same, verdict.by, True if reads_back else sent, digests.checksum, f'"{digests.md5}"')
