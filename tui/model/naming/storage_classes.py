"""The names of S3's storage classes, as they are typed."""

from __future__ import annotations

from difflib import get_close_matches

STORAGE_CLASSES = (
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
    "EXPRESS_ONEZONE",
    "OUTPOSTS",
    "SNOW",
    "FSX_OPENZFS",
    "FSX_ONTAP",
    "AWS_BACKUP_WARM",
    "AWS_BACKUP_LOW_COST_WARM",
)
"""Amazon S3 API Reference, PutObject, ``x-amz-storage-class``; the usual ones first."""

OTHER = "other:"
"""Begins a class that only another server has: ``other:COLD``."""


def storage_class(text: str) -> str:
    """The storage class that was typed, in any case; raise `ValueError` for one that S3 does not have.

    A server would refuse it, and copies go without a class that the target refuses: into its default one.
    """
    typed = text.strip()
    if typed.startswith(OTHER) and len(typed) > len(OTHER):
        return typed[len(OTHER) :]
    if typed.upper() in STORAGE_CLASSES:
        return typed.upper()
    close = get_close_matches(typed.upper(), STORAGE_CLASSES, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    raise ValueError(
        f"{text!r} is no storage class of S3: {meant}There are {', '.join(STORAGE_CLASSES)}; "
        f"one of another server is written {OTHER}NAME"
    )
