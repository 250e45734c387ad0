"""Which policies answer a question about one object: one table, from which prompt, dialog and queue are made."""

from __future__ import annotations

import string

import pytest

from tui.cli.prompts import QUESTION
from tui.model.orders import ConflictPolicy
from tui.model.problem import ProblemError
from tui.model.transfer import ANSWERS, ConflictAnswer, answer_key
from tui.transfers.queue.pending_conflicts import PendingConflicts


def test_every_answer_has_a_key_of_its_own() -> None:
    keys = [key for policy in ConflictPolicy if (key := answer_key(policy))]
    assert sorted(ANSWERS) == sorted(keys)


@pytest.mark.parametrize(("key", "policy"), ANSWERS.items())
def test_the_prompt_names_every_answer_by_its_first_letter(key: str, policy: ConflictPolicy) -> None:
    """A capital letter answers for all, so the key is a small one; ``a`` is the dialog's own for that."""
    assert f"[{key}]" in QUESTION
    assert QUESTION.replace("[", "").replace("]", "").split(", ").count(policy) == 1
    assert len(key) == 1
    assert key in string.ascii_lowercase.replace("a", "")


@pytest.mark.parametrize("policy", [ConflictPolicy.NEWER, ConflictPolicy.DIFFERENT])
def test_what_is_no_answer_is_refused(policy: ConflictPolicy) -> None:
    with pytest.raises(ProblemError) as refused:
        PendingConflicts().answer(ConflictAnswer("any", policy))
    assert refused.value.problem.title == "a conflict is decided by skip, overwrite or rename"
