"""What GetBucketLifecycleConfiguration returns, as the rules of the model. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from tui.core.facts import LifecycleRule, LifecycleRules, LifecycleStep, Step

MOST_RULES, MOST_STEPS = 1_000, 50
"""Rules of a bucket, which AWS allows no more of, and steps of one rule that are read."""


def read_lifecycle(answer: Mapping[str, Any]) -> LifecycleRules | None:
    """All rules; None if there are none."""
    rules = [_rule(one) for one in islice(answer.get("Rules") or [], MOST_RULES)]
    return LifecycleRules(rules, answer.get("TransitionDefaultMinimumObjectSize") or "") if rules else None


def _rule(rule: Mapping[str, Any]) -> LifecycleRule:
    """A rule with its filter, which S3 has in three forms: a prefix alone, one condition, several in ``And``."""
    filters = rule.get("Filter") or {}
    several = filters.get("And") or {}
    tags = [*(several.get("Tags") or []), *([filters["Tag"]] if filters.get("Tag") else [])]
    return LifecycleRule(
        id=rule.get("ID") or "",
        enabled=rule.get("Status") == "Enabled",
        prefix=several.get("Prefix") or filters.get("Prefix") or rule.get("Prefix") or "",
        tags=[(tag.get("Key", ""), tag.get("Value", "")) for tag in tags],
        larger_than=several.get("ObjectSizeGreaterThan", filters.get("ObjectSizeGreaterThan")),
        smaller_than=several.get("ObjectSizeLessThan", filters.get("ObjectSizeLessThan")),
        steps=list(islice(_steps(rule), MOST_STEPS)),
    )


def _steps(rule: Mapping[str, Any]) -> Iterator[LifecycleStep]:
    for move in rule.get("Transitions") or []:
        yield LifecycleStep(Step.TRANSITION, move.get("Days"), _date(move), move.get("StorageClass", ""))
    expiration = rule.get("Expiration") or {}
    if expiration.get("Days") is not None or expiration.get("Date"):
        yield LifecycleStep(Step.EXPIRE, expiration.get("Days"), _date(expiration))
    if expiration.get("ExpiredObjectDeleteMarker"):
        yield LifecycleStep(Step.REMOVE_MARKERS)
    for move in rule.get("NoncurrentVersionTransitions") or []:
        spared = move.get("NewerNoncurrentVersions") or 0
        yield LifecycleStep(Step.TRANSITION_OLD, move.get("NoncurrentDays"), None, move.get("StorageClass", ""), spared)
    if old := rule.get("NoncurrentVersionExpiration"):
        yield LifecycleStep(Step.EXPIRE_OLD, old.get("NoncurrentDays"), spared=old.get("NewerNoncurrentVersions") or 0)
    if abort := rule.get("AbortIncompleteMultipartUpload"):
        yield LifecycleStep(Step.ABORT_UPLOADS, abort.get("DaysAfterInitiation"))


def _date(action: Mapping[str, Any]) -> float | None:
    date = action.get("Date")
    return date.timestamp() if date else None
