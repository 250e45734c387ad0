"""What stands between an identity that is let in and the object's content: absence, archive, encryption.

Rules: Amazon S3 user guide, "Working with archived objects", "Using server-side encryption with AWS KMS keys" and "My
Amazon S3 bucket has default encryption using a custom AWS KMS key. How can I allow users from another account?".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.facts import FactName, Finding, Severity, Unknown
from tui.policies.access import allowed_now, has_managed_key
from tui.policies.evidence import Evidence
from tui.policies.head_facts import NO_BUCKET, NO_OBJECT, RESTORED_UNTIL, UNDER_WAY
from tui.policies.principals import named_account

_ARCHIVES = {"GLACIER": "minutes to hours", "DEEP_ARCHIVE": "12 to 48 hours"}
"""Classes that must be restored, and how long that takes."""


def missing(evidence: Evidence) -> Iterator[Finding]:
    """There is no such bucket or object."""
    said = [fact.state.why for fact in evidence.facts if isinstance(fact.state, Unknown)]
    for words, subject in ((NO_BUCKET, "bucket"), (NO_OBJECT, "object")):
        if words in said:
            yield Finding(
                f"no-{subject}",
                Severity.ERROR,
                f"This {subject} does not exist (any more).",
                [FactName.SIZE if subject == "object" else FactName.BUCKET_OWNER],
                "Check the name and the endpoint; refresh the listing.",
            )
            return


def archived(evidence: Evidence) -> Iterator[Finding]:
    """The object is in a class that cannot be read at once, unless it was restored."""
    storage_class, restore = evidence.text(FactName.STORAGE_CLASS), evidence.text(FactName.RESTORE)
    shown = [FactName.STORAGE_CLASS, FactName.RESTORE]
    if restore == UNDER_WAY:
        yield Finding(
            "restore-under-way",
            Severity.WARNING,
            f"The object is archived ({storage_class}) and its restore is under way: it cannot be read or copied yet.",
            shown,
            "Wait until the restore completes, then refresh.",
        )
    elif restore.startswith(RESTORED_UNTIL):
        until = restore.removeprefix(RESTORED_UNTIL)
        yield Finding(
            "restored",
            Severity.GOOD,
            f"The object is archived ({storage_class}) and restored: it can be read and copied until {until}.",
            shown,
        )
    elif storage_class in _ARCHIVES:
        yield Finding(
            "archived",
            Severity.WARNING,
            f"The object is archived ({storage_class}): restore it before you read or copy it; that takes "
            f"{_ARCHIVES[storage_class]}.",
            [FactName.STORAGE_CLASS],
            f"{evidence.as_bucket_owner}: call RestoreObject and wait until the restore completes.",
        )


def encryption(evidence: Evidence) -> Iterator[Finding]:
    """Whose key is needed to read the object."""
    method, _, key = evidence.text(FactName.ENCRYPTION).partition(" ")
    if method == "AES256":
        yield Finding(
            "encrypted-by-s3",
            Severity.GOOD,
            "Encrypted with S3 managed keys (SSE-S3): reading the object needs no KMS permission.",
            [FactName.ENCRYPTION],
        )
    elif method.startswith("aws:kms"):
        yield _kms(evidence, key)


def _kms(evidence: Evidence, key: str) -> Finding:
    outside = [one for one in allowed_now(evidence) if evidence.belongs_to_bucket(one) is False]
    if has_managed_key(evidence) and not outside:
        return Finding(
            "kms-managed",
            Severity.WARNING,
            "Encrypted with the AWS managed key aws/s3, which cannot be shared: no other account can read the object.",
            [FactName.ENCRYPTION],
            f"{evidence.as_bucket_owner}: copy the object onto itself with a customer managed key or SSE-S3, or copy "
            "it by relay (GET as the source identity, PUT as the target identity).",
        )
    account = named_account(key)
    strangers = [one.label for one in evidence.context.identities if account and one.account and one.account != account]
    whose = f"a KMS key of {evidence.context.account_name(account)}" if account else "a KMS key"
    if not strangers:
        return Finding(
            "kms",
            Severity.NOTE,
            f"Encrypted with {whose}: reading the object needs kms:Decrypt on that key.",
            [FactName.ENCRYPTION],
        )
    return Finding(
        "kms-foreign",
        Severity.WARNING,
        f"Encrypted with {whose}: {' and '.join(strangers)} can read the object only with kms:Decrypt on that key, "
        "and never if it is the AWS managed key aws/s3.",
        [FactName.ENCRYPTION],
        f"In {evidence.context.account_name(account)}: allow kms:Decrypt for {' and '.join(strangers)} in the key "
        f"policy of {key}. Also allow it in {' and '.join(strangers)}'s own IAM policies.",
    )
