"""The lifecycle rules of a bucket, as S3 has them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Step(StrEnum):
    """What a lifecycle rule does."""

    EXPIRE = "expires"
    TRANSITION = "moves to"
    EXPIRE_OLD = "older versions are deleted"
    TRANSITION_OLD = "older versions move to"
    ABORT_UPLOADS = "incomplete uploads are aborted"
    REMOVE_MARKERS = "delete markers without versions are removed"


class LifecycleStep(Struct, frozen=True):
    """One action of a rule: after so many days, or at a date (seconds since the epoch)."""

    step: Step
    days: int | None = None
    date: float | None = None
    storage_class: str = ""
    spared: int = 0
    """So many of the newest older versions are left as they are."""


class LifecycleRule(Struct, frozen=True):
    """One rule. It is about the keys that begin with `prefix`, with all of these tags, within these sizes in bytes."""

    id: str
    enabled: bool
    prefix: str = ""
    tags: list[tuple[str, str]] = []
    larger_than: int | None = None
    smaller_than: int | None = None
    steps: list[LifecycleStep] = []


class LifecycleRules(Struct, frozen=True):
    """All rules of a bucket."""

    rules: list[LifecycleRule]
    smallest: str = ""
    """Which objects below 128 KiB stay in their class unless a rule names sizes: ``all_storage_classes_128K``,
    ``varies_by_storage_class`` (all but those that go to an archive); empty: the server does not say."""
