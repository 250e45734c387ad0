"""The answers to a question about one object that exists at the target."""

from __future__ import annotations

from typing import assert_never

from tui.model.orders import ConflictPolicy


def answer_key(policy: ConflictPolicy) -> str:
    """The key that answers a question about one object with this policy; empty: it does not answer one."""
    match policy:
        case ConflictPolicy.SKIP:
            return "s"
        case ConflictPolicy.OVERWRITE:
            return "o"
        case ConflictPolicy.RENAME:
            return "r"
        case ConflictPolicy.ASK | ConflictPolicy.NEWER | ConflictPolicy.DIFFERENT:
            return ""
        case _:
            assert_never(policy)


ANSWERS = {key: policy for policy in ConflictPolicy if (key := answer_key(policy))}
"""The answers to a question about one object, by key: the dialog, the prompt and the queue take these."""
