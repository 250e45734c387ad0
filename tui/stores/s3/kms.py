"""What is wrong with a key of AWS KMS when S3 passes on what KMS said."""

from __future__ import annotations

PREFIX = "KMS."

_REMEDIES = {
    "DisabledException": "enable the KMS key, or choose another one",
    "KMSInvalidStateException": "make the KMS key usable (it may be about to be deleted), or choose another one",
    "InvalidStateException": "make the KMS key usable (it may be about to be deleted), or choose another one",
    "InvalidKeyUsageException": "choose a symmetric KMS key for encryption",
    "NotFoundException": "name a KMS key of the bucket's region; one of another account by its whole ARN",
    "KeyUnavailableException": "the KMS key's store is out of reach: try again later, or choose another one",
}
"""AWS KMS API Reference, "Common errors" and those of GenerateDataKey and Decrypt."""


def kms_words(code: str) -> tuple[str, str] | None:
    """Title and remedy of a refusal whose code S3 took from KMS (``KMS.DisabledException``); None for other codes."""
    if not code.startswith(PREFIX):
        return None
    remedy = _REMEDIES.get(code.removeprefix(PREFIX), "look at the KMS key that the object or the bucket names")
    return f"the KMS key cannot be used ({code})", remedy
