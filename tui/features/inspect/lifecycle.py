"""The lifecycle rules that apply to an object, with their dates. Pure.

Rules: Amazon S3 user guide, "Lifecycle configuration elements" and "Examples of S3 Lifecycle configurations". S3 adds
the days of a rule to the creation time of the object and rounds up to the next midnight UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tui.core.facts import (
    Applies,
    Lifecycle,
    LifecycleAction,
    LifecycleRule,
    LifecycleRules,
    LifecycleStep,
    RuleReading,
)
from tui.core.naming import counted

SMALL = 128 << 10
"""Bytes; smaller objects stay in their class unless a rule names sizes (user guide, "Transitioning objects")."""

_BY_CLASS, _ALL = "varies_by_storage_class", "all_storage_classes_128K"

_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")

_OF_OTHERS = (
    LifecycleAction.EXPIRE_OLD,
    LifecycleAction.TRANSITION_OLD,
    LifecycleAction.ABORT_UPLOADS,
    LifecycleAction.REMOVE_MARKERS,
)
"""Actions that do not concern the current version."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An object or a prefix; None: not known. `modified` and `now` are in seconds since the epoch."""

    key: str
    is_prefix: bool = False
    size: int | None = None
    modified: float | None = None
    tags: list[tuple[str, str]] | None = None
    storage_class: str = ""
    keeps_versions: bool | None = None
    now: float = 0.0


def read_lifecycle(rules: LifecycleRules, subject: Subject) -> Lifecycle:
    return Lifecycle(rules, [_reading(rule, rules.smallest, subject) for rule in rules.rules])


def _reading(rule: LifecycleRule, smallest: str, subject: Subject) -> RuleReading:
    applies, why = Applies.YES, ""
    for verdict, clause in _conditions(rule, subject):
        if verdict is Applies.NO:
            return RuleReading(rule, verdict, clause, [])
        if verdict is Applies.MAYBE:
            applies, why = verdict, clause
    steps = [_step(step, rule, smallest, subject) for step in rule.steps]
    return RuleReading(rule, applies, why, steps)


def _conditions(rule: LifecycleRule, subject: Subject) -> Iterator[tuple[Applies, str]]:
    if not rule.enabled:
        yield Applies.NO, "turned off"
    yield _prefix(rule, subject)
    if rule.tags:
        yield _tags(rule, subject)
    if rule.larger_than is not None:
        yield _size(subject, f"objects larger than {counted(rule.larger_than, 'byte')}", rule.larger_than + 1, None)
    if rule.smaller_than is not None:
        yield _size(subject, f"objects smaller than {counted(rule.smaller_than, 'byte')}", None, rule.smaller_than)


def _prefix(rule: LifecycleRule, subject: Subject) -> tuple[Applies, str]:
    words = f"keys that begin with {rule.prefix}"
    if subject.key.startswith(rule.prefix):
        return Applies.YES, ""
    if subject.is_prefix and rule.prefix.startswith(subject.key):
        return Applies.MAYBE, words
    return Applies.NO, f"only {words}"


def _tags(rule: LifecycleRule, subject: Subject) -> tuple[Applies, str]:
    words = f"objects tagged {', '.join(f'{name}={value}' for name, value in rule.tags)}"
    if subject.tags is None:
        return Applies.MAYBE, words
    return (Applies.YES, "") if set(rule.tags) <= set(subject.tags) else (Applies.NO, f"only {words}")


def _size(subject: Subject, words: str, least: int | None, below: int | None) -> tuple[Applies, str]:
    if subject.size is None:
        return Applies.MAYBE, words
    fits = (least is None or subject.size >= least) and (below is None or subject.size < below)
    return (Applies.YES, "") if fits else (Applies.NO, f"only {words}")


def _step(step: LifecycleStep, rule: LifecycleRule, smallest: str, subject: Subject) -> str:
    what = f"{step.step.value} {step.storage_class}".strip()
    if step.step is LifecycleAction.EXPIRE and subject.keeps_versions:
        what = "gets a delete marker, its versions stay,"
    if step.step in _OF_OTHERS:
        spared = f", except the newest {step.spared}" if step.spared else ""
        return f"{what}{_days_after(step)}{spared}"
    if step.step is LifecycleAction.TRANSITION:
        if subject.storage_class == step.storage_class:
            return f"{what}: it is there already"
        if _stays(step, rule, smallest, subject):
            return f"{what}: not this object, which is smaller than 128 KiB"
    return f"{what} {_when(step, subject)}"


def _stays(step: LifecycleStep, rule: LifecycleRule, smallest: str, subject: Subject) -> bool:
    if subject.size is None or subject.size >= SMALL or (rule.larger_than, rule.smaller_than) != (None, None):
        return False
    return smallest == _ALL or (smallest == _BY_CLASS and step.storage_class not in _ARCHIVES)


def _when(step: LifecycleStep, subject: Subject) -> str:
    """``on 2026-12-24 (30 days after it was written)``; for a prefix only the days."""
    why, due = "", None
    if step.date is not None:
        due = datetime.fromtimestamp(step.date, UTC)
    else:
        why = f"{_days(step)} after it was written"
        due = _midnight_after(subject.modified, step.days or 0) if subject.modified is not None else None
    if due is None:
        return why
    words = ", ".join(filter(None, (why, "due" if due.timestamp() <= subject.now else "")))
    return f"on {due:%Y-%m-%d}" + (f" ({words})" if words else "")


def _midnight_after(modified: float, days: int) -> datetime:
    """When a rule applies to an object written at this time. A date beyond the calendar becomes its last day."""
    try:
        moment = datetime.fromtimestamp(modified, UTC) + timedelta(days=days)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if midnight == moment else midnight + timedelta(days=1)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _days_after(step: LifecycleStep) -> str:
    if step.days is None:
        return ""
    since = "they were begun" if step.step is LifecycleAction.ABORT_UPLOADS else "a newer one replaced them"
    return f" {_days(step)} after {since}"


def _days(step: LifecycleStep) -> str:
    return counted(step.days or 0, "day")
