"""Whether a repaired object is what it was, but for its owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.core.identity import Owner
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Verification
from tui.stores.store_values import Acl, ObjectHead
from tui.transfers.copy.checksums import Compared, compare

READ_BACK = "owner, type, headers, metadata, tags and class read back"


def differences(
    before: ObjectHead,
    tags: Sequence[tuple[str, str]],
    after: ObjectHead,
    tags_after: Sequence[tuple[str, str]],
    acl: Acl,
    bucket_owner: Owner | None,
) -> list[str]:
    """What is not as it was, each as a clause, and the owner if it is not the bucket's."""
    found = []
    if bucket_owner is None or acl.owner.id != bucket_owner.id:
        found.append(f"owner {acl.owner.id}")
    found += _changed("header", before.headers, after.headers)
    found += _changed("metadata", before.metadata, after.metadata)
    found += _changed("tag", dict(tags), dict(tags_after))
    if after.storage_class != before.storage_class:
        found.append(f"class {after.storage_class} instead of {before.storage_class}")
    if before.encryption and _encryption(before) != _encryption(after):
        found.append(f"encryption {_encryption(after)} instead of {_encryption(before)}")
    return found


def _encryption(head: ObjectHead) -> str:
    parts = (head.encryption, head.kms_key, "with a Bucket Key" if head.bucket_key else "")
    return " ".join(filter(None, parts)) or "none"


def content(before: ObjectHead, after: ObjectHead) -> Compared:
    """The verdict on the content, with what else was read back as evidence."""
    compared = compare(before, after)
    return Compared(compared.verification, f"{compared.evidence}; {READ_BACK}")


def differs(found: Sequence[str], compared: Compared, uri: str) -> Problem | None:
    """The problem of an object that is not what it was; None: it is."""
    wrong = [*found, *([compared.evidence] if compared.verification is Verification.DIFFERS else [])]
    if not wrong:
        return None
    return Problem(
        kind=ProblemKind.MISMATCH,
        title="the repaired object is not what it was",
        cause="; ".join(wrong),
        remedy="compare it with its line in the rollback list",
        resource=uri,
    )


def _changed(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return [f"{what} {name}: {after.get(name, 'none')!r} instead of {before.get(name, 'none')!r}" for name in names]
