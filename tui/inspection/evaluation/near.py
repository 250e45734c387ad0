"""The Allow that nearly lets a caller in: all but one of principal, action, resource and condition are right. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui.core.facts import Applies, ConditionReading, Effect
from tui.core.policy import PolicyKind
from tui.inspection.evaluation.inquiry import Inquiry
from tui.inspection.evaluation.readings import Reading, ReadStatement

CONDITION, RESOURCE, PRINCIPAL, ACTION = "Condition", "Resource", "Principal", "Action"
_ORDER = (CONDITION, RESOURCE, PRINCIPAL, ACTION)
"""Which of several comes nearest: what is about the same things otherwise comes first."""

_AWS_MANAGED = ":iam::aws:policy/"


@dataclass(frozen=True, slots=True)
class Near:
    """A statement and its one element that does not fit; of a condition, which one."""

    found: ReadStatement
    element: str
    condition: ConditionReading | None = None

    @property
    def sid(self) -> str:
        """Its Sid, or its number."""
        return self.found.reading.sid


def nearest(readings: Iterable[Reading | None], inquiry: Inquiry) -> Near | None:
    """The Allow that comes nearest, in the first of the documents if several do."""
    found = [near for reading in readings if reading for near in _all_near(reading, inquiry)]
    return min(found, key=lambda near: _ORDER.index(near.element), default=None)


def _all_near(reading: Reading, inquiry: Inquiry) -> Iterator[Near]:
    for one in reading.of(Effect.ALLOW, Applies.NO, Applies.MAYBE):
        if _AWS_MANAGED in one.policy.resource:
            continue  # nobody can change it
        near = _near(one)
        if near and _can_change(near, inquiry):
            yield near


def _near(one: ReadStatement) -> Near | None:
    wrong = [name for name, judged in one.scope.items() if judged.applies is not Applies.YES]
    failing = [each for each in _conditions(one) if each.applies is not Applies.YES]
    if len(wrong) + len(failing) != 1:
        return None
    return Near(one, CONDITION, failing[0]) if failing else Near(one, wrong[0])


def _conditions(one: ReadStatement) -> list[ConditionReading]:
    """Its conditions; they are read only where the rest fits, and elsewhere counted as failing."""
    if one.reading.covers or not one.statement.conditions:
        return one.reading.conditions
    return [ConditionReading(each.operator, each.key, [], None, Applies.MAYBE) for each in one.statement.conditions]


def _can_change(near: Near, inquiry: Inquiry) -> bool:
    """Whether one more value in the element lets the caller in: not in an inverted one, nor one of services."""
    statement = near.found.statement
    if near.element == ACTION:
        service = inquiry.action.partition(":")[0] + ":"
        same = any(text.lower().startswith(service) for text in statement.actions.texts)
        return same and not statement.actions.inverted
    if near.element == RESOURCE:
        return not statement.resources.inverted
    if near.element == PRINCIPAL:
        principals = statement.principals
        named = principals.named if principals and not principals.inverted else ()
        kind = near.found.policy.kind
        useless = (
            bool(inquiry.caller.principal_shapes)
            or (kind is PolicyKind.BUCKET_POLICY and inquiry.is_inside)
            or (kind is PolicyKind.ENDPOINT_POLICY and inquiry.by_gateway)
        )
        return any(each == "AWS" for each, _ in named) and not inquiry.caller.anonymous and not useless
    return True
