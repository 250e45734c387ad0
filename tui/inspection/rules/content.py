"""What stands between an identity that is let in and the object's content: absence, archive, encryption.

Rules: Amazon S3 user guide, "Working with archived objects", "Using server-side encryption with AWS KMS keys" and "My
Amazon S3 bucket has default encryption using a custom AWS KMS key. How can I allow users from another account?".
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.inspection.evidence import Evidence
from tui.inspection.heads import NO_BUCKET, NO_OBJECT
from tui.inspection.principals import named_account
from tui.model.facts import FactName, Finding, Severity, Unknown

_ARCHIVES = {"GLACIER": "minutes to hours", "DEEP_ARCHIVE": "12 to 48 hours"}
"""Classes that must be restored, and how long that takes."""
_MANAGED_KEY = "alias/aws/s3"


def missing(evidence: Evidence) -> Iterator[Finding]:
    """There is no such bucket or object."""
    said = [fact.state.why for fact in evidence.facts if isinstance(fact.state, Unknown)]
    for words, subject in ((NO_BUCKET, "bucket"), (NO_OBJECT, "object")):
        if words in said:
            yield Finding(
                f"no-{subject}",
                Severity.ERROR,
                f"There is no such {subject} (any more).",
                [FactName.SIZE if subject == "object" else FactName.BUCKET_OWNER],
                "Refresh the listing; check the name and the endpoint.",
            )
            return


def archived(evidence: Evidence) -> Iterator[Finding]:
    """The object is in a class that cannot be read at once."""
    storage_class = evidence.text(FactName.STORAGE_CLASS)
    if storage_class in _ARCHIVES:
        yield Finding(
            "archived",
            Severity.WARNING,
            f"The object is archived ({storage_class}): it must be restored before it can be read or copied, which "
            f"takes {_ARCHIVES[storage_class]}.",
            [FactName.STORAGE_CLASS],
            f"{evidence.as_bucket_owner}: RestoreObject, then wait.",
        )


def encryption(evidence: Evidence) -> Iterator[Finding]:
    """Whose key is needed to read the object."""
    method, _, key = evidence.text(FactName.ENCRYPTION).partition(" ")
    if method == "AES256":
        yield Finding(
            "encrypted-by-s3",
            Severity.GOOD,
            "Encrypted with S3's own keys (SSE-S3): whoever may read the object needs no permission on a key.",
            [FactName.ENCRYPTION],
        )
    elif method.startswith("aws:kms"):
        yield _kms(evidence, key)


def _kms(evidence: Evidence, key: str) -> Finding:
    if not key or key.endswith(_MANAGED_KEY):
        return Finding(
            "kms-managed",
            Severity.WARNING,
            "Encrypted with the AWS managed key aws/s3, which cannot be shared: no other account can read the object.",
            [FactName.ENCRYPTION],
            f"{evidence.as_bucket_owner}: copy the object onto itself with a customer managed key or SSE-S3, or copy "
            "it by relay (GET as its owner, PUT as the other).",
        )
    account = named_account(key)
    strangers = [one.label for one in evidence.context.identities if account and one.account and one.account != account]
    whose = f"a KMS key of {evidence.context.account_name(account)}" if account else "a KMS key"
    if not strangers:
        return Finding(
            "kms",
            Severity.NOTE,
            f"Encrypted with {whose}: reading takes kms:Decrypt on it.",
            [FactName.ENCRYPTION],
        )
    return Finding(
        "kms-foreign",
        Severity.WARNING,
        f"Encrypted with {whose}: {' and '.join(strangers)} can read it only with kms:Decrypt on that key, and not at "
        "all if it is the AWS managed key aws/s3.",
        [FactName.ENCRYPTION],
        f"In {evidence.context.account_name(account)}: allow kms:Decrypt to {' and '.join(strangers)} in the policy of "
        f"{key}, and the same in {' and '.join(strangers)}'s own policies.",
    )
