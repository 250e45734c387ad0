"""Conflict policies: what each does with an object that exists, and that none is forgotten."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tui.model.orders import ConflictPolicy
from tui.model.plan import PlannedAction
from tui.model.problem import Problem, ProblemKind
from tui.stores.values import ObjectHead
from tui.transfers.copy.conflict_policy import acts_unseen, looks_at_target, may_keep_existing, on_existing
from tui.transfers.order.existing import Existing

ASK, OVERWRITE, SKIP = ConflictPolicy.ASK, ConflictPolicy.OVERWRITE, ConflictPolicy.SKIP
NEWER, DIFFERENT, RENAME = ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT, ConflictPolicy.RENAME
UNSEEN = Existing(unseen=Problem(kind=ProblemKind.DENIED, title="access denied"))


def head(content: str, modified: float) -> ObjectHead:
    return ObjectHead(1, f'"{content * 32}"', modified, {}, {})


@pytest.mark.parametrize("policy", ConflictPolicy)
def test_every_policy_decides(policy: ConflictPolicy) -> None:
    on_existing(policy, head("a", 1), Existing(head("b", 1)))
    if acts_unseen(policy):
        assert on_existing(policy, head("a", 1), UNSEEN)[0] in (PlannedAction.ASK, PlannedAction.OVERWRITE)
    assert isinstance(looks_at_target(policy), bool)
    assert isinstance(may_keep_existing(policy), bool)


@pytest.mark.parametrize("policy", ConflictPolicy)
def test_the_source_of_a_move_stays_for_every_policy_that_skips_an_object(policy: ConflictPolicy) -> None:
    targets = [head(content, modified) for content in "ab" for modified in (0.0, 1.0, 2.0)]
    actions = {on_existing(policy, head("a", 1), Existing(target))[0] for target in targets}
    assert may_keep_existing(policy) is (PlannedAction.SKIP in actions)


@pytest.mark.parametrize(
    ("policy", "target", "action"),
    [
        (ASK, head("a", 1), PlannedAction.ASK),
        (SKIP, head("b", 0), PlannedAction.SKIP),
        (OVERWRITE, head("a", 1), PlannedAction.OVERWRITE),
        (RENAME, head("a", 1), PlannedAction.RENAME),
        (NEWER, head("a", 0), PlannedAction.OVERWRITE),
        (NEWER, head("b", 1), PlannedAction.SKIP),
        (DIFFERENT, head("a", 0), PlannedAction.SKIP),
        (DIFFERENT, head("b", 1), PlannedAction.OVERWRITE),
    ],
)
def test_what_each_policy_does(policy: ConflictPolicy, target: ObjectHead, action: PlannedAction) -> None:
    assert on_existing(policy, head("a", 1), Existing(target))[0] is action


def test_a_file_of_the_second_of_the_target_is_newer() -> None:
    target = head("b", 1)
    for seconds, action in ((1.2, PlannedAction.OVERWRITE), (1.0, PlannedAction.SKIP), (0.9, PlannedAction.SKIP)):
        file = replace(head("a", seconds), etag='"4768ed00-4768ed00-1-7"')
        assert on_existing(NEWER, file, Existing(target))[0] is action
        assert on_existing(NEWER, target, Existing(replace(file, modified=1.2)))[0] is PlannedAction.SKIP
    assert on_existing(NEWER, head("a", 1.9), Existing(head("b", 1.2)))[0] is PlannedAction.SKIP, "objects: seconds"


def test_only_overwriting_does_not_look_and_only_it_and_asking_act_unseen() -> None:
    assert [policy for policy in ConflictPolicy if not looks_at_target(policy)] == [OVERWRITE]
    assert {policy for policy in ConflictPolicy if acts_unseen(policy)} == {ASK, OVERWRITE}
