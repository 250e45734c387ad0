"""A half of a repair as commands of the AWS CLI, for whoever has the other identity."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from tui.core.facts import Half
from tui.transfers.bucket_owner import BUCKET_OWNER_FULL_CONTROL
from tui.transfers.repair.parties import Parties
from tui.transfers.selection import Picked, outermost

_LOOP = (
    "aws s3api list-objects-v2 --bucket {bucket} --prefix {prefix} --fetch-owner "
    "--query {query} --output text | while IFS=$'\\t' read -r class key; do {each}; done"
)


def commands(half: Half, parties: Parties, first: Sequence[Picked], objects: int) -> list[str]:
    """One command an object, or a loop over a prefix where there are more than are named in `first`."""
    if objects <= len(first) or not parties.order.selection.prefixes:
        return [_named(half, parties.name, each) for each in first]
    loops = [_loop(half, parties, prefix) for prefix in outermost(parties.order.selection.prefixes)]
    alone = [each for each in first if not each.key.startswith(tuple(parties.order.selection.prefixes))]
    return [_named(half, parties.name, each) for each in alone] + loops


def _named(half: Half, bucket: str, picked: Picked) -> str:
    return _one(half, bucket, _quoted(picked.key), _quoted(picked.storage_class), picked.key)


def _one(half: Half, bucket: str, key: str, storage_class: str, raw: str) -> str:
    if half is Half.GRANT:
        return f"aws s3api put-object-acl --bucket {bucket} --key {key} --acl {BUCKET_OWNER_FULL_CONTROL}"
    place = _quoted(f"s3://{bucket}/{raw}") if raw else f'"s3://{bucket}/$key"'
    # Without a class S3 refuses to copy an object onto itself (Amazon S3 API Reference, CopyObject).
    return f"aws s3 cp {place} {place} --storage-class {storage_class}"


def _loop(half: Half, parties: Parties, prefix: str) -> str:
    mine = parties.bucket_owner.id if parties.bucket_owner else ""
    return _LOOP.format(
        bucket=parties.name,
        prefix=_quoted(prefix),
        query=_quoted(f"Contents[?Owner.ID!='{mine}'].[StorageClass,Key]"),
        each=_one(half, parties.name, '"$key"', '"$class"', ""),
    )


def _quoted(text: str) -> str:
    """A word of a shell: what cannot be printed by its bytes (``$'\\x1b'``), so that no terminal gets it."""
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    return character if character.isprintable() else "".join(f"\\x{byte:02x}" for byte in character.encode())
